//! Options to choose from, as `choice` and `multi` have them.

use super::{
    prelude::*,
    read::{need_reaction, reaction},
};

/// How several of them are chosen.
pub(super) const SEVERAL: &str = "One or more are right: choose them, then Enter.";

/// One option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionOption {
    /// What it says.
    pub text: String,
    /// Whether it is right.
    pub right: bool,
    /// What choosing it (or, in a multi, leaving a right one out) shows.
    pub reaction: Reaction,
}

/// The options; none where there are too few or too many, which is reported. `right` says what is wrong with those
/// that are right.
pub(super) fn read(
    block: &mut Block,
    check: impl Fn(&Block, &[At<QuestionOption>]),
) -> Option<Vec<QuestionOption>> {
    let had = block.has("options");
    let options = block.tables("options", "option").into_iter();
    let options: Vec<_> = options.filter_map(read_option).collect();
    if !had {
        let example = "options = [ { text = \"...\", right = true }, ... ]";
        return block.missing("options", example);
    }
    if options.len() < 2 {
        block.fault("the question has fewer than two options", "add options");
        return None;
    }
    // Letters name them: a to z.
    if options.len() > 26 {
        block.fault("the question has more than 26 options", "take some out");
        return None;
    }
    check(block, &options);
    for option in options.iter().filter(|option| !option.value.right) {
        need_reaction(block, option.offset, &option.value.reaction, "the option");
    }
    Some(values(options))
}

fn read_option(mut block: Block) -> Option<At<QuestionOption>> {
    let text = block.need_text("text");
    let right = block.switch("right");
    let reaction = reaction(&mut block);
    let (offset, report) = (block.offset, block.report);
    block.finish();
    let text = text?;
    report.text(TextKind::Option, &text);
    let value = QuestionOption {
        text: text.value,
        right,
        reaction,
    };
    Some(At { value, offset })
}

/// The options that are about the others.
pub(super) fn lint(options: &[QuestionOption]) -> Vec<(String, &'static str)> {
    const FORMS: [&str; 4] = [
        "all of the",
        "none of the above",
        "both of the above",
        "all of these",
    ];
    let about_others = |option: &&QuestionOption| {
        let text = option.text.to_lowercase();
        FORMS.iter().any(|form| text.contains(form))
    };
    let found = options.iter().filter(about_others).map(|option| {
        let what = format!("the option '{}' is about the others", option.text);
        (what, "write what it says in its own words")
    });
    found.collect()
}

/// `a) yes; c) no`: the right ones.
pub(super) fn right(options: &[QuestionOption]) -> String {
    let named =
        right_places(options).map(|at| format!("{}) {}", Given::letter(at), options[at].text));
    named.collect::<Vec<_>>().join("; ")
}

fn right_places(options: &[QuestionOption]) -> impl Iterator<Item = usize> {
    (0..options.len()).filter(|at| options[*at].right)
}

pub(super) fn plain(options: &[QuestionOption], answer: &str) -> Plain {
    Plain::lettered(options.iter().map(|option| &option.text), answer)
}

pub(super) fn export(options: &[QuestionOption]) -> Exported {
    let exported = |option: &QuestionOption| {
        ExportedOption::new(&option.text, option.right, Some(&option.reaction))
    };
    Exported {
        options: options.iter().map(exported).collect(),
        answer: Some(Given::Options(right_places(options).collect()).to_string()),
        otherwise: None,
    }
}

/// The options as other systems know them.
pub(super) fn item(options: &[QuestionOption]) -> Item {
    let option = |option: &QuestionOption| ItemOption {
        text: option.text.clone(),
        right: option.right,
        feedback: feedback(&option.reaction),
    };
    Item::of(ItemForm::Choice {
        options: options.iter().map(option).collect(),
        in_order: false,
    })
}

/// The options on the screen. `several`: any number of them can be chosen. `gaps`: an empty row below each.
pub(super) fn view(
    view: &mut View,
    options: &[QuestionOption],
    shown: &Shown,
    several: bool,
    gaps: bool,
) {
    let reacted = first_wrong(options, shown);
    for (index, option) in options.iter().enumerate() {
        let picked = shown.draft.picks.contains(&index);
        let focused = shown.draft.focus == index;
        let mark = match (shown.verdict, picked) {
            (Some(_), true) if option.right => "✓",
            (Some(_), true) => "✗",
            (None, true) if several => "■",
            // Asked for, and not found.
            (_, false) if shown.explained && option.right => "✓",
            _ if picked || several && focused => "▸",
            _ => " ",
        };
        let right = match shown.verdict {
            Some(_) if picked => "your answer ",
            None if picked && !several && !shown.waiting => COMMITS,
            _ => "",
        };
        let marked = picked && (!several || shown.verdict.is_some());
        let mut row = view.option(index, &option.text, mark, marked);
        row.right = right;
        view.row(row, focused);
        if let (true, Some(reaction)) = (reacted == Some(index), shown.reaction()) {
            view.blank(shown.roomy);
            view.reaction(reaction);
        }
        view.blank(gaps);
    }
}

/// The option under which the reaction stands.
pub(super) fn first_wrong(options: &[QuestionOption], shown: &Shown) -> Option<usize> {
    let (Given::Options(picked) | Given::Lines(picked)) = &shown.verdict?.given else {
        return None;
    };
    let wrongly = |at: &&usize| options.get(**at).is_some_and(|option| !option.right);
    picked.iter().find(wrongly).copied()
}
