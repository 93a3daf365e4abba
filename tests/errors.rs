//! Errors on purpose, for real: every row, on this kernel, as this user and as an ordinary one; nothing left behind.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
};

mod refusal;
mod require;

use require::skip;

use nix::unistd::geteuid;
use serde_json::Value;
use zclab::{
    endpoint,
    experiment::errors::{self, Setting},
};

const ZCLAB: &str = env!("CARGO_BIN_EXE_zclab");

/// One test counts the descriptors and children of this process: no other may have any meanwhile.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A directory on the file system of the build, which is seldom tmpfs.
fn directory() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

fn errors(args: &[&str], dir: &Path) -> Output {
    let mut command = Command::new(ZCLAB);
    command.arg("errors").args(args).arg("--dir").arg(dir);
    command.stdin(Stdio::null()).output().unwrap()
}

fn results(output: &Output) -> Vec<Value> {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    document["results"].as_array().unwrap().clone()
}

fn all_as_expected(results: &[Value]) {
    assert!(!results.is_empty());
    for result in results {
        let name = result["name"].as_str().unwrap();
        if let Some(reason) = result["reason"].as_str() {
            skip(name, reason);
            assert_eq!(result["seen"], "unavailable");
            assert!(result["matches"].is_null());
            continue;
        }
        assert_eq!(result["seen"], result["expected"], "{name}: {result:#}");
        assert_eq!(result["matches"], true, "{name}");
    }
}

#[test]
fn every_call_answers_as_expected() {
    let _alone = alone();
    let dir = directory();
    let results = results(&errors(&["--json"], dir.path()));
    all_as_expected(&results);
    for key in ["name", "call", "setup", "expected", "seen", "why"] {
        for result in &results {
            assert!(
                !result[key].as_str().unwrap().is_empty(),
                "{key}: {result:#}"
            );
        }
    }
    assert_eq!(
        fs::read_dir(dir.path()).unwrap().count(),
        0,
        "a file was left behind"
    );
}

#[test]
fn every_known_error_is_among_them() {
    let wanted: BTreeSet<&str> = [
        "sendfile-from-socket",
        "sendfile-from-pipe",
        "sendfile-from-pipe-at-offset",
        "sendfile-from-directory",
        "sendfile-from-memfd",
        "sendfile-from-dev-zero",
        "sendfile-from-proc",
        "sendfile-3gib",
        "splice-without-pipe",
        "splice-pipe-at-offset",
        "splice-empty-pipe-nonblock",
        "vmsplice-to-file",
        "sendfile-to-append",
        "splice-to-append",
        "copy-file-range-to-append",
        "copy-file-range-across-file-systems",
        "sendfile-nonblocking-socket",
        "sendfile-peer-closed",
        "sendfile-peer-closed-unread",
        "so-zerocopy-unix",
        "msg-zerocopy-not-allowed",
        "short-writes-dropped",
        "short-writes-resumed",
        "write-truncated-mapping",
        "touch-truncated-mapping",
        "truncate-under-sendfile",
        "register-beyond-memlock",
        "zerocopy-beyond-memlock",
    ]
    .into();
    let found: BTreeSet<&str> = errors::all().map(|experiment| experiment.name).collect();
    let missing: Vec<_> = wanted.difference(&found).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn an_ordinary_user_sees_the_same() {
    let _alone = alone();
    if !geteuid().is_root() {
        return skip("root", "this user is an ordinary one already");
    }
    let dir = tempfile::tempdir().unwrap();
    let open = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode));
    open(dir.path(), 0o777).unwrap();
    let program = dir.path().join("zclab");
    fs::copy(ZCLAB, &program).unwrap();
    open(&program, 0o755).unwrap();
    let mut command = Command::new(&program);
    command.args(["errors", "--json", "--dir"]).arg(dir.path());
    command
        .env_remove("HOME")
        .stdin(Stdio::null())
        .uid(65534)
        .gid(65534);
    match command.output() {
        Ok(output) => all_as_expected(&results(&output)),
        Err(error) => skip(
            "root",
            format!("{} cannot be run: {error}", program.display()),
        ),
    }
}

