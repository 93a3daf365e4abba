//! A seat from a terminal: on the whole screen, and in lines.

use std::{
    io::Write,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, mpsc::Receiver},
};

mod require;
mod room;
mod terminal;

use room::{PATIENCE, Room, question};

#[path = "class_join/screen.rs"]
mod screen;

struct Student {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Student {
    fn join(room: &Room, home: &std::path::Path, options: &[&str]) -> Student {
        let url = format!("http://{}/{}", room.address, room.code.to_lowercase());
        let mut child = Command::new(env!("CARGO_BIN_EXE_zclab"))
            .args(["join", "--plain", &url])
            .args(options)
            .env("XDG_STATE_HOME", home)
            .env("HOME", home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = room::lines_of(child.stdout.take().unwrap());
        Student {
            input: child.stdin.take(),
            child,
            lines,
        }
    }

    /// The first line that holds this.
    fn until(&self, text: &str) -> String {
        let mut said = Vec::new();
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("no {text:?} in {said:#?}"));
            if line.contains(text) {
                return line;
            }
            said.push(line);
        }
    }

    fn type_in(&mut self, line: &str) {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }

    fn end(&mut self) -> Option<i32> {
        self.input = None;
        self.child.wait().unwrap().code()
    }
}

impl Drop for Student {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_terminal_votes_and_keeps_its_seat_over_a_restart_of_the_room() {
    let mut room = Room::start(&[]);
    let home = tempfile::tempdir().unwrap();
    let mut student = Student::join(&room, home.path(), &[]);
    let seat = student.until("Your seat: ");
    student.until("Wait for the first question");
    let asked = question("choice");
    let round = room.open(&asked.id);
    assert_eq!(round, 1);
    student.until("one letter, as in b");
    student.type_in("z");
    student.until("is not an option");
    student.type_in("a");
    student.until("Saved: a)");
    student.type_in("b");
    student.until("Saved: b)");
    assert_eq!(
        room.events().pop().unwrap()["answer"],
        serde_json::json!([1])
    );

    // The room is killed and comes back; what is typed meanwhile arrives.
    room.kill();
    student.until("cannot be reached");
    student.type_in("a");
    student.until("Not saved yet");
    let file = room.file.to_str().unwrap().to_owned();
    let mut room = Room::start_in(Arc::clone(&room.home), &["--resume", &file]);
    student.until("Saved: a)");
    assert_eq!(
        room.events().pop().unwrap()["answer"],
        serde_json::json!([0])
    );
    room.say("reveal");
    student.until("The answer: ");
    assert_eq!(student.end(), Some(0));

    // Another time it is the same seat.
    let again = Student::join(&room, home.path(), &[]);
    assert_eq!(again.until("Your seat: "), seat);
    assert_eq!(room.state(None)["joined"], 1);
    assert_eq!(room.quit(), Some(0));
}

#[test]
fn a_terminal_runs_the_experiment_on_its_own_kernel() {
    let mut room = Room::start(&[]);
    let home = tempfile::tempdir().unwrap();
    let mut student = Student::join(&room, home.path(), &[]);
    student.until("Your seat: ");
    room.open("road-calls");
    student.until("a number of calls");
    student.type_in("33");
    student.until("Saved: 33");
    room.say("run");
    let said = student.until("This machine");
    if said.contains("zclab doctor") {
        return;
    }
    student.until("It stands on the projector");
    let figures = room
        .events()
        .into_iter()
        .find(|event| event["event"] == "figures")
        .unwrap();
    assert!(figures["values"]["syscalls"].is_u64(), "{figures}");
    assert!(figures["kernel"].as_str().unwrap().starts_with("Linux "));
}

#[test]
fn a_seat_that_the_room_no_longer_knows_is_replaced_in_the_event_stream_too() {
    let mut room = Room::start(&[]);
    let home = tempfile::tempdir().unwrap();
    let mut student = Student::join(&room, home.path(), &[]);
    let seat = student.until("Your seat: ");
    room.open(&question("choice").id);
    student.until("one letter, as in b");
    // The room comes back with a session that does not have the seat: its file is older.
    room.kill();
    student.until("cannot be reached");
    let text = std::fs::read_to_string(&room.file).unwrap();
    let kept = text
        .lines()
        .filter(|line| !line.contains("\"event\":\"seat\""));
    let kept: String = kept.map(|line| format!("{line}\n")).collect();
    std::fs::write(&room.file, kept).unwrap();
    let file = room.file.to_str().unwrap().to_owned();
    let mut room = Room::start_in(Arc::clone(&room.home), &["--resume", &file]);
    student.until("The room is there again");
    student.type_in("b");
    assert_ne!(student.until("Your seat: "), seat);
    student.until("Saved: b)");
    room.say("reveal");
    // The stream's own state has the answer only if it is the new seat's.
    student.until("Yours, ");
    assert_eq!(room.state(None)["voters"], serde_json::json!([1]));
    assert_eq!(room.quit(), Some(0));
}

#[test]
fn what_is_no_room_is_one_line() {
    let room = Room::start(&[]);
    let address = room.address.to_string();
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    for (url, why) in [
        ("nonsense".to_owned(), "write http://ADDRESS:PORT/CODE"),
        (
            format!("http://{address}/AAAAAA"),
            "there is no room of this code",
        ),
        (format!("http://{closed}/AAAAAA"), "cannot reach the room"),
        (format!("https://{address}/AAAAAA"), "http alone"),
    ] {
        let home = tempfile::tempdir().unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_zclab"))
            .args(["join", "--plain", &url])
            .env("XDG_STATE_HOME", home.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(
            said.starts_with("zclab: ") && said.contains(why) && said.lines().count() == 1,
            "{said}"
        );
    }
}
