//! The glossary (`glossary.md`): words, and where a text uses them.

use std::{collections::HashSet, ops::Range};

use crate::model::{Word, limits::GLOSSARY_WORDS};

use super::{
    block::Block,
    fault::Fault,
    front::{Front, front},
    pages::rows,
    prose::{self, Style},
    report::Report,
};

pub(crate) const FILE: &str = "glossary.md";
/// The rows of 60 columns that a word has on the screen.
const ROWS: usize = 10;
const WIDTH: usize = 60;

/// Whether a file is the glossary.
pub(crate) fn is_glossary(file: &str) -> bool {
    file.rsplit('/').next() == Some(FILE)
}

/// Reads the glossary: after the front matter, which has a `title`, each word is a heading `## word, other form` and
/// what it means.
pub(crate) fn parse(file: &str, text: &str) -> (Vec<Word>, Vec<Fault>) {
    let report = Report::new(file, text);
    let body = match front(&report, text, "title") {
        Front::Found(base, source, body) => {
            if let Some(mut block) = Block::parse(&report, "glossary", 0, base, source) {
                block.need_text("title");
                block.finish();
            }
            body
        }
        _ => return (Vec::new(), report.finish().0),
    };
    let mut words = read(&report, text, body);
    let lines = rows(text);
    for word in &mut words {
        word.text = word.text.trim().to_owned();
        let offset = lines[word.line - 1].start;
        let rows = prose::lay_out(&word.text, WIDTH).len();
        if word.forms.is_empty() || word.text.is_empty() {
            report.fault(
                offset,
                "a word without a meaning",
                "write it as '## word', then what it means",
            );
        } else if rows > ROWS {
            let what = format!(
                "the meaning takes {rows} rows of {WIDTH} cells, and there is room for {ROWS}"
            );
            report.fault(offset, what, "shorten it");
        }
    }
    words.sort_by_key(|word| word.name().to_lowercase());
    (words, report.finish().0)
}

/// The words of a body that starts there, each with the lines below its heading.
fn read(report: &Report, text: &str, body: usize) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut known = HashSet::new();
    let mut at = body;
    let first = text[..body].matches('\n').count() + 1;
    for (line, number) in text[body..].split_inclusive('\n').zip(first..) {
        if let Some(heading) = line.strip_prefix("## ") {
            let forms = heading.split(',').map(|form| form.trim().to_owned());
            let forms: Vec<String> = forms.filter(|form| !form.is_empty()).collect();
            if words.len() == GLOSSARY_WORDS {
                let what = format!("more than {GLOSSARY_WORDS} words");
                report.fault(at, what, "take some out");
                break;
            }
            let twice = |form: &&String| known.contains(*form);
            for form in forms.iter().filter(twice) {
                let what = format!("'{form}' stands here twice");
                report.fault(at, what, "leave one of the two");
            }
            known.extend(forms.iter().cloned());
            words.push(Word {
                forms,
                text: String::new(),
                line: number,
            });
        } else if let Some(word) = words.last_mut() {
            word.text += line;
        } else if !line.trim().is_empty() {
            let advice = "begin with a line '## word'";
            report.fault(at, "a text before the first word", advice);
        }
        at += line.len();
    }
    words
}

/// The word that a person means, by one of its forms, whatever the case.
pub(crate) fn find<'w>(words: &'w [Word], name: &str) -> Option<&'w Word> {
    let name = name.trim().to_lowercase();
    let is_it = |word: &&Word| word.forms.iter().any(|form| form.to_lowercase() == name);
    words.iter().find(is_it)
}

/// A piece of a row that is a word's first use, or a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Use {
    pub word: usize,
    pub row: usize,
    pub cells: Range<usize>,
}

/// The first use of each word in rows that are laid out; what is not prose (blocks of code, where links go) uses none.
/// A use that goes on in the next row has a piece in each.
pub(crate) fn uses_in(words: &[Word], rows: &[prose::Line]) -> Vec<Use> {
    let mut text = String::new();
    // Where each row's text begins, and the margin that was left out before it.
    let mut starts = Vec::new();
    for row in rows {
        let prose = prose_of(row);
        let margin = prose.len() - prose.trim_start().len();
        starts.push((text.len(), margin));
        text += &prose[margin..];
        text.push(' ');
    }
    let mut found = Vec::new();
    for (range, word) in uses(words, &text) {
        for (row, (start, margin)) in starts.iter().enumerate() {
            let whole = rows[row].text();
            let from = range.start.max(*start);
            let to = range.end.min(start + whole.len() - margin);
            if from < to {
                let cell = |at: usize| prose::width(&whole[..at - start + margin]);
                let cells = cell(from)..cell(to);
                found.push(Use { word, row, cells });
            }
        }
    }
    found
}

/// The words that a text uses, as the screen links them.
pub(crate) fn words_in(words: &[Word], markdown: &str) -> Vec<usize> {
    let rows = prose::lay_out(markdown, WIDTH);
    let found = uses_in(words, &rows).into_iter();
    found.map(|found| found.word).collect()
}

