//! The room: requests and commands to what becomes of the session. One thread owns it: the one of the event loop.

use std::{collections::BTreeMap, net::IpAddr, sync::mpsc::Receiver, time::Instant};

use super::{
    Asking, Config, Ordered, Watcher,
    guard::{Bucket, WrongCodes, is_own_host, is_own_origin},
    reply::Reply,
    request::{Method, Request, cookie_name},
    routes::{self, Route},
};
use crate::class::{
    Command, Event, Eyes, Phase, Poll, Refusal, Session, Snapshot, State, limits, names,
};
use crate::serve::{event_loop::Wake, http::Status};
use crate::store::session_log::SessionLog;

/// What a connection does next.
pub(super) enum Answer {
    Reply(Reply),
    /// It becomes an event stream, of that number.
    Stream(u64),
    /// The page itself, which lies in a file.
    Page,
}

pub(super) struct Room {
    pub(super) session: Session,
    log: SessionLog,
    pub(super) config: Config,
    commands: Receiver<Asking>,
    watchers: Vec<Watcher>,
    state: State,
    /// Which event the state is: streams that have an older one get it.
    pub(super) version: u64,
    /// Which comment is due.
    pub(super) comment: u64,
    next_comment: Instant,
    changed: bool,
    told_at: Option<Instant>,
    /// Event streams by number, each with its seat.
    pub(super) streams: BTreeMap<u64, Option<usize>>,
    last_stream: u64,
    haste: BTreeMap<usize, Bucket>,
    wrong_codes: WrongCodes,
}

impl Room {
    pub(super) fn new(
        session: Session,
        log: SessionLog,
        config: Config,
        commands: Receiver<Asking>,
        now: Instant,
    ) -> Room {
        Room {
            state: State::of(&session),
            session,
            log,
            config,
            commands,
            watchers: Vec::new(),
            version: 1,
            comment: 0,
            next_comment: now + limits::COMMENT,
            changed: false,
            told_at: None,
            streams: BTreeMap::new(),
            last_stream: 0,
            haste: BTreeMap::new(),
            wrong_codes: WrongCodes::new(now),
        }
    }

    /// Answers a request. The order of refusals is the contract's.
    pub(super) fn answer(
        &mut self,
        request: &Request,
        body: Option<&[u8]>,
        peer: IpAddr,
        now: Instant,
    ) -> Answer {
        let own = self.config.host.as_deref();
        if !is_own_host(&request.host, own) {
            let why = "this room is reached by its address, not by another name";
            return Answer::Reply(Reply::refusal(Status::FORBIDDEN, why).closing());
        }
        let seat = self.seat_of(request);
        if seat.is_none() && self.wrong_codes.is_refused(peer, now) {
            return Answer::Reply(self.too_many_codes());
        }
        let route = match routes::of(&request.path, &self.session.code) {
            Ok(route) => route,
            Err(is_guess) => return Answer::Reply(self.not_found(is_guess, peer, now)),
        };
        let is_change = matches!(request.method, Method::Post | Method::Put);
        if is_change
            && !is_own_origin(
                request.origin.as_deref(),
                &request.host,
                self.config.host.as_deref(),
            )
        {
            let why = "this comes from a page of another server";
            return Answer::Reply(Reply::refusal(Status::FORBIDDEN, why).closing());
        }
        if !route.allows(request.method) {
            let reply = Reply::refusal(Status::METHOD_NOT_ALLOWED, "this is not asked for so");
            return Answer::Reply(reply.field("Allow", route.allowed()).closing());
        }
        match route {
            Route::Page if routes::is_form_page(&request.query) => {
                let needs_code = self.session.has_roster() && seat.is_none();
                let html = super::form::page(&self.session, seat, needs_code, &request.path);
                Answer::Reply(html)
            }
            Route::Page => Answer::Page,
            Route::State => {
                let state = self.state_for(seat);
                Answer::Reply(Reply::json(Status::OK, state))
            }
            Route::Events => Answer::Stream(self.stream(seat)),
            Route::Join => Answer::Reply(self.join(request, body, seat)),
            Route::Vote => Answer::Reply(self.of_seat(request, body, seat, now, routes::vote)),
            Route::Run => Answer::Reply(self.of_seat(request, body, seat, now, routes::figures)),
        }
    }

    fn not_found(&mut self, is_guess: bool, peer: IpAddr, now: Instant) -> Reply {
        if is_guess && !self.wrong_codes.note(peer, now) {
            return self.too_many_codes();
        }
        super::form::not_found()
    }

    fn too_many_codes(&self) -> Reply {
        Reply::refusal(
            Status::TOO_MANY,
            "too many wrong codes: try again in a second",
        )
        .field("Retry-After", 1)
        .closing()
    }

    pub(super) fn seat_of(&self, request: &Request) -> Option<usize> {
        let token = request.token(&self.session.code)?;
        self.session.seat_of(token)
    }

    /// The state for a seat, as the last event told it or newer.
    pub(super) fn state_for(&mut self, seat: Option<usize>) -> String {
        if self.changed {
            self.state = State::of(&self.session);
        }
        self.state.for_seat(&self.session, seat)
    }

