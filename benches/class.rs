//! A class on two cores, its phones beside it on the same machine: 1,000 seats with their event streams, votes, memory,
//! idle CPU, bytes, kills, and no answer in all that was sent. `cargo bench --bench class`; fails where a floor is missed.

#[path = "../tests/room/mod.rs"]
mod room;

#[path = "class/kills.rs"]
mod kills;

use std::{
    fs,
    io::{BufReader, ErrorKind, Read},
    net::TcpStream,
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use room::{Room, Seat, question, read_response, send_on};
use serde_json::json;

const SEATS: usize = 1000;
const VOTERS: usize = 300;
/// How long the phones of each thread spread their votes over.
const VOTING: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(2)];
const THREADS: usize = 4;
const IDLE: Duration = Duration::from_secs(20);

struct Rows {
    failed: bool,
}

impl Rows {
    fn row(&mut self, what: &str, value: f64, floor: f64, unit: &str) {
        let holds = value <= floor;
        self.failed |= !holds;
        let mark = if holds { "ok" } else { "MISSED" };
        println!("{what:<58} {value:>9.2} {unit:<4} floor {floor:>7} {mark}");
    }
}

fn main() -> ExitCode {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).unwrap();
    let mut rows = Rows { failed: false };
    let mut room = Room::start(&[]);
    let id = question("choice").id;
    let seats: Vec<Seat> = (0..SEATS).map(|_| room.join()).collect();

    // Three hundred of them first: idle, then in haste.
    let mut streams = streams(&room, &seats[..VOTERS]);
    rows.row("idle CPU with 300 seats", idle_cpu(&room), 0.5, "%");
    let round = room.open(&id);
    let latencies = votes(&room, &seats[..VOTERS], round, VOTING[1]);
    rows.row(
        "vote to acknowledgement, p99, 300 seats in 2 s",
        percentile(latencies, 0.99),
        50.0,
        "ms",
    );

    streams.extend(self::streams(&room, &seats[VOTERS..]));
    let (mut acknowledged, mut sent) = (0, drain(&mut streams));
    for _ in 0..2 {
        let round = room.open(&id);
        acknowledged += votes(&room, &seats, round, VOTING[0]).len();
        let status = room.say("status");
        assert!(status.contains("answered=1000"), "{status}");
        sent.push_str(&drain(&mut streams));
    }
    rows.row(
        "answers or counts in the bytes before the reveal",
        told(&mut room, &sent) as f64,
        0.0,
        "",
    );
    let written = room
        .events()
        .iter()
        .filter(|event| event["event"] == "vote")
        .count();
    rows.row(
        "votes of 1,000 seats acknowledged and not in the file",
        (acknowledged + VOTERS - written) as f64,
        0.0,
        "",
    );
    rows.row(
        "memory with 1,000 seats and streams",
        memory_mb(&room),
        40.0,
        "MB",
    );

    rows.row(
        "a vote to its count, p99 of 50",
        percentile(counted(&mut room, &seats, &id), 0.99),
        200.0,
        "ms",
    );
    let page = room.get("");
    rows.row("the page", page.body.len() as f64 / 1024.0, 20.0, "KB");
    rows.row(
        "a vote's traffic, both ways",
        vote_traffic(&mut room, &seats[0], &id),
        1024.0,
        "B",
    );
    let came = kills::run();
    println!("{} acknowledged votes over 200 kills", came.acknowledged);
    rows.row(
        "acknowledged votes lost in 200 kills",
        came.lost as f64,
        0.0,
        "",
    );
    rows.row(
        "votes counted twice after 200 kills",
        came.double as f64,
        0.0,
        "",
    );
    match rows.failed {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    }
}

fn streams(room: &Room, seats: &[Seat]) -> Vec<TcpStream> {
    let open = |seat: &Seat| {
        let mut socket = room.connect();
        let bearer = format!("Bearer {}", seat.token);
        let path = format!("/{}/events", room.code);
        send_on(
            &mut socket,
            room.address,
            "GET",
            &path,
            &[("Authorization", &bearer)],
            "",
        );
        socket.set_nonblocking(true).unwrap();
        socket
    };
    seats.iter().map(open).collect()
}

/// What has come on the streams since.
fn drain(streams: &mut [TcpStream]) -> String {
    let (mut came, mut bytes) = (String::new(), [0; 1 << 16]);
    for stream in streams {
        loop {
            match stream.read(&mut bytes) {
                Ok(0) => panic!("a stream has ended"),
                Ok(count) => came.push_str(&String::from_utf8_lossy(&bytes[..count])),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => panic!("{error}"),
            }
        }
    }
    came
}

