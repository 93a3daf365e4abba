//! The list of experiments: what can be tried on this machine, group by group.

use ratatui::layout::Rect;

use super::view::{Header, Right, View};
use crate::app::{App, Click, ExperimentPage, screens::experiments::ExperimentsScreen};
use crate::course::commands;
use crate::model::{ExperimentOutcome, ProofVerdict};
use crate::ui::{PROSE, Pen, Role, Rooms, Rows, narrowed};

/// Columns of the list, where there are more.
const WIDTH: u16 = 76;

impl View for ExperimentsScreen {
    fn header(&self, _: &App) -> Header {
        Header::of("Experiments", Right::Text("on this kernel, now".to_owned()))
    }

    fn draw(&self, pen: &mut Pen, app: &App, rooms: &Rooms) {
        let text = rooms.text();
        let room = match rooms.beside_list() {
            Some(panes) => {
                pen.line(panes.hairline, panes.left.y - 1, panes.left.bottom());
                about(pen, app, self.selected, panes.right);
                panes.left
            }
            None => narrowed(text, WIDTH),
        };
        let mut rows = Rows::new(room.width);
        let roomy = room.height > 24;
        let mut group = "";
        for (index, entry) in app.experiments.iter().enumerate() {
            if entry.group != group {
                if !group.is_empty() {
                    rows.blank(1);
                }
                group = entry.group;
                rows.text(group, Role::Dim);
                if roomy {
                    rows.rule();
                }
            }
            let chosen = index == self.selected;
            let title = Role::of_name(chosen);
            let left = vec![Rows::cursor(chosen), (entry.title.to_owned(), title)];
            let right = vec![(outcome(&entry.page), Role::Dim)];
            rows.choice(chosen, left, right, Click::Row(index));
        }
        rows.show(pen, room, 0);
    }
}

/// What the chosen one does, how it is run elsewhere, what came of it.
fn about(pen: &mut Pen, app: &App, selected: usize, room: Rect) {
    let Some(entry) = app.experiments.get(selected) else {
        return;
    };
    let room = narrowed(room, PROSE);
    let mut rows = Rows::new(room.width);
    rows.title(entry.title);
    rows.text(entry.about, Role::Text);
    rows.blank(1);
    let found = outcome(&entry.page);
    let state = match found.is_empty() {
        true => "not run yet".to_owned(),
        false => found,
    };
    rows.group("so far", "");
    rows.text(&state, Role::Strong);
    rows.blank(1);
    rows.group("the same on the command line", "");
    for command in commands(&entry.page.what) {
        rows.text(&command, Role::Dim);
    }
    rows.show(pen, room, 0);
}

fn outcome(page: &ExperimentPage) -> String {
    let count = |count: usize, what: &str| format!("{count} {what}");
    match &page.found {
        Some(ExperimentOutcome::Proof(found)) if page.done => {
            let of = |verdict| found.proofs.iter().filter(move |it| it.verdict == verdict);
            let [shared, copied] = [ProofVerdict::Shared, ProofVerdict::Copied].map(of);
            format!("{} shared, {} copied", shared.count(), copied.count())
        }
        Some(ExperimentOutcome::Errors(found)) => count(found.len(), "seen"),
        Some(ExperimentOutcome::Serve(_)) if page.done => count(page.ways.len(), "of 4 methods"),
        Some(_) if page.done => "seen".to_owned(),
        _ => String::new(),
    }
}
