//! `zclab trace` accounts for every byte: programs whose bytes are easily lost, invented or misread, each compared with
//! what is known of it.

use std::{fs, process::Command};

use serde_json::Value;

mod require;

#[path = "trace/desk.rs"]
mod desk;

use desk::{Desk, MIB, Seen, figures};

const SIZE: u64 = MIB as u64;

/// A desk with a program of `tests/bytes`; none where it cannot be compiled.
fn desk(program: &str) -> Option<Desk> {
    let desk = Desk::new(MIB);
    desk.has(&["cc"]).then_some(())?;
    let source = format!("{}/tests/bytes/{program}.c", env!("CARGO_MANIFEST_DIR"));
    let compiled = Command::new("cc")
        .args(["-O2", "-w", "-o", &desk.path(program), &source, "-lrt"])
        .output()
        .unwrap();
    assert!(compiled.status.success(), "{}", desk::said(&compiled));
    Some(desk)
}

/// Runs `./PROGRAM ARGUMENTS`.
fn run(desk: &Desk, command: &str) -> Seen {
    let words: Vec<&str> = command.split(' ').collect();
    let seen = desk.trace(&[], &words);
    assert!(seen.output.status.success(), "{command}: {:?}", seen.output);
    seen
}

fn flows(seen: &Seen) -> &Vec<Value> {
    seen.json["flows"].as_array().unwrap()
}

/// No program is said to have made more than a few bytes (those that keep the processes in step).
fn nobody_makes_much(seen: &Seen) {
    for flow in flows(seen) {
        let is_made = flow["from"]["kind"] == "memory";
        assert!(!is_made || flow["bytes"].as_u64() < Some(1000), "{flow:#}");
    }
}

#[test]
fn what_a_reader_leaves_of_a_packet_is_gone() {
    let Some(desk) = desk("packets") else { return };
    fs::write(desk.path("other"), &desk.bytes("a")[MIB / 2..]).unwrap();
    for kind in ["seqpacket", "dgram", "pipe"] {
        let seen = run(&desk, &format!("./packets {kind} a other out"));
        for source in ["/a", "/other"] {
            let flow = seen.flow(("file", source), ("file", "/out"));
            assert_eq!(figures(flow), (32_000, 4.0, false), "{kind}");
        }
        seen.explains_all();
    }
}

#[test]
fn what_a_call_asked_for_and_did_not_write_is_in_no_pipe() {
    let Some(desk) = desk("huge_count") else {
        return;
    };
    let seen = run(&desk, "./huge_count a out");
    let flow = seen.flow(("file", "/a"), ("file", "/out"));
    assert_eq!(figures(flow), (SIZE, 4.0, false));
    assert!(flows(&seen).iter().all(|flow| flow["to"]["kind"] != "pipe"));
    nobody_makes_much(&seen);
    seen.explains_all();
}

#[test]
fn what_is_peeked_at_and_written_on_has_been_received() {
    let Some(desk) = desk("peek") else { return };
    let seen = run(&desk, "./peek a out");
    let to_out = flows(&seen).iter().filter(|flow| {
        let name = flow["to"]["name"].as_str().unwrap();
        name.ends_with("/out")
    });
    let (bytes, kinds): (Vec<_>, Vec<_>) = to_out
        .map(|flow| (flow["bytes"].as_u64().unwrap(), &flow["from"]["kind"]))
        .unzip();
    assert_eq!(bytes, [SIZE], "{kinds:?}");
    let kept = flows(&seen)
        .iter()
        .filter(|flow| flow["to"]["kind"] == "memory");
    assert!(
        kept.into_iter()
            .all(|flow| flow["bytes"].as_u64() < Some(SIZE / 2))
    );
    nobody_makes_much(&seen);
    seen.explains_all();
}

#[test]
fn what_processes_share_in_memory_keeps_its_origin() {
    let Some(desk) = desk("shared_memory") else {
        return;
    };
    for kind in ["anon", "sysv", "memfd", "shm"] {
        let seen = run(&desk, &format!("./shared_memory {kind} a out"));
        let flow = seen.flow(("file", "/a"), ("file", "/out"));
        assert_eq!(figures(flow), (SIZE, 2.0, false), "{kind}");
        nobody_makes_much(&seen);
        seen.explains_all();
    }
}

