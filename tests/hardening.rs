//! Nothing that one file can break, and nothing that a machine without threads can: each kind of hostile input ends in one
//! line and an exit status, with little memory and little time.

mod refusal;
mod require;
mod terminal;

use std::{
    fs::{self, File},
    io::Write,
    os::unix::{
        fs::symlink,
        process::{CommandExt, ExitStatusExt},
    },
    path::Path,
    process::{Command, Output, Stdio},
};

use nix::sys::{
    resource::{Resource, setrlimit},
    signal::Signal,
    stat::Mode,
};
use refusal::refusing;
use terminal::{Terminal, ZCLAB, zclab};

/// The command with a state of its own, and bounds that only a fault comes near: 60 s of CPU time, 1 GiB of memory.
fn bounded(arguments: &[&str], home: &Path) -> Command {
    let mut command = Command::new(ZCLAB);
    command
        .args(arguments)
        .env("XDG_STATE_HOME", home.join("state"))
        .env("XDG_CACHE_HOME", home.join("cache"))
        .stdin(Stdio::null());
    let bound = || {
        setrlimit(Resource::RLIMIT_CPU, 60, 60)?;
        setrlimit(Resource::RLIMIT_AS, 1 << 30, 1 << 30)?;
        setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
        Ok(())
    };
    // SAFETY: between fork and exec, system calls alone.
    unsafe { command.pre_exec(bound) };
    command
}

fn output(mut command: Command) -> Output {
    command.output().unwrap()
}

