//! The front matter that every file of a course begins with: TOML between two lines of `+++`.

use super::report::Report;

/// Where the parts of a file are.
pub(super) enum Front<'t> {
    /// The TOML with its byte offset, and the offset at which the body starts.
    Found(usize, &'t str, usize),
    /// There is none: all of the file is body.
    Missing,
    /// Nobody knows where it ends.
    Open,
}

/// Looks for the front matter. `holds` names what belongs in it, for a file that has none.
pub(super) fn front<'t>(report: &Report, text: &'t str, holds: &str) -> Front<'t> {
    let is_fence = |line: &str| line.trim_end() == "+++";
    let mut lines = text.split_inclusive('\n');
    let Some(first) = lines.next().filter(|line| is_fence(line)) else {
        let advice = format!("begin with a line +++, then {holds}, then a line +++");
        report.fault(0, "the file has no front matter", advice);
        return Front::Missing;
    };
    let mut at = first.len();
    for line in lines {
        if is_fence(line) {
            return Front::Found(first.len(), &text[first.len()..at], at + line.len());
        }
        at += line.len();
    }
    report.fault(0, "the front matter has no end", "close it by a line +++");
    Front::Open
}
