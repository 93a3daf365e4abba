//! Questions outside the screen: plain lines, review, the concept test, exports, cards, a teacher's own lessons.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

mod require;

use require::skip;

const LESSON: &str = r#"+++
title = "The road"
minutes = 5
objectives = [ { id = "count", text = "count" } ]
+++

# One

```quiz
id = "pick"
kind = "choice"
objective = "count"
text = "How many copies?"
hints = ["Fewer than three.", "More than one."]
explain = "One in, one out."
options = [
  { text = "two = {2}", right = true },
  { text = "one ~ 1", misconception = "Half: forgotten.", feedback = "There is #2 -> too." },
]
```

---

# Two

```quiz
id = "number"
kind = "number"
objective = "count"
text = "How many calls for {n} chunks?"
explain = "Twice {n}."
unit = "calls"
vars = { n = [3, 4] }
answer_expr = "2 * n"
wrong = [ { answer_expr = "n", misconception = "Half.", feedback = "Reads and writes." } ]
otherwise = { misconception = "A miscount.", feedback = "Two a chunk." }
```

---

# Three

```quiz
id = "order"
kind = "order"
text = "In order?"
explain = "Bytes first."
lines = ["read()", "write()", "close()"]
distractors = [ { text = "fork()", misconception = "M.", feedback = "Not that one." } ]
otherwise = { misconception = "The right lines.", feedback = "Another order." }
```

---

# Four

```quiz
id = "pair"
kind = "match"
text = "What goes with what?"
explain = "So."
pairs = [
  { left = "read()", right = "in", misconception = "M.", feedback = "read() brings in." },
  { left = "write()", right = "out", misconception = "M.", feedback = "write() puts out." },
]
distractors = ["up"]
```

---

# Five

```quiz
id = "bug"
kind = "bug"
text = "Which line?"
explain = "It stops early."
lines = ["while (1) {", "    if (n < SIZE) break;", "}"]
bug = 2
otherwise = { misconception = "A line that is right.", feedback = "Look at the end." }
```
"#;

const TEST: &str = r#"+++
title = "Before and after"
minutes = 3
objectives = []
+++

# One

```quiz
id = "c-one"
kind = "number"
text = "How much is it?"
explain = "Seven."
unit = ""
answer = 7
otherwise = { misconception = "M.", feedback = "SECRET." }
```
"#;

struct Place {
    dir: TempDir,
}

impl Place {
    fn new() -> Place {
        let dir = TempDir::new().unwrap();
        let lessons = dir.path().join("lessons");
        fs::create_dir_all(lessons.join("cards")).unwrap();
        fs::write(lessons.join("01-road.md"), LESSON).unwrap();
        fs::write(
            lessons.join("concept-test.md"),
            TEST.replace("unit = \"\"", "unit = \"of it\""),
        )
        .unwrap();
        fs::write(lessons.join("README.md"), "# Not a lesson\n").unwrap();
        fs::write(
            lessons.join("cards/road.md"),
            "+++\ntitle = \"The road\"\nsignature = [\"int road(void);\"]\nsources = [\"road(2)\"]\n+++\n",
        )
        .unwrap();
        Place { dir }
    }

    fn lessons(&self) -> std::path::PathBuf {
        self.dir.path().join("lessons")
    }

    fn log(&self) -> std::path::PathBuf {
        self.dir.path().join("state/zclab/answers.jsonl")
    }

