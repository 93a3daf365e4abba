//! The course that is shipped, and what is said about lessons with faults in them.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use zclab::{
    copypath,
    course::{
        self, Ask, Catalogue, Fault, Lesson, Question, QuestionKind, QuestionOption, Reaction,
        Target, Verdict,
        kinds::{Bug, Choice, Match, Multi, Number, Order},
        parse,
    },
    embedded, endpoint,
    experiment::{self, Source},
    figure, host,
    model::{Given, Query, Sink, Summary, TransferSpec},
    tracer::Cancel,
};

mod require;

use require::skip;

fn shipped() -> Catalogue {
    let (course, faults) = course::check(&embedded::lessons(), &embedded::figures());
    let faults: Vec<_> = faults.iter().map(Fault::to_string).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    course
}

#[test]
fn the_shipped_course_is_complete_and_without_fault() {
    let course = shipped();
    let ids: Vec<_> = course
        .lessons()
        .iter()
        .map(|lesson| lesson.id.as_str())
        .collect();
    let files = embedded::lessons();
    let is_lesson = |(name, _): &&(&str, &str)| parse::name_of(name).is_some();
    assert_eq!(ids.len(), files.iter().filter(is_lesson).count());
    assert!(ids.len() >= 4, "{ids:?}");
    let asked: Vec<_> = course.questions().collect();
    assert!(asked.len() >= 24, "{} questions", asked.len());
    let kinds: BTreeSet<_> = asked
        .iter()
        .map(|(_, question)| question.kind.name())
        .collect();
    assert!(kinds.len() >= 4, "{kinds:?}");
    let fixed = |question: &&Question| matches!(&question.kind, QuestionKind::Number(number) if number.answer.is_some());
    let from_run = |question: &&Question| question.kind.run().is_some();
    let all = || asked.iter().map(|(_, question)| *question);
    assert!(
        all().any(|question| fixed(&question)),
        "no number that is fixed"
    );
    assert!(
        all().any(|question| from_run(&question)),
        "no number marked from a run"
    );
    for lesson in course.lessons() {
        assert!(!lesson.objectives.is_empty(), "{}", lesson.id);
        assert!(lesson.questions().count() > 0, "{} asks nothing", lesson.id);
        assert!(
            lesson.predictions().count() > 0,
            "{} predicts nothing",
            lesson.id
        );
    }
}

#[test]
fn the_shipped_figures_can_be_drawn_and_are_used() {
    let course = shipped();
    let pages = course.lessons().iter().flat_map(|lesson| &lesson.pages);
    let used: BTreeSet<_> = pages
        .filter_map(|page| match &page.target {
            Some(Target::Figure(id)) => Some(id.as_str()),
            _ => None,
        })
        .collect();
    assert!(embedded::figures().len() >= 5);
    for (name, text) in embedded::figures() {
        let figure = figure::figure(name, text).unwrap_or_else(|fault| panic!("{name}:{fault}"));
        assert!(used.contains(figure.id.as_str()), "{name} is in no lesson");
    }
}

/// The figures that a transfer must come to, from the arithmetic of its loop: what the kernel shows for
/// loopback and regular files, where no call is short. The recordings are tested elsewhere.
fn expected(spec: &TransferSpec) -> Summary {
    use zclab::model::Method::*;
    let size = spec.size.bytes();
    // A fresh pipe has 16 slots, a page each: pipe(7).
    let chunk = match spec.method {
        Splice => spec.chunk.bytes().min(16 * host::machine().page_size),
        _ => spec.chunk.bytes(),
    };
    let chunks = size.div_ceil(chunk);
    let (calls, copies): (Vec<(&str, u64)>, u64) = match spec.method {
        ReadWrite => (vec![("read", chunks + 1), ("write", chunks)], 2),
        MmapWrite => (vec![("mmap", 1), ("write", chunks), ("munmap", 1)], 1),
        Sendfile => (
            vec![("sendfile", chunks + 1)],
            u64::from(spec.to == Sink::File),
        ),
        Splice => (
            vec![("splice", 2 * chunks + 1)],
            u64::from(spec.to == Sink::File),
        ),
        CopyFileRange => (vec![("copy_file_range", chunks + 1)], 1),
        Vmsplice if spec.to == Sink::Pipe => (vec![("vmsplice", chunks)], 0),
        Vmsplice => (vec![("vmsplice", chunks), ("splice", chunks)], 0),
        SendZerocopy => (
            vec![
                ("read", chunks + 1),
                ("sendto", chunks),
                ("recvmsg", chunks),
            ],
            2,
        ),
        Tee => (vec![("splice", 2 * chunks + 1), ("tee", chunks)], 0),
        UringFixed | UringSendZc => (vec![("io_uring_enter", chunks)], 2),
        UringSplice => (
            vec![("io_uring_enter", chunks)],
            u64::from(spec.to == Sink::File),
        ),
        DirectSend => (vec![("io_uring_enter", chunks)], 1),
        KtlsSendfile => (vec![("sendfile", chunks + 1)], 0),
        SharedMemory => (vec![("sendmsg", 1)], 0),
        RecvWrite => (vec![("recvfrom", chunks + 1), ("write", chunks)], 2),
        SpliceReceive => (vec![("splice", 2 * chunks + 1)], 1),
        TcpMmapReceive => (
            vec![
                ("mmap", 1),
                ("poll", chunks + 1),
                ("getsockopt", chunks + 1),
                ("write", chunks),
                ("munmap", 1),
            ],
            1,
        ),
    };
    // What fills no page that a segment can bring is copied out of the queue, too.
    let unmapped = match spec.method {
        TcpMmapReceive => size % page_that_travels(),
        _ => 0,
    };
    let copied = copies * size + unmapped;
    let syscalls = calls.iter().map(|(_, count)| count).sum();
    Summary {
        syscalls: Some(syscalls),
        mode_switches: Some(2 * syscalls),
        calls_by_name: calls
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(name, count)| (name.to_owned(), count))
            .collect(),
        cpu_copied_bytes: Some(copied),
        cpu_copies_per_byte: (size > 0).then(|| copied as f64 / size as f64),
        bytes_moved: size,
        ..Summary::default()
    }
}

/// A page, where a segment can be as long as one; else no page travels whole.
fn page_that_travels() -> u64 {
    match host::machine().page_size {
        page if page < 1 << 15 => page,
        _ => u64::MAX,
    }
}

/// Marks an answer that is typed.
fn mark(question: &Question, typed: &str, run: Option<&Summary>) -> Result<Verdict, String> {
    question.mark(&question.kind.read_answer(typed)?, run)
}

/// Marks an answer, and holds that a wrong one is answered.
fn verdict(
    question: &Question,
    given: &str,
    summary: Option<&Summary>,
) -> (bool, Option<Reaction>) {
    let verdict = mark(question, given, summary)
        .unwrap_or_else(|message| panic!("{}: {given}: {message}", question.id));
    assert!(!verdict.answer.is_empty(), "{}", question.id);
    if !verdict.right {
        let said = verdict.reaction.as_ref();
        let said = said.unwrap_or_else(|| panic!("{}: nothing is said to {given}", question.id));
        assert!(!said.feedback.is_empty(), "{}: {given}", question.id);
    }
    let again = question.mark(&verdict.given, summary).unwrap();
    assert_eq!(
        again.right, verdict.right,
        "{}: what is kept differs",
        question.id
    );
    (verdict.right, verdict.reaction)
}

