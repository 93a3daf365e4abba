//! What a machine may refuse: locked memory, and io_uring. Everything else works, and each loss has a name.

mod refusal;
mod require;

use require::skip;

use std::{
    os::unix::process::CommandExt,
    path::Path,
    process::{Command, Output, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
};

use nix::sys::resource::{Resource, setrlimit};
use refusal::refusing;
use serde_json::Value;
use zclab::model::Method;

/// Locked memory is counted by user, not by process: two of these tests at a time would take it from each other.
static LOCKED_MEMORY: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    LOCKED_MEMORY.lock().unwrap_or_else(PoisonError::into_inner)
}

const ZCLAB: &str = env!("CARGO_BIN_EXE_zclab");

fn zclab(args: &[&str], dir: &Path) -> Command {
    let mut command = Command::new(ZCLAB);
    command
        .args(args)
        .arg("--dir")
        .arg(dir)
        .stdin(Stdio::null());
    command
}

/// As an ordinary user has it by default: at most 64 KiB of locked memory, and no capability to ignore that.
fn with_64_kib_locked(mut command: Command) -> Command {
    let limit = || {
        const CAP_IPC_LOCK: libc::c_ulong = 14;
        setrlimit(Resource::RLIMIT_MEMLOCK, 64 << 10, 64 << 10)?;
        // What is not in the bounding set, not even root gets by an exec. Only root has to give it up: EPERM is no
        // error for others.
        // SAFETY: it takes two numbers.
        unsafe { libc::prctl(libc::PR_CAPBSET_DROP, CAP_IPC_LOCK) };
        Ok(())
    };
    // SAFETY: between fork and exec, system calls alone.
    unsafe { command.pre_exec(limit) };
    command
}

fn document(output: &Output) -> Value {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let text = String::from_utf8_lossy(&output.stdout).replace('\u{a0}', " ");
    serde_json::from_str(&text).unwrap()
}

fn unavailable<'a>(document: &'a Value, instrument: &str) -> Option<&'a str> {
    let all = document["unavailable"].as_array()?;
    let one = all.iter().find(|one| one["instrument"] == instrument)?;
    one["reason"].as_str()
}

fn directory() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .or_else(|_| tempfile::tempdir())
        .unwrap()
}

#[test]
fn with_64_kib_of_locked_memory_every_other_method_works_as_ever() {
    let _alone = alone();
    let dir = directory();
    for method in Method::ALL {
        let run = zclab(&["run", method.name(), "--json"], dir.path());
        let output = with_64_kib_locked(run).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            // Buffers that are registered with a ring, or sent from, are pinned: those may be too much.
            if let Some(refused) = zclab::experiment::refusal(method) {
                assert!(errors.contains(&refused.reason), "{method}: {errors}");
                skip(&refused.instrument, refused.reason);
                continue;
            }
            assert!(method.uses_ring(), "{method}: {errors}");
            assert!(errors.contains("locked"), "{method}: {errors}");
            continue;
        }
        let run = document(&output);
        assert_ne!(run["verified"], false, "{method}");
        assert_eq!(run["bytes_moved"], 1 << 20, "{method}");
        let pins = [
            "send-zerocopy",
            "uring-send-zc",
            "uring-fixed",
            "direct-send",
        ];
        if !pins.contains(&method.name()) {
            assert_eq!(unavailable(&run, "memlock"), None, "{method}");
        }
    }
}

#[test]
fn a_zerocopy_send_beyond_the_limit_is_copied_and_said_to_be() {
    let _alone = alone();
    let dir = directory();
    let run = |chunk: &str| {
        let args = ["run", "send-zerocopy", "--chunk", chunk, "--json"];
        let output = with_64_kib_locked(zclab(&args, dir.path())).output();
        document(&output.unwrap())
    };
    // 64 KiB and the parts of two pages more.
    let beyond = run("64KiB");
    let reason = unavailable(&beyond, "memlock").expect("the loss has a name");
    assert!(
        reason.contains("ENOBUFS") && reason.contains("64 KiB"),
        "{reason}"
    );
    assert_eq!(beyond["kernel_reports"]["completions"], 0);
    let within = run("16KiB");
    assert_eq!(unavailable(&within, "memlock"), None);
    assert!(within["kernel_reports"]["completions"].as_u64() >= Some(64));
    for run in [beyond, within] {
        match run["verified"].as_bool() {
            Some(verified) => assert!(verified),
            None => skip("ptrace", &run["unavailable"]),
        }
    }
}

