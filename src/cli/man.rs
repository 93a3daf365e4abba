//! `zclab man DIR`: the man pages and completions, as a package installs them.

use std::{fs, path::PathBuf};

use anyhow::Context;
use clap::CommandFactory;
use clap_complete::Shell;

use super::Cli;
use crate::model::visible_name;

/// Write the man pages and the completions into a directory.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab man target/man        man1/zclab.1, ..., completions/zclab.bash
  man -l target/man/man1/zclab.1")]
pub(crate) struct Args {
    /// The directory; it is made where it is missing
    pub(crate) dir: PathBuf,
}

/// Those of every command, and of the shells that systems have places for.
pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    let failed = || format!("cannot write to {}", visible_name(&args.dir));
    let pages = args.dir.join("man1");
    let completions = args.dir.join("completions");
    for dir in [&pages, &completions] {
        fs::create_dir_all(dir).with_context(failed)?;
    }
    let mut command = Cli::command();
    clap_mangen::generate_to(command.clone(), &pages).with_context(failed)?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        clap_complete::generate_to(shell, &mut command, "zclab", &completions)
            .with_context(failed)?;
    }
    Ok(())
}
