//! `zclab class control`: the teacher's private view, on another terminal.

use std::{
    fs,
    io::{self, BufRead, BufReader, IsTerminal, Read, Write},
    os::unix::net::UnixStream,
    process::ExitCode,
    sync::mpsc,
    thread,
};

use anyhow::{Context, bail};
use crossterm::{
    cursor::{Hide, Show},
    execute,
    terminal::{self, EnterAlternateScreen, LeaveAlternateScreen},
};
use serde::Deserialize;
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM},
    iterator::Signals,
};

use super::control_socket::path_of;
use crate::{
    class::{AskedSnapshot, Phase, PollKind, Snapshot, differences},
    cli::{end_with, lessons::Text, print},
    model::visible_lines,
    store::session_log,
};

/// The teacher's private view of a room: the distribution as it grows, and what it advises.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Keys: o closes the vote, or opens the question again; O second vote; D discuss; v reveal; K which kernels differ and why; L lock; q quit.
Without a terminal: the room as JSON lines, and commands as lines on standard input, as those of zclab class --plain."
)]
pub(crate) struct Args {
    /// The room's code; needed where several rooms are open
    code: Option<String>,
}

/// What the room sends.
#[derive(Deserialize)]
struct Told {
    room: Option<Snapshot>,
    error: Option<String>,
}

enum Happened {
    Key(u8),
    Line(String),
    Signal(i32),
    Closed,
}

/// The terminal while it shows the private view; as it was before when this is dropped.
struct PrivateScreen;

impl PrivateScreen {
    fn enter() -> io::Result<PrivateScreen> {
        terminal::enable_raw_mode()?;
        let screen = PrivateScreen;
        execute!(io::stdout(), EnterAlternateScreen, Hide)?;
        Ok(screen)
    }
}

impl Drop for PrivateScreen {
    fn drop(&mut self) {
        // A terminal that is gone has nothing to restore.
        let _ = execute!(io::stdout(), Show, LeaveAlternateScreen);
        let _ = terminal::disable_raw_mode();
    }
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let code = match &args.code {
        Some(code) => code.to_ascii_uppercase(),
        None => only_room()?,
    };
    let path = path_of(&code)?;
    let socket = UnixStream::connect(&path)
        .with_context(|| format!("there is no room {code} on this machine"))?;
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return in_lines(socket);
    }
    // Before the terminal changes: from here on no signal ends the program without its being restored.
    let signals =
        Signals::new([SIGTERM, SIGHUP, SIGINT, SIGQUIT]).context("cannot take signals")?;
    let screen = PrivateScreen::enter().context("cannot use the terminal")?;
    let ended = on_terminal(socket, signals);
    drop(screen);
    match ended? {
        Some(signal) => end_with(ExitCode::from(128 + signal as u8)),
        None => Ok(()),
    }
}

/// The room that is open, if it is the only one.
fn only_room() -> anyhow::Result<String> {
    let dir = session_log::directory()?;
    let found = fs::read_dir(&dir).into_iter().flatten().flatten();
    let codes = found.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let code = name.strip_suffix(".sock")?.to_owned();
        UnixStream::connect(entry.path()).is_ok().then_some(code)
    });
    let codes: Vec<String> = codes.collect();
    match &codes[..] {
        [code] => Ok(code.clone()),
        [] => bail!("no room is open on this machine: zclab class opens one"),
        _ => bail!("several rooms are open: name one of {}", codes.join(", ")),
    }
}

/// JSON lines out, commands in.
fn in_lines(socket: UnixStream) -> anyhow::Result<()> {
    let mut commands = socket.try_clone()?;
    thread::Builder::new().spawn(move || {
        let _ = io::copy(&mut io::stdin().lock(), &mut commands);
        let _ = commands.shutdown(std::net::Shutdown::Write);
    })?;
    for line in BufReader::new(socket).lines() {
        print(&format!("{}\n", line?))?;
    }
    Ok(())
}

