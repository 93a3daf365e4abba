//! One row a student: merged logs, folded as the course folds them.

use std::{
    collections::{BTreeMap, HashSet},
    env,
    path::Path,
};

use anyhow::{Context, bail};
use serde::Serialize;
use serde_json::Value;

use super::Results;
use crate::{
    cli::{csv, print, print_json, warn},
    course::{
        Catalogue, concept,
        progress::{Progress, Totals},
    },
    model::{Given, Record, text_of, visible_name},
    store::{self, progress::Log},
};

/// What every export says of itself.
const NOTE: &str = "results live on the student's machine, in a text file: they can be forged";

pub(crate) fn run(args: Results) -> anyhow::Result<()> {
    let course = args.lessons.course()?;
    let mut students: BTreeMap<String, Student> = BTreeMap::new();
    for (id, path) in named_logs(&args)? {
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
    print(&table(&rows, &course)?)
}

/// Each log with whose it is.
fn named_logs(args: &Results) -> anyhow::Result<Vec<(String, std::path::PathBuf)>> {
    if args.logs.is_empty() {
        let path = store::progress::path()?;
        let id = match &args.student[..] {
            [] => env::var("USER").unwrap_or_else(|_| "me".to_owned()),
            [id] => id.clone(),
            more => crate::cli::usage(&format!("{} students for one log", more.len())),
        };
        return Ok(vec![(id, path)]);
    }
    let (logs, ids) = (args.logs.len(), args.student.len());
    if ids > 1 && ids != logs {
        crate::cli::usage(&format!(
            "{ids} students for {logs} logs: name one for all, or one for each"
        ));
    }
    let named = args.logs.iter().enumerate().map(|(at, path)| {
        let id = args.student.get(if ids == 1 { 0 } else { at });
        (id.cloned().unwrap_or_else(|| id_of(path)), path.clone())
    });
    Ok(named.collect())
}

/// `ada` of `logs/ada.jsonl`; where a log has kept its own name, the directory that it was put in.
fn id_of(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    let mut dirs = path.ancestors().skip(1).filter_map(Path::file_name);
    let id = match stem == "answers" {
        true => dirs.find(|dir| *dir != "zclab").unwrap_or(stem),
        false => stem,
    };
    text_of(id.as_encoded_bytes())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_student_is_the_file_or_the_directory_that_it_lies_in() {
        for (path, id) in [
            ("logs/ada.jsonl", "ada"),
            ("bob/answers.jsonl", "bob"),
            ("class/eve/zclab/answers.jsonl", "eve"),
            ("answers.jsonl", "answers"),
        ] {
            assert_eq!(id_of(Path::new(path)), id);
        }
    }
}
