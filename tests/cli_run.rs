//! `zclab run`, `doctor` and `completions` as a user meets them: figures, bad input, refused instruments.

mod refusal;
mod require;

use require::skip;

use std::{
    fs,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use nix::sys::resource::{Resource, setrlimit};
use serde_json::{Value, json};

const ZCLAB: &str = env!("CARGO_BIN_EXE_zclab");

fn zclab(args: &[&str]) -> Command {
    let mut command = Command::new(ZCLAB);
    command.args(args).stdin(Stdio::null());
    command.env("XDG_CACHE_HOME", cache());
    command
}

/// Whoever runs the tests may have no home that can be written, and may not be who built them.
fn cache() -> PathBuf {
    let user = nix::unistd::geteuid();
    std::env::temp_dir().join(format!("zclab-tests-{user}"))
}

fn errors(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

fn json_of(out: &Output) -> Value {
    assert!(out.status.success(), "{}", errors(out));
    serde_json::from_slice(&out.stdout).unwrap()
}

/// Exit code 1, `zclab: what failed: why`, at most one line of advice more.
fn fails(command: &mut Command, words: &[&str]) {
    let out = command.output().unwrap();
    let text = errors(&out);
    assert_eq!(out.status.code(), Some(1), "{command:?}: {text}");
    assert!(text.starts_with("zclab: "), "{text}");
    assert!((1..=2).contains(&text.lines().count()), "{text}");
    assert!(!text.contains("panicked"), "{text}");
    for word in words {
        assert!(text.contains(word), "'{word}' is not in: {text}");
    }
}

#[test]
fn the_file_system_is_that_of_the_file_whichever_end_it_is() {
    let of = |method: &str, to: &str| {
        let run = ["run", method, "--to", to, "--json"];
        json_of(&zclab(&run).output().unwrap())["file_system"].clone()
    };
    let expected = of("read-write", "tcp");
    for (method, to) in [
        ("recv-write", "file"),
        ("splice-receive", "file"),
        ("tcp-mmap-receive", "file"),
        ("sendfile", "file"),
    ] {
        assert_eq!(of(method, to), expected, "{method} to {to}");
    }
}

#[test]
fn the_json_document_has_the_promised_figures() {
    let run = json_of(&zclab(&["run", "sendfile", "--json"]).output().unwrap());
    let top = [
        ("method", json!("sendfile")),
        ("to", json!("tcp")),
        ("size", json!(1 << 20)),
        ("chunk", json!(65536)),
        ("bytes_moved", json!(1 << 20)),
        ("received", json!(1 << 20)),
        ("cache", json!("warm")),
    ];
    for (name, value) in top {
        assert_eq!(run[name], value, "{name}");
    }
    let whole = [
        "wall_ns",
        "cpu_ns",
        "voluntary_context_switches",
        "involuntary_context_switches",
    ];
    for name in whole.iter().chain(&["minor_faults", "major_faults"]) {
        assert!(run["measured"][name].is_u64(), "{name}: {run}");
    }
    for name in ["user_ns", "system_ns"] {
        assert!(run["measured"].get(name).is_some(), "{name}: {run}");
    }
    if run["traced"].is_null() {
        return skip("ptrace", &run["unavailable"]);
    }
    assert_eq!(run["verified"], true);
    assert_eq!(run["traced"]["syscalls"], 17);
    assert_eq!(run["traced"]["mode_switches"], 34);
    assert_eq!(run["traced"]["calls_by_name"], json!({ "sendfile": 17 }));
    assert!(run["traced"]["wall_ns"].is_u64());
    assert_eq!(run["cpu_copied_bytes"], 0);
    assert_eq!(run["cpu_copies_per_byte"], 0.0);
    let hops = run["copy_path"].as_array().unwrap();
    assert!(hops.iter().all(|hop| hop["side"].is_string()), "{run}");
    assert!(
        hops.iter().any(|hop| hop["from"] == "page-cache"
            && hop["to"] == "socket-queue"
            && hop["how"] == "reference"
            && hop["bytes"] == 1 << 20),
        "{run}"
    );
}

#[test]
fn people_get_two_groups_that_are_never_mixed() {
    let out = zclab(&["run", "mmap-write", "--to", "unix"])
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", errors(&out));
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(
        text.starts_with("mmap-write to unix: 1\u{a0}MiB in chunks of 64\u{a0}KiB"),
        "{text}"
    );
    let untraced = text.find("Untraced run").unwrap();
    let Some(traced) = text.find("Traced run") else {
        return skip("ptrace", errors(&out));
    };
    let place = |words: &str| {
        text.find(words)
            .unwrap_or_else(|| panic!("no {words}: {text}"))
    };
    for figure in ["CPU time", "context switches", "page faults"] {
        assert!(
            (untraced..traced).contains(&place(figure)),
            "{figure}: {text}"
        );
    }
    for figure in ["system calls", "mode switches  "] {
        assert!(place(figure) > traced, "{figure}: {text}");
    }
}

#[test]
fn usage_errors_are_exit_code_2() {
    for (args, words) in [
        (&["run"][..], "METHOD"),
        (&["run", "teleport"], "not a method"),
        (&["run", "sendfile", "--to", "floppy"], "not a sink"),
        (&["run", "sendfile", "--size", "12parsecs"], "not a size"),
        (&["run", "sendfile", "--chunk", "0"], "chunk of 0"),
        (&["run", "sendfile", "--size", "-1"], "-1"),
        (&["fly"], "fly"),
        (&["completions", "dos"], "dos"),
    ] {
        let out = zclab(args).output().unwrap();
        let text = errors(&out);
        assert_eq!(out.status.code(), Some(2), "{args:?}: {text}");
        assert!(text.contains(words), "'{words}' is not in: {text}");
        assert!(out.stdout.is_empty(), "{args:?}");
    }
}

#[test]
fn bad_files_and_directories_are_one_clear_line() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (file, missing, fifo, secret) = (path("file"), path("no"), path("fifo"), path("secret"));
    fs::write(&file, "12345").unwrap();
    nix::unistd::mkfifo(fifo.as_str(), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let send = |args: &[&str]| zclab(&[&["run", "sendfile"], args].concat());
    fails(
        &mut send(&["--file", &missing]),
        &[&missing, "No such file"],
    );
    fails(
        &mut send(&["--file", dir.path().to_str().unwrap()]),
        &["it is a directory"],
    );
    fails(&mut send(&["--file", &fifo]), &["not a regular file"]);
    fails(
        &mut send(&["--file", &file, "--size", "6"]),
        &["6 bytes", "it has 5"],
    );
    fails(&mut send(&["--dir", &missing]), &[&missing, "No such file"]);
    fails(&mut send(&["--dir", &file]), &[&file, "not a directory"]);
    fails(&mut send(&["--save", &format!("{missing}/x")]), &[&missing]);
    fails(
        &mut send(&["--size", "1048576TiB"]),
        &["not enough space", "needed", "free"],
    );
    fails(&mut zclab(&["replay", &missing]), &[]);
    fs::write(&secret, "x").unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
    match fs::read(&secret) {
        Ok(_) => skip("ordinary-user", "root may read every file"),
        Err(_) => fails(
            &mut send(&["--file", &secret]),
            &[&secret, "Permission denied"],
        ),
    }
}

/// The disk says no in the middle of the work: here by a limit on the size of files.
#[test]
fn a_file_that_cannot_grow_is_one_clear_line() {
    let mut command = zclab(&["run", "sendfile", "--size", "8MiB"]);
    // SAFETY: between fork and exec, one system call and no memory that another thread may hold locked.
    unsafe {
        command.pre_exec(|| Ok(setrlimit(Resource::RLIMIT_FSIZE, 1 << 20, 1 << 20)?));
    }
    fails(&mut command, &["cannot write 8", "too large"]);
}

#[test]
fn a_full_or_closed_output_is_no_panic() {
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    fails(
        zclab(&["doctor"]).stdout(full),
        &["standard output", "No space left"],
    );
    for args in [
        &["run", "sendfile"][..],
        &["doctor", "--json"],
        &["completions", "bash"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let out = zclab(args).stdout(writer).output().unwrap();
        assert_eq!(out.status.code(), Some(0), "{args:?}");
        assert_eq!(errors(&out), "", "{args:?}");
    }
}

#[test]
fn without_a_home_files_lie_elsewhere_and_it_is_said() {
    let mut command = zclab(&["run", "sendfile", "--json"]);
    command
        .env_remove("XDG_CACHE_HOME")
        .env("HOME", "/proc/no-home");
    let out = command.output().unwrap();
    let run = json_of(&out);
    assert_eq!(run["received"], 1 << 20);
    assert!(errors(&out).contains("/proc/no-home"), "{}", errors(&out));
    fails(command.env("TMPDIR", "/proc/nowhere"), &["/proc/nowhere"]);
}

#[test]
fn a_saved_recording_loads() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.jsonl");
    let args = [
        "run",
        "read-write",
        "--json",
        "--save",
        path.to_str().unwrap(),
    ];
    let run = json_of(&zclab(&args).output().unwrap());
    let recording = zclab::store::recording::load(&path).unwrap();
    let calls = recording
        .trace
        .as_ref()
        .map(|trace| trace.calls.len() as u64);
    assert_eq!(calls, run["traced"]["syscalls"].as_u64());
    assert_eq!(
        recording.measured.unwrap().cpu_ns,
        run["measured"]["cpu_ns"]
    );
}

/// Where ptrace is refused, the measured run stands alone, and the reason is said.
fn lacks_ptrace(out: &Output) -> String {
    let run = json_of(out);
    assert_eq!(run["bytes_moved"], 1 << 20);
    assert!(run["measured"]["wall_ns"].is_u64());
    for name in [
        "verified",
        "traced",
        "cpu_copied_bytes",
        "cpu_copies_per_byte",
    ] {
        assert_eq!(run.get(name), Some(&Value::Null), "{name}");
    }
    assert_eq!(run["copy_path"], json!([]));
    let missing = &run["unavailable"][0];
    assert_eq!(missing["instrument"], "ptrace");
    let reason = missing["reason"].as_str().unwrap().to_owned();
    assert!(errors(out).contains(&reason), "{}", errors(out));
    reason
}

#[test]
fn a_seccomp_filter_that_refuses_ptrace_is_named() {
    let out = refusing_ptrace(zclab(&["run", "sendfile", "--json"]))
        .output()
        .unwrap();
    let reason = lacks_ptrace(&out);
    assert!(reason.contains("seccomp"), "{reason}");

    let doctor = json_of(
        &refusing_ptrace(zclab(&["doctor", "--json"]))
            .output()
            .unwrap(),
    );
    let ptrace = &doctor["instruments"][0];
    assert_eq!(ptrace["name"], "ptrace");
    assert_eq!(ptrace["available"], false);
    assert!(
        ptrace["reason"].as_str().unwrap().contains("seccomp"),
        "{ptrace}"
    );
}

/// The command where ptrace(2) is answered with EPERM.
fn refusing_ptrace(command: Command) -> Command {
    refusal::refusing(libc::SYS_ptrace, command)
}

#[test]
fn nothing_is_traced_twice() {
    let under_strace = |args: &[&str]| {
        let mut command = Command::new("strace");
        command
            .args(["-f", "-o", "/dev/null", ZCLAB])
            .args(args)
            .stdin(Stdio::null());
        command.env("XDG_CACHE_HOME", cache());
        command.output()
    };
    match under_strace(&["--version"]) {
        Ok(out) if out.status.success() => {}
        failed => return skip("strace", format!("{failed:?}")),
    }
    let reason = lacks_ptrace(&under_strace(&["run", "sendfile", "--json"]).unwrap());
    assert!(reason.contains("traced"), "{reason}");
    let doctor = json_of(&under_strace(&["doctor", "--json"]).unwrap());
    let reason = doctor["instruments"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("traced already"), "{reason}");
}

#[test]
fn doctor_names_every_instrument_and_every_reason() {
    let doctor = json_of(&zclab(&["doctor", "--json"]).output().unwrap());
    let found = doctor["instruments"].as_array().unwrap();
    let names: Vec<_> = found
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    let promised = [
        "ptrace",
        "seccomp",
        "io-uring",
        "uring-send-zc",
        "send-zerocopy",
        "ktls",
        "cachestat",
        "memlock",
    ];
    assert_eq!(
        names,
        [&promised[..], &["perf", "o-direct", "kernel-copies"]].concat()
    );
    for one in found {
        assert_eq!(
            one["reason"].is_null(),
            one["available"].as_bool().unwrap(),
            "{one}"
        );
    }
    assert!(doctor["machine"]["cpus"].as_u64() > Some(0));
    assert!(
        doctor["machine"]["kernel"]
            .as_str()
            .unwrap()
            .starts_with("Linux ")
    );
    let text = zclab(&["doctor"]).output().unwrap();
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(names.iter().all(|name| text.contains(name)), "{text}");
}

#[test]
fn without_a_terminal_the_commands_that_need_none_are_named() {
    fails(&mut zclab(&[]), &["terminal", "run", "lessons", "doctor"]);
}

#[test]
fn every_command_explains_itself() {
    for command in [
        "learn",
        "run",
        "replay",
        "lessons",
        "check",
        "doctor",
        "completions",
    ] {
        let out = zclab(&[command, "--help"]).output().unwrap();
        assert!(out.status.success(), "{command}");
        let text = String::from_utf8(out.stdout).unwrap();
        assert!(text.contains("Usage: zclab"), "{command}: {text}");
        assert!(
            command == "learn" || text.contains("Examples:"),
            "{command}: {text}"
        );
    }
    let out = zclab(&["completions", "bash"]).output().unwrap();
    let script = String::from_utf8(out.stdout).unwrap();
    assert!(
        script.contains("doctor") && script.contains("--chunk"),
        "{script}"
    );
}
