//! A seat in a class: what the room is asked, answered as in the course. All of it comes from the room; of the local
//! lessons it takes no answer, only the figure that belongs to the question, and the experiment.

use super::prelude::*;
use crate::app::{
    Beside, Effect, ExperimentPage, Outcome, experiment_list::ListedExperiment, question::key,
};
use crate::class::{
    Answer, ClassExperiment, ClassRun, Phase, Poll, SeatNews, SeenState, experiment_of,
};
use crate::course::kinds::{Draft, Form, Key as AnswerKey, Press};
use crate::model::{ExperimentOutcome, ExperimentValue};

/// A seat in a class.
#[derive(Default)]
pub struct SeatScreen {
    /// The room's code and the seat's name.
    pub(crate) code: String,
    pub(crate) name: String,
    /// Whether the class's experiments are run here.
    pub(crate) runs: bool,
    /// What the room said last; none: nothing yet.
    pub(crate) now: Option<SeenState>,
    pub(crate) is_unreached: bool,
    pub(crate) is_over: bool,
    pub(crate) answer: SeatAnswer,
    /// The question's page in the lessons of this program, where they have it.
    page: Option<PageAt>,
    pub(crate) own: OwnRun,
}

/// The answer, as far as it is given and saved.
#[derive(Default)]
pub(crate) struct SeatAnswer {
    pub(crate) form: Option<Form>,
    pub(crate) draft: Draft,
    /// Acknowledged in this round.
    saved: Option<Answer>,
    /// Given, and not acknowledged yet; why not, once that is known.
    pub(crate) unsaved: Option<(Answer, Option<String>)>,
}

/// The experiment of the question, on this machine.
#[derive(Default)]
pub(crate) struct OwnRun {
    experiment: Option<ClassExperiment>,
    /// The round that it was run for last.
    round: u32,
    /// What it came to.
    pub(crate) value: Option<ExperimentValue>,
    run: Option<Run>,
    player: Option<Player>,
}

#[rustfmt::skip]
const KEYS: &[KeyRow<SeatScreen>] = &[
    row(tables::DIGITS, ["1-9", "select", "select an answer; Enter gives it"], Answer, |_, on| on.is_open() && !on.types_number()),
    row(tables::DIGITS, ["0-9", "your number", "type a number"], Answer, |_, on| on.is_open() && on.types_number()),
    row(CONFIRM, ["Enter", "change your answer", "change your answer: it can be changed until the vote is closed"], Answer, |_, on| on.is_ready() && on.saved().is_some()),
    row(CONFIRM, ["Enter", "answer", "give the answer; it can be changed until the vote is closed"], Answer, |_, on| on.is_ready()),
    row(&[(super::super::Key::Backspace, Command::Erase)], ["⌫", "", "take the last one back"], Answer, |_, on| on.can_erase()),
    row(UP_DOWN, ["↑↓", "", "choose an answer"], Answer, |_, on| on.is_open() && !on.types_number()),
    row(TAB, ["Tab", "figure", "turn to the figure"], Page, |app, on| shows_one_pane(app, on, Pane::Text)),
    row(TAB, ["Tab", "question", "turn to the question"], Page, |app, on| shows_one_pane(app, on, Pane::Target)),
    row(&[(Char('r'), Command::Run)], ["r", "run", "run the class's experiment on this kernel"], Recording, SeatScreen::can_run),
];

