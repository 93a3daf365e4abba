//! Joins threads, clock, effects and terminal. Everything that happens arrives on one channel; nobody waits with
//! a timeout unless something on the screen moves, so an idle program wakes nobody.

pub mod diagnostics;
mod display_options;
pub mod explorer;
mod input;
mod lesson_dir;
mod progress;
mod signals;
mod terminal;
mod worker;

use std::{
    process::ExitCode,
    sync::{
        Arc,
        mpsc::{self, Receiver, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::Context;

use self::{
    progress::ProgressWriter,
    terminal::Screen,
    worker::{Done, Task, Worker},
};
use crate::{
    app::{App, Copies, Effect, ErrorCase, Event, Instrument, Key, Material, Mouse, Progress, Run},
    copypath::summarise,
    course::Lesson,
    course::{Catalogue, Fault, review::Clock},
    embedded, experiment, figure, host,
    model::{Basis, ExperimentOutcome, Hop, How, Method, Recording, Sink, TransferSpec},
    store,
    ui::{self, layout::Tier, pen::Spots, theme::Theme},
};

pub use display_options::{DisplayOptions, theme};
pub use lesson_dir::LessonDir;

/// The share of one core that an animation may take, as its reciprocal.
const ANIMATION_SHARE: u32 = 25;

/// What reaches the one channel.
enum Message {
    Key(Key),
    Mouse(Mouse),
    /// The terminal has another size, or was given back to us.
    Redraw,
    /// SIGCONT: the terminal may have been anything meanwhile.
    Continued,
    /// SIGTSTP from outside.
    Stop,
    /// The terminal is gone.
    Closed,
    /// SIGTERM, SIGHUP.
    Ended(i32),
    Progress(u64, Progress),
    Done(u64, Result<Done, String>),
    SoFar(u64, Box<ExperimentOutcome>),
    Machine(Vec<Instrument>),
    Said(String),
    Lessons(Result<Box<(Material, Vec<Fault>)>, String>),
}

/// A course that is to be opened.
pub struct Opened {
    /// What it is made of.
    pub material: Material,
    /// What is wrong with it, and left out.
    pub faults: Vec<Fault>,
    /// Where it is read again from, when it is edited; none for the built-in one.
    pub lesson_dir: Option<LessonDir>,
}

/// The course, as compiled in or from these files.
pub fn material(lessons: &[(&str, &str)]) -> (Material, Vec<Fault>) {
    let (catalogue, faults) = Catalogue::parse(lessons, &embedded::figures());
    let sources = |text: fn(&str) -> Option<&'static str>| {
        let all = Method::ALL.into_iter().filter_map(|method| {
            let file = method.source_file();
            Some((method, file, text(file)?))
        });
        all.collect()
    };
    let figures = embedded::figures()
        .iter()
        .filter_map(|(file, text)| figure::figure(file.strip_suffix(".toml")?, text).ok())
        .collect();
    let material = Material {
        copies: copies(catalogue.lessons()),
        lessons: catalogue.lessons().to_vec(),
        concept_test: catalogue.concept_test().cloned(),
        figures,
        sources: sources(embedded::transfer_source),
        sending_steps: sources(embedded::serve_source),
        errors: errors(),
        cards: catalogue.cards().to_vec(),
        words: catalogue.words().to_vec(),
    };
    (material, faults)
}

/// What is known of the errors on purpose before they run.
fn errors() -> Vec<ErrorCase> {
    let case = |error: &experiment::errors::Experiment| ErrorCase {
        name: error.name.to_owned(),
        theme: error.theme.to_owned(),
        call: error.call.to_owned(),
        setup: error.setup.to_owned(),
    };
    experiment::errors::all().map(case).collect()
}

/// How often the CPU copies each byte of the transfers that lessons are about, from the recordings that are shipped.
fn copies(lessons: &[Lesson]) -> Vec<(Method, Sink, Copies)> {
    let mut known = Vec::new();
    for (method, to) in lessons.iter().flat_map(|lesson| &lesson.copies_of) {
        let is_known = known.iter().any(|(of, sink, _)| (of, sink) == (method, to));
        if !is_known && let Some(copies) = recorded_copies(*method, *to) {
            known.push((*method, *to, copies));
        }
    }
    known
}

/// From the shipped recording of a transfer of a warm file.
fn recorded_copies(method: Method, to: Sink) -> Option<Copies> {
    let spec = TransferSpec {
        to,
        ..TransferSpec::of(method)
    };
    let summary = summarise(&store::shipped::exact(&spec)?);
    let reported = |hop: &&Hop| {
        (hop.how, hop.basis, hop.side) == (How::CpuCopy, Basis::Reported, method.side())
            && !hop.ghost
    };
    let bytes: u64 = summary
        .copy_path
        .iter()
        .filter(reported)
        .map(|hop| hop.bytes)
        .sum();
    let reported = bytes as f64 / summary.bytes_moved.max(1) as f64;
    Some(Copies {
        always: summary.cpu_copies_per_byte? - reported,
        reported,
    })
}

/// The source of what was recorded, word for word; empty where there is none.
fn source_text(recording: &Recording) -> &'static str {
    let file = recording.spec.method.source_file();
    let text = match recording.outcome.served {
        Some(_) => embedded::serve_source(file),
        None => embedded::transfer_source(file),
    };
    text.unwrap_or_default()
}

/// Opens the course and stays until the learner leaves.
///
/// # Errors
/// The terminal cannot be used.
pub fn learn(
    course: Opened,
    options: DisplayOptions,
    log: store::progress::Log,
) -> anyhow::Result<ExitCode> {
    let Opened {
        material,
        faults,
        lesson_dir,
    } = course;
    let mut writer = ProgressWriter::new(log);
    let (progress, last) = writer.load();
    let warning = writer.take_warning();
    let mut app = App::new(material, progress, last.as_deref());
    app.message = warning;
    app.tell_faults(&faults);
    Runtime::new(app, options, writer, lesson_dir)?.run()
}

/// Plays one recording full size.
///
/// # Errors
/// The terminal cannot be used.
pub fn replay(recording: Recording, options: DisplayOptions) -> anyhow::Result<ExitCode> {
    let (material, _) = material(&[]);
    let source = source_text(&recording);
    let app = App::replay(material, Run::new(recording, source));
    Runtime::new(app, options, ProgressWriter::none(), None)?.run()
}

/// Why the program ends.
enum End {
    Quit,
    Signal(i32),
}

struct Runtime {
    app: App,
    theme: Theme,
    screen: Screen,
    spots: Spots,
    progress: ProgressWriter,
    /// Lessons to be read again when they are edited, until that is begun.
    lesson_dir: Option<LessonDir>,
    worker: Option<Worker>,
    probe: Option<thread::JoinHandle<()>>,
    sender: Sender<Message>,
    messages: Receiver<Message>,
    /// When the animation was last told how much time went by.
    ticked: Option<Instant>,
    /// What the last frame cost.
    frame_cost: Duration,
}

impl Runtime {
    fn new(
        mut app: App,
        options: DisplayOptions,
        progress: ProgressWriter,
        lesson_dir: Option<LessonDir>,
    ) -> anyhow::Result<Runtime> {
        let (sender, messages) = mpsc::channel();
        app.set_reduced_motion(options.reduced_motion);
        app.mouse = options.mouse;
        terminal::restore_on_panic();
        signals::listen(sender.clone()).context("cannot listen to signals")?;
        let screen = Screen::enter(options.mouse).context("cannot use the terminal")?;
        Ok(Runtime {
            app,
            theme: options.theme,
            screen,
            spots: Spots::default(),
            progress,
            lesson_dir,
            worker: None,
            probe: None,
            sender,
            messages,
            ticked: None,
            frame_cost: Duration::ZERO,
        })
    }

    fn run(mut self) -> anyhow::Result<ExitCode> {
        self.tell_time();
        let ended = self
            .draw()
            .map(|()| self.after_first_frame())
            .and_then(|()| self.live());
        self.screen.leave();
        self.stop_workers();
        self.progress.finish();
        match ended {
            Ok(End::Signal(signal)) => Ok(ExitCode::from(128 + signal as u8)),
            Ok(End::Quit) => {
                if let Some(warning) = self.progress.take_warning() {
                    eprintln!("zclab: {warning}");
                }
                Ok(ExitCode::SUCCESS)
            }
            // Nobody is left to tell when the terminal itself is gone.
            Err(_) => Ok(ExitCode::from(128 + signal_hook::consts::SIGHUP as u8)),
        }
    }

    /// What can wait until the learner sees something.
    fn after_first_frame(&mut self) {
        input::listen(self.sender.clone());
        if let Some(dir) = self.lesson_dir.take() {
            dir.listen(self.sender.clone());
        }
        let sender = self.sender.clone();
        let probe = move || {
            let machine = host::instruments().into_iter().map(line_of).collect();
            let _ = sender.send(Message::Machine(machine));
        };
        let builder = thread::Builder::new().name(worker::NAME.to_owned());
        self.probe = builder.spawn(probe).ok();
    }

    fn live(&mut self) -> anyhow::Result<End> {
        loop {
            let mut dirty = match self.wait() {
                Some(message) => match self.take(message)? {
                    Some(end) => return Ok(end),
                    None => true,
                },
                None => false,
            };
            // What has piled up meanwhile is seen at once, in one frame.
            while let Ok(message) = self.messages.try_recv() {
                if let Some(end) = self.take(message)? {
                    return Ok(end);
                }
                dirty = true;
            }
            if self.tick() || dirty {
                self.draw()?;
            }
        }
    }

    /// Waits for something to happen, or for the moment of the next frame.
    fn wait(&mut self) -> Option<Message> {
        let Some(wanted) = self.app.next_frame() else {
            self.ticked = None;
            return self.messages.recv().ok();
        };
        // A slow terminal gets fewer frames, not a busier program.
        let pause = wanted.max(self.frame_cost * ANIMATION_SHARE);
        let spent = self.ticked.get_or_insert_with(Instant::now).elapsed();
        self.messages.recv_timeout(pause.saturating_sub(spent)).ok()
    }

    /// Tells the animation how much time went by. True: something moved.
    fn tick(&mut self) -> bool {
        if self.app.next_frame().is_none() {
            self.ticked = None;
            return false;
        }
        let now = Instant::now();
        let elapsed = self.ticked.map_or(Duration::ZERO, |before| now - before);
        self.ticked = Some(now);
        self.app.update(Event::Tick(elapsed));
        true
    }

    /// Takes a message; gives the end, if it is one.
    fn take(&mut self, message: Message) -> anyhow::Result<Option<End>> {
        self.tell_time();
        let event = match message {
            Message::Key(key) => Event::Key(key),
            Message::Mouse(mouse) => match ui::point(&self.app, &self.spots, mouse) {
                Some(event) => event,
                None => return Ok(None),
            },
            Message::Redraw => return Ok(None),
            Message::Continued => {
                self.screen.enter_again(self.app.mouse)?;
                return Ok(None);
            }
            Message::Stop => {
                self.suspend()?;
                return Ok(None);
            }
            Message::Closed => return Ok(Some(End::Signal(signal_hook::consts::SIGHUP))),
            Message::Ended(signal) => return Ok(Some(End::Signal(signal))),
            Message::Progress(job, progress) => Event::Progress(job, progress),
            Message::Done(job, Ok(Done::Transfer(outcome))) => Event::Finished(job, outcome),
            Message::Done(job, Ok(Done::Experiment(found))) => Event::Tried(job, found),
            Message::SoFar(job, found) => Event::SoFar(job, found),
            Message::Done(job, Err(why)) => Event::Failed(job, why),
            Message::Machine(machine) => Event::Machine(machine),
            Message::Said(said) => Event::Message(said),
            Message::Lessons(read) => Event::Lessons(read),
        };
        for effect in self.app.update(event) {
            if let Some(end) = self.perform(effect)? {
                return Ok(Some(end));
            }
        }
        Ok(None)
    }

    fn tell_time(&mut self) {
        let now = host::clock::now();
        let ahead_of_utc = host::clock::ahead_of_utc(now);
        self.app.update(Event::Clock(Clock { now, ahead_of_utc }));
    }

    fn perform(&mut self, effect: Effect) -> anyhow::Result<Option<End>> {
        match effect {
            Effect::Quit => return Ok(Some(End::Quit)),
            Effect::Suspend => self.suspend()?,
            Effect::NextTheme => self.theme = display_options::next(self.theme),
            Effect::Mouse(on) => self.screen.mouse(on)?,
            Effect::Cancel => {
                if let Some(worker) = &self.worker {
                    worker.cancel();
                }
            }
            Effect::Run { job, spec } => self.start(job, Task::Transfer(spec)),
            Effect::Try { job, what } => self.start(job, Task::Experiment(what)),
            Effect::Keep(record) => {
                self.progress.keep(&record);
                self.say_warning();
            }
            Effect::Save(recording) => self.save(recording),
        }
        Ok(None)
    }

    fn start(&mut self, job: u64, task: Task) {
        // The last one has said that it is done, so this does not wait.
        drop(self.worker.take());
        match Worker::start(job, task, self.sender.clone()) {
            Ok(worker) => self.worker = Some(worker),
            Err(error) => {
                self.app
                    .update(Event::Failed(job, format!("cannot start: {error}")));
            }
        }
    }

    fn say_warning(&mut self) {
        if let Some(warning) = self.progress.take_warning() {
            self.app.update(Event::Message(warning));
        }
    }

    /// Saves in a thread: a recording of a million calls takes a while.
    fn save(&mut self, recording: Arc<Recording>) {
        let sender = self.sender.clone();
        let spec = &recording.spec;
        let name = format!("{}-{}-{}.jsonl", spec.method, spec.to, spec.size.typed());
        let work = move || {
            let said = match store::recording::save(name.as_ref(), &recording) {
                Ok(()) => format!("Saved to {name}. zclab replay {name} plays it."),
                Err(error) => format!("Not saved: {error:#}"),
            };
            let _ = sender.send(Message::Said(said));
        };
        if thread::Builder::new()
            .name(worker::NAME.to_owned())
            .spawn(work)
            .is_err()
        {
            self.app
                .update(Event::Message("Not saved: no thread".to_owned()));
        }
    }

    /// To the shell. Returns when the shell brings the program back; at once where there is no shell to do so.
    fn suspend(&mut self) -> anyhow::Result<()> {
        self.screen.leave();
        signals::stop()?;
        self.screen.enter_again(self.app.mouse)?;
        Ok(())
    }

    fn draw(&mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        let area = self.screen.area()?;
        let folded = Tier::of(area).is_folded();
        if folded != self.app.folded {
            self.app.update(Event::Folded(folded));
        }
        let (app, theme) = (&self.app, &self.theme);
        self.spots = self
            .screen
            .draw(area, |buf| ui::view(app, theme, area, buf))?;
        self.app.update(Event::ScrollRoom(self.spots.scroll_room));
        self.frame_cost = began.elapsed();
        Ok(())
    }

    /// Ends what still runs, so that no child outlives the program.
    fn stop_workers(&mut self) {
        drop(self.worker.take());
        if let Some(probe) = self.probe.take() {
            // It takes some milliseconds. A panic there has been printed, and nothing depends on its result.
            let _ = probe.join();
        }
    }
}

fn line_of(instrument: host::Instrument) -> Instrument {
    let state = match (instrument.available, instrument.reason) {
        (true, _) => "available".to_owned(),
        (false, Some(reason)) => reason,
        (false, None) => "not available".to_owned(),
    };
    Instrument {
        name: instrument.name.to_owned(),
        state,
    }
}
