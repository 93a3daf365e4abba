//! Where each box stands and which cells each edge runs through, at four sizes.

use ratatui::layout::Rect;

use super::grid::{Grid, LARGE, MEDIUM, Measure, SMALL};

use crate::figure::{Edge, Plan, Slot, Upper};
use crate::model::Start;

/// A column and a row of the stage, from its upper left corner.
pub(crate) type Cell = (u16, u16);

/// How much room there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StageSize {
    /// 56x14 and up: places without borders, paths on the lane border.
    Folded,
    /// 68x18 and up: the devices are a row of text.
    Small,
    /// 67x31 and up: everything.
    Medium,
    /// 124x48 and up: two columns a gauge cell.
    Large,
}

impl StageSize {
    /// The largest stage that an area of the whole player has room for. None below 56x13.
    pub(crate) fn of(width: u16, height: u16) -> Option<StageSize> {
        match (width, height) {
            (124.., 48..) => Some(StageSize::Large),
            (67.., 29..) => Some(StageSize::Medium),
            (68.., 18..) => Some(StageSize::Small),
            (56.., 11..) => Some(StageSize::Folded),
            _ => None,
        }
    }

    /// The largest stage that fits by itself.
    pub(crate) fn of_stage(width: u16, height: u16) -> Option<StageSize> {
        use StageSize::{Folded, Large, Medium, Small};
        let mut sizes = [Large, Medium, Small, Folded].into_iter();
        sizes.find(|size| size.least().0 <= width && size.least().1 <= height)
    }

    /// Its columns, at least, and its rows.
    fn least(self) -> (u16, u16) {
        match self {
            StageSize::Folded => (56, 6),
            StageSize::Small => (68, 11),
            StageSize::Medium => (67, 15),
            StageSize::Large => (124, 27),
        }
    }

    pub(crate) fn rows(self) -> u16 {
        self.least().1
    }

    fn grid(self) -> Option<&'static Grid> {
        match self {
            StageSize::Folded => None,
            StageSize::Small => Some(&SMALL),
            StageSize::Medium => Some(&MEDIUM),
            StageSize::Large => Some(&LARGE),
        }
    }
}

/// An edge as cells, in the order in which bytes pass: the first on the border of the box that they leave, the last
/// (its head) on that of the box that they reach. `Edge::View` has both sides of the view instead.
#[derive(Clone, Debug)]
pub struct Wire {
    pub(crate) edge: Edge,
    pub(crate) cells: Vec<Cell>,
    /// Where the name of the call that uses it is written.
    pub(crate) tag: Cell,
}