    /// Runs zclab with these lessons; gives exit code, standard output and standard error.
    fn zclab(&self, arguments: &[&str], input: &str) -> (i32, String, String) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_zclab"))
            .args(arguments)
            .arg("--lessons")
            .arg(self.lessons())
            .env("XDG_STATE_HOME", self.dir.path().join("state"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that ends before it has read everything is no fault of the test.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let done = child.wait_with_output().unwrap();
        (
            done.status.code().unwrap(),
            String::from_utf8(done.stdout).unwrap(),
            String::from_utf8(done.stderr).unwrap(),
        )
    }

    /// The answers of the log: question, given, right.
    fn kept(&self) -> Vec<(String, String, bool)> {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let lines = log
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        lines
            .filter(|line| line.get("question").is_some())
            .map(|line| {
                (
                    text(&line["question"]),
                    text(&line["given"]),
                    line["right"].as_bool().unwrap(),
                )
            })
            .collect()
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The right answer to each question, as `export questions` tells.
fn answers(place: &Place) -> Vec<String> {
    let (_, out, _) = place.zclab(&["export", "questions", "--format", "json"], "");
    let questions = json(&out)["questions"].as_array().unwrap().clone();
    questions
        .iter()
        .map(|question| question["answer"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_quiz_takes_one_line_an_answer_and_keeps_it() {
    let place = Place::new();
    let right = answers(&place);
    let (code, out, err) = place.zclab(&["quiz", "road"], &(right.join("\n") + "\n"));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(
        out.contains("Question 5 of 5") && out.contains("5 of 5 right."),
        "{out}"
    );
    assert!(
        out.contains("One in, one out."),
        "a right answer is explained, too: {out}"
    );
    let kept = place.kept();
    assert_eq!(kept.len(), 5);
    assert!(kept.iter().all(|(_, _, right)| *right), "{kept:?}");
}

#[test]
fn hints_misunderstandings_and_wrong_answers_are_answered() {
    let place = Place::new();
    let input = "?\n?\n?\nx9\nb\n\n4 1 2\n";
    let (code, out, _) = place.zclab(&["quiz"], input);
    assert_eq!(code, 0);
    for said in [
        "Hint: Fewer than three.",
        "Hint: More than one.",
        "There is no further hint.",
        "is not an option: write a letter",
        "Not yet.\nHalf: forgotten.",
        "There is #2 -> too.",
        "The answer: a) two = {2}",
        "The input ended after 3 of 5 questions.",
        "comes back in zclab review",
    ] {
        assert!(out.contains(said), "{said}: {out}");
    }
    let kept = place.kept();
    let given: Vec<_> = kept
        .iter()
        .map(|(id, given, _)| (id.as_str(), given.as_str()))
        .collect();
    assert_eq!(given[..2], [("pick", "b"), ("number", "")]);
}

#[test]
fn what_was_missed_comes_back_in_review_and_what_was_right_does_not() {
    let place = Place::new();
    let (_, nothing, _) = place.zclab(&["review"], "");
    assert!(nothing.contains("Nothing is due"), "{nothing}");
    let right = answers(&place);
    // The first is missed, the others are right.
    place.zclab(&["quiz"], &format!("b\n{}\n", right[1..].join("\n")));
    let (_, due, _) = place.zclab(&["review"], "b\na\n");
    assert!(due.contains("Question 1 of 1, from The road"), "{due}");
    assert!(due.contains("Once more, what was missed."), "{due}");
    assert!(due.contains("Remembered: 1. Still due: 0."), "{due}");
    let (_, later, _) = place.zclab(&["review"], "");
    assert!(later.contains("The next question comes back"), "{later}");
}

#[test]
fn the_concept_test_says_nothing_before_and_shows_the_gain_after() {
    let place = Place::new();
    let (_, before, _) = place.zclab(&["quiz", "--concept", "before"], "?\n3\n");
    assert!(
        before.contains("Noted.") && before.contains("before: 0 of 1 right"),
        "{before}"
    );
    assert!(
        !before.contains("SECRET") && !before.contains("Seven"),
        "{before}"
    );
    let (_, after, _) = place.zclab(&["quiz", "--concept", "after"], "7\n");
    assert!(after.contains("after: 1 of 1 right"), "{after}");
    assert!(
        after.contains("gain: +1 of 1 that were missing before (100 %)"),
        "{after}"
    );
    let (_, review, _) = place.zclab(&["review"], "");
    assert!(
        review.contains("Nothing is due"),
        "a test is not reviewed: {review}"
    );
}

#[test]
fn results_of_many_logs_have_one_row_a_student_and_a_line_counts_once() {
    let place = Place::new();
    let logs = place.dir.path().join("logs");
    fs::create_dir_all(&logs).unwrap();
    let line = |question: &str, right: bool, at: u32| {
        format!(
            "{{\"lesson\":\"road\",\"question\":\"{question}\",\"given\":\"a\",\"right\":{right},\"at\":{at}}}\n"
        )
    };
    let write = |name: &str, text: String| {
        let path = logs.join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let laptop = write(
        "ada.jsonl",
        line("pick", false, 10) + &line("order", true, 20) + "torn {\n",
    );
    let desktop = write(
        "ada-2.jsonl",
        line("pick", false, 10) + &line("pick", true, 30),
    );
    let bob = write("b,ob.jsonl", line("bug", true, 5));
    let (code, out, err) = place.zclab(
        &[
            "export",
            "results",
            &laptop,
            &desktop,
            &bob,
            "--student",
            "ada",
            "--student",
            "ada",
            "--student",
            "b,ob",
        ],
        "",
    );
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("can be forged"), "{err}");
    let rows: Vec<&str> = out.split("\r\n").collect();
    assert!(rows[0].starts_with("student,pages_seen,"), "{out}");
    assert!(rows[1].starts_with("ada,0,5,2,0,5,"), "{out}");
    assert!(rows[2].starts_with("\"b,ob\",0,5,1,0,5,"), "{out}");
    assert_eq!(rows.len(), 4, "{out}");
    let (_, out, _) = place.zclab(
        &[
            "export",
            "results",
            &laptop,
            &desktop,
            "--student",
            "ada",
            "--format",
            "json",
        ],
        "",
    );
    let document = json(&out);
    assert!(document["note"].as_str().unwrap().contains("forged"));
    let ada = &document["students"][0];
    assert_eq!(
        (ada["answers"].as_u64(), ada["damaged_lines"].as_u64()),
        (Some(3), Some(1)),
        "{out}"
    );
    let (code, _, err) = place.zclab(&["export", "results", "/nowhere.jsonl"], "");
    assert_eq!((code, err.lines().count()), (1, 1), "{err}");
    let (code, ..) = place.zclab(
        &[
            "export",
            "results",
            &laptop,
            &desktop,
            &bob,
            "--student",
            "a",
            "--student",
            "b",
        ],
        "",
    );
    assert_eq!(code, 2);
}

#[test]
fn questions_are_exported_with_all_that_belongs_to_them() {
    let place = Place::new();
    let (_, out, _) = place.zclab(&["export", "questions", "--format", "json"], "");
    let questions = json(&out)["questions"].as_array().unwrap().clone();
    let kinds: Vec<_> = questions
        .iter()
        .map(|one| one["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["choice", "number", "order", "match", "bug"]);
    let first = &questions[0];
    assert_eq!(first["answer"], "a");
    assert_eq!(first["objective"], "count");
    assert_eq!(first["explanation"], "One in, one out.");
    assert_eq!(first["options"][0]["right"], true);
    assert!(
        first["options"][1]["feedback"]
            .as_str()
            .unwrap()
            .ends_with("There is #2 -> too.")
    );
    assert_eq!(questions[4]["answer"], "2");
}

#[test]
fn gift_is_understood_by_an_independent_parser() {
    let place = Place::new();
    let (code, gift, _) = place.zclab(&["export", "questions"], "");
    assert_eq!(code, 0);
    assert!(gift.contains(r"=two \= \{2\}"), "{gift}");
    assert!(
        gift.contains(r"~one \~ 1#Half\: forgotten.\n\nThere is \#2 -> too."),
        "{gift}"
    );
    let Some(parsed) = parsed_by_gift_pegjs(place.dir.path(), &gift) else {
        return;
    };
    let parsed = parsed.as_array().unwrap().clone();
    let of = |id: &str| {
        parsed
            .iter()
            .find(|one| one["title"] == id)
            .unwrap_or_else(|| panic!("{id}: {parsed:?}"))
    };
    assert_eq!(of("pick")["type"], "MC");
    assert_eq!(of("pick")["choices"][0]["text"]["text"], "two = {2}");
    assert_eq!(of("number-1")["type"], "Numerical");
    assert_eq!(of("order")["type"], "Matching");
    assert_eq!(of("order")["matchPairs"].as_array().unwrap().len(), 4);
    assert_eq!(of("pair")["type"], "Matching");
    assert_eq!(of("bug")["type"], "MC");
    // The whole course is understood, and no question is lost.
    let course = Command::new(env!("CARGO_BIN_EXE_zclab"))
        .args(["export", "questions"])
        .output()
        .unwrap();
    let course = String::from_utf8(course.stdout).unwrap();
    let written = course.lines().filter(|line| line.starts_with("::")).count();
    let parsed = parsed_by_gift_pegjs(place.dir.path(), &course).unwrap();
    let read = parsed
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["type"] != "Category")
        .count();
    assert_eq!(read, written);
}

/// What the npm package gift-pegjs makes of it; none, said aloud, where there is no npm or no network.
fn parsed_by_gift_pegjs(dir: &Path, gift: &str) -> Option<Value> {
    let ready = dir.join("node_modules/gift-pegjs").is_dir()
        || Command::new("npm")
            .args([
                "install",
                "--silent",
                "--no-audit",
                "--no-fund",
                "--fetch-retries=0",
                "--fetch-timeout=20000",
                "gift-pegjs@1.0.2",
            ])
            .current_dir(dir)
            .output()
            .is_ok_and(|done| done.status.success());
    if !ready {
        skip("npm", "gift-pegjs cannot be installed here");
        return None;
    }
    fs::write(dir.join("questions.gift"), gift).unwrap();
    let script = "const g=require('gift-pegjs'),f=require('fs');process.stdout.write(JSON.stringify(g.parse(f.readFileSync('questions.gift','utf8'))))";
    let done = Command::new("node")
        .args(["-e", script])
        .current_dir(dir)
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    Some(json(&String::from_utf8(done.stdout).unwrap()))
}

#[test]
fn own_lessons_are_listed_asked_checked_and_carded() {
    let place = Place::new();
    let (_, list, _) = place.zclab(&["lessons"], "");
    assert!(
        list.contains("The road") && list.lines().count() == 1,
        "{list}"
    );
    let (_, card, _) = place.zclab(&["card", "road"], "");
    assert!(
        card.contains("int road(void);") && card.contains("Sources: road(2)"),
        "{card}"
    );
    let (code, _, err) = place.zclab(&["card", "raod"], "");
    assert!(code == 1 && err.contains("did you mean road?"), "{err}");
    let broken = place.lessons().join("cards/broken.md");
    fs::write(
        &broken,
        "+++\ntitle = \"x\"\npath = [ { from = \"disk\", to = \"moon\", how = \"dma\" } ]\n+++\n",
    )
    .unwrap();
    let check = Command::new(env!("CARGO_BIN_EXE_zclab"))
        .arg("check")
        .arg(place.lessons())
        .output()
        .unwrap();
    let check = String::from_utf8(check.stdout).unwrap();
    assert!(
        check.contains("cards/broken.md:3:32: 'moon' is not a place: write one of"),
        "{check}"
    );
    assert!(
        check.contains("cards/broken.md:1:1: the card has no sources"),
        "{check}"
    );
}

#[test]
fn what_the_form_gives_away_is_a_fault() {
    let place = Place::new();
    let lessons = place.lessons();
    let text = LESSON
        .replace(
            "\"two = {2}\"",
            "\"two, for the kernel copies in and out again\"",
        )
        .replace(
            "{ id = \"count\", text = \"count\" }",
            "{ id = \"count\", text = \"count\" }, { id = \"x\", text = \"y\" }",
        )
        .replace(
            "id = \"order\"\nkind",
            "id = \"order\"\nobjective = \"x\"\nkind",
        )
        .replace("\"one ~ 1\"", "\"all of the above\"");
    fs::write(lessons.join("01-road.md"), text).unwrap();
    let check = Command::new(env!("CARGO_BIN_EXE_zclab"))
        .arg("check")
        .arg(&lessons)
        .output()
        .unwrap();
    let check = String::from_utf8(check.stdout).unwrap();
    for fault in [
        "01-road.md:4:57: one question alone serves the objective 'x': add a second",
        "01-road.md:9:1: the right option is the longest by far: 43 columns",
        "01-road.md:9:1: the option 'all of the above' is about the others",
    ] {
        assert!(check.contains(fault), "{fault}: {check}");
    }
    let all_right = "+++\ntitle = \"All\"\nminutes = 1\nobjectives = []\n+++\n\n# One\n\n```quiz\nid = \"all\"\n\
                     kind = \"multi\"\ntext = \"Which?\"\nexplain = \"So.\"\noptions = [\n\
                     { text = \"this\", right = true },\n{ text = \"that\", right = true },\n]\n```\n";
    let file = lessons.join("02-all.md");
    fs::write(&file, all_right).unwrap();
    let check = Command::new(env!("CARGO_BIN_EXE_zclab"))
        .arg("check")
        .arg(&file)
        .output()
        .unwrap();
    let check = String::from_utf8(check.stdout).unwrap();
    assert!(check.contains("every option is right: add one"), "{check}");
    let wrong = |text, misconception, feedback| {
        format!(
            "{{ text = \"{text}\", misconception = \"{misconception}\", feedback = \"{feedback}\" }},\n"
        )
    };
    let options = |second| {
        let (one, two) = (wrong("one", "M.", "F."), wrong("two", "N.", second));
        all_right.replace(
            "{ text = \"that\", right = true },\n",
            &format!("{one}{two}"),
        )
    };
    for (second, alike) in [("F.", true), ("G.", false)] {
        fs::write(&file, options(second)).unwrap();
        let check = Command::new(env!("CARGO_BIN_EXE_zclab"))
            .arg("check")
            .arg(&file)
            .output()
            .unwrap();
        let check = String::from_utf8(check.stdout).unwrap();
        let found = check.contains("two wrong answers get the same feedback, 'F.'");
        assert_eq!(found, alike, "{check}");
    }
}
