//! What packages hold: man pages, completions, a static program, and files that agree on the version.

mod require;
mod terminal;

use require::skip;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use terminal::{Terminal, ZCLAB};

fn run(program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Option<Output> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).output().ok()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The commands that the help names.
fn commands() -> Vec<String> {
    let help = text(&run(ZCLAB, &["--help"]).unwrap().stdout);
    let list = help.split("Commands:\n").nth(1).unwrap();
    let list = list.split("\n\n").next().unwrap().lines();
    // A description goes on in lines that begin further right.
    let names = list.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let names = names.filter(|name| !name.is_empty() && *name != "help");
    names.map(str::to_owned).collect()
}

#[test]
fn every_command_has_a_man_page_and_completions() {
    let dir = tempfile::tempdir().unwrap();
    let made = run(ZCLAB, &["man", dir.path().to_str().unwrap()]).unwrap();
    assert!(made.status.success(), "{}", text(&made.stderr));
    let commands = commands();
    assert!(commands.len() > 15, "{commands:?}");
    let pages: Vec<PathBuf> = commands
        .iter()
        .map(|name| dir.path().join(format!("man1/zclab-{name}.1")))
        .chain([dir.path().join("man1/zclab.1")])
        .collect();
    for page in &pages {
        let said = fs::read_to_string(page).unwrap_or_else(|error| panic!("{page:?}: {error}"));
        assert!(
            said.contains(".SH SYNOPSIS") && said.contains(".SH DESCRIPTION"),
            "{page:?}"
        );
    }
    match run("man", &["--version"]) {
        Some(_) => {
            let shown = run("man", &["--warnings", "-l", pages[0].to_str().unwrap()]).unwrap();
            assert!(shown.status.success(), "{}", text(&shown.stderr));
        }
        None => skip("man", "not installed"),
    }
    let completions = dir.path().join("completions");
    for name in ["zclab.bash", "_zclab", "zclab.fish"] {
        let said = fs::read_to_string(completions.join(name)).unwrap();
        for command in &commands {
            assert!(said.contains(command.as_str()), "{name}: {command}");
        }
    }
    let script = format!(
        ". '{}' && COMP_WORDS=(zclab se) COMP_CWORD=1 && _zclab zclab se zclab && echo ${{COMPREPLY[@]}}",
        completions.join("zclab.bash").display()
    );
    match run("bash", &["--norc", "-c", &script]) {
        Some(completed) => assert_eq!(text(&completed.stdout).trim(), "serve"),
        None => skip("bash", "not installed"),
    }
}

#[test]
fn a_directory_that_cannot_be_made_is_one_line() {
    let made = run(ZCLAB, &["man", "/dev/null/man"]).unwrap();
    assert_eq!(made.status.code(), Some(1));
    let errors = text(&made.stderr);
    assert!(
        errors.starts_with("zclab: cannot write to /dev/null/man"),
        "{errors}"
    );
    assert_eq!(errors.lines().count(), 1, "{errors}");
}

#[test]
fn packages_agree_on_the_version_and_the_place() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| fs::read_to_string(root.join(name)).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    assert!(read("packaging/PKGBUILD").contains(&format!("pkgver={version}\n")));
    assert!(read("packaging/default.nix").contains(&format!("version = \"{version}\";")));
    let place = env!("CARGO_PKG_REPOSITORY");
    for name in ["packaging/PKGBUILD", "README.md"] {
        assert!(read(name).contains(place), "{name}");
    }
    let notes = run(root.join("packaging/notes"), &["Unreleased"]).unwrap();
    let notes = text(&notes.stdout);
    assert!(
        notes.contains("### Added") && !notes.contains("\n## "),
        "{notes:.200}"
    );
    let none = run(root.join("packaging/notes"), &["99.0.0"]).unwrap();
    assert_eq!(none.status.code(), Some(1));
}

