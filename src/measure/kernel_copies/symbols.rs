//! Where functions of the kernel are: `/proc/kallsyms`.

use std::io::{BufRead, BufReader};

/// The addresses of functions, in the same order; 0 where the file hides them, none where there is no such function.
pub(super) fn addresses(names: &[&str]) -> std::io::Result<Vec<Option<u64>>> {
    let mut found = vec![None; names.len()];
    for line in BufReader::new(std::fs::File::open("/proc/kallsyms")?).lines() {
        let line = line?;
        // ADDRESS TYPE NAME, and [MODULE] behind those of modules, which are not wanted.
        let mut parts = line.split_ascii_whitespace();
        let (Some(address), Some(_), Some(name), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        if let Some(at) = names.iter().position(|wanted| *wanted == name) {
            found[at] = found[at].or(u64::from_str_radix(address, 16).ok());
        }
    }
    Ok(found)
}
