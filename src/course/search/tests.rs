use super::*;
use crate::course::Catalogue;

const LESSON: &str = r#"+++
title = "Copies"
minutes = 5
objectives = [{ id = "tell", text = "tell copies from none" }]
+++

# The four-copy road

The **page cache** is memory of the kernel. `read()` copies it to your buffer.

- a short count is no error
- Größe zählt: a size of 64 KiB

```c
while ((n = read(file, buffer, sizeof buffer)) > 0)
```

---

# Is it enough?

```quiz
id = "copies-hidden"
objective = "tell"
kind = "choice"
text = "The questionword?"
explain = "The explanationword."
hints = ["The hintword."]
options = [
  { text = "the rightword", right = true },
  { text = "the wrongword", misconception = "A misconceptionword.", feedback = "A feedbackword." },
]
```

---

# Read-ahead

| what | cache |
|---|---|
| first touch | cold, guaranteed |

Nothing to read twice.
"#;

const CARD: &str = r#"+++
title = "read and write"
signature = ["ssize_t read(int fd, void *buf, size_t count);"]
pitfalls = ["a short write is continued"]
sources = ["read(2)"]
columns = ["Linux", "macOS"]
rows = [ { what = "where to begin", cells = ["*offset", "by value"] } ]
+++

The *slow* road.
"#;

const WORDS: &str = "+++\ntitle = \"Words\"\n+++\n\n## page cache, cached pages\n\nMemory that files are read into.\n\n## tee\n\nOne pipe, two readers.\n";

fn index() -> Index {
    let files = [
        ("01-copies.md", LESSON),
        ("cards/read-write.md", CARD),
        ("glossary.md", WORDS),
    ];
    let (course, faults) = Catalogue::parse(&files, &[]);
    assert_eq!(faults, []);
    Index::new(course.lessons(), &[], course.cards(), course.words())
}

fn found(query: &str) -> Vec<Place> {
    let hits = index().find(query);
    hits.into_iter().map(|hit| hit.place).collect()
}

fn page(page: usize) -> Place {
    Place::Page { lesson: 0, page }
}

/// The text with its marks in brackets.
fn shown(marked: &Marked) -> String {
    let mut shown = marked.text.clone();
    for mark in marked.marks.iter().rev() {
        shown.insert(mark.end, ']');
        shown.insert(mark.start, '[');
    }
    shown
}

#[test]
fn an_empty_query_finds_nothing_and_so_does_what_is_nowhere() {
    for query in ["", "  \t ", "rendezvous", "page rendezvous"] {
        assert_eq!(found(query), [], "{query}");
    }
    assert_eq!(Index::default().find("page"), []);
}

#[test]
fn all_words_in_any_order_whatever_the_case() {
    for query in ["page cache", "CACHE page", "cache  PAGE page"] {
        assert_eq!(found(query), [Place::Word(0), page(0)], "{query}");
    }
    // The words may stand in several lines of one page.
    assert_eq!(found("kernel sizeof"), [page(0)]);
    assert_eq!(found("GRÖSSE"), []);
    assert_eq!(found("GRÖßE"), [page(0)]);
    assert_eq!(found("größe ZÄHLT"), [page(0)]);
}

#[test]
fn the_line_with_most_of_it_is_shown_and_every_match_in_it_marked() {
    let in_prose = "The page cache is memory of the kernel. [read]() copies it to your [buffer].";
    let in_code = "[while] ((n = read([file], buffer, sizeof buffer)) > 0)";
    for (query, line) in [
        ("buffer READ", in_prose),
        ("while file", in_code),
        ("zählt 64", "Größe [zählt]: a size of [64] KiB"),
        // The cells of a table stay apart.
        ("guaranteed", "first touch  cold, [guaranteed]"),
    ] {
        let hits = index().find(query);
        let on_page = |hit: &&Hit| matches!(hit.place, Place::Page { .. });
        assert_eq!(shown(&hits.iter().find(on_page).unwrap().line), line);
    }
    let overlapping = index().find("cache ache");
    assert_eq!(shown(&overlapping[0].title), "page [cache]");
}

#[test]
fn a_title_that_says_it_comes_first_and_the_beginning_of_a_word_before_its_middle() {
    // In the title of the card and of the third page; elsewhere in a line.
    let (card, cache, tee) = (Place::Card(0), Place::Word(0), Place::Word(1));
    assert_eq!(found("read"), [card, page(2), cache, tee, page(0)]);
    // "guaranteed" has it, too, but in the middle of a word.
    assert_eq!(found("tee"), [tee, page(2)]);
    let hits = index().find("read");
    assert_eq!(shown(&hits[1].title), "[Read]-ahead");
    assert_eq!(shown(&hits[1].line), "Nothing to [read] twice.");
    // A word that is looked for is shown with what it means.
    let word = &index().find("page cache")[0];
    assert_eq!(shown(&word.title), "[page] [cache]");
    assert_eq!(shown(&word.line), "Memory that files are read into.");
}

#[test]
fn titles_code_tables_lists_and_every_part_of_a_card_are_searched() {
    for (query, place) in [
        ("four-copy", page(0)),
        ("no error", page(0)),
        ("first touch cold", page(2)),
        ("ssize_t", Place::Card(0)),
        ("continued", Place::Card(0)),
        ("read(2)", Place::Card(0)),
        ("macos value", Place::Card(0)),
        ("slow", Place::Card(0)),
        ("read-write", Place::Card(0)),
        ("cached pages", Place::Word(0)),
    ] {
        assert_eq!(found(query), [place], "{query}");
    }
}

#[test]
fn no_word_of_a_question_is_found_but_its_page_by_its_title() {
    for word in "question explanation hint right wrong misconception feedback".split(' ') {
        assert_eq!(found(&format!("{word}word")), [], "{word}");
    }
    let hits = index().find("enough");
    assert_eq!(hits.len(), 1);
    assert_eq!(hits[0].place, page(1));
    assert_eq!(shown(&hits[0].title), "Is it [enough]?");
    assert_eq!(hits[0].line, Marked::default());
}

#[test]
fn an_excerpt_keeps_the_first_match_in_sight() {
    let marked = |text: &str, find: &str| {
        let marks = text.match_indices(find);
        Marked {
            text: text.to_owned(),
            marks: marks.map(|(at, found)| at..at + found.len()).collect(),
        }
    };
    let text = "The first words of a long line, and then the match, and then some more of it.";
    let whole = marked(text, "match");
    assert_eq!(whole.excerpt(100), whole);
    for (find, width, excerpt) in [
        ("match", 30, "…then the [match], and then som…"),
        ("words", 20, "…[words] of a long li…"),
        ("words", 24, "The first [words] of a lo…"),
        ("The", 12, "[The] first w…"),
        ("of it.", 20, "…some more [of it.]"),
    ] {
        assert_eq!(shown(&marked(text, find).excerpt(width)), excerpt);
    }
    for width in 0..90 {
        for find in ["match", "more", "ü", "line"] {
            let excerpt = marked(&text.replace("long", "lüng"), find).excerpt(width);
            let is_inside = |mark: &Range<usize>| excerpt.text.get(mark.clone()).is_some();
            assert!(
                prose::width(&excerpt.text) <= width.max(2),
                "{width}: {excerpt:?}"
            );
            assert!(excerpt.marks.iter().all(is_inside), "{width}: {excerpt:?}");
        }
    }
}
