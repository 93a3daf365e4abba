//! Lessons: parsing, catalogue, marking, progress; pure.
//!
//! A lesson file becomes a [`Lesson`] in [`parse`]; [`catalogue`] joins the files of a course and finds what only shows
//! between them; [`kinds`] has a file for each kind of question; [`prose`] lays text out; [`check()`] says what does
//! not fit the screen; [`search`] finds what was written; [`progress`] folds the log into a state.

mod block;
mod blocks;
pub mod card;
pub mod catalogue;
mod check;
pub mod concept;
mod experiment;
pub mod expression;
mod fault;
mod formula;
mod front;
pub mod glossary;
pub mod kinds;
mod lesson;
mod pages;
pub mod parse;
pub mod progress;
pub mod prose;
mod report;
pub mod review;
pub mod search;
pub mod seeded_rng;
pub mod text_budget;

pub use catalogue::Catalogue;
pub use check::check;
pub use experiment::commands;
pub use fault::{Fault, Position};
pub use kinds::{
    Ask, AskedNumber, PredictOption, QuestionKind, QuestionOption, Reaction, Verdict, Wrong,
};
pub use lesson::{Lab, Lesson, Objective, Page, Predict, Question, Target, Trial};
