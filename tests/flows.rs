//! What a flow is: calls in, flows out, with no kernel. A small world plays the programs, their memory and descriptors.

use std::{cell::RefCell, collections::HashMap};

use zclab::copypath::flows::{Area, Flows, TraceeMemory};
use zclab::model::{
    Addresses, Basis, Call, CallRef, CallState, Descriptor, DescriptorKind, EndKind, Flow, How,
    NO_DESCRIPTOR, Request, RingEvent, RingEventKind, SyscallEvent, Trace, request,
};
use zclab::syscall::{self, Class, Op, Queue, Shape};

mod require;

use require::skip;

#[path = "flows/groups.rs"]
mod groups;
#[path = "flows/properties.rs"]
mod properties;

/// The memory of each process.
type Memory = RefCell<HashMap<i32, Vec<u8>>>;

const SIZE: usize = 4 << 20;

struct Still<'a> {
    pid: i32,
    memory: &'a Memory,
}

impl TraceeMemory for Still<'_> {
    fn tid(&self) -> i32 {
        self.pid
    }
    fn pid(&self) -> i32 {
        self.pid
    }
    fn read(&self, address: u64, buffer: &mut [u8]) -> usize {
        let memory = self.memory.borrow();
        let there = memory[&self.pid]
            .get(address as usize..)
            .unwrap_or_default();
        let count = there.len().min(buffer.len());
        buffer[..count].copy_from_slice(&there[..count]);
        count
    }
    fn read_places(&self, places: &[(u64, usize)], buffer: &mut [u8]) -> bool {
        let mut done = 0;
        places.iter().all(|(address, length)| {
            let part = &mut buffer[done..done + length];
            done += length;
            self.read(*address, part) == *length
        })
    }
    fn addresses(&self, Descriptor { fd, .. }: &Descriptor) -> Addresses {
        Addresses {
            own: Some("10.0.0.1:80".into()),
            peer: Some(format!("10.0.0.2:{fd}")),
        }
    }
    fn sockets(&self) -> Vec<(DescriptorKind, Addresses, bool)> {
        Vec::new()
    }
    fn peer_of(&self, _: u64) -> Option<u64> {
        None
    }
    fn reads(&self, _: i32, _: &str) -> bool {
        false
    }
    /// As the first end of a pipe that is made before anything else.
    fn read_file(&self, _: i32, _: Option<u64>, _: &mut [u8]) -> usize {
        0
    }
    fn is_read_only(&self, fd: i32) -> bool {
        fd == 0
    }
    fn carries_messages(&self, _: i32) -> bool {
        false
    }
    fn program(&self) -> String {
        format!("program-{}", self.pid)
    }
    fn areas(&self) -> Vec<Area> {
        Vec::new()
    }
    fn of_process(&self, pid: i32) -> Option<Box<dyn TraceeMemory + '_>> {
        let Still { memory, .. } = *self;
        let there = memory.borrow().contains_key(&pid);
        there.then(|| Box::new(Still { pid, memory }) as Box<dyn TraceeMemory>)
    }
    fn touched(&self, start: u64, end: u64) -> Vec<u64> {
        (start..end).step_by(4096).collect()
    }
    fn dirty(&self, _: u64, _: u64) -> u64 {
        0
    }
}

struct World {
    flows: Flows,
    trace: Trace,
    memory: Memory,
    number: u64,
}

/// A descriptor: its place in the table is what calls name it by.
type Fd = u32;

impl World {
    fn new() -> World {
        let mut world = World {
            flows: Flows::default(),
            trace: Trace::default(),
            memory: Memory::default(),
            number: 0,
        };
        world.start(1, None);
        world
    }

    /// A process; as fork(2) makes it where it has a parent.
    fn start(&mut self, pid: i32, parent: Option<i32>) {
        let own = match parent {
            Some(parent) => self.memory.borrow()[&parent].clone(),
            None => vec![0; SIZE],
        };
        self.memory.borrow_mut().insert(pid, own);
        self.flows.started(
            parent,
            &Still {
                pid,
                memory: &self.memory,
            },
            false,
        );
    }