#[test]
fn what_a_program_copies_from_buffer_to_buffer_keeps_its_origin() {
    let Some(desk) = desk("own_copies") else {
        return;
    };
    // Through a pipe or a socket pair, twice as many.
    for (kind, copies) in [
        ("stale", 3.0),
        ("reused", 3.0),
        ("framed", 6.0),
        ("twice", 5.0),
    ] {
        let seen = run(&desk, &format!("./own_copies {kind} a out"));
        assert_eq!(
            fs::read(desk.path("a")).unwrap(),
            fs::read(desk.path("out")).unwrap()
        );
        let flow = seen.flow(("file", "/a"), ("file", "/out"));
        assert_eq!(figures(flow), (SIZE, copies, false), "{kind}: {flow:#}");
        seen.explains_all();
    }
}

#[test]
fn a_body_behind_a_changed_head_is_found_from_its_first_byte() {
    let Some(desk) = desk("own_copies") else {
        return;
    };
    let seen = run(&desk, "./own_copies head a out");
    let flow = seen.flow(("file", "/a"), ("file", "/out"));
    assert_eq!(figures(flow), (SIZE, 5.0, false), "{flow:#}");
    seen.explains_all();
}

#[test]
fn what_stands_between_a_changed_head_and_a_body_is_not_said_to_be_made() {
    let Some(desk) = desk("own_copies") else {
        return;
    };
    let seen = run(&desk, "./own_copies lost a out");
    let to_out = |from| seen.flow(from, ("file", "/out"))["bytes"].as_u64().unwrap();
    let (found, unknown) = (to_out(("file", "/a")), to_out(("unknown", "own_copies")));
    // A head of 300 bytes to each 32 KiB.
    let heads = SIZE / 32_768 * 300;
    assert!(found > SIZE * 8 / 10, "{found}");
    assert!(
        (SIZE..=SIZE + heads).contains(&(found + unknown)),
        "{found} + {unknown}"
    );
    seen.explains_all();
}

#[test]
fn what_is_stored_in_blocks_with_heads_is_no_plain_copy() {
    let Some(desk) = desk("own_copies") else {
        return;
    };
    let seen = run(&desk, "./own_copies blocks a out");
    let flow = seen.flow(("file", "/a"), ("file", "/out"));
    assert_eq!(flow["bytes"].as_u64(), Some(SIZE), "{flow:#}");
    assert_eq!(
        (&flow["verdict"], &flow["advice"]),
        (&"looked at".into(), &Value::Null)
    );
}

#[test]
fn pages_that_are_moved_are_no_copy() {
    let Some(desk) = desk("moved") else { return };
    for kind in ["grow", "fixed", "kept"] {
        let seen = run(&desk, &format!("./moved {kind} a out"));
        let flow = seen.flow(("file", "/a"), ("file", "/out"));
        assert_eq!(figures(flow), (SIZE, 2.0, false), "{kind}");
        nobody_makes_much(&seen);
        seen.explains_all();
    }
}

#[test]
fn pages_that_are_thrown_away_carry_nothing_on() {
    let Some(desk) = desk("moved") else { return };
    for (kind, left) in [("shrunk", SIZE / 2), ("dropped", 0)] {
        let seen = run(&desk, &format!("./moved {kind} a out"));
        let through = flows(&seen).iter().filter(|flow| {
            let name = |end: &str| flow[end]["name"].as_str().unwrap();
            name("from").ends_with("/a") && name("to").ends_with("/out")
        });
        let through: Vec<_> = through.map(figures).collect();
        let wanted = [(left, 2.0, false)];
        assert_eq!(through, wanted[..usize::from(left > 0)], "{kind}");
        seen.explains_all();
    }
}

