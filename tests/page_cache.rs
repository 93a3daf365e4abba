//! The page cache live: what is resident after each step is what the steps say.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

mod refusal;
mod require;

use require::skip;

use serde_json::Value;

fn page_cache(args: &[&str], dir: &Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zclab"));
    command.arg("page-cache").args(args).arg("--dir").arg(dir);
    let output = command.stdin(Stdio::null()).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

fn document(size: &str, dir: &Path) -> Value {
    serde_json::from_str(&page_cache(&["--json", "--size", size], dir)).unwrap()
}

fn step<'a>(document: &'a Value, name: &str) -> &'a Value {
    let steps = document["steps"].as_array().unwrap();
    steps.iter().find(|step| step["step"] == name).unwrap()
}

fn resident(document: &Value, name: &str) -> u64 {
    step(document, name)["resident"].as_u64().unwrap()
}

fn pictures_agree(document: &Value) {
    for step in document["steps"].as_array().unwrap() {
        let (resident, pages) = (
            step["resident"].as_u64().unwrap(),
            step["pages"].as_u64().unwrap(),
        );
        let map = step["map"].as_str().unwrap();
        assert_eq!(map.chars().count() as u64, pages.min(64), "{step:#}");
        assert_eq!(
            map.chars().all(|cell| cell == '·'),
            resident == 0,
            "{step:#}"
        );
        assert_eq!(
            map.chars().all(|cell| cell == '■'),
            resident == pages,
            "{step:#}"
        );
        assert!(!step["note"].as_str().unwrap().is_empty());
    }
}

#[test]
fn a_file_on_a_disk_goes_cold_and_comes_back() {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let document = document("4MiB", dir.path());
    pictures_agree(&document);
    let pages = step(&document, "written")["pages"].as_u64().unwrap();
    assert_eq!(resident(&document, "written"), pages);
    assert_eq!(resident(&document, "cold-mapping-touched"), pages);
    assert_eq!(resident(&document, "warm-mapping-touched"), pages);
    assert_eq!(step(&document, "warm-mapping-touched")["major_faults"], 0);
    assert_eq!(
        fs::read_dir(dir.path()).unwrap().count(),
        0,
        "a file was left behind"
    );
    let filesystem = document["filesystem"].as_str().unwrap();
    if !["ext4", "xfs", "btrfs"].contains(&filesystem) {
        return skip(
            "cold-cache",
            format!("whether {filesystem} goes cold is its own affair"),
        );
    }
    assert_eq!(resident(&document, "fsync-then-dontneed"), 0);
    let at_0 = resident(&document, "pread-at-0");
    assert!((1..pages).contains(&at_0), "{at_0}");
    assert!(resident(&document, "pread-in-the-middle") > at_0);
    assert!(resident(&document, "pread-after-fadv-random") >= 1);
    // Without read-ahead on this disk one touch brings one page, with advice or without.
    let around = resident(&document, "cold-touch-in-the-middle");
    let advised = resident(&document, "cold-touch-after-madv-random");
    assert!(advised >= 1);
    assert!(advised < around || around == 1, "{advised} of {around}");
    assert!(
        step(&document, "cold-mapping-touched")["major_faults"]
            .as_u64()
            .unwrap()
            > 0
    );
}

#[test]
fn in_memory_nothing_ever_goes_cold() {
    let Ok(dir) = tempfile::tempdir_in("/dev/shm") else {
        return skip("tmpfs", "/dev/shm cannot be written");
    };
    let document = document("100000", dir.path());
    pictures_agree(&document);
    if document["filesystem"] != "tmpfs" {
        return skip("tmpfs", "/dev/shm is none");
    }
    for step in document["steps"].as_array().unwrap() {
        assert_eq!(step["resident"], step["pages"], "{step:#}");
        assert_eq!(step["major_faults"], 0, "{step:#}");
    }
    let note = step(&document, "fsync-then-dontneed")["note"]
        .as_str()
        .unwrap();
    assert!(note.contains("no disk"), "{note}");
}

#[test]
fn the_text_fits_80_columns() {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let text = page_cache(&["--size", "5000"], dir.path());
    assert!(text.contains("written") && text.contains('■'), "{text}");
    let too_long = text.lines().skip(1).find(|line| line.chars().count() > 80);
    assert_eq!(too_long, None);
}

#[test]
fn without_cachestat_the_pages_are_still_known() {
    /// cachestat(2), on every architecture.
    const CACHESTAT: libc::c_long = 451;
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_zclab"));
    command
        .args(["page-cache", "--json", "--size", "64KiB", "--dir"])
        .arg(dir.path());
    let output = refusal::refusing(CACHESTAT, command).output().unwrap();
    assert!(output.status.success());
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    pictures_agree(&document);
    assert!(step(&document, "written")["dirty"].is_null());
    assert_eq!(document["unavailable"][0]["instrument"], "cachestat");
    let reason = document["unavailable"][0]["reason"].as_str().unwrap();
    assert!(reason.starts_with("EPERM"), "{reason}");
}
