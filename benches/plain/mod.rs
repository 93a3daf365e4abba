//! Nothing but the calls of each method: what its sender is measured against. The same descriptors, the same receiver.

use std::{
    fs::File,
    io::{IoSlice, PipeReader, PipeWriter, pipe},
    num::NonZeroUsize,
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
        unix::fs::FileExt,
    },
    path::Path,
    slice,
    time::Duration,
};

use nix::{
    errno::Errno,
    fcntl::{SpliceFFlags, copy_file_range, splice, tee, vmsplice},
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        mman::{MapFlags, ProtFlags, mmap, munmap},
        sendfile::sendfile,
        socket::{ControlMessageOwned::Ipv4RecvErr, MsgFlags, recv, recvmsg, send},
    },
    unistd::{read, write},
};
use zclab::{
    endpoint::{self, Drain, Reader},
    host,
    model::{Method, Sink},
};

const CHUNK: usize = 64 << 10;
const NONE: SpliceFFlags = SpliceFFlags::empty();

/// The CPU time of the calls alone. None: there is no plain loop of that method here.
pub fn cpu_of(method: Method, to: Sink, source: &File, dir: &Path) -> Option<Duration> {
    let source = File::open(format!("/proc/self/fd/{}", source.as_raw_fd())).unwrap();
    let size = source.metadata().unwrap().len() as usize;
    let reader = Reader {
        drain: Drain::Discard,
        maps: false,
        decrypts: false,
        cpus: None,
    };
    let connection = endpoint::connect(to, dir, &reader).unwrap();
    let second = (method == Method::Tee).then(|| endpoint::connect(to, dir, &reader).unwrap());
    let (mut source, mut peer) = (OwnedFd::from(source), None);
    if method.receives() {
        let (socket, feeder) = endpoint::feed(source.into(), None).unwrap();
        (source, peer) = (socket, Some(feeder));
    }
    let (file, sink) = (source.as_fd(), connection.sink.as_fd());
    let cpu = match method {
        Method::ReadWrite => read_write(file, sink),
        Method::MmapWrite => mmap_write(file, sink, size),
        Method::Sendfile => timed(|| while sendfile(sink, file, None, CHUNK).unwrap() > 0 {}),
        Method::Splice | Method::SpliceReceive => splice_both(file, sink),
        Method::CopyFileRange => {
            timed(|| while copy_file_range(file, None, sink, None, CHUNK).unwrap() > 0 {})
        }
        Method::Vmsplice => vmsplice_into(file, sink, size),
        Method::Tee => tee_both(file, sink, second.as_ref()?.sink.as_fd()),
        Method::SendZerocopy => send_zerocopy(file, sink),
        Method::RecvWrite => recv_write(file, sink),
        _ => return None,
    };
    drop(connection.sink);
    connection
        .receiver
        .map(|receiver| receiver.finish().unwrap());
    second.map(|second| {
        drop(second.sink);
        second.receiver.map(|receiver| receiver.finish().unwrap())
    });
    if let Some(peer) = peer {
        peer.finish().unwrap();
    }
    Some(cpu)
}

fn timed(calls: impl FnOnce()) -> Duration {
    let before = super::cpu();
    calls();
    super::cpu() - before
}

fn read_write(file: BorrowedFd, sink: BorrowedFd) -> Duration {
    let mut buffer = vec![1u8; CHUNK];
    timed(|| {
        loop {
            let n = read(file, &mut buffer).unwrap();
            if n == 0 {
                break;
            }
            write_all(sink, &buffer[..n]);
        }
    })
}

fn recv_write(socket: BorrowedFd, sink: BorrowedFd) -> Duration {
    let mut buffer = vec![1u8; CHUNK];
    timed(|| {
        loop {
            let n = recv(socket.as_raw_fd(), &mut buffer, MsgFlags::empty()).unwrap();
            if n == 0 {
                break;
            }
            write_all(sink, &buffer[..n]);
        }
    })
}

fn write_all(sink: BorrowedFd, mut part: &[u8]) {
    while !part.is_empty() {
        part = &part[write(sink, part).unwrap()..];
    }
}

