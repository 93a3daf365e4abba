//! One row a student: merged logs, folded as the course folds them. Or points for a gradebook, or statements of xAPI.

mod answers;
mod credit;
mod encoding;
mod gradebook;
mod named;
mod xapi;

use std::{
    collections::{BTreeMap, HashSet},
    path::Path,
};

use anyhow::{Context, bail};
use serde::Serialize;
use serde_json::Value;

use super::Results;
use crate::{
    cli::{csv, print_bytes, print_json, warn},
    course::{
        Catalogue, concept,
        progress::{Progress, Totals},
    },
    model::{Given, Record, visible_name},
    store::{self, progress::Log},
};

/// What every export says of itself.
const NOTE: &str = "results live on the student's machine, in a text file: they can be forged";

pub(crate) fn run(args: Results) -> anyhow::Result<()> {
    let course = args.lessons.course()?;
    if let Some(into) = &args.into {
        return credit::run(&args, into, &answers::collect(&args, &course)?);
    }
    if args.format == "xapi" {
        warn(NOTE);
        return xapi::run(&answers::collect(&args, &course)?);
    }
    let mut students: BTreeMap<String, Student> = BTreeMap::new();
    for (id, path) in named::named_logs(&args, &args.logs)? {
        if answers::is_session(&path) {
            bail!(
                "cannot use {}: it is the session of a class\nzclab class report FILE shows it; --into and --format xapi take it, too",
                visible_name(&path)
            );
        }
        students.entry(id).or_default().read(&path)?;
    }
    let rows: Vec<StudentRow> = students
        .into_iter()
        .map(|(id, student)| StudentRow::of(id, student, &course))
        .collect();
    if args.format == "json" {
        return print_json(&ResultsDocument {
            note: NOTE,
            students: rows,
        });
    }
    warn(NOTE);
    print_bytes(table(&rows, &course)?.as_bytes())
}

/// The lines of a student's logs, each once.
#[derive(Default)]
struct Student {
    records: Vec<Record>,
    seen: HashSet<String>,
    damaged: u64,
}

impl Student {
    fn read(&mut self, path: &Path) -> anyhow::Result<()> {
        let whole = store::open::read(path)
            .with_context(|| format!("cannot read {}", visible_name(path)))?;
        if whole.metadata().is_ok_and(|found| found.is_dir()) {
            bail!(
                "cannot read {}: it is a directory: name the log in it",
                visible_name(path)
            );
        }
        let mut log = Log::at(path);
        let loaded = log.load(&mut |record| {
            let line = serde_json::to_string(&record).unwrap_or_default();
            if self.seen.insert(line) {
                self.records.push(record);
            }
        });
        if let Some(warning) = loaded.warning {
            bail!("{warning}");
        }
        self.damaged += loaded.damaged;
        Ok(())
    }
}

#[derive(Serialize)]
struct ResultsDocument {
    note: &'static str,
    students: Vec<StudentRow>,
}

#[derive(Serialize)]
struct StudentRow {
    student: String,
    #[serde(flatten)]
    counts: Totals,
    /// Answers given, repetitions counted.
    answers: usize,
    concept_before: Option<usize>,
    concept_after: Option<usize>,
    /// What was gained of what was missing before.
    concept_gain: Option<f64>,
    /// Seconds since 1970 (UTC).
    first_at: Option<u64>,
    last_at: Option<u64>,
    /// Lines of the logs that are no records.
    damaged_lines: u64,
    lessons: Vec<LessonColumn>,
}

#[derive(Serialize)]
struct LessonColumn {
    id: String,
    #[serde(flatten)]
    counts: Totals,
}

impl StudentRow {
    fn of(student: String, log: Student, course: &Catalogue) -> StudentRow {
        let mut records = log.records;
        // Logs of two machines are mixed.
        records.sort_by_key(Record::at);
        let progress = Progress::of(&records);
        let given = |record: &&Record| matches!(record, Record::Answer(answer) if answer.given != Given::Skipped);
        let scores = course.concept_test().map(|test| progress.scores(test));
        let scores = scores.unwrap_or_default();
        let [before, after] = scores.map(|score| score.map(|score| score.right));
        let part = |lesson: &crate::course::Lesson| LessonColumn {
            id: lesson.id.clone(),
            counts: progress.totals_of(lesson),
        };
        StudentRow {
            student,
            counts: progress.totals(course),
            answers: records.iter().filter(given).count(),
            concept_before: before,
            concept_after: after,
            concept_gain: concept::gain(scores),
            first_at: records.first().map(Record::at),
            last_at: records.last().map(Record::at),
            damaged_lines: log.damaged,
            lessons: course.lessons().iter().map(part).collect(),
        }
    }
}

/// With a heading; the columns are keys of the JSON, and then each lesson has one: its right answers.
fn table(rows: &[StudentRow], course: &Catalogue) -> anyhow::Result<String> {
    let columns = HEADING.map(str::to_owned).into_iter();
    let lessons = course.lessons().iter();
    let lessons = lessons.map(|lesson| format!("right_{}", lesson.id));
    let heading: Vec<String> = columns.chain(lessons).collect();
    let mut table = csv::record(&heading, "\r\n");
    for row in rows {
        let json = serde_json::to_value(row)?;
        let columns = HEADING.map(|key| match &json[key] {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            Value::Number(share) if share.is_f64() => {
                format!("{:.2}", share.as_f64().unwrap_or(0.0))
            }
            other => other.to_string(),
        });
        let lessons = row
            .lessons
            .iter()
            .map(|lesson| lesson.counts.right.to_string());
        let fields: Vec<String> = columns.into_iter().chain(lessons).collect();
        table += &csv::record(&fields, "\r\n");
    }
    Ok(table)
}

const HEADING: [&str; 15] = [
    "student",
    "pages_seen",
    "pages",
    "questions_right",
    "questions_wrong",
    "questions",
    "objectives_reached",
    "objectives",
    "answers",
    "concept_before",
    "concept_after",
    "concept_gain",
    "first_at",
    "last_at",
    "damaged_lines",
];
