//! bpf(2) and perf_event_open(2), as far as counting needs them.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use nix::errno::Errno;

// enum bpf_cmd, bpf_map_type, bpf_prog_type, bpf_attach_type of include/uapi/linux/bpf.h
const MAP_CREATE: libc::c_long = 0;
const MAP_LOOKUP_ELEM: libc::c_long = 1;
const MAP_UPDATE_ELEM: libc::c_long = 2;
const PROG_LOAD: libc::c_long = 5;
const RAW_TRACEPOINT_OPEN: libc::c_long = 17;
const HASH: u32 = 1;
const ARRAY: u32 = 2;
const PERF_EVENT: u32 = 7;
const TRACING: u32 = 26;
const TRACE_FENTRY: u32 = 24;
const TRACE_FEXIT: u32 = 25;

/// Processes at most: a tree of them may be traced.
const PROCESSES: u32 = 8192;

/// One function's count for one side. The programs write it: bytes, then calls.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) bytes: u64,
    pub(super) calls: u64,
}

/// Where programs and this process meet.
pub(super) struct Maps {
    pub(super) sides: OwnedFd,
    pub(super) tallies: OwnedFd,
}

impl Maps {
    pub(super) fn create(rows: usize) -> nix::Result<Maps> {
        Ok(Maps {
            sides: create_map(HASH, size_of::<u32>(), PROCESSES)?,
            tallies: create_map(ARRAY, size_of::<Tally>(), rows as u32)?,
        })
    }
}

#[repr(C)]
#[derive(Default)]
struct MapCreate {
    map_type: u32,
    key_size: u32,
    value_size: u32,
    max_entries: u32,
    flags: u32,
}

fn create_map(map_type: u32, value_size: usize, max_entries: u32) -> nix::Result<OwnedFd> {
    let attributes = MapCreate {
        map_type,
        key_size: size_of::<u32>() as u32,
        value_size: value_size as u32,
        max_entries,
        ..MapCreate::default()
    };
    // SAFETY: MAP_CREATE reads the attributes, which point to nothing.
    own(unsafe { bpf(MAP_CREATE, &attributes) })
}

#[repr(C)]
struct Element {
    map: u32,
    padding: u32,
    key: *const u32,
    value: *mut libc::c_void,
    flags: u64,
}

/// Sets the value of a key.
pub(super) fn update(map: &OwnedFd, key: u32, value: u32) -> nix::Result<()> {
    let mut value = value;
    let attributes = Element {
        map: map.as_raw_fd() as u32,
        padding: 0,
        key: &raw const key,
        value: (&raw mut value).cast(),
        flags: 0, // create or replace
    };
    // SAFETY: key and value have the sizes with which the map was made (32 bits each), and outlive the call.
    Errno::result(unsafe { bpf(MAP_UPDATE_ELEM, &attributes) }).map(drop)
}

/// The tally at a place.
pub(super) fn lookup(map: &OwnedFd, key: u32) -> nix::Result<Tally> {
    let mut tally = Tally::default();
    let attributes = Element {
        map: map.as_raw_fd() as u32,
        padding: 0,
        key: &raw const key,
        value: (&raw mut tally).cast(),
        flags: 0,
    };
    // SAFETY: key and value have the sizes with which the map was made (32 bits, a Tally), and outlive the call.
    Errno::result(unsafe { bpf(MAP_LOOKUP_ELEM, &attributes) })?;
    Ok(tally)
}

/// What a program is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To run when a perf event overflows.
    Breakpoint,
    /// At the entry of the function with this BTF id.
    Entry(u32),
    /// At its exit.
    Exit(u32),
}

#[repr(C)]
#[derive(Default)]
struct ProgLoad {
    prog_type: u32,
    insn_cnt: u32,
    insns: u64,
    license: u64,
    log: [u32; 4],
    kern_version: u32,
    prog_flags: u32,
    prog_name: [u8; 16],
    prog_ifindex: u32,
    expected_attach_type: u32,
    prog_btf_fd: u32,
    func_info_rec_size: u32,
    func_info: u64,
    func_info_cnt: u32,
    line_info_rec_size: u32,
    line_info: u64,
    line_info_cnt: u32,
    attach_btf_id: u32,
    attach_prog_fd: u32,
    padding: u32,
}

