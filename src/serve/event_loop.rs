//! One thread, one epoll: many connections, in turns.
//!
//! Sockets are registered once, edge-triggered: the kernel tells that something has changed, and says it once. So a
//! connection that is woken goes on until its sockets have nothing more to give or take (EAGAIN), or until its turn is
//! used up; then it waits in a queue behind the others.

use std::{
    collections::VecDeque,
    io::{self, Read},
    net::{TcpListener, TcpStream},
    os::{
        fd::{BorrowedFd, OwnedFd},
        unix::net::UnixStream,
    },
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    sys::{
        epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout},
        resource::{Resource, getrlimit, setrlimit},
        socket::{Backlog, SetSockOpt, listen, sockopt},
    },
};

/// What a connection wants after its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Every socket that it could go on with said EAGAIN: wake it when one of them changes.
    Wait,
    /// Its turn is used up; there is more to do.
    Again,
    /// It is over: drop it, which closes its descriptors.
    Close,
}

/// EAGAIN waits, EINTR tries again, and every other error ends the connection.
pub(crate) fn unless_full(error: Option<i32>) -> Turn {
    match error.map(Errno::from_raw) {
        Some(Errno::EAGAIN) => Turn::Wait,
        Some(Errno::EINTR) => Turn::Again,
        _ => Turn::Close,
    }
}

/// Something with sockets that is driven by the loop.
pub(crate) trait Connection {
    /// All nonblocking.
    fn sockets(&self) -> Vec<BorrowedFd<'_>>;
    /// Goes on as far as it can, but not further than one fair turn. It may be woken for no reason.
    fn turn(&mut self, now: Instant) -> Turn;
    /// When it is given up, if nothing happens until then.
    fn deadline(&self) -> Option<Instant>;
    /// It is given up. It is dropped after this.
    fn give_up(&mut self);
    /// Since when it has been waiting for its peer without any work begun, if so: it may be given up for a newcomer.
    fn idle_since(&self) -> Option<Instant>;
}

/// What the connections have in common, where it has descriptors and times of its own.
pub(crate) trait Common {
    /// Watched for reading, level-triggered.
    fn sockets(&self) -> Vec<BorrowedFd<'_>> {
        Vec::new()
    }
    /// One of its descriptors can be read, or its time has come.
    fn turn(&mut self, _: Instant) -> Wake {
        Wake::Nobody
    }
    /// When its time comes; asked after each round of turns, so that a connection's turn may change it.
    fn next(&self) -> Option<Instant> {
        None
    }
}

/// Who gets a turn after what the connections have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wake {
    Nobody,
    All,
    /// The loop ends.
    Stop,
}

/// Connections that have nothing in common.
impl Common for () {}

/// Clients accepted in a row before the others get their turn.
const ACCEPTS: usize = 64;
/// How long the listener rests when there is no descriptor left, or no place.
const REST: Duration = Duration::from_millis(100);
/// Deadlines are looked at no more often than this.
const SWEEP: Duration = Duration::from_millis(250);
/// A connection that has been idle for less time than this is not given up for a newcomer.
const IDLE_ENOUGH: Duration = Duration::from_millis(500);

const STOP: u64 = u64::MAX;
const COMMON: u64 = u64::MAX - 1;
/// The first listener; the others follow it.
const LISTENER: u64 = 1 << 48;

struct Loop<C, F, M> {
    epoll: Epoll,
    listeners: Vec<TcpListener>,
    open: F,
    common: M,
    most: usize,
    /// The index is the connection's name in epoll. Where a place is taken again in the same wake-up, an old event
    /// may wake the newcomer: harmless, for a turn tries its calls and takes EAGAIN for an answer.
    places: Vec<Option<Place<C>>>,
    free: Vec<usize>,
    again: VecDeque<usize>,
    /// Until when no client is accepted.
    resting: Option<Instant>,
    next_sweep: Option<Instant>,
}

struct Place<C> {
    connection: C,
    queued: bool,
}

/// Listens and drives the connections that `open` makes of clients, at most `most` at once, until it is told to
/// stop.
///
/// `open` may refuse a client by `None`. SIGPIPE is ignored from the start of every Rust program: a peer that has gone is
/// the errno EPIPE here.
///
/// # Errors
/// Only what makes the whole loop impossible: epoll refused. Errors of a connection are its own.
pub(crate) fn run<C, F>(listener: TcpListener, stop: &Stop, most: usize, open: F) -> io::Result<()>
where
    C: Connection,
    F: FnMut(TcpStream, Instant) -> Option<C>,
{
    run_with(vec![listener], Some(stop), most, (), open)
}

