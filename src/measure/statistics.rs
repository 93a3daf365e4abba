//! What several runs say together, and whether two samples differ. Pure arithmetic, of any unit.
//!
//! Two ways of moving bytes are compared in rounds: each round runs both, one right after the other, because a machine
//! drifts several-fold within minutes. So there are two questions to ask. Do the samples overlap at all? And, where
//! they do: in how many rounds was the same one lower (the sign test, which drift cannot fool)?

/// The chance that is still taken for chance: two-sided, as is the custom.
const CHANCE: f64 = 0.05;

/// The least runs of each from which two samples that do not overlap are a sign of something: of the 70 ways to
/// arrange four and four, two do not overlap, and that is less than `CHANCE`; of the 20 with three, two are more.
pub const LEAST_RUNS: usize = 4;

use std::cmp::Ordering;

use crate::model::{Measured, Range};

/// Counters of several runs of one thing. Where two are compared, the n-th runs of both were of one round.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runs(pub Vec<Measured>);

/// One of a run's counters.
pub type Counter = fn(&Measured) -> u64;
/// Wall time, nanoseconds.
pub const WALL: Counter = |run| run.wall_ns;
/// CPU time, nanoseconds.
pub const CPU: Counter = |run| run.cpu_ns;

impl Runs {
    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none yet.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn sample(&self, counter: Counter) -> Vec<u64> {
        self.0.iter().map(counter).collect()
    }

    /// The range of a counter; of no run, nought.
    pub fn range(&self, counter: Counter) -> Range {
        Range::of(&self.sample(counter)).unwrap_or_default()
    }

    /// These and others, in a counter. None where either has no run.
    pub fn beside(&self, second: &Runs, counter: Counter) -> Option<Difference> {
        Difference::of(&self.sample(counter), &second.sample(counter))
    }

    /// In each round, how many times as much these have of a counter as the others; in hundredths.
    pub fn ratios(&self, second: &Runs, counter: Counter) -> Option<Range> {
        let rounds = self.0.iter().zip(&second.0);
        let ratios: Vec<u64> = rounds
            .map(|(a, b)| counter(a) * 100 / counter(b).max(1))
            .collect();
        Range::of(&ratios)
    }
}

/// What two samples say about which is lower, the most certain first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// They do not overlap: every run of the lower is below every run of the other.
    Apart,
    /// They overlap, and the spread may be larger than the difference; but the same one was lower in so many rounds
    /// that chance would do it less than once in twenty (sign test).
    Mostly,
    /// The difference may be chance.
    Unsettled,
    /// Fewer runs than [`LEAST_RUNS`]: nothing can be said.
    TooFew,
}

/// Two samples side by side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// The first sample.
    pub first: Range,
    /// The second.
    pub second: Range,
    /// Whether the one with the lower median is lower.
    pub verdict: Verdict,
    /// Rounds in which the sample with the lower median was the lower one.
    pub lower_in: usize,
    /// Rounds.
    pub rounds: usize,
}

impl Difference {
    /// Of two samples whose runs were interleaved: the n-th of one beside the n-th of the other. None where one is
    /// empty.
    pub fn of(first: &[u64], second: &[u64]) -> Option<Difference> {
        let (a, b) = (Range::of(first)?, Range::of(second)?);
        let pairs = || first.iter().zip(second);
        let below = pairs().filter(|(one, other)| one < other).count();
        let above = pairs().filter(|(one, other)| one > other).count();
        let (lower_in, higher_in) = match a.median <= b.median {
            true => (below, above),
            false => (above, below),
        };
        let rounds = first.len().min(second.len());
        let verdict = if rounds < LEAST_RUNS {
            Verdict::TooFew
        } else if !a.overlaps(b) {
            Verdict::Apart
        } else if lower_in > higher_in && sign_test(lower_in, higher_in) <= CHANCE {
            Verdict::Mostly
        } else {
            Verdict::Unsettled
        };
        Some(Difference {
            first: a,
            second: b,
            verdict,
            lower_in,
            rounds,
        })
    }

    /// How the second sample stands to the first; none where that may be chance.
    pub fn settled(&self) -> Option<Ordering> {
        match (self.verdict, self.second_is_lower()) {
            (Verdict::Apart | Verdict::Mostly, true) => Some(Ordering::Less),
            (Verdict::Apart | Verdict::Mostly, false) => Some(Ordering::Greater),
            _ => None,
        }
    }

    /// Whether the second sample has the lower median.
    pub fn second_is_lower(&self) -> bool {
        self.second.median < self.first.median
    }

    /// Between the medians.
    pub fn apart(&self) -> u64 {
        self.first.median.abs_diff(self.second.median)
    }

    /// The wider of the two spreads.
    pub fn spread(&self) -> u64 {
        self.first.spread().max(self.second.spread())
    }

    /// Whether the spread is larger than the difference: it must then be said beside it.
    pub fn is_swallowed(&self) -> bool {
        self.spread() > self.apart()
    }

