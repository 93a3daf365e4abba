//! A race: two recordings side by side or one above the other, on one time scale.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{
    Canvas, Role, Theme, presenter, stage,
    stage::layout::{Layout as Stage, StageSize},
};
use crate::app::{Player, shot::Shot};
use crate::figure::{Playback, Race};
use crate::model::{How, grouped, short_duration};
use crate::syscall::Style;

/// Columns between two stages that stand side by side.
const GUTTER: u16 = 6;
/// Rows of the two tracks and of the scale.
const TRACKS: u16 = 3;
/// From so many columns and rows on, each side has the stage of a presentation.
const FILLS: (u16, u16) = (160, 50);
/// Columns that a method's name takes before its track.
const NAME: u16 = 15;
/// Columns of `done at 12.3 ms`, and of the gaps before and after it.
const DONE: u16 = 18;

/// Where everything stands, in rows and columns from the area's corner.
struct Layout {
    /// The room of each side: a line with its name and figures, then its stage, then its call where there is room.
    sides: [Rect; 2],
    size: Option<StageSize>,
    /// There is room for the stages of a presentation.
    fills: bool,
    /// The first row of the tracks: one a side, then the scale. As many rows as there are.
    tracks: (u16, u16),
}

impl Layout {
    fn new(area: Rect) -> Layout {
        let (width, height) = (area.width, area.height);
        if width >= FILLS.0 && height >= FILLS.1 {
            return Layout {
                sides: [Rect::default(); 2],
                size: None,
                fills: true,
                tracks: (height - TRACKS, TRACKS),
            };
        }
        let half = (width.saturating_sub(GUTTER)) / 2;
        let beside = StageSize::of_stage(half, height.saturating_sub(6));
        if let Some(size) = beside.filter(|size| *size >= StageSize::Medium) {
            let rows = size.rows() + 3;
            let side = |x| Rect::new(x, 0, half, rows);
            return Layout {
                sides: [side(0), side(half + GUTTER)],
                size: Some(size),
                fills: false,
                tracks: (rows + 1, height.saturating_sub(rows + 1)),
            };
        }
        // One above the other: the head and the stage first, then the tracks, then the calls.
        let fits = |each: &u16| StageSize::of_stage(width, each.saturating_sub(1)).is_some();
        let halves = [TRACKS, 1, 0].map(|tracks| height.saturating_sub(tracks) / 2);
        let each = halves.into_iter().find(fits).unwrap_or(height / 2);
        let size = StageSize::of_stage(width, each.saturating_sub(1));
        let rows = size.map_or(each, |size| (size.rows() + 2).min(each));
        let side = |y| Rect::new(0, y, width, rows);
        let gap = u16::from(height >= 2 * rows + 4);
        let end = 2 * rows + 2 * gap;
        Layout {
            sides: [side(0), side(rows + gap)],
            size,
            fills: false,
            tracks: (end, height.saturating_sub(end)),
        }
    }
}

pub(super) fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, player: &Player, race: &Race) {
    let layout = Layout::new(area);
    let now = race.time(player.position());
    match layout.fills {
        true => {
            let height = area.height - TRACKS - 1;
            presenter::race(buf, theme, Rect { height, ..area }, player);
        }
        false => sides(area, buf, theme, player, &layout, now),
    }
    let (top, rows) = layout.tracks;
    let tracks = Rect {
        y: area.y + top,
        height: rows,
        ..area
    };
    let mut canvas = Canvas::new(tracks.intersection(area), buf, theme);
    draw_tracks(&mut canvas, player, race, now);
}

/// Both sides: head, stage, call.
fn sides(area: Rect, buf: &mut Buffer, theme: &Theme, player: &Player, layout: &Layout, now: u64) {
    let (Some(race), Some(shots)) = (player.race(), player.shots()) else {
        return;
    };
    let names = race.sides.iter().map(|side| name_of(side).len());
    let widest = names.max().unwrap_or(0) as u16;
    for (side, (room, shot)) in layout.sides.into_iter().zip(&shots).enumerate() {
        let room = Rect {
            x: area.x + room.x,
            y: area.y + room.y,
            ..room
        };
        let room = room.intersection(area);
        let done = (now >= race.end_of(side)).then(|| race.end_of(side));
        head(&mut Canvas::new(room, buf, theme), shot, done, widest);
        let below = Rect {
            y: room.y + 1,
            height: room.height.saturating_sub(1),
            ..room
        };
        let rows = layout.size.map_or(0, |size| {
            let stage = Stage::new(size, shot.playback().plan, below.width);
            let part = Rect {
                height: below.height.min(size.rows()),
                ..below
            };
            stage::render(part, buf, theme, &stage, &shot.scene());
            size.rows()
        });
        if rows < below.height {
            let call = shot.call_text(Style::Short).unwrap_or_default();
            let mut canvas = Canvas::new(below, buf, theme);
            canvas.write((0, below.height - 1), &call, Role::Answer);
        }
    }
}

