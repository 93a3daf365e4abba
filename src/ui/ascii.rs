//! `--ascii`: every glyph of a finished frame that is not ASCII, replaced by one that is.

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

fn plain(glyph: char) -> char {
    match glyph {
        '━' | '┅' => '=',
        '┃' => 'H',
        '┏' | '┓' | '┗' | '┛' | '┸' | '┰' | '┝' | '┥' | '╞' | '╡' | '╨' | '╥' | '╔' | '╗' | '╚'
        | '╝' | '╭' | '╮' | '╯' | '╰' | '┌' | '┐' | '└' | '┘' | '├' | '┤' | '┬' | '┴' | '┼' => {
            '+'
        }
        '═' | '║' => ':',
        '─' | '┄' => '-',
        '│' | '┆' | '▏' | '▎' | '▍' | '▌' => '|',
        '╌' | '╎' | '┈' | '·' | '…' => '.',
        '▲' | '↑' => '^',
        '▼' | '↓' => 'v',
        '▶' | '▸' | '→' => '>',
        '◀' | '←' => '<',
        '△' => '\'',
        '▽' => ',',
        '▷' => ')',
        '◁' => '(',
        '■' | '▪' | '▰' => '#',
        '□' | '▱' => '.',
        '◆' | '●' => 'o',
        '◇' | '○' => '0',
        '▁' | '▂' | '▃' => '_',
        '▄' | '▅' | '▆' => '+',
        '▇' | '█' => '#',
        '✓' => 'y',
        '✗' | '×' => 'x',
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