    /// A seat for a newcomer; its own for somebody who has one.
    fn join(&mut self, request: &Request, body: Option<&[u8]>, seat: Option<usize>) -> Reply {
        let Some(body) = body else {
            return routes::unreadable(request);
        };
        let personal = match routes::personal(request, body) {
            Ok(personal) => personal,
            Err(why) => return Reply::refusal(Status::BAD_REQUEST, why),
        };
        let (token, name) = match (seat, request.token(&self.session.code)) {
            (Some(seat), Some(token)) => (token.to_owned(), self.session.seats[seat].name.clone()),
            _ => match self.sit(personal.as_deref()) {
                Ok(sat) => sat,
                Err(reply) => return self.refused_form(request, reply),
            },
        };
        let reply = match request.is_form {
            true => Reply::see(&routes::page_of(&request.path)),
            false => {
                let body = serde_json::json!({ "seat": name, "token": token });
                Reply::json(Status::OK, body.to_string())
            }
        };
        let cookie = cookie_name(&self.session.code);
        let cookie = format!("{cookie}={token}; Path=/; Max-Age=86400; HttpOnly; SameSite=Strict");
        reply.field("Set-Cookie", cookie)
    }

    fn sit(&mut self, personal: Option<&str>) -> Result<(String, String), Reply> {
        let mut bytes = [0; names::TOKEN_BYTES];
        getrandom::fill(&mut bytes).map_err(|_| unwritten())?;
        let token = names::token(bytes);
        let mut random = random_bytes();
        let event = self
            .session
            .join(personal, &token, self.config.time(), &mut random)
            .map_err(|refusal| refused(&refusal))?;
        let Event::Seat { seat, .. } = &event else {
            return Err(unwritten());
        };
        let name = seat.clone();
        self.write(&[event]).map_err(|_| unwritten())?;
        Ok((token, name))
    }

    /// What only a seat may send: 401 without one, 413 and 411 for a body that is not read, 429 for haste.
    fn of_seat(
        &mut self,
        request: &Request,
        body: Option<&[u8]>,
        seat: Option<usize>,
        now: Instant,
        read: routes::Reader,
    ) -> Reply {
        let reply = match self.written(request, body, seat, now, read) {
            Ok(reply) => return reply,
            Err(reply) => reply,
        };
        self.refused_form(request, reply)
    }

    fn written(
        &mut self,
        request: &Request,
        body: Option<&[u8]>,
        seat: Option<usize>,
        now: Instant,
        read: routes::Reader,
    ) -> Result<Reply, Reply> {
        let seat = seat.ok_or_else(|| refused(&Refusal::NoSeat))?;
        let body = body.ok_or_else(|| routes::unreadable(request))?;
        let room = limits::VOTES_PER_SECOND;
        let bucket = self.haste.entry(seat);
        if !bucket
            .or_insert_with(|| Bucket::full(room, now))
            .take(room, now)
        {
            let why = "too many votes a second: try again in a moment";
            return Err(Reply::refusal(Status::TOO_MANY, why).field("Retry-After", 1));
        }
        let time = self.config.time();
        let (event, said) =
            read(request, body, &self.session, seat, time).map_err(|refusal| refused(&refusal))?;
        self.write(&[event]).map_err(|_| unwritten())?;
        Ok(match request.is_form {
            true => Reply::see(&routes::page_of(&request.path)),
            false => Reply::json(Status::OK, said),
        })
    }

    /// A refusal of a form is a page, so that somebody without JavaScript can read it.
    fn refused_form(&self, request: &Request, reply: Reply) -> Reply {
        match request.is_form {
            true => super::form::refusal(&reply, &routes::page_of(&request.path)),
            false => reply,
        }
    }

    /// Events are written, and only then they count.
    fn write(&mut self, events: &[Event]) -> std::io::Result<()> {
        if let Err(error) = self.log.append(events) {
            let why = format!("cannot write {}: {error}", self.log.path().display());
            self.warn(&why);
            return Err(error);
        }
        events.iter().for_each(|event| self.session.apply(event));
        self.changed = true;
        Ok(())
    }

    fn warn(&mut self, why: &str) {
        self.watchers
            .retain_mut(|watcher| (watcher.tell)(Ordered::Warning(why.to_owned())));
    }

    /// A new event stream; where a seat or those without one have too many, the oldest ends.
    fn stream(&mut self, seat: Option<usize>) -> u64 {
        let most = match seat {
            Some(_) => limits::STREAMS_OF_A_SEAT,
            None => limits::STREAMS_WITHOUT_SEAT,
        };
        let same = self.streams.iter().filter(|(_, of)| **of == seat);
        let same: Vec<u64> = same.map(|(number, _)| *number).collect();
        if same.len() >= most {
            self.streams.remove(&same[0]);
        }
        self.last_stream += 1;
        self.streams.insert(self.last_stream, seat);
        self.changed = true;
        self.last_stream
    }

    pub(super) fn ended(&mut self, stream: u64) {
        self.changed |= self.streams.remove(&stream).is_some();
    }

