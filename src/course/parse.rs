//! A lesson file (`NN-id.md`) to a [`Lesson`], with as many of its faults as one pass can find.
//!
//! The file is TOML front matter between `+++` lines, then pages parted by `---` lines. A page is a `# Title`,
//! prose, and at most one of the fenced blocks `figure`, `lab` (then perhaps `predict`) and `quiz`. Every other
//! fence is prose.

use std::ops::Range;

use crate::course::{Lesson, Objective, Page, Target};
use crate::model::{Method, Sink};

use super::{
    block::{At, Block, is_id},
    concept,
    fault::{Fault, Position, Reporter, nearest},
    front::{Front, front},
    room::{Piece, Placed},
    target::{self, BLOCKS},
};

/// What one file gave.
#[derive(Debug)]
pub struct Parsed {
    /// The lesson, as far as it could be understood. Not to be shown while there are faults.
    pub lesson: Lesson,
    /// Ids of questions, predictions and experiments, where they stand.
    pub ids: Vec<Named>,
    /// Figures, where they are named.
    pub figures: Vec<Named>,
    /// Objectives, where they stand, each with how many questions serve it.
    pub objectives: Vec<(Named, usize)>,
    /// Texts that must fit a given room, where they stand.
    pub texts: Vec<Placed>,
    /// For each page, the line of the file of each line of its prose.
    pub prose_lines: Vec<Vec<usize>>,
    /// What is wrong.
    pub faults: Vec<Fault>,
}

/// A name and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The name.
    pub name: String,
    /// Its place in the file.
    pub position: Position,
}

/// What blocks name on the way, for the checks that need all of it.
#[derive(Default)]
pub(super) struct ExperimentValue {
    ids: Vec<Named>,
    figures: Vec<Named>,
    texts: Vec<Placed>,
    served: Vec<At<String>>,
    /// A block could not be read: nobody knows what it serves.
    unread: bool,
}

impl ExperimentValue {
    pub(super) fn id(&mut self, report: &Reporter, id: &At<String>) {
        self.ids.push(named(report, id));
    }

    pub(super) fn figure(&mut self, report: &Reporter, figure: &At<String>) {
        self.figures.push(named(report, figure));
    }

    /// A question that serves an objective.
    pub(super) fn serve(&mut self, objective: &At<String>) {
        self.served.push(objective.clone());
    }

    pub(super) fn piece(&mut self, report: &Reporter, piece: Piece, text: &At<String>) {
        self.texts.push(Placed {
            piece,
            markdown: text.value.clone(),
            position: report.position(text.offset),
        });
    }

    /// A line of code, which is shown as it stands.
    pub(super) fn code(&mut self, report: &Reporter, line: &At<String>) {
        self.texts.push(Placed {
            piece: Piece::Line,
            markdown: line.value.clone(),
            position: report.position(line.offset),
        });
    }

    pub(super) fn text_count(&self) -> usize {
        self.texts.len()
    }

    /// The texts from the `first` on, in the order in which they were read.
    pub(super) fn texts_from(&self, first: usize) -> &[Placed] {
        &self.texts[first..]
    }

    /// Replaces these texts by what the screen will show of them.
    pub(super) fn fill(&mut self, first: usize, shown: &dyn Fn(&str) -> String) {
        for text in &mut self.texts[first..] {
            text.markdown = shown(&text.markdown);
        }
    }
}

fn named(report: &Reporter, text: &At<String>) -> Named {
    Named {
        name: text.value.clone(),
        position: report.position(text.offset),
    }
}

/// The text of a file, or the place of the first byte that is no UTF-8.
pub fn text_of<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, Fault> {
    std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line_start = before
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        Fault {
            file: file.to_owned(),
            line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
            column: String::from_utf8_lossy(&before[line_start..])
                .chars()
                .count()
                + 1,
            what: format!("the byte 0x{:02x} is no UTF-8", bytes[error.valid_up_to()]),
            advice: "save the file as UTF-8".to_owned(),
        }
    })
}

