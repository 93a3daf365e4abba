//! A question: its options, what a chosen one shows right under it, and the learner's own figures beside it.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use crate::app::{App, Click, Command, Pane, QuestionState, Run, question::options};
use crate::course::mark::{self, Verdict};
use crate::course::{Page, Question, QuestionKind, Reaction};
use crate::ui::{
    layout::Rooms,
    pen::Pen,
    screens::{predict, results},
    theme::Role,
    widgets::{
        bar::bar,
        rows::{Row, Rows, Span},
    },
};

/// Columns before the text of an option.
const INDENT: usize = 6;

/// Draws it.
pub fn draw(pen: &mut Pen, app: &App, rooms: &Rooms, page: &Page) {
    match rooms.list() {
        Some(panes) => {
            let room = Rect {
                width: panes.left.width.min(crate::ui::layout::PROSE),
                ..panes.left
            };
            asked(pen, app, room, page, true);
            if beside(pen, app, panes.right) {
                pen.line(panes.hairline, panes.left.y, panes.left.bottom());
            }
        }
        None if app.pane == Pane::Text || !app.has_two_panes() => {
            asked(pen, app, rooms.pane(), page, false);
        }
        None => evidence(pen, app, rooms.pane()),
    }
}

/// What stands beside a question: the lines as they are arranged, the figures of a run, or nothing.
fn beside(pen: &mut Pen, app: &App, room: Rect) -> bool {
    match app.question() {
        Some((question, state))
            if matches!(question.kind, QuestionKind::Order { .. }) && !state.picks.is_empty() =>
        {
            arranged(pen, question, state, room);
        }
        _ if app.evidence().is_some() => evidence(pen, app, room),
        _ => return false,
    }
    true
}

/// The chosen lines in the learner's order.
fn arranged(pen: &mut Pen, question: &Question, state: &QuestionState, room: Rect) {
    let mut rows = Rows::new(pen.theme, room.width);
    rows.title("Your order");
    let lines = mark::presented(question);
    let picked = state.picks.iter().filter_map(|pick| lines.get(*pick));
    for (place, line) in (1..).zip(picked) {
        let number = (format!("{place:>2}."), rows.style(Role::Accent));
        rows.hanging(vec![number], 4, line, rows.style(Role::Text));
    }
    rows.show(pen, room, 0);
}

fn asked(pen: &mut Pen, app: &App, room: Rect, page: &Page, roomy: bool) {
    let Some((question, state)) = app.question() else {
        return;
    };
    let mut rows = Rows::new(pen.theme, room.width);
    if !page.prose.trim().is_empty() {
        rows.prose_with_words(&page.prose, &app.words);
        rows.blank(1);
    }
    rows.strong_prose(&question.text);
    rows.blank(if roomy { 2 } else { 1 });
    match &question.kind {
        QuestionKind::Choice(_) | QuestionKind::Multi(_) => {
            choices(&mut rows, question, state, roomy)
        }
        QuestionKind::Number { unit, .. } => number(&mut rows, state, unit),
        QuestionKind::Drawn(drawn) => number(&mut rows, state, &drawn.unit),
        QuestionKind::Match { .. } => pairs(&mut rows, question, state, roomy),
        QuestionKind::Bug { lines, bug, .. } => code(&mut rows, state, lines, *bug, roomy),
        QuestionKind::Order { .. } => order(&mut rows, question, state, roomy),
    }
    if let (Some(verdict), None, QuestionKind::Multi(_)) =
        (&state.verdict, state.said_at, &question.kind)
    {
        judged(&mut rows, verdict);
    }
    if let Some(refused) = &state.refused {
        rows.blank(1);
        rows.text(refused, Role::Accent);
    }
    after(&mut rows, question, state);
    rows.show(pen, room, app.scroll);
}

/// A bar beside what is said to an answer.
fn accent_bar(rows: &Rows) -> Vec<Span> {
    let accent = rows.style(Role::Accent);
    vec![
        ("   ".to_owned(), accent),
        ("┃".to_owned(), accent),
        ("  ".to_owned(), accent),
    ]
}

