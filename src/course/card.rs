//! A card file (`cards/NAME.md`) to a [`Card`].

use std::{fmt::Display, ops::Range};

use crate::model::{Arrow, Card, CardRow, CardTable, How, Place};

use super::{
    block::{At, Block, is_id, values},
    fault::Fault,
    front::{Front, front},
    prose,
    report::Report,
};

/// Columns of a signature's line.
const SIGNATURE: usize = 72;
/// Columns of what a row of a table compares.
const WHAT: usize = 20;
/// Columns of a table's cell, where it stands in full.
const CELL: usize = 54;

/// Whether a file is a card: it lies in a directory `cards`.
pub(crate) fn name_of(file: &str) -> Option<&str> {
    let (dir, name) = file.rsplit_once('/')?;
    let name = name.strip_suffix(".md")?;
    let in_cards = dir == "cards" || dir.ends_with("/cards");
    in_cards.then_some(name)
}

/// Reads one card. Not to be shown while there are faults.
pub(crate) fn parse(file: &str, text: &str) -> (Option<Card>, Vec<Fault>) {
    let report = Report::new(file, text);
    let name = name_of(file).unwrap_or(file);
    if !is_id(name) {
        report.fault(
            0,
            format!("'{name}' is not the name of a card"),
            "name the file by small letters, digits and hyphens, as in sendfile.md",
        );
    }
    let card = match front(
        &report,
        text,
        "title, signature, path, counts, conditions, pitfalls, since, sources",
    ) {
        Front::Found(base, source, body) => Block::parse(&report, "card", 0, base, source)
            .and_then(|block| read(name, block, text[body..].trim())),
        _ => None,
    };
    (card, report.finish().0)
}

fn read(name: &str, mut block: Block, body: &str) -> Option<Card> {
    let title = block.need_text("title");
    let signature = block.code("signature");
    for line in &signature {
        too_wide(block.report, line, SIGNATURE);
    }
    let path = block.tables("path", "hop").into_iter();
    let path = path.filter_map(read_hop).collect();
    let mut texts = |key| values(block.texts(key));
    let [counts, conditions, pitfalls, since, sources] =
        ["counts", "conditions", "pitfalls", "since", "sources"].map(&mut texts);
    if sources.is_empty() {
        block.missing::<()>("sources", "sources = [\"sendfile(2)\"]");
    }
    let table = table(&mut block);
    if signature.is_empty() && table.is_none() {
        block.fault(
            "the card has neither a signature nor columns",
            "add signature = [\"...\"], or columns and rows for a table",
        );
    }
    block.finish();
    Some(Card {
        name: name.to_owned(),
        title: title?.value,
        signature: values(signature),
        path,
        counts,
        conditions,
        pitfalls,
        since,
        sources,
        table,
        body: body.to_owned(),
    })
}

fn too_wide(report: &Report, text: &At<String>, most: usize) {
    let width = prose::width(&text.value);
    if width > most {
        report.fault(
            text.offset,
            format!("the line is {width} columns wide, and there is room for {most}"),
            "make it shorter, or break it in two",
        );
    }
}

/// A word that stands for one of `all`.
fn one_of<T: Copy, N: Display>(
    block: &mut Block,
    key: &'static str,
    example: &str,
    all: &[T],
    name: fn(T) -> N,
) -> Option<T> {
    block.need(key, example);
    let text = block.text(key)?;
    let found = all.iter().find(|one| name(**one).to_string() == text.value);
    if found.is_none() {
        let names: Vec<_> = all.iter().map(|one| name(*one).to_string()).collect();
        let is_how = key == "how";
        let what = if is_how { "a way to go" } else { "a place" };
        block.report.fault(
            text.offset,
            format!("'{}' is not {what}", text.value),
            format!("write one of {}", names.join(", ")),
        );
    }
    found.copied()
}

fn read_hop(mut block: Block) -> Option<Arrow> {
    let mut place = |key, example| one_of(&mut block, key, example, &Place::ALL, Place::name);
    let from = place("from", "from = \"page-cache\"");
    let to = place("to", "to = \"socket-queue\"");
    let example = "how = \"reference\"";
    let how = one_of(&mut block, "how", example, &How::ALL, How::name);
    block.finish();
    Some(Arrow {
        from: from?,
        to: to?,
        how: how?,
    })
}

/// `columns = ["Linux", ...]` and `rows = [ { what = "...", cells = ["...", ...] } ]`.
fn table(block: &mut Block) -> Option<CardTable> {
    let had = block.has("columns");
    let columns = block.texts("columns");
    let mut rows = Vec::new();
    for mut row in block.tables("rows", "row") {
        let offset = row.offset;
        let what = row.need_text("what");
        if let Some(what) = &what {
            too_wide(block.report, what, WHAT);
        }
        let cells = row.texts("cells");
        for cell in &cells {
            too_wide(block.report, cell, CELL);
        }
        row.finish();
        if cells.len() != columns.len() {
            let (cells, columns) = (cells.len(), columns.len());
            let what = format!("the row has {cells} cells, and there are {columns} columns");
            let report = block.report;
            report.fault(offset, what, "write a cell for each column");
        }
        rows.push(CardRow {
            what: what?.value,
            cells: values(cells),
        });
    }
    if !had {
        return None;
    }
    if columns.len() < 2 || rows.is_empty() {
        block.fault(
            "the table has nothing to compare",
            "write two columns or more, and rows = [ { what = \"...\", cells = [\"...\", \"...\"] } ]",
        );
        return None;
    }
    Some(CardTable {
        columns: values(columns),
        rows,
    })
}

/// What a cell says that another does not, as byte ranges: the words that do not stand in the other, runs of them in
/// one piece. All of it where only the order or the rest differs; nothing where both say the same.
pub(crate) fn differences(other: &str, cell: &str) -> Vec<Range<usize>> {
    if other == cell {
        return Vec::new();
    }
    let bare = |word: &str| word.trim_end_matches([',', ';', ':']).to_owned();
    let known: Vec<String> = other.split_whitespace().map(bare).collect();
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut joins = false;
    for word in cell.split_whitespace() {
        let start = word.as_ptr() as usize - cell.as_ptr() as usize;
        let word = bare(word);
        let differs = !known.contains(&word);
        match found.last_mut() {
            Some(last) if differs && joins => last.end = start + word.len(),
            _ if differs => found.push(start..start + word.len()),
            _ => {}
        }
        joins = differs;
    }
    if found.is_empty() {
        found.push(0..cell.len());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_told_word_by_word() {
        for (other, cell, marked) in [
            ("file, socket", "file, socket", None),
            ("0, or -1", "bytes sent, or -1", Some("bytes sent")),
            (
                "-1, EAGAIN, *sbytes",
                "-1, EAGAIN, and *len",
                Some("and *len"),
            ),
            ("nearly anything", "stream socket", Some("stream socket")),
            ("*len; 0: all of it", "nbytes; 0: all", Some("nbytes")),
            // What only leaves something out differs as a whole.
            ("-1, EAGAIN, and *len", "-1, EAGAIN", Some("-1, EAGAIN")),
            ("socket, file", "file, socket", Some("file, socket")),
        ] {
            let found = differences(other, cell).into_iter();
            assert!(
                found.map(|range| &cell[range]).eq(marked),
                "{other} | {cell}"
            );
        }
    }
}
