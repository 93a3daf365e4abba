//! Drawn figures: roads from the literature, step by step. Nothing travels in them: only recordings move.

use std::fmt;

use super::{
    scene::{Border, Furniture, Scene, Tag, Tone, Trail},
    stage::{Plan, Road, Seat, Stage, Upper},
};
use crate::model::{Arrow, Figure, How, Place, Sink, Start};

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
/// `places` does not list, a hop for which the stage has no road.
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
            text.match_indices("[[steps]]")
                .nth(number)
                .map_or(0, |(at, _)| at)
        };
        for hop in &step.hops {
            let (from, to) = (hop.from.name(), hop.to.name());
            if let Some(place) = [hop.from, hop.to]
                .into_iter()
                .find(|place| !figure.places.contains(place))
            {
                let what = format!("'{}' is not among the places", place.name());
                return Err(fault(at(), what));
            }
            if Road::of(hop.from, hop.to, hop.how).is_none() {
                let what = format!("the stage has no road from {from} to {to}");
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

/// A drawn figure, ready to be stepped through.
#[derive(Clone, Debug)]
pub struct Drawn {
    figure: Figure,
}

impl Drawn {
    /// Takes a figure.
    pub fn new(figure: Figure) -> Drawn {
        Drawn { figure }
    }

    /// The figure.
    pub fn figure(&self) -> &Figure {
        &self.figure
    }

    /// How many steps it has.
    pub fn len(&self) -> usize {
        self.figure.steps.len()
    }

    /// Whether it has no step.
    pub fn is_empty(&self) -> bool {
        self.figure.steps.is_empty()
    }

    /// What its stage has to show.
    pub fn plan(&self) -> Plan {
        let has = |place| self.figure.places.contains(&place);
        let mut hops = self.hops();
        // A pipe that something leaves for another place of the kernel stands on the way there.
        let onward = |hop: &Arrow| {
            hop.from == Place::Pipe && matches!(hop.to, Place::SocketQueue | Place::PageCache)
        };
        let pipe = hops.clone().any(onward);
        let past_the_cache = |hop: &Arrow| (hop.from, hop.to) == (Place::Disk, Place::UserBuffer);
        let read = hops.clone().any(|hop| hop.from == Place::Disk);
        let written = hops.clone().any(|hop| hop.to == Place::Disk);
        let sink = if has(Place::SocketQueue) {
            Sink::Tcp
        } else if has(Place::Pipe) && !pipe {
            Sink::Pipe
        } else {
            Sink::File
        };
        // The program's own bytes go into a file: there is no source below.
        let own = sink == Sink::File && !hops.clone().any(|hop| hop.to == Place::UserBuffer);
        Plan {
            pipe,
            direct: hops.clone().any(past_the_cache),
            upper: if hops.any(|hop| hop.how == How::Mapping) {
                Upper::Mapping
            } else if has(Place::UserBuffer) && own {
                Upper::Memory
            } else if has(Place::UserBuffer) {
                Upper::Buffer
            } else {
                Upper::Empty
            },
            start: Start::File,
            shares: false,
            sink,
            peer: has(Place::Peer),
            disk: has(Place::Disk) && (read || !written),
            // The disk that a file sink is written to has its seat.
            device: has(Place::Device) || written,
        }
    }

    fn hops(&self) -> impl Iterator<Item = &Arrow> + Clone {
        self.figure.steps.iter().flat_map(|step| &step.hops)
    }

    /// Whether anything goes beyond the program: else nothing sits there.
    fn goes_on(&self) -> bool {
        let plan = self.plan();
        self.hops()
            .filter_map(|hop| Road::on(plan, hop.from, hop.to, hop.how))
            .any(|(road, _)| !matches!(road, Road::Fetch | Road::Direct | Road::Read | Road::View))
    }

    /// The moment of a step: its own wires are hot, those of earlier steps quiet, later ones absent.
    pub fn scene(&self, stage: &Stage, step: usize) -> Scene {
        let step = step.min(self.len().saturating_sub(1));
        let trails = self.trails(step);
        let goes_on = self.goes_on();
        Scene {
            boxes: stage
                .posts
                .iter()
                .filter(|post| goes_on || post.seat != Seat::Sink)
                .map(|post| furniture(stage, post.seat, &trails))
                .collect(),
            tags: self.tags(stage, step),
            remarks: super::playback_scene::told_roads(stage, &trails),
            trails,
            ..Scene::default()
        }
    }

    fn trails(&self, step: usize) -> Vec<Trail> {
        let plan = self.plan();
        let mut trails: Vec<Trail> = Vec::new();
        for (number, past) in self.figure.steps.iter().enumerate().take(step + 1) {
            // A mapping that was taken back leaves no view.
            if past.call.as_deref() == Some("munmap") {
                trails.retain(|trail| trail.road != Road::View);
            }
            for hop in &past.hops {
                let Some((road, backwards)) = Road::on(plan, hop.from, hop.to, hop.how) else {
                    continue;
                };
                let tone = if number == step {
                    Tone::Hot(hop.how)
                } else {
                    Tone::Quiet(hop.how)
                };
                trails.retain(|trail| trail.road != road);
                trails.push(Trail {
                    road,
                    how: hop.how,
                    tone,
                    backwards,
                });
            }
        }
        trails
    }

    fn tags(&self, stage: &Stage, step: usize) -> Vec<Tag> {
        let Some(now) = self.figure.steps.get(step) else {
            return Vec::new();
        };
        let Some(call) = &now.call else {
            return Vec::new();
        };
        let plan = self.plan();
        let roads = now
            .hops
            .iter()
            .rev()
            .filter_map(|hop| Road::on(plan, hop.from, hop.to, hop.how));
        let called = |road: &Road| !matches!(road, Road::Fetch | Road::Out | Road::Receive);
        let at = roads
            .map(|(road, _)| road)
            .find(called)
            .and_then(|road| stage.wire(road))
            .map_or(stage.elsewhere, |wire| wire.tag);
        vec![Tag {
            at,
            text: call.clone(),
            current: true,
        }]
    }
}

fn furniture(stage: &Stage, seat: Seat, trails: &[Trail]) -> Furniture {
    let touched = |roads: &[Road]| trails.iter().any(|trail| roads.contains(&trail.road));
    let strong = touched(match seat {
        Seat::Disk => &[Road::Fetch],
        Seat::Source => &[Road::Fetch, Road::Read, Road::Across, Road::View],
        Seat::Buffer => &[Road::Read, Road::Write, Road::View],
        Seat::Sink => &[Road::Write, Road::Across, Road::Drain, Road::Out],
        Seat::Pipe => &[Road::Fill, Road::Drain],
        Seat::Device => &[Road::Out],
        Seat::Peer => &[Road::Receive],
    });
    Furniture {
        seat,
        name: super::playback_scene::name(stage.plan, seat),
        strong,
        border: if strong { Border::Plain } else { Border::Faint },
        gauge: None,
        amount: None,
        note: "",
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

    #[test]
    fn a_pipe_that_is_left_again_stands_on_the_way() {
        let plan = |to: &str| {
            let text = format!(
                "title = \"t\"\nsource = \"s\"\nplaces = [\"page-cache\", \"pipe\", \"socket-queue\"]\n\n\
                 [[steps]]\ntext = \"x\"\nhops = [{{ from = \"page-cache\", to = \"pipe\", how = \"reference\" }}]\n\n\
                 [[steps]]\ntext = \"y\"\n{to}"
            );
            Drawn::new(figure("a.toml", &text).unwrap()).plan()
        };
        let on = "hops = [{ from = \"pipe\", to = \"socket-queue\", how = \"reference\" }]\n";
        assert!(plan(on).pipe);
        assert!(!plan("").pipe);
    }
}
