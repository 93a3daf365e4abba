//! The state as phones and terminals see it. What must not leave the program before the reveal is not in it.

use serde::Serialize;

use super::{Answer, Asked, Figure, Misconception, Phase, PollKind, Session};

/// The state, but for `yours`, which is another one for each seat.
#[derive(Clone, Debug)]
pub struct State {
    /// Up to the value of `yours`.
    before: String,
    /// From behind it.
    after: String,
}

#[derive(Serialize)]
struct Head<'s> {
    phase: Phase,
    round: u32,
    /// Which vote on the question it is, from 1; left out before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    vote: Option<usize>,
    question: Option<PublicQuestion<'s>>,
    joined: usize,
    answered: usize,
}

/// A question without its answer.
#[derive(Serialize)]
struct PublicQuestion<'s> {
    id: &'s str,
    kind: PollKind,
    text: &'s str,
    options: &'s [String],
    /// The right sides of a match.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    rights: &'s [String],
    unit: Option<&'s str>,
    scale: Option<(f64, f64)>,
}

#[derive(Serialize)]
struct Tail<'s> {
    right: serde_json::Value,
    votes: Vec<Vec<serde_json::Value>>,
    /// How many answered in each vote.
    voters: Vec<usize>,
    recorded: Option<&'s Figure>,
    feedback: Vec<Said<'s>>,
}

/// The explanation, then the misconceptions that were shown, the commonest first.
#[derive(Serialize)]
struct Said<'s> {
    /// The part of an answer that shows it; none for the explanation.
    answer: Option<&'s Answer>,
    misconception: &'s str,
    /// In CommonMark.
    text: &'s str,
    /// How many have shown it in the last vote.
    count: usize,
}

impl State {
    /// The state of a session now.
    pub fn of(session: &Session) -> State {
        let asked = session.present();
        let head = Head {
            phase: session.phase,
            round: session.round(),
            vote: asked.map(|_| session.present_rounds().count()),
            question: asked.map(public),
            joined: session.seats.len(),
            answered: session.answered(),
        };
        let mut before = json(&head);
        before.pop();
        before.push_str(",\"yours\":");
        let mut after = "}".to_owned();
        if let Some(asked) = asked.filter(|_| session.phase == Phase::Revealed) {
            after = json(&tail(session, asked)).replacen('{', ",", 1);
        }
        State { before, after }
    }

    /// The state for a seat, or for nobody, as one line of JSON.
    pub fn for_seat(&self, session: &Session, seat: Option<usize>) -> String {
        let yours = seat.and_then(|seat| session.answer_of(seat));
        [&self.before, json(&yours).as_str(), &self.after].concat()
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

fn public(asked: &Asked) -> PublicQuestion<'_> {
    let poll = &asked.poll;
    PublicQuestion {
        id: &poll.id,
        kind: poll.kind,
        text: &poll.text,
        options: &poll.options,
        rights: &poll.rights,
        unit: poll.unit.as_deref(),
        scale: poll.scale,
    }
}

fn tail<'s>(session: &'s Session, asked: &'s Asked) -> Tail<'s> {
    let right = asked.right();
    let rounds = session.present_rounds();
    let votes = rounds.map(|round| round.distribution(&asked.poll, right.as_ref()));
    let voters = session.present_rounds().map(|round| round.answers.len());
    Tail {
        right: match &right {
            None => serde_json::json!([]),
            Some(number @ Answer::Number(_)) => serde_json::json!([number]),
            Some(list) => serde_json::json!(list),
        },
        votes: votes.collect(),
        voters: voters.collect(),
        recorded: asked.recorded.as_ref().map(|found| &found.value),
        feedback: feedback(session, asked, right.as_ref()),
    }
}

fn feedback<'s>(session: &'s Session, asked: &'s Asked, right: Option<&Answer>) -> Vec<Said<'s>> {
    let mut said = vec![Said {
        answer: None,
        misconception: "",
        text: &asked.poll.explain,
        count: 0,
    }];
    let last = session.rounds.last().zip(right);
    let ranked = last.map(|(round, right)| round.misconceptions(&asked.poll, right));
    for (at, count) in ranked.unwrap_or_default() {
        let Misconception {
            answer,
            misconception,
            feedback,
        } = &asked.poll.reactions[at];
        said.push(Said {
            answer: answer.as_ref(),
            misconception,
            text: feedback,
            count,
        });
    }
    said
}
