//! What sendfile reads from, and how much.

use std::{
    fs::File,
    os::{fd::AsFd, unix::fs::FileExt},
};

use anyhow::{Context, Result};
use nix::{sys::sendfile::sendfile, unistd::write};

use super::{Experiment, Observation, Run::Here, Setting, call, filled_pipe};
use crate::endpoint::{self, ends};
use crate::host;
use crate::model::kernel_version;

const THREE_GIB: usize = 3 << 30;

pub(super) const ALL: &[Experiment] = &[
    Experiment {
        name: "sendfile-from-socket",
        call: "sendfile(file, socket, NULL, 4096)",
        setup: "A connected socket with bytes to read is the source, a file the sink.",
        why: "The source must be able to seek, and its type must support splicing; a socket's bytes come once and \
              are gone. For sockets there is splice with a pipe in between (into a pipe sendfile takes a socket, \
              too, since Linux 5.12): sendfile(2), DESCRIPTION.",
        run: Here(|setting| {
            let (near, far) = ends::unix()?;
            write(&far, b"bytes").context("cannot write to a socket")?;
            call(sendfile(setting.file(0)?, near, None, 4096))
        }),
    },
    Experiment {
        name: "sendfile-from-pipe",
        call: "sendfile(file, pipe, NULL, 4096)",
        setup: "A pipe with bytes to read is the source, a file the sink.",
        why: "A pipe can no more seek than a socket can, so it is no source for sendfile. It is what splice is \
              made for: splice(2).",
        run: Here(|setting| {
            let (_write_end, read_end) = filled_pipe()?;
            call(sendfile(setting.file(0)?, read_end, None, 4096))
        }),
    },
    Experiment {
        name: "sendfile-from-pipe-at-offset",
        call: "sendfile(file, pipe, &offset, 4096)",
        setup: "As sendfile-from-pipe, but with an offset to begin at.",
        why: "An offset is asked for first, and a pipe has no positions to begin at. The name says it: \
              illegal seek; sendfile(2), ERRORS.",
        run: Here(|setting| {
            let (_write_end, read_end) = filled_pipe()?;
            let mut offset = 0;
            call(sendfile(
                setting.file(0)?,
                read_end,
                Some(&mut offset),
                4096,
            ))
        }),
    },
    Experiment {
        name: "sendfile-from-directory",
        call: "sendfile(socket, directory, NULL, 4096)",
        setup: "A directory, opened to be read, is the source.",
        why: "A directory can be opened, but its file system gives no way to read it as bytes. read(2) says \
              EISDIR; sendfile finds that the source has no such operation: sendfile(2), ERRORS.",
        run: Here(|setting| {
            let directory = File::open(&setting.dir).context("cannot open a directory")?;
            to_socket(directory)
        }),
    },
    Experiment {
        name: "sendfile-from-memfd",
        call: "sendfile(socket, memfd, NULL, 4096)",
        setup: "4096 bytes lie in a memfd: memory that is a file and has no name.",
        why: "A memfd is a file of tmpfs: its memory is page cache, and its pages can be handed on by \
              reference. \"A regular file\" is more than the source has to be: sendfile(2).",
        run: Here(|_| {
            let memory = memory()?;
            let filled = memory.write_all_at(&[b'A'; 4096], 0);
            filled.context("cannot write to a memfd")?;
            to_socket(memory)
        }),
    },
    Experiment {
        name: "sendfile-from-dev-zero",
        call: "sendfile(socket, /dev/zero, NULL, 4096)",
        setup: "The device that gives zeros is the source.",
        why: "A device may have code of its own for splicing, and /dev/zero does: the kernel fills pages and \
              hands them on. sendfile(2) says \"mmap(2)-like operations\"; what counts is that the source can seek \
              and be spliced.",
        run: Here(|_| to_socket(File::open("/dev/zero").context("cannot open /dev/zero")?)),
    },
    Experiment {
        name: "sendfile-from-proc",
        call: "sendfile(socket, /proc/version, NULL, 4096)",
        setup: "A file of /proc is the source: its text is made at the moment of reading.",
        why: "There are no pages to refer to, so the kernel reads the text into fresh pages and passes those \
              on. It works, although the file cannot be mapped, and it saves no copy: sendfile(2), splice(2).",
        run: Here(|_| to_socket(File::open("/proc/version").context("cannot open /proc/version")?)),
    },
    Experiment {
        name: "sendfile-3gib",
        call: "sendfile(/dev/null, file, NULL, 3221225472)",
        setup: "A file that is one hole of 3 GiB is sent to /dev/null in one call: a memfd, or, before Linux 5.18, a file on \
                a disk.",
        why: "One call moves at most INT_MAX bytes, rounded down to a page (0x7ffff000), on 32-bit and 64-bit systems alike, so that a count \
              always fits an int. A loop has to ask for the rest: sendfile(2), NOTES.",
        run: Here(|setting| {
            let Some(hole) = hole(setting)? else {
                return Ok(Observation::unavailable(
                    "before Linux 5.18 reading a hole of tmpfs fills it, with 2 GiB of memory (--dir names a directory on \
                     a disk)",
                ));
            };
            let longer = hole.set_len(THREE_GIB as u64);
            longer.context("cannot make a file longer")?;
            Ok(count(sendfile(null()?, hole, None, THREE_GIB)))
        }),
    },
    Experiment {
        name: "write-3gib",
        call: "write(/dev/null, buffer, 3221225472)",
        setup: "A buffer of 3 GiB that was never touched is written to /dev/null, which looks at none of it.",
        why: "The limit is not sendfile's own: read, write and the splice family share it. A program that ignores \
              the returned count loses the last gibibyte without an error: write(2), NOTES.",
        run: Here(|_| {
            let reserved = super::mappings::reserve(THREE_GIB)?;
            Ok(count(reserved.write_to(null()?.as_fd(), THREE_GIB)))
        }),
    },
];

fn null() -> Result<File> {
    endpoint::null().context("cannot open /dev/null")
}

fn memory() -> Result<File> {
    endpoint::memory_file("source").context("cannot make a memfd")
}

/// An empty file whose hole costs no memory to read. Commit 56a8c8eb1eaf, of Linux 5.18, has tmpfs give zeros without
/// pages; before that only a disk's pages can be dropped again. None: there is no disk.
fn hole(setting: &Setting) -> Result<Option<File>> {
    if kernel_version(&host::machine().kernel) >= (5, 18) {
        return memory().map(Some);
    }
    let file = endpoint::scratch_file(&setting.dir)?;
    let is_memory = ["tmpfs", "ramfs"].contains(&host::file_system(&file).as_str());
    Ok((!is_memory).then_some(file))
}

/// Sends 4096 bytes at most to a socket that has room for them.
fn to_socket(source: impl AsFd) -> Result<Observation> {
    let (near, _far) = ends::unix()?;
    call(sendfile(near, source, None, 4096))
}

/// The count itself is the answer.
fn count(done: nix::Result<usize>) -> Observation {
    match done {
        Ok(n) => Observation::answer(n.to_string()).with(format!("{n:#x} of {THREE_GIB:#x} bytes")),
        Err(_) => Observation::call(done),
    }
}
