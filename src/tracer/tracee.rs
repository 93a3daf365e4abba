//! What can be asked of a thread that stands still: its memory, its descriptors.

use std::{fs, io::IoSliceMut, ops::Range, os::unix::ffi::OsStrExt};

use nix::{
    sys::uio::{RemoteIoVec, process_vm_readv},
    unistd::Pid,
};

use super::{kernel::Tid, memory, proc, sockets};
use crate::model::{Addresses, Descriptor, DescriptorKind, text_of};

/// A thread that stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tracee {
    pub tid: Tid,
    pub pid: Tid,
}

impl Tracee {
    /// Reads as much as is there, up to the buffer's length: how many bytes.
    pub fn read(&self, address: u64, buffer: &mut [u8]) -> usize {
        memory::read(self.tid, address, buffer)
    }

    /// Reads several places into one buffer, one after the other, by one call. False where one cannot be read.
    pub fn read_places(&self, places: &[(u64, usize)], buffer: &mut [u8]) -> bool {
        const MOST: usize = 16;
        let mut remote = [RemoteIoVec { base: 0, len: 0 }; MOST];
        let places = &places[..places.len().min(MOST)];
        let mut total = 0;
        for (slot, (address, length)) in remote.iter_mut().zip(places) {
            *slot = RemoteIoVec {
                base: *address as usize,
                len: *length,
            };
            total += length;
        }
        let mut local = [IoSliceMut::new(&mut buffer[..total])];
        let read = process_vm_readv(Pid::from_raw(self.tid), &mut local, &remote[..places.len()]);
        match read {
            Ok(read) => read == total,
            Err(_) => self.read_one_by_one(places, buffer),
        }
    }

    fn read_one_by_one(&self, places: &[(u64, usize)], buffer: &mut [u8]) -> bool {
        let mut done = 0;
        places.iter().all(|(address, length)| {
            let part = &mut buffer[done..done + length];
            done += length;
            memory::read(self.tid, *address, part) == *length
        })
    }

    /// The addresses of all TCP and UDP sockets of its process, and whether it listens there.
    pub fn sockets(&self) -> Vec<(DescriptorKind, Addresses, bool)> {
        sockets::all(self.pid)
    }

    /// The addresses of a TCP or UDP socket.
    pub fn addresses(&self, socket: &Descriptor) -> Addresses {
        sockets::addresses(self.tid, socket.fd, socket.identity)
    }

    /// What /proc has of a descriptor: a link that leads to the very file.
    pub fn descriptor_path(&self, fd: i32) -> String {
        format!("/proc/{}/fd/{fd}", self.tid)
    }

    /// Whether it is open for reading, writing or both: `O_RDONLY`, `O_WRONLY` or `O_RDWR`.
    pub fn access(&self, fd: i32) -> u32 {
        proc::open_flags(self.tid, fd) & libc::O_ACCMODE as u32
    }

    /// Whether a pipe is in packet mode (pipe(7), `O_DIRECT`).
    pub fn carries_messages(&self, fd: i32) -> bool {
        proc::open_flags(self.tid, fd) & libc::O_DIRECT as u32 != 0
    }

    /// Whether a process has a descriptor open for reading that `/proc/PID/fd` shows as this: `pipe:[4711]`, or the
    /// path of a FIFO.
    pub fn reads(pid: Tid, shown: &str) -> bool {
        let entries = |tid: Tid| fs::read_dir(format!("/proc/{tid}/fd")).ok();
        // The first thread may be gone: its table is empty then.
        let threads = proc::threads(pid).into_iter();
        let mut threads = threads.filter_map(|tid| Some((tid, entries(tid)?.peekable())));
        let Some((tid, entries)) = threads
            .find_map(|(tid, mut entries)| entries.peek().is_some().then_some((tid, entries)))
        else {
            return false;
        };
        let process = Tracee { tid, pid };
        entries.filter_map(Result::ok).any(|entry| {
            let is_it = fs::read_link(entry.path())
                .is_ok_and(|link| text_of(link.as_os_str().as_bytes()) == shown);
            let fd = entry.file_name().to_str().and_then(|fd| fd.parse().ok());
            is_it && fd.is_some_and(|fd| process.access(fd) != libc::O_WRONLY as u32)
        })
    }

    /// The pages of a mapping that it has touched, of its first 4 GiB: they are there, or swapped.
    pub fn touched(&self, start: u64, end: u64) -> Vec<u64> {
        let pages = self.pages(start, end, |is_there, is_swapped, _| is_there || is_swapped);
        pages.unwrap_or_else(|| vec![start])
    }

    /// The addresses in a private mapping of a file whose pages are its own: it has stored to them.
    pub fn copied_on_write(&self, start: u64, end: u64) -> Vec<Range<u64>> {
        let is_own =
            |is_there: bool, is_swapped: bool, is_file: bool| is_swapped || (is_there && !is_file);
        let first = start - start % page_size();
        let mut runs: Vec<Range<u64>> = Vec::new();
        for page in self.pages(first, end, is_own).unwrap_or_default() {
            let behind = end.min(page + page_size());
            match runs.last_mut() {
                Some(run) if run.end == page => run.end = behind,
                _ => runs.push(page.max(start)..behind),
            }
        }
        runs
    }

