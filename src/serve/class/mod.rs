//! The web side of a class: the room's thread, which runs the event loop, and the handle by which the rest of the
//! program talks to it.
//!
//! | part | what is in it |
//! |---|---|
//! | `room` | requests and commands to what becomes of the session |
//! | `routes` | what each path takes, what a body says |
//! | `request`, `reply` | heads: plain data |
//! | `client` | a connection: requests and answers, or an event stream |
//! | `guard` | who may come in |
//! | `seat` | the other end: a terminal's seat |
//! | `page`, `form` | the page, with and without JavaScript |

mod client;
mod form;
pub(crate) mod guard;
mod page;
mod reply;
mod request;
mod room;
mod routes;
pub(crate) mod seat;

use std::{
    cell::RefCell,
    io::{self, Read, Write},
    net::{IpAddr, TcpListener},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::net::UnixStream,
    },
    rc::Rc,
    sync::{
        Arc, RwLock,
        mpsc::{self, Receiver, Sender},
    },
    thread::{Builder, JoinHandle},
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use self::{guard::Prefix, room::Room};
use super::event_loop::{self, Common, Wake, room_for_connections};
use crate::class::{Command, Event, Eyes, Session, Snapshot, limits, names};
use crate::course::Catalogue;
use crate::store::session_log::SessionLog;

/// Who may connect.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reach {
    /// Everybody.
    pub(crate) open: bool,
    /// Addresses that the teacher named: connections to them are taken though they are not private.
    pub(crate) named: Vec<IpAddr>,
    /// The networks of this machine. They change while the class goes on.
    pub(crate) local: Arc<RwLock<Vec<Prefix>>>,
}

impl Reach {
    /// Whether a connection from `peer` to this machine's address `to` is taken.
    fn allows(&self, peer: IpAddr, to: IpAddr) -> bool {
        if self.open {
            return true;
        }
        let is_named = self.named.contains(&guard::plain(to));
        if !guard::is_private(to) && !is_named {
            return false;
        }
        let local = self.local.read();
        guard::is_private(peer)
            || local.is_ok_and(|local| local.iter().any(|net| net.contains(peer)))
    }
}

/// How a room is set up.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) course: Arc<Catalogue>,
    pub(crate) reach: Reach,
    /// The host of `--url`, which requests may name.
    pub(crate) host: Option<String>,
    page: page::Page,
}

impl Config {
    /// # Errors
    /// The page's file cannot be had.
    pub(crate) fn new(
        course: Arc<Catalogue>,
        reach: Reach,
        host: Option<String>,
    ) -> io::Result<Config> {
        Ok(Config {
            course,
            reach,
            host,
            page: page::Page::new()?,
        })
    }

    fn time(&self) -> u64 {
        time()
    }
}

/// Milliseconds since 1970 (UTC).
pub(crate) fn time() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u64)
}

/// A code for a new room.
pub(crate) fn new_code() -> String {
    names::code(room::random_bytes())
}

/// A personal code.
pub(crate) fn new_personal() -> String {
    names::personal(room::random_bytes())
}

/// What a watcher is told.
pub(crate) enum Ordered {
    Snapshot(Box<Snapshot>),
    /// Something that the teacher has to know.
    Warning(String),
}

/// Somebody who is told of every change, until `tell` says no.
struct Watcher {
    eyes: Eyes,
    tell: Box<dyn FnMut(Ordered) -> bool + Send>,
}

/// What reaches the room from the rest of the program.
enum Asking {
    Do(Command, Sender<Result<String, String>>),
    Watch(Watcher),
}

/// How the rest of the program talks to the room.
#[derive(Clone)]
pub(crate) struct Handle {
    asking: Sender<Asking>,
    wake: Arc<UnixStream>,
}

impl Handle {
    /// Does it; a line on what the room is like then.
    ///
    /// # Errors
    /// A line on why not.
    pub(crate) fn ask(&self, command: Command) -> Result<String, String> {
        let (answer, answered) = mpsc::channel();
        self.send(Asking::Do(command, answer));
        answered
            .recv()
            .unwrap_or_else(|_| Err("the room is closed".to_owned()))
    }