/// It failed with one line, which says that.
fn one_line(output: &Output, said: &str) {
    let errors = plain(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert_eq!(errors.lines().count(), 1, "{errors}");
    assert!(errors.contains(said), "{said:?} is not in {errors}");
}

/// With plain spaces.
fn plain(text: &[u8]) -> String {
    String::from_utf8_lossy(text).replace('\u{a0}', " ")
}

const LESSON: &str = "+++\ntitle = \"T\"\nminutes = 5\nobjectives = [ { id = \"o\", text = \"d\" } ]\n+++\n\n# P\n\n";

/// What `check` prints of a course of one lesson.
fn checked(lesson: &str) -> String {
    let home = tempfile::tempdir().unwrap();
    let lessons = home.path().join("lessons");
    fs::create_dir(&lessons).unwrap();
    fs::write(lessons.join("01-x.md"), lesson).unwrap();
    let done = output(bounded(&["check", lessons.to_str().unwrap()], home.path()));
    let code = done.status.code();
    let text = plain(&done.stdout) + &plain(&done.stderr);
    assert!(
        matches!(code, Some(0 | 1)),
        "{:?}: {text:.300}",
        done.status
    );
    text
}

fn quiz(kind: &str) -> String {
    format!(
        "{LESSON}```quiz\nid = \"q\"\nobjective = \"o\"\ntext = \"t\"\nhints = [\"h\"]\nexplain = \"e\"\n{kind}\n```\n"
    )
}

fn list(items: usize, item: impl Fn(usize) -> String) -> String {
    let items: Vec<_> = (0..items).map(item).collect();
    format!("[{}]", items.join(","))
}

#[test]
fn hostile_lessons_take_time_in_proportion_to_their_size() {
    let reaction = "misconception = \"m\", feedback = \"f\"";
    for lesson in [
        format!("{LESSON}{}", "```\n```\n".repeat(25_000)),
        format!("{LESSON}{}", "~~~\n```\n~~~\n".repeat(15_000)),
        format!("{LESSON}{} x\n", ">".repeat(100_000)),
        format!("{LESSON}{}x\n", "- ".repeat(100_000)),
        format!("{LESSON}{}\n", "100 ".repeat(60_000)),
        format!("{LESSON}{}\n", "*_".repeat(100_000)),
        format!("{LESSON}{}x{}\n", "[".repeat(100_000), "]".repeat(100_000)),
        format!("{LESSON}|a|b|\n|-|-|\n|{}|d|\n", "c ".repeat(100_000)),
        format!("{LESSON}{}", "# a\n".repeat(60_000)),
        format!("{LESSON}{}", "---\n# P\n".repeat(20_000)),
        format!(
            "{LESSON}```quiz\nx = {}1{}\n```\n",
            "[".repeat(100_000),
            "]".repeat(100_000)
        ),
        format!("{LESSON}```quiz\n{}a = 1\n```\n", "a.".repeat(100_000)),
        format!(
            "{LESSON}```quiz\nx = {}1{}\n```\n",
            "{a=".repeat(50_000),
            "}".repeat(50_000)
        ),
        quiz(&format!(
            "kind = \"order\"\nlines = {}\notherwise = {{ {reaction} }}",
            list(20_000, |at| format!("\"l{at}\""))
        )),
        quiz(&format!(
            "kind = \"match\"\npairs = {}",
            list(3_000, |at| format!(
                "{{ left = \"{at}\", right = \"r{at}\", {reaction} }}"
            ))
        )),
        quiz(&format!(
            "kind = \"choice\"\noptions = {}",
            list(4_000, |at| format!("{{ text = \"t{at}\", {reaction} }}"))
        )),
        quiz(&format!(
            "kind = \"number\"\nvars = {{ a = [1] }}\nunit = \"c\"\nanswer_expr = \"{}\"",
            list(20_000, |at| format!("n{at}")).replace(',', "+")
        )),
        LESSON.replace(
            "[ { id = \"o\", text = \"d\" } ]",
            &list(6_000, |at| format!("{{ id = \"o{at}\", text = \"d\" }}")),
        ),
    ] {
        assert!(
            lesson.len() < 256 << 10,
            "too long to be read: {:.200}",
            lesson
        );
        let said = checked(&lesson);
        // What is wrong with it is told in some lines, not in as many as it has.
        assert!(said.lines().count() < 300, "{said:.500}");
    }
}

#[test]
fn deep_formulas_are_faults_and_no_end() {
    let number = |formula: &str| {
        checked(&quiz(&format!(
            "kind = \"number\"\nvars = {{ a = [1, 2] }}\nunit = \"c\"\nanswer_expr = \"{formula}\"\n\
             otherwise = {{ misconception = \"m\", feedback = \"f\" }}\nwrong = []"
        )))
    };
    assert!(number(&format!("a{}", "+1".repeat(100_000))).contains("longer than 1000 bytes"));
    assert!(number(&"(".repeat(900)).contains("nested too deep"));
    assert!(number(&"-".repeat(900)).contains("nested too deep"));
    let home = tempfile::tempdir().unwrap();
    for expression in [
        "(".repeat(100_000),
        "!".repeat(900),
        format!("1{}", "<1".repeat(60_000)),
    ] {
        let done = output(bounded(
            &["trace", "--expect", &expression, "--", "true"],
            home.path(),
        ));
        assert_eq!(done.status.code(), Some(2), "{:?}", done.status);
    }
}

#[test]
fn lists_and_files_beyond_their_limit_are_named() {
    let many = quiz(&format!(
        "kind = \"order\"\nlines = {}",
        list(60, |at| format!("\"{at}\""))
    ));
    assert!(checked(&many).contains("lines has 60 items: leave at most 50"));
    assert!(checked(&format!("{LESSON}{}\n", "a ".repeat(200_000))).contains("256 KiB"));
}

/// Text of a lesson reaches terminals, browsers and spreadsheets.
#[test]
fn characters_that_steer_a_terminal_are_faults_of_a_lesson() {
    for (text, found) in [
        ("\u{1b}]0;title\u{7}", "U+001B"),
        ("\u{202e}abc", "U+202E"),
        ("\u{9b}2J", "U+009B"),
        ("\u{2066}", "U+2066"),
    ] {
        let said = checked(&format!("{LESSON}text {text}\n"));
        let expected = format!("01-x.md:9:6: the character {found} would steer the terminal");
        assert!(said.contains(&expected), "{said}");
        assert!(!said.contains(text), "{said:?}");
    }
    // As TOML escapes them.
    let said = checked(&quiz("kind = \"choice\"").replace("text = \"t\"", "text = \"\\u202e\""));
    assert!(said.contains("U+202E in text"), "{said}");
}

#[test]
fn lessons_that_are_no_files_are_not_waited_for() {
    for kind in ["fifo", "device", "terminal", "directory"] {
        let home = tempfile::tempdir().unwrap();
        let lessons = home.path().join("lessons");
        fs::create_dir(&lessons).unwrap();
        let lesson = lessons.join("01-x.md");
        match kind {
            "fifo" => nix::unistd::mkfifo(&lesson, Mode::S_IRWXU).unwrap(),
            "device" => symlink("/dev/zero", &lesson).unwrap(),
            "terminal" => symlink("/dev/tty", &lesson).unwrap(),
            _ => fs::create_dir(&lesson).unwrap(),
        }
        // A writer that says nothing.
        let _writer =
            (kind == "fifo").then(|| File::options().read(true).write(true).open(&lesson));
        for command in ["check", "lessons"] {
            let dir = lessons.to_str().unwrap();
            let arguments = match command {
                "check" => vec!["check", dir],
                _ => vec!["lessons", "--lessons", dir],
            };
            let done = output(bounded(&arguments, home.path()));
            one_line(&done, "01-x.md");
        }
    }
}

#[test]
fn logs_without_an_end_cost_no_memory() {
    let home = tempfile::tempdir().unwrap();
    one_line(
        &output(bounded(&["export", "results", "/dev/zero"], home.path())),
        "larger than 256 MiB",
    );
    // The learner's own log: a warning, and the command goes on.
    let state = home.path().join("state/zclab");
    fs::create_dir_all(&state).unwrap();
    symlink("/dev/zero", state.join("answers.jsonl")).unwrap();
    let done = output(bounded(&["review"], home.path()));
    let errors = plain(&done.stderr);
    assert!(errors.contains("larger than 256 MiB"), "{errors}");
    assert_eq!(done.status.code(), Some(0), "{errors}");
    // One line too long: it alone is lost.
    let log = home.path().join("ada.jsonl");
    let answer = r#"{"lesson":"l","question":"q","given":"a","right":true,"at":1}"#;
    fs::write(&log, format!("{}\n{answer}\n", "x".repeat(200_000))).unwrap();
    let done = output(bounded(
        &[
            "export",
            "results",
            log.to_str().unwrap(),
            "--format",
            "json",
        ],
        home.path(),
    ));
    let document: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(document["students"][0]["damaged_lines"], 1, "{document:#}");
}

#[test]
fn a_recording_without_an_end_costs_little_memory() {
    let home = tempfile::tempdir().unwrap();
    let mut command = bounded(&["replay", "/dev/stdin"], home.path());
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let _ = input.write_all(br#"{"zclab_recording":1,"spec":""#);
    let megabyte = vec![b'a'; 1 << 20];
    // Until it has heard enough.
    while input.write_all(&megabyte).is_ok() {}
    drop(input);
    one_line(&child.wait_with_output().unwrap(), "longer than 128 MiB");
}

#[test]
fn an_error_that_quotes_a_file_is_one_line() {
    let home = tempfile::tempdir().unwrap();
    let good = fs::read_dir("assets/recordings").unwrap().flatten();
    let good = good
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|e| e == "jsonl"));
    let text = fs::read_to_string(good.unwrap()).unwrap();
    for (what, by) in [
        ("\"to\":\"", "\"to\":\"a\\nb\\u001b[2J\\u202e"),
        ("\"spec\":{", "\"spec\":{\"a\\nb\":1,"),
    ] {
        let file = home.path().join("bad\n\u{1b}[2J.jsonl");
        fs::write(&file, text.replacen(what, by, 1)).unwrap();
        let done = output(bounded(&["replay", file.to_str().unwrap()], home.path()));
        if done.status.success() {
            continue; // a key that is not known is passed over
        }
        one_line(&done, ": line ");
        assert!(!done.stderr.contains(&0x1b));
    }
    let missing = home.path().join("not\nthere\u{1b}[2J");
    for command in ["replay", "check", "serve", "export results"] {
        let mut arguments: Vec<&str> = command.split(' ').collect();
        arguments.push(missing.to_str().unwrap());
        if command == "serve" {
            arguments.extend(["--method", "sendfile"]);
        }
        let done = output(bounded(&arguments, home.path()));
        one_line(&done, "not\\nthere\\x1b[2J");
    }
}

