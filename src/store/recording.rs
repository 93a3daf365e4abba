//! Recordings as files: JSON Lines that a person can read.
//!
//! The first line tells of the run, its threads and descriptors; then comes one line a call, by name, in the order of
//! entry; the last line counts the calls and carries a checksum (CRC-32) of all bytes before it, so that a file that
//! was cut or damaged is noticed.
//!
//! ```text
//! {"zclab_recording":1,"spec":{...},"machine":{...},...,"trace":{"names":["read",...],"tasks":[...],"descriptors":[...]}}
//! {"call":"read","task":0,"args":[3,140737488355328,65536],"fds":[0],"result":65536,"start_ns":0,"ns":13000}
//! {"end":1,"crc32":305419896}
//! ```
//!
//! Trailing arguments of 0 are left out; a call that never returned has no `result`; `text` holds pairs of an
//! argument's number and the string that it pointed to.
//!
//! A recording with requests of an io_uring has format 2: a call that handed some over has them in its line, without
//! what is 0 (`at`: the address, `off`: the offset, `buf`: the registered buffer, `data`: user_data, `res`: what the
//! completion said, `notif`: the notification of a zero-copy send, `seen`: the call after which the last completion
//! was seen), and rings that could not be read stand in the header.
//!
//! ```text
//! {"call":"io_uring_enter",...,"requests":[{"op":"read_fixed","flags":5,"len":65536,"fds":[1],"res":65536,"seen":0},...]}
//! ```

use std::{
    borrow::Cow,
    collections::HashMap,
    fs::File,
    io::{BufRead, BufReader, BufWriter, Write},
    path::Path,
};

use anyhow::{Result, anyhow, ensure};
use serde::{Deserialize, Serialize};

use super::{
    numbers::{Descriptors, Numbers},
    replace,
    request::RequestLine,
};
use crate::model::{
    Call, CallState, Origin, Recording, Size, Text, Trace,
    limits::{RECORDING_CALLS, RECORDING_LINE_BYTES},
    visible, visible_name,
};

/// Without requests of an io_uring, and with.
const VERSIONS: [u32; 2] = [1, 2];
/// How every recording begins.
const MAGIC: &str = "{\"zclab_recording\":";
/// Nanoseconds beyond this (36 years) cannot come from a run.
const LONGEST_NS: u64 = 1 << 60;

/// The first line, as it is written: what is in the recording but its calls.
#[derive(Serialize)]
struct Header<'a> {
    zclab_recording: u32,
    #[serde(flatten)]
    recording: &'a Recording,
}

/// What of the first line is needed to read the rest.
#[derive(Deserialize)]
struct Format {
    zclab_recording: u32,
    trace: Option<Count>,
}

#[derive(Deserialize)]
pub(super) struct Count {
    calls: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CallLine<'a> {
    #[serde(borrow)]
    call: Cow<'a, str>,
    task: u16,
    args: Numbers<u64, 6>,
    #[serde(default, skip_serializing_if = "Numbers::is_empty")]
    fds: Descriptors,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    result: Option<i64>,
    start_ns: u64,
    #[serde(default)]
    ns: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    text: Vec<(u8, Cow<'a, str>)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    requests: Vec<RequestLine<'a>>,
}

#[derive(Serialize, Deserialize)]
struct End {
    end: u64,
    crc32: u32,
}

/// Writes a recording to a file, whole or not at all.
///
/// # Errors
/// One line: the directory cannot be written, the disk is full.
pub fn save(path: &Path, recording: &Recording) -> Result<()> {
    replace::save(path, &|file| write(file, recording))
}

fn write(file: impl Write, recording: &Recording) -> Result<()> {
    let mut out = Summed::new(file);
    let trace = recording.trace.as_ref();
    let has_rings = |trace: &Trace| !trace.requests.is_empty() || !trace.unread.is_empty();
    out.line(&Header {
        zclab_recording: VERSIONS[usize::from(trace.is_some_and(has_rings))],
        recording,
    })?;
    if let Some(trace) = trace {
        write_calls(&mut out, trace)?;
    }
    out.end(trace.map_or(0, |trace| trace.calls.len() as u64))
}

pub(super) fn write_calls(out: &mut Summed<impl Write>, trace: &Trace) -> Result<()> {
    let mut texts = trace.texts.iter().peekable();
    for (index, call) in trace.calls.iter().enumerate() {
        let mut text = Vec::new();
        while let Some(found) = texts.next_if(|text| text.call as usize == index) {
            text.push((found.arg, Cow::Borrowed(&*found.text)));
        }
        let requests = trace.requests_of(index);
        out.line(&CallLine {
            call: Cow::Borrowed(trace.name(call)),
            task: call.task,
            args: Numbers(call.args),
            fds: Descriptors::of(call.descriptors),
            result: (call.state == CallState::Returned).then_some(call.result),
            start_ns: call.start_ns,
            ns: call.duration_ns,
            text,
            requests: requests.iter().map(RequestLine::of).collect(),
        })?;
    }
    Ok(())
}

/// Lines, with their checksum at the end.
pub(super) struct Summed<W: Write> {
    out: BufWriter<W>,
    sum: crc32fast::Hasher,
}

impl<W: Write> Summed<W> {
    pub(crate) fn new(file: W) -> Summed<W> {
        Summed {
            out: BufWriter::new(file),
            sum: crc32fast::Hasher::new(),
        }
    }

