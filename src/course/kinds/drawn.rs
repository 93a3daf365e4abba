//! `number` with `vars`: a number that follows from drawn values, asked with other values each time.

use std::ops::Range;

use super::{
    number::Number,
    prelude::*,
    read::{otherwise, tolerance, wrong},
    typed,
};
use crate::course::{formula::Formula, seeded_rng::SeededRng};
use crate::model::limits::COMBINATIONS;

/// A number question whose values are drawn: its text, hints and explanation name them as `{size_kib}`, or compute
/// with them, as in `{size_kib / chunk_kib}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// The names, each with the values that it can have.
    vars: Vec<(String, Vec<f64>)>,
    answer: Formula,
    wrong: Vec<Wrong<Formula>>,
    /// The question as it is before its values are drawn: nobody can answer it.
    pub(super) undrawn: Number,
}

/// Drawn values by their names.
pub(in crate::course) type Values = Vec<(String, f64)>;

impl Drawn {
    /// The values of a turn. One turn after the other goes through all combinations before it repeats one.
    fn values(&self, id: &str, turn: u64) -> Values {
        let count = self.combinations().max(1);
        let mut order: Vec<usize> = (0..count).collect();
        SeededRng::of(id).shuffle(&mut order);
        self.combination(order[(turn % count as u64) as usize])
    }

    fn combinations(&self) -> usize {
        let counts = self.vars.iter().map(|(_, values)| values.len());
        counts.fold(1, usize::saturating_mul)
    }

    /// The combination of that number, from 0.
    fn combination(&self, mut number: usize) -> Values {
        let mut values = Vec::new();
        for (name, all) in &self.vars {
            values.push((name.clone(), all[number % all.len()]));
            number /= all.len();
        }
        values
    }

    /// The plain number question of a turn, and what stands in its texts: the values, and `answer`.
    pub(in crate::course) fn with_values(&self, id: &str, turn: u64) -> (Number, Values) {
        let values = self.values(id, turn);
        let answer = value(&self.answer, &values).unwrap_or_default();
        let mut named = values.clone();
        named.push(("answer".to_owned(), answer));
        let reaction = |reaction: &Reaction| Reaction {
            misconception: filled(&reaction.misconception, &named),
            feedback: filled(&reaction.feedback, &named),
        };
        let wrong = self.wrong.iter().filter_map(|wrong| {
            Some(Wrong {
                answer: value(&wrong.answer, &values)?,
                reaction: reaction(&wrong.reaction),
            })
        });
        let number = Number {
            answer: Some(answer),
            wrong: wrong.collect(),
            otherwise: reaction(&self.undrawn.otherwise),
            ..self.undrawn.clone()
        };
        (number, named)
    }

    /// The text with the values that make it longest.
    fn widest(&self, text: &str) -> String {
        let template = Template::of(text);
        let all = (0..self.combinations().min(COMBINATIONS)).map(|number| {
            let mut values = self.combination(number);
            if let Some(answer) = value(&self.answer, &values) {
                values.push(("answer".to_owned(), answer));
            }
            template.filled(&values)
        });
        all.max_by_key(|text| text.chars().count())
            .unwrap_or_default()
    }
}

fn value(formula: &Formula, values: &Values) -> Option<f64> {
    formula.value(&|wanted| {
        let mut named = values.iter().filter(|(name, _)| name == wanted);
        named.next().map(|(_, value)| *value)
    })
}

/// The formulas that stand in braces in a text, each with its byte range, braces included.
fn braced(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].find('{')?;
        let end = start + text[start..].find('}')?;
        at = end + 1;
        Some((start..end + 1, &text[start + 1..end]))
    })
}

/// The text with a value for each formula in braces. What cannot be computed stays as it is.
pub(in crate::course) fn filled(text: &str, values: &Values) -> String {
    Template::of(text).filled(values)
}

/// A text whose formulas are read once, to be filled many times.
struct Template<'t> {
    text: &'t str,
    formulas: Vec<(Range<usize>, Formula)>,
}

impl Template<'_> {
    fn of(text: &str) -> Template<'_> {
        let formulas = braced(text).filter_map(|(range, inner)| Some((range, inner.parse().ok()?)));
        Template {
            text,
            formulas: formulas.collect(),
        }
    }

    fn filled(&self, values: &Values) -> String {
        let mut out = String::with_capacity(self.text.len());
        let mut done = 0;
        for (range, formula) in &self.formulas {
            if let Some(number) = value(formula, values) {
                out += &self.text[done..range.start];
                out += &typed::with_unit(number, "");
                done = range.end;
            }
        }
        out + &self.text[done..]
    }
}

/// The first name in a formula that has no value: `what: what to do`.
fn unknown(formula: &Formula, names: &[&str]) -> Option<String> {
    let known = names.join(", ");
    let mut all = formula.names().into_iter();
    let unknown = all.find(|name| !names.contains(name))?;
    Some(format!(
        "'{unknown}' has no values: write it under vars, or one of {known}"
    ))
}

impl Read for Drawn {
    const NAME: &'static str = "number";

    fn claims(block: &Block) -> bool {
        block.has("vars") || block.has("answer_expr")
    }