#[test]
fn every_question_marks_right_and_wrong() {
    for (lesson, question) in shipped().questions() {
        eprintln!("{} / {}", lesson.id, question.id);
        match &question.kind {
            QuestionKind::Choice(Choice(options)) => {
                for (index, option) in options.iter().enumerate() {
                    let (right, said) = verdict(question, &Given::letter(index).to_string(), None);
                    assert_eq!(right, option.right);
                    assert_eq!(said, (!right).then(|| option.reaction.clone()));
                }
            }
            QuestionKind::Multi(Multi(options)) => every_set(question, options),
            QuestionKind::Number(asked) => number(question, asked),
            QuestionKind::Drawn(_) => {
                for turn in 0..12 {
                    let question = question.asked(turn);
                    let QuestionKind::Number(asked) = &question.kind else {
                        unreachable!()
                    };
                    number(&question, asked);
                }
            }
            QuestionKind::Order(asked) => order(question, asked),
            QuestionKind::Match(sides) => every_pair(question, sides),
            QuestionKind::Bug(bug) => every_line(question, bug),
        }
        for given in ["", "?!", "-", "zz 99"] {
            assert!(
                mark(question, given, None).is_err(),
                "{}: '{given}'",
                question.id
            );
        }
    }
}

/// Every set of options but the empty one.
fn every_set(question: &Question, options: &[QuestionOption]) {
    for set in 1..1_u32 << options.len() {
        let is_in = |index: &usize| set & (1 << index) != 0;
        let letters = (0..options.len()).filter(is_in).map(Given::letter);
        let given: Vec<_> = letters.map(String::from).collect();
        let (right, said) = verdict(question, &given.join(" "), None);
        let wanted = options
            .iter()
            .enumerate()
            .all(|(index, option)| option.right == is_in(&index));
        assert_eq!(right, wanted, "{}: {given:?}", question.id);
        let wrong = (0..options.len())
            .filter(is_in)
            .find(|index| !options[*index].right);
        if let Some(wrong) = wrong {
            assert_eq!(
                said.as_ref(),
                Some(&options[wrong].reaction),
                "{}",
                question.id
            );
        }
    }
}

/// Each on the left with each on the right, the others paired rightly.
fn every_pair(question: &Question, asked: &Match) {
    let solved = asked.solved();
    let given = |sides: &[usize]| {
        let sides = sides.iter().enumerate();
        let said: Vec<_> = sides
            .map(|(left, right)| format!("{}{}", left + 1, Given::letter(*right)))
            .collect();
        said.join(" ")
    };
    assert!(
        verdict(question, &given(&solved), None).0,
        "{}",
        question.id
    );
    let in_step = (0..solved.len()).all(|left| solved[left] == left);
    assert!(!in_step, "{}: each stands beside its partner", question.id);
    for (left, pair) in asked.lefts().enumerate() {
        for right in (0..asked.rights().len()).filter(|right| *right != solved[left]) {
            let mut sides = solved.clone();
            sides[left] = right;
            let (is_right, said) = verdict(question, &given(&sides), None);
            assert!(!is_right);
            assert_eq!(said.as_ref(), Some(&pair.reaction), "{}", question.id);
        }
    }
}

fn every_line(question: &Question, asked: &Bug) {
    let Bug {
        lines,
        bug,
        wrong,
        otherwise,
    } = asked;
    for line in 0..lines.len() {
        let (is_right, said) = verdict(question, &(line + 1).to_string(), None);
        assert_eq!(is_right, line == *bug, "{}", question.id);
        let named = wrong.iter().find(|wrong| wrong.answer == line);
        let wanted = named.map_or(otherwise, |wrong| &wrong.reaction);
        assert_eq!(
            said.as_ref(),
            (!is_right).then_some(wanted),
            "{}",
            question.id
        );
    }
}

fn number(question: &Question, asked: &Number) {
    let Number {
        answer,
        run,
        tolerance,
        wrong,
        otherwise,
        ..
    } = asked;
    let summary = run.as_ref().map(|(spec, _)| expected(spec));
    if run.is_some() {
        let unmarked = mark(question, "1", None);
        assert!(unmarked.is_err(), "{}: marked without its run", question.id);
    }
    let right = match (answer, run, &summary) {
        (Some(answer), ..) => *answer,
        (None, Some((_, query)), Some(summary)) => query.of(summary).unwrap(),
        _ => panic!("{}: no answer", question.id),
    };
    let summary = summary.as_ref();
    assert!(
        verdict(question, &right.to_string(), summary).0,
        "{}",
        question.id
    );
    for number in wrong {
        let (is_right, said) = verdict(question, &number.answer.to_string(), summary);
        assert!(!is_right, "{}: {} is right", question.id, number.answer);
        assert_eq!(said.as_ref(), Some(&number.reaction), "{}", question.id);
    }
    let far = right + tolerance + 987_654.0;
    let (is_right, said) = verdict(question, &far.to_string(), summary);
    assert!(!is_right);
    assert_eq!(said.as_ref(), Some(otherwise), "{}", question.id);
}

fn order(question: &Question, asked: &Order) {
    let Order {
        lines,
        distractors,
        otherwise,
        ..
    } = asked;
    let shown = asked.shown();
    let at = |text: &str| {
        let index = shown.iter().position(|line| *line == text);
        (index.expect("every line is shown") + 1).to_string()
    };
    assert_eq!(shown.len(), lines.len() + distractors.len());
    let right: Vec<_> = lines.iter().map(|line| at(line)).collect();
    // Equal lines have one place each; the answer in words knows them.
    let answer = mark(question, "1", None).unwrap().answer;
    // The lines themselves follow, for people.
    let answer = answer.lines().next().unwrap().to_owned();
    assert!(verdict(question, &answer, None).0, "{}", question.id);
    if right.iter().collect::<BTreeSet<_>>().len() == right.len() {
        assert_eq!(answer, right.join(" "), "{}", question.id);
    }
    let backwards: Vec<_> = answer.split(' ').rev().collect();
    let (is_right, said) = verdict(question, &backwards.join(" "), None);
    assert!(!is_right, "{}: also backwards", question.id);
    assert_eq!(said.as_ref(), Some(otherwise));
    for line in distractors {
        let (is_right, said) = verdict(question, &format!("{answer} {}", at(&line.text)), None);
        assert!(!is_right);
        assert_eq!(said.as_ref(), Some(&line.reaction), "{}", question.id);
    }
}

#[test]
fn every_prediction_is_compared_and_lies_on_its_scale() {
    let course = shipped();
    for lesson in course.lessons() {
        for page in &lesson.pages {
            let Some(Target::Lab(lab)) = &page.target else {
                continue;
            };
            let Some(predict) = &lab.predict else {
                continue;
            };
            let summary = expected(&lab.spec);
            if predict.query.is_measured() {
                continue; // it differs from run to run
            }
            let seen = predict.query.of(&summary).unwrap();
            let Ask::Number(asked) = &predict.ask else {
                continue;
            };
            let (low, high) = asked.scale;
            assert!(
                (low..=high).contains(&seen),
                "{}: {seen} is off its scale",
                predict.id
            );
            let right = predict.mark(&Given::Number(seen), &summary).unwrap();
            assert!(right.right, "{}", predict.id);
            for wrong in &asked.wrong {
                let verdict = predict
                    .mark(&Given::Number(wrong.answer), &summary)
                    .unwrap();
                assert!(!verdict.right, "{}: {} is right", predict.id, wrong.answer);
                assert_eq!(verdict.reaction.as_ref(), Some(&wrong.reaction));
            }
        }
    }
}

