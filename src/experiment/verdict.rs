//! What a comparison says, in sentences that admit it when the spread is larger than the difference. Pure.

use std::cmp::Ordering;

use serde::Serialize;

use super::comparison::MeasuredRow;
use super::plan::{Load, PlannedTransfer};
use crate::measure::statistics::{self, Difference, LEAST_RUNS, Verdict};
use crate::model::{Size, duration, grouped, ratio};

/// What can vary within a comparison, and so names a row beside its method: the sink, the size, the chunk, the load.
const POINTS: [fn(&PlannedTransfer) -> String; 4] = [
    |planned| planned.to.name().to_owned(),
    |planned| planned.size.to_string(),
    |planned| planned.chunk.to_string(),
    |planned| match planned.load {
        Load::Single => "alone".to_owned(),
        Load::AtOnce(count) => format!("{count}\u{a0}at once"),
        Load::InARow(count) => format!("{count}\u{a0}times"),
    },
];

/// Which of these vary.
#[derive(Clone, Copy)]
pub(crate) struct Varies([bool; 4]);

impl Varies {
    pub(crate) fn among(rows: &[MeasuredRow]) -> Varies {
        let first = rows.first();
        Varies(POINTS.map(|point| {
            let differs = |row: &MeasuredRow| {
                first.is_some_and(|it| point(&it.planned) != point(&row.planned))
            };
            rows.iter().any(differs)
        }))
    }

    /// What names a row's point of the comparison: `tcp`, `64 KiB`, `8 at once`; empty where nothing varies.
    pub(crate) fn label(self, row: &MeasuredRow) -> String {
        let varying = POINTS.iter().zip(self.0).filter(|(_, varies)| *varies);
        let words: Vec<String> = varying.map(|(point, _)| point(&row.planned)).collect();
        words.join(" ")
    }
}

/// One row of a method beside the row of the first method that differs from it in nothing else.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair<'a> {
    pub(crate) first: &'a MeasuredRow,
    pub(crate) second: &'a MeasuredRow,
}

impl Pair<'_> {
    /// In wall time. None without runs.
    pub(crate) fn wall(&self) -> Option<Difference> {
        self.first.runs.beside(&self.second.runs, statistics::WALL)
    }

    /// In CPU time. None without runs.
    pub(crate) fn cpu(&self) -> Option<Difference> {
        self.first.runs.beside(&self.second.runs, statistics::CPU)
    }
}

/// Every row beside that of the first method to the same sink, of the same size, chunk and load.
pub(crate) fn pairs(rows: &[MeasuredRow]) -> Vec<Pair<'_>> {
    let partner = |second: &MeasuredRow| {
        let first = rows.iter().find(|first| {
            let (a, b) = (first.planned, second.planned);
            (a.to, a.size, a.chunk, a.load) == (b.to, b.size, b.chunk, b.load)
        })?;
        (first.planned.method != second.planned.method).then_some(first)
    };
    rows.iter()
        .filter_map(|second| {
            Some(Pair {
                first: partner(second)?,
                second,
            })
        })
        .collect()
}

/// Two methods at one point of a comparison, in one measure: the one statistic that every verdict is made from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct PairedComparison {
    a: &'static str,
    b: &'static str,
    to: &'static str,
    size: Size,
    chunk: Size,
    /// `wall` or `cpu`.
    measure: &'static str,
    /// The median of the rounds' ratios, a to b; none where b took no time at all.
    ratio: Option<f64>,
    /// The ends of its 95 % interval; of fewer than six rounds the extremes.
    low: Option<f64>,
    high: Option<f64>,
    /// `a` or `b`: it took less; or `none`.
    verdict: &'static str,
}

/// Every pair of rows in wall time and in CPU time.
pub(crate) fn comparisons(rows: &[MeasuredRow]) -> Vec<PairedComparison> {
    let mut found = Vec::new();
    for pair in pairs(rows) {
        for (measure, difference) in [("wall", pair.wall()), ("cpu", pair.cpu())] {
            found.extend(difference.map(|of| paired(&pair, measure, &of)));
        }
    }
    found
}

