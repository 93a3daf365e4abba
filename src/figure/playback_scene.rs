//! The scene of a recording at a position.

use super::{
    playback::{Playback, Position, SPACING, Sums, TOKENS},
    scene::{Border, Furniture, Gauge, Mark, Remark, Scene, Tag, Token, Tone, Trail},
    stage::{Plan, Road, Seat, Stage, Upper, Wire},
};
use crate::model::{Hop, How, Sink, Size, Start, TransferSpec};

/// One moment, taken apart: what the drawing of each piece asks for.
struct Moment<'a> {
    stage: &'a Stage,
    spec: &'a TransferSpec,
    /// How bytes go along each road in this run.
    ways: Vec<(Road, How)>,
    /// Bytes that the pipe on the way can hold.
    pipe_size: u64,
    /// Before the current call.
    before: Sums,
    /// The current call is a tee: it hands on what the pipe keeps.
    tees: bool,
    /// The current call's way.
    hop: Option<&'a Hop>,
    /// Its road, where something can be seen on it.
    road: Option<Road>,
    /// Tokens that have arrived, 0 to 4: all of them once the call has returned.
    arrived: usize,
    /// The call has returned.
    returned: bool,
    /// Bytes of the run.
    total: u64,
    /// The disk had to be read.
    cold: bool,
}

impl Playback {
    /// What is to be seen at a position. `tokens`: whether single tokens travel, or whole hops light up.
    pub fn scene(&self, stage: &Stage, position: Position, tokens: bool) -> Scene {
        let (mut before, hops) = self.hops_at(position.call);
        let name = self.call(position.call).map(|call| self.trace().name(call));
        let (under_way, cells) = self.under_way(stage, &hops, position.cells);
        for done in hops.iter().take(under_way) {
            before.add_hop(stage.plan, name.unwrap_or_default(), done);
        }
        let hop = hops.get(under_way);
        let request = self.request_of(position.call, under_way);
        let road = hop.and_then(|hop| Some(Road::on(stage.plan, hop.from, hop.to, hop.how)?.0));
        let returned = cells >= self.travel_of(stage, hop);
        let wire = self.travels(stage, hop).and_then(|road| stage.wire(road));
        let moment = Moment {
            stage,
            spec: &self.recording().spec,
            ways: Road::ALL
                .into_iter()
                .filter_map(|road| Some((road, self.way_of(road)?)))
                .collect(),
            pipe_size: self.recording().outcome.pipe_size.unwrap_or(PIPE_SIZE),
            before,
            tees: self.call(position.call).map(|call| self.trace().name(call)) == Some("tee"),
            hop,
            road,
            arrived: match wire {
                _ if returned => TOKENS,
                Some(wire) if tokens => arrived(wire, cells),
                _ => 0,
            },
            returned,
            total: self
                .recording()
                .outcome
                .bytes_moved
                .max(self.recording().spec.size.0),
            cold: self.fetched().is_some(),
        };
        let trails = moment.trails();
        let mut travelling = Vec::new();
        if let (Some(wire), Some(hop)) = (wire, hop)
            && tokens
            && !returned
        {
            travelling = tokens_on(wire, cells, hop.how);
            travelling.extend(moment.fetching(cells));
        }
        let request = request.map(|request| request.name());
        let name = request.as_deref().or(name);
        Scene {
            boxes: stage
                .posts
                .iter()
                .map(|post| moment.furniture(post.seat))
                .collect(),
            tags: moment.tags(name, self),
            remarks: moment.remarks(),
            tokens: travelling,
            caption: caption(self.recording().spec.chunk.0, moment.total),
            trails,
        }
    }
}

/// The stage before anything has run: places, and the ghosts of what cannot happen here.
pub fn preview(stage: &Stage, spec: &TransferSpec) -> Scene {
    let moment = Moment {
        stage,
        spec,
        ways: Vec::new(),
        pipe_size: spec.pipe_size.map_or(PIPE_SIZE, |size| size.0),
        before: Sums::default(),
        tees: false,
        hop: None,
        road: None,
        arrived: 0,
        returned: false,
        total: spec.size.0,
        cold: spec.cache == crate::model::Cache::Cold,
    };
    let mut scene = Scene {
        boxes: stage
            .posts
            .iter()
            .map(|post| moment.furniture(post.seat))
            .collect(),
        trails: moment.ghosts(),
        remarks: moment.remarks(),
        caption: caption(spec.chunk.0, spec.size.0),
        ..Scene::default()
    };
    for place in &mut scene.boxes {
        place.strong = false;
        if place.border == Border::Plain {
            place.border = Border::Faint;
        }
        if place.seat == Seat::Buffer && stage.plan.upper == Upper::Buffer {
            place.amount = Some(Size(spec.chunk.0.min(spec.size.0.max(1))).to_string());
        }
    }
    scene
}

