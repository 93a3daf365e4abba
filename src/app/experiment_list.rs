//! The experiments that can be opened from their list, and what may be predicted of an error on purpose.

use super::ExperimentPage;
use crate::model::{
    CLAIMS, Contest, ERRORS, ExperimentSpec, Method, ProofPlan, ServePlan, Sink, Size, Sweep,
    TransferSpec,
};

pub struct ListedExperiment {
    pub(crate) group: &'static str,
    pub title: &'static str,
    /// What it does, and what can be seen by it.
    pub(crate) about: &'static str,
    pub(crate) page: ExperimentPage,
}

/// Everything that can be tried, group by group.
pub(crate) fn entries() -> Vec<ListedExperiment> {
    let claim = |name: &str| ExperimentSpec::Compare(Contest::Claim(name.to_owned()));
    let serve = ExperimentSpec::Serve(ServePlan {
        method: Method::Sendfile,
        size: ServePlan::SIZE,
    });
    let proof = ("The alias proof: is it shared?", proof());
    let errors = ("Errors on purpose: predict the errno", errors());
    let all_steps = ExperimentSpec::PageCache(Vec::new());
    let page_cache = ("The page cache, step by step", all_steps);
    let claims = CLAIMS.map(|(name, says)| (says, claim(name)));
    let by_chunk = "Two methods, the chunk from 4 KiB to 1 MiB";
    let by_chunk = (by_chunk, two_methods(Sweep::Chunk));
    let by_size = "Two methods, the size up to 64 MiB";
    let by_size = (by_size, two_methods(Sweep::Size));
    let watching = "One transfer untraced, traced, traced from afar";
    let watching = (watching, ExperimentSpec::Watching);
    let serve = ("A request's way through the server", serve);
    let race = ("A race: read-write beside sendfile", race());
    let groups = [
        ("who holds the bytes?", vec![proof]),
        ("what the kernel refuses", vec![errors]),
        ("what is in memory", vec![page_cache]),
        ("is it faster?", claims.to_vec()),
        ("side by side", vec![by_chunk, by_size, race]),
        ("under the tracer", vec![watching, serve]),
    ];
    let mut all = Vec::new();
    for (group, experiments) in groups {
        all.extend(
            experiments
                .into_iter()
                .map(|(title, what)| ListedExperiment {
                    group,
                    title,
                    about: about(&what),
                    page: ExperimentPage::new(what),
                }),
        );
    }
    all
}

fn race() -> ExperimentSpec {
    let specs = [Method::ReadWrite, Method::Sendfile].map(TransferSpec::of);
    ExperimentSpec::Race(Box::new(specs))
}

/// What an experiment does, and what can be seen by it.
fn about(what: &ExperimentSpec) -> &'static str {
    match what {
        ExperimentSpec::Proof(_) => {
            "Each method sends A; the source is overwritten with B; only then does somebody receive. If B arrives, the kernel held references to the source's pages. If A arrives, it had taken a copy."
        }
        ExperimentSpec::Errors(_) => {
            "Calls that this kernel refuses, made for real: splice without a pipe, sendfile from a socket, a copy onto itself. Predict the errno of each, then see what comes back and why."
        }
        ExperimentSpec::PageCache(_) => {
            "A file is written, dropped from the page cache, read in two places and mapped. After each step the kernel tells which of its pages are in memory: readahead, dirty pages and page faults become a picture."
        }
        ExperimentSpec::Compare(Contest::Claim(_)) => {
            "A sentence that is often read, tried on this machine: nine interleaved rounds, the spread of their times on one scale, and a verdict that says so where the spread swallows the difference."
        }
        ExperimentSpec::Compare(Contest::Methods { .. }) => {
            "Two methods of your choice at several points, nine interleaved rounds each: how calls, CPU time and wall time change with the chunk or the size, and from where on the difference is real."
        }
        ExperimentSpec::Race(_) => {
            "Two transfers are run here and played side by side on one time scale: the reference arrives while the copy is still climbing."
        }
        ExperimentSpec::Watching => {
            "The same transfer untraced, traced on its own CPU, and traced from another one: what ptrace costs per call, and why the lab takes its times from an untraced run."
        }
        ExperimentSpec::Serve(_) => {
            "A real HTTP server answers one request, and every call of it is recorded: which bytes are copied on the way from the file to the client, by read and write, mmap, sendfile or splice."
        }
    }
}

fn proof() -> ExperimentSpec {
    ExperimentSpec::Proof(ProofPlan {
        methods: Vec::new(),
        to: Vec::new(),
        size: ProofPlan::SIZE,
    })
}

fn errors() -> ExperimentSpec {
    ExperimentSpec::Errors(ERRORS.map(|(name, _)| name.to_owned()).to_vec())
}

fn two_methods(sweep: Sweep) -> ExperimentSpec {
    ExperimentSpec::Compare(Contest::Methods {
        methods: vec![Method::ReadWrite, Method::Sendfile],
        to: Sink::Tcp,
        size: Size(64 * Size::MIB),
        chunk: Size(64 * Size::KIB),
        sweep: Some(sweep),
    })
}

/// What may be predicted of an error: what Linux answers, and what it answers to other calls. In the order of the
/// alphabet, so that the order says nothing.
pub(crate) fn answers(name: &str) -> Vec<&'static str> {
    let Some(at) = ERRORS.iter().position(|(known, _)| *known == name) else {
        return Vec::new();
    };
    let is_count = |answer: &str| answer.bytes().all(|byte| byte.is_ascii_digit());
    if is_count(ERRORS[at].1) {
        // What was asked for, and what a call could say to so much.
        return vec![ERRORS[at].1, "3221225472", "EINVAL", "EOVERFLOW"];
    }
    let mut answers = vec![ERRORS[at].1];
    // Those nearby are of the same kind of call: the likely errors of somebody who guesses.
    let nearby = (1..ERRORS.len()).flat_map(|far| [at.checked_sub(far), Some(at + far)]);
    for (_, answer) in nearby.flatten().filter_map(|at| ERRORS.get(at)) {
        if answers.len() < 4 && !answers.contains(answer) && !is_count(answer) {
            answers.push(answer);
        }
    }
    answers.sort_unstable_by_key(|answer| answer.to_lowercase());
    answers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_predicted_holds_the_answer_once() {
        for (name, answer) in ERRORS {
            let options = answers(name);
            assert_eq!(options.len(), 4, "{name}: {options:?}");
            let times = options.iter().filter(|option| **option == answer).count();
            assert_eq!(times, 1, "{name}: {options:?}");
        }
    }
}