/// What is said to a wrong answer: the misconception by name, and what answers it.
fn reaction(rows: &mut Rows, reaction: &Reaction) {
    let before = accent_bar(rows);
    if !reaction.misconception.is_empty() {
        rows.prose(&format!("**{}**", reaction.misconception), &before);
    }
    rows.prose(&reaction.feedback, &before);
}

fn choices(rows: &mut Rows, question: &Question, state: &QuestionState, roomy: bool) {
    let multi = matches!(question.kind, QuestionKind::Multi(_));
    if multi {
        rows.text("One or more are right: choose them, then Enter.", Role::Dim);
        rows.blank(usize::from(roomy));
    }
    for (index, option) in options(question).iter().enumerate() {
        let picked = state.picks.contains(&index);
        let mark = match (&state.verdict, picked, multi) {
            (Some(_), true, _) if option.right => "✓",
            (Some(_), true, _) => "✗",
            (None, true, _) => "■",
            // Asked for, and not found.
            (_, false, _) if state.explained && option.right => "✓",
            _ if state.focus == index => "▸",
            _ => " ",
        };
        let at = rows.len();
        option_row(
            rows,
            index,
            &option.text,
            mark,
            picked && (!multi || state.verdict.is_some()),
        );
        if state.focus == index {
            rows.focus = Some(at);
        }
        said_under(rows, state, index, roomy);
        rows.blank(usize::from(roomy));
    }
}

/// What is said to a wrong answer, under the option or line that shows it.
fn said_under(rows: &mut Rows, state: &QuestionState, index: usize, roomy: bool) {
    let said = state
        .verdict
        .as_ref()
        .and_then(|verdict| verdict.reaction.as_ref());
    if let Some(said) = said.filter(|_| state.said_at == Some(index)) {
        rows.blank(usize::from(roomy));
        reaction(rows, said);
        rows.focus = Some(rows.len() - 1);
    }
}

/// Lines of code, one of them wrong.
fn code(rows: &mut Rows, state: &QuestionState, lines: &[String], bug: usize, roomy: bool) {
    for (index, line) in lines.iter().enumerate() {
        let picked = state.verdict.is_some() && state.picks.contains(&index);
        let mark = match picked {
            true if index == bug => "✓",
            true => "✗",
            false if state.explained && index == bug => "✓",
            false if state.picks.contains(&index) => "■",
            false if state.focus == index => "▸",
            false => " ",
        };
        if state.focus == index {
            rows.focus = Some(rows.len());
        }
        option_row(rows, index, line, mark, picked);
        said_under(rows, state, index, roomy);
    }
}

/// Columns of cursor or mark, and of the partner's number with the gaps beside it.
const MARK: usize = 3;
const PARTNER: usize = 6;

/// Left sides with the partners that they were given, and the right sides beside them.
fn pairs(rows: &mut Rows, question: &Question, state: &QuestionState, roomy: bool) {
    if state.verdict.is_none() {
        rows.text(
            "For each at left choose its partner at right, by number.",
            Role::Dim,
        );
        rows.blank(usize::from(roomy));
    }
    let (lefts, rights) = mark::sides(question);
    let solved = mark::right_sides(question);
    let (plain, strong, accent) = (
        rows.style(Role::Text),
        rows.style(Role::Strong),
        rows.style(Role::Accent),
    );
    let widest = lefts.iter().map(|left| left.width()).max().unwrap_or(0);
    let right_at = MARK + widest + PARTNER;
    for row in 0..lefts.len().max(rights.len()) {
        let mut left = Vec::new();
        if let Some(text) = lefts.get(row) {
            let partner = state.partners.get(row).copied().flatten();
            let right = solved.get(row).copied();
            let shown = match partner {
                _ if state.explained => right,
                partner => partner,
            };
            let mark = match (&state.verdict, state.focus == row) {
                (Some(_), _) if partner.is_none() => " ",
                (Some(_), _) if partner == right => "✓",
                (Some(_), _) => "✗",
                (None, true) => "▸",
                _ => " ",
            };
            if state.focus == row {
                rows.focus = Some(rows.len());
            }
            let number = shown.map_or("·".to_owned(), |right| (right + 1).to_string());
            left.push((format!("{mark:MARK$}"), accent.patch(strong)));
            left.push((text.to_string(), plain));
            pad_to(&mut left, MARK + widest);
            let style = if shown.is_some() {
                accent
            } else {
                rows.style(Role::Dim)
            };
            left.push((format!("{number:>3}"), style));
        }
        pad_to(&mut left, right_at);
        if let Some(text) = rights.get(row) {
            left.push((format!("{}", row + 1), strong));
            left.push((format!("  {text}"), plain));
        }
        rows.push(Row {
            left,
            click: (row < lefts.len()).then_some(Click::Option(row)),
            spots: match row < rights.len() {
                true => vec![(right_at as u16..u16::MAX, Click::Partner(row))],
                false => Vec::new(),
            },
            ..Row::default()
        });
    }
    if let Some(verdict) = &state.verdict {
        rows.blank(1);
        judged(rows, verdict);
    }
}