/// Number and id of a file named `NN-id.md`.
pub fn name_of(file: &str) -> Option<(u32, &str)> {
    let name = file.rsplit('/').next()?;
    let (number, id) = name.strip_suffix(".md")?.split_once('-')?;
    let two_digits = number.len() == 2 && number.bytes().all(|byte| byte.is_ascii_digit());
    let number = number.parse().ok().filter(|number| *number > 0)?;
    (two_digits && is_id(id)).then_some((number, id))
}

/// The concept test has a name of its own, and no place in the course.
fn concept_of(file: &str) -> Option<(u32, &'static str)> {
    let name = file.rsplit('/').next()?.strip_suffix(".md")?;
    (name == concept::ID).then_some((0, concept::ID))
}

/// Reads one file. `file` is its name, as it stands in faults; its last part must be `NN-id.md`.
pub fn parse(file: &str, text: &str) -> Parsed {
    let mut report = Reporter::new(file, text);
    let mut found = ExperimentValue::default();
    let (number, id) = name_of(file).or(concept_of(file)).unwrap_or_else(|| {
        report.fault(
            0,
            "the file's name is not NN-id.md",
            "name it by its place in the course and its id, as in 03-classic-path.md",
        );
        (0, file)
    });
    let mut lesson = Lesson {
        id: id.to_owned(),
        number,
        title: String::new(),
        minutes: 0,
        objectives: Vec::new(),
        copies_of: Vec::new(),
        pages: Vec::new(),
    };
    let mut prose_lines = Vec::new();
    let mut served = Vec::new();
    if text.trim().is_empty() {
        report.fault(
            0,
            "the file is empty",
            "begin with front matter between two lines of +++",
        );
    } else {
        let (objectives, body) = front_matter(&mut report, text, &mut lesson);
        let pages = body.map(|body| pages(&mut report, text, body));
        for page in pages.into_iter().flatten() {
            let (page, lines) = read_page(&mut report, &mut found, text, &page);
            lesson.pages.push(page);
            prose_lines.push(lines);
        }
        if let Some(objectives) = objectives {
            check_objectives(&mut report, &found, &objectives);
            let count = |id: &str| {
                found
                    .served
                    .iter()
                    .filter(|served| served.value == id)
                    .count()
            };
            served.extend(objectives.iter().map(|At { value, offset }| {
                let named = Named {
                    name: value.id.clone(),
                    position: report.position(*offset),
                };
                (named, count(&value.id))
            }));
            lesson.objectives = objectives.into_iter().map(|found| found.value).collect();
        }
    }
    let mut faults = report.faults;
    faults.sort();
    faults.dedup();
    Parsed {
        lesson,
        ids: found.ids,
        figures: found.figures,
        objectives: served,
        texts: found.texts,
        prose_lines,
        faults,
    }
}

/// One line of a file: where it stands, without its end.
#[derive(Clone, Debug)]
struct Row {
    span: Range<usize>,
    number: usize,
}

fn rows(text: &str) -> Vec<Row> {
    let mut at = 0;
    let lines = text.split_inclusive('\n').enumerate();
    lines
        .map(|(index, line)| {
            let span = at..at + line.trim_end_matches(['\n', '\r']).len();
            at += line.len();
            Row {
                span,
                number: index + 1,
            }
        })
        .collect()
}

/// Reads the front matter into the lesson: its objectives with their places (none where it cannot be read), and
/// the rows of the body (none where nobody knows where it begins).
fn front_matter(
    report: &mut Reporter,
    text: &str,
    lesson: &mut Lesson,
) -> (Option<Vec<At<Objective>>>, Option<Vec<Row>>) {
    let rows = rows(text);
    match front(report, text, "title, minutes and objectives") {
        Front::Missing => (None, Some(rows)),
        Front::Open => (None, None),
        Front::Found(base, source, body) => {
            let objectives = Block::parse(report, "front matter", 0, base, source)
                .map(|block| header(report, block, lesson));
            let body = rows.iter().position(|row| row.span.start >= body);
            let body = body.map_or_else(Vec::new, |first| rows[first..].to_vec());
            (objectives, Some(body))
        }
    }
}

