//! Expressions over named figures: `2 * (size_kib / 4 + 1)`, `calls.read == 0 && zero_copy`. The formulas of lessons and
//! `zclab trace --expect` are written in them; what a name means, the caller knows.

use std::fmt;

use crate::model::limits::{EXPRESSION_BYTES, EXPRESSION_DEPTH};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Number(f64),
    Text(String),
    Truth(bool),
    /// A name in it has no value, or it compares what cannot be compared.
    Missing,
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number(number) if number.fract() == 0.0 => write!(f, "{number}"),
            Value::Number(number) => write!(f, "{number:.3}"),
            Value::Text(text) => f.write_str(text),
            Value::Truth(truth) => write!(f, "{truth}"),
            Value::Missing => f.write_str("not there"),
        }
    }
}

/// Why a text is no expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Early,
    /// It cannot be read from here on.
    From(String),
    Deep,
    /// It is longer than [`EXPRESSION_BYTES`].
    Long,
    /// What is wrong with a name.
    Name(String),
}

/// How the words of an expression are read.
pub(crate) struct Dialect<'d, N> {
    /// Comparisons, `! && ||`, texts in quotes and names with arguments, as in `flow(file, tcp).bytes`; else arithmetic
    /// alone.
    pub logic: bool,
    /// What belongs to a name beside letters, digits and `_`.
    pub in_name: &'static str,
    /// What belongs to a number beside digits and `.`.
    pub in_number: fn(char) -> bool,
    pub number: fn(&str) -> Option<f64>,
    /// What a name means, with its arguments and what stands behind them.
    #[allow(clippy::type_complexity)]
    pub name: &'d dyn Fn(&str, &[&str], &str) -> Result<N, String>,
}

/// An expression whose names are `N`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Expression<N> {
    text: String,
    root: Node<N>,
}

