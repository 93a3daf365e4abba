//! A page of a lesson: prose, and beside it a figure, an experiment or a question.

use ratatui::layout::Rect;

use super::{
    board, contents, experiment, lesson_end, predict, question, results,
    run::{described, legend, show_player},
    view::{Header, Right, View},
};
use crate::app::{App, Job, LabPage, PageState, Pane, screens::lesson::LessonScreen};
use crate::course::{Lab, Page};
use crate::model::TransferSpec;
use crate::ui::{Pen, Role, Rooms, Rows, Tier, gauge, narrowed, widgets::view};

/// Columns of what the room is asked.
const BOARD: u16 = 100;

pub fn draw(pen: &mut Pen, app: &App, rooms: &Rooms) {
    let page = app.at().and_then(|at| app.page_at(at));
    let (Some(page), Some(state)) = (page, app.page_state()) else {
        return;
    };
    let room = app.at().and_then(|at| app.asked_of_room(at));
    if let (PageState::Question(_), Some((room, _))) = (state, room) {
        let area = narrowed(rooms.text(), BOARD);
        return board::draw(pen, app, room, area);
    }
    match state {
        PageState::Prose => prose_alone(pen, app, rooms, page),
        PageState::Question(_) => question::draw(pen, app, rooms, page),
        PageState::Figure(_) | PageState::Lab(_) | PageState::Experiment(_) => {
            with_target(pen, app, rooms, page)
        }
    }
}

fn prose_alone(pen: &mut Pen, app: &App, rooms: &Rooms, page: &Page) {
    if let (Some(panes), Some(lesson)) = (rooms.reading(), app.open_lesson()) {
        contents::draw(pen, app, lesson, panes.right);
        pen.line(panes.hairline, panes.left.y - 1, panes.left.bottom());
    }
    let room = rooms.pane();
    let mut rows = Rows::new(room.width);
    rows.title(&page.title);
    rows.prose_with_words(&page.prose, &app.material.words);
    rows.show(pen, room, app.display.scroll);
}

fn with_target(pen: &mut Pen, app: &App, rooms: &Rooms, page: &Page) {
    match rooms.page() {
        Some(panes) => {
            text(pen, app, rooms.tier, panes.left, page);
            pen.line(panes.hairline, panes.left.y - 1, panes.left.bottom());
            target(pen, app, rooms.tier, panes.right);
        }
        None if app.display.pane == Pane::Text => text(pen, app, rooms.tier, rooms.pane(), page),
        None => target(pen, app, rooms.tier, rooms.body),
    }
}

fn text(pen: &mut Pen, app: &App, tier: Tier, room: Rect, page: &Page) {
    if let Some((class, _)) = app.at().and_then(|at| app.asked_of_room(at)) {
        return board::draw(pen, app, class, room);
    }
    let mut rows = Rows::new(room.width);
    rows.title(&page.title);
    rows.prose_with_words(&page.prose, &app.material.words);
    if let Some((lab, state)) = app.lab_page() {
        rows.blank(1);
        if state.player.is_some() {
            results::below_prose(&mut rows, app, tier, room, lab, state);
        } else {
            before_run(&mut rows, &lab.spec, tier);
        }
    }
    if app.experiment().is_some() {
        experiment::below_prose(&mut rows, app);
    }
    if tier.is_folded() {
        asked(&mut rows, app, room);
    } else if app.experiment().is_none() {
        legend(&mut rows, tier, room);
    }
    rows.show(pen, room, app.display.scroll);
}

/// What is asked before it runs, where the field for the answer is on the other pane: a key that answers turns to it.
fn asked(rows: &mut Rows, app: &App, room: Rect) {
    let Some((predict, _)) = app.guessing().filter(|_| app.asks_guess()) else {
        return;
    };
    let mut question = Rows::new(room.width);
    question.blank(1);
    question.strong_prose(&predict.text);
    if predict.ask.is_typed() {
        field_of(&mut question, app);
    }
    if rows.len() + question.len() <= usize::from(room.height) {
        rows.append(question);
    }
}