/// How many of the things that are told at the reveal stand in what was sent before it; each of them is told then.
fn told(room: &mut Room, sent: &str) -> usize {
    assert!(
        sent.len() > 1 << 20 && sent.contains("voting"),
        "the traffic was kept"
    );
    let events = room.events();
    let open = events
        .iter()
        .rfind(|event| event["event"] == "open")
        .unwrap();
    let poll = &open["question"];
    let reactions = poll["reactions"].as_array().unwrap().iter();
    let mut secrets: Vec<String> = reactions.map(|said| said["feedback"].to_string()).collect();
    secrets.push(poll["explain"].to_string());
    secrets.retain(|text| text.len() > 2);
    for key in ["right", "votes", "recorded", "feedback"] {
        secrets.push(format!("\"{key}\":"));
    }
    let found = secrets
        .iter()
        .filter(|text| sent.contains(text.trim_matches('"')));
    let found = found.count();
    room.say("reveal");
    let revealed = room.get("/state").body;
    assert!(
        revealed.contains(&poll["explain"].to_string()),
        "{revealed}"
    );
    found
}

/// Each seat votes once, spread evenly over this time; the milliseconds until each was acknowledged.
fn votes(room: &Room, seats: &[Seat], round: u64, over: Duration) -> Vec<f64> {
    let (address, path) = (room.address, format!("/{}/vote", room.code));
    let part = seats.len().div_ceil(THREADS);
    let voters = seats.chunks(part).map(|seats| {
        let (seats, path) = (seats.to_vec(), path.clone());
        thread::spawn(move || {
            let mut lines: Vec<_> = seats
                .iter()
                .map(|_| BufReader::new(room::connect(address)))
                .collect();
            let began = Instant::now();
            let mut latencies = Vec::new();
            for (at, (seat, reader)) in seats.iter().zip(&mut lines).enumerate() {
                let due = began + over * at as u32 / seats.len() as u32;
                thread::sleep(due.saturating_duration_since(Instant::now()));
                let sent = Instant::now();
                let body = json!({ "round": round, "answer": [at % 2] }).to_string();
                let bearer = format!("Bearer {}", seat.token);
                send_on(
                    reader.get_mut(),
                    address,
                    "PUT",
                    &path,
                    &[("Authorization", &bearer)],
                    &body,
                );
                let response = read_response(reader).expect("an answer");
                assert_eq!(response.status, 200, "{response:?}");
                latencies.push(sent.elapsed().as_secs_f64() * 1e3);
            }
            latencies
        })
    });
    let voters: Vec<_> = voters.collect();
    voters
        .into_iter()
        .flat_map(|voter| voter.join().unwrap())
        .collect()
}

/// Milliseconds from a vote until an event stream tells of it: the projector is told at the same moment.
fn counted(room: &mut Room, seats: &[Seat], id: &str) -> Vec<f64> {
    let round = room.open(id);
    let mut stream = room.stream(None);
    let times = (1..=50_u64).map(|count| {
        let sent = Instant::now();
        assert_eq!(
            room.vote(&seats[count as usize], round, &json!([0])).status,
            200
        );
        stream.until(|state| state["answered"].as_u64() >= Some(count));
        sent.elapsed().as_secs_f64() * 1e3
    });
    times.collect()
}

fn vote_traffic(room: &mut Room, seat: &Seat, id: &str) -> f64 {
    let round = room.open(id);
    let response = room.vote(seat, round, &json!([0]));
    // What a phone sends: its fields are longer than ours.
    let request = format!(
        "PUT /{}/vote HTTP/1.1\r\nHost: {}\r\nConnection: keep-alive\r\nContent-Length: 26\r\nUser-Agent: Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36\r\nContent-Type: application/json\r\nAccept: */*\r\nOrigin: http://{}\r\nReferer: http://{}/{}\r\nAccept-Encoding: gzip, deflate\r\nAccept-Language: de-CH,de;q=0.9,en;q=0.8\r\nCookie: zclab-{}={}\r\n\r\n{{\"round\":{round},\"answer\":[0]}}",
        room.code, room.address, room.address, room.address, room.code, room.code, seat.token
    );
    (request.len() + response.head.len() + 2 + response.body.len()) as f64
}

fn percentile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * share).ceil() as usize]
}

fn memory_mb(room: &Room) -> f64 {
    let status = fs::read_to_string(format!("/proc/{}/status", room.child.id())).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<f64>()
        .unwrap()
        / 1024.0
}

/// Share of one core, in percent, while nobody does anything: by the scheduler's own nanoseconds.
fn idle_cpu(room: &Room) -> f64 {
    let spent = || -> f64 {
        let tasks = fs::read_dir(format!("/proc/{}/task", room.child.id())).unwrap();
        let of = |path: std::path::PathBuf| {
            fs::read_to_string(path.join("schedstat")).unwrap_or_default()
        };
        let first = |text: String| text.split(' ').next().and_then(|ns| ns.parse::<f64>().ok());
        tasks
            .flatten()
            .filter_map(|task| first(of(task.path())))
            .sum()
    };
    thread::sleep(Duration::from_secs(1));
    let before = spent();
    thread::sleep(IDLE);
    (spent() - before) / IDLE.as_nanos() as f64 * 100.0
}
