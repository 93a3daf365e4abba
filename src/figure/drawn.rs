//! Drawn figures: paths from the literature, step by step. Tokens travel in them as in a recording, but nothing of it was
//! recorded: each copy takes the same time, whatever it stands for.

use std::{fmt, time::Duration};

use super::{
    Border, BoxView, DeviceView, Edge, EdgeView, Plan, Position, Scene, Slot, Tag, Tone, Travel,
    Upper, Words,
    timing::{Motion, Pace, REST, reading},
};
use crate::model::{Arrow, Figure, FigureStep, How, Place, Sink, Start};
use crate::syscall::{Op, op};

/// What is wrong with a figure's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What, in one sentence.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.what)
    }
}

/// Reads a figure (`assets/figures/NAME.toml`); `name` becomes its id.
///
/// # Errors
/// The first fault, with its line and column: no TOML, a field missing or unknown, a place that a step uses but
/// `places` does not list, a hop for which no figure has an edge.
pub fn figure(name: &str, text: &str) -> Result<Figure, Fault> {
    let fault = |offset, what: String| {
        let (line, column) = line_and_column(text, offset);
        Fault { line, column, what }
    };
    let mut figure: Figure = toml::from_str(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        fault(offset, error.message().replace('\n', " "))
    })?;
    figure.id = name.trim_end_matches(".toml").to_owned();
    for (number, step) in figure.steps.iter().enumerate() {
        let at = || {
            let mut steps = text.match_indices("[[steps]]");
            steps.nth(number).map_or(0, |(at, _)| at)
        };
        for hop in &step.hops {
            let mut places = [hop.from, hop.to].into_iter();
            if let Some(place) = places.find(|place| !figure.places.contains(place)) {
                let what = format!("'{}' is not among the places", place.name());
                return Err(fault(at(), what));
            }
            if Edge::of(hop.from, hop.to, hop.how).is_none() {
                let (from, to) = (hop.from.name(), hop.to.name());
                let what = format!("no figure has an edge from {from} to {to}");
                return Err(fault(at(), what));
            }
        }
    }
    if figure.steps.is_empty() {
        return Err(fault(0, "a figure needs at least one [[steps]]".to_owned()));
    }
    Ok(figure)
}

fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    (line, column)
}

/// What a figure has to show.
pub fn plan(figure: &Figure) -> Plan {
    let has = |place| figure.places.contains(&place);
    let any = |wanted: &dyn Fn(&Arrow) -> bool| arrows(figure).any(wanted);
    // A pipe that something leaves for another place of the kernel stands on the way there.
    let onward = |to| matches!(to, Place::SocketQueue | Place::PageCache);
    let pipe = any(&|it| it.from == Place::Pipe && onward(it.to));
    let read = any(&|it| it.from == Place::Disk);
    let written = any(&|it| it.to == Place::Disk);
    let receives = figure.receives;
    // A private mapping that is written to gets a copy of the page: both go from the page cache to the program.
    let shown =
        |how| any(&|it| (it.from, it.to, it.how) == (Place::PageCache, Place::UserBuffer, how));
    let private = shown(How::Mapping) && shown(How::CpuCopy);
    let sink = if has(Place::SocketQueue) && !receives {
        Sink::Tcp
    } else if has(Place::Pipe) && !pipe {
        Sink::Pipe
    } else {
        Sink::File
    };
    // The program's own bytes go into a file: there is no source below.
    let own = sink == Sink::File && !any(&|it| it.to == Place::UserBuffer);
    Plan {
        pipe,
        direct: any(&|it| {
            matches!(it.from, Place::Disk | Place::Device) && it.to == Place::UserBuffer
        }),
        upper: match has(Place::UserBuffer) {
            _ if any(&|it| it.how == How::Mapping) && !receives && !private => Upper::Mapping,
            true if own => Upper::Memory,
            true => Upper::Buffer,
            false => Upper::Empty,
        },
        start: if receives { Start::Tcp } else { Start::File },
        shares: false,
        sink,
        peer: has(Place::Peer),
        disk: receives && has(Place::Device) || has(Place::Disk) && (read || !written),
        // The disk that a file sink is written to has its slot.
        device: has(Place::Device) && !receives || written,
    }
}

