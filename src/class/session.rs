//! A session as a state machine. What is asked of it gives events or a refusal and changes nothing; an event, once it
//! is written, is applied. So the session is always what its file says.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::{Answer, Event, Figure, Poll, limits, names};

/// Where a session is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Nothing was asked yet.
    #[default]
    Lobby,
    /// A vote is open.
    Voting,
    /// It is closed, and nothing is shown.
    Closed,
    /// The room talks about it, before the second vote.
    Discuss,
    /// The answer is shown.
    Revealed,
    /// The experiment runs, here and on the students' machines.
    Experiment,
}

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Without a seat.
    NoSeat,
    /// No personal code of the roster.
    NotOfRoster,
    /// Not an answer of this question.
    Shape(&'static str),
    /// The vote is closed, or it is of another round.
    Closed(&'static str),
    /// No seat is left.
    Full,
    /// The teacher gives no further seats.
    Locked,
    /// The teacher asks for what is not possible now.
    NotNow(&'static str),
}

/// A seat of the room.
#[derive(Clone, Debug)]
pub struct Seat {
    /// `KX4P`.
    pub name: String,
    /// Whose it is, of the roster.
    pub person: Option<String>,
    /// Hashes, the newest last.
    tokens: Vec<String>,
}

/// A vote.
#[derive(Clone, Debug)]
pub struct Round {
    pub number: u32,
    /// Of which question: an index of [`Session::asked`].
    pub asked: usize,
    /// The last answer of each seat, by the seat's index.
    pub answers: BTreeMap<usize, Answer>,
}

/// A question that was put to the room, with all that came of it.
#[derive(Clone, Debug)]
pub struct Asked {
    pub poll: Poll,
    /// What the run on the teacher's machine answered.
    pub recorded: Option<Recorded>,
    pub revealed: bool,
    /// What the runs of students came to, by the seat's index.
    pub figures: BTreeMap<usize, Figures>,
}

/// What the run on the teacher's machine answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    pub value: Figure,
    pub kernel: String,
    pub arch: String,
}

/// What a student's run came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    pub kernel: String,
    pub arch: String,
    pub values: BTreeMap<String, Figure>,
}

/// A session: the fold of its events.
#[derive(Clone, Debug, Default)]
pub struct Session {
    pub code: String,
    /// When it began, in milliseconds since 1970 (UTC).
    pub began: u64,
    pub port: Option<u16>,
    pub phase: Phase,
    /// When the phase began.
    pub since: u64,
    pub locked: bool,
    pub seats: Vec<Seat>,
    pub rounds: Vec<Round>,
    pub asked: Vec<Asked>,
    /// Personal codes by their hashes.
    people: HashMap<String, String>,
    by_token: HashMap<String, usize>,
    by_name: HashMap<String, usize>,
}

impl Session {
    /// The session that these events came to.
    pub fn of(events: &[Event]) -> Session {
        let mut session = Session::default();
        for event in events {
            session.apply(event);
        }
        session
    }

    /// The number of the newest round; 0 before the first.
    pub fn round(&self) -> u32 {
        self.rounds.last().map_or(0, |round| round.number)
    }

    /// The question that is asked now.
    pub fn present(&self) -> Option<&Asked> {
        self.asked.last()
    }

    /// The rounds of the question that is asked now.
    pub fn present_rounds(&self) -> impl Iterator<Item = &Round> {
        self.rounds_of(self.asked.len().wrapping_sub(1))
    }

    /// The rounds of a question, by its index.
    pub fn rounds_of(&self, asked: usize) -> impl Iterator<Item = &Round> {
        self.rounds.iter().filter(move |round| round.asked == asked)
    }

    /// How many seats have answered in the newest round.
    pub fn answered(&self) -> usize {
        self.rounds.last().map_or(0, |round| round.answers.len())
    }

    /// How often a question was asked: which values it draws next.
    pub fn times_asked(&self, id: &str) -> u64 {
        let same = self.asked.iter().filter(|asked| asked.poll.id == id);
        same.count() as u64
    }

    /// Whether a seat needs a personal code.
    pub fn has_roster(&self) -> bool {
        !self.people.is_empty()
    }

    /// The seat that this token belongs to, by its index.
    pub fn seat_of(&self, token: &str) -> Option<usize> {
        self.by_token.get(&names::hash(token)).copied()
    }

