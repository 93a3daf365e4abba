//! The ladder: all rungs tried in their order, and the result for people and for Gradescope.

use std::{fmt::Write, path::Path};

use anyhow::{Context, Result};
use serde::Serialize;

use super::{rungs::Bench, server::Site};

/// A rung that was tried.
pub(super) struct Rung {
    name: String,
    /// It belongs to the ladder; else it lies beyond it.
    is_needed: bool,
    /// What is still wrong; none where nothing is.
    wrong: Option<String>,
}

/// Points of a rung, for Gradescope: the copies are what the task is about.
const POINTS: f64 = 1.0;
const POINTS_OF_COPIES: f64 = 4.0;
const COPIES: &str = "copies";

/// Tries every rung. A later one is tried although an earlier one failed: each says what is wrong with it.
pub(super) fn climb(
    program: &Path,
    most_copies: f64,
    mut tried: impl FnMut(&Rung),
) -> Result<Vec<Rung>> {
    let dir = tempfile::tempdir().context("cannot make a directory of files to serve")?;
    let site = Site::make(dir.path())?;
    let bench = Bench {
        program,
        site: &site,
    };
    type Try<'b> = &'b dyn Fn() -> Result<()>;
    let copies = format!("{COPIES}, at most {most_copies} per byte");
    let rungs: [(&str, bool, Try); 9] = [
        ("every byte", true, &|| bench.every_byte()),
        ("a slow client, short counts", true, &|| bench.slow_client()),
        ("clients that leave", true, &|| bench.vanishing()),
        ("a file that is cut meanwhile", true, &|| bench.cut()),
        ("several clients at once", true, &|| bench.parallel()),
        (&copies, true, &|| bench.copies(most_copies)),
        ("signals, EINTR", bench.handles_signals(), &|| {
            bench.signals()
        }),
        ("no client waits for another", false, &|| {
            bench.nobody_waits()
        }),
        ("byte ranges", false, &|| bench.ranges()),
    ];
    let tried = rungs.into_iter().map(|(name, is_needed, attempt)| {
        let rung = Rung {
            name: name.to_owned(),
            is_needed,
            wrong: attempt().err().map(|why| format!("{why:#}")),
        };
        tried(&rung);
        rung
    });
    Ok(tried.collect())
}

impl Rung {
    /// One line, or two where something is wrong.
    pub(super) fn for_people(&self, number: usize) -> String {
        let verdict = match (&self.wrong, self.is_needed) {
            (None, _) => "done",
            (Some(_), true) => "not yet",
            (Some(_), false) => "not yet (beyond the ladder)",
        };
        let mut text = format!("{number:>2}  {:<32} {verdict}\n", self.name);
        if let Some(wrong) = &self.wrong {
            let _ = writeln!(text, "    {wrong}");
        }
        text
    }

    /// Whether the ladder cannot be climbed with it as it is.
    pub(super) fn is_missing(&self) -> bool {
        self.is_needed && self.wrong.is_some()
    }

    /// What is wrong, with its name.
    pub(super) fn fault(&self) -> String {
        format!("{}: {}", self.name, self.wrong.as_deref().unwrap_or("done"))
    }

    fn points(&self) -> f64 {
        match self.name.starts_with(COPIES) {
            true => POINTS_OF_COPIES,
            false => POINTS,
        }
    }
}

/// `results.json` (gradescope-autograders.readthedocs.io, "Autograder Specifications": output format).
#[derive(Serialize)]
pub(super) struct Gradescope<'r> {
    output: &'static str,
    stdout_visibility: &'static str,
    tests: Vec<GradescopeTest<'r>>,
}

#[derive(Serialize)]
struct GradescopeTest<'r> {
    name: &'r str,
    number: String,
    score: f64,
    max_score: f64,
    status: &'static str,
    output: &'r str,
    visibility: &'static str,
}

impl<'r> Gradescope<'r> {
    pub(super) fn of(rungs: &'r [Rung]) -> Gradescope<'r> {
        let tests = rungs.iter().zip(1..).map(|(rung, number)| GradescopeTest {
            name: &rung.name,
            number: format!("{number}"),
            score: if rung.wrong.is_none() {
                rung.points()
            } else {
                0.0
            },
            max_score: rung.points(),
            status: if rung.wrong.is_none() {
                "passed"
            } else {
                "failed"
            },
            output: rung.wrong.as_deref().unwrap_or("done"),
            visibility: "visible",
        });
        Gradescope {
            output: "Checked by zclab capstone --check: each rung says what is still wrong.",
            stdout_visibility: "hidden",
            tests: tests.collect(),
        }
    }
}
