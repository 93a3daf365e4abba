//! The kinds of question that pair, point at a line, or draw their values: marking, faults, screens.

mod screen;

use screen::Learner;
use zclab::{
    app::{Effect, Key, Mouse},
    course::{
        self, Catalogue, Fault, Question, QuestionKind, Verdict,
        kinds::{Bug, Match, Number},
    },
    model::{Given, Record, Summary},
};

const FILE: &str = "01-kinds.md";
const LESSON: &str = r#"+++
title = "Kinds"
minutes = 5
objectives = [ { id = "tell", text = "tell methods apart" } ]
+++

# Pairs

```quiz
id = "methods"
kind = "match"
objective = "tell"
text = "What does each leave in the socket's queue?"
hints = ["Two of them copy."]
explain = "sendfile() and splice() hand over references."
pairs = [
  { left = "write()", right = "a copy of your buffer", misconception = "write() lends the buffer.", feedback = "It copies before it returns." },
  { left = "sendfile()", right = "page references", misconception = "sendfile() copies.", feedback = "It notes the pages." },
  { left = "splice()", right = "page references", misconception = "splice() copies.", feedback = "A pipe holds references." },
  { left = "MSG_ZEROCOPY", right = "your own pages, pinned", misconception = "A send is a write.", feedback = "The flag pins your pages." },
]
distractors = ["a file descriptor"]
```

---

# Bug

```quiz
id = "bug"
kind = "bug"
objective = "tell"
text = "Over a nonblocking socket bytes are lost. Which line loses them?"
explain = "What write() did not take is dropped."
lines = [
  "char buf[65536];",
  "while ((n = read(in, buf, sizeof buf)) > 0)",
  "    write(sock, buf, n);",
  "close(sock);",
]
bug = 3
wrong = [
  { line = 2, misconception = "A short read is a loss.", feedback = "A short read is shorter, and loses nothing." },
]
otherwise = { misconception = "A line that moves no byte.", feedback = "Look at the line that moves bytes out." }
```

---

# Drawn

```quiz
id = "calls"
kind = "number"
objective = "tell"
text = "A file of {size_kib} KiB in chunks of {chunk_kib} KiB: how many calls?"
hints = ["{size_kib / chunk_kib} chunks."]
explain = "{size_kib / chunk_kib} reads, as many writes, one read that returns 0: {answer}."
vars = { size_kib = [256, 1024], chunk_kib = [4, 16, 64] }
answer_expr = "2 * ceil(size_kib / chunk_kib) + 1"
unit = "calls"
wrong = [ { answer_expr = "2 * (size_kib / chunk_kib)", misconception = "The last read forgotten.", feedback = "Not {2 * (size_kib / chunk_kib)}." } ]
otherwise = { misconception = "A miscount.", feedback = "There are {size_kib / chunk_kib} chunks." }
```
"#;

fn course() -> Catalogue {
    let (course, faults) = course::check(&[(FILE, LESSON)], &[]);
    assert_eq!(faults, []);
    course
}

/// Marks an answer that is typed.
fn mark(question: &Question, typed: &str, run: Option<&Summary>) -> Result<Verdict, String> {
    question.mark(&question.kind.read_answer(typed)?, run)
}

/// The sides of a match.
fn sides(question: &Question) -> Match {
    match &question.kind {
        QuestionKind::Match(sides) => sides.clone(),
        kind => panic!("a match, and no {}", kind.name()),
    }
}

fn question(id: &str) -> Question {
    course().question(id).unwrap().1.clone()
}

#[test]
fn pairs_are_marked_and_a_wrong_one_answers_with_its_left_side() {
    let question = question("methods");
    let sides = sides(&question);
    assert_eq!(
        sides.rights().len(),
        4,
        "a shared right side stands there once"
    );
    let solved = sides.solved();
    let pair = |left: usize, right: usize| format!("{}{}", left + 1, Given::letter(right));
    let all: Vec<_> = (0..4).map(|left| pair(left, solved[left])).collect();
    for given in [all.join(" "), all.concat(), all.join(", ").to_uppercase()] {
        let verdict = mark(&question, &given, None).unwrap();
        assert!(verdict.right && verdict.reaction.is_none(), "{given}");
        assert_eq!(verdict.given.to_string(), all.join(" "));
    }
    let part = mark(&question, &all[1..].join(" "), None).unwrap();
    assert!(!part.right);
    assert!(part.reaction.unwrap().feedback.contains("one more wants"));
    let mut lefts = sides.lefts();
    let left = lefts.position(|pair| pair.left == "splice()").unwrap();
    let wrong = pair(left, (solved[left] + 1) % 4);
    let verdict = mark(&question, &wrong, None).unwrap();
    assert_eq!(verdict.reaction.unwrap().misconception, "splice() copies.");
    for given in ["", "1", "c", "9a", "1z", "1a 1b", "a1"] {
        let why = mark(&question, given, None).unwrap_err();
        assert!(why.contains(": write "), "{why}");
    }
}

