//! A program that is traced live, on a pty of its own.

use std::{
    ffi::OsString,
    fs::File,
    io::{Read, Write},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use anyhow::Context;
use nix::{pty::openpty, sys::signal::SigSet};

use super::message::{Message, Messages, spawn};
use crate::{
    app::Event,
    copypath::flows::Flows,
    experiment::flow_trace,
    model::{Trace, TraceReport},
    tracer::{Handle, Options, Program, Subject},
};

/// How often the flows of a running program are shown.
const SHOWN: Duration = Duration::from_millis(200);

/// A program that is traced live: how to reach it.
pub struct Traced {
    handle: Handle,
    keyboard: File,
    tracer: JoinHandle<()>,
}

impl Traced {
    /// Starts a command on a pty of its own, and traces it.
    ///
    /// # Errors
    /// There is no pty, or no thread.
    pub fn start(
        command: Vec<OsString>,
        options: Options,
        messages: Messages,
    ) -> anyhow::Result<Traced> {
        let (columns, rows) = crossterm::terminal::size().unwrap_or((80, 24));
        let size = nix::libc::winsize {
            ws_row: rows,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let pty = openpty(&size, None).context("cannot open a pty")?;
        let keyboard = File::from(pty.master);
        let screen = keyboard.try_clone().context("cannot open a pty")?;
        let output = messages.clone();
        // Without this thread the program would wait for ever for its output to be read.
        spawn(move || read(screen, &output)).context("cannot start a thread")?;
        let handle = Handle::default();
        let watching = handle.clone();
        let program = Program {
            command,
            terminal: Some(pty.slave),
            mask: Some(SigSet::thread_get_mask()?),
            ..Program::default()
        };
        let tracer = spawn(move || {
            let mut shown = Instant::now();
            let mut told = |trace: &Trace, flows: &Flows| {
                if shown.elapsed() >= SHOWN {
                    shown = Instant::now();
                    let _ = messages.send(snapshot(flow_trace::snapshot(trace, flows), true));
                }
            };
            let subject = Subject::Program(Box::new(program));
            let done = flow_trace::trace(subject, &options, &watching, None, &mut told);
            let done = done.map(|traced| drop(messages.send(snapshot(traced.report, false))));
            let done = done.map_err(|error| error.to_string());
            let _ = messages.send(Message::Traced(done));
        });
        let tracer = tracer.context("cannot start a thread")?;
        Ok(Traced {
            handle,
            keyboard,
            tracer,
        })
    }

    /// Ctrl-C, as from its keyboard.
    pub fn interrupt(&mut self) {
        let _ = self.keyboard.write_all(b"\x03");
    }

    /// It has ended by itself.
    pub fn join(self) {
        let _ = self.tracer.join();
    }

    /// Ends it, and waits until that is so.
    pub fn stop(self) {
        self.handle.stop();
        self.join();
    }
}

fn snapshot(report: TraceReport, running: bool) -> Message {
    Message::Event(Event::Snapshot(Box::new(report), running))
}

/// Reads what the program writes.
fn read(mut screen: File, messages: &Messages) {
    let mut bytes = [0; 4096];
    while let Ok(count @ 1..) = screen.read(&mut bytes) {
        let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
        if messages.send(Message::Event(Event::Output(text))).is_err() {
            return;
        }
    }
}
