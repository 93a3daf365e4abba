//! The explorer of a watched program: keys in, screen out, at every size that is promised.

use std::{ops::Deref, time::Duration};

use ratatui::{buffer::Buffer, layout::Rect, style::Color};
use zclab::{
    app::{
        App, Effect, Event, Key, Screen,
        screens::explorer::{ExplorerScreen, List},
    },
    model::{Call, Hop, NO_FLOW, TraceReport},
    runtime,
    ui::theme::{Palette, Theme},
};

#[path = "explorer/watched.rs"]
mod watched;

use watched::server;

/// The explorer as a program, without its threads.
struct Session {
    app: App,
}

impl Session {
    fn new(report: TraceReport, running: bool) -> Session {
        Session {
            app: App::explorer(report, running),
        }
    }

    fn on_snapshot(&mut self, report: TraceReport, running: bool) {
        self.app.update(Event::Snapshot(Box::new(report), running));
    }

    fn tick(&mut self, elapsed: Duration) {
        self.app.update(Event::Tick(elapsed));
    }

    fn press(&mut self, key: Key) -> Vec<Effect> {
        self.app.update(Event::Key(key))
    }
}

impl Deref for Session {
    type Target = ExplorerScreen;

    fn deref(&self) -> &ExplorerScreen {
        match self.app.screen() {
            Screen::Explorer(explorer) => explorer,
            _ => panic!("the explorer is not open"),
        }
    }
}

fn drawn(explorer: &mut Session, (width, height): (u16, u16), theme: &Theme) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    runtime::draw(&mut explorer.app, theme, area, &mut buf);
    buf
}

fn text(buf: &Buffer) -> String {
    let area = buf.area;
    let row = |y| {
        (0..area.width)
            .map(|x| buf[(x, y)].symbol())
            .collect::<String>()
    };
    let rows: Vec<_> = (0..area.height)
        .map(|y| row(y).trim_end().to_owned())
        .collect();
    rows.join("\n")
}

fn screen(explorer: &mut Session) -> String {
    text(&drawn(explorer, (120, 36), &Theme::default()))
}

fn press(explorer: &mut Session, keys: &[Key]) {
    for key in keys {
        assert_eq!(explorer.press(*key), []);
    }
}

fn type_in(explorer: &mut Session, text: &str) {
    press(explorer, &[Key::Char('/')]);
    text.chars()
        .for_each(|letter| press(explorer, &[Key::Char(letter)]));
}

fn names(explorer: &Session) -> Vec<&str> {
    explorer
        .groups()
        .map(|group| group.flow.from.name.as_str())
        .collect()
}

#[test]
fn the_explorer_at_each_size() {
    let mut frames = String::new();
    for size in [(60, 18), (80, 24), (120, 36), (200, 60)] {
        let mut explorer = Session::new(server(40), false);
        press(&mut explorer, &[Key::Down]);
        let flows = text(&drawn(&mut explorer, size, &Theme::default()));
        press(&mut explorer, &[Key::Enter, Key::Down, Key::Down]);
        let calls = text(&drawn(&mut explorer, size, &Theme::default()));
        frames += &format!("{}x{}\n{flows}\n\n{calls}\n\n", size.0, size.1);
    }
    insta::assert_snapshot!("explorer", frames);
}

#[test]
fn the_help_does_not_promise_a_place_that_nobody_keeps() {
    let mut explorer = Session::new(server(40), false);
    press(&mut explorer, &[Key::Char('?')]);
    let help = screen(&mut explorer);
    assert!(help.contains("quit") && !help.contains("place"), "{help}");
}

#[test]
fn without_colours_and_in_ascii_the_bands_are_lines() {
    let mut explorer = Session::new(server(40), false);
    let plain = Theme {
        palette: Palette::None,
        ..Theme::default()
    };
    let frame = text(&drawn(&mut explorer, (120, 36), &plain));
    assert!(frame.contains("━━━") && frame.contains("┄┄┄"), "{frame}");
    let ascii = Theme {
        ascii: true,
        ..Theme::default()
    };
    let frame = text(&drawn(&mut explorer, (120, 36), &ascii));
    assert!(
        frame.is_ascii() && frame.contains("===") && !frame.replace("? help", "").contains('?'),
        "{frame}"
    );
}

