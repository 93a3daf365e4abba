//! Presenter mode: the figure fills the screen, two huge counters and the current call stand beside it. Prose, bars and
//! small text go.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    Canvas, Pen, Role, Theme,
    big::{self, Letters},
    stage::{layout::Layout, presented},
};
use crate::app::{App, Player, shot::Shot};
use crate::figure::{Plan, Scene, Slot, Upper};
use crate::model::grouped;
use crate::syscall::Style;

/// Columns and rows that stay empty at the edges.
const MARGIN: (u16, u16) = (2, 1);
/// Rows between the stage and the caption.
const GAP: u16 = 1;

/// Rows that a race needs.
const RACE: u16 = 31;

/// Draws the playback on the screen over all of it. False: there is none.
pub fn draw(pen: &mut Pen, app: &App, area: Rect) -> bool {
    let Some(player) = app.player() else {
        return false;
    };
    let room = Rect {
        x: area.x + MARGIN.0,
        y: area.y + MARGIN.1,
        width: area.width.saturating_sub(2 * MARGIN.0),
        height: area.height.saturating_sub(2 * MARGIN.1),
    };
    if player.race().is_some() {
        // Two stages of this kind would be cut: the race has its ordinary screen.
        if room.height < RACE {
            return false;
        }
        race(pen.buf, &pen.theme, room, player);
    } else {
        let caption = match player.call_text(Style::Short) {
            call if call.is_empty() => player.sentence(),
            call => call,
        };
        let shown = Shown::of(player, player.shot().as_ref(), caption);
        shown.draw(&mut Canvas::new(room, pen.buf, &pen.theme));
    }
    true
}

/// Both sides of a race, one above the other.
pub(super) fn race(buf: &mut Buffer, theme: &Theme, room: Rect, player: &Player) {
    let height = room.height.saturating_sub(1) / 2;
    for (half, shot) in (0..).zip(player.shots().into_iter().flatten()) {
        let part = Rect {
            y: room.y + half * (height + 1),
            height,
            ..room
        };
        let name = shot.playback().recording().spec.method.name();
        let call = shot.call_text(Style::Short).unwrap_or_default();
        let shown = Shown::of(player, Some(&shot), format!("{name}: {call}"));
        shown.draw(&mut Canvas::new(part, buf, theme));
    }
}

/// One stage of a presentation.
struct Shown {
    plan: Plan,
    scene: Scene,
    /// Name and figure; none of a figure that is drawn.
    counters: Option<[(&'static str, String); 2]>,
    /// Whether the disk takes part.
    devices: bool,
    caption: String,
}

impl Shown {
    fn of(player: &Player, shot: Option<&Shot>, caption: String) -> Shown {
        let counters = shot.map(|shot| {
            let now = shot.counters().so_far;
            let copies = now.copies_per_byte;
            let copies = copies.map_or_else(|| "-".to_owned(), |copies| format!("{copies:.1}"));
            [
                ("copies per byte", copies),
                ("mode switches", grouped(now.mode_switches)),
            ]
        });
        let plan = match shot {
            // In a recording the other end, and a card that is not used here, only take room.
            Some(shot) => {
                let plan = shot.playback().plan;
                let peer = plan.shares;
                Plan {
                    peer,
                    device: false,
                    ..plan
                }
            }
            None => player.plan(),
        };
        let reads = shot.is_none_or(|shot| shot.playback().fetched().is_some());
        Shown {
            plan,
            scene: shot.map_or_else(|| player.scene(), Shot::scene),
            counters,
            devices: plan.device || plan.disk && (reads || plan.direct),
            caption,
        }
    }

    fn draw(&self, canvas: &mut Canvas) {
        let (width, height) = canvas.size();
        let letters = Letters::fitting(&[Letters::Quarter], &self.caption, (width, height / 6));
        let letters = match canvas.theme.ascii {
            true => Letters::Plain,
            false => letters,
        };
        let caption_rows = letters.cells().1;
        let rows = height.saturating_sub(caption_rows + GAP);
        let layout = Layout::presented(self.plan, width, rows, self.devices);
        presented::render(&mut canvas.top(rows), &layout, &self.scene);
        if let Some(counters) = &self.counters {
            draw_counters(canvas, self.bays(&layout), counters);
        }
        let caption: String = self.caption.chars().take(usize::from(width)).collect();
        let x = (width - letters.width(&caption).min(width)) / 2;
        big::write(
            canvas,
            (x, height - caption_rows),
            &caption,
            letters,
            Role::Answer,
        );
    }

    /// Where there is room for a counter: beside the box of the upper storey, above the mode-switch line.
    fn bays(&self, layout: &Layout) -> [Rect; 2] {
        let line = layout.borders.first().copied().unwrap_or(0);
        let bay = |from: u16, to: u16| Rect::new(from, 0, to.saturating_sub(from), line);
        let (width, gap) = (layout.width, 3);
        let upper = layout.rect(Slot::Buffer);
        match (upper, self.plan.upper) {
            (Some(view), Upper::Mapping) => {
                let (from, half) = (view.right() + gap, (width - view.right()) / 2);
                [
                    bay(from, view.right() + half),
                    bay(view.right() + half + gap, width),
                ]
            }
            // The upper storey is full: there is no source below it.
            (Some(buffer), _) if self.plan.shares => {
                let below = Rect {
                    y: line + 2,
                    ..bay(0, buffer.right())
                };
                [bay(0, buffer.x - gap), below]
            }
            // The seat of the buffer, also where there is none.
            (_, _) => {
                let seat = upper.map_or(layout.rect(Slot::Sink), Some);
                let half = seat.map_or(0, |seat| seat.width / 2);
                let middle = width / 2;
                [bay(0, middle - half - gap), bay(middle + half + gap, width)]
            }
        }
    }
}

/// Each counter's name, and its figure below, both as large as there is room for.
fn draw_counters(canvas: &mut Canvas, bays: [Rect; 2], counters: &[(&str, String); 2]) {
    let width = bays[0].width.min(bays[1].width);
    let height = bays[0].height.min(bays[1].height);
    let smallest = |sizes: &[Letters], texts: [&str; 2], room: (u16, u16)| {
        let each = texts.map(|text| Letters::fitting(sizes, text, room));
        each.into_iter().min().unwrap_or(Letters::Plain)
    };
    let names = [counters[0].0, counters[1].0];
    let name_size = match canvas.theme.ascii || height < 14 {
        true => Letters::Plain,
        false => smallest(&[Letters::Quarter], names, (width, 4)),
    };
    let below = name_size.cells().1 + 1;
    let figures = [&*counters[0].1, &*counters[1].1];
    let room = (width, height.saturating_sub(below));
    let sizes = match canvas.theme.ascii {
        true => &[Letters::Whole, Letters::Half][..],
        false => &[Letters::Whole, Letters::Half, Letters::Quarter][..],
    };
    let size = smallest(sizes, figures, room);
    for (bay, (name, figure)) in bays.into_iter().zip(counters) {
        big::write(canvas, (bay.x, bay.y), name, name_size, Role::Dim);
        big::write(canvas, (bay.x, bay.y + below), figure, size, Role::Strong);
    }
}
