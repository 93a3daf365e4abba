//! A question's view as rows: tones as styles, clicks as targets.

use unicode_width::UnicodeWidthStr;

use super::rows::{Row, Rows, Span};
use crate::app::Click;
use crate::course::{
    Reaction,
    kinds::{self, Line, Tone, View},
};
use crate::ui::Role;

const FIELD: usize = 9;
/// Columns that the name of the field takes.
const LABEL: u16 = 11;

/// Adds a view; its focus is that of the rows.
pub fn show(rows: &mut Rows, view: &View) {
    for (at, line) in view.lines.iter().enumerate() {
        match line {
            Line::Blank => rows.blank(1),
            Line::Text(text, tone) => rows.text(text, role(*tone)),
            Line::Numbered(number, text) => {
                let number = format!("{number:>2}.");
                rows.hanging((&number, Role::Accent), 4, text, Role::Text);
            }
            Line::Reaction(said) => reaction(rows, said),
            Line::Columns(columns) => rows.push(row(columns)),
            Line::Field { name, input, unit } => field(rows, input, name, unit),
            Line::Scale { ends, input } => scale(rows, *ends, input),
        }
        if view.focus == Some(at) {
            rows.focus = Some(rows.len() - 1);
        }
    }
}

fn role(tone: Tone) -> Role {
    match tone {
        Tone::None | Tone::Text => Role::Text,
        Tone::Dim => Role::Dim,
        Tone::Strong => Role::Strong,
        Tone::Accent => Role::Accent,
        Tone::Mark => Role::Answer,
    }
}

fn row(columns: &kinds::Columns) -> Row {
    let span = |(text, tone): &(String, Tone)| -> Span { (text.clone(), role(*tone)) };
    let spot = columns.spot.iter();
    let spot = spot.map(|(from, click)| (*from as u16..u16::MAX, target(*click)));
    Row {
        left: columns.cells.iter().map(span).collect(),
        right: vec![Role::Text.of(columns.right)],
        marked: columns.marked,
        click: columns.click.map(target),
        spots: spot.collect(),
        ..Row::default()
    }
}

fn target(click: kinds::Click) -> Click {
    match click {
        kinds::Click::Option(option) => Click::Option(option),
        kinds::Click::Partner(partner) => Click::Partner(partner),
    }
}

/// What is said to a wrong answer, behind a bar: the misconception by name, and what answers it.
fn reaction(rows: &mut Rows, reaction: &Reaction) {
    let bar = ["   ", "▎", "  "].map(|text| Role::Accent.of(text));
    if !reaction.misconception.is_empty() {
        rows.prose(&format!("**{}**", reaction.misconception), &bar);
    }
    rows.prose(&reaction.feedback, &bar);
}

/// A field for a number, with what it counts.
fn field(rows: &mut Rows, input: &str, label: &str, unit: &str) {
    let width = FIELD.saturating_sub(2 + input.width() + 1);
    rows.line(vec![
        (format!("{label:w$}", w = usize::from(LABEL)), Role::Dim),
        Role::Marker.of("  "),
        Role::Input.of(input),
        Role::Caret.of("▏"),
        (" ".repeat(width), Role::Marker),
        (format!("  {unit}"), Role::Text),
    ]);
}

/// The scale: a mark over it where the guess is, ticks, their numbers.
fn scale(rows: &mut Rows, ends: (f64, f64), input: &str) {
    let (from, to) = ends;
    let span = to - from;
    let columns = usize::from(rows.width.saturating_sub(LABEL + 4))
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
    let line: String = line.into_iter().collect();
    rows.line(vec![(mark, Role::Accent)]);
    rows.line(vec![(indent.clone() + &line, Role::Hairline)]);
    rows.line(vec![(indent + &numbers, Role::Dim)]);
}

/// A number with one decimal at most.
fn short(value: f64) -> String {
    if value.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    }
}
