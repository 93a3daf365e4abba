//! The scene of a recording at a position.

use std::borrow::Cow;

use super::{
    Border, BoxView, DeviceView, Edge, EdgeView, Plan, Playback, Position, Scene, Slot, Switches,
    Tag, Tone, Travel, Upper, Words,
    gauges::{self, Stage},
    playback::Moment,
    scene::{TOKENS, run_of, spacing},
};
use crate::model::{Cache, How, Sink, Size, Start, TransferSpec};
use crate::syscall::Op;

impl Playback {
    /// What is to be seen at a position. `tokens`: whether single tokens travel, or whole hops light up.
    pub fn scene(&self, position: Position, tokens: bool) -> Scene {
        let now = self.moment(position);
        let (spec, outcome) = (&self.recording().spec, &self.recording().outcome);
        let call = self.call(position.call);
        let op = call.map_or(Op::None, |it| self.op(it));
        let travel = now.hop.as_ref().and_then(|hop| self.edge_of_travel(hop));
        let stage = Stage {
            plan: self.plan,
            spec,
            hows: self.hows,
            pipe_size: outcome.pipe_size.unwrap_or(PIPE_SIZE),
            tees: op == Op::Tee,
            edge: now.hop.as_ref().and_then(|hop| self.edge_of(hop)),
            arrived: match travel {
                _ if now.has_arrived() => TOKENS,
                Some((_, cells)) if tokens => arrived(&now, cells),
                _ => 0,
            },
            total: outcome.bytes_moved.max(spec.size.0),
            cold: self.fetched().is_some(),
            now,
        };
        let (count, lit) = self.switches(position, &stage.now);
        let lit = lit && tokens;
        let request = self.request_of(position.call, stage.now.number);
        let name = match (request, self.name(position.call)) {
            (Some(request), _) => Some((request.name(), request.does())),
            (None, name) => name.map(|name| (name.into(), op)),
        };
        Scene {
            boxes: stage.boxes(),
            edges: stage.edges(),
            tags: stage.tags(name, self),
            devices: stage.devices(),
            travel: travel
                .filter(|_| tokens)
                .and_then(|(edge, _)| stage.travel(edge)),
            caption: caption(spec.chunk.0, stage.total),
            switches: Some(Switches { count, lit }),
        }
    }
}

/// The figure before anything has run: places, and the ghosts of what cannot happen here.
pub fn preview(plan: Plan, spec: &TransferSpec) -> Scene {
    let stage = Stage {
        plan,
        spec,
        hows: [None; Edge::COUNT],
        pipe_size: spec.pipe_size.map_or(PIPE_SIZE, |size| size.0),
        now: Moment::default(),
        tees: false,
        edge: None,
        arrived: 0,
        total: spec.size.0,
        cold: spec.cache == Cache::Cold,
    };
    let mut scene = Scene {
        boxes: stage.boxes(),
        edges: stage.ghosts(),
        devices: stage.devices(),
        caption: caption(spec.chunk.0, spec.size.0),
        ..Scene::default()
    };
    for place in &mut scene.boxes {
        place.strong = false;
        if place.border == Border::Plain {
            place.border = Border::Faint;
        }
        if place.slot == Slot::Buffer && plan.upper == Upper::Buffer {
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
            "part of 1 B".to_owned()
        } else {
            Size(cell.round() as u64).to_string()
        }
    })
}

/// Tokens that have reached the end of their edge of so many cells.
fn arrived(now: &Moment, cells: u32) -> u32 {
    let gone = now.progress() * f64::from(run_of(cells)) + 1e-6;
    let there = |token: &u32| gone >= f64::from(cells - 1 + spacing(cells) * token);
    (0..TOKENS).filter(there).count() as u32
}

