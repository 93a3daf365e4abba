//! What stands before its turn, over the whole course in reading order: a question whose answer the text has already
//! given, and a term of the glossary that is used before any text links to its meaning.

use std::collections::{HashMap, HashSet};

use super::{
    fault::{Fault, instead},
    glossary,
    lesson::{Lesson, Page},
    parse::Parsed,
    report::Named,
    text_budget::{Placed, TextKind},
};
use crate::model::Word;

/// A page of the course: the place of its lesson, and its own within the lesson.
type Turn = (usize, usize);

/// The faults of lessons in their order. Lessons of number 0 (the concept test) are asked outside of that order.
pub(super) fn check(parsed: &[(String, Parsed)], words: &[Word]) -> Vec<Fault> {
    let lessons: Vec<_> = parsed
        .iter()
        .filter(|(_, parsed)| parsed.lesson.number > 0)
        .collect();
    let mut found = answered_too_early(&lessons);
    found.extend(used_too_early(&lessons, words));
    found
}

/// Each page that declares that it answers a question must come after the question's own page.
fn answered_too_early(lessons: &[&(String, Parsed)]) -> Vec<Fault> {
    let mut asked: HashMap<&str, Turn> = HashMap::new();
    for (at, (_, parsed)) in lessons.iter().enumerate() {
        for (page, of) in parsed.lesson.pages.iter().enumerate() {
            asked.extend(asked_on(of).map(|id| (id, (at, page))));
        }
    }
    let mut found = Vec::new();
    for (at, (file, parsed)) in lessons.iter().enumerate() {
        for Named { name, position } in &parsed.notes.answers {
            let here = (at, page_of(&parsed.lesson, position.line));
            let (what, advice) = match asked.get(name.as_str()) {
                // A lesson that is checked alone may answer what another one asks.
                None if lessons.len() == 1 => continue,
                None => (
                    format!("there is no question or prediction '{name}'"),
                    instead(name, asked.keys().copied(), || {
                        "write the id of one".to_owned()
                    }),
                ),
                Some(there) if *there < here => continue,
                Some(_) => (
                    format!("this page answers '{name}', which is asked only later"),
                    "ask before you tell: move the question to an earlier page".to_owned(),
                ),
            };
            found.push(Fault::new(file, *position, what, advice));
        }
    }
    found
}

/// The ids of what a page asks.
fn asked_on(page: &Page) -> impl Iterator<Item = &str> {
    let predict = page.predict().map(|predict| predict.id.as_str());
    let question = page.question().map(|question| question.id.as_str());
    predict.into_iter().chain(question)
}

/// The page on which a line of a lesson's file stands.
fn page_of(lesson: &Lesson, line: usize) -> usize {
    let begun = lesson.pages.partition_point(|page| page.line <= line);
    begun.saturating_sub(1)
}

/// A page's prose links each term that it uses to the glossary. Questions, options and feedback link nothing: a term
/// in them must have been linked before.
fn used_too_early(lessons: &[&(String, Parsed)], words: &[Word]) -> Vec<Fault> {
    let mut linked: HashSet<usize> = HashSet::new();
    let mut reported: HashSet<usize> = HashSet::new();
    let mut found = Vec::new();
    for (file, parsed) in lessons {
        for (at, page) in parsed.lesson.pages.iter().enumerate() {
            linked.extend(glossary::words_in(words, &page.prose));
            let texts = parsed.notes.texts.iter();
            let texts = texts.filter(|text| page_of(&parsed.lesson, text.position.line) == at);
            for text in texts.filter(|text| text.kind != TextKind::Line) {
                for word in glossary::words_outside_code(words, &text.markdown) {
                    if !linked.contains(&word) && reported.insert(word) {
                        found.push(early(file, text, &words[word]));
                    }
                }
            }
        }
    }
    found
}

fn early(file: &str, text: &Placed, word: &Word) -> Fault {
    let what = format!(
        "{} uses '{}', and no page's text has linked it to the glossary yet",
        text.kind.name_and_room().0,
        word.name()
    );
    let advice = "explain it in the text of this page or an earlier one, or say it in plain words";
    Fault::new(file, text.position, what, advice)
}