    /// What a seat has answered in the newest round.
    pub fn answer_of(&self, seat: usize) -> Option<&Answer> {
        self.rounds.last()?.answers.get(&seat)
    }

    /// A seat for a newcomer, with this token. `random` gives the bytes of its name.
    ///
    /// # Errors
    /// The room is full or locked, or the personal code is none of the roster.
    pub fn join(
        &self,
        personal: Option<&str>,
        token: &str,
        time: u64,
        random: &mut dyn FnMut() -> u8,
    ) -> Result<Event, Refusal> {
        let mut person = None;
        if self.has_roster() {
            let code = personal.ok_or(Refusal::NotOfRoster)?;
            let found = self.people.get(&names::hash_of_personal(code));
            person = Some(found.ok_or(Refusal::NotOfRoster)?.clone());
        }
        let token = names::hash(token);
        let mut seats = self.seats.iter();
        let own = seats.find(|seat| person.is_some() && seat.person == person);
        let name = match own {
            Some(seat) => seat.name.clone(),
            None if self.locked => return Err(Refusal::Locked),
            None if self.seats.len() >= limits::SEATS => return Err(Refusal::Full),
            None => loop {
                let name = names::seat(&mut *random);
                if !self.by_name.contains_key(&name) {
                    break name;
                }
            },
        };
        Ok(Event::Seat {
            seat: name,
            token,
            person,
            time,
        })
    }

    /// An answer of a seat. The order of refusals is the contract's: the shape, then the phase and the round.
    ///
    /// # Errors
    /// It is no answer of the question, or comes too late.
    pub fn vote(
        &self,
        seat: usize,
        round: u32,
        answer: Answer,
        time: u64,
    ) -> Result<Event, Refusal> {
        let name = self.name_of(seat)?;
        let asked_in = self.rounds.iter().find(|found| found.number == round);
        let asked = match asked_in {
            Some(round) => self.asked.get(round.asked),
            None => self.present(),
        };
        if let Some(asked) = asked {
            asked.poll.check(&answer).map_err(Refusal::Shape)?;
        }
        if self.phase != Phase::Voting {
            return Err(Refusal::Closed("the vote is closed"));
        }
        if round != self.round() {
            return Err(Refusal::Closed("this is another round"));
        }
        Ok(Event::Vote {
            seat: name,
            round,
            answer,
            time,
        })
    }

    /// What a student's own run of the present experiment came to.
    ///
    /// # Errors
    /// No experiment is on, or it is another one.
    pub fn figures(
        &self,
        seat: usize,
        round: u32,
        figures: Figures,
        time: u64,
    ) -> Result<Event, Refusal> {
        let seat = self.name_of(seat)?;
        figures.check()?;
        let has_run = self.present().is_some_and(|asked| asked.recorded.is_some());
        let is_on = self.phase == Phase::Experiment || self.phase == Phase::Revealed && has_run;
        if !is_on {
            return Err(Refusal::Closed("no experiment is on"));
        }
        if round != self.round() {
            return Err(Refusal::Closed("this is another round"));
        }
        let Figures {
            kernel,
            arch,
            values,
        } = figures;
        Ok(Event::Figures {
            seat,
            round,
            kernel,
            arch,
            values,
            time,
        })
    }

    fn name_of(&self, seat: usize) -> Result<String, Refusal> {
        let seat = self.seats.get(seat).ok_or(Refusal::NoSeat)?;
        Ok(seat.name.clone())
    }

    /// Asks a question: its first vote is open. A vote that is open is closed.
    pub fn open(&self, poll: Poll, time: u64) -> Vec<Event> {
        let open = Event::Open {
            round: self.round() + 1,
            question: Box::new(poll),
            first: true,
            time,
        };
        self.closing(time).chain([open]).collect()
    }

    /// Opens a further vote on the same question.
    ///
    /// # Errors
    /// Nothing was asked, or the answer is known.
    pub fn again(&self, time: u64) -> Result<Vec<Event>, Refusal> {
        let asked = self
            .present()
            .ok_or(Refusal::NotNow("nothing was asked yet: open a question"))?;
        if asked.revealed {
            let why = "the answer was shown: open the question again for a vote on other values, or ask another one";
            return Err(Refusal::NotNow(why));
        }
        let open = Event::Open {
            round: self.round() + 1,
            question: Box::new(asked.poll.clone()),
            first: false,
            time,
        };
        Ok(self.closing(time).chain([open]).collect())
    }

