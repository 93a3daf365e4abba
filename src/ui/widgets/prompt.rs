//! What is searched for, as it is typed.

use crate::app::input::TextInput;

/// `/page cache▏`: the cursor stands while it is typed.
pub fn prompt(input: &TextInput, typing: bool) -> String {
    let cursor = if typing { "▏" } else { "" };
    format!("/{}{cursor}", input.text)
}