#[test]
fn what_is_copied_rises_over_the_mode_switch_and_height_is_bytes() {
    let mut explorer = Session::new(server(40), false);
    let theme = Theme::default();
    let buf = drawn(&mut explorer, (120, 36), &theme);
    let shown = text(&buf);
    let line = shown
        .lines()
        .position(|line| line.contains("mode switch"))
        .unwrap() as u16;
    // In half rows: two for a cell that a tint fills, one for a half block.
    let height = |copied: bool, rows: std::ops::Range<u16>| {
        let tint = |selected| theme.band(copied, selected).bg;
        let of = |colour| colour == tint(true) || colour == tint(false);
        let halves = rows.map(|y| {
            let cell = &buf[(60, y)];
            let full = cell.symbol() != "▀" && cell.symbol() != "▄";
            match full {
                true => 2 * u32::from(of(Some(cell.bg))),
                false => u32::from(of(Some(cell.fg))) + u32::from(of(Some(cell.bg))),
            }
        });
        halves.sum::<u32>()
    };
    assert_eq!(height(false, 0..line), 0, "references stay below\n{shown}");
    assert!(
        height(true, 0..line) > 0,
        "what goes through memory rises\n{shown}"
    );
    // 400 KB that the kernel copies by itself stay below, as a thin band or line.
    assert!(height(true, line + 1..19) <= 2, "{shown}");
    assert!(
        shown
            .lines()
            .skip(usize::from(line))
            .any(|line| line.contains("old.bin"))
    );
    // 8 MiB below; 2, 1.1 and 0.6 MiB above.
    let ratio = f64::from(height(false, line + 1..19)) / f64::from(height(true, 0..line));
    assert!((1.7..3.0).contains(&ratio), "{ratio}\n{shown}");
}

/// How often a band of this colour rises over the line of the mode switch and comes down again.
fn rises(buf: &Buffer, colour: Color) -> usize {
    let shown = text(buf);
    let line = shown.lines().position(|line| line.contains("mode switch"));
    let line = line.expect("the line of the mode switch") as u16;
    let crosses: Vec<bool> = (0..buf.area.width)
        .map(|x| {
            let cell = &buf[(x, line)];
            cell.bg == colour || (cell.fg == colour && "▀▄".contains(cell.symbol()))
        })
        .collect();
    let climbs_and_descents = crosses.chunk_by(|a, b| a == b).filter(|run| run[0]).count();
    climbs_and_descents.div_ceil(2)
}

#[test]
fn a_flow_rises_once_for_each_program_that_it_passes_and_the_selected_one_lies_above() {
    let theme = Theme::default();
    let selected = theme.band(true, true).bg.unwrap();
    for (copies, expected) in [(2, 1), (4, 2), (6, 3)] {
        let mut report = server(40);
        let copied = |hop: &mut Hop| hop.bytes = (2 << 20) * copies / 2;
        let flow = &mut report.flows[1];
        assert_eq!(flow.bytes, 2 << 20);
        flow.copy_path.iter_mut().for_each(copied);
        let mut explorer = Session::new(report, false);
        press(&mut explorer, &[Key::Down]);
        let buf = drawn(&mut explorer, (120, 36), &theme);
        assert_eq!(rises(&buf, selected), expected, "{}", text(&buf));
    }
}

#[test]
fn what_is_small_beside_the_largest_is_drawn_where_it_is_selected_only() {
    let mut explorer = Session::new(server(40), false);
    let picture = |frame: String| frame.lines().take(19).collect::<Vec<_>>().join("\n");
    let shown = picture(screen(&mut explorer));
    assert!(
        !shown.contains("access.log") && shown.contains("video.bin"),
        "{shown}"
    );
    press(&mut explorer, &[Key::End]);
    let shown = picture(screen(&mut explorer));
    assert!(
        shown.contains("access.log") && shown.contains("video.bin"),
        "{shown}"
    );
}

