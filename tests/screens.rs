//! Every screen at every size that is promised, as text.
//! After a change that is meant: `INSTA_UPDATE=always cargo test --test screens`, and read the difference.

mod screen;

use ratatui::layout::Rect;
use screen::Learner;
use zclab::{
    app::{Key, Screen},
    course::{QuestionKind, kinds::Choice, text_budget},
    ui::{
        rooms,
        theme::{Palette, Theme},
    },
};

const SIZES: [(u16, u16); 4] = [(60, 18), (80, 24), (120, 36), (200, 60)];

/// The lessons in the snapshots: not all, so that a new lesson changes none of them.
const SHOWN: [&str; 5] = ["mode-switches", "classic-path", "mmap", "sendfile", "test"];

/// The files that the reference screens are shown with: more than one, so that there is something to choose.
const REFERENCE: [&str; 4] = [
    "08-sendfile.md",
    "cards/portability.md",
    "cards/read-write.md",
    "cards/sendfile.md",
];

/// A glossary of a few words, so that a new word changes no picture.
const WORDS: &str = r#"+++
title = "Words"
+++

## DMA

A device reads or writes memory by itself.

## mode switch, mode switches

Into the kernel or back, on the same CPU. A context switch is another thing.

## page cache

File pages that the kernel keeps in memory. DMA fills it.

## page reference, page references, reference

A note of where bytes lie. Nothing is copied.
"#;

/// One screen at each size.
fn each_size(name: &str, open: impl FnMut(&mut Learner)) {
    let mut lessons = zclab::embedded::lessons();
    let is_shown = |file: &str| SHOWN.iter().any(|id| file.ends_with(&format!("-{id}.md")));
    lessons.retain(|(file, _)| is_shown(file) && !file.starts_with("cards/"));
    assert_eq!(lessons.len(), SHOWN.len());
    each_size_of(&lessons, name, open);
}

/// One screen at each size, of a lesson with cards and a glossary.
fn each_size_with_reference(name: &str, open: impl FnMut(&mut Learner)) {
    let mut files = zclab::embedded::lessons();
    files.retain(|(file, _)| REFERENCE.iter().any(|end| file.ends_with(end)));
    assert_eq!(files.len(), REFERENCE.len());
    files.push(("glossary.md", WORDS));
    each_size_of(&files, name, open);
}

fn each_size_of(
    lessons: &[(&'static str, &'static str)],
    name: &str,
    mut open: impl FnMut(&mut Learner),
) {
    let mut frames = String::new();
    for (width, height) in SIZES {
        let mut learner = Learner::of(lessons, width, height);
        learner.days_later(0);
        open(&mut learner);
        frames += &format!("{width}x{height}\n{}\n\n", learner.screen());
    }
    insta::assert_snapshot!(name, frames);
}

#[test]
fn course() {
    each_size("course", |_| {});
}

#[test]
fn prediction() {
    each_size("prediction", |learner| {
        learner.open(|app| app.asks_guess());
        learner.keys("33");
    });
}

#[test]
fn the_text_leaf_says_what_is_asked() {
    let mut learner = Learner::new(80, 24);
    learner.open(|app| app.asks_guess());
    let (predict, _) = learner.app.guessing().unwrap();
    let question = predict.text.clone();
    assert!(learner.screen().contains(&question), "{question}");
}

#[test]
fn recording() {
    each_size("recording", |learner| {
        learner.open(|app| app.asks_guess());
        learner.keys("33\n ");
        learner.key(Key::Home);
        for _ in 0..14 {
            learner.key(Key::Right);
        }
    });
}

#[test]
fn presentation() {
    each_size("presentation", |learner| {
        learner.open(|app| app.asks_guess());
        learner.keys("33\nP ");
        learner.key(Key::Home);
        for _ in 0..14 {
            learner.key(Key::Right);
        }
    });
}

#[test]
fn race() {
    each_size("race", |learner| {
        // Two results of the lab.
        learner.keys("mrmmrv ");
        learner.key(Key::Home);
        for _ in 0..4 {
            learner.key(Key::Right);
        }
    });
}

