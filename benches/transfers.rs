//! The promises about speed, measured: `cargo bench --bench transfers`. Each compares two things that run in turn,
//! in one process and on one machine, because a machine drifts several-fold within minutes. Prints name, bound and
//! what was measured; fails where a bound is exceeded.

mod plain;
mod rings;

use std::{
    fs::File,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use zclab::{
    endpoint::{self, Drain},
    host,
    model::{Method, Sink, Size, TransferSpec},
    tracer::{self, Cancel, Program},
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
            "untraced read-write to a file, 256 MiB in 64 KiB chunks / a plain loop, CPU",
            1.03,
            sender_against_plain_loop(Method::ReadWrite, Sink::File, SIZE, 15, &dir),
        ),
        proof(),
    ];
    let kept = kept.into_iter().chain(methods(&dir));
    let kept: Vec<_> = kept.collect();
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
        command.args(["-f", "-o"]).arg(log.path()).arg(ZCLAB);
        transfer(&mut command, None, &source, dir, 4096);
        let start = Instant::now();
        let status = command.status().ok()?;
        status.success().then(|| start.elapsed())
    };
    let ours = || {
        let mut command = Command::new(ZCLAB);
        let cpu = current_cpu();
        transfer(&mut command, cpu, &source, dir, 4096);
        let input = source.try_clone().expect("a descriptor");
        let output = File::create("/dev/null").expect("/dev/null");
        let program = Program {
            streams: [Some(input.into()), Some(output.into()), None],
            ..Program::from(&command)
        };
        let options = tracer::Options {
            all: true,
            follow: false,
            between_markers: true,
            cpu,
            keep: None,
        };
        let start = Instant::now();
        let recorded = tracer::record(program, &options, &Cancel::new(), &mut |_| {}).ok()?;
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

/// The arguments of the hidden command, as the lab has them: read-write to a TCP connection whose receiver hashes. Ours
/// keeps the receiver off the CPU that tracer and sender share; strace pins nothing, and its receiver is free.
fn transfer(command: &mut Command, beside: Option<usize>, source: &File, dir: &Path, chunk: u64) {
    let all = host::allowed_cpus().expect("the CPU affinity");
    let taken = beside.map(|cpu| cpu.to_string());
    let others = all.split(',').filter(|cpu| Some(*cpu) != taken.as_deref());
    let others = others.collect::<Vec<_>>().join(",");
    let cpus = if others.is_empty() { all } else { others };
    command.args(["__transfer", "read-write", "--stdin-source", "--to", "tcp"]);
    command.args(["--receiver", "hash", "--receiver-cpus", &cpus]);
    command.args([format!("--size={SIZE}"), format!("--chunk={chunk}")]);
    command.arg("--dir").arg(dir);
    command.stdin(source.try_clone().expect("a descriptor"));
    command.stdout(Stdio::null());
}

fn source(dir: &Path) -> File {
    let made = endpoint::Source::generate(dir, SIZE, &mut |_| Ok(()));
    made.expect("a source").file
}

/// Each method's sender against a plain loop of the same calls, to a file where it can, so that no reader's pace is in
/// it; else to its usual sink, with the reader on the same CPU. On two CPUs a sender's time is mostly a matter of how
/// often the two wait for each other: a method and its plain loop, and the plain loop and itself, then differ twofold.
fn methods(dir: &Path) -> Vec<bool> {
    println!(
        "\neach method, 64 MiB in 64 KiB chunks / a plain loop of the same calls, CPU of the process that is measured; all on \
         one CPU"
    );
    // Processes that this thread makes stay there, too.
    let here = current_cpu().expect("the current CPU").to_string();
    host::run_on(&here).expect("the CPU affinity");
    let mut kept = Vec::new();
    // Shared memory is one call, however much there is: some microseconds, which compare with nothing.
    for method in Method::ALL
        .into_iter()
        .filter(|method| *method != Method::SharedMemory)
    {
        // The plain loops over requests of an io_uring send to a socket.
        let to = match method.sinks().contains(&Sink::File) && !method.uses_ring() {
            true => Sink::File,
            false => method.sinks()[0],
        };
        let rounds = sender_against_plain_loop(method, to, 64 << 20, 21, dir);
        kept.push(bound(&format!("  {method} to {to}"), 1.03, rounds));
    }
    kept
}

/// The CPU time that the hidden command reports of itself, and that of a bare loop over the same calls on the same
/// kinds of descriptors.
fn sender_against_plain_loop(
    method: Method,
    to: Sink,
    size: u64,
    rounds: usize,
    dir: &Path,
) -> Option<Vec<Pair>> {
    let made = endpoint::Source::generate(dir, size, &mut |_| Ok(())).expect("a source");
    let spec = TransferSpec {
        to,
        size: Size(size),
        ..TransferSpec::of(method)
    };
    let round = |_| {
        Some(Pair {
            ours: ours(&spec, &made.file, dir)?,
            theirs: match method.uses_ring() {
                true => rings::cpu_of(method, &made.file, size as usize, dir)?,
                false => plain::cpu_of(method, to, &made.file, dir)?,
            },
        })
    };
    (0..rounds).map(round).collect()
}

/// Everything that `zclab prove` proves, in seconds.
fn proof() -> bool {
    let wall = |_| {
        let start = Instant::now();
        let status = Command::new(ZCLAB)
            .args(["prove", "--json"])
            .stdout(Stdio::null())
            .status();
        assert!(status.expect("zclab prove").success());
        start.elapsed().as_secs_f64()
    };
    let found = median(&sorted((0..3).map(wall)));
    let kept = found <= 3.0;
    let verdict = if kept { "kept" } else { "NOT KEPT" };
    println!("zclab prove, all of it, seconds\n    at most 3.00   measured {found:.3}   {verdict}");
    kept
}

fn ours(spec: &TransferSpec, source: &File, dir: &Path) -> Option<Duration> {
    let mut command = Command::new(ZCLAB);
    command.args(["__transfer", spec.method.name(), "--stdin-source"]);
    command.args(["--to", spec.to.name(), "--receiver", Drain::Discard.name()]);
    command
        .arg(format!("--size={}", spec.size.bytes()))
        .arg("--dir")
        .arg(dir);
    command.stdin(source.try_clone().expect("a descriptor"));
    let out = command.output().expect("the hidden command");
    // Refused here, or not there any more.
    let report: serde_json::Value = serde_json::from_slice(&out.stdout).ok()?;
    report["measured"]["cpu_ns"]
        .as_u64()
        .map(Duration::from_nanos)
}

fn current_cpu() -> Option<usize> {
    // SAFETY: sched_getcpu takes nothing and touches no memory.
    usize::try_from(unsafe { libc::sched_getcpu() }).ok()
}

fn cpu() -> Duration {
    let clock = nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID;
    nix::time::clock_gettime(clock)
        .expect("the CPU clock")
        .into()
}
