//! What other flows say of a flow: whether its program looks at the bytes, whether it does nothing but copy a file.

use std::collections::HashMap;

use crate::model::{End, EndKind, Flow};

/// Programs that pass on what they read, as their manual pages say, unless they are told otherwise.
const COPIERS: [&str; 3] = ["cat", "dd", "pv"];
/// Programs that look at all they read, as their manual pages say, though they may pass it on as it was: filters,
/// compressors, which store what does not get smaller, and those that take checksums of all files.
const FILTERS: [&str; 42] = [
    "awk", "gawk", "mawk", "nawk", "grep", "egrep", "fgrep", "sed", "sort", "uniq", "cut", "tr",
    "tac", "rev", "nl", "fold", "fmt", "expand", "unexpand", "iconv", "jq", "column", "gzip",
    "pigz", "bzip2", "pbzip2", "xz", "pixz", "zstd", "lz4", "lzop", "brotli", "zip", "gpg",
    "openssl", "git", "rsync", "shuf", "csplit", "paste", "join", "comm",
];
/// A program looks at bytes if more than one in so many of what it has of them, or of the calls, is no copy.
const LOOKED: u64 = 16;

/// Where systems keep libraries, locales, modules, configuration.
const OF_THE_SYSTEM: [&str; 7] = [
    "/usr/", "/lib", "/etc/", "/proc/", "/sys/", "/opt/", "/nix/",
];
/// What interpreters load.
const MODULES: [&str; 4] = [".pyc", ".py", ".so", ".pm"];

/// Whether a flow is what a program reads in order to start: libraries, locales, modules. What the command names is none
/// of it.
pub fn is_of_start(flow: &Flow, command: &[String]) -> bool {
    let path = &flow.from.name;
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_named = command.iter().any(|word| word.contains(name));
    let is_system = OF_THE_SYSTEM.iter().any(|start| path.starts_with(start));
    let is_module = MODULES.iter().any(|end| path.ends_with(end));
    (flow.from.kind, flow.to.kind) == (EndKind::File, EndKind::Memory)
        && !is_named
        && (flow.traits[0].code || is_system || is_module)
}

/// Bytes of flows, or calls, by the program and an end.
type Bytes<'a> = HashMap<(&'a str, &'a End), u64>;

#[derive(Default)]
pub(super) struct Context<'a> {
    /// What a program has of a source, and did not pass on as it was.
    kept: Bytes<'a>,
    /// What it brought to a sink, and had not read as it is.
    own: Bytes<'a>,
    /// All that it has of a source, or brought to a sink.
    all: [Bytes<'a>; 2],
    /// The calls that brought the one, and the other, to a sink. A codec that stores what it cannot compress puts a few
    /// bytes before each block (RFC 1951, section 3.2.4); an archive has a head before each file.
    calls: [Bytes<'a>; 2],
    /// What stands at the beginning of pipelines, by their first program.
    piped: HashMap<&'a str, Vec<&'a End>>,
}

impl<'a> Context<'a> {
    pub fn of(flows: &'a [Flow]) -> Context<'a> {
        let mut context = Context::default();
        for flow in flows {
            let program = flow.programs.last().map_or("", String::as_str);
            for (all, end) in context.all.iter_mut().zip([&flow.from, &flow.to]) {
                *all.entry((program, end)).or_default() += flow.bytes;
            }
            if flow.to.kind == EndKind::Memory || flow.transformed {
                *context.kept.entry((program, &flow.from)).or_default() += flow.bytes;
            }
            let is_own = matches!(flow.from.kind, EndKind::Memory | EndKind::Unknown);
            if is_own || flow.transformed {
                *context.own.entry((program, &flow.to)).or_default() += flow.bytes;
            }
            let calls = context.calls[usize::from(!is_own)].entry((program, &flow.to));
            *calls.or_default() += flow.calls;
            if flow.programs.len() > 1 || flow.to.kind == EndKind::Pipe {
                let ends = context.piped.entry(&flow.programs[0]).or_default();
                if !ends.contains(&&flow.from) {
                    ends.push(&flow.from);
                }
            }
        }
        context
    }

    /// Whether a program that passes a flow on has chosen among the bytes that it read, or put others between them. Of a
    /// connection it does both anyway, with the heads of its protocol.
    pub fn has_looked(&self, flow: &Flow) -> bool {
        let program = flow.programs.last().map_or("", String::as_str);
        let of = |bytes: &Bytes, end| bytes.get(&(program, end)).copied().unwrap_or(0);
        let much = |bytes, all, end| of(bytes, end) > of(all, end) / LOOKED;
        let is_stored = |end: &End| matches!(end.kind, EndKind::File | EndKind::Pipe);
        let [read, written] = &self.all;
        FILTERS.contains(&program)
            || (is_stored(&flow.from) && much(&self.kept, read, &flow.from))
            || (is_stored(&flow.to) && much(&self.own, written, &flow.to))
            || (is_stored(&flow.to) && much(&self.calls[0], &self.calls[1], &flow.to))
    }

    /// Whether a program puts nothing into its pipes but what this end holds.
    pub fn only_copies(&self, program: &str, end: &End) -> bool {
        COPIERS.contains(&program)
            && self
                .piped
                .get(program)
                .is_some_and(|ends| ends[..] == [end])
    }
}