    fn open(&mut self, kind: DescriptorKind, name: &str, identity: u64) -> Fd {
        let fd = self.trace.descriptors.len() as i32;
        let name = name.to_owned();
        self.trace.descriptors.push(Descriptor {
            fd,
            kind,
            name,
            identity,
            direct: false,
            traits: zclab::model::FileTraits::default(),
        });
        fd as Fd
    }

    fn file(&mut self, name: &str) -> Fd {
        self.open(DescriptorKind::File, name, 100 + name.len() as u64)
    }

    /// Both ends of a pipe that a program makes.
    fn pipe(&mut self, pid: i32) -> (Fd, Fd) {
        let identity = 1000 + self.trace.descriptors.len() as u64;
        let (reader, writer) = (
            self.open(DescriptorKind::Pipe, "pipe", identity),
            self.open(DescriptorKind::Pipe, "pipe", identity),
        );
        self.call(pid, "pipe2", [0; 6], [reader, writer], 0, |_| {});
        (reader, writer)
    }

    /// A call: `meanwhile` is what it does to memory.
    fn call(
        &mut self,
        pid: i32,
        name: &str,
        args: [u64; 6],
        descriptors: [Fd; 2],
        result: i64,
        meanwhile: impl FnOnce(&mut Vec<u8>),
    ) {
        let names = &mut self.trace.names;
        let place = names
            .iter()
            .position(|known| known == name)
            .unwrap_or_else(|| {
                names.push(name.to_owned());
                names.len() - 1
            });
        let call = Call {
            name: place as u16,
            task: 0,
            state: CallState::Unfinished,
            args,
            result: 0,
            start_ns: 0,
            duration_ns: 0,
            descriptors,
        };
        let number = self.number;
        self.number += 1;
        let still = Still {
            pid,
            memory: &self.memory,
        };
        let trace = &self.trace;
        let event = |call| SyscallEvent {
            call,
            number,
            trace,
            generations: descriptors,
        };
        self.flows.entered(&event(&call), &still);
        meanwhile(self.memory.borrow_mut().get_mut(&pid).unwrap());
        let left = Call {
            state: CallState::Returned,
            result,
            ..call
        };
        self.flows.left(&event(&left), &still);
    }

    fn read(&mut self, pid: i32, fd: Fd, at: u64, bytes: &[u8]) {
        self.receive(pid, "read", fd, at, bytes);
    }

    fn receive(&mut self, pid: i32, name: &str, fd: Fd, at: u64, bytes: &[u8]) {
        let length = bytes.len() as u64;
        let args = [u64::from(fd), at, length, 0, 0, 0];
        self.call(
            pid,
            name,
            args,
            [fd, NO_DESCRIPTOR],
            length as i64,
            |memory| {
                memory[at as usize..][..bytes.len()].copy_from_slice(bytes);
            },
        );
    }

    fn write(&mut self, pid: i32, fd: Fd, at: u64, length: u64) {
        let args = [u64::from(fd), at, length, 0, 0, 0];
        self.call(
            pid,
            "write",
            args,
            [fd, NO_DESCRIPTOR],
            length as i64,
            |_| {},
        );
    }

    /// What the program does by itself.
    fn work(&mut self, pid: i32, how: impl FnOnce(&mut Vec<u8>)) {
        how(self.memory.borrow_mut().get_mut(&pid).unwrap());
    }

    /// Descriptors from one to another.
    fn pass(&mut self, pid: i32, name: &str, (from, to): (Fd, Fd), length: u64) {
        let sendfile = name == "sendfile";
        let descriptors = if sendfile { [to, from] } else { [from, to] };
        let mut args = [0; 6];
        args[if sendfile { 3 } else { 4 }] = length;
        self.call(pid, name, args, descriptors, length as i64, |_| {});
    }

