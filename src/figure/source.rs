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
        let lines = self.lines.iter().enumerate();
        lines
            .filter(|(_, line)| calls(line, call))
            .map(|(number, _)| number)
            .collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_finds_its_lines() {
        let text = "// write(2) it\npub fn write(to: i32) {\n    let n = read(from);\n    pwrite(1);\n    sys::write(to)?;\n}";
        let source = Source::new("x.rs", text);
        assert_eq!(source.lines_of("read"), [2]);
        assert_eq!(source.lines_of("write"), [4]);
        assert!(source.lines_of("mmap").is_empty());
        assert_eq!(
            Source::new("y", "read(a);\nread(b);").lines_of("read"),
            [0, 1]
        );
    }
}
