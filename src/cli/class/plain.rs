//! The room without a screen: commands are lines on standard input.

use std::{
    io::{self, BufRead, Read},
    sync::{
        Arc,
        mpsc::{self, Sender},
    },
    thread,
};

use anyhow::Context;

use super::{Args, open};
use crate::{
    class::{Command, Eyes, Recorded, Snapshot, experiment_of},
    cli::{class_experiment, print, warn},
    course::Catalogue,
    model::visible_lines,
    serve::{
        class::{Handle, Ordered},
        event_loop::Stop,
    },
    tracer::Cancel,
};

/// A longer line is no command.
const LINE_BYTES: u64 = 4096;

enum Happened {
    Line(String),
    /// The input has ended, or a signal came.
    End,
    Recorded(u32, Result<Recorded, String>),
    Warning(String),
}

/// Opens the room and does what the lines say, until the input ends.
pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let course = Arc::new(args.lessons.course()?);
    let opened = open(args, Arc::clone(&course))?;
    opened.warnings.iter().for_each(|warning| warn(warning));
    let urls = opened.join.all();
    print(&format!("join {}\n", urls[0]))?;
    for url in &urls[1..] {
        print(&format!("also {url}\n"))?;
    }
    print(&format!("session {}\n", opened.path.display()))?;
    if let Some(codes) = &opened.codes {
        print(&format!("codes {}\n", codes.display()))?;
    }
    let (sender, happened) = mpsc::channel();
    listen(&sender)?;
    let warnings = sender.clone();
    opened
        .room
        .handle
        .watch(Eyes::Projector, move |told| match told {
            Ordered::Warning(why) => warnings.send(Happened::Warning(why)).is_ok(),
            Ordered::Snapshot(_) => true,
        });
    let mut plain = Plain {
        room: opened.room.handle.clone(),
        course,
        happened: sender,
        running: None,
    };
    for happened in happened {
        match happened {
            Happened::End => break,
            Happened::Warning(why) => warn(&why),
            Happened::Recorded(round, found) => plain.recorded(round, found)?,
            Happened::Line(line) if line.trim().is_empty() => {}
            Happened::Line(line) => match line.parse() {
                Ok(Command::Quit) => break,
                Ok(command) => plain.command(command)?,
                Err(why) => refuse(&why)?,
            },
        }
    }
    plain.cancel();
    opened.room.close().context("the room was closed early")
}

/// Lines, the end of the input, signals.
fn listen(sender: &Sender<Happened>) -> anyhow::Result<()> {
    let stop = Stop::on_signals().context("cannot catch signals")?;
    let ended = sender.clone();
    let wait = move || {
        stop.wait();
        let _ = ended.send(Happened::End);
    };
    let lines = sender.clone();
    let read = move || {
        let mut input = io::stdin().lock();
        loop {
            let mut line = Vec::new();
            let count = input.by_ref().take(LINE_BYTES).read_until(b'\n', &mut line);
            let line = match count {
                Ok(0) | Err(_) => Happened::End,
                Ok(_) => Happened::Line(String::from_utf8_lossy(&line).into_owned()),
            };
            let is_end = matches!(line, Happened::End);
            if lines.send(line).is_err() || is_end {
                return;
            }
        }
    };
    for work in [Box::new(wait) as Box<dyn FnOnce() + Send>, Box::new(read)] {
        thread::Builder::new()
            .spawn(work)
            .context("cannot start a thread")?;
    }
    Ok(())
}

/// What was typed and is quoted obeys no terminal.
fn refuse(why: &str) -> anyhow::Result<()> {
    print(&format!("refused: {}\n", visible_lines(why)))
}

struct Plain {
    room: Handle,
    course: Arc<Catalogue>,
    happened: Sender<Happened>,
    /// Stops the experiment that runs.
    running: Option<Cancel>,
}

impl Plain {
    fn command(&mut self, command: Command) -> anyhow::Result<()> {
        let runs = command == Command::Run;
        if runs && self.running.is_some() {
            return refuse("the experiment runs already");
        }
        match self.room.ask(command) {
            Err(why) => refuse(&why),
            Ok(status) => {
                print(&format!("{status}\n"))?;
                if runs {
                    self.start_experiment()?;
                }
                Ok(())
            }
        }
    }

    /// Runs the experiment of the present question in a thread of its own; votes go on meanwhile.
    fn start_experiment(&mut self) -> anyhow::Result<()> {
        let (sender, snapshot) = mpsc::channel::<Snapshot>();
        self.room.watch(Eyes::Projector, move |told| {
            if let Ordered::Snapshot(snapshot) = told {
                let _ = sender.send(*snapshot);
            }
            false
        });
        let Ok(snapshot) = snapshot.recv() else {
            return Ok(());
        };
        let id = snapshot.question.map(|asked| asked.poll.id);
        let experiment = id.and_then(|id| experiment_of(self.course.lessons(), &id));
        let Some(experiment) = experiment else {
            return refuse("the lesson of this question is not here");
        };
        let (cancel, happened) = (Cancel::new(), self.happened.clone());
        self.running = Some(cancel.clone());
        let work = move || {
            let found = class_experiment::run(&experiment, &cancel);
            let _ = happened.send(Happened::Recorded(snapshot.round, found));
        };
        thread::Builder::new()
            .spawn(work)
            .context("cannot start a thread")?;
        Ok(())
    }

    fn recorded(&mut self, round: u32, found: Result<Recorded, String>) -> anyhow::Result<()> {
        self.running = None;
        let value = found
            .as_ref()
            .ok()
            .map(|found| serde_json::json!(found.value));
        match (self.room.ask(Command::Recorded(round, found)), value) {
            (Ok(_), Some(value)) => print(&format!("recorded {value}\n")),
            (Ok(_), None) => Ok(()),
            (Err(why), _) => refuse(&why),
        }
    }

    fn cancel(&self) {
        self.running.iter().for_each(Cancel::cancel);
    }
}
