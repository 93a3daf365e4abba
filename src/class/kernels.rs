//! Why machines of a class found different values, as far as it is known.

use std::collections::BTreeMap;

use super::{AskedSnapshot, Cause, ClassExperiment, ClassRun, snapshot::MachineDot};
use crate::model::{
    Cache, ERROR_CHANGES, ExperimentSpec, Method, SENDFILE_TO_PIPE, Sink, TransferSpec,
    kernel_version,
};

const READ_AHEAD: &str =
    "How many pages one read from the disk brings in depends on the disk's read_ahead_kb.";
const FAULT_AROUND: &str = "How many pages one fault maps depends on fault_around_bytes (64 KiB by default; mm/memory.c) and on the size of a page.";
const LOCKED: &str =
    "ENOBUFS comes from RLIMIT_MEMLOCK or from net.core.optmem_max, which are settings.";
const OLD_PIPE: &str = "Before Linux 5.12 sendfile() copied the bytes into a pipe. Since then it passes references, as splice() does: sendfile(2).";

/// What is known to make the figure of an experiment different.
pub(super) fn causes_of(experiment: &ClassExperiment) -> Vec<Cause> {
    let figure = experiment.figure();
    let mut causes = Vec::new();
    let setting = |text: &str| Cause {
        versions: None,
        answers: Vec::new(),
        text: text.to_owned(),
    };
    let passes_to_pipe = match &experiment.what {
        ClassRun::Transfer(spec) => spec.method == Method::Sendfile && spec.to == Sink::Pipe,
        ClassRun::Other(ExperimentSpec::Proof(plan)) => {
            plan.methods == [Method::Sendfile] && plan.to == [Sink::Pipe]
        }
        ClassRun::Other(_) => false,
    };
    if passes_to_pipe && (figure.starts_with("cpu_cop") || figure == "verdict") {
        causes.push(Cause {
            versions: Some(((0, 1), SENDFILE_TO_PIPE)),
            answers: Vec::new(),
            text: OLD_PIPE.to_owned(),
        });
    }
    if let ClassRun::Other(ExperimentSpec::Errors(names)) = &experiment.what {
        let name = names.first().map_or("", String::as_str);
        let changes = ERROR_CHANGES.iter().filter(|change| change.name == name);
        causes.extend(changes.map(|change| {
            Cause {
                versions: Some((change.versions.start, change.versions.end)),
                answers: change
                    .answers
                    .iter()
                    .map(|&answer| answer.to_owned())
                    .collect(),
                text: change.why.to_owned(),
            }
        }));
        if matches!(name, "zerocopy-beyond-memlock" | "zerocopy-after-enobufs") {
            causes.push(setting(LOCKED));
        }
    }
    if reads_ahead(experiment) {
        causes.push(setting(READ_AHEAD));
    }
    if figure.starts_with("minor_faults") {
        causes.push(setting(FAULT_AROUND));
    }
    causes
}

/// Whether the figure depends on how much is read ahead from a disk.
fn reads_ahead(experiment: &ClassExperiment) -> bool {
    let figure = experiment.figure();
    match &experiment.what {
        ClassRun::Other(ExperimentSpec::PageCache(_)) => figure.starts_with("resident"),
        ClassRun::Transfer(TransferSpec { cache, .. }) => {
            *cache == Cache::Cold && matches!(figure, "major_faults" | "voluntary_context_switches")
        }
        ClassRun::Other(_) => false,
    }
}

/// Which machines differ, and why where it is known, a paragraph each. The teacher's own machine is one of them.
pub(crate) fn differences(asked: &AskedSnapshot) -> Vec<String> {
    let own = asked.recorded.as_ref().map(|found| MachineDot {
        value: found.value.clone(),
        kernel: found.kernel.clone(),
        arch: found.arch.clone(),
    });
    let mut rest: Vec<&MachineDot> = asked.machines.iter().chain(&own).collect();
    let mut said = Vec::new();
    let all = by_value(&rest);
    if all.len() < 2 {
        said.push(match rest.len() {
            0 => "No machine has sent a value.".to_owned(),
            _ => "No kernel differs: every machine found the same value.".to_owned(),
        });
        return said;
    }
    said.extend(
        all.iter()
            .map(|(value, dots)| format!("{value}: {}", machines(dots))),
    );
    for cause in &asked.poll.causes {
        let Some((from, to)) = cause.versions else {
            continue;
        };
        let is_of = |dot: &MachineDot| (from..to).contains(&kernel_version(&dot.kernel));
        let (inside, outside): (Vec<_>, Vec<_>) = rest.iter().partition(|dot| is_of(dot));
        let is_explained =
            |dot: &&MachineDot| cause.gives(&dot.value) && differs_from(dot, &outside);
        let (explained, alike): (Vec<_>, Vec<_>) = inside.into_iter().partition(is_explained);
        if outside.is_empty() || explained.is_empty() {
            continue;
        }
        said.push(format!(
            "Known, of {}: {}",
            machines(&explained),
            cause.text
        ));
        rest = [outside, alike].concat();
    }
    if by_value(&rest).len() > 1 {
        said.extend(unexplained(asked, &rest));
    }
    said
}

fn differs_from(dot: &MachineDot, others: &[&MachineDot]) -> bool {
    others.iter().all(|other| other.value != dot.value)
}

/// What can be said where no version is known to decide.
fn unexplained(asked: &AskedSnapshot, dots: &[&MachineDot]) -> Vec<String> {
    let mut said = Vec::new();
    let settings = asked
        .poll
        .causes
        .iter()
        .filter(|cause| cause.versions.is_none());
    said.extend(settings.map(|cause| format!("Possible: {}", cause.text)));
    let is_twice = dots.iter().any(|dot| {
        let mut others = dots.iter();
        others.any(|other| {
            (&other.kernel, &other.arch) == (&dot.kernel, &dot.arch) && other.value != dot.value
        })
    });
    if is_twice {
        said.push(
            "Machines of one kernel differ, too: its version alone does not decide.".to_owned(),
        );
    }
    let all = by_value(dots);
    let values: Vec<&str> = all.keys().map(String::as_str).collect();
    said.push(format!(
        "Not known: why {} were found.",
        values.join(" and ")
    ));
    said
}

fn by_value<'d>(dots: &[&'d MachineDot]) -> BTreeMap<String, Vec<&'d MachineDot>> {
    let mut found: BTreeMap<String, Vec<&MachineDot>> = BTreeMap::new();
    for dot in dots {
        found.entry(dot.value.to_string()).or_default().push(dot);
    }
    found
}

/// `Linux 5.10.1 x86_64, Linux 6.1.0 aarch64 (2)`
fn machines(dots: &[&MachineDot]) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for dot in dots {
        *counts.entry(dot.name()).or_default() += 1;
    }
    let named = counts.iter().map(|(name, count)| match count {
        1 => name.clone(),
        count => format!("{name} ({count})"),
    });
    named.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
