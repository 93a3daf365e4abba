//! The promises about speed, measured: `cargo bench --bench transfers`. Each compares two things that run in turn,
//! in one process and on one machine, because a machine drifts several-fold within minutes. Prints name, bound and
//! what was measured; fails where a bound is exceeded.

use std::{
    fs::File,
    io,
    os::fd::AsRawFd,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use zclab::{
    endpoint::{self, Drain},
    host,
    model::{Method, Sink, Size, TransferSpec},
    trace::{self, Cancel},
};

const ZCLAB: &str = env!("CARGO_BIN_EXE_zclab");
const SIZE: u64 = 256 << 20;

fn main() {
    endpoint::set_program(ZCLAB);
    let dir = host::scratch_directory(None)
        .expect("a directory for the source")
        .path;
    let kept = [
        bound(
            "traced 256 MiB in 4 KiB chunks / strace -f -o FILE, wall",
            0.25,
            traced_against_strace(&dir),
        ),
        bound(
            "untraced sender, 256 MiB in 64 KiB chunks / a plain loop, CPU",
            1.03,
            sender_against_plain_loop(&dir),
        ),
    ];
    if kept.contains(&false) {
        std::process::exit(1);
    }
}

/// One figure of each thing from one round.
struct Pair {
    ours: Duration,
    theirs: Duration,
}

/// Prints one line: the median of the ratios of the rounds, and what they lie between.
fn bound(name: &str, at_most: f64, rounds: Option<Vec<Pair>>) -> bool {
    let Some(rounds) = rounds else {
        println!("{name}\n    at most {at_most:.2}   skipped");
        return true;
    };
    let ratio = |pair: &Pair| pair.ours.as_secs_f64() / pair.theirs.as_secs_f64();
    let ratios = sorted(rounds.iter().map(ratio));
    let millis = |pick: fn(&Pair) -> Duration| {
        median(&sorted(
            rounds.iter().map(|pair| pick(pair).as_secs_f64() * 1e3),
        ))
    };
    let found = median(&ratios);
    let verdict = if found <= at_most { "kept" } else { "NOT KEPT" };
    println!(
        "{name}\n    at most {at_most:.2}   measured {found:.3}   {verdict}   ({} rounds, {:.3} to {:.3}; medians {:.1} ms \
         and {:.1} ms)",
        rounds.len(),
        ratios[0],
        ratios[ratios.len() - 1],
        millis(|pair| pair.ours),
        millis(|pair| pair.theirs),
    );
    found <= at_most
}

fn sorted(numbers: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers
}

fn median(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    match sorted.len() % 2 {
        1 => sorted[half],
        _ => (sorted[half - 1] + sorted[half]) / 2.0,
    }
}

/// Both trace the hidden transfer command, from its start to its end.
fn traced_against_strace(dir: &Path) -> Option<Vec<Pair>> {
    let source = source(dir);
    let log = tempfile::NamedTempFile::new_in(dir).expect("a file for strace");
    let strace = || {
        let mut command = Command::new("strace");
        command.args(["-f", "-o"]).arg(log.path());
        transfer(&mut command, true, &source, dir, 4096);
        let start = Instant::now();
        let status = command.status().ok()?;
        status.success().then(|| start.elapsed())
    };
    let ours = || {
        let mut command = Command::new(ZCLAB);
        transfer(&mut command, false, &source, dir, 4096);
        let options = trace::Options {
            follow: false,
            // SAFETY: sched_getcpu takes nothing and touches no memory.
            cpu: usize::try_from(unsafe { libc::sched_getcpu() }).ok(),
            between_markers: true,
        };
        let start = Instant::now();
        let recorded = trace::record(&mut command, &options, &Cancel::new(), &mut |_| {}).ok()?;
        let calls = SIZE / 4096;
        let trace = recorded.trace;
        assert_eq!(
            trace.calls_by_name(),
            [("read", calls + 1), ("write", calls)]
        );
        Some(start.elapsed())
    };
    (0..3)
        .map(|_| {
            Some(Pair {
                ours: ours()?,
                theirs: strace()?,
            })
        })
        .collect()
}

/// The arguments of the hidden command: read-write to a unix socket, the receiver looking at nothing.
fn transfer(command: &mut Command, strace: bool, source: &File, dir: &Path, chunk: u64) {
    if strace {
        command.arg(ZCLAB);
    }
    let cpus = host::allowed_cpus().expect("the CPU affinity");
    command.args(["__transfer", "read-write", "--stdin-source", "--to", "unix"]);
    command.args(["--receiver", "discard", "--receiver-cpus", &cpus]);
    command.args([format!("--size={SIZE}"), format!("--chunk={chunk}")]);
    command.arg("--dir").arg(dir);
    command.stdin(source.try_clone().expect("a descriptor"));
    command.stdout(Stdio::null());
}

fn source(dir: &Path) -> File {
    let made = endpoint::Source::generate(dir, SIZE, &mut |_| Ok(()));
    made.expect("a source").file
}

/// The CPU time that `zclab run` reports of its sender, and that of a bare loop over the same calls on the same
/// kinds of descriptors. To a file, so that no reader's pace is in it.
fn sender_against_plain_loop(dir: &Path) -> Option<Vec<Pair>> {
    let made = endpoint::Source::generate(dir, SIZE, &mut |_| Ok(())).expect("a source");
    let spec = TransferSpec {
        to: Sink::File,
        size: Size(SIZE),
        ..TransferSpec::of(Method::ReadWrite)
    };
    let rounds = (0..21).map(|_| Pair {
        ours: ours(&spec, &made.file, dir),
        theirs: plain_loop(&made.file, dir),
    });
    Some(rounds.collect())
}

fn ours(spec: &TransferSpec, source: &File, dir: &Path) -> Duration {
    let mut command = Command::new(ZCLAB);
    command.args(["__transfer", spec.method.name(), "--stdin-source"]);
    command.args(["--to", spec.to.name(), "--receiver", Drain::Discard.name()]);
    command
        .arg(format!("--size={}", spec.size.bytes()))
        .arg("--dir")
        .arg(dir);
    command.stdin(source.try_clone().expect("a descriptor"));
    let out = command.output().expect("the hidden command");
    let report: serde_json::Value = serde_json::from_slice(&out.stdout).expect("a report");
    Duration::from_nanos(report["measured"]["cpu_ns"].as_u64().expect("CPU time"))
}

/// Nothing but the calls.
fn plain_loop(source: &File, dir: &Path) -> Duration {
    let source = File::open(format!("/proc/self/fd/{}", source.as_raw_fd())).expect("the source");
    let sink = endpoint::scratch_file(dir).expect("a sink");
    let mut buffer = vec![1u8; 65536];
    let before = cpu();
    loop {
        // SAFETY: the buffer is as long as is said.
        let n = unsafe { libc::read(source.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len()) };
        if n == 0 {
            break;
        }
        assert!(n > 0, "{}", io::Error::last_os_error());
        // SAFETY: the buffer holds n bytes.
        let written = unsafe { libc::write(sink.as_raw_fd(), buffer.as_ptr().cast(), n as usize) };
        assert_eq!(written, n, "{}", io::Error::last_os_error());
    }
    cpu() - before
}

fn cpu() -> Duration {
    let clock = nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID;
    nix::time::clock_gettime(clock)
        .expect("the CPU clock")
        .into()
}
