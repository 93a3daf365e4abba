//! A class among hostile clients: each is refused, and the room works on.

use std::{
    io::{Read, Write},
    net::Shutdown,
    time::{Duration, Instant},
};

use serde_json::json;

mod room;

use room::{Room, Seat, question, request};

/// A seat votes, and the vote counts: the room works.
fn works(room: &Room, seat: &Seat, round: u64, answer: usize) {
    let response = room.vote(seat, round, &json!([answer]));
    assert_eq!(response.status, 200, "{response:?}");
    assert_eq!(room.state(Some(seat))["yours"], json!([answer]));
}

fn open_room() -> (Room, Seat, u64) {
    let mut room = Room::start(&[]);
    let seat = room.join();
    let round = room.open(&question("choice").id);
    (room, seat, round)
}

#[test]
fn wrong_codes_at_a_rate_are_refused_and_seats_are_not() {
    let (room, seat, round) = open_room();
    let mut refused = 0;
    let began = Instant::now();
    for guess in 0..3000 {
        let path = format!("/{guess:06}/state");
        match request(room.address, "GET", &path, &[], "").status {
            404 => {}
            429 => refused += 1,
            other => panic!("{other}"),
        }
    }
    let rate = 3000.0 / began.elapsed().as_secs_f64();
    // A machine that is too slow to pass the limit has nothing to be refused.
    assert!(
        refused > 0 || rate < 250.0,
        "{refused} refused at {rate} a second"
    );
    works(&room, &seat, round, 0);
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(room.get("").status, 200);
    assert_eq!(room.send("POST", "/join", &[], "").status, 200);
}

#[test]
fn foreign_pages_and_foreign_names_are_refused() {
    let (room, seat, round) = open_room();
    let bearer = format!("Bearer {}", seat.token);
    let own = format!("http://{}", room.address);
    let vote = json!({ "round": round, "answer": [0] }).to_string();
    for (origin, status) in [
        ("http://evil.example", 403),
        ("null", 403),
        ("http://127.0.0.1:1", 403),
        ("https://127.0.0.1", 403),
        (own.as_str(), 200),
    ] {
        let fields = [("Authorization", bearer.as_str()), ("Origin", origin)];
        assert_eq!(
            room.send("PUT", "/vote", &fields, &vote).status,
            status,
            "{origin}"
        );
        let joined = room.send("POST", "/join", &[("Origin", origin)], "");
        assert_eq!(joined.status, status, "{origin}");
        assert_eq!(joined.field("set-cookie").is_some(), status == 200);
    }
    let port = room.address.port();
    for (host, status) in [
        ("evil.example".to_owned(), 403),
        (format!("evil.example:{port}"), 403),
        (format!("127.0.0.1.evil.example:{port}"), 403),
        (String::new(), 403),
        (format!("localhost:{port}"), 200),
        (format!("[::1]:{port}"), 200),
    ] {
        for path in ["", "/state"] {
            let response = room.send("GET", path, &[("Host", host.as_str())], "");
            assert_eq!(response.status, status, "{host} {path}");
            assert!(!response.body.contains(&seat.name) || status == 200);
        }
    }
    works(&room, &seat, round, 1);
}

#[test]
fn a_tunnel_is_named_by_url() {
    let home = std::sync::Arc::new(tempfile::tempdir().unwrap());
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_zclab"))
        .args([
            "class",
            "--plain",
            "--listen",
            "127.0.0.1",
            "--port",
            "0",
            "--url",
            "https://class.example.org/",
        ])
        .env("XDG_STATE_HOME", home.path())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdin.take());
    let mut said = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(
        said.starts_with("join https://class.example.org/"),
        "{said}"
    );
}

