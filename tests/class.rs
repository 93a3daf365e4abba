//! A class: the HTTP contract byte by byte, the room under phones that sleep and come back, the session's file.

use std::{
    collections::HashMap,
    fs,
    io::{BufReader, Write},
    os::unix::fs::PermissionsExt,
    sync::Arc,
    thread,
};

use serde_json::{Value, json};

mod require;
mod room;

use room::{Room, question, read_response, send_on};

const SECRETS: [&str; 5] = [
    "\"voters\"",
    "\"right\"",
    "\"votes\"",
    "\"feedback\"",
    "\"recorded\"",
];

#[test]
fn a_room_from_the_lobby_to_the_reveal() {
    let mut room = Room::start(&[]);
    let asked = question("choice");
    let lobby = room.get("/state");
    let expected = "{\"phase\":\"lobby\",\"round\":0,\"question\":null,\"joined\":0,\"answered\":0,\"yours\":null}";
    assert_eq!(lobby.body, expected);
    assert_eq!(lobby.field("content-type"), Some("application/json"));

    let (ada, bob) = (room.join(), room.join());
    assert_eq!((ada.name.len(), ada.token.len()), (4, 32));
    let round = room.open(&asked.id);
    assert_eq!(round, 1);
    let state = room.state(Some(&ada));
    assert_eq!(state["phase"], "voting");
    assert_eq!(state["question"]["id"], asked.id.as_str());
    assert_eq!(state["question"]["kind"], "choice");
    assert_eq!(state["question"]["unit"], Value::Null);
    let options = state["question"]["options"].as_array().unwrap().len();
    let wrong = (0..options).find(|at| json!([at]) != asked.right).unwrap();

    let voted = room.vote(&ada, round, &json!([wrong]));
    assert_eq!(
        (voted.status, voted.json()),
        (200, json!({ "round": 1, "answer": [wrong] }))
    );
    // The vote is acknowledged, so it is in the file.
    let last = room.events().pop().unwrap();
    assert_eq!(last["event"], "vote");
    assert_eq!(
        (&last["seat"], &last["round"], &last["answer"]),
        (&json!(ada.name), &json!(1), &json!([wrong]))
    );
    assert!(last["time"].is_u64());
    assert_eq!(room.state(Some(&ada))["yours"], json!([wrong]));
    assert_eq!(room.state(None)["yours"], Value::Null);
    assert_eq!(room.state(Some(&bob))["yours"], Value::Null);

    // The second vote; a mis-tap is corrected until closing.
    assert!(room.say("close").starts_with("closed round=1"));
    assert_eq!(room.vote(&ada, 1, &asked.right).status, 409);
    assert!(room.say("again").starts_with("voting round=2"));
    assert_eq!(room.vote(&ada, 1, &asked.right).status, 409);
    assert_eq!(room.vote(&ada, 2, &json!([wrong])).status, 200);
    assert_eq!(room.vote(&ada, 2, &asked.right).status, 200);
    assert_eq!(room.vote(&bob, 2, &asked.right).status, 200);
    assert_eq!(room.state(None)["answered"], 2);
    assert!(room.say("reveal").starts_with("revealed round=2"));
    assert_eq!(room.vote(&ada, 2, &json!([wrong])).status, 409);

    let state = room.state(Some(&ada));
    assert_eq!(state["right"], asked.right);
    assert_eq!(state["votes"].as_array().unwrap().len(), 2);
    assert_eq!(state["votes"][0][wrong], 1);
    let right = asked.right[0].as_u64().unwrap() as usize;
    assert_eq!(state["votes"][1][right], 2);
    assert!(!state["feedback"][0]["text"].as_str().unwrap().is_empty());
    assert!(room.say("reveal").starts_with("refused: "));
    assert_eq!(room.quit(), Some(0));
}