#[test]
fn race_presented() {
    each_size("race-presented", |learner| {
        learner.keys("mrmmrvP ");
        learner.key(Key::Home);
        for _ in 0..4 {
            learner.key(Key::Right);
        }
    });
}

#[test]
fn recording_text_leaf() {
    each_size("recording-text", |learner| {
        learner.open(|app| app.asks_guess());
        learner.keys("33\n ");
        learner.key(Key::Home);
        learner.keys("\t");
    });
}

#[test]
fn question_answered_wrongly() {
    each_size("question", |learner| {
        learner.open(|app| {
            matches!(app.question(), Some((question, _)) if matches!(question.kind, QuestionKind::Choice(_)))
        });
        let (question, _) = learner.app.question().unwrap();
        let QuestionKind::Choice(Choice(options)) = &question.kind else {
            panic!("a choice was opened");
        };
        let wrong = options.iter().position(|option| !option.right).unwrap();
        learner.keys(&format!("{}\n", wrong + 1));
    });
}

/// Whether the question on the screen is a choice.
fn asks_choice(app: &zclab::app::App) -> bool {
    matches!(app.question(), Some((question, _)) if matches!(question.kind, QuestionKind::Choice(_)))
}

/// A week of learning: some answers are right, some are not, and each day what is due is asked again.
fn a_week(learner: &mut Learner) {
    for day in 0..6 {
        learner.days_later(day);
        learner.keys("v");
        let mut count = 0;
        while learner.app.question().is_some() {
            if asks_choice(&learner.app) {
                learner.choose(count % 3 != 2);
                count += 1;
            }
            learner.keys("n");
        }
        learner.key(Key::Esc);
        if day % 2 == 0 {
            learner.keys("t");
            for count in 0..6 {
                if asks_choice(&learner.app) {
                    learner.choose((day + count) % 3 != 0);
                }
                learner.keys("n");
            }
            learner.key(Key::Esc);
            learner.key(Key::Enter);
            learner.keys("nnnnn");
            learner.key(Key::Esc);
            learner.key(Key::Down);
        }
    }
}

#[test]
fn review_asks_and_says_what_comes_when() {
    each_size("review", |learner| {
        a_week(learner);
        learner.keys("v");
    });
    each_size("review-over", |learner| {
        a_week(learner);
        learner.keys("v");
        while learner.app.question().is_some() {
            if asks_choice(&learner.app) {
                learner.choose(true);
            }
            learner.keys("n");
        }
    });
    each_size("review-nothing-due", |learner| drop(learner.keys("v")));
}

#[test]
fn a_concept_test_says_what_it_is() {
    each_size("concept-test-introduction", |learner| {
        drop(learner.keys("C"))
    });
}

#[test]
fn the_end_of_a_lesson() {
    each_size("lesson-end", |learner| {
        learner.open(|app| app.asks_guess() && app.lab_page().is_some());
        learner.keys("7\n");
        while learner.app.at().is_some() {
            learner.keys("n");
        }
    });
}

#[test]
fn in_ascii_no_letter_stands_for_a_sign() {
    let mut unicode = Learner::new(120, 36);
    let mut ascii = Learner::new(120, 36);
    ascii.theme.ascii = true;
    let mut faults = Vec::new();
    for keys in [
        "", "?", "?\n", "nnnn", "nn", "n7\n ", "\u{1b}", "C\n", "\u{1b}", "mr", "e",
    ] {
        for c in keys.chars() {
            for learner in [&mut unicode, &mut ascii] {
                learner.key(match c {
                    '\n' => Key::Enter,
                    '\u{1b}' => Key::Esc,
                    c => Key::Char(c),
                });
            }
            let (meant, shown) = (unicode.frame(), ascii.frame());
            for (cell, meant) in shown.content.iter().zip(&meant.content) {
                let (plain, sign) = (cell.symbol(), meant.symbol());
                assert!(plain.is_ascii(), "{plain}");
                let is_letter = |text: &str| text.chars().any(char::is_alphabetic);
                if is_letter(plain) && !is_letter(sign) {
                    faults.push(format!("{plain} for {sign}"));
                }
            }
        }
    }
    faults.sort();
    faults.dedup();
    assert!(faults.is_empty(), "{faults:?}");
}

