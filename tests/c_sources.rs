//! The C beside the Rust of each method: it compiles, it moves all the bytes, and it makes the same calls as the Rust.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use zclab::{
    endpoint,
    experiment::{self, Source},
    model::{CallState, Exit, Method, Sink, Size, Trace, TransferSpec},
    tracer::{self, Cancel, Options, Program, TraceError},
};

mod require;

use require::skip;

/// Each method that is shown in C too, a sink, the C function's parameters, and what the harness gives it.
const ALL: [(Method, Sink, &str, &str); 12] = {
    use Method::*;
    use Sink::{File, Pipe, Tcp, Unix};
    const BUFFER: &str = "int, int, char *, size_t";
    const BY_BUFFER: &str = "source, sink, buffer, chunk";
    const PIPE: &str = "int, int, int, int, size_t";
    const BY_PIPE: &str = "source, out, into, sink, chunk";
    const PLAIN: &str = "int, int, size_t";
    [
        (ReadWrite, Unix, BUFFER, BY_BUFFER),
        (
            MmapWrite,
            Unix,
            "int, int, size_t, size_t",
            "source, sink, size, chunk",
        ),
        (Sendfile, Unix, PLAIN, "source, sink, chunk"),
        (Splice, Tcp, PIPE, BY_PIPE),
        (CopyFileRange, File, PLAIN, "source, sink, chunk"),
        (
            Vmsplice,
            Tcp,
            "char *, size_t, int, int, int, size_t",
            "memory, size, out, into, sink, chunk",
        ),
        (
            Tee,
            Pipe,
            "int, int, int, int, int, size_t",
            "source, out, into, sink, second, chunk",
        ),
        (SendZerocopy, Tcp, BUFFER, BY_BUFFER),
        (SharedMemory, Unix, PLAIN, "shared, sink, size"),
        (RecvWrite, File, BUFFER, BY_BUFFER),
        (SpliceReceive, File, PIPE, BY_PIPE),
        (TcpMmapReceive, File, BUFFER, BY_BUFFER),
    ]
};

const SIZE: u64 = 300_001;
const CHUNK: u64 = 64 << 10;

/// The C of a method as a program, or none where this machine has no compiler.
fn compiled(row: &(Method, Sink, &str, &str), dir: &Path) -> Option<PathBuf> {
    let (method, sink, parameters, arguments) = row;
    let program = dir.join(method.name());
    let sink = match sink {
        Sink::Unix => "unix_",
        Sink::Pipe => "pipe_",
        sink => sink.name(),
    };
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut compiler = Command::new("cc");
    compiler.args(["-std=gnu17", "-O1", "-Wall", "-Wextra", "-Werror"]);
    compiler.arg(format!("-DSINK={sink}"));
    compiler.arg(format!("-DRECEIVES={}", u8::from(method.receives())));
    compiler.arg(format!("-DPROTOTYPE=({parameters})"));
    compiler.arg(format!("-DCALL=transfer({arguments})"));
    compiler.arg(here.join("src/transfer").join(method.c_file()));
    compiler.arg(here.join("tests/c/harness.c"));
    let done = match compiler.arg("-o").arg(&program).output() {
        Ok(done) => done,
        Err(error) => {
            skip("cc", format!("it cannot be started: {error}"));
            return None;
        }
    };
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{method} in C: {said}");
    Some(program)
}

/// The calls of the C, between the same markers as those of the lab.
fn calls_of_c(program: &Path, source: &Path, dir: &Path) -> Option<Trace> {
    let said = dir.join("said");
    // A directory for a file that is written, too.
    let mut command = Command::new("sh");
    command.args(["-c", "cd \"$0\" && exec \"$@\""]).arg(dir);
    command.arg(program).arg(source);
    command.args([SIZE.to_string(), CHUNK.to_string()]);
    let program = Program {
        streams: [None, Some(fs::File::create(&said).unwrap().into()), None],
        ..Program::from(&command)
    };
    let options = Options {
        all: true,
        follow: false,
        between_markers: true,
        ..Options::default()
    };
    let recorded = match tracer::record(program, &options, &Cancel::new(), &mut |_| {}) {
        Err(TraceError::Refused(cause)) => {
            skip("ptrace", cause);
            return None;
        }
        recorded => recorded.unwrap(),
    };
    assert_eq!(
        recorded.ended,
        Exit::Code(0),
        "{}",
        command.get_args().count()
    );
    Some(recorded.trace)
}

/// How often each call was made; one that a signal or a full queue sent back is made again.
fn counted(trace: &Trace) -> BTreeMap<String, u64> {
    let mut all = BTreeMap::new();
    for call in &trace.calls {
        assert_eq!(call.state, CallState::Returned);
        *all.entry(trace.name(call).to_owned()).or_default() += 1;
    }
    all
}

#[test]
fn the_c_of_each_method_makes_the_calls_of_its_rust() {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .or_else(|_| tempfile::tempdir())
        .unwrap();
    endpoint::set_program(env!("CARGO_BIN_EXE_zclab"));
    let source = dir.path().join("source");
    let bytes: Vec<u8> = (0..SIZE).map(|at| ((at * 7) >> 3) as u8).collect();
    fs::write(&source, &bytes).unwrap();
    for row in &ALL {
        let (method, to, ..) = *row;
        let Some(program) = compiled(row, dir.path()) else {
            return;
        };
        let Some(in_c) = calls_of_c(&program, &source, dir.path()) else {
            return;
        };
        let spec = TransferSpec {
            to,
            size: Size(SIZE),
            chunk: Size(CHUNK),
            ..TransferSpec::of(method)
        };
        let from = Source {
            file: Some(source.clone()),
            dir: Some(dir.path().to_owned()),
        };
        let run = experiment::run(&spec, &from, &Cancel::new(), &mut |_| {}).unwrap();
        let Some(in_rust) = &run.trace else {
            return skip("ptrace", format!("{:?}", run.unavailable));
        };
        let (c, rust) = (counted(&in_c), counted(in_rust));
        // How much arrives at once depends on the peer: then only which calls there are is sure; a rest is copied or not.
        let depends = method.receives() || method.has_reports() || to == Sink::Pipe;
        if depends {
            let names = |all: &BTreeMap<String, u64>| -> BTreeSet<String> {
                let rest = |name: &String| name == "poll" || name == "recvfrom";
                let may = |name: &&String| !(method != Method::RecvWrite && rest(name));
                all.keys().filter(may).cloned().collect()
            };
            assert_eq!(names(&c), names(&rust), "{method}");
        } else {
            assert_eq!(c, rust, "{method}");
        }
    }
}

/// What the learner is shown beside each Rust; rings are set up by a library, not by the transfer.
#[test]
fn every_method_without_a_ring_has_its_c() {
    for method in Method::ALL {
        let there = zclab::embedded::transfer_source(&method.c_file()).is_some();
        assert_eq!(there, !method.uses_ring(), "{method}");
        let known = ALL.iter().any(|(of, ..)| *of == method);
        assert_eq!(
            known,
            there && !method.encrypts(),
            "{method} has C that no test runs, or a test without C"
        );
    }
}

/// The page shows them at 80 columns, five of which are the line's number.
#[test]
fn lines_of_c_fit_the_screen() {
    for method in Method::ALL {
        let text = zclab::embedded::transfer_source(&method.c_file()).unwrap_or_default();
        for line in text.lines() {
            assert!(line.chars().count() <= 66, "{}: {line}", method.c_file());
        }
    }
}