    fn end(self) -> (Vec<Flow>, (u64, u64)) {
        let report = self.flows.finish(&self.trace.names);
        let none = report.unexplained;
        (report.flows, (none.read_bytes, none.written_bytes))
    }

    /// The only flow, and that all is explained.
    fn only(self) -> Flow {
        let (mut flows, unexplained) = self.end();
        assert_eq!(unexplained, (0, 0));
        assert_eq!(flows.len(), 1, "{flows:#?}");
        flows.remove(0)
    }
}

/// Bytes that do not repeat.
fn noise(length: usize, mut seed: u64) -> Vec<u8> {
    let next = |_| {
        seed = seed
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (seed >> 33) as u8
    };
    (0..length).map(next).collect()
}

/// From, to, bytes, copies a byte, transformed.
fn short(flow: &Flow) -> (&str, &str, u64, f64, bool) {
    (
        &flow.from.name,
        &flow.to.name,
        flow.bytes,
        flow.cpu_copies_per_byte(),
        flow.transformed,
    )
}

const BUFFER: u64 = 4096;
const ELSEWHERE: u64 = 1 << 20;

#[test]
fn what_is_written_from_where_it_was_read_is_one_flow() {
    let mut world = World::new();
    let (a, b) = (world.file("/a"), world.file("/b"));
    for seed in 0..4 {
        world.read(1, a, BUFFER, &noise(8192, seed));
        world.write(1, b, BUFFER, 8192);
    }
    let flow = world.only();
    assert_eq!(short(&flow), ("/a", "/b", 4 * 8192, 2.0, false));
    assert_eq!((flow.calls, flow.basis), (8, Basis::Inferred));
    assert_eq!(
        (flow.calls_by_name["read"], flow.calls_by_name["write"]),
        (4, 4)
    );
}

#[test]
fn a_read_may_be_written_in_pieces_to_several_ends() {
    let mut world = World::new();
    let (a, b, c) = (world.file("/a"), world.file("/b"), world.file("/c"));
    world.read(1, a, BUFFER, &noise(10_000, 1));
    world.write(1, b, BUFFER, 3000);
    world.write(1, c, BUFFER + 3000, 7000);
    let (flows, _) = world.end();
    let shorts: Vec<_> = flows.iter().map(short).collect();
    assert_eq!(
        shorts,
        [
            ("/a", "/c", 7000, 2.0, false),
            ("/a", "/b", 3000, 2.0, false)
        ]
    );
}

#[test]
fn a_call_counts_once_in_each_flow_however_its_bytes_are_dealt_out() {
    let mut world = World::new();
    let (a, b, c) = (world.file("/a"), world.file("/b"), world.file("/c"));
    world.read(1, a, BUFFER, &noise(8000, 1));
    for piece in 0..4 {
        world.write(1, b, BUFFER + piece * 2000, 1000);
        world.write(1, c, BUFFER + piece * 2000 + 1000, 1000);
    }
    let (flows, _) = world.end();
    for flow in &flows {
        let calls = &flow.calls_by_name;
        assert_eq!((flow.bytes, calls["read"], calls["write"]), (4000, 1, 4));
    }
    assert_eq!(flows.len(), 2);
}

#[test]
fn what_is_read_and_not_written_is_kept_and_what_is_written_and_was_not_read_is_made() {
    let mut world = World::new();
    let (a, b) = (world.file("/a"), world.file("/b"));
    world.read(1, a, BUFFER, &noise(1000, 1));
    world.work(1, |memory| {
        memory[1 << 20..][..500].copy_from_slice(&noise(500, 2))
    });
    world.write(1, b, ELSEWHERE, 500);
    let (flows, _) = world.end();
    let shorts: Vec<_> = flows.iter().map(short).collect();
    let expected = [
        ("/a", "program-1", 1000, 1.0, false),
        ("program-1", "/b", 500, 1.0, false),
    ];
    assert_eq!(shorts, expected);
    assert_eq!(
        (flows[0].to.kind, flows[1].from.kind),
        (EndKind::Memory, EndKind::Memory)
    );
}

