//! CPU affinity.

use anyhow::{Context, Result, ensure};
use nix::{
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    unistd::Pid,
};

const SELF: Pid = Pid::from_raw(0);

/// The CPUs that the calling thread may run on, as a list: `0,1`.
///
/// # Errors
/// The kernel does not tell.
pub fn allowed_cpus() -> Result<String> {
    let set = sched_getaffinity(SELF).context("cannot ask for the CPU affinity")?;
    let cpus: Vec<_> = (0..CpuSet::count())
        .filter(|cpu| set.is_set(*cpu).unwrap_or(false))
        .map(|cpu| cpu.to_string())
        .collect();
    Ok(cpus.join(","))
}

/// Lets the calling thread run on these CPUs, a list of [`allowed_cpus`].
///
/// # Errors
/// It is not such a list, or names no CPU of this machine.
pub fn run_on(cpus: &str) -> Result<()> {
    let mut set = CpuSet::new();
    for cpu in cpus.split(',') {
        let number: usize = cpu.parse().context("it is not a list of numbers")?;
        ensure!(number < CpuSet::count(), "there is no CPU {number}");
        set.set(number)?;
    }
    sched_setaffinity(SELF, &set)?;
    Ok(())
}