fn arrows(figure: &Figure) -> impl Iterator<Item = &Arrow> {
    figure.steps.iter().flat_map(|step| &step.hops)
}

fn motion(plan: Plan, arrow: &Arrow) -> Motion {
    let edge = edge_of(plan, arrow).map(|(edge, _)| edge);
    match (edge.and_then(|edge| plan.steps(edge)), arrow.how) {
        (None, _) | (_, How::Mapping) => Motion::Still,
        (Some(_), How::Reference) => Motion::Reference,
        // One copy is as large as the next.
        (Some(_), _) => Motion::Copy(1),
    }
}

/// From a step's start until its last token has arrived.
pub(crate) fn travel(figure: &Figure, step: usize) -> Duration {
    let plan = plan(figure);
    let hops = figure.steps.get(step).map_or(&[][..], |step| &step.hops);
    Pace::default().call(hops.iter().map(|arrow| motion(plan, arrow)))
}

/// How long a step is shown when the figure is played: it moves, and then its sentence can be read.
pub(crate) fn shown(figure: &Figure, step: usize) -> Duration {
    let text = figure.steps.get(step).map_or("", |step| &step.text);
    travel(figure, step) + reading(text)
}

/// Goes on by `elapsed`: a step moves, and is then left to be read; no further than the last one's end.
pub(crate) fn advance(figure: &Figure, from: Position, elapsed: Duration) -> Position {
    let last = figure.steps.len().saturating_sub(1);
    let mut time = from.time + elapsed;
    for call in from.call..last {
        let shown = shown(figure, call);
        if time < shown {
            return Position { call, time };
        }
        time -= shown;
    }
    Position {
        call: last,
        time: time.min(travel(figure, last)),
    }
}

/// How many hops of a step have been made, and how far the next one is.
fn hops_made(plan: Plan, step: &FigureStep, mut time: Duration) -> (usize, f64) {
    for (number, arrow) in step.hops.iter().enumerate() {
        let travel = Pace::default().hop(motion(plan, arrow));
        if time < travel {
            return (number, time.div_duration_f64(travel));
        }
        time = time.saturating_sub(travel + REST);
    }
    (step.hops.len(), 0.0)
}

/// A figure at a position: the edges of its step are hot once they are used, those of earlier steps quiet, later ones
/// absent. `tokens`: whether single tokens travel.
pub fn scene(figure: &Figure, position: Position, tokens: bool) -> Scene {
    let step = position.call.min(figure.steps.len().saturating_sub(1));
    let plan = plan(figure);
    let now = &figure.steps[step];
    let (made, progress) = hops_made(plan, now, position.time);
    let edges = edges(figure, plan, step, made + 1);
    let travel = now.hops.get(made).filter(|_| tokens).and_then(|arrow| {
        let (edge, backwards) = edge_of(plan, arrow)?;
        (motion(plan, arrow) != Motion::Still).then_some(Travel {
            edge,
            how: arrow.how,
            progress,
            backwards,
        })
    });
    // Where nothing goes beyond the program, nothing stands there.
    let inward = |edge| matches!(edge, Edge::Fetch | Edge::Direct | Edge::Read | Edge::View);
    let mut all = arrows(figure).filter_map(|arrow| edge_of(plan, arrow));
    let goes_on = all.any(|(edge, _)| !inward(edge));
    let slots = plan.slots().filter(|slot| goes_on || *slot != Slot::Sink);
    Scene {
        boxes: slots.map(|slot| box_view(plan, slot, &edges)).collect(),
        tags: tag(figure, plan, step).into_iter().collect(),
        devices: devices(plan, &edges),
        edges,
        travel,
        ..Scene::default()
    }
}

