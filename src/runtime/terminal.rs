//! The terminal: taken once, given back once, drawn in whole frames.

use std::{
    io::{self, Write},
    panic,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use crossterm::{
    QueueableCommand, cursor,
    terminal::{self, EnterAlternateScreen, LeaveAlternateScreen},
};
use nix::sys::termios::{LocalFlags, tcgetattr};
use ratatui::{
    backend::{Backend, CrosstermBackend},
    buffer::Buffer,
    layout::Rect,
};

use super::{background, guard, message::WORKER};
use crate::model::limits::TERMINAL_CELLS;

/// Presses, drags and the wheel, in the SGR form. Not every move: that would wake the program for nothing.
const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1002h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1002l\x1b[?1000l";
/// The terminal says when it becomes light or dark (mode 2031).
const CHANGES_ON: &[u8] = b"\x1b[?2031h";
const CHANGES_OFF: &[u8] = b"\x1b[?2031l";
/// Synchronized output: the terminal shows the frame when it is whole.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// Whether the terminal is ours now.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal while it is ours.
pub struct Screen {
    /// The bytes of the frame that is being drawn, so that it goes out in one write.
    frame: Vec<u8>,
    shown: Buffer,
}

impl Screen {
    pub fn enter(mouse: bool) -> io::Result<Screen> {
        take(mouse)?;
        Ok(Screen {
            frame: Vec::new(),
            shown: Buffer::empty(Rect::ZERO),
        })
    }

    /// Takes the terminal again, after a stop: whatever it shows now is not ours.
    pub fn enter_again(&mut self, mouse: bool) -> io::Result<()> {
        self.shown = Buffer::empty(Rect::ZERO);
        // The shell may have ended the raw mode, which crossterm would not know. Where it lasts, it must not end for a
        // moment: what is typed then would not reach us.
        if !is_raw() {
            restore();
        }
        take(mouse)
    }

    /// The frame that the terminal shows.
    pub fn shown(&self) -> &Buffer {
        &self.shown
    }

    pub fn mouse(&mut self, on: bool) -> io::Result<()> {
        let mut out = io::stdout();
        out.write_all(if on { MOUSE_ON } else { MOUSE_OFF })?;
        out.flush()
    }

    pub fn area(&self) -> io::Result<Rect> {
        let (width, height) = terminal::size()?;
        let rows = (TERMINAL_CELLS / u32::from(width.max(1))).min(u32::from(height));
        Ok(Rect::new(0, 0, width, rows as u16))
    }

    /// Draws a frame: only the cells that differ from the last one are written, in one piece.
    pub fn draw<T>(&mut self, area: Rect, view: impl FnOnce(&mut Buffer) -> T) -> io::Result<T> {
        let mut next = Buffer::empty(area);
        let drawn = view(&mut next);
        self.frame.clear();
        let mut backend = CrosstermBackend::new(&mut self.frame);
        if self.shown.area != area {
            backend.clear()?;
            self.shown = Buffer::empty(area);
        }
        backend.draw(self.shown.diff(&next).into_iter())?;
        self.shown = next;
        if !self.frame.is_empty() {
            let mut out = io::stdout().lock();
            out.write_all(&[BEGIN, &self.frame, END].concat())?;
            out.flush()?;
        }
        Ok(drawn)
    }
}

/// Whether keys reach us one by one; no where that cannot be told.
fn is_raw() -> bool {
    tcgetattr(io::stdin()).is_ok_and(|modes| !modes.local_flags.contains(LocalFlags::ICANON))
}

fn take(mouse: bool) -> io::Result<()> {
    terminal::enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    guard::tell(true);
    let mut out = io::stdout().lock();
    out.queue(EnterAlternateScreen)?;
    out.queue(cursor::Hide)?;
    if mouse {
        out.write_all(MOUSE_ON)?;
    }
    out.write_all(CHANGES_ON)?;
    out.flush()
}

/// Gives the terminal back, if it is ours: once, whoever comes first.
pub fn restore() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    // What the terminal still answers is for us, not for the shell.
    if background::is_awaited() {
        thread::sleep(Duration::from_millis(50));
    }
    leave();
    let _ = terminal::disable_raw_mode();
    guard::tell(false);
}

/// Undoes what [`take`] wrote. A terminal that is gone cannot be restored, and need not be.
pub(super) fn leave() {
    let mut out = io::stdout().lock();
    let _ = out.write_all(MOUSE_OFF);
    let _ = out.write_all(CHANGES_OFF);
    let _ = out.queue(cursor::Show);
    let _ = out.queue(LeaveAlternateScreen);
    let _ = out.flush();
}

/// A panic gives the terminal back before it says why. One in a worker is shown on the screen instead.
pub fn restore_on_panic() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if thread::current().name() != Some(WORKER) {
            restore();
            before(panic);
        }
    }));
}

#[cfg(test)]
mod tests {
    use std::{
        env,
        fs::File,
        io::Read,
        process::{Command, Stdio},
        thread,
    };

    use nix::{
        pty::openpty,
        sys::termios::{LocalFlags, tcgetattr},
    };

    use super::*;

    const PANICS: &str = "ZCLAB_TEST_PANICS";

    /// Not a test by itself: the program that the test below starts on a terminal.
    #[test]
    fn a_program_that_panics() {
        if env::var_os(PANICS).is_some() {
            restore_on_panic();
            let _screen = Screen::enter(true).unwrap();
            panic!("the reason why");
        }
    }

    #[test]
    fn a_panic_gives_the_terminal_back_before_it_says_why() {
        let ends = openpty(None, None).unwrap();
        let end = || Stdio::from(ends.slave.try_clone().unwrap());
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "runtime::terminal::tests::a_program_that_panics"])
            .arg("--nocapture")
            .env(PANICS, "1")
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .unwrap();
        let mut master = File::from(ends.master);
        let reader = thread::spawn(move || {
            let (mut said, mut bytes) = (Vec::new(), [0; 4096]);
            // The last words of the test harness.
            while !said.windows(12).any(|found| found == b"test result:") {
                let count = master.read(&mut bytes).unwrap();
                said.extend_from_slice(&bytes[..count]);
            }
            (master, String::from_utf8_lossy(&said).into_owned())
        });
        assert!(!child.wait().unwrap().success());
        // The modes are there as long as the master is.
        let (_master, said) = reader.join().unwrap();
        let at = |what: &str| {
            said.find(what)
                .unwrap_or_else(|| panic!("{what:?}: {said:?}"))
        };
        assert!(at("\x1b[?1049h") < at("\x1b[?1049l"), "{said:?}");
        assert!(at("\x1b[?1049l") < at("the reason why"), "{said:?}");
        assert!(at("\x1b[?1000l") < at("the reason why") && at("\x1b[?25h") < at("the reason why"));
        let modes = tcgetattr(&ends.slave).unwrap();
        assert!(modes.local_flags.contains(LocalFlags::ICANON));
    }
}
