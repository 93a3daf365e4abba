//! Holds the direction of dependencies that `src/lib.rs` draws: a forbidden `use` fails here.

use std::{fs, path::Path};

const CAPABILITIES: &[&str] = &[
    "model", "syscall", "transfer", "endpoint", "host", "measure", "tracer", "copypath",
];

/// What each module may use of this crate. `None`: all of it.
fn allowed(module: &str) -> Option<Vec<&'static str>> {
    let list: &[&str] = match module {
        "model" | "transfer" | "embedded" => &[],
        "syscall" | "endpoint" | "host" | "measure" | "course" | "serve" => &["model"],
        "store" => &["model", "embedded"],
        "tracer" | "copypath" => &["model", "syscall"],
        "experiment" => CAPABILITIES,
        "figure" => &["model", "syscall", "copypath"],
        "app" => &["model", "syscall", "copypath", "course", "figure"],
        "ui" => &["model", "syscall", "copypath", "course", "figure", "app"],
        "runtime" | "cli" | "main" | "lib" => return None,
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
    "model", "syscall", "copypath", "course", "figure", "app", "ui",
];

#[test]
fn modules_use_only_what_the_map_allows() {
    let mut faults = Vec::new();
    each_source(Path::new("src"), &mut |path, text| {
        let inner = path.strip_prefix("src").unwrap().to_str().unwrap();
        let module = inner.split(['/', '.']).next().unwrap();
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap();
            let mut fault = |what: String| {
                faults.push(format!("{}:{}: {what}", path.display(), number + 1));
            };
            if let Some(allowed) = allowed(module) {
                for used in code.split("crate::").skip(1) {
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
                for impure in IMPURE.iter().filter(|impure| code.contains(**impure)) {
                    fault(format!("{module} is pure and may not use {impure}"));
                }
            }
            if code.contains("ratatui") && !["ui", "runtime"].contains(&module) {
                fault(format!(
                    "{module} may not use ratatui: only ui and runtime do"
                ));
            }
        }
    });
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn each_source(dir: &Path, see: &mut impl FnMut(&Path, &str)) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            each_source(&path, see);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            see(&path, &fs::read_to_string(&path).unwrap());
        }
    }
}
