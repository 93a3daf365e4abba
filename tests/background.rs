//! The theme suits the terminal's background: what the terminal answers, and when, on a real pty; and what is legible then.

mod require;
mod screen;
mod terminal;

use std::{thread, time::Duration};

use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};
use screen::Learner;
use terminal::{Terminal, zclab};
use zclab::{
    app::Key,
    ui::theme::{Palette, Theme},
};

/// The colours of the selected row and of an empty cell.
fn colours(terminal: &Terminal) -> (vt100::Color, vt100::Color) {
    let screen = terminal.screen.screen();
    let cell = |y, x| screen.cell(y, x).unwrap().bgcolor();
    let rows = 0..36;
    let empty = cell(35, 119);
    let marker = rows.map(|y| cell(y, 8)).find(|colour| *colour != empty);
    (marker.unwrap_or(empty), empty)
}

const LIGHT_MARKER: vt100::Color = vt100::Color::Rgb(0xfd, 0xf0, 0xbd);
const DARK_MARKER: vt100::Color = vt100::Color::Rgb(0x3a, 0x34, 0x20);
const OWN: vt100::Color = vt100::Color::Default;
const DARK_PAGE: vt100::Color = vt100::Color::Rgb(0x19, 0x19, 0x19);

/// Opens the course, and sends these pieces of an answer one after the other.
fn answered(options: &[&str], pieces: &[&str]) -> Terminal {
    let mut terminal = Terminal::start(zclab(options));
    terminal.wait_for("Modules");
    for piece in pieces {
        terminal.send(piece);
        thread::sleep(Duration::from_millis(10));
    }
    terminal
}

fn becomes(terminal: &mut Terminal, expected: (vt100::Color, vt100::Color)) {
    for _ in 0..200 {
        while terminal.take(Duration::from_millis(10)).is_some() {}
        if colours(terminal) == expected {
            return;
        }
    }
    panic!(
        "{:?}, not {expected:?}\n{}",
        colours(terminal),
        terminal.contents()
    );
}

