//! Runs the experiment that answers a question of a class on this machine: the teacher's or a student's.

use crate::{
    class::{ClassExperiment, ClassRun, Figure, Recorded},
    copypath::summarise,
    experiment::{self, Source, from_spec},
    host,
    model::ExperimentValue,
    tracer::Cancel,
};

/// Runs it. The figure, and the machine that it is of.
///
/// # Errors
/// A line on why there is no figure.
pub(crate) fn run(experiment: &ClassExperiment, cancel: &Cancel) -> Result<Recorded, String> {
    let query = &experiment.query;
    let found = match &experiment.what {
        ClassRun::Transfer(spec) => {
            let recording = experiment::run(spec, &Source::default(), cancel, &mut |_| {})
                .map_err(|error| format!("cannot run {} to {}: {error:#}", spec.method, spec.to))?;
            let value = query.of(&summarise(&recording));
            value.map(ExperimentValue::Number)
        }
        ClassRun::Other(what) => from_spec::run(what, None, cancel, &mut |_, _| {})
            .map_err(|error| format!("{}: {error:#}", what.title()))?
            .figure(&query.0),
    };
    let machine = host::machine();
    let found =
        found.ok_or_else(|| format!("this run has no {}: zclab doctor says why", query.0))?;
    Ok(Recorded {
        value: Figure::of(found),
        kernel: machine.kernel,
        arch: machine.arch,
    })
}