/// What a pipe holds where nobody has said otherwise (pipe(7)).
const PIPE_SIZE: u64 = 1 << 16;

/// What a gauge's cell is, where it is not one chunk.
fn caption(chunk: u64, total: u64) -> Option<String> {
    (total > 0 && chunk.saturating_mul(16) != total).then(|| {
        let cell = total as f64 / 16.0;
        if cell < 1.0 {
            "1/16\u{a0}B"
                .to_owned()
                .replace("1/16\u{a0}B", "part of 1 B")
        } else {
            Size(cell.round() as u64).to_string()
        }
    })
}

/// Tokens that have reached the head of their wire.
fn arrived(wire: &Wire, cells: f64) -> usize {
    let last = wire.cells.len().saturating_sub(1) as f64;
    (0..TOKENS)
        .filter(|token| cells - (token * SPACING) as f64 >= last)
        .count()
}

/// Tokens on the cells of a wire, its head left free.
fn tokens_on(wire: &Wire, cells: f64, how: How) -> Vec<Token> {
    let first = cells.max(0.0) as usize;
    (0..TOKENS)
        .filter_map(|token| first.checked_sub(token * SPACING))
        .filter(|at| at + 1 < wire.cells.len())
        .map(|at| Token {
            at: wire.cells[at],
            how,
        })
        .collect()
}

/// What stands in a seat.
pub(super) fn name(plan: Plan, seat: Seat) -> &'static str {
    match (seat, plan.sink) {
        (Seat::Disk, _) if plan.start == Start::Tcp => "NIC",
        (Seat::Source, _) if plan.start == Start::Tcp => "socket queue",
        (Seat::Disk, _) => "disk",
        (Seat::Source, _) => "page cache",
        (Seat::Buffer, _) if plan.upper == Upper::Mapping => "your mapping",
        (Seat::Buffer, _) if plan.upper == Upper::Memory => "your memory",
        (Seat::Buffer, _) => "your buffer",
        (Seat::Pipe, _) => "pipe",
        // Only tee has a pipe before a pipe.
        (Seat::Sink, Sink::Pipe) if plan.pipe => "two pipes",
        (Seat::Peer, Sink::Pipe) if plan.pipe => "two readers",
        (Seat::Sink, Sink::Tcp | Sink::Unix) => "socket queue",
        (Seat::Sink, Sink::Pipe) => "pipe",
        (Seat::Sink, Sink::File) => "file, page cache",
        (Seat::Device, Sink::File) => "disk",
        (Seat::Device, _) => "NIC",
        (Seat::Peer, _) => "peer",
    }
}

/// For a stage whose devices are a row of text: what is said of each, in the tone of its road.
pub(super) fn told_roads(stage: &Stage, trails: &[Trail]) -> Vec<Remark> {
    let seats = [(Seat::Disk, Road::Fetch), (Seat::Device, Road::Out)];
    let places = seats.into_iter().zip(stage.remarks);
    places
        .filter(|((seat, road), _)| stage.post(*seat).is_some() && stage.wire(*road).is_none())
        .map(|((seat, road), at)| {
            let trail = trails.iter().find(|trail| trail.road == road);
            Remark {
                at,
                text: match trail {
                    Some(_) => format!("{}: DMA", name(stage.plan, seat)),
                    None => name(stage.plan, seat).to_owned(),
                },
                tone: trail.map_or(Tone::Ghost, |trail| trail.tone),
                road: trail.map(|trail| trail.road),
                backwards: trail.is_some_and(|trail| trail.backwards),
            }
        })
        .collect()
}

