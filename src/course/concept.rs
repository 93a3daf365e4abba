//! The concept test: the same questions before and after the course, and what was gained in between.

/// The id of the test; its file is `concept-test.md`.
pub(crate) const ID: &str = "concept-test";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sitting {
    Before,
    After,
}

impl Sitting {
    pub(crate) const BOTH: [Sitting; 2] = [Sitting::Before, Sitting::After];

    /// `before`, `after`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Sitting::Before => "before",
            Sitting::After => "after",
        }
    }

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
    Sitting::BOTH.iter().any(|sitting| sitting.id() == lesson)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Score {
    pub answered: usize,
    pub right: usize,
    /// Questions there are.
    pub of: usize,
}

/// What was gained, of what could be gained (Hake's normalised gain): 1 where all that was missing was learned. None
/// where nothing was missing.
pub(crate) fn gain(before: Score, after: Score) -> Option<f64> {
    let missing = before
        .of
        .checked_sub(before.right)
        .filter(|missing| *missing > 0)?;
    Some((after.right as f64 - before.right as f64) / missing as f64)
}

/// Both scores and the gain in words, a line each.
pub(crate) fn report(scores: [Option<Score>; 2]) -> Vec<String> {
    let mut lines: Vec<String> = Sitting::BOTH
        .iter()
        .zip(&scores)
        .map(|(sitting, score)| match score {
            None => format!("{}: not taken yet", sitting.name()),
            Some(Score {
                answered,
                right,
                of,
            }) if answered < of => {
                format!(
                    "{}: {right} of {of} right, {} left open",
                    sitting.name(),
                    of - answered
                )
            }
            Some(Score { right, of, .. }) => format!("{}: {right} of {of} right", sitting.name()),
        })
        .collect();
    if let [Some(before), Some(after)] = scores {
        lines.push(match gain(before, after) {
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
