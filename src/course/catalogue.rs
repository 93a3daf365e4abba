//! The course: all lessons, and the faults that only show between files.

use std::collections::HashMap;

use crate::model::{Card, Word};

use super::{
    card, concept,
    fault::{Fault, Position, instead, nearest},
    glossary,
    lesson::{Lesson, Question},
    parallel,
    parse::{self, Parsed},
};

/// The lessons of a course, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalogue {
    lessons: Vec<Lesson>,
    concept_test: Option<Lesson>,
    cards: Vec<Card>,
    words: Vec<Word>,
}

/// What one file gave.
enum FileRead {
    Card(Option<Box<Card>>, Vec<Fault>),
    Words(Vec<Word>, Vec<Fault>),
    Lesson(Box<Parsed>),
}

impl FileRead {
    fn of(file: &str, text: &str) -> FileRead {
        if card::name_of(file).is_some() {
            let (card, faults) = card::parse(file, text);
            FileRead::Card(card.map(Box::new), faults)
        } else if glossary::is_glossary(file) {
            let (words, faults) = glossary::parse(file, text);
            FileRead::Words(words, faults)
        } else {
            FileRead::Lesson(Box::new(parse::parse(file, text)))
        }
    }
}

impl Catalogue {
    /// Reads a course from (file name, text) of its lessons (`NN-id.md`), its concept test (`concept-test.md`), its
    /// glossary (`glossary.md`) and its cards (`cards/NAME.md`). Of its figures the names alone are looked at:
    /// `figure::figure` reads them. A lesson with a fault is left out and takes no other down; the faults are
    /// sorted by file, line and column.
    pub fn parse(files: &[(&str, &str)], figures: &[(&str, &str)]) -> (Catalogue, Vec<Fault>) {
        let (catalogue, _, faults) = Catalogue::parse_all(files, figures);
        (catalogue, faults)
    }

    /// The same, with what each file gave.
    pub(super) fn parse_all(
        files: &[(&str, &str)],
        figures: &[(&str, &str)],
    ) -> (Catalogue, Vec<(String, Parsed)>, Vec<Fault>) {
        let figures: Vec<_> = figures.iter().map(|(file, _)| stem(file)).collect();
        let mut parsed: Vec<(String, Parsed)> = Vec::new();
        let mut catalogue = Catalogue::default();
        let mut faults: Vec<Fault> = Vec::new();
        let read = parallel::map(files, |(file, text)| FileRead::of(file, text));
        for (read, (file, _)) in read.into_iter().zip(files) {
            match read {
                FileRead::Card(read, found) => {
                    catalogue
                        .cards
                        .extend(read.filter(|_| found.is_empty()).map(|card| *card));
                    faults.extend(found);
                }
                FileRead::Words(words, found) => {
                    catalogue.words.extend(words);
                    faults.extend(found);
                }
                FileRead::Lesson(read) => parsed.push(((*file).to_owned(), *read)),
            }
        }
        parsed.sort_by_key(|(file, parsed)| (parsed.lesson.number, file.clone()));
        catalogue.cards.sort_by(|a, b| a.name.cmp(&b.name));
        between_files(&mut parsed, &figures);
        faults.extend(parsed.iter().flat_map(|(_, parsed)| parsed.faults.clone()));
        faults.sort();
        for (_, parsed) in parsed.iter().filter(|(_, parsed)| parsed.faults.is_empty()) {
            let lesson = parsed.lesson.clone();
            match lesson.id == concept::ID {
                true => catalogue.concept_test = Some(lesson),
                false => catalogue.lessons.push(lesson),
            }
        }
        (catalogue, parsed, faults)
    }

    /// The test before and after the course, if there is one.
    pub fn concept_test(&self) -> Option<&Lesson> {
        self.concept_test.as_ref()
    }

    /// The reference cards, by name.
    pub fn cards(&self) -> &[Card] {
        &self.cards
    }

    /// The card that a person means: by name or by the beginning of it.
    ///
    /// # Errors
    /// One line that says what there is, and what may have been meant.
    pub fn card(&self, name: &str) -> Result<&Card, String> {
        let typed = name.trim().to_lowercase();
        let typed = typed.trim_end_matches("()");
        let exact = self.cards.iter().find(|card| card.name == typed);
        let cards = self.cards.iter();
        let mut begins = cards.filter(|card| !typed.is_empty() && card.name.starts_with(typed));
        if let Some(card) = exact.or_else(|| begins.next().filter(|_| begins.next().is_none())) {
            return Ok(card);
        }
        let names: Vec<_> = self.cards.iter().map(|card| card.name.as_str()).collect();
        Err(there_is_no(
            "card",
            name,
            nearest(typed, names.iter().copied()),
            &names,
        ))
    }

