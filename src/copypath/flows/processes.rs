//! Processes and their address spaces: what a thread's addresses hold begins, is copied and ends here.

use super::{
    engine::{Flows, Running},
    memory::TraceeMemory,
    space::Space,
    stores::UNSEEN,
};
use crate::model::StorageBytes;

impl Flows {
    /// A thread is there. `parent` is the process that made it, where that is known.
    pub fn started(&mut self, parent: Option<i32>, tracee: &dyn TraceeMemory, shares_memory: bool) {
        let pid = tracee.pid();
        if self.running.contains_key(&pid) {
            return;
        }
        self.storage.begin(pid, tracee.storage());
        let program = self.program(&tracee.program());
        let of_parent = parent.and_then(|parent| self.running.get(&parent));
        let of_parent = of_parent.map(|parent| parent.space);
        let space = match of_parent {
            Some(space) if shares_memory => space,
            Some(space) => {
                let copy = self.spaces.get(&space).map(Space::fork).unwrap_or_default();
                copy.held().for_each(|id| self.extents.change(id, 1));
                self.add_space(copy)
            }
            None => self.add_space(Space::default()),
        };
        if shares_memory && let Some(shared) = self.spaces.get_mut(&space) {
            shared.users += 1;
        }
        self.running.insert(pid, Running { space, program });
        if parent.is_none() {
            self.map_areas(tracee);
            self.know_sockets(tracee);
        }
    }

    fn add_space(&mut self, mut space: Space) -> u32 {
        space.users = 1;
        self.next_space += 1;
        self.spaces.insert(self.next_space, space);
        self.next_space
    }

    /// A process has executed another program.
    pub fn executed(&mut self, tracee: &dyn TraceeMemory) {
        self.end_storage(tracee);
        self.storage.begin(tracee.pid(), tracee.storage());
        let program = self.program(&tracee.program());
        let space = self.add_space(Space::default());
        let running = Running { space, program };
        if let Some(before) = self.running.insert(tracee.pid(), running) {
            self.leave_space(before.space);
        }
    }

    /// A thread is gone; with `last`, its process too.
    pub fn ended(&mut self, tid: i32, pid: i32, last: bool) {
        if let Some(pending) = self.pending.remove(&tid) {
            self.settle(pending, 0);
        }
        self.sockets.connecting.remove(&tid);
        if last && let Some(gone) = self.running.remove(&pid) {
            self.storage.end(pid, gone.program, None);
            self.leave_space(gone.space);
        }
    }

    /// A process is about to run another program, or to end.
    pub(super) fn end_storage(&mut self, tracee: &dyn TraceeMemory) {
        let pid = tracee.pid();
        if let Some(running) = self.running.get(&pid) {
            self.storage.end(pid, running.program, tracee.storage());
        }
    }

    /// Those that run on are asked a last time.
    pub fn leave_running(&mut self, storage: &dyn Fn(i32) -> Option<StorageBytes>) {
        for (pid, running) in &self.running {
            self.storage.end(*pid, running.program, storage(*pid));
        }
    }

    pub(super) fn leave_space(&mut self, space: u32) {
        let Some(shared) = self.spaces.get_mut(&space) else {
            return;
        };
        shared.users -= 1;
        if shared.users == 0
            && let Some(gone) = self.spaces.remove(&space)
        {
            if !gone.is_settled && !gone.stores(&(0..u64::MAX)).is_empty() {
                self.note(UNSEEN);
            }
            gone.held().for_each(|id| self.extents.change(id, -1));
            self.take_kept();
        }
    }

    fn program(&mut self, name: &str) -> u32 {
        let known = self.programs.iter().position(|known| known == name);
        known.unwrap_or_else(|| {
            self.programs.push(name.to_owned());
            self.memories.push(self.ends.memory(name));
            self.programs.len() - 1
        }) as u32
    }

    /// Bytes came to a process's memory, and nobody knows to where: what it writes may be a copy of these.
    pub(super) fn came_unseen(&mut self, pid: i32) {
        if let Some(space) = self.space(pid) {
            space.opaque = true;
        }
    }

    /// The space of the process that a thread is of.
    pub(super) fn space(&mut self, pid: i32) -> Option<&mut Space> {
        self.spaces.get_mut(&self.running.get(&pid)?.space)
    }
}