fn paired(pair: &Pair, measure: &'static str, found: &Difference) -> PairedComparison {
    let (a, b) = (pair.first.planned, pair.second.planned);
    // The statistic is of the second to the first.
    let of = found.ratio.inverse();
    let finite = |ratio: f64| ratio.is_finite().then_some(ratio);
    PairedComparison {
        a: a.method.name(),
        b: b.method.name(),
        to: a.to.name(),
        size: a.size,
        chunk: a.chunk,
        measure,
        ratio: finite(of.median),
        low: finite(of.low),
        high: finite(of.high),
        verdict: match found.settled() {
            Some(Ordering::Less) => "b",
            Some(_) => "a",
            None => "none",
        },
    }
}

/// What a comparison says: for each method and sink, against the first method, calls and wall time, then CPU time.
pub fn sentences(rows: &[MeasuredRow]) -> Vec<String> {
    let mut within = Varies::among(rows);
    within.0[0] = false;
    let mut groups: Vec<Vec<Pair>> = Vec::new();
    for pair in pairs(rows) {
        let same = |group: &&mut Vec<Pair>| {
            let (a, b) = (group[0].second.planned, pair.second.planned);
            (a.method, a.to) == (b.method, b.to)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(pair),
            None => groups.push(vec![pair]),
        }
    }
    if groups.is_empty() {
        return vec!["One method alone: there is nothing to compare it with.".to_owned()];
    }
    let said = groups.iter().flat_map(|group| {
        let (first, second) = (group[0].first.planned, group[0].second.planned);
        let about = format!(
            "{} beside {}, to {}: ",
            second.method,
            first.method,
            second.to.name()
        );
        let differences = |of: &dyn Fn(&Pair) -> Option<Difference>| {
            let named = |pair: &Pair| Some((within.label(pair.second), of(pair)?));
            group.iter().filter_map(named).collect::<Vec<_>>()
        };
        let calls = calls(group, within).map(|calls| calls + " ");
        let wall = clause(&TIME, &differences(&|pair| pair.wall()));
        let cpu = clause(&CPU, &differences(&|pair| pair.cpu()));
        [
            format!("{about}{}{wall}", calls.unwrap_or_default()),
            format!("{about}{cpu}"),
        ]
    });
    said.collect()
}

/// `Half the calls at every chunk.` None where nothing was traced.
fn calls(group: &[Pair], varies: Varies) -> Option<String> {
    let counts: Option<Vec<_>> = group
        .iter()
        .map(|pair| Some((pair.first.syscalls?, pair.second.syscalls?)))
        .collect();
    let counts = counts?;
    let [_, size, chunk, _] = varies.0;
    let everywhere = match (group.len(), chunk, size) {
        (1, ..) => "",
        (_, true, false) => " at every chunk",
        (_, false, true) => " at every size",
        _ => " everywhere",
    };
    // A loop to end of file makes one call more that returns 0.
    let about = |share: f64| {
        let off = |(first, second): &(u64, u64)| (*second as f64 - share * *first as f64).abs();
        counts.iter().all(|pair| off(pair) <= 1.5)
    };
    if counts.iter().all(|(first, second)| first == second) {
        return Some(format!("As many calls{everywhere}."));
    }
    if about(0.5) && counts.iter().all(|(first, _)| *first > 4) {
        return Some(format!("Half the calls{everywhere}."));
    }
    let each = group.iter().zip(&counts).map(|(pair, (first, second))| {
        let at = at(&varies.label(pair.second));
        format!("{} against {}{at}", grouped(*second), grouped(*first))
    });
    Some(format!("Calls: {}.", each.collect::<Vec<_>>().join(", ")))
}

fn at(label: &str) -> String {
    match label {
        "" => String::new(),
        label => format!(" at {label}"),
    }
}

#[derive(Debug)]
pub(crate) struct Measure {
    name: &'static str,
    less: &'static str,
    more: &'static str,
}

pub(crate) const TIME: Measure = Measure {
    name: "time",
    less: "faster",
    more: "slower",
};

pub(crate) const CPU: Measure = Measure {
    name: "CPU time of the sender",
    less: "less",
    more: "more",
};