fn pad_to(spans: &mut Vec<Span>, width: usize) {
    let taken: usize = spans.iter().map(|(text, _)| text.width()).sum();
    spans.push((
        " ".repeat(width.saturating_sub(taken)),
        ratatui::style::Style::new(),
    ));
}

fn option_row(rows: &mut Rows, index: usize, text: &str, mark: &str, marked: bool) {
    let (accent, strong, plain) = (
        rows.style(Role::Accent),
        rows.style(Role::Strong),
        rows.style(Role::Text),
    );
    let mut left = vec![
        (format!("{mark:3}"), accent.patch(strong)),
        (
            format!("{:w$}", index + 1, w = INDENT - 5),
            if marked { accent.patch(strong) } else { strong },
        ),
        ("  ".to_owned(), plain),
    ];
    left.push((text.to_owned(), if marked { strong } else { plain }));
    let right = if marked { "your answer " } else { "" };
    rows.push(Row {
        left,
        right: vec![(right.to_owned(), plain)],
        marked,
        click: Some(Click::Option(index)),
        ..Row::default()
    });
}

fn number(rows: &mut Rows, state: &QuestionState, unit: &str) {
    predict::field(rows, &state.input, "answer", unit);
    if state.waiting {
        rows.blank(1);
        rows.text("It runs now: the recording marks it.", Role::Dim);
    } else if let Some(verdict) = &state.verdict {
        rows.blank(1);
        judged(rows, verdict);
    }
}

/// Right or not yet, and what is said to it.
fn judged(rows: &mut Rows, verdict: &Verdict) {
    rows.text(
        if verdict.right {
            "✓ right"
        } else {
            "✗ not yet"
        },
        Role::Strong,
    );
    if let Some(said) = &verdict.reaction {
        reaction(rows, said);
    }
    rows.focus = Some(rows.len() - 1);
}

fn order(rows: &mut Rows, question: &Question, state: &QuestionState, roomy: bool) {
    if state.verdict.is_none() {
        rows.text(
            "Choose the lines in their order; choosing one again takes it back.",
            Role::Dim,
        );
        rows.blank(usize::from(roomy));
    }
    let (dim, plain, strong, accent) = (
        rows.style(Role::Dim),
        rows.style(Role::Text),
        rows.style(Role::Strong),
        rows.style(Role::Accent),
    );
    for (index, line) in mark::presented(question).into_iter().enumerate() {
        let place = state.picks.iter().position(|pick| *pick == index);
        let cursor = if state.focus == index { "▸" } else { " " };
        if state.focus == index {
            rows.focus = Some(rows.len());
        }
        let place = place.map_or_else(|| "  ·  ".to_owned(), |place| format!("  {}. ", place + 1));
        rows.push(Row {
            left: vec![
                (format!("{cursor:2}"), accent),
                (format!("{}", index + 1), strong),
                (
                    place,
                    if state.picks.contains(&index) {
                        accent
                    } else {
                        dim
                    },
                ),
                (line.to_owned(), plain),
            ],
            click: Some(Click::Option(index)),
            ..Row::default()
        });
    }
    if let Some(verdict) = &state.verdict {
        rows.blank(1);
        judged(rows, verdict);
    }
}

