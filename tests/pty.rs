//! The real binary on a real pty: it opens, runs an experiment, and gives the terminal back whatever ends it.

use std::{
    fs::File,
    io::{Read, Write},
    num::NonZero,
    os::fd::{AsFd, OwnedFd},
    os::unix::process::CommandExt,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

use nix::{
    pty::{OpenptyResult, Winsize, openpty},
    sys::{
        signal::{Signal, kill},
        termios::{LocalFlags, tcgetattr},
    },
    unistd::Pid,
};

/// Longer than any machine needs; only a failure waits so long.
const PATIENCE: Duration = Duration::from_secs(30);

fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).unwrap()
}

struct Terminal {
    child: Child,
    master: File,
    slave: OwnedFd,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    _state: tempfile::TempDir,
}

impl Terminal {
    fn open() -> Terminal {
        let state = tempfile::tempdir().unwrap();
        let size = Winsize {
            ws_row: 36,
            ws_col: 120,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let OpenptyResult { master, slave } = openpty(Some(&size), None).unwrap();
        let end = || Stdio::from(slave.try_clone().unwrap());
        let mut command = Command::new(env!("CARGO_BIN_EXE_zclab"));
        command
            .env("XDG_STATE_HOME", state.path())
            .env("TERM", "xterm-256color")
            .env("COLORTERM", "truecolor")
            .stdin(end())
            .stdout(end())
            .stderr(end());
        // SAFETY: setsid and ioctl are async-signal-safe, and nothing is allocated.
        unsafe {
            command.pre_exec(|| {
                libc::setsid();
                libc::ioctl(0, libc::TIOCSCTTY, 0);
                Ok(())
            });
        }
        let child: Child = command.spawn().unwrap();
        let master = File::from(master);
        let mut reader = master.try_clone().unwrap();
        let (sender, output) = channel();
        thread::spawn(move || {
            let mut bytes = [0; 65536];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                if sender.send(bytes[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Terminal {
            child,
            master,
            slave,
            output,
            screen: vt100::Parser::new(cells(36), cells(120), 0),
            _state: state,
        }
    }

    fn send(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).unwrap();
    }

    /// Reads until the screen satisfies a condition.
    fn until(&mut self, what: &str, mut is_so: impl FnMut(&vt100::Screen) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !is_so(self.screen.screen()) {
            assert!(
                Instant::now() < end,
                "no {what}:\n{}",
                self.screen.screen().contents()
            );
            if let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(50)) {
                self.screen.process(&bytes);
            }
        }
    }

    fn wait_for(&mut self, text: &str) {
        self.until(text, |screen| screen.contents().contains(text));
    }

    fn ended(&mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(100)) {
                    self.screen.process(&bytes);
                }
                return status;
            }
            assert!(Instant::now() < end, "it does not end");
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn is_raw(&self) -> bool {
        let modes = tcgetattr(self.slave.as_fd()).unwrap();
        !modes.local_flags.contains(LocalFlags::ICANON)
    }

    fn is_restored(&self) -> bool {
        let screen = self.screen.screen();
        !self.is_raw()
            && !screen.alternate_screen()
            && !screen.hide_cursor()
            && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id() as i32), signal).unwrap();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn it_opens_and_quits_and_gives_the_terminal_back() {
    let mut terminal = Terminal::open();
    terminal.wait_for("Modules");
    assert!(terminal.is_raw() && terminal.screen.screen().alternate_screen());
    terminal.send("q");
    assert_eq!(terminal.ended().code(), Some(0));
    assert!(terminal.is_restored());
}

#[test]
fn a_signal_ends_it_with_its_number_and_a_whole_terminal() {
    for (signal, code) in [(Signal::SIGTERM, 143), (Signal::SIGHUP, 129)] {
        let mut terminal = Terminal::open();
        terminal.wait_for("Modules");
        terminal.signal(signal);
        assert_eq!(terminal.ended().code(), Some(code));
        assert!(terminal.is_restored(), "after {signal}");
    }
}

#[test]
fn a_stop_gives_the_terminal_back_and_a_continuation_takes_it_again() {
    let mut terminal = Terminal::open();
    terminal.wait_for("Modules");
    terminal.send("\x1a");
    terminal.until("stop", |screen| !screen.alternate_screen());
    let stat = format!("/proc/{}/stat", terminal.child.id());
    let end = Instant::now() + PATIENCE;
    while !std::fs::read_to_string(&stat).unwrap().contains(") T ") {
        assert!(Instant::now() < end, "it does not stop");
        thread::sleep(Duration::from_millis(5));
    }
    assert!(terminal.is_restored());
    terminal.signal(Signal::SIGCONT);
    terminal.until("screen", |screen| {
        screen.alternate_screen() && screen.contents().contains("Modules")
    });
    assert!(terminal.is_raw());
    terminal.send("q");
    assert_eq!(terminal.ended().code(), Some(0));
    assert!(terminal.is_restored());
}

#[test]
fn an_experiment_runs_from_keys() {
    let mut terminal = Terminal::open();
    terminal.wait_for("Modules");
    terminal.send("m");
    terminal.wait_for("next run goes here");
    terminal.send("r");
    terminal.until("result", |screen| {
        let shown = screen.contents();
        shown.contains("untraced, one run") || shown.contains("no payload moved")
    });
    terminal.send("q");
    assert_eq!(terminal.ended().code(), Some(0));
}

#[test]
fn sizes_that_change_at_any_moment_are_harmless() {
    let mut terminal = Terminal::open();
    terminal.wait_for("Modules");
    for (step, (columns, rows)) in [(1, 1), (60, 18), (200, 60), (20, 5), (80, 24)]
        .into_iter()
        .cycle()
        .take(60)
        .enumerate()
    {
        let size = Winsize {
            ws_row: rows,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        // SAFETY: TIOCSWINSZ reads one winsize from a pointer to one.
        let done = unsafe {
            libc::ioctl(
                std::os::fd::AsRawFd::as_raw_fd(&terminal.slave),
                libc::TIOCSWINSZ,
                &size,
            )
        };
        assert_eq!(done, 0);
        terminal.send(["\r", "n", "?", "\x1b", "\t", "b"][step % 6]);
    }
    // A key that comes together with a change of size is not lost.
    terminal.send("q");
    assert_eq!(terminal.ended().code(), Some(0));
    assert!(!terminal.is_raw());
}