    /// Has `tell` told of every change.
    pub(crate) fn watch(&self, eyes: Eyes, tell: impl FnMut(Ordered) -> bool + Send + 'static) {
        let tell = Box::new(tell);
        self.send(Asking::Watch(Watcher { eyes, tell }));
    }

    fn send(&self, asking: Asking) {
        // A room that has ended drops what it is asked, and with it the sender of the answer.
        let _ = self.asking.send(asking);
        let _ = (&*self.wake).write(&[1]);
    }
}

/// A room, open. Dropped, it is closed.
pub(crate) struct OpenRoom {
    pub(crate) handle: Handle,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl OpenRoom {
    /// Opens a room: a thread of its own serves these listeners.
    ///
    /// # Errors
    /// There is no thread to be had.
    pub(crate) fn start(
        listeners: Vec<TcpListener>,
        session: Session,
        log: SessionLog,
        config: Config,
    ) -> io::Result<OpenRoom> {
        let (asking, commands) = mpsc::channel();
        let (wake, woken) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        woken.set_nonblocking(true)?;
        let work = move || serve(listeners, session, log, config, commands, woken);
        let thread = Builder::new().name("zclab-worker".to_owned()).spawn(work)?;
        Ok(OpenRoom {
            handle: Handle {
                asking,
                wake: Arc::new(wake),
            },
            thread: Some(thread),
        })
    }

    /// Closes the room and waits until its file is on the disk.
    ///
    /// # Errors
    /// What ended the event loop before.
    pub(crate) fn close(mut self) -> io::Result<()> {
        self.end()
    }

    fn end(&mut self) -> io::Result<()> {
        let Some(thread) = self.thread.take() else {
            return Ok(());
        };
        let (answer, _) = mpsc::channel();
        self.handle.send(Asking::Do(Command::Quit, answer));
        thread
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("the room's thread has panicked")))
    }
}

impl Drop for OpenRoom {
    fn drop(&mut self) {
        let _ = self.end();
    }
}

/// The room, as the event loop knows it.
struct Shared {
    room: Rc<RefCell<Room>>,
    woken: UnixStream,
}

impl Common for Shared {
    fn sockets(&self) -> Vec<BorrowedFd<'_>> {
        vec![self.woken.as_fd()]
    }

    fn turn(&mut self, now: Instant) -> Wake {
        let mut bytes = [0; 64];
        loop {
            match self.woken.read(&mut bytes) {
                // The program has dropped its last handle.
                Ok(0) => return Wake::Stop,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        self.room.borrow_mut().turn(now)
    }

    fn next(&self) -> Option<Instant> {
        self.room.borrow().next()
    }
}

fn serve(
    listeners: Vec<TcpListener>,
    session: Session,
    log: SessionLog,
    config: Config,
    commands: Receiver<Asking>,
    woken: UnixStream,
) -> io::Result<()> {
    let reach = config.reach.clone();
    let room = Room::new(session, log, config, commands, Instant::now());
    let room = Rc::new(RefCell::new(room));
    let shared = Shared {
        room: Rc::clone(&room),
        woken,
    };
    let most = room_for_connections(1, limits::CONNECTIONS);
    event_loop::run_with(listeners, None, most, shared, |socket, now| {
        let (peer, to) = (
            socket.peer_addr().ok()?.ip(),
            socket.local_addr().ok()?.ip(),
        );
        let allowed = reach.allows(peer, to);
        allowed.then(|| client::Client::new(socket, guard::plain(peer), Rc::clone(&room), now))
    })
}

/// The first lines of a new session's file.
pub(crate) fn first_events(code: &str, people: &[(String, String)]) -> Vec<Event> {
    let session = Event::Session {
        version: 1,
        code: code.to_owned(),
        zclab: env!("CARGO_PKG_VERSION").to_owned(),
        time: time(),
    };
    let people = people.iter().map(|(person, code)| Event::Person {
        person: person.clone(),
        personal: names::hash_of_personal(code),
    });
    std::iter::once(session).chain(people).collect()
}
