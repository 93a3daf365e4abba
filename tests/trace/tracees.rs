//! What the tracees do, in a directory with a file `a`.

use std::{
    fs::{self, File},
    io::{IoSlice, IoSliceMut, Read, Write},
    os::{
        fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd},
        unix::net::UnixStream,
    },
    process::{Child, Command, Stdio},
};

use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg};

#[path = "ring.rs"]
mod ring;

/// Names the tracee that this binary is to be.
pub const NAME: &str = "ZCLAB_TEST_TRACEE";
/// What it says where it cannot do what it is for, before the name of what is missing.
pub const REFUSED: &str = "refused here:";

pub fn run(name: &str) {
    match name {
        "ring" => ring::copy(),
        "ring-zero-copy" => ring::send_zero_copy(),
        "received" => received(),
        "relayed" => relayed(),
        "relay" => relay(),
        "fetched" => fetched(),
        "holder" => holder(),
        "nameless" => nameless(),
        "queues" => queues(),
        #[cfg(target_arch = "x86_64")]
        "narrow" => narrow(),
        other => panic!("no tracee is called {other}"),
    }
}

/// Reads and writes until the end, in one buffer.
fn copy(source: &mut impl Read, sink: &mut impl Write) {
    let mut buffer = vec![0; 32 << 10];
    loop {
        let count = source.read(&mut buffer).unwrap();
        if count == 0 {
            return;
        }
        sink.write_all(&buffer[..count]).unwrap();
    }
}

fn hand_over(link: &impl AsRawFd, descriptors: &[RawFd]) {
    let rights = [ControlMessage::ScmRights(descriptors)];
    let text = [IoSlice::new(b"x")];
    let sent = sendmsg::<()>(link.as_raw_fd(), &text, &rights, MsgFlags::empty(), None);
    assert_eq!(sent, Ok(1));
}

fn receive(link: &impl AsRawFd) -> Vec<File> {
    let mut byte = [0];
    let mut text = [IoSliceMut::new(&mut byte)];
    let mut room = nix::cmsg_space!([RawFd; 2]);
    let flags = MsgFlags::MSG_CMSG_CLOEXEC;
    let message = recvmsg::<()>(link.as_raw_fd(), &mut text, Some(&mut room), flags).unwrap();
    let Some(ControlMessageOwned::ScmRights(numbers)) = message.cmsgs().unwrap().next() else {
        panic!("no descriptor came");
    };
    // SAFETY: the kernel has just opened them for this process.
    let own = numbers
        .into_iter()
        .map(|number| unsafe { File::from_raw_fd(number) });
    own.collect()
}

fn received() {
    let (here, there) = UnixStream::pair().unwrap();
    let source = File::open("a").unwrap();
    let next = source.try_clone().unwrap().as_raw_fd(); // closed at once: the lowest number that is free
    let mut byte = [0u8; 1];
    // SAFETY: one byte, as is said. There is no such descriptor.
    assert_eq!(unsafe { libc::read(next, byte.as_mut_ptr().cast(), 1) }, -1);
    hand_over(&here, &[source.as_raw_fd()]);
    let mut files = receive(&there);
    assert_eq!(files[0].as_raw_fd(), next);
    drop(source);
    copy(&mut files[0], &mut File::create("b").unwrap());
}

/// This binary as another tracee, with one end of a pair of sockets as its standard input.
fn start(name: &str) -> (UnixStream, Child) {
    let (here, there) = UnixStream::pair().unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tracee", "--nocapture"])
        .env(NAME, name)
        .stdin(OwnedFd::from(there))
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    (here, child)
}

fn relayed() {
    let (link, mut child) = start("relay");
    let (mut reader, writer) = std::io::pipe().unwrap();
    let source = File::open("a").unwrap();
    hand_over(&link, &[source.as_raw_fd(), writer.as_raw_fd()]);
    drop((source, writer));
    copy(&mut reader, &mut File::create("b").unwrap());
    assert!(child.wait().unwrap().success());
}

fn relay() {
    let mut files = receive(&std::io::stdin().as_fd()).into_iter();
    let (mut source, mut sink) = (files.next().unwrap(), files.next().unwrap());
    copy(&mut source, &mut sink);
}

/// Where the holder holds a descriptor.
const HELD: RawFd = 700;

fn fetched() {
    let (mut link, mut child) = start("holder");
    link.read_exact(&mut [0]).unwrap();
    // SAFETY: integers alone; the child has not been waited for.
    let fetched = unsafe {
        let process = libc::syscall(libc::SYS_pidfd_open, child.id(), 0);
        libc::syscall(libc::SYS_pidfd_getfd, process, HELD, 0)
    };
    if fetched < 0 {
        println!("{REFUSED} pidfd_getfd: {}", std::io::Error::last_os_error());
    } else {
        // SAFETY: the kernel has just opened it for this process.
        let mut source = unsafe { File::from_raw_fd(fetched as RawFd) };
        copy(&mut source, &mut File::create("b").unwrap());
    }
    drop(link);
    assert!(child.wait().unwrap().success());
}

