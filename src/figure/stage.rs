//! The stage: where each place sits and which cells each wire runs through, at four sizes. Seats are fixed: they
//! are the same for every method, so that sendfile is read and write with the upper storey empty.

use crate::model::{How, Place, Sink, Start};

/// A column and a row of the stage, from its upper left corner.
pub type Cell = (u16, u16);

/// How much room there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// 56x14 and up: places without borders, paths on the lane border.
    Folded,
    /// 68x18 and up: the devices are a row of text.
    Small,
    /// 67x31 and up: everything.
    Medium,
    /// 124x48 and up: two columns a gauge cell.
    Large,
}

impl Tier {
    /// The largest stage that an area of the whole player has room for. None below 56x13.
    pub fn of(width: u16, height: u16) -> Option<Tier> {
        match (width, height) {
            (124.., 48..) => Some(Tier::Large),
            (67.., 29..) => Some(Tier::Medium),
            (68.., 18..) => Some(Tier::Small),
            (56.., 11..) => Some(Tier::Folded),
            _ => None,
        }
    }

    /// The largest stage that fits by itself.
    pub fn of_stage(width: u16, height: u16) -> Option<Tier> {
        [Tier::Large, Tier::Medium, Tier::Small, Tier::Folded]
            .into_iter()
            .find(|tier| tier.width() <= width && tier.height() <= height)
    }

    /// Its rows.
    pub fn height(self) -> u16 {
        match self {
            Tier::Folded => 6,
            Tier::Small => 11,
            Tier::Medium => 15,
            Tier::Large => 27,
        }
    }

    /// Its columns, at least.
    pub fn width(self) -> u16 {
        match self {
            Tier::Folded => 56,
            Tier::Small => 68,
            Tier::Medium => 67,
            Tier::Large => 124,
        }
    }
}

/// What stands in the upper storey, above the mode switches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upper {
    /// The program's buffer, between page cache and sink.
    Buffer,
    /// The program's view of the page cache, above it.
    Mapping,
    /// The program's memory, in which everything is from the beginning: there is no source below.
    Memory,
    /// Nothing comes up.
    Empty,
}

/// What a stage has to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What stands above.
    pub upper: Upper,
    /// Whether bytes come up from the disk past the page cache.
    pub direct: bool,
    /// Whether a pipe stands between source and sink.
    pub pipe: bool,
    /// Where the bytes are at first. At a peer: the seats of the source are those of a socket and a network card.
    pub start: Start,
    /// Where the bytes go.
    pub sink: Sink,
    /// Whether the program at the other end maps the program's memory.
    pub shares: bool,
    /// Whether the program at the other end is drawn.
    pub peer: bool,
    /// Whether the disk under the source is drawn.
    pub disk: bool,
    /// Whether what is below the sink is drawn: the network card, or a file sink's disk.
    pub device: bool,
}

/// A place's seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Seat {
    /// Disk under the source.
    Disk,
    /// The source's pages in the page cache.
    Source,
    /// The program's buffer or mapping.
    Buffer,
    /// A pipe on the way, between source and sink.
    Pipe,
    /// Socket queue, pipe, or the pages of a file sink.
    Sink,
    /// Network card, or the disk under a file sink.
    Device,
    /// The program at the other end.
    Peer,
}

/// A place on the stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Post {
    /// Whose seat it is.
    pub seat: Seat,
    /// Its left upper cell.
    pub at: Cell,
    /// Columns, its border with it.
    pub width: u16,
    /// Rows; 1 for a row of text, 2 for a name and a gauge without border.
    pub height: u16,
}

/// A way between two seats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Road {
    /// Disk to page cache.
    Fetch,
    /// Disk to buffer, past the page cache.
    Direct,
    /// Page cache to buffer.
    Read,
    /// Buffer to sink.
    Write,
    /// Page cache to sink, inside the kernel.
    Across,
    /// Page cache to the pipe on the way.
    Fill,
    /// The pipe on the way to the sink.
    Drain,
    /// Page cache seen through the mapping.
    View,
    /// Sink to device, or to a file sink's disk.
    Out,
    /// Sink to peer; or, where the bytes start at a peer, from it to the source's socket.
    Receive,
    /// The program's memory seen by the peer, too.
    Share,
}