/// `docs/limits.md` names every limit.
#[test]
fn every_limit_is_documented() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let limits = fs::read_to_string(root.join("src/model/limits.rs")).unwrap();
    let page = fs::read_to_string(root.join("docs/limits.md")).unwrap();
    let names = limits
        .lines()
        .filter_map(|line| line.strip_prefix("pub(crate) const "));
    let names: Vec<&str> = names.filter_map(|rest| rest.split(':').next()).collect();
    assert!(names.len() > 10);
    for name in names {
        assert!(
            page.contains(&format!("`{name}`")),
            "docs/limits.md does not name {name}"
        );
    }
}

/// The static program: `rustup target add x86_64-unknown-linux-musl`, `cargo build --target x86_64-unknown-linux-musl`.
fn musl() -> Option<PathBuf> {
    let target = format!("{}-unknown-linux-musl", env::consts::ARCH);
    let of_profile = |profile| {
        let target_dir = Path::new(ZCLAB).ancestors().nth(2).unwrap();
        let path = target_dir.join(&target).join(profile).join("zclab");
        path.is_file().then_some(path)
    };
    let asked = env::var_os("ZCLAB_MUSL").map(PathBuf::from);
    let found = asked
        .or_else(|| of_profile("release"))
        .or_else(|| of_profile("debug"));
    if found.is_none() {
        skip("musl", format!("no program built for {target}"));
    }
    found
}

#[test]
fn the_static_program_transfers_traces_and_opens_the_course() {
    let Some(program) = musl() else {
        return;
    };
    let header = fs::read(&program).unwrap();
    let interpreter = b"/lib64/ld-linux";
    let is_dynamic = header
        .windows(interpreter.len())
        .any(|here| here == interpreter);
    assert!(!is_dynamic, "it needs a loader");
    let dir = tempfile::tempdir().unwrap();
    let doctor = run(&program, &["doctor", "--json"]).unwrap();
    let doctor: serde_json::Value = serde_json::from_slice(&doctor.stdout).unwrap();
    let has = |name: &str| {
        let all = doctor["instruments"].as_array().unwrap();
        all.iter()
            .any(|one| one["name"] == name && one["available"] == true)
    };
    for method in zclab::model::Method::ALL {
        if method.uses_ring() && !has("io-uring") || method.bypasses_cache() && !has("o-direct") {
            skip("io-uring", method);
            continue;
        }
        let place = dir.path().to_str().unwrap();
        let place = if method.bypasses_cache() {
            env!("CARGO_TARGET_TMPDIR")
        } else {
            place
        };
        let done = run(&program, &["run", method.name(), "--json", "--dir", place]).unwrap();
        assert!(done.status.success(), "{method}: {}", text(&done.stderr));
        let done: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
        assert_eq!(done["bytes_moved"], 1 << 20, "{method}");
        assert!(done["verified"] == true || !has("ptrace"), "{method}");
    }
    if has("ptrace") {
        fs::write(dir.path().join("a"), vec![b'a'; 100_000]).unwrap();
        let (from, to) = (dir.path().join("a"), dir.path().join("b"));
        let arguments = [
            "trace",
            "--json",
            "--",
            "cp",
            from.to_str().unwrap(),
            to.to_str().unwrap(),
        ];
        let traced = run(&program, &arguments).unwrap();
        assert_eq!(traced.status.code(), Some(0), "{}", text(&traced.stderr));
        let report: serde_json::Value = serde_json::from_slice(&traced.stderr).unwrap();
        let flows = report["flows"].as_array().unwrap();
        assert!(
            flows.iter().any(|flow| flow["bytes"] == 100_000),
            "{report:#}"
        );
    } else {
        skip("ptrace", "the static program cannot trace here");
    }
    let mut terminal = Terminal::start(Command::new(&program));
    terminal.wait_for("Modules");
    terminal.send("q");
    assert_eq!(terminal.ended().code(), Some(0));
    assert!(terminal.is_restored());
}
