//! The week of reviews ahead: a mark a question that comes back, a column a day.

use crate::app::{App, WEEK};
use crate::ui::{Role, Row, Rows};

/// Columns of `today 12`.
const TODAY: usize = 8;

/// Two rows across `width` columns: the marks, and the days under them. What is due already stands out, today.
pub fn show(rows: &mut Rows, app: &App, width: u16) {
    let due = app.due().len();
    let week = app.week();
    let column = usize::from(width) / WEEK;
    let room = column.saturating_sub(2).max(1);
    let most = week.iter().max().copied().unwrap_or(0).max(due + week[0]);
    let cells = |count: usize| match most <= room {
        true => count,
        false => (count * room).div_ceil(most),
    };
    let (mut marks, mut days) = (Row::default(), Row::default());
    for (day, later) in week.into_iter().enumerate() {
        let now = if day == 0 { due } else { 0 };
        let (first, then) = (cells(now), cells(later).min(column - 1 - cells(now)));
        if first + then == 0 {
            marks.left.push((format!("{:column$}", "·"), Role::Ghost));
        } else {
            marks.left.push(("■".repeat(first), Role::Accent));
            let rest = "■".repeat(then) + &" ".repeat(column - first - then);
            marks.left.push((rest, Role::Dim));
        }
        let name = match day {
            0 if column > TODAY => "today",
            0 => "now",
            _ => app.clock.weekday(day),
        };
        let said = match (now, later) {
            (0, 0) => name.to_owned(),
            (0, count) | (count, 0) => format!("{name} {count}"),
            (now, later) => format!("{name} {now}+{later}"),
        };
        let role = if now > 0 { Role::Text } else { Role::Dim };
        days.left.push((format!("{said:column$}"), role));
    }
    rows.push(marks);
    rows.push(days);
}
