//! ptrace refused: every experiment plays a shipped recording, marked as such, and the cause has a name.

mod refusal;
mod require;
mod terminal;

use require::skip;

use std::process::Command;

use refusal::refusing;
use terminal::{Terminal, ZCLAB, zclab};

/// Lessons whose first experiment is a transfer.
const LESSONS: [&str; 4] = ["mode-switches", "classic-path", "mmap", "sendfile"];

/// How many lessons come before this one.
fn place(id: &str) -> usize {
    zclab::embedded::lessons()
        .iter()
        .position(|(file, _)| file.ends_with(&format!("-{id}.md")))
        .unwrap()
}

#[test]
fn every_lesson_plays_what_was_recorded_elsewhere_and_says_so() {
    for lesson in LESSONS {
        let mut terminal = Terminal::start(refusing(libc::SYS_ptrace, zclab(&[])));
        terminal.wait_for("Modules");
        for _ in 0..place(lesson) {
            terminal.send("j");
        }
        terminal.send("\r");
        terminal.turn_to("Before it runs");
        terminal.send("7\r");
        terminal.wait_for("You said 7");
        terminal.until("mark", |screen| {
            let shown: String = screen.contents().split_whitespace().collect();
            shown.contains("RecordedonLinux")
                && shown.contains("notonthismachine")
                && shown.contains("seccomp")
        });
        terminal.send(" ");
        terminal.until("mark in the player", |screen| {
            screen.contents().contains("not on this machine")
        });
        terminal.send("q");
        assert_eq!(terminal.ended().code(), Some(0));
        terminal.is_deserted();
    }
}

/// In the lab, a recording of another transfer is played under its own size and cache, and says that it stands in.
#[test]
fn the_lab_names_the_recording_that_stands_in_for_another_transfer() {
    let mut terminal = Terminal::start(refusing(libc::SYS_ptrace, zclab(&[])));
    terminal.wait_for("Modules");
    // 16 MiB, cold, of the usual transfer.
    terminal.send("mzwr");
    terminal.until("the result", |screen| {
        let shown = words(&screen.contents());
        shown.contains("16 MiB, 64 KiB chunks, to tcp, cold")
            && shown.contains("No recording of this very transfer is shipped.")
            && shown.contains("Played instead: 1 MiB, 64 KiB chunks, cold.")
    });
    terminal.send(" ");
    terminal.wait_for("not on this machine: 1 MiB, cold");
    terminal.send("q");
    assert_eq!(terminal.ended().code(), Some(0));
}

