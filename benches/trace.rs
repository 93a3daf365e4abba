//! The promises about watching programs, against `strace -f -o FILE` of the same work: `cargo bench --bench trace`.
//! Each pair runs in turn, several times; medians are compared. Prints name, bound and what was measured; fails where a
//! bound is exceeded. A word after `--` chooses the rows whose names hold it.

use std::{
    fs::File,
    hint::black_box,
    io::{Read, Write},
    path::Path,
    process::{Command, Stdio, exit},
    time::{Duration, Instant},
};

const ZCLAB: &str = env!("CARGO_BIN_EXE_zclab");
const WORK: &str = "ZCLAB_BENCH_WORK";

fn main() {
    if let Ok(work) = std::env::var(WORK) {
        return do_work(&work);
    }
    if !Command::new("strace")
        .arg("-V")
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
    {
        eprintln!("skipped: strace is not installed");
        return;
    }
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    std::fs::write(dir.join("source"), vec![7u8; 256 << 20]).expect("a source");
    let rows = [
        Row {
            name: "200,000 cheap calls, default filter",
            most: 0.04,
            work: "cheap",
            ours: zclab(&[]),
            theirs: strace(false),
            runs: 3,
        },
        Row {
            name: "200,000 cheap calls, every call, pinned",
            most: 0.22,
            work: "cheap",
            ours: zclab(&["--all", "--pin"]),
            theirs: strace(false),
            runs: 3,
        },
        Row {
            name: "the same, strace pinned as well",
            most: 0.9,
            work: "cheap",
            ours: zclab(&["--all", "--pin"]),
            theirs: strace(true),
            runs: 5,
        },
        Row {
            name: "256 MiB in 4 KiB chunks, pinned",
            most: 0.25,
            work: "copy",
            ours: zclab(&["--pin"]),
            theirs: strace(false),
            runs: 3,
        },
        Row {
            name: "256 MiB in 4 KiB chunks",
            most: 1.0,
            work: "copy",
            ours: zclab(&[]),
            theirs: strace(false),
            runs: 3,
        },
        // Short, and on all CPUs at once: what else the machine does is half of the time.
        Row {
            name: "8 busy threads",
            most: 1.0,
            work: "threads",
            ours: zclab(&[]),
            theirs: strace(false),
            runs: 21,
        },
        Row {
            name: "CPU-bound, 2,000 filtered calls a second; untraced",
            most: 1.1,
            work: "cpu",
            ours: zclab(&[]),
            theirs: Vec::new(),
            runs: 3,
        },
    ];
    let only = std::env::args().skip(1).find(|word| !word.starts_with('-'));
    let wanted = |row: &&Row| {
        only.as_ref()
            .is_none_or(|only| row.name.contains(only.as_str()))
    };
    let kept: Vec<bool> = rows
        .iter()
        .filter(wanted)
        .map(|row| row.is_kept(dir))
        .collect();
    if kept.contains(&false) {
        exit(1);
    }
}

fn zclab(options: &[&str]) -> Vec<String> {
    let command = [&[ZCLAB, "trace", "-o", "report"], options, &["--"]].concat();
    command.into_iter().map(str::to_owned).collect()
}

fn strace(pinned: bool) -> Vec<String> {
    let pin: &[&str] = if pinned { &["taskset", "-c", "0"] } else { &[] };
    let command = [pin, &["strace", "-f", "-o", "log"]].concat();
    command.into_iter().map(str::to_owned).collect()
}

/// A promise: `ours` takes at most `most` of the time of `theirs`.
struct Row {
    name: &'static str,
    most: f64,
    /// What is done: a word for `do_work`.
    work: &'static str,
    ours: Vec<String>,
    theirs: Vec<String>,
    /// How often each is run.
    runs: usize,
}

impl Row {
    fn is_kept(&self, dir: &Path) -> bool {
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..self.runs {
            for (times, before) in times.iter_mut().zip([&self.ours, &self.theirs]) {
                times.push(run(dir, self.work, before));
            }
        }
        let [ours, theirs] = times.map(median);
        let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
        let kept = ratio <= self.most;
        let mark = if kept { "kept" } else { "EXCEEDED" };
        let Row { name, most, .. } = self;
        println!(
            "{name:<56} at most {most:>5.2}   {ratio:>6.3}   {ours:>9.1?} : {theirs:>9.1?}   {mark}"
        );
        kept
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn run(dir: &Path, work: &str, before: &[String]) -> Duration {
    let own = std::env::current_exe()
        .expect("this program")
        .display()
        .to_string();
    let command = [before, &[own]].concat();
    let began = Instant::now();
    let status = Command::new(&command[0])
        .args(&command[1..])
        .env(WORK, work)
        .current_dir(dir)
        .status()
        .expect("it runs");
    assert!(status.success(), "{command:?}: {status}");
    began.elapsed()
}

fn do_work(work: &str) {
    match work {
        "cheap" => ask(200_000),
        "copy" => copy(256 << 20, "sink"),
        "threads" => {
            let threads = (0..8).map(|number| {
                std::thread::spawn(move || copy(16 << 20, &format!("sink-{number}")))
            });
            let threads: Vec<_> = threads.collect();
            threads
                .into_iter()
                .for_each(|thread| thread.join().expect("a thread"));
        }
        "cpu" => compute(),
        other => panic!("no work is called {other}"),
    }
}

/// getppid, which does nothing.
fn ask(times: usize) {
    for _ in 0..times {
        // SAFETY: it takes nothing and cannot fail.
        unsafe { libc::syscall(libc::SYS_getppid) };
    }
}

fn copy(bytes: usize, sink: &str) {
    let mut source = File::open("source").expect("a source");
    let mut sink = File::create(sink).expect("a sink");
    let mut buffer = [0; 4096];
    for _ in 0..bytes / buffer.len() {
        source.read_exact(&mut buffer).expect("it can be read");
        sink.write_all(&buffer).expect("it can be written");
    }
}

/// About two seconds of computing, with 2,000 calls a second that the filter lets pass.
fn compute() {
    let mut sum = 0u64;
    for _ in 0..4000 {
        for number in 0..1_000_000u64 {
            sum = black_box(sum.wrapping_mul(31).wrapping_add(number));
        }
        ask(1);
    }
}
