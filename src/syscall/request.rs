//! A request of an io_uring as text.

use std::fmt::Write;

use super::{
    format::{Style, errno_name, short_name},
    ring::Field,
};
use crate::model::{
    DescriptorKind, Request, Trace, grouped,
    request::{FD_IN_FIXED, FIXED_BUFFER, FIXED_FILE},
};

/// A request and what its completion said: `SQE read_fixed(file#0, buf#0, 65536 @ 0) -> CQE 65536`. SQE and CQE are
/// the entries of the submission and the completion queue. Of io_submit(2) they are called iocb and event.
pub(crate) fn format_request(trace: &Trace, request: &Request, style: Style) -> String {
    let call = trace.calls.get(request.call as usize);
    let is_aio = call.is_some_and(|call| trace.name(call) == "io_submit");
    let (asked, done) = if is_aio {
        ("iocb", "event")
    } else {
        ("SQE", "CQE")
    };
    let mut out = format!("{asked} {}(", request.name());
    let start = out.len();
    for field in request.fields() {
        let is_descriptor = matches!(field, Field::Fd | Field::FdIn);
        if style == Style::Short && !is_descriptor {
            continue;
        }
        if out.len() > start && *field != Field::Offset {
            out.push_str(", ");
        }
        write_field(&mut out, trace, request, *field, style);
    }
    out.push_str(") -> ");
    completion(&mut out, request, done, style == Style::Short);
    out
}

fn write_field(out: &mut String, trace: &Trace, request: &Request, field: Field, style: Style) {
    let descriptor = match field {
        Field::FdIn => trace.descriptor_of(request, 1),
        _ => trace.descriptor_of(request, 0),
    };
    let name = descriptor.map(|it| match style {
        Style::Short => short_name(it),
        _ => it.name.as_str(),
    });
    let is_file = descriptor.is_none_or(|it| it.kind == DescriptorKind::File);
    let Request { fd, fd_in, .. } = *request;
    let _ = match (field, name) {
        (Field::Fd, _) if request.flags & FIXED_FILE != 0 => write!(out, "file#{fd}"),
        (Field::FdIn, _) if request.op_flags & FD_IN_FIXED != 0 => write!(out, "file#{fd_in}"),
        (Field::Fd, Some(name)) => write!(out, "{fd}<{name}>"),
        (Field::FdIn, Some(name)) => write!(out, "{fd_in}<{name}>"),
        (Field::Fd, None) => write!(out, "{fd}"),
        (Field::FdIn, None) => write!(out, "{fd_in}"),
        (Field::SocketMemory, _) if request.io_priority & FIXED_BUFFER == 0 => write!(out, "buf"),
        (Field::SocketMemory | Field::FixedBuffer, _) => write!(out, "buf#{}", request.buffer),
        (Field::Memory, _) => write!(out, "buf"),
        (Field::Length, _) => write!(out, "{}", request.length),
        (Field::Offset, _) if is_file && request.offset != u64::MAX => {
            write!(out, " @ {}", request.offset)
        }
        (Field::Offset, _) => Ok(()),
    };
}

fn completion(out: &mut String, request: &Request, word: &str, short: bool) {
    let _ = match (request.result, request.errno()) {
        (None, _) => write!(out, "no {word} yet"),
        (_, Some(errno)) => match errno_name(errno) {
            Some(name) => write!(out, "{word} -{name}"),
            None => write!(out, "{word} -{errno}"),
        },
        (Some(result), None) if short => write!(out, "{word} {}", grouped(result as u64)),
        (Some(result), None) => write!(out, "{word} {result}"),
    };
    if request.notification.is_none() {
        return;
    }
    out.push_str(match request.copied() {
        Some(true) => ", COPIED",
        Some(false) => ", not copied",
        None => ", notified",
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Descriptor, NO_DESCRIPTOR, request::REPORT_USAGE};

    #[test]
    fn requests_are_written_with_their_completions() {
        let descriptor = |fd, kind, name: &str| Descriptor {
            fd,
            kind,
            name: name.to_owned(),
            identity: 0,
            direct: false,
            traits: crate::model::FileTraits::default(),
        };
        let trace = Trace {
            descriptors: vec![
                descriptor(3, DescriptorKind::File, "/source"),
                descriptor(4, DescriptorKind::Tcp, "tcp 127.0.0.1:1"),
            ],
            ..Trace::default()
        };
        let read = Request {
            call: 0,
            op: Request::op_of("read_fixed").unwrap(),
            flags: FIXED_FILE,
            io_priority: 0,
            op_flags: 0,
            fd: 0,
            fd_in: 0,
            descriptors: [0, NO_DESCRIPTOR],
            address: 4096,
            offset: 0,
            length: 65536,
            buffer: 0,
            user_data: 0,
            result: Some(65536),
            completions: 1,
            notification: None,
            seen: 0,
        };
        let send = Request {
            op: Request::op_of("send_zc").unwrap(),
            flags: 0,
            io_priority: REPORT_USAGE,
            fd: 4,
            descriptors: [1, NO_DESCRIPTOR],
            notification: Some(1 << 31),
            ..read
        };
        let splice = Request {
            op: Request::op_of("splice").unwrap(),
            flags: 0,
            fd: 4,
            fd_in: 3,
            descriptors: [1, 0],
            result: Some(-125),
            ..read
        };
        for (request, style, text) in [
            (
                read,
                Style::Full,
                "SQE read_fixed(file#0, buf#0, 65536 @ 0) -> CQE 65536",
            ),
            (
                read,
                Style::Short,
                "SQE read_fixed(file#0) -> CQE 65\u{a0}536",
            ),
            (
                send,
                Style::Full,
                "SQE send_zc(4<tcp 127.0.0.1:1>, buf, 65536) -> CQE 65536, COPIED",
            ),
            (
                splice,
                Style::Short,
                "SQE splice(3<source>, 4<tcp>) -> CQE -ECANCELED",
            ),
        ] {
            assert_eq!(format_request(&trace, &request, style), text);
        }
    }
}
