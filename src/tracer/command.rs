//! A command as a shell would find it, and why it cannot be run: in words that say what to type instead.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    os::unix::{
        ffi::OsStrExt,
        fs::{MetadataExt, PermissionsExt},
    },
    path::{Path, PathBuf},
};

use anyhow::anyhow;

use super::outcome::TraceError;
use crate::model::visible_name;

/// What means something to a shell, and stands in no ordinary name of a program.
const SHELL: &[u8] = b" \t\n|&;<>()$`\"'*?[]{}~#";
/// Commands that a shell has built in and that are no files (POSIX, 2.9.1.4 and 2.15), and some of bash.
const BUILT_IN: &[&str] = &[
    ".", ":", "alias", "bg", "break", "builtin", "cd", "command", "continue", "declare", "eval",
    "exec", "exit", "export", "fc", "fg", "getopts", "hash", "history", "jobs", "let", "local",
    "popd", "pushd", "read", "readonly", "return", "set", "shift", "shopt", "source", "times",
    "trap", "type", "typeset", "ulimit", "umask", "unalias", "unset", "wait",
];

/// The file that a command names, as a shell finds it.
pub(super) fn find(command: &[OsString]) -> Result<PathBuf, TraceError> {
    let name = &command[0];
    if name.as_bytes().contains(&b'/') {
        return Ok(PathBuf::from(name));
    }
    let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
    let is_program = |path: &PathBuf| {
        let data = fs::metadata(path);
        data.is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
    };
    let mut found = std::env::split_paths(&path).map(|directory| directory.join(name));
    found.find(is_program).ok_or_else(|| {
        let built_in = BUILT_IN.iter().any(|known| name == known);
        let why = match for_a_shell(name) {
            Some(advice) => advice,
            None if name.is_empty() => "it is no name".to_owned(),
            None if built_in => format!(
                "it is built into the shell: zclab trace -- sh -c {}",
                quoted(&command.join(OsStr::new(" ")))
            ),
            None => "no such program in PATH".to_owned(),
        };
        cannot_run(name, &why)
    })
}

/// Why a file could not be executed: what the kernel says, and what to do about it.
pub(super) fn failure(program: &Path, error: &io::Error) -> TraceError {
    let data = fs::metadata(program).ok();
    let mode = data.as_ref().map(fs::Metadata::mode);
    let name = visible_name(program);
    let why = match (error.raw_os_error().unwrap_or(0), mode) {
        _ if data.is_some_and(|data| data.is_dir()) => Some("it is a directory".to_owned()),
        (libc::EACCES, Some(mode)) if mode & 0o111 == 0 => Some(format!(
            "chmod +x {name} makes it executable; zclab trace -- sh {name} runs it as a script"
        )),
        (libc::ENOENT, Some(_)) => {
            Some("the interpreter or loader that it names is not there".to_owned())
        }
        (libc::ENOENT, None) => for_a_shell(program.as_os_str()),
        (libc::ENOEXEC, _) => Some(format!(
            "a script without #! is run by zclab trace -- sh {name}"
        )),
        _ => None,
    };
    let why = why.map_or(error.to_string(), |why| format!("{error}: {why}"));
    cannot_run(program.as_os_str(), &why)
}

fn cannot_run(name: &OsStr, why: &str) -> TraceError {
    TraceError::Failed(anyhow!("cannot run {}: {why}", visible_name(name)))
}

/// What to type for a whole line in one argument: `cat a | gzip > b`.
fn for_a_shell(name: &OsStr) -> Option<String> {
    let is_line = name.as_bytes().iter().any(|byte| SHELL.contains(byte));
    is_line.then(|| {
        format!(
            "that is a line for a shell: zclab trace -- sh -c {}",
            quoted(name)
        )
    })
}

/// In quotes, as a shell takes it.
fn quoted(text: &OsStr) -> String {
    format!("'{}'", visible_name(text).replace('\'', r"'\''"))
}
