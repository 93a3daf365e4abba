//! The promises about the screens, measured on a pty: `cargo bench --bench screens`. Prints name, bound and what was
//! measured; fails where a bound is exceeded.

#[path = "../tests/terminal/mod.rs"]
mod terminal;
#[path = "../tests/explorer/watched.rs"]
mod watched;

use std::{
    fs,
    time::{Duration, Instant},
};

use terminal::{Terminal, zclab};
use zclab::{model::Recording, store};

const IDLE: Duration = Duration::from_secs(10);

fn main() {
    let dir = tempfile::tempdir().expect("a directory");
    let million = dir.path().join("million.jsonl");
    store::recording::save(&million, &of_a_million_calls()).expect("a recording");
    let usual = dir.path().join("usual.jsonl");
    let (name, text) = shipped();
    let recording = store::recording::parse(name, text).expect("a recording");
    store::recording::save(&usual, &recording).expect("a recording");
    let usual = usual.to_str().expect("UTF-8").to_owned();
    let replay = || {
        let mut terminal = Terminal::start(zclab(&["replay", million.to_str().expect("UTF-8")]));
        terminal.wait_for("read_write.rs");
        settle(&mut terminal);
        terminal
    };
    let kept = [
        bound("first frame after exec, median, ms", 50.0, first_frame()),
        bound("key to frame, course and lesson, median, ms", 10.0, {
            key_to_frame(&mut course(), &["j", "k"])
        }),
        bound("key to frame, 1,000,000 calls open, median, ms", 20.0, {
            key_to_frame(&mut replay(), &["l", "l", "h"])
        }),
        bound(
            "key to frame, explorer of 1,000,000 calls, median, ms",
            20.0,
            {
                let path = dir.path().join("watched.jsonl");
                store::trace_report::save(&path, &watched::server(200_000)).expect("a recording");
                let mut terminal =
                    Terminal::start(zclab(&["replay", path.to_str().expect("UTF-8")]));
                terminal.wait_for("mode switch");
                settle(&mut terminal);
                key_to_frame(&mut terminal, &["j", "\r", "j", "k", "\x1b"])
            },
        ),
        bound(
            "idle course for 10 s, wake-ups + bytes",
            0.0,
            idle(&mut course()),
        ),
        bound("idle lesson for 10 s, wake-ups + bytes", 0.0, {
            let mut terminal = course();
            terminal.send("\r");
            settle(&mut terminal);
            idle(&mut terminal)
        }),
        bound(
            "idle course of one's own lessons for 10 s, wake-ups + bytes",
            0.0,
            idle(&mut own_course()),
        ),
        bound("idle lab for 10 s, wake-ups + bytes", 0.0, {
            let mut terminal = course();
            terminal.send("m");
            settle(&mut terminal);
            idle(&mut terminal)
        }),
        bound(
            "animation, share of one core, %",
            5.0,
            animation(&mut replay()),
        ),
        bound("presenter mode at 200x60, share of one core, %", 8.0, {
            animation(&mut at_200x60(&["replay", &usual, "--present"]))
        }),
        bound("race at 200x60, share of one core, %", 8.0, {
            animation(&mut at_200x60(&["replay", &usual, &usual]))
        }),
    ];
    if kept.contains(&false) {
        std::process::exit(1);
    }
}

fn bound(name: &str, at_most: f64, measured: f64) -> bool {
    let kept = measured <= at_most;
    let verdict = if kept { "kept" } else { "NOT KEPT" };
    println!("{name}\n    at most {at_most}   measured {measured:.2}   {verdict}");
    kept
}

fn course() -> Terminal {
    let mut terminal = Terminal::open();
    terminal.wait_for("Modules");
    settle(&mut terminal);
    terminal
}

/// A program on a projector, once it stands still.
fn at_200x60(arguments: &[&str]) -> Terminal {
    let mut terminal = Terminal::start(zclab(arguments));
    terminal.resize(200, 60);
    settle(&mut terminal);
    terminal
}

/// The lessons of this repository, as their author has them open.
fn own_course() -> Terminal {
    let lessons = concat!(env!("CARGO_MANIFEST_DIR"), "/lessons");
    let mut terminal = Terminal::start(zclab(&["learn", "--lessons", lessons]));
    terminal.wait_for("Modules");
    settle(&mut terminal);
    terminal
}