fn header(report: &mut Reporter, mut block: Block, lesson: &mut Lesson) -> Vec<At<Objective>> {
    if let Some(title) = block.need_text(report, "title") {
        lesson.title = title.value;
    }
    if !block.has("minutes") {
        block.missing::<()>(report, "minutes", "minutes = 10");
    }
    if let Some(minutes) = block.number(report, "minutes") {
        if minutes.value < 1.0 || minutes.value > 600.0 || minutes.value.fract() != 0.0 {
            report.fault(
                minutes.offset,
                "minutes is no whole number from 1 to 600",
                "write about how long the lesson takes",
            );
        }
        lesson.minutes = minutes.value as u32;
    }
    for text in block.texts(report, "copies_of") {
        match transfer(&text.value) {
            Ok(transfer) => lesson.copies_of.push(transfer),
            Err(why) => report.refused(text.offset, &why),
        }
    }
    if !block.has("objectives") {
        block.missing::<()>(
            report,
            "objectives",
            "objectives = [ { id = \"...\", text = \"...\" } ]",
        );
    }
    let mut objectives: Vec<At<Objective>> = Vec::new();
    for mut table in block.tables(report, "objectives", "objective") {
        let id = table.need_id(report, "id");
        let text = table.need_text(report, "text");
        table.finish(report);
        let (Some(id), Some(text)) = (id, text) else {
            continue;
        };
        if objectives.iter().any(|other| other.value.id == id.value) {
            let what = format!("the objective '{}' stands here twice", id.value);
            report.fault(id.offset, what, "give it another id");
        }
        objectives.push(At {
            offset: id.offset,
            value: Objective {
                id: id.value,
                text: text.value,
            },
        });
    }
    block.finish(report);
    objectives
}

/// `sendfile`, to its first sink, or `sendfile to file`.
fn transfer(text: &str) -> Result<(Method, Sink), String> {
    let (method, to) = match text.split_once(" to ") {
        Some((method, to)) => (method.parse::<Method>()?, Some(to.parse()?)),
        None => (text.parse::<Method>()?, None),
    };
    let sinks = method.sinks();
    match to.unwrap_or(sinks[0]) {
        to if sinks.contains(&to) => Ok((method, to)),
        to => {
            let names: Vec<_> = sinks.iter().map(|sink| sink.name()).collect();
            Err(format!(
                "{method} has no way to {to}: write {method} to {}",
                names.join(", or to ")
            ))
        }
    }
}

/// The rows of one page, with its fenced blocks.
struct PageRows {
    rows: Vec<Row>,
    fences: Vec<Fence>,
}

/// A fenced block: its first and last row within the page, the offset of its text, and the word after the fence.
struct Fence {
    rows: Range<usize>,
    inner: Range<usize>,
    info: String,
}

/// A fence that has been opened and not closed.
struct Open {
    mark: char,
    length: usize,
    row: usize,
    info: String,
}

