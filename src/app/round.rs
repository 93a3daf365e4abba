//! A round of questions, asked one after the other away from their pages: what is due for review, or the concept test.

use super::{App, Effect, PageState, Pane, Screen, question::QuestionState};
use crate::course::{Question, Target};
use crate::course::{
    concept::{self, Sitting},
    review::Clock,
};

/// Days of the week ahead, today among them.
pub const WEEK: usize = 7;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoundKind {
    /// What is due for review, mixed over the modules.
    Review,
    /// The concept test: nothing is said to an answer.
    Test(Sitting),
}

/// A round.
pub struct Round {
    /// What is asked.
    pub kind: RoundKind,
    /// The questions.
    pub items: Vec<RoundItem>,
    /// The one that is asked (index). As many as there are: all were, and this is the end.
    pub at: usize,
}

/// A question of a round.
pub struct RoundItem {
    /// Index of the lesson; of a test, without meaning.
    pub lesson: usize,
    /// Index of its page, in the lesson or in the test.
    pub page: usize,
    /// How far it is answered in this round.
    pub state: PageState,
    /// Whether the first answer in this round was right; none: it was passed.
    pub first: Option<bool>,
}

impl Round {
    /// The question that is asked.
    pub fn item(&self) -> Option<&RoundItem> {
        self.items.get(self.at)
    }

    /// Whether all were asked.
    pub fn is_over(&self) -> bool {
        self.at >= self.items.len()
    }

    /// How many were answered at first as `right` says.
    pub fn count(&self, right: Option<bool>) -> usize {
        self.items.iter().filter(|item| item.first == right).count()
    }
}

impl App {
    /// Every question of the course: its place as (lesson, page), and itself.
    fn questions(&self) -> impl Iterator<Item = ((usize, usize), &Question)> {
        self.lessons.iter().enumerate().flat_map(|(lesson, of)| {
            let pages = of.pages.iter().enumerate();
            pages.filter_map(move |(page, shown)| match &shown.target {
                Some(Target::Question(question)) => Some(((lesson, page), question)),
                _ => None,
            })
        })
    }

    /// Every question of the course, by the ids of its lesson and its own.
    fn question_ids(&self) -> impl Iterator<Item = (&str, &str)> {
        self.questions()
            .map(|((lesson, _), question)| (self.lessons[lesson].id.as_str(), question.id.as_str()))
    }

    /// The places of the questions that are due, mixed over the modules.
    pub fn due(&self) -> Vec<(usize, usize)> {
        let places: Vec<_> = self.questions().map(|(place, _)| place).collect();
        let due = self
            .progress
            .review
            .due(self.question_ids(), self.clock.now);
        due.into_iter().map(|at| places[at]).collect()
    }

    /// How many questions come back on each day from today on; today, those that are not due yet.
    pub fn week(&self) -> [usize; WEEK] {
        let mut week = [0; WEEK];
        let ahead = self.progress.review.ahead(self.question_ids(), self.clock);
        for day in ahead.filter(|day| *day < WEEK) {
            week[day] += 1;
        }
        week
    }

    /// When the next question comes back that is not due yet.
    pub fn next_due(&self) -> Option<u64> {
        self.progress
            .review
            .next(self.question_ids(), self.clock.now)
    }

    /// The clock, as the runtime last told it.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// The sitting of the concept test that is open: the one before the course until it is complete, then the one after.
    pub fn sitting(&self) -> Sitting {
        match self.left_open(Sitting::Before).is_empty() {
            false => Sitting::Before,
            true => Sitting::After,
        }
    }

    /// Whether both sittings of the concept test are complete.
    pub fn test_is_done(&self) -> bool {
        let done = |sitting: &Sitting| self.left_open(*sitting).is_empty();
        Sitting::BOTH.iter().all(done)
    }

    /// The pages of the test whose questions were not answered in a sitting.
    fn left_open(&self, sitting: Sitting) -> Vec<usize> {
        let Some(test) = &self.concept_test else {
            return Vec::new();
        };
        let answered =
            |question: &Question| self.progress.answered(sitting.id(), &question.id).is_some();
        let open = |page: &usize| matches!(&test.pages[*page].target, Some(Target::Question(question)) if !answered(question));
        (0..test.pages.len()).filter(open).collect()
    }

