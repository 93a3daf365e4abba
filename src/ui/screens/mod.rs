//! One file a screen.

pub mod cards;
pub mod course;
pub mod experiment;
pub mod lab;
pub mod page;
pub mod predict;
pub mod question;
pub mod replay;
pub mod results;
pub mod round;