impl Wire {
    fn new(edge: Edge, cells: Vec<Cell>, tag: Cell) -> Wire {
        Wire { edge, cells, tag }
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Label {
    pub(crate) at: Cell,
    pub(crate) text: &'static str,
    pub(crate) kind: LabelKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LabelKind {
    Lane,
    Caption,
    /// The mode-switch line's own count.
    Switches,
    /// A caption of the view, only written where there is one.
    View,
}

/// A stage, laid out.
#[derive(Clone, Debug)]
pub struct Layout {
    pub(crate) size: StageSize,
    pub(crate) width: u16,
    pub(crate) height: u16,
    /// Where each box stands: 3 rows and more have a border, 2 are a name and a gauge, 1 is a row of text.
    pub(crate) boxes: Vec<(Slot, Rect)>,
    /// The edges that it has room for.
    pub(crate) wires: Vec<Wire>,
    /// The rows of the borders between the lanes.
    pub(crate) borders: Vec<u16>,
    pub(crate) labels: Vec<Label>,
    /// Where it is said what the disk and the device do: on the lane border, or in the device row.
    pub(crate) devices: [Cell; 2],
    /// Where it is said what a gauge's cell is (two rows of nine columns). None where there is no room.
    pub(crate) caption: Option<Cell>,
    /// Where a call is named that has no wire.
    pub(crate) elsewhere: Cell,
}

impl Layout {
    /// Lays out a stage. `columns`: how many there are; the peer is left out where it does not fit.
    pub fn new(size: StageSize, plan: Plan, columns: u16) -> Layout {
        match size.grid() {
            None => folded(plan),
            Some(grid) => boxed(size, plan, grid, columns),
        }
    }

    /// Lays out the stage of a presentation: without what is small or belongs to others. `devices`: whether the disk takes
    /// part.
    pub(crate) fn presented(plan: Plan, width: u16, height: u16, devices: bool) -> Layout {
        let measure = Measure::of(width, height);
        let grid = measure.grid(width, height, devices);
        let plan = Plan {
            disk: plan.disk && devices,
            ..plan
        };
        let line = grid.box_rows + (grid.kernel - grid.box_rows) / 3;
        Layout {
            height,
            borders: vec![line],
            labels: Vec::new(),
            ..boxed(StageSize::Large, plan, &grid, width)
        }
    }

    /// Where the box of a slot stands, if it is drawn.
    pub(crate) fn rect(&self, slot: Slot) -> Option<Rect> {
        let found = self.boxes.iter().find(|(of, _)| *of == slot);
        found.map(|(_, rect)| *rect)
    }

    /// The wire of an edge, if it is drawn.
    pub fn wire(&self, edge: Edge) -> Option<&Wire> {
        self.wires.iter().find(|wire| wire.edge == edge)
    }

    /// Whether the devices are a row of text.
    pub(crate) fn has_device_row(&self) -> bool {
        matches!(self.size, StageSize::Folded | StageSize::Small)
    }
}

/// The first column of a peer from which the bytes come: above the source.
const FEEDER: u16 = 5;

fn boxed(size: StageSize, plan: Plan, grid: &Grid, columns: u16) -> Layout {
    let peer = plan.peer && columns >= grid.width;
    let plan = Plan { peer, ..plan };
    let grid = &match plan.pipe {
        true => Grid {
            sink: grid.sink_after_pipe,
            out: grid.out_after_pipe,
            ..*grid
        },
        false => *grid,
    };
    // Beside a mapping the names are in the row under the lane border, where the wire starts.
    let tags = match plan.upper {
        Upper::Mapping => grid.wires,
        _ => grid.tags,
    };
    let (devices, row) = match grid.low_width {
        0 => ([grid.fetch, grid.out], grid.device),
        _ => ([grid.fetch + 3, grid.out + 3], grid.lower_lane),
    };
    let elsewhere = match plan.upper {
        Upper::Buffer | Upper::Memory => grid.write_tag,
        Upper::Mapping => grid.source + grid.box_width + 2,
        Upper::Empty => grid.across_tag,
    };
    Layout {
        size,
        width: grid.width.min(columns),
        height: size.least().1,
        boxes: boxes(plan, grid),
        wires: wires(plan, grid, tags),
        borders: vec![grid.wires - 1, grid.lower_lane],
        labels: labels(plan, grid),
        devices: devices.map(|x| (x, row)),
        caption: Some((0, grid.kernel + 2)),
        elsewhere: (elsewhere, tags),
    }
}

fn boxes(plan: Plan, grid: &Grid) -> Vec<(Slot, Rect)> {
    let upper = |x, width| Rect::new(x, 0, width, grid.box_rows);
    let kernel = |x, width| Rect::new(x, grid.kernel, width, grid.box_rows);
    let low = |x| match grid.low_width {
        0 => Rect::new(x + 2, grid.device, 18, 1),
        width => Rect::new(x, grid.device, width, grid.low_rows),
    };
    let rect = |slot| match slot {
        Slot::Source => kernel(grid.source, grid.box_width),
        Slot::Sink => kernel(grid.sink, grid.box_width),
        Slot::Pipe => kernel(grid.pipe, grid.pipe_width),
        Slot::Buffer if plan.upper == Upper::Mapping => upper(grid.source, grid.box_width),
        Slot::Buffer => upper(grid.buffer, grid.box_width),
        Slot::Peer if plan.start == Start::Tcp => upper(FEEDER, grid.buffer - FEEDER - 1),
        Slot::Peer => upper(grid.peer, grid.peer_width),
        Slot::Disk => low(grid.source),
        Slot::Device => low(grid.sink),
    };
    plan.slots().map(|slot| (slot, rect(slot))).collect()
}

fn wires(plan: Plan, grid: &Grid, tags: u16) -> Vec<Wire> {
    let (top, row) = (grid.kernel, grid.kernel + grid.port);
    let below_user = grid.box_rows - 1;
    let source_end = grid.source + grid.box_width - 1;
    let pipe_end = grid.pipe + grid.pipe_width - 1;
    // From one storey to the other, along the row between them.
    let through =
        |from: Cell, to: Cell| path(&[from, (from.0, grid.wires), (to.0, grid.wires), to]);
    let wire = |edge, cells, tag| Wire::new(edge, cells, (tag, tags));
    let write = through((grid.write.0, below_user), (grid.write.1, top));
    let write = wire(Edge::Write, write, grid.write_tag);
    let drain = path(&[(pipe_end, row), (grid.sink, row)]);
    let drain = wire(Edge::Drain, drain, pipe_end - 2);
    let mut wires = match plan.upper {
        Upper::Mapping => mapping_wires(grid, tags),
        Upper::Buffer => {
            let read = through((grid.read.0, top), (grid.read.1, below_user));
            let tag = match plan.start {
                Start::Tcp => grid.read.0 + 1,
                _ => grid.read_tag,
            };
            let mut wires = vec![wire(Edge::Read, read, tag), write];
            if plan.direct {
                wires.push(wire(Edge::Direct, direct(grid), grid.read_tag));
            }
            wires
        }
        Upper::Memory if plan.pipe => {
            let x = grid.pipe + grid.pipe_width / 2;
            let fill = path(&[(x, below_user), (x, top)]);
            vec![wire(Edge::Fill, fill, x + 3), drain]
        }
        Upper::Memory if plan.shares => {
            let share = path(&[
                (grid.buffer + grid.box_width - 1, grid.port),
                (grid.peer, grid.port),
            ]);
            let share = wire(Edge::Share, share, grid.write_tag);
            Vec::from_iter(plan.peer.then_some(share))
        }
        Upper::Memory => vec![write],
        Upper::Empty if plan.pipe => {
            let fill = path(&[(source_end, row), (grid.pipe, row)]);
            vec![wire(Edge::Fill, fill, source_end), drain]
        }
        Upper::Empty => {
            let across = through((grid.across, top), (grid.write.1, top));
            vec![wire(Edge::Across, across, grid.across_tag)]
        }
    };
    wires.extend(outer_wires(plan, grid));
    wires
}

/// From the disk's side, or its words, between page cache and sink.
fn direct(grid: &Grid) -> Vec<Cell> {
    let (from, y) = match grid.low_width {
        0 => (grid.source + 21, grid.device),
        width => (grid.source + width - 1, grid.device + 1),
    };
    path(&[
        (from, y),
        (grid.direct, y),
        (grid.direct, grid.box_rows - 1),
    ])
}

fn mapping_wires(grid: &Grid, tags: u16) -> Vec<Wire> {
    let right = grid.source + grid.box_width - 1;
    let (top, row) = (grid.kernel, grid.kernel + grid.port);
    // Where the mapped bytes are drawn as the program's own: from the view's right side.
    let x = grid.sink + grid.box_width / 2;
    let sides = (grid.box_rows..top).flat_map(|y| [(grid.source, y), (right, y)]);
    [
        (Edge::Across, path(&[(right, row), (grid.sink, row)])),
        (
            Edge::Write,
            path(&[(right, grid.port), (x, grid.port), (x, top)]),
        ),
        (Edge::View, sides.collect()),
    ]
    .map(|(edge, cells)| Wire::new(edge, cells, (right + 3, tags)))
    .into()
}

/// What no call of the program uses: to and from devices, and at the peer's end.
fn outer_wires(plan: Plan, grid: &Grid) -> impl Iterator<Item = Wire> {
    let (top, bottom) = (grid.kernel, grid.kernel + grid.box_rows - 1);
    let below_user = grid.box_rows - 1;
    let receive = match plan.start {
        Start::Tcp => [(grid.source + 2, below_user), (grid.source + 2, top)],
        _ => [(grid.receive, top), (grid.receive, below_user)],
    };
    let fetch = [(grid.fetch, grid.device), (grid.fetch, bottom)];
    let out = [(grid.out, bottom), (grid.out, grid.device)];
    let boxes = grid.low_width > 0;
    let tag = (receive[0].0 + 3, grid.tags);
    [
        (plan.peer && !plan.shares, Edge::Receive, receive),
        (plan.disk && boxes, Edge::Fetch, fetch),
        (plan.device && boxes, Edge::Out, out),
    ]
    .into_iter()
    .filter(|(wanted, ..)| *wanted)
    .map(move |(_, edge, ends)| Wire::new(edge, path(&ends), tag))
}

fn labels(plan: Plan, grid: &Grid) -> Vec<Label> {
    let label = |x, y, text, kind| Label {
        at: (x, y),
        text,
        kind,
    };
    let x = match plan.upper {
        // The view stands where the label would.
        Upper::Mapping => grid.source + grid.box_width + 2,
        // What the peer sends comes down where the label would stand.
        _ if plan.start == Start::Tcp && plan.peer => grid.write.0 + 2,
        _ => 0,
    };
    let mut labels = vec![
        label(0, 1, "USER", LabelKind::Lane),
        label(0, grid.kernel + 1, "KERNEL", LabelKind::Lane),
        label(x, grid.wires - 1, "", LabelKind::Switches),
    ];
    if plan.disk || plan.device {
        let y = grid.device + u16::from(grid.low_width > 0);
        labels.push(label(0, y, "DEVICE", LabelKind::Lane));
    }
    match plan.upper {
        Upper::Empty => {
            let fed = plan.start == Start::Tcp;
            let x = if fed {
                grid.buffer + 2
            } else {
                grid.buffer - 4
            };
            labels.push(label(x, 1, "nothing comes up here", LabelKind::Caption));
        }
        Upper::Mapping => {
            let text = "a view, no bytes";
            labels.push(label(grid.source + 2, grid.box_rows, text, LabelKind::View));
        }
        Upper::Buffer | Upper::Memory => {}
    }
    labels
}

/// 56 columns, 6 rows: a name and a gauge each, and the paths lie on the lane border.
fn folded(plan: Plan) -> Layout {
    let plan = Plan {
        peer: false,
        ..plan
    };
    let rect = |slot| match slot {
        Slot::Source => Rect::new(12, 3, 16, 2),
        Slot::Buffer if plan.upper == Upper::Mapping => Rect::new(12, 0, 16, 2),
        Slot::Buffer => Rect::new(23, 0, 16, 2),
        Slot::Pipe => Rect::new(29, 3, 8, 2),
        Slot::Disk => Rect::new(12, 5, 18, 1),
        Slot::Device => Rect::new(38, 5, 18, 1),
        Slot::Sink | Slot::Peer => Rect::new(38, 3, 16, 2),
    };
    let label = |y, text, kind| Label {
        at: (0, y),
        text,
        kind,
    };
    let mut labels = vec![
        label(1, "USER", LabelKind::Lane),
        label(2, "", LabelKind::Switches),
        label(4, "KERNEL", LabelKind::Lane),
    ];
    if plan.disk || plan.device {
        labels.push(label(5, "DEVICE", LabelKind::Lane));
    }
    Layout {
        size: StageSize::Folded,
        width: 56,
        height: StageSize::Folded.least().1,
        boxes: plan.slots().map(|slot| (slot, rect(slot))).collect(),
        wires: folded_wires(plan),
        borders: vec![2],
        labels,
        devices: [(12, 5), (38, 5)],
        caption: None,
        elsewhere: (if plan.upper == Upper::Empty { 10 } else { 30 }, 2),
    }
}

fn folded_wires(plan: Plan) -> Vec<Wire> {
    let wire = |edge, points: &[Cell], tag| Wire::new(edge, path(points), (tag, 2));
    let write = wire(Edge::Write, &[(37, 2), (46, 2)], 49);
    let drain = wire(Edge::Drain, &[(34, 2), (46, 2)], 49);
    match plan.upper {
        Upper::Buffer => {
            let direct = wire(Edge::Direct, &[(30, 5), (30, 2)], 11);
            let mut wires = vec![wire(Edge::Read, &[(16, 2), (25, 2)], 11), write];
            wires.extend(plan.direct.then_some(direct));
            wires
        }
        Upper::Mapping => vec![
            wire(Edge::Across, &[(29, 4), (36, 4)], 30),
            wire(Edge::Write, &[(30, 1), (44, 1), (44, 3)], 31),
            Wire::new(Edge::View, vec![(12, 2), (27, 2)], (31, 2)),
        ],
        Upper::Memory if plan.pipe => {
            vec![wire(Edge::Fill, &[(25, 2), (31, 2)], 11), drain]
        }
        Upper::Memory if plan.shares => Vec::new(),
        Upper::Memory => vec![write],
        Upper::Empty if plan.pipe => {
            vec![wire(Edge::Fill, &[(22, 2), (31, 2)], 11), drain]
        }
        Upper::Empty => vec![wire(Edge::Across, &[(22, 2), (46, 2)], 11)],
    }
}

/// The cells of a line through corners.
fn path(points: &[Cell]) -> Vec<Cell> {
    let mut cells: Vec<Cell> = points.first().copied().into_iter().collect();
    for corner in points.iter().skip(1) {
        while let Some(last) = cells.last().copied().filter(|last| last != corner) {
            let step = |from: u16, to: u16| {
                (i32::from(from) + (i32::from(to) - i32::from(from)).signum()) as u16
            };
            cells.push((step(last.0, corner.0), step(last.1, corner.1)));
        }
    }
    cells
}
