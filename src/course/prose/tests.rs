use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::*;

fn rows(markdown: &str, width: usize) -> Vec<String> {
    lay_out(markdown, width).iter().map(Line::text).collect()
}

#[test]
fn paragraphs_are_wrapped_and_numbers_keep_their_units() {
    for (markdown, width, wanted) in [
        (
            "one two\nthree four\n\nfive",
            9,
            &["one two", "three", "four", "", "five"][..],
        ),
        ("", 9, &[]),
        ("a  \nb", 9, &["a", "b"]),
        (
            "a chunk of 64 KiB is 65 536 bytes",
            12,
            &["a chunk of", "64 KiB is", "65 536 bytes"],
        ),
        (
            "the file is 1\u{a0}048\u{a0}576\u{a0}bytes",
            16,
            &["the file is", "1\u{a0}048\u{a0}576\u{a0}bytes"],
        ),
        ("in 1999 100 of them", 7, &["in 1999", "100 of", "them"]),
        ("about (64 KiB).", 9, &["about", "(64 KiB)."]),
        // Marks and wide characters keep their cells.
        ("◆ and ■ and 漢字漢字", 8, &["◆ and ■", "and", "漢字漢字"]),
        ("漢字漢字", 3, &["漢", "字", "漢", "字"]),
        ("escape \u{1b}[31m here", 40, &["escape \u{fffd}[31m here"]),
        ("read from <stdin> now", 40, &["read from <stdin> now"]),
    ] {
        assert_eq!(rows(markdown, width), wanted);
    }
}

#[test]
fn styles_and_links() {
    let line = &lay_out("a **b** `c d` *e* [f](http://g)", 60)[0];
    let styles: Vec<_> = line
        .spans
        .iter()
        .map(|span| (span.text.as_str(), span.style))
        .collect();
    assert_eq!(
        styles,
        [
            ("a ", Style::Plain),
            ("b", Style::Strong),
            (" ", Style::Plain),
            ("c d", Style::Code),
            (" ", Style::Plain),
            ("e", Style::Emphasis),
            (" ", Style::Plain),
            ("f", Style::Link),
            (" ", Style::Plain),
            ("(http://g)", Style::Dim),
        ]
    );
    assert_eq!(rows("<http://g>", 60), ["http://g"]);
}

#[test]
fn lists_hang_and_nest_and_code_stands_as_it_is() {
    let list = "Text:\n\n- one two three\n- four\n  1. five\n  2. six seven eight nine\n\nEnd.";
    let code = "Look:\n\n```c\nfor (;;)\n\tread();\n\n    x\n```\n> said\n> so";
    for (markdown, width, wanted) in [
        (
            list,
            14,
            "Text:||• one two|  three|• four|  1. five|  2. six seven|     eight|     nine||End.",
        ),
        ("9. a\n10. b", 14, "9. a|10. b"),
        ("- a\n\n- b", 14, "• a||• b"),
        (code, 20, "Look:||for (;;)|    read();||    x||▏ said so"),
        ("```c\nabcdefgh\n```", 5, "abcde|fgh"),
    ] {
        assert_eq!(rows(markdown, width).join("|"), wanted);
    }
}

#[test]
fn tables_are_aligned() {
    let table = "| variant | copies |\n|---|--:|\n| read + write | 2 |\n| sendfile | 0 |";
    assert_eq!(
        rows(table, 40),
        [
            "variant       copies",
            "────────────────────",
            "read + write       2",
            "sendfile           0"
        ]
    );
    assert_eq!(
        rows(table, 16),
        [
            "variant   copies",
            "────────────────",
            "read +         2",
            "write",
            "sendfile       0"
        ]
    );
    assert_eq!(
        rows(table, 5)[..4],
        ["varia", "nt", "copie", "s"],
        "stacked"
    );
}

