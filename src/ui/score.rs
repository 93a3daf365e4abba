//! The score: when. A row a call name, a column a call; and the scrub bar of the playback.

use std::cmp::Reverse;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use crate::app::player::Player;
use crate::figure::Playback;
use crate::model::{How, Size, grouped};
use crate::syscall::{self, Op, Shape};
use crate::ui::{Canvas, Role, Theme, stage::layout::StageSize};

/// Rows at most for calls of different names.
const NAMES: usize = 4;
/// Columns for counters at the right, where the stage is [`StageSize::Small`] and no counters stand beside it.
const COUNTERS: u16 = 26;
const NOTE: &str = "the last returns 0";

/// The score, laid out: where each call's column is.
#[derive(Clone, Debug)]
pub(super) struct Score {
    size: StageSize,
    /// Rows' call names: an index into the trace's names, and the name.
    names: Vec<(u16, String)>,
    /// Calls, or steps of a figure.
    calls: usize,
    /// First column of the marks.
    start: u16,
    /// Columns from one call to the next; 0 where several calls share a column.
    step: u16,
    /// Columns of the marks.
    columns: u16,
    /// A row for the guess above the names: kept free where there is none, so that nothing moves.
    guess_row: bool,
}

impl Score {
    pub(super) fn new(size: StageSize, width: u16, player: &Player) -> Score {
        let names = player.playback().map(names).unwrap_or_default();
        let longest = names.iter().map(|(_, name)| name.chars().count().min(14));
        let gap = if size == StageSize::Folded { 2 } else { 3 };
        let least = if size == StageSize::Folded { 8 } else { 9 };
        let start = match longest.max() {
            Some(longest) => (longest as u16 + gap).max(least),
            None => 0,
        };
        let calls = player.len();
        let digits = grouped(calls as u64).chars().count() as u16;
        let counters = if size == StageSize::Small {
            COUNTERS
        } else {
            0
        };
        let count = digits + 2;
        let room = |beside: u16| usize::from(width.saturating_sub(start + beside));
        let noted = room(count + NOTE.len() as u16 + 1) + 1;
        let bare = room(count + counters);
        let step = match calls {
            0 => 1,
            calls if noted / calls >= 1 => (noted / calls).min(2),
            calls => (bare / calls).min(1),
        };
        let columns = match step {
            0 => bare,
            step => (calls * step).saturating_sub(step - 1),
        };
        Score {
            size,
            names,
            calls,
            start,
            step: step as u16,
            columns: columns as u16,
            guess_row: size != StageSize::Folded && player.playback().is_some(),
        }
    }

    /// Rows: the guess, the names (a figure has one row of steps), the mark of the current call.
    pub(super) fn height(&self) -> u16 {
        u16::from(self.guess_row) + self.names.len().max(1) as u16 + 1
    }

    /// The column of a call, from the left edge; calls beyond the last one are at the last column.
    fn column(&self, call: usize) -> u16 {
        let last = self.columns.saturating_sub(1);
        let column = match self.step {
            0 => (call as u128 * u128::from(self.columns) / self.calls.max(1) as u128) as u64,
            step => call as u64 * u64::from(step),
        };
        self.start + column.min(u64::from(last)) as u16
    }

    /// The first call of a column, and the first of the next.
    fn calls_of(&self, column: u16) -> (usize, usize) {
        let (calls, columns) = (self.calls as u128, u128::from(self.columns.max(1)));
        let first = |column: u16| (u128::from(column) * calls).div_ceil(columns) as usize;
        (first(column), first(column + 1))
    }

    /// The call that a cell of the score means, from its left upper corner.
    pub(super) fn hit(&self, column: u16, row: u16) -> Option<usize> {
        if row >= self.height() || self.calls == 0 || self.columns == 0 {
            return None;
        }
        let within = column.checked_sub(self.start)?;
        if within > self.columns {
            return None;
        }
        let within = within.min(self.columns - 1);
        let call = match self.step {
            0 => self.calls_of(within).0,
            step => usize::from(within / step),
        };
        Some(call.min(self.calls - 1))
    }

