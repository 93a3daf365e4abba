//! The reference cards: which one is chosen, whether it is open, and where one is in its table.

use super::prelude::*;
use crate::course::{Lesson, Target};
use crate::model::{Card, CardTable};

pub(crate) const NAME: &str = "reference cards";

/// The list of cards, and the open one.
#[derive(Clone, Debug, Default)]
pub struct CardsScreen {
    pub(crate) selected: usize,
    /// Whether it is open: of a card that compares systems, its table.
    pub(crate) open: bool,
    /// The row in the table.
    pub row: usize,
    /// The column that the others are compared with.
    pub column: usize,
    /// The search led to the open card: Esc leads back there, and not to the list.
    looked_up: bool,
}

// One row a line: it is a table.
#[rustfmt::skip]
const KEYS: &[KeyRow<CardsScreen>] = &[
    row(TAB, ["Tab", "table", "turn to the table"], Page, text_pane),
    row(TAB, ["Tab", "text", "turn to the text"], Page, |app, on| shows_one_pane(app, on, Pane::Target)),
    row(PAGES, ["PgUp PgDn", "scroll", "scroll what does not fit"], Page, scrolls),
    row(CONFIRM, ["Enter", "open", "open the card"], Page, in_list),
    row(UP_DOWN, ["↑↓", "choose", "choose a card"], Page, in_list),
    row(ENDS, ["Home End", "", "first, last card"], Page, in_list),
    row(UP_DOWN, ["↑↓", "row", "the row above, the row below"], Page, on_table),
    row(LEFT_RIGHT, ["←→", "compare with", "the system that the others are compared with"], Page, on_table),
    row(ENDS, ["Home End", "", "first, last row"], Page, on_table),
    row(NEXT_BACK, ["n b", "next, back", "next card, card before"], Page, |_, on| on.open),
];

fn in_list(_: &Shared, on: &CardsScreen) -> bool {
    !on.open
}
fn on_table(app: &Shared, on: &CardsScreen) -> bool {
    on.table(app).is_some() && !text_pane(app, on)
}
fn text_pane(app: &Shared, on: &CardsScreen) -> bool {
    shows_one_pane(app, on, Pane::Text)
}
fn scrolls(app: &Shared, on: &CardsScreen) -> bool {
    tables::scrolls(app, on) && (in_list(app, on) || on_table(app, on))
}

impl CardsScreen {
    /// A card that was found. `elsewhere`: it was searched from another screen.
    pub(crate) fn look_up(&mut self, app: &mut Shared, card: usize, elsewhere: bool) {
        self.looked_up |= elsewhere;
        self.open(app, card);
    }

    /// The chosen card.
    pub fn card<'a>(&self, app: &'a Shared) -> Option<&'a Card> {
        app.material.cards.get(self.selected)
    }

    /// The table of the open card, if it has one.
    pub(crate) fn table<'a>(&self, app: &'a Shared) -> Option<&'a CardTable> {
        self.card(app).filter(|_| self.open)?.table.as_ref()
    }

    fn open(&mut self, app: &mut Shared, card: usize) {
        let last = app.material.cards.len().saturating_sub(1);
        (self.selected, self.open) = (card.min(last), true);
        (self.row, self.column) = (0, 0);
        app.display.show(match self.table(app) {
            Some(_) => Pane::Target,
            None => Pane::Text,
        });
    }

    fn move_on(&mut self, app: &mut Shared, command: Command) {
        let table = self.table(app).filter(|_| on_table(app, self));
        let size = table.map(|table| (table.rows.len(), table.columns.len()));
        let display = &mut app.display;
        match (size, command) {
            (Some(_), Command::PageUp | Command::PageDown) if display.room.overflow > 0 => {
                display.scroll_by(command.rows());
            }
            (Some((_, columns)), Command::Left) => {
                self.column = (self.column + columns - 1) % columns;
            }
            (Some((_, columns)), Command::Right | Command::Confirm) => {
                self.column = (self.column + 1) % columns;
            }
            (Some((rows, _)), _) => self.row = command.moved(self.row, rows.saturating_sub(1)),
            (None, _) => display.scroll_by(command.rows()),
        }
    }

    /// The cards were read again: `chosen` is the one that was.
    pub(crate) fn keep(&mut self, app: &Shared, chosen: Option<&Card>) {
        let is_chosen = |one: &Card| chosen.is_some_and(|card| card.name == one.name);
        let at = app.material.cards.iter().position(is_chosen);
        self.selected = at.unwrap_or(0);
        self.open &= at.is_some();
        if self.card(app) != chosen {
            (self.row, self.column) = (0, 0);
        }
    }
}

/// The card of the method that a page is about.
fn card_of(app: &Shared, at: PageAt) -> Option<usize> {
    let lab = match &app.page_at(at)?.target {
        Some(Target::Lab(lab)) => Some(lab),
        _ => None,
    };
    let method = lab.or_else(|| Lesson::labs(app.lesson_at(at)?).next())?;
    let name = method.spec.method.to_string();
    app.material.cards.iter().position(|card| card.name == name)
}

impl ScreenState for CardsScreen {
    fn name(&self) -> &'static str {
        NAME
    }

    fn keys(&self, app: &Shared, keys: &mut Enabled) {
        keys.add(KEYS, app, self);
        tables::add(keys, app, self, &[PLAYBACK, SCROLL]);
    }

    fn update(&mut self, app: &mut Shared, command: Command) {
        let last = app.material.cards.len().saturating_sub(1);
        match command {
            Command::Next if self.open => self.open(app, (self.selected + 1).min(last)),
            Command::Previous if self.open => self.open(app, self.selected.saturating_sub(1)),
            _ if self.open => self.move_on(app, command),
            Command::Confirm => self.open(app, self.selected),
            Command::PageUp | Command::PageDown if app.display.room.overflow > 0 => {
                app.display.scroll_by(command.rows());
            }
            _ => {
                self.selected = command.moved(self.selected, last);
                app.display.scroll = 0;
            }
        }
    }

    fn click(&mut self, app: &mut Shared, click: Click) {
        match click {
            Click::Row(card) if card == self.selected => self.open(app, card),
            Click::Row(card) => self.selected = card,
            Click::Cell(row, column) => {
                if let Some(table) = self.table(app) {
                    self.row = row.min(table.rows.len().saturating_sub(1));
                    self.column = column.min(table.columns.len().saturating_sub(1));
                }
            }
            _ => {}
        }
    }

    /// The list, at the card of the method that the page is about; else where it was.
    fn opened(&mut self, app: &mut Shared, from: Option<PageAt>) {
        let here = from.and_then(|at| card_of(app, at));
        self.selected = here.unwrap_or(self.selected);
        (self.open, self.looked_up) = (false, false);
    }

    /// From the open card to the list, unless the search led to the card.
    fn back(&mut self, _: &mut Shared) -> bool {
        let to_list = self.open && !self.looked_up;
        self.open &= !to_list;
        to_list
    }

    fn is_kept(&self) -> bool {
        true
    }

    fn has_two_panes(&self, app: &Shared) -> bool {
        self.table(app).is_some()
    }
}