#[test]
fn one_changed_byte_makes_a_flow_transformed() {
    for changed in [0, 20_000, 65_535] {
        let mut world = World::new();
        let (a, b) = (world.file("/a"), world.file("/b"));
        world.read(1, a, BUFFER, &noise(65_536, 1));
        world.work(1, |memory| memory[BUFFER as usize + changed] ^= 1);
        world.write(1, b, BUFFER, 65_536);
        assert_eq!(
            short(&world.only()),
            ("/a", "/b", 65_536, 2.0, true),
            "{changed}"
        );
    }
}

#[test]
fn a_copy_that_the_program_makes_counts() {
    let mut world = World::new();
    let (a, b) = (world.file("/a"), world.file("/b"));
    world.read(1, a, BUFFER, &noise(65_536, 1));
    let whole = BUFFER as usize..BUFFER as usize + 65_536;
    world.work(1, |memory| memory.copy_within(whole, ELSEWHERE as usize));
    world.write(1, b, ELSEWHERE, 65_536);
    let flow = world.only();
    assert_eq!(short(&flow), ("/a", "/b", 65_536, 3.0, false));
    assert_eq!(flow.basis, Basis::Inferred);
}

/// As a libc does it: a little goes by its own buffer, the rest straight from where it was read.
#[test]
fn a_buffer_of_a_libc_is_seen_through() {
    let mut world = World::new();
    let (a, b) = (world.file("/a"), world.file("/b"));
    world.read(1, a, BUFFER, &noise(102_400, 1));
    let mut at = BUFFER;
    for _ in 0..6 {
        world.write(1, b, at, 12_288);
        at += 12_288;
        let rest = at as usize..at as usize + 4096;
        world.work(1, |memory| memory.copy_within(rest, ELSEWHERE as usize));
        world.write(1, b, ELSEWHERE, 4096);
        at += 4096;
    }
    world.write(1, b, at, 4096);
    let flow = world.only();
    let copies = 2.0 + 6.0 * 4096.0 / 102_400.0;
    assert_eq!(short(&flow), ("/a", "/b", 102_400, copies, false));
}

#[test]
fn memory_that_is_used_anew_is_no_flow_of_what_was_there() {
    let mut world = World::new();
    let (a, b) = (world.file("/a"), world.file("/b"));
    world.read(1, a, BUFFER, &noise(4096, 1));
    world.work(1, |memory| {
        memory[BUFFER as usize..][..300].copy_from_slice(&noise(300, 9))
    });
    world.write(1, b, BUFFER, 300);
    let (flows, _) = world.end();
    let shorts: Vec<_> = flows.iter().map(short).collect();
    let expected = [
        ("/a", "program-1", 4096, 1.0, false),
        ("program-1", "/b", 300, 1.0, false),
    ];
    assert_eq!(shorts, expected);
}

#[test]
fn vectors_are_read_and_written_in_their_order() {
    let mut world = World::new();
    let (a, b) = (world.file("/a"), world.file("/b"));
    let vector = |memory: &mut Vec<u8>| {
        let words = [ELSEWHERE, 1000, BUFFER, 3000];
        for (word, place) in words.iter().zip((0..).step_by(8)) {
            memory[place..place + 8].copy_from_slice(&word.to_ne_bytes());
        }
    };
    world.work(1, vector);
    let bytes = noise(4000, 3);
    let args = |fd: Fd| [u64::from(fd), 0, 2, 0, 0, 0];
    world.call(1, "readv", args(a), [a, NO_DESCRIPTOR], 4000, |memory| {
        memory[ELSEWHERE as usize..][..1000].copy_from_slice(&bytes[..1000]);
        memory[BUFFER as usize..][..3000].copy_from_slice(&bytes[1000..]);
    });
    world.call(1, "writev", args(b), [b, NO_DESCRIPTOR], 4000, |_| {});
    assert_eq!(short(&world.only()), ("/a", "/b", 4000, 2.0, false));
}

