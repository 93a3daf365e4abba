//! What every screen has: the header, the message row, the key bar.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::{layout::Rooms, pen::Pen, theme::Role, widgets::bar::gauge};
use crate::app::{App, Click, Command, RoundKind, Screen, keys};
use crate::model::ExperimentOutcome;

/// Cells of the gauge on the message row.
const GAUGE: usize = 16;
/// Columns of the header beside the title: the program's name, the lesson's number, the gaps.
const TITLE: usize = 14;
/// What the course says beside its name, where there is room.
const MOTTO: &str = "zero-copy, on your own kernel";
/// Columns between two keys of the bar.
const GAP: u16 = 3;

/// Draws header, hairline and key bar.
pub fn draw(pen: &mut Pen, app: &App, rooms: &Rooms) {
    header(pen, app, rooms);
    pen.rule(rooms.rule, 0);
    key_bar(pen, app, rooms.keys);
}

fn header(pen: &mut Pen, app: &App, rooms: &Rooms) {
    let room = rooms.header;
    let (dim, strong) = (pen.style(Role::Dim), pen.style(Role::Strong));
    let accent = pen.style(Role::Accent).patch(strong);
    let end = count(pen, app, room);
    let room = Rect {
        width: end.saturating_sub(2),
        ..room
    };
    // A long title has the row for itself.
    let title = app
        .open_lesson()
        .map_or(0, |lesson| lesson.title.width() as u16);
    let on_page = matches!(app.screen, Screen::Lesson | Screen::Quiz);
    let x = match on_page && title + TITLE as u16 - 4 > room.width {
        true => 0,
        false => pen.text(room, 0, 0, "zclab", accent) + 2,
    };
    match (app.screen, app.open_lesson()) {
        (Screen::Lesson | Screen::Quiz, Some(lesson)) => {
            let x = pen.text(room, x, 0, &lesson.number.to_string(), dim) + 1;
            pen.text(room, x, 0, &lesson.title, strong);
        }
        (Screen::Round, _) => {
            let (title, from) = round_title(app);
            let x = pen.text(room, x, 0, title, strong) + 2;
            pen.text(room, x, 0, &from, dim);
        }
        (Screen::Lab, _) => drop(pen.text(room, x, 0, "Lab", strong)),
        (Screen::Replay, _) => drop(pen.text(room, x, 0, "A recording", strong)),
        (Screen::Cards, _) => drop(pen.text(room, x, 0, "Reference cards", strong)),
        (Screen::Experiments, _) => drop(pen.text(room, x, 0, "Experiments", strong)),
        (Screen::Experiment, _) => drop(pen.text(room, x, 0, experiment_title(app), strong)),
        _ if x + MOTTO.len() as u16 <= room.width => drop(pen.text(room, x, 0, MOTTO, dim)),
        _ => {}
    }
}

/// What the round is, and where its question is from.
fn round_title(app: &App) -> (&str, String) {
    match (app.round.as_ref(), app.open_lesson()) {
        (Some(round), Some(lesson)) => match round.kind {
            RoundKind::Test(sitting) => (&lesson.title, format!("{} the course", sitting.name())),
            RoundKind::Review if !round.is_over() => {
                ("Review", format!("from {} {}", lesson.number, lesson.title))
            }
            RoundKind::Review => ("Review", String::new()),
        },
        _ => ("Review", String::new()),
    }
}

fn experiment_title(app: &App) -> &str {
    let chosen = app.experiments.entries.get(app.experiments.selected);
    chosen.map_or("", |entry| entry.title)
}

/// What it is, on which file system and kernel, as far as it is known.
fn experiment_place(app: &App) -> String {
    let Some(page) = app.experiment() else {
        return String::new();
    };
    let mut words = Vec::new();
    match &page.found {
        Some(ExperimentOutcome::Proof(found)) => {
            words.push(found.filesystem.clone());
            words.push(found.machine.kernel.clone());
        }
        Some(ExperimentOutcome::PageCache(found)) => words.push(found.filesystem.clone()),
        Some(ExperimentOutcome::Compare(found)) => words.push(found.filesystem.clone()),
        Some(ExperimentOutcome::Serve(found)) => {
            let recording = &found.recording;
            words.push(recording.outcome.file_system.clone());
            words.push(recording.machine.kernel.clone());
        }
        _ => {}
    }
    words.retain(|word| !word.is_empty());
    match words.is_empty() {
        true => "not run yet".to_owned(),
        false => words.join(" · "),
    }
}

