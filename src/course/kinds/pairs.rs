//! `match`: things on the left, each to be paired with one on the right.

use super::{
    prelude::*,
    read::{need_reaction, reaction},
    typed,
};
use crate::course::{prose, seeded_rng::SeededRng};

/// Pairs and right sides that a screen has room and digits for.
const MOST_PAIRS: usize = 6;
const MOST_RIGHTS: usize = 7;
/// Columns of cursor or mark, and of the partner's number with the gaps beside it.
const MARK: usize = 3;
const PARTNER: usize = 6;

/// Two things that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// `sendfile`.
    pub left: String,
    /// `page references`.
    pub right: String,
    /// What pairing the left one with anything else shows.
    pub reaction: Reaction,
}

/// Things on the left, each to be paired with one on the right.
#[derive(Clone, Debug, PartialEq)]
pub struct Match {
    /// The pairs. Two may have the same right side.
    pub pairs: Vec<Pair>,
    /// Right sides that belong to nothing.
    pub distractors: Vec<String>,
    /// The pairs by their left sides, as they are presented.
    lefts: Vec<usize>,
    /// The right sides as they are presented: one that two pairs share stands there once.
    rights: Vec<String>,
}

impl Match {
    /// The question of that id. Both sides are shuffled: always the same for the same question, and never all side by
    /// side with their partners.
    pub fn new(id: &str, pairs: Vec<Pair>, distractors: Vec<String>) -> Match {
        let mut rng = SeededRng::of(id);
        let mut lefts: Vec<usize> = (0..pairs.len()).collect();
        rng.shuffle(&mut lefts);
        let mut rights: Vec<String> = Vec::new();
        for text in pairs.iter().map(|pair| &pair.right).chain(&distractors) {
            if !rights.contains(text) {
                rights.push(text.clone());
            }
        }
        rng.shuffle(&mut rights);
        let mut sides = lefts.iter().zip(&rights);
        if sides.all(|(left, right)| pairs[*left].right == *right) {
            rights.rotate_left(1);
        }
        Match {
            pairs,
            distractors,
            lefts,
            rights,
        }
    }

    /// The pairs in the order in which their left sides are presented.
    pub fn lefts(&self) -> impl ExactSizeIterator<Item = &Pair> {
        self.lefts.iter().map(|left| &self.pairs[*left])
    }

    /// The right sides as they are presented.
    pub fn rights(&self) -> &[String] {
        &self.rights
    }

    /// For each on the left, as presented, the place of its partner on the right, from 0.
    pub fn solved(&self) -> Vec<usize> {
        let place = |pair: &Pair| self.rights.iter().position(|right| *right == pair.right);
        self.lefts().filter_map(place).collect()
    }

    fn solution(&self) -> String {
        Given::Pairs(self.solved().into_iter().enumerate().collect()).to_string()
    }
}

/// Gives the one under the cursor its partner, and goes on to the next that has none.
fn pair(draft: &mut Draft, right: usize, rights: usize) -> Press {
    let count = draft.partners.len();
    if right >= rights || draft.focus >= count {
        return Press::Same;
    }
    draft.partners[draft.focus] = Some(right);
    let mut after = (1..count).map(|step| (draft.focus + step) % count);
    let lonely = after.find(|left| draft.partners[*left].is_none());
    draft.focus = lonely.unwrap_or(draft.focus);
    Press::Changed
}

/// Takes the partner back: of the one under the cursor, else of the one above it.
fn unpair(draft: &mut Draft) -> Press {
    let count = draft.partners.len();
    let mut upwards = (0..count).map(|step| (draft.focus + count - step) % count);
    let Some(left) = upwards.find(|left| draft.partners[*left].is_some()) else {
        return Press::Same;
    };
    draft.partners[left] = None;
    draft.focus = left;
    Press::Changed
}

impl Read for Match {
    const NAME: &'static str = "match";

