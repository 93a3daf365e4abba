//! A line of text that is typed: what is searched for, in the course and in the explorer of a trace.

use super::Key;

/// More than this nobody searches for; what is pasted ends here.
const LONGEST: usize = 80;

/// A line of text. The cursor is at its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextInput {
    pub text: String,
}

impl TextInput {
    /// Whether a key writes: it then means nothing else.
    pub(crate) fn takes(key: Key) -> bool {
        matches!(
            key,
            Key::Char(_) | Key::Backspace | Key::Ctrl('u') | Key::Ctrl('w')
        )
    }

    /// Takes a key that writes; false: it was none. Backspace takes a letter back, Ctrl-W a word, Ctrl-U all of it.
    pub(crate) fn press(&mut self, key: Key) -> bool {
        match key {
            Key::Char(letter) if letter.is_control() || self.text.len() >= LONGEST => {}
            Key::Char(letter) => self.text.push(letter),
            Key::Backspace => drop(self.text.pop()),
            Key::Ctrl('u') => self.text.clear(),
            Key::Ctrl('w') => {
                let words = self.text.trim_end();
                let kept = words.rfind(' ').map_or(0, |space| space + 1);
                self.text.truncate(kept);
            }
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_written_and_taken_back_one_by_one_by_words_or_all() {
        let mut input = TextInput::default();
        let mut type_in = |keys: &[Key]| {
            for key in keys {
                assert_eq!(input.press(*key), TextInput::takes(*key), "{key:?}");
            }
            input.text.clone()
        };
        let typed: Vec<Key> = "page größe".chars().map(Key::Char).collect();
        assert_eq!(type_in(&typed), "page größe");
        assert_eq!(type_in(&[Key::Backspace, Key::Char('\n')]), "page größ");
        assert_eq!(type_in(&[Key::Ctrl('w')]), "page ");
        assert_eq!(type_in(&[Key::Ctrl('w'), Key::Ctrl('w')]), "");
        assert_eq!(
            type_in(&[Key::Char('x'), Key::Up, Key::Enter, Key::Ctrl('c')]),
            "x"
        );
        assert_eq!(type_in(&[Key::Ctrl('u'), Key::Backspace]), "");
        assert_eq!(type_in(&vec![Key::Char('y'); 500]).len(), LONGEST);
    }
}
