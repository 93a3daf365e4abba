//! The player: a recording, a drawn figure, or a stage before its run; where it is, and how fast it goes.

use std::{sync::Arc, time::Duration};

use crate::figure::{
    Drawn, Playback, Position, Scene, Source, Speed, Stage, Tier, narration,
    playback::{CELLS_A_SECOND, REST, plan},
    preview,
};
use crate::model::{Figure, Recording, TransferSpec};
use crate::syscall::{Style, format_call, format_request};

/// At most so many pictures a second, however fast the playback goes.
const FRAME: Duration = Duration::from_millis(33);

/// What a player shows.
#[derive(Clone, Debug)]
enum Content {
    Recording(Box<Playback>),
    Drawn(Drawn),
    Preview(TransferSpec),
}

/// Figures of the traced run, at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// Calls that have returned.
    pub syscalls: u64,
    /// Mode switches: counted at entry and at return.
    pub mode_switches: u64,
    /// Bytes that the CPU copied, on the sender's side.
    pub copied_bytes: u64,
    /// The same a byte moved. None before the end, and where nothing was moved.
    pub copies_per_byte: Option<f64>,
}

/// Figures so far, and of the whole run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counters {
    /// Up to the player's position.
    pub so_far: Figures,
    /// Of the whole traced run.
    pub whole: Figures,
}

/// The state of a player. It knows no clock: [`Player::tick`] tells it how much time went by.
#[derive(Clone, Debug)]
pub struct Player {
    content: Content,
    /// The stage of the 120x36 screen: its cells are the measure of time, however large the player is drawn.
    stage: Stage,
    position: Position,
    playing: bool,
    speed: Speed,
    reduced_motion: bool,
}

impl Player {
    /// A player of a recording, paused at its start. `source_text`: the method's own file, word for word.
    pub fn new(recording: Arc<Recording>, source_text: &str) -> Player {
        Player::of(Content::Recording(Box::new(Playback::new(
            recording,
            source_text,
        ))))
    }

    /// A player of a drawn figure, at its first step.
    pub fn figure(figure: Figure) -> Player {
        Player::of(Content::Drawn(Drawn::new(figure)))
    }

    /// The stage of a transfer before it has run: places without wires.
    pub fn before_run(spec: TransferSpec) -> Player {
        Player::of(Content::Preview(spec))
    }

    fn of(content: Content) -> Player {
        let plan = match &content {
            Content::Recording(playback) => playback.plan(),
            Content::Drawn(drawn) => drawn.plan(),
            Content::Preview(spec) => plan(spec.method, spec.to),
        };
        Player {
            content,
            stage: Stage::new(Tier::Medium, plan, Tier::Medium.width()),
            position: Position::default(),
            playing: false,
            speed: Speed::default(),
            reduced_motion: false,
        }
    }

    /// With reduced motion no single tokens travel: whole hops light up, call by call.
    pub fn set_reduced_motion(&mut self, reduced: bool) {
        self.reduced_motion = reduced;
    }

    /// The recording's playback, if that is what is shown.
    pub fn playback(&self) -> Option<&Playback> {
        match &self.content {
            Content::Recording(playback) => Some(playback),
            _ => None,
        }
    }

    /// The drawn figure, if that is what is shown.
    pub fn drawn(&self) -> Option<&Drawn> {
        match &self.content {
            Content::Drawn(drawn) => Some(drawn),
            _ => None,
        }
    }

    /// The recording, if that is what is shown.
    pub fn recording(&self) -> Option<&Recording> {
        self.playback().map(Playback::recording)
    }

    /// The transfer that has not run yet, if that is what is shown.
    pub fn preview(&self) -> Option<&TransferSpec> {
        match &self.content {
            Content::Preview(spec) => Some(spec),
            _ => None,
        }
    }

    /// Calls of the recording, or steps of the figure.
    pub fn len(&self) -> usize {
        match &self.content {
            Content::Recording(playback) => playback.len(),
            Content::Drawn(drawn) => drawn.len(),
            Content::Preview(_) => 0,
        }
    }

    /// Whether there is nothing to step through.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The current call or step, from 0.
    pub fn current(&self) -> usize {
        self.position.call
    }

    /// Where the playback is.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Whether it goes on by itself.
    pub fn is_playing(&self) -> bool {
        self.playing
    }

    /// How fast.
    pub fn speed(&self) -> Speed {
        self.speed
    }

