use super::*;
use crate::course::AskedNumber;
use crate::model::{Measured, Method};

fn reaction(name: &str) -> Reaction {
    Reaction {
        misconception: name.to_owned(),
        feedback: format!("about {name}"),
    }
}

fn option(text: &str, right: bool) -> QuestionOption {
    QuestionOption {
        text: text.to_owned(),
        right,
        reaction: if right {
            Reaction::default()
        } else {
            reaction(text)
        },
    }
}

fn question(kind: QuestionKind) -> Question {
    Question {
        id: "q".to_owned(),
        objective: None,
        text: "?".to_owned(),
        kind,
        hints: Vec::new(),
        explain: "because".to_owned(),
        line: 1,
    }
}

fn number_question(answer: Option<f64>, unit: &str) -> Question {
    let run = (TransferSpec::of(Method::Sendfile), Query::Syscalls);
    question(QuestionKind::Number {
        answer,
        run: answer.is_none().then_some(run),
        tolerance: 0.0,
        unit: unit.to_owned(),
        wrong: vec![WrongNumber {
            answer: 33.0,
            reaction: reaction("33"),
        }],
        otherwise: reaction("other"),
    })
}

fn said(verdict: &Verdict) -> &str {
    verdict
        .reaction
        .as_ref()
        .map_or("", |said| &said.misconception)
}

#[test]
fn a_choice_is_marked_by_letter_or_number() {
    let question = question(QuestionKind::Choice(vec![
        option("x", false),
        option("y", true),
    ]));
    for given in ["b", " B ", "b)", "2", "(b)"] {
        let verdict = mark(&question, given, None).unwrap();
        assert!(verdict.right && verdict.reaction.is_none(), "{given}");
        assert_eq!(
            (verdict.answer.as_str(), verdict.given.as_str()),
            ("b) y", "b")
        );
    }
    let wrong = mark(&question, "a", None).unwrap();
    assert_eq!((wrong.right, said(&wrong)), (false, "x"));
    for given in ["", "c", "a b", "0", "3", "é", "-1"] {
        assert!(mark(&question, given, None).is_err(), "{given}");
    }
}

#[test]
fn a_multi_says_what_was_wrong_then_what_is_missing() {
    let mut options = vec![option("w", true), option("x", false), option("y", true)];
    let ask = |options: &[QuestionOption], given| {
        mark(
            &question(QuestionKind::Multi(options.to_vec())),
            given,
            None,
        )
        .unwrap()
    };
    assert!(ask(&options, "c a").right);
    assert_eq!(ask(&options, "c a").given, "a c");
    assert!(ask(&options, "ac").right);
    assert_eq!(said(&ask(&options, "a b c")), "x");
    assert_eq!(said(&ask(&options, "a b")), "x");
    let partial = ask(&options, "a");
    assert!(!partial.right);
    assert_eq!(
        partial.reaction.unwrap().feedback,
        "What you chose is right; one more option is."
    );
    options[2].reaction = reaction("y");
    assert_eq!(said(&ask(&options, "a")), "y");
}

#[test]
fn numbers_are_read_as_people_write_them() {
    for (text, value) in [
        ("66", 66.0),
        (" 1 048 576 ", 1_048_576.0),
        ("1\u{a0}048\u{a0}576", 1_048_576.0),
        ("1,048,576", 1_048_576.0),
        ("1_048_576", 1_048_576.0),
        ("2.0", 2.0),
        ("2,0", 2.0),
        ("0,125", 0.125),
        (".5", 0.5),
        ("-3", -3.0),
        ("1MiB", 1_048_576.0),
        ("64 KiB", 65536.0),
        ("1,5 KiB", 1536.0),
        ("12 bytes", 12.0),
        ("1 byte", 1.0),
    ] {
        assert_eq!(number(text, "bytes"), Ok(value), "{text}");
    }
    for text in [
        "", "x", "1.2.3", "1 2", "12 34", "--1", "1e5", "inf", "nan", ".", "1MB", "5 calls",
    ] {
        assert!(number(text, "bytes").is_err(), "{text}");
    }
    assert!(number("1MiB", "calls").is_err());
    assert_eq!(number("66 calls", "calls"), Ok(66.0));
}

#[test]
fn a_number_is_marked_with_what_is_known_about_it() {
    let question = number_question(Some(66.0), "calls");
    let verdict = |given| mark(&question, given, None).unwrap();
    assert!(verdict("66").right);
    assert_eq!(verdict("66").answer, "66\u{a0}calls");
    assert_eq!(said(&verdict("33")), "33");
    assert_eq!(said(&verdict("7")), "other");
    assert_eq!(with_unit(1_048_576.5, "x"), "1\u{a0}048\u{a0}576.5\u{a0}x");
    assert_eq!(with_unit(2.0, ""), "2");
}

#[test]
fn a_run_answers_where_there_is_one() {
    let question = number_question(None, "calls");
    let summary = Summary {
        syscalls: Some(17),
        measured: Some(Measured::default()),
        ..Summary::default()
    };
    assert!(mark(&question, "17", Some(&summary)).unwrap().right);
    assert!(
        mark(&question, "17", None)
            .unwrap_err()
            .contains("run sendfile first")
    );
    assert!(
        mark(&question, "seventeen", None)
            .unwrap_err()
            .contains("not a number")
    );
    let refused = mark(&question, "17", Some(&Summary::default())).unwrap_err();
    assert!(refused.contains("traced run"), "{refused}");
}

