//! A program on a real pty, and the screen that it draws.
#![allow(dead_code)]

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{Read, Write},
    num::NonZero,
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::process::CommandExt,
    },
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use nix::{
    fcntl::{FcntlArg, FdFlag, fcntl},
    poll::{PollFd, PollFlags, PollTimeout, poll},
    pty::{OpenptyResult, Winsize, openpty},
    sys::{
        signal::{Signal, kill},
        termios::{LocalFlags, tcgetattr},
    },
    unistd::Pid,
};

/// Longer than any machine needs; only a failure waits so long.
pub const PATIENCE: Duration = Duration::from_secs(60);

static STARTING: Mutex<()> = Mutex::new(());

/// The program under test.
pub const ZCLAB: &str = env!("CARGO_BIN_EXE_zclab");

/// `zclab` with these arguments.
pub fn zclab(arguments: &[&str]) -> Command {
    let mut command = Command::new(ZCLAB);
    command.args(arguments);
    command
}

pub struct Terminal {
    pub child: Child,
    pub screen: vt100::Parser,
    /// What was written, and when it came.
    output: Receiver<(Instant, Vec<u8>)>,
    master: Option<File>,
    slave: OwnedFd,
    vanishes: Arc<AtomicBool>,
    reader: Option<JoinHandle<()>>,
    home: tempfile::TempDir,
}

impl Terminal {
    /// The course.
    pub fn open() -> Terminal {
        Terminal::start(zclab(&[]))
    }

    /// A program in a session of its own, on a terminal of 120x36, with a home of its own. What the command
    /// sets itself stays.
    pub fn start(mut command: Command) -> Terminal {
        let home = tempfile::tempdir().unwrap();
        let defaults = [
            ("XDG_STATE_HOME", home.path().join("state").into_os_string()),
            ("XDG_CACHE_HOME", home.path().join("cache").into_os_string()),
            ("TERM", "xterm-256color".into()),
            ("COLORTERM", "truecolor".into()),
            ("LC_ALL", "C.UTF-8".into()),
        ];
        for (name, value) in defaults {
            if !command.get_envs().any(|(set, _)| set == OsStr::new(name)) {
                command.env(name, value);
            }
        }
        // A terminal vanishes when nobody holds its master: no program of another test may inherit it.
        let only_one = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        let OpenptyResult { master, slave } = openpty(Some(&window(120, 36)), None).unwrap();
        for end in [&master, &slave] {
            fcntl(end, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).unwrap();
        }
        let end = || Stdio::from(slave.try_clone().unwrap());
        command.stdin(end()).stdout(end()).stderr(end());
        // SAFETY: setsid, ioctl and signal are async-signal-safe, and nothing is allocated.
        unsafe {
            command.pre_exec(|| {
                libc::setsid();
                // A shell starts its background jobs, and so perhaps this test, with these ignored.
                libc::signal(libc::SIGINT, libc::SIG_DFL);
                libc::signal(libc::SIGQUIT, libc::SIG_DFL);
                libc::ioctl(0, libc::TIOCSCTTY, 0);
                Ok(())
            });
        }
        let child = command.spawn().unwrap();
        drop(only_one);
        let master = File::from(master);
        let (sender, output) = channel();
        let vanishes = Arc::new(AtomicBool::new(false));
        let reader = {
            let (master, vanishes) = (master.try_clone().unwrap(), vanishes.clone());
            thread::spawn(move || read(master, &vanishes, &sender))
        };
        Terminal {
            child,
            screen: vt100::Parser::new(cells(36), cells(120), 0),
            output,
            master: Some(master),
            slave,
            vanishes,
            reader: Some(reader),
            home,
        }
    }

    /// The process that was started.
    pub fn pid(&self) -> i32 {
        self.child.id() as i32
    }

