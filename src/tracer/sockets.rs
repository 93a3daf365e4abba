//! What a tracee's sockets are connected to.
//!
//! A duplicate of the socket answers at once (pidfd_getfd, Linux 5.6); where that is refused, the tables of
//! `/proc/PID/net` are searched for its number.

use std::{
    borrow::Cow,
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::ffi::OsStrExt,
    },
};

use nix::sys::socket::{SockaddrStorage, UnixAddr, getpeername, getsockname, getsockopt, sockopt};

use super::{duplicate::duplicate, kernel::Tid, proc};
use crate::model::{Addresses, DescriptorKind, FileTraits, SocketType, text_of};

/// What is known of a socket.
struct Socket {
    kind: DescriptorKind,
    /// What it is in a word or two: `tcp`, `netlink route`.
    word: Cow<'static, str>,
    own: Option<SocketAddr>,
    peer: Option<SocketAddr>,
    is_listening: bool,
    /// Of a unix socket, its peer's or its own; of others what stands for an address.
    path: Option<String>,
    traits: FileTraits,
}

/// The kind, the name and the traits of a socket: `tcp 127.0.0.1:41234` is connected to that address.
pub(super) fn describe(pid: Tid, fd: i32, inode: u64) -> (DescriptorKind, String, FileTraits) {
    match socket(pid, fd, inode) {
        Some(socket) => (socket.kind, socket.name(), socket.traits),
        None => (
            DescriptorKind::Unknown,
            "socket".to_owned(),
            FileTraits::default(),
        ),
    }
}

/// A TCP or UDP socket's own address and its peer's. Where its descriptor is another's by now, or it never had one (an
/// io_uring's registered file), it is found by its number.
pub(super) fn addresses(pid: Tid, fd: i32, inode: u64) -> Addresses {
    let link = fs::read_link(format!("/proc/{pid}/fd/{fd}"));
    let number = link
        .ok()
        .and_then(|link| proc::inode(link.to_str()?, "socket:["));
    let found = match number {
        Some(number) if number == inode => socket(pid, fd, inode),
        _ => search(pid, inode),
    };
    let [own, peer] = found.map_or([None; 2], |socket| [socket.own, socket.peer]);
    Addresses {
        own: own.map(|own| canonical(own).to_string()),
        peer: peer.map(|peer| canonical(peer).to_string()),
    }
}

/// An IPv4 address as such, though a socket of IPv6 has it.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// The addresses of all TCP and UDP sockets of a process, and whether it listens there.
pub(super) fn all(pid: Tid) -> Vec<(DescriptorKind, Addresses, bool)> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd"));
    let entries = entries.into_iter().flatten().filter_map(Result::ok);
    let sockets = entries.filter_map(|entry| {
        let link = fs::read_link(entry.path()).ok()?;
        proc::inode(link.to_str()?, "socket:[")?;
        let fd = entry.file_name().to_str()?.parse().ok()?;
        let socket = ask(&duplicate(pid, fd).ok()?, pid)?;
        let text = |address: Option<SocketAddr>| address.map(|it| canonical(it).to_string());
        let addresses = Addresses {
            own: text(socket.own),
            peer: text(socket.peer),
        };
        Some((socket.kind, addresses, socket.is_listening))
    });
    sockets.collect()
}

fn socket(pid: Tid, fd: i32, inode: u64) -> Option<Socket> {
    let known = duplicate(pid, fd).ok().and_then(|socket| ask(&socket, pid));
    known.or_else(|| search(pid, inode))
}

fn ask(socket: &OwnedFd, pid: Tid) -> Option<Socket> {
    let option = |level, name| option::<i32>(socket, level, name);
    let of_socket = |name| option(libc::SOL_SOCKET, name);
    let (family, protocol) = (of_socket(libc::SO_DOMAIN)?, of_socket(libc::SO_PROTOCOL)?);
    let socket_type = socket_type(of_socket(libc::SO_TYPE)?);
    let (kind, word) = family_of(family, socket_type, protocol);
    // Some families have no addresses (AF_ALG).
    let own: Option<SockaddrStorage> = getsockname(socket.as_raw_fd()).ok();
    let peer: Option<SockaddrStorage> = getpeername(socket.as_raw_fd()).ok();
    let path = |address: Option<&SockaddrStorage>| match family {
        libc::AF_UNIX => address?.as_unix_addr().and_then(unix_path),
        libc::AF_VSOCK => address?
            .as_vsock_addr()
            .map(|vsock| format!("{}:{}", vsock.cid(), vsock.port())),
        _ => None,
    };
    let of_peer = || peer_program(socket, pid).filter(|_| family == libc::AF_UNIX);
    let is_tcp = kind == DescriptorKind::Tcp;
    Some(Socket {
        kind,
        word,
        own: own
            .as_ref()
            .and_then(internet)
            .filter(|own| own.port() != 0),
        peer: peer.as_ref().and_then(internet),
        is_listening: of_socket(libc::SO_ACCEPTCONN) == Some(1),
        path: path(peer.as_ref())
            .or_else(|| path(own.as_ref()))
            .or_else(of_peer),
        traits: FileTraits {
            known: true,
            socket: socket_type,
            zero_copy: of_socket(libc::SO_ZEROCOPY) == Some(1),
            tls: is_tcp && is_encrypted(socket),
            ..FileTraits::default()
        },
    })
}

