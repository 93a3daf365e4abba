//! The calls behind the selected flow.

use ratatui::layout::Rect;

use super::{
    ribbon,
    text::{flow_name, shortened},
};
use crate::app::{Click, screens::explorer::ExplorerScreen};
use crate::model::{End, grouped};
use crate::ui::{Pen, Role, row_at};

pub fn draw(pen: &mut Pen, explorer: &ExplorerScreen, room: Rect) {
    let [dim, strong] = pen.styles([Role::Dim, Role::Strong]);
    let title = explorer.selected();
    let title = title.map_or(String::new(), |group| flow_name(&group.flow, End::short));
    pen.text(
        room,
        0,
        0,
        &shortened(&title, room.width.saturating_sub(30)),
        strong,
    );
    let count = explorer.calls().len();
    let place = (explorer.call + 1).min(count) as u64;
    let said = format!("call {} of {}", grouped(place), grouped(count as u64));
    pen.right(room, 0, &said, dim);
    if count == 0 {
        let why = match explorer.running {
            true => "None of its last calls is of this flow, or fits the search.",
            false => "No call of it is kept, or none fits the search.",
        };
        pen.text(room, 0, 2, why, dim);
    }
    let rows = usize::from(room.height.saturating_sub(5)).max(1);
    let first = explorer
        .call
        .saturating_sub(rows / 2)
        .min(count.saturating_sub(rows));
    let trace = &explorer.watched.trace;
    for (row, call) in explorer.calls().iter().skip(first).take(rows).enumerate() {
        let y = row as u16 + 1;
        let known = &trace.calls[*call as usize];
        let task = trace.tasks.get(usize::from(known.task));
        let who = task.map_or(String::new(), |task| format!("{} {}", task.tid, task.name));
        let line = row_at(room, y);
        let selected = first + row == explorer.call;
        if selected {
            let marker = pen.style(Role::Marker);
            pen.paint(line, marker);
        }
        let text = pen.style(if selected { Role::Strong } else { Role::Text });
        pen.text(line, 0, 0, &shortened(&who, 20), dim);
        pen.text(line, 22, 0, &explorer.call_text(*call), text);
        pen.spot(line, Click::Call(first + row));
    }
    let bottom = Rect {
        y: room.bottom().saturating_sub(3),
        height: 3,
        ..room
    };
    ribbon::draw(pen, explorer, bottom);
}
