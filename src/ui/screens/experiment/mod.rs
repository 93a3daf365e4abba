//! An experiment that is no single transfer: what is tried, the question before it, what was found. On its own screen,
//! and beside the text of a lesson.

mod compare;
mod errors;
mod list;
mod page_cache;
mod proof;
mod serve;
mod watching;

use ratatui::layout::Rect;

use super::{predict, replay::show_player};
use crate::app::{App, ExperimentPage, Job, experiment::judge};
use crate::course::Predict;
use crate::figure::chart::{Marks, Scale};
use crate::model::{ExperimentOutcome, ExperimentSpec};
use crate::ui::{
    layout::{PROSE, Rooms, Tier},
    pen::Pen,
    theme::Role,
    widgets::{
        bar::gauge,
        rows::{Row, Rows, Span},
    },
};

pub use list::draw as draw_list;

/// From this width on, rows and what is said of the chosen one stand side by side.
const SIDE_BY_SIDE: u16 = 110;
/// Columns of what is said, beside the rows.
const SIDE: u16 = 44;
/// From here on the eye would lose the row.
const WIDEST: u16 = 132;
/// Rows that the list keeps, at least, above what is said of the chosen one.
const LEAST_ROWS: u16 = 7;

/// Draws an experiment on a screen of its own.
pub fn draw(pen: &mut Pen, app: &App, rooms: &Rooms) {
    let Some(page) = app.experiment() else {
        return;
    };
    match (&page.what, &page.predict) {
        (ExperimentSpec::Serve(plan), Some(predict)) if app.asks_guess() => {
            let room = serve::beside_stage(pen, plan, rooms);
            ask(pen, app, page, predict, rooms.tier, room);
        }
        (ExperimentSpec::Serve(_), _) if page.player.is_some() => {
            serve::draw(pen, app, page, rooms)
        }
        _ => shown(pen, app, page, rooms.text()),
    }
}

/// Draws the experiment of a page: the question before it, or what was found.
pub fn beside(pen: &mut Pen, app: &App, tier: Tier, area: Rect) {
    let Some(page) = app.experiment() else {
        return;
    };
    let area = if tier.is_folded() {
        area
    } else {
        // Text starts as high as the prose beside it.
        Rect { y: area.y, ..area }
    };
    let predict = app
        .experiment_target()
        .and_then(|trial| trial.predict.as_ref());
    match predict {
        Some(predict) if app.asks_guess() => ask(pen, app, page, predict, tier, area),
        _ if page.player.is_some() => show_player(pen, app, area),
        _ => shown(pen, app, page, area),
    }
}

/// The rows of an experiment, and what is said of the chosen one.
struct View {
    main: Rows,
    side: Option<Rows>,
}

fn shown(pen: &mut Pen, app: &App, page: &ExperimentPage, area: Rect) {
    let area = Rect {
        width: area.width.min(WIDEST),
        ..area
    };
    let wide = area.width >= SIDE_BY_SIDE
        && !matches!(
            page.what,
            ExperimentSpec::Compare(_) | ExperimentSpec::Watching | ExperimentSpec::Serve(_)
        );
    let main = if wide {
        area.width - SIDE - 7
    } else {
        area.width
    };
    let side = if wide { SIDE } else { area.width };
    let view = match &page.what {
        ExperimentSpec::Proof(plan) => {
            proof::view(pen.theme, app, page, plan, [main, side], area.height)
        }
        ExperimentSpec::Errors(names) => errors::view(pen.theme, app, page, names, [main, side]),
        ExperimentSpec::PageCache => page_cache::view(pen.theme, app, page, [main, side]),
        ExperimentSpec::Compare(contest) => View {
            main: compare::rows(pen.theme, app, page, contest, area),
            side: None,
        },
        ExperimentSpec::Watching => View {
            main: watching::rows(pen.theme, app, page, main),
            side: None,
        },
        ExperimentSpec::Serve(plan) => View {
            main: serve::before(pen.theme, app, plan, main.min(PROSE)),
            side: None,
        },
    };
    match view.side {
        None => view.main.show(pen, area, app.scroll),
        Some(said) if wide => {
            view.main.show(
                pen,
                Rect {
                    width: main,
                    ..area
                },
                0,
            );
            let x = area.x + main + 3;
            pen.line(x, area.y, area.bottom());
            said.show(
                pen,
                Rect {
                    x: x + 4,
                    width: side,
                    ..area
                },
                0,
            );
        }
        Some(said) => stacked(pen, &view.main, &said, area),
    }
}

