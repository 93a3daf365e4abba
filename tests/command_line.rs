//! What every command prints: its examples work, its lines fit 80 columns, its colours are there on request and nowhere else.

mod require;

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use unicode_width::UnicodeWidthStr;

const ZCLAB: &str = env!("CARGO_BIN_EXE_zclab");

/// Runs a line of a shell in a directory with a home of its own.
fn shell(line: &str, dir: &Path, env: &[(&str, &str)]) -> Output {
    let path = format!(
        "{}:{}",
        Path::new(ZCLAB).parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let mut command = Command::new("sh");
    command
        .args(["-c", line])
        .current_dir(dir)
        .env("PATH", path);
    for home in ["HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"] {
        command.env(home, dir);
    }
    for name in [
        "NO_COLOR",
        "CLICOLOR",
        "CLICOLOR_FORCE",
        "LC_ALL",
        "LC_CTYPE",
        "LANG",
    ] {
        command.env_remove(name);
    }
    command.envs(env.iter().copied()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// All commands, as the help names them.
fn commands() -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let named = |of: &str| {
        let help = text(&shell(&format!("zclab {of} --help"), dir.path(), &[]).stdout);
        let (_, listed) = help.split_once("Commands:\n").unwrap();
        let (listed, _) = listed.split_once("\n\n").unwrap();
        let rows = listed
            .lines()
            .filter(|row| row.starts_with("  ") && !row.starts_with("   "));
        let names = rows.filter_map(|row| row.split_whitespace().next().map(str::to_owned));
        names.filter(|name| name != "help").collect::<Vec<_>>()
    };
    let mut all = named("");
    all.extend(named("export").iter().map(|name| format!("export {name}")));
    all
}

/// The examples of a command's help, without what is said of them.
fn examples(help: &str) -> Vec<String> {
    let Some((_, examples)) = help.split_once("Examples:\n") else {
        return Vec::new();
    };
    let (examples, _) = examples.split_once("\n\n").unwrap_or((examples, ""));
    let line = |line: &str| line.trim().split("  ").next().unwrap().trim().to_owned();
    examples.lines().map(line).collect()
}

fn too_wide(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| line.width() > 80);
    lines
        .map(|line| format!("{} columns: {line}", line.width()))
        .collect()
}

#[test]
fn the_help_of_every_command_has_examples_and_fits_80_columns() {
    let dir = tempfile::tempdir().unwrap();
    let mut faults = Vec::new();
    for command in commands() {
        for option in ["--help", "-h"] {
            let help = text(&shell(&format!("zclab {command} {option}"), dir.path(), &[]).stdout);
            if command != "export" && examples(&help).is_empty() {
                faults.push(format!("{command} {option}: no examples"));
            }
            faults.extend(
                too_wide(&help)
                    .into_iter()
                    .map(|line| format!("{command}: {line}")),
            );
            assert!(!help.contains('\x1b'), "{command}: colours in a pipe");
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The same example, on files of this directory, and small enough for a test. None: it waits for somebody.
fn adapted(example: &str) -> Option<String> {
    let waits = [
        "zclab learn",
        "zclab serve",
        "zclab proxy",
        "zclab class",
        "zclab join",
        "zclab capstone --check",
        "zclab trace -p",
    ];
    if example == "zclab" || waits.iter().any(|begin| example.starts_with(begin)) {
        return None;
    }
    // It needs a compiler, and has a test of its own.
    if example.starts_with("cd capstone") {
        return None;
    }
    let mut line = example
        .replace(" 16MiB", " 1MiB")
        .replace(" 256MiB", " 1MiB");
    line = line
        .replace(" 64MiB", " 1MiB")
        .replace("--runs 15", "--runs 3");
    if line.starts_with("zclab compare") && !line.contains("--claims") {
        let sized = line.contains("--size") || line.contains("--claim");
        line = line.replace(
            "compare",
            if sized {
                "compare"
            } else {
                "compare --size 1MiB"
            },
        );
        if !line.contains("--runs") {
            line = line.replace("compare", "compare --runs 3");
        }
    }
    Some(line)
}

fn desk() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::write(at("a"), vec![b'a'; 100_000]).unwrap();
    fs::write(at("server"), "#!/bin/sh\ncat a > copy\n").unwrap();
    fs::create_dir_all(at(".config/fish/completions")).unwrap();
    fs::create_dir_all(at(".local/share/bash-completion/completions")).unwrap();
    fs::create_dir_all(at("logs")).unwrap();
    fs::create_dir_all(at("homework")).unwrap();
    fs::create_dir_all(at("zclab")).unwrap();
    fs::write(at("zclab/answers.jsonl"), "").unwrap();
    for log in ["a.jsonl", "b.jsonl", "logs/one.jsonl", "logs/two.jsonl"] {
        fs::write(at(log), "").unwrap();
    }
    fs::write(at("grades.csv"), "First name,ID number\nOne,one\n").unwrap();
    let lessons = Path::new(env!("CARGO_MANIFEST_DIR")).join("lessons");
    std::os::unix::fs::symlink(lessons, at("lessons")).unwrap();
    let made = Command::new("chmod").arg("+x").arg(at("server")).status();
    assert!(made.unwrap().success());
    let recording = "zclab run sendfile --save x.jsonl";
    assert!(shell(recording, dir.path(), &[]).status.success());
    fs::copy(at("x.jsonl"), at("y.jsonl")).unwrap();
    dir
}

#[test]
fn the_examples_of_every_command_work() {
    let dir = desk();
    let mut faults = Vec::new();
    let mut tried = 0;
    for command in commands() {
        let help = text(&shell(&format!("zclab {command} --help"), dir.path(), &[]).stdout);
        for example in examples(&help) {
            let Some(line) = adapted(&example) else {
                continue;
            };
            tried += 1;
            let done = shell(&format!("{line} < /dev/null"), dir.path(), &[]);
            // An expectation that does not hold of this program is an answer.
            let may_be = match line.contains("--expect") {
                true => [Some(0), Some(1)],
                false => [Some(0); 2],
            };
            if !may_be.contains(&done.status.code()) {
                let said = String::from_utf8_lossy(&done.stderr).into_owned();
                faults.push(format!("{line}: {:?}: {said}", done.status.code()));
            }
        }
    }
    assert!(tried > 40, "only {tried} examples were found");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Commands that print for people, one of each kind. `check` is not among them: a fault is one line, as a compiler says it.
const PRINTS: [&str; 19] = [
    "run read-write",
    "run mmap-write --cold",
    "run uring-fixed",
    "run splice-receive",
    "run copy-file-range",
    "replay x.jsonl",
    "compare --runs 3 --size 1MiB",
    "compare --runs 3 --size 1MiB --sweep chunk read-write sendfile",
    "compare --claims",
    "prove sendfile read-write vmsplice",
    "page-cache --size 1MiB",
    "errors",
    "errors splice-without-pipe",
    "lessons",
    "lessons sendfile",
    "card",
    "card sendfile",
    "doctor",
    "quiz sendfile < /dev/null",
];

#[test]
fn every_line_fits_80_columns_and_is_plain_in_a_pipe() {
    let dir = desk();
    let mut faults = Vec::new();
    for command in PRINTS {
        let done = shell(&format!("zclab {command}"), dir.path(), &[]);
        let said = text(&done.stdout);
        assert!(!said.is_empty(), "{command}: {}", text(&done.stderr));
        assert!(!said.contains('\x1b'), "{command}: colours in a pipe");
        faults.extend(
            too_wide(&said)
                .into_iter()
                .map(|line| format!("{command}: {line}")),
        );
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Without the colours.
fn stripped(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\x1b[") {
        plain += before;
        rest = after.split_once('m').expect("a colour that ends").1;
    }
    plain + rest
}

#[test]
fn colours_are_there_on_request_and_change_no_text() {
    let dir = desk();
    let forced: &[(&str, &str)] = &[("CLICOLOR_FORCE", "1")];
    for command in [
        "replay x.jsonl",
        "lessons",
        "card",
        "card sendfile",
        "lessons 2",
        "compare --claims",
    ] {
        let run = |env: &[(&str, &str)]| {
            text(&shell(&format!("zclab {command}"), dir.path(), env).stdout)
        };
        let plain = run(&[]);
        let coloured = run(forced);
        assert_eq!(stripped(&coloured), plain, "{command}");
        if command != "compare --claims" {
            assert!(coloured.contains("\x1b["), "{command}: no colour");
        }
        for env in [
            &[("NO_COLOR", "1")][..],
            &[("CLICOLOR", "0")],
            &[("TERM", "dumb")],
        ] {
            assert_eq!(run(env), plain, "{command} with {env:?}");
        }
    }
}

#[test]
fn where_the_locale_is_not_utf_8_the_text_is_ascii() {
    let dir = desk();
    for command in [
        "replay x.jsonl",
        "lessons 3",
        "card sendfile",
        "errors",
        "page-cache --size 1MiB",
        "doctor",
    ] {
        let done = shell(&format!("zclab {command}"), dir.path(), &[("LC_ALL", "C")]);
        let said = text(&done.stdout);
        let odd: Vec<_> = said.lines().filter(|line| !line.is_ascii()).collect();
        assert!(odd.is_empty(), "{command}: {odd:?}");
        assert!(!said.contains('?') || command != "replay x.jsonl", "{said}");
    }
}

#[test]
fn a_run_says_its_copy_path_in_one_line() {
    let dir = desk();
    for (method, path) in [
        ("read-write", "page cache ═copy═> buffer ═copy═> socket"),
        ("sendfile", "page cache ┄reference┄> socket"),
    ] {
        let said = text(&shell(&format!("zclab run {method}"), dir.path(), &[]).stdout);
        match said.contains("Copy path") {
            true => assert!(said.lines().any(|line| line == path), "{said}"),
            false => require::skip("ptrace", "the run was not traced"),
        }
    }
}

#[test]
fn run_compare_and_prove_save_a_picture_whose_text_can_be_searched() {
    let dir = desk();
    for (command, words) in [
        ("run read-write", ["page cache", "socket queue"]),
        (
            "compare --runs 3 --size 1MiB read-write sendfile",
            ["median", "sendfile"],
        ),
        ("prove sendfile --to tcp", ["sendfile", "shared"]),
    ] {
        let done = shell(&format!("zclab {command} --svg x.svg"), dir.path(), &[]);
        assert!(done.status.success(), "{}", text(&done.stderr));
        let svg = fs::read_to_string(dir.path().join("x.svg")).unwrap();
        for word in words {
            assert!(svg.contains(word), "{command}: no {word}");
        }
        let done = shell(&format!("zclab {command} --svg no/x.svg"), dir.path(), &[]);
        assert_eq!(done.status.code(), Some(1));
        let said = text(&done.stderr);
        assert!(said.starts_with("zclab: cannot save no/x.svg: "), "{said}");
    }
}
