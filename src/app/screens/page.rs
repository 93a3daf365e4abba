//! What keys and clicks do on a page: in its lesson, among the questions of a module, in a round.

use super::prelude::*;
use crate::app::{command::digit_of, question::key};
use crate::course::{Page, kinds};

/// What a screen has to do after a command on its page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    Stay,
    Turn,
    /// The answer was right, or wrong.
    Answered(bool),
}

pub(crate) fn keys(app: &Shared, on: &dyn ScreenState, keys: &mut Enabled) {
    // The room answers, not who stands in front of it.
    if app.class.is_some() {
        return tables::add(
            keys,
            app,
            on,
            &[PANES, RUN, TURN, EXPERIMENT, PLAYBACK, SCROLL],
        );
    }
    tables::add(
        keys,
        app,
        on,
        &[
            ANSWER, PANES, RUN, TURN, EXPERIMENT, EXPLAIN, PLAYBACK, SCROLL,
        ],
    );
}

pub(crate) fn update(app: &mut Shared, at: PageAt, command: Command) -> Then {
    let of = Purpose::Page(at);
    let has_rows = app.experiment(of).is_some();
    let far = matches!(command, Command::PageUp | Command::PageDown);
    if command == Command::Run {
        app.run_shown(of);
        return Then::Stay;
    }
    if far && app.display.room.overflow > 0 {
        app.display.scroll_by(command.rows());
        return Then::Stay;
    }
    if has_rows {
        return match app.update_experiment(of, command) {
            true => Then::Turn,
            false => Then::Stay,
        };
    }
    match app.pages.get_mut(&at) {
        Some(PageState::Question(_)) => on_question(app, at, command),
        Some(PageState::Lab(_)) => on_lab(app, at, command),
        _ if command == Command::Onward && app.display.scroll < app.display.room.overflow => {
            app.display.scroll_by(Command::PageDown.rows());
            Then::Stay
        }
        _ if matches!(command, Command::Confirm | Command::Onward) => Then::Turn,
        _ => scroll(app, command),
    }
}

fn scroll(app: &mut Shared, command: Command) -> Then {
    if !matches!(command, Command::First | Command::Last) {
        app.display.scroll_by(command.rows());
    }
    Then::Stay
}

fn on_question(app: &mut Shared, at: PageAt, command: Command) -> Then {
    let whole = app.page_at(at).and_then(Page::question);
    let whole = whole.filter(|_| command == Command::Guess).cloned();
    let Some(state) = app.question_at_mut(at) else {
        return Then::Stay;
    };
    match command {
        Command::Hint => state.hints += 1,
        Command::Explain => state.explained = true,
        Command::Guess => whole.iter().for_each(|question| state.draw_again(question)),
        Command::Digit(_) | Command::Erase | Command::Confirm => {
            let given = key(command).is_some_and(|key| state.press(key));
            app.display.pane = Pane::Text;
            if given {
                return marked(app, at);
            }
        }
        Command::Up | Command::Down if state.chooses() => {
            key(command).map(|key| state.press(key));
        }
        _ => return scroll(app, command),
    }
    Then::Stay
}

fn on_lab(app: &mut Shared, at: PageAt, command: Command) -> Then {
    let of = Purpose::Page(at);
    if app.guess(of, command) {
        return Then::Stay;
    }
    let idle = app.job.is_none();
    let Some(PageState::Lab(page)) = app.pages.get_mut(&at) else {
        return Then::Stay;
    };
    match command {
        Command::Hint => {
            page.guessing.hints += 1;
            app.display.pane = Pane::Target;
        }
        Command::Guess => page.guess_again(),
        Command::Confirm if page.player.is_none() && idle => app.run_shown(of),
        Command::Confirm => return Then::Turn,
        _ => return scroll(app, command),
    }
    Then::Stay
}

pub(crate) fn click(app: &mut Shared, at: PageAt, click: Click) -> Then {
    match click {
        Click::Option(option) if app.question_at(at).is_none() => {
            return digit_of(option).map_or(Then::Stay, |digit| update(app, at, digit));
        }
        Click::Option(option) => {
            if let Some(state) = app.question_at_mut(at)
                && state.press(kinds::Key::Option(option))
            {
                return marked(app, at);
            }
        }
        Click::Partner(right) => {
            if let Some(state) = app.question_at_mut(at) {
                state.press(kinds::Key::Partner(right));
            }
        }
        Click::Row(row) => app.select_row(Purpose::Page(at), row),
        _ => {}
    }
    Then::Stay
}

fn marked(app: &mut Shared, at: PageAt) -> Then {
    app.mark(at).map_or(Then::Stay, Then::Answered)
}
