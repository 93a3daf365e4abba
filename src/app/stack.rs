//! The open screens, one over the other, and those that keep their state when they are left.

use super::{Screen, screens::course::CourseScreen};

const BOTTOM: &str = "the bottom one is never taken away";

/// The open screens: Esc leads from each to the one below it.
pub(crate) struct Screens {
    /// Never empty; the last one is shown.
    open: Vec<Screen>,
    kept: Vec<Screen>,
}

impl Screens {
    pub(crate) fn new(bottom: Screen) -> Screens {
        Screens {
            open: vec![bottom],
            kept: Vec::new(),
        }
    }

    /// The one that is shown.
    pub(crate) fn top(&self) -> &Screen {
        self.open.last().expect(BOTTOM)
    }

    /// The same, of a program that ends.
    pub(crate) fn into_top(mut self) -> Screen {
        self.open.pop().expect(BOTTOM)
    }

    /// The same, to be told something.
    pub(crate) fn top_mut(&mut self) -> &mut Screen {
        self.open.last_mut().expect(BOTTOM)
    }

    pub(crate) fn all_mut(&mut self) -> impl Iterator<Item = &mut Screen> {
        self.open.iter_mut().chain(&mut self.kept)
    }

    /// The course, if it is below all.
    pub(crate) fn course_mut(&mut self) -> Option<&mut CourseScreen> {
        match &mut self.open[0] {
            Screen::Course(course) => Some(course),
            _ => None,
        }
    }

    /// Opens a screen in the place of one like it, wherever that is.
    pub(crate) fn open(&mut self, screen: Screen) {
        self.open.retain(|open| !open.is_like(&screen));
        self.open.push(screen);
    }

    /// Opens a screen over the others. Of those that were found, there is one.
    pub(crate) fn open_over(&mut self, screen: Option<Screen>) {
        self.open
            .retain(|open| !matches!(open, Screen::Lesson(lesson) if lesson.found));
        self.open.extend(screen);
    }

    /// Opens a screen as it was left; else as it is given.
    pub(crate) fn open_again(&mut self, new: Screen) {
        let before = [&mut self.open, &mut self.kept]
            .into_iter()
            .find_map(|all| {
                let place = all.iter().position(|known| known.is_like(&new))?;
                Some(all.remove(place))
            });
        self.open.push(before.unwrap_or(new));
    }

    /// Leaves the one that is shown.
    pub(crate) fn leave(&mut self) {
        if self.open.len() > 1
            && let Some(left) = self.open.pop().filter(|left| left.state().is_kept())
        {
            self.kept.push(left);
        }
    }

    /// Back to the bottom.
    pub(crate) fn leave_all(&mut self) {
        while self.open.len() > 1 {
            self.leave();
        }
    }

    /// Takes away those whose content is gone, but for the bottom.
    pub(crate) fn retain(&mut self, mut stays: impl FnMut(&mut Screen) -> bool) {
        let mut bottom = true;
        self.open
            .retain_mut(|screen| stays(screen) | std::mem::take(&mut bottom));
        self.kept.retain_mut(stays);
    }
}
