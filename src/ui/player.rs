//! The player: where (stage), when (score), which line (source), what (call, sentence, basis). What there is no
//! room for is dropped in a fixed order; the current call and its sentence never are.

use std::cmp::Ordering;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use crate::app::player::Player;
use crate::model::{Origin, Recording, TransferSpec};
use crate::syscall::{Style, format_call, format_request};
use crate::ui::{
    Canvas, Role, Theme, ascii, race, score::Score, stage, stage::layout::Layout as Stage,
    stage::layout::StageSize,
};

/// Where the calls list begins at the largest size, and its width.
const CALLS: (u16, u16) = (80, 44);

/// The player, laid out in its area: rows from the area's top.
#[derive(Default)]
struct Layout {
    /// At the area's top, before the run and after it: it must not jump.
    stage: Option<Stage>,
    score: Option<(u16, Score)>,
    /// First row and rows of the source, its title with it where there is more than one.
    source: Option<(u16, u16)>,
    /// Row of the words about a recording that was not made here.
    origin: Option<u16>,
    /// Row of the call; the sentence follows.
    words: u16,
}

/// Draws a player into the area that it gets. `guess`: how many calls the learner expected, marked in the score.
pub fn render(area: Rect, buf: &mut Buffer, theme: &Theme, player: &Player, guess: Option<f64>) {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return;
    }
    draw(area, buf, theme, player, guess);
    if theme.ascii {
        ascii::apply(buf);
    }
}

fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, player: &Player, guess: Option<f64>) {
    if let Some(race) = player.race() {
        return race::draw(area, buf, theme, player, race);
    }
    let layout = layout(area, player);
    let below =
        |row: u16, rows: u16| Rect::new(area.x, area.y + row, area.width, rows).intersection(area);
    if let Some(stage) = &layout.stage {
        let rows = below(0, stage.height);
        stage::render(rows, buf, theme, stage, &player.scene());
    }
    if player.preview().is_some() {
        return;
    }
    if let Some((row, score)) = &layout.score {
        score.render(below(*row, score.height()), buf, theme, player, guess);
    }
    if let Some((row, rows)) = layout.source {
        let list = layout.stage.as_ref().map(|stage| stage.size) == Some(StageSize::Large);
        let mut part = below(row, rows);
        if list {
            let right = Rect::new(area.x + CALLS.0, part.y, CALLS.1, rows).intersection(area);
            calls(&mut Canvas::new(right, buf, theme), player);
            part.width = part.width.min(70);
        }
        source(&mut Canvas::new(part, buf, theme), player);
    }
    if let Some(row) = layout.origin {
        let mut canvas = Canvas::new(below(row, 1), buf, theme);
        let text = player.recording().and_then(origin).unwrap_or_default();
        canvas.write((0, 0), &text, Role::Dim);
    }
    let rest = area.height.saturating_sub(layout.words);
    let rest = below(layout.words, rest);
    words(&mut Canvas::new(rest, buf, theme), player);
}

/// The call that a click or drag on the score means.
pub fn hit(area: Rect, player: &Player, column: u16, row: u16) -> Option<usize> {
    if let Some(race) = player.race() {
        return race::hit(area, race, column, row);
    }
    let layout = layout(area, player);
    let (top, score) = layout.score?;
    let row = row.checked_sub(area.y + top)?;
    score.hit(column.checked_sub(area.x)?, row)
}

fn layout(area: Rect, player: &Player) -> Layout {
    if player.preview().is_some() {
        // Before the run the stage has its area for itself.
        let size = StageSize::of_stage(area.width, area.height);
        return Layout {
            stage: size.map(|size| Stage::new(size, player.plan(), area.width)),
            ..Layout::default()
        };
    }
    match StageSize::of(area.width, area.height) {
        Some(size) => with_stage(size, area, player),
        None => Layout::default(),
    }
}

