//! Arithmetic on named values: the answer of a number question whose values are drawn.

use std::{fmt, str::FromStr};

/// `2 * (size_kib / chunk_kib + 1)`: numbers, names, `+ - * /`, `ceil()` and parentheses.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    text: String,
    root: Node,
}

#[derive(Clone, Debug, PartialEq)]
enum Node {
    Number(f64),
    Name(String),
    Negative(Box<Node>),
    Ceil(Box<Node>),
    Both(Box<Node>, char, Box<Node>),
}

impl Formula {
    /// Its value, where each name has one; none where a name has none, or where it divides by zero.
    pub fn value(&self, of: &dyn Fn(&str) -> Option<f64>) -> Option<f64> {
        self.root.value(of).filter(|value| value.is_finite())
    }

    /// The names in it, each once, in the order of their first use.
    pub fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.root.names(&mut names);
        names
    }
}

impl fmt::Display for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Node {
    fn value(&self, of: &dyn Fn(&str) -> Option<f64>) -> Option<f64> {
        Some(match self {
            Node::Number(number) => *number,
            Node::Name(name) => of(name)?,
            Node::Negative(inner) => -inner.value(of)?,
            // A quotient that is whole but for binary fractions is whole.
            Node::Ceil(inner) => (inner.value(of)? - 1e-9).ceil(),
            Node::Both(left, sign, right) => {
                let (left, right) = (left.value(of)?, right.value(of)?);
                match sign {
                    '+' => left + right,
                    '-' => left - right,
                    '*' => left * right,
                    _ => left / right,
                }
            }
        })
    }

    fn names<'a>(&'a self, names: &mut Vec<&'a str>) {
        match self {
            Node::Number(_) => {}
            Node::Name(name) if names.contains(&name.as_str()) => {}
            Node::Name(name) => names.push(name),
            Node::Negative(inner) | Node::Ceil(inner) => inner.names(names),
            Node::Both(left, _, right) => {
                left.names(names);
                right.names(names);
            }
        }
    }
}

impl FromStr for Formula {
    type Err = String;

    /// # Errors
    /// `what: what to do`, in one line.
    fn from_str(text: &str) -> Result<Formula, String> {
        let mut reader = Reader {
            rest: text,
            depth: 0,
        };
        let root = reader.sum()?;
        match reader.peek() {
            None => Ok(Formula {
                text: text.trim().to_owned(),
                root,
            }),
            Some(_) => Err(reader.refuse()),
        }
    }
}

/// So many parentheses may stand in each other.
const DEEPEST: usize = 32;

/// Reads from left to right; what is read is taken off `rest`.
struct Reader<'t> {
    rest: &'t str,
    depth: usize,
}

impl<'t> Reader<'t> {
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.rest = &self.rest[wanted.len_utf8()..];
        }
        found
    }

    /// The longest beginning of such characters, taken off.
    fn word(&mut self, belongs: fn(char) -> bool) -> &'t str {
        let end = self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn refuse(&mut self) -> String {
        let advice = "write numbers, names, + - * / ceil() and parentheses";
        match self.peek() {
            None => format!("the formula ends too early: {advice}"),
            Some(_) => format!(
                "the formula cannot be read from '{}' on: {advice}",
                self.rest
            ),
        }
    }

    fn sum(&mut self) -> Result<Node, String> {
        let mut left = self.product()?;
        while let Some(sign @ ('+' | '-')) = self.peek() {
            self.take(sign);
            left = Node::Both(Box::new(left), sign, Box::new(self.product()?));
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Node, String> {
        let mut left = self.factor()?;
        while let Some(sign @ ('*' | '/')) = self.peek() {
            self.take(sign);
            left = Node::Both(Box::new(left), sign, Box::new(self.factor()?));
        }
        Ok(left)
    }

    fn factor(&mut self) -> Result<Node, String> {
        match self.peek() {
            Some('(') => self.inner(),
            Some('-') => {
                self.deeper()?;
                self.take('-');
                let inner = self.factor()?;
                self.depth -= 1;
                Ok(Node::Negative(Box::new(inner)))
            }
            Some(c) if c.is_ascii_digit() || c == '.' => {
                let before = self.rest;
                let word = self.word(|c| c.is_ascii_digit() || c == '.' || c == '_');
                word.replace('_', "")
                    .parse()
                    .map(Node::Number)
                    .map_err(|_| {
                        self.rest = before;
                        self.refuse()
                    })
            }
            Some(c) if c.is_ascii_alphabetic() => {
                let before = self.rest;
                let word = self.word(|c| c.is_ascii_alphanumeric() || c == '_');
                match (self.peek(), word) {
                    (Some('('), "ceil") => Ok(Node::Ceil(Box::new(self.inner()?))),
                    (Some('('), _) => {
                        self.rest = before;
                        Err(self.refuse())
                    }
                    _ => Ok(Node::Name(word.to_owned())),
                }
            }
            _ => Err(self.refuse()),
        }
    }

    /// What stands in parentheses.
    fn inner(&mut self) -> Result<Node, String> {
        self.deeper()?;
        self.take('(');
        let inner = self.sum()?;
        self.depth -= 1;
        if self.take(')') {
            Ok(inner)
        } else {
            Err(self.refuse())
        }
    }

    fn deeper(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(
                "the formula is nested too deep: write it with fewer parentheses".to_owned(),
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<f64> {
        let formula: Formula = text.parse().unwrap();
        formula.value(&|name| match name {
            "size_kib" => Some(1000.0),
            "chunk_kib" => Some(64.0),
            _ => None,
        })
    }

    #[test]
    fn arithmetic_as_on_paper() {
        assert_eq!(value("2 * (size_kib / 4 + 1)"), Some(502.0));
        assert_eq!(value("ceil(size_kib / chunk_kib)"), Some(16.0));
        assert_eq!(value("ceil(3 * (1 / 3))"), Some(1.0));
        assert_eq!(value("10 - 4 - 3 * -2 / 4"), Some(7.5));
        assert_eq!(value("1_024 * .5"), Some(512.0));
        assert_eq!(value("1 / (2 - 2)"), None);
        assert_eq!(value("unknown + 1"), None);
    }

    #[test]
    fn names_each_once() {
        let formula: Formula = "b + a * ceil(b)".parse().unwrap();
        assert_eq!(formula.names(), ["b", "a"]);
    }

    #[test]
    fn what_cannot_be_read_is_said_in_one_line() {
        for text in [
            "", "2 *", "2 2", "(1", "floor(2)", "1..2", "a b", "µ", "2 ** 3",
        ] {
            let message = text.parse::<Formula>().unwrap_err();
            assert!(
                message.contains("formula") && !message.contains('\n'),
                "{message}"
            );
        }
        let deep = "(".repeat(10_000);
        assert!(
            deep.parse::<Formula>()
                .unwrap_err()
                .contains("nested too deep")
        );
    }
}