/// The rows above, what is said of the chosen one below them.
fn stacked(pen: &mut Pen, main: &Rows, said: &Rows, area: Rect) {
    let wanted = said.len() as u16;
    let below = wanted
        .min(area.height.saturating_sub(LEAST_ROWS + 1))
        .min(area.height);
    let above = (main.len() as u16).min(area.height.saturating_sub(below + 1));
    main.show(
        pen,
        Rect {
            height: above,
            ..area
        },
        0,
    );
    let rule = Rect {
        y: area.y + above,
        height: 1,
        ..area
    };
    pen.rule(rule, 0);
    let room = Rect {
        y: rule.y + 1,
        height: area.bottom().saturating_sub(rule.y + 1),
        ..area
    };
    said.show(pen, room, 0);
}

/// The question before the experiment.
fn ask(pen: &mut Pen, app: &App, page: &ExperimentPage, predict: &Predict, tier: Tier, area: Rect) {
    let roomy = tier >= Tier::Full;
    let mut rows = Rows::new(pen.theme, area.width);
    plan(&mut rows, app, page, roomy);
    rows.blank(usize::from(roomy) + 1);
    rows.push(Row {
        left: vec![("Before it runs".to_owned(), rows.style(Role::Accent))],
        ..Row::default()
    });
    rows.rule();
    rows.blank(usize::from(roomy));
    predict::question(&mut rows, predict, &page.guessing, roomy);
    rows.show(pen, area, app.scroll);
}

/// What will be done.
fn plan(rows: &mut Rows, app: &App, page: &ExperimentPage, roomy: bool) {
    rows.group("The experiment", page.what.title());
    match &page.what {
        ExperimentSpec::Proof(plan) => {
            proof::steps(rows);
            rows.blank(1);
            let pairs: Vec<_> = plan.pairs().iter().map(|(method, to)| format!("{method} to {to}")).collect();
            rows.text(&format!("{} by {}.", plan.size, pairs.join(", ")), Role::Dim);
        }
        ExperimentSpec::Errors(names) => {
            for (index, name) in names.iter().enumerate() {
                rows.blank(usize::from(roomy && index > 0));
                errors::call(rows, app, name);
            }
        }
        ExperimentSpec::PageCache => rows.text(
            "A file of its own is written, dropped from the page cache, read in two places, and mapped. After each step the kernel tells which of its pages are resident (mincore).",
            Role::Text,
        ),
        ExperimentSpec::Compare(contest) => compare::plan(rows, contest),
        ExperimentSpec::Serve(plan) => serve::plan(rows, plan),
        ExperimentSpec::Watching => rows.text(
            "One transfer of many calls, nine times in each of three ways: untraced, traced from the sender's own CPU, traced from another one. The sender counts its own context switches.",
            Role::Text,
        ),
    }
}

/// How far it is: a row for the upper end, where it runs.
fn state(rows: &mut Rows, app: &App) {
    let (dim, accent) = (rows.style(Role::Dim), rows.style(Role::Accent));
    let Some(job) = app.experiment_job() else {
        return;
    };
    let (at, bar) = progress(job);
    rows.push(Row {
        left: vec![(at, accent), ("  ".to_owned(), dim), (bar, accent)],
        right: vec![("Esc stops it".to_owned(), dim)],
        ..Row::default()
    });
}

fn progress(job: &Job) -> (String, String) {
    match &job.progress {
        _ if job.cancelled => ("stopping".to_owned(), String::new()),
        None => ("starting".to_owned(), String::new()),
        Some(progress) => (
            progress.at.clone(),
            gauge(progress.done, progress.total, 16),
        ),
    }
}

/// What stands where nothing was found yet.
fn not_run(rows: &mut Rows, app: &App) {
    if app.job.is_some() {
        if app.experiment_job().is_none() {
            rows.text("Another experiment is running.", Role::Dim);
        }
        return;
    }
    let strong = rows.style(Role::Strong);
    let plain = rows.style(Role::Text);
    rows.hanging(
        vec![("r".to_owned(), strong)],
        3,
        "runs it on this kernel",
        plain,
    );
}

