//! The alias proof on this kernel, on two file systems: which methods hand over references, and which copy.

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

mod require;

use require::skip;

const ZCLAB: &str = env!("CARGO_BIN_EXE_zclab");

fn prove(args: &[&str], dir: &Path) -> Output {
    let mut command = Command::new(ZCLAB);
    command.arg("prove").args(args).arg("--dir").arg(dir);
    command.stdin(Stdio::null()).output().unwrap()
}

fn document(args: &[&str], dir: &Path) -> Value {
    let output = prove(&[args, &["--json"]].concat(), dir);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn rows(document: &Value) -> Vec<(&str, &str, &Value)> {
    let rows = document["results"].as_array().unwrap().iter();
    rows.map(|row| {
        (
            row["method"].as_str().unwrap(),
            row["to"].as_str().unwrap(),
            row,
        )
    })
    .collect()
}

/// What Linux does. None: it depends.
fn known(method: &str, to: &str) -> Option<&'static str> {
    Some(match (method, to) {
        ("read-write" | "mmap-write" | "uring-fixed", _) => "copied",
        ("recv-write" | "splice-receive" | "tcp-mmap-receive", _) => "copied",
        ("send-zerocopy" | "uring-send-zc" | "direct-send", _) => "copied",
        ("ktls-sendfile", _) => "copied",
        ("shared-memory", _) => "shared",
        ("sendfile" | "splice" | "uring-splice", "file") => "copied",
        ("sendfile" | "splice" | "uring-splice" | "vmsplice" | "tee", _) => "shared",
        _ => return None,
    })
}

/// What this machine lacks where a proof is unavailable for this reason.
fn need(reason: &str) -> Option<&'static str> {
    let known = [
        ("RLIMIT_MEMLOCK", "memlock"),
        ("io_uring", "io-uring"),
        ("kernel TLS", "ktls"),
        ("O_DIRECT", "o-direct"),
        (" fit in a ", "full-queue"),
    ];
    let found = known.iter().find(|(part, _)| reason.contains(part));
    found.map(|(_, need)| *need)
}

/// On the build's file system, and in memory where that can be had.
fn each_file_system(see: impl Fn(&Path)) {
    for parent in [env!("CARGO_TARGET_TMPDIR"), "/dev/shm"] {
        match tempfile::tempdir_in(parent) {
            Ok(dir) => {
                see(dir.path());
                let left = fs::read_dir(dir.path()).unwrap().count();
                assert_eq!(left, 0, "a file was left behind in {parent}");
            }
            Err(error) => skip("tmpfs", format!("{parent}: {error}")),
        }
    }
}

#[test]
fn references_and_copies_are_told_apart() {
    each_file_system(|dir| {
        let document = document(&[], dir);
        assert_eq!(document["dir"], dir.to_str().unwrap());
        assert!(!document["filesystem"].as_str().unwrap().is_empty());
        let rows = rows(&document);
        for method in ["vmsplice", "tee"] {
            assert!(rows.iter().any(|(m, t, _)| (*m, *t) == (method, "pipe")));
        }
        for method in ["read-write", "mmap-write", "sendfile"] {
            for to in ["tcp", "unix", "pipe", "file"] {
                assert!(
                    rows.iter().any(|(m, t, _)| (*m, *t) == (method, to)),
                    "{method} to {to}"
                );
            }
        }
        for (method, to, row) in rows {
            let Some(known) = known(method, to) else {
                continue;
            };
            if let ("unavailable", Some(reason)) =
                (row["verdict"].as_str().unwrap(), row["reason"].as_str())
            {
                assert!(
                    !["read-write", "mmap-write", "sendfile"].contains(&method),
                    "{row:#}"
                );
                skip(
                    need(reason).unwrap_or("proof"),
                    format!("{method} to {to}: {reason}"),
                );
                continue;
            }
            assert_eq!(row["verdict"], known, "{method} to {to}: {row:#}");
            let (all, none, letter) = match known {
                "shared" => ("new_bytes", "old_bytes", "B"),
                _ => ("old_bytes", "new_bytes", "A"),
            };
            assert_eq!(
                (&row[all], &row[none]),
                (&row["size"], &0.into()),
                "{row:#}"
            );
            assert_eq!(row["arrived"], letter.repeat(32));
        }
    });
}

#[test]
fn awkward_sizes_prove_the_same() {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .or_else(|_| tempfile::tempdir())
        .unwrap();
    for size in ["1", "4095", "65537", "200000"] {
        let methods = ["read-write", "mmap-write", "sendfile", "--size", size];
        let document = document(&methods, dir.path());
        for (method, to, row) in rows(&document) {
            assert_eq!(row["size"].to_string(), size);
            match row["reason"].as_str() {
                // An ordinary user's unix queue need not have room for it.
                Some(reason) if reason.contains(" fit in a ") && to == "unix" => {
                    skip("full-queue", format!("{method} to {to}: {reason}"));
                }
                _ => assert_eq!(row["verdict"].as_str(), known(method, to), "{row:#}"),
            }
        }
    }
}

