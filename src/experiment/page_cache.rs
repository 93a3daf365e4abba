//! The page cache live: which pages of a file are resident after each step, and what the steps cost in faults.

use std::{
    fs::File, io::Write, num::NonZeroUsize, os::unix::fs::FileExt, path::Path, thread,
    time::Duration,
};

use anyhow::{Context, Result};
use nix::{
    fcntl::{PosixFadviseAdvice, posix_fadvise},
    sys::mman::{MapFlags, MmapAdvise, ProtFlags, madvise, mmap, munmap},
};

use crate::endpoint;
use crate::host;
use crate::measure::{self, Counters, Whose};
pub(crate) use crate::model::{PAGE_CACHE_CELLS as CELLS, PageCache, PageCacheStep as Step};
use crate::model::{Size, Unavailable};

/// Goes through the steps with a file of `size` bytes (at least one) without a name in `dir`. After each step of `shown`
/// `each` sees what is known so far; an error of it ends the experiment. The other steps are made, and left out of what
/// is seen.
///
/// # Errors
/// No room, a call that failed, or residency that the kernel does not tell.
pub(crate) fn watch(
    dir: &Path,
    size: Size,
    shown: &[&str],
    each: &mut dyn FnMut(&PageCache) -> Result<()>,
) -> Result<PageCache> {
    endpoint::need_space(dir, size.bytes())?;
    let file = endpoint::scratch_file(dir)?;
    let filesystem = host::file_system(&file);
    let dirty = measure::dirty_pages(&file).err();
    let unavailable = dirty.map(|errno| {
        let reason = "dirty pages cannot be counted (cachestat came with Linux 6.5)";
        Unavailable::new("cachestat", format!("{errno:?}: {reason}"))
    });
    let mut watch = Watch {
        read_ahead: host::read_ahead_kb(&file),
        file,
        keeps: filesystem == "tmpfs" || filesystem == "ramfs",
        before: 0,
        shown,
        seen: PageCache {
            filesystem,
            size,
            page_size: host::machine().page_size,
            steps: Vec::new(),
            unavailable: unavailable.into_iter().collect(),
        },
        each,
    };
    watch.all_steps()?;
    Ok(watch.seen)
}

struct Watch<'a> {
    file: File,
    /// The file system has no disk behind its pages, so that it never drops them.
    keeps: bool,
    /// How far its disk is read ahead, in KiB.
    read_ahead: Option<u64>,
    /// Resident pages after the step before.
    before: u64,
    /// The steps that are to be seen.
    shown: &'a [&'a str],
    seen: PageCache,
    each: &'a mut dyn FnMut(&PageCache) -> Result<()>,
}

/// What a note is made of.
struct Look<'a> {
    step: &'a Step,
    /// Resident pages after the step before.
    before: u64,
    keeps: bool,
    read_ahead: Option<u64>,
}

