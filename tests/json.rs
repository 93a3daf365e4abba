//! docs/json.md names exactly the keys that the commands print.

mod refusal;
mod require;

use require::skip;

use std::{collections::BTreeSet, path::Path, process::Command};

use refusal::refusing;
use serde_json::Value;

type Keys = BTreeSet<String>;

const PTRACE: libc::c_long = libc::SYS_ptrace;

/// The keys of a section of the document: those in the first column of its table.
fn documented(section: &str) -> Keys {
    let text = include_str!("../docs/json.md");
    let (_, rest) = text
        .split_once(&format!("\n## {section}\n"))
        .unwrap_or_else(|| panic!("docs/json.md has no section {section}"));
    let table = rest.split("\n## ").next().unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let first = rows.filter_map(|row| row.split(" | ").next());
    let keys = first.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    closed(keys.map(str::to_owned))
}

/// With what a key stands in: `a.b[].c` brings `a` and `a.b`.
fn closed(keys: impl Iterator<Item = String>) -> Keys {
    let mut all = Keys::new();
    for key in keys {
        let ends = key.match_indices(['.', '[']).map(|(at, _)| at);
        let outer = ends.map(|at| key[..at].trim_end_matches("[]").to_owned());
        all.extend(outer.filter(|outer| !outer.is_empty()));
        all.insert(key.trim_end_matches("[]").trim_end_matches(".*").to_owned());
    }
    all
}

fn walk(value: &Value, path: &str, open: &[String], keys: &mut Keys) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = match path {
                    "" => name.clone(),
                    path => format!("{path}.{name}"),
                };
                keys.insert(path.clone());
                // Its keys are names of calls.
                if !open.contains(&path) {
                    walk(value, &path, open, keys);
                }
            }
        }
        Value::Array(values) => {
            let path = format!("{path}[]");
            values
                .iter()
                .for_each(|value| walk(value, &path, open, keys));
        }
        _ => {}
    }
}

/// What was printed for a section.
struct Section {
    name: &'static str,
    open: Vec<String>,
    keys: Keys,
}

impl Section {
    fn of(name: &'static str) -> Section {
        let text = include_str!("../docs/json.md");
        let open = text.split('`').filter_map(|key| key.strip_suffix(".*"));
        Section {
            name,
            open: open.map(str::to_owned).collect(),
            keys: Keys::new(),
        }
    }

    fn print(mut self, command: &mut Command) -> Section {
        let output = command.output().unwrap();
        let document = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            panic!(
                "{command:?}: {error}: {}",
                String::from_utf8_lossy(&output.stderr)
            )
        });
        walk(&document, "", &self.open, &mut self.keys);
        self
    }

    fn check(self) {
        let documented = documented(self.name);
        let printed = closed(self.keys.into_iter());
        let missing: Vec<_> = printed.difference(&documented).collect();
        let stale: Vec<_> = documented.difference(&printed).collect();
        let name = self.name;
        assert!(
            missing.is_empty(),
            "{name}: not in docs/json.md: {missing:?}"
        );
        assert!(
            stale.is_empty(),
            "{name}: in docs/json.md, not printed: {stale:?}"
        );
    }
}

fn zclab(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zclab"));
    command.args(args).current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

#[test]
fn run_and_replay() {
    let recording = |name: &str| zclab(&["replay", name, "--json"]);
    Section::of("zclab run --json, zclab replay --json")
        .print(&mut zclab(&["run", "sendfile", "--json"]))
        .print(&mut refusing(PTRACE, zclab(&["run", "sendfile", "--json"])))
        .print(&mut recording("assets/recordings/tee-to-pipe-warm.jsonl"))
        .print(&mut recording(
            "assets/recordings/copy-file-range-to-file-warm.jsonl",
        ))
        .print(&mut recording(
            "assets/recordings/uring-send-zc-to-tcp-warm.jsonl",
        ))
        .print(&mut recording(
            "assets/recordings/tcp-mmap-receive-to-file-warm.jsonl",
        ))
        .print(&mut recording("assets/served/splice.jsonl"))
        .check();
}

#[test]
fn prove_errors_page_cache_doctor_lessons() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().to_str().unwrap();
    let prove = ["prove", "sendfile", "--to", "pipe", "--json", "--dir", dir];
    Section::of("zclab prove --json")
        .print(&mut zclab(&prove))
        .check();
    Section::of("zclab errors --json")
        .print(&mut zclab(&["errors", "--json"]))
        .check();
    // SYS_cachestat: the same number on every architecture.
    let page_cache = zclab(&["page-cache", "--json", "--dir", dir]);
    Section::of("zclab page-cache --json")
        .print(&mut refusing(451, page_cache))
        .check();
    Section::of("zclab doctor --json")
        .print(&mut zclab(&["doctor", "--json"]))
        .check();
    Section::of("zclab lessons --json")
        .print(&mut zclab(&["lessons", "--json"]))
        .check();
}