#[test]
fn a_mapped_file_is_a_source() {
    let mut world = World::new();
    let (a, b) = (world.file("/a"), world.open(DescriptorKind::Tcp, "tcp", 5));
    let args = [0, 65_536, 1, 2, u64::from(a), 0]; // PROT_READ, MAP_PRIVATE
    world.call(
        1,
        "mmap",
        args,
        [a, NO_DESCRIPTOR],
        ELSEWHERE as i64,
        |_| {},
    );
    world.write(1, b, ELSEWHERE, 65_536);
    let flow = world.only();
    assert_eq!(
        short(&flow),
        ("/a", "10.0.0.1:80 > 10.0.0.2:1", 65_536, 1.0, false)
    );
    assert_eq!(flow.basis, Basis::Observed);
}

#[test]
fn o_direct_spares_the_copy_of_its_side() {
    let mut world = World::new();
    let (a, b) = (world.file("/a"), world.file("/b"));
    world.trace.descriptors[a as usize].direct = true;
    world.read(1, a, BUFFER, &noise(65_536, 1));
    world.write(1, b, BUFFER, 65_536);
    assert_eq!(short(&world.only()), ("/a", "/b", 65_536, 1.0, false));
}

#[test]
fn what_the_kernel_encrypts_is_a_pass_of_the_cipher_and_no_copy() {
    let mut world = World::new();
    let a = world.file("/a");
    let socket = world.open(DescriptorKind::Tcp, "tcp 10.0.0.2:1", 9);
    world.trace.descriptors[socket as usize].traits.tls = true;
    let args = [u64::from(socket), u64::from(a), 0, 65_536, 0, 0];
    world.call(1, "sendfile", args, [socket, a], 65_536, |_| {});
    let flow = world.only();
    assert_eq!(
        (flow.cpu_copies_per_byte(), flow.is_zero_copy()),
        (0.0, Some(false))
    );
    assert_eq!(flow.copy_path[0].how, How::Cipher);
    let verdict = &zclab::copypath::flows::verdicts(std::slice::from_ref(&flow))[0];
    assert_eq!(
        (verdict.short.as_str(), verdict.suggests),
        ("encrypted", false)
    );
}

#[test]
fn pipes_carry_a_flow_from_program_to_program() {
    let mut world = World::new();
    let (a, b) = (world.file("/a"), world.file("/b"));
    let (reader, writer) = world.pipe(1);
    world.start(2, Some(1));
    world.start(3, Some(1));
    let bytes = noise(40_000, 1);
    world.read(2, a, BUFFER, &bytes);
    world.write(2, writer, BUFFER, 40_000);
    // The reader takes it in other pieces than it was written.
    for piece in bytes.chunks(7000) {
        world.read(3, reader, ELSEWHERE, piece);
        world.write(3, b, ELSEWHERE, piece.len() as u64);
    }
    let flow = world.only();
    assert_eq!(short(&flow), ("/a", "/b", 40_000, 4.0, false));
    assert_eq!(flow.programs, ["program-2", "program-3"]);
    assert_eq!(flow.calls, 2 + 2 * 6);
}

#[test]
fn what_nobody_reads_stays_in_the_pipe() {
    let mut world = World::new();
    let a = world.file("/a");
    let (_, writer) = world.pipe(1);
    world.read(1, a, BUFFER, &noise(5000, 1));
    world.write(1, writer, BUFFER, 5000);
    let flow = world.only();
    assert_eq!((flow.to.kind, flow.bytes), (EndKind::Pipe, 5000));
}