    /// Asks what is due. Where nothing is, the round is over as it begins, and says what comes when.
    pub(super) fn open_review(&mut self) -> Vec<Effect> {
        let due = self.due();
        self.begin(RoundKind::Review, due)
    }

    /// Goes on with the concept test where it was left; its end says how it went.
    pub(super) fn open_test(&mut self) -> Vec<Effect> {
        let sitting = self.sitting();
        let pages = self.left_open(sitting);
        let places = pages.into_iter().map(|page| (0, page)).collect();
        self.begin(RoundKind::Test(sitting), places)
    }

    fn begin(&mut self, kind: RoundKind, places: Vec<(usize, usize)>) -> Vec<Effect> {
        let item = |(lesson, page): (usize, usize)| {
            let (from, under) = match kind {
                RoundKind::Review => (self.lessons.get(lesson)?, self.lessons[lesson].id.as_str()),
                RoundKind::Test(sitting) => (self.concept_test.as_ref()?, sitting.id()),
            };
            let shown = from.pages.get(page)?;
            let turn = self.turn_of(under, shown);
            Some(RoundItem {
                lesson,
                page,
                state: PageState::new(shown, &self.figures, turn),
                first: None,
            })
        };
        let items = places.into_iter().filter_map(item).collect();
        self.round = Some(Round { kind, items, at: 0 });
        self.screen = Screen::Round;
        self.show_item();
        Vec::new()
    }

    /// The page of the question that is asked becomes the open one.
    pub(super) fn show_item(&mut self) {
        if let Some(item) = self.round.as_ref().and_then(Round::item) {
            (self.lesson, self.page) = (item.lesson, item.page);
        }
        self.pane = Pane::Text;
        self.scroll = 0;
    }

    /// To the next question or the one before; after the last one comes the end, and after it the course.
    pub(super) fn turn_round(&mut self, by: isize) {
        let Some(round) = &mut self.round else {
            return;
        };
        match round.at.checked_add_signed(by) {
            Some(at) if at <= round.items.len() => round.at = at,
            _ => self.screen = Screen::Course,
        }
        self.show_item();
    }

    /// An answer of a round was marked. True: nothing is said to it, and the next question follows.
    pub(super) fn marked_in_round(&mut self, right: bool) -> bool {
        let Some(round) = self.round.as_mut().filter(|_| self.screen == Screen::Round) else {
            return false;
        };
        let is_test = matches!(round.kind, RoundKind::Test(_));
        let at = round.at;
        if let Some(item) = round.items.get_mut(at) {
            item.first.get_or_insert(right);
            if let (PageState::Question(state), true) = (&mut item.state, is_test) {
                state.forget_verdict();
            }
        }
        is_test
    }

    /// Whether the question on the screen is one of a test.
    pub fn in_test(&self) -> bool {
        let round = self.round.as_ref().filter(|_| self.screen == Screen::Round);
        round.is_some_and(|round| matches!(round.kind, RoundKind::Test(_)))
    }

    /// The lesson's id under which an answer to the question on the screen is kept.
    pub(super) fn kept_under(&self) -> String {
        let round = self.round.as_ref().filter(|_| self.screen == Screen::Round);
        match round.map(|round| round.kind) {
            Some(RoundKind::Test(sitting)) => sitting.id().to_owned(),
            _ => self
                .lessons
                .get(self.lesson)
                .map_or_else(String::new, |lesson| lesson.id.clone()),
        }
    }

    /// The state of the question on the screen.
    pub(super) fn question_mut(&mut self) -> Option<&mut QuestionState> {
        match self.page_state_mut()? {
            PageState::Question(state) => Some(state),
            _ => None,
        }
    }

    /// How the sittings of the concept test went; none where there is no test.
    pub fn scores(&self) -> Option<[Option<concept::Score>; 2]> {
        let test = self.concept_test.as_ref()?;
        Some(self.progress.scores(test))
    }
}