#[test]
fn what_is_copied_through_mappings_is_a_flow_of_its_file() {
    let Some(desk) = desk("mapped") else { return };
    for (kind, copies) in [
        ("stored", 1.0),
        ("unsynced", 1.0),
        ("sliced", 2.0),
        ("chunks", 2.0),
        ("filled", 2.0),
    ] {
        let seen = run(&desk, &format!("./mapped {kind} a out"));
        assert_eq!(desk.bytes("a"), desk.bytes("out"), "{kind}");
        let flow = seen.flow(("file", "/a"), ("file", "/out"));
        assert_eq!(figures(flow), (SIZE, copies, false), "{kind}: {flow:#}");
        assert_eq!(flow["basis"], "inferred");
        nobody_makes_much(&seen);
        seen.explains_all();
    }
    // More pages than are looked at one by one, and the last of them not full.
    let size = 9 * MIB + 123;
    fs::write(desk.path("large"), Desk::new(size).bytes("a")).unwrap();
    for kind in ["stored", "unsynced"] {
        let seen = run(&desk, &format!("./mapped {kind} large out"));
        let flow = seen.flow(("file", "/large"), ("file", "/out"));
        assert_eq!(figures(flow), (size as u64, 1.0, false), "{kind}: {flow:#}");
        nobody_makes_much(&seen);
        let unknown = flows(&seen)
            .iter()
            .any(|flow| flow["from"]["kind"] == "unknown");
        assert!(!unknown, "{kind}: {:#}", seen.json["flows"]);
    }
    let seen = run(&desk, "./mapped made a out");
    let flow = seen.flow(("memory", "mapped"), ("file", "/out"));
    assert_eq!(figures(flow), (SIZE, 0.0, false), "{flow:#}");
}

/// Pages are dirty as a whole, and a mapping may be longer than its file.
#[test]
fn what_is_stored_ends_with_the_file() {
    let Some(desk) = desk("long_mapping") else {
        return;
    };
    for (length, unlink) in [
        (100, ""),
        (5000, ""),
        (100_001, ""),
        (8192, ""),
        (5000, " unlink"),
    ] {
        let seen = run(&desk, &format!("./long_mapping a out {length}{unlink}"));
        let to_out: Vec<(u64, bool)> = flows(&seen)
            .iter()
            .filter(|flow| flow["to"]["name"].as_str().unwrap().contains("/out"))
            .map(|flow| {
                (
                    flow["bytes"].as_u64().unwrap(),
                    flow["from"]["kind"] == "file",
                )
            })
            .collect();
        assert_eq!(
            to_out,
            [(length, true)],
            "{length}{unlink}: {:#}",
            seen.json["flows"]
        );
    }
}

#[test]
fn memory_of_which_a_part_is_mapped_is_the_files_in_that_part() {
    let Some(desk) = desk("half_mapped") else {
        return;
    };
    let seen = run(&desk, "./half_mapped a out");
    let mapped = figures(seen.flow(("file", "/a"), ("file", "/out")));
    let own = figures(seen.flow(("memory", "half_mapped"), ("file", "/out")));
    assert_eq!(
        (mapped, own),
        ((SIZE - 65_536, 1.0, false), (65_536, 1.0, false))
    );
    seen.explains_all();
}

#[test]
fn what_a_program_sends_to_itself_by_zero_copy_is_counted_once() {
    let Some(desk) = desk("own_zerocopy") else {
        return;
    };
    let seen = run(&desk, "./own_zerocopy a out");
    let of_kinds = |from: &str, to: &str| -> u64 {
        let is_it = |flow: &&Value| flow["from"]["kind"] == from && flow["to"]["kind"] == to;
        let bytes = |flow: &Value| flow["bytes"].as_u64().unwrap();
        flows(&seen).iter().filter(is_it).map(bytes).sum()
    };
    assert_eq!(of_kinds("file", "tcp"), SIZE);
    assert_eq!(of_kinds("tcp", "file"), SIZE);
    assert_eq!(of_kinds("tcp", "tcp"), 0, "{:#}", seen.json["flows"]);
    seen.explains_all();
}