impl SeatScreen {
    pub(crate) fn new(code: String, name: String, runs: bool) -> SeatScreen {
        SeatScreen {
            code,
            name,
            runs,
            ..SeatScreen::default()
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        self.now.as_ref().map_or(Phase::Lobby, |now| now.phase)
    }

    /// The question, without its answer.
    pub(crate) fn poll(&self) -> Option<&Poll> {
        self.now.as_ref()?.question.as_ref()
    }

    fn round(&self) -> u32 {
        self.now.as_ref().map_or(0, |now| now.round)
    }

    /// Which vote on the question it is, from 1.
    pub(crate) fn vote(&self) -> usize {
        self.now.as_ref().map_or(0, |now| now.vote)
    }

    /// Whether an answer can be given.
    pub(crate) fn is_open(&self) -> bool {
        self.phase() == Phase::Voting && !self.is_over && self.answer.form.is_some()
    }

    pub(crate) fn is_revealed(&self) -> bool {
        self.phase() == Phase::Revealed
    }

    fn types_number(&self) -> bool {
        self.answer.form.as_ref().is_some_and(Form::is_typed)
    }

    fn can_erase(&self) -> bool {
        let answer = &self.answer;
        let form = answer.form.as_ref().filter(|_| self.is_open());
        form.is_some_and(|form| form.can_erase(&answer.draft))
    }

    /// The answer that the room has.
    pub(crate) fn saved(&self) -> Option<&Answer> {
        let now = self.now.as_ref();
        self.answer.saved.as_ref().or(now?.yours.as_ref())
    }

    /// What is chosen or typed, as far as it is a whole answer.
    pub(crate) fn chosen(&self) -> Option<Answer> {
        let form = self.answer.form.as_ref()?;
        form.given(&self.answer.draft).and_then(Answer::of)
    }

    /// Whether there is an answer to give: another one than the room has or is being sent.
    pub(crate) fn is_ready(&self) -> bool {
        let sent = self.answer.unsaved.as_ref().map(|(answer, _)| answer);
        let chosen = self.chosen();
        self.is_open() && chosen.is_some() && chosen.as_ref() != sent.or(self.saved())
    }

    /// What stands beside the question: never a run or an arrow that answers it, before the room shows the answer.
    pub(crate) fn beside<'a>(&self, app: &'a Shared) -> Option<Beside<'a>> {
        app.beside_of_seat(self.page?, self.is_revealed())
    }

    /// The title of what is tried, where it is no transfer.
    pub(crate) fn trial(&self) -> Option<&'static str> {
        match &self.own.experiment.as_ref()?.what {
            ClassRun::Other(what) => Some(what.title()),
            ClassRun::Transfer(_) => None,
        }
    }

    /// Whether the experiment was begun here: never before the room runs it.
    pub(crate) fn has_begun(&self) -> bool {
        self.own.round > 0
    }

    fn can_run(app: &Shared, on: &SeatScreen) -> bool {
        let is_on = on.phase() == Phase::Experiment && on.runs && !on.is_over;
        is_on && on.own.experiment.is_some() && app.job.is_none()
    }

    /// Something was heard from the room.
    pub(crate) fn on_news(&mut self, app: &mut Shared, news: SeatNews) {
        match news {
            SeatNews::State(now) => self.on_state(app, *now),
            SeatNews::Reached(reached) => self.is_unreached = !reached,
            SeatNews::NoRoom => self.is_over = true,
            SeatNews::Seated(name) => self.name = name,
            SeatNews::Saved(round, answer) if round == self.round() => {
                let sent = self.answer.unsaved.take_if(|(sent, _)| *sent == answer);
                if sent.is_some() {
                    self.answer.saved = Some(answer);
                }
            }
            SeatNews::Saved(..) => {}
            SeatNews::NotYet(why) => {
                if let Some((_, reason)) = &mut self.answer.unsaved {
                    *reason = Some(why);
                }
            }
            SeatNews::NotTaken(why) => {
                self.answer.unsaved = None;
                app.message = Some(format!("Your answer does not count: {why}."));
            }
            SeatNews::FigureTaken => {
                app.message = Some("Your figure stands on the projector, too.".to_owned());
            }
            SeatNews::FigureNotTaken(why) => {
                app.message = Some(format!("Your figure does not count: {why}."));
            }
        }
    }

    fn on_state(&mut self, app: &mut Shared, now: SeenState) {
        self.is_over = false;
        let phase = self.phase();
        let before = self.now.replace(now);
        let round_before = before.as_ref().map_or(0, |before| before.round);
        if before.is_none() || round_before != self.round() {
            self.begin_round(app, before.as_ref());
        } else if before.and_then(|before| before.yours)
            != self.now.as_ref().and_then(|now| now.yours.clone())
        {
            self.on_yours();
        }
        if phase != self.phase() && matches!(self.phase(), Phase::Voting | Phase::Revealed) {
            app.display.show(Pane::Text);
        }
        let is_new = self.own.round != self.round();
        if is_new && self.phase() == Phase::Experiment && self.runs {
            self.run_here(app);
        }
    }

    /// Another vote, on the same question or on another one.
    fn begin_round(&mut self, app: &mut Shared, before: Option<&SeenState>) {
        let asked = |state: &SeenState| state.question.as_ref().map(|poll| poll.id.clone());
        let id = self.now.as_ref().and_then(asked);
        // The first vote may have been missed, so a later one is not enough.
        let is_again = self.vote() > 1 && before.and_then(asked) == id;
        self.answer = SeatAnswer::default();
        if let Some(poll) = self.poll() {
            let form = poll.form();
            let yours = self.now.as_ref().and_then(|now| now.yours.as_ref());
            let draft = match yours {
                Some(yours) => poll.draft_of(&form, yours),
                None => form.draft(),
            };
            (self.answer.form, self.answer.draft) = (Some(form), draft);
        }
        if !is_again {
            self.look_up(app, id.as_deref());
        }
    }

    /// The room has another answer than before: another device of the same seat gave it, or this one did.
    fn on_yours(&mut self) {
        let yours = self.now.as_ref().and_then(|now| now.yours.clone());
        let is_edited = self.answer.unsaved.is_some() || self.chosen() != self.answer.saved;
        if self.answer.unsaved.is_none() {
            self.answer.saved.clone_from(&yours);
        }
        if let (Some(yours), false) = (yours, is_edited)
            && let (Some(poll), Some(form)) = (self.poll(), &self.answer.form)
        {
            self.answer.draft = poll.draft_of(form, &yours);
        }
    }

    /// The question's page and experiment in the lessons of this program.
    fn look_up(&mut self, app: &mut Shared, id: Option<&str>) {
        self.page = id.and_then(|id| page_of(app, id));
        let experiment = id.and_then(|id| experiment_of(&app.material.lessons, id));
        app.experiments.clear();
        if let Some(ClassRun::Other(what)) = experiment.as_ref().map(|it| &it.what) {
            let mut page = ExperimentPage::new(what.clone());
            page.guessing.passed = true;
            app.experiments.push(ListedExperiment {
                group: "",
                about: "",
                title: what.title(),
                page,
            });
        }
        self.own = OwnRun {
            experiment,
            ..OwnRun::default()
        };
    }

    /// This machine runs the experiment, too, as far as its own lessons have it: the room names it and no more.
    fn run_here(&mut self, app: &mut Shared) {
        self.own.round = self.round();
        match self.own.experiment.as_ref().map(|it| &it.what) {
            Some(ClassRun::Transfer(spec)) => drop(app.run(spec.clone(), Purpose::Seat)),
            Some(ClassRun::Other(_)) => app.run_experiment(Purpose::Entry(0)),
            None => {}
        }
    }

    /// The transfer was run. What is sent is this machine's own, never a shipped recording's.
    pub(crate) fn ran(&mut self, app: &mut Shared, outcome: &Outcome) {
        let query = self.own.experiment.as_ref().map(|it| &it.query);
        let found = query.and_then(|query| query.of(&outcome.live.summary));
        if outcome.live.recording.trace.is_some() {
            let mut player = app.player_of(&outcome.live);
            player.toggle();
            if self.saved().is_some() && !self.is_revealed() {
                // As in the course, a guess waits for the end of the play.
                player.conceal();
            }
            self.own.player = Some(player);
            self.own.run = Some(outcome.live.clone());
            app.display.show(Pane::Target);
        }
        self.found(app, found.map(ExperimentValue::Number));
    }

    /// An experiment that is no transfer is done.
    pub(crate) fn experimented(&mut self, app: &mut Shared, found: &ExperimentOutcome) {
        let query = self.own.experiment.as_ref().map(|it| &it.query.0);
        let found = query.and_then(|query| found.figure(query));
        self.found(app, found);
    }

    fn found(&mut self, app: &mut Shared, found: Option<ExperimentValue>) {
        let figure = self
            .own
            .experiment
            .as_ref()
            .map(|it| it.figure().to_owned());
        match (figure, found) {
            (Some(figure), Some(found)) => {
                self.own.value = Some(found.clone());
                let round = self.own.round;
                app.effects.push(Effect::SeatFigure(round, figure, found));
            }
            (Some(figure), None) => {
                app.message = Some(format!("This run has no {figure}: zclab doctor says why."));
            }
            (None, _) => {}
        }
    }

    fn press(&mut self, app: &mut Shared, key: AnswerKey) {
        if !self.is_open() || key == AnswerKey::Confirm && !self.is_ready() {
            return;
        }
        app.display.pane = Pane::Text;
        let answer = &mut self.answer;
        let Some(form) = &answer.form else {
            return;
        };
        if form.press(&mut answer.draft, key) != Press::Given {
            return;
        }
        if let Some(given) = self.chosen() {
            self.answer.unsaved = Some((given.clone(), None));
            app.effects.push(Effect::SeatVote(self.round(), given));
        }
    }
}

