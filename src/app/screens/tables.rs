//! Key tables that several screens share: the answer, the panes, the recording, the experiment, text that scrolls.

use super::state::{On, guess_is_hidden, source};
use crate::app::{
    Enabled, Guessing, Key, KeyRow, PageState, Pane, Player, Purpose, QuestionState, Shared,
    command::Command as C,
    experiment_list::answers,
    key::Key::{Char, Enter, Esc},
    keys::Group::{Answer, Page, Recording},
    keys::{CONFIRM, ENDS, LEFT_RIGHT, NEXT_BACK, PLAY, SCRUB, SPEED, TAB, UP_DOWN, row},
};
use crate::course::{Ask, Predict};
use crate::model::ExperimentSpec;

/// A table of rows that any screen may have.
pub(crate) type Table = &'static [KeyRow<On>];

pub(crate) fn add(keys: &mut Enabled, app: &Shared, on: &On, tables: &[Table]) {
    for table in tables {
        keys.add(table, app, on);
    }
}

pub(crate) const DIGITS: &[(Key, C)] = &[
    (Char('0'), C::Digit('0')),
    (Char('1'), C::Digit('1')),
    (Char('2'), C::Digit('2')),
    (Char('3'), C::Digit('3')),
    (Char('4'), C::Digit('4')),
    (Char('5'), C::Digit('5')),
    (Char('6'), C::Digit('6')),
    (Char('7'), C::Digit('7')),
    (Char('8'), C::Digit('8')),
    (Char('9'), C::Digit('9')),
    (Char('.'), C::Digit('.')),
];
/// From a page that is read, to the next one.
const ONWARD: &[(Key, C)] = &[
    (Enter, C::Confirm),
    (Char(' '), C::Onward),
    (Key::Right, C::Next),
    (Char('l'), C::Next),
    (Char('n'), C::Next),
];

// One row a line: these are tables.
/// A question or prediction. Nobody chooses among options that are not on the screen, and Enter does nothing while there
/// is nothing to commit.
#[rustfmt::skip]
pub(crate) const ANSWER: Table = &[
    row(&[(Key::Tab, C::Tab), (Enter, C::Tab)], ["Tab", "question", "turn to the question before the run"], Answer, guess_is_hidden),
    row(&[(Enter, C::Next)], ["Enter", "next", "next page"], Answer, |app, on| question(app, on, QuestionState::is_right)),
    row(&[(Char('g'), C::Guess)], ["g", "other values", "the same question with other values"], Answer, has_others),
    row(DIGITS, ["1-9", "select", "select an answer; Enter gives it"], Answer, choosing),
    row(DIGITS, ["0-9", "your number", "type a number"], Answer, typing),
    row(CONFIRM, ["Enter", "commit and run", "commit your guess and run"], Answer, guessed),
    row(CONFIRM, ["Enter", "answer", "give the answer"], Answer, answering),
    row(CONFIRM, ["Enter", "", "commit what you have typed or chosen"], Answer, waits_for_answer),
    row(&[(Key::Backspace, C::Erase)], ["⌫", "", "take the last one back"], Answer, |app, on| asks_number(app, on) || question(app, on, QuestionState::erasable)),
    row(&[(Char('h'), C::Hint)], ["h", "hint", "a hint"], Answer, |app, on| on.purpose().is_some_and(|of| app.hint_left(of))),
];

/// Two panes: what Tab turns to comes first in the bar.
#[rustfmt::skip]
pub(crate) const PANES: Table = &[
    row(TAB, ["Tab", "your run", "turn to the figures of your run"], Page, |app, on| text_pane(app, on) && has_question(app, on) && on.at().is_some_and(|at| app.evidence_at(at).is_some())),
    row(TAB, ["Tab", "figure", "turn to the figure"], Page, text_pane),
    row(TAB, ["Tab", "text", "turn to the text"], Page, |app, on| shows_one_pane(app, on, Pane::Target)),
];