#[test]
fn what_stands_behind_the_end_of_a_mapped_file_is_not_the_files() {
    let Some(desk) = desk("behind_end") else {
        return;
    };
    fs::write(desk.path("short"), &desk.bytes("a")[..5000]).unwrap();
    let seen = run(&desk, "./behind_end short out");
    let flow = seen.flow(("file", "/short"), ("file", "/out"));
    assert_eq!(figures(flow), (5000, 1.0, false), "{flow:#}");
    let zeros = desk.bytes("out").len() as u64 - 5000;
    let flow = seen.flow(("unknown", "behind_end"), ("file", "/out"));
    assert_eq!(figures(flow).0, zeros, "{flow:#}");
    seen.explains_all();
}

#[test]
fn pages_of_a_private_mapping_are_the_files_until_they_are_stored_to() {
    let Some(desk) = desk("private") else { return };
    for (kind, copies) in [("untouched", 1.0), ("read", 1.0), ("copied", 2.0)] {
        let seen = run(&desk, &format!("./private {kind} a out"));
        let flow = seen.flow(("file", "/a"), ("file", "/out"));
        assert_eq!(figures(flow), (SIZE, copies, false), "{kind}: {flow:#}");
        nobody_makes_much(&seen);
        seen.explains_all();
    }
    let seen = run(&desk, "./private half a out");
    let flow = seen.flow(("file", "/a"), ("file", "/out"));
    assert_eq!(figures(flow), (SIZE / 2, 1.0, false), "{flow:#}");
    let flow = seen.flow(("unknown", "private"), ("file", "/out"));
    assert_eq!(figures(flow), (SIZE / 2, 1.0, false), "{flow:#}");
    nobody_makes_much(&seen);
}

#[test]
fn what_has_no_pages_is_copied_into_sendfiles_own_pipe_before_it_is_passed_on() {
    let Some(desk) = desk("private") else { return };
    // (Before Linux 6.5 sendfile(2) refuses /dev/zero.)
    let seen = run(&desk, "./private generated /proc/cpuinfo out");
    let bytes = desk.bytes("out").len() as u64;
    for (to, copies) in [
        (("file", "/out"), 2.0),
        (("unix", ""), 1.0),
        (("pipe", ""), 1.0),
        (("device", "/dev/null"), 1.0),
    ] {
        let flow = seen.flow(("file", "/proc/cpuinfo"), to);
        assert_eq!(figures(flow), (bytes, copies, false), "{to:?}: {flow:#}");
    }
    let flow = seen.flow(("file", "/proc/cpuinfo"), ("file", "/out"));
    let path = flow["copy_path"].as_array().unwrap().iter();
    let path: Vec<_> = path
        .map(|hop| (&hop["from"], &hop["to"], &hop["how"]))
        .collect();
    let [device, pipe, cache, copy] = ["device", "pipe", "page-cache", "cpu-copy"].map(Value::from);
    assert_eq!(path, [(&device, &pipe, &copy), (&pipe, &cache, &copy)]);
    seen.explains_all();
}

#[test]
fn a_splice_that_an_io_uring_refused_is_a_fallback() {
    let Some(desk) = desk("ring_refused") else {
        return;
    };
    let seen = run(&desk, "./ring_refused a out");
    if is_refused(&seen) {
        return;
    }
    let flow = seen.flow(("file", "/a"), ("file", "/out"));
    assert_eq!(figures(flow), (SIZE, 2.0, false), "{flow:#}");
    let wanted = serde_json::json!([
        { "call": "io_uring splice", "errno": "EINVAL", "reason": "neither end is a pipe" }
    ]);
    assert_eq!(flow["fallbacks"], wanted);
    seen.explains_all();
}

#[test]
fn a_source_that_is_opened_for_direct_io_in_vain_is_copied_by_sendfile() {
    let Some(desk) = desk("direct_source") else {
        return;
    };
    let source = format!("/dev/shm/zclab-test-{}", std::process::id());
    if fs::copy(desk.path("a"), &source).is_err() {
        return require::skip("tmpfs", "/dev/shm is not there");
    }
    let seen = desk.trace(&[], &["./direct_source", &source, "out"]);
    fs::remove_file(&source).unwrap();
    if is_refused(&seen) {
        return;
    }
    let flow = seen.flow(("file", &source), ("unix", ""));
    assert_eq!(figures(flow), (1 << 16, 1.0, false), "{flow:#}");
    let advice = flow["advice"].as_str().unwrap();
    assert!(advice.starts_with("Opened without O_DIRECT"), "{advice}");
    let flow = seen.flow(("file", &source), ("file", "/out"));
    assert_eq!(figures(flow), (1 << 16, 2.0, false), "{flow:#}");
}

