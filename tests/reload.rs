//! Lessons that are edited while they are open: the screen follows, the place is kept, and a fault takes nothing away.

mod screen;
mod terminal;

use std::{fs, path::Path};

use screen::Learner;
use terminal::{Terminal, zclab};
use zclab::{
    app::{Effect, Event, Key, Screen},
    model::{Record, Visit},
    runtime,
};

/// A lesson of prose pages and a question, as (title, prose).
fn lesson(title: &str, pages: &[(&str, &str)]) -> String {
    let mut text = format!("+++\ntitle = \"{title}\"\nminutes = 5\nobjectives = []\n+++\n\n");
    for (title, prose) in pages {
        text += &format!("# {title}\n\n{prose}\n\n---\n\n");
    }
    text + &question("Which one copies?")
}

fn question(asked: &str) -> String {
    format!(
        r#"# A question

```quiz
id = "which"
kind = "choice"
text = "{asked}"
explain = "It has a buffer of its own."
options = [
  {{ text = "read()", right = true }},
  {{ text = "mmap()", misconception = "A mapping is a copy.", feedback = "It points at the pages." }},
]
```
"#
    )
}

const PAGES: [(&str, &str); 3] = [
    ("One", "The first page."),
    ("Two", "The second page."),
    ("Three", "The third page."),
];

/// The lessons as they are read again.
fn edited(learner: &mut Learner, files: &[(&str, &str)]) -> String {
    let read = runtime::material(files);
    learner.event(Event::Lessons(Ok(Box::new(read))))
}

fn opened(text: &str, width: u16, height: u16) -> Learner {
    let text: &'static str = text.to_owned().leak();
    let mut learner = Learner::of(&[("01-road.md", text)], width, height);
    learner.key(Key::Enter);
    learner
}

#[test]
fn the_open_page_is_found_again_by_its_title_else_by_its_number() {
    for (width, height) in [(60, 18), (80, 24), (120, 36), (200, 60)] {
        let mut learner = opened(&lesson("Road", &PAGES), width, height);
        assert!(learner.keys("n").contains("The second page."));
        let more = [
            ("Zero", "It comes before."),
            PAGES[0],
            ("Two", "The second page, better said."),
            PAGES[2],
        ];
        let shown = edited(&mut learner, &[("01-road.md", &lesson("Road", &more))]);
        assert!(shown.contains("better said"), "{shown}");
        assert_eq!(learner.place(), (0, 2));
        assert!(
            matches!(
                learner.effects.last(),
                Some(Effect::Keep(Record::Visit(Visit { page: 3, .. })))
            ),
            "its place is kept"
        );
        // Under another title it is known by its number.
        let renamed = [more[0], more[1], ("Zwei", "Another title."), more[3]];
        let shown = edited(&mut learner, &[("01-road.md", &lesson("Road", &renamed))]);
        assert!(shown.contains("Another title."), "{shown}");
        // A lesson before it, and another number: its id is what it is known by.
        let second = lesson("Gate", &PAGES);
        let files = [
            ("01-gate.md", &*second.replace("which", "gate")),
            ("02-road.md", &lesson("Road", &renamed)),
        ];
        let shown = edited(&mut learner, &files);
        assert!(
            shown.contains("Another title.") && shown.contains("2 Road"),
            "{shown}"
        );
        assert_eq!(learner.place(), (1, 2));
        // Fewer pages than where it was.
        let shown = edited(&mut learner, &[("01-road.md", &lesson("Road", &[]))]);
        assert!(shown.contains("Which one copies?"), "{shown}");
        // And no lesson of that name.
        edited(&mut learner, &[("01-gate.md", &second)]);
        assert!(matches!(learner.app.screen(), Screen::Course(_)));
    }
}

#[test]
fn a_search_finds_what_was_just_written_and_leads_back_to_where_the_page_is_now() {
    let mut learner = opened(&lesson("Road", &PAGES), 80, 24);
    let nothing = learner.keys("/zebra");
    assert!(nothing.contains("Nothing has all of this."), "{nothing}");
    let more = [PAGES[0], PAGES[1], ("Three", "A zebra crosses.")];
    let found = edited(&mut learner, &[("01-road.md", &lesson("Road", &more))]);
    assert!(
        found.contains("A zebra crosses.") && found.contains("1 of 1"),
        "{found}"
    );
    learner.key(Key::Enter);
    assert_eq!(learner.place(), (0, 2));
    let moved = [("Zero", "It comes before."), more[0], more[1], more[2]];
    edited(&mut learner, &[("01-road.md", &lesson("Road", &moved))]);
    assert_eq!(learner.place(), (0, 3));
    let back = learner.key(Key::Esc);
    assert!(back.contains("The first page."), "{back}");
    assert!(matches!(learner.app.screen(), Screen::Lesson(_)));
    assert_eq!(learner.place().1, 1);
}

#[test]
fn a_question_that_is_the_same_stays_answered_and_another_is_asked_afresh() {
    let text = lesson("Road", &PAGES);
    let mut learner = opened(&text, 80, 24);
    learner.keys("nnn2\n");
    assert!(learner.screen().contains("A mapping is a copy."));
    let shown = edited(
        &mut learner,
        &[("01-road.md", &lesson("Road", &PAGES[1..]))],
    );
    assert!(shown.contains("A mapping is a copy."), "{shown}");
    assert_eq!(learner.place().1, 2);
    let other = text.replace("Which one copies?", "Who copies?");
    let shown = edited(&mut learner, &[("01-road.md", &other)]);
    assert!(
        shown.contains("Who copies?") && !shown.contains("A mapping is"),
        "{shown}"
    );
}

