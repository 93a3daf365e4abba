//! A seat in lines: the question is printed, an answer is read. It survives the room's restart.

use std::{
    io::{self, BufRead, Read},
    sync::{
        Arc,
        mpsc::{self, Receiver, Sender},
    },
    thread,
};

use anyhow::Context;

use super::Args;
use crate::{
    class::{Phase, Poll, PollKind, Recorded, SeatNews, SeenState, experiment_of},
    cli::{class_experiment, lessons::Text, print},
    course::Catalogue,
    embedded,
    model::{Given, visible_lines},
    serve::class::seat::{Connection, SeatLine},
    tracer::Cancel,
};

/// A longer line is no answer.
const LINE_BYTES: u64 = 4096;
enum Happened {
    Line(String),
    /// The input has ended.
    End,
    News(SeatNews),
    Ran(u32, String, Result<Recorded, String>),
}

/// Stays until the input ends or the room is closed.
pub(super) fn run(connection: Connection, seat: &str, args: &Args) -> anyhow::Result<()> {
    say(&format!(
        "Your seat: {seat}. Answers can be changed until the vote is closed."
    ))?;
    let (sender, happened) = mpsc::channel();
    let news = sender.clone();
    let line = SeatLine::start(connection, args.personal.clone(), move |told| {
        news.send(Happened::News(told)).is_ok()
    });
    read_lines(sender.clone())?;
    let (course, _) = Catalogue::parse(&embedded::lessons(), &embedded::figures());
    let mut seat = Seat {
        line: line.context("cannot start a thread")?,
        course: Arc::new(course),
        sender,
        state: SeenState::default(),
        is_told: false,
        is_unsaved: false,
        is_reached: true,
        ran_in: 0,
        runs: !args.no_run,
        running: None,
    };
    let ended = seat.live(&happened);
    seat.running.iter().for_each(Cancel::cancel);
    ended
}

fn read_lines(sender: Sender<Happened>) -> anyhow::Result<()> {
    let work = move || {
        let mut input = io::stdin().lock();
        loop {
            let mut line = Vec::new();
            let count = input.by_ref().take(LINE_BYTES).read_until(b'\n', &mut line);
            let is_end = matches!(count, Ok(0) | Err(_));
            let news = match is_end {
                true => Happened::End,
                false => Happened::Line(String::from_utf8_lossy(&line).into_owned()),
            };
            if sender.send(news).is_err() || is_end {
                return;
            }
        }
    };
    thread::Builder::new()
        .spawn(work)
        .context("cannot start a thread")?;
    Ok(())
}

/// Prints a text of the room: what could obey a terminal is escaped.
fn say(text: &str) -> anyhow::Result<()> {
    print(&format!("{}\n", visible_lines(text)))
}

struct Seat {
    line: SeatLine,
    course: Arc<Catalogue>,
    sender: Sender<Happened>,
    state: SeenState,
    /// A state has come.
    is_told: bool,
    /// The room has not acknowledged the last answer.
    is_unsaved: bool,
    is_reached: bool,
    /// The round whose experiment was run here last.
    ran_in: u32,
    runs: bool,
    running: Option<Cancel>,
}

impl Seat {
    fn live(&mut self, happened: &Receiver<Happened>) -> anyhow::Result<()> {
        let mut ends = false;
        while !ends || self.is_unsaved {
            match happened.recv() {
                Err(_) => return Ok(()),
                Ok(Happened::End) => ends = true,
                Ok(Happened::News(SeatNews::NoRoom)) => return say("The class is over."),
                Ok(Happened::News(news)) => self.on_news(news)?,
                Ok(Happened::Line(line)) => self.answer(line.trim())?,
                Ok(Happened::Ran(round, figure, found)) => self.ran(round, figure, found)?,
            }
        }
        Ok(())
    }

    fn on_news(&mut self, news: SeatNews) -> anyhow::Result<()> {
        self.is_unsaved &= !matches!(news, SeatNews::Saved(..) | SeatNews::NotTaken(_));
        match news {
            SeatNews::State(state) => self.take(*state),
            SeatNews::Reached(now) if now == self.is_reached => Ok(()),
            SeatNews::Reached(now) => {
                self.is_reached = now;
                say(match now {
                    true => "The room is there again.",
                    false => "The room cannot be reached. It is tried again.",
                })
            }
            SeatNews::Saved(_, answer) => {
                let question = self.state.question.as_ref();
                let said = question.map(|poll| poll.in_words(&answer));
                say(&format!("Saved: {}", said.unwrap_or_default()))
            }
            SeatNews::NotYet(why) => say(&format!("Not saved yet: {why}. It is sent again.")),
            SeatNews::NotTaken(why) => say(&format!("Not taken: {why}")),
            SeatNews::FigureTaken => say("It stands on the projector, too."),
            SeatNews::FigureNotTaken(why) => say(&format!("It does not count: {why}")),
            SeatNews::NoRoom => Ok(()),
            SeatNews::Seated(name) => say(&format!("Your seat: {name}")),
        }
    }

