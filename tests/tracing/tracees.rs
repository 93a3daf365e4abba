//! What the tracees do. Their calls are made raw where they are counted.

use std::{
    fs,
    io::Write,
    net::{TcpListener, TcpStream},
    os::{fd::AsRawFd, unix::net::UnixStream, unix::process::CommandExt},
    path::PathBuf,
    process::{Command, exit},
    sync::atomic::{AtomicI32, Ordering},
    thread,
};

use zclab::{
    model::marker,
    tracer::{self, Cancel, Options, Program},
};

#[path = "rings.rs"]
mod rings;

/// Names the tracee that this binary is to be.
pub const NAME: &str = "ZCLAB_TEST_TRACEE";
/// A directory for what a tracee has to say.
pub const PID_FILE: &str = "ZCLAB_TEST_DIRECTORY";

/// This binary as a tracee.
pub fn command(name: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "tracee", "--nocapture", "--test-threads=1"])
        .env(NAME, name);
    command
}

pub fn run(name: &str) {
    match name {
        "plain" => between_markers(|| ask(7)),
        "threads" => between_markers(threads),
        "many-threads" => between_markers(|| (0..2000).for_each(|_| spawn_and_join(1))),
        "fork" => between_markers(fork_and_wait),
        "chain-3" => between_markers(|| start("chain-2")),
        "chain-2" => start("chain-1"),
        "chain-1" => start("leaf"),
        "leaf" => ask(5),
        "exec-by-thread" => exec_by_thread(),
        "signals" => between_markers(signals),
        "abort" => std::process::abort(),
        "stop" => between_markers(stop),
        "kill" => between_markers(kill),
        "spin" => spin(),
        "spin-family" => spin_family(),
        "count-cpus" => exit(allowed_cpus().len() as i32),
        "refused-by-seccomp" => refused_by_seccomp(),
        "refused-as-traced" => exit(i32::from(!refusal().contains("itself being traced, by"))),
        "descriptors" => descriptors(),
        "rings" => rings::requests(),
        "ring-of-the-kernel" => rings::polled_by_the_kernel(),
        other => panic!("no tracee is called {other}"),
    }
}

fn mark(text: &str) {
    // SAFETY: the text is as long as is said; descriptor -1 does not exist.
    unsafe { libc::write(-1, text.as_ptr().cast(), text.len()) };
}

/// The test harness's first thread waits for this one: its call must not begin after the marker.
fn begin() {
    let first = nix::unistd::getpid();
    if nix::unistd::gettid() != first {
        wait_until_asleep(first.as_raw());
    }
    mark(marker::BEGIN);
}

pub(super) fn between_markers(work: impl FnOnce()) {
    begin();
    work();
    mark(marker::END);
}

/// Calls getppid, which does nothing.
fn ask(times: usize) {
    for _ in 0..times {
        // SAFETY: getppid takes nothing and cannot fail.
        unsafe { libc::syscall(libc::SYS_getppid) };
    }
}

fn spawn_and_join(times: usize) {
    thread::spawn(move || ask(times)).join().unwrap();
}

fn threads() {
    let threads: Vec<_> = (0..4).map(|_| thread::spawn(|| ask(250))).collect();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
}

/// Runs `work` in a forked child: its process id.
fn fork(work: impl FnOnce()) -> i32 {
    // SAFETY: the child makes system calls alone, and leaves by _exit.
    match unsafe { libc::fork() } {
        0 => {
            work();
            // SAFETY: _exit takes an integer and does not return.
            unsafe { libc::_exit(7) }
        }
        pid => pid,
    }
}

fn wait_for(pid: i32, options: i32) -> i32 {
    let mut status = 0;
    // SAFETY: `status` is valid for the kernel to write.
    assert_eq!(unsafe { libc::waitpid(pid, &mut status, options) }, pid);
    status
}

fn fork_and_wait() {
    let child = fork(|| ask(10));
    assert_eq!(libc::WEXITSTATUS(wait_for(child, 0)), 7);
    ask(1);
}

/// Starts this binary as another tracee (by vfork or its like) and waits for it.
fn start(name: &str) {
    assert!(
        command(name)
            .stdout(std::process::Stdio::null())
            .status()
            .unwrap()
            .success()
    );
}

fn pause() {
    // SAFETY: it takes nothing.
    unsafe { libc::pause() };
}

/// A thread that is in `pause` sleeps; one that stands in a stop of its tracer does not, it is traced (`t`).
fn wait_until_asleep(tid: i32) {
    let asleep = || {
        fs::read_to_string(format!("/proc/{tid}/stat"))
            .unwrap()
            .contains(") S ")
    };
    while !asleep() {
        thread::sleep(std::time::Duration::from_millis(1));
    }
}

fn exec_by_thread() {
    begin();
    let first = nix::unistd::gettid().as_raw();
    thread::spawn(move || {
        wait_until_asleep(first);
        panic!("{}", command("leaf").exec());
    });
    pause();
}

static HANDLED: AtomicI32 = AtomicI32::new(0);

extern "C" fn handler(signal: i32) {
    HANDLED.fetch_add(signal, Ordering::Relaxed);
}

fn signals() {
    let signals = [
        libc::SIGUSR1,
        libc::SIGUSR2,
        libc::SIGTRAP,
        libc::SIGRTMIN() + 3,
    ];
    for signal in signals {
        // SAFETY: the handler only adds to an atomic number.
        unsafe {
            libc::signal(signal, handler as extern "C" fn(i32) as libc::sighandler_t);
            libc::raise(signal);
        }
    }
    assert_eq!(HANDLED.load(Ordering::Relaxed), signals.iter().sum::<i32>());
}

