//! The explorer of a traced program: its flows, the calls behind them, search, threads, playback.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use super::prelude::*;
use crate::app::{effect::Effect, input::TextInput};
use crate::copypath::flows::{self, groups};
use crate::model::{End, Flow, NO_FLOW, Trace, TraceReport};
use crate::syscall::{self, Moves, Ops, Style, errno_name, format_call};

/// What is listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum List {
    /// The flows.
    #[default]
    Flows,
    /// The calls behind the selected flow.
    Calls,
}

/// The explorer of a traced program.
#[derive(Default)]
pub struct ExplorerScreen {
    /// What came of watching so far.
    pub watched: TraceReport,
    pub(crate) running: bool,
    /// The last lines that it wrote to its terminal.
    pub(crate) output: Vec<String>,
    /// What is listed.
    pub list: List,
    /// The selected flow, among those that are shown.
    pub(crate) flow: usize,
    /// Somebody has chosen it; else the largest is selected, whichever that is by now.
    chosen: bool,
    /// The selected call, among those behind the flow.
    pub call: usize,
    /// Only calls of this thread: an index into the trace's tasks.
    pub task: Option<u16>,
    /// Only flows and calls with this text.
    pub(crate) filter: TextInput,
    pub(crate) typing: bool,
    /// The calls are played.
    pub playing: bool,
    /// Calls a second, doubled so often.
    pub(crate) speed: i8,
    /// All flows, those that are alike together.
    groups: Vec<flows::Group>,
    /// Those that are shown.
    shown: Vec<usize>,
    /// Calls that moved bytes of any flow: indices into the trace.
    moved: Vec<u32>,
    /// Calls behind the selected flow: indices into the trace.
    calls: Vec<u32>,
    /// The place of each process on the selected flow's way: what reads the source is 0, what reads from that 1.
    stages: HashMap<i32, usize>,
    due: Duration,
}

/// A call of the selected flow that is played.
pub(crate) struct Played {
    /// Whether its bytes go into the program, out of it, or both.
    pub moves: Moves,
    /// How many programs the bytes have passed before this one.
    pub stage: usize,
    /// How much of its time has gone: 0 to 1.
    pub done: f64,
}

/// Calls a second at the usual speed.
const PACE: u32 = 8;
/// Lines of output that are kept.
const LINES: usize = 100;

// One row a line: these are tables.
#[rustfmt::skip]
const KEYS: &[KeyRow<ExplorerScreen>] = &[
    row(UP_DOWN, ["↑↓", "flow", "choose a flow"], Page, |_, on| on.list == List::Flows),
    row(UP_DOWN, ["↑↓", "call", "choose a call"], Page, |_, on| on.list == List::Calls),
    row(CONFIRM, ["Enter", "its calls", "the calls behind the flow"], Page, |_, on| on.list == List::Flows),
    row(&[(Char('/'), Command::Filter)], ["/", "search", "search flows and calls"], Page, always),
    row(PLAY, ["␣", "pause", "pause"], Recording, |_, on| on.playing),
    row(PLAY, ["␣", "play", "play call by call"], Recording, has_calls),
    row(LEFT_RIGHT, ["←→", "", "a call back, a call on"], Recording, has_calls),
    row(TAB, ["Tab", "by thread", "the calls of the next thread alone"], Page, always),
    row(SPEED, ["[ ]", "speed", "slower, faster"], Recording, has_calls),
    row(ENDS, ["Home End", "", "first, last row"], Page, always),
    row(&[(Ctrl('c'), Command::Interrupt)], ["Ctrl-C", "", "interrupt the program; q ends it"], Everywhere, |_, on| on.running),
];
#[rustfmt::skip]
const TYPING: &[KeyRow<ExplorerScreen>] = &[
    row(CONFIRM, ["Enter", "keep", "keep what is searched for"], Answer, always),
    row(&[(Esc, Command::Back)], ["Esc", "show all", "show all again"], Answer, always),
];

fn has_calls(_: &Shared, on: &ExplorerScreen) -> bool {
    !on.calls.is_empty()
}

impl ExplorerScreen {
    /// Of a program that has ended, or that still runs.
    pub(crate) fn new(watched: TraceReport, running: bool) -> ExplorerScreen {
        let mut explorer = ExplorerScreen {
            running,
            groups: own_first(&watched),
            moved: moved(&watched),
            watched,
            ..ExplorerScreen::default()
        };
        explorer.refresh();
        explorer
    }