/// Every experiment and every number that a run answers, once for real on this kernel.
#[test]
fn the_kernel_gives_the_figures_that_the_lessons_ask_for() {
    endpoint::set_program(env!("CARGO_BIN_EXE_zclab"));
    let dir = tempfile::tempdir().unwrap();
    let source = Source {
        file: None,
        dir: Some(dir.path().to_owned()),
    };
    let course = shipped();
    for (id, spec, query) in asked_of_runs(&course) {
        let run = experiment::run(spec, &source, &Cancel::new(), &mut |_| {}).unwrap();
        if run.trace.is_none() {
            return skip("ptrace", format!("{id}: {:?}", run.unavailable));
        }
        let (seen, wanted) = (copypath::summarise(&run), expected(spec));
        if !calls_depend_on_the_peer(spec) {
            assert_eq!(seen.calls_by_name, wanted.calls_by_name, "{id}");
        }
        if spec.method.maps_socket() {
            // A page that did not travel whole is copied once more: a few may.
            let (seen, least) = (seen.cpu_copied_bytes, wanted.cpu_copied_bytes);
            let most = least.map(|least| least + least / 8);
            assert!(least <= seen && seen <= most, "{id}: {seen:?}");
            continue;
        }
        assert_eq!(seen.cpu_copied_bytes, wanted.cpu_copied_bytes, "{id}");
        assert_eq!(seen.bytes_moved, wanted.bytes_moved, "{id}");
        let Some(query) = query else { continue };
        let figure = query.of(&seen);
        assert!(figure.is_some(), "{id}: the run has no {query}");
        if !query.is_measured() {
            assert_eq!(figure, query.of(&wanted), "{id}: {query}");
        }
    }
}

/// How much a pipe takes or a socket has at once, and how often a completion is asked for before it comes.
fn calls_depend_on_the_peer(spec: &TransferSpec) -> bool {
    use zclab::model::Method::{DirectSend, SendZerocopy, UringSendZc};
    let completes = matches!(spec.method, SendZerocopy | UringSendZc | DirectSend);
    spec.to == Sink::Pipe || completes || spec.method.receives()
}

/// What the course runs, each with the name of who asks and the figure asked for.
fn asked_of_runs(course: &Catalogue) -> Vec<(&str, &TransferSpec, Option<&Query>)> {
    let pages = course.lessons().iter().flat_map(|lesson| &lesson.pages);
    pages
        .filter_map(|page| match page.target.as_ref()? {
            Target::Lab(lab) => {
                let query = lab.predict.as_ref().map(|predict| &predict.query);
                Some((lab.id.as_str(), &lab.spec, query))
            }
            Target::Question(question) => {
                let (spec, query) = question.kind.run()?;
                Some((question.id.as_str(), spec, Some(query)))
            }
            Target::Figure(_) | Target::Trial(_) => None,
        })
        .collect()
}

#[test]
fn lessons_are_found_by_what_people_type() {
    let course = shipped();
    let id = |name: &str| course.find(name).map(|lesson: &Lesson| lesson.id.as_str());
    let first = &course.lessons()[0];
    assert_eq!(id("sendfile"), Ok("sendfile"));
    assert_eq!(id(&first.number.to_string()), Ok(first.id.as_str()));
    assert_eq!(id(&first.title), Ok(first.id.as_str()));
    assert_eq!(id(&first.title.to_uppercase()), Ok(first.id.as_str()));
    assert_eq!(
        id(&format!("{:02}-{}.md", first.number, first.id)),
        Ok(first.id.as_str())
    );
    assert_eq!(id("sendf"), Ok("sendfile"));
    assert!(
        id("sendflie")
            .unwrap_err()
            .contains("did you mean sendfile?")
    );
    for name in ["", "nothing", "99", "../../etc/passwd"] {
        let message = id(name).unwrap_err();
        assert!(
            message.contains("there are ") && message.lines().count() == 1,
            "{message}"
        );
    }
}

/// A lesson without fault, to put faults into. Line and column of each are in the text of the tests.
const GOOD: &str = r#"+++
title = "The road"
minutes = 5
objectives = [
  { id = "count", text = "count the calls" },
]
+++

# One

Prose with a `---` in it.

```c
---
```

```figure
name = "known"
```

---

# Two

```lab
id = "live"
method = "sendfile"
to = "tcp"
size = "1MiB"
chunk = "64KiB"
cache = "warm"
```
```predict
id = "guess"
text = "How many calls?"
query = "syscalls"
unit = "calls"
scale = [0, 64]
hints = ["Count."]
explain = "So."
wrong = [ { answer = 16, misconception = "M.", feedback = "F." } ]
```

---

# Three

```quiz
id = "pick"
kind = "choice"
objective = "count"
text = "How many?"
explain = "So."
options = [
  { text = "two", right = true },
  { text = "one", misconception = "M.", feedback = "F." },
]
```

---

# Four

```quiz
id = "number"
kind = "number"
text = "How many?"
explain = "So."
unit = "calls"
answer = 66
wrong = [ { answer = 33, misconception = "M.", feedback = "F." } ]
otherwise = { misconception = "M.", feedback = "F." }
```

---

# Five

```quiz
id = "order"
kind = "order"
text = "Which first?"
explain = "So."
lines = ["read()", "write()"]
distractors = [ { text = "close()", misconception = "M.", feedback = "F." } ]
otherwise = { misconception = "M.", feedback = "F." }
```
"#;

const FILE: &str = "lessons/01-road.md";

fn faults(file: &str, text: &str) -> Vec<String> {
    let (_, faults) = course::check(&[(file, text)], &[("assets/figures/known.toml", "")]);
    // One question an objective is enough for what is tested here.
    let of_form = ["one question alone", "the right option is the longest"];
    let meant = |fault: &&Fault| !of_form.iter().any(|form| fault.what.starts_with(form));
    faults.iter().filter(meant).map(Fault::to_string).collect()
}

#[test]
fn a_good_lesson_has_no_fault() {
    assert_eq!(faults(FILE, GOOD), [""; 0]);
    assert_eq!(faults(FILE, &GOOD.replace('\n', "\r\n")), [""; 0]);
    let (course, _) = Catalogue::parse(&[(FILE, GOOD)], &[("known.toml", "")]);
    let lesson = course.lesson("road").unwrap();
    assert_eq!(lesson.pages.len(), 5);
    assert_eq!(
        lesson.pages[0].prose,
        "Prose with a `---` in it.\n\n```c\n---\n```"
    );
    assert_eq!(lesson.pages[4].line, 77);
}

/// A lesson with an experiment that is no transfer.
fn with_trial(lab: &str, predict: &str) -> String {
    let predict = match predict {
        "" => String::new(),
        keys => format!(
            "```predict\nid = \"guess\"\ntext = \"What?\"\nexplain = \"So.\"\n{keys}\n```\n"
        ),
    };
    format!(
        "+++\ntitle = \"T\"\nminutes = 5\nobjectives = []\n+++\n\n# One\n\n```lab\nid = \"live\"\n{lab}\n```\n{predict}"
    )
}

const TWO_WORDS: &str = r#"query = "verdict"
options = [ { text = "new", answer = "shared" }, { text = "old", answer = "copied", misconception = "M.", feedback = "F." } ]"#;

