//! The sources as text: enough of Rust to know which file a path leads to, and where a function ends.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// A module: the names on the way to it. The crate itself has none.
pub type Module = Vec<String>;

/// A file of src/.
pub struct Source {
    pub path: PathBuf,
    /// As it is.
    pub text: String,
    /// Without comments, and with empty texts: nothing in it is mistaken for code. As long as `text`, line by line.
    pub code: String,
    pub module: Module,
}

/// Every file of src/.
pub fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    collect(Path::new("src"), &mut found);
    found.sort_by(|a: &Source, b: &Source| a.path.cmp(&b.path));
    found
}

fn collect(dir: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let inner = path.strip_prefix("src").unwrap().with_extension("");
            let mut module: Module = inner
                .iter()
                .map(|part| part.to_str().unwrap().to_owned())
                .collect();
            if ["mod", "lib"].contains(&module.last().unwrap().as_str()) {
                module.pop();
            }
            let code = without_comments(&text);
            found.push(Source {
                path,
                text,
                code,
                module,
            });
        }
    }
}

/// Blanks comments and what stands in texts and characters; lines stay where they are.
fn without_comments(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    let blank = |out: &mut String, part: &str| {
        out.extend(part.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
    };
    while at < bytes.len() {
        let rest = &text[at..];
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = raw_text(rest) {
            length
        } else if rest.starts_with('"') {
            quoted(rest, b'"')
        } else if rest.starts_with('\'') && is_character(rest) {
            quoted(rest, b'\'')
        } else {
            0
        };
        if skipped > 0 {
            blank(&mut out, &rest[..skipped]);
            at += skipped;
        } else {
            let c = rest.chars().next().unwrap();
            out.push(c);
            at += c.len_utf8();
        }
    }
    out
}

/// `r"..."`, `r#"..."#`: its length.
fn raw_text(rest: &str) -> Option<usize> {
    let hashes = rest.strip_prefix('r')?;
    let count = hashes.len() - hashes.trim_start_matches('#').len();
    let inner = hashes[count..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(count));
    Some(rest.len() - inner.len() + inner.find(&end)? + end.len())
}

fn quoted(rest: &str, quote: u8) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 1;
    while at < bytes.len() && bytes[at] != quote {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// A character, not a lifetime.
fn is_character(rest: &str) -> bool {
    let mut chars = rest.chars().skip(1);
    chars.next() == Some('\\') || chars.next() == Some('\'')
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// What the modules hold, to find the file that a path leads to.
pub struct Crate<'a> {
    sources: &'a [Source],
    by_module: BTreeMap<&'a [String], usize>,
    /// For each source: names that it takes over from elsewhere, with the path that they come from.
    taken: Vec<Vec<(String, Vec<String>)>>,
}

impl<'a> Crate<'a> {
    pub fn new(sources: &'a [Source]) -> Crate<'a> {
        let library = sources.iter().enumerate();
        let by_module = library
            .filter(|(_, source)| source.module != ["main"])
            .map(|(number, source)| (source.module.as_slice(), number))
            .collect();
        let taken = sources.iter().map(|source| imports(&source.code)).collect();
        Crate {
            sources,
            by_module,
            taken,
        }
    }

    /// The files that this one uses.
    pub fn used_by(&self, number: usize) -> BTreeSet<usize> {
        let source = &self.sources[number];
        let imported = self.taken[number].iter().map(|(_, path)| path.clone());
        let named = paths(&source.code);
        let all = imported.chain(named);
        let mut used: BTreeSet<usize> = all
            .filter_map(|path| self.resolve(&source.module, &path, 0))
            .collect();
        used.remove(&number);
        used
    }

    /// The file that a path leads to, as seen from a module; none for other crates.
    fn resolve(&self, from: &[String], path: &[String], depth: usize) -> Option<usize> {
        let (mut module, mut rest): (Module, _) = match path.first()?.as_str() {
            "crate" => (Vec::new(), &path[1..]),
            "self" => (from.to_vec(), &path[1..]),
            "super" => (from[..from.len().checked_sub(1)?].to_vec(), &path[1..]),
            first => {
                let child = [from, &[first.to_owned()]].concat();
                if self.by_module.contains_key(child.as_slice()) {
                    (from.to_vec(), path)
                } else if depth > 0 {
                    return None;
                } else {
                    return self.through_import(from, path, depth);
                }
            }
        };
        while rest.first().is_some_and(|name| name == "super") {
            module.pop()?;
            rest = &rest[1..];
        }
        while let Some(name) = rest.first() {
            let child = [module.as_slice(), std::slice::from_ref(name)].concat();
            if !self.by_module.contains_key(child.as_slice()) {
                break;
            }
            module = child;
            rest = &rest[1..];
        }
        let here = self.by_module.get(module.as_slice()).copied()?;
        if rest.is_empty() || depth > 8 {
            return Some(here);
        }
        self.through_import(&module, rest, depth + 1).or(Some(here))
    }

    /// Where a name that a module imports comes from.
    fn through_import(&self, module: &[String], path: &[String], depth: usize) -> Option<usize> {
        let here = *self.by_module.get(module)?;
        let name = &path[0];
        let explicit = self.taken[here].iter().find(|(taken, _)| taken == name);
        if let Some((_, origin)) = explicit {
            let whole = [origin.as_slice(), &path[1..]].concat();
            return self.resolve(module, &whole, depth + 1);
        }
        let globs = self.taken[here].iter().filter(|(taken, _)| taken == "*");
        let mut origins = globs.filter_map(|(_, origin)| self.resolve(module, origin, depth + 1));
        origins.find(|origin| *origin != here && defines(&self.sources[*origin].code, name))
    }
}

fn defines(code: &str, name: &str) -> bool {
    let kinds = [
        "fn",
        "struct",
        "enum",
        "trait",
        "const",
        "static",
        "type",
        "mod",
        "macro_rules!",
    ];
    kinds.iter().any(|kind| {
        code.match_indices(&format!("{kind} {name}"))
            .any(|(at, whole)| !code[at + whole.len()..].starts_with(is_name))
    })
}

/// Every name that `use` brings in, with its path; `*` for a glob.
fn imports(code: &str) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("use ") {
        let before = code[..at].trim_end_matches(' ');
        let starts = before.is_empty() || before.ends_with(['\n', ')', ';', '{', '}', ']']);
        if starts || before.ends_with("pub") {
            let tree = code[at + 4..].split(';').next().unwrap();
            expand(&[], tree, &mut found);
        }
    }
    found
}

fn expand(prefix: &[String], tree: &str, found: &mut Vec<(String, Vec<String>)>) {
    let tree = tree.trim();
    if let Some((path, inner)) = tree.split_once('{') {
        let steps = path
            .split("::")
            .map(str::trim)
            .filter(|step| !step.is_empty());
        let prefix = [prefix, &steps.map(str::to_owned).collect::<Vec<_>>()].concat();
        let inner = inner.strip_suffix('}').unwrap_or(inner);
        let (mut depth, mut start) = (0, 0);
        for (at, c) in inner.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    expand(&prefix, &inner[start..at], found);
                    start = at + 1;
                }
                _ => {}
            }
        }
        expand(&prefix, &inner[start..], found);
        return;
    }
    if tree.is_empty() {
        return;
    }
    let (path, alias) = tree.split_once(" as ").unwrap_or((tree, ""));
    let steps = path.split("::").map(|step| step.trim().to_owned());
    let mut path = [prefix, &steps.collect::<Vec<_>>()].concat();
    if path.last().is_some_and(|last| last == "self") {
        path.pop();
    }
    let last = path.last().cloned().unwrap_or_default();
    if last == "*" {
        path.pop();
    }
    let name = if alias.is_empty() {
        last
    } else {
        alias.trim().to_owned()
    };
    found.push((name, path));
}

