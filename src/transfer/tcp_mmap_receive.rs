//! Receiving by mapping: the kernel shows the program the very pages in which the payload arrived.

use std::{
    mem::size_of_val,
    num::NonZeroUsize,
    os::fd::{AsRawFd, BorrowedFd},
    slice,
};

use nix::{
    Result,
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        mman::{MapFlags, ProtFlags, mmap, munmap},
        socket::{MsgFlags, recv},
    },
    unistd::write,
};

use super::retry;

/// Moves all that arrives on the socket `source` to the file `sink`, at most a buffer's length a time. `reports` gets
/// what the kernel says that it mapped, a number for each time that it was asked.
pub fn transfer(
    source: BorrowedFd,
    sink: BorrowedFd,
    buffer: &mut [u8],
    reports: &mut Vec<u32>,
) -> Result<u64> {
    let length = NonZeroUsize::new(buffer.len()).ok_or(Errno::EINVAL)?;
    let read_only = ProtFlags::PROT_READ;
    let shared = MapFlags::MAP_SHARED;
    // Addresses, set aside for pages that are still to arrive.
    // SAFETY: a new mapping at an address that the kernel picks.
    let address = unsafe { mmap(None, length, read_only, shared, source, 0)? };

    let view = View {
        socket: source,
        address: address.as_ptr() as u64,
        length: u32::try_from(buffer.len()).unwrap_or(LARGEST),
    };
    let moved = receive_all(&view, sink, buffer, reports);

    // SAFETY: the whole mapping, and nobody uses it any more.
    unsafe { munmap(address, buffer.len())? };
    moved
}

fn receive_all(
    view: &View,
    sink: BorrowedFd,
    buffer: &mut [u8],
    reports: &mut Vec<u32>,
) -> Result<u64> {
    let none = MsgFlags::empty();
    let mut moved = 0;
    loop {
        // Asking for pages never waits, so poll does.
        let mut socket = [PollFd::new(view.socket, PollFlags::POLLIN)];
        retry(|| poll(&mut socket, PollTimeout::NONE))?;
        let found = match view.take_pages() {
            // The peer has ended; what it sent is here.
            Err(Errno::EIO) => return Ok(moved),
            found => found?,
        };
        reports.push(found.length);
        // No copy so far: these addresses show the pages of the
        // queue, until the next pages are taken.
        let mapped = view.shown(found.length);
        write_all(mapped, sink)?;
        // What fills no whole page is copied, as by any recv.
        let rest = buffer.len().min(found.recv_skip_hint as usize);
        let mut copied = 0;
        if rest > 0 {
            copied = retry(|| recv(view.socket.as_raw_fd(), &mut buffer[..rest], none))?;
            write_all(&buffer[..copied], sink)?;
        }
        moved += u64::from(found.length) + copied as u64;
    }
}

/// The CPU copy that is left: into the file's own pages.
fn write_all(bytes: &[u8], sink: BorrowedFd) -> Result<()> {
    let mut written = 0;
    while written < bytes.len() {
        written += retry(|| write(sink, &bytes[written..]))?;
    }
    Ok(())
}

/// Addresses at which the kernel may show pages of a socket's queue.
struct View<'a> {
    socket: BorrowedFd<'a>,
    address: u64,
    length: u32,
}

/// `struct tcp_zerocopy_receive` of linux/tcp.h, its first fields: what is asked, and what the kernel answers.
#[repr(C)]
struct Pages {
    address: u64,
    /// Asked: how much there is room for. Answered: how much was mapped, in whole pages.
    length: u32,
    /// Answered: how much has arrived behind that, and must be copied.
    recv_skip_hint: u32,
    inq: u32,
    err: i32,
}

/// `TCP_ZEROCOPY_RECEIVE` of linux/tcp.h.
const TCP_ZEROCOPY_RECEIVE: i32 = 35;
/// A view has 32 bits for its length: the largest one of whole pages, of any size.
const LARGEST: u32 = 1 << 31;

impl View<'_> {
    /// Maps what has arrived, in place of the pages that stood there before.
    fn take_pages(&self) -> Result<Pages> {
        let mut pages = Pages {
            address: self.address,
            length: self.length,
            recv_skip_hint: 0,
            inq: 0,
            err: 0,
        };
        let socket = self.socket.as_raw_fd();
        let (tcp, option) = (libc::IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE);
        let mut size = size_of_val(&pages) as u32;
        // SAFETY: the structure is as long as `size` says, and the pages go where this process has mapped the socket.
        let done =
            unsafe { libc::getsockopt(socket, tcp, option, (&raw mut pages).cast(), &mut size) };
        Errno::result(done)?;
        match pages.err {
            0 => Ok(pages),
            // As of a connection that was reset.
            err => Err(Errno::from_raw(-err)),
        }
    }

    /// The first bytes of what is mapped now.
    fn shown(&self, length: u32) -> &[u8] {
        // SAFETY: the kernel says that so many bytes are mapped, and nothing is taken while the slice lives.
        unsafe { slice::from_raw_parts(self.address as *const u8, length as usize) }
    }
}