impl Watch<'_> {
    fn all_steps(&mut self) -> Result<()> {
        let (size, page) = (self.seen.size.bytes(), self.seen.page_size);
        let middle = size / page / 2 * page;
        let pread = |file: &File, at: u64| {
            let mut byte = [0; 4096];
            file.read_at(&mut byte, at)
                .context("cannot read the file")?;
            Ok(())
        };
        self.step("written", |file| write(file, size), written)?;
        self.step("dontneed-while-dirty", dontneed, dontneed_while_dirty)?;
        self.step("fsync-then-dontneed", measure::drop_from_cache, dropped)?;
        self.step("pread-at-0", |file| pread(file, 0), one_page_read)?;
        self.step(
            "pread-in-the-middle",
            |file| pread(file, middle),
            one_page_read,
        )?;
        measure::drop_from_cache(&self.file)?;
        advise(&self.file, PosixFadviseAdvice::POSIX_FADV_RANDOM)?;
        self.before = 0;
        self.step(
            "pread-after-fadv-random",
            |file| pread(file, middle),
            random_page_read,
        )?;
        advise(&self.file, PosixFadviseAdvice::POSIX_FADV_NORMAL)?;
        self.one_cold_touch("cold-touch-in-the-middle", None, one_touch)?;
        let random = Some(MmapAdvise::MADV_RANDOM);
        self.one_cold_touch("cold-touch-after-madv-random", random, random_touch)?;
        measure::drop_from_cache(&self.file)?;
        let touch = |file: &File| touch(file, size, None, (0..size).step_by(page as usize));
        self.step("cold-mapping-touched", touch, touched)?;
        self.step("warm-mapping-touched", touch, touched)
    }

    /// Drops the file from the cache, maps it, gives the advice and touches the page in the middle. What a fault reads
    /// around its page may still be on its way when the touch is over, so the step ends when no more pages come.
    fn one_cold_touch(
        &mut self,
        step: &'static str,
        advice: Option<MmapAdvise>,
        note: fn(&Look) -> String,
    ) -> Result<()> {
        let (size, page) = (self.seen.size.bytes(), self.seen.page_size);
        let middle = size / page / 2 * page;
        measure::drop_from_cache(&self.file)?;
        self.before = 0;
        let act = |file: &File| {
            touch(file, size, advice, [middle])?;
            settle(file)
        };
        self.step(step, act, note)
    }

    fn step(
        &mut self,
        step: &'static str,
        act: impl FnOnce(&File) -> Result<()>,
        note: fn(&Look) -> String,
    ) -> Result<()> {
        let counters = Counters::of(Whose::Thread)?;
        act(&self.file)?;
        let cost = counters.until_now()?;
        let found = measure::resident_pages(&self.file)?;
        let mut step = Step {
            step,
            resident: found.iter().filter(|resident| **resident).count() as u64,
            pages: found.len() as u64,
            dirty: measure::dirty_pages(&self.file).ok(),
            map: picture(&found, CELLS),
            minor_faults: cost.minor_faults,
            major_faults: cost.major_faults,
            read_bytes: cost.read_bytes,
            note: String::new(),
        };
        step.note = note(&Look {
            step: &step,
            before: self.before,
            keeps: self.keeps,
            read_ahead: self.read_ahead,
        });
        self.before = step.resident;
        if !self.shown.contains(&step.step) {
            return Ok(());
        }
        self.seen.steps.push(step);
        (self.each)(&self.seen)
    }
}

fn written(look: &Look) -> String {
    let dirty = match look.step.dirty {
        _ if look.keeps => "this file system has no disk to write them to".to_owned(),
        Some(dirty) => format!("{dirty} pages are dirty: the disk does not have them yet"),
        None => "how many of them are dirty is not told here".to_owned(),
    };
    format!("write put the bytes into the page cache; {dirty}.")
}

fn dontneed_while_dirty(look: &Look) -> String {
    match look.before.saturating_sub(look.step.resident) {
        0 if look.keeps => KEPT.to_owned(),
        0 => "POSIX_FADV_DONTNEED dropped nothing: a dirty page is the only copy. It only set the kernel writing."
            .to_owned(),
        gone => format!("POSIX_FADV_DONTNEED dropped {gone} pages, already written to the disk by then; a dirty page stays."),
    }
}

const KEPT: &str =
    "Nothing went: this file system has no disk behind it, so its page cache is the file.";

fn dropped(look: &Look) -> String {
    match look.step.resident {
        0 => "After fsync every page is clean, and clean pages can be dropped: the file is cold."
            .to_owned(),
        _ if look.keeps => KEPT.to_owned(),
        left => format!("{left} pages stay: something still holds them. The advice is no command."),
    }
}

fn one_page_read(look: &Look) -> String {
    match look.step.resident.saturating_sub(look.before) {
        0 => "The bytes were resident already: the disk was not asked.".to_owned(),
        1 => "4 KiB were asked for, and one page came: no read-ahead this time.".to_owned(),
        came => format!("4 KiB were asked for, and {came} pages came: the kernel reads ahead."),
    }
}

fn random_page_read(look: &Look) -> String {
    match look.step.resident {
        _ if look.keeps => KEPT.to_owned(),
        1 => "Dropped again; then, told that reads will be random, the kernel fetched one page and nothing ahead.".to_owned(),
        came => format!("Dropped again; then, told that reads will be random, the kernel had {came} pages after one read of 4 KiB."),
    }
}

fn one_touch(look: &Look) -> String {
    match look.step.resident {
        _ if look.keeps => KEPT.to_owned(),
        1 => "One page was touched, and one page came.".to_owned(),
        came => {
            let limit = match look.read_ahead {
                Some(kib) => format!("read_ahead_kb, {kib} here"),
                None => "read_ahead_kb".to_owned(),
            };
            format!(
                "One page was touched, and {came} pages came: a cold fault reads around its page, up to {limit}."
            )
        }
    }
}