    /// The words of the glossary, by name.
    pub fn words(&self) -> &[Word] {
        &self.words
    }

    /// The lessons, in their order.
    pub fn lessons(&self) -> &[Lesson] {
        &self.lessons
    }

    /// The lesson of that id.
    pub fn lesson(&self, id: &str) -> Option<&Lesson> {
        self.lessons.iter().find(|lesson| lesson.id == id)
    }

    /// The lesson that a person means: by id, by number, by file name, or by the beginning of id or title.
    ///
    /// # Errors
    /// One line that says what there is, and what may have been meant.
    pub fn find(&self, name: &str) -> Result<&Lesson, String> {
        let name = name.trim();
        let number: Option<u32> = name.parse().ok();
        let is_file = |of: &Lesson| parse::name_of(name) == Some((of.number, of.id.as_str()));
        let is_it = |of: &&Lesson| of.id == name || Some(of.number) == number || is_file(of);
        if let Some(lesson) = self.lessons.iter().find(is_it) {
            return Ok(lesson);
        }
        let typed = name.to_lowercase();
        let begins = |name: &str| !typed.is_empty() && name.starts_with(&typed);
        let begins = |of: &&Lesson| begins(&of.id) || begins(&of.title.to_lowercase());
        let begins: Vec<_> = self.lessons.iter().filter(begins).collect();
        fn id(lesson: &Lesson) -> &str {
            &lesson.id
        }
        match begins[..] {
            [lesson] => Ok(lesson),
            [] if self.lessons.is_empty() => Err(format!(
                "there is no lesson '{name}': there are no lessons here"
            )),
            [] => {
                let ids: Vec<_> = self.lessons.iter().map(id).collect();
                Err(there_is_no(
                    "lesson",
                    name,
                    nearest(name, ids.iter().copied()),
                    &ids,
                ))
            }
            _ => Err(format!(
                "'{name}' begins the name of several lessons: {}",
                begins.into_iter().map(id).collect::<Vec<_>>().join(", ")
            )),
        }
    }

    /// Every question of the course, with its lesson.
    pub fn questions(&self) -> impl Iterator<Item = (&Lesson, &Question)> {
        let lessons = self.lessons.iter();
        lessons.flat_map(|lesson| lesson.questions().map(move |question| (lesson, question)))
    }

    /// The question of that id, with its lesson.
    pub fn question(&self, id: &str) -> Option<(&Lesson, &Question)> {
        self.questions().find(|(_, question)| question.id == id)
    }
}

fn there_is_no(what: &str, name: &str, meant: Option<&str>, all: &[&str]) -> String {
    let question = meant.map_or(String::new(), |meant| format!(" (did you mean {meant}?)"));
    let all = all.join(", ");
    format!("there is no {what} '{name}'{question}: there are {all}")
}

/// What only shows between files: numbers and ids that stand twice, figures that are not there.
fn between_files(parsed: &mut [(String, Parsed)], figures: &[&str]) {
    let mut lessons: HashMap<String, String> = HashMap::new();
    let mut numbers: HashMap<u32, String> = HashMap::new();
    let mut ids: HashMap<String, (String, Position)> = HashMap::new();
    for (file, parsed) in parsed {
        let mut found = Vec::new();
        let start = Position { line: 1, column: 1 };
        let Lesson { id, number, .. } = &parsed.lesson;
        if let Some(other) = lessons.insert(id.clone(), file.clone()) {
            let what = format!("the lesson '{id}' is also {other}");
            found.push((start, what, "give it another id".to_owned()));
        }
        let other = numbers.insert(*number, file.clone());
        if let Some(other) = other.filter(|_| *number > 0) {
            let what = format!("the number {number:02} is also that of {other}");
            found.push((start, what, "give it another number".to_owned()));
        }
        for named in &parsed.notes.ids {
            let here = (file.clone(), named.position);
            if let Some((file, Position { line, .. })) = ids.insert(named.name.clone(), here) {
                let what = format!("the id '{}' stands also in {file}:{line}", named.name);
                found.push((named.position, what, "give it another id".to_owned()));
            }
        }
        for named in &parsed.notes.figures {
            if figures.contains(&named.name.as_str()) {
                continue;
            }
            let advice = instead(&named.name, figures.iter().copied(), || match figures {
                [] => "there are no figures here".to_owned(),
                _ => format!("there are {}", figures.join(", ")),
            });
            let what = format!("there is no figure '{}'", named.name);
            found.push((named.position, what, advice));
        }
        let found = found.into_iter();
        let found = found.map(|(at, what, advice)| Fault::new(file, at, what, advice));
        parsed.faults.extend(found);
        parsed.faults.sort();
    }
}

/// `classic-path` of `classic-path.toml`.
fn stem(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.strip_suffix(".toml").unwrap_or(name)
}
