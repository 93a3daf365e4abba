//! The registered files of an io_uring: requests name them by their index (`IOSQE_FIXED_FILE`), and some exist there
//! alone, without any descriptor.

use super::{
    descriptors::{look_up, of_link, opened},
    kernel::Tid,
    memory::{read_string, read_words},
    proc,
    requests::Submitted,
    tracee::Tracee,
};
use crate::model::Descriptor;
use crate::syscall::Op;

/// No ring has more (`IORING_MAX_FIXED_FILES`).
const MOST_FILES: u32 = 1 << 20;
/// `IORING_REGISTER_FILES_SKIP`: this one stays as it is.
const SKIP: i32 = -2;
/// `IORING_FILE_INDEX_ALLOC`: the kernel picks the index.
pub(super) const ANY_INDEX: u32 = u32::MAX;

/// What an index names.
#[derive(Clone, Debug, Default)]
enum Slot {
    /// To be asked of /proc.
    #[default]
    Unknown,
    Empty,
    /// A request that has been handed over will put something there.
    Expected,
    Known(Descriptor),
}

#[derive(Default)]
pub(super) struct Files {
    slots: Vec<Slot>,
    /// Files were registered before anybody looked: those beyond the list are unknown, too.
    is_found: bool,
}

impl Files {
    /// Of a ring that was there before.
    pub fn found() -> Files {
        Files {
            slots: Vec::new(),
            is_found: true,
        }
    }

    /// A list of descriptors is registered.
    pub fn register(&mut self, who: Tracee, list: u64, count: u32) {
        self.slots = vec![Slot::Empty; count.min(MOST_FILES) as usize];
        self.is_found = false;
        self.update(who, 0, list, count);
    }

    pub fn unregister(&mut self) {
        *self = Files::default();
    }

    /// Some are replaced, from an index on.
    pub fn update(&mut self, who: Tracee, first: u32, list: u64, count: u32) {
        for (place, number) in (first..).zip(numbers(who.tid, list, count)) {
            if number != SKIP {
                let slot = match look_up(who.tid, number) {
                    Some(descriptor) => Slot::Known(descriptor),
                    None => Slot::Empty,
                };
                self.set(place, slot);
            }
        }
    }

    /// Something has been put there that no descriptor names.
    pub fn put(&mut self, index: u32, file: Option<Descriptor>) {
        self.set(index, file.map_or(Slot::Unknown, Slot::Known));
    }

    /// A request will put something there.
    pub fn expect(&mut self, index: u32, file: Option<Descriptor>) {
        self.set(index, file.map_or(Slot::Expected, Slot::Known));
    }

    pub fn remove(&mut self, index: u32) {
        self.set(index, Slot::Empty);
    }

    /// Any may have been replaced.
    pub fn forget(&mut self) {
        self.slots.fill(Slot::Unknown);
    }

    fn set(&mut self, index: u32, slot: Slot) {
        if index >= MOST_FILES {
            return;
        }
        let index = index as usize;
        if index >= self.slots.len() && self.is_found {
            self.slots.resize(index + 1, Slot::Unknown);
        }
        if let Some(there) = self.slots.get_mut(index) {
            *there = slot;
        }
    }

    /// What an index names. `ring` is a process and its descriptor of the ring, where there is one.
    pub fn get(&mut self, index: i32, ring: Option<(Tid, i32)>) -> Option<Descriptor> {
        let index = u32::try_from(index).ok().filter(|it| *it < MOST_FILES)?;
        let slot = self.slots.get(index as usize);
        let slot = slot.or(self.is_found.then_some(&Slot::Unknown))?;
        match slot {
            Slot::Empty | Slot::Expected => None,
            Slot::Known(descriptor) => Some(descriptor.clone()),
            Slot::Unknown => {
                let (pid, fd) = ring?;
                let file = of_link(pid, listed(pid, fd, index)?);
                self.put(index, Some(file.clone()));
                Some(file)
            }
        }
    }
}

/// What `/proc/PID/fdinfo` says of a ring's file: `    3: /dev/null`.
fn listed(pid: Tid, fd: i32, index: u32) -> Option<String> {
    let info = proc::read(pid, &format!("fdinfo/{fd}"));
    let files = info
        .lines()
        .skip_while(|line| !line.starts_with("UserFiles:"));
    files
        .skip(1)
        .map_while(|line| line.split_once(": "))
        .find_map(|(number, link)| {
            let is_it = number.trim().parse() == Ok(index);
            is_it.then(|| proc::unescaped(link))
        })
}

/// The registered file that a request makes, where its path says what it is.
pub(super) fn opened_file(who: Tracee, it: &Submitted) -> Option<Descriptor> {
    let request = &it.request;
    let is_open = it.file_index != 0 && request.does() == Op::Open;
    let path = read_string(who.tid, request.address).filter(|_| is_open)?;
    let from = match request.fd {
        libc::AT_FDCWD => format!("/proc/{}/cwd", who.tid),
        directory => format!("/proc/{}/fd/{directory}", who.tid),
    };
    opened(&std::path::Path::new(&from).join(path), request.op_flags)
}

pub(super) fn numbers(tid: Tid, list: u64, count: u32) -> impl Iterator<Item = i32> {
    (0..u64::from(count.min(MOST_FILES)))
        .map_while(move |place| read_words::<1>(tid, list + 4 * place))
        .map(|[number]| number as i32)
}
