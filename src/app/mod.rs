//! The program as plain data: its state, what can happen to it, and what it then asks for. No clock, no
//! terminal, no thread: [`App::update`] takes an event and answers with effects, and `runtime` runs them.

mod cards;
mod course;
pub mod experiment;
pub mod explorer;
mod guess;
pub mod input;
pub mod keys;
pub mod lab;
mod lesson;
mod overlay;
pub mod player;
pub mod question;
mod reload;
mod round;
mod run;
mod search;
mod update;
mod words;

use std::{collections::HashMap, sync::Arc, time::Duration};

use self::player::Player;
pub use self::{
    cards::CardsScreen,
    course::{Copies, CourseScreen, Glance},
    experiment::{ErrorCase, ExperimentPage, Experiments},
    guess::Guessing,
    keys::{Binding, Command, Group, Key},
    lab::LabScreen,
    lesson::{LabPage, PageState},
    overlay::Overlay,
    question::QuestionState,
    round::{Round, RoundItem, RoundKind, WEEK},
    run::{Job, Outcome, Progress, Purpose, Run},
    search::Search,
    update::number,
};
use crate::course::{Fault, progress::Progress as Learned, review::Clock};
use crate::course::{Lab, Lesson, Question, Target};
use crate::model::{
    Card, ExperimentOutcome, ExperimentSpec, Figure, Given, Method, Record, Recording, Sink,
    TransferSpec, Word,
};

/// Which screen is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// The modules.
    Course,
    /// A page of a lesson.
    Lesson,
    /// The questions of a lesson, one after the other.
    Quiz,
    /// Questions away from their pages: what is due, or the concept test.
    Round,
    /// The free lab.
    Lab,
    /// The list of experiments.
    Experiments,
    /// One of them.
    Experiment,
    /// The reference cards.
    Cards,
    /// One recording, full size.
    Replay,
}

/// Which half of a page is shown where only one fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pane {
    /// The text.
    Text,
    /// What stands beside it.
    Target,
}

/// What the mouse did, in cells from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mouse {
    /// The left button went down.
    Press(u16, u16),
    /// The mouse moved with the left button down.
    Drag(u16, u16),
    /// The wheel, up (negative) or down.
    Wheel(i8),
}

/// What a click on a spot of the screen means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Click {
    /// A row of the key bar.
    Do(Command),
    /// A module of the course.
    Module(usize),
    /// An option or line of a question, or one on the left of a match.
    Option(usize),
    /// One on the right of a match.
    Partner(usize),
    /// A call of the recording.
    Call(usize),
    /// A setting of the lab.
    Setting(usize),
    /// A side of the lab.
    Side(usize),
    /// An entry of the list of experiments.
    Experiment(usize),
    /// A row of an experiment.
    Row(usize),
    /// A reference card.
    Card(usize),
    /// A row and a column of a card's table.
    Cell(usize, usize),
    /// A word of the glossary.
    Word(usize),
    /// Something that was found.
    Hit(usize),
    /// A page of the open lesson.
    Page(usize),
}

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A key.
    Key(Key),
    /// A click on something.
    Click(Click),
    /// The wheel: rows down, or up when negative.
    Wheel(i8),
    /// What time it is. The runtime says so before anything else that happens.
    Clock(Clock),
    /// Time went by while something moves.
    Tick(Duration),
    /// An experiment got further.
    Progress(u64, Progress),
    /// An experiment is done.
    Finished(u64, Box<Outcome>),
    /// What an experiment that is no transfer knows so far.
    SoFar(u64, Box<ExperimentOutcome>),
    /// An experiment that is no transfer is done.
    Tried(u64, Box<ExperimentOutcome>),
    /// An experiment failed, was refused, or was stopped.
    Failed(u64, String),
    /// Whether only one pane of a page fits the screen.
    Folded(bool),
    /// How many rows of text did not fit the last frame.
    ScrollRoom(usize),
    /// What this machine allows.
    Machine(Vec<Instrument>),
    /// The lessons were read again, with the faults that they have now; or why they cannot be read.
    Lessons(Result<Box<(Material, Vec<Fault>)>, String>),
    /// Something to say, once.
    Message(String),
}

/// Something to do outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Run an experiment.
    Run {
        /// The job's number.
        job: u64,
        /// What to run.
        spec: TransferSpec,
    },
    /// Run an experiment that is no transfer.
    Try {
        /// The job's number.
        job: u64,
        /// What to try.
        what: ExperimentSpec,
    },
    /// Stop the experiment that runs.
    Cancel,
    /// Write an answer or a visit to the log.
    Keep(Record),
    /// Save a recording to a file.
    Save(Arc<crate::model::Recording>),
    /// Mouse reports on or off.
    Mouse(bool),
    /// The next theme.
    NextTheme,
    /// To the shell.
    Suspend,
    /// The end.
    Quit,
}

