//! Experiments that are no single transfer: what is tried, and what can be asked about it. What came of one is
//! [`super::ExperimentOutcome`].

use super::{Method, Sink, Size, TransferSpec};

/// What is tried.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ExperimentSpec {
    /// The alias proof.
    Proof(ProofPlan),
    /// Errors on purpose, by name: of [`ERRORS`].
    Errors(Vec<String>),
    /// Which pages of a file are resident, step by step: the steps of [`PAGE_CACHE_STEPS`] that are shown, all where none
    /// is named.
    PageCache(Vec<String>),
    /// Methods side by side.
    Compare(Contest),
    /// The cost of watching.
    Watching,
    /// A request's way through the file server.
    Serve(ServePlan),
    /// Two transfers, played on one time scale.
    Race(Box<[TransferSpec; 2]>),
}

/// How far an experiment is: a transfer, or another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobProgress {
    /// What it is at: `untraced run`, `round 3 of 9`.
    pub at: String,
    /// Bytes or steps done.
    pub done: u64,
    /// Of so many.
    pub total: u64,
}

impl JobProgress {
    pub(crate) fn new(at: impl Into<String>, done: u64, total: u64) -> JobProgress {
        let at = at.into();
        JobProgress { at, done, total }
    }
}

/// What a client asks the project's own file server for, and how the server sends it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServePlan {
    /// One of [`ServePlan::METHODS`].
    pub method: Method,
    /// Bytes of the file.
    pub size: Size,
}

impl ServePlan {
    /// The ways that `zclab serve` knows.
    pub const METHODS: [Method; 4] = [
        Method::ReadWrite,
        Method::MmapWrite,
        Method::Sendfile,
        Method::Splice,
    ];
    /// The usual size: a few calls for the body.
    pub const SIZE: Size = Size(256 * Size::KIB);
    /// Its calls can still be looked at one by one.
    pub const MOST: Size = Size(16 * Size::MIB);

    /// The transfer that the server makes of it, as a recording names it. A chunk is what one call is asked for: the
    /// server's buffer, or a pipe's room; else all of it.
    pub fn spec(&self) -> TransferSpec {
        let chunk = match self.method {
            Method::ReadWrite | Method::Splice => Size(64 * Size::KIB),
            _ => self.size,
        };
        TransferSpec {
            to: Sink::Tcp,
            size: self.size,
            chunk,
            ..TransferSpec::of(self.method)
        }
    }
}

/// Whose bytes are looked at by the alias proof.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProofPlan {
    /// The methods; none: all.
    pub methods: Vec<Method>,
    /// The sinks; none: all that a method has.
    pub to: Vec<Sink>,
    /// Bytes.
    pub size: Size,
}

impl ProofPlan {
    /// The usual size: it fits in every queue.
    pub const SIZE: Size = Size(64 * Size::KIB);
    /// What fits in memory twice, and in no queue.
    pub const MOST: Size = Size(64 * Size::MIB);

    /// Each method with its sinks, as far as they are asked for: in the order in which they are named, for the first
    /// row's verdict is the proof's; all of them in the order of the course.
    pub fn pairs(&self) -> Vec<(Method, Sink)> {
        let named = match self.methods[..] {
            [] => &Method::ALL[..],
            _ => &self.methods,
        };
        let first = |at: usize| !named[..at].contains(&named[at]);
        let chosen = (0..named.len()).filter(|at| first(*at)).map(|at| named[at]);
        let with_sinks =
            chosen.flat_map(|method| method.sinks().iter().map(move |sink| (method, *sink)));
        with_sinks
            .filter(|(_, sink)| self.to.is_empty() || self.to.contains(sink))
            .collect()
    }
}

/// Which methods are set side by side.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Contest {
    /// One of [`CLAIMS`], by name.
    Claim(String),
    /// Methods of the learner's or the author's own choice.
    Methods {
        /// The methods; the others are set beside the first.
        methods: Vec<Method>,
        /// What they write to.
        to: Sink,
        /// How much a transfer; in a sweep over it, the largest.
        size: Size,
        /// How much at most a call.
        chunk: Size,
        /// What is swept over.
        sweep: Option<Sweep>,
    },
}

named! {
    /// What a comparison sweeps over.
    pub enum Sweep {
        /// The chunk.
        Chunk = "chunk",
        /// The size.
        Size = "size",
    }
}

/// The claims about speed that can be tried, with what each says.
pub const CLAIMS: [(&str, &str); 5] = [
    (
        "two-to-three-times",
        "sendfile is 2-3 times faster for large files",
    ),
    (
        "small-files",
        "small files do not gain: the overhead outweighs the benefit",
    ),
    (
        "efficient-not-faster",
        "zero-copy is more efficient, not necessarily faster",
    ),
    (
        "mmap-can-be-faster",
        "sending from a mapping can be faster than a read and write loop",
    ),
    (
        "dev-null-trap",
        "mmap-write to /dev/null is many times faster: a trap",
    ),
];

