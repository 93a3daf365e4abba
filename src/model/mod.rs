//! The vocabulary: plain data that every other module speaks. No I/O, no clock, no kernel.
//!
//! The words are those of the kernel's documentation: a *mode switch* is user to kernel or back, a
//! *context switch* puts another task on the CPU, a *CPU copy* moves the payload by the CPU, a *page
//! reference* moves nothing.

#[macro_use]
mod named;

mod call;
mod card;
mod date;
mod event;
mod experiment;
mod figure;
mod file_system;
mod flow;
mod format;
mod hazard;
mod hop;
mod kernel_change;
pub(crate) mod limits;
pub mod marker;
mod method;
mod outcome;
mod progress;
mod range;
mod recording;
pub mod request;
mod sink;
mod size;
mod storage;
mod summary;
mod traits;
mod visible;

pub use call::{
    Call, CallState, Descriptor, DescriptorKind, NO_DESCRIPTOR, TEXT_LIMIT, Task, Text, Trace,
};
pub(crate) use card::{Card, CardRow, CardTable, Word};
pub(crate) use date::{date, rfc3339};
pub use event::{CallRef, MemoryRange, RingEvent, RingEventKind, SyscallEvent};
pub use experiment::{
    CLAIMS, COMPARE_WORDS, Contest, ERRORS, ExperimentSpec, JobProgress, PAGE_CACHE_STEPS,
    PROOF_WORDS, ProofPlan, SERVE_FIGURES, ServePlan, Sweep, shown_steps,
};
pub use figure::{Figure, FigureStep};
pub use file_system::{FileSystem, Storage};
pub use flow::{
    Addresses, Counted, End, EndKind, Exit, Fallback, Flow, NO_FLOW, SharedCalls, TraceReport,
    Unexplained, ZeroCopySends,
};
pub use format::{duration, grouped, percent, ratio, short_duration};
pub use hazard::{Hazard, HazardCall, HazardKind};
pub use hop::{Arrow, Basis, Hop, How, Place, Side, Step};
pub(crate) use kernel_change::{ERROR_CHANGES, SENDFILE_TO_PIPE};
pub use method::{Cache, Held, Method, Start};
pub(crate) use named::named;
pub(crate) use outcome::plain;
pub use outcome::{
    ClaimRow, Compared, ComparedRow, ExperimentOutcome, ExperimentValue, Finding, Overwritten,
    PAGE_CACHE_CELLS, PageCache, PageCacheStep, Proof, ProofVerdict, Proved, ServedRequest,
    WatchCost, WatchRow,
};
pub use progress::{AnswerRecord, Given, Record, Reset, Visit};
pub use range::Range;
pub(crate) use recording::kernel_version;
pub use recording::{
    CountedBytes, CountedCopies, KernelReports, Machine, Measured, Origin, Outcome, Recording,
    Residency, Served, TransferSpec, Unavailable,
};
pub use request::{Request, Unread};
pub use sink::Sink;
pub use size::Size;
pub use storage::{StorageBytes, StorageUse};
pub use summary::{Query, Summary};
pub use traits::{FileTraits, SocketType};
pub(crate) use visible::is_obeyed;
pub use visible::{text_of, visible, visible_json, visible_lines, visible_name};
