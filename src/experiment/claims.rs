//! What is often claimed of the speed of zero-copy, each as a plan that this machine can run, and a verdict.

use std::cmp::Ordering;

use super::comparison::MeasuredRow;
use super::plan::{Load, Plan, PlannedTransfer, To, entries};
use super::verdict::{CPU, Pair, TIME, Varies, clause, pairs, sentences};
use crate::measure::statistics::{self, Difference, LEAST_RUNS};
use crate::model::{self, Method, Range, Sink, Size, grouped, ratio};

/// The claim that is no comparison of methods, but of watching: [`super::tracing_cost`].
pub(crate) const COST_OF_WATCHING: &str = "cost-of-watching";

#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) name: &'static str,
    pub(crate) runs: &'static str,
    /// Bytes of a transfer; none where the sizes are what is looked at.
    pub(crate) size: Option<Size>,
    entries: fn(Size) -> Vec<PlannedTransfer>,
    verdict: fn(&[MeasuredRow]) -> Vec<String>,
}

/// Rounds, where nobody asks for another number.
pub(crate) const RUNS: usize = 9;

const CHUNK: Size = Size(64 * Size::KIB);
const SMALL: [Size; 4] = [
    Size(Size::KIB),
    Size(4 * Size::KIB),
    Size(16 * Size::KIB),
    Size(64 * Size::KIB),
];
const OFTEN: u32 = 1000;
const MANY: u32 = 8;

pub(crate) const CLAIMS: [Claim; 5] = [
    Claim {
        name: "two-to-three-times",
        runs: "read-write and sendfile to tcp, unix and pipe",
        size: Some(Size(128 * Size::MIB)),
        entries: |size| {
            grid(
                &[Method::ReadWrite, Method::Sendfile],
                &[Sink::Tcp, Sink::Unix, Sink::Pipe],
                size,
            )
        },
        verdict: two_to_three_times,
    },
    Claim {
        name: "small-files",
        runs: "1, 4, 16 and 64 KiB to tcp, a thousand transfers a run in one process",
        size: None,
        entries: |_| small_files(),
        verdict: small_files_verdict,
    },
    Claim {
        name: "efficient-not-faster",
        runs: "read-write and sendfile to tcp: one connection, then eight at once; time, and CPU seconds per GiB",
        size: Some(Size(32 * Size::MIB)),
        entries: |size| {
            let loads = [Load::Single, Load::AtOnce(MANY)];
            let points = loads.map(|load| PlannedTransfer {
                load,
                ..point(Sink::Tcp, size)
            });
            each(&[Method::ReadWrite, Method::Sendfile], &points)
        },
        verdict: efficient,
    },
    Claim {
        name: "mmap-can-be-faster",
        runs: "read-write and mmap-write to every sink",
        size: Some(Size(64 * Size::MIB)),
        entries: |size| grid(&[Method::ReadWrite, Method::MmapWrite], &Sink::ALL, size),
        verdict: mmap,
    },
    Claim {
        name: "dev-null-trap",
        runs: "three methods to /dev/null, and to a pipe whose reader looks at nothing either",
        size: Some(Size(64 * Size::MIB)),
        entries: dev_null,
        verdict: dev_null_verdict,
    },
];

impl Claim {
    pub(crate) fn named(name: &str) -> Option<&'static Claim> {
        CLAIMS.iter().find(|claim| claim.name == name)
    }

    /// The claim, word for word.
    pub(crate) fn says(&self) -> &'static str {
        let known = model::CLAIMS.iter().find(|(name, _)| *name == self.name);
        known.map_or("", |(_, says)| says)
    }

    /// What is run to see. `size` is for a claim that has one.
    pub(crate) fn plan(&self, size: Option<Size>, runs: usize) -> Plan {
        let size = size.or(self.size).unwrap_or_default();
        Plan {
            entries: (self.entries)(size),
            runs,
        }
    }

    pub(crate) fn verdict(&self, rows: &[MeasuredRow]) -> Vec<String> {
        (self.verdict)(rows)
    }
}

