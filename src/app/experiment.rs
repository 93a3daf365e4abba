//! Experiments that are no single transfer: the alias proof, errors on purpose, the page cache, comparisons, the cost of
//! watching. Each stands on a page of a lesson, or is opened from the list of experiments.

use std::collections::BTreeMap;

use super::player::Player;
use super::{App, Command, Effect, Guessing, Job, PageState, Pane, Purpose, Run, Screen};
use crate::course::{Ask, AskedNumber, Predict, Reaction, Target, Trial, Verdict, Wrong};
use crate::model::{
    CLAIMS, Contest, ERRORS, ExperimentOutcome, ExperimentSpec, Finding, Given, Method, ProofPlan,
    Query, RequestWay, ServePlan, Sink, Size, Sweep,
};

/// An error on purpose, before it is run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorCase {
    /// Its name.
    pub name: String,
    /// What it is about: `sockets`.
    pub theme: String,
    /// The call, as text.
    pub call: String,
    /// What is made ready before it.
    pub setup: String,
}

/// An experiment, and how far it is.
pub struct ExperimentPage {
    /// What is tried.
    pub what: ExperimentSpec,
    /// The guess before it.
    pub guessing: Guessing,
    /// The row that is looked at.
    pub selected: usize,
    /// What was found; while it runs, what is known so far.
    pub found: Option<ExperimentOutcome>,
    /// All of it is known.
    pub done: bool,
    /// What was predicted of an error, by its name: one of [`answers`].
    pub predicted: BTreeMap<String, String>,
    /// The question that it asks by itself, where no lesson asks one.
    pub predict: Option<Predict>,
    /// The run that can be played, of an experiment that records one.
    pub run: Option<Run>,
    /// Its playback.
    pub player: Option<Player>,
    /// What came of it with each other method: the newest of each, in the order of [`ServePlan::METHODS`].
    pub ways: BTreeMap<Method, RequestWay>,
}

impl ExperimentPage {
    /// One that has not run.
    pub fn new(what: ExperimentSpec) -> ExperimentPage {
        ExperimentPage {
            predict: matches!(what, ExperimentSpec::Serve(_)).then(copies_of_the_body),
            run: None,
            player: None,
            ways: BTreeMap::new(),
            what,
            guessing: Guessing::default(),
            selected: 0,
            found: None,
            done: false,
            predicted: BTreeMap::new(),
        }
    }

    /// How many rows can be looked at one by one.
    pub fn rows(&self) -> usize {
        match (&self.what, &self.found) {
            (ExperimentSpec::Errors(names), _) => names.len(),
            (ExperimentSpec::Proof(plan), _) => plan.pairs().len(),
            (ExperimentSpec::PageCache, Some(ExperimentOutcome::PageCache(found))) => {
                found.steps.len()
            }
            (ExperimentSpec::Serve(_), _) => self.player.as_ref().map_or(0, Player::len),
            _ => 0,
        }
    }

    /// What came of an error on purpose.
    pub fn finding(&self, name: &str) -> Option<&Finding> {
        match &self.found {
            Some(ExperimentOutcome::Errors(found)) => {
                found.iter().find(|finding| finding.name == name)
            }
            _ => None,
        }
    }

    /// The row that is looked at: of a recording, the call that is played.
    pub fn at(&self) -> usize {
        self.player.as_ref().map_or(self.selected, Player::current)
    }

    /// Nothing is known of it any more.
    fn reset(&mut self) {
        (self.found, self.done, self.selected) = (None, false, 0);
        (self.run, self.player) = (None, None);
    }

    /// The name of the error that is looked at.
    pub fn error(&self) -> Option<&str> {
        match &self.what {
            ExperimentSpec::Errors(names) => names.get(self.selected).map(String::as_str),
            _ => None,
        }
    }

