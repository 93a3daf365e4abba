//! The program as plain data: its state, what can happen to it, and what it then asks for. No clock, no
//! terminal, no thread: [`App::update`] takes an event and answers with effects, and `runtime` runs them.
//!
//! `Shared` is what all screens share; each of the [`screens`] owns its state, its key table and what its keys do.

mod beside;
pub(crate) mod class_room;
mod command;
mod content;
mod current;
mod display;
mod effect;
mod event;
pub(crate) mod experiment;
pub(crate) mod experiment_list;
mod experiments;
mod guess;
pub(crate) mod input;
mod key;
pub(crate) mod keys;
pub(crate) mod lesson_end;
mod lookup;
mod material;
mod overlay;
mod overlay_keys;
mod page;
mod page_at;
mod pages;
pub mod player;
mod proof_play;
pub(crate) mod question;
mod reload;
pub(crate) mod room;
mod run;
pub mod screens;
mod search;
mod shared;
pub(crate) mod shot;
mod stack;
mod standing;

use std::{mem, ops::Deref, time::Duration};

pub(crate) use self::{
    beside::Beside,
    class_room::ClassRoom,
    command::Command,
    display::{Display, Pane, Room},
    experiment::ExperimentPage,
    guess::Guessing,
    input::TextInput,
    keys::{Binding, Enabled, Group, KeyRow},
    material::{Copies, ErrorCase, Instrument, Material},
    page::{LabPage, PageState},
    page_at::{Asked, PageAt},
    player::Player,
    question::QuestionState,
    run::{Job, Purpose},
    shared::{Go, Shared},
    standing::{Glance, WEEK},
};
pub use self::{
    command::Click,
    effect::Effect,
    event::{Event, Mouse},
    key::Key,
    overlay::Overlay,
    run::{Outcome, Run},
    screens::Screen,
};
use self::{
    experiment_list::ListedExperiment,
    screens::{
        cards::CardsScreen, course::CourseScreen, experiment::ExperimentScreen,
        explorer::ExplorerScreen, lab::Side, lesson::LessonScreen, replay::ReplayScreen,
        round::RoundScreen, seat::SeatScreen, state::pause,
    },
    stack::Screens,
};
use crate::course::{Fault, progress::Progress as Learned};
use crate::model::{ExperimentOutcome, ExperimentSpec, Record, TraceReport};

/// Rows of a notch of the wheel.
const NOTCH: isize = 3;

/// The whole state.
pub struct App {
    shared: Shared,
    screens: Screens,
}

/// What all screens share can be read of the program itself.
impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

impl App {
    /// The course, opened where the learner left it: `last` is the lesson that was open last.
    pub fn new(material: Material, progress: Learned, last: Option<&str>) -> App {
        let shared = Shared::new(material, progress);
        let selected = shared.module_to_open(last);
        App::of(shared, Screen::Course(CourseScreen { selected }))
    }

    /// One recording, full size.
    pub(crate) fn replay(material: Material, run: Run) -> App {
        let player = run.player.clone();
        let screen = Screen::Replay(ReplayScreen { run, player });
        App::of(Shared::new(material, Learned::default()), screen)
    }

    /// Two recordings on one time scale. None: one of them has no calls.
    pub(crate) fn race(material: Material, [run, other]: [Run; 2]) -> Option<App> {
        let player = Player::racing([&run.player, &other.player])?;
        let screen = Screen::Replay(ReplayScreen { run, player });
        Some(App::of(Shared::new(material, Learned::default()), screen))
    }

    /// What an experiment found.
    pub(crate) fn of_experiment(
        material: Material,
        what: ExperimentSpec,
        found: ExperimentOutcome,
    ) -> App {
        let mut shared = Shared::new(material, Learned::default());
        let title = what.title();
        let mut page = ExperimentPage::new(what);
        (page.found, page.done) = (Some(found), true);
        shared.experiments = vec![ListedExperiment {
            group: "",
            about: "",
            title,
            page,
        }];
        App::of(shared, Screen::Experiment(ExperimentScreen { entry: 0 }))
    }

