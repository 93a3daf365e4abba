//! The programs, assembled: what a call moved is added to the tally of its function and of the side of the process that made
//! it. Instructions as in `Documentation/bpf/standardization/instruction-set.rst`.

use std::os::fd::{AsRawFd, RawFd};

use super::functions::Watch;
use super::kernel::Maps;

/// Own, peer, everybody else.
pub(super) const SIDES: usize = 3;
const OTHERS: i32 = 2;

const R0: u8 = 0;
const R1: u8 = 1;
const R2: u8 = 2;
const R3: u8 = 3;
const R4: u8 = 4;
/// The context, kept over calls.
const CONTEXT: u8 = 6;
const BYTES: u8 = 7;
const ROW: u8 = 8;
const FRAME: u8 = 10;

// enum bpf_func_id of include/uapi/linux/bpf.h
const MAP_LOOKUP: i32 = 1;
const GET_NS_CURRENT_PID_TGID: i32 = 120;
const GET_FUNC_RET: i32 = 184;

/// Places on the stack.
const RETURNED: i16 = -8;
/// `struct bpf_pidns_info`: the thread's number, then the process's.
const PIDS: i16 = -16;
const PROCESS: i16 = -12;
const KEY: i16 = -20;

/// What names the pid namespace in which processes are numbered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Namespace {
    pub(super) device: u64,
    pub(super) inode: u64,
}

/// The program of one function. `row` is its place among all; `member` where [`Watch::Member`] stands in its structure.
pub(super) fn assemble(
    watch: Watch,
    member: u32,
    row: usize,
    maps: &Maps,
    namespace: Namespace,
) -> Vec<u64> {
    let mut code = Code(Vec::new());
    code.copy(CONTEXT, R1);
    code.bytes_of_the_call(watch, member);
    // An error moved nothing, and bytes of one call fit 31 bits.
    code.sign_extend(BYTES);
    code.unless_positive_exit(BYTES);
    code.process_number(namespace);
    code.row_of_the_process(row, maps.sides.as_raw_fd());
    code.add_to_tally(maps.tallies.as_raw_fd());
    code.exit();
    code.0
}

struct Code(Vec<u64>);

impl Code {
    fn emit(&mut self, opcode: u8, destination: u8, source: u8, offset: i16, immediate: i32) {
        self.0.push(
            u64::from(opcode)
                | u64::from(destination) << 8
                | u64::from(source) << 12
                | u64::from(offset as u16) << 16
                | u64::from(immediate as u32) << 32,
        );
    }

    fn bytes_of_the_call(&mut self, watch: Watch, member: u32) {
        match watch {
            Watch::Breakpoint(argument) => self.load(BYTES, CONTEXT, register_of(argument)),
            Watch::Member(argument, ..) => {
                self.load(BYTES, CONTEXT, 8 * i16::from(argument));
                self.emit(0x61, BYTES, BYTES, member as i16, 0); // 32 bits
            }
            Watch::Returned => {
                self.copy(R1, CONTEXT);
                self.address(R2, RETURNED);
                self.call(GET_FUNC_RET);
                self.load(BYTES, FRAME, RETURNED);
            }
        }
    }

    /// Leaves it at [`PROCESS`]; 0 for a process that is not in the namespace.
    fn process_number(&mut self, namespace: Namespace) {
        self.wide(R1, 0, namespace.device);
        self.wide(R2, 0, namespace.inode);
        self.address(R3, PIDS);
        self.set(R4, 8);
        self.call(GET_NS_CURRENT_PID_TGID);
    }

    /// Leaves in [`ROW`] the number of the tally.
    fn row_of_the_process(&mut self, row: usize, sides: RawFd) {
        self.set(ROW, OTHERS);
        self.look_up(sides, PROCESS);
        self.emit(0x15, R0, 0, 1, 0); // if r0 == 0 skip the next
        self.emit(0x61, ROW, R0, 0, 0);
        self.emit(0x07, ROW, 0, 0, (row * SIDES) as i32); // +=
    }

    fn add_to_tally(&mut self, tallies: RawFd) {
        self.emit(0x63, FRAME, ROW, KEY, 0); // 32 bits
        self.look_up(tallies, KEY);
        self.emit(0x15, R0, 0, 3, 0); // if r0 == 0 skip the next three
        self.emit(0xdb, R0, BYTES, 0, 0); // atomic add
        self.set(BYTES, 1);
        self.emit(0xdb, R0, BYTES, 8, 0);
    }

    fn look_up(&mut self, map: RawFd, key: i16) {
        const MAP_BY_DESCRIPTOR: u8 = 1;
        self.wide(R1, MAP_BY_DESCRIPTOR, map as u64);
        self.address(R2, key);
        self.call(MAP_LOOKUP);
    }

    fn unless_positive_exit(&mut self, register: u8) {
        self.emit(0x65, register, 0, 2, 0); // if > 0, signed, skip the next two
        self.exit();
    }

    fn sign_extend(&mut self, register: u8) {
        self.emit(0x67, register, 0, 0, 32); // <<=
        self.emit(0xc7, register, 0, 0, 32); // >>=, signed
    }

    fn load(&mut self, into: u8, from: u8, offset: i16) {
        self.emit(0x79, into, from, offset, 0);
    }

    fn copy(&mut self, into: u8, from: u8) {
        self.emit(0xbf, into, from, 0, 0);
    }

    fn set(&mut self, register: u8, value: i32) {
        self.emit(0xb7, register, 0, 0, value);
    }

    /// The address of a place on the stack.
    fn address(&mut self, register: u8, place: i16) {
        self.copy(register, FRAME);
        self.emit(0x07, register, 0, 0, place.into());
    }

    /// 64 bits, in two instructions.
    fn wide(&mut self, register: u8, what: u8, value: u64) {
        self.emit(0x18, register, what, 0, value as u32 as i32);
        self.emit(0, 0, 0, 0, (value >> 32) as i32);
    }

    fn call(&mut self, helper: i32) {
        self.emit(0x85, 0, 0, 0, helper);
    }

    fn exit(&mut self) {
        self.set(R0, 0);
        self.emit(0x95, 0, 0, 0, 0);
    }
}

/// Where a breakpoint's registers hold an argument: `struct pt_regs` of x86-64, rdi, rsi, rdx, rcx.
fn register_of(argument: u8) -> i16 {
    [112, 104, 96, 88][usize::from(argument)]
}
