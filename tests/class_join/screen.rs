//! The same on the whole screen, on a real pty.

use std::{process::Command, sync::Arc};

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::{
    require::skip,
    room::{Question, Room, question},
    terminal::{Terminal, ZCLAB, zclab},
};

/// Takes a seat on a terminal of 120x36.
fn join(room: &Room, options: &[&str]) -> Terminal {
    let url = format!("http://{}/{}", room.address, room.code);
    let mut command = zclab(&["join", &url]);
    command.args(options);
    let mut seat = Terminal::start(command);
    seat.wait_for(&format!("Class {}", room.code));
    seat
}

/// The last vote in the session's file.
fn last_vote(room: &Room) -> Value {
    let votes = room.events().into_iter();
    let mut votes = votes.filter(|event| event["event"] == "vote");
    votes.next_back().expect("a vote is in the file")["answer"].clone()
}

/// What is said of a question once it is answered: none of it may be seen before.
fn said_of(id: &str) -> Vec<String> {
    let mut export = Command::new(ZCLAB);
    let output = export.args(["export", "questions", "--format", "json"]);
    let document: Value = serde_json::from_slice(&output.output().unwrap().stdout).unwrap();
    let all = document["questions"].as_array().unwrap();
    let found = all.iter().find(|question| question["id"] == id).unwrap();
    let options = found["options"].as_array().unwrap().iter();
    let said = options.map(|option| &option["feedback"]);
    let said = said.chain([&found["explanation"]]);
    let said = said.filter_map(Value::as_str);
    // The first words of each: the screen folds what follows.
    let words = said.flat_map(|text| text.split("\n\n").map(str::to_owned).collect::<Vec<_>>());
    let words = words.map(|text| {
        let first: Vec<_> = text.split_whitespace().take(3).collect();
        first.join(" ").replace(['`', '*'], "")
    });
    words.filter(|words| words.len() > 8).collect()
}

/// The keys that give a question its right answer.
fn keys_of(question: &Question) -> String {
    match &question.right {
        Value::Array(list) => {
            let digit = |index: &Value| (index.as_u64().unwrap() + 1).to_string();
            list.iter().map(digit).collect()
        }
        number => number.to_string(),
    }
}

#[test]
fn a_seat_answers_by_the_keys_of_the_course_corrects_it_and_sees_the_reveal() {
    let mut room = Room::start(&[]);
    let mut seat = join(&room, &[]);
    seat.wait_for("Wait for the first question.");
    let asked = question("choice");
    room.open(&asked.id);
    seat.wait_for("The vote is open.");
    seat.send("1");
    seat.wait_for("Enter answers");
    seat.send("\r");
    seat.wait_for("Saved: a.");
    assert_eq!(last_vote(&room), json!([0]));
    // Arrows choose, too; Enter corrects it.
    seat.send("\x1b[B\r");
    seat.wait_for("Saved: b.");
    assert_eq!(last_vote(&room), json!([1]));
    room.say("close");
    seat.wait_for("The vote is closed. Your answer: b.");
    seat.send("1\r");
    room.say("discuss");
    seat.wait_for("Discuss it with your neighbours.");
    assert_eq!(last_vote(&room), json!([1]), "nothing counts after closing");
    room.say("again");
    seat.wait_for("The second vote is open.");
    assert!(!seat.contents().contains('▸'), "{}", seat.contents());
    seat.send(&format!("{}\r", keys_of(&asked)));
    seat.wait_for("Saved: ");
    room.say("reveal");
    seat.wait_for("✓ right: ");
    let shown = seat.contents();
    for vote in ["1 ■", "2 ■"] {
        assert!(shown.contains(vote), "both votes:\n{shown}");
    }
    assert!(shown.contains("100 %"), "{shown}");
    seat.send("q");
    assert_eq!(seat.ended().code(), Some(0));
    assert!(seat.is_restored());
    assert_eq!(room.quit(), Some(0));
}

#[test]
fn a_seat_is_kept_over_a_restart_of_the_room_and_says_what_is_not_saved() {
    let mut room = Room::start(&[]);
    let mut seat = join(&room, &[]);
    room.open(&question("choice").id);
    seat.wait_for("The vote is open.");
    seat.send("2\r");
    seat.wait_for("Saved: b.");
    room.kill();
    seat.wait_for("The room cannot be reached.");
    seat.send("1\r");
    seat.wait_for("Not saved yet");
    let file = room.file.to_str().unwrap().to_owned();
    let mut room = Room::start_in(Arc::clone(&room.home), &["--resume", &file]);
    seat.wait_for("Saved: a.");
    assert_eq!(last_vote(&room), json!([0]));
    assert_eq!(room.state(None)["joined"], 1, "the same seat");
    room.say("close");
    seat.wait_for("The vote is closed. Your answer: a.");
    seat.signal(Signal::SIGTERM);
    assert_eq!(seat.ended().code(), Some(128 + 15));
    assert!(seat.is_restored());
}

