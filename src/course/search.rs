//! Search over all that can be read: the pages of the lessons with their figures, the cards, the glossary. What is
//! asked is left out, so that no answer is found that way.

use std::ops::Range;

use crate::model::{Card, CardRow, Figure, Word};

use super::{
    lesson::{Lesson, Page, Target},
    prose,
};

/// Where something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// A word of the glossary, by its place in it.
    Word(usize),
    /// A card, by its place among the cards.
    Card(usize),
    /// A page of a lesson.
    Page {
        /// The lesson's place in the course, from 0.
        lesson: usize,
        /// The page's place in the lesson, from 0.
        page: usize,
    },
}

/// A text, and where in it what was looked for stands: byte ranges, in their order, none touching another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marked {
    pub text: String,
    pub marks: Vec<Range<usize>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    pub place: Place,
    /// The page's title, the card's, or the word itself.
    pub title: Marked,
    /// The line that has most of what was looked for; of a word that was looked for itself, what it means.
    pub line: Marked,
}

#[derive(Clone, Debug, Default)]
pub struct Index {
    texts: Vec<Indexed>,
}

#[derive(Clone, Debug)]
struct Indexed {
    place: Place,
    title: Text,
    lines: Vec<Text>,
}

/// A text as it is shown, and as it is compared: character by character in small letters.
#[derive(Clone, Debug)]
struct Text {
    shown: String,
    small: String,
}

/// One row a paragraph, item or line of code: nothing is folded.
const UNFOLDED: usize = 10_000;

impl Index {
    /// Words first, then cards, then pages in the order of the course.
    pub(crate) fn new(
        lessons: &[Lesson],
        figures: &[Figure],
        cards: &[Card],
        words: &[Word],
    ) -> Index {
        let mut texts = Vec::new();
        for (at, word) in words.iter().enumerate() {
            let mut lines = plain(&word.text);
            lines.push(Text::new(&word.forms.join(", ")));
            texts.push(Indexed::new(Place::Word(at), word.name(), lines));
        }
        for (at, card) in cards.iter().enumerate() {
            texts.push(Indexed::new(Place::Card(at), &card.title, card_lines(card)));
        }
        for (lesson, of) in lessons.iter().enumerate() {
            for (page, on) in of.pages.iter().enumerate() {
                let place = Place::Page { lesson, page };
                texts.push(Indexed::new(place, &on.title, page_lines(on, figures)));
            }
        }
        Index { texts }
    }

    /// What has all words of the query, in any order, whatever the case. First whose title it is, then where the title has them all, then
    /// where a line does, then where they stand in several; before all these, where each begins a word.
    pub fn find(&self, query: &str) -> Vec<Hit> {
        let small = smaller(query);
        let mut wanted: Vec<&str> = small.split_whitespace().collect();
        wanted.sort_unstable();
        wanted.dedup();
        if wanted.is_empty() {
            return Vec::new();
        }
        let whole = small.split_whitespace().collect::<Vec<_>>().join(" ");
        let ranked = |indexed: &Indexed| {
            let other = indexed.title.small != whole;
            Some(((other, indexed.rank(&wanted)?), indexed.hit(&wanted)))
        };
        let mut found: Vec<((bool, usize), Hit)> = self.texts.iter().filter_map(ranked).collect();
        found.sort_by_key(|(rank, _)| *rank);
        found.into_iter().map(|(_, hit)| hit).collect()
    }
}

fn card_lines(card: &Card) -> Vec<Text> {
    let mut lines: Vec<Text> = card.signature.iter().map(|line| Text::new(line)).collect();
    for said in [&card.counts, &card.conditions, &card.pitfalls, &card.since] {
        lines.extend(said.iter().flat_map(|line| plain(line)));
    }
    if let Some(table) = &card.table {
        for CardRow { what, cells } in &table.rows {
            let systems = table.columns.iter().zip(cells);
            let cells = systems.map(|(system, cell)| format!("{system}: {cell}"));
            let cells: Vec<String> = cells.collect();
            lines.push(Text::new(&format!("{what}. {}", cells.join("; "))));
        }
    }
    lines.extend(plain(&card.body));
    lines.push(Text::new(&card.sources.join("; ")));
    lines.push(Text::new(&card.name));
    lines
}

fn page_lines(page: &Page, figures: &[Figure]) -> Vec<Text> {
    let mut lines = plain(&page.prose);
    if let Some(Target::Figure(id)) = &page.target
        && let Some(figure) = figures.iter().find(|figure| figure.id == *id)
    {
        lines.push(Text::new(&figure.title));
        lines.extend(figure.steps.iter().map(|step| Text::new(&step.text)));
        lines.push(Text::new(&figure.source));
    }
    lines
}

/// The lines of a CommonMark text, without what only frames it.
fn plain(markdown: &str) -> Vec<Text> {
    let rows = prose::lay_out(markdown, UNFOLDED).into_iter();
    let texts = rows.map(|row| Text::new(&row.text()));
    texts
        .filter(|text| text.shown.contains(char::is_alphanumeric))
        .collect()
}

/// In small letters, character by character, so that places in it can be counted.
fn smaller(text: &str) -> String {
    let small = |c: char| {
        let mut small = c.to_lowercase();
        match (small.next(), small.next()) {
            (Some(one), None) => one,
            _ => c,
        }
    };
    text.chars().map(small).collect()
}

impl Text {
    /// Spaces of any kind are one space; what parts the cells of a table are two.
    fn new(text: &str) -> Text {
        let mut shown = String::new();
        for word in text.split(char::is_whitespace) {
            if !word.is_empty() {
                shown += word;
                shown.push(' ');
            } else if !shown.ends_with("  ") {
                shown.push(' ');
            }
        }
        let shown = shown.trim();
        let shown = shown.strip_prefix("• ").unwrap_or(shown).to_owned();
        let small = smaller(&shown);
        Text { shown, small }
    }

