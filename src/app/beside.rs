//! What stands beside a question: the run that answers it or that it speaks of, else a figure of its lesson.

use std::iter;

use super::{PageAt, Run, Shared};
use crate::course::{Lesson, Question, Target};
use crate::model::{Figure, TransferSpec};

/// What stands beside a question.
#[derive(Clone, Copy)]
pub(crate) enum Beside<'a> {
    /// The learner's own run.
    Run(&'a Run),
    /// The transfer that will answer it, before it has run.
    Before(&'a TransferSpec),
    /// The figure that its lesson had on the page of that index. What it draws is shown when the answer is known.
    Figure(&'a Figure, usize),
}

impl Shared {
    /// What stands beside the question of a page. Never what would answer it, before it is answered.
    pub(crate) fn beside_at(&self, at: PageAt) -> Option<Beside<'_>> {
        let (question, _) = self.question_at(at).filter(|_| !at.in_test())?;
        if let Some(spec) = spec_of(question) {
            let run = self.run_of(spec).filter(|_| self.answer_is_known(at));
            return Some(run.map_or(Beside::Before(spec), Beside::Run));
        }
        if let Some(run) = self.run_spoken_of(at, question) {
            return Some(Beside::Run(run));
        }
        self.figure_before(at, question)
    }

    /// What stands beside a question that a class is asked: no run before the room shows the answer.
    pub(crate) fn beside_of_seat(&self, at: PageAt, revealed: bool) -> Option<Beside<'_>> {
        let page = self.page_at(at)?;
        let Some(question) = page.question() else {
            return match page.target.as_ref()? {
                Target::Lab(lab) => Some(Beside::Before(&lab.spec)),
                _ => None,
            };
        };
        let run = |spec: &TransferSpec| self.run_of(spec).filter(|_| revealed).map(Beside::Run);
        match spec_of(question) {
            Some(spec) => run(spec).or(Some(Beside::Before(spec))),
            None => self.figure_before(at, question),
        }
    }

    /// Whether the answer to a page's question is on the screen.
    pub(crate) fn answer_is_known(&self, at: PageAt) -> bool {
        let asked = self.question_at(at);
        asked.is_some_and(|(_, state)| state.is_right() || state.explained)
    }

    /// The run beside a question, where one is.
    pub(crate) fn evidence_at(&self, at: PageAt) -> Option<&Run> {
        match self.beside_at(at)? {
            Beside::Run(run) => Some(run),
            _ => None,
        }
    }

    /// The newest run of the lesson's transfers, or of their methods, if the question asks about its figures: it names a
    /// call of the run, and something that is counted.
    fn run_spoken_of(&self, at: PageAt, question: &Question) -> Option<&Run> {
        const COUNTED: [&str; 6] = [
            "how many",
            "how often",
            "mode switch",
            "context switch",
            "system calls",
            "copies per byte",
        ];
        let words = asked(question).to_lowercase();
        if !COUNTED.iter().any(|counted| words.contains(counted)) {
            return None;
        }
        let names_a_call = |run: &&Run| {
            let mut calls = run.summary.calls_by_name.keys();
            words.contains(run.recording.spec.method.name())
                || calls.any(|call| words.contains(&format!("{call}()")))
        };
        let specs = || self.lesson_at(at).into_iter().flat_map(Lesson::labs);
        let newest = |bears: &dyn Fn(&TransferSpec) -> bool| {
            let mut runs = self.runs.iter().rev();
            runs.find(|run| bears(&run.recording.spec) && names_a_call(run))
        };
        newest(&|spec| specs().any(|lab| lab.spec == *spec))
            .or_else(|| newest(&|spec| specs().any(|lab| lab.spec.method == spec.method)))
    }

    /// The last figure of the lesson before a page, else its first one: where the question speaks of a call or a place
    /// that it draws.
    fn figure_before(&self, at: PageAt, question: &Question) -> Option<Beside<'_>> {
        let words = asked(question).to_lowercase();
        let pages = &self.lesson_at(at)?.pages;
        let figure = |page: usize| match &pages[page].target {
            Some(Target::Figure(id)) => {
                let mut figures = self.material.figures.iter();
                let figure = figures.find(|figure| figure.id == *id)?;
                draws(figure, &words).then_some(Beside::Figure(figure, page))
            }
            _ => None,
        };
        let before = (0..at.page.min(pages.len())).rev();
        let after = at.page..pages.len();
        before.chain(after).find_map(figure)
    }
}

/// The transfer whose figure answers a question.
fn spec_of(question: &Question) -> Option<&TransferSpec> {
    question.kind.run().map(|(spec, _)| spec)
}

/// All that a question says before it is answered: a paragraph each for the question and what it lists.
pub(super) fn asked(question: &Question) -> String {
    let items = question
        .kind
        .plain()
        .items
        .into_iter()
        .map(|(_, text)| text);
    let all: Vec<String> = iter::once(question.text.clone()).chain(items).collect();
    all.join("\n\n")
}

/// Whether a figure draws something that these words name.
fn draws(figure: &Figure, words: &str) -> bool {
    let mut calls = figure.steps.iter().filter_map(|step| step.call.as_ref());
    let mut places = figure
        .places
        .iter()
        .map(|place| place.title().to_lowercase());
    calls.any(|call| words.contains(&call.to_lowercase()))
        || places.any(|place| words.contains(&place))
        || ["copy", "copies", "copied", "dma", "buffer", "socket"]
            .iter()
            .any(|word| words.contains(word))
}
