//! Tracees that use an io_uring: one copies the file `a` to `b`, each chunk a read and a write that is linked to it; one
//! sends `a` over loopback without copying, as far as the kernel does so.

use super::REFUSED;
use std::{
    fs::File,
    io::{Read, copy as drain, sink as nowhere},
    net::{TcpListener, TcpStream},
    os::fd::AsRawFd,
    ptr,
    sync::atomic::{AtomicU32, Ordering},
};

use io_uring::{IoUring, cqueue, opcode::SendZc, types::Fd};

const CHUNK: usize = 64 << 10;
const OP_READ: u8 = 22;
const OP_WRITE: u8 = 23;
const LINKED: u8 = 1 << 2;
const GET_EVENTS: u32 = 1;

/// `struct io_uring_params`: the words that are of use here, by their place.
const SUBMISSION_TAIL: usize = 10 + 1;
const SUBMISSION_MASK: usize = 10 + 2;
const SUBMISSION_ARRAY: usize = 10 + 6;
const COMPLETION_HEAD: usize = 20;
const COMPLETION_TAIL: usize = 20 + 1;

fn map(ring: i32, offset: i64) -> *mut u8 {
    const SIZE: usize = 4096;
    let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED);
    // SAFETY: a new mapping, where the kernel likes. The rings of eight entries are smaller than this.
    let at = unsafe { libc::mmap(ptr::null_mut(), SIZE, protection, flags, ring, offset) };
    assert_ne!(at, libc::MAP_FAILED);
    at.cast()
}

/// The atomic number at an offset of a ring.
fn word(ring: *mut u8, offset: u32) -> &'static AtomicU32 {
    // SAFETY: the kernel gave this offset; the mapping lives as long as the process, and both sides use atomics.
    unsafe { &*ring.add(offset as usize).cast::<AtomicU32>() }
}

/// Copies.
pub fn copy() {
    let mut params = [0u32; 30];
    // SAFETY: the kernel writes `struct io_uring_params`, 120 bytes.
    let ring = unsafe { libc::syscall(libc::SYS_io_uring_setup, 8, params.as_mut_ptr()) } as i32;
    if ring < 0 {
        println!("{REFUSED} io-uring");
        return;
    }
    let (submissions, completions) = (map(ring, 0), map(ring, 0x800_0000));
    let entries = map(ring, 0x1000_0000);
    let (source, sink) = (File::open("a").unwrap(), File::create("b").unwrap());
    let buffer = vec![0u8; CHUNK];
    let size = source.metadata().unwrap().len();
    let tail = word(submissions, params[SUBMISSION_TAIL]);
    let mask = word(submissions, params[SUBMISSION_MASK]).load(Ordering::Relaxed);
    for offset in (0..size).step_by(CHUNK) {
        let first = tail.load(Ordering::Relaxed);
        let requests = [
            (OP_READ, LINKED, source.as_raw_fd()),
            (OP_WRITE, 0, sink.as_raw_fd()),
        ];
        for (number, (op, flags, fd)) in requests.into_iter().enumerate() {
            let place = first.wrapping_add(number as u32) & mask;
            let mut entry = [0u8; 64];
            (entry[0], entry[1]) = (op, flags);
            entry[4..8].copy_from_slice(&fd.to_ne_bytes());
            entry[8..16].copy_from_slice(&offset.to_ne_bytes());
            entry[16..24].copy_from_slice(&(buffer.as_ptr() as u64).to_ne_bytes());
            entry[24..28].copy_from_slice(&(CHUNK as u32).to_ne_bytes());
            // SAFETY: an entry of the ring that the kernel does not look at before the tail moves.
            unsafe {
                ptr::copy_nonoverlapping(entry.as_ptr(), entries.add(64 * place as usize), 64)
            };
            word(submissions, params[SUBMISSION_ARRAY] + 4 * place).store(place, Ordering::Relaxed);
        }
        tail.store(first.wrapping_add(2), Ordering::Release);
        let nothing = ptr::null::<u8>();
        // SAFETY: integers, and no signal mask.
        let entered =
            unsafe { libc::syscall(libc::SYS_io_uring_enter, ring, 2, 2, GET_EVENTS, nothing, 0) };
        assert_eq!(entered, 2);
        let done = word(completions, params[COMPLETION_TAIL]).load(Ordering::Acquire);
        word(completions, params[COMPLETION_HEAD]).store(done, Ordering::Release);
    }
}

/// Sends with a report of what the kernel did. It waits for the completion of each send, and then for the notification.
pub fn send_zero_copy() {
    const REPORT_USAGE: u16 = 1 << 3;
    let Ok(mut ring) = IoUring::new(8) else {
        println!("{REFUSED} io-uring");
        return;
    };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let socket = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (mut far, _) = listener.accept().unwrap();
    let reader = std::thread::spawn(move || drain(&mut far, &mut nowhere()));
    let mut source = File::open("a").unwrap();
    let mut buffer = vec![0u8; CHUNK];
    while let Ok(length @ 1..) = source.read(&mut buffer) {
        let fd = Fd(socket.as_raw_fd());
        let send = SendZc::new(fd, buffer.as_ptr(), length as u32).zc_flags(REPORT_USAGE);
        // SAFETY: the buffer is not changed before the notification.
        unsafe { ring.submission().push(&send.build()) }.unwrap();
        let mut notified = false;
        while !notified {
            ring.submit_and_wait(1).unwrap();
            for completion in ring.completion() {
                assert!(completion.result() != 0 || cqueue::notif(completion.flags()));
                notified |= !cqueue::more(completion.flags());
            }
        }
    }
    drop(socket);
    reader.join().unwrap().unwrap();
}
