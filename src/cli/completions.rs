//! `zclab completions SHELL`.

use clap::CommandFactory;

/// Completions for a shell, on standard output.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab completions bash > ~/.local/share/bash-completion/completions/zclab
  zclab completions fish > ~/.config/fish/completions/zclab.fish")]
pub(crate) struct Args {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut super::Cli::command(), "zclab", &mut text);
    super::print(&String::from_utf8(text)?)
}
