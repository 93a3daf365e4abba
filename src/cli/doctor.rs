//! `zclab doctor`: what this machine allows, and why not.

use std::io::{IsTerminal, stdout};

use anyhow::Result;
use serde::Serialize;

use super::ink::INK;
use crate::host::{self, Instrument};
use crate::model::{How, Machine, Size};

/// What this machine allows, and why not.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab doctor
  zclab doctor --json")]
pub(crate) struct Args {
    /// One JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Serialize)]
struct Findings {
    machine: Machine,
    instruments: Vec<Instrument>,
}

pub(crate) fn run(args: Args) -> Result<()> {
    let findings = Findings {
        machine: host::machine(),
        instruments: host::instruments(),
    };
    super::print_either(args.json, &findings, || for_people(&findings))
}

fn for_people(findings: &Findings) -> String {
    let Machine {
        kernel,
        arch,
        cpus,
        page_size,
    } = &findings.machine;
    let mut text = format!(
        "{kernel}, {arch}, {cpus} cores, pages of {}\n\n",
        Size(*page_size)
    );
    // The notes are folded under their own beginning, which is the 24th column.
    let options = textwrap::Options::new(80).subsequent_indent("                       ");
    let mut line = |mark: &str, name: &str, says: &str| {
        let row = format!("  {mark} {name:<14}   {says}");
        let row = super::wrapped(row.trim_end(), options.clone());
        let marked = match mark {
            "yes" => INK.how(How::Reference, mark),
            _ => INK.strong(mark),
        };
        let row = row.replacen(mark, &marked, usize::from(!mark.trim().is_empty()));
        text += &row.replacen(name, &INK.strong(name), usize::from(!name.is_empty()));
    };
    for found in &findings.instruments {
        let says = found.reason.as_ref().or(found.detail.as_ref());
        let mark = if found.available { "yes" } else { "no " };
        line(mark, found.name, says.map_or("", String::as_str));
        if !found.available {
            line("   ", "", &format!("→ {}", advice(found.name)));
        }
    }
    line(
        if on_terminal() { "yes" } else { "no " },
        "terminal",
        &terminal(),
    );
    text
}

fn on_terminal() -> bool {
    stdout().is_terminal() && std::io::stdin().is_terminal()
}

fn terminal() -> String {
    let name = std::env::var("TERM").unwrap_or_else(|_| "TERM is not set".to_owned());
    match crossterm::terminal::size() {
        Ok((columns, rows)) if on_terminal() => format!("{name}, {columns}x{rows}"),
        _ => {
            "standard input or output is none: the course needs one, run and lessons do not".into()
        }
    }
}

/// What a learner can do about an instrument that is not to be had.
fn advice(instrument: &str) -> &'static str {
    match instrument {
        "ptrace" => {
            "lessons play shipped recordings; for live ones: sysctl kernel.yama.ptrace_scope=1, \
             a container with CAP_SYS_PTRACE, or no tracer around zclab"
        }
        "seccomp" => "tracing works without it, only slower",
        "io-uring" => {
            "uring-fixed, uring-send-zc, uring-splice and direct-send need it, and nothing else; \
             sysctl kernel.io_uring_disabled=0 allows it"
        }
        "uring-send-zc" => "uring-send-zc and direct-send need it; it came with Linux 6.0",
        "send-zerocopy" => "the method of that name needs it; it came with Linux 4.14",
        "ktls" => {
            "modprobe tls, as root, if the kernel was built with CONFIG_TLS; ktls-sendfile needs it, and plays a \
             shipped recording without"
        }
        "cachestat" => "mincore counts the resident pages instead",
        "memlock" => "ulimit -l, or LimitMEMLOCK= of the session's systemd unit",
        "perf" => "nothing that is here needs it; CPU time is exact without it",
        "o-direct" => "XDG_CACHE_HOME chooses a directory on a disk",
        "kernel-copies" => "nothing needs it: it sets the kernel's own count beside the rule",
        _ => "nothing is known to help",
    }
}