    pub(super) fn render(
        &self,
        area: Rect,
        buf: &mut Buffer,
        theme: &Theme,
        player: &Player,
        guess: Option<f64>,
    ) {
        let mut canvas = Canvas::new(area, buf, theme);
        if self.calls == 0 {
            return;
        }
        let top = u16::from(self.guess_row);
        match player.playback() {
            Some(playback) => self.rows(&mut canvas, top, playback, player.current()),
            None => self.steps(&mut canvas, top, player.current()),
        }
        if let Some(guess) = guess {
            self.guess(&mut canvas, guess);
        }
        let mark_row = top + self.names.len().max(1) as u16;
        self.here(&mut canvas, mark_row, player);
        if self.size == StageSize::Small && player.playback().is_some() {
            counters(&mut canvas, mark_row, player);
        }
    }

    fn rows(&self, canvas: &mut Canvas, top: u16, playback: &Playback, current: usize) {
        for (row, (name, text)) in (top..).zip(&self.names) {
            let room = usize::from(self.start.saturating_sub(1));
            let short: String = text.chars().take(room).collect();
            canvas.put((0, row), &short, canvas.role(Role::Dim));
            if self.step == 0 {
                self.bars(canvas, row, playback, *name, current);
            }
            let count = playback.count_before(*name, self.calls);
            let after = self.start + self.columns + 2;
            let count = grouped(count);
            canvas.put((after, row), &count, canvas.role(Role::Strong));
            let after = after + count.chars().count() as u16 + 1;
            let room = canvas.size().0.saturating_sub(after);
            if usize::from(room) >= NOTE.len() && self.ends_with_zero(playback, *name) {
                canvas.put((after, row), NOTE, canvas.role(Role::Dim));
            }
        }
        if self.step > 0 {
            self.marks(canvas, top, playback, current);
        }
    }

    /// One mark a call, staggered in time.
    fn marks(&self, canvas: &mut Canvas, top: u16, playback: &Playback, current: usize) {
        for (number, hops) in playback.hops_from(0) {
            let Some(call) = playback.call(number) else {
                continue;
            };
            let Some(row) = self.names.iter().position(|(name, _)| *name == call.name) else {
                continue;
            };
            let how = hops.first().map(|hop| hop.how);
            let done = number <= current;
            let glyph = match how {
                None if call.errno().is_some() => "×",
                None => "○",
                Some(How::Mapping) => "~",
                Some(How::Reference) if done => "◆",
                Some(How::Reference) => canvas.glyph("◇", "."),
                Some(_) if done => "■",
                Some(_) => "□",
            };
            let role = match how {
                _ if number == current => Role::Accent,
                Some(how) if done => Role::Quiet(how),
                _ => Role::Dim,
            };
            canvas.put(
                (self.column(number), top + row as u16),
                glyph,
                canvas.role(role),
            );
        }
    }

    /// More calls than columns: the height says how many of a column's calls have that name.
    fn bars(&self, canvas: &mut Canvas, row: u16, playback: &Playback, name: u16, current: usize) {
        let how = playback.how_of(name);
        for column in 0..self.columns {
            let (first, next) = self.calls_of(column);
            let count = playback.count_before(name, next) - playback.count_before(name, first);
            if count == 0 || next <= first {
                continue;
            }
            let made = (next - first) as u64;
            let eighths = ((count * 8 + made / 2) / made).clamp(1, 8) as usize;
            let glyph = canvas.glyph(BARS[eighths - 1], ASCII_BARS[eighths - 1]);
            let role = match how {
                _ if (first..next).contains(&current) => Role::Accent,
                Some(how) if next <= current => Role::Quiet(how),
                _ => Role::Dim,
            };
            canvas.put((self.start + column, row), glyph, canvas.role(role));
        }
    }

    fn steps(&self, canvas: &mut Canvas, top: u16, current: usize) {
        for number in 0..self.calls {
            let (glyph, role) = match number.cmp(&current) {
                std::cmp::Ordering::Less => ("▪", Role::Dim),
                std::cmp::Ordering::Equal => ("▪", Role::Accent),
                std::cmp::Ordering::Greater => ("·", Role::Ghost),
            };
            canvas.put((self.column(number), top), glyph, canvas.role(role));
        }
    }

    fn ends_with_zero(&self, playback: &Playback, name: u16) -> bool {
        let text = self.names.iter().find(|(id, _)| *id == name);
        let reads = text.is_some_and(|(_, text)| {
            let op = syscall::op(text);
            let by_file = matches!(op, Op::Sendfile | Op::Splice | Op::CopyRange);
            by_file || op == Op::Read(Shape::Buffer)
        });
        let calls = &playback.trace().calls;
        let last = calls.iter().rev().take(64).find(|call| call.name == name);
        reads && last.is_some_and(|call| call.returned() == Some(0))
    }

