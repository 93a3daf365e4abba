//! `zclab export results|questions`: what a teacher takes elsewhere.

mod questions;
mod results;

use std::path::PathBuf;

use super::lesson_dir::LessonsOption;

/// For teachers: results as a table, questions for another system.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// One row a student, from the logs that students hand in
    Results(Results),
    /// The questions, for Moodle (gift) or for a program (json)
    Questions(Questions),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab export results                            your own, as CSV
  zclab export results logs/*.jsonl > class.csv   a row a file, named after it
  zclab export results a.jsonl b.jsonl --student ada   both logs are Ada's
  zclab export results a.jsonl b.jsonl --student ada --student bob --format json

The log of a student is $XDG_STATE_HOME/zclab/answers.jsonl (usually
~/.local/state). It lives on the student's machine and is a text file:
results can be forged.")]
pub(super) struct Results {
    /// Logs [default: your own]
    pub logs: Vec<PathBuf>,
    /// Whose logs they are: one name for all, or one for each log [default: the file's name]
    #[arg(long, value_name = "ID")]
    pub student: Vec<String>,
    /// How
    #[arg(long, default_value = "csv", value_parser = ["csv", "json"])]
    pub format: String,
    #[command(flatten)]
    lessons: LessonsOption,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab export questions > zclab.gift             for Moodle: Import, GIFT
  zclab export questions sendfile                 those of one module
  zclab export questions --format json")]
pub(super) struct Questions {
    /// The module [default: all]
    pub name: Option<String>,
    /// How
    #[arg(long, default_value = "gift", value_parser = ["gift", "json"])]
    pub format: String,
    #[command(flatten)]
    lessons: LessonsOption,
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    match args.what {
        What::Results(args) => results::run(args),
        What::Questions(args) => questions::run(args),
    }
}