impl Road {
    /// Every road.
    pub const ALL: [Road; 11] = [
        Road::Fetch,
        Road::Direct,
        Road::Read,
        Road::Write,
        Road::Across,
        Road::Fill,
        Road::Drain,
        Road::View,
        Road::Out,
        Road::Receive,
        Road::Share,
    ];

    /// The road of a hop, and whether the hop goes along it backwards. None where the stage has no such road.
    pub fn of(from: Place, to: Place, how: How) -> Option<(Road, bool)> {
        use Place::*;
        let queue = |place| matches!(place, SocketQueue | Pipe);
        Some(match (from, to) {
            (PageCache, UserBuffer) if how == How::Mapping => (Road::View, false),
            (Disk, PageCache) => (Road::Fetch, false),
            (Disk, UserBuffer) => (Road::Direct, false),
            (PageCache, UserBuffer) => (Road::Read, false),
            (UserBuffer, PageCache) => (Road::Write, false),
            (UserBuffer, to) if queue(to) => (Road::Write, false),
            (from, UserBuffer) if queue(from) => (Road::Write, true),
            (PageCache, PageCache) => (Road::Across, false),
            (PageCache, to) if queue(to) => (Road::Across, false),
            (PageCache, Disk) => (Road::Out, false),
            (from, Device) if queue(from) => (Road::Out, false),
            (Device, to) if queue(to) => (Road::Out, true),
            (from, Peer) if queue(from) => (Road::Receive, false),
            (UserBuffer, Peer) => (Road::Share, false),
            (Pipe, SocketQueue | Pipe | PageCache) => (Road::Drain, false),
            _ => return None,
        })
    }

    /// [`Road::of`] on a stage that may have a pipe between source and sink.
    pub fn on(plan: Plan, from: Place, to: Place, how: How) -> Option<(Road, bool)> {
        match (from, to) {
            (Place::PageCache | Place::UserBuffer, Place::Pipe) if plan.pipe => {
                Some((Road::Fill, false))
            }
            (Place::SocketQueue, Place::UserBuffer) if plan.start == Start::Tcp => {
                Some((Road::Read, false))
            }
            (Place::SocketQueue, Place::Pipe) if plan.start == Start::Tcp => {
                Some((Road::Fill, false))
            }
            _ => Road::of(from, to, how),
        }
    }
}

/// A wire: its cells in the order in which bytes pass, the first on the edge of the box that it leaves, the last
/// (its head) on the edge of the box that it reaches. [`Road::View`] has both edges of the view instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wire {
    /// Which road.
    pub road: Road,
    /// The cells; empty where the road is told in words only.
    pub cells: Vec<Cell>,
    /// Where the name of the call that uses it is written.
    pub tag: Cell,
}

/// A border between two lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
    /// Its row.
    pub row: u16,
    /// Its columns.
    pub columns: u16,
}

/// Words on the stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub at: Cell,
    /// What.
    pub text: &'static str,
    /// The name of a lane (else a caption).
    pub lane: bool,
}

/// A stage, laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Its size.
    pub tier: Tier,
    /// What it shows.
    pub plan: Plan,
    /// Its columns.
    pub width: u16,
    /// Its rows.
    pub height: u16,
    /// The places.
    pub posts: Vec<Post>,
    /// The wires that it has room for.
    pub wires: Vec<Wire>,
    /// The borders between the lanes.
    pub lanes: Vec<Lane>,
    /// The names of the lanes.
    pub labels: Vec<Label>,
    /// Where what the disk does, and what the device does, is said on the lane border or in the device row.
    pub remarks: [Cell; 2],
    /// Where it is said what a gauge's cell is (two rows of nine columns). None where there is no room.
    pub caption: Option<Cell>,
    /// Where a call is named that has no wire.
    pub elsewhere: Cell,
}