    /// Whether the last call has returned, or the last step is shown.
    pub fn is_at_end(&self) -> bool {
        match &self.content {
            Content::Recording(playback) => {
                let end = playback.end(&self.stage);
                self.position.call >= end.call && self.position.cells >= end.cells
            }
            _ => self.position.call + 1 >= self.len(),
        }
    }

    /// Plays or pauses; from the end, plays again from the start. A drawn figure does not play: it steps.
    pub fn toggle(&mut self) {
        match &self.content {
            Content::Recording(playback) if !playback.is_empty() => {
                if !self.playing && self.is_at_end() {
                    self.position = Position::default();
                }
                self.playing = !self.playing;
            }
            Content::Drawn(_) => self.step_forward(),
            _ => {}
        }
    }

    /// To the middle of the next call; from the last one, to the end. Pauses.
    pub fn step_forward(&mut self) {
        self.playing = false;
        let Content::Recording(playback) = &self.content else {
            self.position.call = (self.position.call + 1).min(self.len().saturating_sub(1));
            return;
        };
        let middle = playback.middle(&self.stage, self.position.call);
        self.position = if playback.is_empty() {
            Position::default()
        } else if self.position.cells < middle.cells {
            middle
        } else if self.position.call + 1 < playback.len() {
            playback.middle(&self.stage, self.position.call + 1)
        } else {
            playback.end(&self.stage)
        };
    }

    /// To the middle of the call before; from the first one, to the start. Pauses.
    pub fn step_back(&mut self) {
        self.playing = false;
        let Content::Recording(playback) = &self.content else {
            self.position.call = self.position.call.saturating_sub(1);
            return;
        };
        let middle = playback.middle(&self.stage, self.position.call);
        self.position = if self.position.cells > middle.cells {
            middle
        } else if self.position.call > 0 {
            playback.middle(&self.stage, self.position.call - 1)
        } else {
            Position::default()
        };
    }

    /// To the start. Pauses.
    pub fn home(&mut self) {
        self.playing = false;
        self.position = Position::default();
    }

    /// To the end. Pauses.
    pub fn end(&mut self) {
        self.playing = false;
        self.position = match &self.content {
            Content::Recording(playback) => playback.end(&self.stage),
            _ => Position {
                call: self.len().saturating_sub(1),
                cells: 0.0,
            },
        };
    }

    /// Twice as fast, to 16 times.
    pub fn faster(&mut self) {
        self.speed = self.speed.faster();
    }

    /// Half as fast, to a quarter.
    pub fn slower(&mut self) {
        self.speed = self.speed.slower();
    }

    /// To the middle of a call (or to a step), from 0; past the last one, to the last one. Goes on playing if it was.
    pub fn seek(&mut self, call: usize) {
        self.position = match &self.content {
            Content::Recording(playback) if !playback.is_empty() => {
                playback.middle(&self.stage, call)
            }
            _ => Position {
                call: call.min(self.len().saturating_sub(1)),
                cells: 0.0,
            },
        };
    }

    /// Time went by. Changes nothing while paused; pauses at the end.
    pub fn tick(&mut self, elapsed: Duration) {
        if !self.playing {
            return;
        }
        if let Content::Recording(playback) = &self.content {
            self.position = playback.advance(&self.stage, self.position, elapsed, self.speed);
        }
        self.playing = !self.is_at_end();
    }

    /// How long until the picture changes. None while paused: nobody need wake.
    pub fn next_frame(&self) -> Option<Duration> {
        let playback = self.playback().filter(|_| self.playing)?;
        let cells = self.position.cells;
        let travel = playback.travel(&self.stage, self.position.call);
        let next = if cells >= travel {
            travel + REST
        } else if self.shows_tokens() {
            (cells.floor() + 1.0).min(travel)
        } else {
            travel
        };
        let pace = CELLS_A_SECOND * self.speed.factor();
        // A hair more than the distance, so that the cell is reached and not just missed.
        Some(Duration::from_secs_f64((next - cells).max(0.0) / pace + 1e-4).max(FRAME))
    }

