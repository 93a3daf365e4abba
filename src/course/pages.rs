//! The body of a lesson's file: pages parted by `---`, each a `# Title`, prose, and at most one of the fenced blocks.

use std::ops::Range;

use super::{
    block::Block,
    blocks::{self, BLOCKS},
    fault::nearest,
    lesson::{Page, Target},
    report::Report,
};

/// One line of a file, without its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct SourceLine<'t> {
    text: &'t str,
    /// Its byte offset in the file.
    pub start: usize,
    /// From 1.
    number: usize,
}

impl SourceLine<'_> {
    fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    fn title(&self) -> Option<&str> {
        let title = self.text.strip_prefix("# ")?;
        let title = title.trim().trim_end_matches('#').trim_end();
        (!title.is_empty()).then_some(title)
    }
}

pub(super) fn rows(text: &str) -> Vec<SourceLine<'_>> {
    let mut start = 0;
    let lines = (1..).zip(text.split_inclusive('\n'));
    lines
        .map(|(number, line)| {
            let text = line.trim_end_matches(['\n', '\r']);
            start += line.len();
            SourceLine {
                text,
                start: start - line.len(),
                number,
            }
        })
        .collect()
}

/// The rows of one page, with its fenced blocks.
#[derive(Default)]
struct PageLines<'t> {
    rows: Vec<SourceLine<'t>>,
    fences: Vec<Fence<'t>>,
}

impl PageLines<'_> {
    /// For each row, whether it belongs to a fenced block that `counts`.
    fn fenced(&self, counts: impl Fn(&Fence) -> bool) -> Vec<bool> {
        let mut fenced = vec![false; self.rows.len()];
        for fence in self.fences.iter().filter(|fence| counts(fence)) {
            fenced[fence.rows.clone()].fill(true);
        }
        fenced
    }
}

/// A fenced block: its rows within the page, fences included, and the word after the fence.
struct Fence<'t> {
    rows: Range<usize>,
    info: &'t str,
}

/// The pages of a body, each with the line of the file of each line of its prose.
pub(super) fn read(report: &Report, text: &str, body: &[SourceLine]) -> Vec<(Page, Vec<usize>)> {
    let pages = split(report, body).into_iter();
    pages.map(|page| read_page(report, text, &page)).collect()
}

/// Parts the body into pages. Lines inside of fences part nothing.
fn split<'t>(report: &Report, body: &[SourceLine<'t>]) -> Vec<PageLines<'t>> {
    let mut pages = Vec::new();
    let mut page = PageLines::default();
    // The row on which a fence was opened, its mark and length, and the word after it.
    let mut open: Option<(usize, char, usize, &str)> = None;
    for row in body {
        match (open, fence_of(row.text)) {
            (Some((opened, mark, length, info)), Some((closing, enough, "")))
                if mark == closing && enough >= length =>
            {
                let rows = opened..page.rows.len() + 1;
                page.fences.push(Fence { rows, info });
                open = None;
            }
            (None, Some((mark, length, info))) => {
                open = Some((page.rows.len(), mark, length, info));
            }
            (None, None) if row.text.trim_end() == "---" => {
                separator(report, &page, row.start);
                pages.push(std::mem::take(&mut page));
                continue;
            }
            _ => {}
        }
        page.rows.push(*row);
    }
    if let Some((row, mark, length, _)) = open {
        let advice = format!("close it by a line {}", mark.to_string().repeat(length));
        let offset = page.rows[row].start;
        report.fault(offset, "the fenced block has no end", advice);
    }
    pages.push(page);
    pages
}

/// On a Git host, a `---` right under text makes a heading of the text.
fn separator(report: &Report, page: &PageLines, offset: usize) {
    let fence = page.fences.last();
    let after_fence = fence.is_some_and(|fence| fence.rows.end == page.rows.len());
    if page.rows.last().is_some_and(|above| !above.is_blank()) && !after_fence {
        let what = "--- right under text makes a heading of it";
        report.fault(offset, what, "put an empty line above it");
    }
}

/// Mark, length and info of a line that opens or closes a fence.
fn fence_of(line: &str) -> Option<(char, usize, &str)> {
    let inner = line.trim_start_matches(' ');
    if line.len() - inner.len() > 3 {
        return None;
    }
    let mark = inner.chars().next().filter(|mark| "`~".contains(*mark))?;
    let info = inner.trim_start_matches(mark);
    let length = inner.len() - info.len();
    let info = info.trim();
    (length >= 3 && !(mark == '`' && info.contains('`'))).then_some((mark, length, info))
}

