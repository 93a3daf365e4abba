//! What a session came to: for each question both votes, what was gained, which misconceptions were shown, how quickly
//! the room answered; and who was there.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::{Answer, Asked, Event, Figure, Poll, PollKind, Round, Session, normalized_gain};

/// What a session came to, as the JSON of `zclab class report` has it.
#[derive(Serialize)]
pub(crate) struct Report {
    /// The name of its file.
    pub(crate) session: String,
    pub(crate) code: String,
    /// Milliseconds since 1970 (UTC).
    pub(crate) began: u64,
    pub(crate) seats: usize,
    pub(crate) questions: Vec<QuestionReport>,
    pub(crate) attendance: Vec<Attendance>,
}

/// A question, each time that it was asked anew.
#[derive(Serialize)]
pub(crate) struct QuestionReport {
    pub(crate) id: String,
    pub(crate) lesson: String,
    pub(crate) kind: PollKind,
    pub(crate) text: String,
    pub(crate) options: Vec<String>,
    /// The right sides of a match.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) rights: Vec<String>,
    pub(crate) unit: Option<String>,
    pub(crate) scale: Option<(f64, f64)>,
    pub(crate) right: Option<Answer>,
    /// What the run on the teacher's machine answered.
    pub(crate) recorded: Option<Figure>,
    pub(crate) rounds: Vec<RoundReport>,
    /// The normalized gain from the first vote to the last: what was gained of what could be gained. None where there was
    /// one vote, nobody voted in one of them, or all were right in the first.
    pub(crate) gain: Option<f64>,
    /// The commonest first.
    pub(crate) misconceptions: Vec<ShownMisconception>,
}

/// A vote.
#[derive(Serialize)]
pub(crate) struct RoundReport {
    pub(crate) round: u32,
    pub(crate) answered: usize,
    /// None where the right answer is not known: no run was made.
    pub(crate) right: Option<usize>,
    /// As `votes` of the room's state: counts by option, the values of a number, right placements by position.
    pub(crate) counts: Vec<serde_json::Value>,
    /// When each seat answered first, in seconds since the vote was opened, ascending.
    pub(crate) seconds: Vec<f64>,
}

#[derive(Serialize)]
pub(crate) struct ShownMisconception {
    /// The part of an answer that shows it; null: any other wrong answer.
    pub(crate) answer: Option<Answer>,
    pub(crate) misconception: String,
    /// How many showed it, a number for each vote.
    pub(crate) counts: Vec<usize>,
}

/// A seat.
#[derive(Serialize)]
pub(crate) struct Attendance {
    pub(crate) seat: String,
    /// Whose it is, of the roster.
    pub(crate) person: Option<String>,
    /// For each question, whether it was answered in any vote.
    pub(crate) answered: Vec<bool>,
}

impl Report {
    /// Of the session that these events came to. `name` is that of its file.
    pub(crate) fn of(name: &str, events: &[Event]) -> Report {
        let session = Session::of(events);
        let times = Times::of(events);
        let questions = session.asked.iter().enumerate();
        let questions = questions.map(|(at, asked)| {
            let rounds: Vec<&Round> = session.rounds_of(at).collect();
            QuestionReport::of(asked, &rounds, &times)
        });
        Report {
            session: name.to_owned(),
            code: session.code.clone(),
            began: session.began,
            seats: session.seats.len(),
            questions: questions.collect(),
            attendance: attendance(&session),
        }
    }
}

fn attendance(session: &Session) -> Vec<Attendance> {
    let seats = session.seats.iter().enumerate();
    let attendance = seats.map(|(index, seat)| {
        let has_answered = |at| {
            let mut rounds = session.rounds_of(at);
            rounds.any(|round| round.answers.contains_key(&index))
        };
        Attendance {
            seat: seat.name.clone(),
            person: seat.person.clone(),
            answered: (0..session.asked.len()).map(has_answered).collect(),
        }
    });
    attendance.collect()
}