impl Stage<'_> {
    fn travel(&self, edge: Edge) -> Option<Travel> {
        let hop = self.now.hop.as_ref().filter(|_| !self.returned())?;
        Some(Travel {
            edge,
            how: hop.how,
            progress: self.now.progress(),
            backwards: false,
        })
    }

    fn edges(&self) -> Vec<EdgeView> {
        let mut edges = self.ghosts();
        for edge in [
            Edge::Direct,
            Edge::Read,
            Edge::Write,
            Edge::Across,
            Edge::Fill,
            Edge::Drain,
            Edge::View,
            Edge::Share,
        ] {
            let Some(how) = self.hows[edge as usize] else {
                continue;
            };
            // A mapping that was taken back leaves no view.
            let before = &self.now.before;
            let there = before.used(edge) && (edge != Edge::View || before.mapped > 0);
            if self.edge == Some(edge) {
                edges.push(EdgeView::new(edge, how, Tone::Hot(how)));
            } else if there {
                edges.push(EdgeView::new(edge, how, Tone::Quiet(how)));
            }
        }
        // What a peer sends has arrived before it is taken.
        let fed = self.plan.start == Start::Tcp;
        let handed = self.now.before.handed > 0 || self.handing().is_some() && self.returned();
        if fed || handed {
            edges.push(EdgeView::new(Edge::Receive, How::CpuCopy, Tone::Stale));
        }
        edges
    }

    /// The edges of the devices: real where the disk was read, else ghosts.
    fn ghosts(&self) -> Vec<EdgeView> {
        let fetches = self.edge == Some(Edge::Fetch);
        let fetch = match self.cold {
            true if fetches => Some(Tone::Hot(How::Dma)),
            true => (self.now.before.fetched > 0).then_some(Tone::Quiet(How::Dma)),
            false => Some(Tone::Ghost),
        };
        // Past the page cache nothing would come into it.
        let fetch = fetch.filter(|_| !self.plan.direct);
        let fetch = fetch.map(|tone| EdgeView::new(Edge::Fetch, How::Dma, tone));
        let out = EdgeView::new(Edge::Out, How::Dma, Tone::Ghost);
        let out = self.plan.device.then_some(out);
        fetch.into_iter().chain(out).collect()
    }

    fn boxes(&self) -> Vec<BoxView> {
        self.plan.slots().map(|slot| self.box_view(slot)).collect()
    }

    fn box_view(&self, slot: Slot) -> BoxView {
        let (gauge, amount) = gauges::gauge(self, slot);
        let (strong, border, note) = match slot {
            Slot::Peer => (false, Border::Faint, self.receive_note()),
            Slot::Disk if self.plan.direct => (true, Border::Plain, "".into()),
            Slot::Disk if self.edge == Some(Edge::Fetch) && !self.returned() => {
                (true, Border::Plain, "reading".into())
            }
            Slot::Disk if self.cold => (true, Border::Plain, "".into()),
            Slot::Disk | Slot::Device => (true, Border::Ghost, "idle".into()),
            _ => (true, Border::Plain, "".into()),
        };
        BoxView {
            slot,
            name: self.plan.name(slot),
            strong,
            border,
            gauge,
            amount,
            note,
        }
    }

    fn receive_note(&self) -> Words {
        match self.spec.to {
            _ if self.plan.shares => "maps it, too".into(),
            _ if self.plan.start == Start::Tcp => {
                Words::new("its send() is its own copy", "send copies")
            }
            Sink::Pipe => Words::new("its read() is its own copy", "read: 1 copy"),
            _ => Words::new("its recv() is its own copy", "recv: 1 copy"),
        }
    }

    /// The names of the calls at their edges; the current one also where it has no edge.
    fn tags(&self, call: Option<(Cow<str>, Op)>, playback: &Playback) -> Vec<Tag> {
        let Some((name, op)) = call else {
            return Vec::new();
        };
        let called = self
            .now
            .called
            .as_ref()
            .and_then(|hop| playback.edge_of(hop));
        let here = called.or_else(|| self.plan.edge_of_op(op));
        let tag = |edge, text| Tag { edge, text };
        let mut tags = vec![tag(here, name.into_owned())];
        for (edge, word) in [
            (Edge::Read, "read"),
            (Edge::Read, "recvfrom"),
            (Edge::Write, "write"),
        ] {
            let made = playback.trace().names.iter().any(|name| name == word);
            if self.now.before.used(edge) && made && here != Some(edge) {
                tags.push(tag(Some(edge), word.to_owned()));
            }
        }
        tags
    }

    fn devices(&self) -> Vec<DeviceView> {
        let view = |slot, beside, in_row, tone| DeviceView {
            slot,
            name: self.plan.name(slot),
            beside,
            in_row,
            tone,
            arrow: Some(false),
        };
        let loopback = (
            Words::new("loopback: no DMA", "loopback"),
            Words::new("loopback, idle", "loopback"),
        );
        let real = self.cold || self.plan.direct;
        let moves = self.plan.direct || self.edge == Some(Edge::Fetch);
        let (beside, in_row) = match real {
            _ if self.plan.start == Start::Tcp => loopback,
            true if self.plan.direct => ("O_DIRECT: DMA".into(), "O_DIRECT".into()),
            true => ("DMA, read-ahead".into(), "DMA, read-ahead".into()),
            false => ("warm: no DMA".into(), Words::new("warm, idle", "warm")),
        };
        let tone = match real {
            true if moves => Tone::Hot(How::Dma),
            true => Tone::Quiet(How::Dma),
            false => Tone::Ghost,
        };
        let disk = view(Slot::Disk, beside, in_row, tone);
        let later = Words::new("written back later", "later");
        let (beside, in_row) = match self.spec.to {
            Sink::File => (later, later),
            _ => loopback,
        };
        let device = view(Slot::Device, beside, in_row, Tone::Ghost);
        let disk = self.plan.disk.then_some(disk);
        let device = self.plan.device.then_some(device);
        disk.into_iter().chain(device).collect()
    }
}
