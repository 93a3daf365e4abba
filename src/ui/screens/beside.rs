//! What stands beside a question: the figures of a run, the stage of one that will be made, a figure of the lesson.

use ratatui::layout::Rect;

use super::{
    predict::stage_before,
    results,
    run::{arrows, described},
};
use crate::app::{App, Beside, Click, Run, player::Player};
use crate::model::{Figure, Origin, Place, Summary, TransferSpec, grouped};
use crate::ui::{Pen, Role, Rows, bar, from_row, player};

/// From here on the stage itself has room.
const STAGE: (u16, u16) = (56, 24);

/// When a run that answers a question is made: in the course, and in a class.
const WHEN_ANSWERED: &str = "It is made on this kernel when you answer.";
pub const WHEN_IN_CLASS: &str = "It is made on this kernel when the class runs it.";

/// Draws it. False: there is nothing.
pub fn draw(pen: &mut Pen, app: &App, room: Rect) -> bool {
    let Some(at) = app.at() else {
        return false;
    };
    let beside = app.beside_at(at);
    if let Some(beside) = beside {
        show(pen, beside, app.answer_is_known(at), WHEN_ANSWERED, room);
    }
    beside.is_some()
}

/// Draws what stands beside a question. `known`: its answer is on the screen. `when`: when the run is made.
pub fn show(pen: &mut Pen, beside: Beside, known: bool, when: &str, room: Rect) {
    match beside {
        Beside::Run(run) => of_run(pen, run, room),
        Beside::Before(spec) => before(pen, spec, when, room),
        Beside::Figure(figure, page) => of_figure(pen, figure, page, known, room),
    }
}

fn has_stage(room: Rect) -> bool {
    room.width >= STAGE.0 && room.height >= STAGE.1
}

/// The figures of a run; below them its stage at the end, where there is room.
fn of_run(pen: &mut Pen, run: &Run, room: Rect) {
    let mut rows = Rows::new(room.width);
    kernel_says(&mut rows, run);
    rows.show(pen, room, 0);
    let below = from_row(room, rows.len() as u16 + 2);
    if has_stage(below) {
        let mut shown = run.player.clone();
        shown.end();
        player::render(below, pen.buf, &pen.theme, &shown, None);
    }
}

/// The transfer that will answer the question.
fn before(pen: &mut Pen, spec: &TransferSpec, when: &str, room: Rect) {
    let mut rows = Rows::new(room.width);
    rows.title("A run answers this");
    described(&mut rows, spec);
    rows.blank(1);
    rows.text(when, Role::Dim);
    rows.show(pen, room, 0);
    let below = from_row(room, rows.len() as u16 + 2);
    if has_stage(below) {
        stage_before(pen, spec, below);
    }
}

/// Before the answer, the places that a figure draws: its title and its arrows may be the answer. Then the figure.
fn of_figure(pen: &mut Pen, figure: &Figure, page: usize, known: bool, room: Rect) {
    let mut rows = Rows::new(room.width);
    if !known {
        places(&mut rows, figure, page);
        rows.show(pen, room, 0);
        return;
    }
    rows.text(&figure.title, Role::Strong);
    let from = format!("the figure of page {}", page + 1);
    rows.text(&from, Role::Dim);
    rows.clickable(rows.len() - 1, Click::Page(page));
    rows.blank(1);
    let below = from_row(room, rows.len() as u16);
    if has_stage(below) {
        rows.show(pen, room, 0);
        let mut drawn = Player::figure(figure.clone());
        drawn.end();
        player::render(below, pen.buf, &pen.theme, &drawn, None);
        return;
    }
    for (number, step) in (1..).zip(&figure.steps) {
        let call = step.call.as_ref().map(|call| format!("{call}()"));
        rows.line(vec![
            (format!("{number}  "), Role::Dim),
            Role::Strong.of(call.unwrap_or_else(|| "no call".to_owned())),
        ]);
        arrows(&mut rows, &step.hops, "   ");
        rows.hanging(("", Role::Text), 3, &step.text, Role::Dim);
        rows.blank(1);
    }
    rows.show(pen, room, 0);
    pen.spots.overflow = 0;
}

fn places(rows: &mut Rows, figure: &Figure, page: usize) {
    rows.title("Where the bytes can be");
    for place in &figure.places {
        rows.line(vec![(format!("{:14}", place.title()), Role::Strong)]);
        rows.hanging(("", Role::Text), 2, about(*place), Role::Dim);
    }
    rows.blank(1);
    let says = format!(
        "The figure of page {} stands here once the answer is known.",
        page + 1
    );
    rows.text(&says, Role::Dim);
}

/// What a place is.
fn about(place: Place) -> &'static str {
    match place {
        Place::Disk => "the device that holds the file",
        Place::PageCache => "pages of files, in the kernel's memory",
        Place::UserBuffer => "memory of the program",
        Place::Pipe => "a queue in the kernel, of references to pages",
        Place::SocketQueue => "what waits in the kernel to be sent or read",
        Place::Device => "the network card",
        Place::Peer => "the program at the other end",
    }
}

fn kernel_says(rows: &mut Rows, run: &Run) {
    let (recording, summary) = (&run.recording, &run.summary);
    let shipped = recording.origin == Origin::Shipped;
    rows.title(match shipped {
        true => "A recorded kernel says",
        false => "Your kernel says",
    });
    let TransferSpec {
        method,
        size,
        chunk,
        to,
        ..
    } = &recording.spec;
    let about = format!("{method}, {size}, {chunk} chunks, to {to}");
    rows.text(&about, Role::Dim);
    if shipped {
        results::recorded_elsewhere(rows, recording);
    }
    rows.blank(1);
    counts(rows, summary);
    if let Some(copies) = summary.cpu_copies_per_byte {
        rows.pair("CPU copies per byte", &format!("{copies:.1}"), Role::Strong);
        let copied = results::bytes(summary.cpu_copied_bytes.unwrap_or(0));
        rows.pair("copied by the CPU", &copied, Role::Strong);
    }
}

/// Calls and switches, each as a bar beside the others.
fn counts(rows: &mut Rows, summary: &Summary) {
    let switches = summary.measured.as_ref().map(|measured| {
        measured.voluntary_context_switches + measured.involuntary_context_switches
    });
    let figures = [
        ("system calls", "traced", summary.syscalls),
        ("mode switches", "traced", summary.mode_switches),
        ("context switches", "untraced", switches),
    ];
    let values = figures.iter().filter_map(|(.., value)| *value);
    let most = values.max().unwrap_or(0) as f64;
    let cells = usize::from(rows.width.saturating_sub(10)).min(32);
    for (name, run, value) in figures {
        let Some(value) = value else {
            continue;
        };
        rows.pair(name, run, Role::Dim);
        let said = (format!(" {}", grouped(value)), Role::Strong);
        rows.line(vec![(bar(value as f64, most, cells), Role::Dim), said]);
        rows.blank(1);
    }
}