#[test]
fn experiments_of_every_kind_are_understood() {
    let commands = |lab: &str, predict: &str| {
        let text = with_trial(lab, predict);
        assert_eq!(faults(FILE, &text), [""; 0], "{text}");
        let (course, _) = Catalogue::parse(&[(FILE, &text)], &[]);
        let lesson = course.lesson("road").unwrap();
        assert_eq!(
            lesson.predictions().count(),
            usize::from(!predict.is_empty())
        );
        match &lesson.pages[0].target {
            Some(Target::Trial(trial)) => course::commands(&trial.what).join("; "),
            other => panic!("{other:?}"),
        }
    };
    for (lab, predict, wanted) in [
        (
            "what = \"proof\"\nmethods = [\"sendfile\"]\nto = \"tcp\"\nsize = \"16KiB\"",
            TWO_WORDS,
            "zclab prove sendfile --to tcp --size 16KiB",
        ),
        ("what = \"proof\"", "", "zclab prove"),
        (
            "what = \"errors\"\nnames = [\"sendfile-to-append\", \"splice-to-append\"]",
            "query = \"verdict\"\noptions = [ { text = \"a\", answer = \"EINVAL\" }, { text = \"b\", answer = \"EBADF\", misconception = \"M.\", feedback = \"F.\" } ]",
            "zclab errors sendfile-to-append; zclab errors splice-to-append",
        ),
        (
            "what = \"page-cache\"",
            "query = \"resident.pread-at-0\"\nunit = \"pages\"\nscale = [0, 64]\ntolerance = 60",
            "zclab page-cache",
        ),
        (
            "what = \"page-cache\"\nsteps = [\"written\", \"pread-at-0\"]",
            "query = \"resident.pread-at-0\"\nunit = \"pages\"\nscale = [0, 64]\ntolerance = 60",
            "zclab page-cache",
        ),
        (
            "what = \"compare\"\nclaim = \"small-files\"",
            "query = \"times\"\nunit = \"times\"\nscale = [0, 8]",
            "zclab compare --claim small-files",
        ),
        (
            "what = \"compare\"\nmethods = [\"read-write\", \"sendfile\"]\nto = \"pipe\"\nsweep = \"chunk\"",
            "",
            "zclab compare read-write sendfile --to pipe --size 64MiB --sweep chunk",
        ),
        (
            "what = \"watching\"",
            "query = \"switches_a_call.same-cpu\"\nunit = \"switches\"\nscale = [0, 8]\ntolerance = 0.5",
            "zclab compare --claim cost-of-watching",
        ),
    ] {
        assert_eq!(commands(lab, predict), wanted);
    }
}

#[test]
fn a_fault_of_an_experiment_is_named_at_its_place() {
    let proof = "what = \"proof\"\nmethods = [\"sendfile\"]";
    for (lab, predict, wanted) in [
        (
            "what = \"prof\"",
            "",
            "11:8: 'prof' is not a kind of experiment: did you mean proof?",
        ),
        (
            "what = \"proof\"\nmethods = [\"sendfiel\"]",
            "",
            "12:12: 'sendfiel' is not a method: did you mean sendfile?",
        ),
        (
            "what = \"proof\"\nmethods = [\"tee\"]\nto = \"tcp\"",
            "",
            "13:6: tee cannot write to tcp: write one of pipe",
        ),
        (
            "what = \"proof\"\nsize = \"1GiB\"",
            "",
            "12:8: 1GiB cannot be tried: write a size from 1 byte to 64MiB",
        ),
        (
            "what = \"errors\"",
            "",
            "9:1: the lab has no names: add names",
        ),
        (
            "what = \"errors\"\nnames = [\"sendfile-to-apend\"]",
            "",
            "12:10: 'sendfile-to-apend' is not an error experiment: did you mean sendfile-to-append?",
        ),
        (
            "what = \"page-cache\"\nmethod = \"sendfile\"",
            "",
            "12:1: unknown key 'method' in the lab: a lab has id, what, steps",
        ),
        (
            "what = \"page-cache\"\nsteps = [\"pread-at-1\"]",
            "",
            "12:10: 'pread-at-1' is not a step of the page cache: did you mean pread-at-0?",
        ),
        (
            "what = \"compare\"",
            "",
            "9:1: the lab has no claim and no methods: add claim",
        ),
        (
            "what = \"compare\"\nclaim = \"small-file\"",
            "",
            "12:9: 'small-file' is not a claim: did you mean small-files?",
        ),
        (
            "what = \"compare\"\nclaim = \"cost-of-watching\"",
            "",
            "12:9: 'cost-of-watching' compares no methods: write what = \"watching\"",
        ),
        (
            "what = \"compare\"\nmethods = [\"sendfile\"]",
            "",
            "9:1: fewer than two methods: name those",
        ),
        (
            proof,
            "query = \"verdct\"\noptions = []",
            "18:9: 'verdct' is not a figure of the alias proof: did you mean verdict?",
        ),
        (
            proof,
            "query = \"verdict\"\nunit = \"words\"\nscale = [0, 1]",
            "14:1: the predict has no options: add options",
        ),
        (
            proof,
            &TWO_WORDS.replace("\"copied\"", "\"copyed\""),
            "19:50: the run never answers 'copyed': did you mean copied?",
        ),
        (
            proof,
            &TWO_WORDS.replace("\"copied\"", "\"shared\""),
            "19:50: the answer 'shared' stands here twice: each option",
        ),
        (
            proof,
            &TWO_WORDS.replace(", misconception = \"M.\", feedback = \"F.\"", ""),
            "19:50: a second option has no reaction: add misconception",
        ),
        (
            "what = \"errors\"\nnames = [\"copy-file-range-to-append\"]",
            &TWO_WORDS.replace("\"shared\"", "\"EINVAL\""),
            "14:1: no option is what Linux answers: give one of them answer = \"EBADF\"",
        ),
        (
            "method = \"sendfile\"",
            &TWO_WORDS.replace("verdict", "syscalls"),
            "18:13: 'shared' is no number, and the query is one",
        ),
    ] {
        let text = with_trial(lab, predict);
        let found = faults(FILE, &text);
        let wanted = format!("{FILE}:{wanted}");
        let is_there = found.iter().any(|fault| fault.starts_with(&wanted));
        assert!(is_there, "wanted {wanted}\nin {found:#?}\n{text}");
    }
}

