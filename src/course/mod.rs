//! Lessons: parsing, catalogue, marking, progress; pure.
//!
//! A lesson file becomes a [`crate::model::Lesson`] in [`parse`]; [`catalogue`] joins the files of a course and
//! finds what only shows between them; [`mark`] judges answers; [`prose`] lays text out; [`room`] says what does
//! not fit the screen; [`progress`] folds the log into a state.

mod block;
pub mod catalogue;
pub mod chance;
pub mod draw;
mod fault;
mod kinds;
pub mod mark;
pub mod parse;
pub mod progress;
pub mod prose;
pub mod room;
mod target;
mod trial;

pub use catalogue::Catalogue;
pub use fault::{Fault, Position};
pub use room::check;