fn mmap_write(file: BorrowedFd, sink: BorrowedFd, size: usize) -> Duration {
    let (read, shared) = (ProtFlags::PROT_READ, MapFlags::MAP_SHARED);
    let length = NonZeroUsize::new(size).unwrap();
    timed(|| {
        // SAFETY: a new mapping, of which nothing is left after the munmap.
        unsafe {
            let address = mmap(None, length, read, shared, file, 0).unwrap();
            let bytes = slice::from_raw_parts(address.as_ptr().cast::<u8>(), size);
            bytes.chunks(CHUNK).for_each(|part| write_all(sink, part));
            munmap(address, size).unwrap();
        }
    })
}

fn splice_both(file: BorrowedFd, sink: BorrowedFd) -> Duration {
    let (out, into) = pipe().unwrap();
    timed(|| {
        loop {
            let n = splice(file, None, &into, None, CHUNK, NONE).unwrap();
            if n == 0 {
                break;
            }
            drain(&out, sink, n);
        }
    })
}

fn drain(out: &PipeReader, sink: BorrowedFd, mut left: usize) {
    while left > 0 {
        left -= splice(out, None, sink, None, left, NONE).unwrap();
    }
}

/// Memory as the method has it: aligned to pages, and all there.
fn memory_of(file: BorrowedFd, size: usize) -> OwnedMemory {
    const PAGE: usize = 1 << 16;
    let mut all = vec![1u8; size + PAGE];
    let start = all.as_ptr().align_offset(PAGE);
    let file = File::from(file.try_clone_to_owned().unwrap());
    file.read_exact_at(&mut all[start..start + size], 0)
        .unwrap();
    OwnedMemory { all, start, size }
}

struct OwnedMemory {
    all: Vec<u8>,
    start: usize,
    size: usize,
}

fn vmsplice_into(file: BorrowedFd, sink: BorrowedFd, size: usize) -> Duration {
    let memory = memory_of(file, size);
    let bytes = &memory.all[memory.start..memory.start + memory.size];
    let cpu = timed(|| {
        let mut moved = 0;
        while moved < bytes.len() {
            let part = [IoSlice::new(&bytes[moved..bytes.len().min(moved + CHUNK)])];
            moved += vmsplice(sink, &part, NONE).unwrap();
        }
    });
    // Whoever reads the pipe reads this memory, which is then never written to again.
    std::mem::forget(memory);
    cpu
}

fn tee_both(file: BorrowedFd, sink: BorrowedFd, second: BorrowedFd) -> Duration {
    let (out, into): (PipeReader, PipeWriter) = pipe().unwrap();
    timed(|| {
        loop {
            let mut left = splice(file, None, &into, None, CHUNK, NONE).unwrap();
            if left == 0 {
                break;
            }
            while left > 0 {
                let same = tee(&out, second, left, NONE).unwrap();
                drain(&out, sink, same);
                left -= same;
            }
        }
    })
}

fn send_zerocopy(file: BorrowedFd, sink: BorrowedFd) -> Duration {
    host::allow_zerocopy(sink).expect("SO_ZEROCOPY");
    let mut buffer = vec![1u8; CHUNK];
    let zerocopy = MsgFlags::from_bits_retain(libc::MSG_ZEROCOPY);
    let mut space = nix::cmsg_space!(libc::sock_extended_err, libc::sockaddr_in);
    timed(|| {
        loop {
            let n = read(file, &mut buffer).unwrap();
            if n == 0 {
                break;
            }
            let (mut sent, mut missing) = (0, 0);
            while sent < n {
                sent += send(sink.as_raw_fd(), &buffer[sent..n], zerocopy).unwrap();
                missing += 1;
            }
            while missing > 0 {
                missing -= reported(sink, &mut space);
            }
        }
    })
}

/// How many sends the kernel reports now; 0 after a wait for the next report.
fn reported(sink: BorrowedFd, space: &mut [u8]) -> u32 {
    let queue = MsgFlags::MSG_ERRQUEUE;
    match recvmsg::<()>(sink.as_raw_fd(), &mut [], Some(space), queue) {
        Ok(message) => {
            let reports = message.cmsgs().unwrap().filter_map(|report| match report {
                Ipv4RecvErr(report, _) => Some(report.ee_data - report.ee_info + 1),
                _ => None,
            });
            reports.sum()
        }
        Err(Errno::EAGAIN) => {
            let mut socket = [PollFd::new(sink, PollFlags::empty())];
            poll(&mut socket, PollTimeout::NONE).unwrap();
            0
        }
        Err(errno) => panic!("{errno}"),
    }
}