#[test]
fn rows_know_their_source_line() {
    let sources = |text, width| -> Vec<usize> {
        lay_out(text, width)
            .iter()
            .map(|line| line.source)
            .collect()
    };
    assert_eq!(
        sources("one two\nthree\n\nfour\n\n```c\na\nb\n```", 7),
        [1, 2, 4, 4, 6, 7, 8]
    );
    assert_eq!(
        sources("- a\n- b\n\n| x |\n|---|\n| y |", 20),
        [1, 2, 4, 4, 4, 6]
    );
}

/// The letters and digits of what is said, in their order: what must not be lost.
fn said(markdown: &str) -> String {
    let mut text = String::new();
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        if let Event::Text(part) | Event::Code(part) | Event::Html(part) | Event::InlineHtml(part) =
            event
        {
            text.push_str(&part);
        }
    }
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Whether `part` is `whole` with characters taken out.
fn is_within(part: &str, whole: &str) -> bool {
    let mut whole = whole.chars();
    part.chars().all(|c| whole.any(|other| other == c))
}

/// Whether a text has a character that takes more than two columns: one with a mark beside it. It is kept whole,
/// so where there are two columns only, its line is wider.
fn has_wide_cluster(text: &str) -> bool {
    let mut clusters = text.graphemes(true);
    clusters.any(|cluster| cluster.width() > 2)
}

#[test]
fn a_character_wider_than_the_room_stays_whole() {
    let cluster = "\u{2b740}\u{acb}";
    assert_eq!(cluster.width(), 3);
    let lines = lay_out(&format!("a {cluster} b"), 2);
    let texts: Vec<String> = lines.iter().map(Line::text).collect();
    assert_eq!(texts, ["a", cluster, "b"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn never_wider_and_nothing_lost(
        pieces in proptest::collection::vec(prop_oneof![
            "[a-z0-9]{1,14}", "[ \n]{1,3}", "\n\n", Just("- ".to_owned()), Just("1. ".to_owned()), Just("> ".to_owned()),
            Just("\n```c\n".to_owned()), Just("**".to_owned()), Just("`".to_owned()), Just("*".to_owned()),
            Just("\n\n| a | b |\n|---|--:|\n| ".to_owned()), Just(" | ".to_owned()), Just("[x](y)".to_owned()),
            Just("\n    ".to_owned()), Just("# ".to_owned()), Just("65 536".to_owned()), Just(" KiB".to_owned()),
            Just("漢字".to_owned()), Just("❤\u{fe0f}".to_owned()), Just("👩\u{200d}🔧".to_owned()),
            Just("<b>".to_owned()), Just("\r\n".to_owned()), "\\PC{1,6}", any::<String>(),
        ], 0..40),
        width in 2usize..90,
    ) {
        let markdown = pieces.concat();
        let lines = lay_out(&markdown, width);
        let mut text = String::new();
        for line in &lines {
            prop_assert!(line.width() <= width || has_wide_cluster(&line.text()), "{width}: {:?}", line.text());
            text.push_str(&line.text());
        }
        // Inside a table, cells stand side by side, so their rows interleave.
        if !markdown.contains('|') {
            prop_assert!(is_within(&said(&markdown), &text), "{markdown:?}\n{text:?}");
        }
    }

    #[test]
    fn tables_lose_nothing(cells in proptest::collection::vec("[a-z]{0,9}( [a-z]{1,9}){0,3}", 1..24), columns in 1usize..6, width in 2usize..70) {
        let mut markdown = format!("{}|\n{}|\n", "| h ".repeat(columns), "|---".repeat(columns));
        for row in cells.chunks(columns) {
            markdown += &format!("| {} |\n", row.join(" | "));
        }
        let lines = lay_out(&markdown, width);
        prop_assert!(lines.iter().all(|line| line.width() <= width));
        let sorted = |text: String| { let mut letters: Vec<_> = text.chars().filter(|c| c.is_alphanumeric()).collect(); letters.sort_unstable(); letters };
        let text = lines.iter().map(Line::text).collect::<String>();
        prop_assert_eq!(sorted(text), sorted(said(&markdown)));
    }
}
