//! The copy path of recordings made by hand: what each method comes to, and what is never said.

mod golden;

use golden::{Maker, recording, spec, usual};
use zclab::copypath::{CopyTracker, summarise};
use zclab::model::*;

/// The hops of the sender that happened: from, to, how, basis.
fn path(recording: &Recording) -> Vec<(Place, Place, How, Basis)> {
    let hops = summarise(recording).copy_path.into_iter();
    hops.filter(|hop| !hop.ghost && hop.side == Side::Sender)
        .map(|hop| (hop.from, hop.to, hop.how, hop.basis))
        .collect()
}

fn copies(recording: &Recording) -> Option<f64> {
    summarise(recording).cpu_copies_per_byte
}

#[test]
fn read_write_copies_every_byte_twice() {
    let run = usual(Method::ReadWrite, Sink::Tcp);
    let summary = summarise(&run);
    assert_eq!(
        (summary.syscalls, summary.mode_switches),
        (Some(33), Some(66))
    );
    assert_eq!(summary.calls_by_name["read"], 17);
    assert_eq!(summary.calls_by_name["write"], 16);
    assert_eq!(summary.cpu_copied_bytes, Some(2 * Size::MIB));
    assert_eq!(summary.cpu_copies_per_byte, Some(2.0));
    use Place::*;
    assert_eq!(
        path(&run),
        [
            (PageCache, UserBuffer, How::CpuCopy, Basis::Observed),
            (UserBuffer, SocketQueue, How::CpuCopy, Basis::Observed),
        ]
    );
}

#[test]
fn mmap_write_copies_once_from_the_page_cache() {
    let run = usual(Method::MmapWrite, Sink::Unix);
    assert_eq!(copies(&run), Some(1.0));
    use Place::*;
    assert_eq!(
        path(&run),
        [
            (PageCache, UserBuffer, How::Mapping, Basis::Observed),
            (PageCache, SocketQueue, How::CpuCopy, Basis::Observed),
        ]
    );
}

#[test]
fn sendfile_queues_references_but_copies_to_a_file() {
    let socket = usual(Method::Sendfile, Sink::Tcp);
    assert_eq!(copies(&socket), Some(0.0));
    use Place::*;
    assert_eq!(
        path(&socket),
        [(PageCache, SocketQueue, How::Reference, Basis::Documented)]
    );
    let pipe = usual(Method::Sendfile, Sink::Pipe);
    assert_eq!((copies(&pipe), path(&pipe)[0].1), (Some(0.0), Pipe));
    let file = usual(Method::Sendfile, Sink::File);
    assert_eq!(copies(&file), Some(1.0));
    assert_eq!(
        path(&file),
        [(PageCache, PageCache, How::CpuCopy, Basis::Documented)]
    );
}

#[test]
fn splice_passes_references_through_a_pipe_and_copies_into_a_file() {
    use Place::*;
    let into = (PageCache, Pipe, How::Reference, Basis::Documented);
    let socket = usual(Method::Splice, Sink::Tcp);
    assert_eq!(copies(&socket), Some(0.0));
    let out = (Pipe, SocketQueue, How::Reference, Basis::Documented);
    assert_eq!(path(&socket), [into, out]);
    // A sink that is a pipe needs no other one.
    assert_eq!(path(&usual(Method::Splice, Sink::Pipe)), [into]);
    let file = usual(Method::Splice, Sink::File);
    assert_eq!(copies(&file), Some(1.0));
    let out = (Pipe, PageCache, How::CpuCopy, Basis::Documented);
    assert_eq!(path(&file), [into, out]);
}

