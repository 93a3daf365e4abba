//! Where a page stands.

use crate::course::concept::Sitting;

/// A page, and where it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PageAt {
    /// Index of the lesson.
    pub lesson: usize,
    /// Index of the page in it; of the concept test, in the test.
    pub page: usize,
    pub(crate) asked: Asked,
}

/// Where a page is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Asked {
    InLesson,
    /// In a round of those that are due.
    Review,
    /// In the concept test.
    Test(Sitting),
}

impl PageAt {
    /// A page of a lesson.
    pub(crate) fn of(lesson: usize, page: usize) -> PageAt {
        PageAt {
            lesson,
            page,
            asked: Asked::InLesson,
        }
    }

    /// Whether it is one of the concept test.
    pub(crate) fn in_test(self) -> bool {
        matches!(self.asked, Asked::Test(_))
    }
}
