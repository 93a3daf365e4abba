//! Moodle XML, as Moodle's own reader takes it (question/format/xml/format.php): a category before its questions, texts
//! with their format, the weight of an answer as a percentage, `*` for any other number.

use super::{Course, Entry, Lesson, weight};
use crate::{
    cli::markup::{escaped, plain},
    course::kinds::item::{ItemForm, ItemOption},
};

/// All of it.
pub(super) fn write(course: &Course) -> String {
    let lessons: String = course.lessons.iter().map(lesson).collect();
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<quiz>\n{lessons}</quiz>\n")
}

fn lesson(lesson: &Lesson) -> String {
    let category = escaped(&lesson.category());
    let questions: String = lesson.entries.iter().map(question).collect();
    format!(
        "  <question type=\"category\">\n    <category><text>{category}</text></category>\n  </question>\n{questions}"
    )
}

fn question(entry: &Entry) -> String {
    let (kind, answers) = match &entry.item.form {
        ItemForm::Choice { options, in_order } => ("multichoice", choice(options, *in_order)),
        ItemForm::Number { .. } => ("numerical", number(&entry.item.form)),
        ItemForm::Pairs { pairs, others } => ("match", matching(pairs, others)),
    };
    let id = escaped(&entry.id);
    let text = markdown("questiontext", &entry.text());
    let explanation = markdown("generalfeedback", &entry.explanation);
    let hints = entry.hints.iter().map(|hint| markdown("hint", hint));
    let hints: String = hints.map(|hint| format!("    {hint}\n")).collect();
    format!(
        "  <question type=\"{kind}\">\n    <name><text>{id}</text></name>\n    {text}\n    {explanation}\n    \
         <defaultgrade>1</defaultgrade>\n    <penalty>0.3333333</penalty>\n    <hidden>0</hidden>\n    \
         <idnumber>{id}</idnumber>\n{answers}{hints}  </question>\n"
    )
}

/// An element that holds a text in CommonMark, which Moodle calls markdown.
fn markdown(name: &str, text: &str) -> String {
    let text = escaped(text);
    format!("<{name} format=\"markdown\"><text>{text}</text></{name}>")
}

fn choice(options: &[ItemOption], in_order: bool) -> String {
    let single = options.iter().filter(|option| option.right).count() == 1;
    let shuffled = !in_order;
    let option = |option: &ItemOption| {
        let fraction = match weight(option, options) {
            Some(weight) => weight,
            None => if option.right { "100" } else { "0" }.to_owned(),
        };
        let text = escaped(&option.text);
        let feedback = markdown("feedback", option.feedback.as_deref().unwrap_or_default());
        format!(
            "    <answer fraction=\"{fraction}\" format=\"markdown\"><text>{text}</text>{feedback}</answer>\n"
        )
    };
    let options: String = options.iter().map(option).collect();
    format!(
        "    <single>{single}</single>\n    <shuffleanswers>{shuffled}</shuffleanswers>\n    \
         <answernumbering>abc</answernumbering>\n{options}"
    )
}

fn number(form: &ItemForm) -> String {
    let ItemForm::Number {
        right,
        tolerance,
        wrong,
        otherwise,
    } = form
    else {
        return String::new();
    };
    let answer = |fraction: u32, value: &str, feedback: Option<&str>, tolerance: f64| {
        let feedback = markdown("feedback", feedback.unwrap_or_default());
        format!(
            "    <answer fraction=\"{fraction}\"><text>{value}</text>{feedback}<tolerance>{tolerance}</tolerance></answer>\n"
        )
    };
    let mut answers = answer(100, &right.to_string(), None, *tolerance);
    for (value, feedback) in wrong {
        answers += &answer(0, &value.to_string(), feedback.as_deref(), 0.0);
    }
    if let Some(feedback) = otherwise {
        answers += &answer(0, "*", Some(feedback), 0.0);
    }
    answers
}

/// The right sides have no markup in Moodle. One without a left side belongs to nothing.
fn matching(pairs: &[(String, String)], others: &[String]) -> String {
    let pairs = pairs.iter().map(|(left, right)| (left.as_str(), right));
    let others = others.iter().map(|right| ("", right));
    let side = |(left, right): (&str, &String)| {
        let (left, right) = (escaped(left), escaped(&plain(right)));
        format!(
            "    <subquestion format=\"markdown\"><text>{left}</text><answer><text>{right}</text></answer></subquestion>\n"
        )
    };
    let sides: String = pairs.chain(others).map(side).collect();
    format!("    <shuffleanswers>true</shuffleanswers>\n{sides}")
}