/// One transfer in chunks of the usual size.
fn point(to: Sink, size: Size) -> PlannedTransfer {
    PlannedTransfer {
        method: Method::ReadWrite,
        to: To::Sink(to),
        size,
        chunk: CHUNK,
        load: Load::Single,
    }
}

/// Each of these by each of the methods.
fn each(methods: &[Method], points: &[PlannedTransfer]) -> Vec<PlannedTransfer> {
    let by_each = |point: &PlannedTransfer| {
        let point = *point;
        let by = move |method: &Method| PlannedTransfer {
            method: *method,
            ..point
        };
        methods.iter().map(by)
    };
    points.iter().flat_map(by_each).collect()
}

fn grid(methods: &[Method], sinks: &[Sink], size: Size) -> Vec<PlannedTransfer> {
    entries(methods, sinks, &[(size, CHUNK)])
}

const THREE: [Method; 3] = [Method::ReadWrite, Method::MmapWrite, Method::Sendfile];

fn small_files() -> Vec<PlannedTransfer> {
    let points = SMALL.map(|size| PlannedTransfer {
        load: Load::InARow(OFTEN),
        ..point(Sink::Tcp, size)
    });
    each(&THREE, &points)
}

fn dev_null(size: Size) -> Vec<PlannedTransfer> {
    let points = [To::Null, To::Sink(Sink::Pipe)].map(|to| PlannedTransfer {
        to,
        ..point(Sink::Pipe, size)
    });
    each(&THREE, &points)
}

fn two_to_three_times(rows: &[MeasuredRow]) -> Vec<String> {
    let mut said = Vec::new();
    let (mut held, mut open) = (Vec::new(), Vec::new());
    let pairs = pairs(rows);
    for pair in &pairs {
        let Some(found) = pair.wall() else {
            continue;
        };
        let times = found.ratio.inverse();
        let to = pair.second.planned.to.name();
        let mut sentence = format!(
            "To {to}: read-write took {} times as long as sendfile (interval {} to {})",
            ratio(times.median),
            ratio(times.low),
            ratio(times.high)
        );
        if found.settled().is_none() {
            sentence += ": no verdict";
            open.push(to);
        } else if (2.0..=3.0).contains(&times.median) {
            held.push(to);
        }
        said.push(sentence + ".");
    }
    let with_verdict = pairs.len() - open.len();
    conclude(said, rows, || match held.len() {
        _ if with_verdict == 0 => "No sink has a verdict here, today.".to_owned(),
        0 => format!(
            "\"2-3 times\" is true of none of the {with_verdict} sinks with a verdict here, today: it is no constant."
        ),
        all if all == pairs.len() => {
            "\"2-3 times\" is true of all these sinks here, today.".to_owned()
        }
        all if all == with_verdict => format!(
            "\"2-3 times\" is true here, today, to {}; there is no verdict to {}.",
            held.join(" and "),
            open.join(" and ")
        ),
        _ => format!(
            "\"2-3 times\" is true here, today, to {}, and not to others: it is no constant.",
            held.join(" and ")
        ),
    })
}

/// The last sentence: what the others come to, where there were runs enough.
fn conclude(
    mut said: Vec<String>,
    rows: &[MeasuredRow],
    conclusion: impl FnOnce() -> String,
) -> Vec<String> {
    said.push(match rows.iter().any(|row| row.runs.len() < LEAST_RUNS) {
        true => format!("Fewer than {LEAST_RUNS} runs are too few for a verdict."),
        false => conclusion(),
    });
    said
}

