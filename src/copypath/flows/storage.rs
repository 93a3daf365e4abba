//! Where the disk was: what processes caused to be read from storage and written to it, by program.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::model::{StorageBytes, StorageUse};

/// Said where somebody could not be asked.
const UNASKED: &str =
    "storage: /proc/PID/io of some processes was refused, or they were killed before it was read";

#[derive(Default)]
pub(super) struct Storage {
    /// What a process had done before its program began; none where that could not be asked.
    began: FxHashMap<i32, Option<StorageBytes>>,
    /// By program: processes, and what they did.
    used: BTreeMap<u32, (u64, StorageBytes)>,
    is_incomplete: bool,
}

impl Storage {
    pub fn begin(&mut self, pid: i32, now: Option<StorageBytes>) {
        self.began.insert(pid, now);
    }

    /// A process runs its program no longer.
    pub fn end(&mut self, pid: i32, program: u32, now: Option<StorageBytes>) {
        let Some(began) = self.began.remove(&pid) else {
            return;
        };
        let (Some(began), Some(now)) = (began, now) else {
            self.is_incomplete = true;
            return;
        };
        let (processes, used) = self.used.entry(program).or_default();
        *processes += 1;
        used.read += now.read.saturating_sub(began.read);
        used.written += now.written.saturating_sub(began.written);
    }

    pub fn report(&self, programs: &[String]) -> Vec<StorageUse> {
        let used = self.used.iter();
        let of_program = |(program, (processes, used)): (&u32, &(u64, StorageBytes))| StorageUse {
            program: programs[*program as usize].clone(),
            processes: *processes,
            read_bytes: used.read,
            write_bytes: used.written,
        };
        used.map(of_program).collect()
    }

    pub fn note(&self) -> Option<String> {
        self.is_incomplete.then(|| UNASKED.to_owned())
    }
}
