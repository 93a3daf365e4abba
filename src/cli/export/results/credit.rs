//! `zclab export results --into LMS.csv`: points for a gradebook.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    os::unix::fs::MetadataExt,
    path::Path,
};

use anyhow::{Context, bail};

use super::{
    answers::{Collected, Source},
    gradebook::{Gradebook, RowKind, System, compared},
};
use crate::{
    cli::{
        export::{Credit, Results},
        print_bytes, warn,
    },
    model::{limits::GRADEBOOK_BYTES, visible_name},
    store,
};

/// Fills the gradebook with what was collected.
pub(super) fn run(args: &Results, into: &Path, collected: &Collected) -> anyhow::Result<()> {
    let name = visible_name(into);
    let file =
        store::open::bytes(into, GRADEBOOK_BYTES).with_context(|| format!("cannot read {name}"))?;
    let book = Gradebook::read(&file).with_context(|| format!("cannot use {name}"))?;
    if book.has_column(&args.column) {
        bail!(
            "cannot use {name}: it has a column '{}' already\nname another one with --column, or take that one out",
            args.column
        );
    }
    let points = points(&book, collected, args.credit);
    let of = collected.asked.len();
    let filled = book.with_column(|row, kind| match kind {
        RowKind::Heading => title(book.system, &args.column, of),
        RowKind::Maximum => of.to_string(),
        RowKind::Other => String::new(),
        RowKind::Student => points.get(&row).map_or_else(
            || nothing(book.system).to_owned(),
            |points| points.to_string(),
        ),
    });
    let filled = filled.with_context(|| format!("cannot use {name}"))?;
    let Some(output) = &args.output else {
        return print_bytes(&filled);
    };
    if is_same(into, output) {
        bail!(
            "cannot write {name}: it is the gradebook itself, and stays as it is: name another file"
        );
    }
    store::save_bytes(output, &filled)
}

/// The title of the column. Brightspace takes the kind of a grade and its maximum from there.
fn title(system: System, column: &str, of: usize) -> String {
    match system {
        System::Brightspace => format!("{column} Points Grade <Numeric MaxPoints:{of}>"),
        System::Moodle | System::Canvas => column.to_owned(),
    }
}

/// What stands for no grade: an empty cell is 0 points in Moodle.
fn nothing(system: System) -> &'static str {
    match system {
        System::Moodle => "-",
        System::Canvas | System::Brightspace => "",
    }
}

/// The points of each row that somebody's answers belong to. Names, on standard error, who has none.
fn points(book: &Gradebook, collected: &Collected, credit: Credit) -> HashMap<usize, usize> {
    let by_key = book.keys.iter().map(|key| {
        let mut rows: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, row) in book.students() {
            if let Some(key) = book.key(row, *key) {
                rows.entry(key).or_default().push(place);
            }
        }
        rows
    });
    let by_key: Vec<_> = by_key.collect();
    let mut credited: BTreeMap<usize, Vec<&Source>> = BTreeMap::new();
    for source in named(collected) {
        let student = source.student.as_deref().unwrap_or_default();
        let of = format!("'{student}' ({})", visible_name(&source.path));
        let found = by_key.iter().find_map(|rows| rows.get(&compared(student)));
        match found.map(Vec::as_slice) {
            None => warn(&format!("no row for {of}")),
            Some([row]) => credited.entry(*row).or_default().push(source),
            Some(rows) => warn(&format!("{} rows for {of}: none is filled", rows.len())),
        }
    }
    for (place, row) in book.students() {
        if !credited.contains_key(&place) {
            warn(&format!("no log for {}", book.name(row)));
        }
    }
    let points = credited.into_iter();
    points
        .map(|(row, sources)| (row, points_of(&sources, credit)))
        .collect()
}

/// The sources that have a student. Seats that have none are counted, a line for each file.
fn named(collected: &Collected) -> impl Iterator<Item = &Source> {
    let mut without: BTreeMap<&Path, usize> = BTreeMap::new();
    for source in collected
        .sources
        .iter()
        .filter(|source| source.student.is_none())
    {
        *without.entry(&source.path).or_default() += 1;
    }
    for (path, seats) in without {
        warn(&format!(
            "no row for {seats} {} without a name ({}): a class with --roster has names",
            if seats == 1 { "seat" } else { "seats" },
            visible_name(path)
        ));
    }
    collected
        .sources
        .iter()
        .filter(|source| source.student.is_some())
}

/// A point for each question: for an answer, or for a last answer that is right.
fn points_of(sources: &[&Source], credit: Credit) -> usize {
    let answers = sources.iter().flat_map(|source| &source.answers);
    match credit {
        Credit::Answered => {
            let questions: BTreeSet<&str> =
                answers.map(|answer| answer.question.as_str()).collect();
            questions.len()
        }
        Credit::Right => {
            let mut last: HashMap<&str, (u64, bool)> = HashMap::new();
            for answer in answers {
                let is_right = answer.right == Some(true);
                let entry = last.entry(&answer.question).or_insert((0, false));
                if answer.at >= entry.0 {
                    *entry = (answer.at, is_right);
                }
            }
            last.values().filter(|(_, is_right)| *is_right).count()
        }
    }
}

fn is_same(a: &Path, b: &Path) -> bool {
    let identity = |path| fs::metadata(path).map(|file| (file.dev(), file.ino())).ok();
    identity(a).is_some_and(|a| identity(b) == Some(a))
}