/// A side's name and figures; where its last call has returned, when. Both sides put their figures in the same words,
/// from the start to the end: those that fit beside the `widest` name and a time.
fn head(canvas: &mut Canvas, shot: &Shot, done: Option<u64>, widest: u16) {
    let counters = shot.counters().so_far;
    let name = name_of(shot.playback());
    canvas.write((0, 0), name, Role::Strong);
    if let Some(ns) = done {
        let text = format!("done at {}", short_duration(ns));
        canvas.write((name.len() as u16 + 2, 0), &text, Role::Answer);
    }
    let copies = counters.copies_per_byte.unwrap_or(0.0);
    let count = grouped(counters.mode_switches);
    let s = if counters.mode_switches == 1 {
        ""
    } else {
        "es"
    };
    let room = usize::from(canvas.size().0.saturating_sub(widest + DONE));
    let text = match room {
        43.. => format!("{copies:.1} copies per byte   {count:>5} mode switch{s:<2}"),
        34.. => format!("{copies:.1} copies per byte  {count:>4} switch{s:<2}"),
        _ => format!("{copies:.1} per byte  {count} switch{s:<2}"),
    };
    let style = canvas.role(Role::Text);
    canvas.put_right(0, &text, style);
}

fn name_of(side: &Playback) -> &'static str {
    side.recording().spec.method.name()
}

/// When each side was in the kernel, and below, how far the race is and what its scale is. Where there is one row, the
/// scale alone.
fn draw_tracks(canvas: &mut Canvas, player: &Player, race: &Race, now: u64) {
    let (width, rows) = canvas.size();
    if rows == 0 {
        return;
    }
    let columns = width.saturating_sub(NAME);
    let all = rows >= TRACKS;
    for side in (0..2).filter(|_| all) {
        let name = name_of(&race.sides[side]);
        canvas.write((0, side as u16), name, Role::Dim);
        for column in 0..columns {
            let (glyph, role) = cell(canvas, race, side, (column, columns), now);
            canvas.write((NAME + column, side as u16), glyph, role);
        }
    }
    let row = if all { 2 } else { 0 };
    let here = NAME + column_of(now, race.total(), columns);
    canvas.write((here, row), "▲", Role::Accent);
    let speed = match player.speed().factor() {
        1.0 => String::new(),
        _ => format!("  {}", player.speed().name()),
    };
    let (now, total) = (short_duration(now), short_duration(race.total()));
    let text = format!("{now} of {total} of {}{speed}", scale(race));
    let length = text.chars().count() as u16;
    let x = match here + 2 + length <= width {
        true => here + 2,
        false => here.saturating_sub(length + 1),
    };
    canvas.write((x, row), &text, Role::Accent);
}

/// Of what times the scale is, and how it was changed.
pub(crate) fn scale(race: &Race) -> String {
    let factor = race.factor();
    match factor < 1.0 {
        true => format!(
            "traced time, stretched {} times",
            grouped((1.0 / factor).round() as u64)
        ),
        false => format!("traced time, shortened {factor:.0} times"),
    }
}

/// Which column a time is in.
fn column_of(time: u64, total: u64, columns: u16) -> u16 {
    let last = columns.saturating_sub(1);
    (time as u128 * u128::from(last) / u128::from(total.max(1))) as u16
}

/// A column of a track: in the kernel, by how the bytes go; or not.
fn cell(
    canvas: &Canvas,
    race: &Race,
    side: usize,
    (column, columns): (u16, u16),
    now: u64,
) -> (&'static str, Role) {
    let last = u64::from(columns.saturating_sub(1)).max(1);
    let at = (u128::from(race.total()) * u128::from(column) / u128::from(last)) as u64;
    let past = at <= now;
    match race.how_at(side, at) {
        None => ("·", Role::Ghost),
        Some(Some(How::Reference)) if past => ("◆", Role::Quiet(How::Reference)),
        Some(Some(How::Reference)) => (canvas.glyph("◇", "."), Role::Dim),
        Some(Some(how)) if past => ("■", Role::Quiet(how)),
        Some(None) if past => ("▪", Role::Dim),
        Some(_) => ("□", Role::Dim),
    }
}

/// The call that a click or drag on a track means.
pub(super) fn hit(area: Rect, race: &Race, column: u16, row: u16) -> Option<usize> {
    let layout = Layout::new(area);
    let (top, rows) = layout.tracks;
    let row = row.checked_sub(area.y + top)?;
    let column = column.checked_sub(area.x + NAME)?;
    let columns = area.width.saturating_sub(NAME);
    if row >= rows.min(TRACKS) || column >= columns {
        return None;
    }
    let last = u128::from(columns.saturating_sub(1).max(1));
    let time = (u128::from(race.total()) * u128::from(column) / last) as u64;
    Some(race.at(time).call)
}