#[test]
fn what_nobody_can_know_is_of_unknown_origin() {
    let Some(desk) = desk("origins") else { return };
    for (kind, source, origin) in [
        ("zeros", "/dev/zero", "unknown"),
        ("shared", "a", "unknown"),
        ("own", "a", "memory"),
    ] {
        let seen = run(&desk, &format!("./origins {kind} {source} out"));
        let flow = seen.flow((origin, "origins"), ("file", "/out"));
        assert_eq!(figures(flow), (1 << 16, 1.0, false), "{kind}");
    }
    let output = Command::new(desk::ZCLAB)
        .args(["trace", "--", "./origins", "shared", "a", "out"])
        .current_dir(desk.0.path())
        .output()
        .unwrap();
    let said = desk::said(&output);
    assert!(
        said.contains("unknown origin") && said.contains("origin unknown"),
        "{said}"
    );
    let expected = "flow(unknown, file).bytes == 64KiB";
    let seen = desk.trace(
        &["--expect", expected],
        &["./origins", "shared", "a", "out"],
    );
    assert!(seen.output.status.success());
}

/// Whether the program could not do what it is for; says so.
fn is_refused(seen: &Seen) -> bool {
    let said = String::from_utf8_lossy(&seen.output.stdout);
    let why = said
        .lines()
        .find_map(|line| line.strip_prefix("refused here: "));
    if let Some(why) = why {
        require::skip(why.split(':').next().unwrap(), why);
    }
    why.is_some()
}

#[test]
fn message_queues_carry_a_flow_on() {
    let Some(desk) = desk("message_queues") else {
        return;
    };
    for kind in ["posix", "sysv", "ranked-posix", "ranked-sysv"] {
        let seen = run(&desk, &format!("./message_queues {kind} a out"));
        if is_refused(&seen) {
            continue;
        }
        let flow = seen.flow(("file", "/a"), ("file", "/out"));
        let bytes = if kind.starts_with("ranked") {
            4095
        } else {
            SIZE
        };
        assert_eq!(figures(flow), (bytes, 4.0, false), "{kind}: {flow:#}");
        seen.explains_all();
        let left = flows(&seen)
            .iter()
            .find(|flow| flow["to"]["kind"] == "device");
        let left = left.map(|flow| (&flow["from"]["kind"], flow["bytes"].as_u64()));
        let wanted = ("memory".into(), Some(4096));
        let is_left = kind.starts_with("ranked").then_some((&wanted.0, wanted.1));
        assert_eq!(
            left, is_left,
            "{kind}: what nobody receives stays in the queue"
        );
    }
}

#[test]
fn bytes_copied_between_the_memories_of_processes_keep_their_origin() {
    let Some(desk) = desk("other_memory") else {
        return;
    };
    for kind in ["readv", "writev"] {
        let seen = run(&desk, &format!("./other_memory {kind} a out"));
        if is_refused(&seen) {
            continue;
        }
        let flow = seen.flow(("file", "/a"), ("file", "/out"));
        assert_eq!(figures(flow), (1 << 16, 3.0, false), "{kind}: {flow:#}");
        nobody_makes_much(&seen);
        seen.explains_all();
    }
}