/// The same with several listeners, and with what the connections have in common.
///
/// # Errors
/// As [`run`].
pub(crate) fn run_with<C, F, M>(
    listeners: Vec<TcpListener>,
    stop: Option<&Stop>,
    most: usize,
    common: M,
    open: F,
) -> io::Result<()>
where
    C: Connection,
    F: FnMut(TcpStream, Instant) -> Option<C>,
    M: Common,
{
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    // Asked again, listen(2) makes the queue longer: std's 128 places overflow in a burst, and a client whose packet is
    // dropped tries again only after a second.
    for (name, listener) in (LISTENER..).zip(&listeners) {
        listen(listener, Backlog::MAXALLOWABLE)?;
        listener.set_nonblocking(true)?;
        epoll.add(listener, EpollEvent::new(EpollFlags::EPOLLIN, name))?;
    }
    for socket in common.sockets() {
        epoll.add(socket, EpollEvent::new(EpollFlags::EPOLLIN, COMMON))?;
    }
    let stops = EpollEvent::new(EpollFlags::EPOLLIN, STOP);
    if let Some(stop) = stop {
        epoll.add(&stop.signals, stops)?;
    }
    if let Some(pipe) = stop.and_then(|stop| stop.input.as_ref()) {
        epoll.add(pipe, stops)?;
    }
    let mut driver = Loop {
        epoll,
        listeners,
        open,
        common,
        most,
        places: Vec::new(),
        free: Vec::new(),
        again: VecDeque::new(),
        resting: None,
        next_sweep: None,
    };
    driver.run()
}

/// What ends the loop: SIGINT and SIGTERM, caught.
#[derive(Debug)]
pub(crate) struct Stop {
    signals: UnixStream,
    input: Option<OwnedFd>,
}

impl Stop {
    /// Catches them, from now on and for good.
    ///
    /// # Errors
    /// No descriptors are left.
    pub(crate) fn on_signals() -> io::Result<Stop> {
        let (signals, writable) = UnixStream::pair()?;
        for signal in [libc::SIGINT, libc::SIGTERM] {
            signal_hook::low_level::pipe::register(signal, writable.try_clone()?)?;
        }
        Ok(Stop {
            signals,
            input: None,
        })
    }

    /// Ends also when the other end of this pipe is closed.
    pub(crate) fn or_when_closed(mut self, pipe: OwnedFd) -> Stop {
        self.input = Some(pipe);
        self
    }

    pub(crate) fn wait(&self) {
        let _ = (&self.signals).read(&mut [0]);
    }
}