    /// Errors of several runs stand side by side; anything else replaces what was there.
    fn keep(&mut self, found: ExperimentOutcome) {
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
    fn change(&mut self, command: Command) {
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

    fn walk(&mut self, command: Command) {
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
    let at = now
        .first()
        .and_then(|now| Sink::ALL.iter().position(|sink| sink == now));
    match at {
        None => vec![Sink::ALL[0]],
        Some(at) => Sink::ALL.get(at + 1).copied().into_iter().collect(),
    }
}

/// The next method beside the first that can write to the sink.
fn next_rival(methods: &mut Vec<Method>, to: Sink) {
    let able: Vec<Method> = Method::ALL
        .into_iter()
        .filter(|method| method.sinks().contains(&to) && *method != methods[0])
        .collect();
    let now = methods.get(1).copied().unwrap_or(methods[0]);
    methods.truncate(1);
    methods.extend((!able.is_empty()).then(|| next(&able, now)));
}

/// An entry of the list of experiments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The group that it stands in.
    pub group: &'static str,
    /// What it is.
    pub title: &'static str,
    /// What is tried.
    pub what: ExperimentSpec,
}

/// Everything that can be tried, group by group.
pub fn entries() -> Vec<Entry> {
    let entry = |group, title, what| Entry { group, title, what };
    let contest = |methods: &[Method], sweep| {
        ExperimentSpec::Compare(Contest::Methods {
            methods: methods.to_vec(),
            to: Sink::Tcp,
            size: Size(64 * Size::MIB),
            chunk: Size(64 * Size::KIB),
            sweep,
        })
    };
    let proof = ExperimentSpec::Proof(ProofPlan {
        methods: Vec::new(),
        to: Vec::new(),
        size: ProofPlan::SIZE,
    });
    let errors = ERRORS.map(|(name, _)| name.to_owned()).to_vec();
    let two = [Method::ReadWrite, Method::Sendfile];
    let mut entries = vec![
        entry(
            "who holds the bytes?",
            "The alias proof: is it shared?",
            proof,
        ),
        entry(
            "what the kernel refuses",
            "Errors on purpose: predict the errno",
            ExperimentSpec::Errors(errors),
        ),
        entry(
            "what is in memory",
            "The page cache, step by step",
            ExperimentSpec::PageCache,
        ),
    ];
    let claims = CLAIMS.map(|(name, says)| {
        entry(
            "is it faster?",
            says,
            ExperimentSpec::Compare(Contest::Claim(name.to_owned())),
        )
    });
    entries.extend(claims);
    entries.extend([
        entry(
            "side by side",
            "Two methods, the chunk from 4 KiB to 1 MiB",
            contest(&two, Some(Sweep::Chunk)),
        ),
        entry(
            "side by side",
            "Two methods, the size up to 64 MiB",
            contest(&two, Some(Sweep::Size)),
        ),
        entry(
            "under the tracer",
            "One transfer untraced, traced, traced from afar",
            ExperimentSpec::Watching,
        ),
        entry(
            "under the tracer",
            "A request's way through the server",
            ExperimentSpec::Serve(ServePlan {
                method: Method::Sendfile,
                size: ServePlan::SIZE,
            }),
        ),
    ]);
    entries
}

/// What a request's way through the server asks before it is run.
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
        text: "How often does the server's CPU copy each byte of the body?".to_owned(),
        query: Query::Named("cpu_copies_per_byte".to_owned()),
        ask: Ask::Number(AskedNumber {
            unit: "copies a byte".to_owned(),
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

/// The list of experiments.
pub struct Experiments {
    /// What can be tried.
    pub entries: Vec<Entry>,
    /// The chosen one.
    pub selected: usize,
    /// How far each one is.
    pub pages: Vec<ExperimentPage>,
}

impl Default for Experiments {
    fn default() -> Self {
        let entries = entries();
        let pages = entries
            .iter()
            .map(|entry| ExperimentPage::new(entry.what.clone()));
        Experiments {
            pages: pages.collect(),
            entries,
            selected: 0,
        }
    }
}

/// What may be predicted of an error: what Linux answers, and what it answers to other calls. In the order of the
/// alphabet, so that the order says nothing.
pub fn answers(name: &str) -> Vec<&'static str> {
    let Some(at) = ERRORS.iter().position(|(known, _)| *known == name) else {
        return Vec::new();
    };
    let is_count = |answer: &str| answer.bytes().all(|byte| byte.is_ascii_digit());
    if is_count(ERRORS[at].1) {
        // What was asked for, and what a call could say to so much.
        return vec![ERRORS[at].1, "3221225472", "EINVAL", "EOVERFLOW"];
    }
    let mut answers = vec![ERRORS[at].1];
    // Those nearby are of the same kind of call: the likely errors of somebody who guesses.
    let nearby = (1..ERRORS.len()).flat_map(|far| [at.checked_sub(far), Some(at + far)]);
    for (_, answer) in nearby.flatten().filter_map(|at| ERRORS.get(at)) {
        if answers.len() < 4 && !answers.contains(answer) && !is_count(answer) {
            answers.push(answer);
        }
    }
    answers.sort_unstable_by_key(|answer| answer.to_lowercase());
    answers
}

impl App {
    /// The experiment of the open page, where it is no transfer.
    pub fn experiment_target(&self) -> Option<&Trial> {
        match self.target()? {
            Target::Trial(trial) => Some(trial),
            _ => None,
        }
    }

    /// The experiment on the screen, where it is no transfer.
    pub fn experiment(&self) -> Option<&ExperimentPage> {
        match self.screen {
            Screen::Experiment => self.experiments.pages.get(self.experiments.selected),
            _ => match self.page_state()? {
                PageState::Experiment(page) => Some(page),
                _ => None,
            },
        }
    }

    pub(super) fn experiment_mut(&mut self) -> Option<&mut ExperimentPage> {
        match self.screen {
            Screen::Experiment => self.experiments.pages.get_mut(self.experiments.selected),
            _ => match self.page_state_mut()? {
                PageState::Experiment(page) => Some(page),
                _ => None,
            },
        }
    }

    /// The question before the experiment on the screen, with the guess as far as it is made.
    pub fn guessing(&self) -> Option<(&Predict, &Guessing)> {
        if let Some((lab, page)) = self.lab_page() {
            return Some((lab.predict.as_ref()?, &page.guessing));
        }
        if self.screen == Screen::Experiment {
            let page = self.experiment()?;
            return Some((page.predict.as_ref()?, &page.guessing));
        }
        let predict = self.experiment_target()?.predict.as_ref()?;
        Some((predict, &self.experiment()?.guessing))
    }

    /// The error that is looked at and waits for what is predicted of it: in the list of experiments alone; a lesson asks
    /// its own question.
    pub fn asks_errno(&self) -> Option<&str> {
        let page = self
            .experiment()
            .filter(|_| self.screen == Screen::Experiment)?;
        let name = page.error()?;
        let asks = page.finding(name).is_none() && self.job.is_none();
        asks.then_some(name)
    }

    /// Whether the plan on the screen can be changed: what it writes to, and how much.
    pub fn experiment_settings(&self) -> Option<&ExperimentSpec> {
        let page = self
            .experiment()
            .filter(|_| self.screen == Screen::Experiment && self.job.is_none())?;
        let changes = matches!(
            page.what,
            ExperimentSpec::Proof(_)
                | ExperimentSpec::Compare(Contest::Methods { .. })
                | ExperimentSpec::Serve(_)
        );
        changes.then_some(&page.what)
    }

    /// The job of the experiment on the screen.
    pub fn experiment_job(&self) -> Option<&Job> {
        let here = self.experiment_purpose();
        self.job.as_ref().filter(|job| Some(job.purpose) == here)
    }

    fn experiment_purpose(&self) -> Option<Purpose> {
        self.experiment()?;
        Some(match self.screen {
            Screen::Experiment => Purpose::Entry(self.experiments.selected),
            _ => Purpose::Page {
                lesson: self.lesson,
                page: self.page,
            },
        })
    }

    fn experiment_of(&mut self, purpose: Purpose) -> Option<&mut ExperimentPage> {
        match purpose {
            Purpose::Entry(entry) => self.experiments.pages.get_mut(entry),
            Purpose::Page { lesson, page } => match self.pages.get_mut(&(lesson, page))? {
                PageState::Experiment(page) => Some(page),
                _ => None,
            },
            _ => None,
        }
    }

    pub(super) fn open_experiments(&mut self) {
        if self.screen != Screen::Experiments {
            self.before_experiments = self.screen;
        }
        self.screen = Screen::Experiments;
        self.pane = Pane::Text;
        self.scroll = 0;
    }

    pub(super) fn open_experiment(&mut self) {
        self.screen = Screen::Experiment;
        self.pane = Pane::Text;
        self.scroll = 0;
    }

    /// A command in the list of experiments.
    pub(super) fn update_experiments(&mut self, command: Command) {
        let last = self.experiments.entries.len() - 1;
        let selected = &mut self.experiments.selected;
        match command {
            Command::Confirm => self.open_experiment(),
            Command::Up => *selected = selected.saturating_sub(1),
            Command::Down => *selected = (*selected + 1).min(last),
            Command::PageUp | Command::First => *selected = 0,
            Command::PageDown | Command::Last => *selected = last,
            _ => {}
        }
    }

    /// A command on an experiment, on its own screen or on a page.
    pub(super) fn update_experiment(&mut self, command: Command) -> Vec<Effect> {
        let asks = self.asks_guess();
        let ask = self.guessing().map(|(predict, _)| predict.ask.clone());
        let errno = self.asks_errno().map(str::to_owned);
        let on_page = self.on_page();
        let idle = self.job.is_none();
        let Some(page) = self.experiment_mut() else {
            return Vec::new();
        };
        match command {
            Command::Hint => page.guessing.hints += 1,
            Command::Guess => {
                page.guessing.again();
                page.reset();
            }
            Command::Digit(_) | Command::Erase | Command::Confirm | Command::Up | Command::Down
                if asks && ask.is_some() =>
            {
                if ask.is_some_and(|ask| page.guessing.update(command, &ask)) {
                    return self.run_experiment();
                }
                self.pane = Pane::Target;
            }
            Command::Digit(digit) => {
                let index = digit.to_digit(10).and_then(|n| (n as usize).checked_sub(1));
                if let (Some(name), Some(index)) = (errno, index) {
                    return self.predict(&name, index);
                }
            }
            Command::Confirm if !page.done => return self.run_experiment(),
            Command::Confirm if on_page => return self.turn(1),
            Command::All => return self.run_what(None),
            Command::Up
            | Command::Down
            | Command::PageUp
            | Command::PageDown
            | Command::First
            | Command::Last => {
                page.walk(command);
            }
            Command::Method | Command::Sink | Command::Size | Command::Sweep if idle => {
                page.change(command);
            }
            _ => {}
        }
        Vec::new()
    }

    /// Something is predicted of an error, and it is run.
    pub(super) fn predict(&mut self, name: &str, option: usize) -> Vec<Effect> {
        let Some(answer) = answers(name).get(option).copied() else {
            return Vec::new();
        };
        if let Some(page) = self.experiment_mut() {
            page.predicted.insert(name.to_owned(), answer.to_owned());
        }
        self.run_what(Some(name.to_owned()))
    }

    /// A click on a row of the experiment.
    pub(super) fn select_row(&mut self, row: usize) {
        if let Some(page) = self.experiment_mut() {
            page.selected = row.min(page.rows().saturating_sub(1));
            if let Some(player) = &mut page.player {
                player.seek(row);
            }
        }
    }

    /// Runs the experiment on the screen: of the list of errors, the one that is looked at.
    pub(super) fn run_experiment(&mut self) -> Vec<Effect> {
        let one = match self.screen {
            Screen::Experiment => self
                .experiment()
                .and_then(ExperimentPage::error)
                .map(str::to_owned),
            _ => None,
        };
        self.run_what(one)
    }

    fn run_what(&mut self, one: Option<String>) -> Vec<Effect> {
        let Some((purpose, page)) = self.experiment_purpose().zip(self.experiment()) else {
            return Vec::new();
        };
        let what = match one {
            Some(name) => ExperimentSpec::Errors(vec![name]),
            None => page.what.clone(),
        };
        let title = what.title().to_owned();
        let Some(job) = self.start_job(title, purpose) else {
            return Vec::new();
        };
        self.pane = Pane::Target;
        if let Some(page) = self.experiment_mut() {
            page.guessing.passed |= page.guessing.guess.is_none();
            if !matches!(page.what, ExperimentSpec::Errors(_)) {
                page.reset();
            }
            page.done = false;
        }
        vec![Effect::Try { job, what }]
    }

    /// What is known so far.
    pub(super) fn on_partial(&mut self, purpose: Purpose, found: ExperimentOutcome) {
        if let Some(page) = self.experiment_of(purpose) {
            page.keep(found);
        }
    }

    /// The experiment is over, or was stopped.
    pub(super) fn experiment_stopped(&mut self, purpose: Purpose) {
        if let Some(page) = self.experiment_of(purpose)
            && !page.done
            && !matches!(page.what, ExperimentSpec::Errors(_))
        {
            page.found = None;
        }
    }

    /// The experiment is done: shows it, and marks the guess from it.
    pub(super) fn on_finished(
        &mut self,
        purpose: Purpose,
        found: ExperimentOutcome,
    ) -> Vec<Effect> {
        let played = match &found {
            ExperimentOutcome::Serve(way) => Some(self.played(purpose, way)),
            _ => None,
        };
        let Some(page) = self.experiment_of(purpose) else {
            return Vec::new();
        };
        if let (ExperimentOutcome::Serve(way), Some((run, player))) = (&found, played) {
            page.ways.insert(way.recording.spec.method, way.clone());
            (page.run, page.player) = (Some(run), Some(player));
        }
        page.keep(found);
        page.done = true;
        let last = page.rows().saturating_sub(1);
        page.selected = page.selected.min(last);
        let guess = page.guessing.guess.clone();
        let Purpose::Page { lesson, page: at } = purpose else {
            return Vec::new();
        };
        let predict = self.lessons[lesson].pages[at].predict().cloned();
        let (Some(guess), Some(predict)) = (guess, predict) else {
            return Vec::new();
        };
        let id = predict.id.clone();
        match self.experiment_verdict(purpose, &predict, &guess) {
            Some(Ok(verdict)) => {
                let lesson = self.lessons[lesson].id.clone();
                vec![self.answer(lesson, id, verdict.given, verdict.right)]
            }
            Some(Err(why)) => {
                self.message = Some(why);
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    /// The run of a request's way, and its playback: it plays at once where it is looked at.
    fn played(&self, purpose: Purpose, way: &RequestWay) -> (Run, Player) {
        let recording = way.recording.clone();
        let source = self.source_of(&recording.spec, true);
        let run = Run::of(recording, source.map_or("", |(_, text)| text));
        let mut player = run.player.clone();
        player.set_reduced_motion(self.reduced_motion);
        if self.experiment_purpose() == Some(purpose) && self.overlay.is_none() {
            player.toggle();
        }
        (run, player)
    }

    fn experiment_verdict(
        &mut self,
        purpose: Purpose,
        predict: &Predict,
        given: &Given,
    ) -> Option<Result<Verdict, String>> {
        let found = self.experiment_of(purpose)?.found.as_ref()?;
        Some(judge(predict, given, found))
    }
}

/// Compares a guess with what an experiment found.
///
/// # Errors
/// One line: it did not find what was asked for.
pub fn judge(
    predict: &Predict,
    given: &Given,
    found: &ExperimentOutcome,
) -> Result<Verdict, String> {
    let query = predict.query.to_string();
    let figure = found
        .figure(&query)
        .ok_or_else(|| format!("this run has no {query}: it could not be had here"));
    predict.ask.mark(given, figure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_predicted_holds_the_answer_once() {
        for (name, answer) in ERRORS {
            let options = answers(name);
            assert_eq!(options.len(), 4, "{name}: {options:?}");
            let times = options.iter().filter(|option| **option == answer).count();
            assert_eq!(times, 1, "{name}: {options:?}");
        }
    }
}