/// As a container's old filter has it: clone3 is EPERM, so that neither thread nor process can be made.
#[test]
fn without_threads_every_command_says_so_in_a_line() {
    let home = tempfile::tempdir().unwrap();
    for arguments in [
        &["trace", "--", "true"][..],
        &["prove"],
        &["compare", "read-write", "sendfile"],
        &["run", "sendfile"],
        &["serve", ".", "--method", "sendfile", "--trace"],
        &["errors", "--json"],
        &["page-cache"],
    ] {
        let done = output(refusing(libc::SYS_clone3, bounded(arguments, home.path())));
        let errors = plain(&done.stderr);
        assert!(!errors.contains("panicked"), "{arguments:?}: {errors}");
        assert_ne!(done.status.code(), Some(101), "{arguments:?}: {errors}");
        assert_eq!(done.status.signal(), None, "{arguments:?}: {errors}");
        if !done.status.success() {
            assert!(errors.lines().count() <= 2, "{arguments:?}: {errors}");
        }
    }
}

#[test]
fn a_course_that_could_hear_no_key_ends_and_says_why() {
    let mut terminal = Terminal::start(refusing(libc::SYS_clone3, zclab(&[])));
    let status = terminal.ended();
    assert_eq!(status.code(), Some(1), "{}", terminal.contents());
    assert!(terminal.is_restored());
    assert!(
        terminal.contents().contains("cannot"),
        "{}",
        terminal.contents()
    );
}

