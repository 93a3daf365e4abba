//! The score: when. A row a call name, a column a call; and the scrub bar of the playback.

use std::cmp::Reverse;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

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
    columns: u16,
    /// A row for the guess above the names: kept free where there is none, so that nothing moves.
    guess_row: bool,
    /// Calls that are still to come are not shown.
    conceals: bool,
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
        let counters = match size {
            StageSize::Small => COUNTERS,
            _ => 0,
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
            conceals: player.is_concealing(),
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
            canvas.write((0, row), &short, Role::Dim);
            if self.step == 0 {
                self.bars(canvas, row, playback, *name, current);
            }
            // What was predicted is not told before the end.
            let told = if self.conceals { current } else { self.calls };
            let count = playback.count_before(*name, told);
            let after = self.start + self.columns + 2;
            let count = grouped(count);
            canvas.write((after, row), &count, Role::Strong);
            let after = after + count.chars().count() as u16 + 1;
            let room = canvas.size().0.saturating_sub(after);
            if !self.conceals
                && usize::from(room) >= NOTE.len()
                && self.ends_with_zero(playback, *name)
            {
                canvas.write((after, row), NOTE, Role::Dim);
            }
        }
        if self.step > 0 {
            self.marks(canvas, top, playback, current);
        }
    }

    /// One mark a call, staggered in time.
    fn marks(&self, canvas: &mut Canvas, top: u16, playback: &Playback, current: usize) {
        for (number, hops) in playback.hops_from(0) {
            if self.conceals && number > current {
                break;
            }
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
            canvas.write((self.column(number), top + row as u16), glyph, role);
        }
    }

    /// More calls than columns: the height says how many of a column's calls have that name.
    fn bars(&self, canvas: &mut Canvas, row: u16, playback: &Playback, name: u16, current: usize) {
        let how = playback.named(name).and_then(|named| named.how);
        for column in 0..self.columns {
            let (first, next) = self.calls_of(column);
            let count = playback.count_before(name, next) - playback.count_before(name, first);
            let hidden = self.conceals && first > current;
            if hidden || count == 0 || next <= first {
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
            canvas.write((self.start + column, row), glyph, role);
        }
    }

    fn steps(&self, canvas: &mut Canvas, top: u16, current: usize) {
        for number in 0..self.calls {
            let (glyph, role) = match number.cmp(&current) {
                std::cmp::Ordering::Less => ("▪", Role::Dim),
                std::cmp::Ordering::Equal => ("▪", Role::Accent),
                std::cmp::Ordering::Greater => ("·", Role::Ghost),
            };
            canvas.write((self.column(number), top), glyph, role);
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
            let text = format!("said {said}");
            let (x, width) = (self.start + self.columns + 2, text.chars().count() as u16);
            let free = |x: &u16| canvas.is_free((x.saturating_sub(1), 0), width + 1);
            let fits = canvas.size().0.saturating_sub(x) >= width + 5;
            if let Some(x) = (x..x + 12).find(free).filter(|_| fits) {
                canvas.write((x, 0), &text, Role::Dim);
            }
            return;
        }
        let call = (guess.max(1.0) as usize).saturating_sub(1);
        let column = self.column(call);
        let mark = if call >= self.calls { "▹" } else { "▿" };
        let text = format!("you said {said}");
        let width = text.chars().count() as u16;
        canvas.write((column, 0), mark, Role::Text);
        let x = column.checked_sub(width + 1).unwrap_or(column + 2);
        canvas.write((x, 0), &text, Role::Text);
    }

    fn here(&self, canvas: &mut Canvas, row: u16, player: &Player) {
        let (speed, name) = (player.speed().factor(), player.speed().name());
        let (what, whole, speed) = match player.playback() {
            None => ("step", "", String::new()),
            Some(_) => {
                let whole = if player.is_at_end() {
                    ", whole run"
                } else {
                    ""
                };
                let speed = (speed != 1.0).then(|| format!("  {name}"));
                ("call", whole, speed.unwrap_or_default())
            }
        };
        let [now, all] = [player.current() + 1, self.calls].map(|count| grouped(count as u64));
        let text = match self.conceals {
            true => format!("{what} {now}{speed}"),
            false => format!("{what} {now} of {all}{whole}{speed}"),
        };
        let column = self.column(player.current());
        canvas.write((column, row), "▲", Role::Accent);
        let width = text.chars().count() as u16;
        let taken = match self.size {
            StageSize::Small if player.playback().is_some() => COUNTERS,
            _ => 0,
        };
        let x = match column + 2 + width + taken <= canvas.size().0 {
            true => column + 2,
            false => column.saturating_sub(width + 1),
        };
        canvas.write((x, row), &text, Role::Accent);
    }
}

const BARS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const ASCII_BARS: [&str; 8] = ["1", "2", "3", "4", "5", "6", "7", "8"];

/// The rows: names of calls that move bytes, then the most frequent ones, in the order in which they were first made.
fn names(playback: &Playback) -> Vec<(u16, String)> {
    let count = |id: u16| playback.count_before(id, playback.len());
    let names = (0..).zip(playback.trace().names.iter().cloned());
    let mut names: Vec<_> = names.filter(|(id, _)| count(*id) > 0).collect();
    names.sort_by_key(|(id, _)| {
        Reverse((
            playback.named(*id).is_some_and(|named| named.how.is_some()),
            count(*id),
        ))
    });
    names.truncate(NAMES);
    names.sort_by_key(|(id, _)| playback.named(*id).and_then(|named| named.first));
    names
}

/// Two rows at the right: bytes copied, mode switches.
fn counters(canvas: &mut Canvas, mark_row: u16, player: &Player) {
    let counters = player.counters();
    let (now, whole) = (counters.so_far, counters.whole);
    let (copied, all) = (Size(now.copied_bytes), Size(whole.copied_bytes));
    let [switches, all_switches] = [now, whole].map(|run| grouped(run.mode_switches));
    let (copied, switches) = match player.is_concealing() {
        true => (
            format!("{copied} copied"),
            format!("{switches} mode switches"),
        ),
        false => (
            format!("{copied} of {all} copied"),
            format!("{switches} of {all_switches} mode switches"),
        ),
    };
    let style = canvas.role(Role::Dim);
    canvas.put_right(mark_row.saturating_sub(1), &copied, style);
    canvas.put_right(mark_row, &switches, style);
}
