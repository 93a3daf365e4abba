//! Every way to move bytes really moves them: all sinks, awkward sizes, exact calls, nothing left behind.

use std::{
    fs,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use zclab::{
    copypath::{CopyTracker, summarise},
    embedded, endpoint,
    experiment::{self, Source},
    host,
    model::{
        Cache, Call, Descriptor, DescriptorKind, How, Method, NO_DESCRIPTOR, Place, Recording,
        Request, Sink, Size, Trace, TransferSpec, marker,
    },
    tracer::{Cancel, TraceError},
};

mod require;

use require::skip;

const ZCLAB: &str = env!("CARGO_BIN_EXE_zclab");

fn zclab(args: &[&str], dir: &Path) -> Command {
    let mut command = Command::new(ZCLAB);
    command
        .args(args)
        .arg("--dir")
        .arg(dir)
        .stdin(Stdio::null());
    command
}

fn json(command: &mut Command) -> Value {
    let out = command.output().unwrap();
    let errors = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{command:?}: {errors}");
    serde_json::from_slice(&out.stdout).unwrap()
}

/// Next to the build, which is seldom on tmpfs, if whoever runs this may write there.
fn dir_on_disk() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .or_else(|_| tempfile::tempdir())
        .unwrap()
}

/// The experiment by the library, with this test's binary replaced by the real one.
fn record(spec: &TransferSpec, dir: &Path) -> Recording {
    endpoint::set_program(ZCLAB);
    let source = Source {
        file: None,
        dir: Some(dir.to_owned()),
    };
    experiment::run(spec, &source, &Cancel::new(), &mut |_| {}).unwrap()
}

fn spec(method: Method, to: Sink, size: u64) -> TransferSpec {
    TransferSpec {
        to,
        size: Size(size),
        ..TransferSpec::of(method)
    }
}

/// The methods that this machine lets work, in [`dir_on_disk`]; the others are named.
fn methods() -> Vec<Method> {
    let disk = host::file_system(fs::File::open(dir_on_disk().path()).unwrap());
    let possible = |method: &Method| match experiment::refusal(*method) {
        Some(refused) => {
            skip(&refused.instrument, format!("{method}: {}", refused.reason));
            false
        }
        _ if method.bypasses_cache() && disk == "tmpfs" => {
            skip("o-direct", format!("{method}: there is only tmpfs here"));
            false
        }
        _ => true,
    };
    Method::ALL.into_iter().filter(possible).collect()
}

fn each_way(mut see: impl FnMut(Method, Sink)) {
    for method in methods() {
        for to in method.sinks() {
            see(method, *to);
        }
    }
}

#[test]
fn every_method_sink_and_size_arrives_whole() {
    let dir = dir_on_disk();
    let mib = 1u64 << 20;
    each_way(|method, to| {
        for (size, chunk) in [
            (0, 65536),
            (1, 65536),
            (257, 1),
            (4095, 4096),
            (4097, 7),
            (65537, 65536),
            (104_729, 7919),
            (mib + 1, 65536),
            (mib, 16 * mib),
            (3 * mib - 1, 1_000_003),
        ] {
            for receiver in ["hash", "discard"] {
                let (size_arg, chunk_arg) = (size.to_string(), chunk.to_string());
                let report = json(&mut zclab(
                    &[
                        "__transfer",
                        method.name(),
                        "--to",
                        to.name(),
                        "--receiver",
                        receiver,
                        "--size",
                        &size_arg,
                        "--chunk",
                        &chunk_arg,
                    ],
                    dir.path(),
                ));
                let way = format!("{method} to {to}, {size} by {chunk}, {receiver}");
                assert_eq!(report["bytes_moved"], size, "{way}");
                assert_eq!(report["received"], size, "{way}");
                if receiver == "hash" {
                    assert!(report["checksum"].is_u64(), "{way}");
                    assert_eq!(report["checksums"][0], report["checksum"], "{way}");
                }
            }
        }
    });
}

/// Whether a call waited, was interrupted before it had moved a byte, and is made again by the kernel (ERESTARTSYS and its
/// like, 512 to 516): a process that is frozen or stopped for a moment shows that, and its program does not see it.
fn is_made_again(call: &Call) -> bool {
    (-516..=-512).contains(&call.result)
}