/// Every kind: what answers it, what does not, and what its distribution is.
#[test]
fn every_kind_is_voted_on() {
    let mut room = Room::start(&[]);
    let (ada, bob) = (room.join(), room.join());
    for kind in ["choice", "multi", "number", "order", "match", "bug"] {
        let asked = question(kind);
        let round = room.open(&asked.id);
        let state = room.state(None);
        assert_eq!(state["question"]["kind"], kind);
        // A question that is drawn has other values each time: its answer is known at the reveal alone.
        let is_drawn = kind == "number" && room.vote(&ada, round, &asked.right).status == 200;
        for bad in [
            "[]", "[99]", "\"a\"", "null", "[-1]", "[0.5]", "{}", "[[0]]", "[0,0]", "1e999", "true",
        ] {
            let fits = kind == "match"
                && bad == "[0,0]"
                && state["question"]["options"].as_array().unwrap().len() == 2;
            let body = format!("{{\"round\":{round},\"answer\":{bad}}}");
            assert!(
                fits || room.put_in_time(&ada, &body).status == 400,
                "{kind} {bad}"
            );
        }
        let other_kind = if kind == "number" {
            json!([0])
        } else {
            json!(1)
        };
        assert_eq!(room.vote(&ada, round, &other_kind).status, 400, "{kind}");
        for seat in [&ada, &bob] {
            assert_eq!(
                room.vote(seat, round, &asked.right).status,
                200,
                "{kind} {}",
                asked.right
            );
        }
        room.say("reveal");
        let state = room.state(Some(&ada));
        assert_eq!(state["yours"], asked.right);
        let votes = state["votes"][0].as_array().unwrap();
        match kind {
            "number" => assert_eq!(votes, &vec![asked.right.clone(); 2]),
            "order" | "match" => assert!(votes.iter().all(|count| *count == 2), "{votes:?}"),
            _ => {
                let sum: u64 = votes.iter().map(|count| count.as_u64().unwrap()).sum();
                assert_eq!(sum, 2 * asked.right.as_array().unwrap().len() as u64);
            }
        }
        let right = match kind {
            "number" => json!([asked.right]),
            _ => asked.right.clone(),
        };
        assert!(
            is_drawn || state["right"] == right,
            "{kind} {} {right}",
            state["right"]
        );
    }
}

/// 404 the code, 401 the seat, 400 the shape, 409 the phase or the round.
#[test]
fn refusals_come_in_their_order() {
    let mut room = Room::start(&[]);
    let seat = room.join();
    let bearer = format!("Bearer {}", seat.token);
    let seated: &[(&str, &str)] = &[("Authorization", &bearer)];
    let vote = "{\"round\":1,\"answer\":[0]}";
    let long = format!("{{\"round\":1,\"answer\":[0]{}}}", " ".repeat(1024));
    // Nothing was asked yet.
    assert_eq!(room.send("PUT", "/vote", seated, vote).status, 409);
    room.open(&question("choice").id);
    for (method, path, fields, body, status) in [
        ("PUT", "/vote", seated, vote, 200),
        ("PUT", "/vote", &[][..], vote, 401),
        ("PUT", "/vote", &[], "nonsense", 401),
        ("PUT", "/vote", &[], &long, 401),
        (
            "PUT",
            "/vote",
            &[("Authorization", "Bearer 00000000000000000000000000000000")],
            vote,
            401,
        ),
        ("PUT", "/vote", &[("Cookie", "zclab-AAAAAA=x")], vote, 401),
        ("PUT", "/vote", seated, "nonsense", 400),
        ("PUT", "/vote", seated, "", 400),
        ("PUT", "/vote", seated, "{\"round\":1}", 400),
        (
            "PUT",
            "/vote",
            seated,
            "{\"round\":\"1\",\"answer\":[0]}",
            400,
        ),
        (
            "PUT",
            "/vote",
            seated,
            "{\"round\":9,\"answer\":\"x\"}",
            400,
        ),
        ("PUT", "/vote", seated, "{\"round\":9,\"answer\":[0]}", 409),
        ("PUT", "/vote", seated, "{\"round\":0,\"answer\":[0]}", 409),
        ("PUT", "/vote", seated, &long, 413),
        (
            "PUT",
            "/vote",
            &[("Authorization", &bearer), ("Transfer-Encoding", "chunked")],
            "0\r\n\r\n",
            411,
        ),
        ("PUT", "/run", &[], "{}", 401),
        ("PUT", "/run", seated, "{}", 400),
        (
            "PUT",
            "/run",
            seated,
            "{\"round\":1,\"kernel\":\"6.18\",\"arch\":\"x86_64\",\"values\":{\"syscalls\":33}}",
            409,
        ),
        ("DELETE", "/vote", seated, "", 405),
        ("POST", "/state", seated, "", 405),
        ("GET", "/vote", seated, "", 405),
        ("GET", "/nothing", seated, "", 404),
        ("GET", "/state/", seated, "", 404),
        ("GET", "/state", &[], "", 200),
        ("HEAD", "", &[], "", 200),
    ] {
        if method == "HEAD" {
            continue;
        }
        // Ten a second are taken of a seat, and these are more.
        let mut response = room.send(method, path, fields, body);
        while response.status == 429 {
            assert!(response.field("retry-after").is_some());
            thread::sleep(std::time::Duration::from_millis(100));
            response = room.send(method, path, fields, body);
        }
        assert_eq!(
            response.status, status,
            "{method} {path} {body}: {response:?}"
        );
        if status >= 400 && path != "/nothing" && path != "/state/" {
            assert!(response.json()["error"].is_string(), "{response:?}");
        }
    }
    for path in [
        "/",
        "/AAAAAA",
        "/AAAAAA/state",
        "/AAAAAA/vote",
        "/favicon.ico",
        "//",
        "/..",
        "/%00",
    ] {
        let response = room::request(room.address, "GET", path, &[], "");
        assert_eq!(response.status, 404, "{path}");
    }
}

