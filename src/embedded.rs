//! What is compiled into the program: lessons, figures, recordings, the capstone, and the sources that learners read.
//! `build.rs` packs them; they are unpacked when the first of them is asked for.

use std::sync::OnceLock;

static PACK: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/texts.deflate"));

/// The lessons, the concept test, the glossary and the cards (`cards/NAME.md`), as (file name, text), sorted by name,
/// the cards last.
pub fn lessons() -> Vec<(&'static str, &'static str)> {
    let lessons = texts("lessons/").filter(|(name, _)| *name != "README.md");
    lessons.collect()
}

/// The figures, as (file name, text), sorted by name.
pub fn figures() -> Vec<(&'static str, &'static str)> {
    texts("assets/figures/").collect()
}

/// The shipped recordings, as (file name, text), sorted by name.
pub fn recordings() -> Vec<(&'static str, &'static str)> {
    texts("assets/recordings/").collect()
}

/// The source of a transfer method: `read_write.rs`, word for word.
pub fn transfer_source(file: &str) -> Option<&'static str> {
    one("src/transfer/", file)
}

/// The server's sending step of a method: `sendfile.rs`, word for word.
pub fn serve_source(file: &str) -> Option<&'static str> {
    one("src/serve/send/", file)
}

/// The shipped recording of a request's way through the server, by the method's name.
pub fn served_recording(method: &str) -> Option<&'static str> {
    one("assets/served/", &format!("{method}.jsonl"))
}

/// The files of the capstone, as (file name, text), sorted by name.
pub fn capstone() -> Vec<(&'static str, &'static str)> {
    texts("assets/capstone/").collect()
}

/// The programs in other languages, and what was seen of them, as (file name, text), sorted by name.
pub fn examples() -> Vec<(&'static str, &'static str)> {
    texts("assets/examples/").collect()
}

/// A file of a folder.
fn one(folder: &'static str, file: &str) -> Option<&'static str> {
    texts(folder).find_map(|(name, text)| (name == file).then_some(text))
}

/// The files of a folder.
fn texts(folder: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let files = all().split_terminator('\0');
    let pairs = files.clone().step_by(2).zip(files.skip(1).step_by(2));
    pairs.filter_map(move |(path, text)| Some((path.strip_prefix(folder)?, text)))
}

fn all() -> &'static str {
    static ALL: OnceLock<String> = OnceLock::new();
    ALL.get_or_init(|| {
        let pack = miniz_oxide::inflate::decompress_to_vec(PACK).expect("build.rs packed it");
        String::from_utf8(pack).expect("build.rs packed texts")
    })
}
