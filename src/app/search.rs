//! Search over all that can be read: what is typed, and what it finds.

use super::{Material, TextInput};
use crate::course::search::{Hit, Index};

/// The last search.
#[derive(Clone, Debug, Default)]
pub struct Search {
    pub input: TextInput,
    /// What it finds, the best first.
    pub hits: Vec<Hit>,
    pub index: Index,
}

impl Search {
    /// The index is made anew: of lessons that are opened, or read again.
    pub(crate) fn read(&mut self, of: &Material) {
        self.index = Index::new(&of.lessons, &of.figures, &of.cards, &of.words);
        self.find();
    }

    /// What has all of what is typed.
    pub(crate) fn find(&mut self) {
        self.hits = self.index.find(&self.input.text);
    }
}