#[test]
fn a_bug_is_marked_by_the_number_of_its_line() {
    let question = question("bug");
    let said = |given: &str| {
        let verdict = mark(&question, given, None).unwrap();
        (
            verdict.right,
            verdict.reaction.map(|said| said.misconception),
        )
    };
    assert_eq!(said("3"), (true, None));
    assert_eq!(said("2.").1.unwrap(), "A short read is a loss.");
    assert_eq!(said("4").1.unwrap(), "A line that moves no byte.");
    for given in ["", "5", "0", "c", "2 3"] {
        assert!(mark(&question, given, None).is_err(), "{given}");
    }
    let QuestionKind::Bug(Bug { lines, .. }) = &question.kind else {
        panic!("a bug");
    };
    assert_eq!(
        lines[2], "    write(sock, buf, n);",
        "code keeps its indentation"
    );
}

#[test]
fn drawn_values_stand_in_every_text_and_come_back_after_all_others() {
    let question = question("calls");
    let texts: Vec<String> = (0..6).map(|turn| question.asked(turn).text).collect();
    for (at, text) in texts.iter().enumerate() {
        assert!(!text.contains('{'), "{text}");
        assert!(!texts[..at].contains(text), "drawn twice: {text}");
    }
    assert_eq!(question.asked(6).text, texts[0]);
    for turn in 0..6 {
        let asked = question.asked(turn);
        let QuestionKind::Number(Number { answer, wrong, .. }) = &asked.kind else {
            panic!("a number");
        };
        let answer = answer.unwrap();
        assert!(mark(&asked, &answer.to_string(), None).unwrap().right);
        assert_eq!(wrong[0].answer + 1.0, answer);
        let said = mark(&asked, &wrong[0].answer.to_string(), None).unwrap();
        assert_eq!(
            said.reaction.unwrap().misconception,
            "The last read forgotten."
        );
        assert!(asked.hints[0].ends_with(" chunks.") && !asked.explain.contains('{'));
    }
}

fn faults(text: &str) -> Vec<String> {
    let (_, faults) = course::check(&[(FILE, text)], &[]);
    faults.iter().map(Fault::to_string).collect()
}