#[test]
fn a_concept_test_is_counted() {
    each_size("concept-test", |learner| {
        learner.keys("C\n");
        for at in 0..12 {
            learner.choose(at % 3 == 0);
        }
    });
}

#[test]
fn a_course_that_was_begun() {
    each_size("course-begun", |learner| {
        a_week(learner);
        learner.keys("C\n");
        for at in 0..12 {
            learner.choose(at % 3 == 0);
        }
        learner.key(Key::Esc);
    });
}

#[test]
fn lab_with_two_results() {
    each_size("lab", |learner| {
        learner.keys("mr\tmmr");
    });
}

#[test]
fn a_run_played_alone_has_its_figures_beside_it() {
    each_size("lab-playing", |learner| {
        learner.keys("mmmr ");
    });
}

#[test]
fn reference_cards() {
    each_size_with_reference("cards", |learner| {
        learner.keys("R");
        learner.key(Key::Down);
    });
    each_size_with_reference("card", |learner| {
        learner.keys("\nR\n");
    });
}

#[test]
fn search() {
    each_size_with_reference("search", |learner| {
        learner.keys("/the OFFSET");
        learner.key(Key::Down);
    });
    each_size_with_reference("search-empty", |learner| {
        learner.keys("\n/");
    });
}

#[test]
fn words_of_a_page_and_the_glossary() {
    let open = |learner: &mut Learner| {
        learner.open(|app| app.page_words().len() > 1);
        learner.keys("W");
        learner.key(Key::Down);
    };
    each_size_with_reference("words", open);
    each_size_with_reference("glossary", |learner| {
        open(learner);
        learner.keys("\t");
        learner.key(Key::End);
    });
}

#[test]
fn the_table_of_systems() {
    let open = |learner: &mut Learner| {
        learner.keys("R\n");
        learner.key(Key::Down);
        learner.key(Key::Right);
    };
    each_size_with_reference("card-table", open);
    each_size_with_reference("card-table-text", |learner| {
        open(learner);
        learner.keys("\t");
    });
}

/// Opens an entry of the list of experiments.
fn open_experiment(learner: &mut Learner, title: &str) {
    learner.keys("e");
    let at = learner
        .app
        .experiments
        .iter()
        .position(|entry| entry.title.contains(title));
    for _ in 0..at.unwrap() {
        learner.key(Key::Down);
    }
    learner.key(Key::Enter);
}

#[test]
fn experiments() {
    each_size("experiments", |learner| {
        learner.keys("e");
        learner.key(Key::Down);
    });
}

#[test]
fn every_experiment_before_and_after_it_ran() {
    for (name, title) in [
        ("page-cache", "page cache"),
        ("claim", "2-3 times"),
        ("sweep", "the chunk"),
        ("watching", "untraced"),
    ] {
        each_size(name, |learner| {
            open_experiment(learner, title);
            assert!(learner.screen().contains("runs it on this kernel"));
            learner.keys("r");
            learner.key(Key::Down);
        });
    }
}

#[test]
fn an_error_is_predicted_and_seen() {
    each_size("errors-predicted", |learner| {
        open_experiment(learner, "Errors");
        learner.key(Key::Down);
    });
    each_size("errors-seen", |learner| {
        open_experiment(learner, "Errors");
        learner.key(Key::Down);
        learner.keys("1\n");
    });
}

#[test]
fn a_request_is_guessed_at_played_and_set_beside_another_method() {
    each_size("request-question", |learner| {
        open_experiment(learner, "A request");
    });
    for (name, turned) in [("request-played", false), ("request-calls", true)] {
        each_size(name, |learner| {
            open_experiment(learner, "A request");
            learner.keys("2\n m2\n ");
            learner.key(Key::Home);
            for _ in 0..7 {
                learner.key(Key::Down);
            }
            if turned {
                learner.keys("\t");
            }
        });
    }
}

