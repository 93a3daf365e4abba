//! The list of experiments: what can be tried on this machine, group by group.

use super::view::{Header, Right, View};
use crate::app::{App, Click, ExperimentPage, screens::experiments::ExperimentsScreen};
use crate::model::{ExperimentOutcome, ProofVerdict};
use crate::ui::{Pen, Role, Rooms, Rows, narrowed};

/// Columns of the list, where there are more.
const WIDTH: u16 = 76;

impl View for ExperimentsScreen {
    fn header(&self, _: &App) -> Header {
        Header::of("Experiments", Right::Text("on this kernel, now".to_owned()))
    }

    fn draw(&self, pen: &mut Pen, app: &App, rooms: &Rooms) {
        let text = rooms.text();
        let room = narrowed(text, WIDTH);
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
