//! What came of tracing a program, as a file: a header line with the flows, a line a call, a line that says which
//! flow each call belongs to, and the end with its checksum. The lines of calls are those of a recording.

use std::{borrow::Cow, fs::File, io::Read, path::Path};

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use super::recording::{Count, Lines, Summed, open, read_calls, read_end, write_calls};
use super::replace;
use crate::model::{NO_FLOW, TraceReport, visible_name};

const VERSION: u32 = 1;
/// How every such file begins.
const MAGIC: &[u8] = b"{\"zclab_watched\":";

/// The first line, as it is written: what is in the report but its calls.
#[derive(Serialize)]
struct Header<'a> {
    zclab_watched: u32,
    #[serde(flatten)]
    report: &'a TraceReport,
}

/// What of the first line is needed to read the rest.
#[derive(Deserialize)]
struct Format {
    zclab_watched: u32,
    trace: Count,
}

#[derive(Serialize, Deserialize)]
struct FlowOf<'a> {
    flow_of: Cow<'a, [u32]>,
    #[serde(default, skip_serializing_if = "is_empty")]
    also_of: Cow<'a, [(u32, u32)]>,
}

fn is_empty(also_of: &[(u32, u32)]) -> bool {
    also_of.is_empty()
}

/// Whether a file begins as one of these.
pub(crate) fn is_one(path: &Path) -> bool {
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
    replace::save(path, &|file| write(file, report))
}

fn write(file: &File, report: &TraceReport) -> Result<()> {
    let mut out = Summed::new(file);
    out.line(&Header {
        zclab_watched: VERSION,
        report,
    })?;
    write_calls(&mut out, &report.trace)?;
    let mut flow_of = Cow::Borrowed(&report.flow_of[..]);
    if flow_of.len() < report.trace.calls.len() {
        flow_of.to_mut().resize(report.trace.calls.len(), NO_FLOW);
    }
    let also_of = Cow::Borrowed(&report.also_of[..]);
    out.line(&FlowOf { flow_of, also_of })?;
    out.end(report.trace.calls.len() as u64)
}

/// Reads it from a file.
///
/// # Errors
/// One line that names the file and, where it is damaged, the line.
pub fn load(path: &Path) -> Result<TraceReport> {
    let name = visible_name(path);
    let mut lines = Lines::new(&name, open(path)?);
    let not = "not the header of a recording";
    let format: Format = lines.next_as(not)?;
    ensure!(
        format.zclab_watched == VERSION,
        "{name}: line 1: a recording of format {}, and this program reads format {VERSION}",
        format.zclab_watched
    );
    let mut report: TraceReport = lines.line_as(not)?;
    read_calls(&mut lines, &mut report.trace, &format.trace)?;
    let flow_of: FlowOf = lines.next_as("not the flows of the calls")?;
    report.flow_of = flow_of.flow_of.into_owned();
    report.also_of = flow_of.also_of.into_owned();
    let is_known = |flow: &u32| *flow == NO_FLOW || (*flow as usize) < report.flows.len();
    let calls = report.trace.calls.len();
    let is_known_of = |(call, flow): &(u32, u32)| (*call as usize) < calls && is_known(flow);
    let are_known = report.flow_of.iter().all(is_known) && report.also_of.iter().all(is_known_of);
    if report.flow_of.len() != calls || !are_known {
        return Err(lines.fault("not the flows of these calls"));
    }
    read_end(&mut lines, calls as u64)?;
    Ok(report)
}
