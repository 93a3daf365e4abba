//! How much memory a stretch of work takes at its worst.

use std::fs;

/// The resident memory of this process at one moment, from which on its peak is watched.
#[derive(Debug)]
pub(crate) struct PeakMemory {
    /// Bytes; none where the kernel does not tell.
    before: Option<u64>,
}

impl PeakMemory {
    /// Begins to watch: the peak so far is forgotten (proc_pid_clear_refs(5): 5).
    pub(crate) fn watch() -> PeakMemory {
        let forgotten = fs::write("/proc/self/clear_refs", "5").is_ok();
        PeakMemory {
            before: status("VmRSS:").filter(|_| forgotten),
        }
    }

    /// How far resident memory has risen above what it was, at its peak, in bytes. The kernel keeps its count in
    /// parts of some dozen pages a CPU, so a rise of a few hundred KiB may be 0 here.
    pub(crate) fn risen(&self) -> Option<u64> {
        let peak = status("VmHWM:")?;
        Some(peak.saturating_sub(self.before?))
    }
}

/// A figure of /proc/self/status, in bytes.
fn status(field: &str) -> Option<u64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(field))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib << 10)
}
