//! What splice and vmsplice want of a pipe.

use std::io::IoSlice;

use anyhow::Result;
use nix::{
    fcntl::{SpliceFFlags, splice, vmsplice},
    unistd::write,
};

use super::{
    Experiment, Observation,
    Run::{Alone, Here},
    Setting, call, filled_pipe,
};
use crate::endpoint::ends;

const NO_FLAGS: SpliceFFlags = SpliceFFlags::empty();

pub(super) const ALL: &[Experiment] = &[
    Experiment {
        name: "splice-without-pipe",
        call: "splice(file, NULL, socket, NULL, 4096, 0)",
        setup: "A file is the source, a connected socket the sink, and neither is a pipe.",
        why: "splice moves page references into a pipe or out of one, so one of the two has to be a pipe. From \
              a file to a socket it takes two calls and a pipe between: splice(2), ERRORS.",
        run: Here(|setting| {
            let (near, _far) = ends::unix()?;
            let file = setting.file(4096)?;
            call(splice(file, None, near, None, 4096, NO_FLAGS))
        }),
    },
    Experiment {
        name: "splice-pipe-at-offset",
        call: "splice(pipe, &offset, file, NULL, 4096, 0)",
        setup: "A pipe with bytes to read is the source, with an offset to begin at.",
        why: "A pipe has an order but no positions, so its offset has to be NULL. Only the other side, if it \
              can seek, may have one: splice(2), ERRORS.",
        run: Here(|setting| {
            let (_write_end, read_end) = filled_pipe()?;
            let (mut offset, file) = (0, setting.file(0)?);
            call(splice(
                read_end,
                Some(&mut offset),
                file,
                None,
                4096,
                NO_FLAGS,
            ))
        }),
    },
    Experiment {
        name: "splice-empty-pipe-nonblock",
        call: "splice(pipe, NULL, file, NULL, 4096, SPLICE_F_NONBLOCK)",
        setup: "The pipe is empty and its writing end is open: bytes may still come.",
        why: "Without the flag the call would wait for a writer. The flag speaks of the pipe alone: a socket on \
              the other side waits unless it is nonblocking itself: splice(2), SPLICE_F_NONBLOCK.",
        run: Here(|setting| {
            let (_write_end, read_end) = ends::pipe()?;
            let (file, flags) = (setting.file(0)?, SpliceFFlags::SPLICE_F_NONBLOCK);
            call(splice(read_end, None, file, None, 4096, flags))
        }),
    },
    Experiment {
        name: "vmsplice-to-file",
        call: "vmsplice(file, iov, 1, 0)",
        setup: "The descriptor is a file's, open to be written.",
        why: "vmsplice puts references to user memory into a pipe, and only a pipe can hold them. Any other \
              descriptor is bad for it, even one that write would take: vmsplice(2), ERRORS.",
        run: Here(|setting| vmsplice_to(setting.file(0)?)),
    },
    Experiment {
        name: "vmsplice-to-socket",
        call: "vmsplice(socket, iov, 1, 0)",
        setup: "The descriptor is a connected socket.",
        why: "A socket is no pipe either. From user memory to a socket the way is vmsplice to a pipe, then \
              splice from the pipe: vmsplice(2), splice(2).",
        run: Here(|_| vmsplice_to(ends::unix()?.0)),
    },
    Experiment {
        name: "write-pipe-without-reader",
        call: "write(pipe, buffer, 5)",
        setup: "The reading end is closed before the write; SIGPIPE does what it does by default.",
        why: "Nobody can ever read these bytes. The signal ends programs that never look at results, such as the \
              left side of a shell's pipe; a program that ignores the signal gets the errno: write(2), pipe(7).",
        run: Alone(|_| {
            let (write_end, read_end) = ends::pipe()?;
            drop(read_end);
            call(write(write_end, b"bytes"))
        }),
    },
    Experiment {
        name: "write-full-pipe-nonblocking",
        call: "write(pipe, buffer, 4096), again and again",
        setup: "A nonblocking pipe that nobody reads is filled, 4096 bytes per call.",
        why: "A pipe holds as many bytes as F_GETPIPE_SZ says, 16 pages unless it was changed. Then a writer \
              waits, or gets EAGAIN: pipe(7), Pipe capacity.",
        run: Here(fill_pipe),
    },
];

fn vmsplice_to(sink: impl std::os::fd::AsFd) -> Result<Observation> {
    call(vmsplice(sink, &[IoSlice::new(b"bytes")], NO_FLAGS))
}

fn fill_pipe(_: &Setting) -> Result<Observation> {
    let (write_end, _read_end) = ends::pipe()?;
    ends::nonblocking(&write_end)?;
    let mut bytes = 0;
    loop {
        match write(&write_end, &[b'A'; 4096]) {
            Ok(n) => bytes += n,
            Err(errno) => {
                let answer = format!("works, then {}", super::name(errno));
                return Ok(Observation::answer(answer).with(format!("after {bytes} bytes")));
            }
        }
    }
}
