//! Counters of the calling thread, or of the whole process.

use std::{fs, time::Duration, time::Instant};

use anyhow::{Context, Result};
use libc::c_long;
use nix::{
    sys::{
        resource::{Usage, UsageWho, getrusage},
        time::TimeVal,
    },
    time::{ClockId, clock_gettime},
    unistd::{SysconfVar, sysconf},
};

use crate::model::Measured;

const TICKS_FOR_A_SPLIT: u64 = 10;

/// The counters of the calling thread (`read_bytes`: of the process) at one moment.
#[derive(Debug)]
pub(crate) struct Counters {
    whose: Whose,
    usage: Usage,
    read_bytes: Option<u64>,
    cpu: Duration,
    wall: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    Thread,
    /// All threads of the process, among them those that the kernel makes for requests of its io_urings.
    Process,
}

impl Counters {
    /// The counters before something: the clocks are read last, and the CPU's inside of the wall's, so that one thread
    /// never has more CPU time than wall time.
    ///
    /// # Errors
    /// The kernel refuses clock_gettime or getrusage.
    pub(crate) fn of(whose: Whose) -> Result<Counters> {
        Ok(Counters {
            whose,
            read_bytes: read_bytes(),
            usage: usage(whose)?,
            wall: Instant::now(),
            cpu: cpu(whose)?,
        })
    }

    /// What it cost, from these counters to now: the clocks are read first.
    ///
    /// # Errors
    /// As [`Counters::of`].
    pub(crate) fn until_now(&self) -> Result<Measured> {
        let cpu = cpu(self.whose)? - self.cpu;
        let wall = self.wall.elapsed();
        let usage = usage(self.whose)?;
        let since = |counter: fn(&Usage) -> c_long| (counter(&usage) - counter(&self.usage)) as u64;
        // Sampled by the tick on many kernels: below some ticks the split into user and system time means nothing.
        let ticks = sysconf(SysconfVar::CLK_TCK).ok().flatten().unwrap_or(100);
        let can_split = cpu >= Duration::from_secs(TICKS_FOR_A_SPLIT) / ticks.max(1) as u32;
        let split = |time: fn(&Usage) -> TimeVal| {
            let spent = nanoseconds(time(&usage)).saturating_sub(nanoseconds(time(&self.usage)));
            can_split.then_some(spent)
        };
        Ok(Measured {
            wall_ns: wall.as_nanos() as u64,
            cpu_ns: cpu.as_nanos() as u64,
            user_ns: split(Usage::user_time),
            system_ns: split(Usage::system_time),
            voluntary_context_switches: since(Usage::voluntary_context_switches),
            involuntary_context_switches: since(Usage::involuntary_context_switches),
            minor_faults: since(Usage::minor_page_faults),
            major_faults: since(Usage::major_page_faults),
            peak_memory_bytes: None,
            read_bytes: read_bytes()
                .zip(self.read_bytes)
                .map(|(now, before)| now - before),
        })
    }
}

fn usage(whose: Whose) -> Result<Usage> {
    let who = match whose {
        Whose::Thread => UsageWho::RUSAGE_THREAD,
        Whose::Process => UsageWho::RUSAGE_SELF,
    };
    getrusage(who).context("cannot read the counters of this thread")
}

fn cpu(whose: Whose) -> Result<Duration> {
    let time = clock_gettime(match whose {
        Whose::Thread => ClockId::CLOCK_THREAD_CPUTIME_ID,
        Whose::Process => ClockId::CLOCK_PROCESS_CPUTIME_ID,
    });
    Ok(time.context("cannot read the CPU clock")?.into())
}

fn nanoseconds(time: TimeVal) -> u64 {
    (time.tv_sec() as u64 * 1_000_000 + time.tv_usec() as u64) * 1000
}

/// Bytes that this process really fetched from storage (proc_pid_io(5)); none where the kernel does not count them.
fn read_bytes() -> Option<u64> {
    let io = fs::read_to_string("/proc/self/io").ok()?;
    let line = io
        .lines()
        .find_map(|line| line.strip_prefix("read_bytes: "));
    line?.parse().ok()
}
