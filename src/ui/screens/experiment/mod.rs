//! An experiment that is no single transfer: what is tried, the question before it, what was found. On its own screen,
//! and beside the text of a lesson.

pub mod compare;
mod errors;
mod page_cache;
mod parts;
mod proof;
mod serve;
mod watching;

use ratatui::layout::Rect;

use self::parts::{SIDE, answer, stacked};
use super::{
    predict,
    results::still_to_come,
    run::show_player,
    view::{Header, Right, View},
};
use crate::app::{App, ExperimentPage, screens::experiment::ExperimentScreen};
use crate::course::Predict;
use crate::model::{ExperimentOutcome, ExperimentSpec, TransferSpec};
use crate::ui::{PROSE, Pen, Role, Rooms, Rows, Tier, narrowed};

/// From this width on, rows and what is said of the chosen one stand side by side.
const SIDE_BY_SIDE: u16 = 110;

/// From here on the eye would lose the row.
const WIDEST: u16 = 132;

impl View for ExperimentScreen {
    fn header(&self, app: &App) -> Header {
        let entry = app.experiments.get(self.entry);
        let title = entry.map_or("", |entry| entry.title);
        Header::of(title, Right::Text(place(app)))
    }

    fn draw(&self, pen: &mut Pen, app: &App, rooms: &Rooms) {
        let Some(page) = app.experiment() else {
            return;
        };
        match (&page.what, &page.predict) {
            (ExperimentSpec::Serve(plan), Some(predict)) if app.asks_guess() => {
                let room = serve::beside_stage(pen, plan, rooms);
                ask(pen, app, page, predict, rooms.tier, room);
            }
            (ExperimentSpec::Serve(_), _) if page.player.is_some() => {
                serve::draw(pen, app, page, rooms)
            }
            (ExperimentSpec::Race(_), _) if page.player.is_some() => {
                show_player(pen, app, rooms.text());
            }
            _ => shown(pen, app, page, rooms.text()),
        }
    }
}

/// What it is, on which file system and kernel, as far as it is known.
fn place(app: &App) -> String {
    let none = String::new();
    let known = match app.experiment().and_then(|page| page.found.as_ref()) {
        Some(ExperimentOutcome::Proof(found)) => [&found.filesystem, &found.machine.kernel],
        Some(ExperimentOutcome::PageCache(found)) => [&found.filesystem, &none],
        Some(ExperimentOutcome::Compare(found)) => [&found.filesystem, &none],
        Some(ExperimentOutcome::Race(sides)) => {
            let [first, _] = &**sides;
            [&first.outcome.file_system, &first.machine.kernel]
        }
        Some(ExperimentOutcome::Serve(found)) => {
            let recording = &found.recording;
            [&recording.outcome.file_system, &recording.machine.kernel]
        }
        _ => [&none; 2],
    };
    let known = known.into_iter().filter(|word| !word.is_empty());
    let words: Vec<_> = known.cloned().collect();
    match app.experiment().is_some_and(|page| page.found.is_some()) {
        true if words.is_empty() => "on this kernel".to_owned(),
        true => words.join(" · "),
        false if app.job_here().is_some() => "running".to_owned(),
        false => "not run yet".to_owned(),
    }
}

/// Draws the experiment of a page: the question before it, or what was found.
pub fn beside(pen: &mut Pen, app: &App, tier: Tier, area: Rect) {
    let Some(page) = app.experiment() else {
        return;
    };
    match app.guessing() {
        Some((predict, _)) if app.asks_guess() => ask(pen, app, page, predict, tier, area),
        _ if page.player.is_some() => show_player(pen, app, area),
        _ => shown(pen, app, page, area),
    }
}