fn holder() {
    let source = File::open("a").unwrap();
    // SAFETY: dup3 takes integers; the number is used here alone.
    let held = unsafe { libc::dup3(source.as_raw_fd(), HELD, libc::O_CLOEXEC) };
    assert_eq!(held, HELD);
    // SAFETY: one byte, as is said.
    assert_eq!(unsafe { libc::write(0, b"x".as_ptr().cast(), 1) }, 1);
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

/// A memfd, a file whose name is gone, an eventfd.
fn nameless() {
    // SAFETY: the name ends with a 0 byte; the kernel opens a descriptor for this process.
    let mut scratch =
        unsafe { File::from_raw_fd(libc::memfd_create(c"scratch".as_ptr(), libc::MFD_CLOEXEC)) };
    copy(&mut File::open("a").unwrap(), &mut scratch);
    std::io::Seek::rewind(&mut scratch).unwrap();
    let mut sink = File::create("gone").unwrap();
    fs::remove_file("gone").unwrap();
    copy(&mut scratch, &mut sink);
    // SAFETY: integers alone; the kernel opens a descriptor for this process.
    let mut events = unsafe { File::from_raw_fd(libc::eventfd(0, libc::EFD_CLOEXEC)) };
    events.write_all(&1u64.to_ne_bytes()).unwrap();
    events.read_exact(&mut [0; 8]).unwrap();
}

/// 700 and 500 bytes through message queues, 4096 by asynchronous I/O. The C library has no names for that.
fn queues() {
    let mut buffer = [0u64; 512];
    let at = buffer.as_mut_ptr();
    let name = c"/zclab-test";
    let attributes = [0i64, 4, 1000, 0, 0, 0, 0, 0];
    // SAFETY: each call gets memory that is as long as it says, and that lives until it has returned.
    unsafe {
        let flags = libc::O_RDWR | libc::O_CREAT;
        let queue = libc::syscall(
            libc::SYS_mq_open,
            &name.to_bytes_with_nul()[1],
            flags,
            0o600,
            &attributes,
        );
        let system = libc::syscall(libc::SYS_msgget, libc::IPC_PRIVATE, 0o600);
        let mut context = 0u64;
        if queue < 0 || system < 0 || libc::syscall(libc::SYS_io_setup, 1, &mut context) < 0 {
            return println!("{REFUSED} queues: {}", std::io::Error::last_os_error());
        }
        libc::syscall(libc::SYS_mq_unlink, &name.to_bytes_with_nul()[1]);
        assert_eq!(
            libc::syscall(libc::SYS_mq_timedsend, queue, at, 700, 0, 0),
            0
        );
        assert_eq!(
            libc::syscall(libc::SYS_mq_timedreceive, queue, at, 1000, 0, 0),
            700
        );
        at.write(1); // the type of the message
        assert_eq!(libc::syscall(libc::SYS_msgsnd, system, at, 500, 0), 0);
        assert_eq!(libc::syscall(libc::SYS_msgrcv, system, at, 1000, 0, 0), 500);
        libc::syscall(libc::SYS_msgctl, system, libc::IPC_RMID, 0);
        let source = File::open("a").unwrap();
        // struct iocb: IOCB_CMD_PREAD is 0.
        let request = [
            0,
            0,
            (source.as_raw_fd() as u64) << 32,
            at as u64,
            4096,
            0,
            0,
            0,
        ];
        let (list, mut event) = ([request.as_ptr()], [0u64; 4]);
        assert_eq!(libc::syscall(libc::SYS_io_submit, context, 1, &list), 1);
        let events = event.as_mut_ptr();
        assert_eq!(
            libc::syscall(libc::SYS_io_getevents, context, 1, 1, events, 0),
            1
        );
        assert_eq!(event[2], 4096);
    }
}

/// A call of x32, which most kernels do not know, and one of 32-bit programs.
#[cfg(target_arch = "x86_64")]
fn narrow() {
    const X32: libc::c_long = 0x4000_0000;
    // SAFETY: getppid takes nothing.
    unsafe { libc::syscall(X32 | libc::SYS_getppid) };
    let sink = File::create("b").unwrap();
    // The address of its buffer must fit in 32 bits.
    let (protection, flags) = (
        libc::PROT_READ | libc::PROT_WRITE,
        libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_32BIT,
    );
    // SAFETY: a new mapping, where the kernel likes; five bytes are written to it.
    let buffer = unsafe {
        let buffer = libc::mmap(std::ptr::null_mut(), 4096, protection, flags, -1, 0);
        assert_ne!(buffer, libc::MAP_FAILED);
        std::ptr::copy_nonoverlapping(b"hello".as_ptr(), buffer.cast(), 5);
        buffer
    };
    // A kernel that has no 32-bit calls kills: say so before.
    let pid = nix::unistd::getpid();
    // SAFETY: the child makes one system call, and leaves by _exit.
    match unsafe { libc::fork() } {
        0 => {
            int80(20, 0, 0, 0);
            // SAFETY: it takes an integer and does not return.
            unsafe { libc::_exit(0) }
        }
        child => {
            let mut status = 0;
            // SAFETY: `status` is valid for the kernel to write.
            unsafe { libc::waitpid(child, &mut status, 0) };
            if status != 0 || int80(20, 0, 0, 0) != pid.as_raw() {
                return println!("{REFUSED} 32-bit: no such calls");
            }
        }
    }
    assert_eq!(int80(4, sink.as_raw_fd(), buffer as usize as u32, 5), 5);
}

/// A call by the gate of 32-bit programs.
#[cfg(target_arch = "x86_64")]
fn int80(number: i32, first: i32, second: u32, third: u32) -> i32 {
    let result: i64;
    // SAFETY: rbx, which the compiler keeps for itself, is put back; the kernel may change what is named here.
    unsafe {
        std::arch::asm!(
            "xchg rbx, {first}", "int 0x80", "xchg rbx, {first}",
            first = inout(reg) i64::from(first) => _,
            inlateout("rax") i64::from(number) => result,
            in("rcx") u64::from(second), in("rdx") u64::from(third),
            out("r8") _, out("r9") _, out("r10") _, out("r11") _,
        );
    }
    result as i32
}
