//! The ways that bytes went so far, each once. A program that copies a gigabyte uses three of them.

use rustc_hash::FxHashMap;

use super::ends::EndId;
use crate::model::Step;

/// A way: index into [`Paths`].
pub(super) type PathId = u32;

/// What happens to bytes on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Change {
    /// They go from one place to another.
    Hop(Step),
    /// They are read by a program: its name's index.
    Program(u32),
    /// They leave from where they were read to: joined by address and content.
    Joined,
    /// They are written from where they were read to, but changed.
    Changed,
}

/// What a way consists of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Path {
    pub origin: EndId,
    pub steps: Vec<Step>,
    pub programs: Vec<u32>,
    pub joined: bool,
    pub transformed: bool,
}

#[derive(Default)]
pub(super) struct Paths {
    list: Vec<Path>,
    known: FxHashMap<Path, PathId>,
    next: FxHashMap<(PathId, Change), PathId>,
}

impl Paths {
    /// The way of bytes that are still where they come from.
    pub fn start(&mut self, origin: EndId) -> PathId {
        self.intern(Path {
            origin,
            ..Path::default()
        })
    }

    /// The way with something more.
    pub fn then(&mut self, path: PathId, change: Change) -> PathId {
        /// A loop through pipes must not grow for ever.
        const LONGEST: usize = 64;
        if let Some(next) = self.next.get(&(path, change)) {
            return *next;
        }
        let mut longer = self.get(path).clone();
        match change {
            Change::Hop(step) if longer.steps.len() < LONGEST => longer.steps.push(step),
            Change::Hop(_) => {}
            Change::Program(name) => {
                if longer.programs.last() != Some(&name) && longer.programs.len() < LONGEST {
                    longer.programs.push(name);
                }
            }
            Change::Joined => longer.joined = true,
            Change::Changed => {
                longer.transformed = true;
                longer.joined = true;
            }
        }
        let next = self.intern(longer);
        self.next.insert((path, change), next);
        next
    }

    pub fn get(&self, path: PathId) -> &Path {
        &self.list[path as usize]
    }

    fn intern(&mut self, path: Path) -> PathId {
        if let Some(known) = self.known.get(&path) {
            return *known;
        }
        let id = self.list.len() as PathId;
        self.list.push(path.clone());
        self.known.insert(path, id);
        id
    }
}
