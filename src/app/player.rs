//! The player: a recording, a drawn figure, or a stage before its run; where it is, and how fast it goes.

use std::{sync::Arc, time::Duration};

use crate::figure::{Plan, Playback, Position, Scene, Source, Speed, drawn, narration, preview};
use crate::model::{Figure, FigureStep, Recording, TransferSpec};
use crate::syscall::{Style, format_call, format_request};

/// At most so many pictures a second, however fast the playback goes.
const FRAME: Duration = Duration::from_millis(33);

#[derive(Clone, Debug)]
enum Content {
    Recording(Box<Playback>),
    Drawn(Figure),
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
        Player::of(Content::Drawn(figure))
    }

    /// The stage of a transfer before it has run: places without wires.
    pub fn before_run(spec: TransferSpec) -> Player {
        Player::of(Content::Preview(spec))
    }

    fn of(content: Content) -> Player {
        Player {
            content,
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

    pub(crate) fn playback(&self) -> Option<&Playback> {
        match &self.content {
            Content::Recording(playback) => Some(playback),
            _ => None,
        }
    }

    pub(crate) fn drawn(&self) -> Option<&Figure> {
        match &self.content {
            Content::Drawn(figure) => Some(figure),
            _ => None,
        }
    }

    /// What has a time: a recording with calls.
    fn timeline(&self) -> Option<&Playback> {
        self.playback().filter(|playback| !playback.is_empty())
    }

    fn step(&self) -> Option<&FigureStep> {
        self.drawn()?.steps.get(self.position.call)
    }

    pub(crate) fn recording(&self) -> Option<&Recording> {
        self.playback().map(Playback::recording)
    }

    pub(crate) fn preview(&self) -> Option<&TransferSpec> {
        match &self.content {
            Content::Preview(spec) => Some(spec),
            _ => None,
        }
    }

    /// Calls of the recording, or steps of the figure.
    pub fn len(&self) -> usize {
        match &self.content {
            Content::Recording(playback) => playback.len(),
            Content::Drawn(figure) => figure.steps.len(),
            Content::Preview(_) => 0,
        }
    }

    /// Whether there is neither.
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
        self.position >= self.last()
    }

    /// The very end. Steps of a figure take no time.
    fn last(&self) -> Position {
        match self.timeline() {
            Some(playback) => playback.end(),
            None => self.middle(usize::MAX),
        }
    }

    /// Where a call or step is looked at, or the last one, if there are not so many.
    fn middle(&self, call: usize) -> Position {
        match self.timeline() {
            Some(playback) => playback.middle(call),
            None => Position {
                call: call.min(self.len().saturating_sub(1)),
                time: Duration::ZERO,
            },
        }
    }

    /// Plays or pauses; from the end, plays again from the start. A drawn figure does not play: it steps.
    pub fn toggle(&mut self) {
        if self.timeline().is_none() {
            return self.step_forward();
        }
        if !self.playing && self.is_at_end() {
            self.position = Position::default();
        }
        self.playing = !self.playing;
    }

    /// To the middle of the next call; from the last one, to the end. Pauses.
    pub fn step_forward(&mut self) {
        self.playing = false;
        let middle = self.middle(self.position.call);
        self.position = if self.position < middle {
            middle
        } else if self.position.call + 1 < self.len() {
            self.middle(self.position.call + 1)
        } else {
            self.last()
        };
    }

    /// To the middle of the call before; from the first one, to the start. Pauses.
    pub fn step_back(&mut self) {
        self.playing = false;
        let middle = self.middle(self.position.call);
        self.position = if self.position > middle {
            middle
        } else if self.position.call > 0 {
            self.middle(self.position.call - 1)
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
        self.position = self.last();
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
        self.position = self.middle(call);
    }

    /// Time went by. Changes nothing while paused; pauses at the end.
    pub fn tick(&mut self, elapsed: Duration) {
        if let Some(playback) = self.timeline().filter(|_| self.playing) {
            self.position = playback.advance(self.position, elapsed, self.speed);
            self.playing = !self.is_at_end();
        }
    }

    /// How long until the picture changes. None while paused: nobody need wake.
    pub fn next_frame(&self) -> Option<Duration> {
        let playback = self.timeline().filter(|_| self.playing)?;
        let change = playback.next_change(self.position, self.shows_tokens());
        // A hair more, so that the change is reached and not just missed.
        let wait = change.div_f64(self.speed.factor()) + Duration::from_micros(100);
        Some(wait.max(FRAME))
    }

    /// Figures so far and of the whole run; zeros where there is no traced run.
    pub fn counters(&self) -> Counters {
        let Some(playback) = self.timeline() else {
            return Counters::default();
        };
        let summary = &playback.summary;
        let sums = playback.sums(self.position);
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
    pub(crate) fn call_text(&self, style: Style) -> String {
        let call = self.playback().and_then(|playback| {
            let call = playback.call(self.position.call)?;
            Some(format_call(playback.trace(), call, style))
        });
        let named = || Some(format!("{}()", self.step()?.call.as_ref()?));
        call.or_else(named).unwrap_or_default()
    }

    /// The requests of an io_uring that the current call hands over, as text.
    pub(crate) fn request_texts(&self, style: Style) -> Vec<String> {
        let Some(playback) = self.playback() else {
            return Vec::new();
        };
        let trace = playback.trace();
        let requests = trace.requests_of(self.position.call).iter();
        let texts = requests.map(|request| format_request(trace, request, style));
        texts.collect()
    }

    /// One sentence about the current call or step.
    pub fn sentence(&self) -> String {
        match self.playback() {
            Some(playback) => narration::sentence(playback, self.position.call),
            None => self
                .step()
                .map_or_else(String::new, |step| step.text.clone()),
        }
    }

    /// What the sentence rests on.
    pub(crate) fn basis(&self) -> String {
        match &self.content {
            Content::Recording(playback) => narration::basis(playback, self.position.call),
            Content::Drawn(figure) => format!("drawn, not recorded: {}", figure.source),
            Content::Preview(_) => String::new(),
        }
    }

    /// The source of the method, and the line (from 0) that made the current call.
    pub(crate) fn source(&self) -> Option<(&Source, Option<usize>)> {
        let playback = self.playback()?;
        let call = playback.call(self.position.call);
        let line = call.and_then(|call| playback.line_of(call));
        Some((&playback.source, line))
    }

    fn shows_tokens(&self) -> bool {
        !self.reduced_motion && !self.speed.is_blur()
    }

    pub(crate) fn plan(&self) -> Plan {
        match &self.content {
            Content::Recording(playback) => playback.plan,
            Content::Drawn(figure) => drawn::plan(figure),
            Content::Preview(spec) => Plan::of_transfer(spec.method, spec.to),
        }
    }

    pub(crate) fn scene(&self) -> Scene {
        match &self.content {
            Content::Recording(playback) if playback.is_empty() => {
                preview(self.plan(), &playback.recording().spec)
            }
            Content::Recording(playback) => playback.scene(self.position, self.shows_tokens()),
            Content::Drawn(figure) => drawn::scene(figure, self.position.call),
            Content::Preview(spec) => preview(self.plan(), spec),
        }
    }
}