/// The field for the guess: typing turns to it.
fn field_of(rows: &mut Rows, app: &App) {
    let Some((predict, guess)) = app.guessing() else {
        return;
    };
    let mut view = predict.ask.view(&guess.draft, false);
    view.lines.truncate(1);
    view::show(rows, &view);
}

/// What the experiment is, before it runs.
fn before_run(rows: &mut Rows, spec: &TransferSpec, tier: Tier) {
    if tier.is_folded() {
        rows.rule();
        let TransferSpec {
            method,
            cache,
            size,
            to,
            chunk,
            ..
        } = spec;
        let said = format!(
            "The experiment: {method}, a {cache} file of {size}, to {to}, in chunks of {chunk}."
        );
        rows.text(&said, Role::Dim);
        return;
    }
    rows.blank(1);
    rows.group("The experiment", "");
    described(rows, spec);
    rows.blank(1);
    let says = "It will run twice: untraced for the time, traced for the calls.";
    rows.text(says, Role::Dim);
}

fn target(pen: &mut Pen, app: &App, tier: Tier, area: Rect) {
    if app.experiment().is_some() {
        return experiment::beside(pen, app, tier, area);
    }
    let Some((lab, state)) = app.lab_page() else {
        return show_player(pen, app, area);
    };
    match app.job_here() {
        Some(job) => {
            let below = predict::stage_before(pen, &lab.spec, area);
            running(pen, job, below);
        }
        None if state.player.is_some() => show_player(pen, app, area),
        None if app.asks_guess() => predict::draw(pen, app, lab, state, tier, area),
        None => ready(pen, app, lab, state, area),
    }
}

fn ready(pen: &mut Pen, app: &App, lab: &Lab, state: &LabPage, area: Rect) {
    let below = predict::stage_before(pen, &lab.spec, area);
    let mut rows = Rows::new(below.width);
    if app.job.is_some() {
        rows.text("Another experiment is running.", Role::Dim);
    } else {
        let says = "runs it on this kernel";
        rows.hanging(("r", Role::Strong), 3, says, Role::Text);
        if let Some(guess) = &state.guessing.guess {
            rows.text(&format!("You said {guess}."), Role::Dim);
        }
    }
    rows.show(pen, below, 0);
}

pub fn running(pen: &mut Pen, job: &Job, area: Rect) {
    let mut rows = Rows::new(area.width);
    rows.group("It runs", "Esc stops it");
    rows.blank(1);
    match &job.progress {
        None => rows.text("starting", Role::Dim),
        Some(progress) => {
            rows.line(vec![
                (format!("{:18}", progress.at), Role::Text),
                (gauge(progress.done, progress.total, 16), Role::Accent),
            ]);
        }
    }
    rows.show(pen, area, 0);
}

impl View for LessonScreen {
    fn header(&self, app: &App) -> Header {
        if self.end.is_some() {
            let lesson = app.material.lessons.get(self.at.lesson);
            return Header {
                before: lesson.map_or_else(String::new, |lesson| lesson.number.to_string()),
                alone: true,
                ..Header::of(
                    lesson.map_or("", |lesson| &lesson.title),
                    Right::Text("the end".to_owned()),
                )
            };
        }
        let pages = self.pages(app);
        let place = pages.iter().position(|page| *page == self.at.page);
        let what = if self.quiz { "question" } else { "page" };
        Header::of_page(app, Right::Count(what, place.unwrap_or(0), pages.len()))
    }

    fn draw(&self, pen: &mut Pen, app: &App, rooms: &Rooms) {
        if let Some(selected) = self.end {
            return lesson_end::draw(pen, app, self.at.lesson, selected, rooms.pane());
        }
        draw(pen, app, rooms);
    }
}
