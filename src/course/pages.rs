//! The body of a lesson's file: pages parted by `---`, each a `# Title`, prose, and at most one of the fenced blocks.

use std::ops::Range;

use super::{
    block::Block,
    blocks::{self, BLOCKS},
    fault::nearest,
    lesson::{Page, Target},
    report::Report,
};

/// One line of a file: where it stands, without its end.
#[derive(Clone, Debug)]
pub(super) struct SourceLine {
    pub span: Range<usize>,
    pub number: usize,
}

pub(super) fn rows(text: &str) -> Vec<SourceLine> {
    let mut at = 0;
    let lines = text.split_inclusive('\n').enumerate();
    lines
        .map(|(index, line)| {
            let span = at..at + line.trim_end_matches(['\n', '\r']).len();
            at += line.len();
            SourceLine {
                span,
                number: index + 1,
            }
        })
        .collect()
}

/// The rows of one page, with its fenced blocks.
#[derive(Default)]
struct PageLines {
    rows: Vec<SourceLine>,
    fences: Vec<Fence>,
}

/// A fenced block: its first and last row within the page, the offset of its text, and the word after the fence.
struct Fence {
    rows: Range<usize>,
    inner: Range<usize>,
    info: String,
}

/// A fence that has been opened and not closed.
struct OpenFence {
    mark: char,
    length: usize,
    row: usize,
    info: String,
}

/// The pages of a body, each with the line of the file of each line of its prose.
pub(super) fn read(report: &Report, text: &str, body: Vec<SourceLine>) -> Vec<(Page, Vec<usize>)> {
    let pages = split(report, text, body).into_iter();
    pages.map(|page| read_page(report, text, &page)).collect()
}

/// Parts the body into pages. Lines inside of fences part nothing.
fn split(report: &Report, text: &str, body: Vec<SourceLine>) -> Vec<PageLines> {
    let mut pages = Vec::new();
    let mut page = PageLines::default();
    let mut open: Option<OpenFence> = None;
    for row in body {
        let line = &text[row.span.clone()];
        let fence = fence_of(line);
        match (&open, fence) {
            (Some(opened), Some((mark, length, info)))
                if mark == opened.mark && length >= opened.length && info.is_empty() =>
            {
                let inner = page.rows[opened.row + 1..]
                    .first()
                    .map_or(row.span.start, |first: &SourceLine| first.span.start);
                page.fences.push(Fence {
                    rows: opened.row..page.rows.len() + 1,
                    inner: inner..row.span.start,
                    info: opened.info.clone(),
                });
                open = None;
            }
            (None, Some((mark, length, info))) => {
                open = Some(OpenFence {
                    mark,
                    length,
                    row: page.rows.len(),
                    info: info.to_owned(),
                });
            }
            (None, None) if line.trim_end() == "---" => {
                separator(report, text, &page, &row);
                pages.push(std::mem::take(&mut page));
                continue;
            }
            _ => {}
        }
        page.rows.push(row);
    }
    if let Some(open) = open {
        let row = &page.rows[open.row];
        report.fault(
            row.span.start,
            "the fenced block has no end",
            format!(
                "close it by a line {}",
                open.mark.to_string().repeat(open.length)
            ),
        );
    }
    pages.push(page);
    pages
}