#[test]
fn a_pair_of_sockets_carries_a_flow_each_way() {
    let mut world = World::new();
    let (a, b) = (world.file("/a"), world.file("/b"));
    let one = world.open(DescriptorKind::Unix, "unix", 71);
    let other = world.open(DescriptorKind::Unix, "unix", 72);
    world.call(1, "socketpair", [0; 6], [one, other], 0, |_| {});
    world.start(2, Some(1));
    let bytes = noise(6000, 1);
    world.read(1, a, BUFFER, &bytes);
    world.write(1, one, BUFFER, 6000);
    world.receive(2, "recvfrom", other, ELSEWHERE, &bytes);
    world.write(2, other, ELSEWHERE, 6000); // and back again
    world.read(1, one, ELSEWHERE, &bytes);
    world.write(1, b, ELSEWHERE, 6000);
    assert_eq!(short(&world.only()), ("/a", "/b", 6000, 6.0, false));
}

#[test]
fn between_descriptors_nothing_comes_to_memory() {
    let mut world = World::new();
    let (a, tcp, b) = (
        world.file("/a"),
        world.open(DescriptorKind::Tcp, "tcp", 5),
        world.file("/b"),
    );
    world.pass(1, "sendfile", (a, tcp), 65_536);
    let flow = world.only();
    assert_eq!(
        (flow.bytes, flow.cpu_copies_per_byte(), flow.calls),
        (65_536, 0.0, 1)
    );
    let mut world = World::new();
    let (from, to) = (world.file("/a"), world.open(DescriptorKind::Tcp, "tcp", 5));
    let (reader, writer) = world.pipe(1);
    world.pass(1, "splice", (from, writer), 65_536);
    world.pass(1, "splice", (reader, to), 65_536);
    let flow = world.only();
    assert_eq!(
        (
            flow.from.name.as_str(),
            flow.bytes,
            flow.cpu_copies_per_byte()
        ),
        ("/a", 65_536, 0.0)
    );
    assert_eq!(flow.calls_by_name["splice"], 2);
    let mut world = World::new();
    let (from, _, to) = (world.file("/a"), tcp, world.file("/bb"));
    world.pass(1, "copy_file_range", (from, to), 65_536);
    assert_eq!(short(&world.only()), ("/a", "/bb", 65_536, 1.0, false));
    let _ = b;
}

#[test]
fn what_cannot_be_looked_at_is_unexplained() {
    let mut world = World::new();
    let a = world.file("/a");
    // A descriptor that nobody knows; a vector that cannot be read; a call of another table.
    world.read(1, NO_DESCRIPTOR, BUFFER, &noise(10, 1));
    let nowhere = [u64::from(a), u64::MAX - 4096, 2, 0, 0, 0];
    world.call(1, "writev", nowhere, [a, NO_DESCRIPTOR], 70, |_| {});
    world.call(1, "32-bit_write", [1; 6], [NO_DESCRIPTOR; 2], 500, |_| {});
    world.call(
        1,
        "32-bit_socketcall",
        [10, 0, 0, 0, 0, 0],
        [NO_DESCRIPTOR; 2],
        3,
        |_| {},
    );
    let (flows, unexplained) = world.end();
    assert_eq!((flows.len(), unexplained), (0, (13, 570)));
}

/// Of descriptors that nobody knows, in a buffer whose contents are one message of 100 bytes.
#[test]
fn every_call_of_the_table_that_moves_bytes_is_explained_or_counted() {
    let number = |memory: &mut Vec<u8>, at: u64, number: u64| {
        memory[at as usize..][..8].copy_from_slice(&number.to_ne_bytes());
    };
    let counted = |name: &str| {
        let mut world = World::new();
        world.work(1, |memory| {
            number(memory, BUFFER + 56, 100); // its length
        });
        let args = [0, BUFFER, 1, BUFFER, 1, 0];
        world.call(1, name, args, [NO_DESCRIPTOR; 2], 1, |_| {});
        let (flows, (read, written)) = world.end();
        assert!(flows.is_empty(), "{name}");
        (read > 0, written > 0)
    };
    for row in syscall::syscalls() {
        let (name, moves) = (row.name, row.op.moves());
        match row.op {
            // What these do is in their requests.
            Op::RingSetup | Op::RingEnter | Op::RingRegister => {}
            Op::AioSubmit | Op::AioEvents | Op::AioDestroy | Op::Socketcall => {}
            // A number names these: they are flows, with or without a descriptor.
            Op::QueueSend(Queue::SystemV) | Op::QueueReceive(Queue::SystemV) => continue,
            Op::Recv(Shape::Messages) => assert_eq!(counted(name), (true, false)),
            Op::Send(Shape::Messages) => assert_eq!(counted(name), (false, true)),
            op if op.class() == Class::Bytes => {
                assert_eq!(counted(name), (moves.reads, moves.writes), "{name}");
                assert!(moves.reads || moves.writes, "{name}");
            }
            _ => assert_eq!(counted(name), (false, false), "{name}"),
        }
        let compat = counted(&format!("32-bit_{name}"));
        assert_eq!(compat, (moves.reads, moves.writes), "{name}");
    }
}

