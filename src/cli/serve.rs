//! `zclab serve DIR`: a static file server.

mod traced;

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
    os::fd::AsFd,
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use anyhow::Context;

use crate::serve::{
    event_loop::Stop,
    send::Method,
    server::{Patience, Server},
};

/// Serve the files of a directory over HTTP, by the method of your choice.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab serve . --method sendfile         prints the address it listens on
  zclab serve site --method splice --port 8080
  zclab serve . --method mmap-write --trace

SIGINT (Ctrl-C) or SIGTERM ends it.")]
pub struct Args {
    /// The directory; nothing outside it is served
    pub dir: PathBuf,
    /// How the bytes get from the file into the socket
    #[arg(long, value_enum)]
    pub method: Method,
    /// The port; without it, the system chooses
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    pub port: u16,
    /// The address to listen on; other machines reach only what is not loopback
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub address: IpAddr,
    /// Connections at once, as far as the limit of open files allows
    #[arg(long, value_name = "N", default_value_t = 4096, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_connections: u32,
    /// How long a client may take to send a request's head
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub head_timeout: u32,
    /// How long a connection is kept between requests
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub idle_timeout: u32,
    /// How long a client may take no byte of a response
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub send_timeout: u32,
    /// Show the server's calls while it serves, and what they come to when it has ended
    #[arg(long)]
    pub trace: bool,
    /// What `--trace` runs: marks where serving begins, and ends when standard input is closed
    #[arg(long, hide = true, conflicts_with = "trace")]
    pub traced: bool,
}

/// Serves until SIGINT or SIGTERM.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    if args.trace {
        return traced::run();
    }
    let mut stop = Stop::on_signals().context("cannot catch signals")?;
    if args.traced {
        stop = stop.or_when_closed(std::io::stdin().as_fd().try_clone_to_owned()?);
    }
    let seconds = |count: u32| Duration::from_secs(count.into());
    let patience = Patience {
        head: seconds(args.head_timeout),
        idle: seconds(args.idle_timeout),
        send: seconds(args.send_timeout),
    };
    let address = SocketAddr::from((args.address, args.port));
    let connections = args.max_connections as usize;
    let server = Server::new(&args.dir, args.method, patience, connections)
        .with_context(|| format!("cannot serve {}", args.dir.display()))?;
    let listener = listen(address)?;
    super::print(&format!("listening on http://{}\n", listener.local_addr()?))?;
    if args.traced {
        traced::mark_begin();
    }
    let served = server.run(listener, &stop).context("cannot serve");
    if args.traced {
        traced::mark_end();
    }
    served?;
    Ok(ExitCode::SUCCESS)
}

/// A listener at that address.
pub(super) fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))
}
