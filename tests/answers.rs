//! Golden answers: what `zclab run`, `trace` and `prove` say of every method, sink and test program, held as it is.
//!
//! The files of `tests/golden/answers` keep what is the same in every run: no times, no residency, no counts of calls that
//! depend on how fast a reader is. `UPDATE_GOLDEN=1 cargo test --test answers` writes them anew.

use std::{collections::BTreeMap, env, fs, process::Command};

use serde_json::{Value, json};
use zclab::model::{Method, Sink, Start};

#[path = "trace/desk.rs"]
mod desk;
mod require;
#[path = "trace/tracees.rs"]
mod tracees;

use desk::{Desk, MIB, ZCLAB, said};
use require::skip;

/// The file system on which the answers were recorded: others share blocks, or know no O_DIRECT.
const FILE_SYSTEM: &str = "ext4";
/// Not a multiple of the chunk, which is 64 KiB.
const UNEVEN: &str = "300001";

/// The other side of tests here: does what the variable says, where it is set.
#[test]
fn tracee() {
    if let Ok(name) = env::var(tracees::NAME) {
        tracees::run(&name);
    }
}

/// Answers by the command that gives them; none where this machine cannot give it.
type Answers = BTreeMap<String, Option<String>>;

/// Compares with the golden file, or writes it.
fn hold(file: &str, answers: &Answers) {
    let path = format!("{}/tests/golden/answers/{file}", env!("CARGO_MANIFEST_DIR"));
    if env::var_os("UPDATE_GOLDEN").is_some() {
        let blocks = answers.iter().map(|(command, answer)| {
            let answer = answer.as_ref();
            let answer = answer.unwrap_or_else(|| panic!("{command}: not available here"));
            format!("$ {command}\n{answer}\n")
        });
        return fs::write(path, blocks.collect::<String>()).unwrap();
    }
    let golden = fs::read_to_string(path).unwrap_or_default();
    let golden: BTreeMap<_, _> = golden
        .split("$ ")
        .filter_map(|block| block.split_once('\n'))
        .map(|(command, answer)| (command, answer.trim_end()))
        .collect();
    let mut faults = String::new();
    for (command, answer) in answers {
        let expected = golden.get(command.as_str());
        let Some(answer) = answer.as_ref().map(|answer| answer.trim_end()) else {
            continue;
        };
        if Some(&answer) != expected {
            let expected = expected.unwrap_or(&"nothing: a new command?");
            faults += &format!("$ {command}\n{}", difference(expected, answer));
        }
    }
    for command in golden.keys().filter(|name| !answers.contains_key(**name)) {
        faults += &format!("$ {command}\nis not asked any more\n\n");
    }
    assert!(
        faults.is_empty(),
        "{file} (UPDATE_GOLDEN=1 blesses it):\n{faults}"
    );
}

/// The lines that one text has and the other has not; all of both where they differ in their order.
fn difference(expected: &str, answer: &str) -> String {
    let only = |text: &str, other: &str, mark: char| -> String {
        let lines = text
            .lines()
            .filter(|line| !other.lines().any(|own| own == *line));
        lines.map(|line| format!("{mark} {line}\n")).collect()
    };
    let difference = only(expected, answer, '-') + &only(answer, expected, '+');
    match difference.is_empty() {
        true => format!("in another order:\n{answer}\n"),
        false => difference,
    }
}

/// A document on one line, and the hops of its copy path on a line each.
fn lines(mut document: Value) -> String {
    let path = document.as_object_mut().unwrap().remove("copy_path");
    let path = path.unwrap_or_default();
    let hops = path.as_array().into_iter().flatten().map(|hop| {
        let mut hop = hop.clone();
        let mut words = ["from", "to", "how", "bytes", "basis", "side"].map(|key| {
            let word = hop.as_object_mut().unwrap().remove(key);
            word.unwrap().to_string().replace('"', "")
        });
        words[0] += " >";
        format!("\n    {} {hop}", words.join(" "))
    });
    document.to_string() + &hops.collect::<String>()
}

