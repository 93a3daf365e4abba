//! `view(state) -> frame`. Nothing here changes the state or asks the clock.

mod ascii;
mod big;
mod frame;
mod layout;
mod overlays;
mod pen;
pub mod player;
mod presenter;
mod race;
mod score;
mod screens;
pub mod stage;
pub(crate) mod svg;
pub mod theme;
mod widgets;

use ratatui::{buffer::Buffer, layout::Rect};

pub(crate) use self::{ascii::in_ascii, svg::svg};
pub use self::{layout::rooms, pen::Spots};
use self::{
    layout::{PROSE, Rooms, Tier, bottom_of, centred, from_row, narrowed, row_at, top_of},
    pen::{Canvas, Pen},
    theme::{Ground, Palette, Role, Theme},
    widgets::{
        MARKS, bar, cut, gauge, job_state, prompt,
        rows::{Row, Rows, Span},
        window,
    },
};
use crate::app::{App, Click, Event, Mouse};

const TOO_SMALL: &str = "zclab needs 60 columns and 18 rows.";

/// Draws the state; gives what can be pointed at.
pub fn view(app: &App, theme: &Theme, area: Rect, buf: &mut Buffer) -> Spots {
    let mut pen = Pen {
        buf,
        theme: *theme,
        spots: Spots::default(),
    };
    pen.tint(area, theme.page());
    match rooms(area) {
        None => too_small(&mut pen, area),
        Some(mut rooms) => {
            frame::strip(&mut pen, app, &mut rooms);
            let presents =
                app.display.presents && !app.at().is_some_and(|at| app.shows_answers(at));
            let stage = match app.class {
                Some(_) => top_of(area, rooms.body.bottom() - area.y),
                None => area,
            };
            if presents && presenter::draw(&mut pen, app, stage) {
                // There are no keys there, and the caption may stand in the row above.
                rooms.message = rooms.keys;
            } else {
                frame::draw(&mut pen, app, &rooms);
                screens::view(app.screen()).draw(&mut pen, app, &rooms);
            }
            frame::message(&mut pen, app, &rooms);
            overlays::draw(&mut pen, app, area, &rooms);
        }
    }
    let spots = pen.spots;
    if theme.ascii {
        ascii::apply(buf);
    }
    spots
}

fn too_small(pen: &mut Pen, area: Rect) {
    let lines = textwrap::wrap(TOO_SMALL, usize::from(area.width).max(1));
    let top = usize::from(area.height).saturating_sub(lines.len()) / 2;
    for (y, line) in lines.iter().enumerate() {
        let x = usize::from(area.width).saturating_sub(line.len()) / 2;
        pen.text(area, x as u16, (top + y) as u16, line, Role::Text);
    }
}

/// What the mouse did, in the state's terms; `spots` are those of the frame that the learner saw.
pub fn point(app: &App, spots: &Spots, mouse: Mouse) -> Option<Event> {
    let (x, y) = match mouse {
        Mouse::Wheel(notches) => return Some(Event::Wheel(notches)),
        Mouse::Press(x, y) | Mouse::Drag(x, y) => (x, y),
    };
    if app.overlay.is_none()
        && let (Some(area), Some(player)) = (spots.player, app.player())
        && let Some(call) = player::hit(area, player, x, y)
    {
        return Some(Event::Click(Click::Call(call)));
    }
    if matches!(mouse, Mouse::Drag(..)) {
        return None;
    }
    let mut clicks = spots.clicks.iter().rev();
    let (_, click) = clicks.find(|(area, _)| area.contains((x, y).into()))?;
    Some(Event::Click(*click))
}