/// The numbers of one size. Rows and columns from the stage's corner.
struct Grid {
    width: u16,
    box_width: u16,
    low_width: u16,
    peer_width: u16,
    source: u16,
    buffer: u16,
    sink: u16,
    peer: u16,
    user: u16,
    tags: u16,
    lane: u16,
    wires: u16,
    kernel: u16,
    lower_lane: u16,
    device: u16,
    read: (u16, u16),
    write: (u16, u16),
    across: u16,
    receive: u16,
    fetch: u16,
    out: u16,
    read_tag: u16,
    write_tag: u16,
    across_tag: u16,
    pipe: u16,
    pipe_width: u16,
    direct: u16,
}

const SMALL: Grid = Grid {
    width: 76,
    box_width: 20,
    low_width: 0,
    peer_width: 16,
    source: 9,
    buffer: 25,
    sink: 48,
    peer: 60,
    user: 0,
    tags: 4,
    lane: 4,
    wires: 5,
    kernel: 6,
    lower_lane: 9,
    device: 10,
    read: (14, 29),
    write: (40, 60),
    across: 22,
    receive: 64,
    fetch: 11,
    out: 50,
    read_tag: 22,
    write_tag: 43,
    across_tag: 34,
    pipe: 32,
    pipe_width: 13,
    direct: 32,
};

const MEDIUM: Grid = Grid {
    width: 67,
    box_width: 20,
    low_width: 16,
    peer_width: 16,
    source: 9,
    buffer: 21,
    sink: 39,
    peer: 51,
    user: 0,
    tags: 4,
    lane: 5,
    wires: 6,
    kernel: 7,
    lower_lane: 11,
    device: 12,
    read: (14, 25),
    write: (36, 51),
    across: 22,
    receive: 55,
    fetch: 12,
    out: 42,
    read_tag: 18,
    write_tag: 39,
    across_tag: 27,
    pipe: 31,
    pipe_width: 13,
    direct: 32,
};

const LARGE: Grid = Grid {
    width: 124,
    box_width: 36,
    low_width: 26,
    peer_width: 30,
    source: 12,
    buffer: 36,
    sink: 72,
    peer: 94,
    user: 0,
    tags: 9,
    lane: 10,
    wires: 11,
    kernel: 13,
    lower_lane: 20,
    device: 24,
    read: (22, 43),
    write: (66, 96),
    across: 38,
    receive: 102,
    fetch: 18,
    out: 78,
    read_tag: 36,
    write_tag: 69,
    across_tag: 52,
    pipe: 57,
    pipe_width: 20,
    direct: 56,
};

impl Grid {
    /// With room for a pipe between source and sink.
    fn for_plan(&self, tier: Tier, plan: Plan) -> Grid {
        let (sink, out) = match tier {
            _ if !plan.pipe => (self.sink, self.out),
            Tier::Medium => (47, 50),
            Tier::Large => (88, 94),
            _ => (self.sink, self.out),
        };
        Grid { sink, out, ..*self }
    }
}

impl Stage {
    /// Lays out a stage of one size. `columns`: how many there are; the peer is left out where it does not fit.
    pub fn new(tier: Tier, plan: Plan, columns: u16) -> Stage {
        match tier {
            Tier::Folded => folded(plan),
            Tier::Small => boxed(tier, plan, &SMALL, columns),
            Tier::Medium => boxed(tier, plan, &MEDIUM, columns),
            Tier::Large => boxed(tier, plan, &LARGE, columns),
        }
    }

    /// A place, if it is drawn.
    pub fn post(&self, seat: Seat) -> Option<&Post> {
        self.posts.iter().find(|post| post.seat == seat)
    }

    /// A wire, if it is drawn.
    pub fn wire(&self, road: Road) -> Option<&Wire> {
        self.wires.iter().find(|wire| wire.road == road)
    }

    /// Cells from one end of a road to the other: how long a hop along it takes.
    pub fn length(&self, road: Road) -> usize {
        self.wire(road).map_or(0, |wire| wire.cells.len())
    }
}

