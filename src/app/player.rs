//! The player: a recording, a drawn figure, or a stage before its run; where it is, and how fast it goes.

use std::{sync::Arc, time::Duration};

use super::{
    Command,
    content::Content,
    shot::{Counters, Shot},
};
use crate::figure::{
    Plan, Playback, Position, Race, Scene, Source, Speed, drawn, narration, preview,
};
use crate::model::{Figure, FigureStep, Recording, TransferSpec};
use crate::syscall::{Style, format_request};

/// At most so many pictures a second, however fast the playback goes.
const FRAME: Duration = Duration::from_millis(33);

/// The state of a player. It knows no clock: [`Player::tick`] tells it how much time went by.
#[derive(Clone, Debug)]
pub struct Player {
    content: Content,
    position: Position,
    playing: bool,
    speed: Speed,
    reduced_motion: bool,
    /// It stops at the end of this step of a drawn figure.
    one_step: bool,
    /// What the whole run comes to is not told before its end: it was predicted.
    conceals: bool,
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

    /// Two recordings side by side on one time scale. None: one of them has no calls.
    pub fn racing(of: [&Player; 2]) -> Option<Player> {
        let [a, b] = of.map(|player| player.playback().cloned());
        let race = Race::new([a?, b?])?;
        Some(Player {
            reduced_motion: of[0].reduced_motion,
            ..Player::of(Content::Race(Box::new(race)))
        })
    }

    fn of(content: Content) -> Player {
        Player {
            content,
            position: Position::default(),
            playing: false,
            speed: Speed::default(),
            reduced_motion: false,
            one_step: false,
            conceals: false,
        }
    }

    /// What the whole run comes to is not told before its end.
    pub(crate) fn conceal(&mut self) {
        self.conceals = !self.is_empty();
    }

    pub(crate) fn is_concealing(&self) -> bool {
        self.conceals
    }

    /// Once the end was seen, nothing is concealed any more.
    fn reveal_at_end(&mut self) {
        self.conceals &= !self.is_at_end();
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
        self.content.len()
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

    /// Whether the last call has returned, or the last step is done.
    pub fn is_at_end(&self) -> bool {
        self.position >= self.content.end()
    }

    /// A command that moves it. False: it does not.
    pub(super) fn drive(&mut self, command: Command) -> bool {
        match command {
            Command::Left => self.step_back(),
            Command::Right => self.step_forward(),
            Command::First => self.home(),
            Command::Last => self.end(),
            Command::Slower => self.slower(),
            Command::Faster => self.faster(),
            Command::Play => self.toggle(),
            Command::ScrubBack => self.scrub(-1),
            Command::ScrubOn => self.scrub(1),
            _ => return false,
        }
        true
    }

    /// Plays or pauses; from the end, plays again from the start.
    pub fn toggle(&mut self) {
        if !self.playing && self.is_at_end() {
            self.position = Position::default();
        }
        self.one_step = false;
        self.playing = !self.playing && !self.is_empty();
    }

    /// To the middle of the next call; from the last one, to the end. Pauses. In a drawn figure the next step plays.
    pub fn step_forward(&mut self) {
        self.playing = false;
        let next = self.position.call + 1;
        if self.drawn().is_some() {
            return match next < self.len() {
                true => self.play_step(next),
                false => self.position = self.content.end(),
            };
        }
        let middle = self.content.middle(self.position.call);
        self.position = if self.position < middle {
            middle
        } else if next < self.len() {
            self.content.middle(next)
        } else {
            self.content.end()
        };
        self.reveal_at_end();
    }

    /// To the middle of the call before; from the first one, to the start. Pauses.
    pub fn step_back(&mut self) {
        self.playing = false;
        let middle = self.content.middle(self.position.call);
        self.position = if self.position > middle {
            middle
        } else if self.position.call > 0 {
            self.content.middle(self.position.call - 1)
        } else {
            Position::default()
        };
    }

    /// The step of a drawn figure that it stands at moves, from its start. Nothing else does.
    pub(crate) fn play_here(&mut self) {
        if self.drawn().is_some() && !self.playing {
            self.play_step(self.position.call);
        }
    }

    fn play_step(&mut self, step: usize) {
        if self.reduced_motion {
            self.position = self.content.middle(step);
            return;
        }
        self.position = Position {
            call: step,
            time: Duration::ZERO,
        };
        (self.playing, self.one_step) = (true, true);
    }

    /// To the start. Pauses.
    pub fn home(&mut self) {
        self.playing = false;
        self.position = Position::default();
    }

    /// To the end. Pauses.
    pub fn end(&mut self) {
        self.playing = false;
        self.position = self.content.end();
        self.reveal_at_end();
    }

    /// A tenth of the calls back or on, and goes on playing if it was.
    pub(crate) fn scrub(&mut self, tenths: isize) {
        let far = (self.len() / 10).max(1) as isize;
        self.seek(self.position.call.saturating_add_signed(far * tenths));
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
        self.position = self.content.middle(call);
    }

    /// How much faster it goes than the durations of [`Content`].
    fn factor(&self) -> f64 {
        self.content.factor() * self.speed.factor()
    }

    /// Time went by. Changes nothing while paused; pauses at the end.
    pub fn tick(&mut self, elapsed: Duration) {
        if !self.playing {
            return;
        }
        let before = self.position.call;
        let now = self
            .content
            .advance(self.position, elapsed.mul_f64(self.factor()));
        let done = self.content.middle(before);
        self.position = match self.one_step {
            true => now.min(done),
            false => now,
        };
        self.playing = !(self.is_at_end() || self.one_step && now >= done);
        self.reveal_at_end();
    }

    /// How long until the picture changes. None while paused: nobody need wake.
    pub fn next_frame(&self) -> Option<Duration> {
        if !self.playing {
            return None;
        }
        let change = self.content.next_change(self.position, self.shows_tokens());
        // A hair more, so that the change is reached and not just missed.
        let wait = change.div_f64(self.factor()) + Duration::from_micros(100);
        Some(wait.max(FRAME))
    }

    /// Figures so far and of the whole run; zeros where there is no traced run.
    pub fn counters(&self) -> Counters {
        self.shot()
            .map_or_else(Counters::default, |shot| shot.counters())
    }

    /// The recording at this moment, if it has calls.
    pub(crate) fn shot(&self) -> Option<Shot<'_>> {
        let playback = self.playback().filter(|playback| !playback.is_empty())?;
        Some(Shot {
            playback,
            position: self.position,
            tokens: self.shows_tokens(),
            begun: self.has_begun(),
        })
    }

