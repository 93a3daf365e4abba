//! What addresses show: mappings of files, and memory that processes share.

use super::{
    ends::EndId,
    engine::Flows,
    extents::{ExtentKind, ReadExtent},
    fingerprint::Fingerprint,
    memory::{Area, TraceeMemory},
    path::{Change, PathId},
    space::Mapping,
};
use crate::copypath::rule::{self, Medium, Report};
use crate::model::SyscallEvent;
use crate::syscall::{MAP_ANONYMOUS, MAP_SHARED, MREMAP_DONTUNMAP, Op, PROT_EXEC, PROT_WRITE};

const SHARED: &str =
    "MAP_SHARED: what a program stores in shared memory by itself is seen by no call";
/// What /proc/PID/maps calls shared memory that is no file: anonymous (mm/shmem.c, `shmem_zero_setup()`), and that of
/// shmget(2) (ipc/shm.c).
const NAMELESS: [&str; 2] = ["/dev/zero (deleted)", "/SYSV"];
/// Files that are memory: memfd_create(2), shm_open(3).
const MEMORY_FILES: [&str; 2] = ["/memfd:", "/dev/shm/"];
/// A mapped file is known by so many of its pages at most, evenly spread.
const MOST_SAMPLES: usize = 1024;

fn begins_with(name: &str, beginnings: &[&str]) -> bool {
    beginnings
        .iter()
        .any(|beginning| name.starts_with(beginning))
}

impl Flows {
    /// A call that changes memory has returned.
    pub(super) fn remapped(
        &mut self,
        op: Op,
        event: &SyscallEvent,
        returned: u64,
        tracee: &dyn TraceeMemory,
    ) {
        let args = &event.call.args;
        match op {
            Op::Map => self.map(event, returned, tracee),
            Op::Attach => self.map_area(returned, tracee),
            Op::Sync => self.synced(event, tracee),
            Op::Unmap => self.unmap(tracee.pid(), args[0], args[1]),
            Op::Detach => self.detach(tracee.pid(), args[0]),
            Op::Remap => self.remap(event, returned, tracee),
            _ => {}
        }
    }

    fn map(&mut self, event: &SyscallEvent, start: u64, tracee: &dyn TraceeMemory) {
        let [_, length, protection, flags, _, offset] = event.call.args;
        let end = start.saturating_add(length);
        self.unmap(tracee.pid(), start, length);
        if flags & MAP_ANONYMOUS != 0 {
            if flags & MAP_SHARED != 0 {
                self.map_area(start, tracee);
            }
            return;
        }
        let Some(open) = self.open(event, 0, tracee) else {
            return;
        };
        if !open.medium.is_file() {
            return;
        }
        let writable = protection & PROT_WRITE != 0;
        let is_memory = begins_with(&self.ends.get(open.source).name, &MEMORY_FILES);
        let sees = flags & MAP_SHARED != 0 || !writable;
        let mapping = Mapping {
            file: Some(open.source),
            shared: writable && flags & MAP_SHARED != 0,
            own: writable && flags & MAP_SHARED == 0,
            code: false,
            object: (is_memory && sees).then_some(open.identity),
            base: start.wrapping_sub(offset),
        };
        if mapping.shared && is_memory {
            self.note(SHARED);
        }
        if let Some(space) = self.space(tracee.pid()) {
            let code = space.has_code(open.source);
            space.map(start..end, Mapping { code, ..mapping });
            if protection & PROT_EXEC != 0 {
                space.is_code(open.source);
                self.ends.is_code(open.source);
            }
        }
    }

    /// shmdt(2): it says where the memory begins, not where it ends.
    fn detach(&mut self, pid: i32, start: u64) {
        let Some(space) = self.space(pid) else {
            return;
        };
        let mapped = space.mapped(&(start..start + 1));
        let area = mapped.first().and_then(|(_, mapping)| mapping.object);
        let end = space.mapped(&(start..u64::MAX)).into_iter();
        let end = end.filter(|(_, mapping)| mapping.object == area && mapping.base == start);
        if let (Some(_), Some(end)) = (area, end.map(|(range, _)| range.end).max()) {
            self.unmap(pid, start, end - start);
        }
    }

    /// What a process had mapped before it was watched.
    pub(super) fn map_areas(&mut self, tracee: &dyn TraceeMemory) {
        let areas = tracee.areas();
        let code = areas.iter().filter(|area| area.is_executable);
        let code: Vec<u64> = code.map(|area| area.identity).collect();
        for area in areas.iter().filter(|area| !code.contains(&area.identity)) {
            self.add_area(area, tracee);
        }
    }

    /// What stands at an address, as the kernel shows it.
    fn map_area(&mut self, start: u64, tracee: &dyn TraceeMemory) {
        let areas = tracee.areas();
        if let Some(area) = areas
            .iter()
            .find(|area| area.start <= start && start < area.end)
        {
            self.add_area(area, tracee);
        }
    }

    /// The path of what is read through a mapping of a file.
    pub(super) fn mapped(&mut self, file: EndId) -> PathId {
        let path = self.paths.start(file);
        let map = rule::step(Op::Map, Medium::File, Medium::Buffer, Report::None);
        map.map_or(path, |map| self.paths.then(path, Change::Hop(map)))
    }

