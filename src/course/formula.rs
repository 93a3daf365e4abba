//! The formulas of lessons: the answer of a number question whose values are drawn.

use std::{fmt, str::FromStr};

use super::expression::{Dialect, Expression, Fault, Value};
use crate::model::limits::EXPRESSION_BYTES;

/// `2 * (size_kib / chunk_kib + 1)`: numbers, names, `+ - * /`, `ceil()` and parentheses.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Formula(Expression<String>);

impl Formula {
    /// Its value, where each name has one; none where a name has none, or where it divides by zero.
    pub(crate) fn value(&self, of: &dyn Fn(&str) -> Option<f64>) -> Option<f64> {
        let of = |name: &String| of(name).map_or(Value::Missing, Value::Number);
        match self.0.value(&of) {
            Value::Number(number) if number.is_finite() => Some(number),
            _ => None,
        }
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.0.names().into_iter().map(String::as_str).collect()
    }
}

impl fmt::Display for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Formula {
    type Err = String;

    /// # Errors
    /// `what: what to do`, in one line.
    fn from_str(text: &str) -> Result<Formula, String> {
        let dialect = Dialect {
            logic: false,
            in_name: "",
            in_number: |c| c == '_',
            number: |text| text.replace('_', "").parse().ok(),
            name: &|name, _, _| Ok(name.to_owned()),
        };
        let advice = "write numbers, names, + - * / ceil() and parentheses";
        Expression::parse(text, &dialect)
            .map(Formula)
            .map_err(|fault| match fault {
                Fault::Early => format!("the formula ends too early: {advice}"),
                Fault::From(rest) => {
                    format!("the formula cannot be read from '{rest}' on: {advice}")
                }
                Fault::Deep => {
                    "the formula is nested too deep: write it with fewer parentheses".to_owned()
                }
                Fault::Long => {
                    format!("the formula is longer than {EXPRESSION_BYTES} bytes: shorten it")
                }
                Fault::Name(why) => why,
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_as_on_paper() {
        let of = |name: &str| match name {
            "size_kib" => Some(1000.0),
            "chunk_kib" => Some(64.0),
            _ => None,
        };
        for (text, value) in [
            ("2 * (size_kib / 4 + 1)", Some(502.0)),
            ("ceil(size_kib / chunk_kib)", Some(16.0)),
            ("ceil(3 * (1 / 3))", Some(1.0)),
            ("10 - 4 - 3 * -2 / 4", Some(7.5)),
            ("1_024 * .5", Some(512.0)),
            ("1 / (2 - 2)", None),
            ("unknown + 1", None),
        ] {
            assert_eq!(text.parse::<Formula>().unwrap().value(&of), value, "{text}");
        }
        let formula: Formula = "b + a * ceil(b)".parse().unwrap();
        assert_eq!(formula.names(), ["b", "a"]);
    }

    #[test]
    fn what_cannot_be_read_is_said_in_one_line() {
        let deep = "(".repeat(100);
        let long = format!("1{}", "+1".repeat(100_000));
        for text in [
            "", "2 *", "2 2", "(1", "floor(2)", "1..2", "a b", "µ", "2 ** 3", &deep, &long,
        ] {
            let message = text.parse::<Formula>().unwrap_err();
            assert!(
                message.contains("formula") && !message.contains('\n'),
                "{message}"
            );
        }
    }
}
