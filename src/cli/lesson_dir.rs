//! The course that a command is about: the built-in one, or a teacher's own directory.

use std::path::Path;

use crate::{
    course::{Catalogue, parse},
    embedded,
    store::lessons::files,
};

/// The built-in course, or that of a directory. What has a fault is left out, and standard error says so.
///
/// # Errors
/// The directory cannot be read, or holds no lesson.
pub(crate) fn course(dir: Option<&Path>) -> anyhow::Result<Catalogue> {
    let own = match dir {
        Some(dir) => texts(dir)?,
        None => Vec::new(),
    };
    let files: Vec<(&str, &str)> = match dir {
        Some(_) => own
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect(),
        None => embedded::lessons(),
    };
    let (catalogue, faults) = Catalogue::parse(&files, &embedded::figures());
    let left_out = |more: usize| match more {
        0 => String::new(),
        more => format!(" (and {more} more faults: zclab check tells)"),
    };
    if let Some(fault) = faults.first() {
        super::warn(&format!(
            "what has a fault was left out: {fault}{}",
            left_out(faults.len() - 1)
        ));
    }
    Ok(catalogue)
}

/// The files of a directory as texts.
///
/// # Errors
/// One of them cannot be read, or is no UTF-8.
fn texts(dir: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let text = |(name, bytes): (String, Vec<u8>)| match parse::text_of(&name, &bytes) {
        Ok(text) => Ok((name.clone(), text.to_owned())),
        Err(fault) => Err(anyhow::anyhow!("cannot read {}: {fault}", dir.display())),
    };
    files(dir)?.into_iter().map(text).collect()
}