fn small_files_verdict(rows: &[MeasuredRow]) -> Vec<String> {
    let pairs = pairs(rows);
    let of = |method| {
        let pairs = pairs.iter();
        pairs.filter(move |pair| pair.second.planned.method == method)
    };
    let said = [Method::MmapWrite, Method::Sendfile]
        .into_iter()
        .map(|method| {
            let point = |pair: &Pair| {
                let found = per_transfer(pair.wall()?, pair.second);
                Some((pair.second.planned.size.to_string(), found))
            };
            let points: Vec<_> = of(method).filter_map(point).collect();
            format!(
                "{method} beside read-write, a transfer: {}",
                clause(&TIME, &points)
            )
        })
        .collect();
    let gains = |method| {
        let settled = |pair: &Pair| Some((pair.second.planned.size, pair.wall()?.settled()?));
        of(method).filter_map(settled).collect::<Vec<_>>()
    };
    let sizes = |found: &[(Size, Ordering)], wanted: Ordering| {
        let of = found.iter().filter(|(_, stands)| *stands == wanted);
        of.map(|(size, _)| size.to_string()).collect::<Vec<_>>()
    };
    let name = |sizes: Vec<String>| match sizes.is_empty() {
        true => "none of the sizes".to_owned(),
        false => sizes.join(", "),
    };
    let (mmap, sendfile) = (gains(Method::MmapWrite), gains(Method::Sendfile));
    conclude(said, rows, || {
        format!(
            "sendfile gains at {} and loses at {}; mmap-write, which maps and unmaps each time, gains at {} and loses at {}.",
            name(sizes(&sendfile, Ordering::Less)),
            name(sizes(&sendfile, Ordering::Greater)),
            name(sizes(&mmap, Ordering::Less)),
            name(sizes(&mmap, Ordering::Greater)),
        )
    })
}

/// A run of many transfers, as one of them.
fn per_transfer(found: Difference, row: &MeasuredRow) -> Difference {
    let times = u64::from(row.planned.load.transfers().max(1));
    let share = |range: Range| Range {
        median: range.median / times,
        min: range.min / times,
        max: range.max / times,
    };
    Difference {
        first: share(found.first),
        second: share(found.second),
        ..found
    }
}

fn efficient(rows: &[MeasuredRow]) -> Vec<String> {
    let varies = Varies::among(rows);
    let mut said = Vec::new();
    let mut words = Vec::new();
    for pair in pairs(rows) {
        let (Some(wall), Some(cpu)) = (pair.wall(), pair.cpu()) else {
            continue;
        };
        let label = varies.label(pair.second);
        said.push(format!(
            "{label}: the sender of read-write spends {} CPU seconds per GiB, that of sendfile {}. {} {}",
            seconds_a_gib(pair.first),
            seconds_a_gib(pair.second),
            clause(&CPU, &[(String::new(), cpu)]),
            clause(&TIME, &[(String::new(), wall)]),
        ));
        words.push(format!(
            "{label}, {} in CPU time and {} in time",
            gain(&cpu),
            gain(&wall)
        ));
    }
    conclude(said, rows, || {
        format!("sendfile beside read-write: {}.", words.join("; "))
    })
}

fn gain(found: &Difference) -> &'static str {
    match found.settled() {
        Some(Ordering::Less) => "a gain",
        Some(_) => "a loss",
        None => "no verdict",
    }
}

/// Median CPU time of the senders, as seconds for each GiB that they sent.
fn seconds_a_gib(row: &MeasuredRow) -> String {
    let bytes = row.planned.size.bytes() * u64::from(row.planned.load.transfers());
    let seconds = row.runs.range(statistics::CPU).median as f64 / 1e9;
    let seconds = seconds * Size::GIB as f64 / bytes.max(1) as f64;
    format!("{seconds:.3}")
}

fn mmap(rows: &[MeasuredRow]) -> Vec<String> {
    let said = sentences(rows);
    let mut faster = Vec::new();
    let mut slower = Vec::new();
    for pair in pairs(rows) {
        let to = pair.second.planned.to.name();
        match pair.wall().map(|found| gain(&found)) {
            Some("a gain") => faster.push(to),
            Some("a loss") => slower.push(to),
            _ => {}
        }
    }
    let name = |sinks: &[&str]| match sinks.is_empty() {
        true => "to none of the sinks".to_owned(),
        false => format!("to {}", sinks.join(", ")),
    };
    conclude(said, rows, || {
        format!(
            "mmap-write is faster here, today, {}; slower {}. It saves one copy per byte, and pays in page faults: {} per run.",
            name(&faster),
            name(&slower),
            grouped(faults(rows, |row| row.planned.method == Method::MmapWrite)),
        )
    })
}

