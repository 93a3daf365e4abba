//! `--ascii`: every glyph of a finished frame that is not ASCII, replaced by one that is, and by no letter: those are read.

use ratatui::buffer::Buffer;

/// Replaces what is not ASCII in the whole frame.
pub fn apply(buf: &mut Buffer) {
    for cell in &mut buf.content {
        if !cell.symbol().is_ascii() {
            let plain = cell.symbol().chars().next().map_or(' ', plain);
            cell.set_char(plain);
        }
    }
}

/// The same of a text.
pub(crate) fn in_ascii(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_ascii() { c } else { plain(c) })
        .collect()
}

/// Each meaning has a mark of its own; [`tests::no_two_meanings_share_a_mark`] has the meanings.
fn plain(glyph: char) -> char {
    match glyph {
        '━' | '┅' | '┃' => '=',
        '┏' | '┓' | '┗' | '┛' | '┸' | '┰' | '┝' | '┥' | '╞' | '╡' | '╨' | '╥' | '╔' | '╗' | '╚'
        | '╝' | '╭' | '╮' | '╯' | '╰' | '┌' | '┐' | '└' | '┘' | '├' | '┤' | '┬' | '┴' | '┼' => {
            '+'
        }
        '═' | '║' => ':',
        '┄' | '┆' => '"',
        '─' | '┈' => '-',
        '│' | '▏' | '▎' | '▍' | '▌' => '|',
        '╌' | '╎' | '△' | '▽' | '▷' | '◁' => '\'',
        '·' | '•' => '.',
        '…' => '$',
        '▲' | '↑' => '^',
        '▼' => '*',
        '↓' => '\\',
        '▶' | '→' => '>',
        '▸' => '}',
        '◀' | '←' | '⌫' => '<',
        '▿' | '▹' => '?',
        '■' | '▰' | '▇' | '█' => '#',
        '□' | '▱' => '`',
        '▪' => '%',
        '◆' => '@',
        '●' => '[',
        '◇' => '&',
        '○' => '0',
        '▁' | '▂' | '▃' => ',',
        '▄' | '▅' | '▆' => ';',
        '✓' => '/',
        '✗' | '≠' => '!',
        '×' => '*',
        '␣' => '_',
        'µ' | 'μ' => 'u',
        '’' | '‘' => '\'',
        '“' | '”' => '"',
        '–' | '—' => '-',
        _ if glyph.is_whitespace() => ' ',
        _ => '?',
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    /// What stands in figures, scores and lists, by its meaning. Corners and junctions of all lines look alike.
    const MEANINGS: [&str; 24] = [
        "━┃",
        "═║",
        "┄┆",
        "─┈│▎",
        "┏╔╭┸╨┴├",
        "╌╎△▽▷◁",
        "·•",
        "…",
        "▲↑",
        "▼",
        "↓",
        "▶→",
        "◀←",
        "▸",
        "▿▹",
        "■█",
        "□",
        "▪",
        "◆",
        "◇",
        "○",
        "●",
        "✓",
        "✗",
    ];

    #[test]
    fn no_two_meanings_share_a_mark() {
        let marks = MEANINGS.map(|glyphs| {
            let mut marks: Vec<char> = glyphs.chars().map(plain).collect();
            marks.sort_unstable();
            marks.dedup();
            marks
        });
        for (at, marks_here) in marks.iter().enumerate() {
            for (other, others) in marks.iter().enumerate().skip(at + 1) {
                let shared = marks_here.iter().find(|mark| others.contains(mark));
                assert_eq!(shared, None, "{} and {}", MEANINGS[at], MEANINGS[other]);
            }
        }
    }

    #[test]
    fn no_mark_is_a_letter() {
        for glyph in MEANINGS.iter().flat_map(|glyphs| glyphs.chars()) {
            let mark = plain(glyph);
            assert!(mark.is_ascii() && !mark.is_ascii_alphabetic(), "{glyph}");
        }
    }
}
