//! What a call does, by its number: asked at each stop.

use std::sync::LazyLock;

use super::kernel::CallInfo;
use crate::syscall::{self, Op, native_name};

/// No machine has so many calls.
const NUMBERS: u64 = 1024;

static OPS: LazyLock<Vec<Op>> = LazyLock::new(|| {
    let numbers = 0..NUMBERS;
    numbers
        .map(|number| syscall::op(&native_name(number)))
        .collect()
});

/// What a call does that is about to be made. Of calls of another ABI than the machine's own nothing is known here.
pub(super) fn op(info: &CallInfo) -> Op {
    let number = info.data[0] as usize;
    let known = OPS.get(number).filter(|_| info.is_native());
    known.copied().unwrap_or(Op::None)
}