#[test]
fn every_kind_is_answered_and_nothing_of_its_answer_is_seen_before_the_reveal() {
    let mut room = Room::start(&[]);
    let mut seat = join(&room, &[]);
    for kind in ["choice", "multi", "order", "match", "bug", "number"] {
        let asked = question(kind);
        let said = said_of(&asked.id);
        room.open(&asked.id);
        seat.until(kind, |screen| {
            let shown = screen.contents();
            shown.contains("The vote is open.") && !shown.contains("Saved")
        });
        seat.send(&keys_of(&asked));
        seat.wait_for("Enter");
        let mut shown = seat.contents();
        seat.send("\r");
        seat.wait_for("Saved: ");
        assert_eq!(last_vote(&room), asked.right, "{kind}");
        for (command, phase) in [("close", "closed"), ("discuss", "Discuss")] {
            shown += &seat.contents();
            room.say(command);
            seat.wait_for(phase);
        }
        shown += &seat.contents();
        let leaked: Vec<_> = said.iter().filter(|said| shown.contains(*said)).collect();
        assert!(leaked.is_empty(), "{kind}: {leaked:?} in\n{shown}");
        assert!(
            !shown.contains('✓') && !shown.contains('✗'),
            "{kind}:\n{shown}"
        );
        room.say("reveal");
        seat.wait_for("✓ right: ");
        // A long question's explanation is scrolled to.
        seat.send("jjjjjjjjjjjj");
        seat.until("explanation", |screen| {
            let shown = screen.contents();
            said.iter().any(|said| shown.contains(said))
        });
    }
}

#[test]
fn a_guess_is_made_on_the_scale_and_the_run_is_this_kernel_s_own() {
    let mut room = Room::start(&[]);
    let mut seat = join(&room, &["--reduced-motion"]);
    room.open("road-calls");
    seat.wait_for("your guess");
    assert!(seat.contents().contains("page cache"), "the stage is there");
    seat.send("34\x7f3\r");
    seat.wait_for("Saved: 33");
    assert_eq!(last_vote(&room), json!(33));
    // Before the room runs it, nobody does.
    seat.send("r");
    room.say("run");
    let recorded = room.line();
    if !recorded.starts_with("recorded ") {
        return skip("ptrace", recorded);
    }
    seat.wait_for("on the projector");
    let figures = room.events().into_iter();
    let mut figures = figures.filter(|event| event["event"] == "figures");
    let found = figures.next().expect("the figure is in the file");
    assert_eq!(found["values"]["syscalls"], 33, "{found}");
    seat.send("\x1b[F");
    seat.wait_for("this machine: 33");
    room.say("reveal");
    seat.wait_for("recorded: 33");
}

#[test]
fn who_comes_late_sees_the_present_state_in_any_size() {
    let mut room = Room::start(&[]);
    let early = room.join();
    let asked = question("choice");
    let round = room.open(&asked.id);
    room.vote(&early, round, &asked.right);
    let mut seat = join(&room, &["--theme", "none", "--no-mouse"]);
    seat.wait_for("1 of 2 answered");
    seat.send("1");
    seat.wait_for("Enter answers");
    let code = room.code.clone();
    let mask = |seat: &Terminal| {
        let shown = seat.contents().replace(&code, "K7QX2M");
        let name = shown.split("your seat: ").nth(1).unwrap();
        let name = name[..4].to_owned();
        let lines = shown
            .lines()
            .map(|line| line.trim_end().replace(&name, "KX4P"));
        lines.collect::<Vec<_>>().join("\n")
    };
    for (width, height) in [(80, 24), (120, 36), (200, 60)] {
        seat.resize(width, height);
        let counts = "1 of 2 answered";
        seat.until("the new size", |screen| {
            let mut rows = screen.rows(0, width);
            let foot = rows.nth(usize::from(height) - 3);
            foot.is_some_and(|row| row.contains(counts) && row.len() > usize::from(width) - 4)
        });
        insta::assert_snapshot!(format!("seat_{width}x{height}"), mask(&seat));
    }
    room.say("reveal");
    seat.wait_for("The answer and the votes are shown.");
    insta::assert_snapshot!("seat_revealed", mask(&seat));
    assert_eq!(
        seat.screen.screen().mouse_protocol_mode(),
        vt100::MouseProtocolMode::None
    );
}

#[test]
fn in_ascii_a_seat_is_ascii() {
    let mut room = Room::start(&[]);
    let mut seat = join(&room, &["--ascii"]);
    room.open("road-calls");
    seat.wait_for("your guess");
    let foreign: String = seat.contents().chars().filter(|c| !c.is_ascii()).collect();
    assert_eq!(foreign, "");
    room.quit();
    seat.wait_for("cannot be reached");
}