/// Waits until nothing is written any more.
fn settle(terminal: &mut Terminal) {
    while terminal.take(Duration::from_millis(500)).is_some() {}
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// From before the fork to the frame that shows the whole course.
fn first_frame() -> f64 {
    let one = |_| {
        let start = Instant::now();
        let mut terminal = Terminal::open();
        loop {
            let (came, _) = terminal.take(terminal::PATIENCE).expect("a frame");
            let shown = terminal.contents();
            if shown.contains("Modules") && shown.contains("quit") {
                return millis(came - start);
            }
        }
    };
    median((0..15).map(one).collect())
}

/// From the key to the first byte of its frame, which is written whole.
fn key_to_frame(terminal: &mut Terminal, keys: &[&str]) -> f64 {
    let one = |step: usize| {
        let start = Instant::now();
        terminal.send(keys[step % keys.len()]);
        let (came, _) = terminal.take(terminal::PATIENCE).expect("a frame");
        while terminal.take(Duration::from_millis(60)).is_some() {}
        millis(came.saturating_duration_since(start))
    };
    median((0..31).map(one).collect())
}

/// Voluntary context switches of all threads, and bytes, in ten seconds.
fn idle(terminal: &mut Terminal) -> f64 {
    let before = wake_ups(terminal.pid());
    let end = Instant::now() + IDLE;
    let mut bytes = 0;
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        bytes += terminal.take(left).map_or(0, |(_, count)| count);
    }
    (wake_ups(terminal.pid()) - before) as f64 + bytes as f64
}

fn wake_ups(pid: i32) -> u64 {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("the threads");
    let of_task = |task: fs::DirEntry| {
        let status = fs::read_to_string(task.path().join("status")).expect("a status");
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        line.and_then(|count| count.trim().parse::<u64>().ok())
            .expect("a count")
    };
    tasks.flatten().map(of_task).sum()
}

/// CPU time of the program while a recording plays, of the time that goes by, in percent.
fn animation(terminal: &mut Terminal) -> f64 {
    terminal.send("\x1b[H ");
    terminal.take(Duration::from_secs(1));
    let (start, before) = (Instant::now(), ticks(terminal.pid()));
    let mut bytes = 0;
    while start.elapsed() < IDLE {
        let taken = terminal.take(Duration::from_millis(100));
        bytes += taken.map_or(0, |(_, count)| count);
    }
    assert!(bytes > 0, "nothing moves");
    // SAFETY: sysconf reads a number.
    let hertz = unsafe { libc::sysconf(libc::_SC_CLK_TCK) } as f64;
    (ticks(terminal.pid()) - before) as f64 / hertz / start.elapsed().as_secs_f64() * 100.0
}

/// utime and stime.
fn ticks(pid: i32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("a process");
    let fields: Vec<&str> = stat
        .rsplit_once(") ")
        .expect("a name")
        .1
        .split(' ')
        .collect();
    fields[11..13]
        .iter()
        .map(|field| field.parse::<u64>().expect("ticks"))
        .sum()
}

/// The usual transfer by read and write.
fn shipped() -> (&'static str, &'static str) {
    let mut all = zclab::embedded::recordings().into_iter();
    all.find(|(name, _)| *name == "read-write-to-tcp-warm.jsonl")
        .expect("a shipped recording")
}

/// A shipped recording whose pairs of read and write go on and on.
fn of_a_million_calls() -> Recording {
    let (name, text) = shipped();
    let mut recording = store::recording::parse(name, text).expect("a recording");
    let trace = recording.trace.as_mut().expect("its calls");
    let last = trace.calls.pop().expect("the read that returns 0");
    let pattern = trace.calls.clone();
    while trace.calls.len() < 999_999 {
        let after = trace
            .calls
            .last()
            .map_or(0, |call| call.start_ns + call.duration_ns);
        let room = (999_999 - trace.calls.len()).min(pattern.len());
        for call in &pattern[..room] {
            let mut call = *call;
            call.start_ns = after + 1 + call.start_ns - pattern[0].start_ns;
            trace.calls.push(call);
        }
    }
    let after = trace
        .calls
        .last()
        .map_or(0, |call| call.start_ns + call.duration_ns);
    let mut last = last;
    last.start_ns = after + 1;
    trace.calls.push(last);
    trace.wall_ns = last_end(trace);
    recording
}

fn last_end(trace: &zclab::model::Trace) -> u64 {
    trace
        .calls
        .last()
        .map_or(0, |call| call.start_ns + call.duration_ns)
}
