//! The explorer of a watched program: from a recording, or live, with the program on a pty of its own.

use std::{
    ffi::OsString,
    fs::File,
    io::{Read, Write},
    process::ExitCode,
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, anyhow};
use nix::{pty::openpty, sys::signal::SigSet};

use super::{
    DisplayOptions, Message, input, signals,
    terminal::{self, Screen},
    worker,
};
use crate::{
    app::explorer::{Explorer, Wish},
    copypath::flows::Flows,
    experiment::flow_trace,
    host,
    model::{Exit, Trace, TraceReport},
    tracer::{Handle, Options, Program, Subject},
    ui::{explorer::view, theme::Theme},
};

/// How often the flows of a running program are shown.
const SHOWN: Duration = Duration::from_millis(200);

/// What reaches the explorer.
enum Note {
    /// The terminal, or a signal.
    Message(Message),
    /// More is known.
    Snapshot(Box<TraceReport>),
    /// The program has written to its terminal.
    Output(String),
    /// It has ended.
    Over(Result<Box<TraceReport>, String>),
}

/// Explores a recording.
///
/// # Errors
/// The terminal cannot be used.
pub fn explore(watched: TraceReport, display: DisplayOptions) -> anyhow::Result<ExitCode> {
    let (sender, notes) = mpsc::channel();
    let explorer = Explorer::new(watched, false);
    run(explorer, display.theme, None, sender, &notes)?;
    Ok(ExitCode::SUCCESS)
}

/// A program that is watched live: how to reach it.
struct Live {
    handle: Handle,
    keyboard: File,
    tracer: thread::JoinHandle<()>,
}

/// Watches a program on a pty of its own, and explores meanwhile and afterwards. What came of it.
///
/// # Errors
/// The terminal cannot be used; the program cannot be run; ptrace is refused.
pub fn live(
    command: Vec<OsString>,
    options: Options,
    display: DisplayOptions,
) -> anyhow::Result<TraceReport> {
    let (sender, notes) = mpsc::channel();
    let words = command
        .iter()
        .map(|word| word.to_string_lossy().into_owned());
    let words = words.collect();
    let live = start(command, options, sender.clone())?;
    let explorer = Explorer::new(nothing_yet(words), true);
    run(explorer, display.theme, Some(live), sender, &notes)
}

