//! What the room is asked, and what came of it: on the projector nobody sees a distribution before the reveal.

use ratatui::layout::Rect;

use crate::app::{App, ClassRoom};
use crate::class::{
    Answer, AskedSnapshot, Phase, Poll, PollKind, RoundSnapshot, differences, normalized_gain,
};
use crate::ui::{Pen, Role, Rows, bar};

/// Columns of a bar, at most.
const BAR: usize = 24;
/// Columns of the histogram of guesses, at most.
const BINS: usize = 48;
/// Columns at its left, for the count of the highest column.
const AXIS: u16 = 5;
/// Rows of it.
const HEIGHT: usize = 6;
/// Misconceptions that are shown.
const MISCONCEPTIONS: usize = 3;

/// Draws the question that the room is asked, in the place of the page's text.
pub fn draw(pen: &mut Pen, app: &App, room: &ClassRoom, area: Rect) {
    let Some(asked) = &room.now.question else {
        return;
    };
    let mut rows = Rows::new(area.width);
    rows.strong_prose(&asked.poll.text);
    rows.blank(1);
    match asked.revealed && room.shows_kernels {
        true => kernels(&mut rows, asked),
        false => outcome(&mut rows, asked),
    }
    if !asked.revealed {
        rows.blank(1);
        stands(&mut rows, room, app.clock.now);
    }
    rows.show(pen, area, app.display.scroll);
}

/// The options or the guesses, with what came of them as far as it may be shown.
pub fn outcome(rows: &mut Rows, asked: &AskedSnapshot) {
    match asked.poll.kind {
        PollKind::Number => guesses(rows, asked),
        _ => options(rows, asked),
    }
    if asked.revealed {
        gained(rows, asked);
        machines(rows, asked);
        said(rows, asked);
    }
}

/// Where the vote is, and what to do next.
fn stands(rows: &mut Rows, room: &ClassRoom, now: u64) {
    let snapshot = &room.now;
    let answered = format!("{} of {} answered", snapshot.answered, snapshot.joined);
    let says = match snapshot.phase {
        Phase::Voting => format!("The vote is open: {answered}."),
        Phase::Closed => format!("The vote is closed: {answered}."),
        Phase::Discuss => {
            let seconds = room.seconds(now);
            format!(
                "Discuss it with your neighbours: {}:{:02}",
                seconds / 60,
                seconds % 60
            )
        }
        Phase::Experiment => format!("The experiment runs: {answered}."),
        Phase::Lobby | Phase::Revealed => return,
    };
    rows.text(&says, Role::Strong);
    if let Some(advice) = snapshot.advice.filter(|_| snapshot.phase == Phase::Closed) {
        rows.text(advice.word(), Role::Accent);
    }
}

/// The options; once it is revealed, each with its votes as bars, one row a vote.
fn options(rows: &mut Rows, asked: &AskedSnapshot) {
    let poll = &asked.poll;
    let recorded = asked.recorded.as_ref().map(|found| &found.value);
    let right = match poll.right_by(recorded) {
        Some(Answer::List(list)) if asked.revealed => list,
        _ => Vec::new(),
    };
    let by_place = matches!(poll.kind, PollKind::Order | PollKind::Match);
    for (at, option) in poll.options.iter().enumerate() {
        let is_right = !by_place && right.contains(&at);
        let mark = if is_right { "✓ " } else { "  " };
        let mark = format!("{mark}{}  ", poll.mark(at));
        let role = if is_right { Role::Strong } else { Role::Text };
        rows.hanging(
            (&mark, Role::Strong),
            mark.chars().count() as u16,
            option,
            role,
        );
        if !by_place {
            bars(rows, asked, at);
        }
    }
    for (at, side) in poll.rights.iter().enumerate() {
        let mark = format!("  {}  ", crate::model::Given::letter(at));
        rows.hanging((&mark, Role::Dim), 5, side, Role::Text);
    }
    if by_place && asked.revealed {
        placements(rows, poll, asked, &right);
    }
}

