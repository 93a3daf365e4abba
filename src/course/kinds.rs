//! The `quiz` kinds `match`, `bug`, and `number` with drawn values, read from their TOML.

use crate::course::{Drawn, Formula, Pair, QuestionKind, WrongFormula, WrongLine};

use super::{
    block::{At, Block},
    draw,
    fault::Reporter,
    parse::ExperimentValue,
    room::Piece,
    target::{need_reaction, otherwise, reaction, tolerance, values},
};

/// Pairs and right sides that a screen has room and digits for.
const MOST_PAIRS: usize = 6;
const MOST_RIGHTS: usize = 7;
/// Lines that digits can choose.
const MOST_LINES: usize = 9;
/// Combinations of values that are all tried out.
const MOST_COMBINATIONS: usize = 1000;

/// `kind = "match"`.
pub(super) fn pairs(
    block: &mut Block,
    report: &mut Reporter,
    found: &mut ExperimentValue,
) -> Option<QuestionKind> {
    let example = "pairs = [ { left = \"...\", right = \"...\", misconception = \"...\", feedback = \"...\" }, ... ]";
    if !block.has("pairs") {
        block.missing::<()>(report, "pairs", example);
    }
    let mut pairs: Vec<Pair> = Vec::new();
    let mut rights: Vec<String> = Vec::new();
    for mut table in block.tables(report, "pairs", "pair") {
        let offset = table.offset;
        let left = table.need_text(report, "left");
        let right = table.need_text(report, "right");
        let reaction = reaction(&mut table, report, found);
        table.finish(report);
        let (Some(left), Some(right), Some(reaction)) = (left, right, reaction) else {
            continue;
        };
        need_reaction(
            report,
            offset,
            &reaction,
            "a wrong partner of the left side",
        );
        found.piece(report, Piece::Left, &left);
        found.piece(report, Piece::Right, &right);
        if pairs.iter().any(|other| other.left == left.value) {
            report.fault(
                left.offset,
                format!("'{}' stands on the left twice", left.value),
                "leave one of the two",
            );
        }
        if !rights.contains(&right.value) {
            rights.push(right.value.clone());
        }
        pairs.push(Pair {
            left: left.value,
            right: right.value,
            reaction,
        });
    }
    let distractors = block.texts(report, "distractors");
    for right in &distractors {
        found.piece(report, Piece::Right, right);
        if rights.contains(&right.value) {
            report.fault(
                right.offset,
                "the distractor is also the right side of a pair",
                "write one that belongs to nothing",
            );
        }
        rights.push(right.value.clone());
    }
    let counts = [
        (
            pairs.len() > MOST_PAIRS,
            format!("the question has more than {MOST_PAIRS} pairs"),
        ),
        (
            rights.len() > MOST_RIGHTS,
            format!("the question has more than {MOST_RIGHTS} right sides"),
        ),
    ];
    for (_, what) in counts.iter().filter(|(too_many, _)| *too_many) {
        report.fault(
            block.offset,
            what.as_str(),
            "take some out: a screen has no more room",
        );
    }
    if pairs.len() < 2 || rights.len() < 2 {
        report.fault(
            block.offset,
            "the question has nothing to pair",
            "write at least two pairs with different right sides",
        );
        return None;
    }
    Some(QuestionKind::Match {
        pairs,
        distractors: values(distractors),
    })
}