    fn read(block: &mut Block, asked: &Asked) -> Option<Match> {
        let example = "pairs = [ { left = \"...\", right = \"...\", misconception = \"...\", feedback = \"...\" }, ... ]";
        block.need("pairs", example);
        let mut pairs: Vec<Pair> = Vec::new();
        for table in block.tables("pairs", "pair") {
            pairs.extend(read_pair(table, &pairs));
        }
        let distractors = block.shown("distractors", TextKind::Right);
        let mut rights: Vec<&str> = Vec::new();
        for pair in &pairs {
            if !rights.contains(&pair.right.as_str()) {
                rights.push(&pair.right);
            }
        }
        for right in &distractors {
            if rights.contains(&right.value.as_str()) {
                block.report.fault(
                    right.offset,
                    "the distractor is also the right side of a pair",
                    "write one that belongs to nothing",
                );
            }
            rights.push(&right.value);
        }
        for (count, most, what) in [
            (pairs.len(), MOST_PAIRS, "pairs"),
            (rights.len(), MOST_RIGHTS, "right sides"),
        ] {
            if count > most {
                block.fault(
                    format!("the question has more than {most} {what}"),
                    "take some out: a screen has no more room",
                );
            }
        }
        if pairs.len() < 2 || rights.len() < 2 {
            block.fault(
                "the question has nothing to pair",
                "write at least two pairs with different right sides",
            );
            return None;
        }
        Some(Match::new(asked.id, pairs, values(distractors)))
    }
}

fn read_pair(mut table: Block, others: &[Pair]) -> Option<Pair> {
    let left = table.need_text("left");
    let right = table.need_text("right");
    let reaction = reaction(&mut table);
    let (offset, report) = (table.offset, table.report);
    if let (Some(left), Some(right)) = (&left, &right) {
        let name = "a wrong partner of the left side";
        need_reaction(&table, offset, &reaction, name);
        report.text(TextKind::Left, left);
        report.text(TextKind::Right, right);
        if others.iter().any(|other| other.left == left.value) {
            let what = format!("'{}' stands on the left twice", left.value);
            report.fault(left.offset, what, "leave one of the two");
        }
    }
    table.finish();
    Some(Pair {
        left: left?.value,
        right: right?.value,
        reaction,
    })
}

impl Kind for Match {
    /// `1c 2a`; `1 c`, `1-c` and `1=c` are `1c`.
    fn read_answer(&self, typed: &str) -> Result<Given, String> {
        typed::pairs(self.lefts.len(), self.rights.len(), typed).map(Given::Pairs)
    }

    fn mark(&self, given: &Given, _: Option<&ExperimentValue>) -> Result<Verdict, String> {
        let pairs = match given {
            Given::Pairs(pairs) if pairs.iter().all(|(left, _)| *left < self.lefts.len()) => pairs,
            _ => return Err(not_for_this(given)),
        };
        let solved = self.solved();
        let wrong = pairs.iter().find(|(left, right)| solved[*left] != *right);
        let missing = self.lefts.len() - pairs.len().min(self.lefts.len());
        let reaction = match wrong {
            Some((left, _)) => Some(self.pairs[self.lefts[*left]].reaction.clone()),
            None => match missing {
                0 => None,
                1 => Some("What you paired is right; one more wants a partner.".to_owned()),
                more => Some(format!(
                    "What you paired is right; {more} more want a partner."
                )),
            }
            .map(Reaction::incomplete),
        };
        Ok(Verdict::of(given, reaction, self.solution()))
    }

    fn plain(&self) -> Plain {
        let lefts = self.lefts().map(|pair| &pair.left);
        let mut plain = Plain::numbered(lefts, "a pair for each number, as in 1c 2a.");
        plain.items.extend(Plain::lettered(&self.rights, "").items);
        plain
    }

    fn export(&self, _: Option<f64>) -> Exported {
        let option = |pair: &Pair| ExportedOption {
            partner: Some(pair.right.clone()),
            ..ExportedOption::new(&pair.left, true, Some(&pair.reaction))
        };
        Exported {
            options: self.lefts().map(option).collect(),
            answer: Some(self.solution()),
            otherwise: None,
        }
    }

    fn item(&self, _: Option<f64>) -> Option<Item> {
        let pairs = self.pairs.iter();
        let pairs = pairs.map(|pair| (pair.left.clone(), pair.right.clone()));
        Some(Item::of(ItemForm::Pairs {
            pairs: pairs.collect(),
            others: self.distractors.clone(),
        }))
    }

    fn draft(&self) -> Draft {
        draft(self.lefts.len())
    }

