//! Holds the structure that `src/lib.rs` draws: which folder may use which, no files of a folder in a circle, files and
//! functions that fit a reader.

use std::collections::{BTreeMap, BTreeSet};

#[path = "architecture/source.rs"]
mod source;

use source::{Crate, Source, long_functions, sources};

const CAPABILITIES: &[&str] = &[
    "model", "syscall", "transfer", "endpoint", "host", "measure", "tracer", "copypath",
];

/// What each module may use of this crate. `None`: all of it.
fn allowed(module: &str) -> Option<Vec<&'static str>> {
    let list: &[&str] = match module {
        "model" | "embedded" => &[],
        "syscall" | "transfer" | "endpoint" | "measure" | "course" => &["model"],
        "host" => &["model", "measure"],
        "class" => &["model", "course"],
        "serve" => &["model", "course", "class", "store"],
        "store" => &["model", "syscall", "embedded", "class"],
        "tracer" | "copypath" => &["model", "syscall"],
        "experiment" => CAPABILITIES,
        "figure" => &["model", "syscall", "copypath"],
        "app" => &["model", "syscall", "copypath", "course", "class", "figure"],
        "ui" => &[
            "model", "syscall", "copypath", "course", "class", "figure", "app",
        ],
        "runtime" | "cli" | "fuzzing" | "main" | "lib" => return None,
        other => panic!("the module '{other}' is not in the table: add it here and to src/lib.rs"),
    };
    Some(list.to_vec())
}

/// Crates and parts of std that a pure module may not name.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::process",
    "std::net",
    "std::thread",
    "std::env",
    "nix::",
    "libc::",
    "Instant::now",
    "SystemTime::now",
];
const PURE: &[&str] = &[
    "model", "syscall", "copypath", "course", "class", "figure", "app", "ui",
];