    /// Figures so far and of the whole run; zeros where there is no traced run.
    pub fn counters(&self) -> Counters {
        let Some(playback) = self.playback().filter(|playback| !playback.is_empty()) else {
            return Counters::default();
        };
        let summary = playback.summary();
        let sums = playback.sums(&self.stage, self.position);
        let entered = u64::from(sums.calls == self.position.call as u64 && self.has_begun());
        Counters {
            so_far: Figures {
                syscalls: sums.calls,
                mode_switches: 2 * sums.calls + entered,
                copied_bytes: sums.copied,
                copies_per_byte: summary
                    .cpu_copies_per_byte
                    .filter(|_| sums.calls == playback.len() as u64),
            },
            whole: Figures {
                syscalls: summary.syscalls.unwrap_or(0),
                mode_switches: summary.mode_switches.unwrap_or(0),
                copied_bytes: summary.cpu_copied_bytes.unwrap_or(0),
                copies_per_byte: summary.cpu_copies_per_byte,
            },
        }
    }

    /// At the very start no call has entered the kernel yet.
    fn has_begun(&self) -> bool {
        self.position != Position::default() || self.playing
    }

    /// The current call as text; a figure's step has the name of its call, if a call makes it.
    pub fn call_text(&self, style: Style) -> String {
        match &self.content {
            Content::Recording(playback) => playback
                .call(self.position.call)
                .map(|call| format_call(playback.trace(), call, style))
                .unwrap_or_default(),
            Content::Drawn(drawn) => drawn
                .figure()
                .steps
                .get(self.position.call)
                .and_then(|step| step.call.as_ref())
                .map(|call| format!("{call}()"))
                .unwrap_or_default(),
            Content::Preview(_) => String::new(),
        }
    }

    /// The requests of an io_uring that the current call hands over, as text.
    pub fn request_texts(&self, style: Style) -> Vec<String> {
        let Some(playback) = self.playback() else {
            return Vec::new();
        };
        let trace = playback.trace();
        let requests = trace.requests_of(self.position.call).iter();
        requests
            .map(|request| format_request(trace, request, style))
            .collect()
    }

    /// One sentence about the current call or step.
    pub fn sentence(&self) -> String {
        match &self.content {
            Content::Recording(playback) => narration::sentence(playback, self.position.call),
            Content::Drawn(drawn) => drawn
                .figure()
                .steps
                .get(self.position.call)
                .map(|step| step.text.clone())
                .unwrap_or_default(),
            Content::Preview(_) => String::new(),
        }
    }

    /// What the sentence rests on.
    pub fn basis(&self) -> String {
        match &self.content {
            Content::Recording(playback) => narration::basis(playback, self.position.call),
            Content::Drawn(drawn) => {
                format!("drawn, not recorded: {}", drawn.figure().source)
            }
            Content::Preview(_) => String::new(),
        }
    }

    /// The source of the method, and the line (from 0) that made the current call.
    pub fn source(&self) -> Option<(&Source, Option<usize>)> {
        let playback = self.playback()?;
        let line = playback
            .call(self.position.call)
            .and_then(|call| playback.line_of(call));
        Some((playback.source(), line))
    }

    /// Whether single tokens travel.
    fn shows_tokens(&self) -> bool {
        !self.reduced_motion && !self.speed.is_blur()
    }

    /// A stage of some size for what is shown.
    pub fn stage_for(&self, tier: Tier, columns: u16) -> Stage {
        let plan = match &self.content {
            Content::Recording(playback) => playback.plan(),
            Content::Drawn(drawn) => drawn.plan(),
            Content::Preview(spec) => plan(spec.method, spec.to),
        };
        Stage::new(tier, plan, columns)
    }

    /// What is to be seen now on a stage of any size.
    pub fn scene(&self, stage: &Stage) -> Scene {
        match &self.content {
            Content::Recording(playback) if playback.is_empty() => {
                preview(stage, &playback.recording().spec)
            }
            Content::Recording(playback) => {
                playback.scene(stage, self.position_on(stage), self.shows_tokens())
            }
            Content::Drawn(drawn) => drawn.scene(stage, self.position.call),
            Content::Preview(spec) => preview(stage, spec),
        }
    }

    /// The position in the cells of another stage: the same share of the call's way.
    fn position_on(&self, stage: &Stage) -> Position {
        let Some(playback) = self.playback() else {
            return self.position;
        };
        if stage.tier == self.stage.tier {
            return self.position;
        }
        let here = playback.travel(&self.stage, self.position.call);
        let there = playback.travel(stage, self.position.call);
        Position {
            call: self.position.call,
            cells: self.position.cells / here * there,
        }
    }
}