    pub(crate) fn end(mut self, calls: u64) -> Result<()> {
        let crc32 = self.sum.clone().finalize();
        self.line(&End { end: calls, crc32 })?;
        self.out.flush()?;
        Ok(())
    }

    pub(crate) fn line(&mut self, value: &impl Serialize) -> Result<()> {
        serde_json::to_writer(&mut *self, value).map_err(std::io::Error::from)?;
        self.write_all(b"\n")?;
        Ok(())
    }
}

impl<W: Write> Write for Summed<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.sum.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

/// Reads a recording from a file. Its origin is `Loaded`.
///
/// # Errors
/// One line that names the file and, where it is damaged, the line.
pub fn load(path: &Path) -> Result<Recording> {
    read(&visible_name(path), open(path)?)
}

pub(super) fn open(path: &Path) -> Result<BufReader<File>> {
    let name = visible_name(path);
    let cannot = |error: std::io::Error| anyhow!("cannot read {name}: {error}");
    let file = super::open::read(path).map_err(cannot)?;
    ensure!(
        !file.metadata().map_err(cannot)?.is_dir(),
        "cannot read {name}: it is a directory"
    );
    Ok(BufReader::with_capacity(1 << 16, file))
}

/// Reads a recording from text; `name` stands for the file in errors.
///
/// # Errors
/// As [`load`].
pub fn parse(name: &str, text: &str) -> Result<Recording> {
    read(name, text.as_bytes())
}

fn read(name: &str, mut input: impl BufRead) -> Result<Recording> {
    let start = input
        .fill_buf()
        .map_err(|error| anyhow!("cannot read {name}: {error}"))?;
    ensure!(!start.is_empty(), "{name}: it is empty, not a recording");
    // Before a line is read: other files may have no lines, or no end.
    ensure!(
        start.starts_with(MAGIC.as_bytes()),
        "{name}: line 1: not a recording of zclab"
    );
    let mut lines = Lines::new(name, input);
    let not = "not the header of a recording";
    let format: Format = lines.next_as(not)?;
    ensure!(
        VERSIONS.contains(&format.zclab_recording),
        "{name}: line 1: a recording of format {}, and this program reads formats {} and {}",
        format.zclab_recording,
        VERSIONS[0],
        VERSIONS[1]
    );
    let mut recording: Recording = lines.line_as(not)?;
    recording.origin = Origin::Loaded;
    if let (Some(trace), Some(count)) = (&mut recording.trace, &format.trace) {
        read_calls(&mut lines, trace, count)?;
    }
    read_end(&mut lines, format.trace.map_or(0, |count| count.calls))?;
    Ok(recording)
}

/// Reads the lines of calls of a trace of which the first line has told the rest.
pub(super) fn read_calls(
    lines: &mut Lines<impl BufRead>,
    trace: &mut Trace,
    count: &Count,
) -> Result<()> {
    if trace.names.len() > usize::from(u16::MAX) {
        return Err(lines.fault("more than 65535 names of calls"));
    }
    if count.calls > RECORDING_CALLS {
        return Err(lines.fault(&format!("more than {RECORDING_CALLS} calls")));
    }
    if trace.wall_ns > LONGEST_NS {
        return Err(lines.fault("wall_ns is out of range"));
    }
    let names = std::mem::take(&mut trace.names);
    let mut numbers = HashMap::with_capacity(names.len());
    for (number, name) in names.iter().enumerate() {
        numbers.entry(name.as_str()).or_insert(number as u16);
    }
    // A damaged count must not take the memory that it asks for.
    trace.calls.reserve(count.calls.min(1 << 20) as usize);
    for _ in 0..count.calls {
        let line: CallLine = lines.next_as("not a call")?;
        if let Err(what) = add_call(trace, &numbers, line) {
            return Err(lines.fault(&format!("not a call: {what}")));
        }
    }
    trace.calls.shrink_to_fit();
    trace.names = names;
    Ok(())
}

fn add_call(trace: &mut Trace, names: &HashMap<&str, u16>, line: CallLine) -> Result<(), String> {
    let name = *names
        .get(line.call.as_ref())
        .ok_or_else(|| format!("the header does not name '{}'", line.call))?;
    if usize::from(line.task) >= trace.tasks.len() {
        return Err(format!("the header has no task {}", line.task));
    }
    let descriptors = line.fds.known(trace.descriptors.len())?;
    if line.start_ns > LONGEST_NS || line.ns > LONGEST_NS {
        return Err("its time is out of range".to_owned());
    }
    if trace
        .calls
        .last()
        .is_some_and(|before| before.start_ns > line.start_ns)
    {
        return Err("it begins before the call of the line before".to_owned());
    }
    let call = trace.calls.len() as u32;
    add_texts(trace, call, line.text)?;
    for request in line.requests {
        let request = request.into_request(call, trace.descriptors.len())?;
        trace.requests.push(request);
    }
    trace.calls.push(Call {
        name,
        task: line.task,
        state: line
            .result
            .map_or(CallState::Unfinished, |_| CallState::Returned),
        args: line.args.0,
        result: line.result.unwrap_or(0),
        start_ns: line.start_ns,
        duration_ns: line.ns,
        descriptors,
    });
    Ok(())
}

/// Texts come in the order of their arguments.
fn add_texts(trace: &mut Trace, call: u32, texts: Vec<(u8, Cow<str>)>) -> Result<(), String> {
    let mut next = 0;
    for (arg, text) in texts {
        if arg > 5 || arg < next {
            return Err(format!("a text for argument {arg}"));
        }
        next = arg + 1;
        trace.texts.push(Text {
            call,
            arg,
            text: text.into_owned(),
        });
    }
    Ok(())
}

pub(super) fn read_end(lines: &mut Lines<impl BufRead>, calls: u64) -> Result<()> {
    let crc32 = lines.sum.clone().finalize();
    let end: End = lines.next_as("not the last line of a recording")?;
    if end.end != calls || end.crc32 != crc32 {
        return Err(lines.fault("the checksum does not match: the file was changed or damaged"));
    }
    if lines.more()? {
        lines.number += 1;
        return Err(lines.fault("the recording has ended, and the file goes on"));
    }
    Ok(())
}

pub(super) struct Lines<'a, R> {
    input: R,
    name: &'a str,
    number: usize,
    line: Vec<u8>,
    sum: crc32fast::Hasher,
}

