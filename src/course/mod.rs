//! Lessons: parsing, catalogue, marking, progress; pure.
//!
//! A lesson file becomes a [`crate::course::Lesson`] in [`parse`]; [`catalogue`] joins the files of a course and
//! finds what only shows between them; [`mark`] judges answers; [`prose`] lays text out; [`room`] says what does
//! not fit the screen; [`search`] finds what was written; [`progress`] folds the log into a state.

mod block;
pub mod card;
pub mod catalogue;
pub mod chance;
pub mod concept;
pub mod draw;
mod fault;
mod formula;
mod front;
pub mod glossary;
mod kinds;
mod lesson;
mod lint;
pub mod mark;
pub mod parse;
pub mod progress;
pub mod prose;
pub mod review;
pub mod room;
pub mod search;
mod target;
mod trial;

pub use catalogue::Catalogue;
pub use fault::{Fault, Position};
pub use formula::Formula;
pub use lesson::{
    Ask, AskedNumber, Drawn, Lab, Lesson, Objective, Page, Pair, Predict, PredictOption, Question,
    QuestionKind, QuestionOption, Reaction, Target, Trial, WrongFormula, WrongLine, WrongNumber,
};
pub use room::check;