    /// A seat in the class of that code. `runs`: the class's experiments run on this machine, too.
    pub(crate) fn seat(material: Material, code: String, name: String, runs: bool) -> App {
        let screen = Screen::Seat(SeatScreen::new(code, name, runs));
        App::of(Shared::new(material, Learned::default()), screen)
    }

    /// The flows of a traced program, which has ended or still runs.
    pub fn explorer(report: TraceReport, running: bool) -> App {
        let screen = Screen::Explorer(ExplorerScreen::new(report, running));
        App::of(Shared::new(Material::default(), Learned::default()), screen)
    }

    fn of(shared: Shared, bottom: Screen) -> App {
        App {
            shared,
            screens: Screens::new(bottom),
        }
    }

    /// What came of tracing a program, if that is what is explored.
    pub(crate) fn into_report(self) -> Option<TraceReport> {
        match self.screens.into_top() {
            Screen::Explorer(explorer) => Some(explorer.watched),
            _ => None,
        }
    }

    /// Takes a record of an earlier session.
    pub fn recall(&mut self, record: &Record) {
        self.shared.progress.add(record);
    }

    /// Says the first fault of the lessons, if they have one.
    pub(crate) fn tell_faults(&mut self, faults: &[Fault]) {
        reload::tell_faults(&mut self.shared, faults);
    }

    /// A room is attached; the lesson of this index is opened.
    pub(crate) fn attach(&mut self, room: ClassRoom, lesson: Option<usize>) {
        self.shared.class = Some(room);
        self.shared.go = lesson.map(|lesson| Go::Page {
            at: PageAt::of(lesson, 0),
            found: false,
        });
    }

    /// Mouse reports; travelling tokens or none; playbacks over the whole screen or not.
    pub(crate) fn set_display(&mut self, mouse: bool, reduced_motion: bool, presents: bool) {
        let display = &mut self.shared.display;
        (display.mouse, display.reduced_motion) = (mouse, reduced_motion);
        display.presents = presents;
        let on = self.screens.top_mut().state_mut();
        if let Some(player) = on.player_mut(&mut self.shared) {
            player.set_reduced_motion(reduced_motion);
        }
    }

    /// When the next frame is due; none: nothing moves.
    pub fn next_frame(&self) -> Option<Duration> {
        let clock = self.class.as_ref();
        let clock = clock.and_then(|room| room.next_frame(self.clock.now));
        self.on().next_frame(&self.shared).or(clock)
    }

    /// Something happened: the state changes, and what is to be done outside comes back.
    pub fn update(&mut self, event: Event) -> Vec<Effect> {
        let before = self.shared.job.as_ref().map(|job| job.id);
        self.take(event);
        let job = self.shared.job.as_ref();
        if job.is_some_and(|job| Some(job.id) != before) {
            self.pause();
        }
        if let Some(at) = self.at() {
            self.shared.reveal_at_end(at);
        }
        if self.shared.offers_join_help() {
            self.dispatch(Command::JoinCode);
        }
        if let Some(go) = self.shared.go.take() {
            self.go(go);
        }
        mem::take(&mut self.shared.effects)
    }

    fn take(&mut self, event: Event) {
        let App { shared, screens } = self;
        match event {
            Event::Key(key) => {
                shared.message = None;
                if let Some(command) = self.command(key) {
                    self.dispatch(command);
                }
            }
            Event::Click(click) => {
                shared.message = None;
                self.click(click);
            }
            Event::Wheel(notches) => self.wheel(isize::from(notches)),
            Event::Tick(elapsed) => screens.top_mut().state_mut().tick(shared, elapsed),
            Event::Clock(clock) => shared.clock = clock,
            Event::Room(room) => self.fit(room),
            Event::Machine(machine) => shared.machine = machine,
            Event::Lessons(Ok(read)) => reload::reload(shared, screens, read.0, &read.1),
            Event::Lessons(Err(why)) => shared.fault = Some(why),
            Event::Remembered(runs) => shared.remember(runs),
            Event::Message(message) => shared.message = Some(message),
            Event::Class(now) => shared.on_room(*now),
            Event::Seat(news) => {
                if let Screen::Seat(seat) = screens.top_mut() {
                    seat.on_news(shared, news);
                }
            }
            Event::Snapshot(report, running) => {
                if let Screen::Explorer(explorer) = screens.top_mut() {
                    explorer.on_snapshot(*report, running);
                }
            }
            Event::Output(text) => {
                if let Screen::Explorer(explorer) = screens.top_mut() {
                    explorer.on_output(&text);
                }
            }
            of_a_job => self.take_of_job(of_a_job),
        }
    }

