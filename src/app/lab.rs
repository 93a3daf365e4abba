//! The free lab: choose a transfer, run it, keep two results side by side, play either.

use super::{Command, Outcome, player::Player};
use crate::model::{Cache, Method, Sink, Size, TransferSpec};

/// The settings of the form, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// The method.
    Method,
    /// The sink.
    Sink,
    /// The size.
    Size,
    /// The chunk.
    Chunk,
    /// Warm or cold.
    Cache,
}

impl Setting {
    /// Every setting.
    pub const ALL: [Setting; 5] = [
        Setting::Method,
        Setting::Sink,
        Setting::Size,
        Setting::Chunk,
        Setting::Cache,
    ];

    /// Its name on the form.
    pub fn title(self) -> &'static str {
        match self {
            Setting::Method => "method",
            Setting::Sink => "to",
            Setting::Size => "size",
            Setting::Chunk => "chunk",
            Setting::Cache => "cache",
        }
    }

    /// Its value in a spec, as shown.
    pub fn value(self, spec: &TransferSpec) -> String {
        match self {
            Setting::Method => spec.method.to_string(),
            Setting::Sink => spec.to.to_string(),
            Setting::Size => spec.size.to_string(),
            Setting::Chunk => spec.chunk.to_string(),
            Setting::Cache => spec.cache.to_string(),
        }
    }
}

const SIZES: [u64; 9] = [
    0,
    1,
    4 * Size::KIB,
    64 * Size::KIB,
    Size::MIB,
    16 * Size::MIB,
    64 * Size::MIB,
    256 * Size::MIB,
    Size::GIB,
];
const CHUNKS: [u64; 6] = [
    4 * Size::KIB,
    16 * Size::KIB,
    64 * Size::KIB,
    256 * Size::KIB,
    Size::MIB,
    16 * Size::MIB,
];

/// One kept result.
pub struct Side {
    /// What came of it.
    pub outcome: Outcome,
    /// Its playback.
    pub player: Player,
}

/// The free lab.
pub struct LabScreen {
    /// What the next run does.
    pub spec: TransferSpec,
    /// The chosen setting.
    pub setting: usize,
    /// The kept results.
    pub sides: [Option<Side>; 2],
    /// The side that the next run fills.
    pub side: usize,
    /// The side that is played, when one is.
    pub playing: Option<usize>,
}

impl Default for LabScreen {
    fn default() -> Self {
        LabScreen {
            spec: TransferSpec::of(Method::ReadWrite),
            setting: 0,
            sides: [None, None],
            side: 0,
            playing: None,
        }
    }
}

impl LabScreen {
    /// A command on the form.
    pub fn update(&mut self, command: Command) {
        let last = Setting::ALL.len() - 1;
        match command {
            Command::Up | Command::PageUp => self.setting = self.setting.saturating_sub(1),
            Command::Down | Command::PageDown => self.setting = (self.setting + 1).min(last),
            Command::Left => self.change(Setting::ALL[self.setting], -1),
            Command::Right => self.change(Setting::ALL[self.setting], 1),
            Command::Method => self.change(Setting::Method, 1),
            Command::Sink => self.change(Setting::Sink, 1),
            Command::Size => self.change(Setting::Size, 1),
            Command::Chunk => self.change(Setting::Chunk, 1),
            Command::Cache => self.change(Setting::Cache, 1),
            Command::Tab => self.side = 1 - self.side,
            _ => {}
        }
    }

    /// The next value of a setting, or the one before; the last is followed by the first.
    pub fn change(&mut self, setting: Setting, by: isize) {
        let spec = &mut self.spec;
        match setting {
            Setting::Method => {
                spec.method = turned(&Method::ALL, spec.method, by);
                if !spec.method.sinks().contains(&spec.to) {
                    spec.to = spec.method.sinks()[0];
                }
            }
            Setting::Sink => spec.to = turned::<Sink>(spec.method.sinks(), spec.to, by),
            Setting::Size => spec.size = Size(turned(&SIZES, spec.size.0, by)),
            Setting::Chunk => spec.chunk = Size(turned(&CHUNKS, spec.chunk.0, by)),
            Setting::Cache => spec.cache = turned(&[Cache::Warm, Cache::Cold], spec.cache, by),
        }
    }

    /// The side that can be played: the chosen one, else the other.
    pub fn playable(&self) -> Option<usize> {
        [self.side, 1 - self.side]
            .into_iter()
            .find(|side| self.sides[*side].is_some())
    }

    /// Keeps a result; the next one goes to the other side while that is empty.
    pub fn keep(&mut self, side: usize, kept: Side) {
        self.sides[side] = Some(kept);
        if self.sides[1 - side].is_none() {
            self.side = 1 - side;
        }
    }
}

fn turned<T: Copy + PartialEq>(all: &[T], now: T, by: isize) -> T {
    let at = all.iter().position(|value| *value == now).unwrap_or(0) as isize;
    all[(at + by).rem_euclid(all.len() as isize) as usize]
}
