//! `order`: lines to bring in order.

use super::{
    options::QuestionOption,
    prelude::*,
    read::{need_reaction, otherwise, reaction},
    typed,
};
use crate::course::seeded_rng::SeededRng;

/// Lines to bring in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// The lines, in the right order.
    pub lines: Vec<String>,
    /// Lines that do not belong, each with what it shows.
    pub distractors: Vec<QuestionOption>,
    /// Said when the right lines stand in a wrong order.
    pub otherwise: Reaction,
    /// Both as they are presented.
    shown: Vec<String>,
}

impl Order {
    /// The question of that id.
    pub fn new(
        id: &str,
        lines: Vec<String>,
        distractors: Vec<QuestionOption>,
        otherwise: Reaction,
    ) -> Order {
        let others = distractors.iter().map(|line| &line.text);
        let mut shown: Vec<String> = lines.iter().chain(others).cloned().collect();
        SeededRng::of(id).shuffle(&mut shown);
        let in_order = |shown: &[String]| {
            let belonging = shown.iter().filter(|text| lines.contains(text));
            belonging.eq(lines.iter())
        };
        // A turn puts another line first; one of them is no beginning of the right order.
        for _ in 0..shown.len() {
            if !in_order(&shown) {
                break;
            }
            shown.rotate_left(1);
        }
        Order {
            lines,
            distractors,
            otherwise,
            shown,
        }
    }

    /// The lines as they are presented, those that belong and the others mixed: always the same for the same question,
    /// and never in the right order.
    pub fn shown(&self) -> &[String] {
        &self.shown
    }

    /// The right order, as places among the lines presented, from 0; of equal lines each is taken once.
    pub fn right_order(&self) -> Vec<usize> {
        let mut taken = Vec::new();
        for line in &self.lines {
            let free = |at: &usize| self.shown[*at] == *line && !taken.contains(at);
            if let Some(at) = (0..self.shown.len()).find(free) {
                taken.push(at);
            }
        }
        taken
    }

    fn intruder(&self, line: &str) -> Option<&QuestionOption> {
        self.distractors.iter().find(|other| other.text == line)
    }
}

impl Read for Order {
    const NAME: &'static str = "order";

    fn read(block: &mut Block, asked: &Asked) -> Option<Order> {
        block.need("lines", "lines = [\"first\", \"second\"]");
        let lines = block.shown("lines", TextKind::Option);
        let distractors = block.tables("distractors", "distractor").into_iter();
        let distractors = distractors.filter_map(|distractor| read_distractor(distractor, &lines));
        let distractors: Vec<_> = distractors.collect();
        let otherwise = otherwise(block);
        let lines = values(lines);
        if lines.iter().all(|line| *line == lines[0]) {
            if !lines.is_empty() {
                block.fault(
                    "the question has nothing to bring in order",
                    "write at least two different lines",
                );
            }
            return None;
        }
        Some(Order::new(asked.id, lines, distractors, otherwise))
    }
}

fn read_distractor(mut block: Block, lines: &[At<String>]) -> Option<QuestionOption> {
    let text = block.need_text("text");
    let reaction = reaction(&mut block);
    if let Some(text) = &text {
        need_reaction(&block, block.offset, &reaction, "the distractor");
        if lines.iter().any(|line| line.value == text.value) {
            block.report.fault(
                text.offset,
                "the distractor is also one of the lines",
                "write a line that does not belong",
            );
        }
        block.report.text(TextKind::Option, text);
    }
    block.finish();
    Some(QuestionOption {
        text: text?.value,
        right: false,
        reaction,
    })
}

impl Kind for Order {
    fn read_answer(&self, typed: &str) -> Result<Given, String> {
        typed::positions(self.shown.len(), typed).map(Given::Lines)
    }

    fn mark(&self, given: &Given, _: Option<&ExperimentValue>) -> Result<Verdict, String> {
        let picked = match given {
            Given::Lines(picked) if picked.iter().all(|at| *at < self.shown.len()) => picked,
            _ => return Err(not_for_this(given)),
        };
        let lines = || picked.iter().map(|at| &self.shown[*at]);
        let reaction = || match lines().find_map(|line| self.intruder(line)) {
            Some(line) => line.reaction.clone(),
            None if picked.len() < self.lines.len() => {
                Reaction::incomplete(match self.lines.len() - picked.len() {
                    1 => "What you chose belongs; one more line does.".to_owned(),
                    more => format!("What you chose belongs; {more} more lines do."),
                })
            }
            None => self.otherwise.clone(),
        };
        let reaction = (!lines().eq(&self.lines)).then(reaction);
        // The numbers as they are typed, and the lines that they stand for.
        let numbers = Given::Lines(self.right_order());
        let answer = format!("{numbers}\n\n```text\n{}\n```", self.lines.join("\n"));
        Ok(Verdict::of(given, reaction, answer))
    }

    fn plain(&self) -> Plain {
        let how = "the numbers of the lines that belong, in the right order.";
        Plain::numbered(&self.shown, how)
    }

