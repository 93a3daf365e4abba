//! What a crossing into the kernel costs, and a read that crosses but must not wait.

use std::{
    fs::File,
    io,
    os::fd::AsRawFd,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use nix::time::{ClockId, clock_gettime};

use super::{Experiment, Observation, Run::Here, Setting, name};
use crate::measure;

/// Calls of each kind in a round, and rounds; of the rounds the quickest counts: what disturbs one only adds to it.
const CALLS: u32 = 20_000;
const ROUNDS: usize = 7;

pub(super) const ALL: &[Experiment] = &[
    Experiment {
        name: "clock-with-and-without-crossing",
        call: "clock_gettime(CLOCK_MONOTONIC, &t), by the vDSO and by syscall(2)",
        setup: "Both forms of the function, and getppid, 20 000 times each, in seven rounds.",
        why: "The kernel maps a small library into each process, the vDSO. Its clock_gettime reads a page that the kernel \
              keeps up to date, and does not enter the kernel: vdso(7). Most of the difference is what two mode switches cost.",
        run: Here(clocks),
    },
    Experiment {
        name: "read-nowait-cold-file",
        call: "preadv2(file, iov, 1, 524288, RWF_NOWAIT)",
        setup: "The file was written to the disk and dropped from the page cache.",
        why: "O_NONBLOCK has no effect on regular files; RWF_NOWAIT asks for what is in the page cache, and no more. An \
              event loop can ask before it sends: preadv2(2), RWF_NOWAIT.",
        run: Here(nowait),
    },
];

fn clocks(_: &Setting) -> Result<Observation> {
    let mut best = [Duration::MAX; 3];
    for _ in 0..ROUNDS {
        let took = [
            timed(|| {
                let _ = clock_gettime(ClockId::CLOCK_MONOTONIC);
            }),
            timed(clock_by_call),
            timed(|| {
                let _ = nix::unistd::getppid();
            }),
        ];
        for (best, took) in best.iter_mut().zip(took) {
            *best = took.min(*best);
        }
    }
    let [vdso, call, getppid] = best.map(|took| took.as_nanos() / u128::from(CALLS));
    if vdso * 2 > call {
        let source = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
        let source = std::fs::read_to_string(source).unwrap_or_default();
        return Ok(Observation::unavailable(format!(
            "the vDSO cannot read this machine's clock ({}) without the kernel",
            source.trim()
        )));
    }
    let mut seen = Observation::answer("quicker by the vDSO").with(format!(
        "{vdso} ns by the vDSO, {call} ns by the call, getppid {getppid} ns"
    ));
    seen.lines = vec![
        format!("clock_gettime by the vDSO: {vdso} ns"),
        format!("clock_gettime by a system call: {call} ns"),
        format!("getppid, a system call that does next to nothing: {getppid} ns"),
    ];
    Ok(seen)
}

fn timed(call: impl Fn()) -> Duration {
    let start = Instant::now();
    for _ in 0..CALLS {
        call();
    }
    start.elapsed()
}

fn clock_by_call() {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the kernel writes one timespec, and `time` is one.
    unsafe { libc::syscall(libc::SYS_clock_gettime, libc::CLOCK_MONOTONIC, &mut time) };
}

fn nowait(setting: &Setting) -> Result<Observation> {
    let file = setting.file(1 << 20)?;
    file.sync_all().context("cannot write a file to the disk")?;
    measure::drop_from_cache(&file)?;
    let resident = measure::resident_pages(&file)?;
    if resident.iter().any(|page| *page) {
        return Ok(Observation::unavailable(
            "the file stays in memory here: no disk is behind it, or something holds its pages",
        ));
    }
    match read_nowait(&file, 512 << 10) {
        Err(error) if error.raw_os_error() == Some(libc::EOPNOTSUPP) => Ok(
            Observation::unavailable("this file system does not know RWF_NOWAIT"),
        ),
        Err(error) => {
            let errno = nix::errno::Errno::from_raw(error.raw_os_error().unwrap_or_default());
            Ok(Observation::answer(name(errno)))
        }
        // kernel, mm/filemap.c, filemap_get_pages(): the call starts a read-ahead before it looks. A disk may have answered by then.
        Ok(_) => Ok(Observation::unavailable(
            "this disk had answered before the call looked: it starts a read-ahead and returns what is there",
        )),
    }
}

/// Reads a page at `offset`, if that takes no waiting.
fn read_nowait(file: &File, offset: libc::c_long) -> io::Result<usize> {
    let mut page = [0u8; 4096];
    let piece = libc::iovec {
        iov_base: page.as_mut_ptr().cast(),
        iov_len: page.len(),
    };
    let (pieces, high) = (1, 0);
    // SAFETY: the kernel writes into `page` alone, as far as `iov_len` says, and before it returns. The offset is one
    // register; `high` is its upper half on 32-bit machines, where it is 0.
    let read = unsafe {
        let (call, fd) = (libc::SYS_preadv2, file.as_raw_fd());
        libc::syscall(call, fd, &piece, pieces, offset, high, libc::RWF_NOWAIT)
    };
    usize::try_from(read).map_err(|_| io::Error::last_os_error())
}
