//! A directory of lessons: somebody's own, in place of the built-in ones.

use std::{fs, io, path::Path};

use anyhow::{Context, bail};

use crate::model::{
    Size,
    limits::{LESSON_FILES, LESSONS_BYTES},
    visible_name,
};

/// A file as it was found: its name within the directory, and its bytes.
pub(crate) type File = (String, Vec<u8>);

/// The Markdown files of a directory and of its `cards`, but READMEs, sorted by name: `01-road.md`, `cards/sendfile.md`.
///
/// # Errors
/// The directory or one of the files cannot be read, or there is no lesson in it.
pub(crate) fn files(dir: &Path) -> anyhow::Result<Vec<File>> {
    let mut files = Vec::new();
    read_into(&mut files, dir, "").with_context(|| format!("cannot read {}", visible_name(dir)))?;
    let cards = dir.join("cards");
    if cards.is_dir() {
        read_into(&mut files, &cards, "cards/")
            .with_context(|| format!("cannot read {}", visible_name(&cards)))?;
    }
    let bytes = files.iter().map(|(_, bytes)| bytes.len() as u64);
    if files.len() > LESSON_FILES || bytes.sum::<u64>() > LESSONS_BYTES {
        bail!(
            "there is too much in {}: more than {LESSON_FILES} lessons and cards, or more than {} of them",
            visible_name(dir),
            Size(LESSONS_BYTES)
        );
    }
    if files.is_empty() {
        bail!(
            "there are no lessons in {}: a lesson is a file NN-id.md",
            visible_name(dir)
        );
    }
    files.sort();
    Ok(files)
}

fn read_into(files: &mut Vec<File>, dir: &Path, prefix: &str) -> anyhow::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let is_lesson = name.ends_with(".md") && !name.starts_with('.');
        if is_lesson && !name.eq_ignore_ascii_case("readme.md") {
            if files.len() > LESSON_FILES {
                return Ok(());
            }
            match super::open::text(&path) {
                Ok(bytes) => files.push((format!("{prefix}{name}"), bytes)),
                // An editor that replaces a file removes it for a moment.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error).with_context(|| visible_name(&path)),
            }
        }
    }
    Ok(())
}