impl QuestionReport {
    fn of(asked: &Asked, rounds: &[&Round], times: &Times) -> QuestionReport {
        let poll = &asked.poll;
        let right = asked.right();
        let round = |round: &&Round| RoundReport {
            round: round.number,
            answered: round.answers.len(),
            right: right.as_ref().map(|right| round.right(poll, right)),
            counts: round.distribution(poll, right.as_ref()),
            seconds: times.of_round(round.number),
        };
        let reports: Vec<RoundReport> = rounds.iter().map(round).collect();
        QuestionReport {
            id: poll.id.clone(),
            lesson: poll.lesson.clone(),
            kind: poll.kind,
            text: poll.text.clone(),
            options: poll.options.clone(),
            rights: poll.rights.clone(),
            unit: poll.unit.clone(),
            scale: poll.scale,
            recorded: asked.recorded.as_ref().map(|found| found.value.clone()),
            gain: gain(&reports),
            misconceptions: right
                .as_ref()
                .map_or_else(Vec::new, |right| misconceptions(poll, right, rounds)),
            rounds: reports,
            right,
        }
    }
}

impl RoundReport {
    /// The share of right answers; none where nobody answered, or the right answer is not known.
    pub(crate) fn share(&self) -> Option<f64> {
        let right = self.right?;
        (self.answered > 0).then(|| right as f64 / self.answered as f64)
    }

    /// After how many seconds half of those who answered had answered.
    pub(crate) fn median_seconds(&self) -> Option<f64> {
        let half = self.seconds.len().checked_sub(1)? / 2;
        self.seconds.get(half).copied()
    }
}

impl QuestionReport {
    /// Whether an option is right, or among those that are, for the kinds that count their options.
    pub(crate) fn is_right(&self, option: usize) -> bool {
        let counts_options = matches!(
            self.kind,
            PollKind::Choice | PollKind::Multi | PollKind::Bug
        );
        match &self.right {
            Some(Answer::List(right)) => counts_options && right.contains(&option),
            _ => false,
        }
    }
}

fn gain(rounds: &[RoundReport]) -> Option<f64> {
    let [first, .., last] = rounds else {
        return None;
    };
    let (before, after) = (first.share()?, last.share()?);
    normalized_gain(before, after)
}

fn misconceptions(poll: &Poll, right: &Answer, rounds: &[&Round]) -> Vec<ShownMisconception> {
    let mut counts: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (place, round) in rounds.iter().enumerate() {
        for (shown, count) in round.misconceptions(poll, right) {
            counts.entry(shown).or_insert_with(|| vec![0; rounds.len()])[place] = count;
        }
    }
    let shown = counts.into_iter().map(|(at, counts)| ShownMisconception {
        answer: poll.reactions[at].answer.clone(),
        misconception: poll.reactions[at].misconception.clone(),
        counts,
    });
    let mut shown: Vec<_> = shown.collect();
    shown.sort_by_key(|shown| std::cmp::Reverse(shown.counts.iter().sum::<usize>()));
    shown
}

/// When votes were opened, and when seats answered them first.
#[derive(Default)]
struct Times {
    opened: HashMap<u32, u64>,
    first: BTreeMap<u32, HashMap<String, u64>>,
}

impl Times {
    fn of(events: &[Event]) -> Times {
        let mut times = Times::default();
        for event in events {
            match event {
                Event::Open { round, time, .. } => {
                    times.opened.insert(*round, *time);
                }
                Event::Vote {
                    seat, round, time, ..
                } => {
                    let first = times.first.entry(*round).or_default();
                    first.entry(seat.clone()).or_insert(*time);
                }
                _ => {}
            }
        }
        times
    }

    fn of_round(&self, round: u32) -> Vec<f64> {
        let (Some(opened), Some(first)) = (self.opened.get(&round), self.first.get(&round)) else {
            return Vec::new();
        };
        let seconds = first
            .values()
            .map(|time| time.saturating_sub(*opened) as f64 / 1000.0);
        let mut seconds: Vec<f64> = seconds.collect();
        seconds.sort_by(f64::total_cmp);
        seconds
    }
}
