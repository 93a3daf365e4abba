//! The kinds of question, each in a file of its own: how it stands in a lesson, how it is marked, drawn and taken
//! elsewhere. A new kind is a file here and a line in [`QuestionKind`].

mod bug;
mod choice;
mod draft;
mod drawn;
mod form;
pub(crate) mod item;
mod kind;
mod multi;
mod number;
mod options;
mod order;
mod pairs;
mod predict;
mod read;
pub(crate) mod typed;
mod verdict;
mod view;

use std::ops::Deref;

use super::block::{At, Block};

pub use bug::Bug;
pub use choice::Choice;
pub(crate) use draft::{Draft, Key, Press};
pub(crate) use form::{Form, Options};
pub(crate) use kind::{ExportedOption, Kind, Plain};
pub use multi::Multi;
pub use number::Number;
pub use options::QuestionOption;
pub use order::Order;
pub use pairs::Match;
pub use predict::Ask;
pub(crate) use predict::AskedNumber;
pub(crate) use verdict::Wrong;
pub use verdict::{Reaction, Verdict};
pub(crate) use view::{Click, Columns, Line, Shown, Tone, View};

pub(super) use drawn::{Drawn, filled};
pub(super) use kind::{Asked, Read};
pub(super) use predict::About;

mod prelude {
    pub(super) use super::{
        draft::{Draft, Key, Press},
        item::{Item, ItemForm, ItemOption},
        kind::{Asked, Exported, ExportedOption, Kind, Plain, Read, feedback, not_for_this},
        verdict::{Reaction, Verdict, Wrong},
        view::{COMMITS, Click, Columns, Line, Shown, Tone, View},
    };
    pub(super) use crate::course::{
        block::{At, Block, values},
        text_budget::TextKind,
    };
    pub(super) use crate::model::{ExperimentValue, Given};
}

/// Where kinds are registered: what is not listed here is no kind. A kind that is asked as another one names the field
/// that holds that.
macro_rules! kinds {
    ($($kind:ident $(as $asked:ident)?),* $(,)?) => {
        /// What a question asks for, and the answer.
        #[derive(Clone, Debug, PartialEq)]
        #[allow(missing_docs)] // Each is documented at its type.
        pub enum QuestionKind {
            $($kind($kind),)*
        }

        impl QuestionKind {
            /// The names of kinds in lessons and JSON; one that has two forms stands here twice.
            const NAMES: &[&str] = &[$($kind::NAME),*];

            /// Its name in lessons and JSON.
            pub fn name(&self) -> &'static str {
                match self {
                    $(QuestionKind::$kind(_) => $kind::NAME,)*
                }
            }

            fn read_named(name: &str, block: &mut Block, asked: &Asked) -> Option<QuestionKind> {
                $(
                    if name == $kind::NAME && $kind::claims(block) {
                        return $kind::read(block, asked).map(QuestionKind::$kind);
                    }
                )*
                None
            }
        }

        impl Deref for QuestionKind {
            type Target = dyn Kind;

            fn deref(&self) -> &(dyn Kind + 'static) {
                match self {
                    $(QuestionKind::$kind(kind) => &(*kind)$(.$asked)?,)*
                }
            }
        }
    };
}

kinds![Choice, Multi, Drawn as undrawn, Number, Order, Match, Bug];

impl QuestionKind {
    /// Reads the keys of the kind of that name; none where they are at fault, or where there is no such kind; both are
    /// reported.
    pub(super) fn read(
        name: &At<String>,
        block: &mut Block,
        asked: &Asked,
    ) -> Option<QuestionKind> {
        if !QuestionKind::is_known(&name.value) {
            let mut known = QuestionKind::NAMES.to_vec();
            known.dedup();
            let what = format!("'{}' is not a kind of question", name.value);
            let advice = format!("write one of {}", known.join(", "));
            block.report.fault(name.offset, what, advice);
        }
        QuestionKind::read_named(&name.value, block, asked)
    }

    /// Whether there is a kind of that name.
    pub(super) fn is_known(name: &str) -> bool {
        QuestionKind::NAMES.contains(&name)
    }
}
