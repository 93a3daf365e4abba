//! An experiment of the list.

use super::prelude::*;
use crate::app::command::digit_of;
use crate::model::{Contest, ExperimentSpec};

/// An experiment of the list.
#[derive(Clone, Debug)]
pub struct ExperimentScreen {
    pub(crate) entry: usize,
}

// One row a line: it is a table.
#[rustfmt::skip]
const SETTINGS: &[KeyRow<ExperimentScreen>] = &[
    row(&[(Char('m'), Command::Method)], ["m", "method", "the next method beside the first"], Page, compares),
    row(&[(Char('m'), Command::Method)], ["m", "method", "the next method of the server"], Page, serves),
    row(&[(Char('t'), Command::Sink)], ["t", "to", "the next sink"], Page, |app, on| has_settings(app, on) && !serves(app, on)),
    row(&[(Char('z'), Command::Size)], ["z", "size", "the next size"], Page, has_settings),
    row(&[(Char('S'), Command::Sweep)], ["S", "sweep", "sweep over chunk, over size, or over neither"], Page, compares),
];

fn settings<'a>(app: &'a Shared, on: &ExperimentScreen) -> Option<&'a ExperimentSpec> {
    let page = app.experiment(on.here()).filter(|_| app.job.is_none())?;
    let changes = matches!(
        page.what,
        ExperimentSpec::Proof(_)
            | ExperimentSpec::Compare(Contest::Methods { .. })
            | ExperimentSpec::Serve(_)
    );
    changes.then_some(&page.what)
}
fn has_settings(app: &Shared, on: &ExperimentScreen) -> bool {
    settings(app, on).is_some()
}
fn compares(app: &Shared, on: &ExperimentScreen) -> bool {
    matches!(settings(app, on), Some(ExperimentSpec::Compare(_)))
}
fn serves(app: &Shared, on: &ExperimentScreen) -> bool {
    matches!(settings(app, on), Some(ExperimentSpec::Serve(_)))
}

impl ExperimentScreen {
    fn here(&self) -> Purpose {
        Purpose::Entry(self.entry)
    }
}

impl ScreenState for ExperimentScreen {
    fn name(&self) -> &'static str {
        "experiments"
    }

    fn keys(&self, app: &Shared, keys: &mut Enabled) {
        tables::add(keys, app, self, &[ANSWER, PANES, RUN, EXPERIMENT]);
        keys.add(SETTINGS, app, self);
        tables::add(keys, app, self, &[PLAYBACK, SCROLL]);
    }

    fn update(&mut self, app: &mut Shared, command: Command) {
        match command {
            Command::Run => app.run_experiment(self.here()),
            _ => drop(app.update_experiment(self.here(), command)),
        }
    }

    fn click(&mut self, app: &mut Shared, click: Click) {
        match click {
            Click::Row(row) => app.select_row(self.here(), row),
            Click::Option(option) => {
                let digit = digit_of(option).into_iter();
                digit.for_each(|digit| self.update(app, digit));
            }
            _ => {}
        }
    }

    fn purpose(&self) -> Option<Purpose> {
        Some(self.here())
    }

    fn has_two_panes(&self, app: &Shared) -> bool {
        self.player(app).is_some()
    }
}
