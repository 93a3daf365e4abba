//! The page cache, step by step: pictures of the resident pages.

use super::parts::{self, state};
use crate::app::{App, Click, ExperimentPage};
use crate::model::{
    ExperimentOutcome, PAGE_CACHE_CELLS, PageCacheStep, Size, grouped, shown_steps,
};
use crate::ui::{Role, Rows, Span};

pub fn view(
    app: &App,
    page: &ExperimentPage,
    named: &[String],
    [main, side]: [u16; 2],
) -> (Rows, Option<Rows>) {
    let mut rows = Rows::new(main);
    state(&mut rows, app);
    let Some(ExperimentOutcome::PageCache(found)) = &page.found else {
        parts::not_run(&mut rows, app);
        before_run(&mut rows, named, main);
        let mut about = Rows::new(side);
        for says in [
            "After each step mincore() tells which pages of the file are in memory, and each row becomes a picture of them.",
            "What to look for: dirty pages that cannot be dropped; how far the kernel reads ahead of a read of 4 KiB, and when it does not; what a page fault of a mapping brings in.",
        ] {
            about.text(says, Role::Dim);
            about.blank(1);
        }
        return (rows, (side == parts::SIDE).then_some(about));
    };
    let pages = found.size.bytes().div_ceil(found.page_size.max(1));
    let share = pages.div_ceil(crate::model::PAGE_CACHE_CELLS as u64);
    let (size, on, share) = (found.size, &found.filesystem, grouped(share));
    let what = format!("{size} on {on}; a cell is {share} pages");
    legend(&mut rows, &what, main);
    rows.blank(usize::from(main > 66));
    let before = |index: usize| found.steps.get(index.checked_sub(1)?);
    for (index, step) in found.steps.iter().enumerate() {
        let chosen = index == page.selected;
        add(&mut rows, step, before(index), chosen, index);
    }
    parts::refused(&mut rows, &ExperimentOutcome::PageCache(found.clone()));
    let chosen = found.steps.get(page.selected);
    let side = chosen.map(|step| about(step, before(page.selected), side));
    (rows, side)
}

/// The steps as they will be shown, none of their pages known.
fn before_run(rows: &mut Rows, named: &[String], width: u16) {
    rows.blank(1);
    legend(rows, "a file of 16 MiB in 64 cells", width);
    rows.blank(usize::from(width > 66));
    for step in shown_steps(named) {
        let right = vec![Role::Dim.of("not run yet")];
        rows.ends(vec![Role::Text.of("  "), Role::Text.of(title(step))], right);
        let cells = "·".repeat(PAGE_CACHE_CELLS.min(usize::from(width).saturating_sub(2)));
        rows.line(vec![Role::Text.of("  "), (cells, Role::Ghost)]);
    }
}

/// What the marks mean, behind what a cell is; in its own row where there is no room for both.
fn legend(rows: &mut Rows, what: &str, width: u16) {
    const MARKS: &str = "■ resident  ▪ in part  · not";
    let new = if width < 76 { "" } else { "; bold: new" };
    let marks = format!("{MARKS}{new}");
    if what.chars().count() + marks.chars().count() + 2 > usize::from(width) {
        rows.text(what, Role::Dim);
        return rows.text(&marks, Role::Dim);
    }
    rows.ends(vec![Role::Dim.of(what)], vec![(marks, Role::Dim)]);
}

/// A step in two rows: what was done and how many pages are there, and the picture.
fn add(
    rows: &mut Rows,
    step: &PageCacheStep,
    before: Option<&PageCacheStep>,
    chosen: bool,
    index: usize,
) {
    let name = Role::of_name(chosen).of(title(step.step));
    let left = vec![Rows::cursor(chosen), name];
    let right = vec![
        (grouped(step.resident), Role::Strong),
        (format!(" of {} pages", grouped(step.pages)), Role::Dim),
    ];
    rows.choice(chosen, left, right, Click::Row(index));
    let mut left = vec![Role::Text.of("  ")];
    let map = before.map(|before| before.map.as_str());
    left.extend(picture(&step.map, map));
    rows.line(left);
    rows.clickable(rows.len() - 1, Click::Row(index));
    // The picture stays on the screen together with its title.
    if chosen {
        rows.focus = Some(rows.len() - 1);
    }
}

/// What came new with the step stands out; what was there before is quiet.
fn picture(map: &str, before: Option<&str>) -> Vec<Span> {
    let mut old = before.unwrap_or_default().chars();
    let mut spans: Vec<Span> = Vec::new();
    for cell in map.chars() {
        let was = old.next().unwrap_or('·');
        let role = match (cell, was) {
            ('·', _) => Role::Ghost,
            (now, was) if now == was => Role::Dim,
            _ => Role::Strong,
        };
        match spans.last_mut() {
            Some((text, last)) if *last == role => text.push(cell),
            _ => spans.push((cell.to_string(), role)),
        }
    }
    spans
}

fn about(step: &PageCacheStep, before: Option<&PageCacheStep>, width: u16) -> Rows {
    let mut rows = Rows::new(width);
    let roomy = width == parts::SIDE;
    rows.text(title(step.step), Role::Strong);
    rows.blank(usize::from(roomy));
    let was = before.map_or(0, |before| before.resident);
    if roomy {
        rows.pair("resident before", &grouped(was), Role::Strong);
        rows.pair("resident after", &grouped(step.resident), Role::Strong);
        if let Some(dirty) = step.dirty {
            rows.pair("of these dirty", &grouped(dirty), Role::Strong);
        }
        if let Some(read) = step.read_bytes {
            rows.pair("from the disk", &Size(read).to_string(), Role::Strong);
        }
        rows.pair("minor faults", &grouped(step.minor_faults), Role::Strong);
        rows.pair("major faults", &grouped(step.major_faults), Role::Strong);
        rows.blank(1);
    } else {
        rows.text(&figures(step, was), Role::Dim);
    }
    rows.text(&step.note, Role::Text);
    rows
}

fn figures(step: &PageCacheStep, was: u64) -> String {
    let [was, now] = [was, step.resident].map(grouped);
    let mut said = format!("{was} resident before, {now} after");
    if let Some(dirty) = step.dirty.filter(|dirty| *dirty > 0) {
        said += &format!(", {} dirty", grouped(dirty));
    }
    if let Some(read) = step.read_bytes.filter(|read| *read > 0) {
        said += &format!(", {} from the disk", Size(read));
    }
    if step.minor_faults + step.major_faults > 0 {
        let [minor, major] = [step.minor_faults, step.major_faults].map(grouped);
        said += &format!("; faults: {minor} minor, {major} major");
    }
    said
}

/// A step's name, for people.
fn title(step: &str) -> &str {
    match step {
        "written" => "write the file",
        "dontneed-while-dirty" => "POSIX_FADV_DONTNEED while it is dirty",
        "fsync-then-dontneed" => "fsync, then POSIX_FADV_DONTNEED",
        "pread-at-0" => "pread 4 KiB at the start",
        "pread-in-the-middle" => "pread 4 KiB in the middle",
        "pread-after-fadv-random" => "the same, cold, after POSIX_FADV_RANDOM",
        "cold-touch-in-the-middle" => "map it cold, touch one page in the middle",
        "cold-touch-after-madv-random" => "the same, cold, after MADV_RANDOM",
        "cold-mapping-touched" => "map it cold, touch every page",
        "warm-mapping-touched" => "map it warm, touch every page",
        other => other,
    }
}