/// Instruments that were refused, each with its reason.
fn refused(rows: &mut Rows, found: &ExperimentOutcome) {
    for missing in found.refused() {
        let said = format!("not available: {}: {}", missing.instrument, missing.reason);
        rows.text(&said, Role::Dim);
    }
}

/// What is said, each sentence behind a mark.
fn verdicts(rows: &mut Rows, said: &[String]) {
    let accent = rows.style(Role::Accent);
    for (index, verdict) in said.iter().enumerate() {
        rows.blank(usize::from(index > 0));
        let style = match index + 1 == said.len() {
            true => accent.patch(rows.style(Role::Strong)),
            false => rows.style(Role::Text),
        };
        rows.hanging(vec![("▸".to_owned(), accent)], 2, verdict, style);
    }
}

/// Adds guess and answer to a page's text, and what is said to them.
pub fn below_prose(rows: &mut Rows, app: &App) {
    let Some(page) = app.experiment() else {
        return;
    };
    rows.blank(1);
    let (Some(found), true) = (&page.found, page.done) else {
        rows.group("The experiment", page.what.title());
        for command in crate::course::commands(&page.what) {
            rows.text(&command, Role::Dim);
        }
        return;
    };
    if let Some(predict) = app
        .experiment_target()
        .and_then(|trial| trial.predict.as_ref())
    {
        said(rows, page, predict, found);
    }
}

fn said(rows: &mut Rows, page: &ExperimentPage, predict: &Predict, found: &ExperimentOutcome) {
    let given = page.guessing.guess.as_ref();
    let verdict = given.map(|given| judge(predict, given, found));
    let figure = found.figure(&predict.query.to_string());
    let answer = match (&verdict, &figure) {
        (Some(Ok(verdict)), _) => verdict.answer.clone(),
        (_, Some(figure)) => predict.ask.in_words(figure),
        (_, None) => "nothing here".to_owned(),
    };
    let yours = given.map(|given| match predict.ask.option(given) {
        Some(option) => option.text.clone(),
        None => given.to_string(),
    });
    let right = verdict
        .as_ref()
        .and_then(|verdict| verdict.as_ref().ok())
        .map(|verdict| verdict.right);
    let (plain, strong) = (rows.style(Role::Text), rows.style(Role::Strong));
    let accent = rows.style(Role::Accent).patch(strong);
    if let Some(yours) = yours {
        let mark = match right {
            Some(true) => " ✓",
            Some(false) => " ✗",
            None => "",
        };
        rows.hanging(
            vec![("You said".to_owned(), plain)],
            10,
            &format!("{yours}{mark}"),
            strong,
        );
    }
    rows.hanging(vec![("It was".to_owned(), plain)], 10, &answer, accent);
    rows.blank(1);
    match verdict {
        Some(Ok(verdict)) if verdict.reaction.is_some() => {
            let reaction = verdict.reaction.unwrap_or_default();
            rows.text(&reaction.misconception, Role::Strong);
            rows.prose(&reaction.feedback, &[]);
        }
        Some(Err(why)) => rows.text(&why, Role::Dim),
        _ => rows.prose(&predict.explain, &[]),
    }
}

/// Columns before a chart that its axis needs, to say that it is logarithmic.
const AXIS: usize = "logarithmic".len() + 1;

/// The axis below a chart and its figures, behind the columns that name the rows.
fn axis(rows: &mut Rows, scale: &Scale, before: usize) {
    let [line, figures] = scale.axis(Marks::new(false));
    let said = match scale.is_logarithmic() {
        true => "logarithmic",
        false => "",
    };
    for (name, text, role) in [("", line, Role::Hairline), (said, figures, Role::Dim)] {
        let style = rows.style(role);
        rows.push(Row {
            left: vec![cell(name, before, style), (text, style)],
            ..Row::default()
        });
    }
}

/// A span of so many columns, cut or filled.
fn cell(text: &str, width: usize, style: ratatui::style::Style) -> Span {
    use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
    if text.width() <= width {
        let fill = " ".repeat(width - text.width());
        return (format!("{text}{fill}"), style);
    }
    let mut taken = 0;
    let kept: String = text
        .chars()
        .take_while(|c| {
            taken += c.width().unwrap_or(0);
            taken < width
        })
        .collect();
    let fill = " ".repeat(width.saturating_sub(kept.width() + 1));
    (format!("{kept}…{fill}"), style)
}