    /// The pages of a mapping, of its first 4 GiB, for which this holds: whether the page is there, is swapped, is a file's
    /// (or shared memory's). None where it cannot be told. (proc_pid_pagemap(5): a number of 64 bits a page, of which these
    /// are bits 63, 62 and 61.)
    fn pages(
        &self,
        start: u64,
        end: u64,
        holds: impl Fn(bool, bool, bool) -> bool,
    ) -> Option<Vec<u64>> {
        use std::os::unix::fs::FileExt;
        const MOST_PAGES: u64 = 1 << 20;
        let page = page_size();
        let pages = ((end - start).div_ceil(page)).min(MOST_PAGES);
        let mut table = vec![0; 8 * pages as usize];
        let file = fs::File::open(format!("/proc/{}/pagemap", self.pid)).ok()?;
        file.read_exact_at(&mut table, start / page * 8).ok()?;
        let entries = table
            .chunks_exact(8)
            .zip((start..end).step_by(page as usize));
        let bit = |entry: &[u8], bit: u8| entry[7] & bit != 0;
        let found = entries
            .filter(|(entry, _)| holds(bit(entry, 0x80), bit(entry, 0x40), bit(entry, 0x20)));
        Some(found.map(|(_, address)| address).collect())
    }

    /// Reads from a file that it has open, at an offset or at the descriptor's position: how many bytes. None of one that
    /// is open for appending: its position says nothing.
    pub fn read_file(&self, fd: i32, offset: Option<u64>, buffer: &mut [u8]) -> usize {
        use std::os::unix::fs::FileExt;
        let position = || {
            let info = proc::read(self.tid, &format!("fdinfo/{fd}"));
            proc::field(&info, "pos")?.trim().parse().ok()
        };
        if proc::open_flags(self.tid, fd) & libc::O_APPEND as u32 != 0 {
            return 0;
        }
        let file = fs::File::open(format!("/proc/{}/fd/{fd}", self.tid));
        let (Ok(file), Some(offset)) = (file, offset.or_else(position)) else {
            return 0;
        };
        file.read_at(buffer, offset).unwrap_or(0)
    }

    /// How many bytes of a mapping were stored to and are not written to the disk, in whole pages (proc_pid_smaps(5)).
    pub fn dirty(&self, start: u64, end: u64) -> u64 {
        let text = proc::read(self.pid, "smaps");
        let mut is_in = false;
        let mut dirty = 0;
        for line in text.lines() {
            let mut words = line.split_whitespace();
            let first = words.next().unwrap_or_default();
            if let Some((from, to)) = first.split_once('-') {
                let address = |text| u64::from_str_radix(text, 16).unwrap_or(0);
                is_in = address(from) < end && start < address(to);
            } else if is_in && ["Shared_Dirty:", "Private_Dirty:"].contains(&first) {
                let kilobytes = words.next().and_then(|number| number.parse::<u64>().ok());
                dirty += kilobytes.unwrap_or(0) << 10;
            }
        }
        dirty
    }

    /// What it has mapped: /proc/PID/maps.
    pub fn maps(&self) -> String {
        proc::read(self.tid, "maps")
    }

    /// The program's name (`/proc/PID/comm`).
    pub fn program(&self) -> String {
        proc::comm(self.tid)
    }

    /// Whether the file that is executed is a 32-bit program on a 64-bit machine; its path, where it gets another
    /// user's or group's rights.
    pub(super) fn quirks(&self) -> (bool, Option<String>) {
        use std::os::unix::fs::PermissionsExt;
        let path = format!("/proc/{}/exe", self.pid);
        let mut head = [0; 5];
        let read = fs::File::open(&path)
            .and_then(|mut file| std::io::Read::read_exact(&mut file, &mut head));
        let compat = read.is_ok() && head == *b"\x7fELF\x01" && cfg!(target_pointer_width = "64");
        let mode = fs::metadata(&path).map_or(0, |data| data.permissions().mode());
        let raised = (mode & (libc::S_ISUID | libc::S_ISGID) != 0).then(|| {
            fs::read_link(&path).map_or(path, |link| text_of(link.as_os_str().as_bytes()))
        });
        (compat, raised)
    }

    /// Whether it runs with the rights of its program's owner.
    pub(super) fn has_owners_rights(&self) -> bool {
        use std::os::unix::fs::MetadataExt;
        let Ok(data) = fs::metadata(format!("/proc/{}/exe", self.pid)) else {
            return false;
        };
        let status = proc::read(self.pid, "status");
        let effective = |name| -> Option<u32> {
            let mut ids = proc::field(&status, name)?.split_whitespace();
            ids.nth(1)?.parse().ok()
        };
        let user = data.mode() & libc::S_ISUID == 0 || effective("Uid:") == Some(data.uid());
        let group = data.mode() & libc::S_ISGID == 0 || effective("Gid:") == Some(data.gid());
        user && group
    }
}

fn page_size() -> u64 {
    // SAFETY: an integer alone.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    u64::try_from(size).unwrap_or(4096)
}
