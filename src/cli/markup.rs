//! Texts of the course in XML and HTML.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};

/// A text as it may stand in an element or an attribute.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            // XML 1.0 has no way to write them.
            '\0'..='\x08' | '\x0b' | '\x0c' | '\r' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}' => {}
            c => out.push(c),
        }
    }
    out
}

/// CommonMark as HTML. Tags in it are text, and links and pictures are what they say: nothing leads elsewhere.
pub(crate) fn html(markdown: &str) -> String {
    let events = Parser::new_ext(markdown, Options::ENABLE_TABLES);
    let events = events.filter_map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        Event::Start(Tag::Link { .. } | Tag::Image { .. }) => None,
        Event::End(TagEnd::Link | TagEnd::Image) => None,
        event => Some(event),
    });
    let mut out = String::new();
    html::push_html(&mut out, events);
    out.trim_end().to_owned()
}

/// CommonMark as text alone, for places that have no markup.
pub(crate) fn plain(markdown: &str) -> String {
    let mut out = String::new();
    for event in Parser::new(markdown) {
        match event {
            Event::Text(text) | Event::Code(text) | Event::InlineHtml(text) | Event::Html(text) => {
                out += &text;
            }
            Event::SoftBreak | Event::HardBreak | Event::End(TagEnd::Paragraph) => out.push(' '),
            _ => {}
        }
    }
    out.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_in_xml_is_escaped() {
        assert_eq!(
            escaped("a<b> & \"c\"\x1b"),
            "a&lt;b&gt; &amp; &quot;c&quot;"
        );
        assert_eq!(plain("the `read()` of *two* <b>"), "the read() of two <b>");
        assert_eq!(html("`a<b`"), "<p><code>a&lt;b</code></p>");
        assert_eq!(html("[a](http://b) <i>"), "<p>a &lt;i&gt;</p>");
    }
}
