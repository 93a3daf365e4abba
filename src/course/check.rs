//! What does not fit the screen, what the form of questions gives away, and what too few questions leave untested.

use std::collections::HashMap;

use super::{
    catalogue::Catalogue,
    fault::{Fault, Position},
    kinds::{QuestionKind, Reaction},
    lesson::{Level, Page, Target},
    parse::Parsed,
    prose, sequence,
    text_budget::{COLUMN, LAB_COLUMN, LAB_PROSE, PROSE, Placed, TextBudget, TextKind, room},
};

/// Prose of a page with an experiment and what is said after its run, together: the figures stand below both.
const AFTER_RUN: [(TextBudget, &str); 2] = [(room(66, 10), "80x24"), (room(42, 15), "120x36")];

/// The rooms that a page's prose must fit, each with the screen that has it.
fn rooms(page: &Page) -> &'static [(TextBudget, &'static str)] {
    match &page.target {
        Some(Target::Lab(_) | Target::Trial(_)) => &[(LAB_PROSE, "80x24"), (LAB_COLUMN, "120x36")],
        Some(Target::Figure(_)) => &[(PROSE, "80x24"), (COLUMN, "120x36")],
        Some(Target::Question(_)) | None => &[(PROSE, "80x24")],
    }
}
/// Questions that an objective needs: one can be guessed.
const LEAST: usize = 2;

/// Reads a course as [`Catalogue::parse`] does, and adds to its faults what does not fit the screen, and what the
/// form of questions gives away.
pub fn check(files: &[(&str, &str)], figures: &[(&str, &str)]) -> (Catalogue, Vec<Fault>) {
    let (catalogue, parsed, mut faults) = Catalogue::parse_all(files, figures);
    for (file, parsed) in &parsed {
        let found = overflows(parsed).into_iter().chain(lint(parsed));
        faults.extend(found.map(|(at, what, advice)| Fault::new(file, at, what, advice)));
    }
    // The order of the course is known once all of it can be read.
    if parsed.iter().all(|(_, parsed)| parsed.faults.is_empty()) {
        faults.extend(sequence::check(&parsed, catalogue.words()));
    }
    faults.sort();
    (catalogue, faults)
}

