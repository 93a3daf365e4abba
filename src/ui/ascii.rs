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

fn plain(glyph: char) -> char {
    match glyph {
        '━' | '┅' => '=',
        '┃' => '!',
        '┏' | '┓' | '┗' | '┛' | '┸' | '┰' | '┝' | '┥' | '╞' | '╡' | '╨' | '╥' | '╔' | '╗' | '╚'
        | '╝' | '╭' | '╮' | '╯' | '╰' | '┌' | '┐' | '└' | '┘' | '├' | '┤' | '┬' | '┴' | '┼' => {
            '+'
        }
        '═' | '║' => ':',
        '─' | '┄' => '-',
        '│' | '┆' | '▏' | '▎' | '▍' | '▌' => '|',
        '╌' | '╎' | '┈' | '·' | '…' => '.',
        '▲' | '↑' => '^',
        '▼' | '↓' => '*',
        '▶' | '▸' | '→' => '>',
        '◀' | '←' => '<',
        '△' | '▽' => '?',
        '▷' => ')',
        '◁' => '(',
        '■' | '▪' | '▰' => '#',
        '□' | '▱' => '.',
        '◆' | '●' => '@',
        '◇' | '○' => '0',
        '▁' | '▂' | '▃' => '_',
        '▄' | '▅' | '▆' => '+',
        '▇' | '█' => '#',
        '✓' => '+',
        '✗' => '-',
        '×' => '*',
        '≠' => '!',
        '␣' => '_',
        '⌫' => '<',
        'µ' | 'μ' => 'u',
        '’' | '‘' => '\'',
        '“' | '”' => '"',
        '–' | '—' => '-',
        _ if glyph.is_whitespace() => ' ',
        _ => '?',
    }
}
