//! Packs the texts that are compiled into the program: as they are they would be a tenth of it, deflated they are a
//! third of that. The pack is `path NUL text NUL` for each file, one after the other; `src/embedded.rs` opens it.

use std::{env, fs, io, path::Path};

/// Every file of these folders, by itself; folders within them are named too.
const FOLDERS: [&str; 9] = [
    "lessons",
    "lessons/cards",
    "assets/figures",
    "assets/recordings",
    "assets/served",
    "assets/capstone",
    "assets/examples",
    "src/transfer",
    "src/serve/send",
];

fn main() -> io::Result<()> {
    let mut pack = Vec::new();
    for folder in FOLDERS {
        println!("cargo:rerun-if-changed={folder}");
        let mut files = fs::read_dir(folder)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<io::Result<Vec<_>>>()?;
        // An editor's own files beside those of the course are hidden ones.
        files.retain(|path| {
            let name = path.file_name().unwrap_or_default();
            path.is_file() && !name.as_encoded_bytes().starts_with(b".")
        });
        files.sort();
        for file in files {
            pack.extend(file.to_string_lossy().bytes());
            pack.push(0);
            pack.extend(fs::read_to_string(&file)?.bytes());
            pack.push(0);
        }
    }
    let best = 9;
    let out = env::var_os("OUT_DIR").expect("cargo tells a build script where to write");
    fs::write(
        Path::new(&out).join("texts.deflate"),
        miniz_oxide::deflate::compress_to_vec(&pack, best),
    )
}
