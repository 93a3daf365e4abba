//! What /proc says of a thread or a process: nothing where it is gone.

use std::fs;

use super::kernel::Tid;
use crate::model::text_of;

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