    fn read(block: &mut Block, asked: &Asked) -> Option<Drawn> {
        let vars = vars(block);
        for key in ["answer", "run"] {
            if block.has(key) {
                block.fault(
                    format!("the question has both vars and {key}"),
                    "write the answer as answer_expr",
                );
                block.number(key);
            }
        }
        let answer = block.need_word::<Formula>(
            "answer_expr",
            "answer_expr = \"2 * (size_kib / chunk_kib + 1)\"",
        );
        let tolerance = tolerance(block);
        let unit = block.need_text("unit");
        let mut unread = false;
        let wrong = wrong(block, "wrong number", "the number", |wrong| {
            let answer = wrong.need_word::<Formula>("answer_expr", "answer_expr = \"size_kib\"");
            unread |= answer.is_none();
            answer
        });
        let otherwise = otherwise(block);
        let (vars, answer, unit) = (vars?, answer?, unit?);
        if unread {
            return None;
        }
        let wrong = wrong.into_iter().map(|(_, Wrong { answer, reaction })| {
            let (answer, offset) = (answer.value, answer.offset);
            (Wrong { answer, reaction }, offset)
        });
        let (wrong, of_wrong) = wrong.unzip();
        let places = Places {
            vars: vars.iter().map(|(name, _)| name.clone()).collect(),
            answer: answer.offset,
            wrong: of_wrong,
        };
        let vars = vars.into_iter().map(|(name, values)| (name.value, values));
        let drawn = Drawn {
            vars: vars.collect(),
            answer: answer.value,
            wrong,
            undrawn: Number {
                tolerance,
                unit: unit.value,
                otherwise,
                ..Number::default()
            },
        };
        let understood =
            names(block, asked, &drawn, &places) && combinations(block, &drawn, &places);
        // The screen shows the texts with values in them.
        for text in &mut block.report.notes.borrow_mut().texts[asked.first_text..] {
            text.markdown = drawn.widest(&text.markdown);
        }
        understood.then_some(drawn)
    }
}

/// Where the parts of a question stand in the file.
struct Places {
    vars: Vec<At<String>>,
    answer: usize,
    wrong: Vec<usize>,
}

/// `vars = { size_kib = [256, 512], ... }`.
fn vars(block: &mut Block) -> Option<Vec<(At<String>, Vec<f64>)>> {
    block.need("vars", "vars = { size_kib = [256, 512, 1024] }");
    let mut table = block.table("vars", "vars")?;
    let vars = table.all_numbers()?;
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    for (name, _) in &vars {
        if !is_name(&name.value) || ["answer", "ceil"].contains(&name.value.as_str()) {
            block.report.fault(
                name.offset,
                format!("'{}' cannot be the name of a value", name.value),
                "write letters, digits and _, as in size_kib; answer and ceil are taken",
            );
        }
    }
    if vars.is_empty() {
        table.fault(
            "vars has no values",
            "write vars = { size_kib = [256, 512] }",
        );
        return None;
    }
    Some(vars)
}

/// Every name must have values, and every value must be named in the text, or nobody can answer.
fn names(block: &Block, asked: &Asked, drawn: &Drawn, places: &Places) -> bool {
    let report = block.report;
    let before = report.faults();
    let names: Vec<&str> = drawn.vars.iter().map(|(name, _)| name.as_str()).collect();
    let wrong = places.wrong.iter().copied();
    let wrong = wrong.zip(drawn.wrong.iter().map(|wrong| &wrong.answer));
    for (offset, formula) in std::iter::once((places.answer, &drawn.answer)).chain(wrong) {
        if let Some(fault) = unknown(formula, &names) {
            report.refused(offset, &fault);
        }
    }
    let with_answer: Vec<&str> = names.iter().copied().chain(["answer"]).collect();
    let mut named = String::new();
    for text in &report.notes.borrow().texts[asked.first_text..] {
        for (_, inner) in braced(&text.markdown) {
            let fault = match inner.parse::<Formula>() {
                Err(why) => Some(why),
                Ok(formula) => unknown(&formula, &with_answer),
            };
            if let Some(fault) = fault {
                report.refused_at(text.position, &fault);
            }
        }
        if text.kind == TextKind::Question {
            named += &text.markdown;
        }
    }
    for name in &places.vars {
        if !named.contains(&name.value) {
            report.fault(
                name.offset,
                format!("the question does not say {}", name.value),
                format!("write {{{}}} in its text, or take it out", name.value),
            );
        }
    }
    report.faults() == before
}

/// Every combination must have an answer, and no wrong number may be right.
fn combinations(block: &Block, drawn: &Drawn, places: &Places) -> bool {
    const ADVICE: &str = "take that value out, or correct the formula";
    let report = block.report;
    let count = drawn.combinations();
    if count > COMBINATIONS {
        let what = format!("the values have {count} combinations");
        block.fault(what, format!("leave at most {COMBINATIONS}"));
        return false;
    }
    let before = report.faults();
    for number in 0..count {
        let values = drawn.combination(number);
        let with = values.iter();
        let with = with.map(|(name, value)| format!("{name} = {value}"));
        let with = with.collect::<Vec<_>>().join(", ");
        let right = value(&drawn.answer, &values).filter(|right| *right >= 0.0);
        let Some(right) = right else {
            let what = format!("there is no answer with {with}");
            report.fault(places.answer, what, ADVICE);
            return false;
        };
        for (wrong, offset) in drawn.wrong.iter().zip(&places.wrong) {
            let what = match value(&wrong.answer, &values) {
                None => format!("the wrong number has no value with {with}"),
                Some(value) if (value - right).abs() <= drawn.undrawn.tolerance + 1e-9 * right => {
                    format!("the number stands under wrong and is right with {with}")
                }
                Some(_) => continue,
            };
            report.fault(*offset, what, ADVICE);
        }
        if report.faults() > before {
            return false;
        }
    }
    true
}