#[test]
fn sockets_between_followed_programs_carry_a_flow_on() {
    let Some(desk) = desk("sockets") else { return };
    // An even number of datagrams, and the last is as long as the others.
    let bytes = 700 * 1400;
    fs::write(desk.path("a"), &desk.bytes("a")[..bytes]).unwrap();
    for (kind, carried) in [
        ("tcp", bytes),
        ("tcp6", bytes),
        ("greeted", bytes),
        ("unix", bytes),
        ("abstract", bytes),
        ("late", 60_000),
        ("dgram", bytes),
        ("several", bytes / 2),
    ] {
        let seen = run(&desk, &format!("./sockets {kind} a out"));
        let flow = seen.flow(("file", "/a"), ("file", "/out"));
        assert_eq!(
            figures(flow),
            (carried as u64, 4.0, false),
            "{kind}: {flow:#}"
        );
        let ends = flows(&seen)
            .iter()
            .flat_map(|flow| [&flow["from"], &flow["to"]]);
        let open =
            ends.filter(|end| !["file", "memory", "pipe"].contains(&end["kind"].as_str().unwrap()));
        assert_eq!(open.count(), 0, "{kind}: {:#}", seen.json["flows"]);
        nobody_makes_much(&seen);
        seen.explains_all();
    }
}

#[test]
fn datagrams_end_at_the_socket_and_the_report_says_why() {
    let Some(desk) = desk("sockets") else { return };
    for kind in ["udp", "connected-udp"] {
        let seen = run(&desk, &format!("./sockets {kind} a out"));
        let sent = figures(seen.flow(("file", "/a"), ("udp", "")));
        let received = figures(seen.flow(("udp", ""), ("file", "/out")));
        assert_eq!(
            (sent, received),
            ((SIZE, 2.0, false), (SIZE, 2.0, false)),
            "{kind}"
        );
        assert!(seen.has_note("udp: "), "{kind}");
        seen.explains_all();
    }
}

#[test]
fn what_a_process_sends_to_itself_by_tcp_ends_at_the_socket() {
    let Some(desk) = desk("sockets") else { return };
    let seen = run(&desk, "./sockets itself a out");
    let sent = figures(seen.flow(("file", "/a"), ("tcp", "")));
    let received = figures(seen.flow(("tcp", ""), ("file", "/out")));
    assert_eq!((sent, received), ((SIZE, 2.0, false), (SIZE, 2.0, false)));
    seen.explains_all();
}

#[test]
fn each_message_of_sendmmsg_and_recvmmsg_has_its_own_length() {
    let Some(desk) = desk("mmsg") else { return };
    let messages = SIZE.div_ceil(1000);
    // Of the last message, which is shorter, less may be cut.
    let cut = (messages - 1) * 300 + (SIZE - (messages - 1) * 1000).min(300);
    for (kind, arrived) in [
        ("even", SIZE),
        ("uneven", SIZE),
        ("flags", SIZE),
        ("cut", cut),
        ("partial", SIZE),
    ] {
        let seen = run(&desk, &format!("./mmsg {kind} a out"));
        assert_eq!(desk.bytes("out").len() as u64, arrived, "{kind}");
        let sent = figures(seen.flow(("file", "/a"), ("udp", "")));
        let received = figures(seen.flow(("udp", ""), ("file", "/out")));
        assert_eq!(sent, (SIZE, 2.0, false), "{kind}");
        assert_eq!(received, (arrived, 2.0, false), "{kind}");
        let calls = &seen.flow(("file", "/a"), ("udp", ""))["calls_by_name"];
        let calls = calls["sendmmsg"].as_u64().unwrap();
        assert!(calls <= 2 * messages.div_ceil(5), "{kind}: {calls}");
        nobody_makes_much(&seen);
        seen.explains_all();
    }
}

#[test]
fn buffers_of_the_programs_own_are_seen_through() {
    let Some(desk) = desk("gathered") else { return };
    fs::write(desk.path("a"), &desk.bytes("a")[..MIB / 2]).unwrap();
    // What stdio copies directly, from buffer to buffer, is no copy more.
    for (kind, copies) in [
        ("small", 3.0),
        ("forked", 3.0),
        ("stdio", 3.0),
        ("chunked", 3.0),
        ("reused", 3.0),
    ] {
        let seen = run(&desk, &format!("./gathered {kind} a out"));
        let (bytes, seen_copies, changed) = figures(seen.flow(("file", "/a"), ("file", "/out")));
        assert_eq!((bytes, changed), (SIZE / 2, false), "{kind}");
        assert!(
            (2.0..=copies).contains(&seen_copies),
            "{kind}: {seen_copies}"
        );
        let made = flows(&seen)
            .iter()
            .filter(|flow| flow["to"]["name"].as_str().unwrap().ends_with("/out"));
        let made: u64 = made.map(|flow| flow["bytes"].as_u64().unwrap()).sum();
        assert_eq!(
            made,
            fs::metadata(desk.path("out")).unwrap().len(),
            "{kind}"
        );
        seen.explains_all();
    }
}

