//! What the course is made of, from the lessons and from what is compiled into the program.

use crate::{
    app::{Copies, ErrorCase, Material},
    copypath::summarise,
    course::{Catalogue, Fault, Lesson, parallel},
    embedded, experiment, figure,
    model::{Basis, Hop, How, Method, Recording, Sink, TransferSpec},
    store,
};

/// The course, as compiled in or from these files.
pub fn material(lessons: &[(&str, &str)]) -> (Material, Vec<Fault>) {
    let (catalogue, faults) = Catalogue::parse(lessons, &embedded::figures());
    type Named = fn(Method) -> String;
    let sources = |name: Named, text: fn(&str) -> Option<&'static str>| {
        let all = Method::ALL.into_iter();
        all.filter_map(|method| Some((method, text(&name(method))?)))
            .collect()
    };
    let figures = parallel::map(&embedded::figures(), |(file, text)| {
        figure::figure(file.strip_suffix(".toml")?, text).ok()
    });
    let material = Material {
        copies: copies(catalogue.lessons()),
        lessons: catalogue.lessons().to_vec(),
        concept_test: catalogue.concept_test().cloned(),
        figures: figures.into_iter().flatten().collect(),
        sources: sources(Method::source_file, embedded::transfer_source),
        c_sources: sources(Method::c_file, embedded::transfer_source),
        sending_steps: sources(Method::source_file, embedded::serve_source),
        errors: errors(),
        cards: catalogue.cards().to_vec(),
        words: catalogue.words().to_vec(),
    };
    (material, faults)
}

/// What is known of the errors on purpose before they run.
fn errors() -> Vec<ErrorCase> {
    let case = |error: &experiment::errors::Experiment| ErrorCase {
        name: error.name.to_owned(),
        theme: error.theme().to_owned(),
        call: error.call.to_owned(),
        setup: error.setup.to_owned(),
    };
    experiment::errors::all().map(case).collect()
}

/// How often the CPU copies each byte of the transfers that lessons are about, from the recordings that are shipped.
fn copies(lessons: &[Lesson]) -> Vec<(Method, Sink, Copies)> {
    let mut named = Vec::new();
    for transfer in lessons.iter().flat_map(|lesson| &lesson.copies_of) {
        if !named.contains(transfer) {
            named.push(*transfer);
        }
    }
    let known = parallel::map(&named, |(method, to)| {
        Some((*method, *to, recorded_copies(*method, *to)?))
    });
    known.into_iter().flatten().collect()
}

/// From the shipped recording of a transfer of a warm file.
fn recorded_copies(method: Method, to: Sink) -> Option<Copies> {
    let spec = TransferSpec {
        to,
        ..TransferSpec::of(method)
    };
    let summary = summarise(&store::shipped::exact(&spec)?);
    let reported = |hop: &&Hop| {
        (hop.how, hop.basis, hop.side) == (How::CpuCopy, Basis::Reported, method.side())
            && !hop.ghost
    };
    let bytes: u64 = summary
        .copy_path
        .iter()
        .filter(reported)
        .map(|hop| hop.bytes)
        .sum();
    let reported = bytes as f64 / summary.bytes_moved.max(1) as f64;
    Some(Copies {
        always: summary.cpu_copies_per_byte? - reported,
        reported,
    })
}

/// The source of what was recorded, word for word; empty where there is none.
pub(super) fn source_text(recording: &Recording) -> &'static str {
    let file = &recording.spec.method.source_file();
    let text = match recording.outcome.served {
        Some(_) => embedded::serve_source(file),
        None => embedded::transfer_source(file),
    };
    text.unwrap_or_default()
}