/// An abort, as a stack overflow ends in, SIGSEGV and SIGKILL run no code of the program.
#[test]
fn the_terminal_is_given_back_whatever_ends_the_course() {
    for signal in [Signal::SIGABRT, Signal::SIGSEGV, Signal::SIGKILL] {
        let mut terminal = Terminal::open();
        terminal.wait_for("Modules");
        terminal.signal(signal);
        // Rust's own handler of SIGSEGV looks for a stack overflow, and lets the fault happen again: that of kill(2) does not.
        while signal == Signal::SIGSEGV && terminal.child.try_wait().unwrap().is_none() {
            terminal.take(std::time::Duration::from_millis(50));
            terminal.signal(signal);
        }
        assert_eq!(terminal.ended().signal(), Some(signal as i32));
        terminal.is_deserted();
        while terminal
            .take(std::time::Duration::from_millis(100))
            .is_some()
        {}
        assert!(terminal.is_restored(), "after {signal}");
    }
}

#[test]
fn an_answer_from_the_future_is_asked_again() {
    let home = tempfile::tempdir().unwrap();
    let asked = |log: &str| {
        let state = home.path().join("state/zclab");
        fs::create_dir_all(&state).unwrap();
        fs::write(state.join("answers.jsonl"), log).unwrap();
        let done = output(bounded(&["review"], home.path()));
        String::from_utf8(done.stdout).unwrap()
    };
    let quiz = output(bounded(
        &["export", "questions", "--format", "json"],
        home.path(),
    ));
    let document: serde_json::Value = serde_json::from_slice(&quiz.stdout).unwrap();
    let question = &document["questions"][0];
    let record = |right: bool, at: u64| {
        let (lesson, id) = (&question["lesson"], &question["id"]);
        format!(
            "{{\"lesson\":{lesson},\"question\":{id},\"given\":\"a\",\"right\":{right},\"at\":{at}}}\n"
        )
    };
    let ahead = 9_000_000_000;
    for right in [true, false] {
        let said = asked(&record(right, ahead));
        assert!(!said.contains("Nothing is due"), "{said}");
    }
    // A right answer since then counts.
    let now = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .unwrap()
        .as_secs();
    let said = asked(&(record(true, ahead) + &record(true, now)));
    assert!(
        said.contains("comes back in 2 days") || said.contains("comes back in 3 days"),
        "{said}"
    );
}

#[test]
fn a_report_into_a_fifo_that_nobody_reads_is_refused_before_the_program_runs() {
    let home = tempfile::tempdir().unwrap();
    let path = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
    let (fifo, ran) = (path("fifo"), path("ran"));
    nix::unistd::mkfifo(fifo.as_str(), Mode::S_IRWXU).unwrap();
    let done = output(bounded(
        &["trace", "-o", &fifo, "--", "touch", &ran],
        home.path(),
    ));
    let errors = plain(&done.stderr);
    assert_eq!(errors.lines().count(), 1, "{errors}");
    assert!(errors.contains("no program reads this FIFO"), "{errors}");
    assert!(!Path::new(&ran).exists());
}
