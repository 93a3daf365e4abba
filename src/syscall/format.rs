//! A call as text, in the manner of strace.

use std::fmt::Write;

use super::{
    arg::{Arg, Returns},
    flags,
    names::op,
    table::{Op, Syscall, by_name},
};
use crate::model::{Call, CallState, Descriptor, DescriptorKind, Trace, grouped};

/// How much of a call is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// For lists, descriptors alone: `write(4<tcp>) = 65 536`.
    Short,
    /// For learners, with a name for where memory is: `write(4<tcp 127.0.0.1:41234>, buf, 65536) = 65536`.
    Full,
    /// As [`Style::Full`], with the addresses instead.
    Addresses,
}

const AT_FDCWD: i32 = -100;
/// How far back a mapping is looked for: a millisecond's work.
const FAR_BACK: usize = 100_000;

/// A call as text, in the manner of strace. A call that the table does not know is written raw, and says so.
pub fn format_call(trace: &Trace, call: &Call, style: Style) -> String {
    let mut out = String::with_capacity(80);
    out.push_str(trace.name(call));
    out.push('(');
    let row = by_name(trace.name(call));
    match (row, style) {
        (Some(row), Style::Short) => short_arguments(&mut out, trace, call, row),
        (Some(row), _) => {
            let mut writer = Arguments {
                trace,
                call,
                row,
                style,
                out: &mut out,
            };
            writer.write();
        }
        (None, Style::Short) => {}
        (None, _) => raw_arguments(&mut out, call),
    }
    out.push_str(") = ");
    result(&mut out, trace, call, row, style);
    out
}

fn short_arguments(out: &mut String, trace: &Trace, call: &Call, row: &Syscall) {
    let mut slots = row.descriptor_args().count();
    if row.op.pair_arg().is_some() {
        slots = 2;
    }
    let named = (0..slots).filter_map(|slot| trace.descriptor(call, slot));
    for (i, descriptor) in named.enumerate() {
        out.push_str(if i > 0 { ", " } else { "" });
        let _ = write!(out, "{}<{}>", descriptor.fd, short_name(descriptor));
    }
}

/// The name of an errno (`ENOENT` for 2), those that only a tracer sees among them: `ERESTARTSYS` for 512.
pub(crate) fn errno_name(errno: i32) -> Option<&'static str> {
    syscalls::Errno::new(errno).name()
}

/// `tcp` for `tcp 127.0.0.1:41234`, `source` for `/tmp/source`.
pub(super) fn short_name(descriptor: &Descriptor) -> &str {
    let name = descriptor.name.as_str();
    match descriptor.kind {
        DescriptorKind::Tcp | DescriptorKind::Udp | DescriptorKind::Unix => {
            name.split(' ').next().unwrap_or(name)
        }
        _ => name
            .rsplit('/')
            .find(|part| !part.is_empty())
            .unwrap_or(name),
    }
}

fn raw_arguments(out: &mut String, call: &Call) {
    out.push_str("raw");
    for arg in call.args {
        let _ = write!(out, ", {arg:#x}");
    }
}

fn result(out: &mut String, trace: &Trace, call: &Call, row: Option<&Syscall>, style: Style) {
    let returned_slot = row
        .filter(|row| row.returns_descriptor(&call.args))
        .map(|row| row.descriptor_args().count());
    let descriptor = returned_slot.and_then(|slot| trace.descriptor(call, slot));
    let _ = match (call.state, call.errno(), descriptor) {
        (CallState::Unfinished, ..) => write!(out, "?"),
        (_, Some(errno), _) => match errno_name(errno) {
            Some(name) => write!(out, "-1 {name}"),
            None => write!(out, "-1 errno {errno}"),
        },
        (_, _, Some(d)) if style == Style::Short => write!(out, "{}<{}>", d.fd, short_name(d)),
        (_, _, Some(d)) => write!(out, "{}<{}>", d.fd, d.name),
        _ if row.is_some_and(|row| row.returns == Returns::Address) => {
            write!(out, "{:#x}", call.result)
        }
        _ => match u64::try_from(call.result) {
            Ok(number) if style == Style::Short => write!(out, "{}", grouped(number)),
            _ => write!(out, "{}", call.result),
        },
    };
}

struct Arguments<'a> {
    trace: &'a Trace,
    call: &'a Call,
    row: &'a Syscall,
    style: Style,
    out: &'a mut String,
}