#[test]
fn where_io_uring_is_refused_one_row_says_so() {
    let _alone = alone();
    let dir = directory();
    let mut command = Command::new(ZCLAB);
    command.args(["errors", "--json", "--dir"]).arg(dir.path());
    command.stdin(Stdio::null());
    let refused = refusal::refusing(libc::SYS_io_uring_setup, command).output();
    let results = results(&refused.unwrap());
    let (available, unavailable): (Vec<_>, Vec<_>) = results
        .into_iter()
        .partition(|result| result["reason"].is_null());
    let row = |name: &str| unavailable.iter().find(|result| result["name"] == name);
    let reason =
        row("register-beyond-memlock").expect("io_uring_setup was refused")["reason"].as_str();
    assert_eq!(reason, Some("io_uring_setup is refused: EPERM"));
    all_as_expected(&available);
}

#[test]
fn nothing_is_left_behind() {
    let _alone = alone();
    endpoint::set_program(ZCLAB);
    let dir = directory();
    let setting = Setting::find(Some(dir.path())).unwrap();
    let before = descriptors();
    for experiment in errors::all() {
        errors::run(experiment, &setting);
        assert_eq!(
            descriptors(),
            before,
            "{} left a descriptor",
            experiment.name
        );
        assert_eq!(children(), "", "{} left a child", experiment.name);
    }
    assert_eq!(
        fs::read_dir(dir.path()).unwrap().count(),
        0,
        "a file was left behind"
    );
}

/// The open descriptors of this process, by what they are.
fn descriptors() -> Vec<PathBuf> {
    let own = |path: &PathBuf| !path.starts_with("/proc");
    let all = fs::read_dir("/proc/self/fd").unwrap();
    let all = all.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok());
    let mut all: Vec<_> = all.filter(own).collect();
    all.sort();
    all
}

/// The children of all threads of this process.
fn children() -> String {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    // Not every kernel is built with this list; a thread may end meanwhile.
    tasks
        .filter_map(|task| fs::read_to_string(task.unwrap().path().join("children")).ok())
        .collect()
}

#[test]
fn the_wrong_loop_loses_what_its_calls_did_not_take() {
    let _alone = alone();
    let dir = directory();
    let results = results(&errors(&["short-writes-dropped", "--json"], dir.path()));
    let lines: Vec<&str> = results[0]["lines"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let number = |line: &str, word: &str| -> u64 {
        let after = line.split(word).nth(1);
        after.map_or(0, |rest| {
            rest.split(',').next().unwrap().trim().parse().unwrap()
        })
    };
    let [picture, _legend, calls @ ..] = &lines[..] else {
        panic!("a picture, its legend, and the calls: {lines:#?}");
    };
    let took: u64 = calls.iter().map(|line| number(line, "took")).sum();
    let lost: u64 = calls.iter().map(|line| number(line, "lost")).sum();
    assert!(took > 0 && lost > 0, "{lines:#?}");
    assert_eq!(took + lost, 1 << 20);
    assert!(picture.contains('■') && picture.contains('·'), "{picture}");
}

#[test]
fn one_is_shown_with_its_reason() {
    let _alone = alone();
    let dir = directory();
    let output = errors(&["splice-without-pipe"], dir.path());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    for words in [
        "splice(file, NULL, socket, NULL, 4096, 0)",
        "EINVAL ✓",
        "splice(2)",
    ] {
        assert!(text.contains(words), "{words}:\n{text}");
    }
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
}

#[test]
fn the_list_names_every_one_and_fits_80_columns() {
    let _alone = alone();
    let dir = directory();
    let text = String::from_utf8(errors(&[], dir.path()).stdout).unwrap();
    for experiment in errors::all() {
        assert!(
            text.contains(&format!(" {} ", experiment.name)),
            "{}:\n{text}",
            experiment.name
        );
    }
    let too_long = text.lines().find(|line| line.chars().count() > 80);
    assert_eq!(too_long, None);
}

#[test]
fn an_unknown_name_is_one_line_with_the_names() {
    let _alone = alone();
    let output = errors(&["splice-without-pipes"], Path::new("/"));
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(
        text.starts_with("zclab: ") && text.contains("splice-without-pipe,"),
        "{text}"
    );
}