/// The errors on purpose: name, and what Linux answers on pages of 4096 bytes, since 5.19.
pub const ERRORS: [(&str, &str); 38] = [
    ("clock-with-and-without-crossing", "quicker by the vDSO"),
    ("read-nowait-cold-file", "EAGAIN"),
    ("sendfile-from-socket", "EINVAL"),
    ("sendfile-from-pipe", "EINVAL"),
    ("sendfile-from-pipe-at-offset", "ESPIPE"),
    ("sendfile-from-directory", "EINVAL"),
    ("sendfile-from-memfd", "works"),
    ("sendfile-from-dev-zero", "works"),
    ("sendfile-from-proc", "works"),
    ("sendfile-3gib", "2147479552"),
    ("write-3gib", "2147479552"),
    ("splice-without-pipe", "EINVAL"),
    ("splice-pipe-at-offset", "ESPIPE"),
    ("splice-empty-pipe-nonblock", "EAGAIN"),
    ("vmsplice-to-file", "EBADF"),
    ("vmsplice-to-socket", "EBADF"),
    ("write-pipe-without-reader", "EPIPE and SIGPIPE"),
    ("write-full-pipe-nonblocking", "works, then EAGAIN"),
    ("sendfile-to-append", "EINVAL"),
    ("splice-to-append", "EINVAL"),
    ("copy-file-range-to-append", "EBADF"),
    ("copy-file-range-across-file-systems", "EXDEV"),
    ("sendfile-nonblocking-socket", "a short count, then EAGAIN"),
    ("sendfile-peer-closed", "works, then EPIPE and SIGPIPE"),
    (
        "sendfile-peer-closed-unread",
        "ECONNRESET, then EPIPE and SIGPIPE",
    ),
    ("send-nosignal-peer-closed", "works, then EPIPE"),
    ("so-zerocopy-unix", "EOPNOTSUPP"),
    ("msg-zerocopy-not-allowed", "works, no completion"),
    ("short-writes-dropped", "bytes lost"),
    ("short-writes-resumed", "every byte"),
    ("proxy-error-as-end", "a clean end"),
    ("proxy-error-as-reset", "ECONNRESET"),
    ("write-truncated-mapping", "EFAULT"),
    ("touch-truncated-mapping", "SIGBUS"),
    ("truncate-under-sendfile", "a short count, then 0"),
    ("register-beyond-memlock", "ENOMEM"),
    ("zerocopy-beyond-memlock", "ENOBUFS"),
    ("zerocopy-after-enobufs", "ENOBUFS, then works"),
];

/// The steps of the page cache experiment, in order.
pub const PAGE_CACHE_STEPS: [&str; 10] = [
    "written",
    "dontneed-while-dirty",
    "fsync-then-dontneed",
    "pread-at-0",
    "pread-in-the-middle",
    "pread-after-fadv-random",
    "cold-touch-in-the-middle",
    "cold-touch-after-madv-random",
    "cold-mapping-touched",
    "warm-mapping-touched",
];

/// The steps of the page cache experiment that are shown where these are named: all where none is.
pub fn shown_steps(named: &[String]) -> Vec<&'static str> {
    let is_shown = |step: &&str| named.is_empty() || named.iter().any(|name| name == step);
    PAGE_CACHE_STEPS.into_iter().filter(is_shown).collect()
}

/// The figures of a request's way through the server: all calls, those that move the body, and what the CPU copies of
/// the body.
pub const SERVE_FIGURES: [&str; 5] = [
    "syscalls",
    "mode_switches",
    "body_calls",
    "cpu_copied_bytes",
    "cpu_copies_per_byte",
];

/// The words that answer `verdict` of a proof.
pub const PROOF_WORDS: [&str; 4] = ["shared", "copied", "mixed", "unavailable"];

/// The words that answer `verdict` and `cpu_verdict` of a comparison: how the second method did beside the first. It
/// `depends` where it is not the same to every sink, size and chunk.
pub const COMPARE_WORDS: [&str; 4] = ["faster", "slower", "no-verdict", "depends"];

impl ExperimentSpec {
    /// What it is, for people: `the alias proof`.
    pub fn title(&self) -> &'static str {
        match self {
            ExperimentSpec::Proof(_) => "the alias proof",
            ExperimentSpec::Errors(_) => "errors on purpose",
            ExperimentSpec::PageCache(_) => "the page cache, step by step",
            ExperimentSpec::Compare(_) => "methods side by side",
            ExperimentSpec::Watching => "the cost of watching",
            ExperimentSpec::Serve(_) => "a request's way through the server",
            ExperimentSpec::Race(_) => "two methods on one time scale",
        }
    }

    /// The figures that a prediction may ask for.
    pub fn queries(&self) -> Vec<String> {
        let all = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let each = |figures: &[&str], of: &[&str]| {
            figures
                .iter()
                .flat_map(|figure| of.iter().map(move |of| format!("{figure}.{of}")))
                .collect()
        };
        match self {
            ExperimentSpec::Proof(_) => all(&["verdict", "new_bytes", "old_bytes"]),
            ExperimentSpec::Errors(_) => all(&["verdict"]),
            ExperimentSpec::PageCache(steps) => each(
                &["resident", "minor_faults", "major_faults"],
                &shown_steps(steps),
            ),
            ExperimentSpec::Compare(_) => all(&["verdict", "cpu_verdict", "times"]),
            ExperimentSpec::Watching => {
                each(&["switches_a_call", "times"], &["same-cpu", "other-cpu"])
            }
            ExperimentSpec::Serve(_) => all(&SERVE_FIGURES),
            ExperimentSpec::Race(_) => Vec::new(),
        }
    }

    /// The words that answer such a query; none where a number does.
    pub fn words(&self, query: &str) -> Option<Vec<&'static str>> {
        match self {
            ExperimentSpec::Proof(_) if query == "verdict" => Some(PROOF_WORDS.to_vec()),
            ExperimentSpec::Compare(_) if query != "times" => Some(COMPARE_WORDS.to_vec()),
            ExperimentSpec::Errors(names) => {
                let expected = |name: &String| ERRORS.iter().find(|(known, _)| known == name);
                let first = names.first().and_then(expected);
                Some(first.map(|(_, answer)| *answer).into_iter().collect())
            }
            _ => None,
        }
    }
}
