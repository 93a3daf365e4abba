//! The small language of `--expect`: figures of the run, compared and combined.

use crate::course::expression::{Dialect, Expression, Fault, Value};
use crate::model::{EndKind, Exit, Flow, Size, TraceReport, limits::EXPRESSION_BYTES};

/// An expression that is to hold.
#[derive(Clone, Debug)]
pub(crate) struct Expectation(Expression<Figure>);

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
    "hazards",
];
const OF_FLOWS: &[&str] = &[
    "count",
    "bytes",
    "calls",
    "cpu_copied_bytes",
    "cpu_copies_per_byte",
    "zero_copy",
];

pub(crate) fn parse(text: &str) -> Result<Expectation, String> {
    let dialect = Dialect {
        logic: true,
        in_name: ".-",
        in_number: |c| c.is_ascii_alphanumeric(),
        // `0.5`, `4096`, `64KiB`.
        number: |text| {
            let size = || text.parse::<Size>().ok().map(|size| size.bytes() as f64);
            text.parse().ok().or_else(size)
        },
        name: &|name, arguments, of| Figure::read(name, arguments, of),
    };
    Expression::parse(text, &dialect)
        .map(Expectation)
        .map_err(|fault| match fault {
            Fault::Early => "it ends too early".to_owned(),
            Fault::From(rest) => format!("it cannot be read from '{rest}' on"),
            Fault::Deep => "it is nested too deep: write it with fewer parentheses".to_owned(),
            Fault::Long => format!("it is longer than {EXPRESSION_BYTES} bytes"),
            Fault::Name(why) => why,
        })
}

impl Expectation {
    /// Why it does not hold; none if it does.
    pub(crate) fn failure(&self, watched: &TraceReport) -> Option<String> {
        let value = |figure: &Figure| figure.value(watched);
        if self.0.value(&value) == Value::Truth(true) {
            return None;
        }
        let figures = self.0.names().into_iter();
        let said: Vec<String> = figures
            .map(|figure| format!("{} is {}", figure.text, value(figure)))
            .collect();
        Some(format!("expected {}: {}", self.0, said.join(", ")))
    }
}

impl Figure {
    /// `calls.read`, or `flow(file, tcp).bytes`.
    fn read(name: &str, arguments: &[&str], of: &str) -> Result<Figure, String> {
        match (name, arguments) {
            ("flow", [from, to]) if !of.is_empty() => {
                let (from, to) = (kind(from)?, kind(to)?);
                let name = |kind: Option<EndKind>| kind.map_or("any", EndKind::name);
                let text = format!("flow({}, {}).{of}", name(from), name(to));
                Figure::named(Of::Flows(from, to), of, text)
            }
            ("flow", [_, _]) => Err("flow(FROM, TO) needs a figure: .bytes, .calls".to_owned()),
            ("flow", _) => Err("flow(FROM, TO) needs two kinds: file, tcp, any".to_owned()),
            (_, []) => Figure::named(Of::Run, name, name.to_owned()),
            _ => Err(format!("{name} has no parentheses")),
        }
    }

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
            "hazards" => number(watched.hazards.len() as u64),
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
        "cpu_copies_per_byte"
            if bytes > 0 && !flows.iter().any(|flow| flow.has_unknown_copies()) =>
        {
            Value::Number(copied as f64 / bytes as f64)
        }
        "zero_copy" if bytes > 0 => {
            let known: Option<Vec<bool>> = flows.iter().map(|flow| flow.is_zero_copy()).collect();
            known.map_or(Value::Missing, |all| Value::Truth(!all.contains(&false)))
        }
        _ => Value::Missing,
    }
}

/// A kind of end; none: any.
fn kind(name: &str) -> Result<Option<EndKind>, String> {
    if name == "any" {
        return Ok(None);
    }
    let kind = EndKind::ALL.into_iter().find(|kind| kind.name() == name);
    let names = EndKind::ALL.map(EndKind::name).join(", ");
    kind.map(Some)
        .ok_or_else(|| format!("'{name}' is no kind of end: {names}, any"))
}