/// Where something is wrong, what, and what to do.
type FormFault = (Position, String, &'static str);

/// Every text of a file that is too long for its room: a page's at the first line that does not fit, a block's
/// at its place.
fn overflows(parsed: &Parsed) -> Vec<FormFault> {
    let mut found = Vec::new();
    let pages = &parsed.lesson.pages;
    let ends = pages
        .iter()
        .skip(1)
        .map(|page| page.line)
        .chain([usize::MAX]);
    for ((page, lines), end) in pages.iter().zip(&parsed.prose_lines).zip(ends) {
        let here = |text: &&Placed| (page.line..end).contains(&text.position.line);
        let texts: Vec<&Placed> = parsed.notes.texts.iter().filter(here).collect();
        if let Some((line, rows, room, screen)) = page_overflow(page, lines) {
            let what = format!(
                "the page does not fit {screen}: {rows} rows of {} cells, and there is room for {}",
                room.width, room.height
            );
            let advice = "shorten it, or begin a page by ---";
            found.push((Position { line, column: 1 }, what, advice));
        }
        if let Some((at, width)) = broken_code(page, lines) {
            let what = format!(
                "the line of code is {width} cells wide and is broken at 80x24, where there is room for {}",
                PROSE.width
            );
            found.push((at, what, "break it where it reads best"));
        }
        for (position, what) in after_run(page, &texts) {
            found.push((position, what, "shorten it, or the page's text"));
        }
    }
    for text in &parsed.notes.texts {
        if text.kind.is_plain() && text.markdown.contains('`') {
            let what = "this text is shown as it stands, with its backticks".to_owned();
            found.push((text.position, what, "leave them out"));
        }
        let (name, room) = text.kind.name_and_room();
        let rows = match text.kind {
            TextKind::Line => prose::width(&text.markdown).div_ceil(room.width),
            _ => room.filled_rows(&text.markdown),
        };
        if rows > room.height {
            let what = format!(
                "{name} takes {rows} rows of {} cells, and there is room for {}",
                room.width, room.height
            );
            found.push((text.position, what, "shorten it"));
        }
    }
    found
}

/// The first line of the file that does not fit, how many rows there are, and which room of which screen it is.
fn page_overflow(page: &Page, lines: &[usize]) -> Option<(usize, usize, TextBudget, &'static str)> {
    rooms(page).iter().find_map(|(room, screen)| {
        let rows = prose::lay_out(&page.prose, room.width);
        let first = rows.get(room.height)?;
        let line = first.source.saturating_sub(1);
        let line = line.min(lines.len().checked_sub(1)?);
        Some((lines[line], rows.len(), *room, *screen))
    })
}

/// The first line of a page's fenced code that is wider than the page: where it stands, and how wide it is.
fn broken_code(page: &Page, lines: &[usize]) -> Option<(Position, usize)> {
    let is_fence = |text: &&str| text.starts_with("```");
    // A block without an end has been reported, and what follows it may be no code.
    if page.prose.lines().filter(is_fence).count() % 2 != 0 {
        return None;
    }
    let mut in_code = false;
    page.prose.lines().zip(lines).find_map(|(text, line)| {
        in_code ^= is_fence(&text);
        let width = prose::width(text);
        let is_broken = in_code && width > PROSE.width;
        is_broken.then_some((
            Position {
                line: *line,
                column: 1,
            },
            width,
        ))
    })
}

/// What is said after a page's run and leaves no room for the run's figures: where it stands, and what is wrong.
fn after_run(page: &Page, texts: &[&Placed]) -> Vec<(Position, String)> {
    let Some(predict) = page.predict() else {
        return Vec::new();
    };
    let reactions = predict.ask.reactions().into_iter().map(Reaction::markdown);
    let said: Vec<_> = reactions.chain([predict.explain.clone()]).collect();
    let said = texts.iter().filter(|text| said.contains(&text.markdown));
    let prose = AFTER_RUN.map(|(room, _)| prose::lay_out(&page.prose, room.width).len());
    said.filter_map(|text| {
        let too_long = AFTER_RUN.iter().zip(prose).find_map(|((room, screen), rows)| {
            let left = room.height.saturating_sub(rows);
            let rows = room.filled_rows(&text.markdown);
            (rows > left).then(|| {
                format!(
                    "{} takes {rows} rows of {} cells after the run, and the page's text leaves {left} at {screen}",
                    text.kind.name_and_room().0,
                    room.width
                )
            })
        });
        Some((text.position, too_long?))
    })
    .collect()
}

/// What the questions of a lesson give away, or leave untested.
fn lint(parsed: &Parsed) -> Vec<FormFault> {
    let mut found = Vec::new();
    for (objective, served) in &parsed.objectives {
        // None at all is a fault of the file, which has been reported.
        if (1..LEAST).contains(served) {
            let name = &objective.name;
            let what = format!("one question alone serves the objective '{name}'");
            let advice = "add a second one: a single answer can be guessed";
            found.push((objective.position, what, advice));
        }
    }
    let start = |line| Position { line, column: 1 };
    for question in parsed.lesson.questions() {
        let of_form = question.kind.lint().into_iter();
        found.extend(of_form.map(|(what, advice)| (start(question.line), what, advice)));
        found.extend(alike(&question.kind).map(|said| said_twice(question.line, &said)));
    }
    for page in &parsed.lesson.pages {
        let predict = page.predict().into_iter();
        let said = predict.flat_map(|predict| predict.ask.reactions());
        let said = said.filter(|said| !said.feedback.is_empty());
        let pairs = said.map(|said| (said.misconception.as_str(), said.feedback.as_str()));
        found.extend(same_feedback(pairs).map(|said| said_twice(page.line, said)));
    }
    found.extend(levels(parsed).map(|(what, advice)| (start(1), what, advice)));
    let crowded = crowded(parsed).map(|what| (start(1), what, "move some of them"));
    found.extend(crowded);
    found
}

fn said_twice(line: usize, said: &str) -> FormFault {
    let what = format!("two wrong answers get the same feedback, '{said}'");
    (
        Position { line, column: 1 },
        what,
        "answer each misconception",
    )
}

/// A lesson that says of some questions what they ask of the learner, and not of all; or that asks too often for what
/// a page has said.
fn levels(parsed: &Parsed) -> Option<(String, &'static str)> {
    let levels: Vec<_> = parsed.lesson.levels().collect();
    let marked: Vec<_> = levels.iter().flatten().collect();
    if marked.is_empty() {
        return None;
    }
    if marked.len() < levels.len() {
        let without = levels.len() - marked.len();
        let what = format!("{without} of {} questions have no level", levels.len());
        return Some((what, "write level = \"recall\", \"apply\" or \"analyse\""));
    }
    let recalled = marked.iter().filter(|level| ***level == Level::Recall);
    let recalled = recalled.count();
    (recalled * 2 > marked.len()).then(|| {
        let what = format!("{recalled} of {} questions ask for recall", marked.len());
        (what, "ask about cases that no page has worked out")
    })
}

/// What is said in the same words to two answers of a question that show different misconceptions.
fn alike(kind: &QuestionKind) -> Option<String> {
    let options = kind.export(None).options.into_iter();
    let said: Vec<_> = options.filter_map(|option| option.feedback).collect();
    let pairs = said.iter().filter_map(|said| said.split_once("\n\n"));
    same_feedback(pairs).map(str::to_owned)
}

/// The first feedback that answers two misconceptions, of pairs of misconception and feedback.
fn same_feedback<'t>(pairs: impl IntoIterator<Item = (&'t str, &'t str)>) -> Option<&'t str> {
    let mut said = HashMap::new();
    pairs.into_iter().find_map(|(misconception, feedback)| {
        let before = said.insert(feedback, misconception)?;
        (before != misconception).then_some(feedback)
    })
}

/// The right option at one place in most of a lesson's choices: the place gives it away.
fn crowded(parsed: &Parsed) -> Option<String> {
    let questions = parsed.lesson.questions();
    let places = questions.filter_map(|question| question.kind.right_place());
    let places: Vec<usize> = places.collect();
    let count = |at| places.iter().filter(|place| **place == at).count();
    let counts = (0..6).map(|at| (at, count(at)));
    let (at, count) = counts.max_by_key(|(_, count)| *count)?;
    (places.len() >= 5 && count * 3 > places.len() * 2).then(|| {
        format!(
            "in {count} of {} choices the right option stands at place {}",
            places.len(),
            at + 1
        )
    })
}
