//! kill -9 at random moments while the room votes, then `--resume`: what was acknowledged is there, and once.

use std::{
    collections::{HashMap, HashSet},
    io::BufReader,
    net::{SocketAddr, TcpStream},
    process::Command,
    sync::Arc,
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};

use crate::room::{self, Room, Seat, question, read_response, send_on};

const KILLS: usize = 200;
const SEATS: usize = 40;
const THREADS: usize = 4;
/// The room is killed within so many milliseconds after its phones have connected.
const WITHIN: u64 = 150;

/// What the kills came to.
#[derive(Default)]
pub struct Came {
    pub acknowledged: usize,
    pub lost: usize,
    pub double: usize,
}

/// The votes of a seat in a round: the last that was acknowledged, and the last that was sent.
type Votes = HashMap<String, (usize, usize)>;

pub fn run() -> Came {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let mut random = since.as_nanos() as u64 | 1;
    println!("kills at moments from the seed {random}");
    let mut came = Came::default();
    let mut room = Room::start(&[]);
    let seats: Vec<Seat> = (0..SEATS).map(|_| room.join()).collect();
    room.open(&question("choice").id);
    for _ in 0..KILLS {
        let round = room.state(None)["round"].as_u64().unwrap();
        let voters = vote_on(&room, &seats, round);
        // xorshift64
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        thread::sleep(Duration::from_millis(random % WITHIN));
        room.kill();
        let acknowledged: Votes = voters
            .into_iter()
            .flat_map(|it| it.join().unwrap())
            .collect();
        let file = room.file.to_str().unwrap().to_owned();
        room = Room::start_in(Arc::clone(&room.home), &["--resume", &file]);
        came.acknowledged += acknowledged.len();
        for seat in &seats {
            let Some((answer, sent)) = acknowledged.get(&seat.name) else {
                continue;
            };
            let yours = room.state(Some(seat))["yours"].clone();
            // The last one that was sent may have been written and not yet acknowledged.
            came.lost += usize::from(yours != json!([answer]) && yours != json!([sent]));
        }
        let in_file: HashSet<_> = room
            .events()
            .into_iter()
            .filter(|event| event["event"] == "vote" && event["round"] == round)
            .map(|event| event["seat"].to_string())
            .collect();
        let answered = room.state(None)["answered"].as_u64().unwrap() as usize;
        came.double += answered.abs_diff(in_file.len());
        assert!(room.say("again").starts_with("voting"));
    }
    came.double += counted_twice(&room);
    came
}

/// More answers in a vote than seats that gave one, by the session's own report.
fn counted_twice(room: &Room) -> usize {
    let mut report = Command::new(env!("CARGO_BIN_EXE_zclab"));
    let output = report.args(["class", "report", "--json"]).arg(&room.file);
    let report: Value = serde_json::from_slice(&output.output().unwrap().stdout).unwrap();
    let rounds = report["questions"][0]["rounds"].as_array().unwrap().iter();
    let more = rounds.map(|round| {
        let counts = round["counts"].as_array().unwrap().iter();
        let counted: u64 = counts.filter_map(Value::as_u64).sum();
        counted.saturating_sub(round["answered"].as_u64().unwrap()) as usize
    });
    more.sum()
}

fn vote_on(room: &Room, seats: &[Seat], round: u64) -> Vec<thread::JoinHandle<Votes>> {
    let (address, path) = (room.address, format!("/{}/vote", room.code));
    let parts = seats.chunks(SEATS / THREADS);
    let voters = parts.map(|seats| {
        let (seats, path) = (seats.to_vec(), path.clone());
        let lines = seats.iter();
        let lines = lines.map(|_| BufReader::new(room::connect(address)));
        let mut lines: Vec<_> = lines.collect();
        thread::spawn(move || votes(address, &path, &seats, &mut lines, round))
    });
    voters.collect()
}

/// Votes over and over until the room has gone.
fn votes(
    address: SocketAddr,
    path: &str,
    seats: &[Seat],
    lines: &mut [BufReader<TcpStream>],
    round: u64,
) -> Votes {
    let mut votes = Votes::new();
    for answer in (0..2).cycle() {
        for (seat, reader) in seats.iter().zip(&mut *lines) {
            if let Some((_, sent)) = votes.get_mut(&seat.name) {
                *sent = answer;
            }
            let bearer = format!("Bearer {}", seat.token);
            let body = json!({ "round": round, "answer": [answer] }).to_string();
            let fields = [("Authorization", bearer.as_str())];
            send_on(reader.get_mut(), address, "PUT", path, &fields, &body);
            match read_response(reader) {
                Some(response) if response.status == 200 => {
                    votes.insert(seat.name.clone(), (answer, answer));
                }
                // A seat that votes more than ten times a second waits.
                Some(response) => assert_eq!(response.status, 429),
                None => return votes,
            }
        }
    }
    votes
}