    /// More is known of a program that runs, or has just ended.
    pub(crate) fn on_snapshot(&mut self, watched: TraceReport, running: bool) {
        let selected = self.selected().filter(|_| self.chosen);
        let flow = |group: &flows::Group| self.watched.flows[group.members[0] as usize].clone();
        let selected = selected.map(flow);
        // The call that is looked at stays; who looks at the last one follows.
        let begun = |call: &u32| self.watched.trace.calls[*call as usize].start_ns;
        let looked_at = self.calls.get(self.call).map(begun);
        let follows = self.call + 1 >= self.calls.len();
        let command = std::mem::replace(&mut self.watched, watched).command;
        if running {
            self.watched.command = command; // as it was given
        }
        self.running = running;
        self.groups = own_first(&self.watched);
        self.moved = moved(&self.watched);
        self.refresh();
        fn ends(flow: &Flow) -> (&End, &End) {
            (&flow.from, &flow.to)
        }
        let selected = selected.as_ref().map(ends);
        let is_it = |place: &usize| {
            let mut members = self.members(self.shown[*place]);
            members.any(|flow| selected == Some(ends(flow)))
        };
        self.flow = (0..self.shown.len()).find(is_it).unwrap_or(0);
        self.look_up_calls();
        let calls = &self.watched.trace.calls;
        let before = |call: &u32| looked_at.is_some_and(|at| calls[*call as usize].start_ns < at);
        let place = match follows && running {
            true => self.calls.len(),
            false => self.calls.partition_point(before),
        };
        self.call = place.min(self.calls.len().saturating_sub(1));
    }

    /// The program has written something.
    pub(crate) fn on_output(&mut self, text: &str) {
        let printable = |c: char| !c.is_control() || c == '\t';
        for line in text.split(['\n', '\r']).filter(|line| !line.is_empty()) {
            self.output
                .push(line.chars().filter(|c| printable(*c)).collect());
        }
        let old = self.output.len().saturating_sub(LINES);
        self.output.drain(..old);
    }

    /// The flows that are shown, those that are alike together; the largest first.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = &flows::Group> {
        self.shown.iter().map(|group| &self.groups[*group])
    }

    /// The selected one.
    pub fn selected(&self) -> Option<&flows::Group> {
        self.shown.get(self.flow).map(|group| &self.groups[*group])
    }

    /// The flows of a group.
    fn members(&self, group: usize) -> impl Iterator<Item = &Flow> {
        let members = self.groups[group].members.iter();
        members.map(|flow| &self.watched.flows[*flow as usize])
    }

    /// The calls behind the selected flow: indices into the trace.
    pub fn calls(&self) -> &[u32] {
        &self.calls
    }

    /// All calls that moved bytes: indices into the trace.
    pub(crate) fn moved(&self) -> &[u32] {
        &self.moved
    }

    /// Whether the CPU copies bytes of the flow that a call is of.
    pub(crate) fn is_copied(&self, call: u32) -> bool {
        let flow = self.watched.flow_of.get(call as usize);
        let flow = flow.and_then(|flow| self.watched.flows.get(*flow as usize));
        flow.is_some_and(|flow| flow.cpu_copied_bytes() > 0)
    }

    /// The call that is played.
    pub(crate) fn played(&self) -> Option<Played> {
        let number = *self.calls.get(self.call).filter(|_| self.playing)?;
        let trace = &self.watched.trace;
        let call = &trace.calls[number as usize];
        let pid = trace.tasks.get(usize::from(call.task))?.pid;
        Some(Played {
            moves: syscall::op(trace.name(call)).moves(),
            stage: self.stages.get(&pid).copied().unwrap_or(0),
            done: (self.due.as_secs_f64() * self.pace()).min(1.0),
        })
    }

    /// Calls a second.
    fn pace(&self) -> f64 {
        f64::from(PACE) * 2f64.powi(i32::from(self.speed))
    }

    pub(crate) fn call_text(&self, call: u32) -> String {
        let trace = &self.watched.trace;
        format_call(trace, &trace.calls[call as usize], Style::Full)
    }

    fn refresh(&mut self) {
        let filter = self.filter.text.to_lowercase();
        let is_wanted = |group: &usize| {
            let mut members = self.members(*group);
            filter.is_empty()
                || self.groups[*group].advice.short.contains(&filter)
                || members.any(|flow| flow_text(flow).contains(&filter))
        };
        self.shown = (0..self.groups.len()).filter(is_wanted).collect();
        // A search for a call's name or argument finds no flow: then it is the calls that are searched.
        if self.shown.is_empty() {
            self.shown = (0..self.groups.len()).collect();
        }
        self.flow = self.flow.min(self.shown.len().saturating_sub(1));
        self.look_up_calls();
    }

    fn look_up_calls(&mut self) {
        self.call = 0;
        self.calls.clear();
        let Some(group) = self.selected() else {
            return;
        };
        let filter = self.filter.text.to_lowercase();
        let named = |flow: &&u32| {
            let flow = &self.watched.flows[**flow as usize];
            filter.is_empty() || flow_text(flow).contains(&filter)
        };
        // Where the filter is about flows, all their calls are meant.
        let named: Vec<u32> = group.members.iter().filter(named).copied().collect();
        let is_about_flows = !named.is_empty() || group.advice.short.contains(&filter);
        let mut is_of = vec![false; self.watched.flows.len()];
        let members = if named.is_empty() {
            &group.members
        } else {
            &named
        };
        members.iter().for_each(|flow| is_of[*flow as usize] = true);
        let trace = &self.watched.trace;
        let also_of = self.watched.also_of.iter();
        let also_of = also_of.filter(|(_, flow)| is_of.get(*flow as usize) == Some(&true));
        let also: HashSet<u32> = also_of.map(|(call, _)| *call).collect();
        let search = (!is_about_flows).then(|| Search::new(trace, &filter));
        let wanted = self.moved.iter().copied().filter(|call| {
            let flow = self.watched.flow_of[*call as usize];
            let task = trace.calls[*call as usize].task;
            (is_of.get(flow as usize) == Some(&true) || also.contains(call))
                && self.task.is_none_or(|wanted| wanted == task)
                && search.as_ref().is_none_or(|search| search.finds(*call))
        });
        self.calls = wanted.collect();
        self.stages = stages(trace, &self.calls);
    }

    fn search_for(&mut self, filter: TextInput) {
        self.filter = filter;
        self.refresh();
    }

    fn end_typing(&mut self, command: Command) {
        self.typing = false;
        if command == Command::Back {
            self.search_for(TextInput::default());
        }
    }

    /// The next thread that moved bytes of the selected flow; after the last, all of them.
    fn next_task(&mut self) {
        let before = self.task.take();
        self.look_up_calls();
        let calls = &self.watched.trace.calls;
        let tasks = self.calls.iter().map(|call| calls[*call as usize].task);
        let next = tasks.filter(|task| before.is_none_or(|before| *task > before));
        self.task = next.min();
        self.look_up_calls();
    }

    /// Up and down in what is listed.
    fn go(&mut self, rows: isize) {
        match self.list {
            List::Calls => self.call = step(self.call, rows, self.calls.len()),
            List::Flows => {
                self.chosen = true;
                self.flow = step(self.flow, rows, self.shown.len());
                self.look_up_calls();
            }
        }
    }
}