    /// Closes the vote.
    ///
    /// # Errors
    /// None is open.
    pub fn close(&self, time: u64) -> Result<Vec<Event>, Refusal> {
        match self.phase {
            Phase::Voting => Ok(self.closing(time).collect()),
            _ => Err(Refusal::NotNow("no vote is open")),
        }
    }

    fn closing(&self, time: u64) -> impl Iterator<Item = Event> {
        let round = self.round();
        let close = Event::Close { round, time };
        (self.phase == Phase::Voting).then_some(close).into_iter()
    }

    /// The room talks about it: the clock of the discussion runs. A vote that is open is closed.
    ///
    /// # Errors
    /// Nothing was asked, or the answer is known.
    pub fn discuss(&self, time: u64) -> Result<Vec<Event>, Refusal> {
        match self.phase {
            Phase::Voting | Phase::Closed => {
                let round = self.round();
                let discuss = Event::Discuss { round, time };
                Ok(self.closing(time).chain([discuss]).collect())
            }
            Phase::Discuss => Err(Refusal::NotNow("the discussion is on")),
            _ => Err(Refusal::NotNow("there is no vote to discuss")),
        }
    }

    /// Shows the answer, once. A vote that is open is closed.
    ///
    /// # Errors
    /// Nothing was asked, or it is shown already.
    pub fn reveal(&self, time: u64) -> Result<Vec<Event>, Refusal> {
        match self.present() {
            None => Err(Refusal::NotNow("nothing was asked yet: open a question")),
            Some(asked) if asked.revealed => Err(Refusal::NotNow("the answer was shown already")),
            Some(_) => {
                let round = self.round();
                let reveal = Event::Reveal { round, time };
                Ok(self.closing(time).chain([reveal]).collect())
            }
        }
    }

    /// Begins the experiment of the question. A vote that is open is closed: a guess comes before the run.
    ///
    /// # Errors
    /// The question has none.
    pub fn run(&self, time: u64) -> Result<Vec<Event>, Refusal> {
        let asked = self
            .present()
            .ok_or(Refusal::NotNow("nothing was asked yet: open a question"))?;
        if asked.poll.query.is_none() {
            return Err(Refusal::NotNow("the question has no experiment"));
        }
        let round = self.round();
        let run = Event::Run { round, time };
        Ok(self.closing(time).chain([run]).collect())
    }

    /// What the run on this machine answered.
    ///
    /// # Errors
    /// It is the run of another question than is asked now.
    pub fn recorded(&self, round: u32, found: Recorded, time: u64) -> Result<Event, Refusal> {
        let of = self.rounds.iter().find(|known| known.number == round);
        if of.map(|round| round.asked + 1) != Some(self.asked.len()) {
            return Err(Refusal::NotNow("another question was asked meanwhile"));
        }
        Ok(Event::Recorded {
            round,
            value: found.value,
            kernel: found.kernel,
            arch: found.arch,
            time,
        })
    }

    /// Gives no further seats, or gives them again.
    pub fn lock(&self, time: u64) -> Event {
        Event::Lock {
            locked: !self.locked,
            time,
        }
    }

