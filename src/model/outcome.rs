//! What came of an experiment that is no single transfer, as plain data: the screens and the commands show the same.

use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::{
    Held, Machine, Method, Query, Range, Recording, Sink, Size, Summary, TransferSpec, Unavailable,
};

/// What came of a [`super::ExperimentSpec`].
#[derive(Clone, Debug, PartialEq)]
pub enum ExperimentOutcome {
    /// Of the alias proof.
    Proof(Proved),
    /// Of errors on purpose.
    Errors(Vec<Finding>),
    /// Of the page cache.
    PageCache(PageCache),
    /// Of methods side by side.
    Compare(Compared),
    /// Of the cost of watching.
    Watching(WatchCost),
    /// Of a request's way through the server.
    Serve(ServedRequest),
    /// Of two transfers on one time scale.
    Race(Box<[Arc<Recording>; 2]>),
}

/// What a run answers to a query.
#[derive(Clone, Debug, PartialEq)]
pub enum ExperimentValue {
    /// A word: `shared`, `EINVAL`.
    Word(String),
    /// A figure.
    Number(f64),
}

impl ExperimentOutcome {
    /// The figure of that name, as [`super::ExperimentSpec::queries`] lists them; none where it could not be had.
    pub fn figure(&self, query: &str) -> Option<ExperimentValue> {
        let number = |value: Option<f64>| value.map(ExperimentValue::Number);
        let word = |word: &str| Some(ExperimentValue::Word(word.to_owned()));
        let (figure, of) = query.split_once('.').unwrap_or((query, ""));
        match self {
            ExperimentOutcome::Proof(Proved { proofs, .. }) => {
                let first = proofs.first()?;
                match figure {
                    "verdict" => word(first.verdict.name()),
                    "new_bytes" => number(Some(first.new_bytes as f64)),
                    "old_bytes" => number(Some(first.old_bytes as f64)),
                    _ => None,
                }
            }
            ExperimentOutcome::Errors(found) => word(&found.first()?.seen),
            ExperimentOutcome::PageCache(found) => {
                let step = found.steps.iter().find(|step| step.step == of)?;
                let value = match figure {
                    "resident" => step.resident,
                    "minor_faults" => step.minor_faults,
                    "major_faults" => step.major_faults,
                    _ => return None,
                };
                number(Some(value as f64))
            }
            ExperimentOutcome::Compare(found) => match figure {
                "verdict" => word(found.word),
                "cpu_verdict" => word(found.cpu_word),
                "times" => number(found.times),
                _ => None,
            },
            ExperimentOutcome::Race(_) => None,
            ExperimentOutcome::Watching(found) => {
                let row = found.rows.iter().find(|row| row.name == of)?;
                match figure {
                    "switches_a_call" => number(row.switches_a_call),
                    "times" => number(row.times),
                    _ => None,
                }
            }
            ExperimentOutcome::Serve(found) => number(match figure {
                "body_calls" => Some(found.body_calls as f64),
                figure => figure.parse::<Query>().ok()?.of(&found.summary),
            }),
        }
    }

    /// What was refused, and why.
    pub fn refused(&self) -> Vec<&Unavailable> {
        match self {
            ExperimentOutcome::Proof(_) | ExperimentOutcome::Errors(_) => Vec::new(),
            ExperimentOutcome::Race(sides) => {
                sides.iter().flat_map(|side| &side.unavailable).collect()
            }
            ExperimentOutcome::PageCache(found) => found.unavailable.iter().collect(),
            ExperimentOutcome::Compare(found) => found.unavailable.iter().collect(),
            ExperimentOutcome::Watching(found) => found.unavailable.iter().collect(),
            ExperimentOutcome::Serve(found) => found.recording.unavailable.iter().collect(),
        }
    }
}

/// What came of the alias proof.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proved {
    /// Where.
    pub machine: Machine,
    /// The file system of the sources: `ext4`.
    pub filesystem: String,
    /// Each method and sink.
    pub proofs: Vec<Proof>,
}

named! {
    /// What the kernel did with the bytes, as far as the receiver can tell.
    pub enum ProofVerdict {
        /// All bytes arrived new: the kernel held references.
        Shared = "shared",
        /// All bytes arrived old: the kernel had copied.
        Copied = "copied",
        /// Some arrived new and some old, or the rounds disagreed.
        Mixed = "mixed",
        /// It could not be tried.
        Unavailable = "unavailable",
    }
}