fn socket_type(number: i32) -> Option<SocketType> {
    match number {
        libc::SOCK_STREAM => Some(SocketType::Stream),
        libc::SOCK_DGRAM => Some(SocketType::Datagram),
        libc::SOCK_SEQPACKET => Some(SocketType::SeqPacket),
        libc::SOCK_RAW => Some(SocketType::Raw),
        _ => None,
    }
}

/// What a socket of a family, a type and a protocol is, and what it is called (socket(2), linux/netlink.h).
fn family_of(
    family: i32,
    socket_type: Option<SocketType>,
    protocol: i32,
) -> (DescriptorKind, Cow<'static, str>) {
    const MPTCP: i32 = 262;
    let word = match (family, socket_type, protocol) {
        (libc::AF_INET | libc::AF_INET6, Some(SocketType::Stream), libc::IPPROTO_TCP | MPTCP) => {
            return (DescriptorKind::Tcp, "tcp".into());
        }
        (
            libc::AF_INET | libc::AF_INET6,
            Some(SocketType::Datagram),
            libc::IPPROTO_UDP | libc::IPPROTO_UDPLITE,
        ) => return (DescriptorKind::Udp, "udp".into()),
        (libc::AF_UNIX, ..) => return (DescriptorKind::Unix, "unix".into()),
        (_, _, libc::IPPROTO_ICMP) if family == libc::AF_INET => "icmp",
        (_, _, libc::IPPROTO_ICMPV6) if family == libc::AF_INET6 => "icmp6",
        (libc::AF_INET | libc::AF_INET6, _, libc::IPPROTO_SCTP) => "sctp",
        (libc::AF_INET | libc::AF_INET6, ..) => {
            return (
                DescriptorKind::Socket,
                format!("raw ip protocol {protocol}").into(),
            );
        }
        (libc::AF_NETLINK, ..) => netlink(protocol),
        (libc::AF_PACKET, ..) => "packet",
        (libc::AF_VSOCK, ..) => "vsock",
        (libc::AF_BLUETOOTH, ..) => "bluetooth",
        (libc::AF_ALG, ..) => "kernel crypto (AF_ALG)",
        (libc::AF_CAN, ..) => "can",
        (libc::AF_XDP, ..) => "xdp",
        (libc::AF_TIPC, ..) => "tipc",
        (libc::AF_KEY, ..) => "key",
        (family, ..) => {
            return (
                DescriptorKind::Socket,
                format!("socket of family {family}").into(),
            );
        }
    };
    (DescriptorKind::Socket, word.into())
}

fn netlink(protocol: i32) -> &'static str {
    match protocol {
        libc::NETLINK_ROUTE => "netlink route",
        libc::NETLINK_SOCK_DIAG => "netlink sock_diag",
        libc::NETLINK_AUDIT => "netlink audit",
        libc::NETLINK_NETFILTER => "netlink netfilter",
        libc::NETLINK_KOBJECT_UEVENT => "netlink uevent",
        libc::NETLINK_GENERIC => "netlink generic",
        _ => "netlink",
    }
}

/// What getsockopt(2) writes, where that is all of a `T`.
fn option<T: Default>(socket: &OwnedFd, level: i32, name: i32) -> Option<T> {
    let mut value = T::default();
    let mut length = size_of::<T>() as libc::socklen_t;
    // SAFETY: the kernel writes at most `length` bytes to `value`, and says how many. Only integers and arrays of bytes are
    // asked for.
    let done = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            level,
            name,
            (&raw mut value).cast(),
            &raw mut length,
        )
    };
    (done == 0).then_some(value)
}

/// Whether the kernel has keys for either direction (linux/tls.h; it answers EBUSY where it has none).
fn is_encrypted(socket: &OwnedFd) -> bool {
    const SOL_TLS: i32 = 282;
    let has_keys = |direction| option::<[u16; 2]>(socket, SOL_TLS, direction).is_some();
    let ulp: Option<[u8; 4]> = option(socket, libc::IPPROTO_TCP, libc::TCP_ULP);
    ulp == Some(*b"tls\0") && (has_keys(1) || has_keys(2))
}

/// The program at the other end of a unix socket without a name, as it was when they were connected (unix(7),
/// `SO_PEERCRED`); none where that is this one.
fn peer_program(socket: &OwnedFd, pid: Tid) -> Option<String> {
    let peer = getsockopt(&socket.as_fd(), sockopt::PeerCredentials)
        .ok()?
        .pid();
    let name = proc::comm(peer);
    (peer > 0 && peer != pid && !name.is_empty()).then(|| format!("to {name}"))
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
        let word = &self.word;
        match (self.peer, self.own, &self.path) {
            (Some(peer), ..) => format!("{word} {peer}"),
            (None, Some(own), _) if self.is_listening => format!("{word} listening on {own}"),
            (None, Some(own), _) => format!("{word} at {own}"),
            (None, None, Some(path)) => format!("{word} {path}"),
            (None, None, None) => word.to_string(),
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
    let (kind, word) = match is_stream {
        true => (DescriptorKind::Tcp, "tcp"),
        false => (DescriptorKind::Udp, "udp"),
    };
    Some(Socket {
        kind,
        word: word.into(),
        own: address(1),
        peer: address(2),
        is_listening: is_stream && row.get(3) == Some(&LISTEN),
        path: None,
        traits: FileTraits::default(),
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
            word: "unix".into(),
            own: None,
            peer: None,
            is_listening: false,
            path: row.next().map(str::to_owned),
            traits: FileTraits::default(),
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