    fn guess(&self, canvas: &mut Canvas, guess: f64) {
        let said = format!("{}", guess.round());
        if !self.guess_row {
            // Folded: a word after the first row's count.
            let (text, row) = (format!("said {said}"), 0);
            let count = canvas
                .size()
                .0
                .saturating_sub(self.start + self.columns + 2);
            let width = text.chars().count() as u16;
            if count >= width + 5 {
                let x = self.start + self.columns + 2;
                let x = (x..x + 12).find(|x| canvas.is_free((x.saturating_sub(1), row), width + 1));
                if let Some(x) = x {
                    canvas.put((x, row), &text, canvas.role(Role::Dim));
                }
            }
            return;
        }
        let call = (guess.max(1.0) as usize).saturating_sub(1);
        let column = self.column(call);
        let beyond = call >= self.calls;
        let mark = match beyond {
            true => "▷",
            false => "▽",
        };
        let text = format!("you said {said}");
        let width = text.chars().count() as u16;
        let style = canvas.role(Role::Text);
        canvas.put((column, 0), mark, style);
        match column.checked_sub(width + 1) {
            Some(x) => canvas.put((x, 0), &text, style),
            None => canvas.put((column + 2, 0), &text, style),
        }
    }

    fn here(&self, canvas: &mut Canvas, row: u16, player: &Player) {
        let what = if player.playback().is_some() {
            "call"
        } else {
            "step"
        };
        let speed = match player.speed().factor() {
            factor if factor == 1.0 || player.playback().is_none() => String::new(),
            _ => format!("  {}", player.speed().name()),
        };
        let (now, all) = (
            grouped(player.current() as u64 + 1),
            grouped(self.calls as u64),
        );
        let whole = match player.playback() {
            Some(_) if player.is_at_end() => ", whole run",
            _ => "",
        };
        let text = format!("{what} {now} of {all}{whole}{speed}");
        let column = self.column(player.current());
        let style = canvas.role(Role::Accent);
        canvas.put((column, row), "▲", style);
        let width = text.chars().count() as u16;
        let taken = match self.size {
            StageSize::Small if player.playback().is_some() => COUNTERS,
            _ => 0,
        };
        if column + 2 + width + taken <= canvas.size().0 {
            canvas.put((column + 2, row), &text, style);
        } else {
            canvas.put((column.saturating_sub(width + 1), row), &text, style);
        }
    }
}

const BARS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const ASCII_BARS: [&str; 8] = ["1", "2", "3", "4", "5", "6", "7", "8"];

/// The rows: names of calls that move bytes, then the most frequent ones, in the order in which they were first made.
fn names(playback: &Playback) -> Vec<(u16, String)> {
    let trace = playback.trace();
    let mut names: Vec<_> = trace
        .names
        .iter()
        .enumerate()
        .map(|(id, name)| (id as u16, name.clone()))
        .filter(|(id, _)| playback.count_before(*id, playback.len()) > 0)
        .collect();
    names.sort_by_key(|(id, _)| {
        let moves = playback.how_of(*id).is_some();
        Reverse((moves, playback.count_before(*id, playback.len())))
    });
    names.truncate(NAMES);
    names.sort_by_key(|(id, _)| playback.first_of(*id));
    names
}

/// Two rows at the right: bytes copied, mode switches.
fn counters(canvas: &mut Canvas, mark_row: u16, player: &Player) {
    let counters = player.counters();
    let (now, whole) = (counters.so_far, counters.whole);
    let copied = format!(
        "{} of {} copied",
        Size(now.copied_bytes),
        Size(whole.copied_bytes)
    );
    let switches = format!(
        "{} of {} mode switches",
        grouped(now.mode_switches),
        grouped(whole.mode_switches)
    );
    let style = canvas.role(Role::Dim);
    for (row, text) in [(mark_row.saturating_sub(1), copied), (mark_row, switches)] {
        let width = text.chars().count() as u16;
        let x = canvas.size().0.saturating_sub(width);
        if canvas.is_free((x.saturating_sub(1), row), width + 1) {
            canvas.put_right(row, &text, style.remove_modifier(Modifier::BOLD));
        }
    }
}