/// Reads one page: it, and the line of the file of each line of its prose.
fn read_page(report: &Report, text: &str, page: &PageLines) -> (Page, Vec<usize>) {
    let first = page.rows.iter().position(|row| !row.is_blank());
    let title = page_title(report, text.len(), page, first);
    let mut target = None;
    let mut targets = Targets::default();
    for fence in &page.fences {
        targets.read(report, text, page, fence, &mut target);
    }
    let in_block = page.fenced(|fence| BLOCKS.contains(&fence.info));
    let is_prose = |row: usize| {
        let is_title = title.is_some() && Some(row) == first;
        !is_title && !in_block[row]
    };
    let rows = page.rows.iter().enumerate();
    let prose = rows.filter(|(row, _)| is_prose(*row)).map(|(_, row)| row);
    let prose: Vec<_> = prose.collect();
    let is_text = |row: &&SourceLine| !row.is_blank();
    let start = prose.iter().position(is_text).unwrap_or(prose.len());
    let last = prose.iter().rposition(is_text);
    let end = last.map_or(start, |last| last + 1);
    let prose = &prose[start..end];
    let lines: Vec<_> = prose.iter().map(|row| row.text).collect();
    let page = Page {
        title: title.unwrap_or_default().to_owned(),
        prose: lines.join("\n"),
        target,
        line: page
            .rows
            .get(first.unwrap_or(0))
            .map_or(1, |row| row.number),
    };
    (page, prose.iter().map(|row| row.number).collect())
}

/// The page's title, which must be the first of its lines, and the only one of its kind. `end` is the file's.
fn page_title<'p>(
    report: &Report,
    end: usize,
    page: &'p PageLines,
    first: Option<usize>,
) -> Option<&'p str> {
    let Some(title) = first.and_then(|row| page.rows[row].title()) else {
        let row = page.rows.get(first.unwrap_or(0));
        let what = match first {
            Some(_) => "the page has no title",
            None => "the page is empty",
        };
        let advice = "begin it with a line '# Title'";
        report.fault(row.map_or(end, |row| row.start), what, advice);
        return None;
    };
    let fenced = page.fenced(|_| true);
    for (index, row) in page.rows.iter().enumerate() {
        if !fenced[index] && Some(index) != first && row.title().is_some() {
            let advice = "part the pages by a line ---, or write '## Heading'";
            report.fault(row.start, "a second title on the page", advice);
        }
    }
    Some(title)
}

/// What a page has had so far, whether or not it was without fault.
#[derive(Default)]
struct Targets {
    first: Option<&'static str>,
    predicted: bool,
    declared: bool,
}

impl Targets {
    fn read(
        &mut self,
        report: &Report,
        text: &str,
        page: &PageLines,
        fence: &Fence,
        target: &mut Option<Target>,
    ) {
        let opening = &page.rows[fence.rows.start];
        let offset = opening.start;
        let Some(name) = BLOCKS.into_iter().find(|name| *name == fence.info) else {
            if let Some(meant) = nearest(fence.info, BLOCKS) {
                let what = format!("'{}' is no block, and would be prose", fence.info);
                report.fault(offset, what, format!("did you mean {meant}?"));
            }
            return;
        };
        if let Err((what, advice)) = self.allow(name) {
            report.fault(offset, what, advice);
            return;
        }
        let base = page.rows[fence.rows.start + 1].start;
        let source = &text[base..page.rows[fence.rows.end - 1].start];
        let Some(block) = Block::parse(report, name, offset, base, source) else {
            report.notes.borrow_mut().unread = true;
            return;
        };
        match name {
            "page" => blocks::page(block),
            "figure" => *target = blocks::figure(block).map(Target::Figure),
            "lab" => *target = blocks::lab(block),
            "predict" => {
                let predict = blocks::predict(block, target.as_ref());
                match target {
                    Some(Target::Lab(lab)) => lab.predict = predict,
                    Some(Target::Trial(trial)) => trial.predict = predict,
                    _ => {}
                }
            }
            _ => *target = blocks::question(block, opening.number).map(Target::Question),
        }
    }

    /// One target a page; a prediction only after an experiment, and once. What is wrong, and what to do.
    fn allow(&mut self, name: &'static str) -> Result<(), (String, &'static str)> {
        if name == "page" {
            if std::mem::replace(&mut self.declared, true) {
                let what = "a second page block on the page".to_owned();
                return Err((what, "write all of it into one"));
            }
            return Ok(());
        }
        if name == "predict" {
            if self.first != Some("lab") {
                let what = "a predict without a lab before it".to_owned();
                return Err((what, "put the lab that answers it above it on the page"));
            }
            if std::mem::replace(&mut self.predicted, true) {
                let what = "a second predict on the page".to_owned();
                return Err((what, "give it a page of its own, with its lab"));
            }
            return Ok(());
        }
        if let Some(first) = self.first {
            let what = format!("a {name} beside the page's {first}");
            return Err((what, "give it a page of its own: a page has one target"));
        }
        self.first = Some(name);
        Ok(())
    }
}