#[test]
fn modules_use_only_what_the_map_allows() {
    let mut faults = Vec::new();
    for source in sources() {
        let module = match source.module.first() {
            Some(module) => module.as_str(),
            None => "lib",
        };
        for (number, line) in source.code.lines().enumerate() {
            let mut fault = |what: String| {
                faults.push(format!("{}:{}: {what}", source.path.display(), number + 1));
            };
            if let Some(allowed) = allowed(module) {
                for used in line.split("crate::").skip(1) {
                    let used: String = used
                        .chars()
                        .take_while(|c| c.is_alphanumeric() || *c == '_')
                        .collect();
                    if used != module && !allowed.contains(&used.as_str()) {
                        fault(format!("{module} may not use {used}"));
                    }
                }
            }
            if PURE.contains(&module) {
                for impure in IMPURE.iter().filter(|impure| line.contains(**impure)) {
                    fault(format!("{module} is pure and may not use {impure}"));
                }
            }
            if line.contains("ratatui") && !["ui", "runtime"].contains(&module) {
                fault(format!(
                    "{module} may not use ratatui: only ui and runtime do"
                ));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The files of one folder are to be understood one after the other: none uses another that uses it, by however many
/// steps. A folder in it counts as one file; `mod.rs` is left out, for it names them all.
#[test]
fn no_files_of_a_folder_use_each_other_in_a_circle() {
    let sources = sources();
    let found: Vec<_> = circles(&sources)
        .iter()
        .map(|(circle, steps)| format!("{circle}\n{steps}"))
        .collect();
    assert!(
        found.is_empty(),
        "files of one folder use each other in a circle:\n{}",
        found.join("\n")
    );
}

/// By `folder: file, file`: who uses whom in it.
fn circles(sources: &[Source]) -> BTreeMap<String, String> {
    let names = Crate::new(sources);
    let used: Vec<_> = (0..sources.len()).map(|file| names.used_by(file)).collect();
    let folders: BTreeSet<&[String]> = sources
        .iter()
        .filter_map(|source| Some(source.module.split_last()?.1))
        .filter(|folder| !folder.is_empty())
        .collect();
    let mut found = BTreeMap::new();
    for folder in folders {
        let part_of = |file: usize| sources[file].module.strip_prefix(folder)?.first();
        let mut edges: BTreeMap<&String, BTreeSet<&String>> = BTreeMap::new();
        for (file, used) in used.iter().enumerate() {
            let Some(part) = part_of(file) else { continue };
            let others = used.iter().filter_map(|other| part_of(*other));
            let others = others.filter(|other| *other != part);
            edges.entry(part).or_default().extend(others);
        }
        let reached: BTreeMap<_, _> = edges
            .keys()
            .map(|part| (*part, reached_from(part, &edges)))
            .collect();
        for part in edges.keys() {
            let mut circle = edges.keys().filter(|other| {
                reached[part].contains(**other) && reached[**other].contains(*part)
            });
            let members: Vec<_> = circle.by_ref().map(|part| part.as_str()).collect();
            if members.first() != Some(&part.as_str()) {
                continue;
            }
            let steps = members.iter().flat_map(|from| {
                let to = edges[&from.to_string()].iter();
                let to = to.filter(|to| members.contains(&to.as_str()));
                to.map(move |to| format!("    {from} uses {to}\n"))
            });
            let name = format!("{}: {}", folder.join("/"), members.join(", "));
            found.insert(name, steps.collect());
        }
    }
    found
}

fn reached_from<'a>(
    start: &'a String,
    edges: &BTreeMap<&'a String, BTreeSet<&'a String>>,
) -> BTreeSet<&'a String> {
    let mut reached = BTreeSet::new();
    let mut to_do = vec![start];
    while let Some(part) = to_do.pop() {
        let next = edges[part].iter().filter(|next| reached.insert(**next));
        to_do.extend(next);
    }
    reached
}

/// Files and functions longer than this are split; a table stays whole.
const LINES_OF_A_FILE: usize = 600;
const LINES_OF_A_FUNCTION: usize = 60;

/// Tables, one row a thing: long because there are many things. The head of the file says that it is one, and why.
const TABLES: &[&str] = &["figure/narration.rs moved"];

#[test]
fn files_and_functions_fit_a_reader() {
    let mut long = BTreeMap::new();
    for source in sources() {
        let path = source.path.strip_prefix("src").unwrap().display();
        let lines = source.text.lines().count();
        if lines > LINES_OF_A_FILE {
            long.insert(path.to_string(), format!("src/{path}: {lines} lines"));
        }
        let code = source.code.split("#[cfg(test)]\nmod ").next().unwrap();
        for (name, line, lines) in long_functions(code, LINES_OF_A_FUNCTION) {
            let name = format!("{path} {name}");
            long.insert(
                name.clone(),
                format!("src/{path}:{line}: {name}: {lines} lines"),
            );
        }
    }
    let listed = |name: &str| TABLES.contains(&name);
    let new: Vec<_> = long
        .iter()
        .filter(|(name, _)| !listed(name))
        .map(|(_, what)| what.as_str())
        .collect();
    assert!(
        new.is_empty(),
        "a file of more than {LINES_OF_A_FILE} lines or a function of more than {LINES_OF_A_FUNCTION}:\n{}",
        new.join("\n")
    );
    let gone: Vec<_> = TABLES
        .iter()
        .filter(|name| !long.contains_key(**name))
        .collect();
    assert!(
        gone.is_empty(),
        "they fit now: take them out of the list, {gone:?}"
    );
}

#[test]
fn a_table_says_at_the_head_of_its_file_why_it_is_long() {
    for source in sources() {
        let path = source
            .path
            .strip_prefix("src")
            .unwrap()
            .display()
            .to_string();
        let file_of = |name: &&&str| name.split(' ').next() == Some(path.as_str());
        if TABLES.iter().any(|name| file_of(&name)) {
            let head = source
                .text
                .lines()
                .take_while(|line| line.starts_with("//!"));
            let head = head.collect::<String>().to_lowercase();
            assert!(head.contains("table"), "src/{path}: {head}");
        }
    }
}
