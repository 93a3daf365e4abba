//! Marking pairs: `1c 2a` gives the first on the left the third on the right, the second the first.

use super::{Verdict, letter};
use crate::course::chance::Chance;
use crate::course::{Pair, Question, QuestionKind, Reaction};

/// Both sides of a match as they are presented: always the same for the same question, and never all side by side
/// with their partners. Right sides that two pairs share stand there once. Empty for another kind of question.
pub fn sides(question: &Question) -> (Vec<&str>, Vec<&str>) {
    let QuestionKind::Match { pairs, distractors } = &question.kind else {
        return (Vec::new(), Vec::new());
    };
    let mut chance = Chance::of(&question.id);
    let mut shown: Vec<&Pair> = pairs.iter().collect();
    chance.shuffle(&mut shown);
    let mut rights: Vec<&str> = Vec::new();
    let texts = pairs.iter().map(|pair| &pair.right).chain(distractors);
    for text in texts {
        if !rights.contains(&text.as_str()) {
            rights.push(text);
        }
    }
    chance.shuffle(&mut rights);
    let in_step = |rights: &[&str]| {
        shown
            .iter()
            .zip(rights)
            .all(|(pair, right)| pair.right == *right)
    };
    if in_step(&rights) {
        rights.rotate_left(1);
    }
    (
        shown.iter().map(|pair| pair.left.as_str()).collect(),
        rights,
    )
}

/// For each on the left, as presented, the place of its partner on the right, from 0.
pub fn right_sides(question: &Question) -> Vec<usize> {
    let QuestionKind::Match { pairs, .. } = &question.kind else {
        return Vec::new();
    };
    let (lefts, rights) = sides(question);
    let partner = |left: &&str| {
        let pair = pairs.iter().find(|pair| pair.left == *left)?;
        rights.iter().position(|right| *right == pair.right)
    };
    lefts.iter().filter_map(partner).collect()
}

pub(super) fn mark(question: &Question, pairs: &[Pair], given: &str) -> Result<Verdict, String> {
    let (lefts, rights) = sides(question);
    let right = right_sides(question);
    let chosen = chosen(lefts.len(), rights.len(), given)?;
    let wrong = (0..lefts.len()).find(|left| chosen[*left].is_some_and(|at| at != right[*left]));
    let missing = chosen.iter().filter(|side| side.is_none()).count();
    let reaction = match wrong {
        Some(left) => {
            let pair = pairs.iter().find(|pair| pair.left == lefts[left]);
            pair.map(|pair| pair.reaction.clone())
        }
        None if missing > 0 => Some(too_few(missing)),
        None => None,
    };
    let said = |sides: &mut dyn Iterator<Item = (usize, usize)>| {
        let said: Vec<_> = sides
            .map(|(left, right)| format!("{}{}", left + 1, letter(right)))
            .collect();
        said.join(" ")
    };
    let kept = chosen.iter().enumerate();
    Ok(Verdict {
        right: reaction.is_none(),
        reaction,
        answer: said(&mut right.iter().copied().enumerate()),
        given: said(&mut kept.filter_map(|(left, right)| Some((left, (*right)?)))),
        picked: Vec::new(),
    })
}

/// What is said where every pair is right, and some are missing.
fn too_few(missing: usize) -> Reaction {
    Reaction {
        misconception: String::new(),
        feedback: match missing {
            1 => "What you paired is right; one more wants a partner.".to_owned(),
            more => format!("What you paired is right; {more} more want a partner."),
        },
    }
}

/// The partner of each on the left, none where it was not named.
fn chosen(lefts: usize, rights: usize, given: &str) -> Result<Vec<Option<usize>>, String> {
    let last = letter(rights.saturating_sub(1));
    let how =
        format!("write a number from 1 to {lefts} and a letter from a to {last}, as in 1c 2a");
    let mut chosen = vec![None; lefts];
    let is_between = |c: char| c.is_whitespace() || ",;-=:().".contains(c);
    // `1 c`, `1-c` and `1=c` are `1c`.
    let packed: String = given.chars().filter(|c| !is_between(*c)).collect();
    let mut rest = packed.as_str();
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let side = after.chars().next();
        let left = number
            .parse::<usize>()
            .ok()
            .filter(|left| (1..=lefts).contains(left));
        let right = side
            .map(|c| (c.to_ascii_lowercase() as usize).wrapping_sub('a' as usize))
            .filter(|right| *right < rights);
        let (Some(left), Some(right)) = (left, right) else {
            let shown: String = rest.chars().take(digits + 1).collect();
            return Err(format!("'{shown}' is not a pair: {how}"));
        };
        if chosen[left - 1].replace(right).is_some() {
            return Err(format!("{left} stands there twice: write each number once"));
        }
        rest = &after[side.map_or(0, char::len_utf8)..];
    }
    if chosen.iter().all(Option::is_none) {
        return Err(format!("nothing is answered: {how}"));
    }
    Ok(chosen)
}