impl Arguments<'_> {
    fn write(&mut self) {
        let mut slot = 0;
        for (i, (_, arg)) in self.row.args.iter().enumerate() {
            if !self.counts(i, arg) {
                continue;
            }
            self.out.push_str(if i > 0 { ", " } else { "" });
            let value = self.call.args[i];
            match *arg {
                Arg::Fd | Arg::DirFd => {
                    self.descriptor(slot, value as i32, matches!(arg, Arg::DirFd));
                    slot += 1;
                }
                Arg::Flags(set) => set.format(self.out, value),
                Arg::Path => self.path(i),
                Arg::Buffer(name) => self.memory(name, value),
                Arg::Address => self.memory("", value),
                Arg::Pointer(name) => self.pointer(i, name, value),
                Arg::Any => self.any(value),
                _ => self.number(arg, value),
            }
        }
    }

    /// Whether the call looks at the argument at all: permissions count when a file may be created.
    fn counts(&self, i: usize, arg: &Arg) -> bool {
        const WITHOUT: [u64; 4] = [1, 3, 1032, 1034];
        match (
            arg,
            i.checked_sub(1)
                .map(|before| (&self.row.args[before].1, self.call.args[before])),
        ) {
            (Arg::Mode, Some((Arg::Flags(set), value))) => {
                set.has(value, "O_CREAT") || set.has(value, "O_TMPFILE")
            }
            (Arg::Any, Some((_, command))) if self.row.op == Op::Fcntl => {
                !WITHOUT.contains(&command)
            }
            _ => true,
        }
    }

    fn descriptor(&mut self, slot: usize, fd: i32, may_be_cwd: bool) {
        let _ = match self.trace.descriptor(self.call, slot) {
            Some(descriptor) => write!(self.out, "{fd}<{}>", descriptor.name),
            None if may_be_cwd && fd == AT_FDCWD => write!(self.out, "AT_FDCWD"),
            None => write!(self.out, "{fd}"),
        };
    }

    fn number(&mut self, arg: &Arg, value: u64) {
        let _ = match arg {
            Arg::Int => write!(self.out, "{}", value as i32),
            Arg::NewFd => write!(self.out, "{}", value as u32),
            Arg::Offset => write!(self.out, "{}", value as i64),
            Arg::Mode => write!(self.out, "0{:o}", value & 0o7777),
            _ => write!(self.out, "{value}"),
        };
    }

    fn any(&mut self, value: u64) {
        const F_SETFL: u64 = 4;
        const NUMBERS: [u64; 4] = [0, 2, 1030, 1031];
        let command = self.call.args[1];
        let fcntl = self.row.op == Op::Fcntl;
        let _ = match () {
            () if fcntl && command == F_SETFL => return flags::OPEN.format(self.out, value),
            () if fcntl && NUMBERS.contains(&command) => write!(self.out, "{}", value as i32),
            () if value == 0 => write!(self.out, "0"),
            () => write!(self.out, "{value:#x}"),
        };
    }

    fn path(&mut self, arg: usize) {
        let text = index_of(self.trace, self.call).and_then(|index| {
            let texts = &self.trace.texts;
            let key = (index as u32, arg as u8);
            let found = texts.binary_search_by_key(&key, |text| (text.call, text.arg));
            found.ok().map(|place| &texts[place].text)
        });
        let _ = match text {
            Some(text) if text.len() >= crate::model::TEXT_LIMIT => write!(self.out, "{text:?}..."),
            Some(text) => write!(self.out, "{text:?}"),
            None => return self.pointer(arg, "path", self.call.args[arg]),
        };
    }

    fn pointer(&mut self, arg: usize, name: &str, value: u64) {
        let pair = self.row.op.pair_arg() == Some(arg);
        let ends = [0, 1].map(|slot| self.trace.descriptor(self.call, slot));
        let _ = match (pair, ends) {
            (true, [Some(a), Some(b)]) => {
                write!(self.out, "[{}<{}>, {}<{}>]", a.fd, a.name, b.fd, b.name)
            }
            _ if value == 0 => write!(self.out, "NULL"),
            _ if self.style == Style::Addresses => write!(self.out, "{value:#x}"),
            _ => write!(self.out, "{name}"),
        };
    }

    /// An address of payload: by its distance from a file's mapping, by a name, or as it is.
    fn memory(&mut self, name: &str, value: u64) {
        let mapping = (self.style == Style::Full && value != 0)
            .then(|| mapping_of(self.trace, self.call, value))
            .flatten();
        let _ = match mapping {
            Some(0) => write!(self.out, "map"),
            Some(distance) => write!(self.out, "map + {distance}"),
            None if value == 0 => write!(self.out, "NULL"),
            None if name.is_empty() || self.style == Style::Addresses => {
                write!(self.out, "{value:#x}")
            }
            None => write!(self.out, "{name}"),
        };
    }
}

/// How far an address is into a mapping of a file that this trace saw being made, if it is in one.
fn mapping_of(trace: &Trace, call: &Call, address: u64) -> Option<u64> {
    let ops: Vec<Op> = trace.names.iter().map(|name| op(name)).collect();
    ops.contains(&Op::Map).then_some(())?;
    let process = |call: &Call| trace.tasks.get(usize::from(call.task)).map(|task| task.pid);
    let pid = process(call);
    let before = &trace.calls[..index_of(trace, call)?];
    for earlier in before.iter().rev().take(FAR_BACK) {
        let Some(result) = earlier.returned().filter(|_| process(earlier) == pid) else {
            continue;
        };
        let op = ops.get(usize::from(earlier.name));
        let is_map = op == Some(&Op::Map);
        let start = match op {
            Some(Op::Map) => result as u64,
            Some(Op::Unmap) => earlier.args[0],
            _ => continue,
        };
        if (start..start.saturating_add(earlier.args[1])).contains(&address) {
            let of_a_file = is_map && trace.descriptor(earlier, 0).is_some();
            return of_a_file.then(|| address - start);
        }
    }
    None
}