fn random_touch(look: &Look) -> String {
    match look.step.resident {
        _ if look.keeps => KEPT.to_owned(),
        1 => "Dropped again; then, told by MADV_RANDOM that touches will be random, the kernel fetched one page and nothing around it.".to_owned(),
        came => format!("Dropped again; then, told by MADV_RANDOM that touches will be random, the kernel had {came} pages after one touch."),
    }
}

fn touched(look: &Look) -> String {
    let faults = |count: u64, kind: &str| match count {
        1 => format!("1 {kind} fault"),
        count => format!("{count} {kind} faults"),
    };
    let (major, minor) = (
        faults(look.step.major_faults, "major"),
        faults(look.step.minor_faults, "minor"),
    );
    let waited = match look.step.major_faults {
        0 => "every page was in the page cache, or on its way",
        _ => "a major fault finds no page and asks the disk",
    };
    let around = match look.step.major_faults + look.step.minor_faults < look.step.pages {
        true => " A fault maps resident neighbours too: fewer faults than pages.",
        false => "",
    };
    format!(
        "{} pages touched, first to last: {major} and {minor}; {waited}.{around}",
        look.step.pages
    )
}

fn write(mut file: &File, size: u64) -> Result<()> {
    let block = vec![b'A'; (1 << 20).min(size as usize)];
    let mut left = size;
    while left > 0 {
        let n = left.min(block.len() as u64) as usize;
        file.write_all(&block[..n])
            .context("cannot write the file")?;
        left -= n as u64;
    }
    Ok(())
}

fn dontneed(file: &File) -> Result<()> {
    advise(file, PosixFadviseAdvice::POSIX_FADV_DONTNEED)
}

fn advise(file: &File, advice: PosixFadviseAdvice) -> Result<()> {
    posix_fadvise(file, 0, 0, advice).context("cannot advise the kernel about the file")
}

/// Maps the file anew and reads one byte at each of these places.
fn touch(
    file: &File,
    size: u64,
    advice: Option<MmapAdvise>,
    places: impl IntoIterator<Item = u64>,
) -> Result<()> {
    let length = NonZeroUsize::new(size as usize).context("an empty file has no pages")?;
    let (read, shared) = (ProtFlags::PROT_READ, MapFlags::MAP_SHARED);
    // SAFETY: a new mapping at an address that the kernel picks.
    let address =
        unsafe { mmap(None, length, read, shared, file, 0) }.context("cannot map the file")?;
    if let Some(advice) = advice {
        // SAFETY: the whole mapping; advice about reading ahead changes no memory.
        unsafe { madvise(address, length.get(), advice) }
            .context("cannot advise the kernel about the mapping")?;
    }
    for at in places {
        // SAFETY: inside the mapping; nobody else has the file, so it does not become shorter.
        unsafe { address.cast::<u8>().add(at as usize).read_volatile() };
    }
    // SAFETY: the whole mapping, and nobody uses it any more.
    unsafe { munmap(address, length.get()) }.context("cannot unmap the file")
}

/// Returns when the resident pages have stopped growing in number, or after a tenth of a second.
fn settle(file: &File) -> Result<()> {
    let mut before = 0;
    for _ in 0..20 {
        let found = measure::resident_pages(file)?;
        let resident = found.iter().filter(|resident| **resident).count();
        if resident == before {
            return Ok(());
        }
        before = resident;
        thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// The pages in at most `cells` cells of equal share.
fn picture(pages: &[bool], cells: usize) -> String {
    let cells = cells.min(pages.len());
    (0..cells)
        .map(|cell| {
            let share = &pages[cell * pages.len() / cells..(cell + 1) * pages.len() / cells];
            match share.iter().filter(|resident| **resident).count() {
                0 => '·',
                all if all == share.len() => '■',
                _ => '▪',
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::picture;

    #[test]
    fn a_cell_is_full_only_if_all_its_pages_are_resident() {
        let mut pages = [false; 256];
        pages[..4].fill(true);
        pages[5] = true;
        assert_eq!(picture(&pages, 64), format!("■▪{}", "·".repeat(62)));
        assert_eq!(picture(&pages[4..8], 64), "·■··");
        assert_eq!(picture(&[], 64), "");
    }
}