    /// What happened becomes the state. An event that cannot follow what was before it, as in a damaged file, changes
    /// nothing.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Session { code, time, .. } => {
                self.code.clone_from(code);
                self.began = *time;
            }
            Event::Port { port, .. } => self.port = Some(*port),
            Event::Person { person, personal } => {
                self.people.insert(personal.clone(), person.clone());
            }
            Event::Seat {
                seat,
                token,
                person,
                ..
            } => self.sit(seat, token, person.as_ref()),
            Event::Open {
                round,
                question,
                first,
                time,
            } if *round > self.round() => self.opened(*round, question, *first, *time),
            Event::Vote {
                seat,
                round,
                answer,
                ..
            } => self.voted(seat, *round, answer),
            Event::Figures { .. } | Event::Recorded { .. } => self.found(event),
            Event::Lock { locked, .. } => self.locked = *locked,
            of_phase => self.turn(of_phase),
        }
    }

    /// What a run came to.
    fn found(&mut self, event: &Event) {
        match event.clone() {
            Event::Recorded {
                round,
                value,
                kernel,
                arch,
                ..
            } => {
                if let Some(asked) = self.asked_in(round) {
                    asked.recorded = Some(Recorded {
                        value,
                        kernel,
                        arch,
                    });
                }
            }
            Event::Figures {
                seat,
                round,
                kernel,
                arch,
                values,
                ..
            } => {
                let seat = self.by_name.get(&seat).copied();
                if let (Some(seat), Some(asked)) = (seat, self.asked_in(round)) {
                    let figures = Figures {
                        kernel,
                        arch,
                        values,
                    };
                    asked.figures.insert(seat, figures);
                }
            }
            _ => {}
        }
    }

    /// The phase changes.
    fn turn(&mut self, event: &Event) {
        let (phase, round, time) = match event {
            Event::Close { round, time } => (Phase::Closed, *round, *time),
            Event::Discuss { round, time } => (Phase::Discuss, *round, *time),
            Event::Run { round, time } => (Phase::Experiment, *round, *time),
            Event::Reveal { round, time } => (Phase::Revealed, *round, *time),
            _ => return,
        };
        if round == 0 || round != self.round() {
            return;
        }
        (self.phase, self.since) = (phase, time);
        if phase == Phase::Revealed
            && let Some(asked) = self.asked.last_mut()
        {
            asked.revealed = true;
        }
    }

    fn asked_in(&mut self, round: u32) -> Option<&mut Asked> {
        let round = self.rounds.iter().find(|found| found.number == round)?;
        self.asked.get_mut(round.asked)
    }

    fn sit(&mut self, name: &str, token: &str, person: Option<&String>) {
        let index = *self.by_name.entry(name.to_owned()).or_insert_with(|| {
            self.seats.push(Seat {
                name: name.to_owned(),
                person: person.cloned(),
                tokens: Vec::new(),
            });
            self.seats.len() - 1
        });
        let seat = &mut self.seats[index];
        if seat.tokens.len() >= limits::TOKENS_OF_A_SEAT {
            self.by_token.remove(&seat.tokens.remove(0));
        }
        seat.tokens.push(token.to_owned());
        self.by_token.insert(token.to_owned(), index);
    }

    fn opened(&mut self, number: u32, poll: &Poll, first: bool, time: u64) {
        if first || self.asked.is_empty() {
            self.asked.push(Asked {
                poll: poll.clone(),
                recorded: None,
                revealed: false,
                figures: BTreeMap::new(),
            });
        }
        self.rounds.push(Round {
            number,
            asked: self.asked.len() - 1,
            answers: BTreeMap::new(),
        });
        (self.phase, self.since) = (Phase::Voting, time);
    }

    fn voted(&mut self, seat: &str, round: u32, answer: &Answer) {
        let Some(seat) = self.by_name.get(seat) else {
            return;
        };
        let is_open = self.phase == Phase::Voting && round == self.round();
        let fits = self.asked.last();
        let fits = fits.is_some_and(|asked| asked.poll.check(answer).is_ok());
        if let Some(newest) = self.rounds.last_mut().filter(|_| is_open && fits) {
            newest.answers.insert(*seat, answer.clone());
        }
    }
}

impl Figures {
    /// Whether they are figures, and not somebody's novel.
    fn check(&self) -> Result<(), Refusal> {
        let is_name = |name: &str| {
            !name.is_empty()
                && name.len() <= limits::NAME_BYTES
                && !name.chars().any(char::is_control)
        };
        let is_figure = |figure: &Figure| match figure {
            Figure::Number(number) => number.is_finite(),
            Figure::Word(word) => is_name(word),
        };
        let all = self.values.iter();
        let is_all = all.clone().count() <= limits::FIGURES
            && !self.values.is_empty()
            && all
                .into_iter()
                .all(|(name, figure)| is_name(name) && is_figure(figure))
            && is_name(&self.kernel)
            && is_name(&self.arch);
        match is_all {
            true => Ok(()),
            false => Err(Refusal::Shape("these are no figures of a run")),
        }
    }
}

impl Refusal {
    /// The reason, in a line.
    pub fn text(&self) -> &'static str {
        match self {
            Refusal::NoSeat => "you have no seat: join first",
            Refusal::NotOfRoster => "this room needs your personal code, and this is none of them",
            Refusal::Full => "the room is full",
            Refusal::Locked => "the room is locked: ask your teacher",
            Refusal::Shape(why) | Refusal::Closed(why) | Refusal::NotNow(why) => why,
        }
    }
}