/// The calls of 1 MiB in 64 KiB chunks, where the count does not depend on the reader.
#[test]
fn calls_are_exact_to_sockets_and_files() {
    let dir = dir_on_disk();
    each_way(|method, to| {
        let recording = record(&spec(method, to, 1 << 20), dir.path());
        let Some(trace) = &recording.trace else {
            return skip("ptrace", format!("{:?}", recording.unavailable));
        };
        assert_eq!(recording.outcome.verified, Some(true));
        let found: Vec<(&str, u64)> = trace.calls_by_name();
        if method.uses_ring() {
            return requests_are_exact(&recording, trace);
        }
        if method == Method::TcpMmapReceive {
            return mapped_receive_is_whole(&recording, trace);
        }
        if method.receives() {
            // As much a call as has arrived: only the sums are certain.
            let sum = |which: usize, fd| -> i64 {
                let of = |call: &&Call| {
                    let is_of = trace.descriptor(call, which).map(|d| d.fd) == Some(fd);
                    is_of && !is_made_again(call)
                };
                let calls = trace.calls.iter().filter(of);
                calls
                    .map(|call| call.returned().expect("no call failed"))
                    .sum()
            };
            let out = usize::from(method == Method::SpliceReceive);
            assert_eq!((sum(0, 3), sum(out, 4)), (1 << 20, 1 << 20), "{found:?}");
            assert_eq!(trace.calls.last().unwrap().result, 0);
            return;
        }
        if to == Sink::Pipe {
            // A pipe gives short counts that depend on the reader: only the sum is certain.
            let last = if method == Method::MmapWrite {
                "munmap"
            } else {
                ""
            };
            let moved: i64 = trace
                .calls
                .iter()
                .filter(|call| !["read", "mmap", "tee", last].contains(&trace.name(call)))
                .filter(|call| call.descriptors[1] == NO_DESCRIPTOR || names_sink(trace, call))
                .filter_map(|call| call.returned())
                .sum();
            assert_eq!(moved, 1 << 20, "{method} to a pipe: {found:?}");
            return;
        }
        if method == Method::SendZerocopy {
            let reports = recording.outcome.kernel_reports.as_ref().unwrap();
            let sends = trace.calls.iter().filter(|call| {
                trace.name(call) == "sendto" && call.args[3] & 0x400_0000 != 0 && call.result > 0
            });
            assert_eq!(reports.completions, sends.count() as u64, "{found:?}");
            return;
        }
        if method == Method::Vmsplice {
            let calls = trace.calls.iter();
            let vmspliced = calls.filter(|call| trace.name(call) == "vmsplice");
            let sum: i64 = vmspliced.filter_map(|call| call.returned()).sum();
            assert_eq!(sum, 1 << 20, "{to}: {found:?}");
            return;
        }
        if method == Method::Splice {
            let sum = |out_of_pipe: bool| -> i64 {
                let calls = trace.calls.iter();
                calls
                    .filter(|call| {
                        let from = trace.descriptor(call, 0).unwrap();
                        (from.kind == DescriptorKind::Pipe) == out_of_pipe
                    })
                    .map(|call| call.returned().expect("no splice failed"))
                    .sum()
            };
            assert_eq!((sum(false), sum(true)), (1 << 20, 1 << 20), "{to}");
            return;
        }
        let expected: &[(&str, u64)] = match method {
            Method::ReadWrite => &[("read", 17), ("write", 16)],
            Method::MmapWrite => &[("write", 16), ("mmap", 1), ("munmap", 1)],
            Method::Sendfile => &[("sendfile", 17)],
            Method::CopyFileRange => &[("copy_file_range", 17)],
            Method::SharedMemory => &[("sendmsg", 1)],
            _ => unreachable!("counts depend on the pipe, or on the peer"),
        };
        assert_eq!(found, expected, "{method} to {to}");
    });
}

