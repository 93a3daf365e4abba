//! What keys do to an experiment that is no transfer, on a page of a lesson or on its own screen.

use std::sync::Arc;

use super::{
    Command, Effect, ExperimentPage, PageState, Pane, Player, Purpose, Run, Shared,
    experiment::judge, experiment_list::answers, proof_play::ProofPlay, question::key,
};
use crate::course::{
    Page,
    kinds::{Draft, Key, Press},
};
use crate::model::{ExperimentOutcome, ExperimentSpec, Recording, ServedRequest};

const NO_CALLS: &str = "There is nothing to race: no calls could be recorded.";

impl Shared {
    /// An experiment, and how far it is.
    pub(crate) fn experiment(&self, of: Purpose) -> Option<&ExperimentPage> {
        match of {
            Purpose::Entry(entry) => self.experiments.get(entry).map(|entry| &entry.page),
            Purpose::Page(at) => match self.pages.get(&at)? {
                PageState::Experiment(page) => Some(page),
                _ => None,
            },
            _ => None,
        }
    }

    pub(crate) fn experiment_mut(&mut self, of: Purpose) -> Option<&mut ExperimentPage> {
        match of {
            Purpose::Entry(entry) => self.experiments.get_mut(entry).map(|entry| &mut entry.page),
            Purpose::Page(at) => match self.pages.get_mut(&at)? {
                PageState::Experiment(page) => Some(page),
                _ => None,
            },
            _ => None,
        }
    }

    /// The error on purpose whose answer may be predicted now: on a screen of its own, each one may.
    pub(crate) fn asks_errno(&self, of: Purpose) -> Option<&str> {
        let page = self.experiment(of).filter(|_| is_entry(of))?;
        let name = page.error()?;
        let asks = page.finding(name).is_none() && self.job.is_none();
        asks.then_some(name)
    }

    /// A command on an experiment. True: it leads to the next page.
    pub(crate) fn update_experiment(&mut self, of: Purpose, command: Command) -> bool {
        let idle = self.job.is_none();
        if self.guess(of, command) {
            return false;
        }
        if self.predict_errno(of, command) {
            return false;
        }
        let Some(page) = self.experiment_mut(of) else {
            return false;
        };
        match command {
            Command::Hint => page.guessing.hints += 1,
            Command::Guess => {
                page.guessing.again();
                page.reset();
            }
            Command::Confirm if !page.done => self.run_experiment(of),
            Command::Confirm => return !is_entry(of),
            Command::All => self.try_out(of, None),
            Command::Play => match page.proof_play.as_mut().filter(|play| !play.is_done()) {
                Some(play) => play.toggle(),
                None if page.done => self.play_proof(of),
                None => {}
            },
            Command::Method | Command::Sink | Command::Size | Command::Sweep if idle => {
                page.change(command);
            }
            Command::Up
            | Command::Down
            | Command::PageUp
            | Command::PageDown
            | Command::First
            | Command::Last => page.walk(command),
            _ => {}
        }
        false
    }

    /// A digit selects what is predicted of an error on purpose, Enter commits it and makes the call. False: the command
    /// means something else.
    fn predict_errno(&mut self, of: Purpose, command: Command) -> bool {
        if !matches!(command, Command::Digit(_) | Command::Confirm) {
            return false;
        }
        let Some(name) = self.asks_errno(of).map(str::to_owned) else {
            return false;
        };
        let (answers, press) = (answers(&name), key(command));
        let Some((page, press)) = self.experiment_mut(of).zip(press) else {
            return false;
        };
        if page.draft.press_one(press, answers.len()) != Press::Given {
            // Enter without a prediction runs it.
            return press != Key::Confirm;
        }
        let answer = page.draft.one().and_then(|chosen| answers.get(chosen));
        if let Some(answer) = answer {
            page.predicted.insert(name.clone(), (*answer).to_owned());
        }
        page.draft = Draft::default();
        self.try_out(of, Some(name));
        true
    }

    /// Runs it; of the errors on purpose, on their own screen, the one that is looked at.
    pub(crate) fn run_experiment(&mut self, of: Purpose) {
        let page = self.experiment(of).filter(|_| is_entry(of));
        let one = page.and_then(ExperimentPage::error).map(str::to_owned);
        self.try_out(of, one);
    }