#[test]
fn what_thousands_of_small_reads_brought_is_not_said_to_be_made() {
    let Some(desk) = desk("gathered") else { return };
    // More reads than are remembered.
    let seen = run(&desk, "./gathered small a out");
    nobody_makes_much(&seen);
    seen.explains_all();
    if !desk.has(&["dash"]) {
        return;
    }
    let text: String = (0..100_000u64).map(|n| format!("{}\n", n * n)).collect();
    fs::write(desk.path("text"), text).unwrap();
    let seen = desk.trace(&[], &["dash", "-c", "all=$(cat text); echo \"$all\" > out"]);
    assert_eq!(desk.bytes("text"), desk.bytes("out"));
    nobody_makes_much(&seen);
    seen.explains_all();
}

#[test]
fn a_head_that_files_of_one_format_share_is_no_copy() {
    let desk = Desk::new(MIB);
    if !desk.has(&["python3"]) {
        return;
    }
    let script = "
import mmap, os
with open('a', 'r+b') as a: a.write(bytes(range(100, 140)))
with open('a', 'rb') as a:
    mapped = mmap.mmap(a.fileno(), 0, prot=mmap.PROT_READ)
    assert mapped[0] == 100
    made = bytes(range(100, 140)) + bytes(i * i % 251 for i in range(20000))
    os.write(os.open('out', os.O_CREAT | os.O_WRONLY), made)
";
    let seen = desk.trace(&[], &["python3", "-c", script]);
    assert!(seen.output.status.success(), "{:?}", seen.output);
    let made = seen.flow(("memory", ""), ("file", "/out"));
    assert!(made["bytes"].as_u64().unwrap() >= 20_000, "{:#}", seen.json);
    seen.explains_all();
}

#[test]
fn what_is_put_together_from_single_bytes_is_not_known_to_be_produced() {
    let desk = Desk::new(10);
    let lines: String = (0..400).map(|n| format!("this is line {n}\n")).collect();
    fs::write(desk.path("text"), &lines).unwrap();
    // Shells read a pipe byte by byte.
    let script = "cat text | while read -r line; do echo \"$line\"; done > out";
    let seen = desk.trace(&[], &["sh", "-c", script]);
    assert_eq!(desk.bytes("out"), lines.as_bytes());
    let flow = seen.flow(("unknown", ""), ("file", "/out"));
    assert!(
        flow["bytes"].as_u64().unwrap() > lines.len() as u64 * 9 / 10,
        "{:#}",
        seen.json
    );
    seen.explains_all();
}

