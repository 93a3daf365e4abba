//! Names of flows and their ends, as far as there is room.

use ratatui::layout::Rect;

use crate::model::{End, EndKind, Flow, How, visible};

/// `a → cat → gzip → memory of gzip`, with its ends as they are to be called: the source (true) and the sink.
pub fn flow_name(flow: &Flow, end: fn(&End, bool) -> String) -> String {
    let through = match flow.programs.len() {
        0 | 1 => String::new(),
        _ => format!("{} → ", flow.programs.join(" → ")),
    };
    let (from, to) = (end(&flow.from, true), end(&flow.to, false));
    visible(&format!("{from} → {through}{to}")).into_owned()
}

/// How the bytes of a flow go, at a glance.
pub fn how(copied: bool) -> How {
    if copied { How::CpuCopy } else { How::Reference }
}

/// An end in a word, where there is no room for its address.
pub fn kind_of_end(of: &End, is_source: bool) -> String {
    match of.kind {
        EndKind::Tcp | EndKind::Udp => {
            let (kind, name) = (of.kind.name(), &of.name);
            let many = name.split_once(" connections");
            let many = many.and_then(|(before, _)| before.rsplit(' ').next());
            many.map_or(kind.to_owned(), |many| format!("{kind} ×{many}"))
        }
        EndKind::Memory => of.name.clone(),
        _ => of.short(is_source),
    }
}

/// A room with the margins beside it.
pub fn edge_to_edge(room: Rect) -> Rect {
    const MARGIN: u16 = 2;
    Rect {
        x: room.x.saturating_sub(MARGIN),
        width: room.width + 2 * MARGIN,
        ..room
    }
}

/// Cut at its end where it is too long.
pub fn shortened(text: &str, width: u16) -> String {
    let width = usize::from(width);
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}
