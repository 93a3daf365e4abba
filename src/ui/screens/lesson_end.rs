//! The page behind the last page of a lesson.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use crate::app::{
    App, Click,
    lesson_end::{LessonEnd, Onward, Predicted},
};
use crate::model::grouped;
use crate::ui::{Pen, Role, Rows, Span, cut};

/// Draws it; `selected` is the way on that is chosen.
pub fn draw(pen: &mut Pen, app: &App, lesson: usize, selected: usize, room: Rect) {
    let Some(of) = app.material.lessons.get(lesson) else {
        return;
    };
    let end = app.end_of(lesson);
    let mut rows = Rows::new(room.width);
    rows.title(&format!("The end of {}", of.title));
    predictions(&mut rows, &end);
    questions(&mut rows, &end);
    for (index, way) in end.ways.iter().enumerate() {
        let chosen = index == selected;
        if !matches!(way, Onward::Page(_)) {
            rows.blank(1);
            rows.group("What is next", "");
        }
        let (name, about) = named(app, lesson, *way);
        let about = Role::Dim.of(about);
        let free = usize::from(rows.width).saturating_sub(about.0.width() + 4);
        let mut left = vec![Rows::cursor(chosen)];
        left.extend(fitted(&name, free, Role::of_name(chosen)));
        rows.choice(chosen, left, vec![about], Click::Row(index));
    }
    rows.show(pen, room, app.display.scroll);
    // The list is moved over, not scrolled.
    pen.spots.overflow = 0;
}

/// Each guess beside what was recorded.
fn predictions(rows: &mut Rows, end: &LessonEnd) {
    if end.predictions.is_empty() {
        return;
    }
    let right = end.predictions.iter().filter(|it| it.right).count();
    let predicted = end.predictions.iter().filter(|it| it.guess.is_some());
    let count = match predicted.count() {
        0 => String::new(),
        said => format!("{right} of {said} right"),
    };
    rows.group("What you predicted, and what was recorded", &count);
    for predicted in &end.predictions {
        prediction(rows, predicted);
    }
    rows.blank(1);
}

fn prediction(rows: &mut Rows, predicted: &Predicted) {
    let Some(guess) = &predicted.guess else {
        let right = vec![Role::Dim.of("not predicted")];
        let free = usize::from(rows.width).saturating_sub(16);
        rows.ends(fitted(&predicted.title, free, Role::Text), right);
        return;
    };
    let mark = if predicted.right { "✓" } else { "✗" };
    let mut said: Vec<Span> = vec![Role::Dim.of("you said "), Role::Strong.of(guess.as_str())];
    if let Some(recorded) = predicted.recorded.as_ref().filter(|_| !predicted.right) {
        said.extend([
            Role::Dim.of("  recorded "),
            Role::Answer.of(recorded.as_str()),
        ]);
    }
    said.push(Role::Strong.of(format!(" {mark}")));
    let taken: usize = said.iter().map(|(text, _)| text.width()).sum();
    let free = usize::from(rows.width).saturating_sub(taken + 2);
    if free >= predicted.title.width().min(16) {
        return rows.ends(fitted(&predicted.title, free, Role::Text), said);
    }
    // The words of an option are long: a row of their own, cut where they must be.
    rows.text(&predicted.title, Role::Text);
    let room = usize::from(rows.width).saturating_sub(6);
    let answer = predicted.recorded.as_ref().filter(|_| !predicted.right);
    for (name, text, role) in [
        ("you said", Some(guess), Role::Strong),
        ("recorded", answer, Role::Answer),
    ] {
        if let Some(text) = text {
            let mut left = vec![(format!("  {name:9}"), Role::Dim)];
            left.extend(fitted(text, room.saturating_sub(9), role));
            if name == "you said" {
                left.push(Role::Strong.of(format!(" {mark}")));
            }
            rows.line(left);
        }
    }
}

fn questions(rows: &mut Rows, end: &LessonEnd) {
    if end.questions == 0 {
        return;
    }
    let count = format!(
        "{} of {} right",
        grouped(end.right as u64),
        grouped(end.questions as u64)
    );
    let open = end.questions - end.right;
    let title = if open > 0 {
        "Questions to come back to"
    } else {
        "Questions"
    };
    rows.group(title, &count);
    if open == 0 {
        rows.text(
            "All are answered. They come back in review (v in the course).",
            Role::Dim,
        );
    }
}

/// What a way on is called, and what stands at right.
fn named(app: &App, lesson: usize, way: Onward) -> (String, String) {
    let lessons = &app.material.lessons;
    match way {
        Onward::Page(page) => {
            let title = lessons[lesson]
                .pages
                .get(page)
                .map(|page| page.title.clone());
            (title.unwrap_or_default(), format!("page {}", page + 1))
        }
        Onward::Lesson(next) => {
            let of = &lessons[next];
            let name = format!("{} {}", of.number, of.title);
            (name, format!("{} minutes", of.minutes))
        }
        Onward::Test => (
            "The concept test, after the course".to_owned(),
            String::new(),
        ),
        Onward::Course => ("The course".to_owned(), String::new()),
    }
}

fn fitted(text: &str, width: usize, role: Role) -> Vec<Span> {
    let (text, more) = cut(text, width);
    vec![role.of(text), (more.to_owned(), role)]
}
