//! The playback: whatever position, speed and size, it stays true to the recording and never falls over.

mod golden;

use std::sync::Arc;
use std::time::{Duration, Instant};

use golden::{Maker, recording, source, spec, usual};
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use zclab::app::player::Player;
use zclab::figure::{Position, drawn};
use zclab::model::*;
use zclab::ui::player::{hit, render};
use zclab::ui::stage::layout::{Layout, StageSize};
use zclab::ui::theme::{Palette, Theme};

fn player(method: Method, sink: Sink) -> Player {
    Player::new(Arc::new(usual(method, sink)), source(method))
}

fn draw(player: &Player, width: u16, height: u16, ascii: bool, guess: Option<f64>) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    let palette = Palette::Dark;
    render(
        area,
        &mut buf,
        &Theme {
            palette,
            ascii,
            ..Theme::default()
        },
        player,
        guess,
    );
    let rows = (0..height).map(|y| {
        let row: String = (0..width).map(|x| buf[(x, y)].symbol()).collect();
        row.trim_end().to_owned()
    });
    rows.collect::<Vec<_>>().join("\n")
}

fn any_recording() -> impl Strategy<Value = (Method, Recording)> {
    (
        prop::sample::select(&Method::ALL[..]),
        prop::sample::select(&Sink::ALL[..]),
        0u64..200_000,
        1u64..70_000,
        any::<bool>(),
    )
        .prop_filter("not too many calls", |(_, _, size, chunk, _)| {
            size / chunk < 2_000
        })
        .prop_map(|(method, sink, size, chunk, cold)| {
            let cache = if cold { Cache::Cold } else { Cache::Warm };
            let sinks = method.sinks();
            let sink = if sinks.contains(&sink) {
                sink
            } else {
                sinks[0]
            };
            (method, recording(spec(method, sink, size, chunk, cache)))
        })
}

/// What a learner may do to a player.
#[derive(Clone, Debug)]
enum Deed {
    Toggle,
    Forward,
    Back,
    Home,
    End,
    Faster,
    Slower,
    Seek(usize),
    Tick(u64),
    Reduce(bool),
}

fn any_deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        Just(Deed::Toggle),
        Just(Deed::Forward),
        Just(Deed::Back),
        Just(Deed::Home),
        Just(Deed::End),
        Just(Deed::Faster),
        Just(Deed::Slower),
        (0usize..3_000).prop_map(Deed::Seek),
        (0u64..20_000).prop_map(Deed::Tick),
        any::<bool>().prop_map(Deed::Reduce),
    ]
}