    /// Something of an experiment; of an older one than runs, nothing.
    fn take_of_job(&mut self, event: Event) {
        let shared = &mut self.shared;
        match event {
            Event::Progress(id, progress) => {
                if let Some(job) = shared.job.as_mut().filter(|job| job.id == id) {
                    job.progress = Some(progress);
                }
            }
            Event::Partial(id, found) => {
                let job = shared.job.as_ref().filter(|job| job.id == id);
                if let Some(job) = job.filter(|job| !job.cancelled) {
                    shared.on_partial(job.purpose, *found);
                }
            }
            Event::Finished(id, outcome) => {
                if let Some(job) = shared.job.take_if(|job| job.id == id) {
                    self.on_finished(job.purpose, *outcome);
                }
            }
            Event::Experimented(id, found) => {
                if let Some(job) = shared.job.take_if(|job| job.id == id) {
                    let plays = self.is_seen(job.purpose);
                    if let Screen::Seat(seat) = self.screens.top_mut() {
                        seat.experimented(&mut self.shared, &found);
                    }
                    self.shared.experimented_for_room(job.purpose, &found);
                    self.shared.on_finished(job.purpose, *found, plays);
                }
            }
            Event::Failed(id, why) => {
                if let Some(job) = shared.job.take_if(|job| job.id == id) {
                    let at = job.progress.map(|progress| progress.at);
                    shared.on_stopped(job.purpose, at);
                    shared.message = Some(match job.cancelled {
                        true => "Stopped. r runs it again.".to_owned(),
                        false => why,
                    });
                }
            }
            _ => {}
        }
    }

    fn fit(&mut self, room: Room) {
        let display = &mut self.shared.display;
        display.room = room;
        display.scroll = display.scroll.min(room.overflow);
        if let Some(Overlay::Help { top } | Overlay::Source { top, .. }) = &mut self.shared.overlay
        {
            *top = (*top).min(room.overflow);
        }
    }

    /// Whether what an experiment shows is on the screen.
    fn is_seen(&self, purpose: Purpose) -> bool {
        self.on().purpose() == Some(purpose) && self.overlay.is_none()
    }

    /// A transfer was run.
    fn on_finished(&mut self, purpose: Purpose, outcome: Outcome) {
        let seen = self.is_seen(purpose);
        let App { shared, screens } = self;
        shared.keep_run(outcome.answering().clone());
        shared.ran_for_room(purpose, &outcome);
        let recording = outcome.live.recording.clone();
        shared.effects.push(Effect::Remember(recording));
        match purpose {
            Purpose::Side(side) => {
                let player = shared.player_of(outcome.playable());
                for screen in screens.all_mut() {
                    if let Screen::Lab(lab) = screen {
                        lab.keep(side, Side { outcome, player });
                        return;
                    }
                }
            }
            Purpose::Mark(at) => {
                let question = shared.question_at(at);
                let waits = question.is_some_and(|(_, state)| state.waiting);
                shared.on_stopped(purpose, None);
                let on = screens.top_mut().state_mut();
                if waits
                    && on.at() == Some(at)
                    && let Some(right) = shared.mark(at)
                {
                    on.answered(shared, right);
                }
            }
            Purpose::Page(at) => shared.recorded(at, outcome, seen),
            Purpose::Seat => {
                if let Screen::Seat(seat) = screens.top_mut() {
                    seat.ran(shared, &outcome);
                }
            }
            Purpose::Entry(_) => {}
        }
    }