fn shown(pen: &mut Pen, app: &App, page: &ExperimentPage, area: Rect) {
    let area = narrowed(area, WIDEST);
    use ExperimentSpec::{Errors, PageCache, Proof};
    let has_side = matches!(page.what, Proof(_) | Errors(_) | PageCache(_));
    let wide = area.width >= SIDE_BY_SIDE && has_side;
    let (main, side) = match wide {
        true => (area.width - SIDE - 7, SIDE),
        false => (area.width, area.width),
    };
    let (list, said) = match &page.what {
        ExperimentSpec::Proof(plan) => proof::view(app, page, plan, [main, side], area.height),
        ExperimentSpec::Errors(names) => errors::view(app, page, names, [main, side]),
        ExperimentSpec::PageCache(steps) => page_cache::view(app, page, steps, [main, side]),
        ExperimentSpec::Compare(contest) => (compare::rows(app, page, contest, area), None),
        ExperimentSpec::Watching => (watching::rows(app, page, main), None),
        ExperimentSpec::Race(specs) => (race(app, specs, main.min(PROSE)), None),
        ExperimentSpec::Serve(plan) => {
            let width = main.min(PROSE);
            (serve::before(app, plan, width), None)
        }
    };
    match said {
        None => list.show(pen, area, app.display.scroll),
        Some(said) if wide => {
            list.show(pen, narrowed(area, main), 0);
            let x = area.x + main + 3;
            pen.line(x, area.y, area.bottom());
            let right = Rect {
                x: x + 4,
                width: side,
                ..area
            };
            said.show(pen, right, 0);
        }
        Some(said) => stacked(pen, &list, &said, area),
    }
}

fn ask(pen: &mut Pen, app: &App, page: &ExperimentPage, predict: &Predict, tier: Tier, area: Rect) {
    let roomy = tier >= Tier::Full;
    let mut rows = Rows::new(area.width);
    plan(&mut rows, app, page, roomy);
    rows.blank(usize::from(roomy) + 1);
    rows.line(vec![Role::Accent.of("Before it runs")]);
    rows.rule();
    rows.blank(usize::from(roomy));
    predict::question(&mut rows, predict, &page.guessing, roomy);
    rows.show(pen, area, app.display.scroll);
}

fn plan(rows: &mut Rows, app: &App, page: &ExperimentPage, roomy: bool) {
    rows.group("The experiment", page.what.title());
    match &page.what {
        ExperimentSpec::Proof(plan) => {
            proof::steps(rows);
            rows.blank(1);
            let pairs: Vec<_> = plan.pairs().iter().map(|(method, to)| format!("{method} to {to}")).collect();
            rows.text(&format!("{} by {}.", plan.size, pairs.join(", ")), Role::Dim);
        }
        ExperimentSpec::Errors(names) => {
            for (index, name) in names.iter().enumerate() {
                rows.blank(usize::from(roomy && index > 0));
                errors::call(rows, app, name);
            }
        }
        ExperimentSpec::PageCache(_) => rows.text(
            "A file of its own is written, dropped from the page cache, read or mapped. After each step the kernel tells which of its pages are resident (mincore).",
            Role::Text,
        ),
        ExperimentSpec::Compare(contest) => compare::plan(rows, contest),
        ExperimentSpec::Race(specs) => race_plan(rows, specs),
        ExperimentSpec::Serve(plan) => serve::plan(rows, plan),
        ExperimentSpec::Watching => rows.text(
            "One transfer of many calls, nine times in each of three ways: untraced, traced from the sender's own CPU, traced from another one. The sender counts its own context switches.",
            Role::Text,
        ),
    }
}

fn race_plan(rows: &mut Rows, specs: &[TransferSpec; 2]) {
    let [first, second] = specs;
    let TransferSpec {
        size, to, chunk, ..
    } = first;
    rows.text(
        &format!(
            "{} and {}: {size} to {to}, in chunks of {chunk}, one after the other. Then both recordings are played side by side on one time scale: that of their traced runs, stretched.",
            first.method, second.method
        ),
        Role::Text,
    );
}

/// Before it has run, and while it runs.
fn race(app: &App, specs: &[TransferSpec; 2], width: u16) -> Rows {
    let mut rows = Rows::new(width);
    rows.group("The experiment", "");
    race_plan(&mut rows, specs);
    rows.blank(1);
    parts::state(&mut rows, app);
    if app.job_here().is_none() {
        parts::not_run(&mut rows, app);
    }
    rows
}

/// Adds guess and answer to a page's text, and what is said to them.
pub fn below_prose(rows: &mut Rows, app: &App) {
    let Some(page) = app.experiment() else {
        return;
    };
    rows.blank(1);
    if page.found.is_none() || !page.done {
        rows.group("The experiment", page.what.title());
        for command in crate::course::commands(&page.what) {
            rows.text(&command, Role::Dim);
        }
        return;
    }
    match app.guessing() {
        Some((predict, state)) if page.is_concealing() => {
            let guess = state.guess.iter();
            guess.for_each(|guess| still_to_come(rows, predict, guess));
        }
        Some((predict, _)) => answer(rows, page, predict),
        None => {}
    }
}
