//! The text of a transfer method, and the line in it that makes a call.

/// A source text that the learner reads beside the run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The file's name: `read_write.rs`.
    pub name: String,
    /// Its lines.
    pub lines: Vec<String>,
}

impl Source {
    /// Takes a text apart.
    pub fn new(name: impl Into<String>, text: &str) -> Source {
        let lines = text.lines().map(|line| line.replace('\t', "    "));
        Source {
            name: name.into(),
            lines: lines.collect(),
        }
    }

    /// The line (from 0) that makes a call: the only one in which `name(` is called. None where it is not the only
    /// one.
    pub fn line_of(&self, call: &str) -> Option<usize> {
        let mut found = self
            .lines
            .iter()
            .enumerate()
            .filter(|(_, line)| calls(line, call));
        let (number, _) = found.next()?;
        found.next().is_none().then_some(number)
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
    fn a_call_finds_its_only_line() {
        let text = "// write(2) it\npub fn write(to: i32) {\n    let n = read(from);\n    pwrite(1);\n    sys::write(to)?;\n}";
        let source = Source::new("x.rs", text);
        assert_eq!(source.line_of("read"), Some(2));
        assert_eq!(source.line_of("write"), Some(4));
        assert_eq!(source.line_of("mmap"), None);
        assert_eq!(Source::new("y", "read(a);\nread(b);").line_of("read"), None);
    }
}