#[test]
fn cards_and_exports() {
    Section::of("zclab card --json")
        .print(&mut zclab(&["card", "sendfile", "--json"]))
        .print(&mut zclab(&["card", "portability", "--json"]))
        .check();
    Section::of("zclab export questions --format json")
        .print(&mut zclab(&["export", "questions", "--format", "json"]))
        .check();
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("ada.jsonl");
    std::fs::write(&log, "").unwrap();
    let results = zclab(&["export", "results", "--format", "json"]);
    Section::of("zclab export results --format json")
        .print({ results }.arg(log))
        .check();
    let session = dir.path().join("session.jsonl");
    std::fs::write(&session, include_str!("results/session.jsonl")).unwrap();
    let report = zclab(&["class", "report", "--json"]);
    Section::of("zclab class report --json")
        .print({ report }.arg(session))
        .check();
}

#[test]
fn compare() {
    let two = ["compare", "read-write", "sendfile", "--size", "64KiB"];
    let two = [&two[..], &["--runs", "1", "--json"]].concat();
    let claim = [
        "compare",
        "--claim",
        "dev-null-trap",
        "--runs",
        "1",
        "--json",
    ];
    Section::of("zclab compare --json")
        .print(&mut zclab(&two))
        .print(&mut refusing(PTRACE, zclab(&two)))
        .print(&mut zclab(&claim))
        .check();
    let cost = [
        "compare",
        "--claim",
        "cost-of-watching",
        "--runs",
        "1",
        "--json",
    ];
    Section::of("zclab compare --claim cost-of-watching --json")
        .print(&mut zclab(&cost))
        .print(&mut refusing(PTRACE, zclab(&cost)))
        .check();
}

#[test]
fn trace() {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("from"), dir.path().join("to"));
    let numbers: Vec<u8> = (0..25_000u32).flat_map(u32::to_le_bytes).collect();
    std::fs::write(&from, numbers).unwrap();
    let document = dir.path().join("document");
    let traced = |command: &[&Path]| {
        let mut trace = zclab(&["trace", "--json", "-o"]);
        trace.arg(&document).arg("--").args(command);
        let output = trace.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        match said.contains("ptrace is refused") {
            true => Err(said),
            false => Ok(()),
        }
    };
    let mut section = Section::of("zclab trace --json");
    let killed = [Path::new("sh"), Path::new("-c"), Path::new("kill -KILL $$")];
    let script = "
import os, sys
a, b = os.open(sys.argv[1], os.O_RDONLY), os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND)
try: os.sendfile(b, a, 0, 100)
except OSError: os.write(b, os.read(a, 100))
";
    if let Err(error) = Command::new("python3").arg("-V").output() {
        return skip("python3", error);
    }
    let unheard = "
import socket
server = socket.create_server(('127.0.0.1', 0))
client = socket.create_connection(server.getsockname())
client.send(b'x', 0x4000000)
";
    let unheard = ["python3", "-c", unheard].map(Path::new);
    let refused = ["python3", "-c", script].map(Path::new);
    let refused = [&refused[..], &[&from, &to]].concat();
    // A program that changes what it has lent to a pipe: by a read, and by a store.
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/hazards/vmsplice.c");
    let lender = dir.path().join("lender");
    let compiled = Command::new("cc")
        .args(["-w", "-o"])
        .arg(&lender)
        .arg(source)
        .output();
    if !compiled.is_ok_and(|output| output.status.success()) {
        return skip("cc", "hazards cannot be shown");
    }
    let lends = |how: &'static str| [lender.as_path(), Path::new(how), from.as_path()];
    let commands = [
        &[Path::new("cp"), &from, &to][..],
        &killed,
        &lends("early"),
        &lends("store"),
        &refused,
        &unheard,
    ];
    for command in commands {
        if let Err(refused) = traced(command) {
            return skip("ptrace", refused);
        }
        section = section.print(Command::new("cat").arg(&document));
    }
    section.check();
}
