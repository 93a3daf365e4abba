//! What came of tracing a program, as a file: a header line with the flows, a line a call, a line that says which
//! flow each call belongs to, and the end with its checksum. The lines of calls are those of a recording.

use std::{borrow::Cow, collections::BTreeMap, fs::File, io::Read, path::Path};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use super::recording::{
    Lines, Summed, TraceHeader, open, read_end, read_trace, replace, trace_header, write_calls,
};
use crate::model::{Counted, Exit, Flow, Machine, NO_FLOW, TraceReport, Unexplained};

const VERSION: u32 = 1;
/// How every such file begins.
const MAGIC: &[u8] = b"{\"zclab_watched\":";

#[derive(Serialize, Deserialize)]
struct Header<'a> {
    zclab_watched: u32,
    command: Cow<'a, [String]>,
    exit: Cow<'a, Exit>,
    machine: Cow<'a, Machine>,
    processes: u64,
    threads: u64,
    calls_by_name: Cow<'a, BTreeMap<String, Counted>>,
    flows: Cow<'a, [Flow]>,
    unexplained: Unexplained,
    notes: Cow<'a, [String]>,
    trace: TraceHeader<'a>,
}

#[derive(Serialize, Deserialize)]
struct FlowOf<'a> {
    flow_of: Cow<'a, [u32]>,
}

/// Whether a file begins as one of these.
pub fn is_one(path: &Path) -> bool {
    let mut start = [0; MAGIC.len()];
    let is_file = std::fs::metadata(path).is_ok_and(|data| data.is_file());
    is_file
        && File::open(path)
            .and_then(|mut file| file.read_exact(&mut start))
            .is_ok()
        && start == MAGIC
}

/// Writes it to a file, whole or not at all.
///
/// # Errors
/// One line: the directory cannot be written, the disk is full.
pub fn save(path: &Path, report: &TraceReport) -> Result<()> {
    replace(path, &|file| write(file, report))
        .with_context(|| format!("cannot save {}", path.display()))
}

fn write(file: &File, report: &TraceReport) -> Result<()> {
    let mut out = Summed::new(file);
    out.line(&Header {
        zclab_watched: VERSION,
        command: Cow::Borrowed(&report.command),
        exit: Cow::Borrowed(&report.exit),
        machine: Cow::Borrowed(&report.machine),
        processes: report.processes,
        threads: report.threads,
        calls_by_name: Cow::Borrowed(&report.calls_by_name),
        flows: Cow::Borrowed(&report.flows),
        unexplained: report.unexplained,
        notes: Cow::Borrowed(&report.notes),
        trace: trace_header(&report.trace),
    })?;
    write_calls(&mut out, &report.trace)?;
    let mut flow_of = Cow::Borrowed(&report.flow_of[..]);
    if flow_of.len() < report.trace.calls.len() {
        flow_of.to_mut().resize(report.trace.calls.len(), NO_FLOW);
    }
    out.line(&FlowOf { flow_of })?;
    out.end(report.trace.calls.len() as u64)
}

/// Reads it from a file.
///
/// # Errors
/// One line that names the file and, where it is damaged, the line.
pub fn load(path: &Path) -> Result<TraceReport> {
    let name = path.display().to_string();
    let mut lines = Lines::new(&name, open(path)?);
    let header: Header = lines.next_as("not the header of a recording")?;
    ensure!(
        header.zclab_watched == VERSION,
        "{name}: line 1: a recording of format {}, and this program reads format {VERSION}",
        header.zclab_watched
    );
    let trace = read_trace(&mut lines, &header.trace)?;
    let flow_of: FlowOf = lines.next_as("not the flows of the calls")?;
    let flow_of = flow_of.flow_of.into_owned();
    let is_known = |flow: &u32| *flow == NO_FLOW || (*flow as usize) < header.flows.len();
    if flow_of.len() != trace.calls.len() || !flow_of.iter().all(is_known) {
        return Err(lines.fault("not the flows of these calls"));
    }
    read_end(&mut lines, trace.calls.len() as u64)?;
    Ok(TraceReport {
        command: header.command.into_owned(),
        exit: header.exit.into_owned(),
        machine: header.machine.into_owned(),
        processes: header.processes,
        threads: header.threads,
        calls_by_name: header.calls_by_name.into_owned(),
        flows: header.flows.into_owned(),
        unexplained: header.unexplained,
        notes: header.notes.into_owned(),
        trace,
        flow_of,
    })
}
