//! Copies counted by the kernel's own functions, beside what the rule says: where this machine allows it, that the two agree;
//! elsewhere, and for a user who may not, that the reason is said and everything else goes on.

use std::{
    os::unix::process::CommandExt,
    process::{Command, Output},
};

use serde_json::Value;

mod require;

const ZCLAB: &str = env!("CARGO_BIN_EXE_zclab");

fn json(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text).unwrap_or_else(|error| {
        panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr))
    })
}

fn run(command: &mut Command) -> Value {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    json(&output)
}

/// Why this machine counts nothing; none where it does.
fn refusal() -> Option<String> {
    let doctor = run(Command::new(ZCLAB).args(["doctor", "--json"]));
    let instruments = doctor["instruments"].as_array().unwrap();
    let found = instruments
        .iter()
        .find(|it| it["name"] == "kernel-copies")
        .expect("doctor names the instrument");
    assert_eq!(found["available"] == true, found["reason"].is_null());
    found["reason"].as_str().map(str::to_owned)
}

/// What a run says of its count.
fn reason_of(run: &Value) -> Option<&str> {
    let unavailable = run["unavailable"].as_array()?;
    let found = unavailable
        .iter()
        .find(|it| it["instrument"] == "kernel-copies")?;
    found["reason"].as_str()
}

#[test]
fn where_it_is_allowed_the_kernel_counts_what_the_rule_says() {
    if let Some(reason) = refusal() {
        return require::skip("kernel-copies", reason);
    }
    for (method, to) in [
        ("read-write", "tcp"),
        ("mmap-write", "unix"),
        ("sendfile", "tcp"),
        ("sendfile", "file"),
        ("splice", "pipe"),
        ("send-zerocopy", "tcp"),
    ] {
        let found =
            run(Command::new(ZCLAB).args(["run", method, "--to", to, "--count-copies", "--json"]));
        let counted = &found["counted"];
        assert_eq!(counted["agrees"], true, "{method} to {to}: {found:#}");
        assert_documented(counted, &["rule_copied_bytes", "mapped_bytes"]);
        let functions = counted["by_function"].as_object().unwrap();
        assert!(!functions.is_empty(), "{method} to {to}: {found:#}");
    }
    let proofs = run(Command::new(ZCLAB).args([
        "prove",
        "sendfile",
        "--to",
        "tcp",
        "--count-copies",
        "--json",
    ]));
    let counted = &proofs["results"][0]["counted"];
    assert!(
        counted["cpu_copied_bytes"].as_u64().unwrap() < 65536 / 2,
        "{proofs:#}"
    );
    assert!(
        counted["reference_bytes"].as_u64().unwrap() >= 65536,
        "{proofs:#}"
    );
}

#[test]
fn where_it_is_refused_the_reason_is_said_and_the_run_goes_on() {
    let Some(reason) = refusal() else {
        return require::skip("a refusal", "the kernel's copies can be counted here");
    };
    let found = run(Command::new(ZCLAB).args(["run", "sendfile", "--count-copies", "--json"]));
    assert!(
        found.get("counted").is_some_and(Value::is_null),
        "{found:#}"
    );
    assert_eq!(reason_of(&found), Some(&*reason), "{found:#}");
    assert_eq!(found["bytes_moved"], 1 << 20);

    let dir = tempfile::tempdir().unwrap();
    let report = dir.path().join("report.json");
    let traced = Command::new(ZCLAB)
        .args(["trace", "--count-copies", "--json", "-o"])
        .arg(&report)
        .args(["--", "true"])
        .status()
        .unwrap();
    assert!(traced.success());
    let traced: Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    assert!(
        traced.get("counted").is_some_and(Value::is_null),
        "{traced:#}"
    );
    let notes = traced["notes"].as_array().unwrap();
    let is_reason = |note: &Value| note.as_str().unwrap().contains(&reason);
    assert!(notes.iter().any(is_reason), "{notes:?}");
}

/// The keys of the section are those that are printed; by_function's and peer's own are not listed.
fn assert_documented(counted: &Value, only_elsewhere: &[&str]) {
    let text = include_str!("../docs/json.md");
    let section = text.split("\n## Counted copies\n").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `counted."));
    let documented = rows.map(|row| row.split('`').next().unwrap().trim_end_matches(".*"));
    let mut documented: Vec<_> = documented
        .filter(|key| !only_elsewhere.contains(key))
        .collect();
    documented.sort_unstable();
    let mut printed: Vec<_> = counted.as_object().unwrap().keys().collect();
    printed.sort_unstable();
    assert_eq!(printed, documented);
}

#[test]
fn nobody_is_told_of_a_count_that_was_not_asked_for() {
    let found = run(Command::new(ZCLAB).args(["run", "sendfile", "--json"]));
    assert!(found.get("counted").is_none(), "{found:#}");
    assert_eq!(reason_of(&found), None);
}

#[test]
fn a_user_without_the_capabilities_reads_which_are_missing() {
    let dir = tempfile::tempdir().unwrap();
    std::os::unix::fs::chown(dir.path(), Some(65534), Some(65534)).unwrap_or_default();
    let mut command = Command::new(ZCLAB);
    command
        .args(["run", "sendfile", "--count-copies", "--json"])
        .env("XDG_CACHE_HOME", dir.path())
        .env("XDG_STATE_HOME", dir.path());
    if nix::unistd::geteuid().is_root() {
        command.uid(65534).gid(65534);
        if !Command::new(ZCLAB)
            .arg("--version")
            .uid(65534)
            .status()
            .is_ok_and(|it| it.success())
        {
            return require::skip("root", "another user may not run the program from here");
        }
    }
    let found = run(&mut command);
    let reason = reason_of(&found).unwrap_or_else(|| panic!("{found:#}"));
    if cfg!(target_arch = "x86_64") {
        assert_eq!(
            reason,
            "this process lacks CAP_BPF and CAP_PERFMON (root has it)"
        );
    }
}
