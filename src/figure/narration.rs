//! What is said of the current call: one sentence, and what it rests on.
//!
//! `moved` is a table, one row a kind of hop: it is as long as there are kinds.

use super::playback::Playback;
use super::serving;
use crate::model::{Basis, Call, Hop, How, Place, Sink, Size, short_duration};
use crate::syscall::{Op, Shape};

pub fn sentence(playback: &Playback, number: usize) -> String {
    let Some(call) = playback.call(number) else {
        return nothing_recorded(playback);
    };
    let trace = playback.trace();
    let name = trace.name(call);
    let op = playback.op(call);
    if call.state == crate::model::CallState::Unfinished {
        return format!("{name}() never returned while it was being recorded.");
    }
    let (_, hops) = playback.hops_at(number);
    if hops.is_empty()
        && let Some(said) = serving::sentence(playback, op, call)
    {
        return said;
    }
    if op == Op::GetOption && call.errno() == Some(EIO) {
        return "getsockopt() says EIO: the peer has closed, and all that it sent is here."
            .to_owned();
    }
    if call.errno().is_some() {
        return format!("{name}() failed and moved nothing: its result names the error.");
    }
    let requests = trace.requests_of(number);
    match (requests, &hops[..]) {
        ([_, ..], _) => handed_over(playback, number, &hops),
        ([], [hop, ..]) => moved(playback, op, op.asked(&call.args), hop),
        _ => still(playback, name, op, call),
    }
}

fn handed_over(playback: &Playback, number: usize, hops: &[Hop]) -> String {
    let all = playback.trace().requests_of(number);
    let moving = (0..).map_while(|hop| playback.request_of(number, hop));
    let each = moving.zip(hops).map(|(request, hop)| {
        let asked = Some(u64::from(request.length));
        moved(playback, request.does(), asked, hop)
    });
    let cancelled = all.iter().filter(|it| it.errno() == Some(ECANCELED));
    let mut said: Vec<String> = each.collect();
    if let Some(request) = cancelled.into_iter().next() {
        let name = request.name();
        said.push(format!(
            "The {name} behind it was cancelled: it waits for all of the one before."
        ));
    }
    let mut failed = all.iter();
    let failed = failed.find(|it| it.errno().is_some_and(|it| it != ECANCELED));
    if let Some(request) = failed {
        let name = request.name();
        said.push(format!(
            "The {name} failed: its completion names the error."
        ));
    }
    match said.len() {
        0 => "The requests that it hands over are seen to move no payload.".to_owned(),
        _ => said.join(" "),
    }
}

/// The same number on every Linux.
const ECANCELED: i32 = 125;
const EIO: i32 = 5;

pub fn basis(playback: &Playback, number: usize) -> String {
    let Some(call) = playback.call(number) else {
        return String::new();
    };
    let time = short_duration(call.duration_ns);
    let (_, hops) = playback.hops_at(number);
    let requests = playback.trace().requests_of(number);
    // What the last hop rests on has to be said: a report, a document.
    let hop = hops.last();
    let mut line = match hop {
        Some(Hop {
            basis: Basis::Documented,
            source,
            ..
        }) => format!(
            "documented: {}. {time}, traced.",
            source.as_deref().unwrap_or("its manual page")
        ),
        Some(Hop {
            basis: basis @ (Basis::Reported | Basis::Measured | Basis::Told),
            source: Some(source),
            ..
        }) => format!("{}: {source}. {time}, traced.", basis.name()),
        _ if !requests.is_empty() => {
            format!("observed: the requests were read from the ring. {time}, traced.")
        }
        _ => format!("observed: ptrace saw the call. {time}, traced."),
    };
    if let (Some((_, source)), Some(hop)) = (playback.fetched(), hop)
        && hop.from == Place::PageCache
        && hop.how != How::Mapping
    {
        let source = match source.starts_with("read_bytes") {
            true => "read_bytes, untraced run",
            false => source,
        };
        line.push_str(&format!(
            " DMA measured: {source}; shown just before the copy."
        ));
    }
    line
}

