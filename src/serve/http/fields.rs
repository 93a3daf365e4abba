//! Fields of a head, by name: what all that reads heads asks of them.

use httparse::Header;

/// Whether the connection stays open after the answer. `old`: HTTP/1.0, where that has to be asked for.
pub(crate) fn keep_alive(fields: &[Header], old: bool) -> bool {
    let named = |token: &str| {
        let values = all(fields, "connection").filter_map(|value| std::str::from_utf8(value).ok());
        values
            .flat_map(|value| value.split(','))
            .any(|found| found.trim().eq_ignore_ascii_case(token))
    };
    !named("close") && (!old || named("keep-alive"))
}

/// The values of a field, in order.
pub(crate) fn all<'a>(fields: &'a [Header], name: &str) -> impl Iterator<Item = &'a [u8]> {
    let found = fields
        .iter()
        .filter(move |field| field.name.eq_ignore_ascii_case(name));
    found.map(|field| field.value)
}
