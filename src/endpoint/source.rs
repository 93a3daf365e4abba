//! Sources: a file of a known pattern, or a file of the user's.

use std::{fs::File, io::Write, os::unix::fs::FileExt, path::Path};

use anyhow::{Context, Result, bail, ensure};

use super::{need_space, pattern, scratch_file};
use crate::model::{Size, visible_name};

const BLOCK: usize = 1 << 20;

/// An open source, of which size and checksum are known.
#[derive(Debug)]
pub struct Source {
    /// The file.
    pub file: File,
    pub(crate) size: u64,
    pub(crate) checksum: u32,
    /// What it is called where it has no name: `source`. None: it has one.
    pub(crate) alias: Option<String>,
}

/// Sees how many bytes are prepared; an error from it ends the preparation.
pub type Step<'a> = &'a mut dyn FnMut(u64) -> Result<()>;

impl Source {
    /// A file without a name in `dir`, filled with a known pattern.
    ///
    /// # Errors
    /// The directory cannot be written, the disk is full, or `step` failed.
    pub fn generate(dir: &Path, size: u64, step: Step) -> Result<Source> {
        let file = scratch_file(dir)?;
        let checksum = fill(&file, dir, size, step, |block, offset| {
            pattern::fill(block, offset);
            Ok(())
        })?;
        Ok(Source {
            file,
            size,
            checksum,
            alias: Some("source".to_owned()),
        })
    }

    /// The first `size` bytes of a regular file. Where that is not all of it, they are copied to a file without a
    /// name in `dir`: the transfers run to the end of their file.
    ///
    /// # Errors
    /// The file is missing, unreadable, not regular, or shorter than `size`.
    pub(crate) fn open(path: &Path, size: u64, dir: &Path, step: Step) -> Result<Source> {
        let (file, found) = open_regular(path)?;
        ensure!(
            size <= found,
            "cannot send {size} bytes of {}: it has {found}",
            visible_name(path)
        );
        let read = |block: &mut [u8], offset: u64| {
            file.read_exact_at(block, offset)
                .with_context(|| format!("cannot read {}", visible_name(path)))
        };
        if size < found {
            let part = scratch_file(dir)?;
            return Ok(Source {
                checksum: fill(&part, dir, size, step, read)?,
                file: part,
                size,
                alias: Some(format!(
                    "{} (first {})",
                    visible_name(path),
                    Size(size).typed()
                )),
            });
        }
        Ok(Source {
            checksum: each_block(size, step, read, |_| Ok(()))?,
            file,
            size,
            alias: None,
        })
    }
}

/// The size of a regular file that can be read.
///
/// # Errors
/// It is missing, unreadable or not regular: one line.
pub(crate) fn file_size(path: &Path) -> Result<u64> {
    Ok(open_regular(path)?.1)
}

fn open_regular(path: &Path) -> Result<(File, u64)> {
    let failed = || format!("cannot open {}", visible_name(path));
    // Asked before it is opened: opening a FIFO would wait for a writer.
    let kind = std::fs::metadata(path).with_context(failed)?.file_type();
    if kind.is_dir() {
        bail!("cannot send {}: it is a directory", visible_name(path));
    }
    ensure!(
        kind.is_file(),
        "cannot send {}: it is not a regular file",
        visible_name(path)
    );
    let file = File::open(path).with_context(failed)?;
    let size = file.metadata().with_context(failed)?.len();
    Ok((file, size))
}

/// Fills an empty file with `size` bytes that `make` makes.
fn fill(
    mut file: &File,
    dir: &Path,
    size: u64,
    step: Step,
    make: impl FnMut(&mut [u8], u64) -> Result<()>,
) -> Result<u32> {
    need_space(dir, size)?;
    each_block(size, step, make, |block| {
        file.write_all(block).with_context(|| {
            format!(
                "cannot write {} to a file in {}",
                Size(size),
                visible_name(dir)
            )
        })
    })
}

/// Makes and sees `size` bytes, a block at a time. Returns their CRC-32.
fn each_block(
    size: u64,
    step: Step,
    mut make: impl FnMut(&mut [u8], u64) -> Result<()>,
    mut see: impl FnMut(&[u8]) -> Result<()>,
) -> Result<u32> {
    let mut hasher = crc32fast::Hasher::new();
    let mut block = vec![0; BLOCK.min(size as usize)];
    let mut done = 0;
    while done < size {
        let length = (size - done).min(BLOCK as u64) as usize;
        let block = &mut block[..length];
        make(block, done)?;
        hasher.update(block);
        see(block)?;
        done += length as u64;
        step(done)?;
    }
    Ok(hasher.finalize())
}
