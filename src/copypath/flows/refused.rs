//! A fast call that was refused, and the flows that it is of.

use super::ends::EndId;
use crate::model::{Fallback, Hop, Place};
use crate::syscall::errno_name;

/// A call that was refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    /// Its name: an index into the trace's. None: a splice in an io_uring.
    pub name: Option<u16>,
    pub errno: i32,
    pub reason: Option<&'static str>,
    pub program: u32,
    /// None: a queue that carries bytes on to somewhere else.
    pub from: Option<EndId>,
    pub to: Option<EndId>,
}

impl Refused {
    pub fn is_of(&self, (origin, sink): (EndId, EndId), programs: &[u32], hops: &[Hop]) -> bool {
        let is_queue = |place| matches!(place, Place::Pipe | Place::SocketQueue);
        let out_of_queue = || hops.iter().any(|hop| is_queue(hop.from));
        let into_queue = || hops.iter().any(|hop| is_queue(hop.to));
        self.from.map_or_else(out_of_queue, |from| from == origin)
            && self.to.map_or_else(into_queue, |to| to == sink)
            && programs.contains(&self.program)
    }

    pub fn report(&self, names: &[String]) -> Fallback {
        let errno = errno_name(self.errno);
        Fallback {
            call: match self.name.map(|name| names.get(usize::from(name))) {
                None => "io_uring splice".to_owned(),
                Some(Some(name)) if name == "ioctl" => "ioctl(FICLONE)".to_owned(),
                Some(name) => name.cloned().unwrap_or_default(),
            },
            errno: errno.map_or_else(|| self.errno.to_string(), str::to_owned),
            reason: self.reason.map(str::to_owned),
        }
    }
}