#[test]
fn vmsplice_and_tee_pass_references_alone() {
    use Place::*;
    let into = (UserBuffer, Pipe, How::Reference, Basis::Documented);
    let out = (Pipe, SocketQueue, How::Reference, Basis::Documented);
    assert_eq!(path(&usual(Method::Vmsplice, Sink::Pipe)), [into]);
    assert_eq!(path(&usual(Method::Vmsplice, Sink::Unix)), [into, out]);
    assert_eq!(copies(&usual(Method::Vmsplice, Sink::Unix)), Some(0.0));
    let tee = usual(Method::Tee, Sink::Pipe);
    let on = (Pipe, Pipe, How::Reference, Basis::Documented);
    let into = (PageCache, Pipe, How::Reference, Basis::Documented);
    assert_eq!(path(&tee), [into, on, on]);
    assert_eq!(copies(&tee), Some(0.0));
    let hops = summarise(&tee).copy_path;
    let read = hops.iter().find(|hop| hop.side == Side::Receiver).unwrap();
    assert_eq!(read.bytes, 2 * Size::MIB, "each reader makes its own copy");
}

#[test]
fn of_zerocopy_sends_the_kernel_says_which_it_copied() {
    let mut run = usual(Method::SendZerocopy, Sink::Tcp);
    assert_eq!(copies(&run), Some(2.0));
    let reports = run.outcome.kernel_reports.as_mut().unwrap();
    reports.copied_sends = vec![[0, 1], [7, 8]];
    assert_eq!(copies(&run), Some(1.25));
    use Place::*;
    assert_eq!(
        path(&run),
        [
            (PageCache, UserBuffer, How::CpuCopy, Basis::Observed),
            (UserBuffer, SocketQueue, How::CpuCopy, Basis::Reported),
            (UserBuffer, SocketQueue, How::Reference, Basis::Reported),
        ]
    );
}

#[test]
fn shared_memory_is_mapped_by_the_receiver_and_copied_by_nobody() {
    use Place::*;
    let run = usual(Method::SharedMemory, Sink::Unix);
    assert_eq!(path(&run), [(UserBuffer, Peer, How::Mapping, Basis::Told)]);
    assert_eq!(copies(&run), Some(0.0));
    let hops = summarise(&run).copy_path;
    assert!(hops.iter().all(|hop| hop.side == Side::Sender), "{hops:?}");
    // A message of which nobody says that it passes memory moves nothing.
    let mut other = run;
    other.outcome.passed_memory = None;
    assert!(path(&other).is_empty());
}

#[test]
fn a_receiver_counts_its_own_copies_and_the_senders_stand_beside() {
    use Place::*;
    let own = |method| {
        let hops = summarise(&usual(method, Sink::File)).copy_path.into_iter();
        let own = hops.filter(|hop| hop.side == Side::Receiver && !hop.ghost);
        own.map(|hop| (hop.from, hop.to, hop.how, hop.basis))
            .collect::<Vec<_>>()
    };
    let (into, out) = (SocketQueue, PageCache);
    assert_eq!(
        own(Method::RecvWrite),
        [
            (into, UserBuffer, How::CpuCopy, Basis::Observed),
            (UserBuffer, out, How::CpuCopy, Basis::Observed)
        ]
    );
    assert_eq!(
        own(Method::SpliceReceive),
        [
            (into, Pipe, How::Reference, Basis::Documented),
            (Pipe, out, How::CpuCopy, Basis::Documented)
        ]
    );
    assert_eq!(
        own(Method::TcpMmapReceive),
        [
            (into, UserBuffer, How::Mapping, Basis::Reported),
            (UserBuffer, out, How::CpuCopy, Basis::Observed)
        ]
    );
    for (method, copied) in [
        (Method::RecvWrite, 2.0),
        (Method::SpliceReceive, 1.0),
        (Method::TcpMmapReceive, 1.0),
    ] {
        let run = usual(method, Sink::File);
        assert_eq!(copies(&run), Some(copied));
        let hops = summarise(&run).copy_path;
        let others: Vec<_> = hops.iter().filter(|hop| hop.side == Side::Sender).collect();
        assert_eq!(others.len(), 1, "{hops:?}");
        assert_eq!((others[0].from, others[0].to), (Peer, SocketQueue));
        assert!(hops.iter().all(|hop| hop.from != Disk), "{hops:?}");
    }
}

