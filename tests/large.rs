//! A large transfer: it says how far it is, it can be stopped in the middle, and it says what memory it takes.

mod require;
mod terminal;

use require::skip;

use std::{
    fs::{self, File},
    os::unix::process::ExitStatusExt,
    process::{Command, Stdio},
};

use serde_json::Value;
use terminal::{Terminal, ZCLAB, zclab};

/// Two GiB of nothing: a file that takes no room.
fn two_gib() -> tempfile::TempDir {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .or_else(|_| tempfile::tempdir())
        .unwrap();
    let file = File::create(dir.path().join("large")).unwrap();
    file.set_len(2 << 30).unwrap();
    dir
}

#[test]
fn ctrl_c_in_the_middle_of_two_gib_leaves_nothing_behind() {
    let dir = two_gib();
    let file = dir.path().join("large");
    for stage in ["preparing the file ", "untraced run "] {
        let mut command = zclab(&["run", "read-write", "--chunk", "1KiB", "--file"]);
        command.arg(&file).arg("--dir").arg(dir.path());
        let mut terminal = Terminal::start(command);
        terminal.until(stage, |screen| {
            let shown = screen.contents().replace('\u{a0}', " ");
            shown.contains(stage) && shown.contains(" of 2 GiB") && !shown.contains(" 0 B of")
        });
        terminal.send("\x03");
        let status = terminal.ended();
        assert_eq!(status.signal(), Some(libc::SIGINT), "{status}");
        terminal.is_deserted();
        assert!(terminal.contents().contains("zclab: cancelled"), "{stage}");
        let left = fs::read_dir(dir.path()).unwrap().count();
        assert_eq!(left, 1, "the file alone is there");
    }
}

/// Every method whose bytes pass a file says how far it is, splice too, which `wchar` does not count.
#[test]
fn a_splice_of_two_gib_says_how_far_it_is() {
    let dir = two_gib();
    let file = dir.path().join("large");
    let mut command = zclab(&["run", "splice", "--chunk", "4KiB", "--file"]);
    command.arg(&file).arg("--dir").arg(dir.path());
    let mut terminal = Terminal::start(command);
    terminal.until("a part of it", |screen| {
        let shown = screen.contents().replace('\u{a0}', " ");
        shown.contains("untraced run ") && shown.contains("iB of 2 GiB")
    });
    terminal.send("\x03");
    assert!(!terminal.ended().success());
    terminal.is_deserted();
}

#[test]
fn memory_is_that_of_the_methods_buffers_and_mappings() {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .or_else(|_| tempfile::tempdir())
        .unwrap();
    const MIB: u64 = 1 << 20;
    for (method, least, most) in [
        ("sendfile", 0, MIB),
        ("read-write", 8 * MIB, 12 * MIB),
        ("mmap-write", 30 * MIB, 36 * MIB),
        ("vmsplice", 30 * MIB, 36 * MIB),
        ("shared-memory", 30 * MIB, 36 * MIB),
        ("recv-write", 8 * MIB, 12 * MIB),
        ("splice-receive", 0, MIB),
        ("tcp-mmap-receive", 8 * MIB, 20 * MIB),
    ] {
        let mut command = Command::new(ZCLAB);
        command.args(["run", method, "--size=32MiB", "--chunk=8MiB", "--json"]);
        let out = command.arg("--dir").arg(dir.path()).stdin(Stdio::null());
        let run: Value = serde_json::from_slice(&out.output().unwrap().stdout).unwrap();
        match run["measured"]["peak_memory_bytes"].as_u64() {
            Some(peak) => assert!((least..=most).contains(&peak), "{method}: {peak}"),
            None => return skip("peak-memory", "this kernel forgets no peak"),
        }
    }
}