/// Every path of two or more steps in the code.
fn paths(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("::") {
        let before = &code[..at];
        let start = before.trim_end_matches(is_name).len();
        if code[..start].ends_with("::") || start == at {
            continue;
        }
        let mut path = vec![code[start..at].to_owned()];
        let mut rest = &code[at..];
        while let Some(next) = rest.strip_prefix("::") {
            let length = next.len() - next.trim_start_matches(is_name).len();
            if length == 0 {
                break;
            }
            path.push(next[..length].to_owned());
            rest = &next[length..];
        }
        found.push(path);
    }
    found
}

/// The functions of a file that are longer than so many lines: name and line of the start, and how many.
pub fn long_functions(code: &str, most: usize) -> Vec<(String, usize, usize)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        if code[..at].ends_with(is_name) {
            continue;
        }
        let rest = &code[at + 3..];
        let length = rest.len() - rest.trim_start_matches(is_name).len();
        let Some(end) = end_of_body(&code[at..]).filter(|_| length > 0) else {
            continue;
        };
        let lines = code[at..at + end].lines().count();
        if lines > most {
            let line = code[..at].lines().count();
            found.push((rest[..length].to_owned(), line, lines));
        }
    }
    found
}

/// Where the body of the function ends that the code begins with; none without a body.
fn end_of_body(code: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in code.char_indices() {
        match c {
            ';' if depth == 0 => return None,
            '{' | '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}
