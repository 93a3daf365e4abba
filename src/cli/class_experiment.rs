//! The experiment that answers a question of a class, run on this machine: the teacher's or a student's.

use crate::{
    class::{Figure, Recorded},
    copypath::summarise,
    course::{Catalogue, Page, Target},
    experiment::{self, Source, from_spec},
    host,
    model::{ExperimentSpec, ExperimentValue, Query, TransferSpec},
    tracer::Cancel,
};

/// The experiment that answers a question, and the figure of it that does.
pub(crate) struct ClassExperiment {
    what: Run,
    query: Query,
}

enum Run {
    Transfer(TransferSpec),
    Other(ExperimentSpec),
}

/// The experiment of the question or prediction of that id, if it has one.
pub(crate) fn experiment_of(course: &Catalogue, id: &str) -> Option<ClassExperiment> {
    if let Some((_, question)) = course.question(id) {
        let (spec, query) = question.kind.run()?;
        return Some(ClassExperiment {
            what: Run::Transfer(spec.clone()),
            query: query.clone(),
        });
    }
    let mut pages = course.lessons().iter().flat_map(|lesson| &lesson.pages);
    let predicts = |page: &&Page| page.predict().is_some_and(|predict| predict.id == id);
    let page = pages.find(predicts)?;
    let what = match page.target.as_ref()? {
        Target::Lab(lab) => Run::Transfer(lab.spec.clone()),
        Target::Trial(trial) => Run::Other(trial.what.clone()),
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

    /// Runs it. The figure, and the machine that it is of.
    ///
    /// # Errors
    /// A line on why there is no figure.
    pub(crate) fn run(&self, cancel: &Cancel) -> Result<Recorded, String> {
        let found = match &self.what {
            Run::Transfer(spec) => {
                let recording = experiment::run(spec, &Source::default(), cancel, &mut |_| {})
                    .map_err(|error| {
                        format!("cannot run {} to {}: {error:#}", spec.method, spec.to)
                    })?;
                let value = self.query.of(&summarise(&recording));
                value.map(ExperimentValue::Number)
            }
            Run::Other(what) => from_spec::run(what, None, cancel, &mut |_, _| {})
                .map_err(|error| format!("{}: {error:#}", what.title()))?
                .figure(&self.query.0),
        };
        let machine = host::machine();
        let found = found
            .ok_or_else(|| format!("this run has no {}: zclab doctor says why", self.query.0))?;
        Ok(Recorded {
            value: match found {
                ExperimentValue::Number(number) => Figure::Number(number),
                ExperimentValue::Word(word) => Figure::Word(word),
            },
            kernel: machine.kernel,
            arch: machine.arch,
        })
    }
}