fn boxed(tier: Tier, plan: Plan, grid: &Grid, columns: u16) -> Stage {
    let plan = Plan {
        peer: plan.peer && columns >= grid.width,
        ..plan
    };
    let grid = &grid.for_plan(tier, plan);
    let width = grid.width.min(columns);
    let lane = |row| Lane {
        row,
        columns: width,
    };
    Stage {
        tier,
        plan,
        width,
        height: tier.height(),
        posts: posts(plan, grid),
        wires: wires(plan, grid),
        lanes: vec![lane(grid.lane), lane(grid.lower_lane)],
        labels: labels(plan, grid),
        remarks: remarks(grid),
        caption: Some((0, grid.kernel + 2)),
        elsewhere: (elsewhere(plan, grid), row_of_tags(plan, grid)),
    }
}

/// The first column of a peer from which the bytes come: above the source.
const FEEDER: u16 = 5;

fn posts(plan: Plan, grid: &Grid) -> Vec<Post> {
    let mut posts = Vec::new();
    let mut post = |wanted, seat, x, y, width, height| {
        if wanted {
            let at = (x, y);
            posts.push(Post {
                seat,
                at,
                width,
                height,
            });
        }
    };
    let wide = grid.box_width;
    let source = plan.upper != Upper::Memory;
    post(source, Seat::Source, grid.source, grid.kernel, wide, 4);
    post(true, Seat::Sink, grid.sink, grid.kernel, wide, 4);
    let buffer = match plan.upper {
        Upper::Mapping => grid.source,
        _ => grid.buffer,
    };
    let upper = plan.upper != Upper::Empty;
    post(upper, Seat::Buffer, buffer, grid.user, wide, 4);
    let (peer, peer_width) = match plan.start {
        Start::Tcp => (FEEDER, grid.buffer - FEEDER - 1),
        _ => (grid.peer, grid.peer_width),
    };
    post(plan.peer, Seat::Peer, peer, grid.user, peer_width, 4);
    post(
        plan.pipe,
        Seat::Pipe,
        grid.pipe,
        grid.kernel,
        grid.pipe_width,
        4,
    );
    let (low, height) = match grid.low_width {
        0 => (18, 1),
        width => (width, 3),
    };
    let shift = if height == 1 { 2 } else { 0 };
    post(
        plan.disk,
        Seat::Disk,
        grid.source + shift,
        grid.device,
        low,
        height,
    );
    post(
        plan.device,
        Seat::Device,
        grid.sink + shift,
        grid.device,
        low,
        height,
    );
    posts
}

