//! Marking a bug: the line that is wrong, by its number.

use super::{Verdict, words};
use crate::course::{Reaction, WrongLine};

pub(super) fn mark(
    lines: &[String],
    bug: usize,
    wrong: &[WrongLine],
    otherwise: &Reaction,
    given: &str,
) -> Result<Verdict, String> {
    let count = lines.len();
    let named: Vec<&str> = words(given).collect();
    let index = match named[..] {
        [] => {
            return Err(format!(
                "nothing is answered: write a line's number, from 1 to {count}"
            ));
        }
        [word] => word
            .parse::<usize>()
            .ok()
            .filter(|number| (1..=count).contains(number))
            .map(|number| number - 1)
            .ok_or_else(|| format!("'{word}' is not a line: write a number from 1 to {count}"))?,
        _ => return Err("one line is wrong: write one number, as in 3".to_owned()),
    };
    let said = wrong.iter().find(|wrong| wrong.line == index);
    let said = said.map_or(otherwise, |wrong| &wrong.reaction);
    Ok(Verdict {
        right: index == bug,
        reaction: (index != bug).then(|| said.clone()),
        answer: format!("line {}: {}", bug + 1, lines[bug].trim()),
        given: (index + 1).to_string(),
        picked: vec![index],
    })
}
