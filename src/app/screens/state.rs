//! What every screen can be asked and told.

use std::time::Duration;

use crate::app::{Click, Command, Enabled, PageAt, Pane, Player, Purpose, Run, Shared};

/// A screen: its own state, its keys, and what they do. What it asks of the program it puts into [`Shared`].
pub(crate) trait ScreenState: 'static {
    /// Its name: on the help page, and where a key opens it.
    fn name(&self) -> &'static str;

    /// What its keys can do now, in the order of the key bar.
    fn keys(&self, app: &Shared, keys: &mut Enabled);

    /// A command that does not mean the same on every screen.
    fn update(&mut self, app: &mut Shared, command: Command);

    /// It was opened, from a page or from elsewhere.
    fn opened(&mut self, _app: &mut Shared, _from: Option<PageAt>) {}

    /// A click on a spot of its own.
    fn click(&mut self, _app: &mut Shared, _click: Click) {}

    /// The wheel, in rows.
    fn wheel(&mut self, app: &mut Shared, rows: isize) {
        app.display.scroll_by(rows);
    }

    /// Closes what is open on it. False: nothing is, and the screen itself is left.
    fn back(&mut self, _app: &mut Shared) -> bool {
        false
    }

    /// Whether Esc does something.
    fn has_back(&self) -> bool {
        true
    }

    /// Whether it belongs to the course, from which lab, cards and search can be opened.
    fn in_course(&self) -> bool {
        true
    }

    /// Whether the concept test is asked, or was just asked.
    fn in_test(&self) -> bool {
        false
    }

    /// Whether its state is kept when it is left.
    fn is_kept(&self) -> bool {
        false
    }

    /// Whether letters are typed into a line of text.
    fn types(&self) -> bool {
        false
    }

    /// The page that is open on it.
    fn at(&self) -> Option<PageAt> {
        None
    }

    /// The experiment that it shows.
    fn purpose(&self) -> Option<Purpose> {
        self.at().map(Purpose::Page)
    }

    /// Whether it has two panes, of which a small display shows one at a time.
    fn has_two_panes(&self, app: &Shared) -> bool {
        self.at().is_some_and(|at| app.has_two_panes_at(at))
    }

    /// The playback that it shows.
    fn player<'a>(&'a self, app: &'a Shared) -> Option<&'a Player> {
        app.player_at(self.purpose()?)
    }

    fn player_mut<'a>(&'a mut self, app: &'a mut Shared) -> Option<&'a mut Player> {
        app.player_at_mut(self.purpose()?)
    }

    /// The run that it plays.
    fn run<'a>(&'a self, app: &'a Shared) -> Option<&'a Run> {
        app.run_at(self.purpose()?)
    }

    /// When the next frame is due; none: nothing moves.
    fn next_frame(&self, app: &Shared) -> Option<Duration> {
        match self.player(app) {
            Some(player) => player.next_frame(),
            None => app.experiment(self.purpose()?)?.proof_play?.next_frame(),
        }
    }

    fn tick(&mut self, app: &mut Shared, elapsed: Duration) {
        if let Some(player) = self.player_mut(app) {
            player.tick(elapsed);
        } else if let Some(of) = self.purpose()
            && let Some(page) = app.experiment_mut(of)
            && let Some(play) = &mut page.proof_play
        {
            play.tick(elapsed);
        }
    }

    /// The answer to its question was marked.
    fn answered(&mut self, _app: &mut Shared, _right: bool) {}

    /// The lessons were read again: `now` says where a page stands by now. False: what it shows is gone.
    fn reload(&mut self, _app: &mut Shared, _now: &dyn Fn(PageAt) -> Option<PageAt>) -> bool {
        true
    }
}

/// Any screen.
pub(crate) type On = dyn ScreenState;

/// Whether a guess is waited for that stands on the other pane.
pub(crate) fn guess_is_hidden(app: &Shared, on: &On) -> bool {
    let shown = app.display.pane == Pane::Target || !app.display.room.is_folded();
    let asks = on.purpose().is_some_and(|of| app.asks_guess(of));
    asks && !shown && on.has_two_panes(app)
}

/// The source of the method that is run, with its file's name.
pub(crate) fn source(app: &Shared, on: &On) -> Option<(String, &'static str)> {
    match on.run(app) {
        Some(run) => {
            let recording = &run.recording;
            app.source_of(&recording.spec, recording.outcome.served.is_some())
        }
        None => app.source_of(&app.lab_at(on.at()?)?.0.spec, false),
    }
}

/// The same in C; none of a server's step.
pub(crate) fn c_source(app: &Shared, on: &On) -> Option<(String, &'static str)> {
    match on.run(app) {
        Some(run) if run.recording.outcome.served.is_some() => None,
        Some(run) => app.c_source_of(&run.recording.spec),
        None => app.c_source_of(&app.lab_at(on.at()?)?.0.spec),
    }
}

/// Nothing plays on.
pub(crate) fn pause(app: &mut Shared, on: &mut dyn ScreenState) {
    if let Some(player) = on.player_mut(app).filter(|player| player.is_playing()) {
        player.toggle();
    }
}
