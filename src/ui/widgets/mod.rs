//! Parts that several screens are made of.

pub mod bar;
pub mod marks;
pub mod prompt;
pub mod rows;
pub mod view;
pub mod week;