/// Of an order or a match: how many had the right one at each place.
fn placements(rows: &mut Rows, poll: &Poll, asked: &AskedSnapshot, right: &[usize]) {
    rows.blank(1);
    rows.group("right at this place", "");
    for (place, index) in right.iter().enumerate() {
        let said = match poll.kind {
            PollKind::Match => poll
                .in_words(&Answer::List(right.to_vec()))
                .split(' ')
                .nth(place)
                .unwrap_or_default()
                .to_owned(),
            _ => format!(
                "{}. {}",
                place + 1,
                poll.options.get(*index).map_or("", |text| text)
            ),
        };
        rows.text(&said, Role::Text);
        bars(rows, asked, place);
    }
}

/// How many were right in each vote, and what the discussion gained.
fn gained(rows: &mut Rows, asked: &AskedSnapshot) {
    let rounds = asked.rounds.iter();
    let shares = rounds.filter_map(|round| Some((round.right?, round.answered)));
    let shares: Vec<_> = shares.filter(|(_, answered)| *answered > 0).collect();
    let [first, .., last] = shares[..] else {
        return;
    };
    let share = |(right, answered): (usize, usize)| right as f64 / answered as f64;
    let percent = |of| format!("{:.0} %", 100.0 * share(of));
    let gain = normalized_gain(share(first), share(last));
    let gain = gain.map_or(String::new(), |gain| format!("; normalized gain {gain:.2}"));
    rows.blank(1);
    let says = format!("Right: {}, then {}{gain}", percent(first), percent(last));
    rows.text(&says, Role::Strong);
}

/// A bar for each vote that may be shown.
fn bars(rows: &mut Rows, asked: &AskedSnapshot, at: usize) {
    let width = usize::from(rows.width.saturating_sub(20)).min(BAR);
    for (vote, round) in (1..).zip(&asked.rounds) {
        let Some(count) = round.distribution.get(at) else {
            continue;
        };
        // Where nobody knows how many answered, the longest bar is the commonest answer.
        let commonest = round.distribution.iter().copied().fold(1.0, f64::max);
        let (most, share) = match round.answered {
            0 => (commonest, format!(" {count:.0}")),
            answered => {
                let most = answered as f64;
                (most, format!(" {count:.0}  {:.0} %", 100.0 * count / most))
            }
        };
        let role = if vote == asked.rounds.len() {
            Role::Accent
        } else {
            Role::Dim
        };
        rows.line(vec![
            (format!("     {vote} "), Role::Dim),
            (bar(*count, most, width), role),
            (share, Role::Text),
        ]);
    }
}

/// Guesses as a histogram on the scale; the recorded value is marked under it once it is revealed.
fn guesses(rows: &mut Rows, asked: &AskedSnapshot) {
    let Some(round) = asked
        .rounds
        .last()
        .filter(|round| !round.distribution.is_empty())
    else {
        return;
    };
    let recorded = match (
        asked.revealed,
        asked
            .poll
            .right_by(asked.recorded.as_ref().map(|found| &found.value)),
    ) {
        (true, Some(Answer::Number(value))) => Some(value),
        _ => None,
    };
    let (from, to) = ends(&asked.poll, round, recorded);
    let columns = usize::from(rows.width.saturating_sub(AXIS + 2)).clamp(1, BINS);
    let column = |value: f64| {
        let share = ((value - from) / (to - from)).clamp(0.0, 1.0);
        ((share * columns as f64) as usize).min(columns - 1)
    };
    let mut counts = vec![0_usize; columns];
    round
        .distribution
        .iter()
        .for_each(|value| counts[column(*value)] += 1);
    histogram(rows, &counts);
    let margin = " ".repeat(usize::from(AXIS));
    let unit = asked.poll.unit.as_deref().unwrap_or_default();
    let (left, right) = (format!("{margin}{from}"), format!("{to} {unit}"));
    let gap =
        (columns + usize::from(AXIS)).saturating_sub(left.chars().count() + right.chars().count());
    rows.line(vec![(
        format!("{left}{}{right}", " ".repeat(gap)),
        Role::Dim,
    )]);
    if let Some(value) = recorded {
        let at = column(value);
        let said = asked.poll.in_words(&Answer::Number(value));
        rows.line(vec![
            (format!("{margin}{}", " ".repeat(at)), Role::Text),
            ("▲".to_owned(), Role::Answer),
        ]);
        rows.line(vec![(format!("{margin}recorded: {said}"), Role::Answer)]);
    }
}

