//! The room as the teacher's side sees it: the projector, which may show no distribution yet, or the private view.

use serde::{Deserialize, Serialize};

use super::{Advice, Asked, Figure, Phase, Poll, Recorded, Round, Session};

/// Who looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Eyes {
    /// The whole room: a distribution stands here only when it may be shown.
    Projector,
    /// The teacher alone.
    Teacher,
}

/// The room at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    pub(crate) code: String,
    pub(crate) phase: Phase,
    /// When the phase began, in milliseconds since 1970 (UTC).
    pub(crate) since: u64,
    pub(crate) round: u32,
    pub(crate) locked: bool,
    /// Seats given.
    pub(crate) joined: usize,
    /// Open event streams.
    pub(crate) present: usize,
    pub(crate) answered: usize,
    pub(crate) question: Option<AskedSnapshot>,
    pub(crate) advice: Option<Advice>,
}

/// The question, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct AskedSnapshot {
    pub(crate) poll: Poll,
    pub(crate) revealed: bool,
    pub(crate) recorded: Option<Recorded>,
    pub(crate) rounds: Vec<RoundSnapshot>,
    /// What the students' own machines found.
    pub(crate) machines: Vec<MachineDot>,
}

/// A vote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RoundSnapshot {
    pub(crate) round: u32,
    pub(crate) answered: usize,
    /// How many are right; none where that is not known or not to be shown.
    pub(crate) right: Option<usize>,
    /// As in the state; empty where it is not to be shown.
    pub(crate) distribution: Vec<f64>,
    /// Indices of the poll's misconceptions with their counts, the commonest first.
    pub(crate) misconceptions: Vec<(usize, usize)>,
}

/// One student's machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct MachineDot {
    pub(crate) value: Figure,
    pub(crate) kernel: String,
    pub(crate) arch: String,
}

impl MachineDot {
    /// `Linux 6.1.0 aarch64`
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.kernel, self.arch)
    }
}

impl Snapshot {
    /// The room, with so many event streams, as these eyes may see it.
    pub(crate) fn of(session: &Session, present: usize, eyes: Eyes) -> Snapshot {
        Snapshot {
            code: session.code.clone(),
            phase: session.phase,
            since: session.since,
            round: session.round(),
            locked: session.locked,
            joined: session.seats.len(),
            present,
            answered: session.answered(),
            question: session
                .present()
                .map(|asked| AskedSnapshot::of(session, asked, eyes)),
            advice: session
                .advice()
                .filter(|_| session.phase != Phase::Voting || eyes == Eyes::Teacher),
        }
    }
}

impl AskedSnapshot {
    fn of(session: &Session, asked: &Asked, eyes: Eyes) -> AskedSnapshot {
        let shows_all = asked.revealed || eyes == Eyes::Teacher;
        // Guesses are shown when the run that answers them has begun: no further one follows.
        let shows_guesses = shows_all || session.phase == Phase::Experiment;
        let rounds = session.present_rounds();
        let key = asked.poll.query.as_deref().unwrap_or_default();
        let dot = |figures: &super::Figures| {
            Some(MachineDot {
                value: figures.values.get(key)?.clone(),
                kernel: figures.kernel.clone(),
                arch: figures.arch.clone(),
            })
        };
        let machines = asked.figures.values().filter_map(dot);
        AskedSnapshot {
            poll: asked.poll.clone(),
            revealed: asked.revealed,
            recorded: asked.recorded.clone(),
            rounds: rounds
                .map(|round| RoundSnapshot::of(asked, round, shows_guesses, shows_all))
                .collect(),
            machines: machines.filter(|_| shows_all).collect(),
        }
    }
}

impl RoundSnapshot {
    fn of(asked: &Asked, round: &Round, shows_votes: bool, shows_right: bool) -> RoundSnapshot {
        let right = asked.right();
        let marked = right.as_ref().filter(|_| shows_right);
        let distribution = match shows_votes {
            true => round.distribution(&asked.poll, right.as_ref()),
            false => Vec::new(),
        };
        RoundSnapshot {
            round: round.number,
            answered: round.answers.len(),
            right: marked.map(|right| round.right(&asked.poll, right)),
            distribution: distribution
                .iter()
                .filter_map(serde_json::Value::as_f64)
                .collect(),
            misconceptions: marked
                .map(|right| round.misconceptions(&asked.poll, right))
                .unwrap_or_default(),
        }
    }
}