    /// Both sides of a race at this moment.
    pub(crate) fn shots(&self) -> Option<[Shot<'_>; 2]> {
        let race = self.race()?;
        Some([0, 1].map(|side| Shot {
            playback: &race.sides[side],
            position: race.of_side(side, self.position),
            tokens: self.shows_tokens(),
            begun: self.has_begun(),
        }))
    }

    pub(crate) fn race(&self) -> Option<&Race> {
        match &self.content {
            Content::Race(race) => Some(race),
            _ => None,
        }
    }

    /// At the very start no call has entered the kernel yet.
    fn has_begun(&self) -> bool {
        self.position != Position::default() || self.playing
    }

    /// The current call as text; a figure's step has the name of its call, if a call makes it.
    pub(crate) fn call_text(&self, style: Style) -> String {
        let call = self.shot().and_then(|shot| shot.call_text(style));
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
            Content::Preview(_) | Content::Race(_) => String::new(),
        }
    }

    /// The source of the method, and the line (from 0) that made the current call.
    pub(crate) fn source(&self) -> Option<(&Source, Option<usize>)> {
        let playback = self.playback()?;
        let call = playback.call(self.position.call);
        let line = call.and_then(|call| playback.line_of(call));
        Some((&playback.source, line))
    }

    /// The line (from 0) of another text of the method that makes the current call.
    pub(crate) fn line_in(&self, source: &Source) -> Option<usize> {
        let playback = self.playback()?;
        playback.line_in(source, playback.call(self.position.call)?)
    }

    fn shows_tokens(&self) -> bool {
        !self.reduced_motion && self.content.shows_tokens(self.speed)
    }

    pub(crate) fn plan(&self) -> Plan {
        match &self.content {
            Content::Recording(playback) => playback.plan,
            Content::Drawn(figure) => drawn::plan(figure),
            Content::Preview(spec) => Plan::of_transfer(spec.method, spec.to),
            Content::Race(race) => race.sides[0].plan,
        }
    }

    pub(crate) fn scene(&self) -> Scene {
        match &self.content {
            Content::Recording(playback) if playback.is_empty() => {
                preview(self.plan(), &playback.recording().spec)
            }
            Content::Recording(playback) => playback.scene(self.position, self.shows_tokens()),
            Content::Drawn(figure) => drawn::scene(figure, self.position, self.shows_tokens()),
            Content::Preview(spec) => preview(self.plan(), spec),
            // Each side has a scene of its own: see `shots`.
            Content::Race(_) => Scene::default(),
        }
    }
}
