//! A gradebook as a learning management system exports it: recognised by its heading, and given one more column. What is
//! not in that column stays as it is, byte for byte.
//!
//! | system | rules, and where they stand |
//! |---|---|
//! | Moodle | any column can be mapped; an empty cell becomes 0 points, and `-` none: grade/import/csv/classes/load_data.php |
//! | Canvas | a column whose name has no number in brackets makes an assignment, out of the row `Points Possible`: lib/gradebook_importer.rb |
//! | Brightspace | a column `NAME Points Grade` makes a grade item; the last column ends the line: "Importing grades" of its documentation |

use std::ops::Range;

use anyhow::{Context, bail};
use csv::{ByteRecord, ReaderBuilder};

use super::encoding::Encoding;

/// Which system a file is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum System {
    Moodle,
    Canvas,
    Brightspace,
}

/// A file of a gradebook.
pub(super) struct Gradebook {
    pub(super) system: System,
    encoding: Encoding,
    /// In UTF-8, without a mark of the byte order; other bytes than UTF-8's stay as they are.
    bytes: Vec<u8>,
    delimiter: u8,
    rows: Vec<Row>,
    /// The columns that name a student, the surest first.
    pub(super) keys: Vec<usize>,
    /// The columns of a name for people.
    names: Vec<usize>,
    /// Before which column the new one stands.
    at: usize,
}

/// A row, the heading among them.
pub(super) struct Row {
    /// Where it stands, without its line end.
    range: Range<usize>,
    /// The line of the file, from 1.
    pub(super) line: u64,
    pub(super) fields: Vec<String>,
    pub(super) kind: RowKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowKind {
    Heading,
    /// The points that can be reached.
    Maximum,
    Student,
    /// Nobody's: a note of the system.
    Other,
}

/// What a heading tells.
struct Layout {
    system: System,
    keys: Vec<usize>,
    names: Vec<usize>,
    at: usize,
}

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b':'];

impl Gradebook {
    /// Reads a file.
    ///
    /// # Errors
    /// Its heading is none that is known, or a row cannot be read.
    pub(super) fn read(file: &[u8]) -> anyhow::Result<Gradebook> {
        let (encoding, bytes) = Encoding::decode(file)?;
        for delimiter in DELIMITERS {
            let heading = records(&bytes, delimiter).next().transpose()?;
            let heading = heading.map(|record| fields(&record)).unwrap_or_default();
            let Some(layout) = Layout::of(&heading) else {
                continue;
            };
            let rows = rows(&bytes, delimiter, layout.system)?;
            return Ok(Gradebook {
                system: layout.system,
                encoding,
                delimiter,
                rows,
                keys: layout.keys,
                names: layout.names,
                at: layout.at,
                bytes,
            });
        }
        bail!(
            "its heading is that of no gradebook of Moodle, Canvas or Brightspace\n\
             export it with English headings and a column that names the student (ID number, email address, user name)"
        )
    }

    /// The rows of students, each with its place among all rows.
    pub(super) fn students(&self) -> impl Iterator<Item = (usize, &Row)> {
        let rows = self.rows.iter().enumerate();
        rows.filter(|(_, row)| row.kind == RowKind::Student)
    }

    /// Whether there is a column of that name, or one that Canvas or Brightspace have made of it.
    pub(super) fn has_column(&self, name: &str) -> bool {
        let is_it = |title: &String| {
            let rest = title.trim().strip_prefix(name).map(str::trim_start);
            rest.is_some_and(|rest| {
                rest.is_empty() || rest.starts_with('(') || rest.starts_with("Points Grade")
            })
        };
        let heading = self.rows.first();
        heading.is_some_and(|heading| heading.fields.iter().any(is_it))
    }

    /// `row 3: Ada Lovelace`
    pub(super) fn name(&self, row: &Row) -> String {
        let fields = self.names.iter().chain(&self.keys);
        let texts = fields
            .filter_map(|at| row.fields.get(*at))
            .map(|text| text.trim());
        let texts: Vec<&str> = texts.filter(|text| !text.is_empty()).take(2).collect();
        format!("row {}: {}", row.line, texts.join(" "))
    }

    /// What names a student, as it is compared.
    pub(super) fn key(&self, row: &Row, column: usize) -> Option<String> {
        let text = row.fields.get(column)?.trim();
        // Brightspace marks it, so that no spreadsheet takes it for a number.
        let text = match self.system {
            System::Brightspace => text.strip_prefix('#').unwrap_or(text),
            _ => text,
        };
        (!text.is_empty()).then(|| compared(text))
    }

    /// The file with one more column. `cell` gives what stands in it, by the place of the row.
    ///
    /// # Errors
    /// A row is not as it was read.
    pub(super) fn with_column(
        &self,
        cell: impl Fn(usize, RowKind) -> String,
    ) -> anyhow::Result<Vec<u8>> {
        let mut out = Vec::with_capacity(self.bytes.len() + 8 * self.rows.len());
        let mut done = 0;
        for (place, row) in self.rows.iter().enumerate() {
            out.extend_from_slice(&self.bytes[done..row.range.start]);
            let bytes = &self.bytes[row.range.clone()];
            done = row.range.end;
            // Not a row of a table: the end of a file that somebody wrote on.
            if row.fields.len() < 2 {
                out.extend_from_slice(bytes);
                continue;
            }
            let ends = field_ends(bytes, self.delimiter);
            let ends = ends.filter(|ends| ends.len() == row.fields.len());
            let ends =
                ends.with_context(|| format!("line {} has a quote too few or too many", row.line))?;
            let before = ends.get(self.at - 1).copied().unwrap_or(bytes.len());
            out.extend_from_slice(&bytes[..before]);
            let missing = self.at.saturating_sub(ends.len());
            out.extend(std::iter::repeat_n(self.delimiter, missing + 1));
            out.extend_from_slice(quoted(&cell(place, row.kind), self.delimiter).as_bytes());
            out.extend_from_slice(&bytes[before..]);
        }
        out.extend_from_slice(&self.bytes[done..]);
        Ok(self.encoding.encode(out))
    }
}

