//! A seat in a class: the question with its figure, where the vote stands, and after the reveal what came of it.

use ratatui::layout::Rect;

use super::{
    beside, board, experiment,
    page::running,
    predict::stage_before,
    run::{described, show_player},
    view::{Header, Right, View},
};
use crate::app::{App, Beside, Pane, Player, screens::seat::SeatScreen};
use crate::class::{Answer, Phase, Poll, PollKind};
use crate::model::{ExperimentValue, TransferSpec};
use crate::ui::{PROSE, Pen, Role, Rooms, Rows, Tier, narrowed, widgets::view::show};

/// Rows at the foot: where the vote stands.
const FOOT: u16 = 2;
/// Columns of the question: an option has its letter before it.
const QUESTION: u16 = PROSE + 1;
/// Columns that a run needs.
const RUN: u16 = 56;

impl View for SeatScreen {
    fn header(&self, _: &App) -> Header {
        let title = format!("Class {}", self.code);
        Header::of(&title, Right::Text(format!("your seat: {}", self.name)))
    }

    fn draw(&self, pen: &mut Pen, app: &App, rooms: &Rooms) {
        let mut rooms = *rooms;
        rooms.body.height -= FOOT;
        foot(pen, self, &rooms);
        let Some(poll) = self.poll() else {
            return lobby(pen, &rooms);
        };
        match (self.beside(app), app.job_here(), app.player()) {
            // As in the course before a run: the stage, and the question below it.
            (Some(Beside::Before(spec)), None, None) if poll.scale.is_some() => {
                on_stage(pen, app, self, poll, spec, &rooms);
            }
            _ => in_panes(pen, app, self, poll, &rooms),
        }
    }
}

fn lobby(pen: &mut Pen, rooms: &Rooms) {
    let mut rows = Rows::new(rooms.pane().width);
    rows.title("You have joined the class");
    rows.prose(
        "The first question comes when the teacher opens a vote.\n\nEverybody answers alone, and nobody sees the votes before both are over. An answer can be changed until its vote is closed.\n\nWhere a run answers a question, the class runs it, and so does this terminal, on your own kernel.",
        &[],
    );
    rows.show(pen, rooms.pane(), 0);
}

/// A guess: the empty stage with the question below it, what will be run beside it.
fn on_stage(
    pen: &mut Pen,
    app: &App,
    seat: &SeatScreen,
    poll: &Poll,
    spec: &TransferSpec,
    rooms: &Rooms,
) {
    let Some(panes) = rooms.page() else {
        return in_panes(pen, app, seat, poll, rooms);
    };
    let left = panes.left;
    let mut rows = Rows::new(left.width);
    match seat.is_revealed() {
        true => revealed(&mut rows, app, seat, poll),
        false => {
            rows.title("A run answers this");
            described(&mut rows, spec);
            rows.blank(1);
            rows.text(beside::WHEN_IN_CLASS, Role::Dim);
        }
    }
    rows.show(pen, left, app.display.scroll);
    pen.line(panes.hairline, left.y - 1, left.bottom());
    let below = stage_before(pen, spec, panes.right);
    if !seat.is_revealed() {
        question(pen, app, seat, poll, below, true);
    }
}

/// The question, and its figure beside it or on the other pane.
fn in_panes(pen: &mut Pen, app: &App, seat: &SeatScreen, poll: &Poll, rooms: &Rooms) {
    // A run needs the room of a page's run; options to choose from need theirs.
    let runs = seat.has_begun() && (!seat.is_open() || poll.kind == PollKind::Number);
    let panes = if runs { rooms.page() } else { rooms.list() };
    match panes {
        Some(panes) => {
            let width = match runs {
                true => panes.left.width,
                false => QUESTION,
            };
            let room = Rect {
                width,
                ..panes.left
            };
            question(pen, app, seat, poll, room, true);
            if figure(pen, app, seat, rooms.tier, panes.right) {
                pen.line(panes.hairline, panes.left.y - 1, panes.left.bottom());
            }
        }
        None if app.display.pane == Pane::Target && app.has_two_panes() => {
            figure(pen, app, seat, rooms.tier, rooms.text());
        }
        None => question(
            pen,
            app,
            seat,
            poll,
            narrowed(rooms.text(), QUESTION),
            false,
        ),
    }
}

/// What stands beside the question: this machine's own run, else what belongs to it in the lessons. False: nothing.
fn figure(pen: &mut Pen, app: &App, seat: &SeatScreen, tier: Tier, area: Rect) -> bool {
    let answer = &seat.answer;
    let arranged = answer.form.as_ref().filter(|_| seat.is_open());
    let known = seat.is_revealed();
    if let Some(view) = arranged.and_then(|form| form.beside(&answer.draft)) {
        let mut rows = Rows::new(area.width);
        show(&mut rows, &view);
        rows.show(pen, area, 0);
    } else if app.experiment().is_some() && area.width >= RUN {
        experiment::beside(pen, app, tier, area);
    } else if app.player().is_some() && area.width >= RUN {
        show_player(pen, app, area);
    } else if let Some(job) = app.job_here() {
        running(pen, job, area);
    } else if let Some(beside) = seat.beside(app) {
        beside::show(pen, beside, known, beside::WHEN_IN_CLASS, area);
    } else if let Some(title) = seat.trial() {
        let mut rows = Rows::new(area.width);
        rows.title("An experiment answers this");
        rows.text(title, Role::Text);
        rows.blank(1);
        rows.text(beside::WHEN_IN_CLASS, Role::Dim);
        rows.show(pen, area, 0);
    } else {
        return false;
    }
    true
}