/// Parts the body into pages. Lines inside of fences part nothing.
fn pages(report: &mut Reporter, text: &str, body: Vec<Row>) -> Vec<PageRows> {
    let mut pages = Vec::new();
    let mut page = PageRows {
        rows: Vec::new(),
        fences: Vec::new(),
    };
    let mut open: Option<Open> = None;
    for row in body {
        let line = &text[row.span.clone()];
        let fence = fence_of(line);
        match (&open, fence) {
            (Some(opened), Some((mark, length, info)))
                if mark == opened.mark && length >= opened.length && info.is_empty() =>
            {
                let inner = page.rows[opened.row + 1..]
                    .first()
                    .map_or(row.span.start, |first: &Row| first.span.start);
                page.fences.push(Fence {
                    rows: opened.row..page.rows.len() + 1,
                    inner: inner..row.span.start,
                    info: opened.info.clone(),
                });
                open = None;
            }
            (None, Some((mark, length, info))) => {
                open = Some(Open {
                    mark,
                    length,
                    row: page.rows.len(),
                    info: info.to_owned(),
                });
            }
            (None, None) if line.trim_end() == "---" => {
                separator(report, text, &page, &row);
                pages.push(std::mem::replace(
                    &mut page,
                    PageRows {
                        rows: Vec::new(),
                        fences: Vec::new(),
                    },
                ));
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
fn separator(report: &mut Reporter, text: &str, page: &PageRows, row: &Row) {
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
fn read_page(
    report: &mut Reporter,
    found: &mut ExperimentValue,
    text: &str,
    page: &PageRows,
) -> (Page, Vec<usize>) {
    let first = page
        .rows
        .iter()
        .position(|row| !text[row.span.clone()].trim().is_empty());
    let title = page_title(report, text, page, first);
    let title_row = title.is_some().then_some(first).flatten();

    let mut target = None;
    let mut targets = Targets::default();
    for fence in &page.fences {
        targets.read(report, found, text, page, fence, &mut target);
    }
    let is_block = |row: usize| {
        page.fences
            .iter()
            .any(|fence| fence.is_block() && fence.rows.contains(&row))
    };
    let prose_rows: Vec<&Row> = page
        .rows
        .iter()
        .enumerate()
        .filter(|(index, _)| !is_block(*index) && Some(*index) != title_row)
        .map(|(_, row)| row)
        .collect();
    let is_blank = |row: &&&Row| text[row.span.clone()].trim().is_empty();
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
    report: &mut Reporter,
    text: &str,
    page: &PageRows,
    first: Option<usize>,
) -> Option<String> {
    let heading = |row: &Row| {
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
    /// Whether it is interactive.
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
        report: &mut Reporter,
        found: &mut ExperimentValue,
        text: &str,
        page: &PageRows,
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
            found.unread = true;
            return;
        };
        match name {
            "figure" => *target = target::figure(block, report, found).map(Target::Figure),
            "lab" => *target = target::lab(block, report, found),
            "predict" => {
                let predict = target::predict(block, report, found, target.as_ref());
                match target {
                    Some(Target::Lab(lab)) => lab.predict = predict,
                    Some(Target::Trial(trial)) => trial.predict = predict,
                    _ => {}
                }
            }
            _ => {
                *target =
                    target::question(block, report, found, opening.number).map(Target::Question);
            }
        }
    }

    /// One target a page; a prediction only after an experiment, and once.
    fn allow(&mut self, report: &mut Reporter, offset: usize, name: &'static str) -> bool {
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

/// Every objective that is named must be there, and every one that is there must be asked for.
fn check_objectives(report: &mut Reporter, found: &ExperimentValue, objectives: &[At<Objective>]) {
    let names = || {
        objectives
            .iter()
            .map(|objective| objective.value.id.as_str())
    };
    for served in &found.served {
        if !names().any(|name| name == served.value) {
            let what = format!("there is no objective '{}'", served.value);
            let advice = match nearest(&served.value, names()) {
                Some(meant) => format!("did you mean {meant}?"),
                None if objectives.is_empty() => "add it to the front matter".to_owned(),
                None => format!("the lesson has {}", names().collect::<Vec<_>>().join(", ")),
            };
            report.fault(served.offset, what, advice);
        }
    }
    for objective in objectives.iter().filter(|_| !found.unread) {
        if !found
            .served
            .iter()
            .any(|served| served.value == objective.value.id)
        {
            report.fault(
                objective.offset,
                format!("no question serves the objective '{}'", objective.value.id),
                "add one, or take the objective out",
            );
        }
    }
}
