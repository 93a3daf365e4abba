//! A seat's side of the room: it follows the state and sends what the seat answers, through restarts of the room.

mod connection;

use std::{
    io,
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread::{self, Builder},
    time::Duration,
};

use serde_json::json;

pub(crate) use self::connection::{Address, Connection, JoinError};
use self::connection::{Followed, Response};
use crate::class::{Answer, Recorded, SeatNews};

/// How long to wait before the room is tried again.
const AGAIN: Duration = Duration::from_secs(1);

enum Outgoing {
    Vote(u32, Answer),
    Figure(u32, String, Recorded),
}

/// Sends what a seat answers, in a thread of its own; nobody waits for the network.
pub(crate) struct SeatLine {
    to: Sender<Outgoing>,
}

impl SeatLine {
    /// Follows the room and sends to it. `tell` says whether anybody still listens.
    ///
    /// # Errors
    /// There can be no thread.
    pub(crate) fn start(
        connection: Connection,
        personal: Option<String>,
        tell: impl Fn(SeatNews) -> bool + Clone + Send + 'static,
    ) -> io::Result<SeatLine> {
        let (to, outgoing) = mpsc::channel();
        let (follows, heard) = (connection.clone(), tell.clone());
        Builder::new().spawn(move || follow(&follows, &heard))?;
        let sending = Sending {
            connection,
            personal,
            tell,
        };
        Builder::new().spawn(move || send_all(&sending, &outgoing))?;
        Ok(SeatLine { to })
    }

    /// An answer; one that was given before and is not saved yet is forgotten.
    pub(crate) fn vote(&self, round: u32, answer: Answer) {
        let _ = self.to.send(Outgoing::Vote(round, answer));
    }

    /// What this machine found, under the figure's name.
    pub(crate) fn figure(&self, round: u32, name: String, found: Recorded) {
        let _ = self.to.send(Outgoing::Figure(round, name, found));
    }
}

/// Follows the room, again and again, until it is closed or nobody listens.
fn follow(connection: &Connection, tell: &impl Fn(SeatNews) -> bool) {
    loop {
        let followed = connection.follow(|state| {
            tell(SeatNews::Reached(true)) && tell(SeatNews::State(Box::new(state)))
        });
        let news = match followed {
            Ok(Followed::Reseated) => continue,
            Ok(Followed::NoRoom) => SeatNews::NoRoom,
            _ => SeatNews::Reached(false),
        };
        if !tell(news) {
            return;
        }
        thread::sleep(AGAIN);
    }
}

fn send_all(room: &Sending<impl Fn(SeatNews) -> bool>, outgoing: &Receiver<Outgoing>) {
    // The answer that the room does not have yet.
    let mut unsaved: Option<(u32, Answer)> = None;
    loop {
        let next = match unsaved {
            Some(_) => outgoing.recv_timeout(AGAIN),
            None => outgoing.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        let news = match next {
            Err(RecvTimeoutError::Disconnected) => return,
            Ok(Outgoing::Figure(round, name, found)) => send_figure(room, round, &name, &found),
            Ok(Outgoing::Vote(round, answer)) => {
                unsaved = Some((round, answer.clone()));
                vote(room, round, answer)
            }
            Err(RecvTimeoutError::Timeout) => match unsaved.clone() {
                Some((round, answer)) => vote(room, round, answer),
                None => continue,
            },
        };
        if matches!(news, SeatNews::Saved(..) | SeatNews::NotTaken(_)) {
            unsaved = None;
        }
        if !(room.tell)(news) {
            return;
        }
    }
}

fn vote(room: &Sending<impl Fn(SeatNews) -> bool>, round: u32, answer: Answer) -> SeatNews {
    let body = json!({ "round": round, "answer": answer });
    let response = match room.put("vote", &body) {
        Ok(response) => response,
        Err(error) => return SeatNews::NotYet(error.to_string()),
    };
    match response.status {
        200 => SeatNews::Saved(round, answer),
        401 | 429 | 500.. => SeatNews::NotYet(response.error()),
        _ => SeatNews::NotTaken(response.error()),
    }
}

fn send_figure(
    room: &Sending<impl Fn(SeatNews) -> bool>,
    round: u32,
    name: &str,
    found: &Recorded,
) -> SeatNews {
    let body = json!({
        "round": round,
        "kernel": found.kernel,
        "arch": found.arch,
        "values": { name: found.value },
    });
    match room.put("run", &body) {
        Ok(response) if response.status == 200 => SeatNews::FigureTaken,
        Ok(response) => SeatNews::FigureNotTaken(response.error()),
        Err(error) => SeatNews::FigureNotTaken(format!("it could not be sent: {error}")),
    }
}

/// What sending needs.
struct Sending<T> {
    connection: Connection,
    personal: Option<String>,
    tell: T,
}

impl<T: Fn(SeatNews) -> bool> Sending<T> {
    /// Sends it; with a new seat where the room does not know this one: it was begun anew, or is another session.
    fn put(&self, path: &str, body: &serde_json::Value) -> io::Result<Response> {
        let body = body.to_string();
        let response = self.connection.request("PUT", path, &body)?;
        if response.status != 401 {
            return Ok(response);
        }
        match self.connection.join(self.personal.as_deref()) {
            Ok(name) => (self.tell)(SeatNews::Seated(name)),
            Err(_) => return Ok(response),
        };
        self.connection.request("PUT", path, &body)
    }
}
