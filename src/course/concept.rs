//! The concept test: the same questions before and after the course, and what was gained in between.

use crate::model::named;

/// The id of the test; its file is `concept-test.md`.
pub(crate) const ID: &str = "concept-test";

named! {
    /// When the test is taken.
    pub enum Sitting {
        /// Before the course.
        Before = "before",
        /// After it.
        After = "after",
    }
}

impl Sitting {
    /// The lesson's id under which its answers are kept.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Sitting::Before => "concept-before",
            Sitting::After => "concept-after",
        }
    }
}

/// Whether answers of that lesson are those of a concept test.
pub(crate) fn is_sitting(lesson: &str) -> bool {
    Sitting::ALL.iter().any(|sitting| sitting.id() == lesson)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Score {
    pub answered: usize,
    pub right: usize,
    /// Questions there are.
    pub of: usize,
}

/// What was gained, of what could be gained (Hake's normalised gain): 1 where all that was missing was learned. None
/// where nothing was missing, or where a test was not taken.
pub(crate) fn gain(scores: [Option<Score>; 2]) -> Option<f64> {
    let [before, after] = [scores[0]?, scores[1]?];
    let missing = before.of.saturating_sub(before.right);
    (missing > 0).then(|| (after.right as f64 - before.right as f64) / missing as f64)
}

/// Both scores and the gain in words, a line each.
pub(crate) fn report(scores: [Option<Score>; 2]) -> Vec<String> {
    let sittings = Sitting::ALL.into_iter().zip(scores);
    let mut lines: Vec<String> = sittings
        .map(|(sitting, score)| {
            let Some(Score {
                answered,
                right,
                of,
            }) = score
            else {
                return format!("{}: not taken yet", sitting.name());
            };
            let open = match of.saturating_sub(answered) {
                0 => String::new(),
                open => format!(", {open} left open"),
            };
            format!("{}: {right} of {of} right{open}", sitting.name())
        })
        .collect();
    if let [Some(before), Some(after)] = scores {
        lines.push(match gain(scores) {
            None => "gain: nothing was missing before".to_owned(),
            Some(gain) => format!(
                "gain: {:+} of {} that were missing before ({:.0} %)",
                after.right as i64 - before.right as i64,
                before.of - before.right,
                gain * 100.0
            ),
        });
    }
    lines
}
