//! Lessons: parsing, catalogue, marking, progress; pure.
//!
//! A lesson file becomes a [`Lesson`] in [`parse`]; `catalogue` joins the files of a course and finds what only shows
//! between them; [`kinds`] has a file for each kind of question; [`prose`] lays text out; [`check()`] says what does
//! not fit the screen; `search` finds what was written; `progress` folds the log into a state.

mod block;
mod blocks;
pub(crate) mod card;
mod catalogue;
mod check;
pub(crate) mod concept;
mod experiment;
pub(crate) mod expression;
mod fault;
mod formula;
mod front;
pub(crate) mod glossary;
pub mod kinds;
mod lesson;
mod minutes;
mod pages;
pub(crate) mod parallel;
pub mod parse;
pub(crate) mod progress;
pub mod prose;
mod report;
pub(crate) mod review;
pub(crate) mod search;
mod seeded_rng;
mod sequence;
pub mod text_budget;

pub use catalogue::Catalogue;
pub use check::check;
pub use experiment::commands;
pub use fault::Fault;
pub use kinds::{Ask, QuestionKind, QuestionOption, Reaction, Verdict};
pub(crate) use kinds::{AskedNumber, Wrong};
pub(crate) use lesson::{Lab, Level, Page, Predict, Trial};
pub use lesson::{Lesson, Question, Target};
pub use progress::Progress;
pub use review::Clock;
pub use search::Place;
