//! What votes come to: counts, shares, misconceptions, and what the evidence advises.

use serde::{Deserialize, Serialize};

use super::{Answer, Asked, Poll, PollKind, Round, Session, answer::number_json};

/// Below this share of right answers: teach again (docs/class.md names the sources).
const TEACH_AGAIN: f64 = 0.30;
/// Above this one: go on.
const GO_ON: f64 = 0.80;

/// What the share of right answers advises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Advice {
    /// Few are right: there is nothing to discuss yet.
    TeachAgain,
    /// Let them talk, and vote again.
    Discuss,
    /// Most are right: show the answer.
    GoOn,
}

impl Advice {
    /// What to do, in a sentence.
    pub fn text(self) -> &'static str {
        match self {
            Advice::TeachAgain => "Explain it again, then vote again.",
            Advice::Discuss => "Discuss it for two or three minutes, then vote again.",
            Advice::GoOn => "Show the answer and go on.",
        }
    }

    /// The same in a word or two, for a screen that the class sees.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Advice::TeachAgain => "Explain again.",
            Advice::Discuss => "Discuss.",
            Advice::GoOn => "Go on.",
        }
    }

    fn of(share: f64) -> Advice {
        match share {
            share if share < TEACH_AGAIN => Advice::TeachAgain,
            share if share <= GO_ON => Advice::Discuss,
            _ => Advice::GoOn,
        }
    }
}

/// The normalized gain between two shares of right answers: what was gained of what could be gained. None where there was
/// nothing to gain.
pub(crate) fn normalized_gain(before: f64, after: f64) -> Option<f64> {
    (before < 1.0).then(|| (after - before) / (1.0 - before))
}

impl Asked {
    /// The right answer, as far as it is known.
    pub fn right(&self) -> Option<Answer> {
        self.poll
            .right_by(self.recorded.as_ref().map(|found| &found.value))
    }
}

impl Round {
    /// The distribution: counts by option for choice, multi and bug; the values, ascending, for a number; right
    /// placements by position for order and match.
    pub fn distribution(&self, poll: &Poll, right: Option<&Answer>) -> Vec<serde_json::Value> {
        match poll.kind {
            PollKind::Choice | PollKind::Multi | PollKind::Bug => {
                let mut counts = vec![0_u64; poll.options.len()];
                let chosen = self.lists().flatten();
                chosen.for_each(|index| {
                    if let Some(count) = counts.get_mut(*index) {
                        *count += 1;
                    }
                });
                counts.into_iter().map(Into::into).collect()
            }
            PollKind::Number => self.numbers().into_iter().map(number_json).collect(),
            PollKind::Order | PollKind::Match => {
                let Some(Answer::List(right)) = right else {
                    return Vec::new();
                };
                let text = |index: usize| poll.options.get(index);
                let is_placed = |given: usize, right: usize| match poll.kind {
                    PollKind::Order => text(given) == text(right),
                    _ => given == right,
                };
                let placed = |at: usize| {
                    let given = self.lists().filter_map(|list| list.get(at));
                    given.filter(|given| is_placed(**given, right[at])).count()
                };
                (0..right.len()).map(|at| placed(at).into()).collect()
            }
        }
    }

    fn lists(&self) -> impl Iterator<Item = &Vec<usize>> {
        self.answers.values().filter_map(|answer| match answer {
            Answer::List(list) => Some(list),
            Answer::Number(_) => None,
        })
    }

    /// The values of a number, ascending.
    pub fn numbers(&self) -> Vec<f64> {
        let numbers = self.answers.values().filter_map(|answer| match answer {
            Answer::Number(number) => Some(*number),
            Answer::List(_) => None,
        });
        let mut numbers: Vec<f64> = numbers.collect();
        numbers.sort_by(f64::total_cmp);
        numbers
    }

    /// How many are right.
    pub fn right(&self, poll: &Poll, right: &Answer) -> usize {
        let answers = self.answers.values();
        answers
            .filter(|answer| poll.is_right(answer, right))
            .count()
    }

    /// The misconceptions that were shown, by their places in the poll, the commonest first, each with its count.
    pub fn misconceptions(&self, poll: &Poll, right: &Answer) -> Vec<(usize, usize)> {
        let mut counts = vec![0; poll.reactions.len()];
        let wrong = self.answers.values();
        for answer in wrong.filter(|answer| !poll.is_right(answer, right)) {
            if let Some(shown) = poll.shows(answer, right) {
                counts[shown] += 1;
            }
        }
        let mut ranked: Vec<(usize, usize)> = counts.into_iter().enumerate().collect();
        ranked.retain(|(_, count)| *count > 0);
        ranked.sort_by_key(|(at, count)| (std::cmp::Reverse(*count), *at));
        ranked
    }
}

impl Session {
    /// What the newest vote advises, for the teacher alone; none while nobody has answered or the answer is not known.
    pub fn advice(&self) -> Option<Advice> {
        let asked = self.present()?;
        let round = self
            .rounds
            .last()
            .filter(|round| !round.answers.is_empty())?;
        let right = round.right(&asked.poll, &asked.right()?);
        Some(Advice::of(right as f64 / round.answers.len() as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_changes_at_30_and_80_percent() {
        for (share, advice) in [
            (0.0, Advice::TeachAgain),
            (0.299, Advice::TeachAgain),
            (0.30, Advice::Discuss),
            (0.80, Advice::Discuss),
            (0.801, Advice::GoOn),
            (1.0, Advice::GoOn),
        ] {
            assert_eq!(Advice::of(share), advice, "{share}");
        }
    }
}