/// Each: what is replaced in the good lesson, by what, and the beginning of the faults, all of them.
const BROKEN: &[(&str, &str, &[&str])] = &[
    // Front matter.
    (
        "+++\ntitle",
        "title",
        &[
            "1:1: the file has no front matter: begin with",
            "1:1: the page has no title",
        ],
    ),
    (
        "]\n+++\n",
        "]\n",
        &["1:1: the front matter has no end: close it"],
    ),
    (
        "title = \"The road\"\n",
        "",
        &["1:1: the front matter has no title: add title"],
    ),
    (
        "minutes = 5",
        "minutes = \"five\"",
        &["3:11: minutes is of the type string: write a number"],
    ),
    (
        "minutes = 5",
        "minutes = 0",
        &["3:11: minutes is no whole number from 1 to 600"],
    ),
    (
        "minutes = 5",
        "minutes = 5\ncopies_of = [\"sendfil\"]",
        &["4:14: 'sendfil' is not a method"],
    ),
    (
        "minutes = 5",
        "minutes = 5\ncopies_of = [\"copy-file-range to tcp\"]",
        &["4:14: copy-file-range has no way to tcp: write copy-file-range to file"],
    ),
    (
        "minutes = 5",
        "minuts = 5",
        &["3:1: unknown key 'minuts' in the front matter: did you mean minutes?"],
    ),
    (
        "minutes = 5",
        "minutes = 5 5",
        &["3:11: the front matter is no valid TOML"],
    ),
    (
        "  { id = \"count\"",
        "  { id = \"Count\"",
        &[
            "5:10: 'Count' is not an id: write small letters",
            "5:10: no question serves the objective 'Count'",
            "51:13: there is no objective 'count': did you mean Count?",
        ],
    ),
    (
        "count the calls\" },",
        "count the calls\" }, { id = \"x\", text = \"y\" },",
        &["5:54: no question serves the objective 'x': add one"],
    ),
    (
        "count the calls\" },",
        "count the calls\" }, { id = \"count\", text = \"y\" },",
        &["5:54: the objective 'count' stands here twice"],
    ),
    // Pages.
    (
        "# One\n",
        "One\n",
        &["9:1: the page has no title: begin it with a line '# Title'"],
    ),
    (
        "Prose with",
        "# Prose\n\nwith",
        &["11:1: a second title on the page"],
    ),
    (
        "```figure\nname = \"known\"\n```\n\n---",
        "```figure\nname = \"known\"\n```\n\n---\n\n---",
        &["22:1: the page is empty"],
    ),
    (
        "`---` in it.\n",
        "`---` in it.\n---\n# More\n",
        &["12:1: --- right under text makes a heading of it"],
    ),
    (
        "otherwise = { misconception = \"M.\", feedback = \"F.\" }\n```\n",
        "",
        &["79:1: the fenced block has no end: close it by a line ```"],
    ),
    (
        "```figure",
        "```figur",
        &["17:1: 'figur' is no block, and would be prose: did you mean figure?"],
    ),
    (
        "---\n\n# Two\n\n",
        "",
        &[
            "21:1: a lab beside the page's figure",
            "29:1: a predict without a lab",
        ],
    ),
    (
        "```lab\nid = \"live\"",
        "```predict\nid = \"live\"",
        &[
            "25:1: a predict without a lab before it",
            "33:1: a predict without a lab before it",
        ],
    ),
    (
        "wrong = [ { answer = 16, misconception = \"M.\", feedback = \"F.\" } ]\n```",
        "```\n```predict\n```",
        &["42:1: a second predict on the page"],
    ),
    // Figures and experiments.
    (
        "name = \"known\"",
        "name = \"knwon\"",
        &["18:8: there is no figure 'knwon': did you mean known?"],
    ),
    (
        "name = \"known\"",
        "",
        &["17:1: the figure has no name: add name = \"...\""],
    ),
    (
        "method = \"sendfile\"",
        "method = \"sendfle\"",
        &["27:10: 'sendfle' is not a method: there are"],
    ),
    (
        "to = \"tcp\"",
        "to = \"ctp\"",
        &["28:6: 'ctp' is not a sink: there are"],
    ),
    (
        "\"1MiB\"",
        "\"12parsecs\"",
        &["29:8: '12parsecs' is not a size: write"],
    ),
    ("\"1MiB\"", "-1", &["29:8: '-1' is not a size: write"]),
    (
        "\"64KiB\"",
        "0",
        &["30:9: a chunk of 0 bytes moves nothing: write 64KiB"],
    ),
    (
        "\"warm\"",
        "\"hot\"",
        &["31:9: 'hot' is not a state of the cache: write warm or cold"],
    ),
    ("id = \"live\"\n", "", &["25:1: the lab has no id"]),
    (
        "id = \"live\"",
        "id = \"guess\"",
        &["34:6: the id 'guess' stands also in lessons/01-road.md:26"],
    ),
    // Predictions.
    (
        "\"syscalls\"",
        "\"calls\"",
        &["36:9: 'calls' is not a figure of a run: there are"],
    ),
    (
        "scale = [0, 64]",
        "scale = [64, 0]",
        &["38:9: the scale has not two ends that rise"],
    ),
    (
        "scale = [0, 64]",
        "scale = [0, \"x\"]",
        &[
            "38:9: the scale has not two ends that rise",
            "38:13: scale is of the type string: write a number",
        ],
    ),
    (
        "hints = [\"Count.\"]",
        "hints = \"Count.\"",
        &["39:9: hints is of the type string: write a list"],
    ),
    (
        "{ answer = 16,",
        "{",
        &["41:11: the wrong number has no answer"],
    ),
    (
        "scale = [0, 64]",
        "scale = [0, 64]\ntolerance = -2",
        &["39:13: the tolerance is negative: write 0 or more"],
    ),
    (
        "scale = [0, 64]",
        "scale = [0, 64]\ntolerance = \"few\"",
        &["39:13: tolerance is of the type string: write a number"],
    ),
    // Choices.
    (
        "id = \"pick\"",
        "id = \"pick!\"",
        &["49:6: 'pick!' is not an id"],
    ),
    (
        "id = \"pick\"",
        "id = \"number\"",
        &["65:6: the id 'number' stands also in lessons/01-road.md:49"],
    ),
    (
        "kind = \"choice\"",
        "kind = \"choise\"",
        &["50:8: 'choise' is not a kind of question: write one of"],
    ),
    (
        "\"count\"\ntext",
        "\"cuont\"\ntext",
        &[
            "5:10: no question serves the objective 'count'",
            "51:13: there is no objective 'cuont': did you mean count?",
        ],
    ),
    (
        "explain = \"So.\"\noptions",
        "options",
        &["48:1: the quiz has no explain: add explain"],
    ),
    (
        "text = \"How many?\"\nexplain = \"So.\"\noptions",
        "text = \" \"\nexplain = \"So.\"\noptions",
        &["52:8: text is empty: write a text"],
    ),
    (
        ", right = true",
        "",
        &[
            "48:1: the question has no right option: mark one",
            "55:3: the option is wrong and has no feedback: add",
            "55:3: the option is wrong and has no misconception: add",
        ],
    ),
    (
        "\"one\", misc",
        "\"one\", right = true, misc",
        &["56:3: a second option is right: leave one right"],
    ),
    (
        "\"one\", misconception = \"M.\",",
        "\"one\",",
        &["56:3: the option is wrong and has no misconception"],
    ),
    (
        "\"one\", misconception = \"M.\",",
        "\"one\", misconception = \"One taken for two.\",",
        &["56:35: the misconception says what was 'taken for' what: state the belief"],
    ),
    (
        "\"one\", misconception = \"M.\", feedback = \"F.\"",
        "\"one\", misconception = \"M.\"",
        &["56:3: the option is wrong and has no feedback"],
    ),
    (
        "options = [",
        "optoins = [",
        &[
            "48:1: the quiz has no options",
            "54:1: unknown key 'optoins' in the quiz: did you mean options?",
        ],
    ),
    (
        "  { text = \"one\", misconception = \"M.\", feedback = \"F.\" },\n",
        "",
        &["48:1: the question has fewer than two options"],
    ),
    (
        "right = true",
        "right = \"yes\"",
        &[
            "48:1: the question has no right option",
            "55:3: the option is wrong and has no feedback",
            "55:3: the option is wrong and has no misconception",
            "55:27: right is of the type string: write true or false",
        ],
    ),
    (
        "explain = \"So.\"\noptions",
        "explain = \"So.\noptions",
        &["53:15: the quiz is no valid TOML"],
    ),
    (
        "kind = \"choice\"",
        "kind = \"multi\"\ntolerance = 1",
        &["51:1: unknown key 'tolerance' in the quiz"],
    ),
    // Numbers.
    (
        "answer = 66\n",
        "",
        &["64:1: the question has neither an answer nor a run"],
    ),
    (
        "answer = 66\n",
        "answer = 66\nrun = { method = \"sendfile\" }\nquery = \"syscalls\"\n",
        &["64:1: the question has both an answer and a run"],
    ),
    (
        "answer = 66\n",
        "run = { method = \"sendfile\", chank = 1 }\n",
        &[
            "64:1: the quiz has no query: add query = \"syscalls\"",
            "70:30: unknown key 'chank' in the run: did you mean chunk?",
        ],
    ),
    (
        "answer = 66\n",
        "answer = 33\n",
        &["71:11: the number stands under wrong and is right"],
    ),
    (
        "answer = 66\n",
        "answer = 66\ntolerance = -1\n",
        &["71:13: the tolerance is negative: write 0 or more"],
    ),
    (
        "\"calls\"\nanswer",
        "\"\"\nanswer",
        &["69:8: unit is empty"],
    ),
    (
        "answer = 66\nwrong = [ { answer = 33, misconception = \"M.\",",
        "answer = 66\nwrong = [ { answer = 33,",
        &["71:11: the number is wrong and has no misconception"],
    ),
    (
        "otherwise = { misconception = \"M.\", feedback = \"F.\" }\n```\n\n---",
        "```\n\n---",
        &["64:1: the quiz has no otherwise: add otherwise"],
    ),
    // Orders.
    (
        "\"close()\", misconception = \"M.\", feedback = \"F.\" }",
        "\"close()\" }",
        &[
            "85:17: the distractor is wrong and has no feedback",
            "85:17: the distractor is wrong and has no misconception",
        ],
    ),
    (
        "\"close()\"",
        "\"read()\"",
        &["85:26: the distractor is also one of the lines"],
    ),
    (
        "[\"read()\", \"write()\"]",
        "[\"read()\", \"read()\"]",
        &["79:1: the question has nothing to bring in order"],
    ),
    (
        "lines = [\"read()\", \"write()\"]\n",
        "",
        &["79:1: the quiz has no lines: add lines"],
    ),
    // Levels.
    (
        "kind = \"choice\"",
        "kind = \"choice\"\nlevel = \"hard\"",
        &["51:9: 'hard' is no level of a question: write recall, apply or analyse"],
    ),
    (
        "kind = \"choice\"",
        "kind = \"choice\"\nlevel = \"apply\"",
        &["1:1: 3 of 4 questions have no level: write level = "],
    ),
    // Several at once, each with its place.
    (
        "minutes = 5",
        "minutes = -1\ntags = []",
        &[
            "3:11: minutes is no whole number",
            "4:1: unknown key 'tags'",
        ],
    ),
];

