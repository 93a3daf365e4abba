//! A request to its answer.

use std::time::SystemTime;

use nix::errno::Errno;

use super::{Site, validators::Validators};
use crate::serve::{
    confine::Opened,
    http::{self, Head, Method, Request, Selected, Status},
    send::Sending,
};

/// What is to be sent, and what becomes of the connection afterwards.
#[derive(Debug)]
pub(super) struct Answer {
    /// The response's head, and the short text of an error.
    pub(super) head: Vec<u8>,
    pub(super) body: Option<Sending>,
    pub(super) keep_alive: bool,
}

pub(super) fn to(request: &Request, site: &Site, now: SystemTime) -> Answer {
    // The body of another method, if any, is not read, so the connection cannot go on.
    let other = match request.method {
        Method::Other => Some(Status::METHOD_NOT_ALLOWED),
        Method::Unknown => Some(Status::NOT_IMPLEMENTED),
        Method::Get | Method::Head => None,
    };
    if let Some(status) = other {
        let head = Head::new(status, now).field("Allow", "GET, HEAD");
        return text(head, status, false, false);
    }
    let opened =
        http::path_of(&request.target).and_then(|path| site.files.open(&path).map_err(status_of));
    let answer = opened.and_then(|opened| file(opened, request, site, now));
    answer.unwrap_or_else(|status| refusal(request, status, now))
}

/// Answers what could not be understood, or came too late: the connection ends.
pub(super) fn to_nonsense(status: Status, now: SystemTime) -> Answer {
    text(Head::new(status, now), status, false, false)
}

fn refusal(request: &Request, status: Status, now: SystemTime) -> Answer {
    let head = connection(Head::new(status, now), request);
    let head_alone = request.method == Method::Head;
    text(head, status, head_alone, request.keep_alive)
}

/// A head and a line of text, which a HEAD request is told only the length of.
fn text(mut head: Head, status: Status, head_alone: bool, keep_alive: bool) -> Answer {
    let line = format!("{} {}\n", status.0, status.1);
    head = head
        .field("Content-Type", "text/plain; charset=utf-8")
        .field("Content-Length", line.len());
    if !keep_alive {
        head = head.field("Connection", "close");
    }
    let mut bytes = head.end();
    if !head_alone {
        bytes.extend_from_slice(line.as_bytes());
    }
    Answer {
        head: bytes,
        body: None,
        keep_alive,
    }
}

fn file(opened: Opened, request: &Request, site: &Site, now: SystemTime) -> Result<Answer, Status> {
    let validators = Validators::of(&opened, now);
    if !validators.allowed(request) {
        return Err(Status::PRECONDITION_FAILED);
    }
    if validators.unchanged(request) {
        let head = validators.name(Head::new(Status::NOT_MODIFIED, now));
        return Ok(answer(head, None, request));
    }
    let (status, range) = match selected(&opened, request, &validators) {
        Selected::Whole => (Status::OK, 0..opened.size),
        Selected::Part(range) => (Status::PARTIAL_CONTENT, range),
        Selected::Unsatisfiable => {
            let status = Status::RANGE_NOT_SATISFIABLE;
            let size = format!("bytes */{}", opened.size);
            let head = connection(Head::new(status, now), request).field("Content-Range", size);
            return Ok(text(head, status, false, request.keep_alive));
        }
    };
    let mut head = validators
        .name(Head::new(status, now))
        .field("Accept-Ranges", "bytes")
        .field("Content-Type", http::content_type(&opened.path))
        .field("Content-Length", range.end - range.start);
    if status == Status::PARTIAL_CONTENT {
        let (first, last) = (range.start, range.end - 1);
        let part = format!("bytes {first}-{last}/{}", opened.size);
        head = head.field("Content-Range", part);
    }
    let body = match request.method == Method::Head || range.is_empty() {
        true => None,
        false => Some(Sending::new(site.method, opened.file, range).map_err(status_of)?),
    };
    Ok(answer(head, body, request))
}

fn answer(head: Head, body: Option<Sending>, request: &Request) -> Answer {
    let mut head = connection(head, request);
    if !request.keep_alive {
        head = head.field("Connection", "close");
    }
    Answer {
        head: head.end(),
        body,
        keep_alive: request.keep_alive,
    }
}

/// HTTP/1.0 closes unless told otherwise.
fn connection(head: Head, request: &Request) -> Head {
    match request.old && request.keep_alive {
        true => head.field("Connection", "keep-alive"),
        false => head,
    }
}

/// A part, if one was asked for, and the client's other parts are of the same file.
fn selected(opened: &Opened, request: &Request, validators: &Validators) -> Selected {
    let range = request.range.as_deref();
    match range.filter(|_| request.method == Method::Get && validators.same(request)) {
        Some(range) => http::select(range, opened.size),
        None => Selected::Whole,
    }
}

fn status_of(errno: Errno) -> Status {
    match errno {
        Errno::EACCES | Errno::EPERM => Status::FORBIDDEN,
        Errno::ENOENT
        | Errno::ENOTDIR
        | Errno::ELOOP
        | Errno::ENAMETOOLONG
        | Errno::EINVAL
        | Errno::ENXIO
        | Errno::ENODEV => Status::NOT_FOUND,
        Errno::EMFILE | Errno::ENFILE | Errno::ENOMEM => Status::UNAVAILABLE,
        _ => Status::INTERNAL,
    }
}
