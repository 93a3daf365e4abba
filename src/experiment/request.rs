//! One request's way through the project's own file server: started under the tracer, asked by a real client over
//! loopback, and recorded from the accepted connection to the closed one.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    sync::Arc,
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use super::{current_cpu, ended_well, error_file, unless_refused};
use crate::copypath::{CopyTracker, summarise};
use crate::endpoint;
use crate::host;
use crate::model::{
    How, Outcome, Place, Recording, ServePlan, Served, ServedRequest, Trace, TransferSpec,
    Unavailable, visible_name,
};
use crate::syscall::{Op, Ops, Shape};
use crate::tracer::{self, Cancel, Options, Program, Recorded, TraceError};

const FILE: &str = "file";
const PATIENCE: Duration = Duration::from_secs(20);
/// How long the server has to see that the client has closed. Without it, that call may be missing.
const FAREWELL: Duration = Duration::from_millis(50);

/// Starts the server in a directory of its own below `dir`, asks it for one file, checks each byte, and tells what the
/// server's calls were.
///
/// Where ptrace is refused the recording has no trace and says why.
///
/// # Errors
/// One line: the file cannot be made, the server failed, or what arrived is not the file. [`TraceError::Cancelled`].
pub fn watch(plan: &ServePlan, dir: &Path, cancel: &Cancel) -> Result<ServedRequest> {
    endpoint::need_space(dir, plan.size.bytes())?;
    let served = tempfile::Builder::new()
        .prefix(".zclab-served-")
        .tempdir_in(dir)
        .with_context(|| format!("cannot make a directory in {}", visible_name(dir)))?;
    let root = served.path().to_owned();
    let body = endpoint::generated(plan.size.bytes() as usize);
    fs::write(root.join(FILE), &body).context("cannot write the file")?;
    let file_system = host::file_system(fs::File::open(root.join(FILE))?);
    let errors = error_file()?;
    let (recorded, answer) = ask_traced(plan, served, &errors, cancel)?;
    let spec = plan.spec();
    let recorded = ended_well(recorded, errors, "cannot trace the server");
    let recorded = match unless_refused(recorded)? {
        Ok(recorded) => recorded,
        Err(reason) => {
            return Ok(outcome_of(refused(
                spec,
                Unavailable::new("ptrace", reason),
            )));
        }
    };
    let arrived = answer?;
    ensure!(
        arrived == body,
        "{} by the server is not verified: the bytes that arrived are not those of the file",
        plan.method
    );
    let mut trace = of_one_client(&recorded.trace).context("the server accepted no client")?;
    shorten_names(&mut trace, &root);
    let mut recording = recording(spec, trace);
    recording.outcome.verified = Some(true);
    recording.outcome.file_system = file_system;
    recording.outcome.received = arrived.len() as u64;
    Ok(outcome_of(recording))
}

type Asked = (Result<Recorded, TraceError>, Result<Vec<u8>>);

fn ask_traced(
    plan: &ServePlan,
    served: TempDir,
    errors: &fs::File,
    cancel: &Cancel,
) -> Result<Asked> {
    let (input, keep) = std::io::pipe().context("cannot make a pipe")?;
    let (said, output) = std::io::pipe().context("cannot make a pipe")?;
    let mut command = endpoint::this_program();
    command
        .arg("serve")
        .arg(served.path())
        .args(["--method", plan.method.name(), "--traced"]);
    let program = Program {
        streams: [input.into(), output.into(), errors.try_clone()?.into()].map(Some),
        ..Program::from(&command)
    };
    let options = Options {
        all: true,
        follow: false,
        between_markers: true,
        cpu: current_cpu(),
        keep: None,
    };
    thread::scope(|scope| {
        let ask = move || {
            let answer = fetch(BufReader::new(said), served);
            // The server ends when this end of its input is closed: after it has seen that the client has closed.
            thread::sleep(FAREWELL);
            drop(keep);
            answer
        };
        let client = thread::Builder::new().spawn_scoped(scope, ask);
        let client = client.context("cannot start a thread")?;
        // Where there is no server, its output ends now.
        let recorded = tracer::record(program, &options, cancel, &mut |_| {});
        let answer = client.join();
        let answer = answer.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok((recorded, answer))
    })
}

