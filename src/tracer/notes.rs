//! What must be known to read a trace rightly, as far as the engine sees it.

use tracing::debug;

use super::{
    engine::{Consumer, Engine},
    kernel::Tid,
    proc,
    tracee::Tracee,
};

impl<C: Consumer> Engine<'_, C> {
    pub(super) fn note_quirks(&mut self, tracee: &Tracee) {
        let (compat, raised) = tracee.quirks();
        if compat {
            let name = tracee.program();
            self.note(format!(
                "32-bit: {name} is a 32-bit program, whose calls are not decoded: what they move is unexplained"
            ));
        }
        if let Some(path) = raised {
            let how = match tracee.has_owners_rights() {
                true => "ran with its owner's rights",
                false => "ran without its owner's rights: nobody gets them while being traced",
            };
            self.note(format!("set-user-id: {path} {how}"));
        }
    }

    /// A program wanted to trace what is traced already.
    pub(super) fn note_refused_tracer(&mut self, tid: Tid, tracing: Option<(u64, Tid)>) {
        const PTRACE_TRACEME: u64 = 0;
        let Some((request, target)) = tracing else {
            return;
        };
        let name = proc::comm(tid);
        if request == PTRACE_TRACEME {
            self.note(format!(
                "ptrace: {name} asked to be traced, and was refused, because zclab traces it"
            ));
        } else if let Some(target) = self.threads.named(tid, target) {
            let whom = proc::comm(target);
            self.note(format!(
                "ptrace: {name} could not trace {whom} (process {target}), because zclab traces it"
            ));
        }
    }

    /// What /proc says cannot be used here.
    pub(super) fn note_foreign_proc(&mut self) {
        if !std::path::Path::new("/proc/self").exists() {
            self.note("/proc is not mounted: what descriptors are cannot be looked up, so where bytes come from and go to is not known (mount -t proc proc /proc)".to_owned());
        }
        if proc::is_foreign() {
            self.note("/proc shows another pid namespace than this one (unshare --pid without --mount-proc): what descriptors are cannot be looked up, so where bytes come from and go to is not known".to_owned());
        }
    }

    pub(super) fn note(&mut self, note: String) {
        const MOST: usize = 50;
        debug!(note, "note");
        let notes = &mut self.outcome.notes;
        if notes.len() < MOST && !notes.contains(&note) {
            notes.push(note);
        }
    }
}
