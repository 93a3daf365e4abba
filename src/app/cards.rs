//! The reference cards: which one is chosen, whether it is open, and where one is in its table.

use super::{App, Command, Pane, Screen};
use crate::course::{Lesson, Target};
use crate::model::{Card, CardTable};

/// The list of cards, and the open one.
#[derive(Clone, Debug)]
pub struct CardsScreen {
    /// The chosen card.
    pub selected: usize,
    /// It is open: keys move in it, not in the list.
    pub open: bool,
    /// The row of its table.
    pub row: usize,
    /// The column of its table: the others are compared with it.
    pub column: usize,
    /// Where the cards were opened from.
    pub(super) before: Screen,
    /// One card was looked up: its list was never seen, and Esc does not lead to it.
    looked_up: bool,
}

impl Default for CardsScreen {
    fn default() -> Self {
        CardsScreen {
            selected: 0,
            open: false,
            row: 0,
            column: 0,
            before: Screen::Course,
            looked_up: false,
        }
    }
}

impl App {
    /// The chosen card.
    pub fn card(&self) -> Option<&Card> {
        self.cards.get(self.on_cards.selected)
    }

    /// The table of the open card: what is moved over.
    pub fn card_table(&self) -> Option<&CardTable> {
        let is_open = self.screen == Screen::Cards && self.on_cards.open;
        self.card().filter(|_| is_open)?.table.as_ref()
    }

    /// Whether the arrows move over the table: it is on the screen.
    pub fn moves_on_table(&self) -> bool {
        self.card_table().is_some() && !(self.folded && self.pane == Pane::Text)
    }

    /// The list; on a lesson's page the card of its method is chosen.
    pub(super) fn open_cards(&mut self) {
        let here = self.card_here();
        self.show_cards();
        (self.on_cards.open, self.on_cards.looked_up) = (false, false);
        self.on_cards.selected = here.unwrap_or(self.on_cards.selected);
    }

    /// Opens one card from elsewhere.
    pub(super) fn look_up_card(&mut self, card: usize) {
        let elsewhere = self.screen != Screen::Cards;
        self.show_cards();
        self.on_cards.looked_up = elsewhere || self.on_cards.looked_up;
        self.open_card(card);
    }

    /// Goes to the cards, and knows where from.
    fn show_cards(&mut self) {
        self.pause();
        if self.screen != Screen::Cards {
            self.on_cards.before = self.screen;
        }
        self.screen = Screen::Cards;
        (self.pane, self.scroll) = (Pane::Text, 0);
    }

    /// The card of the method that the open page is about.
    fn card_here(&self) -> Option<usize> {
        let lesson = self.open_lesson().filter(|_| self.on_page())?;
        let on_page = match self.target() {
            Some(Target::Lab(lab)) => Some(lab),
            _ => None,
        };
        let method = on_page.or_else(|| Lesson::labs(lesson).next())?.spec.method;
        let name = method.to_string();
        self.cards.iter().position(|card| card.name == name)
    }

    /// Esc: from the card to the list, from there back.
    pub(super) fn leave_cards(&mut self) {
        if self.on_cards.open && !self.on_cards.looked_up {
            self.on_cards.open = false;
        } else {
            self.screen = self.on_cards.before;
        }
    }

    /// Opens a card, at the beginning of its table.
    pub(super) fn open_card(&mut self, card: usize) {
        self.on_cards.selected = card.min(self.cards.len().saturating_sub(1));
        (self.on_cards.row, self.on_cards.column) = (0, 0);
        self.on_cards.open = true;
        self.scroll = 0;
        self.pane = match self.card_table() {
            Some(_) => Pane::Target,
            None => Pane::Text,
        };
    }

    /// A key on the list, or on a card.
    pub(super) fn update_cards(&mut self, command: Command) {
        let last = self.cards.len().saturating_sub(1);
        let chosen = self.on_cards.selected;
        if !self.on_cards.open {
            match command {
                Command::Confirm => self.open_card(chosen),
                _ => self.on_cards.selected = moved(chosen, command, last),
            }
            self.scroll = 0;
            return;
        }
        match command {
            Command::Next => self.open_card((chosen + 1).min(last)),
            Command::Previous => self.open_card(chosen.saturating_sub(1)),
            _ => self.move_on_card(command),
        }
    }

    fn move_on_card(&mut self, command: Command) {
        let table = self.card_table().filter(|_| self.moves_on_table());
        let size = table.map(|table| (table.rows.len(), table.columns.len()));
        match (size, command) {
            (Some((_, columns)), Command::Left | Command::Right | Command::Confirm) => {
                let by = if command == Command::Left {
                    columns - 1
                } else {
                    1
                };
                self.on_cards.column = (self.on_cards.column + by) % columns;
            }
            (Some((rows, _)), _) => {
                self.on_cards.row = moved(self.on_cards.row, command, rows.saturating_sub(1));
            }
            (None, Command::First) => self.scroll = 0,
            (None, Command::Last) => self.scroll = self.scroll_room,
            (None, _) => self.scroll_text(command),
        }
    }

    /// A click on a cell of the table.
    pub(super) fn select_cell(&mut self, row: usize, column: usize) {
        if let Some(table) = self.card_table() {
            let (rows, columns) = (table.rows.len(), table.columns.len());
            self.on_cards.row = row.min(rows.saturating_sub(1));
            self.on_cards.column = column.min(columns.saturating_sub(1));
        }
    }
}

/// A row on, a row back, or to an end.
fn moved(at: usize, command: Command, last: usize) -> usize {
    match command {
        Command::Up => at.saturating_sub(1),
        Command::Down => (at + 1).min(last),
        Command::First | Command::PageUp => 0,
        Command::Last | Command::PageDown => last,
        _ => at,
    }
}
