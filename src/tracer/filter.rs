//! The seccomp filter that stops a program only at calls that move bytes or change descriptors and memory maps.
//! Everything else runs at full speed (seccomp(2), `SECCOMP_RET_TRACE`).

use libc::{
    BPF_ABS, BPF_JEQ, BPF_JGE, BPF_JMP, BPF_JSET, BPF_K, BPF_LD, BPF_RET, BPF_W, SECCOMP_RET_ALLOW,
    SECCOMP_RET_TRACE, sock_filter,
};

use crate::syscall::{
    Abi, Class, FICLONE, FICLONERANGE, Op, SOCKET_OPTIONS, Syscall, TCP_ZEROCOPY_RECEIVE, X32_BIT,
    syscalls,
};

/// What its stops carry (`SECCOMP_RET_DATA`): those that a filter of the program asks for carry something else.
pub(super) const MARK: u32 = 0x7a63;
const TRACE: u32 = SECCOMP_RET_TRACE | MARK;
/// `PTRACE_TRACEME`, `PTRACE_ATTACH` and `PTRACE_SEIZE` of ptrace(2): refused to a program that is traced already.
const TAKES_TRACEE: [u32; 3] = [0, 16, 0x4206];
/// `SECCOMP_SET_MODE_STRICT` of seccomp(2).
const SET_MODE_STRICT: u32 = 0;
/// Of mmap(2): `MAP_FIXED` replaces what was mapped, `MAP_SHARED` makes memory that processes share.
const FIXED_OR_SHARED: u32 = 0x10 | 0x01;

/// The filter; none on a machine whose calls it does not know.
pub(super) fn program() -> Option<Vec<sock_filter>> {
    let abi = Abi::native()?;
    let architecture = Abi::native_architecture()?;
    let mut out = Vec::new();
    // Another architecture's calls are looked at, to say that they were made.
    out.extend([
        load(4),
        jump(BPF_JEQ, architecture, 1, 0),
        answer(TRACE),
        load(0),
    ]);
    if abi == Abi::X86_64 {
        out.extend([jump(BPF_JGE, X32_BIT, 0, 1), answer(TRACE)]);
    }
    let mut rows: Vec<&Syscall> = syscalls().iter().collect();
    // What moves bytes comes first: it is made most often.
    rows.sort_by_key(|row| row.op.class());
    for row in rows {
        let Some(number) = row.number(abi) else {
            continue;
        };
        match (row.op, row.op.class()) {
            (Op::Map, _) => out.extend(mappings_of_files(number)),
            (Op::Ioctl, _) => out.extend(calls_with(
                number,
                1,
                &[FICLONE as u32, FICLONERANGE as u32],
            )),
            (Op::Control, _) => out.extend(calls_with(number, 0, &[libc::PR_SET_SECCOMP as u32])),
            (Op::Trace, _) => out.extend(calls_with(number, 0, &TAKES_TRACEE)),
            (Op::Seccomp, _) => out.extend(calls_with(number, 0, &[SET_MODE_STRICT])),
            (Op::GetOption, _) => out.extend(calls_with(number, 2, &[TCP_ZEROCOPY_RECEIVE as u32])),
            (Op::SocketOption, _) => out.extend(socket_options(number)),
            (Op::Memory, _) | (_, Class::Other) => {}
            _ => out.extend([jump(BPF_JEQ, number, 0, 1), answer(TRACE)]),
        }
    }
    out.push(answer(SECCOMP_RET_ALLOW));
    Some(out)
}

/// Of mappings, those of a file, those that replace what was there, and those that are shared.
fn mappings_of_files(number: u32) -> [sock_filter; 8] {
    [
        jump(BPF_JEQ, number, 0, 7),
        load(argument(4)),
        jump(BPF_JEQ, u32::MAX, 1, 0),
        answer(TRACE),
        load(argument(3)),
        jump(BPF_JSET, FIXED_OR_SHARED, 0, 1),
        answer(TRACE),
        answer(SECCOMP_RET_ALLOW),
    ]
}

/// Of a call, those whose argument has one of these values.
fn calls_with(number: u32, which: u32, values: &[u32]) -> Vec<sock_filter> {
    let count = values.len() as u8;
    let mut out = vec![jump(BPF_JEQ, number, 0, count + 3), load(argument(which))];
    for (place, value) in (0..count).zip(values) {
        let is_last = place + 1 == count;
        out.push(jump(BPF_JEQ, *value, count - 1 - place, u8::from(is_last)));
    }
    out.extend([answer(TRACE), answer(SECCOMP_RET_ALLOW)]);
    out
}

/// Those that change what becomes of the bytes.
fn socket_options(number: u32) -> Vec<sock_filter> {
    let mut options = Vec::new();
    for (level, name) in SOCKET_OPTIONS {
        options.extend([load(argument(1))]);
        match name {
            Some(name) => options.extend([
                jump(BPF_JEQ, level, 0, 3),
                load(argument(2)),
                jump(BPF_JEQ, name, 0, 1),
            ]),
            None => options.push(jump(BPF_JEQ, level, 0, 1)),
        }
        options.push(answer(TRACE));
    }
    options.push(answer(SECCOMP_RET_ALLOW));
    let mut out = vec![jump(BPF_JEQ, number, 0, options.len() as u8)];
    out.extend(options);
    out
}

/// Where the lower half of an argument lies in `struct seccomp_data`.
fn argument(which: u32) -> u32 {
    16 + 8 * which + if cfg!(target_endian = "big") { 4 } else { 0 }
}

fn load(offset: u32) -> sock_filter {
    statement(BPF_LD | BPF_W | BPF_ABS, 0, 0, offset)
}

fn jump(how: u32, value: u32, then: u8, otherwise: u8) -> sock_filter {
    statement(BPF_JMP | how | BPF_K, then, otherwise, value)
}

fn answer(what: u32) -> sock_filter {
    statement(BPF_RET | BPF_K, 0, 0, what)
}

fn statement(code: u32, jt: u8, jf: u8, k: u32) -> sock_filter {
    sock_filter {
        code: code as u16,
        jt,
        jf,
        k,
    }
}

/// Installs it in this process. Called between fork and exec: system calls alone.
///
/// Without a privilege it needs `no_new_privs`. A traced program gets no privileges by its file anyway (ptrace(2)), so
/// that takes nothing away; with the privilege it is not set.
pub(super) fn install(program: &[sock_filter]) -> Result<(), i32> {
    let filter = libc::sock_fprog {
        len: program.len() as u16,
        filter: program.as_ptr().cast_mut(),
    };
    // SAFETY: the filter outlives the call, which only reads it.
    let installed =
        || unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &filter) == 0 };
    // SAFETY: integers alone.
    let no_new_privileges = || unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 };
    match installed() || (no_new_privileges() && installed()) {
        true => Ok(()),
        false => Err(nix::errno::Errno::last_raw()),
    }
}
