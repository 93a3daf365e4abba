//! The small language of `--expect`: figures of the run, compared and combined.

use std::fmt;

use crate::model::{EndKind, Exit, Flow, Size, TraceReport};

/// An expression that is to hold.
#[derive(Clone, Debug)]
pub struct Expectation {
    text: String,
    expression: Expression,
}

#[derive(Clone, Debug)]
enum Expression {
    Value(Value),
    Figure(Figure),
    Not(Box<Expression>),
    Two(Box<Expression>, Operator, Box<Expression>),
}

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Number(f64),
    Text(String),
    Truth(bool),
    /// There is no such figure in this run.
    Missing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Or,
    And,
    Less,
    AtMost,
    Equal,
    Unequal,
    AtLeast,
    More,
    Plus,
    Minus,
    Times,
    Over,
}

/// A figure of the run: of which flows, and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Figure {
    /// The text that names it.
    text: String,
    of: Of,
    name: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Of {
    Run,
    /// Flows between such ends; none: of every kind.
    Flows(Option<EndKind>, Option<EndKind>),
}

const OF_RUN: &[&str] = &[
    "syscalls",
    "mode_switches",
    "processes",
    "threads",
    "exit.code",
    "exit.signal",
    "bytes",
    "cpu_copied_bytes",
    "cpu_copies_per_byte",
    "zero_copy",
    "unexplained.read_bytes",
    "unexplained.written_bytes",
];
const OF_FLOWS: &[&str] = &[
    "count",
    "bytes",
    "calls",
    "cpu_copied_bytes",
    "cpu_copies_per_byte",
    "zero_copy",
];

/// Reads an expression.
pub fn parse(text: &str) -> Result<Expectation, String> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        at: 0,
    };
    let expression = parser.binary(0)?;
    match parser.peek() {
        None => Ok(Expectation {
            text: text.trim().to_owned(),
            expression,
        }),
        Some(token) => Err(format!("'{token}' is not expected there")),
    }
}

impl Expectation {
    /// Why it does not hold; none if it does.
    pub fn failure(&self, watched: &TraceReport) -> Option<String> {
        if self.expression.value(watched) == Value::Truth(true) {
            return None;
        }
        let mut figures = Vec::new();
        self.expression.figures(&mut figures);
        let said: Vec<String> = figures
            .iter()
            .map(|figure| format!("{} is {}", figure.text, figure.value(watched)))
            .collect();
        Some(format!("expected {}: {}", self.text, said.join(", ")))
    }
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

impl Expression {
    fn value(&self, watched: &TraceReport) -> Value {
        match self {
            Expression::Value(value) => value.clone(),
            Expression::Figure(figure) => figure.value(watched),
            Expression::Not(of) => match of.value(watched) {
                Value::Truth(truth) => Value::Truth(!truth),
                _ => Value::Missing,
            },
            Expression::Two(a, operator, b) => {
                combine(&a.value(watched), *operator, &b.value(watched))
            }
        }
    }

    fn figures<'a>(&'a self, out: &mut Vec<&'a Figure>) {
        match self {
            Expression::Value(_) => {}
            Expression::Figure(figure) if out.contains(&figure) => {}
            Expression::Figure(figure) => out.push(figure),
            Expression::Not(of) => of.figures(out),
            Expression::Two(a, _, b) => {
                a.figures(out);
                b.figures(out);
            }
        }
    }
}

fn combine(a: &Value, operator: Operator, b: &Value) -> Value {
    use Operator::{AtLeast, AtMost, Equal, Less, Minus, More, Over, Plus, Times, Unequal};
    use Value::{Missing, Number, Text, Truth};
    match (a, operator, b) {
        (Truth(a), Operator::Or, Truth(b)) => Truth(*a || *b),
        (Truth(true), Operator::Or, _) | (_, Operator::Or, Truth(true)) => Truth(true),
        (Truth(a), Operator::And, Truth(b)) => Truth(*a && *b),
        (Text(a), Equal, Text(b)) => Truth(a == b),
        (Text(a), Unequal, Text(b)) => Truth(a != b),
        (Truth(a), Equal, Truth(b)) => Truth(a == b),
        (Truth(a), Unequal, Truth(b)) => Truth(a != b),
        (Number(a), operator, Number(b)) => match operator {
            Less => Truth(a < b),
            AtMost => Truth(a <= b),
            Equal => Truth(a == b),
            Unequal => Truth(a != b),
            AtLeast => Truth(a >= b),
            More => Truth(a > b),
            Plus => Number(a + b),
            Minus => Number(a - b),
            Times => Number(a * b),
            Over => Number(a / b),
            Operator::Or | Operator::And => Missing,
        },
        _ => Missing,
    }
}