/// Over loopback: what reaches the receiver's queue is copied, what waits in the sender's is not, and the kernel says
/// itself that it had to copy. What is overwritten is what was handed to the kernel, not the file.
#[test]
fn zerocopy_sends_are_copied_as_far_as_they_have_gone() {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .or_else(|_| tempfile::tempdir())
        .unwrap();
    for (method, overwritten) in [
        ("send-zerocopy", "buffer"),
        ("uring-send-zc", "buffer"),
        ("direct-send", "registered-buffer"),
    ] {
        for (size, expected) in [("64KiB", "copied"), ("2MiB", "mixed")] {
            let document = document(&[method, "--size", size], dir.path());
            let row = &document["results"][0];
            assert_eq!(row["overwritten"], overwritten, "{row:#}");
            if row["verdict"] == "unavailable" {
                let reason = row["reason"].as_str().unwrap();
                let need = need(reason).expect("a reason that is known");
                skip(need, format!("{method}, {size}: {reason}"));
                continue;
            }
            assert_eq!(row["verdict"], expected, "{row:#}");
            assert_eq!(row["kernel_reports_copied"], true, "{row:#}");
            let [new, old] = ["new_bytes", "old_bytes"].map(|name| row[name].as_u64().unwrap());
            assert_eq!(Some(new + old), row["size"].as_u64());
            assert_eq!((new > 0, old > 0), (expected == "mixed", true), "{row:#}");
            let arrived = row["arrived"].as_str().unwrap();
            assert!(!arrived.starts_with('B'), "{row:#}");
        }
    }
    let other = document(&["sendfile", "--to", "tcp"], dir.path());
    assert!(other["results"][0]["kernel_reports_copied"].is_null());
    assert_eq!(other["results"][0]["overwritten"], "file");
}

/// The first row's verdict is the proof's answer: it is the first-named method's.
#[test]
fn rows_stand_in_the_order_in_which_methods_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let named = ["sendfile", "read-write", "sendfile", "--to", "pipe"];
    let document = document(&named, dir.path());
    let methods: Vec<_> = rows(&document)
        .into_iter()
        .map(|(method, to, _)| (method, to))
        .collect();
    assert_eq!(methods, [("sendfile", "pipe"), ("read-write", "pipe")]);
}

/// The descriptor of the memory was passed, so its new bytes are what the receiver sees; what a receiver has put into
/// a file is the file's own.
#[test]
fn shared_memory_is_shared_and_received_files_are_not() {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .or_else(|_| tempfile::tempdir())
        .unwrap();
    for size in ["1", "65537", "3MiB"] {
        let methods = [
            "shared-memory",
            "recv-write",
            "splice-receive",
            "tcp-mmap-receive",
            "--size",
            size,
        ];
        let document = document(&methods, dir.path());
        let rows = rows(&document);
        assert_eq!(rows.len(), 4);
        for (method, to, row) in rows {
            assert_eq!(row["verdict"].as_str(), known(method, to), "{row:#}");
        }
    }
}

#[test]
fn what_no_queue_can_hold_is_unavailable_with_the_reason() {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .or_else(|_| tempfile::tempdir())
        .unwrap();
    let args = [
        "read-write",
        "--to",
        "tcp",
        "--to",
        "file",
        "--size",
        "16MiB",
    ];
    let document = document(&args, dir.path());
    let rows = rows(&document);
    assert_eq!(rows.len(), 2);
    for (_, to, row) in rows {
        match to {
            "file" => assert_eq!(row["verdict"], "copied", "{row:#}"),
            _ if row["verdict"] == "copied" => skip("full-queue", "16 MiB fit in it"),
            _ => {
                assert_eq!(row["verdict"], "unavailable", "{row:#}");
                assert!(
                    row["reason"]
                        .as_str()
                        .unwrap()
                        .contains("fit in a tcp queue"),
                    "{row:#}"
                );
            }
        }
    }
}

#[test]
fn the_text_shows_the_bytes_and_fits_80_columns() {
    let dir = tempfile::tempdir().unwrap();
    let output = prove(&["read-write", "sendfile", "--to", "tcp"], dir.path());
    let text = String::from_utf8(output.stdout).unwrap();
    let row = |method: &str, letter: &str, verdict: &str| {
        let wanted = [method, "tcp", &letter.repeat(32), verdict];
        let same = |line: &str| line.split_whitespace().eq(wanted);
        assert!(text.lines().any(same), "{method}:\n{text}");
    };
    row("read-write", "A", "copied");
    row("sendfile", "B", "shared");
    let too_long = text.lines().skip(1).find(|line| line.chars().count() > 80);
    assert_eq!(too_long, None);
}

#[test]
fn bad_input_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    for (args, code) in [
        (&["teleport"][..], 2),
        (&["--size", "0"], 2),
        (&["--size", "1GiB"], 2),
        (&["--to", "moon"], 2),
    ] {
        assert_eq!(
            prove(args, dir.path()).status.code(),
            Some(code),
            "{args:?}"
        );
    }
    let missing = prove(&[], Path::new("/nonexistent"));
    assert_eq!(missing.status.code(), Some(1));
    assert!(missing.stderr.starts_with(b"zclab: "));
}
