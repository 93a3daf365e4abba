//! send with MSG_ZEROCOPY: the kernel sends out of the program's own buffer, where it can.

use std::os::fd::{AsRawFd, BorrowedFd};

use nix::{
    Result,
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::socket::{ControlMessageOwned::Ipv4RecvErr, MsgFlags, RecvMsg, recvmsg, send},
    unistd::read,
};

use super::{Reports, retry};

/// Moves all of `source` to `sink`, a TCP socket with SO_ZEROCOPY, a buffer at a time.
pub fn transfer(
    source: BorrowedFd,
    sink: BorrowedFd,
    buffer: &mut [u8],
    reports: &mut Reports,
) -> Result<u64> {
    let mut moved = 0;
    loop {
        // A CPU copy: page cache to buffer. 0: the end.
        let n = retry(|| read(source, buffer))?;
        if n == 0 {
            return Ok(moved);
        }
        let mut sent = 0;
        while sent < n {
            sent += send_some(sink, &buffer[sent..n], reports)?;
        }
        // The buffer is the kernel's until every send of it
        // is completed. Only then may it be written to.
        while reports.are_missing() {
            take_report(sink, reports)?;
        }
        moved += n as u64;
    }
}

fn send_some(sink: BorrowedFd, part: &[u8], reports: &mut Reports) -> Result<usize> {
    let zerocopy = MsgFlags::from_bits_retain(libc::MSG_ZEROCOPY);
    let mut flags = zerocopy;
    loop {
        // The queue notes our pages, or copies: see the report.
        match retry(|| send(sink.as_raw_fd(), part, flags)) {
            // No more memory may be locked: first get back what
            // is, and if that was nothing, let the CPU copy.
            Err(Errno::ENOBUFS) if reports.are_missing() => take_report(sink, reports)?,
            Err(Errno::ENOBUFS) if flags == zerocopy => {
                reports.refused += 1;
                flags = MsgFlags::empty();
            }
            Ok(n) => {
                reports.sent += u32::from(flags == zerocopy);
                return Ok(n);
            }
            failed => return failed,
        }
    }
}

/// Takes the reports that are there, or waits until there are some.
pub fn take_report(sink: BorrowedFd, reports: &mut Reports) -> Result<()> {
    let Reports { space, list, .. } = reports;
    list.clear();
    // Reports come by the socket's error queue, without payload.
    let queue = MsgFlags::MSG_ERRQUEUE;
    let taken: Result<RecvMsg<()>> = recvmsg(sink.as_raw_fd(), &mut [], Some(space), queue);
    match taken {
        Ok(message) => {
            for report in message.cmsgs()? {
                if let Ipv4RecvErr(report, _) = report {
                    list.push(report);
                }
            }
        }
        // None yet. POLLERR is always waited for.
        Err(Errno::EAGAIN) => {
            let mut socket = [PollFd::new(sink, PollFlags::empty())];
            retry(|| poll(&mut socket, PollTimeout::NONE))?;
        }
        Err(Errno::EINTR) => {}
        Err(error) => return Err(error),
    }
    reports.note();
    Ok(())
}