/// The columns of a histogram on their line; the highest one's count stands at its left.
fn histogram(rows: &mut Rows, counts: &[usize]) {
    let most = counts.iter().max().copied().unwrap_or(1).max(1);
    for level in (0..HEIGHT).rev() {
        let cell = |count: &usize| match (*count * HEIGHT).div_ceil(most) > level {
            true => '■',
            false => ' ',
        };
        let line: String = counts.iter().map(cell).collect();
        let axis = if level + 1 == HEIGHT {
            most.to_string()
        } else {
            String::new()
        };
        rows.line(vec![
            (format!("{axis:>4} "), Role::Dim),
            (line, Role::Accent),
        ]);
    }
    rows.line(vec![
        (" ".repeat(usize::from(AXIS)), Role::Text),
        ("─".repeat(counts.len()), Role::Hairline),
    ]);
}

/// The ends of the scale: those of the question, or of what was answered.
fn ends(poll: &Poll, round: &RoundSnapshot, recorded: Option<f64>) -> (f64, f64) {
    let all = round.distribution.iter().copied().chain(recorded);
    let (least, most) = all.fold(
        (f64::INFINITY, f64::NEG_INFINITY),
        |(least, most), value| (least.min(value), most.max(value)),
    );
    match poll.scale {
        Some((from, to)) if to > from => (from, to),
        _ if most > least => (least, most),
        _ => (least - 1.0, least + 1.0),
    }
}

/// One dot a student's machine, by value, with the kernels that found it.
fn machines(rows: &mut Rows, asked: &AskedSnapshot) {
    if asked.machines.is_empty() {
        return;
    }
    rows.blank(1);
    rows.group("Your own kernels found", "");
    let mut found: Vec<(String, usize, Vec<String>)> = Vec::new();
    for dot in &asked.machines {
        let value = dot.value.to_string();
        let machine = dot.name();
        match found.iter_mut().find(|(known, ..)| *known == value) {
            None => found.push((value, 1, vec![machine])),
            Some((_, count, machines)) => {
                *count += 1;
                if !machines.contains(&machine) {
                    machines.push(machine);
                }
            }
        }
    }
    found.sort_by_key(|(_, count, _)| std::cmp::Reverse(*count));
    for (value, count, machines) in found {
        rows.line(vec![
            (format!("{:>10}  ", value), Role::Strong),
            ("●".repeat(count.min(40)), Role::Accent),
        ]);
        rows.hanging(("", Role::Text), 12, &machines.join(", "), Role::Dim);
    }
}

/// Which of them differ, and why where it is known.
fn kernels(rows: &mut Rows, asked: &AskedSnapshot) {
    machines(rows, asked);
    for line in differences(asked) {
        rows.blank(1);
        rows.text(&line, Role::Text);
    }
}

/// The explanation, and the misconceptions that were chosen, the commonest first.
fn said(rows: &mut Rows, asked: &AskedSnapshot) {
    rows.blank(1);
    rows.prose(&asked.poll.explain, &[]);
    let Some(round) = asked.rounds.last() else {
        return;
    };
    for (at, count) in round.misconceptions.iter().take(MISCONCEPTIONS) {
        let Some(misconception) = asked.poll.reactions.get(*at) else {
            continue;
        };
        rows.blank(1);
        let mark = format!("{count:>3}  ");
        let belief = match misconception.misconception.is_empty() {
            true => "another answer",
            false => &misconception.misconception,
        };
        rows.hanging((&mark, Role::Accent), 5, belief, Role::Strong);
        rows.prose(&misconception.feedback, &[("     ".to_owned(), Role::Text)]);
    }
}
