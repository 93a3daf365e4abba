//! A seat in a class, on the whole screen.

use std::process::ExitCode;

use anyhow::Context;

use super::{DisplayOptions, Runtime, material, message::Message, terminal};
use crate::{
    app::{App, Event},
    class::{Figure, Recorded},
    embedded, host,
    model::ExperimentValue,
    serve::class::seat::{Connection, SeatLine},
};

/// A seat that was given.
pub(crate) struct Joined {
    pub(crate) connection: Connection,
    /// The seat's name.
    pub(crate) name: String,
    /// The personal code, where the class has a roster.
    pub(crate) personal: Option<String>,
    /// Whether the class's experiments run on this machine, too.
    pub(crate) runs: bool,
}

/// Shows what the room is asked, until the student leaves.
///
/// # Errors
/// The terminal cannot be used.
pub(crate) fn seat(joined: Joined, display: DisplayOptions) -> anyhow::Result<ExitCode> {
    let (material, _) = material(&embedded::lessons());
    let code = joined.connection.address.code.clone();
    let app = App::seat(material, code, joined.name, joined.runs);
    let mut runtime = Runtime::new(display, || app)?;
    let messages = runtime.messages.clone();
    let line = SeatLine::start(joined.connection, joined.personal, move |news| {
        messages.send(Message::Event(Event::Seat(news))).is_ok()
    });
    let line = line.inspect_err(|_| terminal::restore());
    runtime.seat = Some(line.context("cannot start a thread")?);
    Ok(runtime.run()?.0)
}

impl Runtime {
    pub(super) fn send_figure(&self, round: u32, name: String, found: ExperimentValue) {
        let machine = host::machine();
        let found = Recorded {
            value: Figure::of(found),
            kernel: machine.kernel,
            arch: machine.arch,
        };
        if let Some(seat) = &self.seat {
            seat.figure(round, name, found);
        }
    }
}