#[derive(Clone, Debug, PartialEq)]
enum Node<N> {
    Value(Value),
    Name(N),
    /// `!`, `-` or `ceil`.
    Unary(&'static str, Box<Node<N>>),
    /// Operators of one level, from left to right: however long, it nests once.
    Chain(Box<Node<N>>, Vec<(&'static str, Node<N>)>),
}

/// The operators, from the loosest level to the tightest; of two with the same beginning the longer first.
const LEVELS: [&[&str]; 5] = [
    &["||"],
    &["&&"],
    &["<=", ">=", "==", "!=", "<", ">"],
    &["+", "-"],
    &["*", "/"],
];
/// The level of arithmetic.
const SUM: usize = 3;

impl<N: Clone + PartialEq> Expression<N> {
    /// Reads an expression.
    ///
    /// # Errors
    /// Where it cannot be read, or which name means nothing.
    pub(crate) fn parse(text: &str, dialect: &Dialect<N>) -> Result<Expression<N>, Fault> {
        if text.len() > EXPRESSION_BYTES {
            return Err(Fault::Long);
        }
        let mut reader = Reader {
            rest: text,
            depth: 0,
            dialect,
        };
        let root = reader.whole()?;
        match reader.peek() {
            None => Ok(Expression {
                text: text.trim().to_owned(),
                root,
            }),
            Some(_) => Err(reader.refuse()),
        }
    }

    pub(crate) fn value(&self, of: &dyn Fn(&N) -> Value) -> Value {
        self.root.value(of)
    }

    /// The names in it, each once, in the order of their first use.
    pub(crate) fn names(&self) -> Vec<&N> {
        let mut names = Vec::new();
        self.root.names(&mut names);
        names
    }
}

impl<N> fmt::Display for Expression<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<N: PartialEq> Node<N> {
    fn value(&self, of: &dyn Fn(&N) -> Value) -> Value {
        use Value::{Missing, Number, Truth};
        match self {
            Node::Value(value) => value.clone(),
            Node::Name(name) => of(name),
            Node::Unary(operator, inner) => match (*operator, inner.value(of)) {
                ("!", Truth(truth)) => Truth(!truth),
                ("-", Number(number)) => Number(-number),
                // A quotient that is whole but for binary fractions is whole.
                ("ceil", Number(number)) => Number((number - 1e-9).ceil()),
                _ => Missing,
            },
            Node::Chain(first, rest) => {
                let mut value = first.value(of);
                for (operator, right) in rest {
                    value = combine(&value, operator, &right.value(of));
                }
                value
            }
        }
    }

    fn names<'a>(&'a self, names: &mut Vec<&'a N>) {
        match self {
            Node::Value(_) => {}
            Node::Name(name) if names.contains(&name) => {}
            Node::Name(name) => names.push(name),
            Node::Unary(_, inner) => inner.names(names),
            Node::Chain(first, rest) => {
                first.names(names);
                rest.iter().for_each(|(_, node)| node.names(names));
            }
        }
    }
}

fn combine(a: &Value, operator: &str, b: &Value) -> Value {
    use Value::{Missing, Number, Text, Truth};
    match (a, operator, b) {
        (Truth(true), "||", _) | (_, "||", Truth(true)) => Truth(true),
        (Truth(false), "||", Truth(false)) => Truth(false),
        (Truth(a), "&&", Truth(b)) => Truth(*a && *b),
        (Text(_), "==", Text(_)) | (Truth(_), "==", Truth(_)) => Truth(a == b),
        (Text(_), "!=", Text(_)) | (Truth(_), "!=", Truth(_)) => Truth(a != b),
        (Number(a), operator, Number(b)) => match operator {
            "<" => Truth(a < b),
            "<=" => Truth(a <= b),
            "==" => Truth(a == b),
            "!=" => Truth(a != b),
            ">=" => Truth(a >= b),
            ">" => Truth(a > b),
            "+" => Number(a + b),
            "-" => Number(a - b),
            "*" => Number(a * b),
            "/" => Number(a / b),
            _ => Missing,
        },
        _ => Missing,
    }
}

/// Reads from left to right; what is read is taken off `rest`.
struct Reader<'t, 'd, N> {
    rest: &'t str,
    depth: usize,
    dialect: &'d Dialect<'d, N>,
}

impl<'t, N: Clone + PartialEq> Reader<'t, '_, N> {
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    fn take(&mut self, wanted: &str) -> bool {
        self.peek();
        let rest = self.rest.strip_prefix(wanted);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// The longest beginning of such characters, taken off.
    fn word(&mut self, belongs: impl Fn(char) -> bool) -> &'t str {
        let end = self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn refuse(&mut self) -> Fault {
        match self.peek() {
            None => Fault::Early,
            Some(_) => Fault::From(self.rest.to_owned()),
        }
    }

    fn want(&mut self, sign: &str) -> Result<(), Fault> {
        match self.take(sign) {
            true => Ok(()),
            false => Err(self.refuse()),
        }
    }

    fn whole(&mut self) -> Result<Node<N>, Fault> {
        self.level(if self.dialect.logic { 0 } else { SUM })
    }

    fn level(&mut self, level: usize) -> Result<Node<N>, Fault> {
        let Some(operators) = LEVELS.get(level) else {
            return self.operand();
        };
        let first = self.level(level + 1)?;
        let mut rest = Vec::new();
        while let Some(operator) = operators.iter().find(|operator| self.take(operator)) {
            rest.push((*operator, self.level(level + 1)?));
        }
        Ok(match rest.is_empty() {
            true => first,
            false => Node::Chain(Box::new(first), rest),
        })
    }

    fn operand(&mut self) -> Result<Node<N>, Fault> {
        let (logic, in_number) = (self.dialect.logic, self.dialect.in_number);
        match self.peek() {
            Some('(') => self.nested("(", Self::parenthesis),
            Some('-') => self.unary("-"),
            Some('!') if logic => self.unary("!"),
            Some(quote @ ('"' | '\'')) if logic => {
                let end = self.rest[1..].find(quote).ok_or(Fault::Early)?;
                let text = self.rest[1..=end].to_owned();
                self.rest = &self.rest[end + 2..];
                Ok(Node::Value(Value::Text(text)))
            }
            Some(c) if c.is_ascii_digit() || c == '.' => {
                let before = self.rest;
                let word = self.word(|c| c.is_ascii_digit() || c == '.' || in_number(c));
                let number = (self.dialect.number)(word);
                let number = number.ok_or_else(|| Fault::From(before.to_owned()))?;
                Ok(Node::Value(Value::Number(number)))
            }
            Some(c) if c.is_ascii_alphabetic() || logic && c == '_' => self.name(),
            _ => Err(self.refuse()),
        }
    }

    fn unary(&mut self, sign: &'static str) -> Result<Node<N>, Fault> {
        Ok(Node::Unary(
            sign,
            Box::new(self.nested(sign, Self::operand)?),
        ))
    }

    fn parenthesis(&mut self) -> Result<Node<N>, Fault> {
        let inner = self.whole()?;
        self.want(")")?;
        Ok(inner)
    }

    /// What stands behind a sign, one deeper.
    fn nested(
        &mut self,
        sign: &str,
        read: fn(&mut Self) -> Result<Node<N>, Fault>,
    ) -> Result<Node<N>, Fault> {
        self.depth += 1;
        if self.depth > EXPRESSION_DEPTH {
            return Err(Fault::Deep);
        }
        self.take(sign);
        let inner = read(self);
        self.depth -= 1;
        inner
    }

    fn name(&mut self) -> Result<Node<N>, Fault> {
        let before = self.rest;
        let belongs = self.dialect.in_name;
        let belongs = |c: char| c.is_ascii_alphanumeric() || c == '_' || belongs.contains(c);
        let word = self.word(belongs);
        let (mut arguments, mut of) = (Vec::new(), "");
        match (self.peek(), word) {
            (Some('('), "ceil") => {
                let inner = self.nested("(", Self::parenthesis)?;
                return Ok(Node::Unary("ceil", Box::new(inner)));
            }
            (Some('('), _) if self.dialect.logic => {
                while self.take(if arguments.is_empty() { "(" } else { "," }) {
                    self.peek();
                    arguments.push(self.word(belongs));
                }
                self.want(")")?;
                self.take(".");
                of = self.word(belongs);
            }
            (Some('('), _) => return Err(Fault::From(before.to_owned())),
            (_, "true" | "false") if self.dialect.logic => {
                return Ok(Node::Value(Value::Truth(word == "true")));
            }
            _ => {}
        }
        let name = (self.dialect.name)(word, &arguments, of);
        name.map(Node::Name).map_err(Fault::Name)
    }
}
