//! zclab: the zero-copy lab in your terminal.
//!
//! The crate's map. Data flows one way:
//!
//! ```text
//! transfer > tracer > recording > copypath > playback > screen
//! ```
//!
//! | module | what is in it | may use |
//! |---|---|---|
//! | `model` | the vocabulary: Method, Place, How, Basis, Size, Call, Recording | nothing |
//! | `syscall` | the table of system calls and of io_uring operations: numbers, arguments, what each does; flags, errno; text of a call; pure | model |
//! | `transfer` | ways to move bytes, one short file a method: shown to the learner word for word | model |
//! | `endpoint` | where bytes come from and go to: source files, tcp, unix, pipe, the receiver | model |
//! | `host` | what this machine allows, and why not | model |
//! | `measure` | counters of an untraced run, statistics of several, page residency | model |
//! | `tracer` | ptrace: tracee, stops, the wait loop, descriptors, reading memory | model, syscall |
//! | `copypath` | calls to hops and figures; pure | model, syscall |
//! | `serve` | a real file server and a real proxy: event loop, HTTP, the sending step of each method; the web side of a class | model, course, class, store |
//! | `experiment` | a transfer, run twice, as a recording; the alias proof, comparisons, the page cache, errors on purpose, one request to the server | all of the above |
//! | `course` | lessons and questions: their data, parsing, catalogue, marking, progress, search; pure | model |
//! | `figure` | figures and playback: (figure, recording, position) to scene; narration; pure | model, syscall, copypath |
//! | `class` | a room with a class: session, seats, votes, what they come to; pure | model, course |
//! | `store` | files: recordings, progress, class sessions; atomic, locked; the recordings that are shipped | model, syscall, embedded, class |
//! | `embedded` | lessons, figures, recordings and sources compiled into the program | nothing |
//! | `app` | state, actions, `update(state, action) -> effects`; one file a screen; pure | model, syscall, copypath, course, class, figure |
//! | `ui` | `view(state) -> frame`: theme, layout, screens, widgets; the only user of ratatui beside the runtime | app and what it may use |
//! | `runtime` | joins threads, clock, effects and terminal | all |
//! | `cli` | one file a command | all |
//! | `fuzzing` | what the fuzz targets and the test of their seeds call; no part of the program | all |
//!
//! `tests/architecture.rs` holds this table.

pub mod app;
pub(crate) mod class;
pub mod cli;
pub mod copypath;
pub mod course;
pub mod embedded;
pub mod endpoint;
pub mod experiment;
pub mod figure;
#[doc(hidden)]
pub mod fuzzing;
pub mod host;
pub mod measure;
pub mod model;
pub mod runtime;
pub mod serve;
pub mod store;
pub mod syscall;
pub mod tracer;
mod transfer;
pub mod ui;