#[test]
fn what_was_mapped_before_an_attach_is_known() {
    use std::io::{BufRead, BufReader, Write};
    let Some(desk) = desk("late_mapping") else {
        return;
    };
    let mut program = Command::new("./late_mapping")
        .args(["a", "out"])
        .current_dir(desk.0.path())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(program.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    let report = desk.path("report.json");
    let mut zclab = Command::new(desk::ZCLAB)
        .args([
            "trace",
            "--json",
            "-o",
            &report,
            "-p",
            &program.id().to_string(),
        ])
        .spawn()
        .unwrap();
    let traced = format!("/proc/{}/status", program.id());
    let is_attached = || {
        let status = fs::read_to_string(&traced).unwrap_or_default();
        status
            .lines()
            .any(|line| line.starts_with("TracerPid:") && !line.ends_with("\t0"))
    };
    while !is_attached() {
        assert!(zclab.try_wait().unwrap().is_none(), "zclab has given up");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    // Attached is not yet followed: the read is interrupted when it is.
    std::thread::sleep(std::time::Duration::from_millis(200));
    program.stdin.take().unwrap().write_all(b"go\n").unwrap();
    let output = zclab.wait_with_output().unwrap();
    program.wait().unwrap();
    let seen = desk.seen(output);
    let flow = seen.flow(("file", "/a"), ("file", "/out"));
    // One copy out of the mapping, two by way of the heap.
    assert_eq!(figures(flow), (2 * SIZE, 1.5, false), "{flow:#}");
}

#[test]
fn what_tcp_maps_into_memory_has_been_received() {
    let Some(desk) = desk("tcp_mapped") else {
        return;
    };
    let seen = run(&desk, "./tcp_mapped a out");
    if is_refused(&seen) {
        return;
    }
    assert_eq!(desk.bytes("a"), desk.bytes("out"));
    let (bytes, copies, changed) = figures(seen.flow(("file", "/a"), ("file", "/out")));
    assert_eq!((bytes, changed), (SIZE, false));
    // Into the peer, into its pipe, out to the file; what was not mapped, once more. Pages of 64 KiB fit no segment.
    let most = match zclab::host::machine().page_size {
        ..32_768 => 3.9,
        _ => 4.0,
    };
    assert!((3.0..=most).contains(&copies), "{copies}");
    nobody_makes_much(&seen);
    seen.explains_all();
}

/// Lines that resemble each other: what was found beside one of them may be another's.
#[test]
fn programs_that_work_on_lines_pass_on_no_more_than_they_read() {
    let desk = Desk::new(0);
    if !desk.has(&["sort", "sed", "uniq", "tac", "nl", "paste"]) {
        return;
    }
    let line = |i: u64| {
        let (host, number) = (i * 7919 % 5, i * 104_729 % 7);
        format!("2026-11-30 INFO request from 10.0.0.{host} took some ms path={number}\n")
    };
    fs::write(desk.path("a"), (0..8000).map(line).collect::<String>()).unwrap();
    let read = desk.bytes("a").len() as u64;
    for command in [
        "sort a",
        "sort -u a",
        "sed s/1/x/ a",
        "sed s/p/the-other/g a",
        "uniq -c a",
        "tac a",
        "nl a",
        "paste a",
    ] {
        let seen = run_to_file(&desk, command);
        let bytes = |which: &str, name: &str| -> u64 {
            let is_it = |flow: &&Value| flow[which]["name"].as_str().unwrap().ends_with(name);
            let of_it = flows(&seen).iter().filter(is_it);
            of_it.map(|flow| flow["bytes"].as_u64().unwrap()).sum()
        };
        assert_eq!(
            bytes("from", "/a"),
            read,
            "{command}: {:#}",
            seen.json["flows"]
        );
        assert_eq!(
            bytes("to", "/out"),
            desk.bytes("out").len() as u64,
            "{command}"
        );
        seen.explains_all();
    }
}

#[test]
fn behind_a_change_that_moves_a_text_the_copy_goes_on() {
    let desk = Desk::new(0);
    if !desk.has(&["sed"]) {
        return;
    }
    let lines = (1..=3000).map(|i| format!("this is line number {i} of the text\n"));
    let text: String = lines.collect();
    fs::write(desk.path("a"), &text).unwrap();
    // Three lines grow by a byte.
    let seen = run_to_file(&desk, "sed s/777/word/ a");
    assert_eq!(desk.bytes("out").len(), text.len() + 3);
    let copied = figures(seen.flow(("file", "/a"), ("file", "/out"))).0;
    // Of each, what lies between two checksums.
    assert!(copied > text.len() as u64 - 3 * 512, "{copied}");
    seen.explains_all();
}

/// Runs a command whose output is the file `out`.
fn run_to_file(desk: &Desk, command: &str) -> Seen {
    let words: Vec<&str> = command.split(' ').collect();
    let mut zclab = desk.command(&[], &words);
    zclab.stdout(fs::File::create(desk.path("out")).unwrap());
    let seen = desk.seen(zclab.output().unwrap());
    assert!(seen.output.status.success(), "{command}: {:?}", seen.output);
    seen
}