    fn export(&self, _: Option<f64>) -> Exported {
        let option = |text: &String| {
            let intruder = self.intruder(text);
            let reaction = intruder.map(|line| &line.reaction);
            ExportedOption::new(text, intruder.is_none(), reaction)
        };
        Exported {
            options: self.shown.iter().map(option).collect(),
            answer: Some(Given::Lines(self.right_order()).to_string()),
            otherwise: feedback(&self.otherwise),
        }
    }

    /// Position to line.
    fn item(&self, _: Option<f64>) -> Option<Item> {
        let lines = (1..).zip(&self.lines);
        let pairs = lines.map(|(place, line)| (format!("{place}."), line.clone()));
        let others = self.distractors.iter().map(|line| line.text.clone());
        Some(Item::of(ItemForm::Pairs {
            pairs: pairs.collect(),
            others: others.collect(),
        }))
    }

    fn press(&self, draft: &mut Draft, key: Key) -> Press {
        press(draft, key, self.shown.len())
    }

    fn given(&self, draft: &Draft) -> Option<Given> {
        (!draft.picks.is_empty()).then(|| Given::Lines(draft.picks.clone()))
    }

    fn can_erase(&self, draft: &Draft) -> bool {
        !draft.picks.is_empty()
    }

    fn view(&self, shown: &Shown) -> View {
        let mut view = view(&self.shown, shown);
        view.judged_below(shown);
        view
    }

    fn beside(&self, draft: &Draft) -> Option<View> {
        beside(&self.shown, draft)
    }

    fn solution(&self) -> Option<String> {
        let lines = (1..).zip(&self.lines);
        let lines = lines.map(|(place, line)| format!("\n{place}. {line}"));
        Some(format!("In order:{}", lines.collect::<String>()))
    }
}

pub(super) fn press(draft: &mut Draft, key: Key, lines: usize) -> Press {
    if key == Key::Erase {
        draft.picks.pop();
        return Press::Same;
    }
    draft.press_several(key, lines)
}

/// The lines, each with its place among the chosen ones.
pub(super) fn view(lines: &[String], shown: &Shown) -> View {
    let mut view = View::default();
    view.instruction(
        shown,
        "Choose the lines in their order; choosing one again takes it back.",
    );
    for (index, line) in lines.iter().enumerate() {
        let place = shown.draft.picks.iter().position(|pick| *pick == index);
        let focused = shown.draft.focus == index;
        let cursor = if focused { "▸ " } else { "  " };
        let (place, tone) = match place {
            Some(place) => (format!("  {}. ", place + 1), Tone::Accent),
            None => ("  ·  ".to_owned(), Tone::Dim),
        };
        let row = Columns {
            cells: vec![
                (cursor.to_owned(), Tone::Accent),
                (format!("{}", index + 1), Tone::Strong),
                (place, tone),
                (line.clone(), Tone::Text),
            ],
            click: Some(Click::Option(index)),
            ..Columns::default()
        };
        view.row(row, focused);
    }
    view
}

/// The chosen lines in the learner's order.
pub(super) fn beside(lines: &[String], draft: &Draft) -> Option<View> {
    let mut view = View::default();
    view.text("Your order", Tone::Strong);
    view.blank(true);
    let picked = draft.picks.iter().filter_map(|pick| lines.get(*pick));
    for (place, line) in (1..).zip(picked) {
        view.lines.push(Line::Numbered(place, line.clone()));
    }
    (!draft.picks.is_empty()).then_some(view)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_shuffled_the_same_way_and_never_right() {
        let reaction = |text: &str| Reaction::incomplete(text.to_owned());
        let order = |id: &str, lines: &[&str]| {
            let z = QuestionOption {
                text: "z".to_owned(),
                right: false,
                reaction: reaction("z"),
            };
            let lines = lines.iter().map(|line| (*line).to_owned()).collect();
            Order::new(id, lines, vec![z], reaction("order"))
        };
        for name in 0..200 {
            for lines in [&["a", "b"][..], &["a", "b", "a"], &["a", "b", "c", "d"]] {
                let id = format!("q{name}");
                let asked = order(&id, lines);
                assert_eq!(asked, order(&id, lines));
                let shown = asked.shown();
                let in_order: Vec<_> = shown.iter().filter(|line| **line != "z").collect();
                assert!(!in_order.into_iter().eq(lines.iter()), "{shown:?}");

                let mark = |picked: &[usize]| asked.mark(&Given::Lines(picked.to_vec()), None);
                let mut picked = asked.right_order();
                assert!(picked.iter().map(|at| &shown[*at]).eq(lines.iter()));
                assert!(mark(&picked).unwrap().right);
                let begun = mark(&picked[..1]).unwrap().reaction.unwrap().feedback;
                assert!(begun.starts_with("What you chose belongs"), "{begun}");
                picked.extend(shown.iter().position(|line| line == "z"));
                assert_eq!(mark(&picked).unwrap().reaction, Some(reaction("z")));
            }
        }
    }
}
