//! The learner's log: nothing that was written is lost, whatever happens to the file, and the state that it
//! comes to.

use std::{
    env, fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command},
};

use zclab::{
    course::{Catalogue, Progress},
    model::{AnswerRecord, Record, Reset, Visit},
    store::progress::{Loaded, Log, append},
};

fn answer(question: &str, given: &str, right: bool, at: u64) -> Record {
    Record::Answer(AnswerRecord {
        lesson: "road".to_owned(),
        question: question.to_owned(),
        given: given.to_owned().into(),
        right,
        at,
    })
}

fn visit(page: u32, at: u64) -> Record {
    Record::Visit(Visit {
        lesson: "road".to_owned(),
        page,
        at,
    })
}

fn reset(lesson: &str, at: u64) -> Record {
    Record::Reset(Reset {
        lesson: lesson.to_owned(),
        at,
    })
}

fn load(path: &Path) -> (Vec<Record>, Loaded) {
    let mut records = Vec::new();
    let loaded = Log::at(path).load(&mut |record| records.push(record));
    (records, loaded)
}

#[test]
fn what_is_kept_is_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a/b/answers.jsonl");
    let records = [
        visit(1, 10),
        answer("calls", "a c", false, 11),
        answer("µs", "\"66\"\n", true, 12),
        reset("road", 13),
    ];
    let mut log = Log::at(&path);
    for record in &records {
        assert_eq!(log.keep(record), None);
    }
    let (read, loaded) = load(&path);
    assert_eq!(read, records);
    assert_eq!(
        (loaded.records, loaded.damaged, loaded.warning),
        (4, 0, None)
    );
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 4, "one line a record:\n{text}");
    assert_eq!(text.lines().last(), Some(r#"{"reset":"road","at":13}"#));
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "others can read it");
}

#[test]
fn a_log_that_is_not_there_is_empty() {
    let dir = tempfile::tempdir().unwrap();
    let (records, loaded) = load(&dir.path().join("none.jsonl"));
    assert!(records.is_empty() && loaded.warning.is_none());
}

#[test]
fn a_torn_last_line_loses_that_line_alone() {
    let dir = tempfile::tempdir().unwrap();
    let whole = dir.path().join("whole.jsonl");
    append(&whole, &visit(1, 1)).unwrap();
    append(&whole, &answer("calls", "66", true, 2)).unwrap();
    let text = fs::read(&whole).unwrap();
    let first = text.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for cut in first..text.len() {
        let path = dir.path().join(format!("{cut}.jsonl"));
        fs::write(&path, &text[..cut]).unwrap();
        append(&path, &visit(3, 3)).unwrap();
        let (records, loaded) = load(&path);
        // Cut before it began, or only its newline: nothing is lost.
        let lost = cut > first && cut < text.len() - 1;
        assert_eq!(loaded.damaged, u64::from(lost), "cut at {cut}");
        assert_eq!(records.first(), Some(&visit(1, 1)));
        assert_eq!(records.last(), Some(&visit(3, 3)));
        let kept = fs::read(&path).unwrap();
        assert!(kept.starts_with(&text[..cut]), "what was torn was deleted");
    }
}

#[test]
fn damaged_lines_are_passed_over_counted_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("answers.jsonl");
    let mut file = fs::File::create(&path).unwrap();
    let good = r#"{"lesson":"road","page":2,"at":5,"later":{"key":[1]}}"#;
    for line in [
        good.as_bytes(),
        b"{\"lesson\":\"road\",\"page\":-2,\"at\":5}",
        b"not JSON",
        b"\xff\xfe\0\0",
        b"",
        b"{\"at\":5}",
        b"[]",
        good.as_bytes(),
    ] {
        file.write_all(line).unwrap();
        file.write_all(b"\n").unwrap();
    }
    let before = fs::read(&path).unwrap();
    let (records, loaded) = load(&path);
    assert_eq!(records, [visit(2, 5), visit(2, 5)]);
    assert_eq!(loaded.damaged, 5);
    append(&path, &visit(3, 6)).unwrap();
    assert!(fs::read(&path).unwrap().starts_with(&before));
}

const WRITER: &str = "ZCLAB_TEST_WRITER";
const EACH: u64 = 400;

/// Not a test by itself: the program that the test below starts several times over.
#[test]
fn writer() {
    let Ok(name) = env::var(WRITER) else { return };
    let mut log = Log::of_user();
    for at in 0..EACH {
        assert_eq!(
            log.keep(&answer(&name, &"x".repeat(at as usize), true, at)),
            None
        );
    }
}

fn start_writer(name: &str, state: &Path) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "writer", "--quiet"])
        .env(WRITER, name)
        .env("XDG_STATE_HOME", state)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn programs_that_write_at_once_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let names = ["one", "two", "three"];
    let writers: Vec<_> = names.map(|name| start_writer(name, dir.path())).into();
    for mut writer in writers {
        assert!(writer.wait().unwrap().success());
    }
    let (records, loaded) = load(&dir.path().join("zclab/answers.jsonl"));
    assert_eq!(loaded.damaged, 0);
    for name in names {
        let times: Vec<u64> = records
            .iter()
            .filter_map(|record| match record {
                Record::Answer(answer) if answer.question == name => Some(answer.at),
                _ => None,
            })
            .collect();
        assert_eq!(times, (0..EACH).collect::<Vec<_>>(), "{name}");
    }
}

