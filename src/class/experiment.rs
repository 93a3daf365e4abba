//! The experiment that answers a question of a class, as this machine's own lessons have it.

use crate::course::{Lesson, Page, Target};
use crate::model::{ExperimentSpec, Query, TransferSpec};

/// The experiment that answers a question, and the figure of it that does.
#[derive(Clone, Debug)]
pub(crate) struct ClassExperiment {
    pub(crate) what: ClassRun,
    pub(crate) query: Query,
}

/// What is run.
#[derive(Clone, Debug)]
pub(crate) enum ClassRun {
    Transfer(TransferSpec),
    Other(ExperimentSpec),
}

/// The experiment of the question or prediction of that id, if it has one.
pub(crate) fn experiment_of(lessons: &[Lesson], id: &str) -> Option<ClassExperiment> {
    let mut questions = lessons.iter().flat_map(Lesson::questions);
    if let Some(question) = questions.find(|question| question.id == id) {
        let (spec, query) = question.kind.run()?;
        return Some(ClassExperiment {
            what: ClassRun::Transfer(spec.clone()),
            query: query.clone(),
        });
    }
    let mut pages = lessons.iter().flat_map(|lesson| &lesson.pages);
    let predicts = |page: &&Page| page.predict().is_some_and(|predict| predict.id == id);
    let page = pages.find(predicts)?;
    let what = match page.target.as_ref()? {
        Target::Lab(lab) => ClassRun::Transfer(lab.spec.clone()),
        Target::Trial(trial) => ClassRun::Other(trial.what.clone()),
        _ => return None,
    };
    Some(ClassExperiment {
        what,
        query: page.predict()?.query.clone(),
    })
}

impl ClassExperiment {
    /// The figure's name: `syscalls`.
    pub(crate) fn figure(&self) -> &str {
        &self.query.0
    }
}
