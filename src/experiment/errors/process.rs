//! An experiment in a process of its own: this program once more, which may die of a signal.

use std::{
    io::{Write, stdout},
    os::unix::process::ExitStatusExt,
    process::Stdio,
};

use anyhow::{Context, Result, ensure};
use nix::{
    sys::{
        resource::{Resource, setrlimit},
        signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction},
    },
    unistd::alarm,
};

use super::{Experiment, Observation, Run, Setting, find};
use crate::endpoint;

/// The hidden command that ends in [`here`].
pub(crate) const COMMAND: &str = "__error";

/// An experiment takes milliseconds; one that hangs is ended by SIGALRM.
const SECONDS_AT_MOST: u32 = 20;

/// Runs an experiment in a new process. A signal that ended it is part of the answer.
pub(super) fn run(experiment: &Experiment, setting: &Setting) -> Result<Observation> {
    let mut command = endpoint::this_program();
    command
        .args([COMMAND, experiment.name, "--dir"])
        .arg(&setting.dir);
    let done = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output()
        .context("cannot start another process")?;
    let said = String::from_utf8_lossy(&done.stdout);
    let said = said.lines().next().map(serde_json::from_str::<Observation>);
    let said = said
        .transpose()
        .context("the process answered something else")?;
    let Some(number) = done.status.signal() else {
        let complaint = String::from_utf8_lossy(&done.stderr);
        return said.with_context(|| format!("the process said nothing: {}", complaint.trim()));
    };
    let signal = Signal::try_from(number).map_or(format!("signal {number}"), |s| s.to_string());
    ensure!(number != Signal::SIGALRM as i32, "it did not end by itself");
    Ok(match said {
        Some(seen) => Observation {
            answer: format!("{} and {signal}", seen.answer),
            ..seen
        },
        None => Observation::answer(signal),
    })
}

/// Runs the experiment of this name in this process and prints what it saw as one line of JSON. A SIGPIPE that it
/// raised waits until the line is out; then this process dies of it, as a program does that has not thought of it.
///
/// # Errors
/// There is no such experiment, or it could not be set up.
pub(crate) fn here(name: &str, setting: &Setting) -> Result<()> {
    let experiment = find(name)?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0).context("cannot do without a core file")?;
    let die = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    let pipe: SigSet = [Signal::SIGPIPE].into_iter().collect();
    pipe.thread_block().context("cannot block SIGPIPE")?;
    // SAFETY: the default action is no handler of ours.
    unsafe { sigaction(Signal::SIGPIPE, &die) }.context("cannot have the default SIGPIPE")?;
    alarm::set(SECONDS_AT_MOST);
    let (Run::Here(run) | Run::Alone(run)) = experiment.run;
    let seen = run(setting)?;
    let mut out = stdout().lock();
    writeln!(out, "{}", serde_json::to_string(&seen)?)
        .and_then(|()| out.flush())
        .context("cannot say what was seen")?;
    pipe.thread_unblock().context("cannot unblock SIGPIPE")
}
