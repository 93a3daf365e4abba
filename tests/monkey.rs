//! Random keys, clicks and sizes: nothing panics, and the screen is always whole.

mod screen;

use ratatui::layout::Rect;
use screen::Learner;
use zclab::{
    app::{Event, Key, Mouse},
    ui::theme::{Palette, Theme},
};

/// Numbers that a seed determines: xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

const NAMED: [Key; 13] = [
    Key::Up,
    Key::Down,
    Key::Left,
    Key::Right,
    Key::Enter,
    Key::Esc,
    Key::Tab,
    Key::Backspace,
    Key::Home,
    Key::End,
    Key::PageUp,
    Key::PageDown,
    Key::Ctrl('z'),
];
const SIZES: [(u16, u16); 10] = [
    (1, 1),
    (3, 2),
    (59, 18),
    (60, 17),
    (60, 18),
    (79, 24),
    (80, 24),
    (120, 36),
    (200, 60),
    (300, 100),
];

#[test]
fn thousands_of_random_steps() {
    for seed in 1..=4u64 {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut learner = Learner::new(120, 36);
        for _ in 0..1500 {
            match random.below(20) {
                0 => {
                    let (width, height) = SIZES[random.below(10) as usize];
                    learner.area = Rect::new(0, 0, width, height);
                    learner.screen();
                }
                1 => {
                    let (x, y) = (random.below(200) as u16, random.below(60) as u16);
                    learner.mouse(Mouse::Press(x, y));
                }
                2 => drop(learner.mouse(Mouse::Drag(
                    random.below(200) as u16,
                    random.below(60) as u16,
                ))),
                3 => drop(learner.mouse(Mouse::Wheel(if random.below(2) == 0 { -1 } else { 1 }))),
                4 => drop(learner.event(Event::Tick(std::time::Duration::from_millis(
                    random.below(400),
                )))),
                5..8 => drop(learner.key(NAMED[random.below(13) as usize])),
                8 => drop(learner.keys("n")),
                _ => {
                    let c = char::from(b' ' + random.below(95) as u8);
                    learner.key(Key::Char(c));
                }
            }
        }
    }
}

#[test]
fn ascii_frames_are_ascii_at_every_size_on_every_page() {
    for (width, height) in SIZES {
        let mut learner = Learner::new(width, height);
        learner.theme = Theme {
            palette: Palette::None,
            ascii: true,
            ..Theme::default()
        };
        for _ in 0..40 {
            learner.key(Key::Enter);
            let shown = learner.keys("n");
            assert!(shown.is_ascii(), "{shown}");
        }
        let shown = learner.keys("?");
        assert!(shown.is_ascii(), "{shown}");
    }
}