    fn dispatch(&mut self, command: Command) {
        let effects = &mut self.shared.effects;
        match command {
            Command::Quit => effects.push(Effect::Quit),
            Command::Suspend => effects.push(Effect::Suspend),
            Command::Picture => effects.push(Effect::Picture(self.screens.top().state().name())),
            Command::Theme => effects.push(Effect::NextTheme),
            Command::Mouse => {
                let mouse = !self.shared.display.mouse;
                self.shared.display.mouse = mouse;
                let state = if mouse {
                    "on"
                } else {
                    "off: text can be selected"
                };
                self.shared.message = Some(format!("Mouse {state}."));
                self.shared.effects.push(Effect::Mouse(mouse));
            }
            Command::Room(key) => {
                let at = self.at();
                self.shared.press_room(at, key);
            }
            _ if self.overlay.is_some() => self.update_overlay(command),
            Command::JoinCode => self.shared.overlay = Some(Overlay::JoinCode { top: 0 }),
            Command::Present => self.present(!self.display.presents),
            Command::Back if self.is_presenting() => self.present(false),
            Command::Help => self.shared.overlay = Some(Overlay::Help { top: 0 }),
            Command::Source => {
                let c = self.c_source().map(|_| false);
                self.shared.overlay = Some(Overlay::Source { top: 0, c });
            }
            Command::Calls => self.open_calls(),
            Command::Words => {
                self.pause();
                self.shared.open_words(self.at());
            }
            Command::Search => {
                self.pause();
                self.shared.open_search();
            }
            Command::Open(name) => self.shared.go = Some(Go::Open(name)),
            Command::Cancel => self.shared.cancel(),
            Command::Save => {
                let run = self.shown_run().map(|run| run.recording.clone());
                self.shared.effects.extend(run.map(Effect::Save));
            }
            Command::Back => {
                self.pause();
                let App { shared, screens } = self;
                if !screens.top_mut().state_mut().back(shared) {
                    screens.leave();
                }
                shared.display.show(Pane::Text);
            }
            _ => self.update_screen(command),
        }
    }

    fn update_overlay(&mut self, command: Command) {
        let (app, at) = (&mut self.shared, self.screens.top().state().at());
        match (command, app.overlay) {
            (Command::Back, _) => app.overlay = None,
            (Command::Tab, Some(Overlay::Source { c, .. })) => {
                let c = c.map(|shown| !shown);
                app.overlay = Some(Overlay::Source { top: 0, c });
            }
            (Command::Tab, _) => app.turn_words(at),
            (Command::Type(key), _) => app.type_in_search(key),
            (Command::Confirm, Some(Overlay::Search { at: hit, .. })) => app.go_to_hit(at, hit),
            (Command::Confirm, Some(Overlay::Calls { at: call, .. })) => {
                app.overlay = None;
                self.seek(call);
            }
            _ => {
                let room = app.display.room.overflow;
                let over = app.overlay.iter_mut();
                over.for_each(|over| over.scroll(command, room));
            }
        }
    }

    fn update_screen(&mut self, command: Command) {
        let App { shared, screens } = self;
        let on = screens.top_mut().state_mut();
        if command == Command::Tab && on.has_two_panes(shared) {
            let other = match shared.display.pane {
                Pane::Text => Pane::Target,
                Pane::Target => Pane::Text,
            };
            shared.display.show(other);
            if other == Pane::Target
                && let Some(player) = on.player_mut(shared)
            {
                player.play_here();
            }
            return;
        }
        if command == Command::Play {
            shared.display.pane = Pane::Target;
        }
        if command == Command::Run
            && shared.job.is_none()
            && let Some(at) = on.at()
        {
            shared.run_with_room(at);
        }
        let player = on.player_mut(shared);
        if !player.is_some_and(|player| player.drive(command)) {
            on.update(shared, command);
        }
    }

