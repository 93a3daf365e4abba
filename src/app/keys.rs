//! Key tables: what a key does, when it can, what it is called. Dispatch, the key bar and the help page all read
//! them, so none of them can say something that the others do not do. Each screen has tables of its own beside its
//! state; those that several screens share are in `screens/tables.rs`.

use super::{Command, Key, Shared};
use crate::model::named;

named! {
    /// Where a key stands on the help page, by its title there.
    pub enum Group {
        /// What is played.
        Recording = "the recording",
        /// The page, list or form.
        Page = "the page",
        /// A question or prediction.
        Answer = "the answer",
        /// Wherever one is.
        Everywhere = "everywhere",
    }
}

/// Keys that belong together, and what they do.
pub struct Binding {
    pub keys: &'static [(Key, Command)],
    /// The keys as they are written: `Home End`.
    pub label: &'static str,
    /// What it does, in a word, for the key bar. Empty: not in the bar.
    pub(crate) short: &'static str,
    pub long: &'static str,
    /// Where it stands on the help page.
    pub(crate) group: Group,
}

impl Binding {
    pub(crate) fn does(&self, command: Command) -> bool {
        self.keys.iter().any(|(_, done)| *done == command)
    }
}

/// A row of the table of something: of a screen, of what lies over it.
pub(crate) struct KeyRow<S: ?Sized> {
    binding: Binding,
    enabled: fn(&Shared, &S) -> bool,
}

/// A row: the keys, how they are written, a word for the bar, a sentence for the help page, when it can do anything.
pub(crate) const fn row<S: ?Sized>(
    keys: &'static [(Key, Command)],
    [label, short, long]: [&'static str; 3],
    group: Group,
    enabled: fn(&Shared, &S) -> bool,
) -> KeyRow<S> {
    KeyRow {
        binding: Binding {
            keys,
            label,
            short,
            long,
            group,
        },
        enabled,
    }
}

pub(crate) fn always<S: ?Sized>(_: &Shared, _: &S) -> bool {
    true
}

/// The bindings that can do something now, in the order of the key bar. Where two share a key, the first has it: `h` is
/// a hint where there is a question, and left elsewhere.
#[derive(Default)]
pub(crate) struct Enabled {
    bindings: Vec<&'static Binding>,
}

impl Enabled {
    /// Adds the rows of a table that are enabled.
    pub(crate) fn add<S: ?Sized>(&mut self, table: &'static [KeyRow<S>], app: &Shared, on: &S) {
        let enabled = table.iter().filter(|row| (row.enabled)(app, on));
        self.bindings.extend(enabled.map(|row| &row.binding));
    }

    pub(crate) fn command(&self, key: Key) -> Option<Command> {
        let mut keys = self.bindings.iter().flat_map(|binding| binding.keys);
        keys.find(|(bound, _)| *bound == key)
            .map(|(_, command)| *command)
    }

    /// Those that no other one before them shadows wholly. A key that is typed as text means nothing else.
    pub(crate) fn shown(&self, is_text: impl Fn(Key) -> bool) -> Vec<&'static Binding> {
        let mut taken: Vec<Key> = Vec::new();
        let mut shown = Vec::new();
        for binding in &self.bindings {
            let is_free = |(key, _): &(Key, Command)| !taken.contains(key);
            if !is_text(binding.keys[0].0) && binding.keys.iter().any(is_free) {
                shown.push(*binding);
            }
            taken.extend(binding.keys.iter().map(|(key, _)| *key));
        }
        shown
    }
}

use Command as C;
use Key as K;

pub(crate) const UP_DOWN: &[(Key, Command)] = &[
    (K::Up, C::Up),
    (K::Down, C::Down),
    (K::Char('k'), C::Up),
    (K::Char('j'), C::Down),
    (K::PageUp, C::PageUp),
    (K::PageDown, C::PageDown),
];
pub(crate) const PAGES: &[(Key, Command)] = &[(K::PageUp, C::PageUp), (K::PageDown, C::PageDown)];
/// Step by step, or value by value.
pub(crate) const LEFT_RIGHT: &[(Key, Command)] = &[
    (K::Left, C::Left),
    (K::Right, C::Right),
    (K::Char('h'), C::Left),
    (K::Char('l'), C::Right),
];
pub(crate) const ENDS: &[(Key, Command)] = &[(K::Home, C::First), (K::End, C::Last)];
pub(crate) const CONFIRM: &[(Key, Command)] = &[(K::Enter, C::Confirm)];
pub(crate) const NEXT_BACK: &[(Key, Command)] =
    &[(K::Char('n'), C::Next), (K::Char('b'), C::Previous)];
pub(crate) const TAB: &[(Key, Command)] = &[(K::Tab, C::Tab)];
pub(crate) const PLAY: &[(Key, Command)] = &[(K::Char(' '), C::Play)];
pub(crate) const SPEED: &[(Key, Command)] = &[(K::Char('['), C::Slower), (K::Char(']'), C::Faster)];
pub(crate) const SCRUB: &[(Key, Command)] =
    &[(K::Char('<'), C::ScrubBack), (K::Char('>'), C::ScrubOn)];
