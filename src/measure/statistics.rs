//! What several runs say together, and whether two samples differ. Pure arithmetic, of any unit.
//!
//! Two ways of moving bytes are compared in rounds: each round runs both, one right after the other, because a machine
//! drifts several-fold within minutes. So there is one statistic for every comparison: the median of the rounds' ratios,
//! with its interval (the order statistics that the sign test allows, which drift cannot fool). And one question beside
//! it: do the samples overlap at all?

use std::cmp::Ordering;

use crate::model::{Measured, Range};

/// The chance that is still taken for chance: two-sided, as is the custom.
const CHANCE: f64 = 0.05;

/// The least runs of each from which two samples that do not overlap are a sign of something: of the 70 ways to
/// arrange four and four, two do not overlap, and that is less than `CHANCE`; of the 20 with three, two are more.
pub(crate) const LEAST_RUNS: usize = 4;

/// Counters of several runs of one thing. Where two are compared, the n-th runs of both were of one round.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runs(pub Vec<Measured>);

/// One of a run's counters.
pub(crate) type Counter = fn(&Measured) -> u64;
/// Wall time, nanoseconds.
pub(crate) const WALL: Counter = |run| run.wall_ns;
/// CPU time, nanoseconds.
pub(crate) const CPU: Counter = |run| run.cpu_ns;

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
    pub(crate) fn range(&self, counter: Counter) -> Range {
        Range::of(&self.sample(counter)).unwrap_or_default()
    }

    /// These and others, in a counter. None where either has no run.
    pub(crate) fn beside(&self, second: &Runs, counter: Counter) -> Option<Difference> {
        Difference::of(&self.sample(counter), &second.sample(counter))
    }
}

/// What two samples say about which is lower, the most certain first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// They do not overlap: every run of the lower is below every run of the other.
    Apart,
    /// They overlap, and the spread may be larger than the difference; but the interval of the rounds' ratios leaves 1
    /// out.
    Mostly,
    /// The difference may be chance.
    Unsettled,
    /// Fewer runs than [`LEAST_RUNS`]: nothing can be said.
    TooFew,
}

/// Two samples side by side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Difference {
    pub(crate) first: Range,
    pub(crate) second: Range,
    /// How many times the first the second is.
    pub(crate) ratio: PairedRatio,
    /// Whether one of them is lower.
    pub(crate) verdict: Verdict,
    /// Rounds in which that one was lower.
    pub(crate) lower_in: usize,
    pub(crate) rounds: usize,
}

impl Difference {
    /// Of two samples whose runs were interleaved: the n-th of one beside the n-th of the other. None where one is
    /// empty.
    pub(crate) fn of(first: &[u64], second: &[u64]) -> Option<Difference> {
        let (a, b) = (Range::of(first)?, Range::of(second)?);
        let ratio = PairedRatio::of(first, second)?;
        let second_is_lower = ratio.median < 1.0;
        let rounds = first.iter().zip(second);
        let lower_in = rounds.filter(|(one, other)| match second_is_lower {
            true => other < one,
            false => one < other,
        });
        let (lower_in, rounds) = (lower_in.count(), first.len().min(second.len()));
        let medians = a.median.cmp(&b.median);
        let verdict = if rounds < LEAST_RUNS {
            Verdict::TooFew
        } else if medians
            == if second_is_lower {
                Ordering::Less
            } else {
                Ordering::Greater
            }
        {
            // On a machine that drifts the rounds may say one thing and the medians of all runs, which are printed, the
            // other: then nothing is said.
            Verdict::Unsettled
        } else if !a.overlaps(b) {
            Verdict::Apart
        } else if outer_rounds(rounds).is_some() && !ratio.allows_for_no_difference() {
            Verdict::Mostly
        } else {
            Verdict::Unsettled
        };
        Some(Difference {
            first: a,
            second: b,
            ratio,
            verdict,
            lower_in,
            rounds,
        })
    }

    /// How the second sample stands to the first; none where that may be chance.
    pub(crate) fn settled(&self) -> Option<Ordering> {
        match (self.verdict, self.second_is_lower()) {
            (Verdict::Apart | Verdict::Mostly, true) => Some(Ordering::Less),
            (Verdict::Apart | Verdict::Mostly, false) => Some(Ordering::Greater),
            _ => None,
        }
    }

    /// Whether the second was the lower one, by the median round.
    pub(crate) fn second_is_lower(&self) -> bool {
        self.ratio.median < 1.0
    }

    pub(crate) fn apart(&self) -> u64 {
        self.first.median.abs_diff(self.second.median)
    }

