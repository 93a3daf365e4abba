//! The socket of the teacher's private view: commands in, the room as the teacher may see it out, a line each.

use std::{
    fs::{self, Permissions},
    io::{self, BufRead, BufReader, Read, Write},
    os::unix::{
        fs::PermissionsExt,
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    thread,
};

use anyhow::Context;

use crate::{
    class::{Command, Eyes},
    serve::class::{Handle, Ordered},
    store::session_log,
};

/// A longer line is no command.
const LINE_BYTES: u64 = 4096;

/// The socket, which is gone when this is dropped.
pub(super) struct ControlSocket {
    path: PathBuf,
}

/// Where the socket of a room lies.
pub(super) fn path_of(code: &str) -> anyhow::Result<PathBuf> {
    Ok(session_log::directory()?.join(format!("{code}.sock")))
}

impl ControlSocket {
    /// Listens for private views of a room, each in a thread of its own.
    ///
    /// # Errors
    /// The socket cannot be made.
    pub(super) fn listen(code: &str, room: Handle) -> anyhow::Result<ControlSocket> {
        let path = path_of(code)?;
        let listener =
            bind(&path).with_context(|| format!("cannot listen on {}", path.display()))?;
        let accept = move || {
            for socket in listener.incoming() {
                let (Ok(socket), room) = (socket, room.clone()) else {
                    continue;
                };
                let _ = thread::Builder::new().spawn(move || serve(&socket, &room));
            }
        };
        thread::Builder::new()
            .spawn(accept)
            .context("cannot start a thread")?;
        Ok(ControlSocket { path })
    }
}

/// The directory is the teacher's alone, and so is the socket. One that a crash has left is replaced: the session's
/// file is locked, so nobody else listens there.
fn bind(path: &Path) -> io::Result<UnixListener> {
    session_log::make_directory_of(path)?;
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o600))?;
    Ok(listener)
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn serve(socket: &UnixStream, room: &Handle) -> io::Result<()> {
    let mut view = socket.try_clone()?;
    room.watch(Eyes::Teacher, move |told| {
        let line = match told {
            Ordered::Snapshot(now) => serde_json::json!({ "room": now }),
            Ordered::Warning(why) => serde_json::json!({ "error": why }),
        };
        writeln!(view, "{line}").is_ok()
    });
    let mut answers = socket.try_clone()?;
    let mut lines = BufReader::new(socket);
    loop {
        let mut line = Vec::new();
        if lines
            .by_ref()
            .take(LINE_BYTES)
            .read_until(b'\n', &mut line)?
            == 0
        {
            return Ok(());
        }
        let done = match String::from_utf8_lossy(&line).parse() {
            Ok(Command::Quit) => return Ok(()),
            Ok(Command::Run) => Err("r on the projector runs it".to_owned()),
            Ok(command) => room.ask(command),
            Err(why) => Err(why),
        };
        if let Err(why) = done {
            writeln!(answers, "{}", serde_json::json!({ "error": why }))?;
        }
    }
}
