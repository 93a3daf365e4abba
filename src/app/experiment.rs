//! An experiment that is no single transfer: the alias proof, errors on purpose, the page cache, comparisons, the cost of
//! tracing, a request to the server. What is tried, the guess before it, what was found.

use std::collections::BTreeMap;

use super::{Command, Guessing, Player, Run, proof_play::ProofPlay};
use crate::course::{Ask, AskedNumber, Predict, Reaction, Verdict, Wrong, kinds::Draft};
use crate::model::{
    Contest, ExperimentOutcome, ExperimentSpec, Finding, Given, Method, ProofPlan, Query,
    ServePlan, ServedRequest, Sink, Size, Sweep,
};

pub(crate) struct ExperimentPage {
    pub(crate) what: ExperimentSpec,
    /// The guess before it.
    pub(crate) guessing: Guessing,
    pub(crate) selected: usize,
    /// What was found; while it runs, what is known so far.
    pub(crate) found: Option<ExperimentOutcome>,
    /// All of it is known.
    pub(crate) done: bool,
    /// How far it was when it was stopped: `round 7 of 9`. What was found until then stays.
    pub(crate) stopped: Option<String>,
    /// Which answer to the error that is looked at is selected, and not yet committed.
    pub(crate) draft: Draft,
    /// What was predicted of an error, by its name: one of `answers`.
    pub(crate) predicted: BTreeMap<String, String>,
    /// The question that it asks by itself, where no lesson asks one.
    pub(crate) predict: Option<Predict>,
    /// The run that can be played, of an experiment that records one.
    pub(crate) run: Option<Run>,
    pub(crate) player: Option<Player>,
    /// The alias proof's row that is looked at, while its steps are played.
    pub(crate) proof_play: Option<ProofPlay>,
    /// What came of it with each other method: the newest of each, in the order of [`ServePlan::METHODS`].
    pub(crate) ways: BTreeMap<Method, ServedRequest>,
}

impl ExperimentPage {
    pub(crate) fn new(what: ExperimentSpec) -> ExperimentPage {
        ExperimentPage {
            predict: matches!(what, ExperimentSpec::Serve(_)).then(copies_of_the_body),
            run: None,
            player: None,
            proof_play: None,
            ways: BTreeMap::new(),
            what,
            guessing: Guessing::default(),
            selected: 0,
            found: None,
            done: false,
            stopped: None,
            draft: Draft::default(),
            predicted: BTreeMap::new(),
        }
    }

    /// How many rows can be looked at one by one.
    pub(crate) fn rows(&self) -> usize {
        match (&self.what, &self.found) {
            (ExperimentSpec::Errors(names), _) => names.len(),
            (ExperimentSpec::Proof(plan), _) => plan.pairs().len(),
            (ExperimentSpec::PageCache(_), Some(ExperimentOutcome::PageCache(found))) => {
                found.steps.len()
            }
            (ExperimentSpec::Serve(_), _) => self.player.as_ref().map_or(0, Player::len),
            _ => 0,
        }
    }

    /// What came of an error on purpose.
    pub(crate) fn finding(&self, name: &str) -> Option<&Finding> {
        match &self.found {
            Some(ExperimentOutcome::Errors(found)) => {
                found.iter().find(|finding| finding.name == name)
            }
            _ => None,
        }
    }

    /// The row that is looked at: of a recording, the call that is played.
    pub(crate) fn at(&self) -> usize {
        self.player.as_ref().map_or(self.selected, Player::current)
    }

    /// Nothing is known of it any more.
    pub(crate) fn reset(&mut self) {
        (self.found, self.done, self.selected) = (None, false, 0);
        (self.stopped, self.draft) = (None, Draft::default());
        (self.run, self.player, self.proof_play) = (None, None, None);
    }

    /// Whether what was predicted is still to be revealed: at the end of the play.
    pub(crate) fn is_concealing(&self) -> bool {
        let plays = self.proof_play.is_some_and(|play| !play.is_done());
        plays || self.player.as_ref().is_some_and(Player::is_concealing)
    }

    /// The name of the error that is looked at.
    pub(crate) fn error(&self) -> Option<&str> {
        match &self.what {
            ExperimentSpec::Errors(names) => names.get(self.selected).map(String::as_str),
            _ => None,
        }
    }

    /// Errors of several runs stand side by side; anything else replaces what was there.
    pub(crate) fn keep(&mut self, found: ExperimentOutcome) {
        match (&mut self.found, found) {
            (Some(ExperimentOutcome::Errors(known)), ExperimentOutcome::Errors(found)) => {
                for finding in found {
                    match known.iter_mut().find(|known| known.name == finding.name) {
                        Some(known) => *known = finding,
                        None => known.push(finding),
                    }
                }
            }
            (here, found) => *here = Some(found),
        }
    }