    fn has(&self, word: &str) -> bool {
        self.small.contains(word)
    }

    /// Whether a word of the text begins so. What begins with a sign, as in `(2)`, begins anywhere.
    fn begins(&self, word: &str) -> bool {
        let mut places = self.small.match_indices(word);
        places.any(|(at, _)| {
            !word.starts_with(char::is_alphanumeric)
                || !self.small[..at].ends_with(char::is_alphanumeric)
        })
    }

    /// How much of what is wanted is here: what begins a word counts double.
    fn worth(&self, wanted: &[&str]) -> usize {
        let worth = |word: &&str| usize::from(self.has(word)) + usize::from(self.begins(word));
        wanted.iter().map(worth).sum()
    }

    fn mark(&self, wanted: &[&str]) -> Marked {
        let places = wanted
            .iter()
            .flat_map(|word| self.small.match_indices(*word));
        let places = places.map(|(at, word)| at..at + word.len());
        let mut places: Vec<Range<usize>> = places.collect();
        places.sort_by_key(|place| (place.start, place.end));
        let mut marks: Vec<Range<usize>> = Vec::new();
        for place in places {
            match marks.last_mut() {
                Some(last) if place.start <= last.end => last.end = last.end.max(place.end),
                _ => marks.push(place),
            }
        }
        Marked {
            marks: marks.into_iter().map(|mark| self.as_shown(mark)).collect(),
            text: self.shown.clone(),
        }
    }

    /// A byte range of the small text as one of the text that is shown: both have the same characters, of which some
    /// may be longer in the one than in the other.
    fn as_shown(&self, range: Range<usize>) -> Range<usize> {
        let place = |at: usize| {
            let characters = self.small[..at].chars().count();
            let mut places = self.shown.char_indices().map(|(place, _)| place);
            places.nth(characters).unwrap_or(self.shown.len())
        };
        place(range.start)..place(range.end)
    }
}

impl Indexed {
    fn new(place: Place, title: &str, lines: Vec<Text>) -> Indexed {
        Indexed {
            place,
            title: Text::new(title),
            lines,
        }
    }

    fn texts(&self) -> impl Iterator<Item = &Text> {
        std::iter::once(&self.title).chain(&self.lines)
    }

    /// The lower the better; none where a word is missing.
    fn rank(&self, wanted: &[&str]) -> Option<usize> {
        let somewhere = |word: &&str| self.texts().any(|text| text.has(word));
        if !wanted.iter().all(somewhere) {
            return None;
        }
        let all_in = |text: &Text| wanted.iter().all(|word| text.has(word));
        let spread = match all_in(&self.title) {
            true => 0,
            false => 2 - usize::from(self.lines.iter().any(all_in)),
        };
        let begins = |word: &&str| self.texts().any(|text| text.begins(word));
        Some(spread + if wanted.iter().all(begins) { 0 } else { 3 })
    }

    fn hit(&self, wanted: &[&str]) -> Hit {
        // Who looks for a word wants its meaning, which stands first.
        let is_itself =
            matches!(self.place, Place::Word(_)) && wanted.iter().all(|word| self.title.has(word));
        let lines = if is_itself { 1 } else { self.lines.len() };
        // The first of those that are worth most.
        let lines = self.lines.iter().take(lines).rev();
        let best = lines.max_by_key(|line| line.worth(wanted));
        Hit {
            place: self.place,
            title: self.title.mark(wanted),
            line: best.map_or_else(Marked::default, |line| line.mark(wanted)),
        }
    }
}

impl Marked {
    /// The part around the first mark that fits so many cells, with `…` where something was left out.
    pub(crate) fn excerpt(&self, width: usize) -> Marked {
        if prose::width(&self.text) <= width {
            return self.clone();
        }
        let first = self.marks.first().cloned().unwrap_or_default();
        // From the beginning, if the match is soon enough. Else a third of the room shows what stands before it; more
        // where the end is near.
        let start = if prose::width(&self.text[..first.end]) <= width * 2 / 3 {
            0
        } else {
            let near = self.start_before(first.start, width / 3);
            near.min(self.start_before(self.text.len(), width.saturating_sub(1)))
        };
        let before = if start > 0 { "…" } else { "" };
        let room = width.saturating_sub(prose::width(before));
        let rest = &self.text[start..];
        let whole = prose::width(rest) <= room;
        let end = match whole {
            true => self.text.len(),
            false => start + fitting(rest, room.saturating_sub(1)),
        };
        let after = if whole { "" } else { "…" };
        let shift = |at: usize| at.clamp(start, end) - start + before.len();
        let marks = self.marks.iter();
        Marked {
            marks: marks
                .map(|mark| shift(mark.start)..shift(mark.end))
                .filter(|mark| !mark.is_empty())
                .collect(),
            text: format!("{before}{}{after}", &self.text[start..end]),
        }
    }

    /// The beginning of a word at most so many cells before a place.
    fn start_before(&self, place: usize, cells: usize) -> usize {
        let fits = |(at, _): &(usize, char)| prose::width(&self.text[*at..place]) <= cells;
        let before = self.text[..place].char_indices().rev().take_while(fits);
        let starts = before.filter_map(|(at, c)| match (at, c) {
            (0, _) => Some(0),
            (_, ' ') => Some(at + 1),
            _ => None,
        });
        starts.last().unwrap_or(place)
    }
}

/// How many bytes of a text fit so many cells.
fn fitting(text: &str, cells: usize) -> usize {
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
    let fit = ends.take_while(|end| prose::width(&text[..*end]) <= cells);
    fit.last().unwrap_or(0)
}

#[cfg(test)]
mod tests;