    /// Where the program keeps its files, where the command does not say so.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    pub fn send(&mut self, keys: &str) {
        let master = self.master.as_mut().expect("the terminal is there");
        master.write_all(keys.as_bytes()).unwrap();
    }

    /// What is shown, with plain spaces.
    pub fn contents(&self) -> String {
        let shown = self.screen.screen().contents();
        shown.replace(['\u{a0}', '\u{202f}'], " ")
    }

    /// What is shown of a page itself: the titles of the others may stand beside its prose.
    fn page(&self) -> String {
        let shown = self.contents();
        match shown.contains("In this lesson") {
            true => shown
                .lines()
                .filter_map(|line| line.split('│').next())
                .collect(),
            false => shown,
        }
    }

    /// Takes what is written within that time: when the first of it came, and how many bytes it is.
    pub fn take(&mut self, within: Duration) -> Option<(Instant, usize)> {
        let (came, bytes) = self.output.recv_timeout(within).ok()?;
        self.screen.process(&bytes);
        let mut count = bytes.len();
        while let Ok((_, more)) = self.output.try_recv() {
            self.screen.process(&more);
            count += more.len();
        }
        Some((came, count))
    }

    /// Reads until the screen satisfies a condition.
    pub fn until(&mut self, what: &str, mut is_so: impl FnMut(&vt100::Screen) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !is_so(self.screen.screen()) {
            assert!(Instant::now() < end, "no {what}:\n{}", self.contents());
            self.take(Duration::from_millis(50));
        }
    }

    pub fn wait_for(&mut self, text: &str) {
        self.until(text, |screen| screen.contents().contains(text));
    }

    /// Goes on by `n` until a page says that.
    pub fn turn_to(&mut self, said: &str) {
        for _ in 0..100 {
            if self.page().contains(said) {
                return;
            }
            self.send("n");
            while self.take(Duration::from_millis(100)).is_some() {}
        }
        panic!("no page says {said}:\n{}", self.contents());
    }

    /// Waits for the end, and takes the last words.
    pub fn ended(&mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                while self.take(Duration::from_millis(100)).is_some() {}
                return status;
            }
            assert!(
                Instant::now() < end,
                "it does not end:\n{}",
                self.contents()
            );
            self.take(Duration::from_millis(10));
        }
    }

    pub fn is_raw(&self) -> bool {
        let modes = tcgetattr(self.slave.as_fd()).unwrap();
        !modes.local_flags.contains(LocalFlags::ICANON)
    }

    pub fn is_restored(&self) -> bool {
        !self.is_raw() && is_plain(self.screen.screen())
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid()), signal).unwrap();
    }

    pub fn resize(&mut self, columns: u16, rows: u16) {
        let size = window(columns, rows);
        // SAFETY: TIOCSWINSZ reads one winsize from a pointer to one.
        let done = unsafe { libc::ioctl(self.slave.as_raw_fd(), libc::TIOCSWINSZ, &size) };
        assert_eq!(done, 0);
        let screen = self.screen.screen_mut();
        // A terminal may claim what it likes; a screen of so many cells is not to be had.
        screen.set_size(cells(rows.clamp(1, 500)), cells(columns.clamp(1, 500)));
    }

    /// Pulls the plug: the last descriptor of the master is closed.
    pub fn vanish(&mut self) {
        self.vanishes.store(true, Ordering::SeqCst);
        self.reader.take().unwrap().join().unwrap();
        drop(self.master.take());
    }

    /// The processes of the session that are alive.
    pub fn session(&self) -> Vec<i32> {
        let of_session = |entry: fs::DirEntry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
            (fields[0] != "Z" && fields[3] == self.pid().to_string()).then_some(pid)
        };
        let processes = fs::read_dir("/proc").unwrap();
        processes.flatten().filter_map(of_session).collect()
    }

    /// Waits until nobody of the session is left.
    pub fn is_deserted(&self) {
        let end = Instant::now() + PATIENCE;
        while !self.session().is_empty() {
            assert!(Instant::now() < end, "left behind: {:?}", self.session());
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.vanishes.store(true, Ordering::SeqCst);
    }
}

/// Whether a screen is as a shell wants it.
pub fn is_plain(screen: &vt100::Screen) -> bool {
    !screen.alternate_screen()
        && !screen.hide_cursor()
        && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
}

fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).unwrap()
}

fn window(columns: u16, rows: u16) -> Winsize {
    Winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    }
}

/// Passes on what is written, until the program is gone or the terminal is to vanish.
fn read(mut master: File, vanishes: &AtomicBool, sender: &Sender<(Instant, Vec<u8>)>) {
    let mut bytes = [0; 65536];
    while !vanishes.load(Ordering::SeqCst) {
        let mut fds = [PollFd::new(master.as_fd(), PollFlags::POLLIN)];
        if poll(&mut fds, PollTimeout::from(100u8)) == Ok(0) {
            continue;
        }
        let Ok(count @ 1..) = master.read(&mut bytes) else {
            return;
        };
        let sent = sender.send((Instant::now(), bytes[..count].to_vec()));
        if sent.is_err() {
            return;
        }
    }
}
