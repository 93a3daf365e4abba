//! `multi`: any number of options are right; all of them and no other must be chosen.

use super::{
    options::{self, QuestionOption},
    prelude::*,
    typed,
};

/// Any number of options are right.
#[derive(Clone, Debug, PartialEq)]
pub struct Multi(pub Vec<QuestionOption>);

impl Read for Multi {
    const NAME: &'static str = "multi";

    fn read(block: &mut Block, _: &Asked) -> Option<Multi> {
        let options = options::read(block, |block, options| {
            if !options.iter().any(|option| option.value.right) {
                block.fault(
                    "the question has no right option",
                    "mark each right one with right = true",
                );
            }
        });
        options.map(Multi)
    }
}

impl Multi {
    /// What is said where right options were left out: what the first of them says, or how many there are.
    fn missed(&self, left_out: &[usize]) -> Reaction {
        let mut reactions = left_out.iter().map(|index| &self.0[*index].reaction);
        let said = reactions.find(|reaction| !reaction.feedback.is_empty());
        said.cloned().unwrap_or_else(|| {
            Reaction::incomplete(match left_out.len() {
                1 => "What you chose is right; one more option is.".to_owned(),
                more => format!("What you chose is right; {more} more options are."),
            })
        })
    }
}

impl Kind for Multi {
    fn lint(&self) -> Vec<(String, &'static str)> {
        let mut found = options::lint(&self.0);
        if self.0.iter().all(|option| option.right) {
            found.push((
                "every option is right".to_owned(),
                "add one that a learner believes and that is wrong",
            ));
        }
        found
    }

    fn read_answer(&self, typed: &str) -> Result<Given, String> {
        let mut picked = typed::letters(self.0.len(), typed)?;
        picked.sort_unstable();
        Ok(Given::Options(picked))
    }

    fn mark(&self, given: &Given, _: Option<&ExperimentValue>) -> Result<Verdict, String> {
        let picked = match given {
            Given::Options(picked) if picked.iter().all(|at| *at < self.0.len()) => picked,
            _ => return Err(not_for_this(given)),
        };
        let left_out = (0..self.0.len()).filter(|at| self.0[*at].right && !picked.contains(at));
        let left_out: Vec<usize> = left_out.collect();
        // What was wrongly chosen says more about the learner than what was left out.
        let reaction = match picked.iter().find(|at| !self.0[**at].right) {
            Some(index) => Some(self.0[*index].reaction.clone()),
            None => (!left_out.is_empty()).then(|| self.missed(&left_out)),
        };
        Ok(Verdict::of(given, reaction, options::right(&self.0)))
    }

    fn plain(&self) -> Plain {
        options::plain(&self.0, "every letter that is right.")
    }

    fn export(&self, _: Option<f64>) -> Exported {
        options::export(&self.0)
    }

    fn item(&self, _: Option<f64>) -> Option<Item> {
        Some(options::item(&self.0))
    }

    fn press(&self, draft: &mut Draft, key: Key) -> Press {
        draft.press_several(key, self.0.len())
    }

    fn given(&self, draft: &Draft) -> Option<Given> {
        let mut picked = draft.picks.clone();
        picked.sort_unstable();
        (!picked.is_empty()).then_some(Given::Options(picked))
    }

    fn view(&self, shown: &Shown) -> View {
        let mut view = View::default();
        view.text(options::SEVERAL, Tone::Dim);
        view.blank(shown.roomy);
        options::view(&mut view, &self.0, shown, true, shown.roomy);
        if let (Some(verdict), None) = (shown.verdict, options::first_wrong(&self.0, shown)) {
            view.judged(verdict);
        }
        view
    }
}