/// Every request that was handed over is completed, and together they moved all bytes, in and out.
fn requests_are_exact(recording: &Recording, trace: &Trace) {
    let way = format!("{} to {}", recording.spec.method, recording.spec.to);
    let entered = trace.calls.iter().enumerate();
    for (number, enter) in entered.filter(|(_, call)| trace.name(call) == "io_uring_enter") {
        let handed_over = trace.requests_of(number).len() as i64;
        assert_eq!(enter.returned(), Some(handed_over), "{way}");
    }
    let sum = |which: usize, of: &dyn Fn(&Descriptor) -> bool| -> i64 {
        let named = |it: &&Request| trace.descriptor_of(it, which).is_some_and(of);
        let requests = trace.requests.iter().filter(named);
        let results = requests.map(|it| it.result.expect("completed"));
        results.filter(|result| *result != -125).sum() // ECANCELED: it will be asked for again
    };
    let source = |fd: &Descriptor| fd.kind == DescriptorKind::File && fd.name == "source";
    let taken = usize::from(recording.spec.method == Method::UringSplice);
    assert_eq!(sum(taken, &source), 1 << 20, "{way}");
    assert_eq!(sum(0, &|fd| fd.fd == 4), 1 << 20, "{way}");
    if let Some(reports) = &recording.outcome.kernel_reports {
        let told: Vec<_> = trace.requests.iter().filter_map(Request::copied).collect();
        let copied = told.iter().filter(|copied| **copied).count();
        let in_rings = (told.len() as u64, copied as u64);
        assert_eq!((reports.completions, reports.copied), in_rings, "{way}");
        assert!(reports.completions >= 16, "{way}: {reports:?}");
    }
}

/// Less than a block goes by the page cache; a file system without O_DIRECT is named.
#[test]
fn direct_send_reads_whole_blocks_past_the_page_cache() {
    if !methods().contains(&Method::DirectSend) {
        return;
    }
    let dir = dir_on_disk();
    for (size, direct) in [(0, 0), (1, 0), (4096, 4096), (300_001, 299_008)] {
        let recording = record(&spec(Method::DirectSend, Sink::Tcp, size), dir.path());
        if recording.trace.is_none() {
            return skip("ptrace", format!("{:?}", recording.unavailable));
        }
        let summary = summarise(&recording);
        let from = |place| {
            let hops = summary.copy_path.iter();
            let hops = hops.filter(|hop| hop.from == place && !hop.ghost);
            hops.map(|hop| (hop.bytes, hop.to, hop.how)).next()
        };
        let some = |bytes, how| (bytes > 0).then_some((bytes, Place::UserBuffer, how));
        assert_eq!(from(Place::Disk), some(direct, How::Dma), "{size}");
        let tail = size - direct;
        assert_eq!(from(Place::PageCache), some(tail, How::CpuCopy), "{size}");
        if direct > 100_000 {
            let read = recording.measured.unwrap().read_bytes;
            assert!(read.is_none_or(|read| read >= direct), "{read:?}");
        }
    }
    let Some(tmpfs) = ["/dev/shm", "/run", "/tmp"].into_iter().find(|dir| {
        fs::File::open(dir).is_ok_and(|file| host::file_system(&file) == "tmpfs")
            && tempfile::tempfile_in(dir).is_ok()
    }) else {
        return skip("tmpfs", "none that can be written to");
    };
    let out = zclab(&["run", "direct-send"], tmpfs.as_ref())
        .output()
        .unwrap();
    let error = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(1), "{error}");
    assert!(
        error.contains("tmpfs") && error.lines().count() <= 2,
        "{error}"
    );
}

/// The first half of a link may fall short: a pipe holds less than the chunk.
#[test]
fn a_broken_link_is_made_good() {
    if !methods().contains(&Method::UringSplice) {
        return;
    }
    let dir = dir_on_disk();
    let spec = TransferSpec {
        chunk: Size(256 << 10),
        ..spec(Method::UringSplice, Sink::Tcp, 1 << 20)
    };
    let recording = record(&spec, dir.path());
    let Some(trace) = &recording.trace else {
        return skip("ptrace", format!("{:?}", recording.unavailable));
    };
    let errors = trace.requests.iter().filter_map(Request::errno);
    let cancelled = errors.filter(|errno| *errno == 125).count();
    assert!(
        cancelled >= 15,
        "a pipe holds 64 KiB: {cancelled} were cancelled"
    );
    assert_eq!(recording.outcome.verified, Some(true));
}

/// Whether the sink is among a call's descriptors: of tee's splices, those that hand over.
fn names_sink(trace: &Trace, call: &Call) -> bool {
    let fds = [0, 1].map(|which| trace.descriptor(call, which).map(|fd| fd.fd));
    fds.contains(&Some(4))
}

