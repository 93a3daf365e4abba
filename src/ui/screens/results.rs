//! What came of a run, below a page's prose: guess and recorded figure, then the traced and the untraced
//! figures. The two come from different runs and never share a group.

use ratatui::layout::Rect;

use crate::app::{App, LabPage, Outcome, Player, shot::Figures};
use crate::course::{Lab, Predict};
use crate::model::{Given, Measured, Origin, Recording, Size, Summary, duration, grouped};
use crate::ui::{Role, Rows, Tier};

/// Adds what came of the run to a page's text.
pub fn below_prose(rows: &mut Rows, app: &App, tier: Tier, room: Rect, lab: &Lab, state: &LabPage) {
    let Some(outcome) = &state.outcome else {
        return;
    };
    let run = outcome.playable();
    if tier.is_folded() {
        rows.rule();
    }
    if run.recording.origin == Origin::Shipped {
        recorded_elsewhere(rows, &run.recording);
        stand_in(rows, outcome);
        if let Some(reason) = outcome.refused() {
            rows.text(&reason, Role::Dim);
        }
    } else if let Some(reason) = outcome.refused() {
        rows.text(&format!("No calls were recorded: {reason}"), Role::Dim);
    }
    if run.recording.origin == Origin::Loaded {
        rows.text("From an earlier session; r runs it again.", Role::Dim);
    }
    let conceals = state.player.as_ref().is_some_and(Player::is_concealing);
    if let Some(predict) = &lab.predict {
        let guess = state.guessing.guess.as_ref();
        match guess.filter(|_| conceals) {
            Some(guess) => still_to_come(rows, predict, guess),
            None => guess_and_figure(rows, predict, guess, &outcome.answering().summary),
        }
    }
    let measured = outcome.live.summary.measured.as_ref();
    let ahead = outcome.live.recording.outcome.read_ahead_kb;
    if tier.is_folded() {
        rows.blank(1);
        short_figures(rows, app, measured, ahead);
    } else {
        rows.blank(2);
        counted(rows, app, measured, ahead, room);
    }
}

pub fn recorded_elsewhere(rows: &mut Rows, recording: &Recording) {
    let kernel = &recording.machine.kernel;
    let said = format!("Recorded on {kernel}, not on this machine.");
    rows.text(&said, Role::Accent);
}

/// That what is played is the recording of another transfer, and of which one.
pub fn stand_in(rows: &mut Rows, outcome: &Outcome) {
    if let Some(spec) = outcome.stand_in() {
        let said = format!(
            "No recording of this very transfer is shipped. Played instead: {}, {} chunks, {}.",
            spec.size, spec.chunk, spec.cache
        );
        rows.text(&said, Role::Accent);
    }
}

/// The guess, while what was recorded is still played.
pub fn still_to_come(rows: &mut Rows, predict: &Predict, guess: &Given) {
    rows.line(vec![
        Role::Text.of("You said "),
        (guessed(predict, guess), Role::Strong),
    ]);
    rows.text(
        "Watch it run: the answer comes at the end. End skips there.",
        Role::Dim,
    );
}

/// The counters of both runs, in two groups. While something is to be revealed, those so far.
pub fn counted(
    rows: &mut Rows,
    app: &App,
    measured: Option<&Measured>,
    read_ahead_kb: Option<u64>,
    room: Rect,
) {
    traced(rows, app);
    if app.player().is_some_and(Player::is_concealing) {
        return;
    }
    rows.blank(1);
    untraced(rows, measured, read_ahead_kb, usize::from(room.height));
}

/// `You said 32  recorded 33`, and what explains it.
fn guess_and_figure(rows: &mut Rows, predict: &Predict, guess: Option<&Given>, summary: &Summary) {
    let mut left = Vec::new();
    if let Some(guess) = guess {
        left.push(Role::Text.of("You said "));
        left.push((guessed(predict, guess), Role::Strong));
        left.push(Role::Text.of("  "));
    }
    let seen = predict.query.of(summary);
    let name = match predict.query.is_measured() {
        true => "measured ",
        false => "recorded ",
    };
    left.push(Role::Text.of(name));
    left.push((seen.map_or("nothing here".to_owned(), shown), Role::Answer));
    let verdict = guess.and_then(|guess| predict.mark(guess, summary).ok());
    if let Some(verdict) = &verdict {
        let mark = if verdict.right { " ✓" } else { " ✗" };
        left.push(Role::Strong.of(mark));
    }
    rows.line(left);
    match verdict.and_then(|verdict| verdict.reaction) {
        Some(said) => rows.reaction(&said),
        None => rows.prose(&predict.explain, &[]),
    }
}

fn guessed(predict: &Predict, guess: &Given) -> String {
    match (predict.ask.option(guess), guess) {
        (Some(option), _) => format!("\"{}\"", option.text),
        (None, Given::Number(value)) => shown(*value),
        (None, guess) => guess.to_string(),
    }
}

/// A figure: whole where it is whole, in groups of three.
pub fn shown(value: f64) -> String {
    if value >= 0.0 && value.fract() == 0.0 {
        grouped(value as u64)
    } else {
        format!("{value:.1}")
    }
}