    fn try_out(&mut self, of: Purpose, one: Option<String>) {
        let Some(page) = self.experiment(of) else {
            return;
        };
        let what = match one {
            Some(name) => ExperimentSpec::Errors(vec![name]),
            None => page.what.clone(),
        };
        let Some(job) = self.start_job(what.title().to_owned(), of) else {
            return;
        };
        self.display.pane = Pane::Target;
        if let Some(page) = self.experiment_mut(of) {
            page.guessing.passed |= page.guessing.guess.is_none();
            if !matches!(page.what, ExperimentSpec::Errors(_)) {
                page.reset();
            }
            (page.done, page.stopped) = (false, None);
        }
        self.effects.push(Effect::Try { job, what });
    }

    /// Looks at a row; of a recording, the call.
    pub(crate) fn select_row(&mut self, of: Purpose, row: usize) {
        if let Some(page) = self.experiment_mut(of) {
            page.selected = row.min(page.rows().saturating_sub(1));
            page.proof_play = None;
            page.draft = Draft::default();
            if let Some(player) = &mut page.player {
                player.seek(row);
            }
        }
    }

    pub(crate) fn on_partial(&mut self, of: Purpose, found: ExperimentOutcome) {
        if let Some(page) = self.experiment_mut(of) {
            page.keep(found);
        }
    }

    /// It failed or was stopped. What was found until then stays, and it says how far it was: rounds, steps, rows that are
    /// whole stand for themselves.
    pub(crate) fn on_stopped(&mut self, of: Purpose, at: Option<String>) {
        if let Purpose::Mark(at) = of
            && let Some(state) = self.question_at_mut(at)
        {
            state.waiting = false;
        }
        if let Some(page) = self.experiment_mut(of)
            && !page.done
            && page.found.is_some()
        {
            page.stopped = at;
        }
    }

    /// All of it is known. `plays`: it is on the screen.
    pub(crate) fn on_finished(&mut self, of: Purpose, found: ExperimentOutcome, plays: bool) {
        if let ExperimentOutcome::Serve(way) = &found {
            self.keep_way(of, way, plays);
        }
        if let ExperimentOutcome::Race(sides) = &found {
            self.keep_race(of, sides, plays);
        }
        if let ExperimentOutcome::Proof(_) = &found
            && plays
        {
            self.play_proof(of);
        }
        let Some(page) = self.experiment_mut(of) else {
            return;
        };
        page.keep(found);
        page.done = true;
        page.selected = page.selected.min(page.rows().saturating_sub(1));
        let (Purpose::Page(at), Some(guess)) = (of, page.guessing.guess.clone()) else {
            return;
        };
        let predict = self.page_at(at).and_then(Page::predict).cloned();
        let found = self.experiment(of).and_then(|page| page.found.as_ref());
        if let (Some(predict), Some(found)) = (predict, found) {
            let verdict = judge(&predict, &guess, found);
            self.predicted(at, predict.id, verdict);
        }
    }

    /// The three steps of the row that is looked at, from the first.
    fn play_proof(&mut self, of: Purpose) {
        let reduced = self.display.reduced_motion;
        if let Some(page) = self.experiment_mut(of) {
            page.proof_play = Some(ProofPlay::start(reduced));
        }
    }

    fn keep_race(&mut self, of: Purpose, sides: &[Arc<Recording>; 2], plays: bool) {
        let source = |recording: &Recording| {
            let source = self.source_of(&recording.spec, false);
            source.map_or("", |(_, text)| text)
        };
        let players = sides.each_ref().map(|recording| {
            let run = Run::of(Arc::clone(recording), source(recording));
            self.player_of(&run)
        });
        let [first, second] = &players;
        let mut race = Player::racing([first, second]);
        match &mut race {
            Some(race) if plays => race.toggle(),
            Some(_) => {}
            None => self.message = Some(NO_CALLS.to_owned()),
        }
        if let Some(page) = self.experiment_mut(of) {
            page.player = race;
        }
    }

    fn keep_way(&mut self, of: Purpose, way: &ServedRequest, plays: bool) {
        let recording = way.recording.clone();
        let source = self.source_of(&recording.spec, true);
        let run = Run::of(recording, source.map_or("", |(_, text)| text));
        let mut player = self.player_of(&run);
        if plays {
            player.toggle();
        }
        let is_first = self.experiment(of).is_some_and(|page| page.ways.is_empty());
        let guessed = self
            .guessing(of)
            .is_some_and(|(_, state)| state.guess.is_some());
        if is_first && guessed {
            player.conceal();
        }
        if let Some(page) = self.experiment_mut(of) {
            page.ways.insert(way.recording.spec.method, way.clone());
            (page.run, page.player) = (Some(run), Some(player));
        }
    }
}

fn is_entry(of: Purpose) -> bool {
    matches!(of, Purpose::Entry(_))
}
