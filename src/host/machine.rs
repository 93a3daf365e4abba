//! The machine.

use nix::{
    sys::utsname::uname,
    unistd::{SysconfVar, sysconf},
};

use crate::model::Machine;

/// This machine: kernel, architecture, online CPUs, page size.
pub fn machine() -> Machine {
    let number = |name| sysconf(name).ok().flatten().unwrap_or(0) as u64;
    let (kernel, arch) = match uname() {
        Ok(name) => (
            format!(
                "{} {}",
                name.sysname().to_string_lossy(),
                name.release().to_string_lossy()
            ),
            name.machine().to_string_lossy().into_owned(),
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
