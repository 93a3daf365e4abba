//! How long a lesson takes: counted from what there is to read, to answer and to run.

use super::{
    lesson::{Lesson, Page},
    text_budget::{Placed, TextKind},
};

/// Words that are read in a minute: the mean of silent reading of English non-fiction (Brysbaert, "How many words do
/// we read per minute?", Journal of Memory and Language 109, 2019).
const WORDS: usize = 238;
/// Seconds of thought for a question or a prediction, besides the reading of it: half of the 90 seconds that a medical
/// licensing examination gives for an item with its reading (USMLE: up to 40 items in 60 minutes), of which ours
/// have half the words. An estimate; it was not measured with learners.
const THOUGHT: usize = 45;
/// Seconds to start an experiment and to look at what comes of it. An estimate, as well.
const RUN: usize = 30;

/// Minutes, rounded, at least 1. `texts` are those of its blocks: of these, hints and feedback are read
/// by some learners alone, and are not counted.
pub(super) fn of(lesson: &Lesson, texts: &[Placed]) -> u32 {
    let pages = lesson.pages.iter();
    let prose = pages.map(|page: &Page| words(&page.title) + words(&page.prose));
    let asked = texts
        .iter()
        .filter(|text| !matches!(text.kind, TextKind::Reaction | TextKind::Hint));
    let asked = asked.map(|text| words(&text.markdown));
    let words = prose.sum::<usize>() + asked.sum::<usize>();
    let questions = lesson.questions().count() + lesson.predictions().count();
    let runs = lesson
        .pages
        .iter()
        .filter(|page| page.has_experiment())
        .count();
    let seconds = words * 60 / WORDS + questions * THOUGHT + runs * RUN;
    ((seconds + 30) / 60).max(1) as u32
}

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}
