//! Locked memory: what is pinned for I/O counts against RLIMIT_MEMLOCK.

use std::{io::Read, os::fd::AsRawFd};

use anyhow::{Context, Result};
use nix::{
    errno::Errno,
    sys::{
        resource::{Resource, getrlimit, setrlimit},
        socket::{MsgFlags, recv, send},
    },
};

use super::{Experiment, Observation, Run::Alone, Setting, call, sockets};
use crate::endpoint::ends;
use crate::host::{self, allow_zerocopy};

const LIMIT: usize = 8 << 20;

pub(super) const ALL: &[Experiment] = &[
    Experiment {
        name: "register-beyond-memlock",
        call: "io_uring_register(ring, IORING_REGISTER_BUFFERS, iov, 1)",
        setup: "RLIMIT_MEMLOCK is 8 MiB, CAP_IPC_LOCK is dropped, and the one buffer has 8 MiB.",
        why: "A registered buffer is pinned, and the ring itself has taken a little of the same limit, so 8 MiB no \
              longer fit. The memory itself is not scarce: io_uring_register(2), getrlimit(2).",
        run: Alone(register),
    },
    Experiment {
        name: "zerocopy-beyond-memlock",
        call: "send(socket, buffer, 16777216, MSG_ZEROCOPY)",
        setup: "RLIMIT_MEMLOCK is 8 MiB, CAP_IPC_LOCK is dropped, SO_ZEROCOPY is set, the socket is TCP.",
        why: "The pages of a zero-copy send stay pinned until the kernel lets go of them, so they count as locked memory. \
              Memory for 16 MiB is there; the permission to pin it at once is not: kernel doc msg_zerocopy.rst.",
        run: Alone(zerocopy),
    },
    Experiment {
        name: "zerocopy-after-enobufs",
        call: "send(socket, buffer, 65536, MSG_ZEROCOPY) after ENOBUFS, twice",
        setup: "RLIMIT_MEMLOCK is 1 MiB, CAP_IPC_LOCK is dropped, and sends of 64 KiB have come to ENOBUFS. The first \
                try follows a reading of the error queue; the second, the receiver's reading, with the queue unread.",
        why: "The kernel lets go of pages first and queues their completion then, so reading the queue frees no page. \
              Waiting does (poll reports POLLERR): net/core/skbuff.c, mm_unaccount_pinned_pages().",
        run: Alone(after_enobufs),
    },
];

fn register(_: &Setting) -> Result<Observation> {
    limit(LIMIT)?;
    let ring = match host::io_uring_setup(4) {
        Ok(ring) => ring,
        Err(errno) => {
            let reason = format!("io_uring_setup is refused: {}", super::name(errno));
            return Ok(Observation::unavailable(reason));
        }
    };
    let buffer = vec![0u8; LIMIT];
    let iov = [std::io::IoSlice::new(&buffer)];
    // SAFETY: IoSlice has the layout of struct iovec, and the buffer outlives the ring, which nothing is read by.
    let done = unsafe {
        libc::syscall(
            libc::SYS_io_uring_register,
            ring.as_raw_fd(),
            libc::c_long::from(REGISTER_BUFFERS),
            iov.as_ptr(),
            1,
        )
    };
    drop(ring);
    call(Errno::result(done).map(|n| n as usize))
}

fn zerocopy(_: &Setting) -> Result<Observation> {
    limit(LIMIT)?;
    let (near, _far) = ends::tcp()?;
    if let Err(errno) = allow_zerocopy(&near) {
        let reason = format!("SO_ZEROCOPY is refused: {}", super::name(errno));
        return Ok(Observation::unavailable(reason));
    }
    near.set_nonblocking(true)
        .context("cannot make a socket nonblocking")?;
    let buffer = vec![0u8; 2 * LIMIT];
    call(send(near.as_raw_fd(), &buffer, sockets::ZEROCOPY))
}

/// What a send answers that asks for more pages than may be pinned: after the error queue was read, and after the
/// receiver has read what was sent, with the queue unread.
fn after_enobufs(_: &Setting) -> Result<Observation> {
    const CHUNK: usize = 1 << 16;
    limit(1 << 20)?;
    let (near, mut far) = ends::tcp()?;
    if let Err(errno) = allow_zerocopy(&near) {
        let reason = format!("SO_ZEROCOPY is refused: {}", super::name(errno));
        return Ok(Observation::unavailable(reason));
    }
    near.set_nonblocking(true)
        .context("cannot make a socket nonblocking")?;
    let buffer = vec![0u8; CHUNK];
    let again = || send(near.as_raw_fd(), &buffer, sockets::ZEROCOPY);
    let mut sent = 0;
    let first = loop {
        match again() {
            Ok(n) => sent += n,
            Err(errno) => break errno,
        }
    };
    let mut lines = vec![format!("{sent} bytes sent, then {}", super::name(first))];
    let mut completions = 0;
    while recv(near.as_raw_fd(), &mut [0; 1], MsgFlags::MSG_ERRQUEUE).is_ok() {
        completions += 1;
    }
    let queue_read = Observation::call(again());
    lines.push(format!(
        "error queue read, {completions} completions: {}",
        queue_read.answer
    ));
    far.read_exact(&mut vec![0; sent])
        .context("cannot receive")?;
    sockets::wait_for_error(&near)?;
    let received = Observation::call(again());
    lines.push(format!(
        "receiver has read, queue unread: {}",
        received.answer
    ));
    Ok(Observation {
        lines,
        ..Observation::answer(format!("{}, then {}", queue_read.answer, received.answer))
    })
}

/// Lets this process lock so much at most, and drops the capability that no limit holds for.
fn limit(most: usize) -> Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_MEMLOCK).context("cannot read RLIMIT_MEMLOCK")?;
    setrlimit(Resource::RLIMIT_MEMLOCK, hard.min(most as u64), hard)
        .context("cannot set RLIMIT_MEMLOCK")?;
    drop_capability().context("cannot drop CAP_IPC_LOCK")
}

/// IORING_REGISTER_BUFFERS of linux/io_uring.h.
const REGISTER_BUFFERS: u8 = 0;

/// CAP_IPC_LOCK of linux/capability.h.
const CAP_IPC_LOCK: u32 = 14;

/// `struct __user_cap_header_struct` and two of `struct __user_cap_data_struct` of linux/capability.h.
#[repr(C)]
struct Header {
    version: u32,
    pid: i32,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Data {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

fn drop_capability() -> nix::Result<()> {
    // _LINUX_CAPABILITY_VERSION_3; pid 0 is the calling thread.
    let mut header = Header {
        version: 0x2008_0522,
        pid: 0,
    };
    let mut data = [Data::default(); 2];
    // SAFETY: the structures have the kernel's layout, version 3 has two data, and all outlive the call.
    Errno::result(unsafe { libc::syscall(libc::SYS_capget, &raw mut header, data.as_mut_ptr()) })?;
    data[0].effective &= !(1 << CAP_IPC_LOCK);
    data[0].permitted &= !(1 << CAP_IPC_LOCK);
    // SAFETY: as above.
    Errno::result(unsafe { libc::syscall(libc::SYS_capset, &raw mut header, data.as_ptr()) })?;
    Ok(())
}
