//! What the pictures of several experiments have in common.

use ratatui::layout::Rect;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::app::{App, ExperimentPage, experiment::judge};
use crate::course::Predict;
use crate::figure::chart::Scale;
use crate::model::ExperimentOutcome;
use crate::ui::{Pen, Role, Rows, Span, from_row, job_state, row_at, top_of};

/// Columns of what is said, beside the rows.
pub const SIDE: u16 = 44;

/// Rows that the list keeps, at least, above what is said of the chosen one.
const LEAST_ROWS: u16 = 7;

/// Columns before a chart that its axis needs, to say that it is logarithmic.
pub const AXIS: usize = "logarithmic".len() + 1;

/// The rows above, what is said of the chosen one below them.
pub fn stacked(pen: &mut Pen, main: &Rows, said: &Rows, area: Rect) {
    let most = area.height.saturating_sub(LEAST_ROWS + 1);
    let below = (said.len() as u16).min(most);
    let above = (main.len() as u16).min(area.height.saturating_sub(below + 1));
    main.show(pen, top_of(area, above), 0);
    pen.rule(row_at(area, above), 0);
    said.show(pen, from_row(area, above + 1), 0);
}

/// How far it is: a row for the upper end, where it runs.
pub fn state(rows: &mut Rows, app: &App) {
    if let Some(job) = app.job_here() {
        let left = vec![(job_state(job), Role::Accent)];
        let right = vec![Role::Dim.of("Esc stops it")];
        rows.ends(left, right);
    } else if let Some(at) = app.experiment().and_then(|page| page.stopped.as_ref()) {
        let said = format!("Stopped: {at}. This is what was found until then.");
        rows.text(&said, Role::Accent);
    }
}

/// What stands where nothing was found yet.
pub fn not_run(rows: &mut Rows, app: &App) {
    if app.job.is_none() {
        let says = "runs it on this kernel";
        rows.hanging(("r", Role::Strong), 3, says, Role::Text);
    } else if app.job_here().is_none() {
        rows.text("Another experiment is running.", Role::Dim);
    }
}

/// Instruments that were refused, each with its reason.
pub fn refused(rows: &mut Rows, found: &ExperimentOutcome) {
    for missing in found.refused() {
        let said = format!("not available: {}: {}", missing.instrument, missing.reason);
        rows.text(&said, Role::Dim);
    }
}

/// What the rounds come to, each sentence behind a mark; and the instruments that were refused.
pub fn concluded(rows: &mut Rows, found: &ExperimentOutcome, said: &[String]) {
    rows.blank(usize::from(!said.is_empty()));
    for (index, verdict) in said.iter().enumerate() {
        rows.blank(usize::from(index > 0));
        let last = index + 1 == said.len();
        let role = if last { Role::Answer } else { Role::Text };
        rows.hanging(("▸", Role::Accent), 2, verdict, role);
    }
    refused(rows, found);
}

pub fn no_round(rows: &mut Rows, app: &App) {
    match app.job_here() {
        None => not_run(rows, app),
        Some(_) => rows.text("The first round is on its way.", Role::Dim),
    }
}

pub fn answer(rows: &mut Rows, page: &ExperimentPage, predict: &Predict) {
    let Some(found) = &page.found else {
        return;
    };
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
    if let Some(yours) = yours {
        let mark = match &verdict {
            Some(Ok(verdict)) if verdict.right => " ✓",
            Some(Ok(_)) => " ✗",
            _ => "",
        };
        let said = format!("{yours}{mark}");
        rows.hanging(("You said", Role::Text), 10, &said, Role::Strong);
    }
    rows.hanging(("It was", Role::Text), 10, &answer, Role::Answer);
    rows.blank(1);
    match verdict {
        Some(Ok(verdict)) if verdict.reaction.is_some() => {
            rows.reaction(&verdict.reaction.unwrap_or_default());
        }
        Some(Err(why)) => rows.text(&why, Role::Dim),
        _ => rows.prose(&predict.explain, &[]),
    }
}

/// The axis below a chart and its figures, behind the columns that name the rows.
pub fn axis(rows: &mut Rows, scale: &Scale, before: usize) {
    let [line, figures] = scale.axis(false);
    let said = if scale.logarithmic { "logarithmic" } else { "" };
    for (name, text, role) in [("", line, Role::Hairline), (said, figures, Role::Dim)] {
        rows.line(vec![cell(name, before, role), (text, role)]);
    }
}

/// A span of so many columns, cut or filled.
pub fn cell(text: &str, width: usize, role: Role) -> Span {
    if text.width() <= width {
        let fill = " ".repeat(width - text.width());
        return (format!("{text}{fill}"), role);
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
    (format!("{kept}…{fill}"), role)
}
