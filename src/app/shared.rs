//! What all screens share: the course's material, what is known of the learner, the display, the clock, what lies over
//! the screen, the work that outlives a screen, and what a screen asks for.

use std::collections::HashMap;

use super::{
    ClassRoom, Display, Effect, Instrument, Job, Material, Overlay, PageAt, PageState, Player,
    Purpose, Run,
    experiment_list::{ListedExperiment, entries},
    search::Search,
};
use crate::course::{Page, progress::Progress, review::Clock};
use crate::model::{AnswerRecord, Given, Record, TransferSpec, Visit};

/// Which screen a screen asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Go {
    /// The course, at a module.
    Course(Option<usize>),
    /// A page of a lesson; it may have been found by the search, and then Esc leads back.
    Page {
        at: PageAt,
        found: bool,
    },
    /// The questions of a lesson, one after the other.
    Quiz(PageAt),
    /// The questions that are due.
    Review,
    Test,
    /// An entry of the list of experiments.
    Experiment(usize),
    /// A reference card that was found.
    Card(usize),
    /// The screen of this name.
    Open(&'static str),
}

/// What all screens share.
#[derive(Default)]
pub struct Shared {
    pub material: Material,
    /// What is known of the learner.
    pub progress: Progress,
    pub(crate) clock: Clock,
    pub(crate) display: Display,
    /// What lies over the screen.
    pub overlay: Option<Overlay>,
    pub search: Search,
    /// What this machine allows; empty until it is known.
    pub(crate) machine: Vec<Instrument>,
    /// Something to say, until the next key.
    pub(crate) message: Option<String>,
    /// The first fault of lessons that are being edited, until there is none.
    pub(crate) fault: Option<String>,
    /// What was done on the pages that were opened.
    pub(crate) pages: HashMap<PageAt, PageState>,
    /// What was done in the experiments of the list.
    pub experiments: Vec<ListedExperiment>,
    /// The experiment that runs.
    pub job: Option<Job>,
    jobs: u64,
    /// The newest run of each transfer.
    pub(crate) runs: Vec<Run>,
    /// The room of a class, where one is attached.
    pub(crate) class: Option<ClassRoom>,
    /// What is to be done outside.
    pub(crate) effects: Vec<Effect>,
    /// Which screen was asked for.
    pub(crate) go: Option<Go>,
}

impl Shared {
    /// The course, before anything was done.
    pub(crate) fn new(material: Material, progress: Progress) -> Shared {
        Shared {
            material,
            progress,
            display: Display {
                mouse: true,
                ..Display::default()
            },
            experiments: entries(),
            ..Shared::default()
        }
    }

    /// The newest run of a transfer.
    pub(crate) fn run_of(&self, spec: &TransferSpec) -> Option<&Run> {
        let mut newest = self.runs.iter().rev();
        newest.find(|run| run.recording.spec == *spec)
    }

    pub(crate) fn keep_run(&mut self, run: Run) {
        self.runs
            .retain(|known| known.recording.spec != run.recording.spec);
        self.runs.push(run);
    }

    /// The source of a transfer's method with its file's name, or that of the server's sending step.
    pub(crate) fn source_of(
        &self,
        spec: &TransferSpec,
        served: bool,
    ) -> Option<(String, &'static str)> {
        let sources = match served {
            true => &self.material.sending_steps,
            false => &self.material.sources,
        };
        let (method, text) = sources.iter().find(|(of, _)| *of == spec.method)?;
        Some((method.source_file(), text))
    }

    /// The same transfer in C, with its file's name.
    pub(crate) fn c_source_of(&self, spec: &TransferSpec) -> Option<(String, &'static str)> {
        let mut all = self.material.c_sources.iter();
        let (method, text) = all.find(|(of, _)| *of == spec.method)?;
        Some((method.c_file(), text))
    }

    /// The playback of a run, at its start.
    pub(crate) fn player_of(&self, run: &Run) -> Player {
        let mut player = run.player.clone();
        player.set_reduced_motion(self.display.reduced_motion);
        player
    }

    /// Runs a transfer. False: something runs already.
    pub(crate) fn run(&mut self, spec: TransferSpec, purpose: Purpose) -> bool {
        let title = format!("{} to {}, {}", spec.method, spec.to, spec.size);
        let job = self.start_job(title, purpose);
        self.effects
            .extend(job.map(|job| Effect::Run { job, spec }));
        job.is_some()
    }

    /// A new job's number, unless another one runs.
    pub(crate) fn start_job(&mut self, title: String, purpose: Purpose) -> Option<u64> {
        if self.job.is_some() {
            self.message = Some("An experiment is running already. Esc stops it.".to_owned());
            return None;
        }
        self.jobs += 1;
        self.job = Some(Job {
            id: self.jobs,
            title,
            purpose,
            progress: None,
            cancelled: false,
        });
        Some(self.jobs)
    }

    pub(crate) fn cancel(&mut self) {
        if let Some(job) = &mut self.job {
            job.cancelled = true;
            self.effects.push(Effect::Cancel);
        }
    }

    /// Notes that a page is read.
    pub(crate) fn visit(&mut self, at: PageAt) {
        self.keep(Record::Visit(Visit {
            lesson: self.kept_under(at),
            page: at.page as u32 + 1,
            at: self.clock.now,
        }));
    }

    pub(crate) fn answer(&mut self, lesson: String, question: String, given: Given, right: bool) {
        self.keep(Record::Answer(AnswerRecord {
            lesson,
            question,
            given,
            right,
            at: self.clock.now,
        }));
    }

    /// A record counts at once, and goes to the log.
    fn keep(&mut self, record: Record) {
        self.progress.add(&record);
        self.effects.push(Effect::Keep(record));
    }

    /// How often the question of a page was answered before: which values it draws now.
    pub(crate) fn turn_of(&self, lesson: &str, page: &Page) -> u64 {
        let question = page.question();
        let answered = question.and_then(|it| self.progress.answered(lesson, &it.id));
        answered.map_or(0, |last| u64::from(last.times))
    }
}