#[test]
fn every_fault_is_found_where_it_stands() {
    let mut failures = Vec::new();
    for (from, to, wanted) in BROKEN {
        assert!(GOOD.contains(from), "nothing to replace: {from}");
        // The last block's `otherwise` stands in two blocks: the later one is meant where nothing follows it.
        let text = match GOOD.strip_suffix(from) {
            Some(before) => format!("{before}{to}"),
            None => GOOD.replacen(from, to, 1),
        };
        let found = faults(FILE, &text);
        let is_found = found.len() == wanted.len()
            && found.iter().zip(*wanted).all(|(found, wanted)| {
                found.starts_with(&format!("{FILE}:{wanted}")) && !found.contains('\n')
            });
        if !is_found {
            failures.push(format!(
                "{from:?} -> {to:?}\n  wanted {wanted:#?}\n  found  {found:#?}"
            ));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn at_least_half_of_the_questions_ask_for_more_than_recall() {
    let with_levels = |levels: [&str; 4]| {
        let starts = [
            "id = \"guess\"",
            "id = \"pick\"",
            "id = \"number\"",
            "id = \"order\"",
        ];
        let mark = |text: String, (start, level): (&str, &str)| {
            text.replacen(start, &format!("{start}\nlevel = \"{level}\""), 1)
        };
        starts.into_iter().zip(levels).fold(GOOD.to_owned(), mark)
    };
    let balanced = with_levels(["recall", "recall", "apply", "analyse"]);
    assert!(faults(FILE, &balanced).is_empty());
    let too_easy = with_levels(["recall", "recall", "recall", "analyse"]);
    let found = faults(FILE, &too_easy);
    let wanted =
        "1:1: 3 of 4 questions ask for recall: ask about cases that no page has worked out";
    assert_eq!(found, [format!("{FILE}:{wanted}")]);
}

#[test]
fn what_does_not_fit_is_a_fault_at_its_first_line_too_many() {
    let long = (1..=20)
        .map(|line| format!("Line {line}.  \n"))
        .collect::<String>();
    let prose = GOOD.replacen("Prose with a `---` in it.\n", &long, 1);
    // 3 rows of code and the empty row above them come on top of 20.
    assert_eq!(
        faults(FILE, &prose),
        [
            "lessons/01-road.md:28:1: the page does not fit 80x24: 22 rows of 66 cells, and there is room for 17: shorten it, or begin a page by ---"
        ]
    );
    let lab = GOOD.replacen("# Two\n", &format!("# Two\n\n{long}"), 1);
    let found = faults(FILE, &lab);
    assert!(
        found[0].starts_with("lessons/01-road.md:33:1: the page does not fit 80x24: 20 rows"),
        "{found:?}"
    );
    // Wide enough for one screen, too long for the column of the other.
    let column = "word ".repeat(90);
    let lab = GOOD.replacen("# Two\n", &format!("# Two\n\n{column}\n"), 1);
    let found = faults(FILE, &lab);
    assert_eq!(found, [""; 0], "7 rows of 66, 12 of 42");
    // The same page, and more to say after the run than it leaves room for.
    let said = lab.replacen(
        "\"So.\"\nwrong",
        &format!("\"{}\"\nwrong", "word ".repeat(34)),
        1,
    );
    assert_eq!(
        faults(FILE, &said),
        [
            "lessons/01-road.md:42:11: the explanation takes 5 rows of 42 cells after the run, and the page's text leaves 3 at 120x36: shorten it, or the page's text"
        ]
    );

    let option = GOOD.replacen("\"two\"", &format!("\"{}\"", "x".repeat(59)), 1);
    assert_eq!(
        faults(FILE, &option),
        [
            "lessons/01-road.md:55:12: the option takes 2 rows of 58 cells, and there is room for 1: shorten it"
        ]
    );
    let hint = GOOD.replacen("[\"Count.\"]", &format!("[\"{}\"]", "word ".repeat(30)), 1);
    assert!(
        faults(FILE, &hint)[0].starts_with("lessons/01-road.md:39:10: the hint takes 3 rows of 60"),
        "{:?}",
        faults(FILE, &hint)
    );
    let explain = GOOD.replacen(
        "\"So.\"\noptions",
        &format!("\"{}\"\noptions", "word ".repeat(50)),
        1,
    );
    assert_eq!(
        faults(FILE, &explain),
        [
            "lessons/01-road.md:53:11: the explanation takes 4 rows of 66 cells, and there is room for 3: shorten it"
        ]
    );
    let question = GOOD.replacen("\"How many?\"", &format!("\"{}\"", "word ".repeat(60)), 1);
    assert!(
        faults(FILE, &question)[0]
            .starts_with("lessons/01-road.md:52:8: the question takes 5 rows")
    );
    let reaction = GOOD.replacen(
        "feedback = \"F.\"",
        &format!("feedback = \"{}\"", "word ".repeat(60)),
        1,
    );
    assert!(
        faults(FILE, &reaction)[0].contains("misconception and feedback takes 6 rows of 60 cells")
    );
    let code = GOOD.replacen("---\n```\n", &format!("{}\n```\n", "x".repeat(67)), 1);
    assert_eq!(
        faults(FILE, &code),
        [
            "lessons/01-road.md:14:1: the line of code is 67 cells wide and is broken at 80x24, where there is room for 66: break it where it reads best"
        ]
    );
    let option = GOOD.replacen("\"two\"", "\"`two`\"", 1);
    assert_eq!(
        faults(FILE, &option),
        [
            "lessons/01-road.md:55:12: this text is shown as it stands, with its backticks: leave them out"
        ]
    );
}

/// What `check` says of a course of two lessons and a glossary.
fn faults_of_course(first: &str, second: &str) -> Vec<String> {
    let glossary =
        "+++\ntitle = \"Words\"\n+++\n\n## ring, rings\n\nTwo queues.\n\n## seal\n\nA promise.\n";
    let files = [
        ("01-one.md", first),
        ("02-two.md", second),
        ("glossary.md", glossary),
    ];
    let (_, faults) = course::check(&files, &[]);
    faults.iter().map(Fault::to_string).collect()
}

/// A lesson without objectives, of these pages.
fn lesson_of(pages: &[&str]) -> String {
    let head = "+++\ntitle = \"L\"\nminutes = 1\nobjectives = []\n+++\n\n";
    head.to_owned() + &pages.join("\n\n---\n\n")
}

fn quiz(id: &str, text: &str) -> String {
    let options = "options = [ { text = \"yes\", right = true }, { text = \"not\", misconception = \"M.\", feedback = \"F.\" } ]";
    format!(
        "# Q\n\n```quiz\nid = \"{id}\"\nkind = \"choice\"\ntext = \"{text}\"\nexplain = \"So.\"\n{options}\n```"
    )
}

#[test]
fn a_question_is_asked_before_a_page_answers_it() {
    let asked = quiz("later", "Which?");
    let answers = |ids: &str| format!("# A\n\nText.\n\n```page\nanswers = {ids}\n```");
    let empty = lesson_of(&["# E"]);
    let right = lesson_of(&[&asked, &answers("\"later\"")]);
    assert_eq!(faults_of_course(&right, &empty), [""; 0]);
    // In the next lesson; and in a list.
    let next = lesson_of(&[&answers("[\"later\"]")]);
    assert_eq!(faults_of_course(&lesson_of(&[&asked]), &next), [""; 0]);

    let early = lesson_of(&[&answers("\"later\""), &asked]);
    let told = "this page answers 'later', which is asked only later: ask before you tell";
    let found = faults_of_course(&early, &empty);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with(&format!("01-one.md:12:11: {told}")),
        "{found:?}"
    );
    // On its own page, and in the lesson before.
    let both = format!("{asked}\n\n```page\nanswers = \"later\"\n```");
    let same = faults_of_course(&lesson_of(&[&both]), &empty);
    assert!(same.len() == 1 && same[0].contains(told), "{same:?}");
    let before = faults_of_course(&next, &lesson_of(&[&asked]));
    assert!(before.len() == 1 && before[0].contains(told), "{before:?}");

    let unknown = faults_of_course(&lesson_of(&[&asked, &answers("\"latr\"")]), &empty);
    assert!(
        unknown.len() == 1
            && unknown[0].contains("no question or prediction 'latr': did you mean later?"),
        "{unknown:?}"
    );
    let nothing = faults_of_course(&lesson_of(&["# A\n\n```page\n```"]), &empty);
    assert!(
        nothing.len() == 1 && nothing[0].contains("the page has no answers"),
        "{nothing:?}"
    );
    // What it declares is no prose.
    let files = [("01-one.md", right.as_str())];
    let (course, _) = Catalogue::parse(&files, &[]);
    assert_eq!(course.lessons()[0].pages[1].prose, "Text.");
}

#[test]
fn a_term_is_linked_before_a_question_uses_it() {
    let asks = quiz("ring", "What is in the rings?");
    let empty = lesson_of(&["# E"]);
    let explained = lesson_of(&["# P\n\nA ring has two ends.", &asks]);
    assert_eq!(faults_of_course(&explained, &empty), [""; 0]);
    let earlier = lesson_of(&["# P\n\nA ring has two ends."]);
    assert_eq!(faults_of_course(&earlier, &lesson_of(&[&asks])), [""; 0]);
    // The page's own text stands above its question.
    let same_page = asks.replace("# Q\n", "# Q\n\nA ring.\n");
    assert_eq!(faults_of_course(&lesson_of(&[&same_page]), &empty), [""; 0]);
    // Code is no use of a word.
    let code = lesson_of(&[&quiz("code", "What is `ring[0]`?")]);
    assert_eq!(faults_of_course(&code, &empty), [""; 0]);

    let late = faults_of_course(&lesson_of(&[&asks, "# P\n\nA ring."]), &empty);
    let told = "01-one.md:12:8: the question uses 'ring', and no page's text has linked it";
    assert!(late.len() == 1 && late[0].starts_with(told), "{late:?}");
    // Each word once; other words of the same question as well.
    let twice = lesson_of(&[&asks, &quiz("two", "A ring with a seal?")]);
    let found = faults_of_course(&twice, &empty);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[1].contains("uses 'seal'"), "{found:?}");
}

#[test]
fn two_guesses_at_a_prediction_are_answered_in_two_ways() {
    let wrong = "wrong = [\n  { answer = 32, misconception = \"A.\", feedback = \"Same.\" },\n  { answer = 31, misconception = \"B.\", feedback = \"Same.\" },\n]\n";
    let page = format!(
        "# P\n\n```lab\nid = \"l\"\nmethod = \"read-write\"\nto = \"tcp\"\nsize = \"1MiB\"\nchunk = \"64KiB\"\ncache = \"warm\"\n```\n\n\
         ```predict\nid = \"p\"\ntext = \"How many?\"\nquery = \"syscalls\"\nunit = \"calls\"\nscale = [0, 64]\nhints = [\"H.\"]\nexplain = \"So.\"\n{wrong}```"
    );
    let empty = lesson_of(&["# E"]);
    let found = faults_of_course(&lesson_of(&[&page]), &empty);
    let told = "two wrong answers get the same feedback, 'Same.'";
    assert!(found.len() == 1 && found[0].contains(told), "{found:?}");
    let mended = page.replacen("Same.", "Another.", 1);
    assert_eq!(faults_of_course(&lesson_of(&[&mended]), &empty), [""; 0]);
}

#[test]
fn files_that_are_no_lessons() {
    let one = |file: &str, text: &str| faults(file, text).into_iter().next().unwrap();
    assert!(one("01-x.md", "").starts_with("01-x.md:1:1: the file is empty: begin with"));
    assert!(one("01-x.md", "  \n\n").starts_with("01-x.md:1:1: the file is empty"));
    assert!(one("01-x.md", "# Title\n").starts_with("01-x.md:1:1: the file has no front matter"));
    assert!(one("01-x.md", "+++").starts_with("01-x.md:1:1: the front matter has no end"));
    for name in [
        "road.md",
        "1-road.md",
        "00-road.md",
        "01-Road.md",
        "01-.md",
        "01-a--b.md",
        "001-a.md",
        "01-road.txt",
    ] {
        assert_eq!(
            faults(name, GOOD),
            [format!(
                "{name}:1:1: the file's name is not NN-id.md: name it by its place in the course and its id, as in 03-classic-path.md"
            )]
        );
    }
    let fault = parse::text_of(
        "x.md",
        "a\nµ\u{e9}".as_bytes().strip_suffix(b"\xa9").unwrap(),
    );
    assert_eq!(
        fault.unwrap_err().to_string(),
        "x.md:2:2: the byte 0xc3 is no UTF-8: save the file as UTF-8"
    );
}

#[test]
fn a_broken_lesson_takes_no_other_down() {
    let other = GOOD
        .replace("id = \"", "id = \"other-")
        .replace("\"count\"\ntext", "\"other-count\"\ntext");
    let broken = GOOD.replace("kind = \"order\"", "kind = \"odd\"");
    let files = [
        ("01-road.md", broken.as_str()),
        ("02-other.md", other.as_str()),
    ];
    let (course, faults) = Catalogue::parse(&files, &[("known.toml", "")]);
    assert_eq!(faults.len(), 1, "{faults:?}");
    let ids: Vec<_> = course
        .lessons()
        .iter()
        .map(|lesson| lesson.id.as_str())
        .collect();
    assert_eq!(ids, ["other"]);

    let files = [
        ("01-road.md", GOOD),
        ("01-street.md", GOOD),
        ("02-road.md", other.as_str()),
    ];
    let (_, faults) = Catalogue::parse(&files, &[("known.toml", "")]);
    let faults: Vec<_> = faults.iter().map(Fault::to_string).collect();
    assert!(
        faults
            .iter()
            .any(|fault| fault
                .starts_with("01-street.md:1:1: the number 01 is also that of 01-road.md")),
        "{faults:?}"
    );
    assert!(
        faults
            .iter()
            .any(|fault| fault.starts_with("02-road.md:1:1: the lesson 'road' is also 01-road.md")),
        "{faults:?}"
    );
    assert!(
        faults.iter().any(|fault| fault
            .starts_with("01-street.md:49:6: the id 'pick' stands also in 01-road.md:49")),
        "{faults:?}"
    );
}

/// Any text at all is read without a panic, and each fault has a place inside of it.
#[test]
fn cut_and_mixed_lessons_never_panic() {
    let lines: Vec<_> = GOOD.lines().collect();
    let mut texts: Vec<String> = (0..GOOD.len()).map(|end| GOOD[..end].to_owned()).collect();
    for without in 0..lines.len() {
        let kept = lines
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != without);
        texts.push(kept.map(|(_, line)| format!("{line}\n")).collect());
    }
    texts.push("+++\n+++\n---\n---\n".to_owned());
    texts.push("\u{feff}+++\n".to_owned());
    texts.push("+++\n\0\n+++\n```quiz\n\u{1b}[31m = 1\n```".to_owned());
    for text in texts {
        let (_, faults) = course::check(&[(FILE, &text)], &[]);
        let count = text.matches('\n').count() + 1;
        for fault in faults {
            assert!(
                (1..=count).contains(&fault.line) && fault.column > 0,
                "{fault}"
            );
            assert!(!fault.to_string().contains(char::is_control), "{fault:?}");
        }
    }
}