impl ScreenState for ExplorerScreen {
    fn name(&self) -> &'static str {
        "trace"
    }

    fn keys(&self, app: &Shared, keys: &mut Enabled) {
        match self.typing {
            true => keys.add(TYPING, app, self),
            false => keys.add(KEYS, app, self),
        }
    }

    fn update(&mut self, app: &mut Shared, command: Command) {
        match command {
            Command::Type(key) => {
                self.filter.press(key);
                self.refresh();
            }
            _ if self.typing => self.end_typing(command),
            Command::Filter => {
                self.typing = true;
                self.search_for(TextInput::default());
            }
            Command::Tab => self.next_task(),
            Command::Confirm => (self.chosen, self.list) = (true, List::Calls),
            Command::Play => self.playing = !self.playing && !self.calls.is_empty(),
            Command::Slower => self.speed = (self.speed - 1).max(-3),
            Command::Faster => self.speed = (self.speed + 1).min(12),
            Command::Left => self.call = step(self.call, -1, self.calls.len()),
            Command::Right => self.call = step(self.call, 1, self.calls.len()),
            Command::Interrupt => app.effects.push(Effect::Interrupt),
            _ => self.go(command.rows()),
        }
    }

    fn click(&mut self, app: &mut Shared, click: Click) {
        match click {
            Click::Row(flow) if flow == self.flow => self.update(app, Command::Confirm),
            Click::Row(flow) => self.go(flow as isize - self.flow as isize),
            Click::Call(call) => self.call = call.min(self.calls.len().saturating_sub(1)),
            _ => {}
        }
    }

    fn wheel(&mut self, _: &mut Shared, rows: isize) {
        self.go(rows);
    }

    /// From the calls to the flows; from what was searched for to all.
    fn back(&mut self, _: &mut Shared) -> bool {
        if self.typing {
            self.end_typing(Command::Back);
        } else if self.list == List::Calls {
            self.list = List::Flows;
        } else {
            self.task = None;
            self.search_for(TextInput::default());
        }
        true
    }

    fn has_back(&self) -> bool {
        self.list == List::Calls || self.task.is_some() || !self.filter.text.is_empty()
    }

    fn in_course(&self) -> bool {
        false
    }

    fn types(&self) -> bool {
        self.typing
    }

    fn next_frame(&self, _: &Shared) -> Option<Duration> {
        self.playing.then_some(Duration::from_millis(33))
    }

    fn tick(&mut self, _: &mut Shared, elapsed: Duration) {
        if !self.playing {
            return;
        }
        self.due += elapsed;
        let pace = self.pace();
        let steps = (self.due.as_secs_f64() * pace) as usize;
        self.due -= Duration::from_secs_f64(steps as f64 / pace).min(self.due);
        self.call = step(self.call, steps as isize, self.calls.len());
        self.playing = self.call + 1 < self.calls.len();
    }
}

