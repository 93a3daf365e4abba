//! The free lab: choose a transfer, run it, keep two results side by side, play either.

use super::prelude::*;
use crate::app::run::Outcome;
use crate::model::{Cache, Contest, ExperimentSpec, Method, Origin, Size, Sweep, TransferSpec};

/// A setting of the form.
pub(crate) struct Setting {
    pub(crate) title: &'static str,
    /// The key that goes to its next value.
    command: Command,
    pub(crate) value: fn(&TransferSpec) -> String,
    /// To a value so many further on.
    change: fn(&mut TransferSpec, isize),
}

pub(crate) const SETTINGS: [Setting; 5] = [
    Setting {
        title: "method",
        command: Command::Method,
        value: |spec| spec.method.to_string(),
        change: change_method,
    },
    Setting {
        title: "to",
        command: Command::Sink,
        value: |spec| spec.to.to_string(),
        change: |spec, by| spec.to = turned(spec.method.sinks(), spec.to, by),
    },
    Setting {
        title: "size",
        command: Command::Size,
        value: |spec| spec.size.to_string(),
        change: |spec, by| spec.size = Size(turned(&SIZES, spec.size.0, by)),
    },
    Setting {
        title: "chunk",
        command: Command::Chunk,
        value: |spec| spec.chunk.to_string(),
        change: |spec, by| spec.chunk = Size(turned(&CHUNKS, spec.chunk.0, by)),
    },
    Setting {
        title: "cache",
        command: Command::Cache,
        value: |spec| spec.cache.to_string(),
        change: |spec, by| spec.cache = turned(&[Cache::Warm, Cache::Cold], spec.cache, by),
    },
];