fn zclab(arguments: &[&str], dir: &Path) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_zclab"))
        .args(arguments)
        .current_dir(dir)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn check_prints_a_line_a_fault_and_a_summary() {
    let dir = tempfile::tempdir().unwrap();
    let (code, out, _) = zclab(&["check"], dir.path());
    assert_eq!((code, out.lines().count()), (0, 1), "{out}");
    assert!(out.ends_with(": no fault\n"), "{out}");

    let lessons = dir.path().join("lessons");
    let figures = dir.path().join("assets/figures");
    fs::create_dir_all(&lessons).unwrap();
    fs::create_dir_all(&figures).unwrap();
    let (code, out, err) = zclab(&["check", "lessons"], dir.path());
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(
        err.starts_with("zclab: cannot check lessons: there are no lessons"),
        "{err}"
    );

    // An objective wants a second question.
    let good = GOOD.replace(
        "kind = \"order\"",
        "kind = \"order\"\nobjective = \"count\"",
    );
    fs::write(lessons.join("01-road.md"), good).unwrap();
    fs::write(lessons.join("02-bad.md"), b"+++\n\xff").unwrap();
    fs::write(lessons.join("README.md"), "No lesson.").unwrap();
    fs::write(figures.join("known.toml"), "title = \"x\"\n").unwrap();
    let (code, out, _) = zclab(&["check", "lessons"], dir.path());
    let lines: Vec<_> = out.lines().collect();
    assert_eq!(code, 1);
    assert!(lines[0].starts_with("assets/figures/known.toml:"), "{out}");
    assert_eq!(
        lines[1],
        "lessons/02-bad.md:2:1: the byte 0xff is no UTF-8: save the file as UTF-8"
    );
    assert_eq!(lines[2..], ["2 faults in 2 files"], "{out}");

    let (code, _, err) = zclab(&["check", "nowhere"], dir.path());
    assert_eq!(code, 1);
    assert_eq!(
        err,
        "zclab: cannot check nowhere: No such file or directory (os error 2)\n"
    );
}