/// The recording: run it, play it.
#[rustfmt::skip]
pub(crate) const RUN: Table = &[
    row(&[(Char('r'), C::Run)], ["r", "run", "run it on this kernel"], Recording, can_run_first),
    row(CONFIRM, ["Enter", "", "run it on this kernel"], Recording, can_run_first),
    row(PLAY, ["␣", "pause", "pause"], Recording, playing),
    row(PLAY, ["␣", "play again", "play again from the start"], Recording, |app, on| paused(app, on) && on.player(app).is_some_and(Player::is_at_end)),
    row(PLAY, ["␣", "play", "play"], Recording, paused),
    row(&[(Key::End, C::Last)], ["End", "reveal", "skip to the end, and see what was recorded"], Recording, |app, on| on.player(app).is_some_and(Player::is_concealing)),
    row(LEFT_RIGHT, ["←→", "step", "a step back, a step on"], Recording, has_player),
];

/// The pages of a lesson or of a round.
#[rustfmt::skip]
pub(crate) const TURN: Table = &[
    row(ONWARD, ["Enter ␣ →", "next", "next page"], Page, on_text),
    row(&[(Char('b'), C::Previous), (Key::Left, C::Previous)], ["b ←", "previous", "page before"], Page, on_text),
    row(&[(Enter, C::Confirm), (Char('n'), C::Next)], ["Enter n", "next", "next page"], Page, reading),
    row(&[(Char('b'), C::Previous)], ["b", "previous", "page before"], Page, reading),
    row(NEXT_BACK, ["n b", "next, previous", "next page, page before"], Page, turns),
];

/// An experiment that is no transfer.
#[rustfmt::skip]
pub(crate) const EXPERIMENT: Table = &[
    row(UP_DOWN, ["↑↓", "look at", "look at another row"], Page, has_rows),
    row(ENDS, ["Home End", "", "first, last row"], Page, has_rows),
    row(PLAY, ["␣", "pause", "pause"], Recording, |app, on| proof(app, on) && plays_proof(app, on)),
    row(PLAY, ["␣", "play", "play the three steps of this row"], Recording, proof),
    row(&[(Char('a'), C::All)], ["a", "run all", "run all of them"], Recording, has_all),
];

#[rustfmt::skip]
pub(crate) const EXPLAIN: Table = &[
    row(&[(Char('x'), C::Explain)], ["x", "explain", "explain the answer"], Answer, |app, on| !on.in_test() && question(app, on, |state| !state.explained)),
];

/// Calls of a recording in which one wants to go further than a call at a time.
const LONG: usize = 100;

/// The recording: what is needed less often.
#[rustfmt::skip]
pub(crate) const PLAYBACK: Table = &[
    row(SPEED, ["[ ]", "speed", "slower, faster"], Recording, has_player),
    row(ENDS, ["Home End", "", "to the start, to the end"], Recording, has_player),
    row(&[(Char('r'), C::Run)], ["r", "run again", "run it again"], Recording, can_run_again),
    row(&[(Char('g'), C::Guess)], ["g", "guess again", "guess again"], Recording, can_guess_again),
    row(&[(Char('s'), C::Source)], ["s", "source", "the whole source"], Recording, |app, on| source(app, on).is_some()),
    row(&[(Char('c'), C::Calls)], ["c", "calls", "all calls"], Recording, |app, on| on.run(app).is_some_and(|run| run.recording.trace.is_some())),
    row(SCRUB, ["< >", "scrub", "a tenth of the run back or on; the mouse drags"], Recording, |app, on| on.player(app).is_some_and(|player| player.len() > LONG)),
    row(SCRUB, ["< >", "", "a tenth of the run back or on; the mouse drags"], Recording, has_player),
    row(&[(Char('P'), C::Present)], ["P", "present", "the figure over the whole screen, for a room; and back"], Recording, has_player),
    row(&[(Char('w'), C::Save)], ["w", "", "save the recording to a file"], Recording, |app, on| has_recording(app, on) && on.in_course()),
    row(&[(Esc, C::Cancel)], ["Esc", "stop it", "stop the experiment"], Recording, |app, _| app.job.is_some()),
];

