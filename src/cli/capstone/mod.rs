//! `zclab capstone [DIR]`: hands out the starting code of the course's last task, and with `--check` says what a
//! student's server still lacks.

mod client;
mod copies;
mod ladder;
mod rungs;
mod server;

use std::{
    fs::{DirBuilder, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::Context;

use crate::{embedded, model::visible_name};

/// A slow static server to take the copies out of, and its checker.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab capstone                          server.c, check.sh and README.md
  zclab capstone ~/homework/zero-copy
  cd capstone && ./check.sh 2             at most 2 CPU copies per byte
  zclab capstone --examples languages     a file to a socket, in six languages
  zclab capstone --check ./server         a compiled server, at most 0
  zclab capstone --check ./server --format gradescope -o x.json")]
pub(crate) struct Args {
    /// Where to put the files; made if it is not there
    #[arg(default_value = "capstone")]
    pub(crate) dir: PathBuf,
    /// Write programs in other languages instead, each of which sends a file to a socket, to be traced
    #[arg(long, value_name = "DIR", conflicts_with_all = ["dir", "check"])]
    examples: Option<PathBuf>,
    /// Check a server instead: a program that takes DIRECTORY PORT COUNT, as server.c does
    #[arg(long, value_name = "SERVER", conflicts_with = "dir")]
    check: Option<PathBuf>,
    /// How often the CPU may copy each byte
    #[arg(long, value_name = "N", default_value_t = 0, requires = "check")]
    copies: u32,
    /// For people, or a file for an autograder
    #[arg(long, value_enum, default_value_t = Format::Text, requires = "check")]
    format: Format,
    /// Where the autograder's file goes
    #[arg(
        short,
        long,
        value_name = "FILE",
        default_value = "results.json",
        requires = "check"
    )]
    output: PathBuf,
}

/// How the result is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A line a rung.
    Text,
    /// The same, and results.json as Gradescope reads it.
    Gradescope,
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    match (&args.check, &args.examples) {
        (Some(server), _) => check(server, &args),
        (None, Some(dir)) => {
            hand_out("the examples", dir, embedded::examples())?;
            super::print(&format!("{}: begin with README.md\n", visible_name(dir)))
        }
        (None, None) => {
            let dir = &args.dir;
            hand_out("the capstone", dir, embedded::capstone())?;
            let dir = visible_name(dir);
            super::print(&format!(
                "{dir}: begin with README.md, change server.c, run ./check.sh\n"
            ))
        }
    }
}

/// Tries every rung and says what is still wrong. With `--format gradescope` the scores stand in the file, and the exit
/// status tells only whether it was written.
fn check(server: &Path, args: &Args) -> anyhow::Result<()> {
    let server = server
        .canonicalize()
        .with_context(|| format!("cannot check {}", visible_name(server)))?;
    let mut number = 0;
    let rungs = ladder::climb(&server, f64::from(args.copies), |rung| {
        number += 1;
        // A closed output ends the report, not the check.
        let _ = super::print(&rung.for_people(number));
    })?;
    if args.format == Format::Gradescope {
        let text = super::json(&ladder::Gradescope::of(&rungs))?;
        return std::fs::write(&args.output, text)
            .with_context(|| format!("cannot write {}", visible_name(&args.output)));
    }
    match rungs.iter().find(|rung| rung.is_missing()) {
        None => super::print("well done\n"),
        Some(rung) => anyhow::bail!("not yet: {}", rung.fault()),
    }
}

/// Writes the files. One that is there already is never overwritten: it may hold a student's work.
fn hand_out(what: &str, dir: &Path, files: Vec<(&str, &str)>) -> anyhow::Result<()> {
    let refused = || format!("cannot hand out {what} in {}", visible_name(dir));
    DirBuilder::new()
        .recursive(true)
        .create(dir)
        .with_context(refused)?;
    let there = |name: &&str| dir.join(name).symlink_metadata().is_ok();
    let kept: Vec<&str> = files.iter().map(|(name, _)| *name).filter(there).collect();
    anyhow::ensure!(
        kept.is_empty(),
        "{}: it has {}, and work is never overwritten: name another directory",
        refused(),
        kept.join(", ")
    );
    for (name, text) in files {
        let mode = if name.ends_with(".sh") { 0o777 } else { 0o666 };
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(dir.join(name))
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .with_context(|| format!("{}: {name}", refused()))?;
    }
    Ok(())
}