/// The traced run: so far, and whole.
fn traced(rows: &mut Rows, app: &App) {
    let Some(counters) = app.player().map(|player| player.counters()) else {
        return;
    };
    let conceals = app.player().is_some_and(Player::is_concealing);
    let columns = |now: &str, all: &str| (format!("{now:>10}"), format!("{all:>13}"));
    let (now, all) = columns("so far", "whole run");
    let heads = vec![(now, Role::Dim), (all, Role::Dim)];
    rows.ends(vec![Role::Dim.of("traced")], heads);
    rows.rule();
    let figures = |run: &Figures| {
        let copies = run.copies_per_byte;
        [
            ("system calls", grouped(run.syscalls)),
            ("mode switches", grouped(run.mode_switches)),
            ("copied by the CPU", bytes(run.copied_bytes)),
            (
                "copies per byte",
                copies.map_or(String::new(), |it| format!("{it:.1}")),
            ),
        ]
    };
    let [so_far, whole] = [&counters.so_far, &counters.whole].map(figures);
    for ((name, now), (_, all)) in so_far.iter().zip(&whole) {
        let (now, all) = columns(now, if conceals { "" } else { all });
        let name = Role::Text.of(*name);
        rows.ends(vec![name], vec![(now, Role::Strong), (all, Role::Dim)]);
    }
}

/// The untraced run: as many figures as there is room for, the context switches always.
fn untraced(
    rows: &mut Rows,
    measured: Option<&Measured>,
    read_ahead_kb: Option<u64>,
    height: usize,
) {
    rows.group("untraced", &read_ahead(read_ahead_kb));
    let Some(measured) = measured else {
        rows.text("not measured here", Role::Dim);
        return;
    };
    let free = height.saturating_sub(rows.len()).max(1);
    let [switches, faults, cpu, wall] = measured_figures(measured);
    let owned = |(name, value): &(&str, String)| ((*name).to_owned(), value.clone());
    let times = format!("{}, {}", cpu.1, wall.1);
    let times = ("CPU, wall time".to_owned(), times);
    let figures = match free {
        4.. => [switches, faults, cpu, wall].iter().map(owned).collect(),
        3 => vec![owned(&switches), owned(&faults), times],
        2 => vec![owned(&switches), times],
        _ => vec![owned(&switches)],
    };
    for (name, value) in figures {
        rows.pair(&name, &value, Role::Strong);
    }
}

/// The setting that waits and faults of a cold run depend on; empty where the run was warm.
fn read_ahead(kib: Option<u64>) -> String {
    kib.map_or(String::new(), |kib| format!("read_ahead_kb {kib}"))
}

/// The counters of an untraced run, the most telling first.
pub fn measured_figures(measured: &Measured) -> [(&'static str, String); 4] {
    let switches = measured.voluntary_context_switches + measured.involuntary_context_switches;
    [
        ("context switches", grouped(switches)),
        ("page faults", faults(measured)),
        ("CPU time", duration(measured.cpu_ns)),
        ("wall time", duration(measured.wall_ns)),
    ]
}

/// `16, 1 major`: the two kinds together, for most programs take few that wait for the disk.
fn faults(measured: &Measured) -> String {
    let all = grouped(measured.minor_faults + measured.major_faults);
    match measured.major_faults {
        0 => all,
        major => format!("{all}, {} major", grouped(major)),
    }
}

/// Bytes; none is `0`.
pub fn bytes(bytes: u64) -> String {
    match bytes {
        0 => "0".to_owned(),
        _ => Size(bytes).to_string(),
    }
}

/// Where only one pane fits: the figures in two rows.
fn short_figures(
    rows: &mut Rows,
    app: &App,
    measured: Option<&Measured>,
    read_ahead_kb: Option<u64>,
) {
    /// As wide as `traced, call 9999` and two cells.
    const NAMES: usize = 18;
    if let Some(player) = app.player().filter(|player| !player.is_empty()) {
        let counters = player.counters();
        let (so_far, whole) = (counters.so_far, counters.whole);
        let call = format!("traced, call {}", player.current() + 1);
        let (switches, copied) = match player.is_concealing() {
            true => (
                " mode switches   ".to_owned(),
                " copied by the CPU".to_owned(),
            ),
            false => (
                format!(" of {} mode switches   ", grouped(whole.mode_switches)),
                format!(" of {} copied by the CPU", bytes(whole.copied_bytes)),
            ),
        };
        rows.line(vec![
            (format!("{call:NAMES$}"), Role::Dim),
            (grouped(so_far.mode_switches), Role::Strong),
            (switches, Role::Dim),
        ]);
        rows.line(vec![
            (" ".repeat(NAMES), Role::Dim),
            (bytes(so_far.copied_bytes), Role::Strong),
            (copied, Role::Dim),
        ]);
    }
    let told = !app.player().is_some_and(Player::is_concealing);
    if let Some(measured) = measured.filter(|_| told) {
        let [(name, switches), ..] = measured_figures(measured);
        let one = switches == "1";
        let name = if one { "context switch" } else { name };
        rows.line(vec![
            (format!("{:NAMES$}", "untraced"), Role::Dim),
            (switches, Role::Strong),
            (
                format!(" {name}   {}", read_ahead(read_ahead_kb)),
                Role::Dim,
            ),
        ]);
    }
}
