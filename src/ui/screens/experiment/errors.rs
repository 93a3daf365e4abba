//! Errors on purpose: the list, and each one with the calls that were made.

use super::parts::{self, cell, state};
use crate::app::{App, Click, ExperimentPage, experiment_list::answers};
use crate::model::Finding;
use crate::ui::{Role, Row, Rows};

pub fn view(
    app: &App,
    page: &ExperimentPage,
    names: &[String],
    [main, side]: [u16; 2],
) -> (Rows, Option<Rows>) {
    let about = |name| about(app, page, name, side);
    (list(app, page, names, main), page.error().map(about))
}

fn list(app: &App, page: &ExperimentPage, names: &[String], width: u16) -> Rows {
    let mut rows = Rows::new(width);
    state(&mut rows, app);
    let longest = names.iter().map(String::len).max().unwrap_or(0) + 2;
    let answer = usize::from(width).saturating_sub(longest + 2);
    let mut theme_before = "";
    for (index, name) in names.iter().enumerate() {
        let mut cases = app.material.errors.iter();
        let about = cases.find(|case| case.name == *name);
        let about = about.map_or("", |case| &case.theme);
        if about != theme_before && names.len() > 3 {
            if !theme_before.is_empty() {
                rows.blank(1);
            }
            theme_before = about;
            rows.text(about, Role::Dim);
        }
        let chosen = index == page.selected;
        let finding = page.finding(name);
        let seen = finding.map_or("·", |finding| finding.seen.as_str());
        let left = vec![
            Role::Strong.of(mark(page, finding)),
            cell(name, longest, Role::of_name(chosen)),
            cell(
                seen,
                answer,
                if finding.is_some() {
                    Role::Text
                } else {
                    Role::Dim
                },
            ),
        ];
        rows.choice(chosen, left, Vec::new(), Click::Row(index));
    }
    rows
}

/// Whether it was predicted rightly; nothing where it was not predicted, or the kernel could not be asked.
fn mark(page: &ExperimentPage, finding: Option<&Finding>) -> &'static str {
    let Some(finding) = finding.filter(|finding| finding.matches.is_some()) else {
        return "  ";
    };
    match page.predicted.get(&finding.name) {
        Some(predicted) if *predicted == finding.seen => "✓ ",
        Some(_) => "✗ ",
        None => "  ",
    }
}

/// The call of an experiment that has not run, and what is made ready for it.
pub fn call(rows: &mut Rows, app: &App, name: &str) {
    let Some(case) = app.material.errors.iter().find(|case| case.name == name) else {
        rows.text(name, Role::Text);
        return;
    };
    rows.text(&case.setup, Role::Text);
    rows.text(&case.call, Role::Strong);
}

fn about(app: &App, page: &ExperimentPage, name: &str, width: u16) -> Rows {
    let mut rows = Rows::new(width);
    let roomy = width == parts::SIDE;
    rows.text(name, Role::Strong);
    rows.blank(usize::from(roomy));
    call(&mut rows, app, name);
    rows.blank(usize::from(roomy));
    match page.finding(name) {
        Some(finding) => answered(&mut rows, page, finding, roomy),
        None if app.asks_errno().is_some() => predict(&mut rows, page, name),
        None if app.at().is_some() => parts::not_run(&mut rows, app),
        None => rows.text("It runs.", Role::Dim),
    }
    rows
}

fn predict(rows: &mut Rows, page: &ExperimentPage, name: &str) {
    rows.text("What does your kernel answer?", Role::Accent);
    for (index, answer) in answers(name).into_iter().enumerate() {
        let selected = page.draft.one() == Some(index);
        rows.push(Row {
            left: vec![
                Rows::cursor(selected),
                (format!("{}  ", index + 1), Role::Strong),
                (answer.to_owned(), Role::of_name(selected)),
            ],
            right: match selected {
                true => vec![Role::Dim.of("Enter answers ")],
                false => Vec::new(),
            },
            marked: selected,
            click: Some(Click::Option(index)),
            ..Row::default()
        });
    }
}

fn answered(rows: &mut Rows, page: &ExperimentPage, finding: &Finding, roomy: bool) {
    if let Some(predicted) = page.predicted.get(&finding.name) {
        let mark = match (*predicted == finding.seen, finding.matches) {
            (_, None) => "",
            (true, _) => " ✓",
            (false, _) => " ✗",
        };
        let said = format!("{predicted}{mark}");
        rows.hanging(("you said", Role::Dim), 10, &said, Role::Strong);
    }
    rows.hanging(("seen", Role::Dim), 10, &finding.seen, Role::Answer);
    if let Some(detail) = &finding.detail {
        rows.hanging(("", Role::Dim), 10, detail, Role::Dim);
    }
    if let Some(reason) = &finding.reason {
        rows.hanging(("because", Role::Dim), 10, reason, Role::Text);
    }
    if finding.matches == Some(false) {
        let expected = &finding.expected;
        let said = format!("{expected} was expected: a finding about this kernel.");
        rows.hanging(("", Role::Dim), 10, &said, Role::Text);
    }
    rows.blank(usize::from(roomy));
    rows.text(&finding.why, Role::Text);
    if !finding.lines.is_empty() {
        rows.blank(usize::from(roomy));
        rows.text("call by call", Role::Dim);
        for line in &finding.lines {
            rows.text(line, Role::Text);
        }
    }
}