#[test]
fn the_answer_decides_also_late_and_in_pieces() {
    let white: &[&str] = &["\x1b]11;rgb:ffff/ffff/ffff\x1b\\"];
    let pieces: &[&str] = &["\x1b", "]11;rgb:ff", "ff/ffff/ff", "ff\x1b", "\\"];
    for answer in [white, pieces, &["\x1b]11;rgb:ff/ff/ff\x07"]] {
        let mut terminal = answered(&[], answer);
        becomes(&mut terminal, (LIGHT_MARKER, OWN));
        // No byte of it has become a key.
        assert!(
            terminal.contents().contains("Modules"),
            "{}",
            terminal.contents()
        );
        terminal.send("q");
        assert_eq!(terminal.ended().code(), Some(0));
        assert!(terminal.is_restored());
    }
    let mut terminal = answered(&[], &["\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\"]);
    becomes(&mut terminal, (DARK_MARKER, OWN));
    // It becomes light while the program runs (mode 2031).
    terminal.send("\x1b[?997;2n");
    becomes(&mut terminal, (LIGHT_MARKER, OWN));
}

#[test]
fn a_terminal_that_says_nothing_or_nonsense_gets_a_page_of_its_own() {
    for answer in [&[][..], &["\x1b]11;white\x07"], &["\x1b[?62;4c"]] {
        let mut terminal = answered(&[], answer);
        becomes(&mut terminal, (DARK_MARKER, DARK_PAGE));
    }
}

#[test]
fn what_was_asked_for_stays_and_is_legible_all_the_same() {
    let mut terminal = answered(&["--theme", "light"], &["\x1b]11;rgb:0000/0000/0000\x07"]);
    becomes(
        &mut terminal,
        (LIGHT_MARKER, vt100::Color::Rgb(0xff, 0xff, 0xff)),
    );
    // The next theme is legible, too.
    let mut terminal = answered(&[], &["\x1b]11;rgb:ffff/ffff/ffff\x07"]);
    becomes(&mut terminal, (LIGHT_MARKER, OWN));
    terminal.send("TTTT");
    becomes(&mut terminal, (DARK_MARKER, DARK_PAGE));
}

#[test]
fn keys_that_are_typed_before_the_answer_are_not_lost() {
    let mut terminal = Terminal::start(zclab(&[]));
    terminal.send("?");
    terminal.send("\x1b]11;rgb:ffff/ffff/ffff\x07");
    terminal.wait_for("quit");
    terminal.until("the help", |screen| screen.contents().contains("search"));
}

/// What the frame that the terminal shows is made of: whether it is all ASCII, and whether a cell has a colour.
fn made_of(terminal: &Terminal) -> (bool, bool) {
    let screen = terminal.screen.screen();
    let cells = (0..36).flat_map(|y| (0..120).filter_map(move |x| screen.cell(y, x)));
    let cells: Vec<_> = cells.collect();
    let is_coloured = |cell: &&vt100::Cell| {
        (cell.fgcolor(), cell.bgcolor()) != (vt100::Color::Default, vt100::Color::Default)
    };
    (
        cells.iter().all(|cell| cell.contents().is_ascii()),
        cells.iter().any(is_coloured),
    )
}

#[test]
fn what_the_environment_says_of_colours_and_letters_holds_on_the_screen() {
    for (env, expected) in [
        (&[][..], (false, true)),
        (&[("NO_COLOR", "1")], (false, false)),
        (&[("TERM", "dumb")], (false, false)),
        (&[("LC_ALL", "C")], (true, true)),
        (&[("LC_ALL", "C"), ("NO_COLOR", "1")], (true, false)),
    ] {
        let mut command = zclab(&[]);
        command.envs(env.iter().copied());
        let mut terminal = Terminal::start(command);
        terminal.wait_for("Modules");
        assert_eq!(
            made_of(&terminal),
            expected,
            "{env:?}\n{}",
            terminal.contents()
        );
    }
}

#[test]
fn what_was_asked_for_is_remembered_until_it_is_taken_back() {
    let home = tempfile::tempdir().unwrap();
    let start = |options: &[&str]| {
        let mut command = zclab(options);
        command.env("XDG_STATE_HOME", home.path());
        let mut terminal = Terminal::start(command);
        terminal.wait_for("Modules");
        terminal.send("\x1b]11;rgb:ffff/ffff/ffff\x07");
        terminal
    };
    let quit = |mut terminal: Terminal| {
        terminal.send("q");
        assert_eq!(terminal.ended().code(), Some(0));
    };
    let mut asked = start(&["--theme", "contrast", "--ascii"]);
    let contrast = vt100::Color::Rgb(0x4a, 0x40, 0x00);
    becomes(&mut asked, (contrast, vt100::Color::Rgb(0, 0, 0)));
    assert!(made_of(&asked).0);
    quit(asked);
    let mut again = start(&[]);
    becomes(&mut again, (contrast, vt100::Color::Rgb(0, 0, 0)));
    assert!(made_of(&again).0, "{}", again.contents());
    // A key is remembered, too.
    again.send("T");
    again.until("the next theme", |screen| {
        screen.contents().contains("Theme 16")
    });
    quit(again);
    let mut taken_back = start(&["--theme", "auto", "--ascii=false"]);
    becomes(&mut taken_back, (LIGHT_MARKER, OWN));
    assert!(!made_of(&taken_back).0);
    quit(taken_back);
    let mut plain = start(&[]);
    becomes(&mut plain, (LIGHT_MARKER, OWN));
    assert!(!made_of(&plain).0);
}

#[test]
fn a_key_saves_what_is_on_the_screen_as_a_picture_and_overwrites_none() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = zclab(&[]);
    command.current_dir(dir.path());
    let mut terminal = Terminal::start(command);
    terminal.wait_for("Modules");
    terminal.send("\x10");
    terminal.wait_for("Saved to zclab-course-1.svg");
    let svg = std::fs::read_to_string(dir.path().join("zclab-course-1.svg")).unwrap();
    assert!(svg.contains("Modules") && !svg.contains("quit"));
    terminal.send("\x10");
    terminal.wait_for("Saved to zclab-course-2.svg");
}

/// How far apart two colours are to the eye (WCAG 2.2, contrast ratio).
fn contrast(one: u32, other: u32) -> f64 {
    let luminance = |rgb: u32| {
        let part = |shift: u32| {
            let part = f64::from(rgb >> shift & 0xff) / 255.0;
            match part <= 0.04045 {
                true => part / 12.92,
                false => ((part + 0.055) / 1.055).powf(2.4),
            }
        };
        0.2126 * part(16) + 0.7152 * part(8) + 0.0722 * part(0)
    };
    let (a, b) = (luminance(one), luminance(other));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// A cell's colours on a terminal that has these of its own: letters and page.
fn seen(cell: &Cell, (letters, page): (u32, u32)) -> (u32, u32) {
    // The sixteen as xterm has them.
    let rgb = |colour, own| match colour {
        Color::Reset => own,
        Color::Rgb(red, green, blue) => u32::from_be_bytes([0, red, green, blue]),
        Color::Black => 0x000000,
        Color::Red => 0xcd0000,
        Color::Blue => 0x0000ee,
        Color::Magenta => 0xcd00cd,
        Color::LightRed => 0xff0000,
        Color::LightGreen => 0x00ff00,
        Color::LightYellow => 0xffff00,
        Color::LightBlue => 0x5c5cff,
        Color::LightMagenta => 0xff00ff,
        Color::White => 0xffffff,
        other => panic!("{other:?} is not a colour of such a palette"),
    };
    let (fore, back) = (rgb(cell.fg, letters), rgb(cell.bg, page));
    match cell.modifier.contains(Modifier::REVERSED) {
        true => (back, fore),
        false => (fore, back),
    }
}

/// Screens of all kinds.
fn screens(theme: Theme) -> Vec<(&'static str, Buffer)> {
    let mut learner = Learner::new(120, 36);
    learner.theme = theme;
    let mut frames = vec![("course", learner.frame())];
    for (name, keys) in [
        ("help", "?"),
        ("lesson", "?\n"),
        ("next page", "l"),
        ("search", "/sendfile"),
    ] {
        learner.keys(keys);
        frames.push((name, learner.frame()));
    }
    learner.key(Key::Esc);
    learner.open(|app| app.asks_guess());
    frames.push(("prediction", learner.frame()));
    learner.keys("33\n ");
    learner.key(Key::Home);
    learner.key(Key::Right);
    frames.push(("run", learner.frame()));
    learner.open(|app| app.question().is_some());
    frames.push(("question", learner.frame()));
    learner.keys("1\n");
    frames.push(("answer", learner.frame()));
    learner.open(|app| app.name() == "lesson" && app.at().is_none());
    frames.push(("the end of a lesson", learner.frame()));
    for (name, keys) in [
        ("lab", "m"),
        ("lab with a result", "r"),
        ("experiments", "e"),
    ] {
        learner.keys(keys);
        frames.push((name, learner.frame()));
    }
    learner.key(Key::Esc);
    learner.key(Key::Esc);
    learner.key(Key::Esc);
    learner.keys("C");
    frames.push(("concept test", learner.frame()));
    let mut explorer = zclab::app::App::explorer(watched::server(40), false);
    let mut buf = Buffer::empty(learner.area);
    zclab::runtime::draw(&mut explorer, &theme, learner.area, &mut buf);
    frames.push(("explorer", buf));
    frames
}

#[path = "explorer/watched.rs"]
mod watched;

#[test]
fn everything_is_legible_on_a_white_a_black_and_a_silent_terminal() {
    const BLACK: (u32, u32) = (0xe5e5e5, 0x000000);
    const GREY: (u32, u32) = (0xd0d0d0, 0x191919);
    const WHITE: (u32, u32) = (0x000000, 0xffffff);
    let mut faults = Vec::new();
    for (palette, own_page, on_light, terminals) in [
        (Palette::Dark, false, false, &[BLACK, GREY][..]),
        (Palette::Light, false, false, &[WHITE]),
        (Palette::Contrast, false, false, &[BLACK]),
        (Palette::Dark, true, false, &[BLACK, WHITE]),
        (Palette::Light, true, false, &[BLACK, WHITE]),
        (Palette::Contrast, true, false, &[BLACK, WHITE]),
        (Palette::Sixteen, false, false, &[BLACK]),
        (Palette::Sixteen, false, true, &[WHITE]),
        (Palette::Sixteen, true, false, &[BLACK, WHITE]),
        (Palette::None, false, false, &[BLACK, WHITE]),
    ] {
        let theme = Theme {
            palette,
            own_page,
            on_light,
            ..Theme::default()
        };
        for (name, frame) in screens(theme) {
            for terminal in terminals {
                for (place, cell) in frame.content.iter().enumerate() {
                    let letter = cell.symbol().chars().next().unwrap_or(' ');
                    if letter == ' ' {
                        continue;
                    }
                    let (fore, back) = seen(cell, *terminal);
                    // Quiet words and ghosts are letters, too; what matters stands in the text's own colour, or strong.
                    let is_quiet =
                        cell.fg != Color::Reset && !cell.modifier.contains(Modifier::BOLD);
                    let is_behind = RULES.contains(&cell.fg); // an overlay
                    let least = match letter.is_alphanumeric() && !is_behind {
                        true if is_quiet && cell.fg != own(palette, own_page) => 3.0,
                        true => 4.5,
                        false => 1.5,
                    };
                    let found = contrast(fore, back);
                    if found < least {
                        let (x, y) = (place % 120, place / 120);
                        faults.push(format!(
                            "{palette:?} own page {own_page}, {name}, {x},{y} {letter:?}: {fore:06x} on {back:06x} is {found:.2}, not {least}"
                        ));
                    }
                }
            }
        }
    }
    faults.sort();
    faults.dedup_by_key(|fault| fault.split(": ").nth(1).map(str::to_owned));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The colours of rules, and of a page behind an overlay.
const RULES: [Color; 3] = [
    Color::Rgb(0x41, 0x46, 0x4e),
    Color::Rgb(0xbe, 0xc5, 0xcd),
    Color::Rgb(0x80, 0x80, 0x80),
];

/// The text's own colour.
fn own(palette: Palette, own_page: bool) -> Color {
    if !own_page {
        return Color::Reset;
    }
    match palette {
        Palette::Light => Color::from_u32(0x1c1e21),
        Palette::Contrast => Color::from_u32(0xffffff),
        Palette::Sixteen => Color::White,
        _ => Color::from_u32(0xd6d9de),
    }
}
