//! The names of calls, of every ABI, and what a call of a name does.

use super::{
    abi::{Abi, X32_BIT},
    table::{Moves, Op, by_name, by_number},
};
use crate::model::{Call, Trace};

/// What the names of 32-bit calls begin with.
const COMPAT: &str = "32-bit_";
const X32: &str = "x32_";

/// The name of one of the machine's own calls: `syscall_451` where it has none here. On 64-bit x86 the numbers of x32
/// are among them: `x32_readv`.
pub(crate) fn native_name(number: u64) -> String {
    let x32 = u64::from(X32_BIT);
    if cfg!(target_arch = "x86_64") && (number & !0x3ff) == x32 {
        let number = number - x32;
        return match by_number(Abi::X32, number) {
            Some(row) => format!("{X32}{}", row.name),
            None => format!("{X32}{}", native_name(number)),
        };
    }
    match syscalls::Sysno::new(number as usize) {
        Some(known) => known.name().to_owned(),
        None => format!("syscall_{number}"),
    }
}

/// The name of a 32-bit program's call on a 64-bit machine: `32-bit_write`.
pub(crate) fn compat_name(architecture: u32, number: u64) -> String {
    let row = Abi::compat(architecture).and_then(|abi| by_number(abi, number));
    match row {
        Some(row) => format!("{COMPAT}{}", row.name),
        None => format!("{COMPAT}syscall_{number}"),
    }
}

/// What a call of another ABI than the machine's own does, by that ABI's table.
pub(crate) fn foreign_op(architecture: u32, number: u64) -> Op {
    let x32 = number ^ u64::from(X32_BIT);
    let row = match Abi::compat(architecture) {
        Some(abi) => by_number(abi, number),
        None if cfg!(target_arch = "x86_64") => by_number(Abi::X32, x32),
        None => None,
    };
    row.map_or(Op::None, |row| row.op)
}

/// What a call of that name does; [`Op::None`] for one that the table does not have.
pub(crate) fn op(name: &str) -> Op {
    let of_row = |name: &str| by_name(name).map_or(Op::None, |row| row.op);
    let compat = name.strip_prefix(COMPAT).or(name.strip_prefix(X32));
    match compat.map(of_row) {
        None => of_row(name),
        Some(Op::Socketcall) => Op::Socketcall,
        Some(op) => Op::Compat(op.moves()),
    }
}

impl Op {
    /// The call that a socketcall(2) is, by its first argument (linux/net.h).
    pub(crate) fn of_socketcall(which: u64) -> Op {
        const SEND: [u64; 3] = [9, 11, 16];
        const RECEIVE: [u64; 3] = [10, 12, 17];
        Op::Compat(Moves {
            reads: RECEIVE.contains(&which),
            writes: SEND.contains(&which),
        })
    }
}

/// What the calls of a trace do. Each of its names is looked up once, not each of its calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ops(Vec<Op>);

impl Ops {
    pub(crate) fn of(&mut self, trace: &Trace, call: &Call) -> Op {
        let name = usize::from(call.name);
        while self.0.len() <= name {
            let next = trace.names.get(self.0.len());
            self.0.push(next.map_or(Op::None, |name| op(name)));
        }
        self.0[name]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syscall::Shape;

    #[test]
    fn the_same_number_is_another_call_on_another_machine() {
        const I386: u32 = 0x4000_0003;
        const ARM: u32 = 0x4000_0028;
        assert_eq!(compat_name(I386, 4), "32-bit_write");
        assert_eq!(compat_name(I386, 340), "32-bit_syscall_340");
        assert_eq!(compat_name(ARM, 340), "32-bit_splice");
        assert_eq!(compat_name(0xc000_003e, 1), "32-bit_syscall_1");
        assert_eq!(foreign_op(I386, 120), Op::Clone);
        assert_eq!(foreign_op(ARM, 2), Op::Fork);
        #[cfg(target_arch = "x86_64")]
        assert_eq!(foreign_op(0xc000_003e, 0x4000_0000 + 56), Op::Clone);
    }

    #[test]
    fn of_calls_of_another_table_only_the_result_is_understood() {
        let moves = |reads, writes| Op::Compat(Moves { reads, writes });
        assert_eq!(op("write"), Op::Write(Shape::Buffer));
        assert_eq!(op("32-bit_write"), moves(false, true));
        assert_eq!(op("x32_sendfile"), moves(true, true));
        assert_eq!(op("x32_recvmmsg"), moves(false, false));
        assert_eq!(op("x32_getppid"), moves(false, false));
        assert_eq!(op("getppid"), Op::None);
        assert_eq!(op("socketcall"), Op::Socketcall);
        assert_eq!(Op::of_socketcall(9), moves(false, true));
    }
}
