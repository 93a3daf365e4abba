//! One recording, full size, or two in a race.

use super::prelude::*;

/// A recording that is played full size, or the first of two.
pub struct ReplayScreen {
    pub(crate) run: Run,
    pub(crate) player: Player,
}

impl ScreenState for ReplayScreen {
    fn name(&self) -> &'static str {
        "recording"
    }

    fn keys(&self, app: &Shared, keys: &mut Enabled) {
        tables::add(keys, app, self, &[RUN, PLAYBACK, SCROLL]);
    }

    fn update(&mut self, app: &mut Shared, command: Command) {
        app.display.scroll_by(command.rows());
    }

    fn has_back(&self) -> bool {
        false
    }

    fn in_course(&self) -> bool {
        false
    }

    fn player<'a>(&'a self, _: &'a Shared) -> Option<&'a Player> {
        Some(&self.player)
    }

    fn player_mut<'a>(&'a mut self, _: &'a mut Shared) -> Option<&'a mut Player> {
        Some(&mut self.player)
    }

    fn run<'a>(&'a self, _: &'a Shared) -> Option<&'a Run> {
        // Of a race, there is no one run to look into.
        Some(&self.run).filter(|_| self.player.race().is_none())
    }
}