#[test]
fn playing_moves_the_bytes_of_each_call_along_its_part_of_the_way() {
    let mut explorer = Session::new(server(40), false);
    // Read and written in turn, by one program: up and down again.
    press(&mut explorer, &[Key::Down, Key::Char(' ')]);
    let token = |explorer: &mut Session| {
        let frame = screen(explorer);
        let picture: Vec<&str> = frame.lines().take(20).collect();
        let columns = picture
            .iter()
            .flat_map(|line| line.chars().position(|c| c == '■'));
        columns
            .min()
            .unwrap_or_else(|| panic!("nothing moves\n{frame}"))
    };
    let half_a_call = Duration::from_secs_f64(0.5 / 8.0);
    let mut places = Vec::new();
    for _ in 0..4 {
        places.push(token(&mut explorer));
        explorer.tick(half_a_call);
    }
    assert!(places.is_sorted() && places[0] < places[3], "{places:?}");
    // The next call begins where the bytes come from.
    assert!(token(&mut explorer) < places[3]);
    press(&mut explorer, &[Key::Char(' ')]);
    let still = screen(&mut explorer);
    assert!(
        !still.lines().take(20).any(|line| line.contains('■')),
        "{still}"
    );
}

#[test]
fn the_selected_flow_says_what_would_save_what() {
    let mut explorer = Session::new(server(40), false);
    assert!(
        screen(&mut explorer).contains("not copied by the CPU: 40 sendfile, 80 mode switches.")
    );
    press(&mut explorer, &[Key::Down]);
    let shown = screen(&mut explorer);
    assert!(
        shown.contains("copied 2.0 times by the CPU: 20 readv, 20 writev"),
        "{shown}"
    );
    assert!(
        shown.contains("splice through a pipe would save 2 CPU copies"),
        "{shown}"
    );
}

#[test]
fn a_filter_finds_flows_and_escape_shows_all_again() {
    let mut explorer = Session::new(server(40), false);
    type_in(&mut explorer, "logo");
    assert_eq!(names(&explorer), ["/srv/logo.svg"]);
    press(
        &mut explorer,
        &[
            Key::Backspace,
            Key::Backspace,
            Key::Backspace,
            Key::Backspace,
        ],
    );
    press(&mut explorer, &[Key::Enter]);
    assert_eq!(explorer.groups().len(), 6);
    type_in(&mut explorer, "copies to save");
    press(&mut explorer, &[Key::Enter]);
    assert_eq!(
        names(&explorer),
        ["127.0.0.1:18081 > 127.0.0.1:50000", "/srv/logo.svg"]
    );
    assert!(screen(&mut explorer).contains("/copies to save"));
    press(&mut explorer, &[Key::Esc]);
    assert_eq!(explorer.groups().len(), 6);
}

#[test]
fn connections_that_are_alike_are_one_row() {
    let mut watched = server(40);
    let mut twin = watched.flows[0].clone();
    twin.to.name = "10.0.0.1:80 > 10.0.0.2:40009".to_owned();
    watched.flows.push(twin);
    let calls = watched.flow_of.iter_mut().filter(|flow| **flow == 0);
    let number = calls.enumerate().fold(0, |number, (place, flow)| {
        *flow = if place % 4 == 0 { 6 } else { 0 };
        number + 1
    });
    let mut explorer = Session::new(watched, false);
    let shown = screen(&mut explorer);
    assert!(shown.contains("video.bin → tcp 2 connections"), "{shown}");
    assert!(shown.contains("MiB   sendfile ×80"), "{shown}");
    assert_eq!(explorer.calls().len(), number);
    // One of them is found by its address, and its calls alone.
    type_in(&mut explorer, "40009");
    assert_eq!(explorer.groups().len(), 1);
    assert_eq!(explorer.calls().len(), number.div_ceil(4));
}

#[test]
fn a_search_finds_calls_of_the_flow() {
    let mut explorer = Session::new(server(40), false);
    press(&mut explorer, &[Key::Down]); // the proxied answer, by readv and writev
    assert_eq!(explorer.calls().len(), 40);
    // No flow and no call has this.
    type_in(&mut explorer, "EPIPE");
    press(&mut explorer, &[Key::Enter, Key::Enter]);
    assert_eq!(explorer.calls().len(), 0);
    assert!(screen(&mut explorer).contains("none fits the search"));
}

#[test]
fn by_thread_only_its_calls_are_shown() {
    let mut explorer = Session::new(server(40), false);
    press(&mut explorer, &[Key::Tab, Key::Enter]);
    assert_eq!(explorer.calls().len(), 20);
    let shown = screen(&mut explorer);
    assert!(
        shown.contains("thread 4711 server") && !shown.contains("4712 worker"),
        "{shown}"
    );
    press(&mut explorer, &[Key::Tab]);
    assert!(screen(&mut explorer).contains("4712 worker"));
    press(&mut explorer, &[Key::Tab]);
    assert_eq!((explorer.task, explorer.calls().len()), (None, 40));
}