/// The same without what stands in code.
pub(crate) fn words_outside_code(words: &[Word], markdown: &str) -> Vec<usize> {
    let mut rows = prose::lay_out(markdown, WIDTH);
    let spans = rows.iter_mut().flat_map(|row| &mut row.spans);
    for span in spans.filter(|span| span.style == Style::Code) {
        span.text = "\0".repeat(span.text.len());
    }
    let found = uses_in(words, &rows).into_iter();
    found.map(|found| found.word).collect()
}

/// A row's text, what is not prose in it blotted out byte by byte.
fn prose_of(row: &prose::Line) -> String {
    let is_code = |span: &prose::Span| span.style == Style::Code || span.text.trim().is_empty();
    let all_code = row.spans.iter().all(is_code);
    let blot = |span: &prose::Span| all_code || matches!(span.style, Style::Link | Style::Dim);
    row.spans
        .iter()
        .map(|span| match blot(span) {
            true => "\0".repeat(span.text.len()),
            false => span.text.clone(),
        })
        .collect()
}

/// The first use of each word in a text: its byte range and its place among `words`. Of two that overlap the longer
/// one counts: `page cache` is no `page`. A word in capitals is used in capitals: to be copied is not `COPIED`.
pub(crate) fn uses(words: &[Word], text: &str) -> Vec<(Range<usize>, usize)> {
    let lower = text.to_ascii_lowercase();
    let all = words.iter().enumerate();
    let all = all.flat_map(|(at, word)| word.forms.iter().map(move |form| (at, form)));
    let mut forms: Vec<(usize, &String)> = all.collect();
    forms.sort_by_key(|(_, form)| std::cmp::Reverse(form.len()));
    let mut taken: Vec<(Range<usize>, usize)> = Vec::new();
    for (word, form) in forms {
        let is_capitals = !form.contains(|c: char| c.is_ascii_lowercase());
        let (text, form) = match is_capitals {
            true => (text, form.clone()),
            false => (lower.as_str(), form.to_ascii_lowercase()),
        };
        for (at, _) in text.match_indices(&form) {
            let range = at..at + form.len();
            let apart = |other: &Range<usize>| range.end <= other.start || other.end <= range.start;
            if taken.iter().all(|(other, _)| apart(other)) && is_word(&lower, &range) {
                taken.push((range, word));
            }
        }
    }
    taken.sort_by_key(|(range, _)| range.start);
    let mut seen = Vec::new();
    taken.retain(|(_, word)| {
        let first = !seen.contains(word);
        seen.push(*word);
        first
    });
    taken
}

/// Whether a range is a word of its own.
fn is_word(text: &str, range: &Range<usize>) -> bool {
    let joins = |c: char| c.is_alphanumeric() || "_-".contains(c);
    !text[..range.start].ends_with(joins) && !text[range.end..].starts_with(joins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_use_of_each_word_and_the_longer_of_two() {
        let words = words(&["page", "page cache", "pipe, pipes"]);
        let text = "Pipes hold pages; the page cache holds a page. A page, a pipe.";
        let used = uses(&words, text).into_iter();
        let used = used.map(|(range, word)| (&text[range], words[word].name()));
        let wanted = [
            ("Pipes", "pipe"),
            ("page cache", "page cache"),
            ("page", "page"),
        ];
        assert!(used.eq(wanted));
        assert_eq!(find(&words, "PIPES").unwrap().name(), "pipe");
    }

    fn words(headings: &[&str]) -> Vec<Word> {
        let word = |heading: &&str| Word {
            forms: heading.split(", ").map(str::to_owned).collect(),
            text: "What it means.".to_owned(),
            line: 1,
        };
        headings.iter().map(word).collect()
    }

    #[test]
    fn a_word_in_capitals_is_used_in_capitals() {
        let words = words(&["COPIED", "TLS"]);
        for (text, word) in [
            ("The bytes were copied; the kernel reports COPIED.", 0),
            ("Copied. kTLS is no tls, TLS is.", 1),
        ] {
            let used = uses(&words, text).into_iter().map(|(_, word)| word);
            assert!(used.eq([word]), "{text}");
        }
    }

    #[test]
    fn a_use_has_a_piece_in_each_row_and_none_in_code_or_links() {
        let words = words(&["page cache", "pipe", "chunk"]);
        let text = "In the page\ncache and a `pipe` lie\n\n- bytes of the first chunk\n\n```c\nchunk = pipe;\n```\n";
        let rows = prose::lay_out(text, 12);
        let pieces = uses_in(&words, &rows).into_iter();
        let pieces =
            pieces.map(|found| (found.word, rows[found.row].text()[found.cells].to_owned()));
        let wanted = [(0, "page"), (0, "cache"), (1, "pipe"), (2, "chunk")];
        assert!(pieces.eq(wanted.map(|(word, text)| (word, text.to_owned()))));
        let elsewhere = "[pipe](https://example.org/pipe)\n\n    chunk\n";
        let rows = prose::lay_out(elsewhere, 60);
        assert_eq!(uses_in(&words, &rows), []);
    }
}
