//! Lessons that were edited while they are open: the new text in the old place. What has a fault keeps its last good text.

use std::mem;

use super::{Asked, Material, Overlay, PageAt, Purpose, Screen, Shared, stack::Screens};
use crate::course::{Fault, Lesson, Page, Target, card, parse};
use crate::model::{Card, Method, Sink};

/// Says the first of the faults, until there is none.
pub(crate) fn tell_faults(app: &mut Shared, faults: &[Fault]) {
    app.fault = faults.first().map(|first| match faults.len() - 1 {
        0 => first.to_string(),
        more => format!("{first} (and {more} more: zclab check tells)"),
    });
}

/// Takes the lessons as they are now, and keeps what is open in its place.
pub(crate) fn reload(
    app: &mut Shared,
    screens: &mut Screens,
    material: Material,
    faults: &[Fault],
) {
    tell_faults(app, faults);
    let chosen = chosen_card(app, screens);
    let old = take(app, material, faults);
    if let Some(Some(chosen)) = chosen {
        for screen in screens.all_mut() {
            if let Screen::Cards(cards) = screen {
                cards.keep(app, Some(&chosen));
            }
        }
    }
    // Where each page is now that stands there still. Of one that is asked, only while the question is the same.
    let material = app.material.clone();
    let now = |at: PageAt| moved(&old, &material, at);
    let same = |at: PageAt| now(at).filter(|now| is_same(&old, &material, at, *now));
    for (at, state) in mem::take(&mut app.pages) {
        if let Some(now) = same(at) {
            app.pages.insert(now, state);
        }
    }
    move_job(app, &same);
    screens.retain(|screen| match screen {
        Screen::Round(round) => super::screens::state::ScreenState::reload(round, app, &same),
        screen => screen.state_mut().reload(app, &now),
    });
    app.list_again(screens.top().state().at());
}

fn chosen_card(app: &Shared, screens: &mut Screens) -> Option<Option<Card>> {
    screens.all_mut().find_map(|screen| match screen {
        Screen::Cards(cards) => Some(cards.card(app).cloned()),
        _ => None,
    })
}

/// Takes the material. What it was before.
fn take(app: &mut Shared, mut new: Material, faults: &[Fault]) -> Material {
    let old = &mut app.material;
    let is_broken = |id: &str| {
        let of = |fault: &Fault| parse::name_of(&fault.file).is_some_and(|(_, of)| of == id);
        faults.iter().any(of)
    };
    for lesson in &old.lessons {
        if is_broken(&lesson.id) && !new.lessons.iter().any(|new| new.id == lesson.id) {
            new.lessons.push(lesson.clone());
        }
    }
    new.lessons.sort_by_key(|lesson| lesson.number);
    let mut files = faults.iter().map(|fault| &fault.file);
    if new.concept_test.is_none() && files.any(|file| file.ends_with("concept-test.md")) {
        new.concept_test = old.concept_test.clone();
    }
    for (method, to, copies) in &old.copies {
        let is_it = |known: &(Method, Sink, _)| (known.0, known.1) == (*method, *to);
        if !new.copies.iter().any(is_it) {
            new.copies.push((*method, *to, *copies));
        }
    }
    for card in &old.cards {
        let is_it = |fault: &Fault| card::name_of(&fault.file) == Some(&card.name);
        if faults.iter().any(is_it) && !new.cards.iter().any(|new| new.name == card.name) {
            new.cards.push(card.clone());
        }
    }
    new.cards.sort_by(|a, b| a.name.cmp(&b.name));
    // Where the glossary changed, the word that is shown may be another one.
    if new.words != old.words && matches!(app.overlay, Some(Overlay::Words { .. })) {
        app.overlay = None;
    }
    mem::replace(old, new)
}

/// Where a page is now that stands there still: the one of its title that is nearest, else at its number.
fn moved(old: &Material, new: &Material, at: PageAt) -> Option<PageAt> {
    if let Asked::Test(_) = at.asked {
        return Some(at);
    }
    let before = old.lessons.get(at.lesson)?;
    let lesson = new.lessons.iter().position(|now| now.id == before.id)?;
    let page = place_of(before, &new.lessons[lesson], at.page)?;
    Some(PageAt { lesson, page, ..at })
}

fn place_of(before: &Lesson, now: &Lesson, page: usize) -> Option<usize> {
    let title = &before.pages.get(page)?.title;
    let titled = (0..now.pages.len()).filter(|at| now.pages[*at].title == *title);
    let last = now.pages.len().checked_sub(1)?;
    let nearest = titled.min_by_key(|at| at.abs_diff(page));
    Some(nearest.unwrap_or(page.min(last)))
}

/// Whether what stands beside its text is the same: what was done with it still counts.
fn is_same(old: &Material, new: &Material, at: PageAt, now: PageAt) -> bool {
    match at.asked {
        Asked::Test(_) => same_targets(old.concept_test.as_ref(), new.concept_test.as_ref()),
        _ => {
            let before = &old.lessons[at.lesson].pages[at.page];
            same_target(before, &new.lessons[now.lesson].pages[now.page])
        }
    }
}

fn same_targets(before: Option<&Lesson>, now: Option<&Lesson>) -> bool {
    let (Some(before), Some(now)) = (before, now) else {
        return before.is_none() && now.is_none();
    };
    let mut pages = before.pages.iter().zip(&now.pages);
    before.pages.len() == now.pages.len() && pages.all(|(before, now)| same_target(before, now))
}

fn same_target(before: &Page, now: &Page) -> bool {
    match (&before.target, &now.target) {
        (Some(Target::Question(before)), Some(Target::Question(now))) => before.is_like(now),
        (before, now) => before == now,
    }
}

/// An experiment of a page that is gone is stopped.
fn move_job(app: &mut Shared, same: &dyn Fn(PageAt) -> Option<PageAt>) {
    let Some(Purpose::Page(at) | Purpose::Mark(at)) = app.job.as_mut().map(|job| &mut job.purpose)
    else {
        return;
    };
    match same(*at) {
        Some(now) => *at = now,
        None => {
            app.cancel();
            app.job = None;
        }
    }
}
