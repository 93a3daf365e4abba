//! A learner without a terminal: keys in, screen out.
#![allow(dead_code)]

use ratatui::{buffer::Buffer, layout::Rect};
use zclab::{
    app::{App, Effect, Event, Key, Mouse, Outcome, Run, Screen, screens::cards::CardsScreen},
    course::{Clock, Progress, QuestionKind},
    embedded,
    experiment::request,
    model::{
        Call, Compared, ComparedRow, Contest, Descriptor, DescriptorKind, ERRORS,
        ExperimentOutcome, ExperimentSpec, Finding, Machine, Measured, Method, NO_DESCRIPTOR,
        Origin, Outcome as Came, Overwritten, PageCache, PageCacheStep, Proof, ProofVerdict,
        Proved, Range, Recording, Sink, Size, Task, Trace, TransferSpec, WatchCost, WatchRow,
        shown_steps,
    },
    runtime,
    store::recording,
    ui::{self, Spots, theme::Theme},
};

/// The program without its threads.
pub struct Learner {
    pub app: App,
    pub theme: Theme,
    pub area: Rect,
    pub spots: Spots,
    pub effects: Vec<Effect>,
}

impl Learner {
    /// The whole course.
    pub fn new(width: u16, height: u16) -> Learner {
        Learner::of(&embedded::lessons(), width, height)
    }

    /// A course of these lessons, as (file name, text).
    pub fn of(lessons: &[(&'static str, &'static str)], width: u16, height: u16) -> Learner {
        let (material, faults) = runtime::material(lessons);
        assert!(faults.is_empty(), "the lessons have faults: {faults:?}");
        let mut learner = Learner {
            app: App::new(material, Progress::default(), None),
            theme: Theme::default(),
            area: Rect::new(0, 0, width, height),
            spots: Spots::default(),
            effects: Vec::new(),
        };
        learner.screen();
        learner
    }

    /// Draws, as the runtime does.
    pub fn screen(&mut self) -> String {
        text(&self.frame())
    }

    /// The same with its styles.
    pub fn frame(&mut self) -> Buffer {
        let mut buf = Buffer::empty(self.area);
        self.spots = runtime::draw(&mut self.app, &self.theme, self.area, &mut buf);
        buf
    }

    pub fn event(&mut self, event: Event) -> String {
        let effects = self.app.update(event);
        for effect in effects {
            if let Effect::Run { job, spec } = &effect {
                let outcome = Box::new(Outcome {
                    live: run(spec),
                    shipped: None,
                });
                let more = self.app.update(Event::Finished(*job, outcome));
                self.effects.extend(more);
            }
            if let Effect::Try { job, what } = &effect {
                let found = Box::new(findings(what));
                let more = self.app.update(Event::Experimented(*job, found));
                self.effects.extend(more);
            }
            self.effects.push(effect);
        }
        self.screen()
    }

    pub fn key(&mut self, key: Key) -> String {
        self.event(Event::Key(key))
    }

    pub fn keys(&mut self, keys: &str) -> String {
        let mut screen = String::new();
        for c in keys.chars() {
            screen = self.key(match c {
                '\n' => Key::Enter,
                '\t' => Key::Tab,
                c => Key::Char(c),
            });
        }
        screen
    }

    pub fn mouse(&mut self, mouse: Mouse) -> String {
        match ui::point(&self.app, &self.spots, mouse) {
            Some(event) => self.event(event),
            None => self.screen(),
        }
    }

    /// It is so many days after a Monday noon, in UTC.
    pub fn days_later(&mut self, days: u64) -> String {
        let now = (20_003 + days) * 24 * 3600 + 12 * 3600;
        let clock = Clock {
            now,
            ahead_of_utc: 0,
        };
        self.event(Event::Clock(clock))
    }

    /// Chooses a right or a wrong option of the question on the screen, which is a choice or a multi.
    pub fn choose(&mut self, right: bool) -> String {
        let (question, _) = self.app.question().expect("a question is asked");
        let (options, multi) = match &question.kind {
            QuestionKind::Choice(choice) => (choice.0.clone(), false),
            QuestionKind::Multi(multi) => (multi.0.clone(), true),
            _ => panic!("it has no options"),
        };
        let wanted = options
            .iter()
            .enumerate()
            .filter(|(_, option)| option.right == right);
        let keys: String = wanted.map(|(at, _)| (at + 1).to_string()).collect();
        match multi {
            true => self.keys(&format!("{keys}\n")),
            false => self.keys(&format!("{}\n", &keys[..1])),
        }
    }

    /// The open page, as (lesson, page).
    pub fn place(&self) -> (usize, usize) {
        let at = self.app.at().expect("a page is open");
        (at.lesson, at.page)
    }

    /// The reference cards, which are open.
    pub fn cards(&self) -> &CardsScreen {
        match self.app.screen() {
            Screen::Cards(cards) => cards,
            _ => panic!("the cards are not open"),
        }
    }

