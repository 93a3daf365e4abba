//! What several kinds have in their TOML: reactions, wrong answers, a tolerance.

use super::verdict::{Reaction, Wrong};
use crate::course::{
    block::{At, Block},
    text_budget::TextKind,
};

/// `misconception` and `feedback`, both empty where neither is there; one without the other is a fault.
pub(in crate::course) fn reaction(block: &mut Block) -> Reaction {
    let misconception = block.text("misconception");
    if let Some(named) = &misconception {
        name_the_belief(block, named);
    }
    let feedback = block.text("feedback");
    let offset = feedback.as_ref().map(|feedback| feedback.offset);
    let both = offset.filter(|_| misconception.is_some());
    let text = |text: Option<At<String>>| text.map(|text| text.value).unwrap_or_default();
    let reaction = Reaction {
        misconception: text(misconception),
        feedback: text(feedback),
    };
    if let Some(offset) = both {
        let value = reaction.markdown();
        block.report.text(TextKind::Reaction, &At { value, offset });
    }
    reaction
}

/// "X taken for Y" judges from outside; a learner recognises the belief itself.
fn name_the_belief(block: &Block, misconception: &At<String>) {
    let words = [" taken for ", " taken to "];
    if let Some(word) = words
        .iter()
        .find(|word| misconception.value.contains(**word))
    {
        block.report.fault(
            misconception.offset,
            format!("the misconception says what was '{}' what", word.trim()),
            "state the belief as the learner would, such as \"A mapping is a copy.\"",
        );
    }
}

/// A wrong answer must name its misconception and answer it: `name` is that of the answer, at `block`'s offset.
pub(super) fn need_reaction(block: &Block, offset: usize, reaction: &Reaction, name: &str) {
    for (key, text) in [
        ("misconception", &reaction.misconception),
        ("feedback", &reaction.feedback),
    ] {
        if text.is_empty() {
            let what = format!("{name} is wrong and has no {key}");
            let advice = format!("add {key} = \"...\"");
            block.report.fault(offset, what, advice);
        }
    }
}

/// `wrong`: a list of tables, called `table` in messages, each with an answer and its reaction. Gives the offset of each
/// table, too.
pub(super) fn wrong<T>(
    block: &mut Block,
    table: &'static str,
    name: &str,
    mut answer: impl FnMut(&mut Block) -> Option<At<T>>,
) -> Vec<(usize, Wrong<At<T>>)> {
    let mut all = Vec::new();
    for mut wrong in block.tables("wrong", table) {
        let offset = wrong.offset;
        let answer = answer(&mut wrong);
        let reaction = reaction(&mut wrong);
        wrong.finish();
        if let Some(answer) = answer {
            need_reaction(block, offset, &reaction, name);
            all.push((offset, Wrong { answer, reaction }));
        }
    }
    all
}

/// `otherwise = { misconception, feedback }`, which every question needs that can be answered wrongly in
/// more ways than it lists.
pub(super) fn otherwise(block: &mut Block) -> Reaction {
    block.need(
        "otherwise",
        "otherwise = { misconception = \"...\", feedback = \"...\" }",
    );
    let Some(mut table) = block.table("otherwise", "otherwise") else {
        return Reaction::default();
    };
    let offset = table.offset;
    let reaction = reaction(&mut table);
    table.finish();
    need_reaction(block, offset, &reaction, "any other answer");
    reaction
}

/// `tolerance`: 0 where it is not there.
pub(super) fn tolerance(block: &mut Block) -> f64 {
    let Some(tolerance) = block.number("tolerance") else {
        return 0.0;
    };
    if tolerance.value < 0.0 {
        block.report.fault(
            tolerance.offset,
            "the tolerance is negative",
            "write 0 or more: how far off is still right",
        );
    }
    tolerance.value.max(0.0)
}