/// The left half of a screen of 120 columns, as words.
fn words(screen: &str) -> String {
    let left = screen
        .lines()
        .map(|line| line.chars().take(58).collect::<String>());
    let words: Vec<String> = left
        .flat_map(|line| {
            line.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect();
    words.join(" ")
}

/// A command shows what this machine could do, and never a recording of another one as its own.
#[test]
fn run_without_ptrace_reports_the_transfer_that_was_asked_for_and_no_calls() {
    let args = ["run", "read-write", "--cold", "--size", "16MiB"];
    let json = refusing(libc::SYS_ptrace, zclab(&[&args[..], &["--json"]].concat()));
    let text = refusing(libc::SYS_ptrace, zclab(&args));
    for (mut command, is_json) in [(json, true), (text, false)] {
        let out = command.output().unwrap();
        assert!(out.status.success(), "{out:?}");
        let error = String::from_utf8(out.stderr).unwrap();
        assert!(error.contains("not available: ptrace: "), "{error}");
        let shown = String::from_utf8(out.stdout).unwrap();
        if !is_json {
            let shown = shown.replace('\u{a0}', " ");
            assert!(
                shown.starts_with("read-write to tcp: 16 MiB in chunks of 64 KiB, source cold")
            );
            assert!(!shown.contains("Recorded on") && !shown.contains("system calls"));
            continue;
        }
        let run: serde_json::Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(
            (&run["size"], &run["cache"]),
            (&(16 << 20).into(), &"cold".into())
        );
        for absent in ["traced", "cpu_copied_bytes", "cpu_copies_per_byte"] {
            assert_eq!(run[absent], serde_json::Value::Null, "{absent}");
        }
        assert!(run["measured"]["wall_ns"].as_u64() > Some(0), "{run}");
    }
}

/// A lesson about the page faults of a cold mapping: one question that a run marks, one prediction.
const COLD_MAPPING: &str = r#"+++
title = "Faults"
minutes = 1
objectives = []
+++

# One

```quiz
id = "asked"
kind = "number"
text = "How many major faults?"
explain = "Those that wait for a disk."
run = { method = "mmap-write", to = "tcp", size = "1MiB", chunk = "64KiB", cache = "cold" }
query = "major_faults"
unit = "major faults"
otherwise = { misconception = "M.", feedback = "Look at the disk." }
```

---

# Two

```lab
id = "run"
method = "mmap-write"
to = "tcp"
size = "1MiB"
chunk = "64KiB"
cache = "cold"
```

```predict
id = "predicted"
text = "Before it runs: how many major faults?"
query = "major_faults"
unit = "major faults"
scale = [0, 300]
explain = "Those that wait for a disk."
wrong = [ { answer = 256, misconception = "M.", feedback = "Not each page." } ]
```
"#;

/// Counters are this machine's own also where its calls are another's. Files in memory have no major faults; the shipped
/// recording, made on a disk, has one.
#[test]
fn a_question_about_a_counter_is_marked_by_this_machines_own_run() {
    let cache = match tempfile::tempdir_in("/dev/shm") {
        Ok(dir) => dir,
        Err(error) => return skip("/dev/shm", error.to_string()),
    };
    let lessons = tempfile::tempdir().unwrap();
    std::fs::write(lessons.path().join("01-faults.md"), COLD_MAPPING).unwrap();
    let on_tmpfs = |command: &str| {
        let mut command = zclab(&[command, "--lessons", lessons.path().to_str().unwrap()]);
        command.env("XDG_CACHE_HOME", cache.path());
        refusing(libc::SYS_ptrace, command)
    };
    let mut quiz = on_tmpfs("quiz");
    let (input, mut typed) = std::io::pipe().unwrap();
    std::io::Write::write_all(&mut typed, b"0\n").unwrap();
    drop(typed);
    let out = quiz.env("XDG_STATE_HOME", lessons.path()).stdin(input);
    let said = String::from_utf8(out.output().unwrap().stdout).unwrap();
    assert!(said.contains("the calls are those of a recording of Linux"));
    assert!(said.contains("1 of 1 right."), "{said}");

    let mut terminal = Terminal::start(on_tmpfs("learn"));
    terminal.wait_for("Faults");
    terminal.send("\r");
    terminal.turn_to("Before it runs");
    terminal.send("0\r");
    terminal.wait_for("You said 0");
    terminal.send("\x1b[F");
    terminal.until("the verdict", |screen| {
        words(&screen.contents()).contains("You said 0 measured 0 ✓")
    });
    terminal.send("q");
    assert_eq!(terminal.ended().code(), Some(0));
}

/// Where ptrace is refused, no lesson plays another transfer than its own, nor marks an answer from one.
#[test]
fn every_transfer_of_a_lesson_is_shipped_as_a_recording() {
    let figures = zclab::embedded::figures();
    let (course, _) = zclab::course::Catalogue::parse(&zclab::embedded::lessons(), &figures);
    let labs = course.lessons().iter().flat_map(|lesson| lesson.labs());
    let mut specs: Vec<_> = labs.map(|lab| lab.spec.clone()).collect();
    for (_, question) in course.questions() {
        specs.extend(question.kind.run().map(|(spec, _)| spec.clone()));
    }
    for spec in specs {
        assert!(zclab::store::shipped::exact(&spec).is_some(), "{spec:?}");
    }
}

/// What `zclab doctor --json` says of ptrace.
fn doctor(mut command: Command) -> serde_json::Value {
    let out = command.output().unwrap();
    assert!(out.status.success(), "{out:?}");
    let findings: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let instruments = findings["instruments"].as_array().unwrap();
    let ptrace = instruments.iter().find(|found| found["name"] == "ptrace");
    ptrace.unwrap().clone()
}

#[test]
fn doctor_names_the_filter() {
    let ptrace = doctor(refusing(libc::SYS_ptrace, zclab(&["doctor", "--json"])));
    assert_eq!(ptrace["available"], false);
    assert!(
        ptrace["reason"]
            .as_str()
            .unwrap()
            .contains("seccomp filter"),
        "{ptrace}"
    );
}

#[test]
fn doctor_names_the_tracer() {
    let mut traced = Command::new("strace");
    traced.args(["-f", "-o", "/dev/null", ZCLAB, "doctor", "--json"]);
    if Command::new("strace").arg("-V").output().is_err() {
        return skip("strace", "not installed");
    }
    let ptrace = doctor(traced);
    assert_eq!(ptrace["available"], false);
    assert!(
        ptrace["reason"]
            .as_str()
            .unwrap()
            .contains("traced already"),
        "{ptrace}"
    );
}

#[test]
fn without_io_uring_its_methods_name_the_cause_and_the_others_work() {
    let dir = tempfile::tempdir().unwrap();
    let refused = |args: &[&str]| {
        let mut command = refusing(libc::SYS_io_uring_setup, zclab(args));
        command.args(["--dir".as_ref(), dir.path().as_os_str()]);
        command.output().unwrap()
    };
    for method in [
        "uring-fixed",
        "uring-send-zc",
        "uring-splice",
        "direct-send",
    ] {
        let out = refused(&["run", method, "--json"]);
        let error = String::from_utf8(out.stderr).unwrap();
        assert_eq!(out.status.code(), Some(1), "{method}: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(error.starts_with("zclab: "), "{error}");
        assert!(
            error.contains("io_uring") && error.contains("seccomp filter"),
            "{error}"
        );
        assert!(out.stdout.is_empty(), "{method}");
    }
    let out = refused(&["run", "sendfile", "--json"]);
    assert!(out.status.success(), "{out:?}");
    let doctor = refusing(libc::SYS_io_uring_setup, zclab(&["doctor", "--json"])).output();
    let findings: serde_json::Value = serde_json::from_slice(&doctor.unwrap().stdout).unwrap();
    let instruments = findings["instruments"].as_array().unwrap();
    let found = instruments.iter().find(|found| found["name"] == "io-uring");
    let reason = found.unwrap()["reason"].as_str().unwrap();
    assert!(reason.contains("seccomp filter"), "{reason}");
}

/// Kernel TLS: where it is missing doctor, `run` and the lab give one reason, and the lab plays what was recorded elsewhere.
#[test]
fn without_kernel_tls_its_method_names_the_cause_and_the_lab_plays_a_recording() {
    let out = zclab(&["doctor", "--json"]).output().unwrap();
    let findings: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let instruments = findings["instruments"].as_array().unwrap();
    let found = instruments.iter().find(|found| found["name"] == "ktls");
    let dir = tempfile::tempdir().unwrap();
    let mut run = zclab(&["run", "ktls-sendfile", "--json"]);
    let out = run.arg("--dir").arg(dir.path()).output().unwrap();
    let Some(reason) = found.unwrap()["reason"].as_str() else {
        return assert!(out.status.success(), "{out:?}");
    };
    assert!(reason.contains("TCP_ULP"), "{reason}");
    assert_eq!(out.status.code(), Some(1));
    let error = String::from_utf8(out.stderr).unwrap();
    assert!(error.contains(reason), "{error}");
    let mut terminal = Terminal::open();
    terminal.wait_for("Modules");
    terminal.send("m");
    terminal.wait_for("cache warm");
    // The last method stands before the first one.
    terminal.send("\x1b[D");
    terminal.wait_for("method ktls-sendfile");
    terminal.send("r");
    terminal.until("the reason", |screen| {
        let shown = words(&screen.contents());
        shown.contains("Calls recorded on Linux")
            && shown.contains(reason)
            && !shown.contains("ptrace")
    });
    terminal.send("q");
    assert_eq!(terminal.ended().code(), Some(0));
}