/// Asks for the file over a connection of its own, and gives the answer's body. The directory is removed as soon as the
/// answer begins: the server has the file open then, and nothing is left of it, however this program ends.
fn fetch(mut said: impl BufRead, served: TempDir) -> Result<Vec<u8>> {
    let mut line = String::new();
    said.read_line(&mut line)
        .context("cannot hear the server")?;
    let address = line.trim().rsplit('/').next().unwrap_or_default();
    let address: SocketAddr = address
        .parse()
        .ok()
        .context("the server did not say where it listens")?;
    let mut socket = TcpStream::connect(address).context("cannot connect to the server")?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let request = format!("GET /{FILE} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    socket
        .write_all(request.as_bytes())
        .context("cannot send the request")?;
    let mut answer = vec![0; 1 << 12];
    let first = socket.read(&mut answer);
    answer.truncate(first.context("the server does not answer")?);
    served.close().context("cannot remove the served file")?;
    socket
        .read_to_end(&mut answer)
        .context("the answer ends too early")?;
    let mut fields = [httparse::EMPTY_HEADER; 32];
    let mut head = httparse::Response::new(&mut fields);
    let parsed = head.parse(&answer).context("the answer is not HTTP")?;
    let (httparse::Status::Complete(length), Some(200)) = (parsed, head.code) else {
        bail!("the server does not answer with the file");
    };
    Ok(answer.split_off(length))
}

/// A recording of a server's calls. Its size and what it moved are those of the bodies.
pub(crate) fn recording(spec: TransferSpec, trace: Trace) -> Recording {
    let mut outcome = Outcome {
        served: Some(besides(&trace)),
        ..Outcome::default()
    };
    let mut tracker = CopyTracker::of(&outcome);
    let moved = (0..trace.calls.len()).flat_map(|number| tracker.hops(&trace, number));
    outcome.bytes_moved = moved
        .filter(|hop| hop.to == Place::SocketQueue)
        .map(|hop| hop.bytes)
        .sum();
    Recording {
        outcome,
        trace: Some(trace),
        ..Recording::of(spec, host::machine())
    }
}

/// What was received and sent besides the bodies.
fn besides(trace: &Trace) -> Served {
    let mut served = Served::default();
    let mut ops = Ops::default();
    for call in &trace.calls {
        let bytes = call.returned().unwrap_or(0).max(0) as u64;
        match ops.of(trace, call) {
            Op::Recv(Shape::Buffer) => served.request_bytes += bytes,
            Op::Send(Shape::Buffer) => {
                served.head_bytes += bytes;
                served.answers += u64::from(bytes > 0);
            }
            _ => {}
        }
    }
    served
}

/// The calls from the accepted connection to the end of it.
fn of_one_client(trace: &Trace) -> Option<Trace> {
    let calls = &trace.calls;
    let mut ops = Ops::default();
    let first = calls
        .iter()
        .position(|call| ops.of(trace, call) == Op::Accept && call.returned().is_some())?;
    let socket = calls[first].result as u64;
    let end = calls[first..]
        .iter()
        .position(|call| ops.of(trace, call) == Op::Close && call.args[0] == socket)
        .map_or(calls.len(), |at| first + at + 1);
    Some(trace.part(first..end))
}

/// Names within the served directory, without where it lay.
fn shorten_names(trace: &mut Trace, root: &Path) {
    let root = root.display().to_string();
    for descriptor in &mut trace.descriptors {
        if let Some(name) = descriptor.name.strip_prefix(&root) {
            let name = name.trim_start_matches('/').trim_end_matches(" (deleted)");
            descriptor.name = if name.is_empty() { "DIR" } else { name }.to_owned();
        }
    }
}

/// What is known of a transfer that cannot be made or traced here: why.
pub(crate) fn refused(spec: TransferSpec, refused: Unavailable) -> Recording {
    Recording {
        unavailable: vec![refused],
        ..Recording::of(spec, host::machine())
    }
}

/// What such a recording comes to.
pub fn outcome_of(recording: Recording) -> ServedRequest {
    let mut tracker = CopyTracker::of(&recording.outcome).on(&recording.machine.kernel);
    let calls = recording.trace.as_ref().map_or(0, |trace| {
        let moves = |number: &usize| {
            let hops = tracker.hops(trace, *number);
            hops.iter().any(|hop| hop.how != How::Mapping)
        };
        (0..trace.calls.len()).filter(moves).count()
    });
    ServedRequest {
        summary: summarise(&recording),
        body_calls: calls as u64,
        recording: Arc::new(recording),
    }
}
