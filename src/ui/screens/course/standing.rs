//! How the learner stands: what is due and what comes back when, and the concept test.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use crate::app::{App, Click, Command};
use crate::course::{
    concept::{Score, Sitting, gain},
    review::until,
};
use crate::ui::{Pen, Role, Rows, Span, widgets::week};

/// Rows with the week as marks, and with the notes on the list.
pub const FULL: u16 = 8;
/// Rows with the week in words.
pub const SHORT: u16 = 3;
/// The same with nothing above it.
pub const LEAST: u16 = 2;

/// Columns before what is said of the review and of the concept test.
const LABEL: usize = 14;

pub fn draw(pen: &mut Pen, app: &App, room: Rect) {
    let full = room.height >= FULL;
    let mut rows = Rows::new(room.width);
    if full {
        notes(&mut rows, app);
        rows.blank(1);
    } else {
        if room.height > SHORT {
            notes(&mut rows, app);
        }
        rows.blank(usize::from(room.height >= SHORT));
    }
    review(&mut rows, app, full, room.width);
    if full {
        rows.blank(1);
        week::show(&mut rows, app, room.width.min(WEEK));
        rows.blank(1);
    }
    concept_test(&mut rows, app);
    rows.show(pen, room, 0);
}

/// Columns of the week at most: the marks stand together.
const WEEK: u16 = 80;

/// What the marks of the list mean.
fn notes(rows: &mut Rows, app: &App) {
    let lessons = app.material.lessons.iter();
    let mut glances = lessons.clone().filter_map(|lesson| app.copies_of(lesson));
    let mut notes = Vec::new();
    if lessons.clone().any(|lesson| lesson.short) {
        notes.push("* short course");
    }
    if glances.clone().any(|glance| glance.least != glance.most) {
        notes.push("■ CPU copy, □ in some cases");
    } else if glances.clone().next().is_some() {
        notes.push("■ CPU copy");
    }
    if glances.any(|glance| glance.reported) {
        notes.push("c: share reported COPIED");
    }
    rows.ends(Vec::new(), vec![(notes.join("   "), Role::Ghost)]);
}

/// `Review   13 questions due now   from modules 1 and 2`
fn review(rows: &mut Rows, app: &App, full: bool, width: u16) {
    let due = app.due();
    let mut left: Vec<Span> = vec![(format!("{:LABEL$}", "Review"), Role::Strong)];
    match due.len() {
        0 => left.push(Role::Text.of("nothing is due")),
        1 => left.push(Role::Answer.of("1 question is due")),
        count => left.push((format!("{count} questions are due"), Role::Answer)),
    }
    let more = match (full, app.next_due()) {
        (true, _) if !due.is_empty() => from(app, &due),
        (true, None) | (false, None) => match due.is_empty() {
            true => "questions come back once they were asked".to_owned(),
            false => String::new(),
        },
        (false, _) if app.week().iter().any(|count| *count > 0) => days(app),
        (_, Some(next)) => format!("the next comes back {}", until(next, app.clock.now)),
    };
    let taken: usize = left.iter().map(|(text, _)| text.width()).sum();
    if taken + more.width() + 5 <= usize::from(width) {
        left.push((format!("   {more}"), Role::Dim));
    }
    rows.ends(left, vec![Role::Strong.of("v")]);
    rows.clickable(rows.len() - 1, Click::Do(Command::Review));
}

/// `from modules 1, 2 and 5`
fn from(app: &App, due: &[(usize, usize)]) -> String {
    let number = |(lesson, _): &(usize, usize)| app.material.lessons[*lesson].number;
    let mut numbers: Vec<u32> = due.iter().map(number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let said: Vec<String> = numbers.iter().map(u32::to_string).collect();
    match &said[..] {
        [] => String::new(),
        [one] => format!("from module {one}"),
        [before @ .., last] => format!("from modules {} and {last}", before.join(", ")),
    }
}

/// The week in words: `then Sun 6, Mon 1`.
fn days(app: &App) -> String {
    let week = app.week().into_iter().enumerate();
    let said = week.filter(|(_, count)| *count > 0);
    let said = said.map(|(day, count)| match day {
        0 => format!("later today {count}"),
        day => format!("{} {count}", app.clock.weekday(day)),
    });
    format!("then {}", said.collect::<Vec<_>>().join(", "))
}

/// `Concept test   before 4 of 12   after not yet taken`
fn concept_test(rows: &mut Rows, app: &App) {
    let Some(scores) = app.scores() else {
        return;
    };
    let mut left: Vec<Span> = vec![(format!("{:LABEL$}", "Concept test"), Role::Strong)];
    for (sitting, score) in Sitting::ALL.iter().zip(&scores) {
        left.push((format!("{} ", sitting.name()), Role::Dim));
        left.push(match score {
            None => Role::Dim.of("not taken yet"),
            Some(Score { answered, of, .. }) if answered < of => {
                (format!("{answered} of {of} answered"), Role::Text)
            }
            Some(Score { right, of, .. }) => (format!("{right} of {of}"), Role::Text),
        });
        left.push(Role::Dim.of("   "));
    }
    if app.test_is_done()
        && let Some(gain) = gain(scores)
    {
        left.push(Role::Dim.of("gain "));
        left.push((crate::model::percent(gain), Role::Text));
        left.push(Role::Dim.of(" of what was missing"));
    }
    rows.ends(left, vec![Role::Strong.of("C")]);
    rows.clickable(rows.len() - 1, Click::Do(Command::Test));
}
