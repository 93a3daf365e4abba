//! Comma-separated values (RFC 4180).

use crate::model::visible;

/// What a formula begins with.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// One record, with its end: the RFC has CR LF.
pub(crate) fn record(fields: &[String], end: &str) -> String {
    let fields: Vec<_> = fields.iter().map(|text| field(text)).collect();
    fields.join(",") + end
}

fn field(text: &str) -> String {
    // A spreadsheet would take a name such as =1+1 for a formula, also behind spaces, and in full-width characters.
    let is_number = text.parse::<f64>().is_ok();
    let begins = text.trim_start().starts_with(FORMULA) || text.starts_with(['\t', '\r', '\n']);
    let text = visible(text);
    let text = match begins && !is_number {
        true => format!("'{text}"),
        false => text.into_owned(),
    };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_and_are_no_formulas() {
        assert_eq!(field("ada"), "ada");
        assert_eq!(field("Ada, \"the first\""), "\"Ada, \"\"the first\"\"\"");
        assert_eq!(field("=cmd()"), "'=cmd()");
        assert_eq!(field(" @cmd"), "' @cmd");
        assert_eq!(field("＋1+1"), "'＋1+1");
        assert_eq!(field("-0.50"), "-0.50");
        assert_eq!(field("a\x1b[2J\u{202e}"), "a\\x1b[2J\\u{202e}");
    }
}
