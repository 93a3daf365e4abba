//! What a tracee's sockets are connected to.
//!
//! A duplicate of the socket answers at once (pidfd_getfd, Linux 5.6); where that is refused, the tables of
//! `/proc/PID/net` are searched for its number.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    os::fd::{AsFd, AsRawFd, OwnedFd},
};

use nix::sys::socket::{
    AddressFamily, SockType, SockaddrLike, SockaddrStorage, UnixAddr, getpeername, getsockname,
    getsockopt, sockopt,
};

use super::{
    cancel::pidfd_open,
    kernel::{Tid, pidfd_getfd},
};
use crate::model::DescriptorKind;

/// The kind and the name of a socket: `tcp 127.0.0.1:41234` is connected to that address.
pub(super) fn describe(pid: Tid, fd: i32, inode: u64) -> (DescriptorKind, String) {
    duplicate(pid, fd)
        .and_then(|socket| ask(&socket))
        .or_else(|| search(pid, inode))
        .unwrap_or((DescriptorKind::Unknown, "socket".to_owned()))
}

/// A TCP or UDP socket's own address and its peer's.
pub(super) fn addresses(pid: Tid, fd: i32) -> Option<(Option<SocketAddr>, Option<SocketAddr>)> {
    let Some(socket) = duplicate(pid, fd) else {
        let link = fs::read_link(format!("/proc/{pid}/fd/{fd}")).ok()?;
        let inode = link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
        let inode = inode.parse().ok()?;
        let row = |table: &str| {
            let text = fs::read_to_string(format!("/proc/{pid}/net/{table}")).ok()?;
            internet_row(&text, inode)
        };
        let (own, peer, _) = ["tcp", "tcp6", "udp", "udp6"].into_iter().find_map(row)?;
        return Some((own, peer));
    };
    let own: SockaddrStorage = getsockname(socket.as_raw_fd()).ok()?;
    let peer: Option<SockaddrStorage> = getpeername(socket.as_raw_fd()).ok();
    let own = internet(&own).filter(|own| own.port() != 0);
    Some((own, peer.as_ref().and_then(internet)))
}

fn duplicate(pid: Tid, fd: i32) -> Option<OwnedFd> {
    let process = pidfd_open(pid as u32).ok()?;
    pidfd_getfd(&process, fd).ok()
}

fn ask(socket: &OwnedFd) -> Option<(DescriptorKind, String)> {
    let own: SockaddrStorage = getsockname(socket.as_raw_fd()).ok()?;
    let peer: Option<SockaddrStorage> = getpeername(socket.as_raw_fd()).ok();
    let listening = getsockopt(&socket.as_fd(), sockopt::AcceptConn).unwrap_or(false);
    let stream = getsockopt(&socket.as_fd(), sockopt::SockType).ok()? == SockType::Stream;
    match own.family()? {
        AddressFamily::Inet | AddressFamily::Inet6 => {
            let own = internet(&own).filter(|own| own.port() != 0);
            let peer = peer.as_ref().and_then(internet);
            Some(internet_name(stream, own, peer, listening))
        }
        AddressFamily::Unix => {
            let path = |address: &SockaddrStorage| address.as_unix_addr().and_then(unix_path);
            let path = peer.as_ref().and_then(path).or_else(|| path(&own));
            Some(unix_name(path))
        }
        _ => None,
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
        .map(|path| path.to_string_lossy().into_owned());
    path.or_else(|| {
        address
            .as_abstract()
            .map(|name| format!("@{}", String::from_utf8_lossy(name)))
    })
}

fn internet_name(
    stream: bool,
    own: Option<SocketAddr>,
    peer: Option<SocketAddr>,
    listening: bool,
) -> (DescriptorKind, String) {
    let (kind, word) = match stream {
        true => (DescriptorKind::Tcp, "tcp"),
        false => (DescriptorKind::Udp, "udp"),
    };
    let name = match (peer, own) {
        (Some(peer), _) => format!("{word} {peer}"),
        (None, Some(own)) if listening => format!("{word} listening on {own}"),
        (None, Some(own)) => format!("{word} at {own}"),
        (None, None) => word.to_owned(),
    };
    (kind, name)
}

fn unix_name(path: Option<String>) -> (DescriptorKind, String) {
    let name = path.map_or("unix".to_owned(), |path| format!("unix {path}"));
    (DescriptorKind::Unix, name)
}

fn search(pid: Tid, inode: u64) -> Option<(DescriptorKind, String)> {
    for (table, stream) in [
        ("tcp", true),
        ("tcp6", true),
        ("udp", false),
        ("udp6", false),
    ] {
        let text = fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
        if let Some((own, peer, listening)) = internet_row(&text, inode) {
            return Some(internet_name(stream, own, peer, stream && listening));
        }
    }
    let text = fs::read_to_string(format!("/proc/{pid}/net/unix")).unwrap_or_default();
    unix_row(&text, inode).map(unix_name)
}

type Row = (Option<SocketAddr>, Option<SocketAddr>, bool);

/// A row of /proc/net/tcp (proc_net(5)): `sl local rem st tx:rx tr:when retrnsmt uid timeout inode`.
fn internet_row(table: &str, inode: u64) -> Option<Row> {
    const LISTEN: &str = "0A";
    let mut rows = table
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    let row = rows.find(|row| row.get(9).is_some_and(|number| number.parse() == Ok(inode)))?;
    let address =
        |column: usize| hex_address(row.get(column)?).filter(|address| address.port() != 0);
    Some((address(1), address(2), row.get(3) == Some(&LISTEN)))
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
fn unix_row(table: &str, inode: u64) -> Option<Option<String>> {
    let mut rows = table.lines().skip(1).map(|line| line.split_whitespace());
    rows.find_map(|mut row| {
        let number: u64 = row.nth(6)?.parse().ok()?;
        (number == inode).then(|| row.next().map(str::to_owned))
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
        let (own, peer, listening) = internet_row(tcp, 4711).unwrap();
        assert_eq!(own.unwrap().to_string(), "127.0.0.1:41234");
        assert_eq!(
            internet_name(true, own, peer, listening).1,
            "tcp 127.0.0.1:80"
        );
        let (own, peer, listening) = internet_row(tcp, 4712).unwrap();
        assert_eq!(
            internet_name(true, own, peer, listening).1,
            "tcp listening on 0.0.0.0:22"
        );
        assert!(internet_row(tcp, 1).is_none());
        let v6 = hex_address("00000000000000000000000001000000:0050").unwrap();
        assert_eq!(v6.to_string(), "[::1]:80");
        let unix = "Num RefCount Protocol Flags Type St Inode Path\n\
                    0: 00000002 00000000 00010000 0001 01 99 /run/x\n0: 00000003 00000000 00000000 0001 03 98\n";
        assert_eq!(unix_row(unix, 99), Some(Some("/run/x".to_owned())));
        assert_eq!(unix_row(unix, 98), Some(None));
        assert_eq!(unix_row(unix, 97), None);
    }
}
