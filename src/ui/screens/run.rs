//! A run: its player, its transfer in words, its path through the machine.

use ratatui::layout::Rect;

use super::{
    results,
    view::{Header, Right, View},
};
use crate::app::{App, Run, screens::replay::ReplayScreen};
use crate::figure::Race;
use crate::model::{
    Arrow, Hop, Measured, Origin, Place, Served, Side, Size, TransferSpec, grouped,
};
use crate::ui::{MARKS, Pen, Role, Rooms, Rows, Span, Tier, player, race::scale};

/// The header of a race: its scale, which is said at every size.
pub fn race_header(race: &Race) -> Header {
    Header::of("A race", Right::Text(scale(race)))
}

/// Columns that a copy path takes with the whole names of its places.
const WHOLE_PATH: u16 = 48;
/// Columns that it takes with their last words and whole arrows.
const SHORT_PATH: u16 = 29;

/// The playback on the screen, in an area; pointing at it seeks.
pub fn show_player(pen: &mut Pen, app: &App, area: Rect) {
    if let Some(shown) = app.player() {
        let guess = app.at().and_then(|at| app.guess_in_score(at));
        player::render(area, pen.buf, &pen.theme, shown, guess);
        pen.spots.player = Some(area);
    }
}

/// A run's playback; where there is room, what the run is and what it comes to stand beside it. `measured` is of its
/// untraced twin on this machine.
pub fn show_run(pen: &mut Pen, app: &App, rooms: &Rooms, run: &Run, measured: Option<&Measured>) {
    let Some(panes) = rooms.page() else {
        return show_player(pen, app, rooms.body);
    };
    let spec = &run.recording.spec;
    let room = panes.left;
    let mut rows = Rows::new(room.width);
    match run.recording.outcome.served {
        Some(served) => answered(&mut rows, run, served),
        None => {
            rows.title("The transfer");
            described(&mut rows, spec);
        }
    }
    rows.blank(1);
    copy_path(&mut rows, &run.summary.copy_path, spec.method.side());
    if run.recording.outcome.verified == Some(true) {
        rows.text("Verified: what arrived is what was sent.", Role::Dim);
    }
    rows.blank(2);
    let ahead = run.recording.outcome.read_ahead_kb;
    results::counted(&mut rows, app, measured, ahead, room);
    legend(&mut rows, rooms.tier, room);
    rows.show(pen, room, 0);
    pen.line(panes.hairline, room.y - 1, room.bottom());
    show_player(pen, app, panes.right);
}

/// What a server sent, and what it received and sent besides.
fn answered(rows: &mut Rows, run: &Run, served: Served) {
    rows.title("A server at work");
    let spec = &run.recording.spec;
    for (name, value) in [
        ("method", spec.method.to_string()),
        ("answers", grouped(served.answers)),
        ("bodies", spec.size.to_string()),
        ("heads", Size(served.head_bytes).to_string()),
        ("requests", Size(served.request_bytes).to_string()),
    ] {
        rows.hanging((name, Role::Dim), 10, &value, Role::Text);
    }
    rows.blank(1);
    let says = "The bodies alone are played and counted. Heads and requests are copied once each.";
    rows.text(says, Role::Dim);
}

pub fn described(rows: &mut Rows, spec: &TransferSpec) {
    let settings = [
        ("method", spec.method.to_string()),
        ("from", format!("a {} file of {}", spec.cache, spec.size)),
        ("to", spec.to.to_string()),
        ("chunk", spec.chunk.to_string()),
    ];
    for (name, value) in settings {
        rows.line(vec![(format!("{name:10}"), Role::Dim), (value, Role::Text)]);
    }
}

/// On a projector: what the marks mean, at the lower end of the text.
pub fn legend(rows: &mut Rows, tier: Tier, room: Rect) {
    const HEIGHT: usize = 7;
    let free = usize::from(room.height).saturating_sub(rows.len());
    if tier != Tier::Wide || free < HEIGHT + 2 {
        return;
    }
    rows.blank(free - HEIGHT);
    rows.group("reading the picture", "");
    for (mark, role, name, says) in MARKS {
        rows.line(vec![
            (format!("{mark:7}"), role),
            (format!("{name:17}"), Role::Text),
            Role::Dim.of(says),
        ]);
    }
}

/// The copy path of the process that was traced in one line: `page cache ━■━▶ your buffer ━■━▶ socket queue`.
pub fn copy_path(rows: &mut Rows, hops: &[Hop], side: Side) {
    let width = rows.width;
    let real = hops.iter().filter(|hop| hop.side == side && !hop.ghost);
    let mut real = real.peekable();
    let Some(first) = real.peek() else {
        rows.text("no payload moved", Role::Dim);
        return;
    };
    let mut left: Vec<Span> = vec![(place(first.from, width).to_owned(), Role::Text)];
    for hop in real {
        let (arrow, role, ..) = MARKS[hop.how.drawn() as usize];
        let (first, last) = (arrow.chars().next(), arrow.chars().last());
        let short: String = first.into_iter().chain(last).collect();
        let arrow = if width < SHORT_PATH { &short } else { arrow };
        left.push((format!(" {arrow} "), role));
        left.push((place(hop.to, width).to_owned(), Role::Text));
    }
    rows.line(left);
}

/// Hops of a figure or a card in one line, behind an indent; each that does not begin where the last one ended stands apart.
pub fn arrows(rows: &mut Rows, hops: &[Arrow], indent: &str) {
    let width = rows.width;
    let mut left: Vec<Span> = vec![Role::Text.of(indent)];
    let mut at = None;
    for hop in hops {
        if at != Some(hop.from) {
            let gap = if at.is_some() { ", " } else { "" };
            left.push((format!("{gap}{}", place(hop.from, width)), Role::Text));
        }
        let (arrow, role, ..) = MARKS[hop.how.drawn() as usize];
        left.push((format!(" {arrow} "), role));
        left.push((place(hop.to, width).to_owned(), Role::Text));
        at = Some(hop.to);
    }
    if !hops.is_empty() {
        rows.line(left);
    }
}

/// The name of a place; in a narrow column, its last word.
fn place(place: Place, width: u16) -> &'static str {
    let (name, short) = match place {
        Place::PageCache => ("page cache", "cache"),
        Place::UserBuffer => ("your buffer", "buffer"),
        Place::SocketQueue => ("socket queue", "queue"),
        other => (other.name(), other.name()),
    };
    if width < WHOLE_PATH { short } else { name }
}

impl View for ReplayScreen {
    fn header(&self, _: &App) -> Header {
        if let Some(race) = self.player.race() {
            return race_header(race);
        }
        let recording = &self.run.recording;
        let origin = match recording.origin {
            Origin::Live => "made just now".to_owned(),
            Origin::Shipped | Origin::Loaded => format!("recorded on {}", recording.machine.kernel),
        };
        Header::of("A recording", Right::Text(origin))
    }

    fn draw(&self, pen: &mut Pen, app: &App, rooms: &Rooms) {
        if self.player.race().is_some() {
            return show_player(pen, app, rooms.text());
        }
        let measured = self.run.summary.measured.as_ref();
        show_run(pen, app, rooms, &self.run, measured);
    }
}
