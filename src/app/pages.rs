//! The pages: what stands on one, what was done on it, how its question is marked and its transfer run.

use super::{
    Asked, Command, Guessing, LabPage, Outcome, PageAt, PageState, Pane, Player, Purpose,
    QuestionState, Run, Shared,
};
use crate::course::{Lab, Lesson, Page, Predict, Question, Target, Verdict};
use crate::model::Given;

impl Shared {
    /// The lesson of a page; of one of the concept test, the test.
    pub(crate) fn lesson_at(&self, at: PageAt) -> Option<&Lesson> {
        match at.in_test() {
            true => self.material.concept_test.as_ref(),
            false => self.material.lessons.get(at.lesson),
        }
    }

    pub(crate) fn page_at(&self, at: PageAt) -> Option<&Page> {
        self.lesson_at(at)?.pages.get(at.page)
    }

    /// Under which lesson answers on a page are kept.
    pub(crate) fn kept_under(&self, at: PageAt) -> String {
        match at.asked {
            Asked::Test(sitting) => sitting.id().to_owned(),
            _ => {
                let lesson = self.material.lessons.get(at.lesson);
                lesson.map_or_else(String::new, |lesson| lesson.id.clone())
            }
        }
    }

    /// Makes a page ready to be opened. False: there is no such page.
    pub(crate) fn prepare(&mut self, at: PageAt) -> bool {
        let Some(page) = self.page_at(at) else {
            return false;
        };
        if !self.pages.contains_key(&at) {
            let turn = self.turn_of(&self.kept_under(at), page);
            let mut state = PageState::new(page, &self.material.figures, turn);
            if let PageState::Figure(player) = &mut state {
                player.set_reduced_motion(self.display.reduced_motion);
                player.play_here();
            }
            self.pages.insert(at, state);
            self.show_remembered(at);
        }
        true
    }

    /// Runs of an earlier session: they are there again, until they are made anew.
    pub(crate) fn remember(&mut self, runs: Vec<Run>) {
        let mut known = runs;
        known.retain(|run| self.run_of(&run.recording.spec).is_none());
        known.append(&mut self.runs);
        self.runs = known;
        let pages: Vec<PageAt> = self.pages.keys().copied().collect();
        for at in pages {
            self.show_remembered(at);
        }
    }

    /// The run of an earlier session on its page, with the guess that was made before it. A question that was never answered
    /// is asked first.
    fn show_remembered(&mut self, at: PageAt) {
        let Some((lab, state)) = self.lab_at(at) else {
            return;
        };
        if state.outcome.is_some() || !state.guessing.asks() || self.job.is_some() {
            return;
        }
        let Some(run) = self.run_of(&lab.spec).cloned() else {
            return;
        };
        let lesson = self.kept_under(at);
        let guess = match &lab.predict {
            Some(predict) => match self.progress.answered(&lesson, &predict.id) {
                Some(last) => Some(last.given.clone()),
                None => return,
            },
            None => None,
        };
        let mut player = self.player_of(&run);
        player.end();
        if let Some(PageState::Lab(state)) = self.pages.get_mut(&at) {
            state.guessing.passed = guess.is_none();
            state.guessing.guess = guess;
            state.player = Some(player);
            state.outcome = Some(Outcome {
                live: run,
                shipped: None,
            });
        }
    }

    /// The question of a page, and how far it is answered.
    pub(crate) fn question_at(&self, at: PageAt) -> Option<(&Question, &QuestionState)> {
        match (&self.page_at(at)?.target, self.pages.get(&at)?) {
            (Some(Target::Question(_)), PageState::Question(state)) => Some((&state.asked, state)),
            _ => None,
        }
    }

    pub(crate) fn question_at_mut(&mut self, at: PageAt) -> Option<&mut QuestionState> {
        match self.pages.get_mut(&at)? {
            PageState::Question(state) => Some(state),
            _ => None,
        }
    }

