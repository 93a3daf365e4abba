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
    /// The questions, for Moodle (gift, moodle-xml), Canvas (qti) or a program (json)
    Questions(Questions),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab export results                            your own, as CSV
  zclab export results logs/*.jsonl > class.csv   a row a file, named after it
  zclab export results a.jsonl b.jsonl --student ada   both logs are Ada's
  zclab export results a.jsonl b.jsonl --student ada --student bob --format json
  zclab export results logs/*.jsonl --into grades.csv -o filled.csv
  zclab export results logs/*.jsonl --format xapi  for a learning record store

--into adds a column of points to a gradebook that Moodle, Canvas or Brightspace
has exported. It and xapi take the sessions of a class, too.

The log of a student is $XDG_STATE_HOME/zclab/answers.jsonl (usually
~/.local/state). It lives on the student's machine and is a text file:
results can be forged.")]
pub(super) struct Results {
    /// Logs; for --into and xapi also sessions of a class [default: your own log]
    pub logs: Vec<PathBuf>,
    /// Whose logs they are: one name for all, or one for each log [default: the file's name, or its directory's where
    /// all files have one name]
    #[arg(long, value_name = "ID")]
    pub student: Vec<String>,
    /// How
    #[arg(long, default_value = "csv", value_parser = ["csv", "json", "xapi"])]
    pub format: String,
    /// Adds a column of points to a gradebook that Moodle, Canvas or Brightspace has exported, and prints it
    #[arg(long, value_name = "LMS.CSV", conflicts_with = "format")]
    pub into: Option<PathBuf>,
    /// What a point is for: a question that was answered, or whose last answer is right
    #[arg(long, value_enum, default_value_t = Credit::Answered, requires = "into")]
    pub credit: Credit,
    /// The column's name
    #[arg(long, default_value = "zclab", requires = "into")]
    pub column: String,
    /// Where to write the gradebook [default: standard output]
    #[arg(short, long, value_name = "FILE", requires = "into")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    lessons: LessonsOption,
}

/// What a point is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Credit {
    /// A question that was answered
    Answered,
    /// A question whose last answer is right
    Right,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab export questions > zclab.gift             for Moodle: Import, GIFT
  zclab export questions sendfile                 those of one module
  zclab export questions --format moodle-xml > zclab.xml  for Moodle
  zclab export questions --format qti > zclab-qti.zip  for Canvas
  zclab export questions --format json")]
pub(super) struct Questions {
    /// The module [default: all]
    pub name: Option<String>,
    /// How
    #[arg(long, default_value = "gift", value_parser = ["gift", "moodle-xml", "qti", "json"])]
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