fn start(command: Vec<OsString>, options: Options, sender: Sender<Note>) -> anyhow::Result<Live> {
    let size = crossterm::terminal::size().unwrap_or((80, 24));
    let size = nix::libc::winsize {
        ws_row: size.1,
        ws_col: size.0,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    let pty = openpty(&size, None).context("cannot open a pty")?;
    let handle = Handle::new();
    let master = File::from(pty.master);
    let screen = master.try_clone().context("cannot open a pty")?;
    listen(screen, sender.clone());
    let watching = handle.clone();
    let program = Program {
        command,
        terminal: Some(pty.slave),
        mask: Some(SigSet::thread_get_mask()?),
        ..Program::default()
    };
    let tracer = thread::Builder::new()
        .name(worker::NAME.to_owned())
        .spawn(move || {
            let mut shown = Instant::now();
            let mut told = |trace: &Trace, flows: &Flows| {
                if shown.elapsed() >= SHOWN {
                    shown = Instant::now();
                    let _ =
                        sender.send(Note::Snapshot(Box::new(flow_trace::snapshot(trace, flows))));
                }
            };
            let subject = Subject::Program(Box::new(program));
            let done = flow_trace::trace(subject, &options, &watching, &mut told);
            let over = done.map(Box::new).map_err(|error| error.to_string());
            let _ = sender.send(Note::Over(over));
        })?;
    Ok(Live {
        handle,
        keyboard: master,
        tracer,
    })
}

/// Reads what the program writes, in a thread of its own.
fn listen(mut screen: File, sender: Sender<Note>) {
    let read = move || {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = screen.read(&mut bytes) {
            let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
            if sender.send(Note::Output(text)).is_err() {
                return;
            }
        }
    };
    // Without this thread the program's output is not shown, and it may wait for it to be read.
    let _ = thread::Builder::new()
        .name(worker::NAME.to_owned())
        .spawn(read);
}

fn nothing_yet(command: Vec<String>) -> TraceReport {
    TraceReport {
        command,
        exit: Exit::Code(0),
        machine: host::machine(),
        processes: 0,
        threads: 0,
        calls_by_name: Default::default(),
        flows: Vec::new(),
        unexplained: Default::default(),
        notes: Vec::new(),
        trace: Trace::default(),
        flow_of: Vec::new(),
    }
}

fn run(
    mut explorer: Explorer,
    theme: Theme,
    mut live: Option<Live>,
    sender: Sender<Note>,
    notes: &Receiver<Note>,
) -> anyhow::Result<TraceReport> {
    let (messages, incoming) = mpsc::channel();
    terminal::restore_on_panic();
    signals::listen(messages.clone()).context("cannot listen to signals")?;
    let mut screen = Screen::enter(false).context("cannot use the terminal")?;
    input::listen(messages);
    thread::spawn(move || {
        for message in incoming {
            if sender.send(Note::Message(message)).is_err() {
                return;
            }
        }
    });
    let ended = converse(&mut explorer, theme, &mut live, &mut screen, notes);
    screen.leave();
    if let Some(live) = live {
        live.handle.stop();
        let _ = live.tracer.join();
        // What came of it, had it not ended before.
        while let Ok(note) = notes.try_recv() {
            if let Note::Over(Ok(watched)) = note {
                explorer.on_snapshot(*watched, false);
            }
        }
    }
    ended.map(|()| explorer.watched)
}

fn converse(
    explorer: &mut Explorer,
    theme: Theme,
    live: &mut Option<Live>,
    screen: &mut Screen,
    notes: &Receiver<Note>,
) -> anyhow::Result<()> {
    let mut ticked = Instant::now();
    loop {
        let area = screen.area()?;
        screen.draw(area, |buf| view(explorer, &theme, area, buf))?;
        let first = match explorer.next_frame() {
            Some(pause) => notes.recv_timeout(pause).ok(),
            None => {
                let note = notes.recv().ok();
                ticked = Instant::now();
                note
            }
        };
        let mut next = first;
        while let Some(note) = next {
            if take(note, explorer, live, screen)? {
                return Ok(());
            }
            next = notes.try_recv().ok();
        }
        explorer.tick(ticked.elapsed());
        ticked = Instant::now();
    }
}

/// Takes a note; true: it is the end.
fn take(
    note: Note,
    explorer: &mut Explorer,
    live: &mut Option<Live>,
    screen: &mut Screen,
) -> anyhow::Result<bool> {
    match note {
        Note::Snapshot(watched) => explorer.on_snapshot(*watched, true),
        Note::Output(text) => explorer.on_output(&text),
        Note::Over(Ok(watched)) => {
            explorer.on_snapshot(*watched, false);
            live.take().map(|live| live.tracer.join());
        }
        Note::Over(Err(why)) => {
            live.take().map(|live| live.tracer.join());
            return Err(anyhow!(why));
        }
        Note::Message(Message::Key(key)) => match explorer.press(key) {
            Some(Wish::Quit) => return Ok(true),
            Some(Wish::Interrupt) => {
                if let Some(live) = live {
                    let _ = live.keyboard.write_all(b"\x03");
                }
            }
            Some(Wish::Suspend) => {
                screen.leave();
                signals::stop()?;
                screen.enter_again(false)?;
            }
            None => {}
        },
        Note::Message(Message::Continued) => screen.enter_again(false)?,
        Note::Message(Message::Stop) => {
            screen.leave();
            signals::stop()?;
            screen.enter_again(false)?;
        }
        Note::Message(Message::Closed | Message::Ended(_)) => return Ok(true),
        Note::Message(_) => {}
    }
    Ok(false)
}
