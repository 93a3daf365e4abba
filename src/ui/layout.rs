//! The one layer that knows the size of the screen: which tier it is, and which room each part gets.

use ratatui::layout::Rect;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Below 60x18: one sentence.
    TooSmall,
    /// 60x18: one pane, folded.
    Folded,
    /// 80x24: one pane.
    OnePane,
    /// 120x36: text and target side by side.
    Full,
    /// 200x60: a projector.
    Wide,
}

impl Tier {
    pub fn of(area: Rect) -> Tier {
        match (area.width, area.height) {
            (..60, _) | (_, ..18) => Tier::TooSmall,
            (..80, _) | (_, ..24) => Tier::Folded,
            (..120, _) | (_, ..36) => Tier::OnePane,
            (..200, _) | (_, ..60) => Tier::Full,
            _ => Tier::Wide,
        }
    }

    /// Whether a page shows one pane at a time.
    pub fn is_folded(self) -> bool {
        self <= Tier::OnePane
    }
}

/// Columns left and right that stay empty.
pub const MARGIN: u16 = 2;
pub const PROSE: u16 = 66;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rooms {
    pub tier: Tier,
    pub header: Rect,
    pub rule: Rect,
    /// Everything between the hairline and the empty row.
    pub body: Rect,
    /// The row above the keys: empty, or a message.
    pub message: Rect,
    pub keys: Rect,
}

/// The rooms of a screen of this size; none where it is too small.
pub fn rooms(area: Rect) -> Option<Rooms> {
    let tier = Tier::of(area);
    if tier == Tier::TooSmall {
        return None;
    }
    let row = |y| Rect::new(area.x + MARGIN, area.y + y, area.width - 2 * MARGIN, 1);
    let last = area.height - 1;
    Some(Rooms {
        tier,
        header: row(0),
        rule: row(1),
        body: Rect {
            height: area.height - 4,
            ..row(2)
        },
        message: row(last - 1),
        keys: row(last),
    })
}

/// Two panes side by side, and the column of the hairline between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Panes {
    pub left: Rect,
    pub hairline: u16,
    pub right: Rect,
}

impl Rooms {
    /// The body from the row where text starts.
    pub fn text(&self) -> Rect {
        let skip = u16::from(self.tier > Tier::Folded);
        from_row(self.body, skip)
    }

    /// one pane of text: as wide as prose may be.
    pub fn pane(&self) -> Rect {
        let text = self.text();
        narrowed(text, PROSE)
    }

    /// A page's text beside its figure, experiment or question.
    pub fn page(&self) -> Option<Panes> {
        self.panes((42, 3), (58, 4))
    }

    /// A list or question with a narrower column beside it.
    pub fn list(&self) -> Option<Panes> {
        self.panes((self.text().width.saturating_sub(50), 3), (110, 4))
    }

    /// Prose with the pages of its lesson beside it.
    pub fn reading(&self) -> Option<Panes> {
        const LIST: u16 = 50;
        let mut panes = self.panes((PROSE, 3), (PROSE, 4))?;
        panes.right.width = panes.right.width.min(LIST);
        Some(panes)
    }

    /// A list of names with what each one stands for beside it.
    pub fn names(&self) -> Option<Panes> {
        self.panes((31, 3), (58, 4))
    }

    /// A list whose rows are read with their ends, with what the chosen one is about beside them.
    pub fn beside_list(&self) -> Option<Panes> {
        self.panes((66, 3), (86, 4))
    }

    /// The modules of the course, with what the chosen one is about beside them.
    pub fn course(&self) -> Option<Panes> {
        self.panes((self.text().width.saturating_sub(38), 2), (110, 4))
    }

    /// Two panes: the columns of the left one, and those of the gap, in full size and on a projector.
    fn panes(&self, full: (u16, u16), wide: (u16, u16)) -> Option<Panes> {
        let (left, gap) = match self.tier {
            Tier::Full => full,
            Tier::Wide => wide,
            _ => return None,
        };
        let text = self.text();
        let hairline = text.x + left + gap;
        let right = hairline + gap + 1;
        Some(Panes {
            left: narrowed(text, left),
            hairline,
            right: Rect {
                x: right,
                width: text.right().saturating_sub(right),
                ..text
            },
        })
    }
}

/// A room of at most so many columns.
pub(super) fn narrowed(room: Rect, columns: u16) -> Rect {
    let width = room.width.min(columns);
    Rect { width, ..room }
}

/// The first rows of a room.
pub(super) fn top_of(room: Rect, rows: u16) -> Rect {
    let height = room.height.min(rows);
    Rect { height, ..room }
}

/// A room without its first rows.
pub(super) fn from_row(room: Rect, row: u16) -> Rect {
    Rect {
        y: room.y + row,
        height: room.height.saturating_sub(row),
        ..room
    }
}

/// The last rows of a room.
pub(super) fn bottom_of(room: Rect, rows: u16) -> Rect {
    let y = room.bottom().saturating_sub(rows);
    Rect {
        y,
        height: rows,
        ..room
    }
}

/// One row of a room, though the room be too low for it.
pub(super) fn row_at(room: Rect, row: u16) -> Rect {
    Rect {
        y: room.y + row,
        height: 1,
        ..room
    }
}

/// A box of at most this size in the middle of an area.
pub fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect::new(
        area.x + (area.width - width) / 2,
        area.y + (area.height - height) / 2,
        width,
        height,
    )
}