#[test]
fn nonsense_endless_heads_and_slow_clients_hold_up_nobody() {
    let (room, seat, round) = open_room();
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"PUT /x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"PUT /x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"GET  HTTP/1.1\r\n\r\n",
    ] {
        let mut socket = room.connect();
        socket.write_all(bytes).unwrap();
        socket.shutdown(Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        let _ = socket.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        assert!(
            answer.is_empty()
                || answer.starts_with("HTTP/1.1 4")
                || answer.starts_with("HTTP/1.1 5"),
            "{answer}"
        );
    }
    // A head without end.
    let mut socket = room.connect();
    let _ = socket.write_all(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n");
    let line = [&b"X-Filler: "[..], &[b'x'; 4000], b"\r\n"].concat();
    for _ in 0..64 {
        if socket.write_all(&line).is_err() {
            break;
        }
    }
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer);
    assert!(
        answer.is_empty() || answer.starts_with(b"HTTP/1.1 431"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    // Heads that drip, streams that are not read, connections that say nothing.
    let slow: Vec<_> = (0..200)
        .map(|at| {
            let mut socket = room.connect();
            let begun = match at % 3 {
                0 => "",
                1 => "GET /",
                _ => "PUT /vote HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900\r\n\r\n{",
            };
            socket.write_all(begun.as_bytes()).unwrap();
            socket
        })
        .collect();
    let unread: Vec<_> = (0..50).map(|_| room.stream(Some(&seat))).collect();
    works(&room, &seat, round, 0);
    drop((slow, unread));
    works(&room, &seat, round, 1);
}

#[test]
fn a_flood_of_votes_is_slowed_and_other_seats_are_not() {
    let (room, seat, round) = open_room();
    let other = room.join();
    let mut statuses = std::collections::BTreeMap::new();
    for _ in 0..60 {
        *statuses
            .entry(room.vote(&seat, round, &json!([0])).status)
            .or_insert(0) += 1;
    }
    assert!(statuses[&200] >= 10, "{statuses:?}");
    assert!(
        statuses.keys().all(|status| [200, 429].contains(status)),
        "{statuses:?}"
    );
    works(&room, &other, round, 1);
    // Within five seconds the seat is heard again.
    let began = Instant::now();
    let vote = json!({ "round": round, "answer": [1] }).to_string();
    while room.put(&seat, &vote).status == 429 {
        assert!(began.elapsed() < Duration::from_secs(5));
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn forged_seats_and_other_rounds_change_nothing() {
    let (mut room, seat, round) = open_room();
    works(&room, &seat, round, 0);
    let mut forged = seat.clone();
    for token in [
        "",
        "0",
        &"f".repeat(32),
        &seat.name,
        &format!("{}0", seat.token),
        &seat.token.to_uppercase(),
    ] {
        forged.token = token.to_owned();
        if forged.token == seat.token {
            continue;
        }
        assert_eq!(
            room.vote(&forged, round, &json!([1])).status,
            401,
            "{token}"
        );
    }
    for other in [0, round + 1, u64::from(u32::MAX)] {
        assert_eq!(room.vote(&seat, other, &json!([1])).status, 409, "{other}");
    }
    assert_eq!(
        room.put(
            &seat,
            &format!("{{\"round\":{round},\"answer\":[1],\"seat\":\"XXXX\"}}")
        )
        .status,
        200
    );
    room.say("close");
    let votes = room
        .events()
        .into_iter()
        .filter(|event| event["event"] == "vote");
    assert!(
        votes
            .into_iter()
            .all(|vote| vote["seat"] == seat.name.as_str())
    );
}

#[test]
fn one_seat_cannot_hold_all_streams() {
    let (room, seat, _) = open_room();
    let mut streams: Vec<_> = (0..12).map(|_| room.stream(Some(&seat))).collect();
    for stream in &mut streams {
        stream.next().unwrap();
    }
    // The oldest end; the newest four go on.
    let ended = streams[..8].iter_mut().filter_map(|stream| {
        loop {
            match stream.next() {
                Some(_) => {}
                None => break Some(()),
            }
        }
    });
    assert_eq!(ended.count(), 8);
}