    fn press(&self, draft: &mut Draft, key: Key) -> Press {
        press(draft, key, self.rights.len())
    }

    fn given(&self, draft: &Draft) -> Option<Given> {
        given(draft)
    }

    fn can_erase(&self, draft: &Draft) -> bool {
        draft.partners.iter().any(Option::is_some)
    }

    fn view(&self, shown: &Shown) -> View {
        let lefts: Vec<&str> = self.lefts().map(|pair| pair.left.as_str()).collect();
        let mut view = view(&lefts, &self.rights, &self.solved(), shown);
        view.judged_below(shown);
        view
    }
}

/// An answer that nobody has begun.
pub(super) fn draft(lefts: usize) -> Draft {
    Draft {
        partners: vec![None; lefts],
        ..Draft::default()
    }
}

pub(super) fn press(draft: &mut Draft, key: Key, rights: usize) -> Press {
    match key {
        Key::Erase => unpair(draft),
        Key::Partner(right) => pair(draft, right, rights),
        Key::Digit(_) => match key.choice() {
            Some(right) => pair(draft, right, rights),
            None => Press::Same,
        },
        Key::Confirm if given(draft).is_some() => Press::Given,
        key => {
            let chosen = draft.choose(key, draft.partners.len());
            draft.focus = chosen.unwrap_or(draft.focus);
            Press::Same
        }
    }
}

/// The pairs, once each on the left has a partner.
pub(super) fn given(draft: &Draft) -> Option<Given> {
    let pairs = (0..).zip(&draft.partners);
    let pairs = pairs.map(|(left, right)| Some((left, (*right)?)));
    pairs.collect::<Option<Vec<_>>>().map(Given::Pairs)
}

/// Left sides with the partners that they were given, and the right sides beside them. `solved` has each one's right
/// partner; it is empty where nobody knows it yet.
pub(super) fn view(lefts: &[&str], rights: &[String], solved: &[usize], shown: &Shown) -> View {
    let mut view = View::default();
    view.instruction(
        shown,
        "For each at left choose its partner at right, by number.",
    );
    let widest = lefts.iter().map(|left| prose::width(left)).max();
    let right_at = MARK + widest.unwrap_or(0) + PARTNER;
    for place in 0..lefts.len().max(rights.len()) {
        let mut row = Columns::default();
        if let Some(left) = lefts.get(place) {
            let solved = solved.get(place).copied();
            let mark = mark_of(shown, place, solved);
            row.cells.push((format!("{mark:MARK$}"), Tone::Mark));
            row.cells.push(((*left).to_owned(), Tone::Text));
            pad_to(&mut row, right_at - PARTNER);
            row.cells.push(partner_cell(shown, place, solved));
            row.click = Some(Click::Option(place));
        }
        pad_to(&mut row, right_at);
        if let Some(text) = rights.get(place) {
            row.cells.push((format!("{}", place + 1), Tone::Strong));
            row.cells.push((format!("  {text}"), Tone::Text));
            row.spot = Some((right_at, Click::Partner(place)));
        }
        let focused = place < lefts.len() && shown.draft.focus == place;
        view.row(row, focused);
    }
    view
}

/// Cursor or mark, before the left side.
fn mark_of(shown: &Shown, place: usize, solved: Option<usize>) -> &'static str {
    let partner = shown.draft.partners.get(place).copied().flatten();
    match (shown.verdict, partner) {
        (Some(_), partner @ Some(_)) if partner == solved => "✓",
        (Some(_), Some(_)) => "✗",
        (None, _) if shown.draft.focus == place => "▸",
        _ => " ",
    }
}

/// The number of the partner, as far as there is one.
fn partner_cell(shown: &Shown, place: usize, solved: Option<usize>) -> (String, Tone) {
    let partner = match shown.explained {
        true => solved,
        false => shown.draft.partners.get(place).copied().flatten(),
    };
    match partner {
        Some(right) => (format!("{:>3}", right + 1), Tone::Accent),
        None => (format!("{:>3}", "·"), Tone::Dim),
    }
}

fn pad_to(row: &mut Columns, width: usize) {
    let taken: usize = row.cells.iter().map(|(text, _)| prose::width(text)).sum();
    let fill = " ".repeat(width.saturating_sub(taken));
    row.cells.push((fill, Tone::None));
}
