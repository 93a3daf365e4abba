//! The questions as GIFT, the text format that Moodle imports. What a kind's answers look like in it,
//! `course::kinds` knows.

use crate::course::{Lesson, Question, kinds::gift::escaped};

/// Questions with drawn values are written so many times, each with other values.
const DRAWINGS: u64 = 3;

/// Where the questions of a lesson are filed.
pub(crate) fn category(lesson: &Lesson) -> String {
    let title = lesson.title.replace('/', "//");
    format!(
        "\n$CATEGORY: $course$/top/zclab/{:02} {title}\n\n",
        lesson.number
    )
}

/// A question; none where its answer is not known. `recorded` is the answer where a run gives it.
pub(crate) fn question(question: &Question, recorded: Option<f64>) -> Option<String> {
    if question.is_drawn() {
        let each = (0..DRAWINGS).filter_map(|turn| {
            let mut asked = question.asked(turn);
            asked.id = format!("{}-{}", question.id, turn + 1);
            one(&asked, None)
        });
        return Some(each.collect());
    }
    one(question, recorded)
}

fn one(question: &Question, recorded: Option<f64>) -> Option<String> {
    let kind = question.kind.gift(recorded)?;
    Some(format!(
        "::{}::[markdown]{}{} {{{}####{}\n}}\n\n",
        escaped(&question.id),
        escaped(&question.text),
        kind.text,
        kind.answers,
        escaped(&question.explain)
    ))
}