#[test]
fn lessons_are_listed_and_printed() {
    let dir = Path::new(".");
    let (code, list, _) = zclab(&["lessons"], dir);
    let course = shipped();
    assert_eq!((code, list.lines().count()), (0, course.lessons().len()));
    let (_, json, _) = zclab(&["lessons", "--json"], dir);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    for (lesson, listed) in course
        .lessons()
        .iter()
        .zip(json["lessons"].as_array().unwrap())
    {
        assert_eq!(listed["id"], lesson.id);
        assert_eq!(listed["pages"], lesson.pages.len());
        assert_eq!(listed["questions"], lesson.questions().count());
        assert_eq!(
            listed["objectives"].as_array().unwrap().len(),
            lesson.objectives.len()
        );
        let (code, text, _) = zclab(&["lessons", &lesson.id], dir);
        assert_eq!(code, 0);
        for page in &lesson.pages {
            assert!(text.contains(&page.title), "{}: {}", lesson.id, page.title);
        }
        let wide = text
            .lines()
            .find(|line| zclab::course::prose::width(line) > 78);
        assert_eq!(wide, None, "{}", lesson.id);
    }
    let (code, out, err) = zclab(&["lessons", "sendfiel"], dir);
    assert_eq!((code, out.as_str(), err.lines().count()), (1, "", 1));
    assert!(
        err.starts_with("zclab: there is no lesson 'sendfiel' (did you mean sendfile?)"),
        "{err}"
    );
}

/// Module and page title of every page that a cell of the map names: `3, "Four copies", "The loop"; 7, "Build it"`.
fn named_pages(cell: &str) -> Vec<(usize, &str)> {
    let mut named = Vec::new();
    for part in cell.split("; ") {
        let Some((number, titles)) = part.split_once(", ") else {
            continue;
        };
        let Ok(number) = number.parse() else {
            continue;
        };
        named.extend(titles.split('"').skip(1).step_by(2).map(|it| (number, it)));
    }
    named
}

#[test]
fn every_page_that_the_map_of_the_material_names_is_there() {
    let map = include_str!("../lessons/README.md");
    let files = embedded::lessons();
    let course = shipped();
    let mut named = 0;
    for row in map.lines().filter(|line| line.starts_with("| ")) {
        let cell = row.trim_end_matches([' ', '|']).rsplit("| ").next();
        for (number, title) in named_pages(cell.unwrap_or_default()) {
            let prefix = format!("{number:02}-");
            let file = files.iter().find(|(name, _)| name.starts_with(&prefix));
            let (file, _) = file.unwrap_or_else(|| panic!("no lesson {number}: {row}"));
            let id = &file[prefix.len()..file.len() - ".md".len()];
            let lesson = course.lessons().iter().find(|lesson| lesson.id == id);
            let pages = &lesson.unwrap().pages;
            let there = pages.iter().any(|page| page.title == title);
            assert!(there, "{file} has no page \"{title}\"");
            named += 1;
        }
    }
    assert!(named > 60, "the map names {named} pages");
    assert!(!map.to_lowercase().contains("later"), "a gap in the map");
}