impl Figure {
    fn named(of: Of, name: &str, text: String) -> Result<Figure, String> {
        let known = if of == Of::Run { OF_RUN } else { OF_FLOWS };
        let name = name
            .strip_prefix("calls_by_name.")
            .map_or(name.to_owned(), |call| format!("calls.{call}"));
        if known.contains(&name.as_str()) || name.starts_with("calls.") {
            return Ok(Figure { text, of, name });
        }
        Err(format!(
            "there is no figure '{text}': {}, calls.NAME",
            known.join(", ")
        ))
    }

    fn value(&self, watched: &TraceReport) -> Value {
        match &self.of {
            Of::Flows(from, to) => {
                let is_of = |kind: EndKind, wanted: &Option<EndKind>| {
                    wanted.is_none_or(|wanted| wanted == kind)
                };
                let flows = watched.flows.iter();
                let flows =
                    flows.filter(|flow| is_of(flow.from.kind, from) && is_of(flow.to.kind, to));
                of_flows(&flows.collect::<Vec<_>>(), &self.name)
            }
            Of::Run => self.of_run(watched),
        }
    }

    fn of_run(&self, watched: &TraceReport) -> Value {
        let number = |number: u64| Value::Number(number as f64);
        if let Some(call) = self.name.strip_prefix("calls.") {
            return number(
                watched
                    .calls_by_name
                    .get(call)
                    .map_or(0, |counted| counted.calls),
            );
        }
        match self.name.as_str() {
            "syscalls" => number(watched.syscalls()),
            "mode_switches" => number(2 * watched.syscalls()),
            "processes" => number(watched.processes),
            "threads" => number(watched.threads),
            "exit.code" => match watched.exit {
                Exit::Code(code) => Value::Number(f64::from(code)),
                Exit::Signal(_) => Value::Missing,
            },
            "exit.signal" => match &watched.exit {
                Exit::Signal(signal) => Value::Text(signal.clone()),
                Exit::Code(_) => Value::Missing,
            },
            "unexplained.read_bytes" => number(watched.unexplained.read_bytes),
            "unexplained.written_bytes" => number(watched.unexplained.written_bytes),
            name => {
                let flows = watched.flows.iter().filter(|flow| flow.passes_through());
                of_flows(&flows.collect::<Vec<_>>(), name)
            }
        }
    }
}

fn of_flows(flows: &[&Flow], name: &str) -> Value {
    let sum = |figure: &dyn Fn(&Flow) -> u64| flows.iter().map(|flow| figure(flow)).sum::<u64>();
    let bytes = sum(&|flow| flow.bytes);
    let copied = sum(&Flow::cpu_copied_bytes);
    let number = |number: u64| Value::Number(number as f64);
    if let Some(call) = name.strip_prefix("calls.") {
        return number(sum(&|flow| {
            flow.calls_by_name.get(call).copied().unwrap_or(0)
        }));
    }
    match name {
        "count" => number(flows.len() as u64),
        "bytes" => number(bytes),
        "calls" => number(sum(&|flow| flow.calls)),
        "cpu_copied_bytes" => number(copied),
        // Of no bytes nothing can be said: an expectation of them does not hold.
        "cpu_copies_per_byte" if bytes > 0 => Value::Number(copied as f64 / bytes as f64),
        "zero_copy" if bytes > 0 => Value::Truth(copied == 0),
        _ => Value::Missing,
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(f64),
    Text(String),
    Name(String),
    Sign(&'static str),
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Token::Number(number) => write!(f, "{number}"),
            Token::Text(text) => write!(f, "\"{text}\""),
            Token::Name(name) => f.write_str(name),
            Token::Sign(sign) => f.write_str(sign),
        }
    }
}

const SIGNS: [&str; 15] = [
    "||", "&&", "<=", ">=", "==", "!=", "<", ">", "!", "+", "-", "*", "/", "(", ")",
];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut rest = text.trim_start();
    let mut out = Vec::new();
    while let Some(first) = rest.chars().next() {
        let taken = if first.is_ascii_digit() || first == '.' && out.is_empty() {
            let taken = length(rest, |c| c.is_ascii_alphanumeric() || c == '.');
            out.push(Token::Number(number(&rest[..taken])?));
            taken
        } else if first.is_ascii_alphabetic() || first == '_' || first == '.' {
            let taken = length(rest, |c| c.is_ascii_alphanumeric() || "_.-".contains(c));
            out.push(Token::Name(rest[..taken].to_owned()));
            taken
        } else if first == '"' || first == '\'' {
            let inner = &rest[1..];
            let end = inner.find(first).ok_or("a text has no end")?;
            out.push(Token::Text(inner[..end].to_owned()));
            end + 2
        } else if first == ',' {
            out.push(Token::Sign(","));
            1
        } else {
            let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign));
            let sign = sign.ok_or_else(|| format!("'{first}' means nothing here"))?;
            out.push(Token::Sign(sign));
            sign.len()
        };
        rest = rest[taken..].trim_start();
    }
    Ok(out)
}