/// Text that is longer than its room.
#[rustfmt::skip]
pub(crate) const SCROLL: Table = &[
    row(UP_DOWN, ["↑↓", "", "choose an answer"], Answer, choosing),
    row(UP_DOWN, ["↑↓", "scroll", "scroll the text"], Page, scrolls),
];

/// Whether text beside a list or form does not fit.
pub(crate) fn scrolls<S: ?Sized>(app: &Shared, _: &S) -> bool {
    app.display.room.overflow > 0
}
fn question(app: &Shared, on: &On, holds: fn(&QuestionState) -> bool) -> bool {
    let asked = on.at().and_then(|at| app.question_at(at));
    asked.is_some_and(|(_, state)| holds(state))
}
fn has_question(app: &Shared, on: &On) -> bool {
    question(app, on, |_| true)
}
fn guessing(app: &Shared, on: &On) -> bool {
    on.purpose().is_some_and(|of| app.asks_guess(of))
}
fn guess(app: &Shared, on: &On, holds: fn(&Predict, &Guessing) -> bool) -> bool {
    let asked = on.purpose().and_then(|of| app.guessing(of));
    guessing(app, on) && asked.is_some_and(|(predict, state)| holds(predict, state))
}
fn has_others(app: &Shared, on: &On) -> bool {
    let done = |state: &QuestionState| state.is_right() || state.explained;
    question(app, on, |state| state.has_others) && question(app, on, done)
}
fn asks_option(app: &Shared, on: &On) -> bool {
    guess(app, on, |predict, _| !predict.ask.is_typed())
}
fn asks_number(app: &Shared, on: &On) -> bool {
    guessing(app, on) && !asks_option(app, on)
}
fn asks_errno(app: &Shared, on: &On) -> bool {
    on.purpose().is_some_and(|of| app.asks_errno(of).is_some())
}
fn has_picked_errno(app: &Shared, on: &On) -> bool {
    let page = on.purpose().and_then(|of| app.experiment(of));
    asks_errno(app, on) && page.is_some_and(|page| page.draft.one().is_some())
}
fn choosing(app: &Shared, on: &On) -> bool {
    asks_option(app, on) && !guess_is_hidden(app, on)
        || asks_errno(app, on)
        || question(app, on, QuestionState::chooses)
}
/// How many answers there are to choose from by digits; none where there is nothing to choose.
pub(crate) fn options(app: &Shared, on: &On) -> Option<usize> {
    if !choosing(app, on) {
        return None;
    }
    let of = on.purpose();
    if let Some(error) = of.and_then(|of| app.asks_errno(of)) {
        return Some(answers(error).len());
    }
    let guessed = of.and_then(|of| app.guessing(of));
    if let Some(Ask::Choice(options)) = guessed.map(|(predict, _)| &predict.ask)
        && asks_option(app, on)
    {
        return Some(options.len());
    }
    let (_, state) = on.at().and_then(|at| app.question_at(at))?;
    Some(state.options())
}
fn typing(app: &Shared, on: &On) -> bool {
    asks_number(app, on) || question(app, on, QuestionState::types)
}
fn guessed(app: &Shared, on: &On) -> bool {
    let is_ready = |predict: &Predict, state: &Guessing| state.is_ready(&predict.ask);
    !guess_is_hidden(app, on) && guess(app, on, is_ready) || has_picked_errno(app, on)
}
fn answering(app: &Shared, on: &On) -> bool {
    question(app, on, QuestionState::is_ready)
}
fn waits_for_answer(app: &Shared, on: &On) -> bool {
    guessing(app, on) && !guessed(app, on) && !guess_is_hidden(app, on)
        || has_question(app, on) && !answering(app, on)
}
/// Whether one of two panes is shown.
pub(crate) fn shows_one_pane(app: &Shared, on: &On, pane: Pane) -> bool {
    let display = &app.display;
    display.room.is_folded() && on.has_two_panes(app) && display.pane == pane
}
fn text_pane(app: &Shared, on: &On) -> bool {
    shows_one_pane(app, on, Pane::Text) && !guess_is_hidden(app, on)
}
fn turns(_: &Shared, on: &On) -> bool {
    on.at().is_some()
}
fn on_text(app: &Shared, on: &On) -> bool {
    let page = on.at().and_then(|at| app.pages.get(&at));
    matches!(page, Some(PageState::Prose))
}
fn reading(app: &Shared, on: &On) -> bool {
    turns(app, on) && !has_question(app, on) && !guessing(app, on) && !can_run_first(app, on)
}
fn has_experiment(app: &Shared, on: &On) -> bool {
    on.purpose().is_some_and(|of| app.experiment(of).is_some())
}
fn has_rows(app: &Shared, on: &On) -> bool {
    let page = on.purpose().and_then(|of| app.experiment(of));
    !guessing(app, on) && page.is_some_and(|page| page.rows() > 1)
}
fn proof(app: &Shared, on: &On) -> bool {
    let page = on.purpose().and_then(|of| app.experiment(of));
    page.is_some_and(|page| page.done && matches!(page.what, ExperimentSpec::Proof(_)))
}
fn plays_proof(app: &Shared, on: &On) -> bool {
    let page = on.purpose().and_then(|of| app.experiment(of));
    page.and_then(|page| page.proof_play)
        .is_some_and(|play| play.is_playing())
}
fn has_all(app: &Shared, on: &On) -> bool {
    let entry = on.purpose().filter(|of| matches!(of, Purpose::Entry(_)));
    let page = entry.and_then(|of| app.experiment(of));
    app.job.is_none() && page.is_some_and(|page| page.error().is_some())
}
fn experiment_done(app: &Shared, on: &On) -> bool {
    let Some(of) = on.purpose() else {
        return false;
    };
    app.experiment(of).is_some_and(|page| match page.error() {
        Some(name) if matches!(of, Purpose::Entry(_)) => page.finding(name).is_some(),
        _ => page.done,
    })
}
fn has_player(app: &Shared, on: &On) -> bool {
    on.player(app).is_some()
}
fn playing(app: &Shared, on: &On) -> bool {
    on.player(app).is_some_and(Player::is_playing)
}
fn has_recording(app: &Shared, on: &On) -> bool {
    has_player(app, on) && on.run(app).is_some()
}
fn paused(app: &Shared, on: &On) -> bool {
    has_player(app, on) && !playing(app, on)
}
fn lab_is(app: &Shared, on: &On, run: bool) -> bool {
    let lab = on.at().and_then(|at| app.lab_at(at));
    lab.is_some_and(|(_, page)| page.player.is_some() == run)
}
fn can_run_first(app: &Shared, on: &On) -> bool {
    let not_tried = has_experiment(app, on) && !experiment_done(app, on) && !guessing(app, on);
    app.job.is_none() && (lab_is(app, on, false) || not_tried)
}
fn can_run_again(app: &Shared, on: &On) -> bool {
    app.job.is_none() && (lab_is(app, on, true) || experiment_done(app, on))
}
fn can_guess_again(app: &Shared, on: &On) -> bool {
    let asked = on.purpose().and_then(|of| app.guessing(of)).is_some();
    let page = on.purpose().and_then(|of| app.experiment(of));
    let done = lab_is(app, on, true) || page.is_some_and(|page| page.done);
    // In a class the room guesses.
    app.job.is_none() && app.class.is_none() && asked && done
}
