//! Errors on purpose: small experiments that make the real calls fail, or work against expectation, on this kernel.
//!
//! What raises a signal or needs other limits runs in a process of its own: this program once more, by
//! [`process`].

use std::{
    fs::File,
    os::{fd::OwnedFd, unix::fs::MetadataExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use nix::{errno::Errno, unistd::write};
use serde::{Deserialize, Serialize};

use crate::endpoint::{self, ends};
use crate::host;
pub(crate) use crate::model::Finding;
use crate::model::{ERROR_CHANGES, ERRORS, kernel_version, visible_name};

mod crossings;
mod files;
mod loops;
mod mappings;
mod memlock;
mod pipes;
pub mod process;
mod sockets;
mod sources;

/// An experiment: one call, or a few, whose result surprises.
#[derive(Clone, Copy, Debug)]
pub struct Experiment {
    /// What it is called, in kebab-case.
    pub name: &'static str,
    /// The call, as text.
    pub(crate) call: &'static str,
    /// What is made ready before it, in one sentence.
    pub(crate) setup: &'static str,
    /// Why, and where that is documented.
    pub(crate) why: &'static str,
    run: Run,
}

impl Experiment {
    /// What a kernel of this version (major, minor), with pages of this size, may be expected to answer: one of these.
    fn expected(&self, kernel: (u32, u32), page_size: u64) -> Vec<String> {
        let known = ERRORS.iter().find(|(name, _)| *name == self.name);
        let (_, usual) = known.expect("a test holds the two tables together");
        let otherwise = ERROR_CHANGES
            .iter()
            .find(|change| change.name == self.name && change.versions.contains(&kernel));
        match otherwise {
            Some(change) => change
                .answers
                .iter()
                .map(|&answer| answer.to_owned())
                .collect(),
            // The number of bytes that one call moves at most: MAX_RW_COUNT of the kernel, INT_MAX rounded down to a page.
            None if usual.parse::<u64>().is_ok() => {
                vec![(i32::MAX as u64 / page_size * page_size).to_string()]
            }
            None => vec![(*usual).to_owned()],
        }
    }

    /// What it is about.
    pub(crate) fn theme(&self) -> &'static str {
        let is_this = |other: &Experiment| other.name == self.name;
        let theme = THEMES.iter().find(|(_, all)| all.iter().any(is_this));
        theme.map_or("", |(theme, _)| theme)
    }
}

#[derive(Clone, Copy, Debug)]
enum Run {
    /// In this process.
    Here(fn(&Setting) -> Result<Observation>),
    /// In a process of its own.
    Alone(fn(&Setting) -> Result<Observation>),
}

/// Where the experiments find their files.
#[derive(Clone, Debug)]
pub struct Setting {
    /// A directory that can be written.
    pub(crate) dir: PathBuf,
    /// A directory on another file system, where there is one.
    pub(crate) elsewhere: Option<PathBuf>,
}

impl Setting {
    /// The directory that was asked for (else the cache directory), and the first usual one on another file system.
    ///
    /// # Errors
    /// No directory can be written.
    pub fn find(asked: Option<&Path>) -> Result<Setting> {
        let dir = host::scratch_directory(asked)?.path;
        let device = |path: &Path| std::fs::metadata(path).map(|found| found.dev());
        let here =
            device(&dir).with_context(|| format!("cannot look at {}", visible_name(&dir)))?;
        let usual = [PathBuf::from("/dev/shm"), std::env::temp_dir()];
        let elsewhere = usual
            .into_iter()
            .chain(host::scratch_directory(None).map(|d| d.path));
        let elsewhere = elsewhere
            .filter(|path| device(path).is_ok_and(|device| device != here))
            .find(|path| endpoint::scratch_file(path).is_ok());
        Ok(Setting { dir, elsewhere })
    }

    /// A file of `size` bytes, without a name, at its beginning.
    fn file(&self, size: u64) -> Result<File> {
        let file = endpoint::scratch_file(&self.dir)?;
        // Written, not only made longer: a hole has no bytes to send.
        std::os::unix::fs::FileExt::write_all_at(&file, &vec![b'A'; size as usize], 0)
            .context("cannot fill a temporary file")?;
        Ok(file)
    }
}

/// What an experiment saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Observation {
    /// An errno's name, a number, `works`, or a few such words.
    answer: String,
    /// The figures of this very run.
    detail: Option<String>,
    /// What happened, call by call.
    lines: Vec<String>,
    /// Why this machine cannot do it at all.
    unavailable: Option<String>,
}

impl Observation {
    fn answer(answer: impl Into<String>) -> Observation {
        Observation {
            answer: answer.into(),
            detail: None,
            lines: Vec::new(),
            unavailable: None,
        }
    }

    /// The answer to one call: its errno's name, or `works`.
    fn call(result: nix::Result<usize>) -> Observation {
        match result {
            Ok(n) => Observation::answer("works").with(format!("it returned {n}")),
            Err(errno) => Observation::answer(name(errno)),
        }
    }

