//! `zclab join URL`: a seat in a class, from a terminal.

mod connection;
mod lines;

use anyhow::bail;

use self::connection::Address;

/// Join a class by the address that the projector shows.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab join http://192.168.1.7:40123/K7QX2M
  zclab join --plain http://192.168.1.7:40123/K7QX2M     in lines

An answer is letters (b, a c), a number (66, 1MiB), lines in their order (3 1 2), pairs (1c 2a), or a line's number. It
can be changed until the vote is closed. When the class runs an experiment, this machine runs it too, and its figures go
to the projector.")]
pub(crate) struct Args {
    /// The address: http://ADDRESS:PORT/CODE
    pub(crate) url: String,
    /// In lines: the question is printed, an answer is read
    #[arg(long)]
    pub(crate) plain: bool,
    /// Your personal code, where the class has a roster
    #[arg(long, value_name = "CODE")]
    pub(crate) personal: Option<String>,
    /// Do not run the class's experiments on this machine
    #[arg(long)]
    pub(crate) no_run: bool,
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    let address = match Address::parse(&args.url) {
        Ok(address) => address,
        Err(why) => bail!("cannot join {}: {why}", args.url),
    };
    lines::run(address, &args)
}
