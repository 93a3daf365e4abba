//! What a tracee's sockets are connected to.
//!
//! A duplicate of the socket answers at once (pidfd_getfd, Linux 5.6); where that is refused, the tables of
//! `/proc/PID/net` are searched for its number.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::ffi::OsStrExt,
    },
};

use nix::sys::socket::{
    AddressFamily, SockType, SockaddrLike, SockaddrStorage, UnixAddr, getpeername, getsockname,
    getsockopt, sockopt,
};

use super::{duplicate::duplicate, kernel::Tid, proc};
use crate::model::{Addresses, DescriptorKind, text_of};

/// What is known of a socket.
struct Socket {
    kind: DescriptorKind,
    own: Option<SocketAddr>,
    peer: Option<SocketAddr>,
    is_listening: bool,
    /// Of a unix socket, its peer's or its own.
    path: Option<String>,
}

/// The kind and the name of a socket: `tcp 127.0.0.1:41234` is connected to that address.
pub(super) fn describe(pid: Tid, fd: i32, inode: u64) -> (DescriptorKind, String) {
    match socket(pid, fd, || Some(inode)) {
        Some(socket) => (socket.kind, socket.name()),
        None => (DescriptorKind::Unknown, "socket".to_owned()),
    }
}

/// A TCP or UDP socket's own address and its peer's.
pub(super) fn addresses(pid: Tid, fd: i32) -> Addresses {
    let number = || {
        let link = fs::read_link(format!("/proc/{pid}/fd/{fd}")).ok()?;
        proc::inode(link.to_str()?, "socket:[")
    };
    let [own, peer] = socket(pid, fd, number).map_or([None; 2], |socket| [socket.own, socket.peer]);
    Addresses {
        own: own.map(|own| own.to_string()),
        peer: peer.map(|peer| peer.to_string()),
    }
}

/// Whether a socket is a stream; none where it is no socket, or cannot be asked.
pub(super) fn is_stream(pid: Tid, fd: i32) -> Option<bool> {
    let socket = duplicate(pid, fd).ok()?;
    let kind = getsockopt(&socket.as_fd(), sockopt::SockType).ok()?;
    Some(kind == SockType::Stream)
}

fn socket(pid: Tid, fd: i32, inode: impl FnOnce() -> Option<u64>) -> Option<Socket> {
    let known = duplicate(pid, fd).ok().and_then(|socket| ask(&socket));
    known.or_else(|| search(pid, inode()?))
}

fn ask(socket: &OwnedFd) -> Option<Socket> {
    let own: SockaddrStorage = getsockname(socket.as_raw_fd()).ok()?;
    let peer: Option<SockaddrStorage> = getpeername(socket.as_raw_fd()).ok();
    let is_stream = getsockopt(&socket.as_fd(), sockopt::SockType).ok()? == SockType::Stream;
    let path = |address: &SockaddrStorage| address.as_unix_addr().and_then(unix_path);
    Some(Socket {
        kind: match own.family()? {
            AddressFamily::Inet | AddressFamily::Inet6 => internet_kind(is_stream),
            AddressFamily::Unix => DescriptorKind::Unix,
            _ => return None,
        },
        own: internet(&own).filter(|own| own.port() != 0),
        peer: peer.as_ref().and_then(internet),
        is_listening: getsockopt(&socket.as_fd(), sockopt::AcceptConn).unwrap_or(false),
        path: peer.as_ref().and_then(path).or_else(|| path(&own)),
    })
}

fn internet_kind(is_stream: bool) -> DescriptorKind {
    match is_stream {
        true => DescriptorKind::Tcp,
        false => DescriptorKind::Udp,
    }
}

fn internet(address: &SockaddrStorage) -> Option<SocketAddr> {
    let v4 = address
        .as_sockaddr_in()
        .map(|v4| SocketAddr::V4((*v4).into()));
    v4.or_else(|| {
        address
            .as_sockaddr_in6()
            .map(|v6| SocketAddr::V6((*v6).into()))
    })
}