/// What is overwritten after the send: the bytes that the method itself sends from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Overwritten {
    /// The file.
    File,
    /// Memory of the program, in which all of it was from the beginning.
    Memory,
    /// The buffer that was handed to a zero-copy send. The file was read into it before.
    Buffer,
    /// The same, registered with the ring.
    RegisteredBuffer,
    /// Memory whose descriptor was passed.
    SharedMemory,
}

impl Overwritten {
    /// What the proof of a method overwrites.
    pub fn by(method: Method) -> Overwritten {
        match method.held() {
            Held::Memory => Overwritten::Memory,
            Held::SharedMemory => Overwritten::SharedMemory,
            // Until the report comes, the kernel sends out of the buffer: the file was read before.
            Held::Buffer if method.has_reports() && method.registers() => {
                Overwritten::RegisteredBuffer
            }
            Held::Buffer if method.has_reports() => Overwritten::Buffer,
            _ => Overwritten::File,
        }
    }

    /// In words: `the registered buffer, not the file`.
    pub fn words(self) -> &'static str {
        match self {
            Overwritten::File => "the file",
            Overwritten::Memory => "the program's memory that was sent",
            Overwritten::Buffer => "the buffer that was sent, not the file",
            Overwritten::RegisteredBuffer => "the registered buffer, not the file",
            Overwritten::SharedMemory => "the memory whose descriptor was sent",
        }
    }
}

/// What came of one method and sink; the names are those of `prove --json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// The method.
    pub method: Method,
    /// What it wrote to.
    pub to: Sink,
    /// How many bytes were sent.
    pub size: Size,
    /// The verdict.
    pub verdict: ProofVerdict,
    /// Bytes of the last round that arrived as they were after the overwriting.
    pub new_bytes: u64,
    /// Bytes of the last round that arrived as they were before it.
    pub old_bytes: u64,
    /// Whether the kernel itself reported a copy; none where the method has no such report.
    pub kernel_reports_copied: Option<bool>,
    /// What was overwritten after the send.
    pub overwritten: Overwritten,
    /// Why it is unavailable, or why it is mixed.
    pub reason: Option<String>,
    /// What arrived in the last round, from first to last: `A` old, `B` new, `x` a letter's share of both.
    pub arrived: String,
    /// How many rounds were made.
    pub rounds: u32,
}

/// What came of an experiment; the names are those of `errors --json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The experiment.
    pub name: String,
    /// What it is about.
    pub theme: String,
    /// The call, as text.
    pub call: String,
    /// What was made ready before it.
    pub setup: String,
    /// What a kernel of this version is expected to answer.
    pub expected: String,
    /// What this one answered; `unavailable` where it could not be asked.
    pub seen: String,
    /// Whether the two are the same; none where it is unavailable.
    pub matches: Option<bool>,
    /// The figures of this very run.
    pub detail: Option<String>,
    /// What happened, call by call, where that is the point.
    pub lines: Vec<String>,
    /// Why it is unavailable here.
    pub reason: Option<String>,
    /// Why the kernel answers so, and where that is documented.
    pub why: String,
}

/// How many cells a picture has, where the file has as many pages.
pub const PAGE_CACHE_CELLS: usize = 64;

/// What was seen after one step; the names are those of `page-cache --json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PageCacheStep {
    /// What was done, in kebab-case.
    pub step: &'static str,
    /// Pages in the page cache after it.
    pub resident: u64,
    /// Pages of the file.
    pub pages: u64,
    /// Of the resident ones, those that are not written to the disk yet; none where cachestat is refused.
    pub dirty: Option<u64>,
    /// The pages, first to last, in at most [`PAGE_CACHE_CELLS`] cells: `■` resident, `▪` in part, `·` not.
    pub map: String,
    /// Faults of the step that needed no disk.
    pub minor_faults: u64,
    /// Faults of the step that waited for the disk.
    pub major_faults: u64,
    /// Bytes that the step fetched from storage; none where the kernel does not count them.
    pub read_bytes: Option<u64>,
    /// What that says.
    pub note: String,
}

/// All steps; the names are those of `page-cache --json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PageCache {
    /// The file system that the file is on: `ext4`.
    pub filesystem: String,
    /// The file's size.
    pub size: Size,
    /// Bytes in a page.
    pub page_size: u64,
    /// The steps, in order.
    pub steps: Vec<PageCacheStep>,
    /// What could not be had.
    pub unavailable: Vec<Unavailable>,
}

