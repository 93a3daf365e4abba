//! `zclab serve DIR`: a static file server.

mod traced;

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
    os::fd::AsFd,
    path::PathBuf,
    process::Command,
    time::Duration,
};

use anyhow::Context;
use clap::builder::TypedValueParser;

use super::options::one_of;
use crate::endpoint;
use crate::host;
use crate::model::{Method, ServePlan, marker, visible_name};
use crate::serve::{
    event_loop::Stop,
    server::{Patience, Server},
};

/// Serve the files of a directory over HTTP, by the method of your choice.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab serve . --method sendfile         prints the address it listens on
  zclab serve site --method splice --port 8080
  zclab serve . --method mmap-write --trace
  zclab serve . --method splice --trace --save x.jsonl   for zclab replay

SIGINT (Ctrl-C) or SIGTERM ends it.")]
pub(crate) struct Args {
    /// The directory; nothing outside it is served
    pub(crate) dir: PathBuf,
    /// How the bytes get from the file into the socket
    #[arg(long, value_parser = methods())]
    pub(crate) method: Method,
    /// The port; without it, the system chooses
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    pub(crate) port: u16,
    /// The address to listen on; other machines reach only what is not loopback
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub(crate) address: IpAddr,
    /// Connections at once, as far as the limit of open files allows
    #[arg(long, value_name = "N", default_value_t = 4096, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_connections: u32,
    /// How long a client may take to send a request's head
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub(crate) head_timeout: u32,
    /// How long a connection is kept between requests
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub(crate) idle_timeout: u32,
    /// How long a client may take no byte of a response
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub(crate) send_timeout: u32,
    /// Show the server's calls while it serves, and what they come to when it has ended
    #[arg(long)]
    pub(crate) trace: bool,
    /// With --trace: also write the calls to this file, as a recording for zclab replay
    #[arg(long, value_name = "FILE", requires = "trace")]
    pub(crate) save: Option<PathBuf>,
    /// What `--trace` runs: marks where serving begins, and ends when standard input is closed
    #[arg(long, hide = true, conflicts_with = "trace")]
    pub(crate) traced: bool,
}

fn methods() -> impl TypedValueParser<Value = Method> {
    one_of(ServePlan::METHODS.map(|method| {
        let help = match method {
            Method::ReadWrite => "read into a buffer, write out of it",
            Method::MmapWrite => "mmap the file, write from the mapping",
            Method::Sendfile => "sendfile: the socket's queue refers to the file's pages",
            _ => "splice from the file to a pipe and from the pipe to the socket",
        };
        (method.name(), help, method)
    }))
}

/// Serves until SIGINT or SIGTERM.
pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    if args.trace {
        return traced::run(&args);
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
        .with_context(|| format!("cannot serve {}", visible_name(&args.dir)))?;
    let listener = listen(address)?;
    super::print(&format!("listening on http://{}\n", listener.local_addr()?))?;
    if args.traced {
        host::mark(marker::BEGIN);
    }
    let served = server.run(listener, &stop).context("cannot serve");
    if args.traced {
        host::mark(marker::END);
    }
    served
}

impl Args {
    /// The same command for the child that is traced.
    fn traced_server(&self) -> Command {
        let mut command = endpoint::this_program();
        command.arg("serve").arg(&self.dir).arg("--traced");
        command.args(["--method", self.method.name()]);
        for (name, value) in [
            ("--port", self.port.to_string()),
            ("--address", self.address.to_string()),
            ("--max-connections", self.max_connections.to_string()),
            ("--head-timeout", self.head_timeout.to_string()),
            ("--idle-timeout", self.idle_timeout.to_string()),
            ("--send-timeout", self.send_timeout.to_string()),
        ] {
            command.args([name, &value]);
        }
        command
    }
}

/// A listener at that address.
pub(super) fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))
}