    /// The second's median as so many times the first's; none where the first's is 0.
    pub fn ratio(&self) -> Option<f64> {
        (self.first.median > 0).then(|| self.second.median as f64 / self.first.median as f64)
    }
}

/// The two-sided sign test: the chance that a fair coin falls at least as unevenly as `wins` against `losses`. Ties
/// are left out, as is usual (Conover, Practical Nonparametric Statistics, section 3.4).
pub fn sign_test(wins: usize, losses: usize) -> f64 {
    let tosses = wins + losses;
    let fewer = wins.min(losses);
    let mut term = 0.5f64.powi(tosses.min(1000) as i32);
    let mut tail = term;
    for k in 0..fewer {
        term *= (tosses - k) as f64 / (k + 1) as f64;
        tail += term;
    }
    (2.0 * tail).min(1.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_samples() {
        let range = Range::of(&[5, 1, 9]).unwrap();
        assert_eq!((range.min, range.median, range.max), (1, 5, 9));
        assert_eq!(Range::of(&[1, 2, 5, 9]).unwrap().median, 3);
        assert_eq!(Range::of(&[u64::MAX, u64::MAX]).unwrap().median, u64::MAX);
        assert_eq!(Range::of(&[]), None);
        // Nine tosses: 8 to 1 is 20/512, 7 to 2 is 92/512.
        assert_eq!(sign_test(8, 1), 20.0 / 512.0);
        assert_eq!(sign_test(2, 7), 92.0 / 512.0);
        assert_eq!(sign_test(0, 0), 1.0);
    }

    #[test]
    fn verdicts_need_evidence() {
        let verdict = |a: &[u64], b: &[u64]| Difference::of(a, b).unwrap().verdict;
        assert_eq!(verdict(&[1, 2, 3, 4], &[5, 6, 7, 8]), Verdict::Apart);
        assert_eq!(verdict(&[1, 2, 3], &[50, 60, 70]), Verdict::TooFew);
        // The machine drifts; the first is 1 lower in each of nine rounds.
        let drift = [10, 20, 30, 40, 50, 60, 70, 80, 90];
        let above = drift.map(|n| n + 1);
        assert_eq!(verdict(&drift, &above), Verdict::Mostly);
        let mixed = [11, 19, 31, 39, 51, 59, 71, 79, 91];
        assert_eq!(verdict(&drift, &mixed), Verdict::Unsettled);
        assert_eq!(verdict(&[7; 9], &[7; 9]), Verdict::Unsettled);
    }

    fn samples() -> impl Strategy<Value = (Vec<u64>, Vec<u64>)> {
        (1usize..20).prop_flat_map(|n| {
            let sample = || prop::collection::vec(0u64..1000, n);
            (sample(), sample())
        })
    }

    proptest! {
        #[test]
        fn the_median_halves_the_sample(sample in prop::collection::vec(any::<u64>(), 1..40)) {
            let range = Range::of(&sample).unwrap();
            prop_assert!(range.min <= range.median && range.median <= range.max);
            let below = sample.iter().filter(|n| **n < range.median).count();
            let above = sample.iter().filter(|n| **n > range.median).count();
            prop_assert!(below * 2 <= sample.len() && above * 2 <= sample.len());
            prop_assert!(sample.iter().all(|n| (range.min..=range.max).contains(n)));
        }

        #[test]
        fn which_comes_first_does_not_matter((a, b) in samples()) {
            let one = Difference::of(&a, &b).unwrap();
            let other = Difference::of(&b, &a).unwrap();
            prop_assert_eq!((one.apart(), one.spread()), (other.apart(), other.spread()));
            if one.apart() > 0 {
                prop_assert_eq!(one.verdict, other.verdict);
                prop_assert!(one.second_is_lower() != other.second_is_lower());
            }
        }

        #[test]
        fn a_sample_never_differs_from_itself(a in prop::collection::vec(0u64..1000, 2..20)) {
            let verdict = Difference::of(&a, &a).unwrap().verdict;
            prop_assert!(matches!(verdict, Verdict::Unsettled | Verdict::TooFew));
        }

        #[test]
        fn samples_far_apart_always_differ(a in prop::collection::vec(0u64..1000, LEAST_RUNS..20)) {
            let b: Vec<u64> = a.iter().map(|n| n + 1000).collect();
            let found = Difference::of(&a, &b).unwrap();
            prop_assert_eq!(found.verdict, Verdict::Apart);
            prop_assert_eq!(found.lower_in, found.rounds);
        }

        #[test]
        fn a_chance_is_a_chance(wins in 0usize..60, losses in 0usize..60) {
            let chance = sign_test(wins, losses);
            prop_assert!(chance > 0.0 && chance <= 1.0);
            prop_assert_eq!(chance, sign_test(losses, wins));
            prop_assert!(sign_test(wins + losses, 0) <= chance + 1e-12);
        }
    }
}
