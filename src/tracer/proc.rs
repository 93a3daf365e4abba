//! What /proc says of a thread or a process: nothing where it is gone.

use std::{fs, ops::Range, sync::LazyLock};

use super::kernel::Tid;
use crate::model::{StorageBytes, text_of};

/// Whether /proc is that of another pid namespace than this program's (`unshare --pid` without `--mount-proc`): its numbers
/// name other processes.
pub(super) fn is_foreign() -> bool {
    static FOREIGN: LazyLock<bool> = LazyLock::new(|| {
        let own = fs::read_link("/proc/self");
        own.is_ok_and(|own| own.to_str() != Some(&std::process::id().to_string()))
    });
    *FOREIGN
}

/// A file of `/proc/TID`.
pub(super) fn read(tid: Tid, file: &str) -> String {
    let bytes = fs::read(format!("/proc/{tid}/{file}")).unwrap_or_default();
    text_of(&bytes)
}

/// The program's name.
pub(super) fn comm(tid: Tid) -> String {
    let text = read(tid, "comm");
    text.strip_suffix('\n').unwrap_or(&text).to_owned()
}

/// What a line says after this name: `TracerPid:`.
pub(super) fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim())
}

/// A number of `/proc/TID/status`.
pub(super) fn number(tid: Tid, name: &str) -> Option<Tid> {
    field(&read(tid, "status"), name)?.parse().ok()
}

/// The threads of a process.
pub(super) fn threads(pid: Tid) -> Vec<Tid> {
    let entries = fs::read_dir(format!("/proc/{pid}/task"))
        .into_iter()
        .flatten();
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter_map(|name| name.parse().ok()).collect()
}

/// The processes that a thread has made and that live: of `/proc/TID/task/TID/children`, or (without
/// CONFIG_PROC_CHILDREN) of those that name its process as their parent.
pub(super) fn children(tid: Tid) -> Vec<Tid> {
    if let Ok(text) = fs::read_to_string(format!("/proc/{tid}/task/{tid}/children")) {
        let numbers = text.split_whitespace();
        return numbers.filter_map(|number| number.parse().ok()).collect();
    }
    let entries = fs::read_dir("/proc").into_iter().flatten();
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let processes = names.filter_map(|name| name.parse().ok());
    processes
        .filter(|pid| number(*pid, "PPid:") == Some(tid))
        .collect()
}

/// What a process has asked of storage since it began (proc_pid_io(5)); none where that is refused.
pub(crate) fn storage(pid: Tid) -> Option<StorageBytes> {
    let text = read(pid, "io");
    let number = |name| field(&text, name)?.parse().ok();
    Some(StorageBytes {
        read: number("read_bytes:")?,
        written: number("write_bytes:")?,
    })
}

/// The flags of an open descriptor, as of open(2): octal in proc_pid_fdinfo(5).
pub(super) fn open_flags(tid: Tid, fd: i32) -> u32 {
    let info = read(tid, &format!("fdinfo/{fd}"));
    let flags = field(&info, "flags:").map(|flags| u32::from_str_radix(flags, 8));
    flags.and_then(Result::ok).unwrap_or(0)
}

/// The number in a link in /proc: `pipe:[4711]`.
pub(super) fn inode(link: &str, prefix: &str) -> Option<u64> {
    link.strip_prefix(prefix)?.strip_suffix(']')?.parse().ok()
}

/// Where a process has mapped a file from an offset on, by the file's inode (proc_pid_maps(5)).
pub(super) fn mapped(pid: Tid, inode: u64, offset: u64) -> Option<Range<u64>> {
    let maps = read(pid, "maps");
    maps.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        let (start, end) = words.next()?.split_once('-')?;
        let at = words.nth(1)?;
        let is_it = words.nth(1)?.parse() == Ok(inode) && u64::from_str_radix(at, 16) == Ok(offset);
        let [start, end] = [start, end].map(|it| u64::from_str_radix(it, 16));
        is_it.then_some(start.ok()?..end.ok()?)
    })
}

/// A path as it is, of one that /proc has escaped: blanks and backslashes stand there in octal.
pub(super) fn unescaped(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let octal = after
            .get(..3)
            .and_then(|digits| str::from_utf8(digits).ok());
        let escaped = octal.and_then(|digits| u8::from_str_radix(digits, 8).ok());
        (rest, _) = match escaped.filter(|_| *first == b'\\') {
            Some(byte) => (&after[3..], out.push(byte)),
            None => (after, out.push(*first)),
        };
    }
    text_of(&out)
}