/// What is counted, at right. Gives the column where it begins.
fn count(pen: &mut Pen, app: &App, room: Rect) -> u16 {
    let dim = pen.style(Role::Dim);
    let (what, at, count) = match app.screen {
        Screen::Lesson => {
            let count = app.open_lesson().map_or(0, |lesson| lesson.pages.len());
            ("page", app.page, count)
        }
        Screen::Quiz => {
            let pages = app.questions_of(app.lesson);
            let at = pages.iter().position(|page| *page == app.page).unwrap_or(0);
            ("question", at, pages.len())
        }
        Screen::Round => match &app.round {
            Some(round) if !round.is_over() => ("question", round.at, round.items.len()),
            _ => return room.width,
        },
        Screen::Course => return pen.right(room, 0, &course_count(app), dim),
        Screen::Lab => return pen.right(room, 0, "two results on one scale", dim),
        Screen::Experiments => return pen.right(room, 0, "on this kernel, now", dim),
        Screen::Experiment => return pen.right(room, 0, &experiment_place(app), dim),
        Screen::Cards => ("card", app.on_cards.selected, app.cards.len()),
        Screen::Replay => return room.width,
    };
    // The title first, then the number, then the marks: spread out, close together, or none.
    let title = match app.screen {
        Screen::Round => {
            let (title, from) = round_title(app);
            title.width() + from.width()
        }
        _ => app.open_lesson().map_or(0, |lesson| lesson.title.width()),
    };
    let free = usize::from(room.width).saturating_sub(title + TITLE);
    let label = format!("{what} {} of {count}", at + 1);
    let beside = free.saturating_sub(label.width() + 2);
    if let Some(step) = [2, 1].into_iter().find(|step| count * step <= beside) {
        let width = (label.width() + 2 + count * step + 1 - step) as u16;
        let start = room.width.saturating_sub(width);
        let x = pen.text(room, start, 0, &label, dim) + 2;
        page_marks(pen, room, x, step as u16, at, count);
        return start;
    }
    let short = format!("{} of {count}", at + 1);
    let shown = if label.width() <= free { label } else { short };
    pen.right(room, 0, &shown, dim)
}

/// `▪ ▪ ▪ ◆ · ·`: a mark a page.
fn page_marks(pen: &mut Pen, room: Rect, x: u16, step: u16, at: usize, count: usize) {
    let (dim, accent) = (pen.style(Role::Dim), pen.style(Role::Accent));
    for page in 0..count {
        let (mark, style) = match page.cmp(&at) {
            std::cmp::Ordering::Less => ("▪", dim),
            std::cmp::Ordering::Equal => ("◆", accent),
            std::cmp::Ordering::Greater => ("·", dim),
        };
        pen.text(room, x + page as u16 * step, 0, mark, style);
    }
}

fn course_count(app: &App) -> String {
    let mut totals = crate::course::progress::Totals::default();
    for lesson in &app.lessons {
        totals += app.progress.totals_of(lesson);
    }
    format!("{} of {} questions", totals.right, totals.questions)
}

/// What is to be said, over the screen: a long message takes rows of the body.
pub fn message(pen: &mut Pen, app: &App, rooms: &Rooms) {
    let room = rooms.message;
    let accent = pen.style(Role::Accent);
    if let Some(message) = &app.message {
        said(pen, rooms, message);
    } else if let Some(job) = &app.job {
        let dim = pen.style(Role::Dim);
        let x = pen.text(room, 0, 0, &format!("{}: ", job.title), dim);
        let state = match (job.cancelled, &job.progress) {
            (true, _) => "stopping".to_owned(),
            (_, None) => "starting".to_owned(),
            (_, Some(progress)) => format!(
                "{}  {}",
                progress.at,
                gauge(progress.done, progress.total, GAUGE)
            ),
        };
        let x = pen.text(room, x, 0, &state, accent);
        if !job.cancelled {
            pen.text(room, x + 2, 0, "Esc stops it", dim);
        }
    } else if let Some(fault) = &app.fault {
        said(pen, rooms, fault);
    }
}

/// A message, over the last rows of the body where it is longer than a row.
fn said(pen: &mut Pen, rooms: &Rooms, message: &str) {
    let room = rooms.message;
    let accent = pen.style(Role::Accent);
    let lines = textwrap::wrap(message, usize::from(room.width.max(1)));
    let above = (lines.len().saturating_sub(1) as u16).min(rooms.body.height);
    let area = Rect {
        y: room.y - above,
        height: above + 1,
        ..room
    };
    if above > 0 {
        pen.clear(area);
    }
    for (y, line) in lines.iter().enumerate() {
        pen.text(area, 0, y as u16, line, accent);
    }
}

/// The keys that do something now; help is always among them, and the way out where nothing leads back.
fn key_bar(pen: &mut Pen, app: &App, room: Rect) {
    let shown: Vec<_> = keys::possible(app)
        .into_iter()
        .filter(|binding| !binding.short.is_empty())
        .collect();
    let width_of = |binding: &keys::Binding| {
        (binding.label.width() + 1 + keys::short(app, binding).width()) as u16
    };
    let does = |binding: &keys::Binding, wanted: Command| {
        binding.keys.iter().any(|(_, command)| *command == wanted)
    };
    let leads_back = shown.iter().any(|binding| does(binding, Command::Back));
    let is_kept = |binding: &keys::Binding| {
        does(binding, Command::Help) || !leads_back && does(binding, Command::Quit)
    };
    let kept = shown.iter().filter(|binding| is_kept(binding));
    let mut reserved: u16 = kept.map(|binding| width_of(binding) + GAP).sum();
    let (strong, dim) = (pen.style(Role::Strong), pen.style(Role::Dim));
    let mut x = 0;
    for binding in &shown {
        let width = width_of(binding);
        if is_kept(binding) {
            reserved -= width + GAP;
        }
        if x + width + reserved > room.width {
            continue;
        }
        let end = pen.text(room, x, 0, binding.label, strong);
        let end = pen.text(room, end + 1, 0, &keys::short(app, binding), dim);
        if let [(_, command), ..] = binding.keys {
            let spot = Rect::new(room.x + x, room.y, end - x, 1);
            pen.spot(spot, Click::Do(*command));
        }
        x = end + GAP;
    }
}
