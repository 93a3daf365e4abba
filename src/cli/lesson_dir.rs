//! The course that a command is about: the built-in one, or a teacher's own directory.

use std::path::{Path, PathBuf};

use crate::model::visible_name;
use crate::{
    course::{Catalogue, Lesson, parse},
    embedded,
    store::lessons::files,
};

/// Which lessons a command is about.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct LessonsOption {
    /// Lessons from a directory instead of the built-in ones
    #[arg(long = "lessons", value_name = "DIR")]
    pub(crate) lesson_dir: Option<PathBuf>,
}

impl LessonsOption {
    /// The built-in course, or that of the directory. What has a fault is left out, and standard error says so.
    ///
    /// # Errors
    /// The directory cannot be read, or holds no lesson.
    pub(crate) fn course(&self) -> anyhow::Result<Catalogue> {
        let own = self.lesson_dir.as_deref().map(texts).transpose()?;
        let files = match &own {
            Some(own) => borrowed(own),
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
}

/// The lesson that is asked for, or else all of them.
///
/// # Errors
/// There is no such lesson.
pub(super) fn chosen<'a>(
    course: &'a Catalogue,
    name: Option<&str>,
) -> anyhow::Result<&'a [Lesson]> {
    let Some(name) = name else {
        return Ok(course.lessons());
    };
    let found = course.find(name).map_err(anyhow::Error::msg)?;
    Ok(std::slice::from_ref(found))
}

pub(super) fn borrowed(files: &[(String, String)]) -> Vec<(&str, &str)> {
    let files = files.iter();
    files
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect()
}

/// The files of a directory as texts.
///
/// # Errors
/// One of them cannot be read, or is no UTF-8.
fn texts(dir: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let text = |(name, bytes): (String, Vec<u8>)| match parse::text_of(&name, &bytes) {
        Ok(text) => Ok((name.clone(), text.to_owned())),
        Err(fault) => Err(anyhow::anyhow!(
            "cannot read {}: {fault}",
            visible_name(dir)
        )),
    };
    files(dir)?.into_iter().map(text).collect()
}
