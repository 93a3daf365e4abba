//! The text of a transfer method, and the line in it that makes a call.

/// A source text that the learner reads beside the run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The file's name: `read_write.rs`.
    pub name: String,
    pub lines: Vec<String>,
}

impl Source {
    pub(crate) fn new(name: impl Into<String>, text: &str) -> Source {
        let lines = text.lines().map(|line| line.replace('\t', "    "));
        Source {
            name: name.into(),
            lines: lines.collect(),
        }
    }

    /// The lines (from 0) in which `name(` is called.
    pub(crate) fn lines_of(&self, call: &str) -> Vec<usize> {
        let lines = (0..).zip(&self.lines).filter(|(_, line)| calls(line, call));
        lines.map(|(number, _)| number).collect()
    }
}

/// Whether a line of Rust calls a function of that name: comments and definitions do not.
fn calls(line: &str, name: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    code.match_indices(name).any(|(at, _)| {
        let (before, after) = (&code[..at], &code[at + name.len()..]);
        let starts = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        starts && after.starts_with('(') && !before.trim_end().ends_with("fn")
    })
}