fn perform(player: &mut Player, deed: &Deed) {
    match *deed {
        Deed::Toggle => player.toggle(),
        Deed::Forward => player.step_forward(),
        Deed::Back => player.step_back(),
        Deed::Home => player.home(),
        Deed::End => player.end(),
        Deed::Faster => player.faster(),
        Deed::Slower => player.slower(),
        Deed::Seek(call) => player.seek(call),
        Deed::Tick(ms) => player.tick(Duration::from_millis(ms)),
        Deed::Reduce(reduced) => player.set_reduced_motion(reduced),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nothing_a_learner_does_at_any_size_breaks_it(
        (method, recording) in any_recording(),
        deeds in prop::collection::vec(any_deed(), 1..20),
        width in 1u16..250, height in 1u16..80, ascii: bool,
        guess in prop::option::of(-5.0f64..1e6),
    ) {
        let mut player = Player::new(Arc::new(recording), source(method));
        for deed in &deeds {
            perform(&mut player, deed);
            draw(&player, width, height, ascii, guess);
            for (column, row) in [(0, 0), (width / 2, height / 2), (width - 1, height - 1)] {
                if let Some(call) = hit(Rect::new(0, 0, width, height), &player, column, row) {
                    prop_assert!(call < player.len());
                }
            }
            let counters = player.counters();
            prop_assert!(counters.so_far.syscalls <= counters.whole.syscalls);
            prop_assert!(counters.so_far.mode_switches <= counters.whole.mode_switches);
            prop_assert!(counters.so_far.copied_bytes <= counters.whole.copied_bytes);
        }
        player.end();
        prop_assert_eq!(player.counters().so_far, player.counters().whole);
        prop_assert_eq!(player.next_frame(), None);
    }

    #[test]
    fn time_only_goes_forward_and_ends(
        (method, recording) in any_recording(),
        steps in prop::collection::vec(0u64..3_000, 1..40),
    ) {
        let mut player = Player::new(Arc::new(recording), source(method));
        player.toggle();
        let mut last = (player.position(), player.counters().so_far);
        for step in steps {
            player.tick(Duration::from_millis(step));
            let now = (player.position(), player.counters().so_far);
            prop_assert!(now.0 >= last.0);
            prop_assert!(now.1.syscalls >= last.1.syscalls);
            prop_assert!(now.1.copied_bytes >= last.1.copied_bytes);
            prop_assert!(now.1.mode_switches >= last.1.mode_switches);
            last = now;
        }
        player.tick(Duration::from_secs(1_000_000));
        prop_assert!(!player.is_playing());
        prop_assert_eq!(player.counters().so_far, player.counters().whole);
    }

    #[test]
    fn a_step_forward_and_back_returns(
        (method, recording) in any_recording(), call in 0usize..2_000,
    ) {
        let mut player = Player::new(Arc::new(recording), source(method));
        player.seek(call);
        let before = (player.position(), draw(&player, 67, 33, false, None));
        player.step_forward();
        player.step_back();
        prop_assert_eq!(before.0, player.position());
        prop_assert_eq!(before.1, draw(&player, 67, 33, false, None));
    }
}

#[test]
fn the_fourteenth_call_is_in_the_kernel_at_27_mode_switches() {
    let mut player = player(Method::ReadWrite, Sink::Tcp);
    player.seek(13);
    let counters = player.counters();
    assert_eq!(
        (counters.so_far.syscalls, counters.so_far.mode_switches),
        (13, 27)
    );
    assert_eq!(counters.so_far.copied_bytes, 832 * Size::KIB);
    // It grows as the run is played: 832 KiB of 1 MiB.
    assert_eq!(counters.so_far.copies_per_byte, Some(0.8125));
    assert_eq!(counters.whole.copies_per_byte, Some(2.0));
    let drawn = draw(&player, 67, 33, false, Some(32.0));
    for words in [
        "▲ call 14 of 33",
        "you said 32 ▿",
        "384 KiB",
        "■━■━■━■",
        "the last returns 0",
    ] {
        assert!(drawn.contains(words), "{words} is missing in\n{drawn}");
    }
}

#[test]
fn at_the_start_nothing_has_happened_and_paused_nobody_wakes() {
    let mut player = player(Method::Sendfile, Sink::Tcp);
    assert_eq!(player.counters().so_far.mode_switches, 0);
    assert_eq!(player.next_frame(), None);
    player.tick(Duration::from_secs(5));
    assert_eq!(player.current(), 0, "a paused player moved");
    player.toggle();
    assert!(player.next_frame().is_some());
    player.tick(Duration::from_millis(66));
    assert!(draw(&player, 67, 33, false, None).contains("◆┄◆"));
}

#[test]
fn fast_and_reduced_motion_have_no_tokens() {
    let mut player = player(Method::Sendfile, Sink::Tcp);
    player.seek(3);
    let tokens = |player: &Player| draw(player, 67, 33, false, None).contains("◆┄◆");
    assert!(tokens(&player));
    player.set_reduced_motion(true);
    assert!(!tokens(&player));
    player.set_reduced_motion(false);
    for _ in 0..3 {
        player.faster();
    }
    assert_eq!(player.speed().name(), "8x");
    assert!(!tokens(&player));
}

/// Milliseconds that each call of a player takes, from its entry to its return.
fn lengths(mut player: Player) -> Vec<u64> {
    player.toggle();
    let (mut lengths, mut entered, mut done) = (Vec::new(), 0, 0);
    for now in 1..60_000 {
        let call = player.current();
        player.tick(Duration::from_millis(1));
        if player.current() != call {
            entered = now;
        }
        let returned = player.counters().so_far.syscalls;
        if returned > done {
            lengths.push(now - entered);
            done = returned;
        }
    }
    lengths
}

#[test]
fn a_reference_moves_at_once_and_a_copy_takes_time_in_proportion_to_its_bytes() {
    let of = |method| {
        let run = recording(spec(method, Sink::Tcp, 80 << 10, 64 << 10, Cache::Warm));
        lengths(Player::new(Arc::new(run), source(method)))
    };
    let near = |found: u64, expected: u64| found.abs_diff(expected) <= 2;
    // 64 KiB and 16 KiB, up and down, and the read that returns 0.
    let [a, b, c, d, _] = of(Method::ReadWrite)[..] else {
        panic!("{:?}", of(Method::ReadWrite));
    };
    assert!(
        near(a, 833) && near(b, 833) && near(c, 233) && near(d, 233),
        "{a} {b} {c} {d}"
    );
    let [a, b, _] = of(Method::Sendfile)[..] else {
        panic!("{:?}", of(Method::Sendfile));
    };
    assert!(near(a, 133) && near(b, 133), "{a} {b}");
}

#[test]
fn a_long_recording_is_played_in_twenty_seconds_and_can_be_scrubbed() {
    let long = recording(spec(
        Method::ReadWrite,
        Sink::Tcp,
        2048 * 4096,
        4096,
        Cache::Warm,
    ));
    let mut player = Player::new(Arc::new(long), source(Method::ReadWrite));
    assert_eq!(player.len(), 4097);
    player.toggle();
    player.tick(Duration::from_millis(10_000));
    assert!(
        (1_900..2_200).contains(&player.current()),
        "{}",
        player.current()
    );
    player.tick(Duration::from_millis(9_900));
    assert!(player.is_playing());
    player.tick(Duration::from_millis(200));
    assert!(player.is_at_end() && !player.is_playing());
}

#[test]
fn on_a_cold_cache_the_disk_fills_the_page_cache_before_the_copy_starts() {
    let cold = spec(
        Method::ReadWrite,
        Sink::Tcp,
        128 << 10,
        64 << 10,
        Cache::Cold,
    );
    let mut player = Player::new(Arc::new(recording(cold)), source(Method::ReadWrite));
    let page_cache = |player: &Player| {
        let drawn = draw(player, 67, 33, false, None);
        let row = drawn
            .lines()
            .skip_while(|row| !row.contains("page cache"))
            .nth(1);
        row.unwrap().chars().skip(9).take(20).collect::<String>()
    };
    assert!(
        !page_cache(&player).contains(['■', '▪']),
        "{}",
        page_cache(&player)
    );
    player.toggle();
    player.tick(Duration::from_millis(600));
    let drawn = draw(&player, 67, 33, false, None);
    assert!(drawn.contains("disk reading"), "{drawn}");
    assert!(!drawn.contains("■━") && !drawn.contains("━■"), "{drawn}");
    assert_eq!(player.counters().so_far.copied_bytes, 0);
    player.tick(Duration::from_millis(600));
    let drawn = draw(&player, 67, 33, false, None);
    assert!(!drawn.contains("reading"), "{drawn}");
    assert!(drawn.contains("■━") || drawn.contains("━■"), "{drawn}");
    assert_eq!(
        page_cache(&player).matches('■').count(),
        8,
        "half of it is there"
    );
}

#[test]
fn the_mode_switch_line_flashes_when_it_is_crossed_and_counts() {
    let mut player = player(Method::ReadWrite, Sink::Tcp);
    let line = |player: &Player| {
        let drawn = draw(player, 67, 33, false, None);
        drawn
            .lines()
            .find(|row| row.contains("mode switches"))
            .unwrap()
            .to_owned()
    };
    assert!(
        line(&player).starts_with("mode switches 0 ┈"),
        "{}",
        line(&player)
    );
    player.toggle();
    player.tick(Duration::from_millis(20));
    assert!(
        line(&player).starts_with("mode switches 1 ━━━"),
        "{}",
        line(&player)
    );
    player.tick(Duration::from_millis(300));
    assert!(
        line(&player).starts_with("mode switches 1 ┈┈┈"),
        "{}",
        line(&player)
    );
    player.set_reduced_motion(true);
    player.home();
    player.toggle();
    player.tick(Duration::from_millis(20));
    assert!(
        line(&player).starts_with("mode switches 1 ┈┈┈"),
        "{}",
        line(&player)
    );
}

#[test]
fn two_recordings_race_on_one_time_scale() {
    let [a, b] = [Method::ReadWrite, Method::Sendfile].map(|method| player(method, Sink::Tcp));
    let mut race = Player::racing([&a, &b]).unwrap();
    race.toggle();
    // 55 us of 1.3 ms: the reference has arrived, the copy is still on its way.
    race.tick(Duration::from_secs(20).mul_f64(55.0 / 1311.0));
    for (width, height) in [(116, 31), (76, 19), (56, 16), (196, 55)] {
        for ascii in [false, true] {
            let drawn = draw(&race, width, height, ascii, None);
            for words in ["read-write", "sendfile", "stretched 15 25"] {
                assert!(drawn.contains(words), "{width}x{height}: {words}\n{drawn}");
            }
            assert_eq!(drawn.is_ascii(), ascii, "{drawn}");
        }
    }
    let drawn = draw(&race, 116, 31, false, None);
    assert!(drawn.contains("━■"), "{drawn}");
    let handed: Vec<_> = drawn.lines().filter(|row| row.contains("KiB ─╯")).collect();
    assert_eq!(handed.len(), 1, "one queue holds something: {drawn}");
    race.tick(Duration::from_secs(10));
    let drawn = draw(&race, 116, 31, false, None);
    assert!(drawn.contains("done at 671"), "{drawn}");
    race.tick(Duration::from_secs(10));
    assert!(race.is_at_end() && race.next_frame().is_none());
    let drawn = draw(&race, 116, 31, false, None);
    assert!(
        drawn.contains("66 mode switches") && drawn.contains("34 mode switches"),
        "{drawn}"
    );
}

fn classic() -> Player {
    let text = include_str!("../assets/figures/classic-path.toml");
    Player::figure(zclab::figure::figure("classic-path", text).unwrap())
}

#[test]
fn a_step_of_a_drawn_figure_moves_and_then_stands_still() {
    let mut figure = classic();
    figure.step_forward();
    figure.tick(Duration::from_millis(400));
    let drawn = draw(&figure, 67, 33, false, None);
    assert!(drawn.contains("━■━■"), "{drawn}");
    figure.tick(Duration::from_millis(600));
    assert_eq!((figure.current(), figure.next_frame()), (1, None));
    // Played, it goes on by itself to its end.
    figure.toggle();
    figure.tick(Duration::from_secs(60));
    assert!(figure.is_at_end() && !figure.is_playing());
    figure.set_reduced_motion(true);
    figure.step_back();
    figure.step_forward();
    assert!(!figure.is_playing());
}

#[test]
fn a_tag_stays_at_its_wire() {
    let mut figure = classic();
    let column = |figure: &Player| {
        let drawn = draw(figure, 67, 33, false, None);
        let row = drawn
            .lines()
            .find(|row| row.contains(" read"))
            .unwrap()
            .to_owned();
        row.find("read").map(|at| row[..at].chars().count())
    };
    let at_first = column(&figure);
    figure.seek(1);
    assert_eq!(column(&figure), at_first);
}

#[test]
fn a_click_on_the_score_goes_to_its_call() {
    let player = player(Method::ReadWrite, Sink::Tcp);
    let area = Rect::new(3, 2, 67, 33);
    let rows = draw(&player, 67, 33, false, None);
    let row = rows
        .lines()
        .position(|row| row.starts_with("read "))
        .unwrap();
    let start = rows
        .lines()
        .nth(row)
        .unwrap()
        .chars()
        .position(|c| "■□".contains(c));
    let start = start.unwrap() as u16;
    for call in [0, 13, 32] {
        let hit = hit(area, &player, area.x + start + call, area.y + row as u16);
        assert_eq!(hit, Some(usize::from(call)));
    }
    assert_eq!(hit(area, &player, area.x, area.y), None);
}

#[test]
fn failed_unknown_and_empty_calls_are_shown_as_what_they_are() {
    let mut maker = Maker::new(Sink::Tcp);
    maker.call("write", [4, 0x1000, 65536, 0, 0, 0], &[1], -32);
    maker.call("syscall_999", [0; 6], &[], 7);
    maker.call("read", [3, 0x1000, 65536, 0, 0, 0], &[0], 1000);
    let run = maker.done(spec(
        Method::ReadWrite,
        Sink::Tcp,
        65536,
        65536,
        Cache::Warm,
    ));
    let mut player = Player::new(Arc::new(run), source(Method::ReadWrite));
    let said = |player: &Player| player.sentence();
    assert!(said(&player).contains("failed"), "{}", said(&player));
    assert!(draw(&player, 67, 33, false, None).contains('×'));
    player.seek(1);
    assert!(
        said(&player).contains("nothing is known"),
        "{}",
        said(&player)
    );
    player.seek(2);
    assert!(said(&player).contains("less than the"), "{}", said(&player));
}

#[test]
fn a_recording_without_calls_is_a_stage_and_a_sentence() {
    let mut run = usual(Method::Sendfile, Sink::Tcp);
    run.trace = None;
    let mut player = Player::new(Arc::new(run), source(Method::Sendfile));
    player.toggle();
    player.step_forward();
    player.end();
    let drawn = draw(&player, 67, 33, false, Some(3.0));
    assert!(drawn.contains("No call was recorded"), "{drawn}");
}

#[test]
fn a_shipped_recording_is_marked_at_every_size() {
    let mut run = usual(Method::MmapWrite, Sink::Tcp);
    run.origin = Origin::Shipped;
    let player = Player::new(Arc::new(run), source(Method::MmapWrite));
    for (width, height) in [(124, 55), (67, 33), (76, 20), (56, 14)] {
        let drawn = draw(&player, width, height, false, None);
        assert!(
            drawn.contains("not on this machine"),
            "{width}x{height}\n{drawn}"
        );
    }
}

/// Generous: the floor for a key is 20 ms in a release build; this only tells a frame from a walk through a million
/// calls. Time spent is printed.
#[test]
fn a_million_calls_cost_a_frame_no_more_than_few() {
    let size = 500_000 * 4096;
    let run = recording(spec(Method::ReadWrite, Sink::Tcp, size, 4096, Cache::Warm));
    let began = Instant::now();
    let mut player = Player::new(Arc::new(run), source(Method::ReadWrite));
    eprintln!("a player of {} calls: {:?}", player.len(), began.elapsed());
    assert!(player.len() > 1_000_000);
    let mut frames = Vec::new();
    for call in (0..player.len()).step_by(99_991) {
        let began = Instant::now();
        player.seek(call);
        let drawn = draw(&player, 124, 55, false, Some(32.0));
        frames.push(began.elapsed());
        assert!(drawn.contains("of 1 000 001"), "{drawn}");
    }
    frames.sort();
    eprintln!(
        "key to frame: median {:?}, worst {:?}",
        frames[frames.len() / 2],
        frames.last()
    );
    assert!(frames[frames.len() / 2] < Duration::from_millis(500));
}

fn snapshot(name: &str, player: &Player, guess: Option<f64>) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (width, height) in [(67, 33), (76, 20), (124, 55), (56, 14)] {
            for (ascii, glyphs) in [(false, "unicode"), (true, "ascii")] {
                let name = format!("player-{name}-{width}x{height}-{glyphs}");
                insta::assert_snapshot!(name, draw(player, width, height, ascii, guess));
            }
        }
    });
}