    pub(crate) fn lab_at(&self, at: PageAt) -> Option<(&Lab, &LabPage)> {
        match (&self.page_at(at)?.target, self.pages.get(&at)?) {
            (Some(Target::Lab(lab)), PageState::Lab(state)) => Some((lab, state)),
            _ => None,
        }
    }

    /// Whether a page has something beside its text.
    pub(crate) fn has_two_panes_at(&self, at: PageAt) -> bool {
        match self.pages.get(&at) {
            Some(PageState::Figure(_) | PageState::Lab(_) | PageState::Experiment(_)) => true,
            Some(PageState::Question(_)) => self.beside_at(at).is_some(),
            _ => false,
        }
    }

    /// The question before an experiment, and the guess as far as it is made.
    pub(crate) fn guessing(&self, of: Purpose) -> Option<(&Predict, &Guessing)> {
        match of {
            Purpose::Page(at) => {
                let predict = self.page_at(at)?.predict()?;
                match self.pages.get(&at)? {
                    PageState::Lab(page) => Some((predict, &page.guessing)),
                    PageState::Experiment(page) => Some((predict, &page.guessing)),
                    _ => None,
                }
            }
            _ => {
                let page = self.experiment(of)?;
                Some((page.predict.as_ref()?, &page.guessing))
            }
        }
    }

    pub(crate) fn guessing_mut(&mut self, of: Purpose) -> Option<&mut Guessing> {
        match of {
            Purpose::Page(at) => match self.pages.get_mut(&at)? {
                PageState::Lab(page) => Some(&mut page.guessing),
                PageState::Experiment(page) => Some(&mut page.guessing),
                _ => None,
            },
            _ => Some(&mut self.experiment_mut(of)?.guessing),
        }
    }

    pub(crate) fn asks_guess(&self, of: Purpose) -> bool {
        self.job.is_none()
            && self.class.is_none()
            && self.guessing(of).is_some_and(|(_, state)| state.asks())
    }

    /// A key for the guess, if one is waited for: what is committed runs. False: it means something else.
    pub(crate) fn guess(&mut self, of: Purpose, command: Command) -> bool {
        let is_guess = matches!(
            command,
            Command::Digit(_) | Command::Erase | Command::Confirm | Command::Up | Command::Down
        );
        if !is_guess || !self.asks_guess(of) {
            return false;
        }
        let ask = self.guessing(of).map(|(predict, _)| predict.ask.clone());
        let guessing = self.guessing_mut(of);
        let guessing = guessing.zip(ask);
        let committed = guessing.is_some_and(|(guess, ask)| guess.update(command, &ask));
        self.display.pane = Pane::Target;
        if committed {
            self.run_shown(of);
        }
        true
    }

    /// Whether there is a hint that is not shown yet.
    pub(crate) fn hint_left(&self, of: Purpose) -> bool {
        if let Purpose::Page(at) = of
            && let Some((question, state)) = self.question_at(at)
        {
            return state.hints < question.hints.len() && !at.in_test();
        }
        self.guessing(of)
            .is_some_and(|(predict, state)| state.asks() && state.hints < predict.hints.len())
    }

    /// Runs the experiment of a page or of the list.
    pub(crate) fn run_shown(&mut self, of: Purpose) {
        if self.experiment(of).is_some() {
            return self.run_experiment(of);
        }
        let Purpose::Page(at) = of else {
            return;
        };
        let spec = self.lab_at(at).map(|(lab, _)| lab.spec.clone());
        if spec.is_some_and(|spec| self.run(spec, of)) {
            if let Some(guessing) = self.guessing_mut(of) {
                guessing.passed |= guessing.guess.is_none();
            }
            self.display.pane = Pane::Target;
        }
    }

    /// The playback of a page or an experiment.
    pub(crate) fn player_at(&self, of: Purpose) -> Option<&Player> {
        match of {
            Purpose::Page(at) => match self.pages.get(&at)? {
                PageState::Figure(player) => Some(player),
                PageState::Lab(page) => page.player.as_ref(),
                PageState::Experiment(page) => page.player.as_ref(),
                _ => None,
            },
            _ => self.experiment(of)?.player.as_ref(),
        }
    }