    pub(crate) fn spread(&self) -> u64 {
        self.first.spread().max(self.second.spread())
    }

    /// Whether the spread is larger than the difference: it must then be said beside it.
    pub(crate) fn is_swallowed(&self) -> bool {
        self.spread() > self.apart()
    }
}

/// The ratios of two samples that were taken in rounds: their median, and its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PairedRatio {
    /// Infinite where the first sample is 0.
    pub(crate) median: f64,
    /// The ends of the 95 % interval of the median; of fewer than six rounds, for which there is none, the extremes.
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl PairedRatio {
    /// Second to first, round by round. None without a round.
    fn of(first: &[u64], second: &[u64]) -> Option<PairedRatio> {
        let rounds = first.iter().zip(second);
        let mut ratios: Vec<f64> = rounds
            .map(|(one, other)| match one == other {
                true => 1.0,
                false => *other as f64 / *one as f64,
            })
            .collect();
        ratios.sort_by(f64::total_cmp);
        let last = ratios.len().checked_sub(1)?;
        let outer = outer_rounds(ratios.len()).unwrap_or(0);
        let (below, above) = (ratios[last / 2], ratios[last.div_ceil(2)]);
        Some(PairedRatio {
            // The geometric mean of the middle two: first to second is the inverse of second to first.
            median: match below == above {
                true => below,
                false => (below * above).sqrt(),
            },
            low: ratios[outer],
            high: ratios[last - outer],
        })
    }

    /// First to second.
    pub(crate) fn inverse(self) -> PairedRatio {
        PairedRatio {
            median: 1.0 / self.median,
            low: 1.0 / self.high,
            high: 1.0 / self.low,
        }
    }

    fn allows_for_no_difference(&self) -> bool {
        (self.low..=self.high).contains(&1.0)
    }
}

/// How many of so many sorted values lie outside of the interval of their median, at each end; none where too few were
/// taken for an interval. A fair coin falls so unevenly less than once in twenty (Conover, Practical Nonparametric
/// Statistics, section 3.2).
fn outer_rounds(rounds: usize) -> Option<usize> {
    let mut term = 0.5f64.powi(rounds.min(1000) as i32);
    let mut tail = term;
    let mut within = None;
    for outer in 0..rounds {
        if 2.0 * tail > CHANCE {
            break;
        }
        within = Some(outer);
        term *= (rounds - outer) as f64 / (outer + 1) as f64;
        tail += term;
    }
    within
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
    }

    #[test]
    fn intervals_are_those_of_the_sign_test() {
        // Table of the sign test, two-sided, 5 %.
        for (rounds, outer) in [
            (0, None),
            (5, None),
            (6, Some(0)),
            (9, Some(1)),
            (12, Some(2)),
            (20, Some(5)),
            (25, Some(7)),
        ] {
            assert_eq!(outer_rounds(rounds), outer, "{rounds}");
        }
        let ratio = PairedRatio::of(&[10; 9], &[13, 12, 30, 11, 14, 1, 15, 16, 17]).unwrap();
        assert_eq!((ratio.low, ratio.median, ratio.high), (1.1, 1.4, 1.7));
        assert_eq!(PairedRatio::of(&[0], &[0]).unwrap().median, 1.0);
        assert_eq!(PairedRatio::of(&[], &[]), None);
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
        // The second is lower in eight of nine rounds, and has the higher median.
        let first = [10, 11, 12, 13, 14, 95, 96, 97, 98];
        let second = [9, 10, 11, 12, 99, 94, 95, 96, 97];
        let torn = Difference::of(&first, &second).unwrap();
        assert!(torn.second_is_lower() && torn.first.median < torn.second.median);
        assert_eq!(torn.verdict, Verdict::Unsettled);
    }

    fn samples() -> impl Strategy<Value = (Vec<u64>, Vec<u64>)> {
        (1usize..20).prop_flat_map(|n| {
            let sample = || prop::collection::vec(0u64..1000, n);
            (sample(), sample())
        })
    }

    proptest! {
        #[test]
        fn which_comes_first_does_not_matter((a, b) in samples()) {
            let one = Difference::of(&a, &b).unwrap();
            let other = Difference::of(&b, &a).unwrap();
            prop_assert_eq!((one.apart(), one.spread()), (other.apart(), other.spread()));
            prop_assert_eq!(one.verdict, other.verdict);
            let (there, back) = (one.ratio.median, other.ratio.inverse().median);
            prop_assert!(there == back || (there / back - 1.0).abs() < 1e-9);
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
    }
}