fn wires(plan: Plan, grid: &Grid) -> Vec<Wire> {
    let (below_user, bottom) = (grid.user + 3, grid.kernel + 3);
    let (right, row) = (grid.source + grid.box_width - 1, grid.kernel + 1);
    let (read, write, top) = (grid.read, grid.write, grid.kernel);
    let mut wires = Vec::new();
    let mut wire = |road, points: &[Cell], tag| {
        let cells = path(points);
        wires.push(Wire { road, cells, tag });
    };
    let tag = |x| (x, row_of_tags(plan, grid));
    match plan.upper {
        Upper::Buffer => {
            wire(
                Road::Read,
                &[
                    (read.0, top),
                    (read.0, grid.wires),
                    (read.1, grid.wires),
                    (read.1, below_user),
                ],
                tag(match plan.start {
                    Start::Tcp => read.0 + 1,
                    _ => grid.read_tag,
                }),
            );
            wire(
                Road::Write,
                &[
                    (write.0, below_user),
                    (write.0, grid.wires),
                    (write.1, grid.wires),
                    (write.1, top),
                ],
                tag(grid.write_tag),
            );
            if plan.direct {
                // From the disk's side, or its words, between page cache and sink.
                let (from, y) = match grid.low_width {
                    0 => (grid.source + 21, grid.device),
                    width => (grid.source + width - 1, grid.device + 1),
                };
                let x = grid.direct;
                wire(
                    Road::Direct,
                    &[(from, y), (x, y), (x, below_user)],
                    tag(grid.read_tag),
                );
            }
        }
        Upper::Mapping => {
            wire(
                Road::Across,
                &[(right, row), (grid.sink, row)],
                tag(right + 3),
            );
            // Where the mapped bytes are drawn as the program's own: from the view's right edge.
            let x = grid.sink + grid.box_width / 2;
            let y = grid.user + 1;
            wire(Road::Write, &[(right, y), (x, y), (x, top)], tag(right + 3));
            let edges = (below_user + 1..top).flat_map(|y| [(grid.source, y), (right, y)]);
            let (road, cells, tag) = (Road::View, edges.collect(), tag(right + 3));
            wires.push(Wire { road, cells, tag });
        }
        Upper::Memory if plan.pipe => {
            let (x, out) = (
                grid.pipe + grid.pipe_width / 2,
                grid.pipe + grid.pipe_width - 1,
            );
            wire(Road::Fill, &[(x, below_user), (x, top)], tag(x + 3));
            wire(Road::Drain, &[(out, row), (grid.sink, row)], tag(out - 2));
        }
        Upper::Memory if plan.shares => {
            let (edge, y) = (grid.buffer + grid.box_width - 1, grid.user + 1);
            let ends = [(edge, y), (grid.peer, y)];
            if plan.peer {
                wire(Road::Share, &ends, tag(grid.write_tag));
            }
        }
        Upper::Memory => wire(
            Road::Write,
            &[
                (write.0, below_user),
                (write.0, grid.wires),
                (write.1, grid.wires),
                (write.1, top),
            ],
            tag(grid.write_tag),
        ),
        Upper::Empty if plan.pipe => {
            let (left, out) = (grid.pipe, grid.pipe + grid.pipe_width - 1);
            wire(Road::Fill, &[(right, row), (left, row)], tag(right));
            wire(Road::Drain, &[(out, row), (grid.sink, row)], tag(out - 2));
        }
        Upper::Empty => wire(
            Road::Across,
            &[
                (grid.across, top),
                (grid.across, grid.wires),
                (write.1, grid.wires),
                (write.1, top),
            ],
            tag(grid.across_tag),
        ),
    }
    let mut wire = |wanted: bool, road, points: &[Cell]| {
        if wanted {
            let (cells, tag) = (path(points), (grid.across_tag, grid.tags));
            wires.push(Wire { road, cells, tag });
        }
    };
    let feed = grid.source + 2;
    let receive = match plan.start {
        Start::Tcp => [(feed, below_user), (feed, top)],
        _ => [(grid.receive, top), (grid.receive, below_user)],
    };
    wire(plan.peer && !plan.shares, Road::Receive, &receive);
    if grid.low_width > 0 {
        let (fetch, out) = (grid.fetch, grid.out);
        wire(
            plan.disk,
            Road::Fetch,
            &[(fetch, grid.device), (fetch, bottom)],
        );
        wire(plan.device, Road::Out, &[(out, bottom), (out, grid.device)]);
    }
    wires
}

/// The row of the calls' names. Beside a mapping it is the one under the lane border, where the wire starts.
fn row_of_tags(plan: Plan, grid: &Grid) -> u16 {
    match plan.upper {
        Upper::Mapping => grid.wires,
        _ => grid.tags,
    }
}

/// Where a call is named that has no wire.
fn elsewhere(plan: Plan, grid: &Grid) -> u16 {
    match plan.upper {
        Upper::Buffer | Upper::Memory => grid.write_tag,
        Upper::Mapping => grid.source + grid.box_width + 2,
        Upper::Empty => grid.across_tag,
    }
}

fn labels(plan: Plan, grid: &Grid) -> Vec<Label> {
    let label = |at, text, lane| Label { at, text, lane };
    let mode_switch = match plan.upper {
        // The view stands where the label would.
        Upper::Mapping => (grid.source + grid.box_width + 2, grid.lane),
        // What the peer sends comes down where the label would stand.
        _ if plan.start == Start::Tcp && plan.peer => (grid.write.1 + 3, grid.lane),
        _ => (0, grid.lane),
    };
    let mut labels = vec![
        label((0, grid.user + 1), "USER", true),
        label((0, grid.kernel + 1), "KERNEL", true),
        label(mode_switch, "mode switch", false),
    ];
    let device = if grid.low_width > 0 {
        grid.device + 1
    } else {
        grid.device
    };
    if plan.disk || plan.device {
        labels.push(label((0, device), "DEVICE", true));
    }
    if plan.upper == Upper::Empty {
        let x = match plan.start {
            Start::Tcp => grid.buffer + 2,
            _ => grid.buffer - 4,
        };
        labels.push(label((x, grid.user + 1), "nothing comes up here", false));
    }
    if plan.upper == Upper::Mapping {
        labels.push(label(
            (grid.source + 2, grid.user + 4),
            "a view, no bytes",
            false,
        ));
    }
    labels
}