/// From the top: stage, score, source, words; gaps and source lines take what is left over.
fn with_stage(size: StageSize, area: Rect, player: &Player) -> Layout {
    let stage = Stage::new(size, player.plan(), area.width);
    let score = Score::new(size, area.width, player);
    let far = player.recording().is_some_and(|it| origin(it).is_some());
    let has_source = player.source().is_some_and(|(it, _)| !it.lines.is_empty());
    // The call and the sentence, which may take two rows where they are short; a figure's has its title above.
    let words = match (player.playback(), size) {
        (Some(_), StageSize::Folded) | (None, _) => 3,
        // What several requests of one call moved takes more than a line to say.
        (Some(playback), _) => 2 + playback.most_requests.min(2) as u16,
    };
    let requests = player.playback().map_or(0, |it| it.most_requests);
    let fixed = stage.height + score.height() + u16::from(far) + words;
    let mut left = area.height.saturating_sub(fixed);
    // What comes first is granted first: one line of source, gaps, the basis, more source.
    let mut grant = |rows: u16| {
        let granted = rows.min(left);
        left -= granted;
        granted
    };
    let mut lines = grant(u16::from(has_source));
    let mut gaps = [0; 3];
    for gap in [2, 0, 1] {
        // A word about the origin takes the place of the gap above the words.
        let wanted = if gap == 2 { !far } else { true };
        gaps[gap] = grant(u16::from(wanted && (gap != 1 || has_source)));
    }
    if size == StageSize::Small || size == StageSize::Folded {
        // The source line, the call and the sentence stand together there.
        gaps[1] = (gaps[1] + gaps[2]).min(1);
        gaps[2] = 0;
    }
    // The basis, whole, where it takes two rows.
    let basis = player.basis().chars().count() as u16;
    grant(
        basis.div_ceil(area.width.max(1)).clamp(1, 2)
            + u16::from(size != StageSize::Folded && basis > area.width),
    );
    grant(requests.min(3) as u16);
    if matches!(size, StageSize::Medium | StageSize::Large) {
        if has_source {
            lines += grant(if size == StageSize::Large { 8 } else { 5 });
        }
        if size == StageSize::Large {
            gaps[0] += grant(1);
            gaps[1] += grant(2);
            gaps[2] += grant(1);
        }
    }
    let score_row = stage.height + gaps[0];
    let source_row = score_row + score.height() + gaps[1];
    let origin_row = source_row + lines + gaps[2];
    Layout {
        score: Some((score_row, score)),
        source: (lines > 0).then_some((source_row, lines)),
        origin: far.then_some(origin_row),
        words: origin_row + u16::from(far),
        stage: Some(stage),
    }
}

/// What must be said of a recording that was not made just now.
fn origin(recording: &Recording) -> Option<String> {
    let kernel = &recording.machine.kernel;
    match recording.origin {
        Origin::Live => None,
        Origin::Shipped => {
            let TransferSpec { size, cache, .. } = recording.spec;
            let how = format!("{size}, {cache}");
            Some(format!("recorded on {kernel}, not on this machine: {how}"))
        }
        Origin::Loaded => Some(format!("a saved recording, made on {kernel}")),
    }
}

/// The call in the accent, the sentence, what it rests on: as many rows as there are.
fn words(canvas: &mut Canvas, player: &Player) {
    let (width, height) = canvas.size();
    let mut call = player.call_text(Style::Full);
    if call.chars().count() > usize::from(width) {
        call = player.call_text(Style::Short);
    }
    let mut row = 0;
    if let Some(figure) = player.drawn() {
        canvas.write((0, row), &figure.title, Role::Strong);
        let end = figure.title.chars().count() as u16 + 2;
        // The stage names it, too.
        if let Some(call) = stage::fitting(&call, usize::from(width.saturating_sub(end))) {
            canvas.write((end, row), call, Role::Answer);
        }
        row += 1;
    } else if !call.is_empty() {
        canvas.write((0, row), &call, Role::Answer);
        row += 1;
    }
    let wrap = |text: String| -> Vec<String> {
        let lines = textwrap::wrap(&text, usize::from(width.max(1)));
        lines.into_iter().map(|line| line.into_owned()).collect()
    };
    let sentence = wrap(player.sentence());
    // What a call hands over stands under it, where the sentence has its room all the same.
    let room = usize::from(height.saturating_sub(row)).saturating_sub(sentence.len());
    for text in requests(player, width, room) {
        canvas.write((0, row), &text, Role::Dim);
        row += 1;
    }
    for (lines, role) in [(sentence, Role::Text), (wrap(player.basis()), Role::Dim)] {
        for line in lines {
            if row < height {
                canvas.write((0, row), &line, role);
                row += 1;
            }
        }
    }
}

/// The requests that the current call hands over, a line each; where there are not so many rows, in one.
fn requests(player: &Player, width: u16, rows: usize) -> Vec<String> {
    let full = player.request_texts(Style::Full);
    let short = player.request_texts(Style::Short);
    if rows < full.len() {
        let one = format!("  {}", short.join("; "));
        let fits = one.chars().count() <= usize::from(width);
        return Vec::from_iter((rows > 0 && fits).then_some(one));
    }
    let fits = |text: &String| text.chars().count() + 2 <= usize::from(width);
    let each = full.into_iter().zip(short);
    let each = each.map(|(full, short)| if fits(&full) { full } else { short });
    each.map(|text| format!("  {text}")).collect()
}

/// The source around the line that made the call; with one row, that line alone.
fn source(canvas: &mut Canvas, player: &Player) {
    let Some((source, line)) = player.source() else {
        return;
    };
    let (_, rows) = canvas.size();
    if rows == 1 {
        if let Some(line) = line {
            let text = source.lines[line].trim_start();
            source_line(canvas, 0, line, text, true);
        }
        let style = match line {
            Some(_) => canvas.marked(Role::Text),
            None => canvas.role(Role::Dim),
        };
        return canvas.put_right(0, &source.name, style);
    }
    canvas.write((0, 0), &source.name, Role::Dim);
    let shown = usize::from(rows - 1);
    let first = first_line(player, source.lines.len(), line, shown);
    let window = source.lines.iter().enumerate().skip(first).take(shown);
    let code = window.clone().filter(|(_, text)| !text.trim().is_empty());
    let indents = code.map(|(_, text)| text.len() - text.trim_start().len());
    let indent = indents.min().unwrap_or(0);
    let width = usize::from(canvas.size().0.saturating_sub(6));
    let mut row = 1;
    for (number, text) in window {
        let text = text.get(indent..).unwrap_or("");
        if Some(number) == line && text.chars().count() > width {
            row += folded_line(canvas, row, number, text, width);
        } else {
            source_line(canvas, row, number, text, Some(number) == line);
            row += 1;
        }
    }
}

