//! Prints one moment of the player with colours: a way to look at it without the program around it.
//!
//!     cargo run --example still -- read-write tcp 67x33 14 [--ascii] [--light] [--cold] [--chunk BYTES] [--size BYTES]
//!     cargo run --example still -- figure:assets/figures/classic-path.toml - 67x33 3

#[path = "../tests/golden/mod.rs"]
mod golden;

use std::fmt::Write;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use zclab::app::player::Player;
use zclab::model::{Cache, Origin, Size};
use zclab::ui::{player, theme};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let flag = |name: &str| args.iter().any(|arg| arg == name);
    let value = |name: &str| {
        let at = args.iter().position(|arg| arg == name)?;
        args[at + 1].parse::<Size>().ok()
    };
    let (width, height) = args[2].split_once('x').expect("WIDTHxHEIGHT");
    let area = Rect::new(0, 0, width.parse().unwrap(), height.parse().unwrap());
    let call: usize = args[3].parse().expect("a call, from 1");
    let mut shown = match args[0].strip_prefix("figure:") {
        Some(path) => {
            let text = std::fs::read_to_string(path).unwrap();
            Player::figure(zclab::figure::figure("x", &text).unwrap_or_else(|e| panic!("{e}")))
        }
        None => {
            let method = args[0].parse().unwrap();
            let size = value("--size").unwrap_or(Size(Size::MIB)).0;
            let chunk = value("--chunk").unwrap_or(Size(64 * Size::KIB)).0;
            let cache = if flag("--cold") {
                Cache::Cold
            } else {
                Cache::Warm
            };
            let spec = golden::spec(method, args[1].parse().unwrap(), size, chunk, cache);
            if flag("--before") {
                Player::before_run(spec)
            } else {
                let mut recording = golden::recording(spec);
                if flag("--shipped") {
                    recording.origin = Origin::Shipped;
                }
                Player::new(Arc::new(recording), golden::source(method))
            }
        }
    };
    shown.seek(call - 1);
    if flag("--end") {
        shown.end();
    }
    let palette = match () {
        _ if flag("--light") => theme::Palette::Light,
        _ if flag("--none") => theme::Palette::None,
        _ if flag("--16") => theme::Palette::Sixteen,
        _ => theme::Palette::Dark,
    };
    let theme = theme::Theme {
        palette,
        ascii: flag("--ascii"),
        ..theme::Theme::default()
    };
    let mut buf = Buffer::empty(area);
    let guess = flag("--guess").then_some(32.0);
    player::render(area, &mut buf, &theme, &shown, guess);
    print!("{}", ansi(&buf));
    if flag("--wait") {
        let _ = std::io::stdin().read_line(&mut String::new());
    }
}

fn ansi(buf: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buf.area.height {
        for x in 0..buf.area.width {
            let cell = &buf[(x, y)];
            let _ = write!(out, "{}{}\x1b[0m", sgr(cell.style()), cell.symbol());
        }
        if y + 1 < buf.area.height {
            out.push_str("\r\n");
        }
    }
    out
}

fn sgr(style: Style) -> String {
    let mut out = String::new();
    for (colour, base) in [(style.fg, 38), (style.bg, 48)] {
        match colour {
            Some(Color::Rgb(r, g, b)) => {
                let _ = write!(out, "\x1b[{base};2;{r};{g};{b}m");
            }
            Some(Color::Red) => out.push_str("\x1b[31m"),
            Some(Color::Green) => out.push_str("\x1b[32m"),
            Some(Color::Yellow) => out.push_str("\x1b[33m"),
            Some(Color::Blue) => out.push_str("\x1b[34m"),
            Some(Color::Magenta) => out.push_str("\x1b[35m"),
            _ => {}
        }
    }
    for (modifier, code) in [
        (Modifier::BOLD, 1),
        (Modifier::DIM, 2),
        (Modifier::REVERSED, 7),
    ] {
        if style.add_modifier.contains(modifier) {
            let _ = write!(out, "\x1b[{code}m");
        }
    }
    out
}