/// The child stops itself. It must not go on before it is continued: it would say so on the pipe.
fn stop() {
    let (reader, writer) = std::io::pipe().unwrap();
    let child = fork(|| {
        // SAFETY: raise takes an integer; the byte lives on.
        unsafe {
            libc::raise(libc::SIGSTOP);
            libc::write(writer.as_raw_fd(), b"x".as_ptr().cast(), 1);
        }
    });
    let status = wait_for(child, libc::WUNTRACED);
    assert!(
        libc::WIFSTOPPED(status) && libc::WSTOPSIG(status) == libc::SIGSTOP,
        "{status:x}"
    );
    let mut poll = libc::pollfd {
        fd: reader.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one pollfd, as is said.
    let ready = unsafe { libc::poll(&mut poll, 1, 100) };
    assert_eq!(ready, 0, "it went on though it was stopped");
    // SAFETY: kill takes two integers; the child has not been reaped.
    unsafe { libc::kill(child, libc::SIGCONT) };
    assert_eq!(libc::WEXITSTATUS(wait_for(child, 0)), 7);
}

fn kill() {
    let child = fork(pause);
    wait_until_asleep(child);
    // SAFETY: kill takes two integers; the child has not been reaped.
    unsafe { libc::kill(child, libc::SIGKILL) };
    assert_eq!(libc::WTERMSIG(wait_for(child, 0)), libc::SIGKILL);
}

fn directory() -> PathBuf {
    PathBuf::from(std::env::var_os(PID_FILE).expect("a directory"))
}

/// Written whole or not at all: somebody polls it.
fn say(name: &str, text: String) {
    let draft = directory().join("draft");
    fs::write(&draft, text).unwrap();
    fs::rename(draft, directory().join(name)).unwrap();
}

fn spin() {
    if std::env::var_os(PID_FILE).is_some() {
        say("pid", std::process::id().to_string());
    }
    begin();
    loop {
        ask(1);
    }
}

/// The parent ends; a child, whose id is told, sleeps and makes no call that a tracer could notice.
fn spin_family() {
    let path = directory().join("pid");
    begin();
    let (mut reader, writer) = std::io::pipe().unwrap();
    let child = fork(|| {
        drop(writer);
        pause();
    });
    std::io::Read::read(&mut reader, &mut []).unwrap();
    fs::write(path, child.to_string()).unwrap();
    exit(0);
}

pub fn allowed_cpus() -> Vec<usize> {
    let set = nix::sched::sched_getaffinity(nix::unistd::Pid::from_raw(0)).unwrap();
    (0..nix::sched::CpuSet::count())
        .filter(|cpu| set.is_set(*cpu).unwrap())
        .collect()
}

fn refusal() -> String {
    let result = tracer::record(
        Program::from(&Command::new("true")),
        &Options::default(),
        &Cancel::new(),
        &mut |_| {},
    );
    result.expect_err("ptrace was not refused").to_string()
}

/// Refuses itself ptrace, as containers do, and prints what the tracer says to that.
fn refused_by_seccomp() {
    let statement = |code: u32, jt: u8, k: u32| libc::sock_filter {
        code: code as u16,
        jt,
        jf: 0,
        k,
    };
    let mut filter = [
        statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0),
        libc::sock_filter {
            jf: 1,
            ..statement(
                libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K,
                0,
                libc::SYS_ptrace as u32,
            )
        },
        statement(
            libc::BPF_RET | libc::BPF_K,
            0,
            libc::SECCOMP_RET_ERRNO | libc::EPERM as u32,
        ),
        statement(libc::BPF_RET | libc::BPF_K, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog {
        len: filter.len() as u16,
        filter: filter.as_mut_ptr(),
    };
    // SAFETY: the program and its statements live through the call.
    let installed = unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &program)
    };
    assert_eq!(installed, 0);
    println!("{}", refusal());
}

/// Puts a descriptor at a number that nothing else has.
fn at(fd: &impl AsRawFd, number: i32) -> i32 {
    // SAFETY: dup3 takes integers; the number is used here alone.
    let copy = unsafe { libc::dup3(fd.as_raw_fd(), number, libc::O_CLOEXEC) };
    assert_eq!(copy, number);
    number
}

fn put(fd: i32) {
    // SAFETY: five bytes, as is said.
    unsafe { libc::write(fd, b"hello".as_ptr().cast(), 5) };
}

fn descriptors() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    say("port", address.port().to_string());
    between_markers(|| {
        let mut file = fs::File::create(directory().join("file")).unwrap();
        let number = at(&file, 700);
        put(number);
        file.flush().unwrap();
        let (_reader, writer) = std::io::pipe().unwrap();
        put(at(&writer, 703));
        let stream = TcpStream::connect(address).unwrap();
        put(at(&stream, 701));
        let (one, _other) = UnixStream::pair().unwrap();
        let unix = at(&one, 702);
        // SAFETY: five bytes, as is said.
        unsafe { libc::send(unix, b"hello".as_ptr().cast(), 5, libc::MSG_NOSIGNAL) };
        put(at(&writer, 700)); // the same number is something else now
        // SAFETY: the number is used here alone.
        unsafe { libc::close(700) };
        put(700);
    });
}