/// Both readers of tee get all of it, whatever the size, and each checksum is compared.
#[test]
fn tee_gives_two_readers_the_same() {
    let dir = tempfile::tempdir().unwrap();
    for (size, chunk) in [
        ("0", "64KiB"),
        ("1", "1"),
        ("1000003", "100000"),
        ("3MiB", "1MiB"),
    ] {
        let args = ["__transfer", "tee", "--size", size, "--chunk", chunk];
        let report = json(&mut zclab(&args, dir.path()));
        assert_eq!(report["received"], report["also_received"], "{size}");
        assert_eq!(report["checksums"][0], report["checksum"], "{size}");
        assert_eq!(report["checksums"][1], report["checksum"], "{size}");
    }
    let run = json(&mut zclab(&["run", "tee", "--json"], dir.path()));
    assert_eq!(run["also_received"], 1 << 20);
    if let Some(calls) = run["traced"]["calls_by_name"].as_object() {
        assert!(calls["tee"].as_u64() >= Some(16), "{calls:?}");
        assert_eq!(run["verified"], true);
    }
}

#[test]
fn no_call_for_an_empty_mapping_one_for_an_empty_file() {
    let dir = dir_on_disk();
    for (method, calls) in [
        (Method::ReadWrite, 1),
        (Method::MmapWrite, 0),
        (Method::Sendfile, 1),
        (Method::Splice, 1),
        (Method::CopyFileRange, 1),
        (Method::Vmsplice, 0),
        (Method::SendZerocopy, 1),
        (Method::SharedMemory, 1),
        (Method::RecvWrite, 1),
        (Method::SpliceReceive, 1),
        (Method::TcpMmapReceive, 4),
        (Method::Tee, 1),
        (Method::UringFixed, 0),
        (Method::UringSendZc, 0),
        (Method::UringSplice, 0),
        (Method::DirectSend, 0),
        (Method::KtlsSendfile, 1),
    ] {
        if !methods().contains(&method) {
            continue;
        }
        let recording = record(&spec(method, method.sinks()[0], 0), dir.path());
        match &recording.trace {
            Some(trace) => assert_eq!(trace.calls.len(), calls, "{method}"),
            None => skip("ptrace", format!("{:?}", recording.unavailable)),
        }
    }
}

/// What the kernel says it mapped and what recv() brought are all that the peer sent, and all of it was written; it ends
/// with EIO, and the mapping is taken back.
fn mapped_receive_is_whole(recording: &Recording, trace: &Trace) {
    let of = |name: &'static str| trace.calls.iter().filter(move |it| trace.name(it) == name);
    let sum = |name| -> i64 { of(name).filter_map(Call::returned).sum() };
    let mapped = mapped_bytes(recording);
    assert_eq!(mapped as i64 + sum("recvfrom"), 1 << 20);
    assert_eq!(sum("write"), 1 << 20);
    if segments_hold_pages() {
        assert!(
            mapped * 10 >= 9 << 20,
            "the peer sends whole pages: {mapped}"
        );
    }
    let asked: Vec<_> = of("getsockopt").collect();
    let receives = recording.outcome.mapped_receives.as_ref().unwrap();
    assert_eq!(asked.len(), receives.len() + 1, "{receives:?}");
    assert_eq!(asked.last().unwrap().errno(), Some(libc::EIO));
    assert_eq!(trace.name(trace.calls.last().unwrap()), "munmap");
}

fn mapped_bytes(recording: &Recording) -> u64 {
    let receives = recording.outcome.mapped_receives.as_ref().unwrap();
    receives.iter().map(|bytes| u64::from(*bytes)).sum()
}

fn page_size() -> u64 {
    zclab::host::machine().page_size
}

/// TCP_MAXSEG goes up to 32 KiB: pages of 64 KiB, as on some aarch64 systems, fit no segment.
fn segments_hold_pages() -> bool {
    page_size() < 1 << 15
}

