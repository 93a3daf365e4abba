//! `zclab page-cache`: which pages of a file are resident, step by step.

use std::path::PathBuf;

use anyhow::Result;
use serde::Serialize;

use super::{
    ink::INK,
    options::{ScratchDir, at_least_one},
};
use crate::experiment::page_cache::{self, CELLS, PageCache, Step};
use crate::host;
use crate::model::{PAGE_CACHE_STEPS, Size, grouped, visible_name};

/// The page cache live: a file of its own, written, dropped, read and mapped; after each step, its resident pages.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab page-cache
  zclab page-cache --size 1MiB
  zclab page-cache --dir /dev/shm         where there is no disk behind it
  zclab page-cache --json")]
pub(crate) struct Args {
    /// The file's size
    #[arg(long, default_value = "16MiB", value_parser = size)]
    pub(crate) size: Size,
    #[command(flatten)]
    scratch: ScratchDir,
    /// One JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

fn size(text: &str) -> Result<Size, String> {
    at_least_one(text, "a file of 0 bytes has no pages")
}

pub(crate) fn run(args: Args) -> Result<()> {
    let dir = args.scratch.open()?;
    let seen = page_cache::watch(&dir, args.size, &PAGE_CACHE_STEPS, &mut |_| Ok(()))?;
    let document = PageCacheDocument { dir, seen };
    super::print_either(args.json, &document, || page(&document))
}

#[derive(Serialize)]
struct PageCacheDocument {
    dir: PathBuf,
    #[serde(flatten)]
    seen: PageCache,
}

fn page(document: &PageCacheDocument) -> String {
    let seen = &document.seen;
    let pages = seen.size.bytes().div_ceil(seen.page_size);
    let about = format!(
        "A file of {}, {} pages, in {} ({}), on {}",
        seen.size,
        grouped(pages),
        visible_name(&document.dir),
        seen.filesystem,
        host::machine().kernel
    );
    let mut out = INK.strong(super::wrapped(&about, 80).trim_end()) + "\n";
    let cell = match pages.div_ceil(CELLS as u64) {
        1 => "one page".to_owned(),
        share => format!("{} pages", grouped(share)),
    };
    out += &format!("each cell {cell}: ■ resident  ▪ in part  · not\n");
    out.extend(seen.steps.iter().map(section));
    for missing in &seen.unavailable {
        out += &format!(
            "\n{}",
            super::wrapped(
                &format!(
                    "{} is not available here: {}",
                    missing.instrument, missing.reason
                ),
                80
            )
        );
    }
    out
}

fn section(step: &Step) -> String {
    let mut figures = format!(
        "{} of {} pages",
        grouped(step.resident),
        grouped(step.pages)
    );
    if let Some(dirty) = step.dirty.filter(|dirty| *dirty > 0) {
        figures += &format!(", {} dirty", grouped(dirty));
    }
    if let Some(read) = step.read_bytes.filter(|read| *read > 0) {
        figures += &format!(", {} from the disk", Size(read));
    }
    let options = textwrap::Options::new(78);
    let note = super::wrapped(
        &step.note,
        options.initial_indent("  ").subsequent_indent("  "),
    );
    let name = INK.strong(format!("{:<28}", step.step));
    let note = INK.dim(note.trim_end());
    format!("\n{name}  {figures}\n  {}\n{note}\n", step.map)
}
