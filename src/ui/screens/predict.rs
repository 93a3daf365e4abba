//! Before an experiment runs: the empty stage, one question, one field, one scale.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use crate::app::{App, Click, Guessing, LabPage, player::Player};
use crate::course::{Ask, AskedNumber, Lab, Predict};
use crate::model::TransferSpec;
use crate::ui::{
    layout::Tier,
    pen::Pen,
    player,
    theme::Role,
    widgets::rows::{Row, Rows},
};

/// Rows of the stage where everything fits, and in a small terminal.
const STAGE_ROWS: [(u16, u16); 3] = [(48, 27), (29, 15), (20, 11)];
/// Columns of the field.
const FIELD: usize = 9;
/// Columns that the name of the field takes.
const LABEL: u16 = 11;

/// Draws the stage of a transfer that has not run, in the upper part of an area. Gives the part below it.
pub fn stage_before(pen: &mut Pen, spec: &TransferSpec, area: Rect) -> Rect {
    let stage = STAGE_ROWS.iter().find(|(least, _)| area.height >= *least);
    let Some((_, rows)) = stage else {
        return area;
    };
    let before = Player::before_run(spec.clone());
    let upper = Rect {
        height: *rows,
        ..area
    };
    player::render(upper, pen.buf, &pen.theme, &before, None);
    let gap = if area.height >= 29 { 2 } else { 0 };
    Rect {
        y: area.y + rows + gap,
        height: area.height - rows - gap,
        ..area
    }
}

/// Draws the prediction.
pub fn draw(pen: &mut Pen, app: &App, lab: &Lab, state: &LabPage, tier: Tier, area: Rect) {
    let Some(predict) = &lab.predict else {
        return;
    };
    let below = stage_before(pen, &lab.spec, area);
    let roomy = tier >= Tier::Full;
    let mut rows = Rows::new(pen.theme, below.width);
    let accent = rows.style(Role::Accent);
    rows.push(Row {
        left: vec![("Before it runs".to_owned(), accent)],
        ..Row::default()
    });
    rows.rule();
    rows.blank(usize::from(roomy));
    question(&mut rows, predict, &state.guessing, below.width, roomy);
    rows.show(pen, below, app.scroll);
}

/// The question, and a field with a scale, or what may be predicted.
pub fn question(rows: &mut Rows, predict: &Predict, guess: &Guessing, width: u16, roomy: bool) {
    rows.strong_prose(&predict.text);
    rows.blank(usize::from(roomy));
    match &predict.ask {
        Ask::Number(asked) => {
            field(rows, &guess.input, "your guess", &asked.unit);
            rows.blank(usize::from(roomy));
            scale(rows, asked, &guess.input, width);
        }
        Ask::Choice(options) => {
            let (strong, plain) = (rows.style(Role::Strong), rows.style(Role::Text));
            for (index, option) in options.iter().enumerate() {
                let focused = index == guess.focus;
                rows.push(Row {
                    left: vec![
                        (format!(" {}  ", index + 1), strong),
                        (option.text.clone(), if focused { strong } else { plain }),
                    ],
                    marked: focused,
                    click: Some(Click::Option(index)),
                    ..Row::default()
                });
            }
        }
    }
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

/// The hints that are shown.
pub fn hints(rows: &mut Rows, hints: &[String]) {
    for hint in hints {
        let mark = vec![("hint".to_owned(), rows.style(Role::Accent))];
        rows.hanging(mark, 6, hint, rows.style(Role::Text));
    }
}

/// A field for a number, with what it counts.
pub fn field(rows: &mut Rows, input: &str, label: &str, unit: &str) {
    let marker = rows.style(Role::Marker);
    let accent = rows.style(Role::Accent);
    let strong = rows.style(Role::Strong);
    let width = FIELD.saturating_sub(2 + input.width() + 1);
    rows.push(Row {
        left: vec![
            (
                format!("{label:w$}", w = usize::from(LABEL)),
                rows.style(Role::Dim),
            ),
            ("  ".to_owned(), marker),
            (input.to_owned(), marker.patch(accent).patch(strong)),
            ("▏".to_owned(), marker.patch(accent)),
            (" ".repeat(width), marker),
            (format!("  {unit}"), rows.style(Role::Text)),
        ],
        ..Row::default()
    });
}

/// The scale: a mark over it where the guess is, ticks, their numbers.
fn scale(rows: &mut Rows, asked: &AskedNumber, input: &str, width: u16) {
    let (from, to) = asked.scale;
    let span = to - from;
    let columns = usize::from(width.saturating_sub(LABEL + 4))
        .min(97)
        .saturating_sub(1)
        / 4
        * 4;
    if span <= 0.0 || span.is_nan() || columns == 0 {
        return;
    }
    let at = |share: f64| (share.clamp(0.0, 1.0) * columns as f64).round() as usize;
    let indent = " ".repeat(usize::from(LABEL));
    let mut mark = indent.clone();
    if let Ok(guess) = input.parse::<f64>() {
        mark.push_str(&" ".repeat(at((guess - from) / span)));
        mark.push('▼');
    }
    let mut line: Vec<char> = vec!['─'; columns + 1];
    let mut numbers = String::new();
    for tick in 0..=4 {
        let column = columns * tick / 4;
        line[column] = '┴';
        let value = from + span * tick as f64 / 4.0;
        while numbers.width() < column {
            numbers.push(' ');
        }
        numbers.push_str(&short(value));
    }
    let (dim, hairline, accent) = (
        rows.style(Role::Dim),
        rows.style(Role::Hairline),
        rows.style(Role::Accent),
    );
    for (text, style) in [
        (mark, accent),
        (
            format!("{indent}{}", line.into_iter().collect::<String>()),
            hairline,
        ),
        (format!("{indent}{numbers}"), dim),
    ] {
        rows.push(Row {
            left: vec![(text, style)],
            ..Row::default()
        });
    }
}

/// A number with one decimal at most.
fn short(value: f64) -> String {
    if value.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    }
}