#[test]
fn prove_names_the_limit_and_proves_the_rest() {
    let _alone = alone();
    let dir = directory();
    let prove = with_64_kib_locked(zclab(&["prove", "--json"], dir.path()));
    let document = document(&{ prove }.output().unwrap());
    for row in document["results"].as_array().unwrap() {
        let method = row["method"].as_str().unwrap();
        match row["reason"].as_str() {
            Some(reason) if reason.contains("kernel TLS") => skip("ktls", reason),
            Some(reason) if row["verdict"] == "unavailable" => {
                let pins = method == "send-zerocopy" || method.starts_with("uring-");
                assert!(pins || method == "direct-send", "{row:#}");
                assert!(reason.contains("RLIMIT_MEMLOCK is 64 KiB"), "{reason}");
            }
            _ => assert_ne!(method, "send-zerocopy", "{row:#}"),
        }
    }
}

#[test]
fn doctor_tells_the_limit() {
    let mut command = Command::new(ZCLAB);
    command.arg("doctor");
    let output = with_64_kib_locked(command).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().find(|line| line.contains("memlock")).unwrap();
    assert!(line.replace('\u{a0}', " ").contains("64 KiB"), "{line}");
}

/// A seccomp filter refuses io_uring_setup, as containers do.
#[test]
fn without_io_uring_everything_else_works() {
    let _alone = alone();
    let dir = directory();
    let refused = |args: &[&str]| refusing(libc::SYS_io_uring_setup, zclab(args, dir.path()));
    let needs_ring = |method: &str| method.starts_with("uring-") || method == "direct-send";
    for method in Method::ALL {
        let output = refused(&["run", method.name(), "--json"]).output().unwrap();
        if output.status.success() {
            assert_eq!(document(&output)["bytes_moved"], 1 << 20, "{method}");
            continue;
        }
        let errors = String::from_utf8_lossy(&output.stderr);
        if method.encrypts() && errors.contains("kernel TLS") {
            skip("ktls", errors);
            continue;
        }
        assert!(needs_ring(method.name()), "{method}: {errors}");
        assert!(errors.contains("io_uring"), "{method}: {errors}");
        assert!(errors.lines().count() <= 2, "{method}: {errors}");
    }
    let proofs = document(&refused(&["prove", "--json"]).output().unwrap());
    for row in proofs["results"].as_array().unwrap() {
        let reason = row["reason"].as_str().unwrap_or_default();
        if row["verdict"] == "unavailable" && !reason.contains("kernel TLS") {
            assert!(needs_ring(row["method"].as_str().unwrap()), "{row:#}");
            assert!(reason.contains("io_uring"), "{row:#}");
        }
    }
    let mut doctor = Command::new(ZCLAB);
    doctor.args(["doctor", "--json"]);
    let doctor = document(&refusing(libc::SYS_io_uring_setup, doctor).output().unwrap());
    let found = doctor["instruments"].as_array().unwrap();
    let ring = found.iter().find(|one| one["name"] == "io-uring").unwrap();
    assert_eq!(ring["available"], false);
    assert!(
        ring["reason"].as_str().unwrap().contains("io_uring"),
        "{ring}"
    );
}

/// Who may not make a queue larger is told how much fits, and waits for nothing.
#[test]
fn prove_says_what_fits_where_a_queue_cannot_grow() {
    const CAP_NET_ADMIN: libc::c_ulong = 12;
    const CAP_SYS_RESOURCE: libc::c_ulong = 24;
    let dir = directory();
    for (method, to) in [
        ("vmsplice", "pipe"),
        ("tee", "pipe"),
        ("uring-send-zc", "tcp"),
        ("direct-send", "tcp"),
    ] {
        let mut command = zclab(
            &["prove", method, "--to", to, "--size", "16MiB", "--json"],
            dir.path(),
        );
        let less = || {
            for capability in [CAP_NET_ADMIN, CAP_SYS_RESOURCE] {
                // Only root has to give it up: EPERM is no error for others.
                // SAFETY: it takes two numbers.
                unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability) };
            }
            Ok(())
        };
        // SAFETY: between fork and exec, system calls alone.
        unsafe { command.pre_exec(less) };
        let document = document(&command.output().unwrap());
        let row = &document["results"][0];
        let reason = row["reason"].as_str().unwrap_or_default();
        assert_eq!(row["verdict"], "unavailable", "{row:#}");
        let known = ["bytes fit in a", "io_uring", "O_DIRECT", "RLIMIT_MEMLOCK"];
        assert!(known.iter().any(|known| reason.contains(known)), "{reason}");
    }
}