fn change_method(spec: &mut TransferSpec, by: isize) {
    spec.method = turned(&Method::ALL, spec.method, by);
    if !spec.method.sinks().contains(&spec.to) {
        spec.to = spec.method.sinks()[0];
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
pub(crate) struct Side {
    pub(crate) outcome: Outcome,
    pub(crate) player: Player,
}

pub(crate) const NAME: &str = "lab";

/// The free lab.
pub struct LabScreen {
    /// What the next run does.
    pub(crate) spec: TransferSpec,
    pub(crate) setting: usize,
    pub(crate) sides: [Option<Side>; 2],
    /// The side that the next run fills.
    pub(crate) side: usize,
    /// The side that is played, when one is.
    pub(crate) playing: Option<usize>,
    /// Both sides, played on one time scale.
    pub(crate) race: Option<Player>,
    /// The sweep of both methods: its place in the list of experiments, once it was asked for.
    pub(crate) sweep: Option<usize>,
}

impl Default for LabScreen {
    fn default() -> Self {
        LabScreen {
            spec: TransferSpec::of(Method::ReadWrite),
            setting: 0,
            sides: [None, None],
            side: 0,
            playing: None,
            race: None,
            sweep: None,
        }
    }
}

impl LabScreen {
    /// The side that can be played: the chosen one, else the other.
    pub(crate) fn playable(&self) -> Option<usize> {
        let mut sides = [self.side, 1 - self.side].into_iter();
        sides.find(|side| self.sides[*side].is_some())
    }

    /// Both results on one time scale, if both have calls.
    fn racing(&self) -> Option<Player> {
        let [a, b] = &self.sides;
        Player::racing([&a.as_ref()?.player, &b.as_ref()?.player])
    }

    /// Whether there are two results whose calls are known.
    fn can_race(&self) -> bool {
        let mut sides = self.sides.iter();
        sides.all(|side| side.as_ref().is_some_and(|side| !side.player.is_empty()))
    }

    /// The methods of both results, else of the form, that can write to its sink: two of them.
    fn rivals(&self) -> Vec<Method> {
        let kept = self.sides.iter().flatten();
        let kept = kept.map(|kept| kept.outcome.live.recording.spec.method);
        let all = kept.chain([self.spec.method, Method::ReadWrite, Method::Sendfile]);
        let mut methods = Vec::new();
        for method in all {
            if methods.len() < 2
                && !methods.contains(&method)
                && method.sinks().contains(&self.spec.to)
            {
                methods.push(method);
            }
        }
        methods
    }

    /// Both methods side by side at several chunks: the comparison of the list of experiments, with what is set here.
    fn sweep_both(&mut self, app: &mut Shared) {
        let is_sweep = |what: &ExperimentSpec| {
            matches!(
                what,
                ExperimentSpec::Compare(Contest::Methods {
                    sweep: Some(Sweep::Chunk),
                    ..
                })
            )
        };
        let place = app
            .experiments
            .iter()
            .position(|entry| is_sweep(&entry.page.what));
        let Some(entry) = place.filter(|_| app.job.is_none()) else {
            return;
        };
        app.experiments[entry].page.compare(Contest::Methods {
            methods: self.rivals(),
            to: self.spec.to,
            // Less is over before it can be told from its noise.
            size: self.spec.size.max(Size(16 * Size::MIB)),
            chunk: self.spec.chunk,
            sweep: Some(Sweep::Chunk),
        });
        self.sweep = Some(entry);
        app.run_experiment(Purpose::Entry(entry));
    }

    /// Keeps a result. The cursor stays at its side: Tab turns to the other one.
    pub(crate) fn keep(&mut self, side: usize, kept: Side) {
        self.sides[side] = Some(kept);
    }
}

// One row a line: these are tables.
#[rustfmt::skip]
const SIDES: &[KeyRow<LabScreen>] = &[
    row(TAB, ["Tab", "side", "the side that the next run fills"], Page, in_form),
    row(PAGES, ["PgUp PgDn", "scroll", "scroll what does not fit"], Page, scrolls),
    row(&[(Char('r'), Command::Run)], ["r", "run", "run it on this kernel"], Recording, can_run),
    row(CONFIRM, ["Enter", "", "run it on this kernel"], Recording, can_run),
    row(PLAY, ["␣", "play", "play a result"], Page, has_result),
    row(&[(Char('v'), Command::Race)], ["v", "race", "both results side by side, on one time scale"], Page, |app, on| in_form(app, on) && on.can_race()),
    row(&[(Char('S'), Command::Sweep)], ["S", "sweep", "both methods at six chunks, nine rounds: a verdict"], Recording, can_run),
];
#[rustfmt::skip]
const FORM: &[KeyRow<LabScreen>] = &[
    row(UP_DOWN, ["↑↓", "", "choose a setting"], Page, in_form),
    row(LEFT_RIGHT, ["←→", "change", "change the setting"], Page, in_form),
    row(&[(Char('m'), Command::Method)], ["m", "method", "next method"], Page, in_form),
    row(&[(Char('t'), Command::Sink)], ["t", "to", "next sink"], Page, in_form),
    row(&[(Char('z'), Command::Size)], ["z", "size", "next size"], Page, in_form),
    row(&[(Char('c'), Command::Chunk)], ["c", "chunk", "next chunk"], Page, in_form),
    row(&[(Char('w'), Command::Cache)], ["w", "warm/cold", "warm or cold cache"], Page, in_form),
];

fn in_form(_: &Shared, on: &LabScreen) -> bool {
    on.playing.is_none() && on.race.is_none()
}
fn scrolls(app: &Shared, on: &LabScreen) -> bool {
    in_form(app, on) && tables::scrolls(app, on)
}
fn can_run(app: &Shared, on: &LabScreen) -> bool {
    in_form(app, on) && app.job.is_none()
}
fn has_result(app: &Shared, on: &LabScreen) -> bool {
    in_form(app, on) && on.playable().is_some()
}

impl ScreenState for LabScreen {
    fn name(&self) -> &'static str {
        NAME
    }

    fn keys(&self, app: &Shared, keys: &mut Enabled) {
        keys.add(SIDES, app, self);
        tables::add(keys, app, self, &[RUN, PLAYBACK]);
        keys.add(FORM, app, self);
        tables::add(keys, app, self, &[SCROLL]);
    }

    fn update(&mut self, app: &mut Shared, command: Command) {
        let last = SETTINGS.len() - 1;
        match command {
            Command::Run | Command::Confirm => {
                let side = self.playing.take().unwrap_or(self.side);
                app.run(self.spec.clone(), Purpose::Side(side));
            }
            Command::Race => {
                self.race = self.racing();
                if let Some(race) = &mut self.race {
                    race.set_reduced_motion(app.display.reduced_motion);
                    race.toggle();
                }
            }
            Command::Play => {
                self.playing = self.playable();
                if let Some(player) = self.player_mut(app) {
                    player.toggle();
                }
            }
            Command::PageUp | Command::PageDown if app.display.room.overflow > 0 => {
                app.display.scroll_by(command.rows());
            }
            Command::Left => (SETTINGS[self.setting].change)(&mut self.spec, -1),
            Command::Right => (SETTINGS[self.setting].change)(&mut self.spec, 1),
            Command::Tab => self.side = 1 - self.side,
            Command::Sweep => self.sweep_both(app),
            Command::PageUp => self.setting = self.setting.saturating_sub(1),
            Command::PageDown => self.setting = (self.setting + 1).min(last),
            _ => match SETTINGS.iter().find(|setting| setting.command == command) {
                Some(setting) => (setting.change)(&mut self.spec, 1),
                None => self.setting = command.moved(self.setting, last),
            },
        }
    }

    fn click(&mut self, _: &mut Shared, click: Click) {
        match click {
            Click::Row(setting) => self.setting = setting.min(SETTINGS.len() - 1),
            Click::Side(side) => self.side = side.min(1),
            _ => {}
        }
    }

    /// What was run last stands there again: also of a lesson, and of an earlier session.
    fn opened(&mut self, app: &mut Shared, _: Option<PageAt>) {
        (self.playing, self.race) = (None, None);
        let last = app
            .runs
            .last()
            .filter(|run| run.recording.origin != Origin::Shipped);
        if let (Some(run), [None, None]) = (last, &self.sides) {
            self.sides[0] = Some(Side {
                player: app.player_of(run),
                outcome: Outcome {
                    live: run.clone(),
                    shipped: None,
                },
            });
            self.side = 1;
        }
    }

    /// From a result that is played, or from the race, to the form.
    fn back(&mut self, _: &mut Shared) -> bool {
        self.playing.take().is_some() || self.race.take().is_some()
    }

    fn is_kept(&self) -> bool {
        true
    }

    fn purpose(&self) -> Option<Purpose> {
        self.sweep
            .filter(|_| self.playing.is_none())
            .map(Purpose::Entry)
    }

    fn player<'a>(&'a self, _: &'a Shared) -> Option<&'a Player> {
        if self.race.is_some() {
            return self.race.as_ref();
        }
        Some(&self.sides[self.playing?].as_ref()?.player)
    }

    fn player_mut<'a>(&'a mut self, _: &'a mut Shared) -> Option<&'a mut Player> {
        if self.race.is_some() {
            return self.race.as_mut();
        }
        Some(&mut self.sides[self.playing?].as_mut()?.player)
    }

    fn run<'a>(&'a self, _: &'a Shared) -> Option<&'a Run> {
        Some(self.sides[self.playing?].as_ref()?.outcome.playable())
    }
}

/// The value so many further on; the last is followed by the first.
fn turned<T: Copy + PartialEq>(all: &[T], now: T, by: isize) -> T {
    let at = all.iter().position(|value| *value == now).unwrap_or(0) as isize;
    all[(at + by).rem_euclid(all.len() as isize) as usize]
}
