//! Methods side by side: what is run and in which order, what is said of it, and what a tracer costs.

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use zclab::{
    endpoint,
    experiment::{
        comparison::{self, MeasuredRow},
        plan::{Load, Plan, PlannedTransfer, To},
        verdict,
    },
    measure::statistics::Runs,
    model::{Measured, Method, Sink, Size},
    tracer::{Cancel, TraceError},
};

mod require;

use require::skip;

const ZCLAB: &str = env!("CARGO_BIN_EXE_zclab");

fn directory() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

fn compare(args: &[&str], dir: &Path) -> Output {
    let mut command = Command::new(ZCLAB);
    command.arg("compare").args(args).arg("--dir").arg(dir);
    command.env("LC_ALL", "C.UTF-8");
    command.stdin(Stdio::null()).output().unwrap()
}

fn text(args: &[&str]) -> String {
    let dir = directory();
    let output = compare(args, dir.path());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let left = fs::read_dir(dir.path()).unwrap().count();
    assert_eq!(left, 0, "a file was left behind");
    String::from_utf8(output.stdout).unwrap()
}

fn document(args: &[&str]) -> Value {
    serde_json::from_str(&text(&[args, &["--json"]].concat())).unwrap()
}

fn array<'a>(value: &'a Value, name: &str) -> &'a Vec<Value> {
    value[name].as_array().unwrap()
}

/// Least, median, greatest.
fn range(row: &Value, name: &str) -> [u64; 3] {
    ["min", "median", "max"].map(|figure| row[name][figure].as_u64().unwrap())
}

const SWEEP: [&str; 8] = [
    "read-write",
    "sendfile",
    "--sweep",
    "chunk",
    "--size",
    "8MiB",
    "--runs",
    "2",
];