#[test]
fn it_looks_like_this() {
    let mut shown = player(Method::ReadWrite, Sink::Tcp);
    shown.seek(13);
    snapshot("read-write", &shown, Some(32.0));
    let mut shown = player(Method::Sendfile, Sink::Tcp);
    shown.seek(7);
    snapshot("sendfile", &shown, Some(16.0));
    let cold = spec(Method::MmapWrite, Sink::Tcp, Size::MIB, 65536, Cache::Cold);
    let mut shown = Player::new(Arc::new(recording(cold)), source(Method::MmapWrite));
    shown.seek(7);
    snapshot("mmap-cold", &shown, None);
    let cold = spec(
        Method::ReadWrite,
        Sink::Tcp,
        128 << 10,
        64 << 10,
        Cache::Cold,
    );
    let mut shown = Player::new(Arc::new(recording(cold)), source(Method::ReadWrite));
    shown.toggle();
    shown.tick(Duration::from_millis(600));
    snapshot("cold-dma", &shown, None);
    let mut shown = classic();
    shown.seek(2);
    snapshot("drawn", &shown, None);
}

#[test]
fn every_hop_of_a_figure_has_a_wire() {
    for (name, text) in zclab::embedded::figures() {
        let figure = zclab::figure::figure(name, text).unwrap();
        let layout = Layout::new(StageSize::Medium, drawn::plan(&figure), 67);
        let end = Position {
            call: figure.steps.len() - 1,
            time: Duration::MAX,
        };
        let scene = drawn::scene(&figure, end, true);
        let edges = scene.edges.iter();
        let lost: Vec<_> = edges
            .filter(|view| layout.wire(view.edge).is_none())
            .collect();
        assert!(lost.is_empty(), "{name}: {lost:?}");
        let hops = figure.steps.iter().flat_map(|step| &step.hops);
        for end in hops.flat_map(|hop| [hop.from, hop.to]) {
            let name_of = |place| {
                if place == Place::Device {
                    "NIC"
                } else {
                    "disk"
                }
            };
            if matches!(end, Place::Device | Place::Disk) {
                assert!(
                    scene.boxes.iter().any(|view| view.name == name_of(end)),
                    "{name}: {end:?}"
                );
            }
        }
    }
}

#[test]
fn every_figure_of_the_course_can_be_drawn() {
    for (name, text) in zclab::embedded::figures() {
        let figure =
            zclab::figure::figure(name, text).unwrap_or_else(|fault| panic!("{name}:{fault}"));
        let steps = figure.steps.len();
        let mut player = Player::figure(figure);
        for step in 0..steps {
            player.seek(step);
            for (width, height) in [(67, 33), (76, 20), (124, 55), (56, 14), (20, 5)] {
                let drawn = draw(&player, width, height, false, None);
                if width > 50 {
                    assert!(
                        drawn.contains("drawn, not recorded"),
                        "{name} at {width}\n{drawn}"
                    );
                }
            }
        }
    }
}
