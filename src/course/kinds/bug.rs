//! `bug`: one of the lines is wrong.

use super::{
    options::{self, QuestionOption},
    prelude::*,
    read::{otherwise, wrong},
    typed,
};

/// Lines that digits can choose.
const MOST_LINES: usize = 9;

/// One of the lines is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Bug {
    /// The lines, as they are shown.
    pub lines: Vec<String>,
    /// Which one is wrong, from 0.
    pub bug: usize,
    /// Lines that show a misconception when they are named, from 0.
    pub wrong: Vec<Wrong<usize>>,
    /// Said to any other line.
    pub otherwise: Reaction,
}

impl Bug {
    /// What is said where that line is named.
    fn reaction(&self, line: usize) -> &Reaction {
        let named = self.wrong.iter().find(|wrong| wrong.answer == line);
        named.map_or(&self.otherwise, |wrong| &wrong.reaction)
    }

    /// The lines as options, of which the wrong line is the right one.
    fn options(&self) -> Vec<QuestionOption> {
        let option = |(at, line): (usize, &String)| QuestionOption {
            text: line.clone(),
            right: at == self.bug,
            reaction: match at == self.bug {
                true => Reaction::default(),
                false => self.reaction(at).clone(),
            },
        };
        self.lines.iter().enumerate().map(option).collect()
    }
}

impl Read for Bug {
    const NAME: &'static str = "bug";

    fn read(block: &mut Block, _: &Asked) -> Option<Bug> {
        block.need("lines", "lines = [\"first\", \"second\"]");
        let lines = block.code("lines");
        for line in &lines {
            block.report.text(TextKind::Line, line);
        }
        let bug = block.need_number("bug", "bug = 2");
        let bug = bug.and_then(|bug| line_number(block, &bug, lines.len()));
        let wrong = wrong(block, "wrong line", "the line", |wrong| {
            wrong.need_number("line", "line = 2")
        });
        let wrong = wrong_lines(block, wrong, bug, lines.len());
        let otherwise = otherwise(block);
        if lines.len() > MOST_LINES {
            block.fault(
                format!("the question has more than {MOST_LINES} lines"),
                "take some out: digits choose them",
            );
        }
        if lines.len() < 2 {
            block.fault(
                "the question has fewer than two lines",
                "write the lines, one of them wrong",
            );
            return None;
        }
        Some(Bug {
            lines: values(lines),
            bug: bug?,
            wrong,
            otherwise,
        })
    }
}

/// The lines that show a misconception, as indices; each must be there, once, and not be the bug.
fn wrong_lines(
    block: &Block,
    read: Vec<(usize, Wrong<At<f64>>)>,
    bug: Option<usize>,
    count: usize,
) -> Vec<Wrong<usize>> {
    let mut lines: Vec<Wrong<usize>> = Vec::new();
    for (_, Wrong { answer, reaction }) in read {
        let Some(index) = line_number(block, &answer, count) else {
            continue;
        };
        let fault = |what, advice| block.report.fault(answer.offset, what, advice);
        if Some(index) == bug {
            fault("the line stands under wrong and is the bug", "take it out");
        }
        if lines.iter().any(|other| other.answer == index) {
            fault("the line stands under wrong twice", "leave one of the two");
        }
        lines.push(Wrong {
            answer: index,
            reaction,
        });
    }
    lines
}

/// A line of the question by its number from 1, as an index.
fn line_number(block: &Block, number: &At<f64>, count: usize) -> Option<usize> {
    let is_line = number.value.fract() == 0.0 && (1.0..=count as f64).contains(&number.value);
    if !is_line {
        let what = format!("there is no line {}", number.value);
        let advice = format!("write a number from 1 to {count}");
        block.report.fault(number.offset, what, advice);
    }
    is_line.then(|| number.value as usize - 1)
}

impl Kind for Bug {
    fn read_answer(&self, typed: &str) -> Result<Given, String> {
        let count = self.lines.len();
        let named: Vec<&str> = typed::words(typed).collect();
        match named[..] {
            [] => Err(format!(
                "nothing is answered: write a line's number, from 1 to {count}"
            )),
            [word] => match word.parse::<usize>() {
                Ok(number) if (1..=count).contains(&number) => Ok(Given::Lines(vec![number - 1])),
                _ => Err(format!(
                    "'{word}' is not a line: write a number from 1 to {count}"
                )),
            },
            _ => Err("one line is wrong: write one number, as in 3".to_owned()),
        }
    }

    fn mark(&self, given: &Given, _: Option<&ExperimentValue>) -> Result<Verdict, String> {
        let line = match given {
            Given::Lines(lines) if lines.len() == 1 && lines[0] < self.lines.len() => lines[0],
            _ => return Err(not_for_this(given)),
        };
        let reaction = (line != self.bug).then(|| self.reaction(line).clone());
        let answer = format!("line {}: {}", self.bug + 1, self.lines[self.bug].trim());
        Ok(Verdict::of(given, reaction, answer))
    }

    fn plain(&self) -> Plain {
        let how = "the number of the line that is wrong.";
        Plain {
            is_code: true,
            ..Plain::numbered(&self.lines, how)
        }
    }

    fn export(&self, _: Option<f64>) -> Exported {
        Exported {
            answer: Some((self.bug + 1).to_string()),
            otherwise: feedback(&self.otherwise),
            ..options::export(&self.options())
        }
    }

    /// A choice of lines.
    fn item(&self, _: Option<f64>) -> Option<Item> {
        let mut suffix = "\n".to_owned();
        let mut options = Vec::new();
        for (number, line) in (1..).zip(self.options()) {
            suffix += &format!("\n    {number}  {}", line.text);
            options.push(ItemOption {
                text: format!("line {number}"),
                right: line.right,
                feedback: feedback(&line.reaction),
            });
        }
        let form = ItemForm::Choice {
            options,
            in_order: true,
        };
        Some(Item { suffix, form })
    }

    fn press(&self, draft: &mut Draft, key: Key) -> Press {
        draft.press_one(key, self.lines.len())
    }

    fn given(&self, draft: &Draft) -> Option<Given> {
        draft.one().map(|line| Given::Lines(vec![line]))
    }

    fn view(&self, shown: &Shown) -> View {
        let mut view = View::default();
        options::view(&mut view, &self.options(), shown, false, false);
        view
    }
}
