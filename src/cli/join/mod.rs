//! `zclab join URL`: a seat in a class, from a terminal.

mod lines;

use std::io::{self, IsTerminal};

use anyhow::bail;

use super::{display_options, end_with};
use crate::{
    runtime::{self, Joined},
    serve::class::seat::{Address, Connection, JoinError},
};

/// Join a class by the address that the projector shows.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab join http://192.168.1.7:40123/K7QX2M
  zclab join --plain http://192.168.1.7:40123/K7QX2M     in lines

On a terminal the keys are those of the course: a digit selects, Enter answers. In lines an answer is letters (b, a c), a
number (66, 1MiB), lines in their order (3 1 2), pairs (1c 2a), or a line's number. It can be changed until the vote is
closed. When the class runs an experiment, this machine runs it too, and its figures go to the projector.")]
pub(crate) struct Args {
    /// The address: http://ADDRESS:PORT/CODE
    pub(crate) url: String,
    /// In lines: the question is printed, an answer is read. So it is without a terminal
    #[arg(long)]
    pub(crate) plain: bool,
    /// Your personal code, where the class has a roster
    #[arg(long, value_name = "CODE")]
    pub(crate) personal: Option<String>,
    /// Do not run the class's experiments on this machine
    #[arg(long)]
    pub(crate) no_run: bool,
    #[command(flatten)]
    display: display_options::Args,
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    let address = match Address::parse(&args.url) {
        Ok(address) => address,
        Err(why) => bail!("cannot join {}: {why}", args.url),
    };
    let connection = Connection::new(address);
    let name = match connection.join(args.personal.as_deref()) {
        Ok(name) => name,
        Err(JoinError::Unreached(error)) => {
            return Err(anyhow::Error::new(error).context("cannot reach the room"));
        }
        Err(JoinError::Refused(404, _)) => bail!("cannot join: there is no room of this code"),
        Err(JoinError::Refused(401, why)) => bail!("cannot join: {why}: write --personal CODE"),
        Err(JoinError::Refused(_, why)) => bail!("cannot join: {why}"),
    };
    if args.plain || !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return lines::run(connection, &name, &args);
    }
    let joined = Joined {
        connection,
        name,
        personal: args.personal,
        runs: !args.no_run,
    };
    runtime::seat(joined, args.display.options()).and_then(end_with)
}
