//! `zclab run METHOD`: one transfer, untraced for its counters and traced for its calls.

use std::path::PathBuf;

use anyhow::Result;

use super::options::{TransferOptions, warn_of};
use super::pictures::Picture;
use super::progress::{Interrupt, Line, bytes};
use super::report::{self, RunDocument};
use crate::experiment;
use crate::model::{JobProgress, Recording, TransferSpec};
use crate::store;
use crate::tracer::Cancel;

/// One transfer: untraced for time, CPU, faults and context switches; traced for its calls and copy path.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab run read-write
  zclab run mmap-write --to unix --size 16MiB --chunk 4KiB
  zclab run sendfile --to file --json
  zclab run sendfile --file /etc/services --cold
  zclab run splice --size 16MiB --chunk 1MiB --pipe-size 1MiB
  zclab run splice-receive --json         the receiving side: a peer sends
  zclab run sendfile --count-copies       the kernel's own count beside it
  zclab run sendfile --save x.jsonl       a recording for zclab replay
  zclab run read-write --svg x.svg        a picture of it")]
pub(crate) struct Args {
    #[command(flatten)]
    transfer: TransferOptions,
    /// Let the kernel's own functions count what they copy, in a run of its own (needs root, or CAP_BPF and CAP_PERFMON)
    #[arg(long)]
    count_copies: bool,
    /// Save the recording
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    #[command(flatten)]
    picture: Picture,
    /// One JSON document
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args) -> Result<()> {
    let spec = args.transfer.spec()?;
    let source = experiment::Source {
        file: args.transfer.file,
        dir: args.transfer.scratch.dir,
    };
    args.picture.can_save()?;
    let recording = recorded(&spec, &source, args.count_copies)?;
    warn_of(&recording.unavailable);
    if let Some(file) = &args.save {
        store::recording::save(file, &recording)?;
    }
    args.picture.save_recording(&recording)?;
    let text = || report::for_people(&recording);
    let document = RunDocument::of(&recording).with_count(args.count_copies);
    super::print_either(args.json, &document, text)
}

/// The run, with its progress shown, and Ctrl-C heard.
fn recorded(
    spec: &TransferSpec,
    source: &experiment::Source,
    count_copies: bool,
) -> Result<Recording> {
    let cancel = Cancel::new();
    let interrupt = Interrupt::cancels(&cancel)?;
    let mut line = Line::new();
    let show = &mut |progress: JobProgress| line.show(&progress, || bytes(&progress));
    let recording = experiment::run(spec, source, &cancel, show).and_then(|mut recording| {
        if count_copies {
            match experiment::count_copies(spec, source, &cancel, show)? {
                Ok(counted) => recording.counted = Some(counted),
                Err(refused) => recording.unavailable.push(refused),
            }
        }
        Ok(recording)
    });
    line.clear();
    if recording.is_err() {
        interrupt.end_if_cancelled();
    }
    recording
}