/// `kind = "bug"`.
pub(super) fn bug(
    block: &mut Block,
    report: &mut Reporter,
    found: &mut ExperimentValue,
) -> Option<QuestionKind> {
    if !block.has("lines") {
        block.missing::<()>(report, "lines", "lines = [\"first\", \"second\"]");
    }
    let lines = block.code(report, "lines");
    for line in &lines {
        found.code(report, line);
    }
    if !block.has("bug") {
        block.missing::<()>(report, "bug", "bug = 2");
    }
    let bug = block.number(report, "bug");
    let bug = bug.and_then(|bug| line_number(report, &bug, lines.len()));
    let mut wrong: Vec<WrongLine> = Vec::new();
    for mut table in block.tables(report, "wrong", "wrong line") {
        let offset = table.offset;
        if !table.has("line") {
            table.missing::<()>(report, "line", "line = 2");
        }
        let line = table.number(report, "line");
        let reaction = reaction(&mut table, report, found);
        table.finish(report);
        let (Some(line), Some(reaction)) = (line, reaction) else {
            continue;
        };
        need_reaction(report, offset, &reaction, "the line");
        let Some(index) = line_number(report, &line, lines.len()) else {
            continue;
        };
        if Some(index) == bug {
            report.fault(
                line.offset,
                "the line stands under wrong and is the bug",
                "take it out",
            );
        }
        if wrong.iter().any(|other| other.line == index) {
            report.fault(
                line.offset,
                "the line stands under wrong twice",
                "leave one of the two",
            );
        }
        wrong.push(WrongLine {
            line: index,
            reaction,
        });
    }
    let otherwise = otherwise(block, report, found);
    if lines.len() > MOST_LINES {
        report.fault(
            block.offset,
            format!("the question has more than {MOST_LINES} lines"),
            "take some out: digits choose them",
        );
    }
    if lines.len() < 2 {
        report.fault(
            block.offset,
            "the question has fewer than two lines",
            "write the lines, one of them wrong",
        );
        return None;
    }
    Some(QuestionKind::Bug {
        lines: values(lines),
        bug: bug?,
        wrong,
        otherwise,
    })
}

/// A line of the question by its number from 1, as an index.
fn line_number(report: &mut Reporter, number: &At<f64>, count: usize) -> Option<usize> {
    let is_line = number.value.fract() == 0.0 && (1.0..=count as f64).contains(&number.value);
    if !is_line {
        report.fault(
            number.offset,
            format!("there is no line {}", number.value),
            format!("write a number from 1 to {count}"),
        );
    }
    is_line.then(|| number.value as usize - 1)
}

/// `kind = "number"` with `vars` and `answer_expr`. The block's texts stand in `found` from `first` on.
pub(super) fn drawn(
    block: &mut Block,
    report: &mut Reporter,
    found: &mut ExperimentValue,
    first: usize,
) -> Option<QuestionKind> {
    let vars = vars(block, report);
    for key in ["answer", "run"] {
        if block.has(key) {
            report.fault(
                block.offset,
                format!("the question has both vars and {key}"),
                "write the answer as answer_expr",
            );
            block.number(report, key);
        }
    }
    let answer = block.need_word::<Formula>(
        report,
        "answer_expr",
        "answer_expr = \"2 * (size_kib / chunk_kib + 1)\"",
    );
    let tolerance = tolerance(block, report);
    let unit = block.need_text(report, "unit");
    let wrong = wrong_formulas(block, report, found);
    let otherwise = otherwise(block, report, found);
    let (vars, answer, unit, wrong) = (vars?, answer?, unit?, wrong?);
    let drawn = Drawn {
        vars: vars
            .iter()
            .map(|(name, values)| (name.value.clone(), values.clone()))
            .collect(),
        answer: answer.value.clone(),
        tolerance,
        unit: unit.value,
        wrong: wrong.iter().map(|wrong| wrong.value.clone()).collect(),
        otherwise,
    };
    let understood = names(report, found, first, &drawn, &vars, &answer, &wrong)
        && combinations(report, block.offset, &drawn, &answer, &wrong);
    found.fill(first, &|text| widest(&drawn, text));
    understood.then_some(QuestionKind::Drawn(drawn))
}

type Vars = Vec<(At<String>, Vec<f64>)>;

/// `vars = { size_kib = [256, 512], ... }`.
fn vars(block: &mut Block, report: &mut Reporter) -> Option<Vars> {
    if !block.has("vars") {
        block.missing::<()>(report, "vars", "vars = { size_kib = [256, 512, 1024] }");
    }
    let mut table = block.table(report, "vars", "vars")?;
    let vars = table.all_numbers(report)?;
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    for (name, _) in &vars {
        if !is_name(&name.value) || ["answer", "ceil"].contains(&name.value.as_str()) {
            report.fault(
                name.offset,
                format!("'{}' cannot be the name of a value", name.value),
                "write letters, digits and _, as in size_kib; answer and ceil are taken",
            );
        }
    }
    if vars.is_empty() {
        report.fault(
            table.offset,
            "vars has no values",
            "write vars = { size_kib = [256, 512] }",
        );
        return None;
    }
    Some(vars)
}