fn remove(document: &mut Value, keys: &[&str]) {
    if let Some(object) = document.as_object_mut() {
        object.retain(|key, _| !keys.contains(&key.as_str()));
    }
}

/// Counts by name, as the names alone; whether a program waits for the kernel's reports depends on who is faster.
fn names_alone(counts: &mut Value) {
    if let Some(object) = counts.as_object() {
        let names = object.keys().filter(|name| *name != "poll");
        *counts = names.cloned().collect();
    }
}

/// Says why a command has no answer here.
fn is_unavailable(command: &str, document: &Value) -> bool {
    let Some(cause) = document["unavailable"].get(0) else {
        return false;
    };
    let instrument = cause["instrument"].as_str().unwrap();
    skip(instrument, format!("{command}: {}", cause["reason"]));
    true
}

/// Whether blocks on the disk or O_DIRECT have a part in it.
fn depends_on_file_system(method: Method, to: Sink) -> bool {
    to == Sink::File || method.bypasses_cache()
}

/// Whether each call moves what it is asked to, however fast the reader is.
fn has_exact_calls(method: Method, to: Sink) -> bool {
    use Method::*;
    let exact = [
        ReadWrite,
        MmapWrite,
        Sendfile,
        CopyFileRange,
        UringFixed,
        SharedMemory,
    ];
    exact.contains(&method) && to != Sink::Pipe
}

#[test]
fn every_run_says_what_it_said() {
    let dir = tempfile::tempdir_in(store_dir()).unwrap();
    let mut answers = Answers::new();
    for method in methods() {
        for to in Sink::ALL {
            let sizes = [&["--size", "0"][..], &["--size", UNEVEN]];
            let asked = if method.sinks().contains(&to) { 2 } else { 1 };
            for size in &sizes[..asked] {
                run(&mut answers, &dir, method, to, size);
            }
        }
        if method.start() == Start::File {
            let to = method.sinks()[0];
            run(
                &mut answers,
                &dir,
                method,
                to,
                &["--size", UNEVEN, "--cold"],
            );
        }
    }
    hold("run.txt", &answers);
}

/// All but those that need kernel TLS: what such a machine answers could not be held on the others.
fn methods() -> impl Iterator<Item = Method> {
    let all = Method::ALL.into_iter();
    all.filter(|method| !method.encrypts())
}

/// Where files are on a disk: /tmp is a tmpfs on many machines.
fn store_dir() -> String {
    env!("CARGO_TARGET_TMPDIR").to_owned()
}

fn run(answers: &mut Answers, dir: &tempfile::TempDir, method: Method, to: Sink, more: &[&str]) {
    let mut arguments = vec!["run", method.name(), "--to", to.name()];
    arguments.extend(more);
    let command = format!("zclab {}", arguments.join(" "));
    let output = Command::new(ZCLAB)
        .args(&arguments)
        .arg("--json")
        .arg("--dir")
        .arg(dir.path())
        .output()
        .unwrap();
    if !method.sinks().contains(&to) {
        let text = said(&output);
        answers.insert(command, text.lines().next().map(str::to_owned));
        return;
    }
    if !output.status.success()
        && let Some(refused) = zclab::experiment::refusal(method)
    {
        skip(&refused.instrument, said(&output));
        answers.insert(command, None);
        return;
    }
    assert!(output.status.success(), "{command}: {}", said(&output));
    let mut document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let file_system = document["file_system"].as_str().unwrap().to_owned();
    let other = file_system != FILE_SYSTEM && depends_on_file_system(method, to);
    if other {
        skip(FILE_SYSTEM, format!("{command}: this is {file_system}"));
    }
    if other || is_unavailable(&command, &document) {
        answers.insert(command, None);
        return;
    }
    remove(
        &mut document,
        &["measured", "residency", "file_system", "pipe_size"],
    );
    remove(&mut document["traced"], &["wall_ns"]);
    if !has_exact_calls(method, to) {
        remove(&mut document["traced"], &["syscalls", "mode_switches"]);
        names_alone(&mut document["traced"]["calls_by_name"]);
        names_alone(&mut document["traced"]["requests_by_name"]);
        if let Some(reports) = document.get_mut("kernel_reports") {
            *reports = json!({ "all copied": reports["copied"] == reports["completions"] });
        }
    }
    answers.insert(command, Some(lines(document)));
}

