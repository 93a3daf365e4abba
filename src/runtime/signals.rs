//! Signals, to the channel.

use std::io;

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, raise, sigaction};
use signal_hook::{
    consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH},
    iterator::Signals,
};

use super::message::{Message, Messages, spawn};

/// Listens in a thread of its own, as long as the program lives.
pub fn listen(sender: Messages) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGCONT, SIGTSTP, SIGWINCH])?;
    let forward = move || {
        for signal in signals.forever() {
            let message = match signal {
                SIGCONT => Message::Continued,
                SIGTSTP => Message::Stop,
                SIGWINCH => Message::Redraw,
                ending => Message::Ended(ending),
            };
            if sender.send(message).is_err() {
                return;
            }
        }
    };
    spawn(forward)?;
    Ok(())
}

/// Stops the program as SIGTSTP stops one that does not handle it. Not by SIGSTOP: the kernel ignores SIGTSTP where
/// no shell could continue the program (an orphaned process group, as under `xterm -e`), and SIGSTOP would hang it.
pub fn stop() -> nix::Result<()> {
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    // SAFETY: the default action runs no code of ours, and the handler that comes back was installed before.
    unsafe {
        let ours = sigaction(Signal::SIGTSTP, &default)?;
        let stopped = raise(Signal::SIGTSTP);
        sigaction(Signal::SIGTSTP, &ours)?;
        stopped
    }
}
