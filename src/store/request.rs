//! A request of an io_uring in its call's line.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::numbers::Descriptors;
use crate::model::Request;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RequestLine<'a> {
    #[serde(borrow)]
    op: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "is_nothing")]
    flags: u8,
    #[serde(default, skip_serializing_if = "is_nothing")]
    prio: u16,
    #[serde(default, skip_serializing_if = "is_nothing")]
    op_flags: u32,
    #[serde(default, skip_serializing_if = "is_nothing")]
    fd: i32,
    #[serde(default, skip_serializing_if = "is_nothing")]
    fd_in: i32,
    #[serde(default, skip_serializing_if = "Descriptors::is_empty")]
    fds: Descriptors,
    #[serde(default, skip_serializing_if = "is_nothing")]
    at: u64,
    #[serde(default, skip_serializing_if = "is_nothing")]
    off: u64,
    #[serde(default, skip_serializing_if = "is_nothing")]
    len: u32,
    #[serde(default, skip_serializing_if = "is_nothing")]
    buf: u16,
    #[serde(default, skip_serializing_if = "is_nothing")]
    data: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    res: Option<i64>,
    #[serde(default = "one", skip_serializing_if = "is_one")]
    times: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    notif: Option<u32>,
    seen: u32,
}

fn is_nothing<T: Default + PartialEq>(number: &T) -> bool {
    *number == T::default()
}

fn one() -> u32 {
    1
}

fn is_one(number: &u32) -> bool {
    *number == 1
}

impl RequestLine<'_> {
    pub(crate) fn of(request: &Request) -> RequestLine<'static> {
        RequestLine {
            op: request.name(),
            flags: request.flags,
            prio: request.io_priority,
            op_flags: request.op_flags,
            fd: request.fd,
            fd_in: request.fd_in,
            fds: Descriptors::of(request.descriptors),
            at: request.address,
            off: request.offset,
            len: request.length,
            buf: request.buffer,
            data: request.user_data,
            res: request.result,
            times: request.completions,
            notif: request.notification,
            seen: request.seen,
        }
    }

    /// The request of the call of this number, in a trace of so many descriptors.
    pub(crate) fn into_request(self, call: u32, descriptors: usize) -> Result<Request, String> {
        let op =
            Request::op_of(&self.op).ok_or_else(|| format!("no operation is '{}'", self.op))?;
        Ok(Request {
            call,
            op,
            flags: self.flags,
            io_priority: self.prio,
            op_flags: self.op_flags,
            fd: self.fd,
            fd_in: self.fd_in,
            descriptors: self.fds.known(descriptors)?,
            address: self.at,
            offset: self.off,
            length: self.len,
            buffer: self.buf,
            user_data: self.data,
            result: self.res,
            completions: self.times,
            notification: self.notif,
            seen: self.seen,
        })
    }
}