/// What came of methods side by side; the names are those of `compare --json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Compared {
    /// The claim that was tried, by name; none where methods were chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim: Option<&'static str>,
    /// The file system of the sources.
    #[serde(skip)]
    pub filesystem: String,
    /// The rows, in the order of the plan: methods within a point, points within a sink.
    pub rows: Vec<ComparedRow>,
    /// What that says, admitting it where the spread is larger than the difference. Empty until all runs are made.
    #[serde(serialize_with = "plain")]
    pub verdicts: Vec<String>,
    /// One of [`super::COMPARE_WORDS`]: the second method beside the first, in wall time.
    #[serde(skip)]
    pub word: &'static str,
    /// The same in CPU time.
    #[serde(skip)]
    pub cpu_word: &'static str,
    /// How many times as long as the second method the first takes, in wall time: the median round of its first row.
    #[serde(skip)]
    pub times: Option<f64>,
    /// What could not be run, and instruments that could not be had.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unavailable: Vec<Unavailable>,
}

/// Sentences with ordinary spaces, for programs.
pub(crate) fn plain<S: Serializer>(sentences: &[String], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(sentences.iter().map(|text| text.replace('\u{a0}', " ")))
}

/// One row of a comparison, as screens, JSON, CSV and the printed page show it. Times are of a whole run, which may be
/// many transfers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ComparedRow {
    /// The method.
    pub method: Method,
    /// The sink, or `/dev/null`.
    pub to: &'static str,
    /// Bytes of a transfer.
    pub size: Size,
    /// How many at most a call.
    pub chunk: Size,
    /// Runs so far.
    pub runs: usize,
    /// Wall time of a run, nanoseconds.
    #[serde(rename = "wall_ns")]
    pub wall: Range,
    /// CPU time of the senders of a run, nanoseconds.
    #[serde(rename = "cpu_ns")]
    pub cpu: Range,
    /// Calls of one transfer, traced; none where ptrace is refused, or nothing was traced.
    pub syscalls: Option<u64>,
    /// Of a claim.
    #[serde(flatten)]
    pub of_claim: Option<ClaimRow>,
    /// What names its point of the comparison: `64 KiB`, `tcp`, `8 at once`; empty where nothing but methods varies.
    #[serde(skip)]
    pub label: String,
}

/// What the rows of a claim have besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ClaimRow {
    /// Transfers of a run.
    pub transfers: u32,
    /// They run side by side, else one after the other.
    pub at_once: bool,
    /// Minor faults of a run.
    pub minor_faults: Range,
}

/// What watching cost.
#[derive(Clone, Debug, PartialEq)]
pub struct WatchCost {
    /// The transfer.
    pub spec: TransferSpec,
    /// Its calls; none where ptrace is refused.
    pub syscalls: Option<u64>,
    /// The ways of watching that this machine allows.
    pub rows: Vec<WatchRow>,
    /// What that says. Empty until all runs are made.
    pub verdicts: Vec<String>,
    /// The ways that it does not allow.
    pub unavailable: Vec<Unavailable>,
}

impl WatchCost {
    /// The transfer: `sendfile to tcp, 1 MiB in chunks of 64 KiB`.
    pub fn transfer(&self) -> String {
        let spec = &self.spec;
        format!(
            "{} to {}, {} in chunks of {}",
            spec.method, spec.to, spec.size, spec.chunk
        )
    }
}

/// One way of watching.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WatchRow {
    /// `untraced`, `same-cpu`, `other-cpu`.
    #[serde(rename = "watched")]
    pub name: &'static str,
    /// Runs so far.
    pub runs: usize,
    /// Wall time of a run, nanoseconds.
    #[serde(rename = "wall_ns")]
    pub wall: Range,
    /// CPU time of the sender of a run, nanoseconds.
    #[serde(rename = "cpu_ns")]
    pub cpu: Range,
    /// Voluntary context switches of a run.
    #[serde(rename = "voluntary_context_switches")]
    pub switches: Range,
    /// Involuntary ones.
    #[serde(rename = "involuntary_context_switches")]
    pub involuntary: Range,
    /// Voluntary context switches that watching added to each call; none for the untraced runs.
    #[serde(skip)]
    pub switches_a_call: Option<f64>,
    /// How many times as long as the untraced runs it takes, by the median round; none for those themselves.
    #[serde(skip)]
    pub times: Option<f64>,
}

/// What a server did for one request.
#[derive(Clone, Debug, PartialEq)]
pub struct ServedRequest {
    /// Its calls, from the accepted connection to the closed one. Without them where ptrace is refused.
    pub recording: Arc<Recording>,
    /// What they come to.
    pub summary: Summary,
    /// Calls that moved bytes of the body.
    pub body_calls: u64,
}