/// A header that is older than the table has fewer; one that is newer makes this fail, so that rows are added.
#[test]
fn the_operations_of_a_ring_are_those_of_the_kernels_header() {
    let Ok(header) = std::fs::read_to_string("/usr/include/linux/io_uring.h") else {
        return skip("kernel-headers", "no linux/io_uring.h");
    };
    let names = header.lines().filter_map(|line| {
        let name = line.trim().strip_prefix("IORING_OP_")?;
        Some(name.strip_suffix(',')?.to_lowercase())
    });
    let names: Vec<_> = names.filter(|name| name != "last").collect();
    assert!(names.len() > 40, "{names:?}");
    for (number, name) in names.iter().enumerate() {
        assert_eq!(Request::op_of(name), Some(number as u8), "{name}");
    }
}

#[test]
fn calls_that_are_no_longer_kept_stay_in_the_flows() {
    let run = |keep: Option<usize>| {
        let mut world = World::new();
        let (a, b) = (world.file("/a"), world.file("/b"));
        for seed in 0..50 {
            world.read(1, a, BUFFER, &noise(500, seed));
            world.write(1, b, BUFFER, 500);
            if keep.is_some() && seed % 10 == 9 {
                world.flows.dropped(15);
            }
        }
        world.only()
    };
    let (all, few) = (run(None), run(Some(5)));
    assert_eq!(all, few);
    assert_eq!((all.bytes, all.calls), (25_000, 100));
}

/// A zero-copy send of 4096 bytes in a ring, to a peer elsewhere: its flow after these events, and whether a note is
/// given.
fn sent_by_ring(events: &[RingEventKind], notification: Option<u32>) -> (Flow, bool) {
    let mut world = World::new();
    let (a, b) = (world.file("/a"), world.open(DescriptorKind::Tcp, "tcp", 5));
    world.read(1, a, BUFFER, &noise(4096, 1));
    let memory = &world.memory;
    let tracee = Still { pid: 1, memory };
    for (place, kind) in events.iter().enumerate() {
        let request = Request {
            op: Request::op_of("send_zc").unwrap(),
            io_priority: request::REPORT_USAGE,
            descriptors: [b, NO_DESCRIPTOR],
            address: BUFFER,
            length: 4096,
            notification: notification.filter(|_| *kind == RingEventKind::Notified),
            call: 0,
            flags: 0,
            op_flags: 0,
            fd: 0,
            fd_in: 0,
            offset: 0,
            buffer: 0,
            user_data: 0,
            result: Some(4096),
            completions: 1,
            seen: 0,
        };
        let event = RingEvent {
            kind: *kind,
            request: &request,
            number: 7,
            last: place + 1 == events.len(),
            memory: None,
            call: Some(CallRef {
                number: 1,
                name: 0,
                pid: 1,
                start_ns: 0,
            }),
            trace: &world.trace,
        };
        world.flows.requested(&event, &tracee);
    }
    let mut report = world.flows.finish(&world.trace.names);
    (report.flows.remove(0), !report.notes.is_empty())
}