#[test]
fn what_cannot_be_kept_is_said_once() {
    let dir = tempfile::tempdir().unwrap();
    // A file where the directory should be: that stops root, too.
    fs::write(dir.path().join("zclab"), "").unwrap();
    let mut log = Log::at(dir.path().join("zclab/answers.jsonl"));
    let warning = log.keep(&visit(1, 1)).expect("a warning");
    assert!(warning.contains("zclab/answers.jsonl"), "{warning}");
    assert!(!warning.contains('\n'), "{warning}");
    assert_eq!(log.keep(&visit(2, 2)), None);
    assert_eq!(log.load(&mut |_| ()).warning, None);

    let mut full = Log::at("/dev/full");
    let warning = full.keep(&visit(1, 1)).expect("a warning");
    assert!(warning.contains("No space left"), "{warning}");

    let mut directory = Log::at(dir.path());
    let warning = directory.load(&mut |_| ()).warning.expect("a warning");
    assert!(warning.contains("cannot be read"), "{warning}");
    assert_eq!(directory.keep(&visit(1, 1)), None);
}

#[test]
fn a_million_lines_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("answers.jsonl");
    let mut file = std::io::BufWriter::new(fs::File::create(&path).unwrap());
    for at in 0..1_000_000_u64 {
        let line = serde_json::to_string(&answer(&format!("q{}", at % 30), "66", at % 2 == 0, at));
        writeln!(file, "{}", line.unwrap()).unwrap();
    }
    file.into_inner().unwrap();
    let begun = std::time::Instant::now();
    let mut progress = Progress::default();
    let loaded = Log::at(&path).load(&mut |record| progress.add(&record));
    eprintln!("a million lines: {:?}", begun.elapsed());
    assert_eq!((loaded.records, loaded.damaged), (1_000_000, 0));
    let lesson = progress.lesson("road").unwrap();
    assert_eq!(lesson.answers.len(), 30);
    assert_eq!(lesson.answers["q9"].at, 999_999);
}

const LESSON: &str = r#"+++
title = "The road"
minutes = 5
objectives = [ { id = "count", text = "count the calls" }, { id = "guess", text = "guess them" } ]
+++

# One

Prose.

---

# Two

```quiz
id = "calls"
kind = "choice"
objective = "count"
text = "How many?"
explain = "So."
options = [ { text = "two", right = true }, { text = "one", misconception = "M.", feedback = "F." } ]
```

---

# Three

```lab
id = "live"
method = "sendfile"
```
```predict
id = "guess-calls"
objective = "guess"
text = "How many?"
query = "syscalls"
unit = "calls"
scale = [0, 64]
explain = "So."
```
"#;

#[test]
fn records_come_to_a_state() {
    let (course, faults) = Catalogue::parse(&[("01-road.md", LESSON)], &[]);
    assert_eq!(faults, []);
    let lesson = course.lesson("road").unwrap();
    let reached = |progress: &Progress| -> Vec<String> {
        let reached = progress.objectives_reached(lesson).into_iter();
        reached.map(|objective| objective.id.clone()).collect()
    };

    let mut progress = Progress::default();
    assert_eq!(progress.totals(&course).pages_seen, 0);
    for record in [
        visit(1, 1),
        visit(3, 2),
        visit(2, 3),
        visit(9, 4),
        visit(2, 5),
    ] {
        progress.add(&record);
    }
    progress.add(&answer("calls", "b", false, 6));
    progress.add(&answer("calls", "", false, 7));
    let totals = progress.totals(&course);
    assert_eq!(
        (totals.pages_seen, totals.pages),
        (3, 3),
        "a page that is gone counts no more"
    );
    assert_eq!((totals.right, totals.wrong, totals.questions), (0, 1, 1));
    assert_eq!(progress.lesson("road").unwrap().last_page, Some(2));
    assert!(reached(&progress).is_empty());

    progress.add(&answer("calls", "a", true, 8));
    assert_eq!(reached(&progress), ["count"]);
    assert_eq!(progress.answered("road", "calls").unwrap().times, 2);
    progress.add(&answer("guess-calls", "33", false, 9));
    assert_eq!(
        reached(&progress),
        ["count", "guess"],
        "a prediction counts when it was made"
    );
    progress.add(&answer("calls", "b", false, 10));
    assert_eq!(reached(&progress), ["guess"], "the last answer counts");

    progress.add(&reset("other", 11));
    assert!(progress.has_seen("road", 1));
    progress.add(&reset("road", 12));
    assert_eq!(progress.lesson("road"), None);
    progress.add(&visit(1, 13));
    assert_eq!(progress.totals(&course).pages_seen, 1);
}
