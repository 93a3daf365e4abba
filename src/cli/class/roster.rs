//! The people of a class, each with a personal code.

use std::{
    collections::HashSet,
    fs::OpenOptions,
    io::{Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use anyhow::{Context, bail};

use crate::{class::limits, cli::csv, serve::class::new_personal, store};

/// The people of a class.
#[derive(Default)]
pub(super) struct People {
    /// Each with the personal code.
    pub(super) codes: Vec<(String, String)>,
    /// Some codes were made here: the teacher has to hand them out.
    pub(super) were_made: bool,
}

/// Reads `NAME` or `NAME,CODE` a line; without a code, one is made. Empty lines and those that begin with # are
/// passed over.
pub(super) fn read(path: &Path) -> anyhow::Result<People> {
    let text = text(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut people = People::default();
    let (mut names, mut codes) = (HashSet::new(), HashSet::new());
    for (number, line) in (1..).zip(text.lines()) {
        let at = || format!("{}:{number}", path.display());
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line.chars().any(char::is_control) {
            bail!("{}: a control character in a name or a code", at());
        }
        let fields: Vec<&str> = line.split([',', ';', '\t']).map(unquoted).collect();
        let (name, code) = match fields[..] {
            [name] => (name, ""),
            [name, code] => (name, code),
            _ => bail!("{}: more than a name and a code: write NAME,CODE", at()),
        };
        let code = match code {
            "" => {
                people.were_made = true;
                new_personal()
            }
            code => code.to_owned(),
        };
        if !names.insert(name.to_owned()) {
            bail!("{}: '{name}' stands there twice", at());
        }
        if !codes.insert(code.to_ascii_uppercase()) {
            bail!("{}: the code of '{name}' is somebody else's, too", at());
        }
        people.codes.push((name.to_owned(), code));
    }
    if people.codes.is_empty() {
        bail!(
            "cannot use {}: nobody stands in it: write NAME or NAME,CODE a line",
            path.display()
        );
    }
    if people.codes.len() > limits::SEATS {
        bail!(
            "cannot use {}: a room has {} seats",
            path.display(),
            limits::SEATS
        );
    }
    Ok(people)
}

fn unquoted(field: &str) -> &str {
    let field = field.trim();
    let inner = field
        .strip_prefix('"')
        .and_then(|field| field.strip_suffix('"'));
    inner.unwrap_or(field).trim()
}

fn text(path: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    let file = store::open::read(path)?;
    file.take(limits::ROSTER_BYTES + 1)
        .read_to_string(&mut text)?;
    if text.len() as u64 > limits::ROSTER_BYTES {
        bail!("it is larger than 1 MiB, so it is no roster");
    }
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

/// Writes the codes, for the teacher alone.
pub(super) fn write(path: &Path, people: &People) -> anyhow::Result<()> {
    let mut text = String::new();
    for (name, code) in &people.codes {
        text += &csv::record(&[name.clone(), code.clone()], "\n");
    }
    let write = || {
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        file.write_all(text.as_bytes())
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<People, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("roster.csv");
        std::fs::write(&path, text).unwrap();
        read(&path).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn names_with_and_without_codes() {
        let people = read_text("\u{feff}# class 3\nada,sesame\n\n\"Bob B\"\n").unwrap();
        assert_eq!(people.codes[0], ("ada".to_owned(), "sesame".to_owned()));
        assert_eq!(people.codes[1].0, "Bob B");
        assert_eq!(people.codes[1].1.len(), 8);
        assert!(people.were_made);
        for (text, why) in [
            ("", "nobody"),
            ("ada,x\nada,y\n", "twice"),
            ("ada,x\nbob,X\n", "somebody else's"),
            ("ada,x,y\n", "more than"),
            ("a\u{1b}da\n", "control"),
        ] {
            let said = read_text(text).err().unwrap();
            assert!(said.contains(why), "{said}");
        }
    }
}