/// A text that is looked for in calls: in their names, their descriptors, the strings of their arguments, and the
/// errors that they ended with. What many calls share is looked at once, so that a million are searched between two keys.
struct Search<'a> {
    trace: &'a Trace,
    names: Vec<bool>,
    descriptors: Vec<bool>,
    /// Calls with such a string, in order.
    texts: Vec<u32>,
    filter: &'a str,
}

impl Search<'_> {
    fn new<'a>(trace: &'a Trace, filter: &'a str) -> Search<'a> {
        let has = |text: &str| text.to_lowercase().contains(filter);
        let texts = trace.texts.iter().filter(|text| has(&text.text));
        Search {
            trace,
            names: trace.names.iter().map(|name| has(name)).collect(),
            descriptors: trace
                .descriptors
                .iter()
                .map(|known| has(&known.name))
                .collect(),
            texts: texts.map(|text| text.call).collect(),
            filter,
        }
    }

    fn finds(&self, number: u32) -> bool {
        let call = &self.trace.calls[number as usize];
        let is_of = |known: &u32| self.descriptors.get(*known as usize) == Some(&true);
        let failed_so = || {
            let name = call.errno().and_then(errno_name);
            name.is_some_and(|name| name.to_lowercase().contains(self.filter))
        };
        self.names.get(usize::from(call.name)) == Some(&true)
            || call.descriptors.iter().any(is_of)
            || self.texts.binary_search(&number).is_ok()
            || failed_so()
    }
}

/// Which process of a flow comes after how many others: a pipe comes after what writes to it, and before what reads it.
fn stages(trace: &Trace, calls: &[u32]) -> HashMap<i32, usize> {
    /// The calls that are looked at.
    const ENOUGH: usize = 4096;
    /// More programs are drawn as so many, and a circle of pipes has an end.
    const MOST: usize = 4;
    let (mut processes, mut queues) = (HashMap::new(), HashMap::new());
    let mut ops = Ops::default();
    // Twice: who reads a pipe may ask before there is a writer.
    for number in [calls, calls]
        .iter()
        .flat_map(|calls| calls.iter().take(ENOUGH))
    {
        let call = &trace.calls[*number as usize];
        let task = trace.tasks.get(usize::from(call.task));
        let queue = trace.descriptor(call, 0).filter(|it| it.kind.is_queue());
        let (Some(task), Some(queue)) = (task, queue) else {
            continue;
        };
        let moves = ops.of(trace, call).moves();
        if moves.reads
            && let Some(stage) = queues.get(&queue.identity)
        {
            processes.insert(task.pid, *stage);
        }
        if moves.writes && !moves.reads {
            let stage = processes.get(&task.pid).map_or(0, |stage| *stage);
            queues.insert(queue.identity, MOST.min(stage + 1));
        }
    }
    processes
}

/// The flows, those that are alike together: what the program reads in order to start comes last.
fn own_first(watched: &TraceReport) -> Vec<flows::Group> {
    let mut groups = groups(&watched.flows, &watched.shared_calls);
    groups.sort_by_key(|group| flows::is_of_start(&group.flow, &watched.command));
    groups
}

fn moved(watched: &TraceReport) -> Vec<u32> {
    let flows = watched.flow_of.iter().zip(0..);
    let flows = flows.filter(|(flow, _)| **flow != NO_FLOW);
    flows.map(|(_, call)| call).collect()
}

fn step(at: usize, by: isize, count: usize) -> usize {
    at.saturating_add_signed(by).min(count.saturating_sub(1))
}

/// What a search looks at.
fn flow_text(flow: &Flow) -> String {
    let names: Vec<&str> = flow.calls_by_name.keys().map(String::as_str).collect();
    let parts = [
        flow.from.kind.name(),
        &flow.from.name,
        &flow.programs.join(" "),
        flow.to.kind.name(),
        &flow.to.name,
        &names.join(" "),
    ];
    parts.join(" ").to_lowercase()
}
