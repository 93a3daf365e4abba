//! Every screen at every size that is promised, as text.
//! After a change that is meant: `INSTA_UPDATE=always cargo test --test screens`, and read the difference.

mod screen;

use screen::Learner;
use zclab::{
    app::Key,
    model::QuestionKind,
    ui::theme::{Palette, Theme},
};

const SIZES: [(u16, u16); 4] = [(60, 18), (80, 24), (120, 36), (200, 60)];

/// One screen at each size.
fn each_size(name: &str, mut open: impl FnMut(&mut Learner)) {
    let mut frames = String::new();
    for (width, height) in SIZES {
        let mut learner = Learner::new(width, height);
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
        let QuestionKind::Choice(options) = &question.kind else {
            panic!("a choice was opened");
        };
        let wrong = options.iter().position(|option| !option.right).unwrap();
        learner.keys(&(wrong + 1).to_string());
    });
}

#[test]
fn lab_with_two_results() {
    each_size("lab", |learner| {
        learner.keys("mrmmr");
    });
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
