//! What is traced, to look at elsewhere: a picture and a timeline.

use std::path::PathBuf;

use anyhow::{Result, bail};

use super::display_options;
use crate::model::{Recording, TraceReport};
use crate::runtime::picture;
use crate::store::{self, timeline};

/// What is traced, to look at elsewhere.
#[derive(Debug, clap::Args)]
#[group(skip)] // a group of this name is that of the command
pub(crate) struct Args {
    /// Save a picture of it (SVG), for a report or a README
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Save a timeline for Perfetto (ui.perfetto.dev) and chrome://tracing: a track a thread, the flows as arrows
    #[arg(long, value_name = "FILE")]
    chrome: Option<PathBuf>,
}

impl Args {
    pub(crate) fn are_asked_for(&self) -> bool {
        self.svg.is_some() || self.chrome.is_some()
    }

    /// Whether the files can be written: asked before a program runs for hours.
    ///
    /// # Errors
    /// One line that names the file.
    pub(crate) fn can_save(&self) -> Result<()> {
        let mut files = [&self.svg, &self.chrome].into_iter().flatten();
        files.try_for_each(|path| store::can_save(path))
    }

    /// Of a traced program.
    ///
    /// # Errors
    /// One line: a file cannot be written.
    pub(crate) fn of_trace(
        &self,
        report: TraceReport,
        display: &display_options::Args,
    ) -> Result<()> {
        if let Some(path) = &self.chrome {
            timeline::save(path, (&report).into())?;
        }
        let Some(path) = &self.svg else {
            return Ok(());
        };
        store::save_text(path, &picture::of_trace(report, &display.of_picture()))
    }

    /// Of a recorded transfer.
    ///
    /// # Errors
    /// One line: a file cannot be written; a timeline is asked for, and the transfer was not traced.
    pub(crate) fn of_recording(
        &self,
        recording: Recording,
        display: &display_options::Args,
    ) -> Result<()> {
        if let Some(path) = &self.chrome {
            let Some(trace) = &recording.trace else {
                bail!("there are no calls in this recording: ptrace was refused when it was made");
            };
            timeline::save(path, timeline::Timeline::of_calls(trace))?;
        }
        let Some(path) = &self.svg else {
            return Ok(());
        };
        store::save_text(
            path,
            &picture::of_recording(recording, &display.of_picture()),
        )
    }

    /// Of two recorded transfers.
    ///
    /// # Errors
    /// One line: the file cannot be written; one of them has no calls; a timeline is asked for, which shows one.
    pub(crate) fn of_race(
        &self,
        recordings: [Recording; 2],
        display: &display_options::Args,
    ) -> Result<()> {
        if self.chrome.is_some() {
            bail!("--chrome saves one recording's timeline: name one recording");
        }
        let Some(path) = &self.svg else {
            return Ok(());
        };
        store::save_text(path, &picture::of_race(recordings, &display.of_picture())?)
    }
}
