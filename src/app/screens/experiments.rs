//! The list of experiments.

use super::prelude::*;

pub(crate) const NAME: &str = "experiments";

/// The list of experiments.
#[derive(Clone, Debug, Default)]
pub struct ExperimentsScreen {
    pub(crate) selected: usize,
}

#[rustfmt::skip]
const KEYS: &[KeyRow<ExperimentsScreen>] = &[
    row(CONFIRM, ["Enter", "open", "open the experiment"], Page, always),
    row(UP_DOWN, ["↑↓", "choose", "choose an experiment"], Page, always),
    row(ENDS, ["Home End", "", "first, last experiment"], Page, always),
];

impl ScreenState for ExperimentsScreen {
    fn name(&self) -> &'static str {
        NAME
    }

    fn keys(&self, app: &Shared, keys: &mut Enabled) {
        keys.add(KEYS, app, self);
        tables::add(keys, app, self, &[PLAYBACK]);
    }

    fn update(&mut self, app: &mut Shared, command: Command) {
        match command {
            Command::Confirm => app.go = Some(Go::Experiment(self.selected)),
            _ => {
                let last = app.experiments.len().saturating_sub(1);
                self.selected = command.moved(self.selected, last);
            }
        }
    }

    fn click(&mut self, app: &mut Shared, click: Click) {
        match click {
            Click::Row(entry) if entry == self.selected => self.update(app, Command::Confirm),
            Click::Row(entry) => self.selected = entry.min(app.experiments.len() - 1),
            _ => {}
        }
    }

    fn is_kept(&self) -> bool {
        true
    }
}
