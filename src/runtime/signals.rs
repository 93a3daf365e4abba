//! Signals, to the channel.

use std::{io, sync::mpsc::Sender, thread};

use signal_hook::{
    consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH},
    iterator::Signals,
};

use super::{Message, worker};

/// Listens in a thread of its own, as long as the program lives.
pub fn listen(sender: Sender<Message>) -> io::Result<()> {
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
    thread::Builder::new()
        .name(worker::NAME.to_owned())
        .spawn(forward)?;
    Ok(())
}
