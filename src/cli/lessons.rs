//! `zclab lessons [NAME]`: the list, or one lesson as plain text.

use std::process::ExitCode;

use anyhow::bail;

/// The lessons as a list, or one as plain text.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab lessons                           the list
  zclab lessons sendfile                  one lesson as plain text
  zclab lessons --json")]
pub struct Args {
    /// The lesson
    pub name: Option<String>,
    /// One JSON document
    #[arg(long)]
    pub json: bool,
}

/// Lists the lessons, or prints one.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let _ = args;
    bail!("lessons is not built yet")
}