#[test]
fn a_fault_is_shown_until_it_is_mended_and_the_last_good_text_stays() {
    let good = lesson("Road", &PAGES);
    let other = lesson("Gate", &PAGES).replace("which", "gate");
    let mut learner = opened(&good, 80, 24);
    learner.keys("n");
    let broken = good.replace("title =", "titel =");
    let files = [("01-road.md", &*broken), ("02-gate.md", &*other)];
    let shown = edited(&mut learner, &files);
    assert!(shown.contains("The second page."), "{shown}");
    assert!(
        shown.contains("01-road.md:1:1: the front matter has no title"),
        "{shown}"
    );
    assert!(shown.contains("zclab check tells"), "{shown}");
    let shown = learner.keys("b");
    assert!(
        shown.contains("01-road.md:1:1") && shown.contains("The first page."),
        "a key takes it not away: {shown}"
    );
    learner.key(Key::Esc);
    let shown = learner.screen();
    assert!(shown.contains("Road") && shown.contains("Gate"), "{shown}");
    let shown = edited(
        &mut learner,
        &[("01-road.md", &*good), ("02-gate.md", &*other)],
    );
    assert!(!shown.contains("01-road.md"), "{shown}");
}

#[test]
fn a_review_goes_on_where_its_questions_are_now() {
    let second = lesson("Gate", &PAGES).replace("which", "gate").leak();
    let first = lesson("Road", &PAGES).leak();
    let mut learner = Learner::of(&[("01-road.md", first), ("02-gate.md", second)], 80, 24);
    learner.days_later(0);
    for _ in 0..2 {
        learner.keys("t2\n");
        learner.key(Key::Esc);
        learner.key(Key::Down);
    }
    let shown = learner.keys("v");
    assert!(shown.contains("question 1 of 2"), "{shown}");
    learner.keys("n");
    let here = learner.app.open_lesson().unwrap().id.clone();
    let files = [
        ("01-gate.md", &*second),
        ("03-road.md", &*lesson("Road", &PAGES[1..])),
    ];
    let shown = edited(&mut learner, &files);
    assert!(
        shown.contains("question 2 of 2") && shown.contains("Which one copies?"),
        "{shown}"
    );
    assert_eq!(learner.app.open_lesson().unwrap().id, here);
    // The other one is not there any more.
    let file = if here == "road" {
        ("03-road.md", &*first)
    } else {
        ("01-gate.md", &*second)
    };
    let shown = edited(&mut learner, &[file]);
    assert!(shown.contains("question 1 of 1"), "{shown}");
}

/// As `cat > FILE` writes.
fn in_place(file: &Path, text: &str) {
    fs::write(file, text).unwrap();
}

/// As most editors write: a new file takes the name of the old one.
fn by_rename(file: &Path, text: &str) {
    let new = file.with_extension("md.new");
    fs::write(&new, text).unwrap();
    fs::rename(new, file).unwrap();
}

/// As vim writes by default on some systems: the old file is kept aside, and a new one is made.
fn by_backup(file: &Path, text: &str) {
    let old = file.with_extension("md~");
    fs::rename(file, &old).unwrap();
    fs::write(file, text).unwrap();
    fs::remove_file(old).unwrap();
}

#[test]
fn an_edited_file_is_on_the_screen_however_it_was_written() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("01-road.md");
    fs::write(&file, lesson("Road", &PAGES)).unwrap();
    let mut terminal =
        Terminal::start(zclab(&["learn", "--lessons", dir.path().to_str().unwrap()]));
    terminal.wait_for("Modules");
    terminal.send("\rn");
    terminal.wait_for("The second page.");
    let saved = |prose| lesson("Road", &[PAGES[0], ("Two", prose), PAGES[2]]);
    type Write = fn(&Path, &str);
    let ways: [(&str, Write); 3] = [
        ("Written in place.", in_place),
        ("Written beside, and renamed.", by_rename),
        ("Written anew.", by_backup),
    ];
    for (prose, write) in ways {
        write(&file, &saved(prose));
        terminal.wait_for(prose);
    }
    by_rename(&file, "+++\ntitle = \"Road\n+++\n");
    terminal.wait_for("01-road.md:2:");
    assert!(
        terminal.contents().contains("Written anew."),
        "{}",
        terminal.contents()
    );
    fs::write(&file, [0xff, 0xfe]).unwrap();
    terminal.wait_for("01-road.md:1:1");
    fs::remove_file(&file).unwrap();
    terminal.wait_for("there are no lessons");
    assert!(
        terminal.contents().contains("Written anew."),
        "{}",
        terminal.contents()
    );
    in_place(&file, &saved("It is back."));
    terminal.wait_for("It is back.");
    terminal.until("an end of the fault", |screen| {
        !screen.contents().contains("there are no lessons")
    });
    // A lesson that comes later, and a directory of cards.
    fs::write(
        dir.path().join("02-gate.md"),
        lesson("Gate", &PAGES).replace("which", "gate"),
    )
    .unwrap();
    terminal.send("\x1b");
    terminal.wait_for("Gate");
    let cards = dir.path().join("cards");
    fs::create_dir(&cards).unwrap();
    fs::write(cards.join("card.md"), "+++\ntitle = 5\n+++\n").unwrap();
    terminal.wait_for("cards/card.md:1:1");
    fs::remove_dir_all(dir.path()).unwrap();
    terminal.wait_for("edits show when zclab is started again");
    terminal.send("q");
    assert_eq!(terminal.ended().code(), Some(0));
}
