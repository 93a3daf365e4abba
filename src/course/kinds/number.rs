//! `number`: a number, fixed or told by a run.

use super::{
    prelude::*,
    read::{otherwise, tolerance, wrong},
    typed::{self, is_near, with_unit},
};
use crate::course::experiment;
use crate::model::{Query, TransferSpec};

/// A number.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Number {
    /// The fixed answer; none where a run answers.
    pub answer: Option<f64>,
    /// The run and the figure of it that answers.
    pub run: Option<(TransferSpec, Query)>,
    /// How far off is still right.
    pub tolerance: f64,
    /// `calls`, `copies`.
    pub unit: String,
    /// Numbers that show a misconception.
    pub wrong: Vec<Wrong<f64>>,
    /// Said to any other wrong number.
    pub otherwise: Reaction,
}

/// `wrong = [ { answer, misconception, feedback } ]`, each with the offset of its table.
pub(super) fn wrong_numbers(block: &mut Block) -> Vec<(usize, Wrong<f64>)> {
    let answer = |wrong: &mut Block| wrong.need_number("answer", "answer = 33");
    let all = wrong(block, "wrong number", "the number", answer).into_iter();
    all.map(|(offset, Wrong { answer, reaction })| {
        let answer = answer.value;
        (offset, Wrong { answer, reaction })
    })
    .collect()
}

impl Read for Number {
    const NAME: &'static str = "number";

    fn read(block: &mut Block, _: &Asked) -> Option<Number> {
        let (had_answer, had_run) = (block.has("answer"), block.has("run"));
        let answer = block.number("answer");
        let run = block.table("run", "run").map(|mut run| {
            let spec = experiment::transfer(&mut run);
            run.finish();
            spec
        });
        let query = match had_run {
            true => block.need_word("query", "query = \"syscalls\""),
            false => None,
        };
        if had_answer == had_run {
            let what = match had_answer {
                true => "the question has both an answer and a run",
                false => "the question has neither an answer nor a run",
            };
            block.fault(
                what,
                "write answer = 66, or run = { method = \"sendfile\", ... } with query = \"syscalls\"",
            );
        }
        let answer = answer.map(|answer| answer.value);
        let tolerance = tolerance(block);
        let unit = block.need_text("unit");
        let wrong = wrong_numbers(block);
        let otherwise = otherwise(block);
        for (offset, wrong) in &wrong {
            if answer.is_some_and(|answer| (answer - wrong.answer).abs() <= tolerance) {
                block.report.fault(
                    *offset,
                    "the number stands under wrong and is right",
                    "take it out, or correct the answer or the tolerance",
                );
            }
        }
        let run = match run {
            Some(spec) => Some((spec?, query?.value)),
            None => None,
        };
        (answer.is_some() || run.is_some()).then_some(())?;
        Some(Number {
            answer,
            run,
            tolerance,
            unit: unit?.value,
            wrong: wrong.into_iter().map(|(_, wrong)| wrong).collect(),
            otherwise,
        })
    }
}

/// Compares a guess with the answer. What is said to wrong ones that are not known: `otherwise`.
pub(super) fn judge(
    guess: f64,
    (answer, tolerance, unit): (f64, f64, &str),
    wrong: &[Wrong<f64>],
    otherwise: Option<&Reaction>,
) -> Verdict {
    let right = is_near(guess, answer, tolerance);
    let known = wrong.iter().find(|wrong| is_near(guess, wrong.answer, 0.0));
    let reaction = known.map(|wrong| &wrong.reaction).or(otherwise);
    Verdict {
        right,
        reaction: reaction.filter(|_| !right).cloned(),
        answer: with_unit(answer, unit),
        given: Given::Number(guess),
    }
}

/// The number that is given.
pub(super) fn number_of(given: &Given) -> Result<f64, String> {
    match given {
        Given::Number(number) => Ok(*number),
        other => Err(not_for_this(other)),
    }
}

impl Kind for Number {
    fn run(&self) -> Option<&(TransferSpec, Query)> {
        self.run.as_ref()
    }

    fn read_answer(&self, typed: &str) -> Result<Given, String> {
        typed::number(typed, &self.unit).map(Given::Number)
    }

    fn mark(&self, given: &Given, found: Option<&ExperimentValue>) -> Result<Verdict, String> {
        let guess = number_of(given)?;
        let answer = match (self.answer, found, &self.run) {
            (Some(answer), ..) => answer,
            (None, Some(ExperimentValue::Number(answer)), _) => *answer,
            (None, _, Some((spec, _))) => {
                let method = spec.method;
                return Err(format!(
                    "the answer is a figure of a run that has not been made: run {method} first"
                ));
            }
            (None, _, None) => {
                return Err("the values of the question have not been drawn".to_owned());
            }
        };
        let scale = (answer, self.tolerance, self.unit.as_str());
        Ok(judge(guess, scale, &self.wrong, Some(&self.otherwise)))
    }

    fn plain(&self) -> Plain {
        Plain::number(&self.unit)
    }

    fn export(&self, recorded: Option<f64>) -> Exported {
        let wrong = self.wrong.iter().map(|wrong| {
            ExportedOption::new(wrong.answer.to_string(), false, Some(&wrong.reaction))
        });
        Exported {
            options: wrong.collect(),
            answer: self.answer.or(recorded).map(|answer| answer.to_string()),
            otherwise: feedback(&self.otherwise),
        }
    }

    fn item(&self, recorded: Option<f64>) -> Option<Item> {
        let wrong = self.wrong.iter();
        let wrong = wrong.map(|wrong| (wrong.answer, feedback(&wrong.reaction)));
        let form = ItemForm::Number {
            right: self.answer.or(recorded)?,
            tolerance: self.tolerance,
            wrong: wrong.collect(),
            otherwise: feedback(&self.otherwise),
        };
        Some(Item {
            suffix: format!(" ({})", self.unit),
            form,
        })
    }

    fn press(&self, draft: &mut Draft, key: Key) -> Press {
        draft.press_number(key)
    }

    fn given(&self, draft: &Draft) -> Option<Given> {
        draft.number().map(Given::Number)
    }

    fn is_typed(&self) -> bool {
        true
    }

    fn can_erase(&self, draft: &Draft) -> bool {
        !draft.input.is_empty()
    }

    fn view(&self, shown: &Shown) -> View {
        let mut view = View::default();
        view.lines.push(Line::Field {
            name: "answer",
            input: shown.draft.input.clone(),
            unit: self.unit.clone(),
        });
        if shown.waiting {
            view.blank(true);
            view.text("It runs now: the recording marks it.", Tone::Dim);
        } else {
            view.judged_below(shown);
        }
        view
    }
}