/// Edges of all steps before, and of the first hops of this one.
fn edges(figure: &Figure, plan: Plan, step: usize, hops: usize) -> Vec<EdgeView> {
    let mut edges: Vec<EdgeView> = Vec::new();
    for (number, past) in figure.steps.iter().enumerate().take(step + 1) {
        // A mapping that was taken back leaves no view.
        if past.call.as_deref().map(op) == Some(Op::Unmap) {
            edges.retain(|view| view.edge != Edge::View);
        }
        let used = if number == step { hops } else { usize::MAX };
        for arrow in past.hops.iter().take(used) {
            let Some((edge, backwards)) = edge_of(plan, arrow) else {
                continue;
            };
            let how = arrow.how;
            let tone = match number == step {
                true => Tone::Hot(how),
                false => Tone::Quiet(how),
            };
            edges.retain(|view| view.edge != edge);
            edges.push(EdgeView {
                edge,
                how,
                tone,
                backwards,
            });
        }
    }
    edges
}

/// The call of a step, at the last edge that it is the one to use; else at the edge of such a call.
fn tag(figure: &Figure, plan: Plan, step: usize) -> Option<Tag> {
    let now = figure.steps.get(step)?;
    let text = now.call.clone()?;
    let edges = now.hops.iter().rev();
    let mut edges = edges.filter_map(|arrow| Some(edge_of(plan, arrow)?.0));
    let receives = matches!(op(&text), Op::Recv(_));
    let called = |edge: &Edge| match edge {
        Edge::Fetch | Edge::Out => false,
        Edge::Receive => receives,
        _ => true,
    };
    let edge = edges.find(called).or_else(|| plan.edge_of_op(op(&text)));
    Some(Tag { edge, text })
}

fn edge_of(plan: Plan, arrow: &Arrow) -> Option<(Edge, bool)> {
    plan.edge(arrow.from, arrow.to, arrow.how)
}

/// What each device does, in the tone of its edge.
fn devices(plan: Plan, edges: &[EdgeView]) -> Vec<DeviceView> {
    let devices = [(Slot::Disk, Edge::Fetch), (Slot::Device, Edge::Out)];
    let views = devices.into_iter().map(|(slot, edge)| {
        let view = edges.iter().find(|view| view.edge == edge);
        DeviceView {
            slot,
            name: plan.name(slot),
            beside: Words::default(),
            in_row: view.map_or("", |_| "DMA").into(),
            tone: view.map_or(Tone::Ghost, |view| view.tone),
            arrow: view.map(|view| view.backwards),
        }
    });
    let there = |view: &DeviceView| plan.slots().any(|slot| slot == view.slot);
    views.filter(there).collect()
}

fn box_view(plan: Plan, slot: Slot, edges: &[EdgeView]) -> BoxView {
    let touching: &[Edge] = match slot {
        Slot::Disk => &[Edge::Fetch],
        Slot::Source => &[Edge::Fetch, Edge::Read, Edge::Across, Edge::View],
        Slot::Buffer => &[Edge::Read, Edge::Write, Edge::View, Edge::Direct],
        Slot::Sink => &[Edge::Write, Edge::Across, Edge::Drain, Edge::Out],
        Slot::Pipe => &[Edge::Fill, Edge::Drain],
        Slot::Device => &[Edge::Out],
        Slot::Peer => &[Edge::Receive],
    };
    let strong = edges.iter().any(|view| touching.contains(&view.edge));
    BoxView {
        slot,
        name: plan.name(slot),
        strong,
        border: if strong { Border::Plain } else { Border::Faint },
        gauge: None,
        amount: None,
        note: Words::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "title = \"t\"\nsource = \"s\"\nplaces = [\"page-cache\"]\n\n[[steps]]\ntext = \"x\"\n";

    #[test]
    fn faults_name_line_and_column() {
        assert_eq!(figure("a.toml", TEXT).unwrap().id, "a");
        let wrong = TEXT.replace("[\"page-cache\"]", "[\"attic\"]");
        let fault = figure("a.toml", &wrong).unwrap_err();
        assert_eq!((fault.line, fault.column), (3, 11), "{fault}");
        let hop = "hops = [{ from = \"disk\", to = \"page-cache\", how = \"dma\" }]\n";
        let fault = figure("a.toml", &format!("{TEXT}{hop}")).unwrap_err();
        assert_eq!(fault.line, 5, "{fault}");
        assert!(fault.what.contains("'disk' is not among"), "{fault}");
    }
}
