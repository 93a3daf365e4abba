//! What keys do over a screen: on the help page, in the source, among calls and words, in a search.

use super::{
    KeyRow, Overlay, Shared,
    command::{Command as C, RoomKey},
    key::Key::{Char, Esc},
    keys::Group::{Everywhere, Page},
    keys::{CONFIRM, ENDS, TAB, UP_DOWN, always, row},
};

// One row a line: it is a table.
#[rustfmt::skip]
pub(crate) const KEYS: &[KeyRow<Overlay>] = &[
    row(UP_DOWN, ["↑↓", "choose", "choose what was found"], Page, has_found),
    row(CONFIRM, ["Enter", "go there", "go to what was found"], Page, has_found),
    row(UP_DOWN, ["↑↓", "choose", "choose a word"], Page, in_words),
    row(TAB, ["Tab", "all words", "turn to the whole glossary"], Page, |_, over| matches!(over, Overlay::Words { all: false, .. })),
    row(TAB, ["Tab", "this page", "turn to the words of this page"], Page, in_glossary),
    row(TAB, ["Tab", "in C", "the same in C, beside it where there is room"], Page, |_, over| matches!(over, Overlay::Source { c: Some(false), .. })),
    row(TAB, ["Tab", "Rust", "the Rust that ran"], Page, |_, over| matches!(over, Overlay::Source { c: Some(true), .. })),
    row(&[(Char('W'), C::Back)], ["W", "", "close the words"], Page, in_words),
    row(UP_DOWN, ["↑↓", "scroll", "scroll"], Page, scrolls),
    row(ENDS, ["Home End", "ends", "first row, last row"], Page, scrolls),
    row(CONFIRM, ["Enter", "go there", "play from this call"], Page, in_calls),
    row(&[(Char('s'), C::Back)], ["s", "", "close the source"], Page, |_, over| matches!(over, Overlay::Source { .. })),
    row(&[(Char('c'), C::Back)], ["c", "", "close the calls"], Page, in_calls),
    row(&[(Char('a'), C::Room(RoomKey::Address))], ["a", "next address", "the next address of this machine"], Page, in_join_code),
    row(&[(Char('Q'), C::Back)], ["Q", "", "close it"], Page, in_join_code),
    row(&[(Char('?'), C::Back)], ["?", "", "close this help"], Everywhere, |_, over| matches!(over, Overlay::Help { .. })),
    row(&[(Esc, C::Back)], ["Esc", "back", "back"], Everywhere, always),
];

fn in_join_code(_: &Shared, over: &Overlay) -> bool {
    matches!(over, Overlay::JoinCode { .. })
}
fn in_calls(_: &Shared, over: &Overlay) -> bool {
    matches!(over, Overlay::Calls { .. })
}
fn in_words(_: &Shared, over: &Overlay) -> bool {
    matches!(over, Overlay::Words { .. })
}
fn in_glossary(_: &Shared, over: &Overlay) -> bool {
    matches!(
        over,
        Overlay::Words {
            all: true,
            on_page: 1..,
            ..
        }
    )
}
fn has_found(app: &Shared, over: &Overlay) -> bool {
    matches!(over, Overlay::Search { .. }) && !app.search.hits.is_empty()
}
fn scrolls(app: &Shared, over: &Overlay) -> bool {
    !matches!(over, Overlay::Search { .. }) || has_found(app, over)
}