/// An answer in words, behind what is said of it.
fn yours(rows: &mut Rows, poll: &Poll, answer: Option<&Answer>, mark: &str) {
    if let Some(answer) = answer {
        let indent = mark.chars().count() as u16;
        let words = poll.in_words(answer);
        rows.hanging((mark, Role::Strong), indent, &words, Role::Text);
        rows.blank(1);
    }
}

fn question(pen: &mut Pen, app: &App, seat: &SeatScreen, poll: &Poll, room: Rect, roomy: bool) {
    let mut rows = Rows::new(room.width);
    if seat.is_revealed() {
        revealed(&mut rows, app, seat, poll);
    } else if let Some(form) = &seat.answer.form {
        rows.strong_prose(&poll.text);
        rows.blank(if roomy { 2 } else { 1 });
        let settled = !seat.is_ready();
        match seat.is_open() || room.width >= PROSE {
            true => show(&mut rows, &form.view(&seat.answer.draft, settled, roomy)),
            // Options do not fit here, and nobody chooses now.
            false => yours(&mut rows, poll, seat.saved(), "your answer: "),
        }
        this_machine(&mut rows, app, seat);
    }
    rows.show(pen, room, app.display.scroll);
}

/// Both votes, the right answer and why; one's own answer before them.
fn revealed(rows: &mut Rows, app: &App, seat: &SeatScreen, poll: &Poll) {
    rows.strong_prose(&poll.text);
    rows.blank(1);
    let Some(asked) = seat.now.as_ref().and_then(|now| now.asked()) else {
        return;
    };
    let right = seat.now.as_ref().zip(seat.saved());
    let mark = match right.and_then(|(now, yours)| now.is_right(yours)) {
        Some(true) => "✓ right: ",
        Some(false) => "✗ not yet: ",
        None => "your answer: ",
    };
    yours(rows, poll, seat.saved(), mark);
    board::outcome(rows, &asked);
    this_machine(rows, app, seat);
}

/// What the run on this machine came to, once it has been played.
fn this_machine(rows: &mut Rows, app: &App, seat: &SeatScreen) {
    let conceals = app.player().is_some_and(Player::is_concealing);
    let Some(value) = seat.own.value.as_ref().filter(|_| !conceals) else {
        return;
    };
    let value = match value {
        ExperimentValue::Number(number) => number.to_string(),
        ExperimentValue::Word(word) => word.clone(),
    };
    rows.blank(1);
    rows.hanging(("this machine: ", Role::Dim), 14, &value, Role::Strong);
}

/// Where the vote stands, and whether the answer is saved.
fn foot(pen: &mut Pen, seat: &SeatScreen, rooms: &Rooms) {
    let room = Rect {
        y: rooms.body.bottom(),
        height: FOOT,
        ..rooms.body
    };
    pen.rule(room, 0);
    let counts = seat.now.as_ref().map(|now| match now.question {
        Some(_) => format!("{} of {} answered", now.answered, now.joined),
        None => format!("{} joined", now.joined),
    });
    let end = pen.right(room, 1, &counts.unwrap_or_default(), Role::Dim);
    let room = narrowed(room, end.saturating_sub(2));
    let (text, role) = stands(seat);
    pen.text(room, 0, 1, &text, role);
}

fn stands(seat: &SeatScreen) -> (String, Role) {
    if seat.is_over {
        return ("The class is over. q leaves it.".to_owned(), Role::Accent);
    }
    if let Some((_, why)) = &seat.answer.unsaved {
        let why = why.as_ref().map_or(String::new(), |why| format!(": {why}"));
        return (
            format!("Not saved yet{why}. It is sent again."),
            Role::Accent,
        );
    }
    if seat.is_unreached {
        let says = "The room cannot be reached. It is tried again.";
        return (says.to_owned(), Role::Accent);
    }
    let saved = seat.saved().zip(seat.poll());
    let saved = saved.map(|(answer, poll)| poll.briefly(answer));
    let vote = match seat.vote() {
        2 => "The second vote",
        vote if vote > 2 => "A further vote",
        _ => "The vote",
    };
    let text = match (seat.phase(), saved) {
        (Phase::Lobby, _) => "Wait for the first question.".to_owned(),
        (Phase::Voting, None) => format!("{vote} is open."),
        (Phase::Voting, Some(saved)) => {
            format!("Saved: {saved}. You can still change it.")
        }
        (Phase::Closed, None) => "The vote is closed. You have not answered.".to_owned(),
        (Phase::Closed, Some(saved)) => format!("The vote is closed. Your answer: {saved}."),
        (Phase::Discuss, _) => "Discuss it with your neighbours. You vote again.".to_owned(),
        (Phase::Experiment, _) => "The experiment runs.".to_owned(),
        (Phase::Revealed, _) => "The answer and the votes are shown.".to_owned(),
    };
    (text, Role::Strong)
}