/// `wrong = [ { answer_expr, misconception, feedback } ]`; none where one cannot be read.
fn wrong_formulas(
    block: &mut Block,
    report: &mut Reporter,
    found: &mut ExperimentValue,
) -> Option<Vec<At<WrongFormula>>> {
    let mut all = Some(Vec::new());
    for mut wrong in block.tables(report, "wrong", "wrong number") {
        let offset = wrong.offset;
        let answer =
            wrong.need_word::<Formula>(report, "answer_expr", "answer_expr = \"size_kib\"");
        let reaction = reaction(&mut wrong, report, found);
        wrong.finish(report);
        let (Some(answer), Some(reaction)) = (answer, reaction) else {
            all = None;
            continue;
        };
        need_reaction(report, offset, &reaction, "the number");
        if let Some(all) = &mut all {
            let value = WrongFormula {
                answer: answer.value,
                reaction,
            };
            all.push(At {
                value,
                offset: answer.offset,
            });
        }
    }
    all
}

/// Every name must have values, and every value must be named in the text, or nobody can answer.
fn names(
    report: &mut Reporter,
    found: &ExperimentValue,
    first: usize,
    drawn: &Drawn,
    vars: &Vars,
    answer: &At<Formula>,
    wrong: &[At<WrongFormula>],
) -> bool {
    let before = report.faults.len();
    let names: Vec<&str> = drawn.vars.iter().map(|(name, _)| name.as_str()).collect();
    let formulas = wrong
        .iter()
        .map(|wrong| (wrong.offset, &wrong.value.answer));
    for (offset, formula) in std::iter::once((answer.offset, &answer.value)).chain(formulas) {
        if let Some(fault) = draw::unknown(formula, &names) {
            report.refused(offset, &fault);
        }
    }
    let with_answer: Vec<&str> = names.iter().copied().chain(["answer"]).collect();
    let mut named = String::new();
    for text in found.texts_from(first) {
        for fault in draw::text_faults(&text.markdown, &with_answer) {
            report.refused_at(text.position, &fault);
        }
        if text.piece == Piece::Text {
            named += &text.markdown;
        }
    }
    for (name, _) in vars {
        if !named.contains(&name.value) {
            report.fault(
                name.offset,
                format!("the question does not say {}", name.value),
                format!("write {{{}}} in its text, or take it out", name.value),
            );
        }
    }
    report.faults.len() == before
}

/// Every combination must have an answer, and no wrong number may be right.
fn combinations(
    report: &mut Reporter,
    offset: usize,
    drawn: &Drawn,
    answer: &At<Formula>,
    wrong: &[At<WrongFormula>],
) -> bool {
    let count = draw::combinations(drawn);
    if count > MOST_COMBINATIONS {
        let what = format!("the values have {count} combinations");
        report.fault(offset, what, format!("leave at most {MOST_COMBINATIONS}"));
        return false;
    }
    let before = report.faults.len();
    for number in 0..count {
        let values = draw::combination(drawn, number);
        let with: Vec<_> = values
            .iter()
            .map(|(name, value)| format!("{name} = {value}"))
            .collect();
        let with = with.join(", ");
        let Some(right) = draw::value(&answer.value, &values).filter(|right| *right >= 0.0) else {
            let what = format!("there is no answer with {with}");
            report.fault(
                answer.offset,
                what,
                "take that value out, or correct the formula",
            );
            return false;
        };
        for wrong in wrong {
            let what = match draw::value(&wrong.value.answer, &values) {
                None => format!("the wrong number has no value with {with}"),
                Some(value) if (value - right).abs() <= drawn.tolerance + 1e-9 * right => {
                    format!("the number stands under wrong and is right with {with}")
                }
                Some(_) => continue,
            };
            report.fault(
                wrong.offset,
                what,
                "take that value out, or correct the formula",
            );
        }
        if report.faults.len() > before {
            return false;
        }
    }
    true
}

/// The text with the values that make it longest.
fn widest(drawn: &Drawn, text: &str) -> String {
    let all = (0..draw::combinations(drawn).min(MOST_COMBINATIONS)).map(|number| {
        let mut values = draw::combination(drawn, number);
        if let Some(answer) = draw::value(&drawn.answer, &values) {
            values.push(("answer".to_owned(), answer));
        }
        draw::filled(text, &values)
    });
    all.max_by_key(|text| text.chars().count())
        .unwrap_or_default()
}
