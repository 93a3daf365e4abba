//! The answers of students, from their logs and from sessions of a class.

use std::{
    collections::{BTreeSet, HashMap},
    io::BufReader,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::{Student, named::named_logs};
use crate::{
    class::{Answer, Event, Poll, PollKind, Session},
    cli::{class::passed_over, export::Results, warn},
    course::Catalogue,
    model::{Given, Record, limits::LOG_LINE_BYTES},
    store::{self, session_log},
};

/// What the files hold.
#[derive(Default)]
pub(super) struct Collected {
    /// The ids of all questions that anybody was asked.
    pub(super) asked: BTreeSet<String>,
    pub(super) sources: Vec<Source>,
}

/// The answers of one student in one place: a log or a session.
pub(super) struct Source {
    /// None: a seat in a room without a roster.
    pub(super) student: Option<String>,
    /// What tells those without a student apart: the room's code and the seat.
    pub(super) seat: String,
    pub(super) path: PathBuf,
    /// In the order of time.
    pub(super) answers: Vec<Answered>,
}

pub(super) struct Answered {
    pub(super) lesson: String,
    pub(super) question: String,
    /// The question as it was asked, where that is known.
    pub(super) poll: Option<Poll>,
    pub(super) given: Given,
    /// None where only a run knows the answer, and none was made.
    pub(super) right: Option<bool>,
    /// Milliseconds since 1970 (UTC).
    pub(super) at: u64,
}

/// Whether a file is a session of a class: its first line says so.
pub(super) fn is_session(path: &Path) -> bool {
    let Ok(file) = store::open::read(path) else {
        return false;
    };
    let mut line = Vec::new();
    let mut file = BufReader::new(file);
    let read = store::open::line(&mut file, &mut line, LOG_LINE_BYTES);
    let first: Option<Value> = read.ok().and_then(|_| serde_json::from_slice(&line).ok());
    first.is_some_and(|first| first["event"] == "session")
}

/// All answers of the files that are named.
pub(super) fn collect(args: &Results, course: &Catalogue) -> anyhow::Result<Collected> {
    let mut collected = Collected::default();
    let (sessions, logs): (Vec<_>, Vec<_>) =
        args.logs.iter().cloned().partition(|path| is_session(path));
    if args.logs.is_empty() || !logs.is_empty() {
        for (student, path) in named_logs(args, &logs)? {
            collected.add_log(student, path, course)?;
        }
    }
    for path in sessions {
        collected.add_session(path)?;
    }
    Ok(collected)
}

impl Collected {
    fn add_log(
        &mut self,
        student: String,
        path: PathBuf,
        course: &Catalogue,
    ) -> anyhow::Result<()> {
        let mut log = Student::default();
        log.read(&path)?;
        log.records.sort_by_key(Record::at);
        let mut answers = Vec::new();
        for record in log.records {
            let Record::Answer(record) = record else {
                continue;
            };
            self.asked.insert(record.question.clone());
            if record.given == Given::Skipped {
                continue;
            }
            answers.push(Answered {
                // Which values were drawn, the log does not say.
                poll: Poll::of(course, &record.question, 0).filter(|poll| !poll.has_others),
                lesson: record.lesson,
                question: record.question,
                given: record.given,
                right: Some(record.right),
                at: record.at.saturating_mul(1000),
            });
        }
        self.sources.push(Source {
            seat: student.clone(),
            student: Some(student),
            path,
            answers,
        });
        Ok(())
    }

    fn add_session(&mut self, path: PathBuf) -> anyhow::Result<()> {
        let read = session_log::read(&path)?;
        if read.damaged > 0 {
            warn(&passed_over(&path, read.damaged));
        }
        let session = Session::of(&read.events);
        self.asked
            .extend(session.asked.iter().map(|asked| asked.poll.id.clone()));
        let times = times(&read.events);
        for (index, seat) in session.seats.iter().enumerate() {
            let answers = session.rounds.iter().filter_map(|round| {
                let asked = session.asked.get(round.asked)?;
                let answer = round.answers.get(&index)?;
                let right = asked.right();
                Some(Answered {
                    lesson: asked.poll.lesson.clone(),
                    question: asked.poll.id.clone(),
                    poll: Some(asked.poll.clone()),
                    given: given(&asked.poll, answer),
                    right: right.map(|right| asked.poll.is_right(answer, &right)),
                    at: times
                        .get(&(seat.name.as_str(), round.number))
                        .copied()
                        .unwrap_or(session.began),
                })
            });
            self.sources.push(Source {
                student: seat.person.clone(),
                seat: format!("{}/{}", session.code, seat.name),
                path: path.clone(),
                answers: answers.collect(),
            });
        }
        Ok(())
    }
}

/// When each seat voted last in each round.
fn times(events: &[Event]) -> HashMap<(&str, u32), u64> {
    let votes = events.iter().filter_map(|event| match event {
        Event::Vote {
            seat, round, time, ..
        } => Some(((seat.as_str(), *round), *time)),
        _ => None,
    });
    votes.collect()
}

/// An answer in a room as the log of a learner has it.
pub(super) fn given(poll: &Poll, answer: &Answer) -> Given {
    match (poll.kind, answer) {
        (_, Answer::Number(number)) => Given::Number(*number),
        (PollKind::Choice | PollKind::Multi, Answer::List(list)) => Given::Options(list.clone()),
        (PollKind::Match, Answer::List(list)) => {
            Given::Pairs(list.iter().copied().enumerate().collect())
        }
        (_, Answer::List(list)) => Given::Lines(list.clone()),
    }
}
