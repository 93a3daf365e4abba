//! The numbers of each size of the stage: where boxes and wires stand.

/// How the stage of a presentation is measured: it fills its area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Measure {
    /// Columns and rows of a gauge's cell, and of a byte that travels.
    pub(crate) cell: (u16, u16),
    /// Rows of a name.
    pub(crate) name_rows: u16,
    box_width: u16,
    pipe_width: u16,
    low_width: u16,
}

impl Measure {
    const WALL: Measure = Measure {
        cell: (3, 3),
        name_rows: 4,
        box_width: 56,
        pipe_width: 30,
        low_width: 28,
    };
    const ROOM: Measure = Measure {
        cell: (2, 2),
        name_rows: 1,
        box_width: 36,
        pipe_width: 20,
        low_width: 16,
    };
    const DESK: Measure = Measure {
        cell: (1, 2),
        name_rows: 1,
        box_width: 20,
        pipe_width: 13,
        low_width: 12,
    };

    /// The largest for which an area has room.
    pub(crate) fn of(width: u16, height: u16) -> Measure {
        match (width, height) {
            (180.., 36..) => Measure::WALL,
            (100.., 20..) => Measure::ROOM,
            _ => Measure::DESK,
        }
    }

    /// Border, name, gauge; a row between them where the room is large.
    fn box_rows(self) -> u16 {
        let gaps = if self.name_rows > 1 { 2 } else { 0 };
        2 + self.name_rows + self.cell.1 + gaps
    }

    pub(super) fn grid(self, width: u16, height: u16, devices: bool) -> Grid {
        let (box_width, rows) = (self.box_width.min(width / 2 - 1), self.box_rows());
        let low_rows = 2 + self.name_rows;
        let low = if devices { low_rows + 2 } else { 0 };
        // Between the storeys: the mode-switch line, and above and below it a way for the wires.
        let between = height.saturating_sub(2 * rows + low).clamp(3, 2 * rows);
        let kernel = rows + between;
        let (middle, right) = ((width - box_width) / 2, width - box_width);
        Grid {
            width,
            box_width,
            box_rows: rows,
            port: rows / 2,
            low_rows,
            low_width: self.low_width,
            peer_width: box_width,
            source: 0,
            buffer: middle,
            sink: right,
            sink_after_pipe: right,
            peer: right,
            wires: rows + between - between / 3,
            kernel,
            lower_lane: kernel + rows,
            device: kernel + rows + 2,
            read: (box_width / 2, middle + box_width / 4),
            write: (middle + 3 * box_width / 4, right + box_width / 2),
            across: 3 * box_width / 4,
            fetch: box_width / 4,
            receive: right + 7 * box_width / 8,
            out: right + box_width / 4,
            out_after_pipe: right + box_width / 4,
            pipe: (width - self.pipe_width) / 2,
            pipe_width: self.pipe_width,
            direct: middle + box_width / 4,
            ..SMALL
        }
    }
}

/// The numbers of one size. Rows and columns from the stage's corner; the upper storey is at its top.
#[derive(Clone, Copy)]
pub(super) struct Grid {
    pub(super) width: u16,
    pub(super) box_width: u16,
    /// Rows of a box with a border, a name and a gauge.
    pub(super) box_rows: u16,
    /// The row of a box, from its top, at which wires from its sides end.
    pub(super) port: u16,
    pub(super) low_rows: u16,
    /// Columns of the devices' boxes; 0 where they are a row of text.
    pub(super) low_width: u16,
    pub(super) peer_width: u16,
    pub(super) source: u16,
    pub(super) buffer: u16,
    pub(super) sink: u16,
    /// The same with a pipe between source and sink.
    pub(super) sink_after_pipe: u16,
    pub(super) peer: u16,
    pub(super) tags: u16,
    pub(super) wires: u16,
    pub(super) kernel: u16,
    pub(super) lower_lane: u16,
    pub(super) device: u16,
    pub(super) read: (u16, u16),
    pub(super) write: (u16, u16),
    pub(super) across: u16,
    pub(super) receive: u16,
    pub(super) fetch: u16,
    pub(super) out: u16,
    /// The same with a pipe between source and sink.
    pub(super) out_after_pipe: u16,
    pub(super) read_tag: u16,
    pub(super) write_tag: u16,
    pub(super) across_tag: u16,
    pub(super) pipe: u16,
    pub(super) pipe_width: u16,
    pub(super) direct: u16,
}

pub(super) const SMALL: Grid = Grid {
    width: 76,
    box_width: 20,
    box_rows: 4,
    port: 1,
    low_rows: 3,
    low_width: 0,
    peer_width: 16,
    source: 9,
    buffer: 25,
    sink: 48,
    sink_after_pipe: 48,
    peer: 60,
    tags: 4,
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
    out_after_pipe: 50,
    read_tag: 22,
    write_tag: 43,
    across_tag: 34,
    pipe: 32,
    pipe_width: 13,
    direct: 32,
};

pub(super) const MEDIUM: Grid = Grid {
    width: 67,
    low_width: 16,
    buffer: 21,
    sink: 39,
    sink_after_pipe: 47,
    peer: 51,
    wires: 6,
    kernel: 7,
    lower_lane: 11,
    device: 12,
    read: (14, 25),
    write: (36, 51),
    receive: 55,
    fetch: 12,
    out: 42,
    out_after_pipe: 50,
    read_tag: 18,
    write_tag: 39,
    across_tag: 27,
    pipe: 31,
    ..SMALL
};

pub(super) const LARGE: Grid = Grid {
    width: 124,
    box_width: 36,
    box_rows: 4,
    port: 1,
    low_rows: 3,
    low_width: 26,
    peer_width: 30,
    source: 12,
    buffer: 36,
    sink: 72,
    sink_after_pipe: 88,
    peer: 94,
    tags: 9,
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
    out_after_pipe: 94,
    read_tag: 36,
    write_tag: 69,
    across_tag: 52,
    pipe: 57,
    pipe_width: 20,
    direct: 56,
};