/// A line of "This machine".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instrument {
    /// `ptrace`, `io-uring`.
    pub name: String,
    /// `available`, or why not.
    pub state: String,
}

/// What the course is made of.
#[derive(Clone, Debug, Default)]
pub struct Material {
    /// The lessons, in order.
    pub lessons: Vec<Lesson>,
    /// The figures.
    pub figures: Vec<Figure>,
    /// The source of each method, word for word, with its file's name.
    pub sources: Vec<(Method, &'static str, &'static str)>,
    /// The same of the server's sending steps.
    pub sending_steps: Vec<(Method, &'static str, &'static str)>,
    /// How often the CPU copies each byte of the transfers that lessons are about, from recordings.
    pub copies: Vec<(Method, Sink, Copies)>,
    /// The errors on purpose, as far as they are known before they run.
    pub errors: Vec<ErrorCase>,
    /// The test before and after the course, if there is one.
    pub concept_test: Option<Lesson>,
    /// The reference cards.
    pub cards: Vec<Card>,
    /// The words of the glossary.
    pub words: Vec<Word>,
}

/// A recording that is played full size.
pub struct Replay {
    /// What is played.
    pub run: Run,
    /// Its playback.
    pub player: Player,
}

/// The whole state.
pub struct App {
    /// The lessons.
    pub lessons: Vec<Lesson>,
    /// The figures.
    pub figures: Vec<Figure>,
    sources: Vec<(Method, &'static str, &'static str)>,
    sending_steps: Vec<(Method, &'static str, &'static str)>,
    copies: Vec<(Method, Sink, Copies)>,
    /// The errors on purpose, as far as they are known before they run.
    pub errors: Vec<ErrorCase>,
    /// The test before and after the course, if there is one.
    pub concept_test: Option<Lesson>,
    clock: Clock,
    /// The reference cards.
    pub cards: Vec<Card>,
    /// The words of the glossary.
    pub words: Vec<Word>,
    /// What is known of the learner.
    pub progress: Learned,
    /// Which screen is shown.
    pub screen: Screen,
    /// What lies over it.
    pub overlay: Option<Overlay>,
    /// Which pane is shown where only one fits.
    pub pane: Pane,
    /// Whether only one fits.
    pub folded: bool,
    /// First row of the text that is shown.
    pub scroll: usize,
    /// How far the text can scroll.
    pub scroll_room: usize,
    /// The list of modules.
    pub course: CourseScreen,
    /// The open lesson (index).
    pub lesson: usize,
    /// The open page (index).
    pub page: usize,
    pages: HashMap<(usize, usize), PageState>,
    /// The questions that are asked away from their pages.
    pub round: Option<Round>,
    /// The free lab.
    pub lab: LabScreen,
    /// Where the lab was opened from.
    before_lab: Screen,
    /// The list of experiments.
    pub experiments: Experiments,
    /// Where it was opened from.
    before_experiments: Screen,
    /// The list of cards, and the open one.
    pub on_cards: CardsScreen,
    /// The last search.
    pub search: Search,
    /// Where the page on the screen was searched from: screen, lesson, page.
    found_from: Option<(Screen, usize, usize)>,
    /// The recording that is played full size.
    pub replay: Option<Replay>,
    /// The experiment that runs.
    pub job: Option<Job>,
    jobs: u64,
    runs: Vec<Run>,
    /// What this machine allows; empty until it is known.
    pub machine: Vec<Instrument>,
    /// The first fault of lessons that are being edited, until there is none.
    pub fault: Option<String>,
    /// Something to say, until the next key.
    pub message: Option<String>,
    /// Whether mouse reports are on.
    pub mouse: bool,
    /// No tokens: hops light up call by call.
    pub reduced_motion: bool,
}

impl App {
    /// The course, opened where the learner left it: `last` is the lesson that was open last.
    pub fn new(material: Material, progress: Learned, last: Option<&str>) -> App {
        let mut app = App {
            lessons: material.lessons,
            figures: material.figures,
            sources: material.sources,
            sending_steps: material.sending_steps,
            copies: material.copies,
            errors: material.errors,
            concept_test: material.concept_test,
            clock: Clock::default(),
            cards: material.cards,
            words: material.words,
            progress,
            screen: Screen::Course,
            overlay: None,
            pane: Pane::Text,
            folded: false,
            scroll: 0,
            scroll_room: 0,
            course: CourseScreen::default(),
            lesson: 0,
            page: 0,
            pages: HashMap::new(),
            round: None,
            lab: LabScreen::default(),
            before_lab: Screen::Course,
            experiments: Experiments::default(),
            before_experiments: Screen::Course,
            on_cards: CardsScreen::default(),
            search: Search::default(),
            found_from: None,
            replay: None,
            job: None,
            jobs: 0,
            runs: Vec::new(),
            machine: Vec::new(),
            fault: None,
            message: None,
            mouse: true,
            reduced_motion: false,
        };
        app.course.selected = app.module_to_open(last);
        app
    }