#[test]
fn the_rows_have_the_promised_figures() {
    let found = document(&SWEEP);
    let rows = array(&found, "rows");
    let chunks = [4, 16, 64, 256, 1024].map(|kib| kib * 1024);
    let expected: Vec<_> = chunks
        .iter()
        .flat_map(|chunk| [("read-write", *chunk), ("sendfile", *chunk)])
        .collect();
    let seen: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row["method"].as_str().unwrap(),
                row["chunk"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(seen, expected);
    let traced = !rows[0]["syscalls"].is_null();
    for row in rows {
        let mut names: Vec<_> = row
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        names.sort_unstable();
        let promised = [
            "chunk", "cpu_ns", "method", "runs", "size", "syscalls", "to", "wall_ns",
        ];
        assert_eq!(names, promised);
        assert_eq!(
            (&row["to"], &row["size"], &row["runs"]),
            (&"tcp".into(), &(8 << 20).into(), &2.into())
        );
        for name in ["wall_ns", "cpu_ns"] {
            let figures = range(row, name);
            assert!(figures.is_sorted() && figures[0] > 0, "{row}");
        }
        let chunks = (8u64 << 20) / row["chunk"].as_u64().unwrap();
        let calls = match row["method"].as_str() {
            Some("read-write") => 2 * chunks + 1,
            _ => chunks + 1,
        };
        if traced {
            assert_eq!(row["syscalls"], calls, "{row}");
        }
    }
    let said = array(&found, "verdicts");
    let said = said
        .iter()
        .map(|said| said.as_str().unwrap())
        .collect::<String>();
    assert!(said.contains("no verdict: 2 runs are too few"), "{said}");
    match traced {
        true => assert!(said.contains("Half the calls at every chunk."), "{said}"),
        false => skip("ptrace", &found["unavailable"]),
    }
}

#[test]
fn csv_has_the_rows_of_the_document() {
    let csv = text(&[&SWEEP[..], &["--csv"]].concat());
    let found = document(&SWEEP);
    let mut lines = csv.lines();
    let header: Vec<_> = lines.next().unwrap().split(',').collect();
    let rows = array(&found, "rows");
    assert_eq!(lines.clone().count(), rows.len());
    for (line, row) in lines.zip(rows) {
        let cells: Vec<_> = line.split(',').collect();
        assert_eq!(cells.len(), header.len(), "{line}");
        for (name, cell) in header.iter().zip(cells) {
            match name.rsplit_once('_') {
                // Times are of another run: that they are there, and numbers, is all.
                Some((measure, figure)) if row[measure].is_object() => {
                    assert!(row[measure][figure].is_u64(), "{name}");
                    cell.parse::<u64>().unwrap();
                }
                _ => {
                    let value = match &row[*name] {
                        Value::Null => String::new(),
                        Value::String(text) => text.clone(),
                        other => other.to_string(),
                    };
                    assert_eq!(cell, value, "{name}");
                }
            }
        }
    }
}

fn planned(method: Method, to: To) -> PlannedTransfer {
    PlannedTransfer {
        method,
        to,
        size: Size(100_000),
        chunk: Size(4096),
        load: Load::Single,
    }
}

fn plan(runs: usize) -> Plan {
    let sinks = [To::Sink(Sink::Pipe), To::Null];
    let methods = [Method::ReadWrite, Method::Sendfile];
    let entries = sinks
        .into_iter()
        .flat_map(|to| methods.map(|method| planned(method, to)));
    Plan {
        entries: entries.collect(),
        runs,
    }
}

#[test]
fn runs_are_interleaved_and_the_order_alternates() {
    endpoint::set_program(ZCLAB);
    let dir = directory();
    let mut seen = Vec::new();
    let mut sources = 0;
    let found =
        comparison::compare(
            &plan(3),
            dir.path(),
            &Cancel::new(),
            &mut |progress, _| match progress.at.split(' ').next() {
                Some("making") => sources += 1,
                // Each of the four rows is a step, the tracing before the first round.
                Some("round") => seen.push((progress.done / 4 - 1, progress.done % 4)),
                _ => assert!(seen.is_empty(), "traced among the measured runs"),
            },
        )
        .unwrap();
    assert_eq!(sources, 1, "rows of one size share one source");
    let expected = [
        [(0, 0), (0, 1), (0, 2), (0, 3)],
        [(1, 3), (1, 2), (1, 1), (1, 0)],
        [(2, 0), (2, 1), (2, 2), (2, 3)],
    ];
    assert_eq!(seen, expected.concat());
    assert!(found.rows.iter().all(|row| row.runs.len() == 3));
    // Nobody at the other end, so nothing that could be verified by a traced run.
    assert_eq!(found.rows[2].syscalls, None);
}

#[test]
fn a_comparison_can_be_cancelled_at_any_point() {
    endpoint::set_program(ZCLAB);
    for at in [0, 2, 6] {
        let dir = directory();
        let cancel = Cancel::new();
        let mut events = 0;
        let done = comparison::compare(&plan(50), dir.path(), &cancel, &mut |_, _| {
            if events == at {
                cancel.cancel();
            }
            events += 1;
        });
        let error = done.unwrap_err();
        assert!(
            matches!(error.downcast_ref(), Some(TraceError::Cancelled)),
            "{error:#}"
        );
        assert!(events <= at + 2, "it went on");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}

fn row(method: Method, chunk: u64, syscalls: Option<u64>, wall: &[u64]) -> MeasuredRow {
    let run = |ms: &u64| Measured {
        wall_ns: ms * 1_000_000,
        cpu_ns: 1_000_000,
        ..Measured::default()
    };
    MeasuredRow {
        planned: PlannedTransfer {
            chunk: Size(chunk),
            ..planned(method, To::Sink(Sink::Tcp))
        },
        runs: Runs(wall.iter().map(run).collect()),
        syscalls,
    }
}

fn said(first: &[u64], second: &[u64]) -> String {
    let rows = [
        row(Method::ReadWrite, 65536, Some(33), first),
        row(Method::Sendfile, 65536, Some(17), second),
    ];
    let said = verdict::sentences(&rows);
    assert_eq!(said.len(), 2);
    // CPU time is the same in all of them.
    assert!(
        first.len() < 4
            || said[1].contains("In CPU time of the sender no verdict: the medians are the same"),
        "{}",
        said[1]
    );
    said[0].replace('\u{a0}', " ")
}

#[test]
fn a_verdict_admits_it_when_the_spread_is_larger_than_the_difference() {
    let slow = [118, 95, 172, 110, 120, 101, 150, 119, 112];
    let fast = [104, 160, 70, 99, 162, 106, 105, 95, 104];
    assert_eq!(
        said(&slow, &fast),
        "sendfile beside read-write, to tcp: Half the calls. In time no verdict: 14.0 ms apart, and the runs spread over \
         92.0 ms."
    );
    // Ahead in every round, on a machine that drifts.
    let drifting = [100, 110, 120, 130, 140, 150, 160, 170, 180];
    let ahead = drifting.map(|ms| ms - 5);
    let mostly = said(&drifting, &ahead);
    assert!(
        mostly.contains("1.04 times faster by the median ratio, and in 9 of 9 rounds, though the runs spread over 80.0 ms"),
        "{mostly}"
    );
}

#[test]
fn a_verdict_agrees_with_the_medians_that_are_printed() {
    // Lower in eight of nine rounds, and the median of all its runs is higher: the machine drifted between.
    let first = [10, 11, 12, 13, 14, 95, 96, 97, 98];
    let second = [9, 10, 11, 12, 99, 94, 95, 96, 97];
    let torn = said(&first, &second);
    assert!(
        torn.contains("In time no verdict: the medians differ one way, the rounds the other"),
        "{torn}"
    );
}

#[test]
fn every_pair_has_its_statistic_in_json() {
    let found = document(&[
        "read-write",
        "sendfile",
        "mmap-write",
        "--size",
        "256KiB",
        "--runs",
        "6",
    ]);
    let compared = array(&found, "comparisons");
    // Two methods beside the first, in two measures.
    assert_eq!(compared.len(), 4);
    for one in compared {
        assert_eq!(one["a"], "read-write", "{one}");
        let number = |key: &str| one[key].as_f64().unwrap();
        let (ratio, low, high) = (number("ratio"), number("low"), number("high"));
        assert!(0.0 < low && low <= ratio && ratio <= high, "{one}");
        match one["verdict"].as_str().unwrap() {
            "a" => assert!(high < 1.0, "{one}"),
            "b" => assert!(low > 1.0, "{one}"),
            verdict => assert_eq!(verdict, "none"),
        }
        let median = |method: &serde_json::Value| {
            let rows = array(&found, "rows").iter();
            let row = rows.clone().find(|row| row["method"] == *method).unwrap();
            let key = format!("{}_ns", one["measure"].as_str().unwrap());
            row[key]["median"].as_u64().unwrap()
        };
        let (a, b) = (median(&one["a"]), median(&one["b"]));
        assert!(one["verdict"] != "a" || a < b, "{one} {a} {b}");
        assert!(one["verdict"] != "b" || b < a, "{one} {a} {b}");
    }
}

#[test]
fn a_verdict_is_plain_where_the_runs_are_apart() {
    let clear = said(&[100, 102, 101, 103], &[50, 52, 51, 49]);
    assert!(clear.ends_with("In time 2.0 times faster."), "{clear}");
    let clear = said(&[50, 52, 51, 49], &[100, 102, 101, 103]);
    assert!(clear.ends_with("In time 2.0 times slower."), "{clear}");
    let few = said(&[100, 101, 102], &[1, 2, 3]);
    assert!(few.contains("no verdict: 3 runs are too few"), "{few}");
}

#[test]
fn each_point_of_a_sweep_gets_its_own_verdict() {
    let rows = [
        row(Method::ReadWrite, 4096, Some(513), &[10, 11, 10, 12]),
        row(Method::Sendfile, 4096, Some(257), &[5, 5, 4, 5]),
        row(Method::ReadWrite, 65536, Some(33), &[10, 20, 30, 40]),
        row(Method::Sendfile, 65536, Some(17), &[20, 10, 40, 30]),
    ];
    let said = verdict::sentences(&rows)[0].replace('\u{a0}', " ");
    assert!(
        said.ends_with(
            "Half the calls at every chunk. In time faster at 4 KiB (2.3 times); no verdict at 64 KiB: the \
             medians are the same."
        ),
        "{said}"
    );
    let alone = verdict::sentences(&rows[..1]);
    assert!(alone[0].contains("nothing to compare"), "{alone:?}");
}

#[test]
fn the_text_fits_80_columns_and_ascii_is_ascii() {
    let args = [
        "read-write",
        "sendfile",
        "--to",
        "pipe",
        "--size",
        "256KiB",
        "--runs",
        "1",
    ];
    let unicode = text(&args);
    let too_long = unicode.lines().find(|line| line.chars().count() > 80);
    assert_eq!(too_long, None, "{unicode}");
    assert!(unicode.contains('├') && unicode.contains('●'), "{unicode}");
    let plain = text(&[&args[..], &["--ascii"]].concat());
    assert!(plain.is_ascii(), "{plain}");
    let figures = plain
        .lines()
        .find(|line| line.contains("sendfile") && line.contains('o'));
    assert!(figures.is_some(), "{plain}");
}

#[test]
fn dev_null_never_touches_the_mapped_pages() {
    let found = document(&["--claim", "dev-null-trap", "--size", "4MiB", "--runs", "1"]);
    assert_eq!(found["claim"], "dev-null-trap");
    let faults = |to: &str| {
        let rows = array(&found, "rows");
        let row = rows
            .iter()
            .find(|row| row["method"] == "mmap-write" && row["to"] == to);
        range(row.unwrap(), "minor_faults")[1]
    };
    assert!(faults("/dev/null") * 4 < faults("pipe"), "{found:#}");
    let last = array(&found, "verdicts").last().unwrap();
    assert!(last.as_str().unwrap().contains("is a trap"), "{last}");
}

#[test]
fn every_claim_can_be_tried() {
    let list = text(&["--claims"]);
    let claims = [
        ("two-to-three-times", 6, 1),
        ("small-files", 12, 1000),
        ("efficient-not-faster", 4, 8),
        ("mmap-can-be-faster", 8, 1),
    ];
    for (name, rows, transfers) in claims {
        assert!(list.contains(&format!("  {name}\n")), "{list}");
        let size: &[&str] = match name {
            "small-files" => &[],
            _ => &["--size", "64KiB"],
        };
        let args = [&["--claim", name, "--runs", "1"], size].concat();
        let found = document(&args);
        let seen = array(&found, "rows");
        assert_eq!(seen.len(), rows, "{name}");
        assert_eq!(seen.last().unwrap()["transfers"], transfers, "{name}");
        let said = array(&found, "verdicts")
            .last()
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned();
        assert!(said.contains("too few for a verdict"), "{name}: {said}");
    }
    assert!(list.contains("cost-of-watching"));
}

#[test]
fn a_tracer_costs_two_context_switches_a_call() {
    let found = document(&[
        "--claim",
        "cost-of-watching",
        "--size",
        "512KiB",
        "--runs",
        "3",
    ]);
    let Some(calls) = found["syscalls"].as_u64() else {
        return skip("ptrace", &found["unavailable"]);
    };
    assert_eq!(calls, 2 * 128 + 1);
    let voluntary = |watched: &str| {
        let rows = array(&found, "rows").iter();
        let mut row = rows.filter(|row| row["watched"] == watched);
        Some(range(row.next()?, "voluntary_context_switches")[1])
    };
    let untraced = voluntary("untraced").unwrap();
    for watched in ["same-cpu", "other-cpu"] {
        let Some(traced) = voluntary(watched) else {
            skip(watched, &found["unavailable"]);
            continue;
        };
        let more = traced.checked_sub(untraced).unwrap();
        // What lies between the two looks at the counters, beside the calls, and now and then a page to wait for.
        assert!(
            (2 * calls..=2 * calls + 20).contains(&more),
            "{watched}: {more} for {calls} calls"
        );
    }
}

#[test]
fn bad_input_is_refused() {
    let dir = directory();
    for args in [
        &["teleport"][..],
        &["--runs", "0"],
        &["--size", "0"],
        &["--chunk", "0"],
        &["--sweep", "moon"],
        &["--sweep", "chunk", "--chunk", "4KiB"],
        &["--claim", "everything-is-fast"],
        &["--claim", "small-files", "--size", "1MiB"],
        &["--claim", "dev-null-trap", "--sweep", "size"],
        &["read-write", "--claim", "dev-null-trap"],
        &["--json", "--csv"],
        &["copy-file-range", "--to", "tcp"],
    ] {
        let output = compare(args, dir.path());
        assert_eq!(output.status.code(), Some(2), "{args:?}");
    }
    let missing = compare(&["--size", "4096"], Path::new("/nonexistent"));
    assert_eq!(missing.status.code(), Some(1));
    assert!(missing.stderr.starts_with(b"zclab: "));
}