/// On a Git host, a `---` right under text makes a heading of the text.
fn separator(report: &Report, text: &str, page: &PageLines, row: &SourceLine) {
    let above = page.rows.last().map(|above| &text[above.span.clone()]);
    let after_fence = page
        .fences
        .last()
        .is_some_and(|fence| fence.rows.end == page.rows.len());
    if above.is_some_and(|above| !above.trim().is_empty()) && !after_fence {
        report.fault(
            row.span.start,
            "--- right under text makes a heading of it",
            "put an empty line above it",
        );
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
    let first = page
        .rows
        .iter()
        .position(|row| !text[row.span.clone()].trim().is_empty());
    let title = page_title(report, text, page, first);
    let title_row = title.is_some().then_some(first).flatten();

    let mut target = None;
    let mut targets = Targets::default();
    for fence in &page.fences {
        targets.read(report, text, page, fence, &mut target);
    }
    let is_block = |row: usize| {
        page.fences
            .iter()
            .any(|fence| fence.is_block() && fence.rows.contains(&row))
    };
    let prose_rows: Vec<&SourceLine> = page
        .rows
        .iter()
        .enumerate()
        .filter(|(index, _)| !is_block(*index) && Some(*index) != title_row)
        .map(|(_, row)| row)
        .collect();
    let is_blank = |row: &&&SourceLine| text[row.span.clone()].trim().is_empty();
    let leading = prose_rows.iter().take_while(is_blank).count();
    let trailing = prose_rows[leading..]
        .iter()
        .rev()
        .take_while(is_blank)
        .count();
    let prose_rows = &prose_rows[leading..prose_rows.len() - trailing];
    let prose: Vec<_> = prose_rows
        .iter()
        .map(|row| &text[row.span.clone()])
        .collect();
    let page = Page {
        title: title.unwrap_or_default(),
        prose: prose.join("\n"),
        target,
        line: first
            .or(Some(0))
            .and_then(|row| page.rows.get(row))
            .map_or(1, |row| row.number),
    };
    (page, prose_rows.iter().map(|row| row.number).collect())
}

/// The page's title, which must be the first of its lines, and the only one of its kind.
fn page_title(
    report: &Report,
    text: &str,
    page: &PageLines,
    first: Option<usize>,
) -> Option<String> {
    let heading = |row: &SourceLine| {
        text[row.span.clone()]
            .strip_prefix("# ")
            .map(|title| title.trim().trim_end_matches('#').trim_end())
            .filter(|title| !title.is_empty())
    };
    let title = first.and_then(|row| heading(&page.rows[row]));
    if title.is_none() {
        let row = first.unwrap_or(0);
        let offset = page.rows.get(row).map_or(text.len(), |row| row.span.start);
        let what = match first {
            Some(_) => "the page has no title",
            None => "the page is empty",
        };
        report.fault(offset, what, "begin it with a line '# Title'");
    }
    for (index, row) in page.rows.iter().enumerate() {
        let fenced = page.fences.iter().any(|fence| fence.rows.contains(&index));
        let is_first = Some(index) == first;
        if !fenced && !is_first && title.is_some() && heading(row).is_some() {
            report.fault(
                row.span.start,
                "a second title on the page",
                "part the pages by a line ---, or write '## Heading'",
            );
        }
    }
    title.map(str::to_owned)
}

impl Fence {
    fn is_block(&self) -> bool {
        BLOCKS.contains(&self.info.as_str())
    }
}

/// What a page has had so far, whether or not it was without fault.
#[derive(Default)]
struct Targets {
    first: Option<&'static str>,
    predicted: bool,
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
        let offset = opening.span.start;
        let Some(name) = BLOCKS.into_iter().find(|name| *name == fence.info) else {
            if let Some(meant) = nearest(&fence.info, BLOCKS) {
                let what = format!("'{}' is no block, and would be prose", fence.info);
                report.fault(offset, what, format!("did you mean {meant}?"));
            }
            return;
        };
        if !self.allow(report, offset, name) {
            return;
        }
        let source = &text[fence.inner.clone()];
        let Some(block) = Block::parse(report, name, offset, fence.inner.start, source) else {
            report.unread();
            return;
        };
        match name {
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

    /// One target a page; a prediction only after an experiment, and once.
    fn allow(&mut self, report: &Report, offset: usize, name: &'static str) -> bool {
        if name == "predict" {
            if self.first != Some("lab") {
                report.fault(
                    offset,
                    "a predict without a lab before it",
                    "put the lab that answers it above it on the page",
                );
                return false;
            }
            if std::mem::replace(&mut self.predicted, true) {
                report.fault(
                    offset,
                    "a second predict on the page",
                    "give it a page of its own, with its lab",
                );
                return false;
            }
            return true;
        }
        if let Some(first) = self.first {
            report.fault(
                offset,
                format!("a {name} beside the page's {first}"),
                "give it a page of its own: a page has one target",
            );
            return false;
        }
        self.first = Some(name);
        true
    }
}
