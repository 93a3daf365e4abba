//! Files as sinks.

use std::fs::File;

use anyhow::{Context, Result};
use nix::{
    fcntl::{FcntlArg, OFlag, SpliceFFlags, copy_file_range, fcntl, splice},
    sys::sendfile::sendfile,
};

use super::{Experiment, Observation, Run::Here, Setting, call, filled_pipe};
use crate::endpoint;
use crate::host;

pub(super) const ALL: &[Experiment] = &[
    Experiment {
        name: "sendfile-to-append",
        call: "sendfile(log, file, NULL, 4096)",
        setup: "The sink is a file that was opened with O_APPEND.",
        why: "Appending means that every write finds the end of the file by itself, and the splice machinery, \
              which sendfile is built on, writes at positions. It refuses: sendfile(2), ERRORS.",
        run: Here(|setting| call(sendfile(log(setting)?, setting.file(4096)?, None, 4096))),
    },
    Experiment {
        name: "splice-to-append",
        call: "splice(pipe, NULL, log, NULL, 4096, 0)",
        setup: "A pipe with bytes to read is the source, a file that was opened with O_APPEND the sink.",
        why: "The same rule without sendfile: splice into a file names a position, and a file in append mode \
              takes none. splice(2), ERRORS, lists it.",
        run: Here(|setting| {
            let (_write_end, read_end) = filled_pipe()?;
            let flags = SpliceFFlags::empty();
            call(splice(read_end, None, log(setting)?, None, 4096, flags))
        }),
    },
    Experiment {
        name: "copy-file-range-to-append",
        call: "copy_file_range(file, NULL, log, NULL, 4096, 0)",
        setup: "Both are regular files; the sink was opened with O_APPEND.",
        why: "The reason is the same as for splice and sendfile, the errno is another one: to this call, a \
              descriptor that appends is not one open for writing: copy_file_range(2), ERRORS.",
        run: Here(|setting| {
            let (file, log) = (setting.file(4096)?, log(setting)?);
            call(copy_file_range(file, None, log, None, 4096))
        }),
    },
    Experiment {
        name: "copy-file-range-across-file-systems",
        call: "copy_file_range(file, NULL, other, NULL, 4096, 0)",
        setup: "The sink lies on another file system than the source.",
        why: "The call lets a file system copy by its own means, and two have none in common, even of one type, unless \
              that type has code for it. Linux 5.3 to 5.18 copied between them, and from some it copied nothing \
              and reported success: copy_file_range(2), ERRORS, BUGS.",
        run: Here(across),
    },
];

/// A file in append mode, as log files are opened.
fn log(setting: &Setting) -> Result<File> {
    let file = setting.file(0)?;
    fcntl(&file, FcntlArg::F_SETFL(OFlag::O_APPEND)).context("cannot have a file append")?;
    Ok(file)
}

fn across(setting: &Setting) -> Result<Observation> {
    let Some(elsewhere) = &setting.elsewhere else {
        return Ok(Observation::unavailable(
            "there is no second file system that can be written",
        ));
    };
    let (file, other) = (setting.file(4096)?, endpoint::scratch_file(elsewhere)?);
    let (here, there) = (host::file_system(&file), host::file_system(&other));
    let done = copy_file_range(file, None, other, None, 4096);
    if here == there && done.is_ok() {
        let reason = format!("both file systems are {here}, which copies between two of its type");
        return Ok(Observation::unavailable(reason));
    }
    Ok(Observation::call(done).with(format!("from {here} to {there}")))
}
