//! The machine.

use std::ffi::OsStr;

use nix::{
    sys::utsname::uname,
    unistd::{SysconfVar, sysconf},
};

use crate::model::Machine;

/// This machine: kernel, architecture, online CPUs, page size.
pub fn machine() -> Machine {
    let number = |name| sysconf(name).ok().flatten().unwrap_or(0) as u64;
    let text = |text: &OsStr| text.to_string_lossy().into_owned();
    let (kernel, arch) = match uname() {
        Ok(name) => (
            format!("{} {}", text(name.sysname()), text(name.release())),
            text(name.machine()),
        ),
        Err(_) => ("Linux".to_owned(), std::env::consts::ARCH.to_owned()),
    };
    Machine {
        kernel,
        arch,
        cpus: number(SysconfVar::_NPROCESSORS_ONLN) as u32,
        page_size: number(SysconfVar::PAGE_SIZE),
    }
}