fn unix_path(address: &UnixAddr) -> Option<String> {
    let path = address
        .path()
        .map(|path| text_of(path.as_os_str().as_bytes()));
    path.or_else(|| {
        address
            .as_abstract()
            .map(|name| format!("@{}", text_of(name)))
    })
}

impl Socket {
    fn name(&self) -> String {
        let word = match self.kind {
            DescriptorKind::Tcp => "tcp",
            DescriptorKind::Udp => "udp",
            _ => "unix",
        };
        match (self.peer, self.own, &self.path) {
            (Some(peer), ..) => format!("{word} {peer}"),
            (None, Some(own), _) if self.is_listening => format!("{word} listening on {own}"),
            (None, Some(own), _) => format!("{word} at {own}"),
            (None, None, Some(path)) => format!("{word} {path}"),
            (None, None, None) => word.to_owned(),
        }
    }
}

fn search(pid: Tid, inode: u64) -> Option<Socket> {
    let internet =
        |table: &str| internet_row(table, &proc::read(pid, &format!("net/{table}")), inode);
    let found = ["tcp", "tcp6", "udp", "udp6"]
        .into_iter()
        .find_map(internet);
    found.or_else(|| unix_row(&proc::read(pid, "net/unix"), inode))
}

/// A row of /proc/net/tcp (proc_net(5)): `sl local rem st tx:rx tr:when retrnsmt uid timeout inode`.
fn internet_row(table: &str, text: &str, inode: u64) -> Option<Socket> {
    const LISTEN: &str = "0A";
    let mut rows = text
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    let row = rows.find(|row| row.get(9).is_some_and(|number| number.parse() == Ok(inode)))?;
    let address =
        |column: usize| hex_address(row.get(column)?).filter(|address| address.port() != 0);
    let is_stream = table.starts_with("tcp");
    Some(Socket {
        kind: internet_kind(is_stream),
        own: address(1),
        peer: address(2),
        is_listening: is_stream && row.get(3) == Some(&LISTEN),
        path: None,
    })
}

/// `0100007F:A112`: each 32-bit word of the address as a number of the machine, the port as it is read.
fn hex_address(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let mut bytes = Vec::with_capacity(16);
    for word in address.as_bytes().chunks(8) {
        let word = u32::from_str_radix(std::str::from_utf8(word).ok()?, 16).ok()?;
        bytes.extend(word.to_ne_bytes());
    }
    let ip = match bytes.len() {
        4 => IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?)),
        _ => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)),
    };
    Some(SocketAddr::new(ip, port))
}

/// A row of /proc/net/unix: `Num RefCount Protocol Flags Type St Inode Path`.
fn unix_row(text: &str, inode: u64) -> Option<Socket> {
    let mut rows = text.lines().skip(1).map(|line| line.split_whitespace());
    rows.find_map(|mut row| {
        let number: u64 = row.nth(6)?.parse().ok()?;
        (number == inode).then(|| Socket {
            kind: DescriptorKind::Unix,
            own: None,
            peer: None,
            is_listening: false,
            path: row.next().map(str::to_owned),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn tables_of_proc_are_read() {
        let tcp = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
                   0: 0100007F:A112 0100007F:0050 01 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 20\n   \
                   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4712 1 0\n";
        let name = |row: Option<Socket>| row.map(|socket| socket.name());
        let tcp = |inode| name(internet_row("tcp", tcp, inode));
        assert_eq!(tcp(4711).unwrap(), "tcp 127.0.0.1:80");
        assert_eq!(tcp(4712).unwrap(), "tcp listening on 0.0.0.0:22");
        assert_eq!(tcp(1), None);
        let v6 = hex_address("00000000000000000000000001000000:0050").unwrap();
        assert_eq!(v6.to_string(), "[::1]:80");
        let unix = "Num RefCount Protocol Flags Type St Inode Path\n\
                    0: 00000002 00000000 00010000 0001 01 99 /run/x\n0: 00000003 00000000 00000000 0001 03 98\n";
        let unix = |inode| name(unix_row(unix, inode));
        assert_eq!(unix(99).unwrap(), "unix /run/x");
        assert_eq!(unix(98).unwrap(), "unix");
        assert_eq!(unix(97), None);
    }
}
