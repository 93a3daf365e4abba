//! A process that gives the terminal back when this program cannot: an abort, a stack overflow and SIGKILL run no code of
//! ours any more. It waits for the end of a pipe, and does nothing where the terminal was given back before.

use std::{
    io::{self, Read, Write},
    process::{Child, ChildStdin, Stdio},
    sync::Mutex,
};

use nix::sys::{
    signal::{SigHandler, Signal, signal},
    termios::{
        ControlFlags, InputFlags, LocalFlags, OutputFlags, SetArg, Termios, cfmakeraw, tcgetattr,
        tcsetattr,
    },
};

use crate::endpoint::this_program;

/// The command that it is.
pub const COMMAND: &str = "__guard";
/// What the pipe tells: the terminal is taken, and given back.
const TAKEN: u8 = b't';
const GIVEN_BACK: u8 = b'g';

static GUARD: Mutex<Option<Guard>> = Mutex::new(None);

struct Guard {
    process: Child,
    pipe: ChildStdin,
}

/// Starts it, for the terminal in its present modes. Without it the terminal stays as it is after a crash: no reason not
/// to go on.
pub fn start() {
    let Ok(modes) = tcgetattr(io::stdout()) else {
        return;
    };
    let flags = [
        modes.input_flags.bits(),
        modes.output_flags.bits(),
        modes.control_flags.bits(),
        modes.local_flags.bits(),
    ];
    let mut command = this_program();
    command
        .arg(COMMAND)
        .args(flags.map(|flags| flags.to_string()));
    let process = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn();
    let Ok(mut process) = process else {
        return;
    };
    let pipe = process.stdin.take().expect("asked for a pipe");
    if let Ok(mut guard) = GUARD.lock() {
        *guard = Some(Guard { process, pipe });
    }
}

/// Tells it whether the terminal is ours.
pub(super) fn tell(taken: bool) {
    if let Ok(mut guard) = GUARD.lock()
        && let Some(guard) = guard.as_mut()
    {
        // Where it is gone, there is none.
        let _ = guard
            .pipe
            .write_all(&[if taken { TAKEN } else { GIVEN_BACK }]);
    }
}

/// Ends it, and waits until that is so.
pub fn end() {
    let guard = GUARD.lock().ok().and_then(|mut guard| guard.take());
    if let Some(Guard { mut process, pipe }) = guard {
        drop(pipe);
        let _ = process.wait();
    }
}

/// What it does: standard input is the pipe, standard output the terminal, whose modes were these; `leave` undoes the rest.
pub fn run(flags: [u32; 4], leave: impl FnOnce()) {
    // It outlives whatever ends the other, and may write to the terminal when the shell has taken that already (SIGTTOU).
    for ignored in [
        Signal::SIGHUP,
        Signal::SIGINT,
        Signal::SIGQUIT,
        Signal::SIGTERM,
        Signal::SIGTSTP,
        Signal::SIGTTOU,
    ] {
        // SAFETY: no handler is installed.
        let _ = unsafe { signal(ignored, SigHandler::SigIgn) };
    }
    let mut is_taken = false;
    let mut told = [0];
    while let Ok(()) = io::stdin().read_exact(&mut told) {
        is_taken = told == [TAKEN];
    }
    if is_taken {
        leave();
        give_modes_back(flags);
    }
}

/// Only where they still are as the program left them: a shell may have its own by now.
fn give_modes_back(flags: [u32; 4]) {
    let Ok(now) = tcgetattr(io::stdout()) else {
        return;
    };
    let mut before = now.clone();
    before.input_flags = InputFlags::from_bits_retain(flags[0]);
    before.output_flags = OutputFlags::from_bits_retain(flags[1]);
    before.control_flags = ControlFlags::from_bits_retain(flags[2]);
    before.local_flags = LocalFlags::from_bits_retain(flags[3]);
    let mut raw = before.clone();
    cfmakeraw(&mut raw);
    let local = |modes: &Termios| modes.local_flags;
    if local(&raw) == local(&now) {
        let _ = tcsetattr(io::stdout(), SetArg::TCSANOW, &before);
    }
}