/// Shows the room until the teacher leaves, the room is closed or a signal comes: that signal.
fn on_terminal(socket: UnixStream, mut signals: Signals) -> anyhow::Result<Option<i32>> {
    let (sender, happened) = mpsc::channel();
    let (lines, keys, ending) = (sender.clone(), sender.clone(), sender);
    thread::Builder::new().spawn(move || {
        let all_signals = signals.forever();
        all_signals.for_each(|signal| drop(ending.send(Happened::Signal(signal))));
    })?;
    let reader = BufReader::new(socket.try_clone()?);
    thread::Builder::new().spawn(move || {
        let all_told = reader.lines().map_while(Result::ok);
        all_told.for_each(|line| drop(lines.send(Happened::Line(line))));
        let _ = lines.send(Happened::Closed);
    })?;
    thread::Builder::new().spawn(move || {
        let all_keys = io::stdin().lock().bytes().map_while(Result::ok);
        all_keys.for_each(|key| drop(keys.send(Happened::Key(key))));
        let _ = keys.send(Happened::Closed);
    })?;
    let (mut room, mut error, mut socket) = (Snapshot::default(), String::new(), socket);
    let mut shows_kernels = false;
    for happened in happened {
        match happened {
            Happened::Key(b'K') => shows_kernels = !shows_kernels,
            Happened::Closed | Happened::Key(b'q' | 3 | 4) => break,
            Happened::Signal(signal) => return Ok(Some(signal)),
            Happened::Key(key) => {
                error.clear();
                if let Some(command) = command(key, &room) {
                    writeln!(socket, "{command}")?;
                }
            }
            Happened::Line(line) => {
                let told: Told = serde_json::from_str(&line)?;
                room = told.room.unwrap_or(room);
                error = told.error.unwrap_or(error);
            }
        }
        // In raw mode a line's end does not lead to the next one's start.
        let text = visible_lines(&page(&room, &error, shows_kernels)).replace('\n', "\r\n");
        print(&format!("\x1b[H\x1b[J{text}"))?;
    }
    Ok(None)
}

fn command(key: u8, room: &Snapshot) -> Option<String> {
    let id = room.question.as_ref().map(|asked| asked.poll.id.as_str());
    Some(match key {
        b'o' if room.phase == Phase::Voting => "close".to_owned(),
        b'o' => format!("open {}", id?),
        b'O' => "again".to_owned(),
        b'D' => "discuss".to_owned(),
        b'v' => "reveal".to_owned(),
        b'L' => "lock".to_owned(),
        _ => return None,
    })
}

/// The room in lines.
fn page(room: &Snapshot, error: &str, shows_kernels: bool) -> String {
    let mut text = Text::default();
    let locked = if room.locked { ", locked" } else { "" };
    text.line(&format!(
        "room {}   {} joined, {} present, {} answered{locked}",
        room.code, room.joined, room.present, room.answered
    ));
    text.gap();
    if let Some(asked) = &room.question {
        question(&mut text, asked);
    }
    if let Some(advice) = room.advice {
        text.gap();
        text.line(advice.text());
    }
    if shows_kernels && let Some(asked) = &room.question {
        text.gap();
        for line in differences(asked) {
            text.markdown(&line, 0);
        }
    }
    text.gap();
    text.line(error);
    text.line("o close or open again   O second vote   D discuss   v reveal   K kernels   L lock   q quit");
    text.into_string()
}

fn question(text: &mut Text, asked: &AskedSnapshot) {
    let poll = &asked.poll;
    text.markdown(&poll.text, 0);
    text.gap();
    for round in &asked.rounds {
        let right = round
            .right
            .map_or(String::new(), |right| format!(", {right} right"));
        text.line(&format!(
            "vote {}: {} answered{right}",
            round.round, round.answered
        ));
        if poll.kind == PollKind::Number {
            let values: Vec<String> = round.distribution.iter().map(f64::to_string).collect();
            text.markdown(&values.join(" "), 2);
            continue;
        }
        for (at, count) in round.distribution.iter().enumerate() {
            let option = poll.options.get(at).map_or("", |option| option);
            let bar = "■".repeat((*count as usize).min(40));
            text.line(&format!("  {}) {count:>3} {bar} {option}", poll.mark(at)));
        }
    }
}