/// The page of the lessons that asks this.
fn page_of(app: &Shared, id: &str) -> Option<PageAt> {
    let lessons = app.material.lessons.iter().enumerate();
    let mut pages = lessons.flat_map(|(lesson, found)| {
        let pages = found.pages.iter().enumerate();
        pages.map(move |(page, found)| (PageAt::of(lesson, page), found))
    });
    let found = pages.find(|(_, page)| page.asks() == Some(id));
    found.map(|(at, _)| at)
}

impl ScreenState for SeatScreen {
    fn name(&self) -> &'static str {
        "seat"
    }

    fn keys(&self, app: &Shared, keys: &mut Enabled) {
        keys.add(KEYS, app, self);
        tables::add(keys, app, self, &[RUN, PLAYBACK, SCROLL]);
    }

    fn update(&mut self, app: &mut Shared, command: Command) {
        match (command, key(command)) {
            (Command::Run, _) if SeatScreen::can_run(app, self) => self.run_here(app),
            (Command::Run, _) => {}
            (Command::Up | Command::Down, _) if !self.is_open() || self.types_number() => {
                app.display.scroll_by(command.rows());
            }
            (_, Some(key)) => self.press(app, key),
            _ => app.display.scroll_by(command.rows()),
        }
    }

    fn click(&mut self, app: &mut Shared, click: Click) {
        match click {
            Click::Option(option) => self.press(app, AnswerKey::Option(option)),
            Click::Partner(right) => self.press(app, AnswerKey::Partner(right)),
            _ => {}
        }
    }

    fn has_back(&self) -> bool {
        false
    }

    fn in_course(&self) -> bool {
        false
    }

    fn purpose(&self) -> Option<Purpose> {
        match self.own.experiment.as_ref()?.what {
            ClassRun::Transfer(_) => Some(Purpose::Seat),
            ClassRun::Other(_) => self.has_begun().then_some(Purpose::Entry(0)),
        }
    }

    fn has_two_panes(&self, app: &Shared) -> bool {
        self.poll().is_some() && (self.beside(app).is_some() || self.own.experiment.is_some())
    }

    fn player<'a>(&'a self, app: &'a Shared) -> Option<&'a Player> {
        let own = self.own.player.as_ref();
        own.or_else(|| app.player_at(self.purpose()?))
    }

    fn player_mut<'a>(&'a mut self, app: &'a mut Shared) -> Option<&'a mut Player> {
        let of = self.purpose()?;
        self.own.player.as_mut().or_else(|| app.player_at_mut(of))
    }

    fn run<'a>(&'a self, _: &'a Shared) -> Option<&'a Run> {
        self.own.run.as_ref()
    }
}
