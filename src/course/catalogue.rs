//! The course: all lessons and figures, and the faults that only show between files.

use std::collections::HashMap;

use crate::model::{Figure, Lesson, Objective, Predict, Question, Target};

use super::{
    fault::{Fault, Position, Reporter, nearest},
    parse::{self, Parsed},
};

/// The lessons of a course, in their order, and its figures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalogue {
    lessons: Vec<Lesson>,
    figures: Vec<Figure>,
}

impl Catalogue {
    /// Reads a course from (file name, text) of its lessons and figures. A lesson or figure with a fault is left
    /// out and takes no other down; the faults are sorted by file, line and column.
    pub fn parse(files: &[(&str, &str)], figures: &[(&str, &str)]) -> (Catalogue, Vec<Fault>) {
        let (catalogue, _, faults) = Catalogue::parse_all(files, figures);
        (catalogue, faults)
    }

    /// The same, with what each file gave.
    pub(super) fn parse_all(
        files: &[(&str, &str)],
        figures: &[(&str, &str)],
    ) -> (Catalogue, Vec<(String, Parsed)>, Vec<Fault>) {
        let mut faults = Vec::new();
        let mut known_figures = Vec::new();
        let mut named_figures = Vec::new();
        for (file, text) in figures {
            named_figures.push(stem(file));
            match read_figure(file, text) {
                Ok(figure) => known_figures.push(figure),
                Err(found) => faults.extend(found),
            }
        }
        let mut parsed: Vec<(String, Parsed)> = files
            .iter()
            .map(|(file, text)| ((*file).to_owned(), parse::parse(file, text)))
            .collect();
        parsed.sort_by_key(|(file, parsed)| (parsed.lesson.number, file.clone()));
        between_files(&mut parsed, &named_figures);
        faults.extend(parsed.iter().flat_map(|(_, parsed)| parsed.faults.clone()));
        faults.sort();
        let lessons = parsed
            .iter()
            .filter(|(_, parsed)| parsed.faults.is_empty())
            .map(|(_, parsed)| parsed.lesson.clone())
            .collect();
        let catalogue = Catalogue {
            lessons,
            figures: known_figures,
        };
        (catalogue, parsed, faults)
    }

    /// The lessons, in their order.
    pub fn lessons(&self) -> &[Lesson] {
        &self.lessons
    }

    /// The lesson of that id.
    pub fn lesson(&self, id: &str) -> Option<&Lesson> {
        self.lessons.iter().find(|lesson| lesson.id == id)
    }

    /// The figures.
    pub fn figures(&self) -> &[Figure] {
        &self.figures
    }

    /// The figure of that id.
    pub fn figure(&self, id: &str) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.id == id)
    }

    /// The lesson that a person means: by id, by number, by file name, or by the beginning of id or title.
    ///
    /// # Errors
    /// One line that says what there is, and what may have been meant.
    pub fn find(&self, name: &str) -> Result<&Lesson, String> {
        let name = name.trim();
        let number: Option<u32> = name.parse().ok();
        let exact = self.lessons.iter().find(|lesson| {
            lesson.id == name
                || Some(lesson.number) == number
                || parse::name_of(name) == Some((lesson.number, lesson.id.as_str()))
        });
        if let Some(lesson) = exact {
            return Ok(lesson);
        }
        let typed = name.to_lowercase();
        let begins: Vec<_> = self
            .lessons
            .iter()
            .filter(|lesson| {
                !typed.is_empty()
                    && (lesson.id.starts_with(&typed)
                        || lesson.title.to_lowercase().starts_with(&typed))
            })
            .collect();
        match begins[..] {
            [lesson] => Ok(lesson),
            [] => Err(self.no_lesson(name)),
            _ => Err(format!(
                "'{name}' begins the name of several lessons: {}",
                ids(begins)
            )),
        }
    }

    fn no_lesson(&self, name: &str) -> String {
        if self.lessons.is_empty() {
            return format!("there is no lesson '{name}': there are no lessons here");
        }
        let meant = nearest(name, self.lessons.iter().map(|lesson| lesson.id.as_str()));
        let question = meant.map_or(String::new(), |meant| format!(" (did you mean {meant}?)"));
        format!(
            "there is no lesson '{name}'{question}: there are {}",
            ids(self.lessons.iter().collect())
        )
    }

    /// Every question of the course, with its lesson.
    pub fn questions(&self) -> impl Iterator<Item = (&Lesson, &Question)> {
        self.lessons
            .iter()
            .flat_map(|lesson| questions(lesson).map(move |question| (lesson, question)))
    }

    /// The question of that id, with its lesson.
    pub fn question(&self, id: &str) -> Option<(&Lesson, &Question)> {
        self.questions().find(|(_, question)| question.id == id)
    }
}

