//! The course: which module is chosen, where each one goes on.

use super::{App, Command};
use crate::course::progress::Progress;
use crate::course::{Lesson, Target};
use crate::model::{Method, Sink};

/// How often the CPU copies each byte of a transfer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Copies {
    /// In every case.
    pub always: f64,
    /// Beyond that, as the kernel itself reported of a recorded run (COPIED): it depends on the device.
    pub reported: f64,
}

/// How often the CPU copies each byte in a lesson's transfers, at a glance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glance {
    /// By the transfer that copies least.
    pub least: f64,
    /// By the one that copies most, with what the kernel reports.
    pub most: f64,
    /// It is one transfer, and part of it is what the kernel reports.
    pub reported: bool,
}

/// The list of modules.
#[derive(Clone, Debug, Default)]
pub struct CourseScreen {
    /// The chosen module.
    pub selected: usize,
}

impl App {
    /// A key on the list of modules.
    pub(super) fn update_course(&mut self, command: Command) {
        let last = self.lessons.len().saturating_sub(1);
        self.scroll = 0;
        let selected = &mut self.course.selected;
        *selected = match command {
            Command::Up => selected.saturating_sub(1),
            Command::Down => (*selected + 1).min(last),
            Command::First | Command::PageUp => 0,
            Command::Last | Command::PageDown => last,
            _ => *selected,
        };
    }

    /// The page (index) at which a lesson goes on: the one that was open last; the first once all were seen.
    pub fn next_page(&self, lesson: usize) -> usize {
        let Some(lesson) = self.lessons.get(lesson) else {
            return 0;
        };
        match self
            .progress
            .lesson(&lesson.id)
            .and_then(|seen| seen.last_page)
        {
            Some(page) if !is_finished(&self.progress, lesson) => {
                (page as usize).clamp(1, lesson.pages.len().max(1)) - 1
            }
            _ => 0,
        }
    }

    /// Whether every page of a lesson was seen.
    pub fn is_finished(&self, lesson: usize) -> bool {
        self.lessons
            .get(lesson)
            .is_some_and(|lesson| is_finished(&self.progress, lesson))
    }

    /// The module to open with: the one that was open last, or the one after it when that is finished.
    pub(super) fn module_to_open(&self, last: Option<&str>) -> usize {
        let Some(last) = self
            .lessons
            .iter()
            .position(|lesson| Some(lesson.id.as_str()) == last)
        else {
            return 0;
        };
        if self.is_finished(last) {
            (last + 1).min(self.lessons.len() - 1)
        } else {
            last
        }
    }

    /// How often the CPU copies each byte in the transfers that a lesson is about. None where it is about none, or where
    /// no recording of one is known.
    pub fn copies_of(&self, lesson: &Lesson) -> Option<Glance> {
        let known = |(method, to): &(Method, Sink)| {
            let mut copies = self.copies.iter();
            let found = copies.find(|(of, sink, _)| (of, sink) == (method, to));
            found.map(|(.., copies)| *copies)
        };
        let all: Vec<Copies> = lesson.copies_of.iter().map(known).collect::<Option<_>>()?;
        let of = |copies: &Copies| copies.always + copies.reported;
        Some(Glance {
            least: all.iter().map(|copies| copies.always).reduce(f64::min)?,
            most: all.iter().map(of).reduce(f64::max)?,
            reported: matches!(all[..], [only] if only.reported > 0.0),
        })
    }

    /// The pages of a lesson that hold a question.
    pub fn questions_of(&self, lesson: usize) -> Vec<usize> {
        let Some(lesson) = self.lessons.get(lesson) else {
            return Vec::new();
        };
        let asks = |target: &Option<Target>| matches!(target, Some(Target::Question(_)));
        (0..lesson.pages.len())
            .filter(|page| asks(&lesson.pages[*page].target))
            .collect()
    }
}

fn is_finished(progress: &Progress, lesson: &Lesson) -> bool {
    (1..=lesson.pages.len() as u32).all(|page| progress.has_seen(&lesson.id, page))
}