#[test]
fn every_fault_is_found_where_it_stands() {
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "left = \"splice()\", right",
            "left = \"write()\", right",
            &["19:12: 'write()' stands on the left twice: leave one"],
        ),
        (
            "distractors = [\"a file descriptor\"]",
            "distractors = [\"page references\"]",
            &["22:16: the distractor is also the right side of a pair"],
        ),
        (
            "misconception = \"splice() copies.\", ",
            "",
            &["19:3: a wrong partner of the left side is wrong and has no misconception: add"],
        ),
        (
            "\"your own pages, pinned\"",
            "\"the very pages of your own program, pinned\"",
            &[
                "20:36: the right side takes 2 rows of 30 cells, and there is room for 1: shorten it",
            ],
        ),
        (
            "pairs = [",
            "pears = [",
            &[
                "9:1: the question has nothing to pair: write",
                "9:1: the quiz has no pairs: add pairs",
                "16:1: unknown key 'pears' in the quiz: did you mean pairs?",
            ],
        ),
        (
            "bug = 3",
            "bug = 5",
            &["41:7: there is no line 5: write a number from 1 to 4"],
        ),
        ("bug = 3\n", "", &["29:1: the quiz has no bug: add bug = 2"]),
        (
            "line = 2,",
            "line = 3,",
            &["43:12: the line stands under wrong and is the bug"],
        ),
        (
            "{ line = 2, ",
            "{ ",
            &["43:3: the wrong line has no line: add line = 2"],
        ),
        (
            "answer_expr = \"2 * ceil(size_kib / chunk_kib) + 1\"",
            "answer_expr = \"2 * ceil(size_kib / chank_kib) + 1\"",
            &[
                "60:15: 'chank_kib' has no values: write it under vars, or one of size_kib, chunk_kib",
            ],
        ),
        (
            "ceil(size_kib / chunk_kib) + 1\"",
            "ceil(size_kib / chunk_kib + 1\"",
            &["60:15: the formula ends too early: write numbers, names"],
        ),
        (
            "chunk_kib = [4, 16, 64]",
            "chunk_kib = [0, 16, 64]",
            &["60:15: there is no answer with size_kib = 256, chunk_kib = 0: take that value out"],
        ),
        (
            "{ answer_expr = \"2 * (size_kib / chunk_kib)\"",
            "{ answer_expr = \"2 * (size_kib / chunk_kib) + 1\"",
            &[
                "62:27: the number stands under wrong and is right with size_kib = 256, chunk_kib = 4",
            ],
        ),
        (
            "hints = [\"{size_kib / chunk_kib} chunks.\"]",
            "hints = [\"{size_kib / 2 2} chunks.\"]",
            &["57:10: the formula cannot be read from '2' on: write"],
        ),
        (
            "in chunks of {chunk_kib} KiB",
            "in chunks",
            &["59:34: the question does not say chunk_kib: write {chunk_kib} in its text"],
        ),
        (
            "vars = { size_kib = [256, 1024], ",
            "vars = { size_kib = [], ",
            &["59:21: size_kib is no list of numbers: write the values"],
        ),
        (
            "unit = \"calls\"\nwrong",
            "unit = \"calls\"\nanswer = 3\nwrong",
            &["52:1: the question has both vars and answer: write the answer as answer_expr"],
        ),
    ];
    let mut failures = Vec::new();
    for (from, to, wanted) in cases {
        assert!(LESSON.contains(from), "nothing to replace: {from}");
        let found = faults(&LESSON.replacen(from, to, 1));
        let is_found = found.len() == wanted.len()
            && found
                .iter()
                .zip(*wanted)
                .all(|(found, wanted)| found.starts_with(&format!("{FILE}:{wanted}")));
        if !is_found {
            failures.push(format!(
                "{from:?}\n  wanted {wanted:#?}\n  found  {found:#?}"
            ));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

const SIZES: [(u16, u16); 4] = [(60, 18), (80, 24), (120, 36), (200, 60)];

/// The page of that number (from 0), at each size, after these keys.
fn each_size(name: &str, page: usize, keys: impl Fn(&mut Learner)) {
    let mut frames = String::new();
    for (width, height) in SIZES {
        let mut learner = Learner::of(&[(FILE, LESSON)], width, height);
        learner.key(Key::Enter);
        learner.keys(&"n".repeat(page));
        keys(&mut learner);
        frames += &format!("{width}x{height}\n{}\n\n", learner.screen());
    }
    insta::assert_snapshot!(name, frames);
}

#[test]
fn pairs_on_the_screen() {
    each_size("pairs-begun", 0, |learner| drop(learner.keys("31")));
    each_size("pairs-wrong", 0, |learner| drop(learner.keys("1111\n")));
    each_size("pairs-explained", 0, |learner| drop(learner.keys("hx")));
}

#[test]
fn a_bug_on_the_screen() {
    each_size("bug-wrong", 1, |learner| drop(learner.keys("2\n")));
    each_size("bug-right", 1, |learner| drop(learner.keys("3")));
}

#[test]
fn drawn_values_on_the_screen() {
    each_size("drawn-wrong", 2, |learner| drop(learner.keys("7\nh")));
}

#[test]
fn pairs_are_made_by_keys_and_by_mouse_and_taken_back() {
    let mut learner = Learner::of(&[(FILE, LESSON)], 80, 24);
    learner.key(Key::Enter);
    let solved = sides(&question("methods")).solved();
    for right in &solved {
        learner.keys(&(right + 1).to_string());
    }
    learner.key(Key::Backspace);
    let waiting = learner.key(Key::Enter);
    assert!(!waiting.contains("✓ right"), "one is missing: {waiting}");
    let row = waiting
        .lines()
        .position(|row| row.contains("page references"))
        .unwrap() as u16;
    let sides = sides(learner.app.question().unwrap().0);
    let last = sides.rights()[*solved.last().unwrap()].clone();
    let row_of_last = waiting.lines().position(|row| row.contains(&last)).unwrap() as u16;
    assert!(row >= 4 && row_of_last >= 4);
    learner.mouse(Mouse::Press(30, row_of_last));
    let shown = learner.key(Key::Enter);
    assert!(shown.contains("✓ right"), "{shown}");
    let kept = learner.effects.iter().find_map(|effect| match effect {
        Effect::Keep(Record::Answer(answer)) => Some(answer.clone()),
        _ => None,
    });
    let answer = kept.unwrap();
    assert!(answer.right);
    assert!(question("methods").mark(&answer.given, None).unwrap().right);
}

#[test]
fn other_values_are_drawn_on_request() {
    let mut learner = Learner::of(&[(FILE, LESSON)], 80, 24);
    learner.key(Key::Enter);
    learner.keys("nn");
    let first = learner.app.question().unwrap().0.clone();
    let QuestionKind::Number(Number { answer, .. }) = &first.kind else {
        panic!("its values are drawn");
    };
    let right = learner.keys(&format!("{}\n", answer.unwrap()));
    assert!(
        right.contains("✓ right") && right.contains("other values"),
        "{right}"
    );
    learner.keys("g");
    let (second, state) = learner.app.question().unwrap();
    assert_ne!(first.text, second.text);
    assert!(state.verdict.is_none());
}