fn moved(playback: &Playback, op: Op, asked: Option<u64>, hop: &Hop) -> String {
    let bytes = Size(hop.bytes);
    let spec = &playback.recording().spec;
    let sink = sink_name(spec.to, spec.method.receives());
    let main = match (hop.from, hop.to, hop.how) {
        (_, Place::Peer, How::Mapping) => {
            return format!(
                "The receiver gets a descriptor of your memory's {bytes} and maps the same pages: nothing moves."
            );
        }
        (Place::SocketQueue, Place::UserBuffer, How::Mapping) => {
            return format!(
                "Your addresses now show the pages in which {bytes} arrived: nothing moves."
            );
        }
        (Place::SocketQueue, Place::UserBuffer, _) => {
            format!("The kernel copies {bytes} from the socket's queue to your buffer")
        }
        (Place::SocketQueue, Place::Pipe, _) => {
            format!("The pipe notes references to {bytes} of the socket's queue: no byte moves")
        }
        (_, _, How::Cipher) => {
            format!(
                "The CPU reads {bytes} of the file's pages and writes them, encrypted, for the queue: no copy beside it"
            )
        }
        (_, _, How::Mapping) => {
            return format!(
                "The kernel notes that {bytes} of your addresses show the file's pages: nothing moves."
            );
        }
        (Place::Disk, Place::UserBuffer, _) => {
            format!("The disk itself writes {bytes} to your buffer, past the page cache")
        }
        (Place::PageCache, Place::UserBuffer, _) => {
            format!("The kernel copies {bytes} from the page cache to your buffer")
        }
        (Place::PageCache, Place::PageCache, How::Reference) => {
            format!("Both files now name the same {bytes} of blocks on the disk: nothing is copied")
        }
        (Place::PageCache, Place::PageCache, _) if op == Op::CopyRange => {
            format!(
                "No block can be shared here: the kernel copies {bytes} to the other file's pages"
            )
        }
        (Place::PageCache, Place::PageCache, _) if op == Op::Sendfile => {
            format!("The kernel copies {bytes} to the other file's pages: no reference here")
        }
        (Place::UserBuffer, Place::SocketQueue, How::Reference) => {
            format!(
                "The queue notes references to {bytes} of your buffer: it is the kernel's until the report"
            )
        }
        (Place::UserBuffer, _, How::CpuCopy) if hop.basis == Basis::Reported => {
            format!(
                "Asked for references, the kernel copies {bytes} to {sink}, and says so in its report"
            )
        }
        (Place::UserBuffer, Place::Pipe, How::Reference) => {
            format!(
                "The pipe notes references to {bytes} of your memory: it must not change until they are read"
            )
        }
        (Place::Pipe, Place::Pipe, _) if op == Op::Tee => {
            format!("The second pipe notes references to the same {bytes}: the first keeps its own")
        }
        (Place::Pipe, Place::Pipe, _) => {
            format!("References to {bytes} go on to the first reader's pipe: no byte moves")
        }
        (Place::Pipe, Place::PageCache, _) => {
            format!(
                "A file keeps bytes, not references: the kernel copies {bytes} from the pages that the pipe names"
            )
        }
        (Place::Pipe, _, How::Reference) => {
            format!("References to {bytes} go on from the pipe to {sink}: no byte moves")
        }
        (Place::PageCache, _, How::CpuCopy) => {
            let sink = sink.replace("socket's", "socket");
            format!("The kernel copies {bytes} from the mapped pages to {sink}")
        }
        (_, _, How::Reference) => match hop.to {
            Place::Pipe => format!("The pipe notes references to {bytes} of the page cache"),
            _ => format!("The kernel queues references to {bytes} of the page cache"),
        },
        _ => format!("The kernel copies {bytes} from your buffer to {sink}"),
    };
    match asked {
        Some(asked) if asked > hop.bytes => {
            format!("{main}: less than the {} asked for.", Size(asked))
        }
        _ => format!("{main}."),
    }
}

fn still(playback: &Playback, name: &str, op: Op, call: &Call) -> String {
    let receives = playback.recording().spec.method.receives();
    match op {
        Op::Recv(Shape::Buffer) | Op::Splice if call.result == 0 && receives => {
            let name = if op == Op::Splice { "splice" } else { "recv" };
            format!("{name}() returns 0: the peer has closed, and all that it sent is here.")
        }
        Op::Read(Shape::Buffer) if call.result == 0 => {
            "read() returns 0: the file has ended, and so does the loop.".to_owned()
        }
        Op::Sendfile if call.result == 0 => {
            "sendfile() returns 0: nothing is left to send, and the loop ends.".to_owned()
        }
        Op::Splice | Op::CopyRange if call.result == 0 => {
            format!("{name}() returns 0: the file has ended, and so does the loop.")
        }
        Op::Recv(Shape::Message) if call.result == 0 => {
            "A report from the error queue: a send is completed, and its buffer yours again."
                .to_owned()
        }
        Op::RingEnter => {
            "It hands over nothing, and waits for the kernel to give the buffer back.".to_owned()
        }
        Op::Poll if receives => {
            "It waits until something has arrived, or the peer has ended.".to_owned()
        }
        Op::Poll => "It waits until the kernel has a report.".to_owned(),
        Op::GetOption if receives => {
            "The kernel can map nothing of what has arrived: no whole page of it lies in one piece."
                .to_owned()
        }
        Op::Unmap if receives => {
            "Your addresses are given back, and the last pages with them: the kernel frees them."
                .to_owned()
        }
        Op::Unmap => "Your addresses are given back; the pages stay in the page cache.".to_owned(),
        Op::Map => "The kernel sets addresses aside; no payload moves.".to_owned(),
        _ if call.result == 0 => format!("{name}() returns 0; no payload is seen to move."),
        _ => format!("{name}(): nothing is known here of payload that it moved."),
    }
}

fn sink_name(sink: Sink, receives: bool) -> &'static str {
    match sink.place() {
        Place::SocketQueue => "the socket's queue",
        Place::Pipe => "the pipe",
        _ if receives => "the file's pages",
        _ => "the other file's pages",
    }
}

fn nothing_recorded(playback: &Playback) -> String {
    match &playback.recording().trace {
        Some(_) => "The transfer made no call: there was nothing to move.".to_owned(),
        None => "No call was recorded: ptrace is not available here.".to_owned(),
    }
}
