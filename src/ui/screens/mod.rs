//! One file a screen.

pub mod cards;
pub mod course;
pub mod lab;
pub mod page;
pub mod predict;
pub mod question;
pub mod replay;
pub mod results;
pub mod round;
pub mod trial;