    /// A new state: what is new in it is said.
    fn take(&mut self, state: SeenState) -> anyhow::Result<()> {
        let told = std::mem::replace(&mut self.is_told, true);
        let is_new = !told || (state.phase, state.round) != (self.state.phase, self.state.round);
        self.state = state;
        if !is_new {
            return Ok(());
        }
        match self.state.phase {
            Phase::Lobby => say("Wait for the first question."),
            Phase::Voting => self.ask(),
            Phase::Closed => say("The vote is closed."),
            Phase::Discuss => say("Discuss it with your neighbours. You vote again afterwards."),
            Phase::Experiment => {
                say("The experiment runs.")?;
                self.run_here()
            }
            Phase::Revealed => self.reveal(),
        }
    }

    fn ask(&self) -> anyhow::Result<()> {
        let Some(poll) = &self.state.question else {
            return Ok(());
        };
        let mut text = Text::default();
        text.gap();
        text.line(&format!("Question (vote {})", self.state.vote));
        text.gap();
        text.markdown(&poll.text, 0);
        text.gap();
        for (at, option) in poll.options.iter().enumerate() {
            match poll.kind {
                PollKind::Bug => text.line(&format!("  {})  {option}", poll.mark(at))),
                _ => text.line(&format!("  {}) {option}", poll.mark(at))),
            }
        }
        for (at, right) in poll.rights.iter().enumerate() {
            text.line(&format!("  {}) {right}", Given::letter(at)));
        }
        if let Some((from, to)) = poll.scale {
            text.line(&format!("  (the scale goes from {from} to {to})"));
        }
        text.gap();
        text.line(&format!("Your answer: {}", poll.how()));
        say(text.into_string().trim_end())
    }

    fn answer(&mut self, line: &str) -> anyhow::Result<()> {
        if line.is_empty() {
            return Ok(());
        }
        let poll = self
            .state
            .question
            .as_ref()
            .filter(|_| self.state.phase == Phase::Voting);
        let Some(poll) = poll else {
            return say("No vote is open.");
        };
        match poll.read(line) {
            Err(why) => say(&why),
            Ok(answer) => {
                self.is_unsaved = true;
                self.line.vote(self.state.round, answer);
                Ok(())
            }
        }
    }

    /// This machine runs the experiment, too, as far as its own lessons have it: the room names it and no more.
    fn run_here(&mut self) -> anyhow::Result<()> {
        let round = self.state.round;
        let id = self.state.question.as_ref().map(|poll| poll.id.clone());
        let experiment = id.and_then(|id| experiment_of(self.course.lessons(), &id));
        let Some(experiment) = experiment.filter(|_| self.runs && self.ran_in != round) else {
            return Ok(());
        };
        self.ran_in = round;
        let (cancel, sender) = (Cancel::new(), self.sender.clone());
        self.running = Some(cancel.clone());
        let work = move || {
            let figure = experiment.figure().to_owned();
            let found = class_experiment::run(&experiment, &cancel);
            let _ = sender.send(Happened::Ran(round, figure, found));
        };
        thread::Builder::new()
            .spawn(work)
            .context("cannot start a thread")?;
        Ok(())
    }

    fn ran(
        &mut self,
        round: u32,
        figure: String,
        found: Result<Recorded, String>,
    ) -> anyhow::Result<()> {
        self.running = None;
        let found = match found {
            Ok(found) => found,
            Err(why) => return say(&format!("This machine: {why}")),
        };
        let value = serde_json::json!(found.value);
        say(&format!(
            "This machine, {}: {value} ({figure})",
            found.kernel
        ))?;
        self.line.figure(round, figure, found);
        Ok(())
    }

    fn reveal(&self) -> anyhow::Result<()> {
        let state = &self.state;
        let Some(poll) = &state.question else {
            return Ok(());
        };
        let right = state.right();
        let mut text = Text::default();
        if let Some(right) = &right {
            text.markdown(&format!("The answer: {}", poll.in_words(right)), 0);
        }
        if let Some(yours) = &state.yours {
            let is_right = right
                .as_ref()
                .is_some_and(|right| poll.is_right(yours, right));
            let mark = if is_right { "right" } else { "not yet" };
            text.markdown(&format!("Yours, {mark}: {}", poll.in_words(yours)), 0);
        }
        for (vote, counts) in (1..).zip(&state.votes) {
            text.line(&format!("Vote {vote}: {}", distribution(poll, counts)));
        }
        for said in &state.feedback {
            text.gap();
            if !said.misconception.is_empty() {
                text.markdown(&format!("{} ({})", said.misconception, said.count), 0);
            }
            text.markdown(&said.text, 0);
        }
        say(text.into_string().trim_end())
    }
}

/// `a 3, b 12`; of numbers the median and the ends.
fn distribution(poll: &Poll, counts: &[f64]) -> String {
    if poll.kind == PollKind::Number {
        let [first, .., last] = counts else {
            return counts.iter().map(f64::to_string).collect();
        };
        return format!("{first} to {last}, median {}", counts[counts.len() / 2]);
    }
    let counts = counts.iter().enumerate();
    let counts = counts.map(|(at, count)| format!("{} {count}", poll.mark(at)));
    counts.collect::<Vec<_>>().join(", ")
}