/// A call's place in its trace: calls stand in the order of their entry.
fn index_of(trace: &Trace, call: &Call) -> Option<usize> {
    let first = trace
        .calls
        .partition_point(|other| other.start_ns < call.start_ns);
    let same = trace.calls[first..]
        .iter()
        .take_while(|other| other.start_ns == call.start_ns);
    same.enumerate()
        .find(|(_, other)| *other == call)
        .map(|(i, _)| first + i)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{NO_DESCRIPTOR, Task, Text};

    const MAP: u64 = 0x7f00_0000_0000;

    fn trace() -> Trace {
        let descriptor = |fd, kind, name: &str| Descriptor {
            fd,
            kind,
            name: name.to_owned(),
            identity: 0,
            direct: false,
            traits: crate::model::FileTraits::default(),
        };
        let task = Task {
            tid: 1,
            pid: 1,
            name: "x".to_owned(),
        };
        Trace {
            tasks: vec![task],
            descriptors: vec![
                descriptor(3, DescriptorKind::File, "/tmp/source"),
                descriptor(4, DescriptorKind::Tcp, "tcp 127.0.0.1:41234"),
            ],
            ..Trace::default()
        }
    }

    fn made(
        trace: &mut Trace,
        name: &str,
        args: &[u64],
        fds: [u32; 2],
        result: i64,
    ) -> [String; 2] {
        let mut all = [0; 6];
        all[..args.len()].copy_from_slice(args);
        let call = Call {
            name: trace.names.len() as u16,
            task: 0,
            state: CallState::Returned,
            args: all,
            result,
            start_ns: trace.calls.len() as u64,
            duration_ns: 0,
            descriptors: fds,
        };
        trace.names.push(name.to_owned());
        trace.calls.push(call);
        [Style::Full, Style::Short].map(|style| format_call(trace, &call, style))
    }

    #[test]
    fn calls_are_written_in_the_manner_of_strace() {
        const NONE: u32 = NO_DESCRIPTOR;
        let trace = &mut trace();
        let cwd = -100i64 as u64;
        trace.texts = vec![Text {
            call: 3,
            arg: 1,
            text: "/x".to_owned(),
        }];
        type Case<'a> = (&'a str, &'a [u64], [u32; 2], i64, &'a str, &'a str);
        let cases: [Case; 7] = [
            (
                "write",
                &[4, 99, 65536],
                [1, NONE],
                65536,
                "write(4<tcp 127.0.0.1:41234>, buf, 65536) = 65536",
                "write(4<tcp>) = 65\u{a0}536",
            ),
            (
                "sendfile",
                &[4, 3, 0, 65536],
                [1, 0],
                0,
                "sendfile(4<tcp 127.0.0.1:41234>, 3</tmp/source>, NULL, 65536) = 0",
                "sendfile(4<tcp>, 3<source>) = 0",
            ),
            (
                "mmap",
                &[0, 1 << 20, 1, 2, 3, 0],
                [0, NONE],
                MAP as i64,
                "mmap(NULL, 1048576, PROT_READ, MAP_PRIVATE, 3</tmp/source>, 0) = 0x7f0000000000",
                "mmap(3<source>) = 0x7f0000000000",
            ),
            (
                "openat",
                &[cwd, 5, 0o2000000, 0o644],
                [NONE, NONE],
                -2,
                "openat(AT_FDCWD, \"/x\", O_RDONLY|O_CLOEXEC) = -1 ENOENT",
                "openat() = -1 ENOENT",
            ),
            (
                "pwrite64",
                &[4, MAP + 393_216, 8, 0],
                [1, NONE],
                8,
                "pwrite64(4<tcp 127.0.0.1:41234>, map + 393216, 8, 0) = 8",
                "pwrite64(4<tcp>) = 8",
            ),
            (
                "splice",
                &[3, 0, 4, 0, 9, 0x105],
                [0, 1],
                -512,
                "splice(3</tmp/source>, NULL, 4<tcp 127.0.0.1:41234>, NULL, 9, SPLICE_F_MOVE|SPLICE_F_MORE|0x100) = -1 ERESTARTSYS",
                "splice(3<source>, 4<tcp>) = -1 ERESTARTSYS",
            ),
            (
                "getppid",
                &[1, 2, 3, 4, 5, 255],
                [NONE, NONE],
                1 << 40,
                "getppid(raw, 0x1, 0x2, 0x3, 0x4, 0x5, 0xff) = 1099511627776",
                "getppid() = 1\u{a0}099\u{a0}511\u{a0}627\u{a0}776",
            ),
        ];
        for (name, args, fds, result, full, short) in cases {
            assert_eq!(made(trace, name, args, fds, result), [full, short]);
        }
    }
}
