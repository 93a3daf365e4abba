//! `choice`: one option is right.

use super::{
    options::{self, QuestionOption},
    prelude::*,
    typed,
};
use crate::course::prose;

/// One option is right.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice(pub Vec<QuestionOption>);

impl Read for Choice {
    const NAME: &'static str = "choice";

    fn read(block: &mut Block, _: &Asked) -> Option<Choice> {
        let options = options::read(block, |block, options| {
            let right: Vec<_> = options.iter().filter(|option| option.value.right).collect();
            match right[..] {
                [] => block.fault(
                    "the question has no right option",
                    "mark one with right = true",
                ),
                [_] => {}
                [_, second, ..] => block.report.fault(
                    second.offset,
                    "a second option is right",
                    "leave one right, or write kind = \"multi\"",
                ),
            }
        });
        options.map(Choice)
    }
}

impl Kind for Choice {
    fn lint(&self) -> Vec<(String, &'static str)> {
        let mut found = options::lint(&self.0);
        let longest = |right: bool| {
            let alike = self.0.iter().filter(|option| option.right == right);
            alike.map(|option| prose::width(&option.text)).max()
        };
        if let (Some(right), Some(longest)) = (longest(true), longest(false))
            && right * 4 > longest * 5
        {
            found.push((
                format!("the right option is the longest by far: {right} columns, and the others {longest} at most"),
                "shorten it, or give another option as much to say",
            ));
        }
        found
    }

    fn right_place(&self) -> Option<usize> {
        self.0.iter().position(|option| option.right)
    }

    fn read_answer(&self, typed: &str) -> Result<Given, String> {
        match &typed::letters(self.0.len(), typed)?[..] {
            [index] => Ok(Given::Options(vec![*index])),
            _ => Err("one option is right: write one letter, as in b".to_owned()),
        }
    }

    fn mark(&self, given: &Given, _: Option<&ExperimentValue>) -> Result<Verdict, String> {
        let option = match given {
            Given::Options(picked) if picked.len() == 1 => self.0.get(picked[0]),
            _ => None,
        };
        let option = option.ok_or_else(|| not_for_this(given))?;
        let reaction = (!option.right).then(|| option.reaction.clone());
        Ok(Verdict::of(given, reaction, options::right(&self.0)))
    }

    fn plain(&self) -> Plain {
        options::plain(&self.0, "one letter.")
    }

    fn export(&self, _: Option<f64>) -> Exported {
        options::export(&self.0)
    }

    fn item(&self, _: Option<f64>) -> Option<Item> {
        Some(options::item(&self.0))
    }

    fn press(&self, draft: &mut Draft, key: Key) -> Press {
        draft.press_one(key, self.0.len())
    }

    fn given(&self, draft: &Draft) -> Option<Given> {
        draft.one().map(|chosen| Given::Options(vec![chosen]))
    }

    fn view(&self, shown: &Shown) -> View {
        let mut view = View::default();
        options::view(&mut view, &self.0, shown, false, shown.roomy);
        view
    }
}