    /// One recording, full size.
    pub fn replay(material: Material, run: Run) -> App {
        let mut app = App::new(material, Learned::default(), None);
        let player = run.player.clone();
        app.screen = Screen::Replay;
        app.replay = Some(Replay { run, player });
        app
    }

    /// The open lesson; while the concept test is asked, the test.
    pub fn open_lesson(&self) -> Option<&Lesson> {
        match self.in_test() {
            true => self.concept_test.as_ref(),
            false => self.lessons.get(self.lesson),
        }
    }

    fn on_page(&self) -> bool {
        match self.screen {
            Screen::Lesson | Screen::Quiz => true,
            Screen::Round => self.round.as_ref().is_some_and(|round| !round.is_over()),
            _ => false,
        }
    }

    /// What stands beside the open page's text.
    pub fn target(&self) -> Option<&Target> {
        if !self.on_page() {
            return None;
        }
        self.open_lesson()?.pages.get(self.page)?.target.as_ref()
    }

    /// The state of the open page.
    pub fn page_state(&self) -> Option<&PageState> {
        match self.screen {
            Screen::Round => Some(&self.round.as_ref()?.item()?.state),
            _ if self.on_page() => self.pages.get(&(self.lesson, self.page)),
            _ => None,
        }
    }

    fn page_state_mut(&mut self) -> Option<&mut PageState> {
        match self.screen {
            Screen::Round => {
                let round = self.round.as_mut()?;
                Some(&mut round.items.get_mut(round.at)?.state)
            }
            _ if self.on_page() => self.pages.get_mut(&(self.lesson, self.page)),
            _ => None,
        }
    }

    /// The question of the open page, and how far it is answered.
    pub fn question(&self) -> Option<(&Question, &QuestionState)> {
        match (self.target()?, self.page_state()?) {
            (Target::Question(_), PageState::Question(state)) => Some((state.asked(), state)),
            _ => None,
        }
    }

    /// The experiment of the open page, and how far it is.
    pub fn lab_page(&self) -> Option<(&Lab, &LabPage)> {
        match (self.target()?, self.page_state()?) {
            (Target::Lab(lab), PageState::Lab(state)) => Some((lab, state)),
            _ => None,
        }
    }

    /// Whether the open page waits for a guess.
    pub fn asks_guess(&self) -> bool {
        let asks = |(predict, state): (_, &Guessing)| state.asks(Some(predict));
        self.job.is_none() && self.guessing().is_some_and(asks)
    }

    /// Whether the guess that is waited for stands on the other pane.
    pub fn guess_is_hidden(&self) -> bool {
        self.folded && self.has_two_panes() && self.pane == Pane::Text && self.asks_guess()
    }

    /// Whether there is a hint that is not shown yet.
    pub fn hint_left(&self) -> bool {
        if let Some((question, state)) = self.question() {
            return state.hints < question.hints.len() && !self.in_test();
        }
        self.guessing().is_some_and(|(predict, state)| {
            state.asks(Some(predict)) && state.hints < predict.hints.len()
        })
    }

    /// The playback that is on the screen.
    pub fn player(&self) -> Option<&Player> {
        match self.screen {
            Screen::Course | Screen::Round | Screen::Experiments | Screen::Cards => None,
            Screen::Experiment => self.experiment()?.player.as_ref(),
            Screen::Replay => self.replay.as_ref().map(|replay| &replay.player),
            Screen::Lab => Some(&self.lab.sides[self.lab.playing?].as_ref()?.player),
            Screen::Lesson | Screen::Quiz => match self.page_state()? {
                PageState::Figure(player) => Some(player),
                PageState::Lab(page) => page.player.as_ref(),
                PageState::Experiment(page) => page.player.as_ref(),
                _ => None,
            },
        }
    }

    fn player_mut(&mut self) -> Option<&mut Player> {
        match self.screen {
            Screen::Course | Screen::Round | Screen::Experiments | Screen::Cards => None,
            Screen::Experiment => self.experiment_mut()?.player.as_mut(),
            Screen::Replay => self.replay.as_mut().map(|replay| &mut replay.player),
            Screen::Lab => Some(&mut self.lab.sides[self.lab.playing?].as_mut()?.player),
            Screen::Lesson | Screen::Quiz => {
                match self.pages.get_mut(&(self.lesson, self.page))? {
                    PageState::Figure(player) => Some(player),
                    PageState::Lab(page) => page.player.as_mut(),
                    PageState::Experiment(page) => page.player.as_mut(),
                    _ => None,
                }
            }
        }
    }

