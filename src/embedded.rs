//! What is compiled into the program: lessons, figures, recordings, the capstone, and the sources that learners read.

use include_dir::{Dir, include_dir};

static LESSONS: Dir = include_dir!("$CARGO_MANIFEST_DIR/lessons");
static FIGURES: Dir = include_dir!("$CARGO_MANIFEST_DIR/assets/figures");
static RECORDINGS: Dir = include_dir!("$CARGO_MANIFEST_DIR/assets/recordings");
static TRANSFERS: Dir = include_dir!("$CARGO_MANIFEST_DIR/src/transfer");

/// The lessons, the concept test, the glossary and the cards (`cards/NAME.md`), as (file name, text), sorted by name.
pub fn lessons() -> Vec<(&'static str, &'static str)> {
    let cards = LESSONS.get_dir("cards").map(|dir| texts(dir, "md"));
    texts(&LESSONS, "md")
        .into_iter()
        .chain(cards.unwrap_or_default())
        .filter(|(name, _)| *name != "README.md")
        .collect()
}

/// The figures, as (file name, text), sorted by name.
pub fn figures() -> Vec<(&'static str, &'static str)> {
    texts(&FIGURES, "toml")
}

/// The shipped recordings, as (file name, text), sorted by name.
pub fn recordings() -> Vec<(&'static str, &'static str)> {
    texts(&RECORDINGS, "jsonl")
}

/// The source of a transfer method: `read_write.rs`, word for word.
pub fn transfer_source(file: &str) -> Option<&'static str> {
    TRANSFERS.get_file(file)?.contents_utf8()
}

/// The files of the capstone, as (file name, text).
pub fn capstone() -> [(&'static str, &'static str); 3] {
    [
        ("README.md", include_str!("../assets/capstone/README.md")),
        ("server.c", include_str!("../assets/capstone/server.c")),
        ("check.sh", include_str!("../assets/capstone/check.sh")),
    ]
}

fn texts(dir: &'static Dir<'static>, extension: &str) -> Vec<(&'static str, &'static str)> {
    let mut texts: Vec<_> = dir
        .files()
        .filter(|file| {
            file.path()
                .extension()
                .is_some_and(|found| found == extension)
        })
        .filter_map(|file| Some((file.path().to_str()?, file.contents_utf8()?)))
        .collect();
    texts.sort_unstable();
    texts
}