/// What names a student, in any case of its letters.
pub(super) fn compared(text: &str) -> String {
    text.trim().to_lowercase()
}

impl Layout {
    fn of(heading: &[String]) -> Option<Layout> {
        let titles: Vec<String> = heading.iter().map(|title| compared(title)).collect();
        let place = |name: &str| titles.iter().position(|title| title == name);
        let places = |names: &[&str]| names.iter().filter_map(|name| place(name)).collect();
        let layout = |system, keys: &[&str], names: &[&str], at| Layout {
            system,
            keys: places(keys),
            names: places(names),
            at,
        };
        let end = place("end-of-line indicator");
        if end.is_some() || place("orgdefinedid").is_some() {
            let at = end.unwrap_or(titles.len());
            let keys = ["orgdefinedid", "username"];
            return Some(layout(
                System::Brightspace,
                &keys,
                &["first name", "last name"],
                at,
            ))
            .filter(|layout| layout.at > 0 && !layout.keys.is_empty());
        }
        let is_canvas = place("section").is_some()
            && place("id").is_some()
            && (place("student").is_some() || place("lastname").is_some());
        if is_canvas {
            let keys = ["sis user id", "sis login id", "id"];
            let names = ["student", "firstname", "lastname"];
            return Some(layout(System::Canvas, &keys, &names, titles.len()));
        }
        let keys = ["id number", "email address", "email", "username"];
        let names = ["first name", "last name", "surname"];
        Some(layout(System::Moodle, &keys, &names, titles.len()))
            .filter(|layout| !layout.keys.is_empty() && titles.len() > 1)
    }
}

fn records(bytes: &[u8], delimiter: u8) -> impl Iterator<Item = csv::Result<ByteRecord>> {
    let mut reader = ReaderBuilder::new();
    reader
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter);
    reader.from_reader(bytes).into_byte_records()
}

fn rows(bytes: &[u8], delimiter: u8, system: System) -> anyhow::Result<Vec<Row>> {
    let mut rows: Vec<Row> = Vec::new();
    for record in records(bytes, delimiter) {
        let record = record?;
        let position = record.position().context("a row has no place")?;
        let start = usize::try_from(position.byte())?;
        // Empty lines stand before the row that the reader gives.
        let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let start = start
            + bytes[start..]
                .iter()
                .take_while(|byte| is_end(byte))
                .count();
        let fields = fields(&record);
        let kind = kind(&fields, rows.is_empty(), system);
        let empty_lines = bytes[usize::try_from(position.byte())?..start]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count();
        rows.push(Row {
            range: start..start,
            line: position.line() + empty_lines as u64,
            fields,
            kind,
        });
    }
    let starts: Vec<usize> = rows.iter().map(|row| row.range.start).collect();
    let ends = starts.iter().copied().skip(1).chain([bytes.len()]);
    for (row, next) in rows.iter_mut().zip(ends) {
        let whole = &bytes[row.range.start..next];
        let ends = whole
            .iter()
            .rev()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'));
        row.range.end = next - ends.count();
    }
    Ok(rows)
}

fn kind(fields: &[String], is_first: bool, system: System) -> RowKind {
    let first = fields.first().map_or("", |field| field.trim());
    let is_note = |field: &String| {
        let field = field.trim();
        field.is_empty()
            || field.eq_ignore_ascii_case("muted")
            || field.starts_with("Manual Posting")
    };
    match () {
        () if is_first => RowKind::Heading,
        () if first.contains("Points Possible") => RowKind::Maximum,
        () if fields.iter().all(|field| field.trim().is_empty()) => RowKind::Other,
        () if system == System::Canvas && fields.iter().all(is_note) => RowKind::Other,
        () if fields.len() < 2 => RowKind::Other,
        () => RowKind::Student,
    }
}

/// What is no UTF-8 is read as Latin-1: for messages, and to compare.
fn fields(record: &ByteRecord) -> Vec<String> {
    let text = |field: &[u8]| match std::str::from_utf8(field) {
        Ok(text) => text.to_owned(),
        Err(_) => field.iter().map(|byte| char::from(*byte)).collect(),
    };
    record.iter().map(text).collect()
}

/// Where each field of a row ends; none where a quote has no end.
fn field_ends(row: &[u8], delimiter: u8) -> Option<Vec<usize>> {
    enum In {
        Start,
        Plain,
        Quotes,
        /// A quote within quotes: it ends them, unless it is written twice.
        QuoteInQuotes,
    }
    let mut ends = Vec::new();
    let mut state = In::Start;
    for (at, byte) in row.iter().enumerate() {
        state = match (state, byte) {
            (In::Start | In::QuoteInQuotes, b'"') => In::Quotes,
            (In::Quotes, b'"') => In::QuoteInQuotes,
            (In::Quotes, _) => In::Quotes,
            (_, byte) if *byte == delimiter => {
                ends.push(at);
                In::Start
            }
            _ => In::Plain,
        };
    }
    ends.push(row.len());
    (!matches!(state, In::Quotes)).then_some(ends)
}

fn quoted(cell: &str, delimiter: u8) -> String {
    let is_special = |c: char| c == char::from(delimiter) || matches!(c, '"' | '\r' | '\n');
    match cell.contains(is_special) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.to_owned(),
    }
}