/// Source and sink stand at the same numbers and under names that mean something.
#[test]
fn descriptors_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let recording = record(&spec(Method::Sendfile, Sink::File, 65536), dir.path());
    let Some(trace) = &recording.trace else {
        return skip("ptrace", format!("{:?}", recording.unavailable));
    };
    let named: Vec<_> = trace
        .descriptors
        .iter()
        .map(|d| (d.fd, d.name.as_str()))
        .collect();
    assert!(named.contains(&(3, "source")), "{named:?}");
    assert!(named.contains(&(4, "sink")), "{named:?}");
}

#[test]
fn a_file_of_ones_own_is_sent_and_left_alone() {
    let dir = dir_on_disk();
    let path = dir.path().join("mine");
    fs::write(&path, "0123456789".repeat(1000)).unwrap();
    let file = path.to_str().unwrap();
    each_way(|method, to| {
        let whole = json(&mut zclab(
            &[
                "run",
                method.name(),
                "--to",
                to.name(),
                "--file",
                file,
                "--json",
            ],
            dir.path(),
        ));
        assert_eq!(whole["size"], 10_000);
        assert_eq!(whole["bytes_moved"], 10_000);
        assert_ne!(whole["verified"], false);
    });
    let part = json(&mut zclab(
        &["run", "sendfile", "--file", file, "--size", "999", "--json"],
        dir.path(),
    ));
    assert_eq!(part["bytes_moved"], 999);
    assert_eq!(part["received"], 999);
    assert_eq!(fs::metadata(&path).unwrap().len(), 10_000);
    let names: Vec<_> = fs::read_dir(dir.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(names, ["mine"], "something was left behind");
}

#[test]
fn a_cold_source_is_cold_or_says_why_not() {
    let dir = dir_on_disk();
    for method in methods() {
        let run = json(&mut zclab(
            &["run", method.name(), "--cold", "--json"],
            dir.path(),
        ));
        assert_eq!(run["cache"], "cold");
        if method.receives() {
            assert!(run["residency"]["before"].is_null(), "{run}");
            assert_eq!(run["unavailable"][0]["instrument"], "cold-cache");
            continue;
        }
        let pages = run["residency"]["before"]["pages"].as_u64().unwrap();
        let before = run["residency"]["before"]["resident"].as_u64().unwrap();
        assert!(pages > 0);
        let excuses = run["unavailable"].as_array().cloned().unwrap_or_default();
        let excused = excuses.iter().any(|one| one["instrument"] == "cold-cache");
        assert_eq!(before > 0, excused, "{run}");
        if excused {
            skip("cold-cache", format!("{excuses:?}"));
        }
        let read_in = if method.bypasses_cache() { 0 } else { pages };
        assert_eq!(
            run["residency"]["after"]["resident"],
            if excused { pages } else { read_in },
            "{method} read it in"
        );
    }
}

/// What a run says that it is at.
const STAGES: [&str; 3] = ["preparing the file", "untraced run", "traced run"];

#[test]
fn cancelling_leaves_no_process_and_no_file() {
    endpoint::set_program(ZCLAB);
    for stage in STAGES {
        let dir = dir_on_disk();
        let spec = TransferSpec {
            chunk: Size(512),
            ..spec(Method::ReadWrite, Sink::Tcp, 128 << 20)
        };
        let source = Source {
            file: None,
            dir: Some(dir.path().to_owned()),
        };
        let cancel = Cancel::new();
        let mut reached = false;
        let result = experiment::run(&spec, &source, &cancel, &mut |progress| {
            if progress.at == stage {
                reached = true;
                cancel.cancel();
            }
        });
        match result {
            Ok(recording) if !reached && recording.trace.is_none() => {
                skip("ptrace", format!("{:?}", recording.unavailable));
            }
            Ok(_) => panic!("{stage}: it was not cancelled (reached: {reached})"),
            Err(error) => {
                let cancelled = error.downcast_ref::<TraceError>();
                assert!(
                    matches!(cancelled, Some(TraceError::Cancelled)),
                    "{stage}: {error:#}"
                );
            }
        }
        let mark = dir.path().to_str().unwrap();
        assert_eq!(processes("cmdline", mark), Vec::<PathBuf>::new(), "{stage}");
        assert_eq!(open_files(mark), Vec::<PathBuf>::new(), "{stage}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "{stage}");
    }
}

/// The program is killed as hard as can be: its children end, and its files have no names to be left under.
#[test]
fn a_killed_program_leaves_nothing_behind() {
    let dir = dir_on_disk();
    let mark = dir.path().to_str().unwrap();
    let mut command = zclab(
        &["run", "read-write", "--size", "64MiB", "--chunk", "128"],
        dir.path(),
    );
    let mut child = command.env("ZCLAB_TEST_MARK", mark).spawn().unwrap();
    // Program, sender, receiver.
    wait_until("three processes", || processes("environ", mark).len() >= 3);
    child.kill().unwrap();
    child.wait().unwrap();
    wait_until("no process", || processes("environ", mark).is_empty());
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}: never");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The processes in whose `cmdline` or `environ` `mark` stands.
fn processes(file: &str, mark: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .map(|entry| entry.path());
    entries
        .filter(|path| {
            let text = fs::read(path.join(file)).unwrap_or_default();
            text.windows(mark.len()).any(|part| part == mark.as_bytes())
        })
        .collect()
}

/// This process's open files below a directory.
fn open_files(dir: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir("/proc/self/fd").unwrap().flatten();
    let links = entries.filter_map(|entry| fs::read_link(entry.path()).ok());
    links.filter(|link| link.starts_with(dir)).collect()
}

#[test]
fn progress_grows_stage_by_stage() {
    endpoint::set_program(ZCLAB);
    let dir = tempfile::tempdir().unwrap();
    let spec = spec(Method::Sendfile, Sink::Unix, 8 << 20);
    let source = Source {
        file: None,
        dir: Some(dir.path().to_owned()),
    };
    let mut seen = Vec::new();
    experiment::run(&spec, &source, &Cancel::new(), &mut |progress| {
        let stage = STAGES.iter().position(|stage| *stage == progress.at);
        seen.push((stage.unwrap(), progress.done, progress.total));
    })
    .unwrap();
    assert!(seen.is_sorted(), "{seen:?}");
    assert!(seen.contains(&(0, 8 << 20, 8 << 20)), "{seen:?}");
    assert!(
        seen.iter().all(|(_, done, total)| done <= total),
        "{seen:?}"
    );
}

/// A call finds its source line by its name, so each stands once in its file.
#[test]
fn each_recorded_call_has_one_call_site() {
    for (file, calls) in [
        ("read_write.rs", &["read", "write"][..]),
        ("mmap_write.rs", &["mmap", "write", "munmap"]),
        ("sendfile.rs", &["sendfile"]),
        ("copy_file_range.rs", &["copy_file_range"]),
        ("vmsplice.rs", &["vmsplice", "splice"]),
        ("tee.rs", &["tee"]),
        ("send_zerocopy.rs", &["read", "send", "recvmsg", "poll"]),
        ("recv_write.rs", &["recv", "write"]),
        ("shared_memory.rs", &["sendmsg"]),
        ("uring_fixed.rs", &["submit_and_wait"]),
        ("uring_send_zc.rs", &["submit_and_wait"]),
        ("uring_splice.rs", &["submit_and_wait"]),
        ("direct_send.rs", &["submit_and_wait", "pread"]),
    ] {
        let source = embedded::transfer_source(file).unwrap();
        for call in calls {
            let sites: Vec<_> = source.lines().filter(|line| calls_it(line, call)).collect();
            assert_eq!(sites.len(), 1, "{file}: {call}: {sites:?}");
        }
        let widest = source.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(100), "{file} is too wide to be shown");
    }
}

fn calls_it(line: &str, call: &str) -> bool {
    let code = line.split("//").next().unwrap();
    code.match_indices(&format!("{call}(")).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

/// Another tracer, pointed at the hidden command, sees what the recording shows.
#[test]
fn strace_sees_the_same_calls() {
    let dir = dir_on_disk();
    let log = dir.path().join("strace");
    let strace = |command: &Command| {
        let mut strace = Command::new("strace");
        strace.arg("-o").arg(&log).arg(command.get_program());
        strace
            .args(command.get_args())
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        strace.status()
    };
    match strace(&Command::new("true")) {
        Ok(status) if status.success() => {}
        failed => return skip("strace", format!("{failed:?}")),
    }
    for method in methods() {
        let exact = |to: &Sink| {
            let depends = method.has_reports() || method.receives();
            *to != Sink::Pipe && !method.has_pipe(*to) && !depends
        };
        for to in method.sinks().iter().copied().filter(exact) {
            let recording = record(&spec(method, to, 300_001), dir.path());
            let Some(trace) = &recording.trace else {
                return skip("ptrace", format!("{:?}", recording.unavailable));
            };
            let ours: Vec<_> = trace
                .calls
                .iter()
                .map(|call| (trace.name(call).to_owned(), call.result.to_string()))
                .map(without_addresses)
                .collect();
            let args = [
                "__transfer",
                method.name(),
                "--to",
                to.name(),
                "--size=300001",
            ];
            assert!(strace(&zclab(&args, dir.path())).unwrap().success());
            let theirs = between_markers(&fs::read_to_string(&log).unwrap());
            assert_eq!(ours, theirs, "{method} to {to}");
        }
    }
}

fn between_markers(log: &str) -> Vec<(String, String)> {
    log.lines()
        .skip_while(|line| !line.contains(marker::BEGIN))
        .skip(1)
        .take_while(|line| !line.contains(marker::END))
        // A receiver that has all it needs ends at once.
        .filter(|line| !line.starts_with("--- SIGCHLD"))
        .map(|line| {
            let (name, rest) = line.split_once('(').unwrap();
            let result = rest.rsplit_once("= ").unwrap().1;
            (name.to_owned(), result.trim().to_owned())
        })
        .map(without_addresses)
        .collect()
}

fn without_addresses((name, result): (String, String)) -> (String, String) {
    match name.as_str() {
        "mmap" => (name, "an address".to_owned()),
        _ => (name, result),
    }
}

/// One call moves at most 0x7ffff000 bytes, whatever is asked for. Three GiB of disk, so only when asked for.
#[test]
#[ignore = "writes 3 GiB"]
fn three_gib_in_one_call_are_cut_at_the_cap() {
    let dir = dir_on_disk();
    let spec = TransferSpec {
        chunk: Size(3 << 30),
        ..spec(Method::Sendfile, Sink::Unix, 3 << 30)
    };
    let recording = record(&spec, dir.path());
    let trace = recording.trace.expect("ptrace");
    let results: Vec<_> = trace.calls.iter().map(|call| call.result).collect();
    assert_eq!(results, [0x7fff_f000, (3 << 30) - 0x7fff_f000, 0]);
}

/// Into the pipe and out of it: the player tells the two lines apart by what the call takes from.
#[test]
fn a_splice_into_the_pipe_comes_before_the_one_out_of_it() {
    for file in ["splice.rs", "tee.rs", "splice_receive.rs"] {
        let source = embedded::transfer_source(file).unwrap();
        let sites: Vec<_> = source
            .lines()
            .filter(|line| calls_it(line, "splice"))
            .collect();
        assert_eq!(sites.len(), 2, "{file}: {sites:?}");
        assert!(sites[0].contains("splice(source") && sites[1].contains("splice(out"));
    }
}

/// Copies a byte, as FACTS has them for a source in the page cache; how far blocks are shared decides one.
#[test]
fn each_method_copies_as_often_as_it_says() {
    let dir = dir_on_disk();
    each_way(|method, to| {
        let recording = record(&spec(method, to, 300_001), dir.path());
        if recording.trace.is_none() {
            return skip("ptrace", format!("{:?}", recording.unavailable));
        }
        let summary = summarise(&recording);
        let expected = match method {
            Method::ReadWrite => 2.0,
            Method::MmapWrite => 1.0,
            Method::Sendfile | Method::Splice => f64::from(u8::from(to == Sink::File)),
            Method::Vmsplice | Method::Tee | Method::SharedMemory | Method::KtlsSendfile => 0.0,
            Method::RecvWrite => 2.0,
            Method::SpliceReceive => 1.0,
            Method::TcpMmapReceive => {
                let mapped = mapped_bytes(&recording);
                // The end of the stream fills no page; nearly all else does.
                if segments_hold_pages() {
                    assert!((270_000..300_000).contains(&mapped), "{mapped}");
                }
                2.0 - mapped as f64 / 300_001.0
            }
            // What the kernel says it copied, in sends that may differ in size.
            Method::SendZerocopy | Method::UringSendZc | Method::DirectSend => {
                let reports = recording.outcome.kernel_reports.as_ref().unwrap();
                let copies = summary.cpu_copies_per_byte.unwrap();
                let read = match method {
                    Method::DirectSend => (300_001 % 4096) as f64 / 300_001.0,
                    _ => 1.0,
                };
                let all = if reports.copied == reports.completions {
                    1.0
                } else {
                    0.0
                };
                let copied = read + all..=read + 1.0;
                assert!(copied.contains(&copies), "{method}: {copies}, {reports:?}");
                return;
            }
            Method::UringFixed => 2.0,
            Method::UringSplice => f64::from(u8::from(to == Sink::File)),
            Method::CopyFileRange => match recording.outcome.shared_blocks {
                Some(300_001) => 0.0,
                _ => 1.0,
            },
        };
        assert_eq!(
            summary.cpu_copies_per_byte,
            Some(expected),
            "{method} to {to}: {:?}",
            summary.copy_path
        );
    });
}

/// A larger pipe takes more a call; a smaller one cuts the chunks.
#[test]
fn the_size_of_the_pipe_decides_how_much_a_splice_takes() {
    let dir = tempfile::tempdir().unwrap();
    for (pipe, to) in [
        ("4KiB", "tcp"),
        ("256KiB", "tcp"),
        ("4KiB", "file"),
        ("128KiB", "pipe"),
    ] {
        let args = [
            "run",
            "splice",
            "--to",
            to,
            "--chunk",
            "256KiB",
            "--pipe-size",
            pipe,
            "--json",
        ];
        let run = json(&mut zclab(&args, dir.path()));
        let size: Size = pipe.parse().unwrap();
        // The kernel gives whole pages, at least one.
        assert!(run["pipe_size"].as_u64() >= Some(size.bytes()), "{run}");
        if run["traced"].is_null() {
            return skip("ptrace", &run["unavailable"]);
        }
        let calls = run["traced"]["calls_by_name"]["splice"].as_u64().unwrap();
        let least = (1 << 20) / run["pipe_size"].as_u64().unwrap();
        if to != "pipe" {
            assert!(calls > 2 * least, "{calls} calls, {pipe}");
        }
        assert_eq!(run["verified"], true);
        assert_eq!(
            run["cpu_copies_per_byte"],
            if to == "file" { 1.0 } else { 0.0 }
        );
    }
    let refused = zclab(&["run", "sendfile", "--pipe-size", "1MiB"], dir.path())
        .output()
        .unwrap();
    assert_eq!(
        refused.status.code(),
        Some(2),
        "sendfile to tcp has no pipe"
    );
}

/// Shared blocks where the file system can: made by cp, so that the kernel's own word is at hand.
#[test]
fn shared_blocks_are_told_from_copies() {
    let dir = dir_on_disk();
    let recording = record(
        &spec(Method::CopyFileRange, Sink::File, 1 << 20),
        dir.path(),
    );
    let file_system = recording.outcome.file_system.as_str();
    match (file_system, recording.outcome.shared_blocks) {
        ("btrfs" | "xfs" | "bcachefs", shared) => eprintln!("{file_system}: {shared:?} shared"),
        ("ext4", shared) => assert_eq!(shared, Some(0)),
        (other, shared) => skip("ext4", format!("{other}, {shared:?} shared")),
    }
    let Some(trace) = recording.trace.as_ref() else {
        return skip("ptrace", format!("{:?}", recording.unavailable));
    };
    let how = CopyTracker::of(&recording.outcome)
        .hop(trace, &trace.calls[0])
        .unwrap()
        .how;
    let all = recording.outcome.shared_blocks == Some(1 << 20);
    assert_eq!(how, if all { How::Reference } else { How::CpuCopy });
}

/// A source that stands where it is: warm means that all of it is in the page cache, before and after.
#[test]
fn a_warm_source_is_resident() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("warm");
    fs::File::create(&path)
        .unwrap()
        .write_all_at(&[7; 50_000], 0)
        .unwrap();
    let run = json(&mut zclab(
        &[
            "run",
            "sendfile",
            "--file",
            path.to_str().unwrap(),
            "--json",
        ],
        dir.path(),
    ));
    assert_eq!(run["cache"], Cache::Warm.name());
    let before = &run["residency"]["before"];
    if before.is_null() {
        return skip("cachestat", &run["unavailable"]);
    }
    assert_eq!(before["resident"], before["pages"]);
}
