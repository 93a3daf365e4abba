//! Keys in, screen out.

mod screen;

use screen::Learner;
use zclab::{
    app::{Effect, Key, Screen},
    model::{QuestionKind, Target},
};

#[test]
fn every_page_of_every_lesson_is_reached_by_n_alone() {
    for (width, height) in [(60, 18), (80, 24), (120, 36), (200, 60)] {
        let mut learner = Learner::new(width, height);
        let pages: usize = learner
            .app
            .lessons
            .iter()
            .map(|lesson| lesson.pages.len())
            .sum();
        let lessons = learner.app.lessons.len();
        for lesson in 0..lessons {
            learner.key(Key::Enter);
            for page in 0..learner.app.lessons[lesson].pages.len() {
                let title = learner.app.lessons[lesson].title.clone();
                assert_eq!((learner.app.lesson, learner.app.page), (lesson, page));
                let shown = learner.screen();
                let begin: String = title.chars().take(12).collect();
                assert!(shown.contains(&begin), "{shown}");
                learner.keys("n");
            }
        }
        assert_eq!(learner.app.screen, Screen::Course);
        let visits = learner
            .effects
            .iter()
            .filter(|effect| matches!(effect, Effect::Visit { .. }));
        assert_eq!(visits.count(), pages);
    }
}

#[test]
fn predict_run_step_and_see_the_guess_marked_from_the_recording() {
    let mut learner = Learner::new(120, 36);
    learner.open(|app| app.asks_guess());
    let asked = learner.screen();
    assert!(asked.contains("Before it runs"), "{asked}");
    let ran = learner.keys("7\n");
    assert!(ran.contains("You said 7"), "{ran}");
    assert!(ran.contains("traced") && ran.contains("untraced"), "{ran}");
    let (lab, state) = learner.app.lab_page().unwrap();
    let seen = lab.predict.as_ref().unwrap().query.of(&state
        .outcome
        .as_ref()
        .unwrap()
        .live
        .summary);
    assert_eq!(
        learner
            .effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Answer { given, right, .. } if given == "7" => Some(*right),
                _ => None,
            })
            .collect::<Vec<_>>(),
        [seen == Some(7.0)]
    );
    learner.keys(" ");
    let first = learner.app.player().unwrap().current();
    learner.key(Key::Right);
    learner.key(Key::Right);
    assert!(learner.app.player().unwrap().current() > first);
    learner.key(Key::End);
    assert!(learner.app.player().unwrap().is_at_end());
    let again = learner.keys("g");
    assert!(again.contains("Before it runs"), "{again}");
}

#[test]
fn a_wrong_choice_is_answered_under_it_and_a_right_one_ends_it() {
    let mut learner = Learner::new(80, 24);
    let is_choice = |app: &zclab::app::App| matches!(app.question(), Some((question, _)) if matches!(question.kind, QuestionKind::Choice(_)));
    learner.open(is_choice);
    let Some(Target::Question(question)) = learner.app.target().cloned() else {
        panic!("a question was opened");
    };
    let QuestionKind::Choice(options) = &question.kind else {
        panic!("a choice was opened");
    };
    let place = |right| {
        options
            .iter()
            .position(|option| option.right == right)
            .unwrap()
    };
    let wrong = learner.keys(&(place(false) + 1).to_string());
    let misconception = &options[place(false)].reaction.misconception;
    let begin: String = misconception.chars().take(20).collect();
    assert!(wrong.contains('✗') && wrong.contains(&begin), "{wrong}");
    let right = learner.keys(&(place(true) + 1).to_string());
    assert!(right.contains('✓'), "{right}");
    assert!(
        learner
            .app
            .progress
            .answered(&learner.app.lessons[learner.app.lesson].id, &question.id)
            .unwrap()
            .right
    );
}

#[test]
fn the_lab_keeps_two_results_and_plays_either() {
    let mut learner = Learner::new(120, 36);
    learner.keys("m");
    learner.keys("r ");
    assert!(learner.app.player().is_some(), "the only result plays");
    learner.key(Key::Esc);
    let both = learner.keys("mmr");
    assert!(both.contains("33") && both.contains("17"), "{both}");
    let played = learner.keys(" ");
    assert!(learner.app.player().is_some(), "{played}");
    let calls = learner.keys("c");
    assert!(calls.contains("sendfile(4"), "{calls}");
    learner.key(Key::Esc);
    learner.key(Key::Esc);
    learner.key(Key::Esc);
    assert_eq!(learner.app.screen, Screen::Course);
}

#[test]
fn help_names_every_key_that_does_something() {
    let mut learner = Learner::new(200, 60);
    learner.open(|app| app.asks_guess());
    let shown = zclab::app::keys::possible(&learner.app);
    let help = learner.keys("?");
    for binding in shown {
        let begin: String = binding
            .long
            .split(' ')
            .take(2)
            .collect::<Vec<_>>()
            .join(" ");
        assert!(
            help.contains(binding.label) && help.contains(&begin),
            "{}: {help}",
            binding.label
        );
    }
}

#[test]
fn the_key_bar_promises_only_what_dispatch_does() {
    let mut learner = Learner::new(120, 36);
    for _ in 0..30 {
        for binding in zclab::app::keys::possible(&learner.app) {
            let does = binding.keys.iter().any(|(key, command)| {
                zclab::app::keys::command(&learner.app, *key) == Some(*command)
            });
            assert!(does, "{} does not {}", binding.label, binding.long);
        }
        learner.key(Key::Enter);
        learner.keys("n");
    }
}

#[test]
fn a_failing_experiment_is_a_message_on_the_screen() {
    let mut learner = Learner::new(80, 24);
    learner.keys("m");
    let effects = learner.app.update(zclab::app::Event::Key(Key::Char('r')));
    let [Effect::Run { job, .. }] = effects[..] else {
        panic!("no experiment: {effects:?}");
    };
    let shown = learner.event(zclab::app::Event::Failed(
        job,
        "read-write to tcp: disk full".into(),
    ));
    assert!(shown.contains("disk full"), "{shown}");
    assert!(learner.app.job.is_none());
}