#[test]
fn copy_file_range_copies_unless_all_blocks_are_shared() {
    let mut run = usual(Method::CopyFileRange, Sink::File);
    assert_eq!(copies(&run), Some(1.0));
    run.outcome.shared_blocks = Some(4096);
    assert_eq!(copies(&run), Some(1.0));
    run.outcome.shared_blocks = Some(run.outcome.bytes_moved);
    assert_eq!(copies(&run), Some(0.0));
    use Place::*;
    assert_eq!(
        path(&run),
        [(PageCache, PageCache, How::Reference, Basis::Measured)]
    );
}

#[test]
fn ghosts_and_the_receiver_count_nowhere() {
    for method in Method::ALL {
        for (sink, ghosts, receiver) in [
            (Sink::Tcp, 2, 1),
            (Sink::Unix, 1, 1),
            (Sink::Pipe, 1, 1),
            (Sink::File, 2, 0),
        ] {
            if !method.sinks().contains(&sink) {
                continue;
            }
            // What begins in memory comes from no disk.
            let ghosts = ghosts - usize::from(method.start() == Start::Memory);
            // Past the page cache the disk really works.
            let ghosts = ghosts - usize::from(method.bypasses_cache());
            // Shared memory is read where it is; a peer that sends makes a copy.
            let other = match method {
                Method::SharedMemory => 0,
                _ => receiver + usize::from(method.receives()),
            };
            let summary = summarise(&usual(method, sink));
            let of = |what: &dyn Fn(&Hop) -> bool| {
                summary.copy_path.iter().filter(|hop| what(hop)).count()
            };
            assert_eq!(of(&|hop| hop.ghost), ghosts, "{method} to {sink}");
            assert_eq!(
                of(&|hop| hop.side == method.side().other()),
                other,
                "{method} to {sink}"
            );
            let copied = summary
                .copy_path
                .iter()
                .filter(|hop| hop.how == How::CpuCopy && !hop.ghost && hop.side == method.side());
            let copied: u64 = copied.map(|hop| hop.bytes).sum();
            assert_eq!(summary.cpu_copied_bytes, Some(copied), "{method} to {sink}");
        }
    }
}

#[test]
fn the_disk_is_measured_when_cold_and_a_ghost_when_warm() {
    let disk = |cache| {
        let spec = spec(Method::ReadWrite, Sink::Tcp, Size::MIB, 65536, cache);
        let hops = summarise(&recording(spec)).copy_path;
        hops.into_iter()
            .find(|hop| hop.from == Place::Disk)
            .unwrap()
    };
    assert!(disk(Cache::Warm).ghost);
    let cold = disk(Cache::Cold);
    assert_eq!(
        (cold.ghost, cold.basis, cold.bytes),
        (false, Basis::Measured, Size::MIB)
    );
    assert!(cold.source.unwrap().contains("read_bytes"));
}

#[test]
fn nothing_moved_means_no_ratio_and_no_hop() {
    for method in Method::ALL {
        let spec = spec(method, method.sinks()[0], 0, 65536, Cache::Warm);
        let summary = summarise(&recording(spec));
        assert_eq!(summary.cpu_copied_bytes, Some(0));
        assert_eq!(summary.cpu_copies_per_byte, None);
        assert!(
            summary.copy_path.is_empty(),
            "{method}: {:?}",
            summary.copy_path
        );
    }
}

#[test]
fn without_a_trace_the_figures_are_unknown_not_zero() {
    let mut run = usual(Method::Sendfile, Sink::Tcp);
    run.trace = None;
    let summary = summarise(&run);
    assert_eq!((summary.syscalls, summary.mode_switches), (None, None));
    assert_eq!(
        (summary.cpu_copied_bytes, summary.cpu_copies_per_byte),
        (None, None)
    );
    assert!(summary.copy_path.is_empty());
    assert_eq!(summary.bytes_moved, Size::MIB);
}