    /// Opens a page by the course and `n`.
    pub fn open(&mut self, page: impl Fn(&App) -> bool) {
        for lesson in 0..self.app.material.lessons.len() {
            // And the page behind the last one, from which n leads to the first question that is open, or to the next lesson.
            for _ in 0..=self.app.material.lessons[lesson].pages.len() {
                if matches!(self.app.screen(), Screen::Course(_)) {
                    self.key(Key::Enter);
                }
                if page(&self.app) {
                    return;
                }
                self.keys("n");
            }
        }
        panic!("there is no such page");
    }
}

/// The rows of a frame, without trailing spaces.
pub fn text(buf: &Buffer) -> String {
    let area = buf.area;
    let row = |y| {
        let row: String = (area.left()..area.right())
            .map(|x| buf[(x, y)].symbol())
            .collect();
        row.trim_end().to_owned()
    };
    (area.top()..area.bottom())
        .map(row)
        .collect::<Vec<_>>()
        .join("\n")
}

/// A run as a kernel would show it: read and write in turn, the last read returns 0.
pub fn run(spec: &TransferSpec) -> Run {
    let mut names = Vec::new();
    let mut calls = Vec::new();
    let (chunk, mut left) = (spec.chunk.0.max(1), spec.size.0);
    let mut call = |name: &str, args: [u64; 6], result: i64, descriptors: [u32; 2]| {
        let name = names
            .iter()
            .position(|known| known == name)
            .unwrap_or_else(|| {
                names.push(name.to_owned());
                names.len() - 1
            });
        let start_ns = calls.len() as u64 * 10_000;
        calls.push(Call {
            name: name as u16,
            task: 0,
            state: Default::default(),
            args,
            result,
            start_ns,
            duration_ns: 9_000,
            descriptors,
        });
    };
    loop {
        let now = chunk.min(left);
        if spec.method == Method::Sendfile {
            call("sendfile", [4, 3, 0, chunk, 0, 0], now as i64, [1, 0]);
        } else {
            call(
                "read",
                [3, 0x7000_0000, chunk, 0, 0, 0],
                now as i64,
                [0, NO_DESCRIPTOR],
            );
        }
        if now == 0 {
            break;
        }
        if spec.method != Method::Sendfile {
            call(
                "write",
                [4, 0x7000_0000, now, 0, 0, 0],
                now as i64,
                [1, NO_DESCRIPTOR],
            );
        }
        left -= now;
    }
    let descriptor = |fd, kind, name: &str| Descriptor {
        fd,
        kind,
        name: name.to_owned(),
        identity: fd as u64,
        direct: false,
        traits: zclab::model::FileTraits::default(),
    };
    let recording = Recording {
        origin: Origin::Live,
        counted: None,
        spec: spec.clone(),
        machine: Machine {
            kernel: "Linux 6.18".into(),
            arch: "x86_64".into(),
            cpus: 2,
            page_size: 4096,
        },
        outcome: Came {
            bytes_moved: spec.size.0,
            verified: Some(true),
            received: spec.size.0,
            ..Came::default()
        },
        measured: Some(Measured {
            wall_ns: 412_000,
            cpu_ns: 400_000,
            voluntary_context_switches: 3,
            minor_faults: 12,
            ..Measured::default()
        }),
        trace: Some(Trace {
            wall_ns: 1_000_000,
            names,
            tasks: vec![Task {
                tid: 1,
                pid: 1,
                name: "zclab".into(),
            }],
            descriptors: vec![
                descriptor(3, DescriptorKind::File, "/source"),
                descriptor(4, DescriptorKind::Tcp, "tcp 127.0.0.1:41234"),
            ],
            calls,
            texts: Vec::new(),
            ..Trace::default()
        }),
        unavailable: Vec::new(),
    };
    Run::new(
        recording,
        embedded::transfer_source("read_write.rs").unwrap_or_default(),
    )
}