/// Beside the wires to the devices, on the lane border; without device boxes, in their row.
fn remarks(grid: &Grid) -> [Cell; 2] {
    if grid.low_width > 0 {
        [
            (grid.fetch + 3, grid.lower_lane),
            (grid.out + 3, grid.lower_lane),
        ]
    } else {
        [(grid.fetch, grid.device), (grid.out, grid.device)]
    }
}

/// 56 columns, 6 rows: a name and a gauge each, and the paths lie on the lane border.
fn folded(plan: Plan) -> Stage {
    let post = |seat, x, y| Post {
        seat,
        at: (x, y),
        width: 16,
        height: 2,
    };
    let mut posts = vec![post(Seat::Sink, 38, 3)];
    if plan.upper != Upper::Memory {
        posts.insert(0, post(Seat::Source, 12, 3));
    }
    let mut wires = Vec::new();
    let mut wire = |road, points: &[Cell], tag| {
        let cells = path(points);
        wires.push(Wire { road, cells, tag });
    };
    match plan.upper {
        Upper::Buffer => {
            posts.push(post(Seat::Buffer, 23, 0));
            wire(Road::Read, &[(16, 2), (25, 2)], (10, 2));
            wire(Road::Write, &[(37, 2), (46, 2)], (49, 2));
            if plan.direct {
                wire(Road::Direct, &[(30, 5), (30, 2)], (10, 2));
            }
        }
        Upper::Mapping => {
            posts.push(post(Seat::Buffer, 12, 0));
            wire(Road::Across, &[(29, 4), (36, 4)], (30, 2));
            wire(Road::Write, &[(30, 1), (44, 1), (44, 3)], (31, 2));
            let (road, cells, tag) = (Road::View, vec![(12, 2), (27, 2)], (31, 2));
            wires.push(Wire { road, cells, tag });
        }
        Upper::Memory => {
            posts.push(post(Seat::Buffer, 23, 0));
            if plan.pipe {
                wire(Road::Fill, &[(25, 2), (31, 2)], (10, 2));
                wire(Road::Drain, &[(34, 2), (46, 2)], (49, 2));
            } else if !plan.shares {
                wire(Road::Write, &[(37, 2), (46, 2)], (49, 2));
            }
        }
        Upper::Empty if plan.pipe => {
            wire(Road::Fill, &[(22, 2), (31, 2)], (10, 2));
            wire(Road::Drain, &[(34, 2), (46, 2)], (49, 2));
        }
        Upper::Empty => wire(Road::Across, &[(22, 2), (46, 2)], (10, 2)),
    }
    if plan.pipe {
        posts.push(Post {
            seat: Seat::Pipe,
            at: (29, 3),
            width: 8,
            height: 2,
        });
    }
    let mut labels = vec![
        Label {
            at: (0, 1),
            text: "USER",
            lane: true,
        },
        Label {
            at: (0, 2),
            text: "switch",
            lane: false,
        },
        Label {
            at: (0, 4),
            text: "KERNEL",
            lane: true,
        },
    ];
    let low = |seat, x| Post {
        seat,
        at: (x, 5),
        width: 18,
        height: 1,
    };
    if plan.disk {
        posts.push(low(Seat::Disk, 12));
    }
    if plan.device {
        posts.push(low(Seat::Device, 38));
    }
    if plan.disk || plan.device {
        labels.push(Label {
            at: (0, 5),
            text: "DEVICE",
            lane: true,
        });
    }
    Stage {
        tier: Tier::Folded,
        plan: Plan {
            peer: false,
            ..plan
        },
        width: 56,
        height: Tier::Folded.height(),
        posts,
        wires,
        lanes: vec![Lane {
            row: 2,
            columns: 56,
        }],
        labels,
        remarks: [(12, 5), (38, 5)],
        caption: None,
        elsewhere: (if plan.upper == Upper::Empty { 10 } else { 30 }, 2),
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