fn length(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

/// `0.5`, `4096`, `64KiB`.
fn number(text: &str) -> Result<f64, String> {
    text.parse::<f64>()
        .or_else(|_| text.parse::<Size>().map(|size| size.bytes() as f64))
        .map_err(|_: String| format!("'{text}' is not a number: write 0.5, 4096 or 64KiB"))
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

/// From the loosest to the tightest.
const LEVELS: [&[(&str, Operator)]; 5] = [
    &[("||", Operator::Or)],
    &[("&&", Operator::And)],
    &[
        ("<", Operator::Less),
        ("<=", Operator::AtMost),
        ("==", Operator::Equal),
        ("!=", Operator::Unequal),
        (">=", Operator::AtLeast),
        (">", Operator::More),
    ],
    &[("+", Operator::Plus), ("-", Operator::Minus)],
    &[("*", Operator::Times), ("/", Operator::Over)],
];

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn take(&mut self, sign: &str) -> bool {
        let is_it = matches!(self.peek(), Some(Token::Sign(there)) if *there == sign);
        self.at += usize::from(is_it);
        is_it
    }

    fn want(&mut self, sign: &str) -> Result<(), String> {
        match self.take(sign) {
            true => Ok(()),
            false => Err(format!("'{sign}' is missing")),
        }
    }

    fn binary(&mut self, level: usize) -> Result<Expression, String> {
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        let mut left = self.binary(level + 1)?;
        while let Some((_, operator)) = operators.iter().find(|(sign, _)| self.take(sign)) {
            let right = self.binary(level + 1)?;
            left = Expression::Two(Box::new(left), *operator, Box::new(right));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expression, String> {
        if self.take("!") {
            return Ok(Expression::Not(Box::new(self.unary()?)));
        }
        if self.take("-") {
            let zero = Expression::Value(Value::Number(0.0));
            return Ok(Expression::Two(
                Box::new(zero),
                Operator::Minus,
                Box::new(self.unary()?),
            ));
        }
        if self.take("(") {
            let inner = self.binary(0)?;
            self.want(")")?;
            return Ok(inner);
        }
        match self.next() {
            Some(Token::Number(number)) => Ok(Expression::Value(Value::Number(number))),
            Some(Token::Text(text)) => Ok(Expression::Value(Value::Text(text))),
            Some(Token::Name(name)) => self.name(&name),
            Some(Token::Sign(sign)) => Err(format!("'{sign}' is not expected there")),
            None => Err("it ends too early".to_owned()),
        }
    }

    fn name(&mut self, name: &str) -> Result<Expression, String> {
        match name {
            "true" | "false" => Ok(Expression::Value(Value::Truth(name == "true"))),
            "flow" => {
                self.want("(")?;
                let from = self.kind()?;
                self.want(",")?;
                let to = self.kind()?;
                self.want(")")?;
                let Some(Token::Name(of)) = self.next() else {
                    return Err("flow(FROM, TO) needs a figure: .bytes, .calls".to_owned());
                };
                let of = of.trim_start_matches('.').to_owned();
                let kind = |kind: Option<EndKind>| kind.map_or("any", EndKind::name);
                let text = format!("flow({}, {}).{of}", kind(from), kind(to));
                Figure::named(Of::Flows(from, to), &of, text).map(Expression::Figure)
            }
            name => Figure::named(Of::Run, name, name.to_owned()).map(Expression::Figure),
        }
    }

    fn kind(&mut self) -> Result<Option<EndKind>, String> {
        let Some(Token::Name(name)) = self.next() else {
            return Err("flow(FROM, TO) needs two kinds: file, tcp, any".to_owned());
        };
        if name == "any" {
            return Ok(None);
        }
        let kind = EndKind::ALL.into_iter().find(|kind| kind.name() == name);
        let names = EndKind::ALL.map(EndKind::name).join(", ");
        kind.map(Some)
            .ok_or_else(|| format!("'{name}' is no kind of end: {names}, any"))
    }
}
