//! The course: which module is chosen, where each one goes on.

use super::{App, Command};
use crate::course::progress::Progress;
use crate::model::{Lab, Lesson, Target};

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

    /// How often the CPU copies each byte in the experiments of a lesson, in their order, each figure once. Empty
    /// where there is no experiment, or more than one method.
    pub fn copies_of(&self, lesson: &Lesson) -> Vec<f64> {
        let mut copies = Vec::new();
        let mut method = None;
        for Lab { spec, .. } in lesson.labs() {
            if *method.get_or_insert(spec.method) != spec.method {
                return Vec::new();
            }
            let known = self
                .copies
                .iter()
                .find(|(of, to, _)| (*of, *to) == (spec.method, spec.to));
            if let Some((.., count)) = known.filter(|(.., count)| !copies.contains(count)) {
                copies.push(*count);
            }
        }
        copies
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