#[test]
fn of_calls_that_failed_or_are_unknown_nothing_is_said() {
    let mut maker = Maker::new(Sink::Tcp);
    maker.call("write", [4, 0x1000, 65536, 0, 0, 0], &[1], -11);
    maker.call("vmsplice", [4, 0x1000, 1, 0, 0, 0], &[1], 65536);
    maker.call("read", [9, 0x1000, 65536, 0, 0, 0], &[], 65536);
    maker.call("syscall_999", [0; 6], &[], 4096);
    let run = maker.done(spec(
        Method::ReadWrite,
        Sink::Tcp,
        65536,
        65536,
        Cache::Warm,
    ));
    assert!(path(&run).is_empty(), "{:?}", path(&run));
    assert_eq!(summarise(&run).cpu_copied_bytes, Some(0));
}

/// Where a write's bytes come from, after some mappings.
fn source_of_write(before: &[(&str, [u64; 6], &[u32], i64)], address: u64) -> Place {
    let mut maker = Maker::new(Sink::Tcp);
    for (name, args, descriptors, result) in before {
        maker.call(name, *args, descriptors, *result);
    }
    maker.call("write", [4, address, 4096, 0, 0, 0], &[1], 4096);
    let run = maker.done(spec(Method::MmapWrite, Sink::Tcp, 4096, 4096, Cache::Warm));
    let trace = run.trace.unwrap();
    let mut tracker = CopyTracker::default();
    let hops = trace.calls.iter().map(|call| tracker.hop(&trace, call));
    hops.last().unwrap().unwrap().from
}

#[test]
fn a_mapping_counts_only_where_it_is_and_while_it_is() {
    const AT: u64 = 0x7f00_0000_0000;
    let map = ("mmap", [0, 0x10000, 1, 1, 3, 0], &[0u32][..], AT as i64);
    assert_eq!(source_of_write(&[map], AT + 0x4000), Place::PageCache);
    assert_eq!(source_of_write(&[map], AT - 0x1000), Place::UserBuffer);
    assert_eq!(source_of_write(&[map], AT + 0x10000), Place::UserBuffer);
    let hole = ("munmap", [AT + 0x4000, 0x4000, 0, 0, 0, 0], &[][..], 0);
    assert_eq!(
        source_of_write(&[map, hole], AT + 0x4000),
        Place::UserBuffer
    );
    assert_eq!(source_of_write(&[map, hole], AT + 0x8000), Place::PageCache);
    // Anonymous memory over it, at the same address.
    let over = (
        "mmap",
        [AT, 0x10000, 3, 0x32, u64::MAX, 0],
        &[][..],
        AT as i64,
    );
    assert_eq!(source_of_write(&[map, over], AT), Place::UserBuffer);
    // A private page that may be written to may have become the program's own.
    let private = ("mmap", [0, 0x10000, 3, 2, 3, 0], &[0u32][..], AT as i64);
    assert_eq!(source_of_write(&[private], AT), Place::UserBuffer);
}