    fn present(&mut self, presents: bool) {
        self.shared.display.presents = presents;
        if presents {
            self.shared.message = Some("P or Esc leaves the presentation.".to_owned());
        }
    }

    fn open_calls(&mut self) {
        let run = self.shown_run();
        let trace = run.and_then(|run| run.recording.trace.as_ref());
        let count = trace.map_or(0, |trace| trace.calls.len());
        let at = self.player().map_or(0, Player::current);
        self.shared.overlay = Some(Overlay::Calls {
            at: at.min(count.saturating_sub(1)),
            count,
        });
    }

    fn seek(&mut self, call: usize) {
        let App { shared, screens } = self;
        let on = screens.top_mut().state_mut();
        match on.player_mut(shared) {
            Some(player) => {
                player.seek(call);
                shared.display.pane = Pane::Target;
            }
            None => on.click(shared, Click::Call(call)),
        }
    }

    /// What plays stops while something else is looked at.
    fn pause(&mut self) {
        pause(&mut self.shared, self.screens.top_mut().state_mut());
    }

    fn click(&mut self, click: Click) {
        let at = self.at();
        let in_class = self.class.is_some();
        match (click, &mut self.shared.overlay) {
            (Click::Do(command), _) => self.dispatch(command),
            (Click::Call(call), Some(Overlay::Calls { at, count })) => {
                *at = call.min(count.saturating_sub(1));
            }
            (Click::Call(call), _) => self.seek(call),
            (Click::Word(word), _) => {
                self.pause();
                self.shared.open_word(at, word);
            }
            (Click::Hit(hit), _) => self.shared.go_to_hit(at, hit),
            // The room answers, not who stands in front of it.
            (Click::Option(_) | Click::Partner(_), _) if in_class => {}
            _ => {
                let App { shared, screens } = self;
                screens.top_mut().state_mut().click(shared, click);
            }
        }
    }

    fn wheel(&mut self, notches: isize) {
        let App { shared, screens } = self;
        let rows = NOTCH * notches;
        let room = shared.display.room.overflow;
        match &mut shared.overlay {
            Some(over) => {
                let command = if rows < 0 { Command::Up } else { Command::Down };
                (0..rows.abs()).for_each(|_| over.scroll(command, room));
            }
            None => screens.top_mut().state_mut().wheel(shared, rows),
        }
    }

    fn go(&mut self, go: Go) {
        self.pause();
        let App { shared, screens } = self;
        match go {
            Go::Course(module) => {
                screens.leave_all();
                if let (Some(course), Some(module)) = (screens.course_mut(), module) {
                    course.selected = module;
                }
                shared.display.show(Pane::Text);
            }
            Go::Page { at, .. } | Go::Quiz(at) => {
                let quiz = matches!(go, Go::Quiz(_));
                let found = matches!(go, Go::Page { found: true, .. });
                if matches!(screens.top(), Screen::Lesson(open) if open.end.is_some()) {
                    screens.leave();
                }
                let lesson = LessonScreen::open(shared, at, quiz, found);
                screens.open_over(lesson.map(Screen::Lesson));
                if let Some(course) = screens.course_mut() {
                    course.selected = at.lesson;
                }
            }
            Go::Review => screens.open(Screen::Round(RoundScreen::review(shared))),
            Go::Test => screens.open(Screen::Round(RoundScreen::test(shared))),
            Go::Experiment(entry) => {
                screens.open(Screen::Experiment(ExperimentScreen { entry }));
                shared.display.show(Pane::Text);
            }
            Go::Card(card) => {
                let elsewhere = !matches!(screens.top(), Screen::Cards(_));
                screens.open_again(Screen::Cards(CardsScreen::default()));
                if let Screen::Cards(cards) = screens.top_mut() {
                    cards.look_up(shared, card, elsewhere);
                }
            }
            Go::Open(name) => {
                let from = screens.top().state().at();
                if let Some(screen) = Screen::named(name) {
                    screens.open_again(screen);
                    shared.display.show(Pane::Text);
                    screens.top_mut().state_mut().opened(shared, from);
                }
            }
        }
    }
}
