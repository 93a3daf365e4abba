//! What is changed in a program's calls so that it does under the tracer what it does without one.
//!
//! - A task that is made with `CLONE_UNTRACED` would have no tracer, but the filter, whose `SECCOMP_RET_TRACE` answers
//!   ENOSYS where nobody traces (seccomp(2)). The flag is taken out of the call, and put back where it stood.
//! - `SECCOMP_MODE_STRICT` is refused to a task that has a filter (kernel/seccomp.c, `seccomp_may_assign_mode`): it would
//!   be our filter's doing. The call is answered here, and what strict mode forbids is killed from here.
//! - A filter of the program may ask for a tracer as well: without one its calls fail with ENOSYS, and so they do here.

use super::{
    filter::MARK,
    kernel::{self, CallInfo, PTRACE_SYSCALL_INFO_ENTRY, PTRACE_SYSCALL_INFO_SECCOMP, Tid},
    memory, proc,
    registers::{self, ARGUMENTS_SHOW},
};
use crate::syscall::{Abi, Op, by_name, native_name};

const CLONE_UNTRACED: u64 = libc::CLONE_UNTRACED as u64;

/// Of one thread.
#[derive(Clone, Copy, Default)]
pub(super) struct Corrections {
    changed: Option<Changed>,
    /// It has entered strict mode, in which every call is looked at.
    pub strict: bool,
}

/// What was changed in the call that a thread is in, to be put back.
#[derive(Clone, Copy)]
enum Changed {
    /// Its first argument.
    Argument(CallInfo),
    /// A word in memory.
    Memory { address: u64, word: u64 },
    /// It is not made, and returns this.
    Answered(i64),
}

impl Corrections {
    /// Those of a task that one of this thread has just made: it has the same registers, and a copy of the memory.
    pub fn inherited(self) -> Corrections {
        let changed = self.changed;
        Corrections {
            changed: changed.filter(|changed| !matches!(changed, Changed::Answered(_))),
            strict: self.strict,
        }
    }

    /// Whether something is to be put back.
    pub fn are_pending(self) -> bool {
        self.changed.is_some()
    }

    /// A call is about to be made. What cannot be corrected is said.
    pub fn enter(
        &mut self,
        tid: Tid,
        info: &CallInfo,
        filtered: bool,
        alone: bool,
    ) -> Option<String> {
        if self.strict && info.op == PTRACE_SYSCALL_INFO_ENTRY {
            enforce(tid, info, alone);
            return None;
        }
        if info.op == PTRACE_SYSCALL_INFO_SECCOMP && info.filter_data() != MARK {
            self.answer(tid, info, -i64::from(libc::ENOSYS));
            return None;
        }
        match info.does_in_its_abi() {
            Op::Clone => self.make_traced(tid, info, Some(info.data[1])),
            Op::Clone3 => self.make_traced(tid, info, flags_of_clone3(tid, info)),
            Op::Control | Op::Seccomp if filtered && asks_for_strict(tid, info) => {
                self.answer(tid, info, 0);
                None
            }
            _ => None,
        }
    }

    fn answer(&mut self, tid: Tid, info: &CallInfo, result: i64) {
        if registers::set_number(tid, info, -1).is_ok() {
            self.changed = Some(Changed::Answered(result));
        }
    }

    fn make_traced(&mut self, tid: Tid, info: &CallInfo, flags: Option<u64>) -> Option<String> {
        let flags = flags.filter(|flags| flags & CLONE_UNTRACED != 0)?;
        let traced = flags & !CLONE_UNTRACED;
        let done = match info.does_in_its_abi() {
            Op::Clone => registers::set_argument(tid, info, traced),
            _ => registers::write_word(tid, info.data[1], traced),
        };
        if let Err(errno) = done {
            let name = proc::comm(tid);
            return Some(format!(
                "CLONE_UNTRACED: {name} makes a child that no tracer gets ({errno}): it is not seen, and with the filter its calls fail (--all: without it)"
            ));
        }
        self.changed = Some(match info.does_in_its_abi() {
            Op::Clone => Changed::Argument(*info),
            _ => Changed::Memory {
                address: info.data[1],
                word: flags,
            },
        });
        None
    }

    /// Puts back what was changed, in a thread that stands where its call has read it.
    pub fn restore(&mut self, tid: Tid) {
        let done = match self.changed {
            Some(Changed::Argument(info)) if ARGUMENTS_SHOW => {
                registers::set_argument(tid, &info, info.data[1])
            }
            Some(Changed::Memory { address, word }) => registers::write_word(tid, address, word),
            Some(Changed::Argument(_)) => Ok(()),
            Some(Changed::Answered(_)) | None => return,
        };
        if let Err(errno) = done {
            tracing::debug!(tid, %errno, "not put back");
        }
        self.changed = None;
    }

    /// The result that a call is to have, where it is at its end.
    pub fn result(&mut self, tid: Tid, info: &CallInfo) -> i64 {
        let result = info.data[0] as i64;
        self.restore(tid);
        match self.changed.take() {
            Some(Changed::Answered(answer)) => {
                self.strict |= answer == 0;
                let _ = registers::set_result(tid, info, answer);
                answer
            }
            _ => result,
        }
    }
}

/// The first field of `struct clone_args`.
pub(super) fn flags_of_clone3(tid: Tid, info: &CallInfo) -> Option<u64> {
    memory::read_array(tid, info.data[1]).map(u64::from_ne_bytes)
}

/// Whether a call asks for strict mode, and would be given it without our filter: where there is another one, the kernel
/// refuses it by itself.
fn asks_for_strict(tid: Tid, info: &CallInfo) -> bool {
    const SET_MODE_STRICT: u64 = 0;
    let [_, first, second, third, ..] = info.data;
    let asks = match info.does() {
        Op::Control => {
            first == libc::PR_SET_SECCOMP as u64 && second == u64::from(libc::SECCOMP_MODE_STRICT)
        }
        Op::Seccomp => (first, second, third) == (SET_MODE_STRICT, 0, 0),
        _ => false,
    };
    asks && proc::field(&proc::read(tid, "status"), "Seccomp_filters:") == Some("1")
}

/// Strict mode knows four calls (kernel/seccomp.c, `mode1_syscalls`); another one ends the thread as SIGKILL does.
fn enforce(tid: Tid, info: &CallInfo, alone: bool) {
    const ALLOWED: [&str; 4] = ["read", "write", "exit", "rt_sigreturn"];
    if info.is_native() && ALLOWED.contains(&native_name(info.data[0]).as_str()) {
        return;
    }
    let exit = by_name("exit").zip(Abi::native());
    let exit = exit.and_then(|(row, abi)| row.number(abi));
    match exit {
        Some(exit) if !alone => {
            let _ = registers::set_number(tid, info, exit.into());
            let _ = registers::set_argument(tid, info, libc::SIGKILL as u64);
        }
        _ => kernel::kill(tid),
    }
}