/// What the second sample of each of these says in such a measure. Points come with their labels.
pub(crate) fn clause(measure: &Measure, points: &[(String, Difference)]) -> String {
    let mut groups: Vec<(Kind, Vec<&(String, Difference)>)> = Vec::new();
    for point in points {
        let kind = Kind::of(&point.1);
        match groups.iter_mut().find(|(of, _)| *of == kind) {
            Some((_, group)) => group.push(point),
            None => groups.push((kind, vec![point])),
        }
    }
    groups.sort_by_key(|(kind, _)| *kind);
    let parts: Vec<_> = groups
        .iter()
        .map(|(kind, group)| kind.says(measure, group))
        .collect();
    format!("In {} {}.", measure.name, parts.join("; "))
}

/// Points of which the same is said, in the order of saying it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    verdict: Verdict,
    lower: bool,
    swallowed: bool,
}

impl Kind {
    fn of(found: &Difference) -> Kind {
        let settled = found.settled().is_some();
        Kind {
            verdict: found.verdict,
            lower: settled && found.second_is_lower(),
            swallowed: settled && found.is_swallowed(),
        }
    }

    fn says(self, measure: &Measure, group: &[&(String, Difference)]) -> String {
        let each = |what: &dyn Fn(&Difference) -> String| {
            let points = group.iter().map(|(label, found)| match label.as_str() {
                "" => what(found),
                label => format!("{label} ({})", what(found)),
            });
            points.collect::<Vec<_>>().join(", ")
        };
        let named = !group[0].0.is_empty();
        let word = if self.lower {
            measure.less
        } else {
            measure.more
        };
        let settled = match named {
            true => format!("{word} at {}", each(&times)),
            false => format!("{} {word}", times(&group[0].1)),
        };
        let spread = group
            .iter()
            .map(|(_, found)| found.spread())
            .max()
            .unwrap_or(0);
        let many = group.len() > 1;
        let spread = format!("{}{}", if many { "up to " } else { "" }, duration(spread));
        match self.verdict {
            Verdict::Apart if !self.swallowed => settled,
            Verdict::Apart => format!(
                "{settled}: no run of one reached the other, though the runs spread over {spread}, more than the medians are apart"
            ),
            Verdict::Mostly => {
                let but = match self.swallowed {
                    true => format!(
                        ", though the runs spread over {spread}, more than the medians are apart"
                    ),
                    false => String::new(),
                };
                format!(
                    "{settled} by the median ratio, and in {}{but}",
                    rounds(group)
                )
            }
            Verdict::Unsettled => match group {
                [(label, found)] => format!("no verdict{}: {}", at(label), unsettled(found)),
                _ => format!("no verdict at {}", each(&unsettled)),
            },
            Verdict::TooFew => {
                let runs = match group[0].1.rounds {
                    1 => "one run is".to_owned(),
                    runs => format!("{runs} runs are"),
                };
                format!("no verdict: {runs} too few to tell, {LEAST_RUNS} are the least")
            }
        }
    }
}

/// In how many rounds the same one was lower, at least: `7 of 9 rounds`.
fn rounds(group: &[&(String, Difference)]) -> String {
    let rounds = group
        .iter()
        .map(|(_, found)| (found.lower_in, found.rounds));
    let (ahead, rounds) = rounds.min().unwrap_or_default();
    let least = match group.len() > 1 && ahead < rounds {
        true => "at least ",
        false => "",
    };
    format!("{least}{ahead} of {rounds} rounds")
}

fn unsettled(found: &Difference) -> String {
    let (apart, spread) = (duration(found.apart()), duration(found.spread()));
    let medians_say = found.second.median < found.first.median;
    match found.is_swallowed() {
        _ if found.apart() > 0 && medians_say != found.second_is_lower() => {
            "the medians differ one way, the rounds the other".to_owned()
        }
        _ if found.apart() == 0 => "the medians are the same".to_owned(),
        true => format!("{apart} apart, and the runs spread over {spread}"),
        false => format!("{apart} apart, but the runs overlap"),
    }
}

/// `1.4 times`: the lower one in the higher one, by the median round.
fn times(found: &Difference) -> String {
    let times = match found.second_is_lower() {
        true => found.ratio.inverse().median,
        false => found.ratio.median,
    };
    match times.is_finite() {
        true => format!("{} times", ratio(times)),
        false => "any number of times".to_owned(),
    }
}
