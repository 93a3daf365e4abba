//! Keys in, screen out.

mod screen;

use ratatui::{
    buffer::{Buffer, Cell},
    style::Modifier,
};
use screen::Learner;
use zclab::{
    app::{App, Click, Effect, Event, Key, Mouse, Overlay, Screen},
    course::{Ask, Place, QuestionKind, Target, kinds::Choice},
    model::{AnswerRecord, Given, Record},
};

#[test]
fn every_page_of_every_lesson_is_reached_by_n_alone() {
    for (width, height) in [(60, 18), (80, 24), (120, 36), (200, 60)] {
        let mut learner = Learner::new(width, height);
        let pages: usize = learner
            .app
            .material
            .lessons
            .iter()
            .map(|lesson| lesson.pages.len())
            .sum();
        let lessons = learner.app.material.lessons.len();
        learner.key(Key::Enter);
        for lesson in 0..lessons {
            for page in 0..learner.app.material.lessons[lesson].pages.len() {
                let title = learner.app.material.lessons[lesson].title.clone();
                assert_eq!(learner.place(), (lesson, page));
                let shown = learner.screen();
                let begin: String = title.chars().take(12).collect();
                assert!(shown.contains(&begin), "{shown}");
                learner.keys("n");
            }
            // The page behind the last one leads on.
            let end = learner.screen();
            assert!(end.contains("What is next"), "{end}");
            assert_eq!(learner.app.at(), None);
            learner.keys("n");
        }
        assert!(learner.app.in_test(), "{}", learner.screen());
        let visits = learner
            .effects
            .iter()
            .filter(|effect| matches!(effect, Effect::Keep(Record::Visit(_))));
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
    // What was predicted is revealed at the end of the play.
    assert!(!ran.contains(['✓', '✗']), "{ran}");
    let revealed = learner.key(Key::End);
    assert!(revealed.contains(['✓', '✗']), "{revealed}");
    assert!(revealed.contains("untraced"), "{revealed}");
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
                Effect::Keep(Record::Answer(answer)) if answer.given == Given::Number(7.0) => {
                    Some(answer.right)
                }
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
fn nobody_predicts_by_an_option_that_is_on_the_other_pane() {
    let option = |app: &zclab::app::App| match &app.guessing()?.0.ask {
        Ask::Choice(options) => Some(options[1].text.clone()),
        Ask::Number(_) => None,
    };
    for (width, height) in [(60, 18), (80, 24), (120, 36), (200, 60)] {
        let mut learner = Learner::new(width, height);
        learner.open(|app| app.asks_guess() && option(app).is_some());
        let second = option(&learner.app).unwrap();
        if !learner.screen().contains(&second) {
            learner.keys("2");
            assert!(learner.app.asks_guess(), "{}", learner.screen());
            let asked = learner.key(Key::Enter);
            let below = width < 80 && asked.contains("more rows");
            assert!(asked.contains(&second) || below, "{asked}");
        }
        assert!(learner.app.asks_guess());
        let selected = learner.keys("2");
        assert!(learner.app.asks_guess(), "{selected}");
        let ran = learner.key(Key::Enter);
        assert!(!learner.app.asks_guess(), "{ran}");
    }
}

#[test]
fn a_wrong_choice_is_answered_under_it_and_a_right_one_ends_it() {
    let mut learner = Learner::new(80, 24);
    let is_choice = |app: &zclab::app::App| matches!(app.question(), Some((question, _)) if matches!(question.kind, QuestionKind::Choice(_)));
    learner.open(is_choice);
    let (question, _) = learner.app.question().expect("a question was opened");
    let question = question.clone();
    let QuestionKind::Choice(Choice(options)) = &question.kind else {
        panic!("a choice was opened");
    };
    let place = |right| {
        options
            .iter()
            .position(|option| option.right == right)
            .unwrap()
    };
    // Enter gives nothing while nothing is selected, and a digit alone gives no answer.
    let untouched = learner.key(Key::Enter);
    assert!(!untouched.contains('✗'), "{untouched}");
    let selected = learner.keys(&(place(false) + 1).to_string());
    assert!(
        !selected.contains('✗') && selected.contains("Enter answers"),
        "{selected}"
    );
    assert!(answers(&learner.effects).is_empty());
    let wrong = learner.key(Key::Enter);
    let misconception = &options[place(false)].reaction.misconception;
    let begin: String = misconception.chars().take(20).collect();
    assert!(wrong.contains('✗') && wrong.contains(&begin), "{wrong}");
    let right = learner.keys(&format!("{}\n", place(true) + 1));
    assert!(right.contains('✓'), "{right}");
    assert!(
        learner
            .app
            .progress
            .answered(
                &learner.app.material.lessons[learner.place().0].id,
                &question.id
            )
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
    let side = |learner: &Learner| match learner.app.screen() {
        Screen::Lab(_) => learner.app.enabled().iter().any(|key| key.label == "Tab"),
        _ => panic!("the lab is open"),
    };
    assert!(side(&learner));
    let again = learner.keys("r");
    assert!(
        again.contains("empty"),
        "the cursor has not changed sides: {again}"
    );
    let both = learner.keys("\tmmr");
    assert!(both.contains("33") && both.contains("17"), "{both}");
    let played = learner.keys(" ");
    assert!(learner.app.player().is_some(), "{played}");
    let calls = learner.keys("c");
    assert!(calls.contains("sendfile(4"), "{calls}");
    learner.key(Key::Esc);
    learner.key(Key::Esc);
    learner.key(Key::Esc);
    assert!(matches!(learner.app.screen(), Screen::Course(_)));
}

#[test]
fn help_names_every_key_that_does_something() {
    let mut learner = Learner::new(200, 60);
    learner.open(|app| app.asks_guess());
    let shown = learner.app.enabled();
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

/// The underlined text of a frame, piece by piece.
fn underlined(frame: &Buffer) -> Vec<String> {
    let is_marked = |cell: &Cell| cell.modifier.contains(Modifier::UNDERLINED);
    frame
        .content
        .chunk_by(|a, b| is_marked(a) == is_marked(b))
        .filter(|piece| is_marked(&piece[0]))
        .map(|piece| piece.iter().map(Cell::symbol).collect())
        .collect()
}

#[test]
fn a_card_is_opened_from_the_page_that_it_is_about_and_read_to_its_end() {
    let mut learner = Learner::new(80, 24);
    learner.open(|app| app.asks_guess());
    let page = learner.place();
    let method = learner.app.lab_page().unwrap().0.spec.method.to_string();
    let list = learner.keys("R");
    assert!(list.contains(&format!("▸ {method}")), "{list}");
    let mut seen = learner.key(Key::Enter);
    assert!(seen.contains("disk ═■═▶ page cache"), "{seen}");
    for _ in 0..30 {
        seen += &learner.key(Key::Down);
    }
    let card = learner.cards().card(&learner.app).unwrap();
    let last_words = |text: &String| text.split(' ').next_back().unwrap().to_owned();
    let lines = [
        &card.signature,
        &card.counts,
        &card.pitfalls,
        &card.since,
        &card.sources,
    ];
    for line in lines.into_iter().flatten() {
        assert!(seen.contains(&last_words(line)), "{line}: {seen}");
    }
    learner.keys("n");
    assert_ne!(learner.cards().card(&learner.app).unwrap().name, method);
    learner.key(Key::Esc);
    learner.key(Key::Esc);
    assert!(matches!(learner.app.screen(), Screen::Lesson(_)));
    assert_eq!(learner.place(), page);
}

#[test]
fn the_table_of_systems_says_what_differs_from_the_chosen_one() {
    for (width, height) in [(60, 18), (80, 24), (120, 36), (200, 60)] {
        let mut learner = Learner::new(width, height);
        learner.keys("R");
        while learner.cards().card(&learner.app).unwrap().name != "portability" {
            learner.key(Key::Down);
        }
        learner.key(Key::Enter);
        let table = learner
            .cards()
            .card(&learner.app)
            .unwrap()
            .table
            .clone()
            .unwrap();
        for row in &table.rows {
            let (what, cells) = (&row.what, &row.cells);
            for _ in &table.columns {
                let shown = learner.screen();
                let at = learner.cards().column;
                let system = &table.columns[at];
                assert!(shown.contains(&format!("▸ {what}")), "{shown}");
                assert!(shown.contains(&format!("beside {system}")), "{shown}");
                for (column, cell) in cells.iter().enumerate() {
                    let mark = match (column == at, *cell == cells[at]) {
                        (true, _) => "  ",
                        (_, true) => "= ",
                        _ => "≠ ",
                    };
                    let full = |line: &str| {
                        line.trim_start().starts_with(&table.columns[column])
                            && line.ends_with(&format!("{mark}{cell}"))
                    };
                    assert!(shown.lines().any(full), "{mark}{cell}: {shown}");
                }
                learner.key(Key::Right);
            }
            learner.key(Key::Down);
        }
        assert_eq!(learner.cards().row + 1, table.rows.len());
        let marked = underlined(&learner.frame());
        assert!(
            marked.iter().any(|text| text == "Mac OS X 10.5"),
            "{marked:?}"
        );
        assert!(!marked.iter().any(|text| text == "Linux 2.2"), "{marked:?}");
        learner.key(Key::Home);
        let said = learner.mouse(spot_of(&learner, Click::Cell(0, 2)));
        assert!(said.contains("beside FreeBSD"), "{said}");
    }
}

#[test]
fn the_words_of_a_page_are_marked_where_they_are_used_first_and_their_meaning_is_a_key_or_a_click_away()
 {
    for (width, height) in [(80, 24), (120, 36), (200, 60)] {
        let mut learner = Learner::new(width, height);
        learner.open(|app| app.page_words().len() > 3 && app.player().is_none());
        let page = learner.place();
        let words = learner.app.page_words();
        let word = |learner: &Learner, at: usize| learner.app.material.words[at].clone();
        // A word that goes on in the next row is two pieces.
        let marked = underlined(&learner.frame()).join(" ").to_lowercase();
        for used in &words {
            let forms = word(&learner, *used).forms;
            let is_marked = |form: &String| marked.contains(&form.to_lowercase());
            assert!(forms.iter().any(is_marked), "{forms:?}: {marked}");
        }
        let begins = |text: &str| text.split(' ').take(2).collect::<Vec<_>>().join(" ");
        let mut shown = learner.keys("W");
        for (at, used) in words.iter().enumerate() {
            let meaning = begins(&word(&learner, *used).text);
            assert!(shown.contains(&meaning), "{meaning}: {shown}");
            assert!(
                shown.contains(&format!("{} of {}", at + 1, words.len())),
                "{shown}"
            );
            shown = learner.key(Key::Down);
        }
        learner.key(Key::Esc);
        assert_eq!(learner.app.overlay, None);
        let shown = learner.mouse(spot_of(&learner, Click::Word(words[1])));
        let meaning = begins(&word(&learner, words[1]).text);
        assert!(
            shown.contains(&meaning) && shown.contains("Words of this page"),
            "{shown}"
        );
        let all = learner.keys("\t");
        assert!(
            all.contains("The glossary") && all.contains(&meaning),
            "{all}"
        );
        learner.key(Key::Esc);
        assert_eq!(learner.place(), page);
        assert!(matches!(learner.app.screen(), Screen::Lesson(_)));
    }
}

#[test]
fn the_whole_glossary_can_be_read_at_every_size() {
    for (width, height) in [(60, 18), (80, 24), (120, 36), (200, 60)] {
        let mut learner = Learner::new(width, height);
        let mut shown = learner.keys("W");
        for word in learner.app.material.words.clone() {
            let text = word.text.replace('`', "");
            let last = text.split_whitespace().next_back().unwrap();
            assert!(shown.contains(last), "{}: {shown}", word.name());
            assert_eq!(learner.spots.overflow, 0, "{shown}");
            shown = learner.key(Key::Down);
        }
    }
}

#[test]
fn a_search_leads_to_the_very_page_and_back() {
    let mut learner = Learner::new(80, 24);
    learner.keys("\nnn");
    let from = (learner.app.name(), learner.app.at());
    // The words of a title, the last one first, in capitals.
    let lesson = 6;
    let of = &learner.app.material.lessons[lesson];
    let page = of.pages.iter().position(|page| page.target.is_none());
    let page = page.expect("a page to read");
    let title = of.pages[page].title.clone();
    let place = format!("{} {}, page {}", of.number, of.title, page + 1);
    let mut words: Vec<String> = title.split(' ').map(str::to_uppercase).collect();
    words.reverse();
    let query = format!("/{}", words.join(" "));
    let search = |learner: &mut Learner| {
        let mut shown = learner.keys(&query);
        let wanted = Place::Page { lesson, page };
        let hits = learner.app.search.hits.iter();
        let at = hits.map(|hit| hit.place).position(|place| place == wanted);
        for _ in 0..at.expect("its own title finds a page") {
            shown = learner.key(Key::Down);
        }
        shown
    };
    let shown = search(&mut learner);
    let chosen = shown.lines().find(|line| line.contains('▸')).unwrap();
    assert!(
        chosen.contains(&title) && chosen.contains(&place),
        "{shown}"
    );
    let marked = underlined(&learner.frame());
    let is_wanted = |text: &String| words.iter().any(|word| text.to_uppercase().contains(word));
    assert!(
        !marked.is_empty() && marked.iter().all(is_wanted),
        "{marked:?}"
    );
    // Esc in the search changes nothing.
    learner.key(Key::Esc);
    assert_eq!((learner.app.name(), learner.app.at()), from);
    search(&mut learner);
    let there = learner.key(Key::Enter);
    assert_eq!(learner.place(), (lesson, page));
    assert!(there.contains(&title), "{there}");
    let id = learner.app.material.lessons[lesson].id.clone();
    let is_visited = |effect: &Effect| matches!(effect, Effect::Keep(Record::Visit(visit)) if visit.lesson == id && visit.page == page as u32 + 1);
    assert!(learner.effects.iter().any(is_visited));
    learner.keys("n");
    learner.key(Key::Esc);
    assert_eq!((learner.app.name(), learner.app.at()), from);
    learner.key(Key::Esc);
    assert!(matches!(learner.app.screen(), Screen::Course(_)));
}

#[test]
fn a_search_filters_as_it_is_typed_and_leads_to_cards_and_words() {
    let mut learner = Learner::new(120, 36);
    learner.keys("\nn/");
    let mut found = usize::MAX;
    for letter in "qvt zq".chars() {
        // Letters that are keys elsewhere are only letters here.
        learner.keys(&letter.to_string());
        let now = learner.app.search.hits.len();
        assert!(now <= found, "more letters find more");
        found = now;
    }
    assert_eq!(learner.app.search.input.text, "qvt zq");
    assert!(learner.screen().contains("Nothing has all of this."));
    learner.key(Key::Ctrl('u'));
    learner.keys("portable sbytes");
    let card = learner.key(Key::Enter);
    assert!(matches!(learner.app.screen(), Screen::Cards(_)));
    assert!(card.contains("FreeBSD"), "{card}");
    learner.key(Key::Esc);
    assert!(matches!(learner.app.screen(), Screen::Lesson(_)));
    assert_eq!(learner.place().1, 1);
    learner.keys("/alias proof");
    let shown = learner.key(Key::Enter);
    assert!(shown.contains("Send, overwrite the source"), "{shown}");
    learner.key(Key::Esc);
    assert!(matches!(learner.app.screen(), Screen::Lesson(_)));
    assert_eq!(learner.place().1, 1);
    // A click goes there, too.
    learner.keys("/pinning");
    let hit = learner.app.search.hits[0].place;
    assert!(matches!(hit, Place::Word(_)), "{hit:?}");
    learner.mouse(spot_of(&learner, Click::Hit(0)));
    assert!(matches!(learner.app.overlay, Some(Overlay::Words { .. })));
}

#[test]
fn every_page_card_and_word_is_found_by_its_own_title() {
    let mut learner = Learner::new(200, 60);
    learner.keys("/");
    let course = &learner.app;
    let (titles, index) = (all_titles(course), &course.search.index);
    for (place, title) in titles {
        let hits = index.find(&title);
        assert!(hits.iter().any(|hit| hit.place == place), "{title}");
    }
}

fn all_titles(app: &App) -> Vec<(Place, String)> {
    let words = app.material.words.iter().enumerate();
    let cards = app.material.cards.iter().enumerate();
    let pages = app
        .material
        .lessons
        .iter()
        .enumerate()
        .flat_map(|(lesson, of)| {
            let pages = of.pages.iter().enumerate();
            pages.map(move |(page, shown)| (Place::Page { lesson, page }, shown.title.clone()))
        });
    words
        .map(|(at, word)| (Place::Word(at), word.name().to_owned()))
        .chain(cards.map(|(at, card)| (Place::Card(at), card.title.clone())))
        .chain(pages)
        .collect()
}

#[test]
fn nothing_is_looked_up_in_the_middle_of_the_concept_test() {
    let mut learner = Learner::new(120, 36);
    learner.keys("C\n");
    assert!(learner.app.in_test());
    learner.keys("/WR");
    assert_eq!(learner.app.overlay, None);
    assert!(learner.app.in_test());
}

/// A press on the middle of what means this.
fn spot_of(learner: &Learner, click: Click) -> Mouse {
    let spots = &learner.spots.clicks;
    let (area, _) = spots
        .iter()
        .rev()
        .find(|(_, means)| *means == click)
        .unwrap();
    Mouse::Press(area.x + area.width / 2, area.y)
}

#[test]
fn the_key_bar_promises_only_what_dispatch_does() {
    let mut learner = Learner::new(120, 36);
    for _ in 0..30 {
        for binding in learner.app.enabled() {
            let does = binding
                .keys
                .iter()
                .any(|(key, command)| learner.app.command(*key) == Some(*command));
            assert!(does, "{} does not {}", binding.label, binding.long);
        }
        learner.key(Key::Enter);
        learner.keys("n");
    }
}

/// Answers written to the log.
fn answers(effects: &[Effect]) -> Vec<AnswerRecord> {
    let of = |effect: &Effect| match effect {
        Effect::Keep(Record::Answer(answer)) => Some(answer.clone()),
        _ => None,
    };
    effects.iter().filter_map(of).collect()
}

fn asks_choice(app: &zclab::app::App) -> bool {
    matches!(app.question(), Some((question, _)) if matches!(question.kind, QuestionKind::Choice(_)))
}

#[test]
fn what_was_missed_comes_back_in_review_and_the_rest_the_next_day_but_not_what_was_paged_past() {
    for (width, height) in [(60, 18), (80, 24), (120, 36), (200, 60)] {
        let mut learner = Learner::new(width, height);
        learner.days_later(0);
        let calm = learner.keys("v");
        assert!(calm.contains("Nothing is due"), "{calm}");
        learner.keys("\n");
        assert!(matches!(learner.app.screen(), Screen::Course(_)));

        // A right answer, two wrong ones, and one that is paged past, which is no answer: each in a module of its own.
        let mut asked = Vec::new();
        for (module, right) in [
            (0, Some(true)),
            (2, Some(false)),
            (4, Some(false)),
            (6, None),
        ] {
            learner.key(Key::Home);
            (0..module).for_each(|_| drop(learner.key(Key::Down)));
            learner.keys("t");
            while !asks_choice(&learner.app) {
                learner.keys("n");
            }
            let id = learner.app.question().unwrap().0.id.clone();
            match right {
                Some(right) => {
                    asked.push(id);
                    drop(learner.choose(right));
                }
                None => drop(learner.keys("n")),
            }
            learner.key(Key::Esc);
        }
        let right = &answers(&learner.effects)
            .into_iter()
            .find(|answer| answer.right)
            .unwrap();
        let count = asked.len();
        let bar = format!("review {}", count - 1);
        let course = learner.screen();
        assert!(course.contains(&bar) || width < 120, "{bar}: {course}");

        let due = |learner: &Learner| -> Vec<String> {
            let Screen::Round(round) = learner.app.screen() else {
                panic!("no round is asked");
            };
            let id =
                |item: &zclab::app::screens::round::RoundItem| match &learner.app.material.lessons
                    [item.at.lesson]
                    .pages[item.at.page]
                    .target
                {
                    Some(Target::Question(question)) => question.id.clone(),
                    _ => panic!("no question"),
                };
            round.items.iter().map(id).collect()
        };
        let shown = learner.keys("v");
        assert!(shown.contains("Review"), "{shown}");
        let mut now = due(&learner);
        now.sort();
        let mut expected: Vec<String> = asked
            .iter()
            .filter(|id| **id != right.question)
            .cloned()
            .collect();
        expected.sort();
        assert_eq!(now, expected);
        while !asks_choice(&learner.app) {
            learner.keys("n");
        }
        // The hint, the misconception and the explanation are there as on its page.
        let wrong = learner.choose(false);
        assert!(wrong.contains('✗'), "{wrong}");
        let again = learner.choose(true);
        assert!(again.contains('✓'), "{again}");
        let id = learner.app.question().unwrap().0.id.clone();
        let kept = answers(&learner.effects);
        let of_review: Vec<bool> = kept
            .iter()
            .filter(|answer| answer.question == id && answer.given != Given::Skipped)
            .map(|answer| answer.right)
            .collect();
        assert_eq!(of_review[of_review.len() - 2..], [false, true]);
        while learner.app.question().is_some() {
            learner.keys("n");
        }
        let end = learner.screen();
        assert!(
            end.contains("missed at first") && end.contains("What comes back when"),
            "{end}"
        );
        assert!(end.contains("Tue 2") && end.contains("still due"), "{end}");
        learner.keys("n");
        assert!(matches!(learner.app.screen(), Screen::Course(_)));
        assert_eq!(learner.app.due().len(), count - 2);
        learner.days_later(1);
        assert_eq!(learner.app.due().len(), count, "1 day after a right answer");
    }
}

#[test]
fn the_course_at_a_glance_is_told_by_recordings() {
    let learner = Learner::new(120, 36);
    let glances: Vec<(&str, f64, f64)> = learner
        .app
        .material
        .lessons
        .iter()
        .filter(|lesson| !lesson.copies_of.is_empty())
        .map(|lesson| {
            let glance = learner.app.copies_of(lesson);
            let glance = glance.expect("each transfer that a lesson names has a shipped recording");
            (lesson.id.as_str(), glance.least, glance.most)
        })
        .collect();
    // A byte that goes out by MSG_ZEROCOPY is copied once, and once more where the kernel says so, as over loopback.
    let expected = [
        ("classic-path", 2.0, 2.0),
        ("copy-loop", 2.0, 2.0),
        ("mmap", 1.0, 1.0),
        ("sendfile", 0.0, 0.0),
        ("gather-dma", 0.0, 0.0),
        ("pipes", 0.0, 0.0),
        ("file-to-file", 1.0, 1.0),
        ("msg-zerocopy", 1.0, 2.0),
        ("io-uring", 0.0, 2.0),
        // To a file: by recv and write, by splice, from mapped pages.
        ("receiving", 1.0, 2.0),
    ];
    assert_eq!(glances, expected);
}

#[test]
fn the_course_screen_tells_where_the_learner_is_at_each_size() {
    for (width, height) in [(80, 24), (120, 36), (200, 60)] {
        let mut learner = Learner::new(width, height);
        learner.days_later(0);
        learner.key(Key::Down);
        learner.key(Key::Down);
        learner.keys("t");
        let id = learner.app.material.lessons[2].id.clone();
        while !asks_choice(&learner.app) {
            learner.keys("n");
        }
        learner.choose(true);
        learner.key(Key::Esc);
        let shown = learner.days_later(1);
        let row = |shown: &str| {
            shown
                .lines()
                .find(|line| line.contains("▸"))
                .unwrap()
                .to_owned()
        };
        assert!(
            row(&shown).contains("1 of 8") && row(&shown).contains("■■■■■ 2"),
            "{shown}"
        );
        assert!(!row(&shown).contains('▪'), "{shown}");
        learner.keys("\nnnn");
        learner.key(Key::Esc);
        let shown = learner.screen();
        assert!(row(&shown).contains(['▪', '■']), "{id} is begun: {shown}");
        let due = learner.app.due().len();
        assert!(
            due > 0 && shown.contains(&format!("{due} question")),
            "{shown}"
        );
        for row in [
            "Concept test  before not taken yet",
            "copies per byte",
            "1+c",
        ] {
            assert!(shown.contains(row), "no {row}: {shown}");
        }
        let has_way = shown.contains("The whole course") && shown.contains("▼ next");
        assert_eq!(has_way, height >= 36, "{shown}");
    }
}

#[test]
fn the_concept_test_says_nothing_but_the_count_and_then_the_gain() {
    let mut learner = Learner::new(120, 36);
    for (right, first) in [(4, "before: 4 of 12 right"), (10, "gain: +6 of 8")] {
        let introduced = learner.keys("C");
        assert!(introduced.contains("12 questions"), "{introduced}");
        assert!(learner.app.question().is_none(), "{introduced}");
        let shown = learner.keys("\n");
        assert!(shown.contains("question 1 of 12"), "{shown}");
        for at in 0..12 {
            let question = learner.app.question().unwrap().0.clone();
            assert!(!shown.contains("hint"), "{shown}");
            let shown = match &question.kind {
                QuestionKind::Choice(_) | QuestionKind::Multi(_) => learner.choose(at < right),
                kind => panic!("{} is not handled here", kind.name()),
            };
            // The result page, once nothing can be given away any more, says what was right.
            let is_over = learner.app.question().is_none() && learner.app.in_test();
            assert!(is_over || !shown.contains(['✓', '✗']), "{shown}");
            assert!(!shown.contains(&question.explain[..20]), "{shown}");
        }
        let end = learner.screen();
        assert!(end.contains(first), "{end}");
        learner.keys("\n");
        assert!(matches!(learner.app.screen(), Screen::Course(_)));
    }
    let kept = answers(&learner.effects);
    let of = |lesson: &str| kept.iter().filter(|answer| answer.lesson == lesson).count();
    assert_eq!((of("concept-before"), of("concept-after")), (12, 12));
    let again = learner.keys("C");
    assert!(
        again.contains("gain: +6 of 8"),
        "nothing is asked a third time: {again}"
    );
    learner.key(Key::Esc);
    learner.days_later(30);
    assert!(learner.app.due().is_empty(), "a test is not reviewed");
}

#[test]
fn a_concept_test_that_was_left_goes_on_where_it_was() {
    let mut learner = Learner::new(80, 24);
    learner.keys("C\n");
    learner.choose(true);
    learner.choose(true);
    learner.keys("n");
    learner.key(Key::Esc);
    let left = learner.keys("C");
    assert!(left.contains("10 of 12 questions are left"), "{left}");
    let shown = learner.keys("\n");
    assert!(shown.contains("1 of 10"), "{shown}");
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

#[test]
fn the_pages_of_a_lesson_stand_beside_its_prose_and_a_click_opens_one() {
    let mut learner = Learner::new(120, 36);
    let first = learner.keys("\n");
    assert!(first.contains("In this lesson"), "{first}");
    let sixth = learner.mouse(spot_of(&learner, Click::Page(5)));
    assert!(sixth.contains("page 6 of"), "{sixth}");
}

#[test]
fn space_right_and_enter_go_on_from_a_page_of_text_and_stand_in_the_key_bar() {
    for key in [Key::Char(' '), Key::Right, Key::Enter, Key::Char('n')] {
        let mut learner = Learner::new(120, 36);
        let first = learner.key(Key::Enter);
        assert!(first.contains("Enter ␣ → next"), "{first}");
        assert_eq!(learner.place(), (0, 0));
        learner.key(key);
        assert_eq!(learner.place(), (0, 1), "{key:?}");
        learner.key(Key::Left);
        let at = learner.place();
        assert!(at == (0, 0) || learner.app.player().is_some(), "{at:?}");
    }
    // Where a text is longer than the screen, space shows the rest of it first.
    let mut learner = Learner::new(60, 18);
    learner.open(|app| app.at().is_some() && app.player().is_none() && !app.asks_guess());
    for _ in 0..40 {
        let place = learner.place();
        let before = learner.screen();
        let more = before.contains("more row");
        learner.keys(" ");
        match more {
            true => assert_eq!(learner.place(), place, "{before}"),
            false => break,
        }
    }
}

#[test]
fn a_lesson_ends_with_its_predictions_the_questions_to_come_back_to_and_what_is_next() {
    for (width, height) in [(60, 18), (80, 24), (120, 36), (200, 60)] {
        let mut learner = Learner::new(width, height);
        learner.open(|app| app.asks_guess() && app.lab_page().is_some());
        let (lesson, page) = learner.place();
        let title = learner.app.material.lessons[lesson].pages[page]
            .title
            .clone();
        learner.keys("7\n");
        let mut wrong = None;
        while learner.app.at().is_some() {
            if asks_choice(&learner.app) && wrong.is_none() {
                learner.choose(false);
                wrong = Some(learner.place());
            }
            learner.keys("n");
        }
        let end = learner.screen();
        assert!(end.contains("What is next"), "{end}");
        // On a small screen the upper end is a key away.
        let end = learner.key(Key::Home);
        assert!(end.contains("What you predicted"), "{end}");
        let begin: String = title.chars().take(10).collect();
        assert!(end.contains(&begin) && end.contains("you said 7"), "{end}");
        learner.key(Key::End);
        // Up to the question that was answered wrongly: Enter goes there.
        let (_, page) = wrong.expect("the lesson has a choice");
        let name = format!("page {}", page + 1);
        let mut shown = learner.screen();
        for _ in 0..30 {
            if shown
                .lines()
                .any(|line| line.contains('▸') && line.contains(&name))
            {
                break;
            }
            shown = learner.key(Key::Up);
        }
        assert!(shown.contains(&name), "{shown}");
        learner.key(Key::Enter);
        assert_eq!(learner.place(), (lesson, page));
    }
}

#[test]
fn a_sweep_that_is_stopped_keeps_its_chart_and_says_where_it_stopped() {
    let mut learner = Learner::new(120, 36);
    learner.keys("e");
    while !learner
        .screen()
        .lines()
        .any(|line| line.contains("▸ Two methods"))
    {
        learner.key(Key::Down);
    }
    learner.key(Key::Enter);
    let effects = learner.app.update(zclab::app::Event::Key(Key::Char('r')));
    let Some(Effect::Try { job, what }) = effects.first().cloned() else {
        panic!("it does not run: {effects:?}");
    };
    let found = Box::new(screen::findings(&what));
    learner.event(zclab::app::Event::Partial(job, found));
    let at = zclab::model::JobProgress {
        at: "round 7 of 9".to_owned(),
        done: 6,
        total: 9,
    };
    let running = learner.event(zclab::app::Event::Progress(job, at));
    assert!(
        running.contains("read-write") && !running.contains("not run yet"),
        "{running}"
    );
    learner.key(Key::Esc);
    let stopped = learner.event(zclab::app::Event::Failed(job, "cancelled".to_owned()));
    assert!(stopped.contains("Stopped: round 7 of 9"), "{stopped}");
    assert!(
        stopped.contains('●') && stopped.contains("median"),
        "the chart is left: {stopped}"
    );
    assert!(!stopped.contains("not run yet"), "{stopped}");
}

#[test]
fn a_run_of_an_earlier_session_is_there_again_with_its_guess() {
    let mut before = Learner::new(120, 36);
    before.open(|app| app.asks_guess() && app.lab_page().is_some());
    before.keys("7\n");
    let kept = before.effects.iter().find_map(|effect| match effect {
        Effect::Remember(recording) => Some(recording.clone()),
        _ => None,
    });
    let recording = kept.expect("the run is kept");
    let records = before.effects.iter().filter_map(|effect| match effect {
        Effect::Keep(record) => Some(record.clone()),
        _ => None,
    });
    let records: Vec<Record> = records.collect();
    for answered in [true, false] {
        let mut learner = Learner::new(120, 36);
        for record in records.iter().filter(|_| answered) {
            learner.app.recall(record);
        }
        let run = zclab::app::Run::new((*recording).clone(), "");
        learner.event(zclab::app::Event::Remembered(vec![run]));
        learner.open(|app| app.lab_page().is_some());
        let shown = learner.screen();
        assert_eq!(shown.contains("You said 7"), answered, "{shown}");
        assert_eq!(learner.app.asks_guess(), !answered, "{shown}");
    }
}

#[test]
fn a_question_has_its_run_or_a_figure_beside_it_where_there_is_room() {
    for (width, height) in [(120, 36), (200, 60)] {
        let mut learner = Learner::new(width, height);
        let mut bare = Vec::new();
        for (lesson, of) in learner.app.material.lessons.clone().iter().enumerate() {
            learner.key(Key::Home);
            (0..lesson).for_each(|_| drop(learner.key(Key::Down)));
            learner.keys("t");
            while let Some((question, _)) = learner.app.question() {
                let id = question.id.clone();
                let shown = learner.screen();
                let at = learner.app.at();
                let right: usize = shown
                    .lines()
                    .skip(2)
                    .filter(|line| line.chars().skip(75).any(char::is_alphanumeric))
                    .count();
                if right < 5 {
                    bare.push(format!("{} {id}\n{shown}", of.id));
                }
                learner.keys("n");
                assert_ne!(learner.app.at(), at);
            }
            learner.key(Key::Esc);
        }
        assert!(
            bare.is_empty(),
            "{} at {width}x{height}: {}",
            bare.len(),
            bare[0]
        );
    }
}

#[test]
fn the_alias_proof_plays_its_three_steps() {
    let mut learner = Learner::new(120, 36);
    learner.keys("e\nr");
    let row = |shown: &str| {
        let mut rows = shown
            .lines()
            .filter(|row| row.trim().starts_with("read-write"));
        // Left of what is said of it.
        rows.next().unwrap().split('│').next().unwrap().to_owned()
    };
    let mut after = |ms: u64| {
        let shown = learner.event(Event::Tick(std::time::Duration::from_millis(ms)));
        row(&shown)
    };
    // Sent: A by A.
    let sent = after(600);
    assert!(sent.contains("AAAA") && sent.contains("····"), "{sent}");
    // Overwritten in the source.
    let overwritten = after(1_200);
    assert!(overwritten.contains("BA"), "{overwritten}");
    // Received: what did arrive, and the verdict only when all is there.
    let received = after(1_200);
    assert!(
        received.contains("····") && !received.contains("copied"),
        "{received}"
    );
    let done = after(600);
    assert!(done.contains("copied") && !done.contains('·'), "{done}");
    assert_eq!(learner.app.next_frame(), None);
    // Space plays it again.
    let again = row(&learner.keys(" "));
    assert!(!again.contains("copied"), "{again}");
    assert!(learner.app.next_frame().is_some());
}