/// The current line in as many rows as it needs: the lines below it give theirs. Gives the rows.
fn folded_line(canvas: &mut Canvas, row: u16, number: usize, text: &str, width: usize) -> u16 {
    let code = text.trim_start();
    let indent = &text[..text.len() - code.len()];
    let hanging = format!("{indent}    ");
    let folding = textwrap::Options::new(width)
        .initial_indent(indent)
        .subsequent_indent(&hanging);
    let parts = textwrap::wrap(code, folding);
    let strong = canvas.marked(Role::Text).add_modifier(Modifier::BOLD);
    for (below, part) in (row..).zip(&parts) {
        if below == row {
            source_line(canvas, row, number, part, true);
        } else {
            canvas.lay_over(below, canvas.role(Role::Marker));
            canvas.put((6, below), part, strong);
        }
    }
    parts.len() as u16
}

/// The first line shown: such that all lines that make calls are in sight, else the current one in the middle. So
/// the text scrolls only when the line would leave.
fn first_line(player: &Player, lines: usize, current: Option<usize>, shown: usize) -> usize {
    let made = player.playback().and_then(|playback| playback.lines());
    let (low, high) = made.unwrap_or((0, 0));
    let middle = match high - low < shown {
        true => (low + high) / 2,
        false => current.unwrap_or(low),
    };
    let half = (shown - 1) / 2;
    middle.saturating_sub(half).min(lines.saturating_sub(shown))
}

fn source_line(canvas: &mut Canvas, row: u16, number: usize, text: &str, current: bool) {
    let digits = format!("{:>3}", number + 1);
    if current {
        canvas.lay_over(row, canvas.role(Role::Marker));
        let accent = canvas.marked(Role::Accent).add_modifier(Modifier::BOLD);
        canvas.put((0, row), "▸", accent);
        canvas.put((1, row), &digits, accent);
        let strong = canvas.marked(Role::Text).add_modifier(Modifier::BOLD);
        canvas.put((6, row), text, strong);
        return;
    }
    canvas.write((1, row), &digits, Role::Dim);
    let code = text.find("//").unwrap_or(text.len());
    canvas.write((6, row), &text[..code], Role::Text);
    let column = 6 + text[..code].chars().count() as u16;
    canvas.write((column, row), &text[code..], Role::Dim);
}

/// The calls around the current one.
fn calls(canvas: &mut Canvas, player: &Player) {
    let Some(playback) = player.playback() else {
        return;
    };
    let rows = usize::from(canvas.size().1.saturating_sub(1));
    canvas.write((0, 0), "calls", Role::Dim);
    let trace = playback.trace();
    let current = player.current();
    let height = |number: usize| 1 + trace.requests_of(number).len();
    // The current call in the middle, with its requests under it, and no empty rows at the end.
    let from = |last: usize, room: usize| {
        let mut first = last;
        let mut left = room.saturating_sub(height(last));
        while first > 0 && height(first - 1) <= left {
            first -= 1;
            left -= height(first);
        }
        first
    };
    let middle = from(current, rows / 2 + height(current));
    let first = middle.min(from(playback.len().saturating_sub(1), rows));
    let digits = playback.len().to_string().len();
    let mut next = 1;
    for number in first..playback.len() {
        let row = next;
        let Some(call) = playback.call(number).filter(|_| usize::from(row) <= rows) else {
            break;
        };
        let requests = trace.requests_of(number);
        next += 1 + requests.len() as u16;
        for (below, request) in (row + 1..).zip(requests) {
            if usize::from(below) <= rows {
                let text = format_request(trace, request, Style::Short);
                canvas.write((5 + digits as u16, below), &text, Role::Dim);
            }
        }
        let text = format_call(playback.trace(), call, Style::Short);
        let numbered = format!("{:>digits$}", number + 1);
        let column = 3 + digits as u16;
        let (marked, role) = match number.cmp(&current) {
            Ordering::Less => (canvas.role(Role::Dim), Role::Text),
            Ordering::Greater => (canvas.role(Role::Dim), Role::Dim),
            Ordering::Equal => {
                canvas.lay_over(row, canvas.role(Role::Marker));
                let accent = canvas.marked(Role::Accent).add_modifier(Modifier::BOLD);
                canvas.put((0, row), "▸", accent);
                canvas.put((column + 1, row), &text, accent);
                (accent, Role::Text)
            }
        };
        canvas.put((2, row), &numbered, marked);
        if number != current {
            canvas.write((column + 1, row), &text, role);
        }
    }
}