    /// Makes mapped files known by their content: a program may copy out of them. They are looked at when something is
    /// written that is found nowhere, and again as more of their pages are touched, more and more seldom. False where that
    /// is not the time.
    pub(super) fn look_at_mappings(&mut self, space: u32, tracee: &dyn TraceeMemory) -> bool {
        let Some(known) = self.spaces.get_mut(&space) else {
            return false;
        };
        let is_time = known.misses.is_power_of_two() || known.has_new_mappings;
        let files = if is_time { known.files() } else { Vec::new() };
        known.has_new_mappings &= !is_time;
        let looked = !files.is_empty();
        for (range, file) in files {
            let copied = tracee.copied_on_write(range.start, range.end);
            let mut pages = tracee.touched(range.start, range.end);
            pages.retain(|page| {
                let before = copied.partition_point(|copied| copied.end <= *page);
                copied.get(before).is_none_or(|copied| *page < copied.start)
            });
            let step = pages.len().div_ceil(MOST_SAMPLES).max(1);
            pages = pages.into_iter().step_by(step).collect();
            let fingerprint = Fingerprint::of_pages(range.start, &pages, tracee);
            let hashes = fingerprint.hashes();
            let extent = ReadExtent {
                path: self.mapped(file),
                provenance: None,
                base: range.start,
                length: range.end - range.start,
                delivered: 0,
                delivered_to: None,
                fingerprint,
                memory: file,
                kind: ExtentKind::Mapped,
                references: 1,
            };
            let id = self.extents.insert(extent);
            let extents = &mut self.extents;
            let mut changed = |id, by| extents.change(id, by);
            if let Some(space) = self.spaces.get_mut(&space) {
                space.recall_mapped(range.start, id, &hashes, &mut changed);
            }
            changed(id, -1);
        }
        looked
    }

    fn add_area(&mut self, area: &Area, tracee: &dyn TraceeMemory) {
        let is_nameless = begins_with(&area.name, &NAMELESS);
        if is_nameless && !area.is_shared || !area.name.starts_with('/') {
            return;
        }
        let is_memory = is_nameless || begins_with(&area.name, &MEMORY_FILES);
        let sees = area.is_shared || !area.is_writable;
        let mapping = Mapping {
            file: (!is_nameless).then(|| self.ends.file(&area.name)),
            shared: area.is_writable && area.is_shared,
            own: area.is_writable && !area.is_shared,
            code: false,
            object: (is_memory && sees).then_some(area.identity),
            base: area.start.wrapping_sub(area.offset),
        };
        if let Some(space) = self.space(tracee.pid()) {
            space.map(area.start..area.end, mapping);
        }
    }

    fn unmap(&mut self, pid: i32, start: u64, length: u64) {
        let end = start.saturating_add(length);
        if let Some(running) = self.running.get(&pid)
            && let Some(space) = self.spaces.get_mut(&running.space)
        {
            let extents = &mut self.extents;
            let mut changed = |id, by| extents.change(id, by);
            space.unmap(&(start..end), &mut changed);
            space.forget(start, end, &mut changed);
        }
        self.take_kept();
    }

    /// mremap(2) has returned: it moves page tables, and what pages hold goes with them.
    fn remap(&mut self, event: &SyscallEvent, new: u64, tracee: &dyn TraceeMemory) {
        let [old, old_size, new_size, flags, ..] = event.call.args;
        let pid = tracee.pid();
        let Some(space) = self.space(pid) else {
            return;
        };
        let old_end = old.saturating_add(old_size);
        // A size of 0 maps the same once more.
        let first = old..old_end.max(old.saturating_add(1));
        let mut mapped = space.mapped(&first);
        if old_size == 0 {
            mapped
                .iter_mut()
                .for_each(|(range, _)| range.end = range.start.saturating_add(new_size));
        }
        let moved = old_size.min(new_size);
        if new_size < old_size {
            self.unmap(pid, old.saturating_add(new_size), old_size - new_size);
        }
        if new != old {
            self.relocate(
                pid,
                (old, old.saturating_add(moved)),
                new,
                flags & MREMAP_DONTUNMAP != 0,
            );
        }
        let Some(space) = self.space(pid) else {
            return;
        };
        let elsewhere = |address: u64| address.wrapping_sub(old).wrapping_add(new);
        for (range, mapping) in mapped {
            let grown = if range.end == old_end {
                old + new_size
            } else {
                range.end
            };
            let base = elsewhere(mapping.base);
            let end = grown.min(old + new_size);
            if range.start < end {
                space.map(
                    elsewhere(range.start)..elsewhere(end),
                    Mapping { base, ..mapping },
                );
            }
        }
    }

    fn relocate(&mut self, pid: i32, (start, end): (u64, u64), to: u64, stays_mapped: bool) {
        let Some(running) = self.running.get(&pid) else {
            return;
        };
        let Some(space) = self.spaces.get_mut(&running.space) else {
            return;
        };
        let extents = &mut self.extents;
        let moved = space.relocate((start, end), to, &mut |id, by| extents.change(id, by));
        let mut gone = Vec::new();
        for (id, base) in moved {
            self.extents.moved(id, base);
        }
        if !stays_mapped && let Some(space) = self.space(pid) {
            space.unmap(&(start..end), &mut |id, by| gone.push((id, by)));
        }
        gone.into_iter()
            .for_each(|(id, by)| self.extents.change(id, by));
        self.take_kept();
    }
}