    /// The run that is on the screen.
    pub fn shown_run(&self) -> Option<&Run> {
        match self.screen {
            Screen::Course | Screen::Round | Screen::Experiments | Screen::Cards => None,
            Screen::Experiment => self.experiment()?.run.as_ref(),
            Screen::Replay => self.replay.as_ref().map(|replay| &replay.run),
            Screen::Lab => Some(
                self.lab.sides[self.lab.playing?]
                    .as_ref()?
                    .outcome
                    .playable(),
            ),
            Screen::Lesson | Screen::Quiz => match self.page_state()? {
                PageState::Experiment(page) => page.run.as_ref(),
                _ => Some(self.lab_page()?.1.outcome.as_ref()?.playable()),
            },
        }
    }

    /// The source text of the method on the screen, with its file's name.
    pub fn source(&self) -> Option<(&'static str, &'static str)> {
        match self.shown_run() {
            Some(run) => {
                let Recording { spec, outcome, .. } = &*run.recording;
                self.source_of(spec, outcome.served.is_some())
            }
            None => self.source_of(&self.lab_page()?.0.spec, false),
        }
    }

    /// The source of a transfer, or of the step by which the server makes it.
    fn source_of(&self, spec: &TransferSpec, served: bool) -> Option<(&'static str, &'static str)> {
        let sources = match served {
            true => &self.sending_steps,
            false => &self.sources,
        };
        let (_, file, text) = sources.iter().find(|(of, ..)| *of == spec.method)?;
        Some((file, text))
    }

    fn player_of(&self, outcome: &Outcome) -> Player {
        let mut player = outcome.playable().player.clone();
        player.set_reduced_motion(self.reduced_motion);
        player
    }

    /// The guess that belongs to the playback on the screen, where it counts calls: it has a place in the score.
    pub fn guess_in_score(&self) -> Option<f64> {
        let (lab, page) = self.lab_page()?;
        let counts_calls = lab.predict.as_ref()?.query == crate::model::Query::Syscalls;
        match page.guessing.guess {
            Some(Given::Number(guess)) if counts_calls => Some(guess),
            _ => None,
        }
    }

    /// Whether the screen has two halves.
    pub fn has_two_panes(&self) -> bool {
        match self.screen {
            Screen::Course => true,
            Screen::Cards => self.card_table().is_some(),
            Screen::Lab | Screen::Replay | Screen::Experiments => false,
            Screen::Experiment => self.player().is_some(),
            Screen::Lesson | Screen::Quiz | Screen::Round => match self.page_state() {
                Some(PageState::Figure(_) | PageState::Lab(_) | PageState::Experiment(_)) => true,
                Some(PageState::Question(_)) => self.evidence().is_some(),
                _ => false,
            },
        }
    }

    /// The last run that bears on the question on the screen: the one that marked it; else one of the lesson's
    /// experiments, or of their methods. A run that would give the answer away is none, until it was given.
    pub fn evidence(&self) -> Option<&Run> {
        let (question, state) = self.question().filter(|_| !self.in_test())?;
        let answer = question.kind.run().map(|(spec, _)| spec);
        if let Some(spec) = answer.filter(|_| state.is_right() || state.explained)
            && let Some(run) = self.run_of(spec)
        {
            return Some(run);
        }
        let specs = || self.open_lesson().into_iter().flat_map(Lesson::labs);
        let newest = |bears: &dyn Fn(&TransferSpec) -> bool| {
            let mut runs = self.runs.iter().rev().map(|run| (run, &run.recording.spec));
            runs.find(|(_, spec)| Some(*spec) != answer && bears(spec))
                .map(|(run, _)| run)
        };
        newest(&|spec| specs().any(|lab| lab.spec == *spec))
            .or_else(|| newest(&|spec| specs().any(|lab| lab.spec.method == spec.method)))
    }

    /// The last run of a transfer.
    pub fn run_of(&self, spec: &TransferSpec) -> Option<&Run> {
        self.runs
            .iter()
            .rev()
            .find(|run| run.recording.spec == *spec)
    }

    /// No tokens: hops light up call by call.
    pub fn set_reduced_motion(&mut self, reduced: bool) {
        self.reduced_motion = reduced;
        if let Some(replay) = &mut self.replay {
            replay.player.set_reduced_motion(reduced);
        }
    }

    /// When the next frame is wanted, if anything moves.
    pub fn next_frame(&self) -> Option<Duration> {
        self.player()?.next_frame()
    }
}