/// What an experiment that is no transfer might find on some kernel: one row of each kind.
pub fn findings(what: &ExperimentSpec) -> ExperimentOutcome {
    let range = |median: u64| Range {
        median,
        min: median / 2,
        max: median * 2,
    };
    match what {
        ExperimentSpec::Proof(plan) => ExperimentOutcome::Proof(Proved {
            machine: Machine {
                kernel: "Linux 6.18".into(),
                ..Machine::default()
            },
            filesystem: "ext4".into(),
            proofs: plan
                .pairs()
                .into_iter()
                .map(|(method, to)| proof(method, to, plan.size))
                .collect(),
        }),
        ExperimentSpec::Errors(names) => {
            ExperimentOutcome::Errors(names.iter().map(|name| finding(name)).collect())
        }
        ExperimentSpec::PageCache(named) => ExperimentOutcome::PageCache(PageCache {
            filesystem: "ext4".into(),
            size: Size(16 << 20),
            page_size: 4096,
            steps: shown_steps(named).into_iter().map(step).collect(),
            unavailable: Vec::new(),
        }),
        ExperimentSpec::Compare(contest) => ExperimentOutcome::Compare(compared(contest, range)),
        ExperimentSpec::Serve(plan) => {
            let name = plan.method.name();
            let text = embedded::served_recording(name).unwrap();
            ExperimentOutcome::Serve(request::outcome_of(recording::parse(name, text).unwrap()))
        }
        ExperimentSpec::Race(specs) => {
            let shipped = |spec: &TransferSpec| {
                let name = format!("{}-to-{}-warm.jsonl", spec.method, spec.to);
                let mut known = embedded::recordings().into_iter();
                let (name, text) = known.find(|(known, _)| *known == name).unwrap();
                std::sync::Arc::new(recording::parse(name, text).unwrap())
            };
            ExperimentOutcome::Race(Box::new(specs.each_ref().map(shipped)))
        }
        ExperimentSpec::Watching => ExperimentOutcome::Watching(WatchCost {
            spec: TransferSpec {
                to: Sink::File,
                size: Size(4 << 20),
                chunk: Size(4 << 10),
                ..TransferSpec::of(Method::ReadWrite)
            },
            syscalls: Some(2049),
            rows: [("untraced", 2), ("same-cpu", 30), ("other-cpu", 200)]
                .into_iter()
                .map(|(name, ms)| WatchRow {
                    name,
                    runs: 9,
                    wall: range(ms * 1_000_000),
                    cpu: range(ms * 1_000_000),
                    switches: range(ms * 100),
                    involuntary: range(ms),
                    switches_a_call: (ms > 2).then_some(2.0),
                    times: (ms > 2).then_some(ms as f64 / 2.0),
                })
                .collect(),
            verdicts: vec!["Traced on the sender's own CPU: 2.00 more a call.".into()],
            unavailable: Vec::new(),
        }),
    }
}

fn proof(method: Method, to: Sink, size: Size) -> Proof {
    let shared = matches!(method, Method::Sendfile | Method::Splice) && to != Sink::File;
    let bytes = size.bytes();
    let (verdict, letter) = match (shared, method) {
        (_, Method::SendZerocopy) => (ProofVerdict::Unavailable, ""),
        (true, _) => (ProofVerdict::Shared, "B"),
        (false, _) => (ProofVerdict::Copied, "A"),
    };
    Proof {
        method,
        to,
        size,
        verdict,
        new_bytes: if shared { bytes } else { 0 },
        old_bytes: if shared { 0 } else { bytes },
        kernel_reports_copied: None,
        overwritten: Overwritten::by(method),
        reason: letter
            .is_empty()
            .then(|| "ENOBUFS: nothing may be locked".into()),
        arrived: letter.repeat(32),
        rounds: 5,
    }
}

fn finding(name: &str) -> Finding {
    let expected = ERRORS.iter().find(|(known, _)| *known == name).unwrap().1;
    Finding {
        name: name.into(),
        theme: "sources".into(),
        call: "call()".into(),
        setup: "Set up.".into(),
        expected: expected.into(),
        seen: expected.into(),
        matches: Some(true),
        detail: Some("it returned so".into()),
        lines: vec!["call() = so".into()],
        reason: None,
        why: "Because the kernel says so: sendfile(2), ERRORS.".into(),
    }
}

fn step(step: &'static str) -> PageCacheStep {
    let resident = if step.starts_with("pread") { 4 } else { 4096 };
    PageCacheStep {
        step,
        resident,
        pages: 4096,
        dirty: Some(0),
        map: if resident == 4 {
            format!("▪{}", "·".repeat(63))
        } else {
            "■".repeat(64)
        },
        minor_faults: 0,
        major_faults: 0,
        read_bytes: Some(resident * 4096),
        note: "What that says.".into(),
    }
}

fn compared(contest: &Contest, range: impl Fn(u64) -> Range) -> Compared {
    let (methods, labels) = match contest {
        Contest::Claim(_) => (
            vec![Method::ReadWrite, Method::Sendfile],
            vec!["tcp", "unix", "pipe"],
        ),
        Contest::Methods { methods, .. } => (
            methods.clone(),
            vec!["4 KiB", "16 KiB", "64 KiB", "256 KiB", "1 MiB"],
        ),
    };
    let rows = labels.into_iter().enumerate().flat_map(|(at, label)| {
        methods
            .iter()
            .map(move |method| (at as u64, label, *method))
    });
    Compared {
        claim: None,
        filesystem: "ext4".into(),
        rows: rows
            .map(|(at, label, method)| ComparedRow {
                method,
                to: "tcp",
                label: label.into(),
                size: Size(64 << 20),
                chunk: Size(64 << 10),
                runs: 9,
                wall: range((10 - at) * 5_000_000 + method as u64 * 1_000_000),
                cpu: range((10 - at) * 4_000_000),
                syscalls: Some(1025),
                of_claim: None,
            })
            .collect(),
        verdicts: vec!["Half the calls at every chunk. No verdict in time: 14 ms apart, and the runs spread over 92 ms.".into()],
        word: "no-verdict",
        cpu_word: "no-verdict",
        times: Some(1.2),
        unavailable: Vec::new(),
    }
}