    fn unavailable(reason: impl Into<String>) -> Observation {
        Observation {
            unavailable: Some(reason.into()),
            ..Observation::answer("unavailable")
        }
    }

    fn with(mut self, detail: impl Into<String>) -> Observation {
        self.detail = Some(detail.into());
        self
    }
}

/// The answer to one call, where that is all there is to see.
fn call(result: nix::Result<usize>) -> Result<Observation> {
    Ok(Observation::call(result))
}

/// A pipe with bytes to read: the end to write, the end to read.
fn filled_pipe() -> Result<(OwnedFd, OwnedFd)> {
    let pipe = ends::pipe()?;
    write(&pipe.0, b"bytes").context("cannot write to a pipe")?;
    Ok(pipe)
}

/// `EINVAL`. Of an errno that has no name for programs, the kernel's own, or its number.
fn name(errno: Errno) -> String {
    const ENOTSUPP: i32 = 524;
    match (errno, Errno::last_raw()) {
        (Errno::UnknownErrno, ENOTSUPP) => "ENOTSUPP".to_owned(),
        (Errno::UnknownErrno, number) => format!("errno {number}"),
        (known, _) => format!("{known:?}"),
    }
}

/// The experiments of each theme.
const THEMES: [(&str, &[Experiment]); 8] = [
    ("crossings", crossings::ALL),
    ("sources", sources::ALL),
    ("pipes", pipes::ALL),
    ("files", files::ALL),
    ("sockets", sockets::ALL),
    ("loops", loops::ALL),
    ("truncation", mappings::ALL),
    ("locked memory", memlock::ALL),
];

/// Every experiment, theme by theme.
pub fn all() -> impl Iterator<Item = &'static Experiment> {
    THEMES.into_iter().flat_map(|(_, experiments)| experiments)
}

/// The experiment of that name.
///
/// # Errors
/// There is none: one line with the names.
pub(crate) fn find(name: &str) -> Result<&'static Experiment> {
    all()
        .find(|experiment| experiment.name == name)
        .with_context(|| {
            let names: Vec<_> = all().map(|experiment| experiment.name).collect();
            format!(
                "'{name}' is not an error experiment: there are {}",
                names.join(", ")
            )
        })
}

/// Runs an experiment. What it makes (files without a name, sockets, a process) is gone when this returns. One that
/// cannot be set up (no descriptor, no process, no room) is not available here, and says why.
pub fn run(experiment: &Experiment, setting: &Setting) -> Finding {
    let seen = match experiment.run {
        Run::Here(run) => run(setting),
        Run::Alone(_) => process::run(experiment, setting),
    };
    let seen = seen.unwrap_or_else(|error| Observation::unavailable(format!("{error:#}")));
    let machine = host::machine();
    let expected = experiment.expected(kernel_version(&machine.kernel), machine.page_size);
    let is_expected = expected.contains(&seen.answer);
    Finding {
        name: experiment.name.into(),
        theme: experiment.theme().into(),
        call: experiment.call.into(),
        setup: experiment.setup.into(),
        matches: seen.unavailable.is_none().then_some(is_expected),
        expected: expected.join(" or "),
        seen: seen.answer,
        detail: seen.detail,
        lines: seen.lines,
        reason: seen.unavailable,
        why: experiment.why.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_expected_depends_on_kernel_and_page() {
        let across = "copy-file-range-across-file-systems";
        for (name, kernel, page, answer) in [
            (across, (4, 18), 4096, "EXDEV"),
            (across, (5, 3), 4096, "works or EXDEV"),
            (across, (5, 18), 4096, "works or EXDEV"),
            ("sendfile-from-dev-zero", (5, 9), 4096, "works"),
            ("sendfile-from-dev-zero", (6, 6), 4096, "EINVAL"),
            ("sendfile-from-dev-zero", (6, 7), 4096, "works"),
            (across, (5, 19), 4096, "EXDEV"),
            ("splice-without-pipe", (5, 3), 4096, "EINVAL"),
            ("write-3gib", (6, 18), 4096, "2147479552"),
            ("write-3gib", (6, 18), 65536, "2147418112"),
        ] {
            let expected = find(name).unwrap().expected(kernel, page);
            assert_eq!(expected.join(" or "), answer, "{name} {kernel:?}");
        }
    }

    /// What is computed from the page's size is in the table, too: lessons take their words and numbers from there.
    #[test]
    fn the_table_has_what_a_recent_kernel_with_pages_of_4096_bytes_answers() {
        for (name, usual) in ERRORS {
            let expected = find(name).unwrap().expected((6, 18), 4096);
            assert_eq!(expected, [usual], "{name}");
        }
    }

    #[test]
    fn lessons_name_the_same_experiments() {
        let here: Vec<_> = all().map(|experiment| experiment.name).collect();
        let known = ERRORS.map(|(name, _)| name);
        assert_eq!(here, known);
    }
}
