//! The interactive blocks of a page: `figure`, `lab`, `predict`, `quiz`, read from their TOML.

use super::{
    block::{At, Block, values},
    experiment,
    fault::instead,
    kinds::{About, Ask, Asked, QuestionKind},
    lesson::{Lab, Level, Predict, Question, Target, Trial},
    report::Report,
    text_budget::TextKind,
};
use crate::model::Query;

/// The names of the blocks that are no prose.
pub(super) const BLOCKS: [&str; 5] = ["figure", "lab", "page", "predict", "quiz"];

/// Reads a `page` block, which says about its page what no learner sees: the questions that its text answers.
pub(super) fn page(mut block: Block) {
    let report = block.report;
    let answers = block.one_or_more("answers");
    if answers.is_empty() {
        block.need("answers", "answers = \"id\"");
    }
    block.finish();
    let named = answers.iter().map(|id| report.named(&id.value, id.offset));
    report.notes.borrow_mut().answers.extend(named);
}

pub(super) fn figure(mut block: Block) -> Option<String> {
    let name = block.need_text("name");
    let report = block.report;
    block.finish();
    let name = name?;
    let named = report.named(&name.value, name.offset);
    report.notes.borrow_mut().figures.push(named);
    Some(name.value)
}

pub(super) fn lab(mut block: Block) -> Option<Target> {
    let id = block.need_id("id");
    let kind = block.text("what");
    let other = kind.filter(|kind| kind.value != "transfer");
    let spec = match &other {
        None => experiment::transfer(&mut block).map(Err),
        Some(kind) => experiment::what(&mut block, kind).map(Ok),
    };
    let report = block.report;
    // Where it is at fault, keys may be left that belong to what was meant.
    if spec.is_some() || other.is_none() {
        block.finish();
    }
    let (id, predict) = (identity(report, id)?, None);
    Some(match spec? {
        Err(spec) => Target::Lab(Lab { id, spec, predict }),
        Ok(what) => Target::Trial(Trial { id, what, predict }),
    })
}

/// Reads a `predict` block, which stands after this experiment (none where that is at fault).
pub(super) fn predict(mut block: Block, target: Option<&Target>) -> Option<Predict> {
    let about = match target {
        None => About::Unknown,
        Some(Target::Trial(trial)) => About::Other(&trial.what),
        Some(_) => About::Transfer,
    };
    let id = block.need_id("id");
    let objective = objective(&mut block);
    let level = level(&mut block);
    let text = block.need_text("text");
    let query = query(&mut block, about);
    let ask = Ask::read(&mut block, about, query.as_ref());
    let hints = hints(&mut block);
    let explain = block.need_shown("explain", TextKind::Explain);
    let report = block.report;
    block.finish();
    let id = identity(report, id)?;
    let text = text?;
    report.text(TextKind::Question, &text);
    Some(Predict {
        id,
        objective,
        level,
        text: text.value,
        query: query?,
        ask: ask?,
        hints,
        explain: explain?.value,
    })
}

/// `query`: a figure of a transfer, or one of what the experiment above has.
fn query(block: &mut Block, about: About) -> Option<Query> {
    let what = match about {
        About::Unknown => return Some(Query(block.need_text("query")?.value)),
        About::Transfer => return Some(block.need_word("query", "query = \"syscalls\"")?.value),
        About::Other(what) => what,
    };
    let names = what.queries();
    block.need("query", &format!("query = \"{}\"", names[0]));
    let name = block.text("query")?;
    if !names.contains(&name.value) {
        let advice = instead(&name.value, names.iter().map(String::as_str), || {
            format!("there are {}", names.join(", "))
        });
        let fault = format!("'{}' is not a figure of {}", name.value, what.title());
        block.report.fault(name.offset, fault, advice);
        return None;
    }
    Some(Query(name.value))
}

/// Reads a `quiz` block, which stands on `line` of the file.
pub(super) fn question(mut block: Block, line: usize) -> Option<Question> {
    let report = block.report;
    let first_text = report.notes.borrow().texts.len();
    let id = block.need_id("id");
    let name = block.need_text("kind");
    let objective = objective(&mut block);
    let level = level(&mut block);
    let text = block.need_text("text");
    let hints = hints(&mut block);
    let explain = block.need_shown("explain", TextKind::Explain);
    if let Some(text) = &text {
        report.text(TextKind::Question, text);
    }
    let asked = Asked {
        id: id.as_ref().map_or("", |id| &id.value),
        first_text,
    };
    let kind = name.as_ref();
    let kind = kind.and_then(|name| QuestionKind::read(name, &mut block, &asked));
    // Where the kind is unknown nobody knows which keys belong, so none is called unknown.
    if name.is_some_and(|name| QuestionKind::is_known(&name.value)) {
        block.finish();
    }
    Some(Question {
        id: identity(report, id)?,
        objective,
        level,
        text: text?.value,
        kind: kind?,
        hints,
        explain: explain?.value,
        line,
    })
}

fn objective(block: &mut Block) -> Option<String> {
    let objective = block.text("objective")?;
    let mut notes = block.report.notes.borrow_mut();
    notes.served.push(objective.clone());
    Some(objective.value)
}

fn level(block: &mut Block) -> Option<Level> {
    block.word("level").map(|level| level.value)
}

/// An id of the course, which is noted: no other may be the same.
fn identity(report: &Report, id: Option<At<String>>) -> Option<String> {
    let id = id?;
    let named = report.named(&id.value, id.offset);
    report.notes.borrow_mut().ids.push(named);
    Some(id.value)
}

fn hints(block: &mut Block) -> Vec<String> {
    values(block.shown("hints", TextKind::Hint))
}