impl<C, F, M> Loop<C, F, M>
where
    C: Connection,
    F: FnMut(TcpStream, Instant) -> Option<C>,
    M: Common,
{
    fn run(&mut self) -> io::Result<()> {
        let mut events = vec![EpollEvent::empty(); 256];
        loop {
            let count = match self.epoll.wait(&mut events, self.timeout()) {
                Ok(count) => count,
                Err(Errno::EINTR) => continue,
                Err(error) => return Err(error.into()),
            };
            let now = Instant::now();
            // Those that used up their turn go on after those that have just been woken.
            let waiting = std::mem::take(&mut self.again);
            let mut common_is_due = self.common.next().is_some_and(|at| at <= now);
            for event in &events[..count] {
                match event.data() {
                    STOP => return Ok(()),
                    COMMON => common_is_due = true,
                    name @ LISTENER.. => self.accept((name - LISTENER) as usize, now)?,
                    place => self.turn(place as usize, now),
                }
            }
            if common_is_due && self.turn_common(now) == Wake::Stop {
                return Ok(());
            }
            for place in waiting {
                if let Some(Some(found)) = self.places.get_mut(place) {
                    found.queued = false;
                    self.turn(place, now);
                }
            }
            self.sweep(now)?;
        }
    }

    fn turn_common(&mut self, now: Instant) -> Wake {
        let wake = self.common.turn(now);
        if wake == Wake::All {
            (0..self.places.len()).for_each(|place| self.turn(place, now));
        }
        wake
    }

    /// How long epoll may sleep: for ever, if nobody is there.
    fn timeout(&self) -> EpollTimeout {
        if !self.again.is_empty() {
            return EpollTimeout::ZERO;
        }
        let until = [self.resting, self.next_sweep, self.common.next()];
        let until = until.into_iter().flatten().min();
        let Some(until) = until else {
            return EpollTimeout::NONE;
        };
        // Rounded up: rounded down, the last millisecond would be spent spinning.
        let left = until.saturating_duration_since(Instant::now()) + Duration::from_millis(1);
        EpollTimeout::try_from(left).unwrap_or(EpollTimeout::MAX)
    }

    fn turn(&mut self, index: usize, now: Instant) {
        let Some(Some(place)) = self.places.get_mut(index) else {
            return;
        };
        if place.queued {
            return;
        }
        match place.connection.turn(now) {
            Turn::Close => return self.close(index),
            Turn::Again => {
                place.queued = true;
                self.again.push_back(index);
            }
            Turn::Wait => {}
        }
        self.watch_deadline(index, now);
    }

    fn watch_deadline(&mut self, index: usize, now: Instant) {
        let place = self.places[index].as_ref();
        if let Some(deadline) = place.and_then(|place| place.connection.deadline()) {
            let deadline = deadline.max(now + SWEEP);
            self.next_sweep = Some(self.next_sweep.map_or(deadline, |next| next.min(deadline)));
        }
    }

    fn close(&mut self, index: usize) {
        // Closing a socket's only descriptor takes it out of epoll.
        self.places[index] = None;
        self.free.push(index);
        self.resting = self.resting.map(|_| Instant::now());
    }

    fn accept(&mut self, listener: usize, now: Instant) -> io::Result<()> {
        for _ in 0..ACCEPTS {
            if self.places.len() - self.free.len() >= self.most && !self.give_up_idle(now) {
                return self.rest(now);
            }
            match self.listeners[listener].accept() {
                Ok((socket, _)) => self.enter(socket, now),
                Err(error) => match error.raw_os_error().map(Errno::from_raw) {
                    Some(Errno::EAGAIN) => return Ok(()),
                    // The client has gone before it was accepted.
                    Some(Errno::ECONNABORTED | Errno::EINTR | Errno::EPROTO) => {}
                    // EMFILE, ENFILE, ENOBUFS, ENOMEM: the client stays in the listener's queue.
                    _ if self.give_up_idle(now) => {}
                    _ => return self.rest(now),
                },
            }
        }
        Ok(())
    }

    fn enter(&mut self, socket: TcpStream, now: Instant) {
        let _ = socket.set_nonblocking(true);
        let Some(connection) = (self.open)(socket, now) else {
            return;
        };
        let index = self.free.pop().unwrap_or_else(|| {
            self.places.push(None);
            self.places.len() - 1
        });
        let edges = EpollFlags::EPOLLIN
            | EpollFlags::EPOLLOUT
            | EpollFlags::EPOLLRDHUP
            | EpollFlags::EPOLLET;
        let registered = connection.sockets().into_iter().all(|socket| {
            let event = EpollEvent::new(edges, index as u64);
            self.epoll.add(socket, event).is_ok()
        });
        self.places[index] = Some(Place {
            connection,
            queued: false,
        });
        match registered {
            true => self.turn(index, now),
            false => self.close(index),
        }
    }

    /// Makes room by closing the connection that has been idle longest.
    fn give_up_idle(&mut self, now: Instant) -> bool {
        let idle = self.places.iter().enumerate().filter_map(|(index, place)| {
            let since = place.as_ref()?.connection.idle_since()?;
            (now.saturating_duration_since(since) >= IDLE_ENOUGH).then_some((since, index))
        });
        let Some((_, index)) = idle.min() else {
            return false;
        };
        self.close(index);
        true
    }

    /// Listeners are level-triggered: they would wake the loop again at once.
    fn rest(&mut self, now: Instant) -> io::Result<()> {
        self.resting = Some(now + REST);
        self.listen_for(EpollFlags::empty())
    }

    fn listen_for(&self, flags: EpollFlags) -> io::Result<()> {
        for (name, listener) in (LISTENER..).zip(&self.listeners) {
            let mut event = EpollEvent::new(flags, name);
            self.epoll.modify(listener, &mut event)?;
        }
        Ok(())
    }

    /// Ends the listener's rest; gives up those whose deadline has passed.
    fn sweep(&mut self, now: Instant) -> io::Result<()> {
        if self.resting.is_some_and(|until| until <= now) {
            self.resting = None;
            self.listen_for(EpollFlags::EPOLLIN)?;
        }
        if self.next_sweep.is_none_or(|next| next > now) {
            return Ok(());
        }
        self.next_sweep = None;
        for index in 0..self.places.len() {
            let Some(place) = &mut self.places[index] else {
                continue;
            };
            let overdue = place.connection.deadline().is_some_and(|at| at <= now);
            if overdue {
                place.connection.give_up();
                self.close(index);
            } else {
                self.watch_deadline(index, now);
            }
        }
        Ok(())
    }
}

/// Has the connection end with a reset when it is closed: what is unsent is dropped.
pub(crate) fn reset(socket: &TcpStream) {
    let at_once = libc::linger {
        l_onoff: 1,
        l_linger: 0,
    };
    let _ = sockopt::Linger.set(socket, &at_once);
}

/// Raises the soft limit of open descriptors as far as the hard one allows, and returns how many connections of
/// `each` descriptors fit, at most `most`.
pub(crate) fn room_for_connections(each: usize, most: usize) -> usize {
    /// The program's own: standard streams, epoll, listener, directory, signals, and some to spare.
    const OWN: usize = 32;
    let wanted = (most * each + OWN) as u64;
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else {
        return most.min(128);
    };
    let raised = wanted.min(hard).max(soft);
    let limit = match setrlimit(Resource::RLIMIT_NOFILE, raised, hard) {
        Ok(()) => raised,
        Err(_) => soft,
    };
    let fit = (usize::try_from(limit).unwrap_or(usize::MAX)).saturating_sub(OWN) / each;
    fit.clamp(1, most)
}
