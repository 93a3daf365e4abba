//! Why the kernel's copies cannot be counted, in one sentence that names what is missing.

use nix::errno::Errno;

/// What can be seen before anything is tried.
pub(super) fn known_before() -> Result<(), String> {
    if !cfg!(target_arch = "x86_64") {
        return Err(format!(
            "breakpoints in the kernel were tried on x86_64 alone, and this is {}",
            std::env::consts::ARCH
        ));
    }
    missing_capability()?;
    let lockdown = std::fs::read_to_string("/sys/kernel/security/lockdown").unwrap_or_default();
    if lockdown.contains("[confidentiality]") {
        return Err(
            "the kernel is locked down (confidentiality): nothing may look into it".to_owned(),
        );
    }
    if !std::path::Path::new("/sys/kernel/btf/vmlinux").exists() {
        return Err("the kernel does not describe its types (no /sys/kernel/btf/vmlinux: CONFIG_DEBUG_INFO_BTF)".to_owned());
    }
    Ok(())
}

/// Of capability.h; `CAP_SYS_ADMIN` stands for either.
const CAPABILITIES: [(&str, u32); 2] = [("CAP_BPF", 39), ("CAP_PERFMON", 38)];
const SYS_ADMIN: u32 = 21;

fn missing_capability() -> Result<(), String> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let Some(held) = effective.and_then(|text| u64::from_str_radix(text.trim(), 16).ok()) else {
        return Ok(()); // without /proc the kernel's own answer must do
    };
    let has = |number: u32| held >> number & 1 == 1;
    let missing = CAPABILITIES
        .iter()
        .filter(|(_, number)| !has(*number) && !has(SYS_ADMIN));
    let missing: Vec<_> = missing.map(|(name, _)| *name).collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(format!(
            "this process lacks {} (root has it)",
            missing.join(" and ")
        )),
    }
}

pub(super) fn of_maps(error: Errno) -> String {
    format!("the kernel makes no BPF map for this process ({error})")
}

pub(super) fn of_program(function: &str, error: Errno) -> String {
    format!("the kernel loads no BPF program for {function} ({error})")
}

pub(super) fn of_attaching(function: &str, error: Errno) -> String {
    format!("the kernel attaches nothing to {function} ({error})")
}

pub(super) fn of_breakpoint(function: &str, error: Errno) -> String {
    match error {
        // arch_validate_hwbp_arguments(): without kprobes no address of the kernel is known to be safe.
        Errno::EINVAL => format!(
            "the kernel takes no breakpoint in its own code ({function}: EINVAL), as kernels without CONFIG_KPROBES do"
        ),
        Errno::ENOSPC => format!(
            "the four breakpoints of the CPU are in use ({function}: ENOSPC): by a debugger, or another count"
        ),
        Errno::EACCES | Errno::EPERM => format!(
            "perf_event_open is refused ({function}: {error}): a container's seccomp profile, or kernel.perf_event_paranoid"
        ),
        _ => format!("a breakpoint at {function} cannot be had ({error})"),
    }
}