fn copies(tolerance: f64) -> Ask {
    Ask::Number(AskedNumber {
        unit: "copies a byte".to_owned(),
        scale: (0.0, 4.0),
        tolerance,
        wrong: vec![WrongNumber {
            answer: 4.0,
            reaction: reaction("four"),
        }],
    })
}

#[test]
fn what_is_foretold_is_compared_with_what_came() {
    let option = |text: &str, answer: &str, said: &str| PredictOption {
        text: text.to_owned(),
        answer: answer.to_owned(),
        reaction: match said {
            "" => Reaction::default(),
            said => reaction(said),
        },
    };
    let predict = Predict {
        id: "p".to_owned(),
        objective: None,
        text: "?".to_owned(),
        query: Query::Named("verdict".to_owned()),
        ask: Ask::Choice(vec![
            option("the new ones", "shared", ""),
            option("the old ones", "copied", "a send is no snapshot"),
        ]),
        hints: Vec::new(),
        explain: String::new(),
    };
    let came = |word: &str| Ok(ExperimentValue::Word(word.to_owned()));
    let right = mark_guess(&predict, "a", came("shared")).unwrap();
    assert!(right.right && right.reaction.is_none() && right.given == "a");
    let wrong = mark_guess(&predict, "2", came("shared")).unwrap();
    assert_eq!(
        (wrong.right, wrong.answer.as_str()),
        (false, "the new ones")
    );
    assert_eq!(said(&wrong), "a send is no snapshot");
    // What nobody foretold is said as it came.
    let mixed = mark_guess(&predict, "a", came("mixed")).unwrap();
    assert_eq!((mixed.right, mixed.answer.as_str()), (false, "mixed"));
    assert!(mark_guess(&predict, "c", came("shared")).is_err());
    assert!(mark_guess(&predict, "a", Err("refused".to_owned())).is_err());
}

#[test]
fn a_prediction_is_compared_with_the_recorded_figure() {
    let predict = Predict {
        id: "p".to_owned(),
        objective: None,
        text: "?".to_owned(),
        query: Query::CpuCopiesPerByte,
        ask: copies(0.0),
        hints: Vec::new(),
        explain: String::new(),
    };
    let summary = Summary {
        cpu_copies_per_byte: Some(2.0),
        ..Summary::default()
    };
    assert!(mark_prediction(&predict, "2,0", &summary).unwrap().right);
    assert_eq!(
        said(&mark_prediction(&predict, "4", &summary).unwrap()),
        "four"
    );
    assert_eq!(
        mark_prediction(&predict, "3", &summary).unwrap().reaction,
        None
    );
    let about = Predict {
        ask: copies(1.0),
        ..predict
    };
    let right = |guess: &str| mark_prediction(&about, guess, &summary).unwrap().right;
    assert!(right("1") && right("3") && !right("3.1") && !right("0"));
}

#[test]
fn an_order_is_shuffled_the_same_way_and_never_right() {
    for name in 0..200 {
        for lines in [
            vec!["a", "b"],
            vec!["a", "b", "a"],
            vec!["a", "b", "c", "d"],
        ] {
            let mut question = question(QuestionKind::Order {
                lines: lines.iter().map(|line| (*line).to_owned()).collect(),
                distractors: vec![option("z", false)],
                otherwise: reaction("order"),
            });
            question.id = format!("q{name}");
            let shown = presented(&question);
            assert_eq!(shown, presented(&question));
            let in_order: Vec<_> = shown.iter().filter(|line| **line != "z").collect();
            assert!(!in_order.into_iter().eq(lines.iter()), "{shown:?}");

            let wrong = mark(&question, "1", None).unwrap();
            let right = mark(&question, &wrong.answer, None).unwrap();
            assert!(right.right && !wrong.right, "{shown:?} {}", wrong.answer);
            if shown[0] != "z" {
                let missing = wrong.reaction.unwrap().feedback;
                assert!(missing.starts_with("What you chose belongs"), "{missing}");
            }
            let order = right_order(&question).into_iter().map(|at| shown[at]);
            assert!(order.eq(lines.iter().copied()));
            let at = shown.iter().position(|line| *line == "z").unwrap() + 1;
            let with = format!("{} {at}", wrong.answer);
            assert_eq!(said(&mark(&question, &with, None).unwrap()), "z");
        }
    }
}

#[test]
fn an_order_that_cannot_be_read_is_no_mark() {
    let question = question(QuestionKind::Order {
        lines: vec!["a".to_owned(), "b".to_owned()],
        distractors: Vec::new(),
        otherwise: reaction("order"),
    });
    for given in ["", "1 1", "3 1", "a b", "0 1"] {
        assert!(mark(&question, given, None).is_err(), "{given}");
    }
    let right = mark(&question, "1 2", None).unwrap();
    assert!(!right.right);
    assert_eq!(right.answer, "2 1");
    assert_eq!(said(&right), "order");
}
