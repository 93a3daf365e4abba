//! The explorer of a traced program: its flows as a picture and as a table, the calls behind them, the ribbon of calls.

mod calls;
mod course;
mod picture;
mod table;
mod text;

use ratatui::layout::Rect;

use self::text::shortened;
use super::view::{Header, Right, View};
use crate::app::{
    App,
    screens::explorer::{ExplorerScreen, List},
};
use crate::copypath::flows::hazard_sentence;
use crate::model::{Exit, grouped};
use crate::ui::{Pen, Role, Rooms, Rows, from_row, prompt, top_of};

impl View for ExplorerScreen {
    fn header(&self, app: &App) -> Header {
        let title = format!("Trace   {}", self.watched.command.join(" "));
        Header::of(&title, Right::Text(counts(self, app.display.room.width)))
    }

    fn draw(&self, pen: &mut Pen, app: &App, rooms: &Rooms) {
        let body = rooms.body;
        // Below it: a table of a few rows, the sentence, the ribbon.
        let picture = match body.height {
            28.. => (body.height - 16).min(body.height / 5 * 3),
            18.. => 8,
            _ => 0,
        };
        let upper = top_of(body, picture);
        let lower = from_row(body, picture + u16::from(picture > 0));
        if picture > 0 {
            picture::draw(pen, self, app.display.reduced_motion, upper);
        }
        match self.list {
            List::Flows => table::draw(pen, self, lower),
            List::Calls => calls::draw(pen, self, lower),
        }
        if app.message.is_none() {
            message(pen, self, rooms.message);
        }
    }

    fn legend(&self, rows: &mut Rows) -> bool {
        rows.group("reading the picture", "");
        for text in LEGEND {
            rows.text(text, Role::Text);
            rows.blank(1);
        }
        true
    }
}

const LEGEND: [&str; 2] = [
    "A band that rises over the mode switch is copied by the CPU, in and out of the program's memory.",
    "A band with dotted edges stays in the kernel: references are passed on, and no byte is copied.",
];

/// What was counted, and how it ended.
fn counts(explorer: &ExplorerScreen, width: u16) -> String {
    let watched = &explorer.watched;
    let state = match (&watched.exit, explorer.running) {
        (_, true) => "running".to_owned(),
        (Exit::Code(code), _) => format!("exit {code}"),
        (Exit::Signal(signal), _) => signal.clone(),
    };
    let many = |number: u64, short: &str, one: &str, many: &str| {
        let name = match (width, number) {
            (..104, _) => short,
            (_, 1) => one,
            _ => many,
        };
        format!("{} {name}", grouped(number))
    };
    [
        many(watched.syscalls(), "calls", "call", "calls"),
        many(watched.processes, "proc", "process", "processes"),
        many(watched.threads, "thr", "thread", "threads"),
        state,
    ]
    .join(" · ")
}

/// What is searched for, which thread; else what is not explained.
fn message(pen: &mut Pen, explorer: &ExplorerScreen, room: Rect) {
    let mut parts = Vec::new();
    if explorer.typing || !explorer.filter.text.is_empty() {
        parts.push(prompt(&explorer.filter, explorer.typing));
    }
    let tasks = &explorer.watched.trace.tasks;
    if let Some(task) = explorer.task.and_then(|task| tasks.get(usize::from(task))) {
        parts.push(format!("thread {} {}", task.tid, task.name));
    }
    if parts.is_empty() {
        let unexplained = explorer.watched.unexplained;
        let bytes = unexplained.read_bytes + unexplained.written_bytes;
        parts.push(format!("unexplained: {} bytes", grouped(bytes)));
        let hazards = explorer.watched.hazards.iter().map(hazard_sentence);
        let hazards = hazards.map(|sentence| format!("hazard: {sentence}"));
        parts.extend(
            hazards
                .chain(explorer.watched.notes.first().cloned())
                .take(1),
        );
    }
    let said = shortened(&parts.join("   "), room.width);
    pen.text(room, 0, 0, &said, Role::Dim);
}