    /// When something is due: an event, or the next comment.
    pub(super) fn next(&self) -> Option<Instant> {
        let event = self.changed.then(|| match self.told_at {
            Some(at) => at + limits::COALESCE,
            None => self.next_comment - limits::COMMENT,
        });
        let comment = (!self.streams.is_empty()).then_some(self.next_comment);
        [event, comment].into_iter().flatten().min()
    }

    /// Commands, then what is due.
    pub(super) fn turn(&mut self, now: Instant) -> Wake {
        let mut asked = Vec::new();
        asked.extend(self.commands.try_iter());
        for asking in asked {
            match asking {
                Asking::Watch(watcher) => {
                    self.watchers.push(watcher);
                    self.tell_watchers();
                }
                Asking::Do(Command::Quit, _) => return Wake::Stop,
                Asking::Do(command, answer) => {
                    let done = self.command(command);
                    let _ = answer.send(done);
                }
            }
        }
        let mut wakes = false;
        if now >= self.next_comment {
            self.comment += 1;
            self.next_comment = now + limits::COMMENT;
            wakes = true;
        }
        let is_due = self.told_at.is_none_or(|at| now >= at + limits::COALESCE);
        if self.changed && is_due {
            self.state = State::of(&self.session);
            self.version += 1;
            (self.changed, self.told_at) = (false, Some(now));
            self.tell_watchers();
            wakes = true;
        }
        match wakes {
            true => Wake::All,
            false => Wake::Nobody,
        }
    }

    fn tell_watchers(&mut self) {
        let (session, present) = (&self.session, self.streams.len());
        self.watchers.retain_mut(|watcher| {
            let snapshot = Snapshot::of(session, present, watcher.eyes);
            (watcher.tell)(Ordered::Snapshot(Box::new(snapshot)))
        });
    }

    fn command(&mut self, command: Command) -> Result<String, String> {
        let time = self.config.time();
        let session = &self.session;
        let events = match command {
            Command::Open(id) => {
                let turn = session.times_asked(&id);
                let poll = Poll::of(&self.config.course, &id, turn);
                let poll = poll.ok_or_else(|| format!("there is no question '{id}'"))?;
                Ok(session.open(poll, time))
            }
            Command::Again => session.again(time),
            Command::Close => session.close(time),
            Command::Discuss => session.discuss(time),
            Command::Reveal => session.reveal(time),
            Command::Run => session.run(time),
            Command::Recorded(round, found) => {
                let found = found?;
                session
                    .recorded(round, found, time)
                    .map(|event| vec![event])
            }
            Command::Lock => Ok(vec![session.lock(time)]),
            Command::Status | Command::Quit => Ok(Vec::new()),
        };
        let events = events.map_err(|refusal| refusal.text().to_owned())?;
        if !events.is_empty() {
            self.write(&events)
                .map_err(|error| format!("cannot write {}: {error}", self.log.path().display()))?;
        }
        Ok(self.status())
    }

    /// `voting round=3 question=two-vote joined=24 present=23 answered=17 locked=no`
    fn status(&self) -> String {
        let session = &self.session;
        let phase = serde_json::to_value(session.phase).unwrap_or_default();
        let question = session.present().map_or("-", |asked| &asked.poll.id);
        let mut line = format!(
            "{} round={} question={question} joined={} present={} answered={} locked={}",
            phase.as_str().unwrap_or_default(),
            session.round(),
            session.seats.len(),
            self.streams.len(),
            session.answered(),
            if session.locked { "yes" } else { "no" },
        );
        if session.phase == Phase::Revealed {
            let snapshot = Snapshot::of(session, 0, Eyes::Projector);
            let rounds = snapshot.question.into_iter().flat_map(|asked| asked.rounds);
            for round in rounds {
                let right = round
                    .right
                    .map_or("-".to_owned(), |right| right.to_string());
                line += &format!(" right={right}/{}", round.answered);
            }
        }
        line
    }
}

/// Random bytes, one after the other.
pub(super) fn random_bytes() -> impl FnMut() -> u8 {
    let mut bytes = [0_u8; 32];
    let mut at = bytes.len();
    move || {
        if at == bytes.len() {
            getrandom::fill(&mut bytes).expect("the kernel gives random bytes");
            at = 0;
        }
        at += 1;
        bytes[at - 1]
    }
}

fn refused(refusal: &Refusal) -> Reply {
    let status = match refusal {
        Refusal::NoSeat | Refusal::NotOfRoster => Status::UNAUTHORIZED,
        Refusal::Shape(_) => Status::BAD_REQUEST,
        Refusal::Closed(_) | Refusal::NotNow(_) => Status::CONFLICT,
        Refusal::Full => Status::UNAVAILABLE,
        Refusal::Locked => Status::FORBIDDEN,
    };
    Reply::refusal(status, refusal.text())
}

fn unwritten() -> Reply {
    let why = "the teacher's computer could not write it down: tell your teacher, and try again";
    Reply::refusal(Status::UNAVAILABLE, why).field("Retry-After", 1)
}
