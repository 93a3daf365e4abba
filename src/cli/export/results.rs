//! One row a student: merged logs, folded as the course folds them.

use std::{
    collections::{BTreeMap, HashSet},
    env,
    path::Path,
    process::ExitCode,
};

use anyhow::{Context, bail};
use serde::Serialize;

use super::Results;
use crate::{
    cli::{csv, lesson_dir::Course, print, print_json, warn},
    course::{
        Catalogue,
        concept::{self, Sitting},
        progress::{Progress, Totals},
    },
    model::{Given, Record},
    store::{self, progress::Log},
};

/// What every export says of itself.
const NOTE: &str = "results live on the student's machine, in a text file: they can be forged";

pub(crate) fn run(args: Results) -> anyhow::Result<ExitCode> {
    let course = Course::open(args.lessons.as_deref())?.catalogue;
    let mut students: BTreeMap<String, Student> = BTreeMap::new();
    for (id, path) in named_logs(&args)? {
        students.entry(id).or_default().read(&path)?;
    }
    let rows: Vec<StudentRow> = students
        .into_iter()
        .map(|(id, student)| StudentRow::of(id, student, &course))
        .collect();
    if args.format == "json" {
        print_json(&ResultsDocument {
            note: NOTE,
            students: rows,
        })?;
    } else {
        warn(NOTE);
        print(&table(&rows, &course))?;
    }
    Ok(ExitCode::SUCCESS)
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
    let text =
        |part: Option<&std::ffi::OsStr>| part.map(|part| part.to_string_lossy().into_owned());
    let stem = text(path.file_stem()).unwrap_or_default();
    if stem != "answers" {
        return stem;
    }
    let dirs = path
        .ancestors()
        .skip(1)
        .filter_map(|dir| text(dir.file_name()));
    let mut dirs = dirs.filter(|dir| dir != "zclab");
    dirs.next().unwrap_or(stem)
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
        let whole =
            store::open::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        if whole.metadata().is_ok_and(|found| found.is_dir()) {
            bail!(
                "cannot read {}: it is a directory: name the log in it",
                path.display()
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

    /// In the order of time: logs of two machines are mixed.
    fn into_records(mut self) -> Vec<Record> {
        self.records.sort_by_key(Record::at);
        self.records
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
        let damaged_lines = log.damaged;
        let records = log.into_records();
        let progress = Progress::of(&records);
        let given = |record: &&Record| matches!(record, Record::Answer(answer) if answer.given != Given::Skipped);
        let score = |sitting| {
            let test = course.concept_test()?;
            progress.score(test, sitting)
        };
        let (before, after) = (score(Sitting::Before), score(Sitting::After));
        let part = |lesson: &crate::course::Lesson| LessonColumn {
            id: lesson.id.clone(),
            counts: progress.totals_of(lesson),
        };
        StudentRow {
            student,
            counts: progress.totals(course),
            answers: records.iter().filter(given).count(),
            concept_before: before.map(|score| score.right),
            concept_after: after.map(|score| score.right),
            concept_gain: before
                .zip(after)
                .and_then(|(before, after)| concept::gain(before, after)),
            first_at: records.first().map(Record::at),
            last_at: records.last().map(Record::at),
            damaged_lines,
            lessons: course.lessons().iter().map(part).collect(),
        }
    }
}

/// With a heading; a lesson has one column: its right answers.
fn table(rows: &[StudentRow], course: &Catalogue) -> String {
    let columns = HEADING.map(str::to_owned).into_iter();
    let lessons = course.lessons().iter();
    let lessons = lessons.map(|lesson| format!("right_{}", lesson.id));
    let heading: Vec<String> = columns.chain(lessons).collect();
    let rows = rows.iter().map(|row| csv::record(&row.fields(), "\r\n"));
    csv::record(&heading, "\r\n") + &rows.collect::<String>()
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

impl StudentRow {
    /// Its fields, in the order of the heading.
    fn fields(&self) -> Vec<String> {
        fn shown<T: ToString>(value: Option<T>) -> String {
            value.map_or_else(String::new, |value| value.to_string())
        }
        let counts = &self.counts;
        let mut fields = vec![self.student.clone()];
        let counts = [
            counts.pages_seen,
            counts.pages,
            counts.right,
            counts.wrong,
            counts.questions,
            counts.objectives_reached,
            counts.objectives,
            self.answers,
        ];
        fields.extend(counts.map(|count| count.to_string()));
        fields.extend([
            shown(self.concept_before),
            shown(self.concept_after),
            shown(self.concept_gain.map(|gain| format!("{gain:.2}"))),
            shown(self.first_at),
            shown(self.last_at),
            self.damaged_lines.to_string(),
        ]);
        let lessons = self.lessons.iter();
        fields.extend(lessons.map(|part| part.counts.right.to_string()));
        fields
    }
}

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