#[test]
fn every_proof_says_what_it_said() {
    let dir = tempfile::tempdir_in(store_dir()).unwrap();
    let output = Command::new(ZCLAB)
        .args(["prove", "--json", "--dir"])
        .arg(dir.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let file_system = document["filesystem"].as_str().unwrap();
    let mut answers = Answers::new();
    for row in document["results"].as_array().unwrap() {
        let method: Method = row["method"].as_str().unwrap().parse().unwrap();
        let to: Sink = row["to"].as_str().unwrap().parse().unwrap();
        let command = format!("zclab prove {method} --to {to}");
        let other = file_system != FILE_SYSTEM && depends_on_file_system(method, to);
        if other {
            skip(FILE_SYSTEM, format!("{command}: this is {file_system}"));
        }
        let refusal = zclab::experiment::refusal(method);
        if method.encrypts() {
            continue;
        }
        let refused = refusal.is_some() && row["verdict"] == "unavailable";
        if let Some(refusal) = refusal {
            skip(&refusal.instrument, format!("{command}: {}", row["reason"]));
        }
        let answer = (!other && !refused).then(|| row.to_string());
        answers.insert(command, answer);
    }
    hold("prove.txt", &answers);
}

/// Programs whose copy paths are told.
const PROGRAMS: &[&[&str]] = &[
    &["cp", "a", "b"],
    &["sh", "-c", "cat a | cat > b"],
    &["sh", "-c", "cat < a > b"],
    &["dd", "if=a", "of=b", "bs=64k", "status=none"],
    &["dd", "if=a", "of=b", "bs=3000", "status=none"],
    &["dd", "if=a", "of=b", "bs=4k", "count=0", "status=none"],
    &[
        "sh",
        "-c",
        "dd if=a bs=8k status=none | dd of=b bs=8k iflag=fullblock status=none",
    ],
    &[
        "sh",
        "-c",
        "while read -r word; do echo \"$word\"; done < words > b",
    ],
    &["false"],
];
const TRACEES: &[&str] = &[
    "ring", "received", "relayed", "fetched", "nameless", "narrow",
];

#[test]
fn every_trace_says_what_it_said() {
    let mut answers = Answers::new();
    for program in PROGRAMS {
        let command = format!("zclab trace -- {}", program.join(" "));
        let is_exact = !command.contains('|');
        let answer = trace(&command, is_exact, &|_| {}, program);
        answers.insert(command, answer);
    }
    let own = env::current_exe().unwrap();
    let own = own.to_str().unwrap();
    let own = [own, "--exact", "tracee", "--nocapture", "--test-threads=1"];
    for name in TRACEES {
        let command = format!("zclab trace -- {name} tracee");
        if *name == "narrow" && cfg!(not(target_arch = "x86_64")) {
            skip("x86-64", &command);
            answers.insert(command, None);
            continue;
        }
        let set = |command: &mut Command| {
            command.env(tracees::NAME, name);
        };
        let answer = trace(&command, *name != "relayed", &set, &own);
        answers.insert(command, answer);
    }
    for method in methods() {
        for to in method.sinks() {
            let (name, to_name) = (method.name(), to.name());
            let program = [
                "__transfer",
                name,
                "--to",
                to_name,
                "--size",
                UNEVEN,
                "--dir",
                ".",
            ];
            let command = format!("zclab trace -- zclab {}", program.join(" "));
            let answer = trace(&command, false, &|_| {}, &[&[ZCLAB], &program[..]].concat());
            answers.insert(command, answer);
        }
    }
    hold("trace.txt", &answers);
}

/// What is said of the flows from and to files of the test's directory and sockets, as JSON. `is_exact`:
/// how the bytes are cut into calls is the program's own doing.
fn trace(
    name: &str,
    is_exact: bool,
    set: &dyn Fn(&mut Command),
    program: &[&str],
) -> Option<String> {
    let desk = Desk::within(tempfile::tempdir_in(store_dir()).unwrap(), MIB);
    fs::write(desk.path("words"), "one\ntwo\nthree\n".repeat(100)).unwrap();
    let mut command = desk.command(&[], program);
    set(&mut command);
    let output = command.output().unwrap();
    if output.status.code() == Some(125) {
        skip("ptrace", format!("{name}: {}", said(&output)));
        return None;
    }
    let seen = desk.seen(output);
    let printed = String::from_utf8_lossy(&seen.output.stdout).into_owned() + &said(&seen.output);
    if let Some(why) = printed.lines().find(|line| line.contains("refused")) {
        let why = why.split_once(tracees::REFUSED).map_or(why, |(_, why)| why);
        let need = ["io_uring", "io-uring", "32-bit", "pidfd_getfd"];
        let need = need.iter().find(|need| why.contains(**need));
        skip(
            &need.unwrap_or(&"tracee").replace('_', "-"),
            format!("{name}: {why}"),
        );
        return None;
    }
    let mut document = seen.json;
    let by_loop = document["calls_by_name"].get("copy_file_range").is_none();
    if program[0] == "cp" && by_loop {
        skip(
            "copy_file_range",
            "this cp, or this file system, does without",
        );
        return None;
    }
    let volatile = [
        "command",
        "syscalls",
        "mode_switches",
        "calls_by_name",
        "storage",
    ];
    remove(&mut document, &volatile);
    if name.ends_with(" tracee") {
        remove(&mut document, &["threads"]); // the harness has some of its own
    }
    let flows = document["flows"].as_array_mut().unwrap();
    flows.retain(|flow| is_ours(&desk, flow));
    for flow in flows.iter_mut().filter(|_| !is_exact) {
        remove(flow, &["calls", "advice"]);
        names_alone(&mut flow["calls_by_name"]);
    }
    let flows = document.as_object_mut().unwrap().remove("flows").unwrap();
    let clear = |text: String| anonymous(&text.replace(&desk.path(""), "DIR/"));
    let flows = flows.as_array().unwrap().iter().cloned();
    // Flows of as many bytes stand by name, which may be a number that the kernel gave.
    let flows = sorted(flows.map(|flow| clear(format!("\n  {}", lines(flow)))));
    Some(clear(lines(document)) + &flows)
}

fn sorted(texts: impl Iterator<Item = String>) -> String {
    let mut texts: Vec<_> = texts.collect();
    texts.sort();
    texts.concat()
}

/// A flow of the program itself, not of its loader or of what the harness prints.
fn is_ours(desk: &Desk, flow: &Value) -> bool {
    let directory = desk.path("");
    let is = |end: &Value, prefixes: &[&str]| {
        let name = end["name"].as_str().unwrap();
        prefixes.iter().any(|prefix| name.starts_with(prefix))
    };
    let ends = [&flow["from"], &flow["to"]];
    let ours = |end: &Value| end["kind"] == "tcp" || is(end, &[&directory, "/memfd:"]);
    ends.iter().any(|end| ours(end)) && ends.iter().all(|end| ours(end) || end["kind"] != "file")
}

/// Without the numbers that the kernel gives to ports, pipes and files.
fn anonymous(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    let next = |rest: &str| {
        let marks = ["127.0.0.1:", "pipe:[", "DIR/#"].iter();
        marks
            .filter_map(|mark| Some(rest.find(mark)? + mark.len()))
            .min()
    };
    while let Some(start) = next(rest) {
        out += &rest[..start];
        out.push('N');
        rest = rest[start..].trim_start_matches(|c: char| c.is_ascii_digit());
    }
    out + rest
}