/// The median of the minor faults of the first such row.
fn faults(rows: &[MeasuredRow], which: impl Fn(&MeasuredRow) -> bool) -> u64 {
    let row = rows.iter().find(|row| which(row));
    row.map_or(0, |row| row.runs.range(|run| run.minor_faults).median)
}

fn dev_null_verdict(rows: &[MeasuredRow]) -> Vec<String> {
    let of = |method, to| {
        rows.iter()
            .find(move |row| row.planned.method == method && row.planned.to == to)
    };
    let pipe = To::Sink(Sink::Pipe);
    let mut said: Vec<String> = [To::Null, pipe]
        .into_iter()
        .filter_map(|to| {
            let pair = Pair {
                first: of(Method::ReadWrite, to)?,
                second: of(Method::MmapWrite, to)?,
            };
            let clause = clause(&TIME, &[(String::new(), pair.wall()?)]);
            let faults = pair.second.runs.range(|run| run.minor_faults).median;
            Some(format!(
                "mmap-write beside read-write, to {}: {} Its page faults: {}.",
                to.name(),
                clause,
                grouped(faults)
            ))
        })
        .collect();
    let touched = |to| {
        faults(rows, |row| {
            row.planned.method == Method::MmapWrite && row.planned.to == to
        })
    };
    let few = touched(To::Null) * 4 < touched(pipe);
    said.push(match few {
        true => "The first is a trap: /dev/null never looks at what it is given, so the mapped pages are never touched \
                 and nothing is read at all. The faults tell. read-write still copies each byte into its buffer."
            .to_owned(),
        false => "Here the faults do not tell the two apart.".to_owned(),
    });
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::statistics::Runs;
    use crate::model::Measured;

    #[test]
    fn lessons_name_the_same_claims() {
        let here = CLAIMS.iter().map(|claim| claim.name);
        assert!(here.eq(model::CLAIMS.map(|(name, _)| name)));
    }

    /// The last sentence of `two-to-three-times`, of these rounds of read-write and of sendfile to tcp and to a pipe.
    fn concluded(sinks: [[[u64; 6]; 2]; 2]) -> String {
        let runs = |ms: [u64; 6]| {
            let run = |ms| Measured {
                wall_ns: ms * 1_000_000,
                ..Measured::default()
            };
            Runs(ms.map(run).to_vec())
        };
        let rows = [Sink::Tcp, Sink::Pipe]
            .iter()
            .zip(sinks)
            .flat_map(|(to, ms)| {
                let of = |method, ms| MeasuredRow {
                    planned: PlannedTransfer {
                        method,
                        ..point(*to, Size(1 << 20))
                    },
                    runs: runs(ms),
                    syscalls: None,
                };
                [of(Method::ReadWrite, ms[0]), of(Method::Sendfile, ms[1])]
            });
        let rows: Vec<MeasuredRow> = rows.collect();
        two_to_three_times(&rows).pop().unwrap_or_default()
    }

    #[test]
    fn a_sink_without_a_verdict_is_none_of_which_the_claim_is_false() {
        let twice = [[100, 101, 102, 103, 104, 105], [40, 41, 42, 40, 41, 42]];
        let even = [[100, 101, 102, 103, 104, 105], [90, 91, 92, 90, 91, 92]];
        let open = [[100, 90, 100, 90, 100, 90], [90, 100, 90, 100, 90, 100]];
        assert!(concluded([twice, twice]).contains("true of all these sinks"));
        assert!(concluded([even, even]).contains("true of none of the 2 sinks with a verdict"));
        assert!(concluded([open, even]).contains("true of none of the 1 sinks with a verdict"));
        assert!(concluded([twice, open]).ends_with("to tcp; there is no verdict to pipe."));
        assert!(concluded([twice, even]).contains("to tcp, and not to others"));
        assert_eq!(
            concluded([open, open]),
            "No sink has a verdict here, today."
        );
    }
}
