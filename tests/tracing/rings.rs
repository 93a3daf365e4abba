//! Tracees that use io_uring.

use std::{
    fs::File,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    os::fd::AsRawFd,
};

use io_uring::{
    IoUring, opcode,
    squeue::{Entry, Flags},
    types::{Fd, Fixed},
};

use super::between_markers;

/// Hands over requests, and waits for so many completions.
fn run(ring: &mut IoUring, requests: &[Entry], completions: usize) {
    // SAFETY: everything that the requests name outlives this call, which waits for them.
    unsafe { ring.submission().push_multiple(requests) }.unwrap();
    let mut seen = 0;
    while seen < completions {
        ring.submit_and_wait(1).unwrap();
        seen += ring.completion().count();
    }
}

/// A link of two with registered file and buffer; a link that a short read breaks; a splice; a zero-copy send with
/// its report; a ring that is closed with a request in it.
pub fn requests() {
    let Ok(mut ring) = IoUring::new(8) else {
        std::process::exit(77);
    };
    let mut source = tempfile::tempfile().unwrap();
    source.write_all(&[7; 6000]).unwrap();
    let (mut out, into) = std::io::pipe().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (mut far, _) = listener.accept().unwrap();
    let mut buffer = vec![0u8; 4096];
    let memory = libc::iovec {
        iov_base: buffer.as_mut_ptr().cast(),
        iov_len: buffer.len(),
    };
    // SAFETY: the buffer outlives the ring's last request.
    unsafe { ring.submitter().register_buffers(&[memory]) }.unwrap();
    // The pipe, and the source in place of nothing.
    let submitter = ring.submitter();
    submitter.register_files(&[into.as_raw_fd(), -1]).unwrap();
    submitter
        .register_files_update(1, &[source.as_raw_fd()])
        .unwrap();
    let at = buffer.as_mut_ptr();
    let read = |offset| {
        let read = opcode::ReadFixed::new(Fixed(1), at, 4096, 0).offset(offset);
        read.build().flags(Flags::IO_LINK).user_data(1)
    };
    let write = |length| {
        let write = opcode::WriteFixed::new(Fixed(0), at, length, 0);
        write.build().user_data(2)
    };
    let splice = opcode::Splice::new(Fixed(1), 0, Fd(into.as_raw_fd()), -1, 100);
    let send = opcode::SendZc::new(Fd(near.as_raw_fd()), at, 1000).zc_flags(1 << 3);
    between_markers(|| {
        run(&mut ring, &[read(0), write(4096)], 2);
        run(&mut ring, &[read(4096), write(4096)], 2);
        run(&mut ring, &[splice.build()], 1);
        run(&mut ring, &[send.build().user_data(2)], 2);
        // Never completed: it waits for input, and the ring is closed.
        let recv = opcode::Recv::new(Fd(near.as_raw_fd()), at, 10);
        run(&mut ring, &[recv.build()], 0);
        ring.submit().unwrap();
        drop(ring);
    });
    let mut arrived = [0; 1000];
    far.read_exact(&mut arrived).unwrap();
    out.read_exact(&mut buffer).unwrap();
}

/// SQPOLL: a thread of the kernel takes the requests.
pub fn polled_by_the_kernel() {
    let Ok(mut ring) = IoUring::builder().setup_sqpoll(1).build(8) else {
        std::process::exit(77);
    };
    let null = File::open("/dev/zero").unwrap();
    let mut buffer = [0u8; 16];
    let read = opcode::Read::new(Fd(null.as_raw_fd()), buffer.as_mut_ptr(), 16);
    between_markers(|| run(&mut ring, &[read.build()], 1));
}