pub(super) fn load(program: &[u64], purpose: Purpose) -> nix::Result<OwnedFd> {
    let (prog_type, expected_attach_type, attach_btf_id) = match purpose {
        Purpose::Breakpoint => (PERF_EVENT, 0, 0),
        Purpose::Entry(id) => (TRACING, TRACE_FENTRY, id),
        Purpose::Exit(id) => (TRACING, TRACE_FEXIT, id),
    };
    let attributes = ProgLoad {
        prog_type,
        insn_cnt: program.len() as u32,
        insns: program.as_ptr() as u64,
        license: c"GPL".as_ptr() as u64, // its helpers are for such programs alone
        prog_name: *b"zclab_count\0\0\0\0\0",
        expected_attach_type,
        attach_btf_id,
        ..ProgLoad::default()
    };
    // SAFETY: PROG_LOAD reads the instructions and the licence, which outlive the call; no log is asked for.
    own(unsafe { bpf(PROG_LOAD, &attributes) })
}

#[repr(C)]
struct RawTracepointOpen {
    name: u64,
    prog_fd: u32,
    padding: u32,
}

/// Attaches a program for an entry or an exit, for as long as the descriptor is open.
pub(super) fn attach(program: &OwnedFd) -> nix::Result<OwnedFd> {
    let attributes = RawTracepointOpen {
        name: 0,
        prog_fd: program.as_raw_fd() as u32,
        padding: 0,
    };
    // SAFETY: RAW_TRACEPOINT_OPEN reads the attributes, whose name is null: the program names its function.
    own(unsafe { bpf(RAW_TRACEPOINT_OPEN, &attributes) })
}

/// # Safety
/// The attributes are those of the command, and what they point to is valid as the command wants it.
unsafe fn bpf<T>(command: libc::c_long, attributes: &T) -> libc::c_long {
    // SAFETY: as the caller promises; the size is that of the structure.
    unsafe { libc::syscall(libc::SYS_bpf, command, attributes, size_of::<T>()) }
}

#[repr(C)]
#[derive(Default)]
struct PerfEventAttr {
    event_type: u32,
    size: u32,
    config: u64,
    sample_period: u64,
    sample_type: u64,
    read_format: u64,
    flags: u64,
    wakeup_events: u32,
    bp_type: u32,
    bp_addr: u64,
    bp_len: u64,
}

// include/uapi/linux/perf_event.h
const FLAG_FD_CLOEXEC: libc::c_ulong = 1 << 3;
const IOC_ENABLE: libc::c_ulong = 0x2400;
const IOC_SET_BPF: libc::c_ulong = 0x4004_2408;

/// A breakpoint at an address of the kernel, on one CPU, whoever runs there, that runs a program.
pub(super) fn breakpoint(address: u64, cpu: i32, program: &OwnedFd) -> nix::Result<OwnedFd> {
    const TYPE_BREAKPOINT: u32 = 5;
    const EXECUTE: u32 = 4;
    const NOT_IN_USER_MODE: u64 = 1 << 4;
    const EVERYBODY: libc::pid_t = -1;
    let attributes = PerfEventAttr {
        event_type: TYPE_BREAKPOINT,
        size: size_of::<PerfEventAttr>() as u32,
        sample_period: 1,
        flags: NOT_IN_USER_MODE,
        bp_type: EXECUTE,
        bp_addr: address,
        bp_len: size_of::<libc::c_long>() as u64,
        ..PerfEventAttr::default()
    };
    // SAFETY: the structure has the size that it names and outlives the call.
    let event = own(unsafe {
        libc::syscall(
            libc::SYS_perf_event_open,
            &attributes,
            EVERYBODY,
            cpu,
            -1,
            FLAG_FD_CLOEXEC,
        )
    })?;
    // SAFETY: both requests take a number or nothing, on a perf event of our own.
    unsafe {
        Errno::result(libc::ioctl(
            event.as_raw_fd(),
            IOC_SET_BPF,
            program.as_raw_fd(),
        ))?;
        Errno::result(libc::ioctl(event.as_raw_fd(), IOC_ENABLE, 0))?;
    }
    Ok(event)
}

fn own(result: libc::c_long) -> nix::Result<OwnedFd> {
    let fd = Errno::result(result)?;
    // SAFETY: the call has just made this descriptor, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}