#[test]
fn shipped_recordings_come_to_what_the_course_says() {
    let texts = zclab::embedded::recordings();
    assert!(!texts.is_empty(), "no recording is shipped");
    for (name, text) in texts {
        let run = zclab::store::recording::parse(name, text).unwrap();
        let copies = match (run.spec.method, run.spec.to) {
            (Method::ReadWrite | Method::SendZerocopy | Method::RecvWrite, _) => 2.0,
            (Method::MmapWrite | Method::CopyFileRange | Method::SpliceReceive, _) => 1.0,
            (Method::UringFixed | Method::UringSendZc, _) => 2.0,
            (Method::TcpMmapReceive, _) => {
                let mapped = run.outcome.mapped_receives.as_ref().unwrap();
                let mapped: u32 = mapped.iter().sum();
                2.0 - f64::from(mapped) / run.outcome.bytes_moved as f64
            }
            (Method::DirectSend, _) => 1.0,
            (Method::UringSplice, Sink::File) => 1.0,
            (Method::SharedMemory | Method::UringSplice | Method::KtlsSendfile, _) => 0.0,
            (Method::Sendfile | Method::Splice, Sink::File) => 1.0,
            (Method::Sendfile | Method::Splice | Method::Vmsplice | Method::Tee, _) => 0.0,
        };
        let summary = summarise(&run);
        let copies = (summary.bytes_moved > 0).then_some(copies);
        assert_eq!(summary.cpu_copies_per_byte, copies, "{name}");
        let disk = summary.copy_path.iter().find(|hop| hop.from == Place::Disk);
        let ghost = run.spec.cache == Cache::Warm;
        let ghost = ghost && !run.spec.method.bypasses_cache();
        let ghost = (run.spec.method.start() == Start::File && copies.is_some()).then_some(ghost);
        assert_eq!(disk.map(|hop| hop.ghost), ghost, "{name}");
    }
}

/// The whole rule: each operation between each two ends, under each report. `UPDATE_GOLDEN=1` writes it anew.
#[test]
fn the_copy_rule_answers_for_every_combination_as_it_is_written_down() {
    use zclab::copypath::rule::{Medium, Report, step, step_before};
    use zclab::syscall::{Op, Queue, Shape};
    let operations = [
        ("read", Op::Read(Shape::Buffer)),
        ("recv", Op::Recv(Shape::Buffer)),
        ("recv_zc", Op::RecvZc),
        ("tcp_zerocopy_receive", Op::GetOption),
        ("write", Op::Write(Shape::Buffer)),
        ("send", Op::Send(Shape::Buffer)),
        ("sendmsg", Op::Send(Shape::Message)),
        ("send_zc", Op::SendZc(Shape::Buffer)),
        ("vmsplice", Op::Vmsplice),
        ("sendfile", Op::Sendfile),
        ("splice", Op::Splice),
        ("tee", Op::Tee),
        ("copy_file_range", Op::CopyRange),
        ("mmap", Op::Map),
        ("mq_timedsend", Op::QueueSend(Queue::Posix)),
        ("mq_timedreceive", Op::QueueReceive(Queue::Posix)),
        ("process_vm_readv", Op::ProcessVm),
    ];
    let mut text = String::new();
    for (name, op) in operations {
        for (from, to) in Medium::ALL
            .iter()
            .flat_map(|from| Medium::ALL.map(|to| (*from, to)))
        {
            let mut answers: Vec<(String, Step)> = Vec::new();
            for report in Report::ALL {
                let Some(answer) = step(op, from, to, report) else {
                    continue;
                };
                match answers.iter_mut().find(|(_, known)| *known == answer) {
                    Some((reports, _)) => *reports += &format!(" {report:?}"),
                    None => answers.push((format!(" {report:?}"), answer)),
                }
            }
            let is_one = answers.len() == 1 && op != Op::Send(Shape::Message);
            let first = step_before(op, from, to).map(|step| (" first".to_owned(), step));
            for (reports, answer) in first.iter().chain(&answers) {
                let is_first = reports == " first";
                let reports = if is_one && !is_first { "" } else { reports };
                let (at, then) = (answer.from.name(), answer.to.name());
                let (how, basis) = (answer.how.name(), answer.basis.name());
                let source = answer.source.unwrap_or("-");
                text += &format!(
                    "{name} {from:?} {to:?}{reports}: {at} > {then} {how}, {basis}: {source}\n"
                );
            }
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/copy_rule.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        return std::fs::write(path, text).unwrap();
    }
    let golden = std::fs::read_to_string(path).unwrap();
    for (line, expected) in text.lines().zip(golden.lines()) {
        assert_eq!(line, expected);
    }
    assert_eq!(text.lines().count(), golden.lines().count());
}