#[test]
fn the_calls_behind_a_flow_are_walked_and_played() {
    let mut explorer = Session::new(server(40), false);
    press(&mut explorer, &[Key::Down, Key::Enter]);
    assert_eq!(explorer.list, List::Calls);
    assert!(screen(&mut explorer).contains("call 1 of 40"));
    press(
        &mut explorer,
        &[Key::Down, Key::Right, Key::Left, Key::PageDown],
    );
    assert!(screen(&mut explorer).contains("call 12 of 40"));
    press(&mut explorer, &[Key::End]);
    assert!(screen(&mut explorer).contains("call 40 of 40"));
    press(&mut explorer, &[Key::Home, Key::Char(' ')]);
    assert!(explorer.playing && explorer.app.next_frame().is_some());
    explorer.tick(Duration::from_secs(1));
    assert!(
        screen(&mut explorer).contains("call 9 of 40"),
        "eight calls a second"
    );
    press(&mut explorer, &[Key::Char(']')]);
    explorer.tick(Duration::from_secs(1));
    assert!(screen(&mut explorer).contains("call 25 of 40"));
    explorer.tick(Duration::from_secs(9));
    assert!(
        !explorer.playing && explorer.app.next_frame().is_none(),
        "it stops at the end"
    );
    press(&mut explorer, &[Key::Esc]);
    assert_eq!(explorer.list, List::Flows);
    assert_eq!(explorer.press(Key::Char('q')), [Effect::Quit]);
}

#[test]
fn while_the_program_runs_its_calls_are_listed_and_the_last_one_is_followed() {
    let mut explorer = Session::new(server(0), true);
    explorer.on_snapshot(server(10), true);
    press(&mut explorer, &[Key::Enter]);
    assert!(screen(&mut explorer).contains("call 10 of 10") || explorer.call == 0);
    press(&mut explorer, &[Key::End]);
    explorer.on_snapshot(server(30), true);
    let shown = screen(&mut explorer);
    assert!(
        shown.contains("call 30 of 30") && shown.contains("running"),
        "{shown}"
    );
    // One that is looked at stays under the eye.
    press(&mut explorer, &[Key::Up, Key::Up]);
    let looked_at = explorer.watched.trace.calls[explorer.calls()[explorer.call] as usize].start_ns;
    explorer.on_snapshot(server(50), true);
    assert_eq!(
        explorer.watched.trace.calls[explorer.calls()[explorer.call] as usize].start_ns,
        looked_at
    );
    assert_eq!(explorer.press(Key::Ctrl('c')), [Effect::Interrupt]);
}

#[test]
fn the_largest_flow_is_selected_until_somebody_chooses() {
    let mut early = server(10);
    early.flows.drain(..5);
    for flow in &mut early.flow_of {
        *flow = flow.checked_sub(5).unwrap_or(NO_FLOW);
    }
    let mut explorer = Session::new(early, true);
    let selected = |explorer: &Session| explorer.selected().unwrap().flow.to.name.clone();
    assert_eq!(selected(&explorer), "/var/log/access.log");
    explorer.on_snapshot(server(10), true);
    assert_eq!(selected(&explorer), "10.0.0.1:80 > 10.0.0.2:40001");
    press(&mut explorer, &[Key::End]);
    explorer.on_snapshot(server(20), true);
    assert_eq!(selected(&explorer), "/var/log/access.log");
}

#[test]
fn a_million_calls_are_searched_and_take_a_hundred_bytes_each() {
    // A call, its flow, its places in the list of those that moved bytes and in the one behind the flow.
    assert!(size_of::<Call>() + 3 * size_of::<u32>() <= 100);
    let mut explorer = Session::new(server(200_000), false);
    let all = zclab::model::grouped(200_000);
    press(&mut explorer, &[Key::Down, Key::Enter, Key::End]);
    assert!(screen(&mut explorer).contains(&format!("call {all} of {all}")));
    // Where a text is in the flow itself, all its calls are meant.
    type_in(&mut explorer, "50000");
    assert_eq!(explorer.calls().len(), 200_000);
    type_in(&mut explorer, "not there");
    press(&mut explorer, &[Key::Enter]);
    type_in(&mut explorer, "not there");
    assert_eq!(explorer.calls().len(), 0);
}
