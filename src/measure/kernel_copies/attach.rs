//! Attaches a program to each function that this kernel has.

use std::os::{fd::OwnedFd, unix::fs::MetadataExt};

use super::btf::Btf;
use super::functions::{FUNCTIONS, Function, Kind, Watch};
use super::kernel::{self, Maps, Purpose};
use super::program::{self, Namespace};
use super::{refusal, symbols};

/// More than this is no description of a kernel.
const BTF_BYTES: u64 = 64 << 20;

pub(super) struct Attached {
    pub(super) descriptors: Vec<OwnedFd>,
    /// For each row whether this kernel has the function.
    pub(super) present: Vec<bool>,
}

/// # Errors
/// What is missing: in one sentence.
pub(super) fn all(maps: &Maps) -> Result<Attached, String> {
    let namespace = own_namespace().map_err(|error| format!("/proc/self/ns/pid: {error}"))?;
    let mut attached = Attached {
        descriptors: Vec::new(),
        present: vec![false; FUNCTIONS.len()],
    };
    attached.breakpoints(maps, namespace)?;
    attached.entries_and_exits(maps, namespace)?;
    Ok(attached)
}

fn is_breakpoint(function: &Function) -> bool {
    matches!(function.watch, Watch::Breakpoint(_))
}

impl Attached {
    fn breakpoints(&mut self, maps: &Maps, namespace: Namespace) -> Result<(), String> {
        let addresses =
            symbols::addresses(&names()).map_err(|error| format!("/proc/kallsyms: {error}"))?;
        for (row, function) in FUNCTIONS
            .iter()
            .enumerate()
            .filter(|(_, it)| is_breakpoint(it))
        {
            let address = match addresses[row] {
                None => continue,
                Some(0) => return Err("/proc/kallsyms hides the addresses of the kernel's functions (kernel.kptr_restrict)".to_owned()),
                Some(address) => address,
            };
            let code = program::assemble(function.watch, 0, row, maps, namespace);
            let loaded = load(function, &code, Purpose::Breakpoint)?;
            for cpu in online_cpus() {
                let event = kernel::breakpoint(address, cpu, &loaded);
                self.descriptors
                    .push(event.map_err(|error| refusal::of_breakpoint(function.name, error))?);
            }
            self.present[row] = true;
        }
        self.copies_are_known()
    }

    /// Without one of each kind a count would say 0 of what it cannot see.
    fn copies_are_known(&self) -> Result<(), String> {
        let has = |is_it: &dyn Fn(&Function) -> bool| {
            let mut rows = FUNCTIONS.iter().zip(&self.present);
            rows.any(|(function, present)| *present && is_it(function))
        };
        let named = |name| has(&|it| it.name == name);
        let into_cache = has(&|it| it.kind == Kind::CopyIntoCache);
        match named("_copy_to_iter") && named("_copy_from_iter") && into_cache {
            true => Ok(()),
            false => Err(
                "this kernel copies by functions that are not known here: Linux 6.1 and later are"
                    .to_owned(),
            ),
        }
    }

    fn entries_and_exits(&mut self, maps: &Maps, namespace: Namespace) -> Result<(), String> {
        let path = "/sys/kernel/btf/vmlinux";
        let size = std::fs::metadata(path).map_or(0, |it| it.len());
        let bytes = match size <= BTF_BYTES {
            true => std::fs::read(path).map_err(|error| format!("{path}: {error}"))?,
            false => return Err(format!("{path} is larger than {BTF_BYTES} bytes")),
        };
        let btf =
            Btf::parse(&bytes).ok_or_else(|| format!("{path} is not in the format of BTF"))?;
        let ids = btf.functions(&names());
        for (row, function) in FUNCTIONS
            .iter()
            .enumerate()
            .filter(|(_, it)| !is_breakpoint(it))
        {
            let Some(id) = ids[row] else { continue };
            let (purpose, member) = match function.watch {
                Watch::Returned => (Purpose::Exit(id), 0),
                Watch::Member(_, structure, member) => match btf.offset(structure, member) {
                    Some(offset) => (Purpose::Entry(id), offset),
                    None => {
                        return Err(format!("{structure} has no member {member} in this kernel"));
                    }
                },
                Watch::Breakpoint(_) => continue,
            };
            let code = program::assemble(function.watch, member, row, maps, namespace);
            let loaded = load(function, &code, purpose)?;
            let link = kernel::attach(&loaded);
            self.descriptors
                .push(link.map_err(|error| refusal::of_attaching(function.name, error))?);
            self.present[row] = true;
        }
        Ok(())
    }
}

/// The functions' names, in the order of the rows.
fn names() -> Vec<&'static str> {
    FUNCTIONS.iter().map(|function| function.name).collect()
}

fn load(function: &Function, code: &[u64], purpose: Purpose) -> Result<OwnedFd, String> {
    kernel::load(code, purpose).map_err(|error| refusal::of_program(function.name, error))
}

fn own_namespace() -> std::io::Result<Namespace> {
    let found = std::fs::metadata("/proc/self/ns/pid")?;
    Ok(Namespace {
        device: found.dev(),
        inode: found.ino(),
    })
}

/// Every CPU on which the program may come to run.
fn online_cpus() -> Vec<i32> {
    let listed = std::fs::read_to_string("/sys/devices/system/cpu/online").unwrap_or_default();
    let ranges = listed.trim().split(',').filter_map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some(first.parse::<i32>().ok()?..=last.parse().ok()?)
    });
    ranges.flatten().collect()
}
