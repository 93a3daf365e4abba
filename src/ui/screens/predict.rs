//! Before an experiment runs: the empty stage, one question, one field, one scale.

use ratatui::layout::Rect;

use crate::app::{App, Guessing, LabPage, player::Player};
use crate::course::{Lab, Predict};
use crate::model::TransferSpec;
use crate::ui::{Pen, Role, Rows, Tier, player, top_of, widgets::view::show};

/// Rows of the stage where everything fits, and in a small terminal.
const STAGE_ROWS: [(u16, u16); 3] = [(48, 27), (29, 15), (20, 11)];

/// Draws the stage of a transfer that has not run, in the upper part of an area. Gives the part below it.
pub fn stage_before(pen: &mut Pen, spec: &TransferSpec, area: Rect) -> Rect {
    let stage = STAGE_ROWS.iter().find(|(least, _)| area.height >= *least);
    let Some((_, rows)) = stage else {
        return area;
    };
    let before = Player::before_run(spec.clone());
    let upper = top_of(area, *rows);
    player::render(upper, pen.buf, &pen.theme, &before, None);
    let gap = if area.height >= 29 { 2 } else { 0 };
    Rect {
        y: area.y + rows + gap,
        height: area.height - rows - gap,
        ..area
    }
}

pub fn draw(pen: &mut Pen, app: &App, lab: &Lab, state: &LabPage, tier: Tier, area: Rect) {
    let Some(predict) = &lab.predict else {
        return;
    };
    let below = stage_before(pen, &lab.spec, area);
    let roomy = tier >= Tier::Full;
    let mut rows = Rows::new(below.width);
    rows.line(vec![Role::Accent.of("Before it runs")]);
    rows.rule();
    rows.blank(usize::from(roomy));
    question(&mut rows, predict, &state.guessing, roomy);
    rows.show(pen, below, app.display.scroll);
}

/// The question, and a field with a scale, or what may be predicted.
pub fn question(rows: &mut Rows, predict: &Predict, guess: &Guessing, roomy: bool) {
    rows.strong_prose(&predict.text);
    rows.blank(usize::from(roomy));
    show(rows, &predict.ask.view(&guess.draft, roomy));
    rows.blank(usize::from(roomy && guess.hints > 0));
    hints(rows, &predict.hints[..guess.hints.min(predict.hints.len())]);
    if roomy {
        rows.blank(1);
        rows.text(
            "It is marked from the run, not from a book. A guess costs nothing; a wrong one teaches most.",
            Role::Dim,
        );
    }
}

pub fn hints(rows: &mut Rows, hints: &[String]) {
    for hint in hints {
        rows.hanging(("hint", Role::Accent), 6, hint, Role::Text);
    }
}
