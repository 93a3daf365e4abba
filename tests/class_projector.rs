//! The course on the projector with a room attached, on a real pty; the phones are plain requests.

use std::net::SocketAddr;

use serde_json::{Value, json};

mod room;
mod terminal;

use room::request;
use terminal::{Terminal, zclab};

/// The room's address and its code, as the strip at the foot shows them.
fn joined_at(projector: &mut Terminal) -> (SocketAddr, String) {
    projector.wait_for("join http://");
    let shown = projector.contents();
    let url = shown.split("join http://").nth(1).unwrap();
    let (address, code) = url.split_once('/').unwrap();
    (address.parse().unwrap(), code[..6].to_owned())
}

#[test]
fn no_share_is_shown_before_the_reveal_and_then_both_and_the_gain() {
    let mut projector = Terminal::start(zclab(&["class", "classic-path", "--listen", "127.0.0.1"]));
    let (address, code) = joined_at(&mut projector);
    let path = |of: &str| format!("/{code}/{of}");
    let join = |_| {
        let response = request(address, "POST", &path("join"), &[], "").json();
        format!("Bearer {}", response["token"].as_str().unwrap())
    };
    let seats: Vec<String> = (0..4).map(join).collect();
    let vote = |round: u32, answers: [usize; 4]| {
        for (seat, answer) in seats.iter().zip(answers) {
            let body = json!({ "round": round, "answer": [answer] }).to_string();
            let fields = [("Authorization", seat.as_str())];
            let voted = request(address, "PUT", &path("vote"), &fields, &body);
            assert_eq!(voted.status, 200, "{voted:?}");
        }
    };
    projector.turn_to("4 times: by devices and by the CPU");
    projector.send("o");
    projector.wait_for("The vote is open");
    // The third is right: two of four, then three.
    vote(1, [2, 2, 0, 1]);
    projector.wait_for("4 of 4 answered");
    projector.send("o");
    projector.wait_for("Discuss.");
    assert!(
        !projector.contents().contains('%'),
        "{}",
        projector.contents()
    );
    projector.send("O");
    projector.wait_for("0 of 4 answered");
    vote(2, [2, 2, 2, 1]);
    projector.wait_for("4 of 4 answered");
    assert!(
        !projector.contents().contains('%'),
        "{}",
        projector.contents()
    );
    let state: Value = request(address, "GET", &path("state"), &[], "").json();
    assert_eq!(state["votes"], Value::Null);
    projector.send("o");
    projector.wait_for("The vote is closed");
    projector.send("v");
    projector.wait_for("Right: 50 %, then 75 %; normalized gain 0.50");
    projector.send("q");
    assert_eq!(projector.ended().code(), Some(0));
    assert!(projector.is_restored());
}
