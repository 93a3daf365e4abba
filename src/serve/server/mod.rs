//! The file server.

mod answer;
mod client;
mod validators;

use std::{io, net::TcpListener, path::Path, rc::Rc, time::Duration};

use super::{
    confine::Confined,
    event_loop::{self, Stop, room_for_connections},
};
use crate::model::Method;

/// How long a client may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// To send a whole head, from its first byte; and to send anything at all after connecting.
    pub(crate) head: Duration,
    /// To send another request on the same connection.
    pub(crate) idle: Duration,
    /// To take any byte of a response.
    pub(crate) send: Duration,
}

#[derive(Debug)]
struct Site {
    files: Confined,
    method: Method,
    patience: Patience,
}

/// Open descriptors of a connection at most: socket, file, and a pipe's two ends.
const DESCRIPTORS: usize = 4;

#[derive(Debug)]
pub(crate) struct Server {
    site: Rc<Site>,
    connections: usize,
}

impl Server {
    /// Serves the files of `directory`, to at most `connections` clients at once.
    ///
    /// # Errors
    /// The directory cannot be opened.
    pub(crate) fn new(
        directory: &Path,
        method: Method,
        patience: Patience,
        connections: usize,
    ) -> io::Result<Server> {
        Ok(Server {
            site: Rc::new(Site {
                files: Confined::new(directory)?,
                method,
                patience,
            }),
            connections: room_for_connections(DESCRIPTORS, connections),
        })
    }

    /// Serves the listener's clients until it is told to stop.
    ///
    /// # Errors
    /// Epoll cannot be set up.
    pub(crate) fn run(self, listener: TcpListener, stop: &Stop) -> io::Result<()> {
        event_loop::run(listener, stop, self.connections, |socket, now| {
            Some(client::Client::new(socket, Rc::clone(&self.site), now))
        })
    }
}
