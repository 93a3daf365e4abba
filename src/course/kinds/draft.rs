//! An answer on the way: what keys and clicks make of it.

/// How long a typed number may be.
const LONGEST_NUMBER: usize = 12;

/// An answer, as far as it is given.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The option or line under the cursor, in the order shown.
    pub focus: usize,
    /// Chosen options or lines, in the order in which they were chosen. Where one is the whole answer: the one under the
    /// cursor, once a key or a click has put it there.
    pub picks: Vec<usize>,
    /// For each on the left of a match its partner on the right, in the order shown.
    pub partners: Vec<Option<usize>>,
    pub input: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Up,
    Down,
    /// A digit or a point.
    Digit(char),
    Erase,
    /// Enter.
    Confirm,
    /// A click on an option, from 0.
    Option(usize),
    /// A click on a right side, from 0.
    Partner(usize),
}

impl Key {
    /// The option that it chooses, from 0: digits count from 1.
    pub(super) fn choice(self) -> Option<usize> {
        match self {
            Key::Digit(digit) => (digit.to_digit(10)? as usize).checked_sub(1),
            Key::Option(index) => Some(index),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    /// The answer is as it was, or as good as.
    Same,
    /// It is another answer: what was said to the last one holds no more.
    Changed,
    /// It is given, and is to be marked.
    Given,
}

impl Draft {
    /// Moves the cursor; gives the one of `count` that a digit or a click chooses.
    pub(super) fn choose(&mut self, key: Key, count: usize) -> Option<usize> {
        match key {
            Key::Up => self.focus = self.focus.saturating_sub(1),
            Key::Down => self.focus = (self.focus + 1).min(count.saturating_sub(1)),
            _ => {}
        }
        key.choice().filter(|chosen| *chosen < count)
    }

    /// The one that is selected.
    pub(crate) fn one(&self) -> Option<usize> {
        self.picks.first().copied()
    }

    /// One of `count` is the whole answer: a digit, an arrow or a click selects it, Enter gives it.
    pub(crate) fn press_one(&mut self, key: Key, count: usize) -> Press {
        let selected = match (key, self.one()) {
            (Key::Confirm, Some(_)) => return Press::Given,
            (Key::Up, None) => count.checked_sub(1),
            (Key::Down, None) => (count > 0).then_some(0),
            (Key::Up | Key::Down, Some(_)) => {
                self.choose(key, count);
                Some(self.focus)
            }
            _ => self.choose(key, count),
        };
        let Some(selected) = selected.filter(|selected| self.one() != Some(*selected)) else {
            return Press::Same;
        };
        self.focus = selected;
        self.picks = vec![selected];
        Press::Changed
    }

    /// Several of `count`: choosing one again takes it back.
    pub(super) fn press_several(&mut self, key: Key, count: usize) -> Press {
        if key == Key::Confirm && !self.picks.is_empty() {
            return Press::Given;
        }
        let Some(chosen) = self.choose(key, count) else {
            return Press::Same;
        };
        self.focus = chosen;
        match self.picks.iter().position(|picked| *picked == chosen) {
            Some(at) => drop(self.picks.remove(at)),
            None => self.picks.push(chosen),
        }
        Press::Changed
    }

    pub(super) fn press_number(&mut self, key: Key) -> Press {
        match key {
            Key::Digit(digit) => {
                let second_point = digit == '.' && self.input.contains('.');
                if self.input.len() < LONGEST_NUMBER && !second_point {
                    self.input.push(digit);
                }
            }
            Key::Erase => drop(self.input.pop()),
            Key::Confirm if self.number().is_some() => return Press::Given,
            _ => {}
        }
        Press::Same
    }

    pub(super) fn number(&self) -> Option<f64> {
        self.input.parse().ok()
    }
}