impl Moment<'_> {
    fn trails(&self) -> Vec<Trail> {
        let mut trails = self.ghosts();
        for road in [
            Road::Direct,
            Road::Read,
            Road::Write,
            Road::Across,
            Road::Fill,
            Road::Drain,
            Road::View,
            Road::Share,
        ] {
            let Some(how) = self.how_of(road) else {
                continue;
            };
            let now = self.road == Some(road);
            // A mapping that was taken back leaves no view.
            let there = self.before.used(road) && (road != Road::View || self.before.mapped > 0);
            if now || there {
                trails.push(Trail {
                    road,
                    how,
                    tone: if now {
                        Tone::Hot(how)
                    } else {
                        Tone::Quiet(how)
                    },
                    backwards: false,
                });
            }
        }
        // What a peer sends has arrived before it is taken.
        let fed = self.stage.plan.start == Start::Tcp;
        if fed || self.before.handed > 0 || self.handing() && self.returned {
            trails.push(Trail {
                road: Road::Receive,
                how: How::CpuCopy,
                tone: Tone::Stale,
                backwards: false,
            });
        }
        trails
    }

    /// The roads of the devices: real where the disk was read, else ghosts.
    fn ghosts(&self) -> Vec<Trail> {
        let fetch = match (self.cold, self.before.taken > 0 || self.hop.is_some()) {
            (true, true) => Some(Tone::Hot(How::Dma)),
            (true, false) => None,
            (false, _) => Some(Tone::Ghost),
        };
        let trail = |road, tone| Trail {
            road,
            how: How::Dma,
            tone,
            backwards: false,
        };
        // Past the page cache nothing would come into it.
        let fetch = fetch.filter(|_| !self.stage.plan.direct);
        let fetch = fetch.map(|tone| trail(Road::Fetch, tone));
        let out = self
            .stage
            .plan
            .device
            .then(|| trail(Road::Out, Tone::Ghost));
        fetch.into_iter().chain(out).collect()
    }

    /// How bytes go along a road in this run.
    fn how_of(&self, road: Road) -> Option<How> {
        let way = self.ways.iter().find(|(of, _)| *of == road);
        way.map(|(_, how)| *how)
    }

    fn handing(&self) -> bool {
        !self.tees && matches!(self.road, Some(Road::Write | Road::Across | Road::Drain))
    }

    /// While a cold page cache is read from: two tokens on the disk's wire.
    fn fetching(&self, cells: f64) -> Vec<Token> {
        let wire = self.stage.wire(Road::Fetch);
        let takes = matches!(self.road, Some(Road::Read | Road::Across | Road::Fill));
        let Some(wire) = wire.filter(|wire| self.cold && takes && wire.cells.len() > 1) else {
            return Vec::new();
        };
        let room = wire.cells.len() - 1;
        let first = cells.max(0.0) as usize;
        [first, first + 2]
            .into_iter()
            .map(|at| Token {
                at: wire.cells[at % room],
                how: How::Dma,
            })
            .collect()
    }

    fn furniture(&self, seat: Seat) -> Furniture {
        let (gauge, amount) = match seat {
            Seat::Source => self.source(),
            Seat::Buffer => self.buffer(),
            Seat::Pipe => self.pipe(),
            Seat::Sink => self.sink(),
            _ => (None, None),
        };
        let (strong, border, note) = match seat {
            Seat::Peer => (false, Border::Faint, self.receive_note()),
            Seat::Disk if self.stage.plan.direct => (true, Border::Plain, ""),
            Seat::Disk if self.cold => (true, Border::Plain, "reading"),
            Seat::Disk | Seat::Device => (true, Border::Ghost, "idle"),
            _ => (true, Border::Plain, ""),
        };
        Furniture {
            seat,
            name: name(self.stage.plan, seat),
            strong,
            border,
            gauge,
            amount,
            note,
        }
    }

    fn receive_note(&self) -> &'static str {
        let large = self.stage.tier == super::stage::Tier::Large;
        match (self.spec.to, large) {
            _ if self.stage.plan.shares => "maps it, too",
            (_, true) if self.stage.plan.start == Start::Tcp => "its send() is its own copy",
            (_, false) if self.stage.plan.start == Start::Tcp => "send copies",
            (Sink::Pipe, true) => "its read() is its own copy",
            (Sink::Pipe, false) => "read: 1 copy",
            (_, true) => "its recv() is its own copy",
            (_, false) => "recv: 1 copy",
        }
    }

    /// The source: full when warm; when cold, as far as it has been taken. The cells that the call takes are hot.
    fn source(&self) -> (Option<Gauge>, Option<String>) {
        let takes = matches!(self.road, Some(Road::Read | Road::Across | Road::Fill));
        let now = self.now_taken();
        let from = self.before.taken;
        // How much of it has arrived in a socket's queue, nobody tells: only what a call takes is known.
        let queue = self.stage.plan.start == Start::Tcp;
        let there = match (queue, self.cold) {
            (true, _) => 0,
            (false, true) => from + now,
            (false, false) => self.total,
        };
        let mut gauge = filled(self.cells(there), Mark::Bytes(Tone::Stale));
        // While the buffer is written out, its original still lies here.
        let chunk = match self.road {
            Some(Road::Write) => (from.saturating_sub(self.before.buffer), from),
            _ => (from, from + now),
        };
        let kept = self.before.buffer > 0 && !queue && !self.stage.plan.direct;
        let touched = takes || self.road == Some(Road::Write) && kept;
        if let Some(hop) = self.hop.filter(|_| touched) {
            let (first, last) = (self.cells(chunk.0), self.cells(chunk.1));
            // A chunk may be less than a cell: the cell that it lies in is hot.
            let first = first.floor() as usize;
            let last = (last.ceil() as usize).max(first + 1).min(16);
            for cell in gauge.iter_mut().take(last).skip(first.min(15)) {
                *cell = Mark::Bytes(Tone::Hot(hop.how));
            }
        }
        let known = if queue { now } else { there };
        let amount = (!queue || now > 0).then(|| Size(known).to_string());
        (Some(gauge), amount)
    }

    /// Bytes that the current call takes out of the source's pages.
    fn now_taken(&self) -> u64 {
        let takes = matches!(self.road, Some(Road::Read | Road::Across | Road::Fill));
        self.hop.filter(|_| takes).map_or(0, |hop| hop.bytes)
    }

    /// Bytes of the source that are known to be in the page cache: all of them, or as far as they were taken.
    fn in_cache(&self) -> u64 {
        match self.cold {
            true => self.before.taken + self.now_taken(),
            false => self.total,
        }
    }

    fn buffer(&self) -> (Option<Gauge>, Option<String>) {
        match self.stage.plan.upper {
            Upper::Mapping => self.mapping(),
            Upper::Memory => self.memory(),
            _ => self.own_buffer(),
        }
    }

    fn own_buffer(&self) -> (Option<Gauge>, Option<String>) {
        let room = self.spec.chunk.0.max(1) as f64;
        let cells = |bytes: u64| bytes as f64 / room * 16.0;
        let how = self.hop.map_or(How::CpuCopy, |hop| hop.how);
        let hot = Mark::Bytes(Tone::Hot(how));
        let old = cells(self.before.buffer);
        let gauge = match (self.road, self.hop) {
            (Some(Road::Read | Road::Direct), Some(hop)) => {
                let mut gauge = filled(old, Mark::Bytes(Tone::Stale));
                let new = (cells(hop.bytes) * self.arrived as f64 / TOKENS as f64).ceil() as usize;
                gauge.iter_mut().take(new).for_each(|cell| *cell = hot);
                gauge
            }
            (Some(Road::Write), _) => filled(old, hot),
            _ => filled(old, Mark::Bytes(Tone::Plain)),
        };
        let held = match (self.road, self.hop) {
            (Some(Road::Read | Road::Direct), Some(hop)) if self.returned => hop.bytes,
            _ => self.before.buffer,
        };
        (Some(gauge), Some(amount(held)))
    }

    /// Everything is there from the beginning; what the call hands over is hot.
    fn memory(&self) -> (Option<Gauge>, Option<String>) {
        let mut gauge = filled(self.cells(self.total), Mark::Bytes(Tone::Plain));
        let from = match self.road {
            Some(Road::Fill) => Some(self.before.taken),
            Some(Road::Write) => Some(self.before.handed),
            Some(Road::Share) => Some(0),
            _ => None,
        };
        if let (Some(from), Some(hop)) = (from, self.hop) {
            let first = self.cells(from).floor() as usize;
            let last = (self.cells(from + hop.bytes).ceil() as usize).max(first + 1);
            for cell in gauge.iter_mut().take(last.min(16)).skip(first.min(15)) {
                *cell = Mark::Bytes(Tone::Hot(hop.how));
            }
        }
        (Some(gauge), Some(amount(self.total)))
    }

    fn mapping(&self) -> (Option<Gauge>, Option<String>) {
        let now = match (self.road, self.hop) {
            (Some(Road::View), Some(hop)) if self.returned => hop.bytes,
            _ => 0,
        };
        let mapped = self.before.mapped + now;
        if mapped == 0 {
            return (Some([Mark::Empty; 16]), Some("not mapped".to_owned()));
        }
        // Nothing can be seen through it that is not in the page cache.
        let seen = self.cells(mapped.min(self.in_cache()));
        (
            Some(filled(seen, Mark::Mapped(Tone::Hot(How::Mapping)))),
            Some(Size(mapped).to_string()),
        )
    }

    /// The pipe on the way: the references that it holds now.
    fn pipe(&self) -> (Option<Gauge>, Option<String>) {
        let cells = |bytes: u64| bytes as f64 / self.pipe_size.max(1) as f64 * 16.0;
        let quiet = Mark::References(Tone::Quiet(How::Reference));
        let hot = Mark::References(Tone::Hot(How::Reference));
        let mut held = self.before.piped;
        let mut gauge = filled(cells(held), quiet);
        match (self.road, self.hop) {
            (Some(Road::Fill), Some(hop)) => {
                let new = hop.bytes * self.arrived as u64 / TOKENS as u64;
                gauge = filled(cells(held + new), hot);
                held += if self.returned { hop.bytes } else { 0 };
            }
            (Some(Road::Drain), Some(hop)) if self.returned && !self.tees => {
                held = held.saturating_sub(hop.bytes);
                gauge = filled(cells(held), quiet);
            }
            (Some(Road::Drain), _) => gauge = filled(cells(held), hot),
            _ => {}
        }
        (Some(gauge), Some(amount(held)))
    }

    /// The sink: what was handed over so far; the landing cell is part of a chunk until the last token is there.
    fn sink(&self) -> (Option<Gauge>, Option<String>) {
        let last = [Road::Write, Road::Across, Road::Drain];
        let how = last.into_iter().find_map(|road| self.how_of(road));
        let whole = |tone| match how {
            Some(How::Reference) => Mark::References(tone),
            _ => Mark::Bytes(tone),
        };
        let settled = match how {
            Some(How::Reference) => Tone::Quiet(How::Reference),
            _ => Tone::Plain,
        };
        let now = self
            .hop
            .filter(|_| self.handing() && self.returned)
            .map_or(0, |hop| hop.bytes);
        let handed = self.before.handed + now;
        let mut gauge = filled(self.cells(handed), whole(settled));
        if let Some(hop) = self.hop.filter(|_| self.handing() && self.arrived > 0) {
            let first = self.cells(self.before.handed).floor() as usize;
            let last = self.cells(self.before.handed + hop.bytes).ceil() as usize;
            let last = last.max(first + 1).min(16);
            for cell in gauge.iter_mut().take(last).skip(first.min(15)) {
                *cell = match (self.returned, how) {
                    (true, _) => whole(Tone::Hot(hop.how)),
                    (false, Some(How::Reference)) => Mark::PartReferences(Tone::Hot(hop.how)),
                    (false, _) => Mark::PartBytes(Tone::Hot(hop.how)),
                };
            }
        }
        (Some(gauge), Some(amount(handed)))
    }

    /// Bytes of the run as gauge cells.
    fn cells(&self, bytes: u64) -> f64 {
        bytes as f64 / self.total.max(1) as f64 * 16.0
    }

    /// The names of the calls at their wires; the current one also where it has no wire.
    fn tags(&self, name: Option<&str>, playback: &Playback) -> Vec<Tag> {
        let Some(name) = name else { return Vec::new() };
        let stage = self.stage;
        let here = match self.road.and_then(|road| stage.wire(road)) {
            Some(wire) => wire.tag,
            None => self.seat_of_name(name).unwrap_or(stage.elsewhere),
        };
        let mut tags = vec![Tag {
            at: here,
            text: name.to_owned(),
            current: true,
        }];
        for (road, word) in [
            (Road::Read, "read"),
            (Road::Read, "recvfrom"),
            (Road::Write, "write"),
        ] {
            let Some(wire) = stage.wire(road) else {
                continue;
            };
            let made = playback.trace().names.iter().any(|name| name == word);
            if self.before.used(road) && made && wire.tag != here {
                tags.push(Tag {
                    at: wire.tag,
                    text: word.to_owned(),
                    current: false,
                });
            }
        }
        tags
    }

    /// A read that returned 0 is still the call of the read wire.
    fn seat_of_name(&self, name: &str) -> Option<super::stage::Cell> {
        let road = match name {
            "read" | "pread64" | "read_fixed" | "recvfrom" => Road::Read,
            "write" | "pwrite64" | "send" | "sendto" | "recvmsg" => Road::Write,
            "sendfile" | "sendfile64" | "copy_file_range" => Road::Across,
            "splice" | "vmsplice" if self.stage.plan.pipe => Road::Fill,
            "vmsplice" => Road::Write,
            "splice" => Road::Across,
            _ => return None,
        };
        Some(self.stage.wire(road)?.tag)
    }

    fn remarks(&self) -> Vec<Remark> {
        let short = self.stage.tier == super::stage::Tier::Folded;
        let text_only = matches!(
            self.stage.tier,
            super::stage::Tier::Folded | super::stage::Tier::Small
        );
        let [disk, out] = self.stage.remarks;
        // The words at the right end of the stage, or fewer where these would be cut.
        let fitting = |words: &'static str, few: &'static str| {
            let end = usize::from(out.0) + words.chars().count();
            if end > usize::from(self.stage.width) {
                few
            } else {
                words
            }
        };
        let mut remarks = Vec::new();
        let mut remark = |at, text: &str, tone, road| {
            remarks.push(Remark {
                at,
                text: text.to_owned(),
                tone,
                road: text_only.then_some(road),
                backwards: false,
            });
        };
        if self.stage.plan.disk {
            let (words, tone) = match (self.cold, text_only) {
                (_, true) if self.stage.plan.direct => ("disk: O_DIRECT", Tone::Hot(How::Dma)),
                (_, false) if self.stage.plan.direct => ("O_DIRECT: DMA", Tone::Hot(How::Dma)),
                (true, true) => ("disk: DMA, read-ahead", Tone::Hot(How::Dma)),
                (true, false) => ("DMA, read-ahead", Tone::Hot(How::Dma)),
                (false, true) if short => ("disk: warm", Tone::Ghost),
                (false, true) => ("disk: warm, idle", Tone::Ghost),
                (false, false) => ("warm: no DMA", Tone::Ghost),
            };
            let words = match (self.stage.plan.start, text_only) {
                (Start::Tcp, true) if short => "NIC: loopback",
                (Start::Tcp, true) => "NIC: loopback, idle",
                (Start::Tcp, false) => "loopback: no DMA",
                _ => words,
            };
            remark(disk, words, tone, Road::Fetch);
        }
        if self.stage.plan.device {
            let words = match (self.spec.to, text_only) {
                (Sink::File, true) if short => "disk: later",
                (Sink::File, true) => "disk: written back later",
                (Sink::File, false) => fitting("written back later", "later"),
                (_, true) if short => "NIC: loopback",
                (_, true) => "NIC: loopback, idle",
                (_, false) => fitting("loopback: no DMA", "loopback"),
            };
            remark(out, words, Tone::Ghost, Road::Out);
        }
        remarks
    }
}

fn amount(bytes: u64) -> String {
    if bytes == 0 {
        "empty".to_owned()
    } else {
        Size(bytes).to_string()
    }
}

/// A gauge with so many cells filled; the last one as a part, if only a part of it is there.
fn filled(cells: f64, mark: Mark) -> Gauge {
    let mut gauge = [Mark::Empty; 16];
    // 16 equal chunks must fill 16 cells, whatever the division left.
    let cells = (cells + 1e-9).clamp(0.0, 16.0);
    for (number, cell) in gauge.iter_mut().enumerate() {
        let there = cells - number as f64;
        if there >= 1.0 {
            *cell = mark;
        } else if there > 1e-6 {
            *cell = match mark {
                Mark::Bytes(tone) => Mark::PartBytes(tone),
                Mark::References(tone) => Mark::PartReferences(tone),
                other => other,
            };
        }
    }
    gauge
}
