//! The class's page in a real browser: Debian's Chromium, driven by tests/browser/class.mjs with playwright-core and
//! axe-core. `.ci/run` installs them; without them this is skipped aloud.

use std::{path::Path, process::Command};

mod require;

use require::skip;

/// The names under which distributions have it.
const CHROMIUM: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

fn runs(program: &str) -> bool {
    let tried = Command::new(program).arg("--version").output();
    tried.is_ok_and(|done| done.status.success())
}

#[test]
fn phones_vote_in_a_real_browser() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let Some(chromium) = CHROMIUM.into_iter().find(|name| runs(name)) else {
        return skip(
            "browser",
            "Chromium is not installed (apt install chromium)",
        );
    };
    if !runs("node") {
        return skip(
            "browser",
            "Node.js is not installed (apt install nodejs npm)",
        );
    }
    if !dir.join("node_modules/playwright-core").is_dir() {
        return skip(
            "browser",
            "playwright-core is not installed (npm ci --prefix tests/browser)",
        );
    }
    let done = Command::new("node")
        .arg("class.mjs")
        .current_dir(dir)
        .env("ZCLAB", env!("CARGO_BIN_EXE_zclab"))
        .env("CHROMIUM", path_of(chromium))
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&done.stdout);
    let err = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{out}{err}");
    assert_eq!(
        out.lines()
            .filter(|line| line.starts_with("holds: "))
            .count(),
        11,
        "{out}"
    );
}

/// Playwright wants the whole path.
fn path_of(program: &str) -> String {
    let found = Command::new("sh")
        .args(["-c", &format!("command -v {program}")])
        .output();
    String::from_utf8(found.unwrap().stdout)
        .unwrap()
        .trim()
        .to_owned()
}