#[test]
fn a_cookie_keeps_the_seat_and_no_script_can_read_it() {
    let room = Room::start(&[]);
    let joined = room.send("POST", "/join", &[], "{}");
    let cookie = joined.field("set-cookie").unwrap().to_owned();
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    let sent = cookie.split(';').next().unwrap();
    let fields = [("Cookie", sent)];
    let again = room.send("POST", "/join", &fields, "");
    assert_eq!(again.json()["seat"], joined.json()["seat"]);
    assert_eq!(room.state(None)["joined"], 1);
    // In small letters the code is the same.
    let small = format!("/{}/state", room.code.to_lowercase());
    assert_eq!(
        room::request(room.address, "GET", &small, &fields, "").status,
        200
    );
}

#[test]
fn the_page_is_whole_small_and_may_ask_nobody_else() {
    let room = Room::start(&[]);
    let page = room.get("");
    assert_eq!(page.status, 200);
    assert!(page.body.len() < 20 << 10 && page.body.ends_with("</html>\n"));
    let policy = page.field("content-security-policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none'") && policy.contains("script-src 'sha256-"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"), "{policy}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(page.field(name), Some(value));
    }
    let mut socket = room.connect();
    send_on(
        &mut socket,
        room.address,
        "HEAD",
        &format!("/{}", room.code),
        &[],
        "",
    );
    let _ = socket.shutdown(std::net::Shutdown::Write);
    let mut text = String::new();
    std::io::Read::read_to_string(&mut socket, &mut text).unwrap();
    assert!(
        text.contains(&format!("Content-Length: {}", page.body.len()))
            && text.ends_with("\r\n\r\n")
    );
}

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