/// Hints, explanation, and what can be done now.
fn after(rows: &mut Rows, question: &Question, state: &QuestionState) {
    if state.hints > 0 {
        rows.blank(1);
        predict::hints(
            rows,
            &question.hints[..state.hints.min(question.hints.len())],
        );
        rows.focus = Some(rows.len() - 1);
    }
    let right = state.verdict.as_ref().is_some_and(|verdict| verdict.right);
    if state.explained || right {
        rows.blank(1);
        if let (QuestionKind::Order { .. }, false) = (&question.kind, right) {
            let order = mark::right_order(question);
            let order: Vec<_> = order.iter().map(|at| (at + 1).to_string()).collect();
            rows.text(&format!("In order: {}.", order.join(" ")), Role::Strong);
        }
        rows.prose(&question.explain, &[]);
        rows.focus = Some(rows.len() - 1);
    } else if state.verdict.is_some() {
        rows.blank(1);
        let again = if state.types() { "Type" } else { "Choose" };
        rows.text(&format!("{again} again, or x explains."), Role::Dim);
        rows.focus = Some(rows.len() - 1);
    }
    if right {
        rows.push(Row {
            left: vec![("Enter goes on.".to_owned(), rows.style(Role::Dim))],
            click: Some(Click::Do(Command::Next)),
            ..Row::default()
        });
        rows.focus = Some(rows.len() - 1);
    }
}

/// The figures of the last run that bears on the question.
fn evidence(pen: &mut Pen, app: &App, room: Rect) {
    let mut rows = Rows::new(pen.theme, room.width);
    if let Some(run) = app.evidence() {
        kernel_says(&mut rows, run, room.width);
    }
    rows.show(pen, room, 0);
}

fn kernel_says(rows: &mut Rows, run: &Run, width: u16) {
    let (recording, summary) = (&run.recording, &run.summary);
    let shipped = recording.origin == crate::model::Origin::Shipped;
    rows.title(if shipped {
        "A recorded kernel says"
    } else {
        "Your kernel says"
    });
    let spec = &recording.spec;
    rows.text(
        &format!(
            "{}, {}, {} chunks, to {}",
            spec.method, spec.size, spec.chunk, spec.to
        ),
        Role::Dim,
    );
    if shipped {
        let said = format!(
            "Recorded on {}, not on this machine.",
            recording.machine.kernel
        );
        rows.text(&said, Role::Accent);
    }
    rows.blank(1);
    let switches = summary.measured.as_ref().map(|measured| {
        measured.voluntary_context_switches + measured.involuntary_context_switches
    });
    let figures = [
        ("system calls", "traced", summary.syscalls),
        ("mode switches", "traced", summary.mode_switches),
        ("context switches", "untraced", switches),
    ];
    let most = figures
        .iter()
        .filter_map(|(.., value)| *value)
        .max()
        .unwrap_or(0) as f64;
    let cells = usize::from(width.saturating_sub(10)).min(32);
    for (name, run, value) in figures {
        let Some(value) = value else {
            continue;
        };
        rows.pair(name, run, Role::Dim);
        let style = rows.style(if run == "traced" {
            Role::Dim
        } else {
            Role::Accent
        });
        rows.push(Row {
            left: vec![
                (bar(value as f64, most, cells), style),
                (
                    format!(" {}", crate::model::grouped(value)),
                    rows.style(Role::Strong),
                ),
            ],
            ..Row::default()
        });
        rows.blank(1);
    }
    if let Some(copies) = summary.cpu_copies_per_byte {
        rows.pair("CPU copies a byte", &format!("{copies:.1}"), Role::Strong);
        rows.pair(
            "copied by the CPU",
            &results::bytes(summary.cpu_copied_bytes.unwrap_or(0)),
            Role::Strong,
        );
    }
}
