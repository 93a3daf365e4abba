//! The promises about watching programs, against `strace -f -o FILE` of the same work: `cargo bench --bench trace`.
//! Each pair runs in turn, several times; medians are compared. Prints name, bound and what was measured; fails where a
//! bound is exceeded.

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
const RUNS: usize = 3;

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
    let kept = [
        bound(
            dir,
            "200,000 cheap calls, default filter",
            0.05,
            "cheap",
            zclab(&[]),
            strace(false),
        ),
        bound(
            dir,
            "200,000 cheap calls, every call, pinned",
            0.25,
            "cheap",
            zclab(&["--all", "--pin"]),
            strace(false),
        ),
        bound(
            dir,
            "the same, strace pinned as well",
            0.9,
            "cheap",
            zclab(&["--all", "--pin"]),
            strace(true),
        ),
        bound(
            dir,
            "256 MiB in 4 KiB chunks, pinned",
            0.25,
            "copy",
            zclab(&["--pin"]),
            strace(false),
        ),
        bound(
            dir,
            "256 MiB in 4 KiB chunks",
            1.0,
            "copy",
            zclab(&[]),
            strace(false),
        ),
        bound(
            dir,
            "8 busy threads",
            1.0,
            "threads",
            zclab(&[]),
            strace(false),
        ),
        bound(
            dir,
            "CPU-bound, 2,000 filtered calls a second; untraced",
            1.1,
            "cpu",
            zclab(&[]),
            Vec::new(),
        ),
    ];
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

fn bound(
    dir: &Path,
    name: &str,
    most: f64,
    work: &str,
    ours: Vec<String>,
    theirs: Vec<String>,
) -> bool {
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..RUNS {
        for (times, before) in times.iter_mut().zip([&ours, &theirs]) {
            times.push(run(dir, work, before));
        }
    }
    let [ours, theirs] = times.map(median);
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    let kept = ratio <= most;
    let mark = if kept { "kept" } else { "EXCEEDED" };
    println!(
        "{name:<56} at most {most:>5.2}   {ratio:>6.3}   {ours:>9.1?} : {theirs:>9.1?}   {mark}"
    );
    kept
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
