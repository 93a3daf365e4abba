//! What is traced, to look at elsewhere: a picture and a timeline.

use std::path::PathBuf;

use anyhow::{Result, bail};

use super::{display_options, options::one_of};
use crate::model::{ExperimentOutcome, ExperimentSpec, Recording, TraceReport};
use crate::runtime::picture;
use crate::store::{self, timeline};
use crate::ui::theme::{Palette, Theme};

/// What is traced, to look at elsewhere.
#[derive(Debug, clap::Args)]
#[group(skip)] // a group of this name is that of the command
pub(crate) struct Args {
    /// Save a picture of it (SVG), for a report or a README
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// The call at which the picture shows a recorded transfer [default: the last]
    #[arg(long, value_name = "N", requires = "svg", value_parser = clap::value_parser!(u32).range(1..))]
    call: Option<u32>,
    /// Save a timeline for Perfetto (ui.perfetto.dev) and chrome://tracing: a track a thread, the flows as arrows
    #[arg(long, value_name = "FILE")]
    chrome: Option<PathBuf>,
}

/// What an experiment found, to look at elsewhere.
#[derive(Debug, clap::Args)]
#[group(skip)] // a group of this name is that of the command
pub(crate) struct Picture {
    /// Save a picture of it (SVG), for a report or a README
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Its colours [default: dark]
    #[arg(long, value_name = "THEME", requires = "svg", value_parser = one_of(Palette::ALL.map(|palette| (palette.name(), "", palette))))]
    theme: Option<Palette>,
}

impl Picture {
    /// Whether the file can be written: asked before anything runs.
    ///
    /// # Errors
    /// One line that names the file.
    pub(crate) fn can_save(&self) -> Result<()> {
        self.svg
            .as_ref()
            .map_or(Ok(()), |path| store::can_save(path))
    }

    fn theme(&self) -> Theme {
        Theme {
            palette: self.theme.unwrap_or(Palette::Dark),
            ..Theme::default()
        }
    }

    /// Saves it, if it is asked for.
    ///
    /// # Errors
    /// One line: the file cannot be written.
    pub(crate) fn save(
        &self,
        what: ExperimentSpec,
        found: impl FnOnce() -> ExperimentOutcome,
    ) -> Result<()> {
        let Some(path) = &self.svg else {
            return Ok(());
        };
        store::save_text(path, &picture::of_experiment(what, found(), &self.theme()))
    }

    /// The same of a transfer.
    ///
    /// # Errors
    /// As [`Picture::save`].
    pub(crate) fn save_recording(&self, recording: &Recording) -> Result<()> {
        let Some(path) = &self.svg else {
            return Ok(());
        };
        let text = picture::of_recording(recording.clone(), None, &self.theme());
        store::save_text(path, &text)
    }
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
            &picture::of_recording(recording, self.call, &display.of_picture()),
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
