//! Names of files, programs, sockets and arguments are bytes that anybody may have chosen: none of them reaches the
//! terminal as a control character, and no two become one.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs,
    os::unix::ffi::OsStringExt,
    process::{Command, Output, Stdio},
};

use crate::{
    desk::{Desk, ZCLAB},
    require::skip,
};

/// Copies to files whose names would clear the screen, begin a line, return to its start, turn it round; two of them
/// differ in a byte that is no UTF-8.
const SCRIPT: &str = r#"
cp a "$(printf 'a\033[2J\033]0;owned\007b')"
cp a "$(printf 'line1\nunexplained: 0 bytes read, 0 bytes written')"
cp a "$(printf 'bad\377')"
cp a "$(printf 'bad\376')"
cp a "$(printf 'over\rwritten')"
cp a "$(printf 'turned\342\200\256dnuor')"
cp a "$(printf 'c1\302\233wide')"
"#;

fn is_obeyed(c: char) -> bool {
    let turns =
        matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}');
    turns || (c.is_control() && c != '\n')
}

/// That nothing a terminal would obey was printed.
fn is_plain(output: &Output) {
    for stream in [&output.stdout, &output.stderr] {
        let text = std::str::from_utf8(stream).expect("zclab prints UTF-8");
        let obeyed: Vec<char> = text.chars().filter(|c| is_obeyed(*c)).collect();
        assert!(obeyed.is_empty(), "{obeyed:?} in {text:?}");
    }
}

fn zclab(desk: &Desk, arguments: &[OsString]) -> Output {
    let mut zclab = Command::new(ZCLAB);
    zclab.args(arguments).current_dir(desk.0.path());
    zclab.stdin(Stdio::null()).output().unwrap()
}

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

#[test]
fn names_of_files_stay_two_and_are_not_obeyed() {
    let desk = Desk::new(5000);
    let seen = desk.trace(&["--save", "saved"], &["sh", "-c", SCRIPT]);
    if !seen.output.status.success() {
        return skip("file names", "not every byte may be in one here");
    }
    let flows = seen.json["flows"].as_array().unwrap();
    let copies = flows
        .iter()
        .filter(|flow| flow["to"]["kind"] == "file" && flow["bytes"] == 5000);
    let names = copies.map(|flow| flow["to"]["name"].as_str().unwrap().to_owned());
    let names: BTreeSet<String> = names.collect();
    let ends = [
        "/a\u{1b}[2J\u{1b}]0;owned\u{7}b",
        "/line1\nunexplained: 0 bytes read, 0 bytes written",
        "/bad\\xff",
        "/bad\\xfe",
        "/over\rwritten",
        "/turned\u{202e}dnuor",
        "/c1\u{9b}wide",
    ];
    assert_eq!(names.len(), ends.len(), "{names:#?}");
    for end in ends {
        assert!(names.iter().any(|name| name.ends_with(end)), "{end:?}");
    }
    let document = fs::read_to_string(desk.path("report.json")).unwrap();
    assert!(!document.contains(is_obeyed), "JSON has escapes of its own");
    let traced = zclab(&desk, &words(&["trace", "--", "sh", "-c", SCRIPT]));
    is_plain(&traced);
    let replayed = zclab(&desk, &words(&["replay", "saved"]));
    is_plain(&replayed);
    for text in [&traced.stderr, &replayed.stdout] {
        let text = String::from_utf8_lossy(text);
        for name in [
            "a\\x1b[2J",
            "line1\\nunexplained",
            "over\\rwritten",
            "bad\\xff",
        ] {
            assert!(text.contains(name), "{name} in {text}");
        }
        let verdict = text.lines().filter(|line| line.starts_with("unexplained"));
        assert_eq!(verdict.count(), 1, "{text}");
    }
    is_plain(&zclab(&desk, &words(&["replay", "saved", "--json"])));
}

#[test]
fn names_of_programs_threads_and_sockets_are_not_obeyed() {
    let desk = Desk::new(10);
    if !desk.has(&["python3"]) {
        return;
    }
    let script = "
import os, socket, threading
open('/proc/self/comm', 'wb').write(b'me\\x1b[2J\\xff')
name = b'\\0abstract\\x1b[31m\\xfe'
server = socket.socket(socket.AF_UNIX); server.bind(name); server.listen()
client = socket.socket(socket.AF_UNIX); client.connect(name)
accepted, _ = server.accept()
def send():
    open('/proc/thread-self/comm', 'wb').write(b'you\\x1b[3J')
    client.send(os.urandom(100_000))
thread = threading.Thread(target=send); thread.start(); thread.join()
os.execvp('sh', ['sh', '-c', 'head -c 2000 /dev/urandom > b; exec cat b'])
";
    fs::write(desk.path("t.py"), script).unwrap();
    let hostile = "argument\u{1b}[2J\u{9b}\u{202e}";
    let traced = zclab(&desk, &words(&["trace", "--", "python3", "t.py", hostile]));
    assert!(traced.status.success(), "{traced:?}");
    let text = String::from_utf8_lossy(&traced.stderr);
    assert!(text.contains("abstract\\x1b[31m\\xfe"), "{text}");
    let report = traced.stderr.clone();
    is_plain(&Output {
        stdout: Vec::new(),
        stderr: report,
        ..traced
    });
}

#[test]
fn names_in_errors_are_not_obeyed() {
    let desk = Desk::new(10);
    let hostile = OsString::from_vec(b"x\x1b[2J\rno\ntwo\xff".to_vec());
    let with = |start: &[&str]| [words(start), vec![hostile.clone()]].concat();
    for arguments in [
        with(&["trace", "--"]),
        with(&["replay"]),
        with(&["trace", "-o", "/nonexistent/x", "--"]),
        [
            with(&["trace", "-o"]),
            words(&["--", "/nonexistent/program"]),
        ]
        .concat(),
        [with(&["trace", "--save"]), words(&["--no-such-option"])].concat(),
        with(&["trace", "--expect"]),
        with(&["run"]),
        with(&["trace", "-p"]),
    ] {
        let output = zclab(&desk, &arguments);
        assert!(!output.status.success(), "{arguments:?}");
        is_plain(&output);
    }
    let missing = zclab(&desk, &with(&["trace", "--"]));
    let said = String::from_utf8_lossy(&missing.stderr);
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("x\\x1b[2J\\rno\\ntwo\\xff"), "{said}");
}