    pub(crate) fn player_at_mut(&mut self, of: Purpose) -> Option<&mut Player> {
        match of {
            Purpose::Page(at) => match self.pages.get_mut(&at)? {
                PageState::Figure(player) => Some(player),
                PageState::Lab(page) => page.player.as_mut(),
                PageState::Experiment(page) => page.player.as_mut(),
                _ => None,
            },
            _ => self.experiment_mut(of)?.player.as_mut(),
        }
    }

    /// The run that is played.
    pub(crate) fn run_at(&self, of: Purpose) -> Option<&Run> {
        match of {
            Purpose::Page(at) if self.lab_at(at).is_some() => {
                Some(self.lab_at(at)?.1.outcome.as_ref()?.playable())
            }
            _ => self.experiment(of)?.run.as_ref(),
        }
    }

    /// The guess that the score shows: of calls.
    pub(crate) fn guess_in_score(&self, at: PageAt) -> Option<f64> {
        let (lab, page) = self.lab_at(at)?;
        let counts_calls = lab.predict.as_ref()?.query.0 == "syscalls";
        match page.guessing.guess {
            Some(Given::Number(guess)) if counts_calls => Some(guess),
            _ => None,
        }
    }

    /// A question that is left unanswered comes back.
    pub(crate) fn pass(&mut self, at: PageAt) {
        if self.class.is_some() {
            return;
        }
        let unanswered = match self.question_at(at) {
            Some((question, state)) => {
                (state.verdict.is_none() && !state.waiting).then(|| question.id.clone())
            }
            None => self
                .guessing(Purpose::Page(at))
                .filter(|(_, state)| state.asks())
                .map(|(predict, _)| predict.id.clone()),
        };
        let lesson = self.kept_under(at);
        if let Some(question) = unanswered
            && self.progress.answered(&lesson, &question).is_none()
        {
            self.answer(lesson, question, Given::Skipped, false);
        }
    }

    /// Marks the answer to a page's question, or runs what marks it. Whether it was right.
    pub(crate) fn mark(&mut self, at: PageAt) -> Option<bool> {
        let question = self.question_at(at)?.0;
        let id = question.id.clone();
        let spec = question.kind.run().map(|(spec, _)| spec.clone());
        let run = spec.as_ref().and_then(|spec| self.run_of(spec));
        let summary = run.map(|run| run.summary.clone());
        if let (Some(spec), None) = (spec, &summary) {
            if self.run(spec, Purpose::Mark(at)) {
                self.question_at_mut(at)?.waiting = true;
            }
            return None;
        }
        let state = self.question_at_mut(at)?;
        let (given, right) = state.mark(summary.as_deref())?;
        self.answer(self.kept_under(at), id, given, right);
        Some(right)
    }

    /// The transfer of a page was run. `plays`: it is on the screen.
    pub(crate) fn recorded(&mut self, at: PageAt, outcome: Outcome, plays: bool) {
        let mut player = self.player_of(outcome.playable());
        if plays {
            player.toggle();
        }
        let summary = outcome.answering().summary.clone();
        let Some(PageState::Lab(state)) = self.pages.get_mut(&at) else {
            return;
        };
        let guess = state.guessing.guess.clone();
        let guess = guess.filter(|_| state.player.is_none());
        if guess.is_some() {
            player.conceal();
        }
        (state.outcome, state.player) = (Some(outcome), Some(player));
        let predict = self.page_at(at).and_then(Page::predict).cloned();
        if let (Some(guess), Some(predict)) = (guess, predict) {
            let verdict = predict.mark(&guess, &summary);
            self.predicted(at, predict.id, verdict);
        }
    }

    pub(crate) fn predicted(&mut self, at: PageAt, id: String, verdict: Result<Verdict, String>) {
        match verdict {
            Ok(verdict) => {
                self.answer(self.kept_under(at), id, verdict.given, verdict.right);
            }
            Err(why) => self.message = Some(why),
        }
    }
}