/// A seat taken without JavaScript: its cookie.
fn joined_by_form(room: &Room) -> String {
    let joined = room.send("POST", "/join", &[FORM], "");
    assert_eq!(joined.status, 303);
    assert_eq!(
        joined.field("location"),
        Some(format!("/{}?form", room.code).as_str())
    );
    let cookie = joined.field("set-cookie").unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

/// Without JavaScript: a form for each kind, and redirects.
#[test]
fn a_form_does_the_same() {
    let mut room = Room::start(&[]);
    assert!(room.get("?form").body.contains("Join the class"));
    for kind in ["choice", "multi", "number", "order", "match", "bug"] {
        // A seat each: one that sends all of them would send more than ten a second on a quick machine.
        let cookie = joined_by_form(&room);
        let fields = [FORM, ("Cookie", &cookie)];
        let asked = question(kind);
        let round = room.open(&asked.id);
        let page = room.send("GET", "?form", &fields, "").body;
        assert!(
            page.contains("Send the answer") && page.contains("name=answer"),
            "{page}"
        );
        assert!(!page.contains("<script"), "{page}");
        let mut body = format!("round={round}");
        match asked.right.as_array() {
            Some(list) => list
                .iter()
                .for_each(|index| body += &format!("&answer={index}")),
            None => body += &format!("&answer={}", asked.right),
        }
        // Places that were left free.
        if kind == "order" {
            body += "&answer=";
        }
        let voted = room.send("POST", "/vote", &fields, &body);
        assert_eq!(voted.status, 303, "{kind} {voted:?}");
        assert_eq!(
            room.events().pop().unwrap()["answer"],
            asked.right,
            "{kind}"
        );
        assert!(
            room.send("GET", "?form", &fields, "")
                .body
                .contains("is saved")
        );
        let refused = room.send("POST", "/vote", &fields, &format!("round={round}&answer=x"));
        assert_eq!(refused.status, 400);
        assert!(
            refused.body.contains("<h1>") && refused.body.contains("Back"),
            "{refused:?}"
        );
        room.say("close");
        let late = room.send("POST", "/vote", &fields, &body);
        assert_eq!(late.status, 409);
        assert!(
            room.send("GET", "?form", &fields, "")
                .body
                .contains("The vote is closed")
        );
        room.say("reveal");
        assert!(
            room.send("GET", "?form", &fields, "")
                .body
                .contains("The answer:"),
            "{kind}"
        );
    }
}

/// Nothing that would tell the answer leaves before the reveal: searched in all that was sent.
#[test]
fn no_answer_and_no_count_leaves_before_the_reveal() {
    let mut room = Room::start(&[]);
    let seats: Vec<_> = (0..8).map(|_| room.join()).collect();
    let mut streams: Vec<_> = seats.iter().map(|seat| room.stream(Some(seat))).collect();
    let mut sent = String::new();
    let mut told: Vec<String> = Vec::new();
    for kind in ["choice", "multi", "order", "match", "bug"] {
        let asked = question(kind);
        for command in [format!("open {}", asked.id), "again".to_owned()] {
            room.say(&command);
            let round = room.state(None)["round"].as_u64().unwrap();
            for seat in &seats {
                let voted = room.vote(seat, round, &asked.right);
                assert_eq!(voted.status, 200);
                sent += &(voted.head + &voted.body);
            }
            room.say("close");
            sent += &room.get("/state").body;
            sent += &room.get("").body;
            sent += &room.get("?form").body;
        }
        let open = room
            .events()
            .into_iter()
            .rfind(|event| event["event"] == "open")
            .unwrap();
        let poll = &open["question"];
        told.push(poll["explain"].as_str().unwrap().to_owned());
        let reactions = poll["reactions"].as_array().cloned().unwrap_or_default();
        told.extend(
            reactions
                .iter()
                .map(|said| said["feedback"].as_str().unwrap().to_owned()),
        );
    }
    let round = room.state(None)["round"].clone();
    for stream in &mut streams {
        stream.until(|state| state["phase"] == "closed" && state["round"] == round);
        sent += &stream.raw;
    }
    assert!(sent.len() > 10_000);
    let sent = sent.replace(&room.get("").body, "");
    for secret in SECRETS {
        assert!(!sent.contains(secret), "{secret}");
    }
    assert!(told.len() > 10);
    for text in told.iter().filter(|text| !text.is_empty()) {
        let json = json!(text).to_string();
        assert!(!sent.contains(json.trim_matches('"')), "{text}");
    }
    // What the search would find is there once it may be.
    room.say("reveal");
    let revealed = streams[0].until(|state| state["phase"] == "revealed");
    assert!(
        SECRETS
            .iter()
            .all(|secret| revealed.get(secret.trim_matches('"')).is_some())
    );
}

#[test]
fn late_joiners_and_those_who_come_back_see_the_present_state() {
    let mut room = Room::start(&[]);
    let asked = question("choice");
    let seat = room.join();
    let round = room.open(&asked.id);
    let mut stream = room.stream(Some(&seat));
    assert_eq!(stream.next().unwrap()["phase"], "voting");
    room.vote(&seat, round, &asked.right);
    let state = stream.until(|state| state["answered"] == 1);
    assert_eq!(state["yours"], asked.right);
    drop(stream);
    // Asleep while it goes on.
    room.say("again");
    let mut stream = room.stream(Some(&seat));
    let state = stream.next().unwrap();
    assert_eq!(
        (&state["round"], &state["yours"]),
        (&json!(2), &Value::Null)
    );
    let late = room.join();
    let state = room.stream(Some(&late)).next().unwrap();
    assert_eq!(
        (&state["phase"], &state["joined"]),
        (&json!("voting"), &json!(2))
    );
}

#[test]
fn a_locked_room_gives_no_seat_and_keeps_those_it_has() {
    let mut room = Room::start(&[]);
    let seat = room.join();
    assert!(room.say("lock").contains("locked=yes"));
    let refused = room.send("POST", "/join", &[], "");
    assert_eq!(refused.status, 403);
    let round = room.open(&question("choice").id);
    assert_eq!(room.vote(&seat, round, &json!([0])).status, 200);
    let bearer = format!("Bearer {}", seat.token);
    let again = room.send("POST", "/join", &[("Authorization", &bearer)], "");
    assert_eq!(again.json()["seat"], seat.name.as_str());
    assert!(room.say("lock").contains("locked=no"));
    assert_eq!(room.send("POST", "/join", &[], "").status, 200);
}

#[test]
fn with_a_roster_a_personal_code_is_a_seat() {
    let dir = tempfile::tempdir().unwrap();
    let roster = dir.path().join("roster.csv");
    fs::write(&roster, "ada,sesame\nbob\n").unwrap();
    let room = Room::start(&["--roster", roster.to_str().unwrap()]);
    for body in ["", "{}", "{\"personal\":\"wrong\"}"] {
        assert_eq!(room.send("POST", "/join", &[], body).status, 401, "{body}");
    }
    assert_eq!(room.send("POST", "/join", &[], "{").status, 400);
    let ada = room
        .send("POST", "/join", &[], "{\"personal\":\"SESAME\"}")
        .json();
    // Another device of the same person: the same seat.
    let again = room
        .send("POST", "/join", &[], "{\"personal\":\" sesame \"}")
        .json();
    assert_eq!(ada["seat"], again["seat"]);
    assert_ne!(ada["token"], again["token"]);
    let seat = room
        .events()
        .into_iter()
        .find(|event| event["event"] == "seat")
        .unwrap();
    assert_eq!(seat["person"], "ada");
    // Bob's code was made, and stands where the first lines say.
    let line = room.line();
    let codes = line.strip_prefix("codes ").unwrap();
    let codes = fs::read_to_string(codes).unwrap();
    let bob = codes
        .lines()
        .find_map(|line| line.strip_prefix("bob,"))
        .unwrap();
    let body = json!({ "personal": bob }).to_string();
    assert_eq!(room.send("POST", "/join", &[], &body).status, 200);
}

#[test]
fn the_file_is_the_teachers_alone_and_holds_no_token() {
    let mut room = Room::start(&[]);
    let seat = room.join();
    let round = room.open(&question("multi").id);
    room.vote(&seat, round, &json!([0]));
    let mode = fs::metadata(&room.file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = fs::read_to_string(&room.file).unwrap();
    assert!(!text.contains(&seat.token) && text.contains(&seat.name));
    let events = room.events();
    let kinds: Vec<_> = events
        .iter()
        .map(|event| event["event"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["session", "port", "seat", "open", "vote"]);
    // Another program does not write to it meanwhile.
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_zclab"))
        .args(["class", "--plain", "--resume"])
        .arg(&room.file)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("another zclab has it open") && said.lines().count() == 1,
        "{said}"
    );
}

#[test]
fn a_torn_line_is_lost_alone_and_a_vote_that_was_open_is_open() {
    let mut room = Room::start(&[]);
    let asked = question("choice");
    let (ada, bob) = (room.join(), room.join());
    let round = room.open(&asked.id);
    room.vote(&ada, round, &asked.right);
    room.kill();
    let whole = fs::read(&room.file).unwrap();
    let torn = [
        &whole[..],
        b"{\"event\":\"vote\",\"seat\":\"",
        ada.name.as_bytes(),
        b"\",\"rou",
    ]
    .concat();
    fs::write(&room.file, torn).unwrap();
    let file = room.file.to_str().unwrap();
    let mut again = Room::start_in(Arc::clone(&room.home), &["--resume", file]);
    assert_eq!((&again.code, again.address), (&room.code, room.address));
    assert_eq!(again.state(Some(&ada))["yours"], asked.right);
    assert_eq!(again.vote(&bob, round, &asked.right).status, 200);
    assert!(again.say("status").starts_with("voting round=1"));
    again.kill();
    let votes = again
        .events()
        .into_iter()
        .filter(|event| event["event"] == "vote");
    assert_eq!(votes.count(), 2);
    // What is no session is not resumed.
    for (text, why) in [
        ("", "no session"),
        ("nonsense\n", "no session"),
        (
            "{\"event\":\"session\",\"version\":2,\"code\":\"A\",\"zclab\":\"\",\"time\":1}\n",
            "format 2",
        ),
    ] {
        fs::write(&room.file, text).unwrap();
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_zclab"))
            .args(["class", "--plain", "--resume", file])
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(why), "{said}");
    }
}

/// kill -9 while phones vote: what was acknowledged is in the file, once.
#[test]
fn no_acknowledged_vote_is_lost_to_kill_9() {
    let mut room = Room::start(&[]);
    let seats: Vec<_> = (0..24).map(|_| room.join()).collect();
    let options = {
        room.open(&question("choice").id);
        room.state(None)["question"]["options"]
            .as_array()
            .unwrap()
            .len()
    };
    for moment in 0..6 {
        let round = room.state(None)["round"].as_u64().unwrap();
        let (address, code) = (room.address, room.code.clone());
        let voters: Vec<_> = seats
            .chunks(6)
            .enumerate()
            .map(|(thread, seats)| {
                let (seats, code) = (seats.to_vec(), code.clone());
                // Before the room is killed, however slow this machine is.
                let lines = seats
                    .iter()
                    .map(|_| BufReader::new(room::connect(address)))
                    .collect();
                thread::spawn(move || {
                    votes_until_it_ends(address, lines, &code, &seats, round, thread, options)
                })
            })
            .collect();
        thread::sleep(std::time::Duration::from_millis(20 + 17 * moment));
        room.kill();
        let mut acknowledged = HashMap::new();
        for voter in voters {
            acknowledged.extend(voter.join().unwrap());
        }
        assert!(!acknowledged.is_empty());
        let file = room.file.to_str().unwrap().to_owned();
        room = Room::start_in(Arc::clone(&room.home), &["--resume", &file]);
        let state = room.state(None);
        assert!(state["answered"].as_u64().unwrap() <= seats.len() as u64);
        for seat in &seats {
            if let Some((answer, sent)) = acknowledged.get(&seat.name) {
                let yours = room.state(Some(seat))["yours"].clone();
                // The last one that was sent may have been written and not yet acknowledged.
                assert!(
                    yours == json!([answer]) || yours == json!([sent]),
                    "{yours} {answer} {sent}"
                );
            }
        }
        assert!(room.say("again").starts_with("voting"));
    }
}

/// Votes over and over; the last acknowledged answer of each seat when the server has gone.
fn votes_until_it_ends(
    address: std::net::SocketAddr,
    mut lines: Vec<BufReader<std::net::TcpStream>>,
    code: &str,
    seats: &[room::Seat],
    round: u64,
    thread: usize,
    options: usize,
) -> HashMap<String, (usize, usize)> {
    let mut acknowledged = HashMap::new();
    let path = format!("/{code}/vote");
    for answer in thread.. {
        let answer = answer % options;
        for (seat, reader) in seats.iter().zip(&mut lines) {
            let body = json!({ "round": round, "answer": [answer] }).to_string();
            if let Some((_, sent)) = acknowledged.get_mut(&seat.name) {
                *sent = answer;
            }
            let bearer = format!("Bearer {}", seat.token);
            send_on(
                reader.get_mut(),
                address,
                "PUT",
                &path,
                &[("Authorization", &bearer)],
                &body,
            );
            match read_response(reader) {
                Some(response) if response.status == 200 => {
                    acknowledged.insert(seat.name.clone(), (answer, answer));
                }
                Some(response) => assert_eq!(response.status, 429),
                None => return acknowledged,
            }
        }
        thread::sleep(std::time::Duration::from_millis(5));
    }
    acknowledged
}

/// Three hundred phones that sleep, come back by another connection, and send twice.
#[test]
fn three_hundred_phones_and_one_vote_each() {
    let mut room = Room::start(&[]);
    let asked = question("choice");
    let seats: Vec<_> = (0..300).map(|_| room.join()).collect();
    let mut streams: Vec<_> = seats.iter().map(|seat| room.stream(Some(seat))).collect();
    let round = room.open(&asked.id);
    for (at, seat) in seats.iter().enumerate() {
        if at % 7 == 0 {
            // It was reloaded.
            streams[at] = room.stream(Some(seat));
        }
        for _ in 0..=at % 3 {
            assert_eq!(room.vote(seat, round, &json!([at % 2])).status, 200);
        }
    }
    for stream in &mut streams {
        let state = stream.until(|state| state["answered"] == 300);
        assert_eq!(state["joined"], 300);
    }
    assert!(
        room.say("status")
            .contains("joined=300 present=300 answered=300")
    );
    room.say("reveal");
    assert_eq!(
        room.state(None)["votes"][0].as_array().unwrap()[..2],
        [150, 150]
    );
}

/// The experiment of a prediction: this machine's figure, and those of students.
#[test]
fn a_guess_is_answered_by_a_run() {
    let mut room = Room::start(&[]);
    let seat = room.join();
    let round = room.open("road-calls");
    let state = room.state(None);
    assert_eq!(state["question"]["kind"], "number");
    assert!(state["question"]["scale"][1].as_f64().unwrap() > 0.0);
    assert!(state["question"]["unit"].is_string());
    assert_eq!(room.vote(&seat, round, &json!(32)).status, 200);
    let figures = json!({ "round": round, "kernel": "Linux 6.1", "arch": "aarch64", "values": { "syscalls": 33 } });
    let bearer = format!("Bearer {}", seat.token);
    let fields = [("Authorization", bearer.as_str())];
    assert_eq!(
        room.send("PUT", "/run", &fields, &figures.to_string())
            .status,
        409
    );
    let said = room.say("run");
    assert!(said.starts_with("experiment round=1"), "{said}");
    assert_eq!(room.state(None)["phase"], "experiment");
    assert_eq!(room.vote(&seat, round, &json!(33)).status, 409);
    assert_eq!(
        room.send("PUT", "/run", &fields, &figures.to_string())
            .status,
        200
    );
    let recorded = room.line();
    let Some(value) = recorded.strip_prefix("recorded ") else {
        return require::skip("ptrace", recorded);
    };
    let value: Value = serde_json::from_str(value).unwrap();
    assert!(room.state(None).get("recorded").is_none());
    room.say("reveal");
    let state = room.state(Some(&seat));
    assert_eq!(
        (&state["recorded"], &state["right"]),
        (&value, &json!([value]))
    );
    assert_eq!(state["votes"], json!([[32]]));
    let event = room
        .events()
        .into_iter()
        .find(|event| event["event"] == "figures")
        .unwrap();
    assert_eq!(
        (&event["kernel"], &event["values"]["syscalls"]),
        (&json!("Linux 6.1"), &json!(33))
    );
}

#[test]
fn commands_that_cannot_be_are_refused_in_a_line() {
    let mut room = Room::start(&[]);
    for command in [
        "again",
        "close",
        "reveal",
        "run",
        "discuss",
        "open",
        "open nothing",
        "dance",
        "\u{1b}[2J",
    ] {
        let said = room.say(command);
        assert!(
            said.starts_with("refused: ") && !said.contains('\u{1b}'),
            "{command}: {said}"
        );
    }
    assert!(
        room.say("status")
            .starts_with("lobby round=0 question=- joined=0 present=0 answered=0 locked=no")
    );
    room.open(&question("choice").id);
    assert!(
        room.say("run")
            .starts_with("refused: the question has no experiment")
    );
    assert!(room.say("discuss").starts_with("discuss "));
    assert!(room.say("again").starts_with("voting round=2"));
    let mut quiet = std::mem::ManuallyDrop::new(room.connect());
    quiet.write_all(b"GET ").unwrap();
    assert_eq!(room.quit(), Some(0));
}