#[test]
fn what_the_kernel_has_not_reported_of_a_zero_copy_send_is_documented() {
    use RingEventKind::{Abandoned, Completed, Notified, Started};
    let done = Completed { result: 4096 };
    let given_up = Abandoned { is_lost: false };
    let seen = |events: &[RingEventKind], notification| {
        let (flow, noted) = sent_by_ring(events, notification);
        let hop = flow.copy_path.last().unwrap();
        (hop.how, hop.basis, noted)
    };
    let events = [Started, done, Notified];
    let copied = (How::CpuCopy, Basis::Reported, false);
    assert_eq!(seen(&events, Some(request::ZC_COPIED)), copied);
    assert_eq!(
        seen(&events, Some(0)),
        (How::Reference, Basis::Reported, false)
    );
    let unknown = (How::Reference, Basis::Documented, true);
    assert_eq!(seen(&[Started, done, given_up], None), unknown);
    assert_eq!(seen(&[Started, done], None), unknown);
}

#[test]
fn vmsplice_from_the_read_end_of_a_pipe_copies_into_memory() {
    let mut world = World::new();
    let (reader, writer) = world.pipe(1);
    let (a, b) = (world.file("/a"), world.file("/b"));
    world.pass(1, "splice", (a, writer), 4096);
    let vector: Vec<u8> = [BUFFER, 4096].map(u64::to_ne_bytes).concat();
    world.work(1, |memory| memory[..16].copy_from_slice(&vector));
    let args = [u64::from(reader), 0, 1, 0, 0, 0];
    let ends = [reader, NO_DESCRIPTOR];
    world.call(1, "vmsplice", args, ends, 4096, |memory| {
        memory[BUFFER as usize..][..4096].copy_from_slice(&noise(4096, 1));
    });
    world.write(1, b, BUFFER, 4096);
    let flow = world.only();
    assert_eq!(short(&flow), ("/a", "/b", 4096, 2.0, false));
}

/// What recvmsg(2) from an error queue brings: that the sends from the first to the last were copied.
fn reported_as_copied(first: u32, last: u32) -> Vec<u8> {
    let control: u64 = ELSEWHERE + 128;
    let message = [0u64, 0, 0, 0, control, 32, 0].map(u64::to_ne_bytes);
    let [origin, code] = [5, 1]; // SO_EE_ORIGIN_ZEROCOPY, SO_EE_CODE_ZEROCOPY_COPIED
    let mut bytes = message.concat();
    bytes.resize(128, 0);
    bytes.extend(
        [
            32u64.to_ne_bytes(),
            [0; 8],
            [0, 0, 0, 0, origin, 0, code, 0],
        ]
        .concat(),
    );
    bytes.extend([first.to_ne_bytes(), last.to_ne_bytes()].concat());
    bytes
}

#[test]
fn a_socket_that_is_still_open_by_another_descriptor_reports_its_sends() {
    let (msg_zerocopy, msg_errqueue) = (0x400_0000, 0x2000);
    let mut world = World::new();
    let socket = world.open(DescriptorKind::Tcp, "tcp", 77);
    let other = world.open(DescriptorKind::Tcp, "tcp", 77);
    let args = [u64::from(socket), BUFFER, 4096, msg_zerocopy, 0, 0];
    let ends = [socket, NO_DESCRIPTOR];
    world.call(1, "sendto", args, ends, 4096, |_| {});
    world.call(1, "close", args, ends, 0, |_| {});
    let args = [u64::from(other), ELSEWHERE, msg_errqueue, 0, 0, 0];
    let ends = [other, NO_DESCRIPTOR];
    world.call(1, "recvmsg", args, ends, 0, |memory| {
        let report = reported_as_copied(0, 0);
        memory[ELSEWHERE as usize..][..report.len()].copy_from_slice(&report);
    });
    let flow = world.only();
    let hop = flow.copy_path.last().unwrap();
    assert_eq!((hop.how, hop.basis), (How::CpuCopy, Basis::Reported));
}
