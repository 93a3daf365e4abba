//! Files that are renamed: a temporary file is known by its last name.

use super::{
    engine::Flows,
    memory::{self, TraceeMemory},
};
use crate::model::SyscallEvent;

impl Flows {
    /// rename(2) and its kin have returned. The paths still stand in memory.
    pub(super) fn renamed(&mut self, event: &SyscallEvent, tracee: &dyn TraceeMemory) {
        const AT_FDCWD: i32 = -100;
        let args = &event.call.args;
        let [old, new] = match event.trace.name(event.call) {
            "rename" => [(AT_FDCWD, args[0]), (AT_FDCWD, args[1])],
            _ => [(args[0] as i32, args[1]), (args[2] as i32, args[3])],
        };
        let absolute = |(directory, at)| {
            let path = memory::path(at, tracee)?;
            match path.starts_with('/') {
                true => Some(plain(&path)),
                false => Some(plain(&format!("{}/{path}", tracee.directory(directory)?))),
            }
        };
        if let (Some(old), Some(new)) = (absolute(old), absolute(new)) {
            self.ends.rename(&old, &new);
        }
    }
}

/// A path without `.`, `..` and doubled slashes, as /proc shows it where no link is on the way.
fn plain(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}
