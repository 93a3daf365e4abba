//! What came of watching a server: a proxied answer, one that is packed, one by sendfile, and so on; any number of calls.

use std::collections::BTreeMap;

use zclab::model::{
    Basis, Call, CallState, Counted, Descriptor, DescriptorKind, End, EndKind, Exit, Flow, Hop,
    How, Machine, NO_DESCRIPTOR, Place, Side, Task, Trace, TraceReport, Unexplained,
};

/// From, to, the program, bytes, CPU copies a byte, the calls that move them in turn.
type Row<'a> = (
    (EndKind, &'a str),
    (EndKind, &'a str),
    u64,
    u64,
    &'a [&'a str],
);

const ROWS: [Row; 6] = [
    (
        (EndKind::File, "/srv/video.bin"),
        (EndKind::Tcp, "10.0.0.1:80 > 10.0.0.2:40001"),
        8 << 20,
        0,
        &["sendfile"],
    ),
    (
        (EndKind::Tcp, "127.0.0.1:18081 > 127.0.0.1:50000"),
        (EndKind::Tcp, "10.0.0.1:80 > 10.0.0.2:40002"),
        2 << 20,
        2,
        &["readv", "writev"],
    ),
    (
        (EndKind::File, "/srv/app.js"),
        (EndKind::Memory, "server"),
        1_200_000,
        1,
        &["pread64"],
    ),
    (
        (EndKind::File, "/srv/logo.svg"),
        (EndKind::Tcp, "10.0.0.1:80 > 10.0.0.2:40003"),
        600_000,
        2,
        &["read", "write"],
    ),
    (
        (EndKind::File, "/srv/new.bin"),
        (EndKind::File, "/srv/old.bin"),
        400_000,
        1,
        &["copy_file_range"],
    ),
    (
        (EndKind::Memory, "server"),
        (EndKind::File, "/var/log/access.log"),
        6290,
        1,
        &["write"],
    ),
];

fn end((kind, name): (EndKind, &str)) -> End {
    End {
        kind,
        name: name.to_owned(),
    }
}

fn flow(row: &Row, calls: u64) -> Flow {
    let (from, to, bytes, copies, names) = row;
    let hop = |from, to, how| Hop {
        from,
        to,
        how,
        bytes: *bytes,
        basis: Basis::Observed,
        source: None,
        side: Side::Sender,
        ghost: false,
    };
    let (file, own, socket) = (Place::PageCache, Place::UserBuffer, Place::SocketQueue);
    let (in_, out) = (hop(file, own, How::CpuCopy), hop(own, socket, How::CpuCopy));
    let copy_path = match (copies, from.0) {
        (0, _) => vec![hop(file, socket, How::Reference)],
        (1, EndKind::Memory) => vec![out],
        (1, EndKind::File) if to.0 == EndKind::File => vec![hop(file, file, How::CpuCopy)],
        (1, _) => vec![in_],
        _ => vec![in_, out],
    };
    let each = calls / names.len() as u64;
    Flow {
        from: end(*from),
        to: end(*to),
        bytes: *bytes,
        fallbacks: Vec::new(),
        traits: Default::default(),
        calls: each * names.len() as u64,
        calls_by_name: names
            .iter()
            .map(|name| ((*name).to_owned(), each))
            .collect(),
        transformed: false,
        basis: Basis::Observed,
        copy_path,
        programs: vec!["server".to_owned()],
    }
}

/// So many calls for each flow, one flow after the other, by two threads in turn.
pub fn server(calls: u64) -> TraceReport {
    let mut trace = Trace::default();
    for (tid, name) in [(4711, "server"), (4712, "worker")] {
        trace.tasks.push(Task {
            tid,
            pid: 4711,
            name: name.to_owned(),
        });
    }
    let mut flow_of = Vec::new();
    let mut calls_by_name: BTreeMap<String, Counted> = BTreeMap::new();
    for (number, row) in ROWS.iter().enumerate() {
        let fd = trace.descriptors.len() as u32;
        trace.descriptors.push(Descriptor {
            fd: 5 + number as i32,
            kind: DescriptorKind::File,
            name: row.0.1.to_owned(),
            identity: 0,
            direct: false,
            traits: zclab::model::FileTraits::default(),
        });
        for call in 0..calls {
            let name = row.4[call as usize % row.4.len()];
            let place = trace.names.iter().position(|known| known == name);
            let place = place.unwrap_or_else(|| {
                trace.names.push(name.to_owned());
                trace.names.len() - 1
            });
            let start_ns = 1000 * trace.calls.len() as u64;
            trace.calls.push(Call {
                name: place as u16,
                task: (call % 2) as u16,
                state: CallState::Returned,
                args: [5 + number as u64, 0, 4096, 0, 0, 0],
                result: 4096,
                start_ns,
                duration_ns: 500,
                descriptors: [fd, NO_DESCRIPTOR],
            });
            flow_of.push(number as u32);
            calls_by_name.entry(name.to_owned()).or_default().calls += 1;
        }
    }
    TraceReport {
        storage: Vec::new(),
        counted: None,
        zero_copy: Vec::new(),
        command: vec!["server".to_owned(), "--port".to_owned(), "80".to_owned()],
        exit: Exit::Code(0),
        machine: Machine::default(),
        processes: 1,
        threads: 2,
        calls_by_name,
        flows: ROWS.iter().map(|row| flow(row, calls)).collect(),
        unexplained: Unexplained::default(),
        hazards: Vec::new(),
        notes: vec!["seccomp: only some calls were seen".to_owned()],
        trace,
        flow_of,
        shared_calls: Vec::new(),
        also_of: Vec::new(),
    }
}