    /// Another plan: what was found of the old one is no longer shown.
    pub(crate) fn change(&mut self, command: Command) {
        let before = self.what.clone();
        match &mut self.what {
            ExperimentSpec::Proof(plan) => match command {
                Command::Sink => plan.to = next_sinks(&plan.to),
                Command::Size => plan.size = next(&PROOF_SIZES, plan.size),
                _ => {}
            },
            ExperimentSpec::Compare(Contest::Methods {
                methods,
                to,
                size,
                sweep,
                ..
            }) => match command {
                Command::Method => next_rival(methods, *to),
                Command::Sink => {
                    *to = next(&Sink::ALL, *to);
                    methods.retain(|method| method.sinks().contains(to));
                    if methods.len() < 2 {
                        *methods = vec![Method::ReadWrite, Method::Sendfile];
                    }
                }
                Command::Size => *size = next(&SIZES, *size),
                Command::Sweep => {
                    *sweep = next(&[None, Some(Sweep::Chunk), Some(Sweep::Size)], *sweep);
                }
                _ => {}
            },
            ExperimentSpec::Serve(plan) => match command {
                Command::Method => plan.method = next(&ServePlan::METHODS, plan.method),
                Command::Size => {
                    plan.size = next(&SERVE_SIZES, plan.size);
                    self.ways.clear();
                }
                _ => {}
            },
            _ => {}
        }
        if self.what != before {
            self.reset();
            self.guessing.again();
        }
    }

    /// Another comparison.
    pub(crate) fn compare(&mut self, contest: Contest) {
        self.what = ExperimentSpec::Compare(contest);
        self.reset();
    }

    /// Another row, or another call of the recording.
    pub(crate) fn walk(&mut self, command: Command) {
        if let Some(player) = &mut self.player {
            if player.is_playing() {
                player.toggle();
            }
            let now = player.current();
            return match command {
                Command::Up => player.seek(now.saturating_sub(1)),
                Command::Down => player.seek(now + 1),
                Command::PageUp => player.home(),
                Command::PageDown => player.end(),
                _ => {}
            };
        }
        // A row that is looked at stands still; and going on skips what is played.
        self.proof_play = None;
        self.draft = Draft::default();
        let last = self.rows().saturating_sub(1);
        self.selected = match command {
            Command::Up => self.selected.saturating_sub(1),
            Command::Down => (self.selected + 1).min(last),
            Command::PageUp | Command::First => 0,
            Command::PageDown | Command::Last => last,
            _ => self.selected,
        };
    }
}

const PROOF_SIZES: [Size; 5] = [
    Size(4 * Size::KIB),
    ProofPlan::SIZE,
    Size(256 * Size::KIB),
    Size(Size::MIB),
    Size(16 * Size::MIB),
];
const SERVE_SIZES: [Size; 4] = [
    Size(4 * Size::KIB),
    Size(64 * Size::KIB),
    ServePlan::SIZE,
    Size(4 * Size::MIB),
];
const SIZES: [Size; 4] = [
    Size(Size::MIB),
    Size(16 * Size::MIB),
    Size(64 * Size::MIB),
    Size(256 * Size::MIB),
];

/// The value after this one; the last is followed by the first.
fn next<T: Copy + PartialEq>(all: &[T], now: T) -> T {
    let at = all.iter().position(|value| *value == now);
    all[at.map_or(0, |at| (at + 1) % all.len())]
}

/// All sinks, then one after the other.
fn next_sinks(now: &[Sink]) -> Vec<Sink> {
    let place = |now| Sink::ALL.iter().position(|sink| sink == now);
    match now.first().and_then(place) {
        None => vec![Sink::ALL[0]],
        Some(at) => Sink::ALL.get(at + 1).copied().into_iter().collect(),
    }
}

/// The next method beside the first that can write to the sink.
fn next_rival(methods: &mut Vec<Method>, to: Sink) {
    let mut able = Method::ALL.to_vec();
    able.retain(|method| method.sinks().contains(&to) && *method != methods[0]);
    let now = methods.get(1).copied().unwrap_or(methods[0]);
    methods.truncate(1);
    methods.extend((!able.is_empty()).then(|| next(&able, now)));
}

fn copies_of_the_body() -> Predict {
    let wrong = |answer, misconception: &str, feedback: &str| Wrong {
        answer,
        reaction: Reaction {
            misconception: misconception.to_owned(),
            feedback: feedback.to_owned(),
        },
    };
    Predict {
        id: String::new(),
        objective: None,
        level: None,
        text: "How often does the server's CPU copy each byte of the body?".to_owned(),
        query: Query("cpu_copies_per_byte".to_owned()),
        ask: Ask::Number(AskedNumber {
            unit: "copies per byte".to_owned(),
            scale: (0.0, 4.0),
            tolerance: 0.0,
            wrong: vec![
                wrong(
                    4.0,
                    "DMA counted in.",
                    "Devices make two of the four transfers, and here neither: the page cache is warm, and loopback has no card.",
                ),
                wrong(
                    3.0,
                    "The client's copy, or a device's, counted in.",
                    "The client's recv() is its own copy, in its own process.",
                ),
            ],
        }),
        hints: vec!["Which calls of this method have an address of the server's memory?".to_owned()],
        explain: "The request and the head are copied once each, whatever the method: a few hundred bytes. The body goes as the method says."
            .to_owned(),
    }
}

/// Compares a guess with what an experiment found.
///
/// # Errors
/// One line: it did not find what was asked for.
pub(crate) fn judge(
    predict: &Predict,
    given: &Given,
    found: &ExperimentOutcome,
) -> Result<Verdict, String> {
    let query = predict.query.to_string();
    let missing = || format!("this run has no {query}: it could not be had here");
    let figure = found.figure(&query).ok_or_else(missing);
    predict.ask.mark(given, figure)
}
