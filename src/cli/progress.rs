//! How far a long command is: one bar on a terminal, gone when it is done. And Ctrl-C, which leaves nothing behind.

use std::{
    io::{self, IsTerminal, Write},
    sync::{
        Arc,
        atomic::{AtomicI32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::{Handle, Signals},
    low_level::emulate_default_handler,
};

use super::ink;
use crate::model::{JobProgress, Size};
use crate::tracer::Cancel;

/// Cells of the bar.
const CELLS: usize = 24;
/// Columns before it: what the command is at.
const AT: usize = 24;

/// A quick run says nothing, and a line that is read changes seldom.
const QUIET: Duration = Duration::from_millis(300);
const STEP: Duration = Duration::from_millis(100);

/// The line, on standard error; where that is no terminal, nothing.
pub(crate) struct Line {
    begun: Instant,
    next: Instant,
    is_terminal: bool,
    is_shown: bool,
}

impl Line {
    pub(crate) fn new() -> Line {
        let begun = Instant::now();
        Line {
            begun,
            next: begun + QUIET,
            is_terminal: io::stderr().is_terminal(),
            is_shown: false,
        }
    }

    /// Shows how far it is, and how much that is, if it has been long enough.
    pub(crate) fn show(&mut self, progress: &JobProgress, amount: impl FnOnce() -> String) {
        let now = Instant::now();
        if !self.is_terminal || now < self.next {
            return;
        }
        self.next = now + STEP;
        self.is_shown = true;
        let seconds = now.duration_since(self.begun).as_secs();
        // A terminal that is gone has nobody to tell.
        let bar = bar(progress, ink::is_utf8());
        let _ = write!(io::stderr(), "\r\x1b[2K{bar}  {}{seconds} s", amount());
    }

    pub(crate) fn clear(&mut self) {
        if std::mem::take(&mut self.is_shown) {
            let _ = write!(io::stderr(), "\r\x1b[2K");
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.clear();
    }
}

/// `counting                ■■■■■■······ 50 %`.
fn bar(JobProgress { at, done, total }: &JobProgress, utf8: bool) -> String {
    let share = (*done as f64 / *total.max(&1) as f64).clamp(0.0, 1.0);
    let full = (share * CELLS as f64) as usize;
    let (cell, empty) = if utf8 { ("■", "·") } else { ("#", ".") };
    let percent = (share * 100.0).floor();
    let at: String = at.chars().take(AT).collect();
    format!(
        "{at:AT$} {}{} {percent:>3} %",
        cell.repeat(full),
        empty.repeat(CELLS - full)
    )
}

/// How much of a transfer is done.
pub(super) fn bytes(progress: &JobProgress) -> String {
    format!("{} of {}  ", Size(progress.done), Size(progress.total))
}

/// Cancels a run on SIGINT and SIGTERM, as long as it lives.
pub(crate) struct Interrupt {
    seen: Arc<AtomicI32>,
    handle: Handle,
}

impl Interrupt {
    /// Begins to listen, in a thread of its own.
    ///
    /// # Errors
    /// No handler can be installed, or no thread be started.
    pub(crate) fn cancels(cancel: &Cancel) -> Result<Interrupt> {
        let mut signals = Signals::new([SIGINT, SIGTERM]).context("cannot listen to signals")?;
        let handle = signals.handle();
        let seen = Arc::new(AtomicI32::new(0));
        let (note, cancel) = (seen.clone(), cancel.clone());
        let listen = move || {
            for signal in signals.forever() {
                note.store(signal, Ordering::Relaxed);
                cancel.cancel();
            }
        };
        thread::Builder::new()
            .spawn(listen)
            .context("cannot start a thread")?;
        Ok(Interrupt { seen, handle })
    }

    /// If a signal came: says that nothing is left, and ends the program as the signal would have, so that a shell's
    /// loop ends too.
    pub(crate) fn end_if_cancelled(&self) {
        let signal = self.seen.load(Ordering::Relaxed);
        if signal != 0 {
            super::warn("cancelled: no process and no file is left");
            // It does not return: the default of both is to end.
            let _ = emulate_default_handler(signal);
        }
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.handle.close();
    }
}
