//! `zclab proxy`: from one address to another.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket},
    time::Duration,
};

use anyhow::{Context, ensure};
use clap::builder::TypedValueParser;

use super::options::one_of;
use crate::model::Method;
use crate::serve::{event_loop::Stop, proxy::Proxy};

/// Pass connections on to another address, both directions, by the method of your choice.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab proxy --from 127.0.0.1:8000 --to 127.0.0.1:8080 --method splice
  zclab proxy --from 127.0.0.1:0 --to example.org:80 --method read-write

Port 0 lets the system choose; the address it listens on is printed first.
SIGINT (Ctrl-C) or SIGTERM ends it.")]
pub(crate) struct Args {
    /// Where to listen: ADDRESS:PORT
    #[arg(long, value_name = "ADDR", value_parser = resolve)]
    pub(crate) from: SocketAddr,
    /// Where to connect for each client: ADDRESS:PORT
    #[arg(long, value_name = "ADDR", value_parser = resolve)]
    pub(crate) to: SocketAddr,
    /// How the bytes get from one socket into the other
    #[arg(long, value_parser = methods())]
    pub(crate) method: Method,
    /// Connections at once, as far as the limit of open files allows
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_connections: u32,
    /// How long both sides of a connection may be silent before it is dropped
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    pub(crate) idle_timeout: u32,
}

fn methods() -> impl TypedValueParser<Value = Method> {
    let splice = "splice from the socket to a pipe and from the pipe to the other socket";
    let read_write = "read into a buffer, write out of it";
    one_of(
        [(Method::Splice, splice), (Method::ReadWrite, read_write)]
            .map(|(method, help)| (method.name(), help, method)),
    )
}

/// Passes connections on until SIGINT or SIGTERM.
pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    let stop = Stop::on_signals().context("cannot catch signals")?;
    let idle = Duration::from_secs(args.idle_timeout.into());
    let proxy = Proxy::new(args.to, args.method, idle, args.max_connections as usize);
    let listener = super::serve::listen(args.from)?;
    let from = listener.local_addr()?;
    ensure!(
        !is_reached_by(from, args.to),
        "cannot connect to {}: the proxy itself listens there, and each connection would make another",
        args.to
    );
    super::print(&format!("listening on {from}, connecting to {}\n", args.to))?;
    proxy.run(listener, &stop).context("cannot go on")
}

/// Whether a connection to `to` comes to a listener at `from` on this machine.
fn is_reached_by(from: SocketAddr, to: SocketAddr) -> bool {
    let to_ip = match to.ip().to_canonical() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    // Only an address of this machine can be bound.
    let is_of_this_machine = || UdpSocket::bind((to_ip, 0)).is_ok();
    let is_any = from.ip().is_unspecified() && (from.is_ipv6() || to_ip.is_ipv4());
    from.port() == to.port()
        && (from.ip().to_canonical() == to_ip || is_any && is_of_this_machine())
}

/// An address, or a name that is looked up once.
fn resolve(text: &str) -> Result<SocketAddr, String> {
    let mut found = text.to_socket_addrs().map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidInput => "an address is ADDRESS:PORT".to_owned(),
        _ => error.to_string(),
    })?;
    found.next().ok_or_else(|| "no such address".to_owned())
}
