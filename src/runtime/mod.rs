//! Joins threads, clock, effects and terminal. Everything that happens arrives on one channel; nobody waits with
//! a timeout unless something on the screen moves, so an idle program wakes nobody.

mod background;
mod classroom;
pub mod diagnostics;
mod display_options;
pub(crate) mod guard;
mod input;
mod lesson_dir;
mod material;
mod message;
pub(crate) mod picture;
mod progress;
mod seat;
mod signals;
mod terminal;
mod traced;
mod worker;

use std::{
    ffi::OsString,
    os::unix::ffi::OsStrExt,
    process::ExitCode,
    sync::{
        Arc,
        mpsc::{self, Receiver},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use anyhow::{Context, anyhow};
use ratatui::{buffer::Buffer, layout::Rect};

use self::{
    message::{Message, Messages, spawn},
    progress::ProgressWriter,
    terminal::Screen,
    traced::Traced,
    worker::{Work, Worker},
};
use crate::{
    app::{App, Effect, Event, Instrument, Material, Room, Run},
    course::{Fault, review::Clock},
    host,
    model::{Record, Recording, TraceReport, text_of},
    serve::class::{Handle, seat::SeatLine},
    store, tracer,
    ui::{self, Spots, theme::Theme},
};

pub use self::background::Background;
pub(crate) use self::classroom::{Classroom, class};
pub(crate) use self::seat::{Joined, seat};
pub use display_options::{DisplayOptions, background, theme};
pub use lesson_dir::LessonDir;
pub use material::material;

/// The share of one core that an animation may take: one part in so many.
const ANIMATION_SHARE: u32 = 25;

/// A course, and where its lessons come from.
pub struct Opened {
    /// What it is made of.
    pub material: Material,
    /// What is wrong with the lessons.
    pub faults: Vec<Fault>,
    /// Somebody's own lessons, which are read again as they change.
    pub lesson_dir: Option<LessonDir>,
}

/// Opens the course and stays until the learner leaves. It is made while the terminal answers what it was asked.
///
/// # Errors
/// The terminal cannot be used.
pub fn learn(
    course: impl FnOnce() -> Opened,
    display: DisplayOptions,
    log: store::progress::Log,
) -> anyhow::Result<ExitCode> {
    let mut writer = ProgressWriter::new(log);
    let mut lesson_dir = None;
    let mut runtime = Runtime::new(display, || {
        let (progress, last) = writer.load();
        let course = course();
        lesson_dir = course.lesson_dir;
        let mut app = App::new(course.material, progress, last.as_deref());
        app.tell_faults(&course.faults);
        app
    })?;
    let warning = writer.warning.take();
    runtime.progress = Some(writer);
    runtime.lesson_dir = lesson_dir;
    runtime.say(warning);
    Ok(runtime.run()?.0)
}

/// Plays one recording.
///
/// # Errors
/// The terminal cannot be used.
pub fn replay(recording: Recording, display: DisplayOptions) -> anyhow::Result<ExitCode> {
    let (material, _) = material(&[]);
    let source = material::source_text(&recording);
    let app = App::replay(material, Run::new(recording, source));
    Ok(Runtime::new(display, || app)?.run()?.0)
}

/// Plays two recordings on one time scale.
///
/// # Errors
/// The terminal cannot be used; one of them has no calls.
pub fn race(recordings: [Recording; 2], display: DisplayOptions) -> anyhow::Result<ExitCode> {
    let app = race_of(recordings)?;
    Ok(Runtime::new(display, || app)?.run()?.0)
}

/// # Errors
/// One of them has no calls.
fn race_of(recordings: [Recording; 2]) -> anyhow::Result<App> {
    let (material, _) = material(&[]);
    let runs = recordings.map(|recording| {
        let source = material::source_text(&recording);
        Run::new(recording, source)
    });
    App::race(material, runs).context(
        "there is nothing to race: a recording has no calls, because ptrace was refused when it was made",
    )
}

/// Explores what came of tracing a program.
///
/// # Errors
/// The terminal cannot be used.
pub fn explore(report: TraceReport, display: DisplayOptions) -> anyhow::Result<ExitCode> {
    let app = App::explorer(report, false);
    Ok(Runtime::new(display, || app)?.run()?.0)
}

/// Traces a command on a pty of its own, and explores meanwhile and afterwards. What came of it.
///
/// # Errors
/// The terminal cannot be used; the program cannot be run; ptrace is refused.
pub fn trace(
    command: Vec<OsString>,
    options: tracer::Options,
    display: DisplayOptions,
) -> anyhow::Result<TraceReport> {
    let words = command.iter().map(|word| text_of(word.as_bytes()));
    let nothing_yet = TraceReport {
        command: words.collect(),
        machine: host::machine(),
        ..TraceReport::default()
    };
    let app = App::explorer(nothing_yet, true);
    let mut runtime = Runtime::new(display, || app)?;
    let started = Traced::start(command, options, runtime.messages.clone());
    runtime.traced = Some(started.inspect_err(|_| terminal::restore())?);
    let (_, app) = runtime.run()?;
    app.into_report().context("nothing was traced")
}

/// The process that gives the terminal back when the program cannot: [`guard`].
pub(crate) fn guard_terminal(modes: [u32; 4]) {
    guard::run(modes, terminal::leave);
}

/// Draws a frame. All that drawing tells the program is the room that it has: its size, and what did not fit.
pub fn draw(app: &mut App, theme: &Theme, area: Rect, buf: &mut Buffer) -> Spots {
    let room = Room {
        width: area.width,
        height: area.height,
        ..app.display.room
    };
    app.update(Event::Room(room));
    let spots = ui::view(app, theme, area, buf);
    let overflow = spots.overflow;
    app.update(Event::Room(Room { overflow, ..room }));
    spots
}

enum End {
    Quit,
    Signal(i32),
    /// The program could not be traced.
    Failed(String),
}

struct Runtime {
    app: App,
    theme: Theme,
    background: Option<Background>,
    follows_background: bool,
    /// What was typed before anybody listened.
    typed: Vec<u8>,
    screen: Screen,
    spots: Spots,
    /// Where answers are kept, if they are.
    progress: Option<ProgressWriter>,
    /// Somebody's own lessons, until they are watched.
    lesson_dir: Option<LessonDir>,
    /// The room of a class, where one is attached.
    class: Option<Handle>,
    /// The way to a class's room, where this is a seat in it.
    seat: Option<SeatLine>,
    traced: Option<Traced>,
    worker: Option<Worker>,
    probe: Option<JoinHandle<()>>,
    /// Keeps the last run, or how the screen is to look.
    keeps: Option<JoinHandle<()>>,
    messages: Messages,
    incoming: Receiver<Message>,
    /// When time was last told to what moves; none while nothing moves.
    ticked: Option<Instant>,
    /// How long the last frame took.
    frame_cost: Duration,
}

impl Runtime {
    /// Takes the terminal; `make` makes what it shows.
    fn new(display: DisplayOptions, make: impl FnOnce() -> App) -> anyhow::Result<Runtime> {
        let (messages, incoming) = mpsc::channel();
        terminal::restore_on_panic();
        signals::listen(messages.clone()).context("cannot listen to signals")?;
        guard::start();
        let screen = Screen::enter(display.mouse).context("cannot use the terminal")?;
        let asked = display.asks_background.then(background::ask).flatten();
        let mut app = make();
        app.set_display(display.mouse, display.reduced_motion, display.present);
        let (answer, typed) = asked.map_or_else(Default::default, background::answered);
        let background = answer.or(display.background);
        Ok(Runtime {
            app,
            theme: display_options::on(display.theme, background, display.follows_background),
            background,
            follows_background: display.follows_background,
            typed,
            screen,
            spots: Spots::default(),
            progress: None,
            lesson_dir: None,
            class: None,
            seat: None,
            traced: None,
            worker: None,
            probe: None,
            keeps: None,
            messages,
            incoming,
            ticked: None,
            frame_cost: Duration::ZERO,
        })
    }

    /// Runs to the end. The exit status, and the state at the end.
    fn run(mut self) -> anyhow::Result<(ExitCode, App)> {
        self.tell_time();
        let begun = self.draw().map(|()| self.after_first_frame());
        let ended = match begun {
            Ok(Ok(())) => self.live(),
            // A course that draws and hears no key would be a trap.
            Ok(Err(error)) => Ok(End::Failed(format!("cannot start a thread: {error}"))),
            Err(error) => Err(error),
        };
        terminal::restore();
        guard::end();
        self.stop_threads();
        let warning = self.progress.as_mut().and_then(ProgressWriter::finish);
        let code = match ended {
            Ok(End::Quit) => {
                if let Some(warning) = warning {
                    eprintln!("zclab: {warning}");
                }
                ExitCode::SUCCESS
            }
            Ok(End::Signal(signal)) => ExitCode::from(128 + signal as u8),
            Ok(End::Failed(why)) => return Err(anyhow!(why)),
            // Nobody is left to tell when the terminal itself is gone.
            Err(_) => ExitCode::from(128 + signal_hook::consts::SIGHUP as u8),
        };
        Ok((code, self.app))
    }

    /// What may wait until something is to be seen.
    fn after_first_frame(&mut self) -> std::io::Result<()> {
        let typed = std::mem::take(&mut self.typed);
        input::listen(self.messages.clone(), typed)?;
        if let Some(dir) = self.lesson_dir.take() {
            dir.listen(self.messages.clone());
        }
        if self.progress.is_some() {
            let messages = self.messages.clone();
            let probe = move || {
                let machine = host::instruments().into_iter().map(line_of).collect();
                let _ = messages.send(Message::Event(Event::Machine(machine)));
            };
            // Without it the screen does not tell what the machine allows; `zclab doctor` does.
            self.probe = spawn(probe).ok();
            let messages = self.messages.clone();
            let read = move || {
                let runs = store::runs::all().into_iter().map(|recording| {
                    let source = material::source_text(&recording);
                    Run::new(recording, source)
                });
                let runs = Event::Remembered(runs.collect());
                let _ = messages.send(Message::Event(runs));
            };
            // Where there can be no thread they stay where they are.
            let _ = spawn(read);
        }
        Ok(())
    }

    fn live(&mut self) -> anyhow::Result<End> {
        loop {
            let first = self.wait();
            let dirty = first.is_some();
            // What has piled up meanwhile is seen at once, in one frame.
            let mut next = first;
            while let Some(message) = next {
                if let Some(end) = self.take(message)? {
                    return Ok(end);
                }
                next = self.incoming.try_recv().ok();
            }
            if self.tick() || dirty {
                self.draw()?;
            }
        }
    }

    /// The next message. None: it is time for the next frame.
    fn wait(&mut self) -> Option<Message> {
        let Some(wanted) = self.app.next_frame() else {
            self.ticked = None;
            return self.incoming.recv().ok();
        };
        // A slow terminal gets fewer frames, not a busier program.
        let pause = wanted.max(self.frame_cost * ANIMATION_SHARE);
        let spent = self.ticked.get_or_insert_with(Instant::now).elapsed();
        self.incoming.recv_timeout(pause.saturating_sub(spent)).ok()
    }

    /// Tells what moves how much time went by. False: nothing moves.
    fn tick(&mut self) -> bool {
        if self.app.next_frame().is_none() {
            self.ticked = None;
            return false;
        }
        let now = Instant::now();
        let elapsed = self.ticked.map_or(Duration::ZERO, |before| now - before);
        self.ticked = Some(now);
        self.tell_time();
        self.app.update(Event::Tick(elapsed));
        true
    }

    fn take(&mut self, message: Message) -> anyhow::Result<Option<End>> {
        self.tell_time();
        let event = match message {
            Message::Event(event) => Some(event),
            Message::Mouse(mouse) => ui::point(&self.app, &self.spots, mouse),
            Message::Redraw => None,
            Message::Background(background) => {
                self.background = Some(background);
                self.suit_theme(self.theme);
                None
            }
            Message::Continued => {
                self.screen.enter_again(self.app.display.mouse)?;
                None
            }
            Message::Stop => {
                self.suspend()?;
                None
            }
            Message::Closed => return Ok(Some(End::Signal(signal_hook::consts::SIGHUP))),
            Message::Ended(signal) => return Ok(Some(End::Signal(signal))),
            Message::Traced(done) => {
                self.traced.take().into_iter().for_each(Traced::join);
                return Ok(done.err().map(End::Failed));
            }
        };
        let effects = event.map(|event| self.app.update(event));
        for effect in effects.into_iter().flatten() {
            if let Some(end) = self.perform(effect)? {
                return Ok(Some(end));
            }
        }
        Ok(None)
    }

    /// This theme, so that it can be read on the terminal's background.
    fn suit_theme(&mut self, theme: Theme) {
        self.theme = display_options::on(theme, self.background, self.follows_background);
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
            Effect::NextTheme => {
                self.follows_background = false;
                self.suit_theme(display_options::next(self.theme));
                let name = self.theme.palette.name();
                self.say(Some(format!(
                    "Theme {name}, also next time. --theme auto follows the terminal."
                )));
                self.remember_display(move |kept| kept.theme = Some(name.to_owned()));
            }
            Effect::Mouse(on) => {
                self.screen.mouse(on)?;
                self.remember_display(move |kept| kept.no_mouse = !on);
            }
            Effect::Interrupt => self.traced.iter_mut().for_each(Traced::interrupt),
            Effect::Cancel => self.worker.iter().for_each(Worker::cancel),
            Effect::Run { job, spec } => self.start(job, Work::Transfer(spec)),
            Effect::Try { job, what } => self.start(job, Work::Experiment(what)),
            Effect::Keep(record) => self.keep(&record),
            Effect::Class(command) => self.ask_room(command),
            Effect::ClassRecorded(round, found) => self.record_for_room(round, found),
            Effect::SeatVote(round, answer) => self
                .seat
                .iter()
                .for_each(|seat| seat.vote(round, answer.clone())),
            Effect::SeatFigure(round, name, found) => self.send_figure(round, name, found),
            Effect::Save(recording) => self.save(recording),
            Effect::Remember(recording) => self.remember(recording),
            Effect::Picture(name) => self.save_picture(name),
        }
        Ok(None)
    }

    fn start(&mut self, job: u64, task: Work) {
        // The last one has said that it is done, so this does not wait.
        drop(self.worker.take());
        match Worker::start(job, task, self.messages.clone()) {
            Ok(worker) => self.worker = Some(worker),
            Err(error) => {
                let why = format!("cannot start: {error}");
                self.app.update(Event::Failed(job, why));
            }
        }
    }

    fn keep(&mut self, record: &Record) {
        if let Some(writer) = &mut self.progress {
            writer.keep(record);
            let warning = writer.warning.take();
            self.say(warning);
        }
    }

    fn say(&mut self, message: Option<String>) {
        if let Some(message) = message {
            self.app.update(Event::Message(message));
        }
    }

    fn save(&mut self, recording: Arc<Recording>) {
        let messages = self.messages.clone();
        let spec = &recording.spec;
        let name = format!("{}-{}-{}.jsonl", spec.method, spec.to, spec.size.typed());
        let work = move || {
            let said = match store::recording::save(name.as_ref(), &recording) {
                Ok(()) => format!("Saved to {name}. zclab replay {name} plays it."),
                Err(error) => format!("Not saved: {error:#}"),
            };
            let _ = messages.send(Message::Event(Event::Message(said)));
        };
        if spawn(work).is_err() {
            self.say(Some("Not saved: no thread".to_owned()));
        }
    }

    /// What is on the screen, without the bar of keys, as a file that is not there yet.
    fn save_picture(&mut self, name: &'static str) {
        let (frame, theme) = (self.screen.shown().clone(), self.theme);
        let messages = self.messages.clone();
        let work = move || {
            let said = match picture::save(name, &frame, &theme) {
                Ok(file) => format!("Saved to {file}."),
                Err(error) => format!("Not saved: {error:#}"),
            };
            let _ = messages.send(Message::Event(Event::Message(said)));
        };
        if spawn(work).is_err() {
            self.say(Some("Not saved: no thread".to_owned()));
        }
    }

    /// Keeps a run for the next start, in a thread of its own: a disk may be slow.
    fn remember(&mut self, recording: Arc<Recording>) {
        if self.progress.is_none() {
            return;
        }
        self.stop_remembering();
        let work = move || drop(store::runs::keep(&recording));
        self.keeps = spawn(work).ok();
    }

    /// What was chosen by a key holds for the next start, too.
    fn remember_display(
        &mut self,
        change: impl FnOnce(&mut store::display::Display) + Send + 'static,
    ) {
        self.stop_remembering();
        // Where it cannot be kept, it holds for this time.
        self.keeps = spawn(move || drop(store::display::change(change))).ok();
    }

    fn stop_remembering(&mut self) {
        if let Some(thread) = self.keeps.take() {
            let _ = thread.join();
        }
    }

    fn suspend(&mut self) -> anyhow::Result<()> {
        terminal::restore();
        signals::stop()?;
        self.screen.enter_again(self.app.display.mouse)?;
        Ok(())
    }

    fn draw(&mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        let area = self.screen.area()?;
        let (app, theme) = (&mut self.app, &self.theme);
        self.spots = self.screen.draw(area, |buf| draw(app, theme, area, buf))?;
        self.frame_cost = began.elapsed();
        Ok(())
    }

    /// Ends what still runs, and waits for it.
    fn stop_threads(&mut self) {
        drop(self.worker.take());
        self.stop_remembering();
        if let Some(traced) = self.traced.take() {
            traced.stop();
            // What came of it, had it not ended before.
            for message in self.incoming.try_iter() {
                if let Message::Event(event @ Event::Snapshot(..)) = message {
                    self.app.update(event);
                }
            }
        }
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