impl<'a, R: BufRead> Lines<'a, R> {
    pub(crate) fn new(name: &'a str, input: R) -> Lines<'a, R> {
        Lines {
            input,
            name,
            number: 0,
            line: Vec::new(),
            sum: crc32fast::Hasher::new(),
        }
    }

    /// The next line as what it should be; `not` says what it is not.
    pub(crate) fn next_as<'s, T: Deserialize<'s>>(&'s mut self, not: &str) -> Result<T> {
        self.line.clear();
        self.number += 1;
        let (name, number) = (self.name, self.number);
        let read = super::open::line(&mut self.input, &mut self.line, RECORDING_LINE_BYTES);
        let is_longer = read.map_err(|error| anyhow!("cannot read {name}: {error}"))?;
        ensure!(
            !is_longer,
            "{name}: line {number}: it is longer than {}",
            Size(RECORDING_LINE_BYTES as u64)
        );
        self.sum.update(&self.line);
        ensure!(
            !self.line.is_empty(),
            "{name}: line {number}: the recording is cut: its end is missing"
        );
        ensure!(
            self.line.ends_with(b"\n"),
            "{name}: line {number}: the recording is cut within this line"
        );
        self.line_as(not)
    }

    pub(crate) fn line_as<'s, T: Deserialize<'s>>(&'s self, not: &str) -> Result<T> {
        serde_json::from_slice(&self.line)
            .map_err(|error| self.fault(&format!("{not}: {}", without_place(&error))))
    }

    /// One line, whatever it quotes.
    pub(crate) fn fault(&self, what: &str) -> anyhow::Error {
        anyhow!("{}: line {}: {}", self.name, self.number, visible(what))
    }

    fn more(&mut self) -> Result<bool> {
        Ok(!self.input.fill_buf()?.is_empty())
    }
}

/// What serde_json found, with the column alone: its line is always 1 here.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.split_once(" at line ") {
        Some((what, _)) => format!("{what} (column {})", error.column()),
        None => text,
    }
}