/// A lesson with an experiment of each kind that asks first.
const TRIALS: &str = r#"+++
title = "Experiments"
minutes = 5
objectives = []
+++

# Who holds the bytes?

The file is overwritten after the send, and before the receive.

```lab
id = "proof-live"
what = "proof"
methods = ["read-write", "sendfile"]
to = "tcp"
```

```predict
id = "proof-guess"
text = "Which bytes arrive from read and write?"
query = "verdict"
explain = "The buffer was copied into the queue before write() returned."
options = [
  { text = "the old ones", answer = "copied" },
  { text = "the new ones", answer = "shared", misconception = "A copy is a reference.", feedback = "write() copies before it returns." },
]
```

---

# How far does it read ahead?

```lab
id = "cache-live"
what = "page-cache"
```

```predict
id = "cache-guess"
text = "How many pages are there after 4 KiB are read?"
query = "resident.pread-at-0"
unit = "pages"
scale = [0, 64]
tolerance = 31
explain = "The kernel reads ahead."
```
"#;

#[test]
fn an_experiment_of_a_lesson_asks_runs_and_compares() {
    let open = |page: usize, keys: &str| {
        let mut frames = String::new();
        for (width, height) in SIZES {
            let mut learner = Learner::of(&[("01-trials.md", TRIALS)], width, height);
            learner.key(Key::Enter);
            for _ in 0..page {
                learner.keys("n");
            }
            learner.keys(keys);
            frames += &format!("{width}x{height}\n{}\n\n", learner.screen());
        }
        frames
    };
    insta::assert_snapshot!("trial-question", open(0, "\t"));
    insta::assert_snapshot!("trial-figure", open(0, "\t2"));
    insta::assert_snapshot!("trial-text", open(0, "\t2\t"));
    insta::assert_snapshot!("trial-number", open(1, "4\n\t"));
}

#[test]
fn help_source_and_calls() {
    for (name, key) in [("help", "?"), ("source", "s"), ("calls", "c")] {
        each_size(name, |learner| {
            learner.open(|app| app.asks_guess());
            learner.keys("33\n ");
            learner.key(Key::Home);
            learner.keys(key);
        });
    }
}

#[test]
fn ascii() {
    each_size("ascii", |learner| {
        learner.theme = Theme {
            palette: Palette::None,
            ascii: true,
            ..Theme::default()
        };
        learner.open(|app| app.asks_guess());
        learner.keys("33\n ");
        learner.key(Key::Home);
        learner.key(Key::Right);
    });
}

#[test]
fn too_small_says_so() {
    let mut learner = Learner::new(59, 18);
    assert!(
        learner
            .screen()
            .contains("zclab needs 60 columns and 18 rows.")
    );
}

/// Rows of a page's title, with the empty one below it.
const TITLE: usize = 2;

#[test]
fn the_rooms_that_check_promises_are_those_of_the_screens() {
    let size = |rect: Rect| (usize::from(rect.width), usize::from(rect.height) - TITLE);
    let of = |room: text_budget::TextBudget| (room.width, room.height);
    let small = rooms(Rect::new(0, 0, 80, 24)).unwrap();
    let large = rooms(Rect::new(0, 0, 120, 36)).unwrap();
    assert_eq!(of(text_budget::PROSE), size(small.pane()));
    assert_eq!(of(text_budget::COLUMN), size(large.page().unwrap().left));
    assert_eq!(text_budget::LAB_PROSE.width, text_budget::PROSE.width);
    assert_eq!(text_budget::LAB_COLUMN.width, text_budget::COLUMN.width);
    assert_eq!(text_budget::QUESTION.width, text_budget::PROSE.width);
}

#[test]
fn no_page_of_the_course_scrolls_before_it_is_answered() {
    for (width, height) in [(80, 24), (120, 36)] {
        let mut learner = Learner::new(width, height);
        for _ in 0..learner.app.material.lessons.len() {
            learner.key(Key::Enter);
            while matches!(learner.app.screen(), Screen::Lesson(_)) {
                let shown = learner.screen();
                assert_eq!(learner.spots.overflow, 0, "{shown}");
                learner.keys("n");
            }
        }
    }
}
