//! Whose logs they are.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
};

use crate::{
    cli::{export::Results, usage},
    model::text_of,
    store,
};

/// Each log with whose it is. `logs` are those of `args` that are no sessions.
pub(super) fn named_logs(
    args: &Results,
    logs: &[PathBuf],
) -> anyhow::Result<Vec<(String, PathBuf)>> {
    if args.logs.is_empty() {
        let path = store::progress::path()?;
        let id = match &args.student[..] {
            [] => env::var("USER").unwrap_or_else(|_| "me".to_owned()),
            [id] => id.clone(),
            more => usage(&format!("{} students for one log", more.len())),
        };
        return Ok(vec![(id, path)]);
    }
    let ids = args.student.len();
    if ids > 1 && ids != logs.len() {
        usage(&format!(
            "{ids} students for {} logs: name one for all, or one for each",
            logs.len()
        ));
    }
    let found = match ids {
        0 => ids_of(logs),
        1 => vec![args.student[0].clone(); logs.len()],
        _ => args.student.clone(),
    };
    Ok(found.into_iter().zip(logs.iter().cloned()).collect())
}

/// By the names of the files; where they all have one name, by the directories that they were put in.
fn ids_of(logs: &[PathBuf]) -> Vec<String> {
    let [first, _, ..] = logs else {
        return logs.iter().map(|path| id_of(path)).collect();
    };
    let has_same_name = |path: &PathBuf| path.file_name() == first.file_name();
    if !logs.iter().all(has_same_name) {
        return logs.iter().map(|path| id_of(path)).collect();
    }
    // The nearest level on which they differ: `ada/submission/log.jsonl`, `bob/submission/log.jsonl`.
    let directory = |path: &Path, level: usize| {
        let mut directories = path.ancestors().skip(1).filter_map(Path::file_name);
        directories.nth(level).map(OsStr::to_owned)
    };
    let levels = logs.iter().map(|path| path.components().count()).max();
    let differ = |level: &usize| {
        let names = logs.iter().map(|path| directory(path, *level));
        let mut names: Vec<_> = names.collect();
        names.dedup();
        names.len() > 1
    };
    let level = (0..levels.unwrap_or(0)).find(differ).unwrap_or(0);
    let named = logs.iter().map(|path| match directory(path, level) {
        Some(name) => text_of(name.as_encoded_bytes()),
        None => id_of(path),
    });
    named.collect()
}

/// `ada` of `logs/ada.jsonl`; where a log has kept its own name, the directory that it was put in.
fn id_of(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    let mut dirs = path.ancestors().skip(1).filter_map(Path::file_name);
    let id = match stem == "answers" {
        true => dirs.find(|dir| *dir != "zclab").unwrap_or(stem),
        false => stem,
    };
    text_of(id.as_encoded_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_student_is_the_file_or_the_directory_that_it_lies_in() {
        for (path, id) in [
            ("logs/ada.jsonl", "ada"),
            ("bob/answers.jsonl", "bob"),
            ("class/eve/zclab/answers.jsonl", "eve"),
            ("answers.jsonl", "answers"),
        ] {
            assert_eq!(id_of(Path::new(path)), id);
        }
    }

    #[test]
    fn logs_of_one_name_are_told_apart_by_their_directories() {
        for (paths, ids) in [
            (["ada/log.jsonl", "bob/log.jsonl"], ["ada", "bob"]),
            (["c/ada/x/log.jsonl", "c/bob/x/log.jsonl"], ["ada", "bob"]),
            (["log.jsonl", "bob/log.jsonl"], ["log", "bob"]),
            (["a/ada.jsonl", "a/bob.jsonl"], ["ada", "bob"]),
            (
                ["ada/zclab/answers.jsonl", "bob/zclab/answers.jsonl"],
                ["ada", "bob"],
            ),
        ] {
            assert_eq!(ids_of(&paths.map(PathBuf::from)), ids);
        }
    }
}