fn ids(lessons: Vec<&Lesson>) -> String {
    let ids: Vec<_> = lessons.iter().map(|lesson| lesson.id.as_str()).collect();
    ids.join(", ")
}

/// The questions of a lesson, in their order.
pub fn questions(lesson: &Lesson) -> impl Iterator<Item = &Question> {
    lesson.pages.iter().filter_map(|page| match &page.target {
        Some(Target::Question(question)) => Some(question),
        _ => None,
    })
}

/// The predictions of a lesson, in their order.
pub fn predictions(lesson: &Lesson) -> impl Iterator<Item = &Predict> {
    lesson.pages.iter().filter_map(|page| match &page.target {
        Some(Target::Lab(lab)) => lab.predict.as_ref(),
        _ => None,
    })
}

/// The objective of that id.
pub fn objective<'a>(lesson: &'a Lesson, id: &str) -> Option<&'a Objective> {
    lesson
        .objectives
        .iter()
        .find(|objective| objective.id == id)
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
        if let Some(other) = numbers
            .insert(*number, file.clone())
            .filter(|_| *number > 0)
        {
            let what = format!("the number {number:02} is also that of {other}");
            found.push((start, what, "give it another number".to_owned()));
        }
        for named in &parsed.ids {
            let here = (file.clone(), named.position);
            if let Some((file, Position { line, .. })) = ids.insert(named.name.clone(), here) {
                let what = format!("the id '{}' stands also in {file}:{line}", named.name);
                found.push((named.position, what, "give it another id".to_owned()));
            }
        }
        for named in &parsed.figures {
            if figures.contains(&named.name.as_str()) {
                continue;
            }
            let advice = match nearest(&named.name, figures.iter().copied()) {
                Some(meant) => format!("did you mean {meant}?"),
                None if figures.is_empty() => "there are no figures here".to_owned(),
                None => format!("there are {}", figures.join(", ")),
            };
            let what = format!("there is no figure '{}'", named.name);
            found.push((named.position, what, advice));
        }
        for (Position { line, column }, what, advice) in found {
            parsed.faults.push(Fault {
                file: file.clone(),
                line,
                column,
                what,
                advice,
            });
        }
        parsed.faults.sort();
    }
}

/// `classic-path` of `classic-path.toml`.
fn stem(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.strip_suffix(".toml").unwrap_or(name)
}

/// Reads a figure; its id is the file's name.
fn read_figure(file: &str, text: &str) -> Result<Figure, Vec<Fault>> {
    let mut report = Reporter::new(file, text);
    let figure = match toml::from_str::<Figure>(text) {
        Ok(figure) => figure,
        Err(error) => {
            let offset = error.span().map_or(0, |span| span.start);
            report.fault(
                offset,
                error.message(),
                "write it as the other figures are written",
            );
            return Err(report.faults);
        }
    };
    if !figure.id.is_empty() && figure.id != stem(file) {
        let at = text.find("id").unwrap_or(0);
        let what = format!("the figure's id '{}' is not the file's name", figure.id);
        report.fault(at, what, format!("write {}", stem(file)));
    }
    if figure.steps.is_empty() {
        report.fault(0, "the figure has no steps", "add a [[steps]]");
    }
    // Each step's place in the text, so that a fault of it is reported there.
    let offsets: Vec<_> = text.match_indices("[[steps]]").map(|(at, _)| at).collect();
    for (index, step) in figure.steps.iter().enumerate() {
        for place in step.hops.iter().flat_map(|hop| [hop.from, hop.to]) {
            if !figure.places.contains(&place) {
                let what = format!("step {} uses the place {}", index + 1, place.name());
                let offset = offsets.get(index).copied().unwrap_or(0);
                report.fault(offset, what, "add it to places");
            }
        }
    }
    if report.faults.is_empty() {
        Ok(Figure {
            id: stem(file).to_owned(),
            ..figure
        })
    } else {
        Err(report.faults)
    }
}
