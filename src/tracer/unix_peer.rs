//! Which unix socket is connected to which: the kernel tells by sock_diag(7).

use std::os::fd::AsRawFd;

use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, send, socket,
};

/// `SOCK_DIAG_BY_FAMILY` (linux/sock_diag.h), `NLM_F_REQUEST` (linux/netlink.h), `UDIAG_SHOW_PEER` and `UNIX_DIAG_PEER`
/// (linux/unix_diag.h).
const BY_FAMILY: u16 = 20;
const REQUEST: u16 = 1;
const SHOW_PEER: u32 = 4;
const PEER: u16 = 2;
/// `struct nlmsghdr` and `struct unix_diag_msg`.
const HEAD: usize = 16 + 16;

/// The number of the socket that is connected to the one of this number; none where there is none, where it has none yet
/// (nobody has accepted it), or where the kernel does not tell.
pub(crate) fn peer_of(inode: u64) -> Option<u64> {
    let inode = u32::try_from(inode).ok()?;
    let link = socket(
        AddressFamily::Netlink,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC,
        SockProtocol::NetlinkSockDiag,
    );
    let link = link.ok()?;
    send(link.as_raw_fd(), &request(inode), MsgFlags::empty()).ok()?;
    let mut answer = [0; 512];
    let length = recv(link.as_raw_fd(), &mut answer, MsgFlags::empty()).ok()?;
    peer(&answer[..length])
}

/// `struct nlmsghdr`, and `struct unix_diag_req` for one socket in whatever state.
fn request(inode: u32) -> Vec<u8> {
    let mut request = Vec::with_capacity(40);
    request.extend(40u32.to_ne_bytes());
    request.extend(BY_FAMILY.to_ne_bytes());
    request.extend(REQUEST.to_ne_bytes());
    request.extend([0; 8]);
    request.extend([AddressFamily::Unix as u8, 0, 0, 0]);
    for word in [u32::MAX, inode, SHOW_PEER, u32::MAX, u32::MAX] {
        request.extend(word.to_ne_bytes());
    }
    request
}

/// The attribute of an answer that says the peer's number.
fn peer(answer: &[u8]) -> Option<u64> {
    let half = |at: usize| Some(u16::from_ne_bytes(answer.get(at..at + 2)?.try_into().ok()?));
    let word = |at: usize| Some(u32::from_ne_bytes(answer.get(at..at + 4)?.try_into().ok()?));
    (half(4)? == BY_FAMILY).then_some(())?;
    let mut at = HEAD;
    while let (Some(length), Some(kind)) = (half(at), half(at + 2)) {
        if kind == PEER {
            let peer = u64::from(word(at + 4)?);
            return (peer != 0).then_some(peer);
        }
        at += usize::from(length).max(4).next_multiple_of(4);
    }
    None
}

#[cfg(test)]
mod tests {
    use std::os::{fd::AsFd, unix::net::UnixStream};

    use super::*;

    #[test]
    fn the_ends_of_a_pair_are_each_others_peers() {
        let (first, second) = UnixStream::pair().unwrap();
        let number = |socket: &UnixStream| nix::sys::stat::fstat(socket.as_fd()).unwrap().st_ino;
        let (first, second) = (number(&first), number(&second));
        let told = peer_of(first);
        // A kernel without the module tells nothing.
        assert!(told.is_none() || told == Some(second), "{told:?}");
        assert_eq!(peer_of(second), told.map(|_| first));
    }
}
