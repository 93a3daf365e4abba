//! What the course claims beside its questions, against this kernel: figures in the text, right answers of
//! experiments, counts of the reference cards.

use std::{collections::BTreeMap, path::Path, process::Command};

use zclab::{
    copypath,
    course::{self, Ask, Catalogue, Target},
    embedded, endpoint,
    experiment::{self, Source},
    model::{ExperimentSpec, Method, Sink, Summary, TransferSpec},
    tracer::Cancel,
};

mod require;

use require::skip;

fn shipped() -> Catalogue {
    course::check(&embedded::lessons(), &embedded::figures()).0
}

/// The text of a lesson, with one blank wherever its lines are broken.
fn text_of(lesson: &str) -> String {
    let files = embedded::lessons();
    let wanted = format!("-{lesson}.md");
    let found = files.iter().find(|(name, _)| name.ends_with(&wanted));
    let (_, text) = found.unwrap_or_else(|| panic!("there is no lesson {lesson}"));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A transfer as this kernel makes it, of 1 MiB in chunks of 64 KiB unless told. None where nothing can be traced.
fn run(dir: &Path, change: impl FnOnce(&mut TransferSpec), method: Method) -> Option<Summary> {
    let mut spec = TransferSpec::of(method);
    change(&mut spec);
    let source = Source {
        file: None,
        dir: Some(dir.to_owned()),
    };
    let run = experiment::run(&spec, &source, &Cancel::new(), &mut |_| {}).unwrap();
    if run.trace.is_none() {
        skip("ptrace", format!("{method}: {:?}", run.unavailable));
        return None;
    }
    Some(copypath::summarise(&run))
}

/// The names that a sentence may use, with what the run has for each.
fn figures(of: &Summary) -> BTreeMap<String, String> {
    let calls = of.syscalls.unwrap();
    let copies = of.cpu_copies_per_byte.unwrap();
    let mut found: BTreeMap<String, String> = of
        .calls_by_name
        .iter()
        .map(|(name, count)| (name.to_string(), count.to_string()))
        .collect();
    found.insert("calls".to_owned(), calls.to_string());
    found.insert("switches".to_owned(), (2 * calls).to_string());
    found.insert("copies".to_owned(), format!("{copies:.0}"));
    found
}

/// `{name}` replaced by the run's figure.
fn filled(sentence: &str, figures: &BTreeMap<String, String>) -> String {
    let mut text = sentence.to_owned();
    for (name, figure) in figures {
        text = text.replace(&format!("{{{name}}}"), figure);
    }
    assert!(!text.contains('{'), "no such figure: {text}");
    text
}

/// Sentences and rows of tables whose figures are those of a transfer: of 1 MiB in chunks of 64 KiB to this sink.
#[rustfmt::skip]
const SENTENCES: &[(Method, Sink, &str, &str)] = &[
    (Method::ReadWrite, Sink::Tcp, "classic-path", "1 MiB in 64 KiB: {calls} calls, {switches} mode switches, {copies} MiB of CPU copies."),
    (Method::ReadWrite, Sink::Tcp, "classic-path", "{read} reads and {write} writes."),
    (Method::ReadWrite, Sink::Tcp, "mmap", "read() and write() needed {calls} calls."),
    (Method::ReadWrite, Sink::Tcp, "mmap", "| calls, 1 MiB in 64 KiB | {calls} |"),
    (Method::ReadWrite, Sink::Tcp, "mmap", "| mode switches of the calls | {switches} |"),
    (Method::MmapWrite, Sink::Tcp, "mmap", "mmap {mmap}, write {write}, munmap {munmap}: {calls} calls, {switches} mode switches, {copies} CPU copy per byte."),
    (Method::MmapWrite, Sink::Tcp, "mmap", "| {calls} | | mode switches of the calls |"),
    (Method::MmapWrite, Sink::Tcp, "mmap", "| {switches} | | CPU copies per byte | 2 | {copies} |"),
    (Method::ReadWrite, Sink::Tcp, "sendfile", "| read + write to a socket | {calls} | {switches} | {copies} |"),
    (Method::MmapWrite, Sink::Tcp, "sendfile", "| mmap + write to a socket | {calls} | {switches} | {copies} |"),
    (Method::Sendfile, Sink::Tcp, "sendfile", "| sendfile to a socket | {calls} | {switches} | {copies} |"),
    (Method::Sendfile, Sink::File, "sendfile", "| sendfile to a file | {calls} | {switches} | {copies} |"),
    (Method::Sendfile, Sink::Unix, "gather-dma", "| sendfile to a unix socket | 1 | {copies} |"),
    (Method::Splice, Sink::Tcp, "pipes", "1 MiB through a fresh pipe: {splice} calls, {switches} mode switches."),
    (Method::Splice, Sink::File, "pipes", "| `splice()` | pipe | file | {copies} |"),
    (Method::ReadWrite, Sink::File, "file-to-file", "| read + write | {copies} | yes, once made |"),
    (Method::Sendfile, Sink::File, "file-to-file", "| sendfile, splice to a file | {copies} | yes, once made |"),
    (Method::SendZerocopy, Sink::Tcp, "msg-zerocopy", "| the same over loopback, veth, with tcpdump | {copies} |"),
    (Method::Sendfile, Sink::Tcp, "msg-zerocopy", "| file by sendfile | {copies} |"),
    (Method::RecvWrite, Sink::File, "receiving", "| `recv()`, `write()` | 1 | {copies} | nothing |"),
    (Method::SpliceReceive, Sink::File, "receiving", "| `splice()`, twice | (unseen) | {copies} | nothing |"),
];

#[test]
fn figures_in_the_text_are_those_of_a_run() {
    endpoint::set_program(env!("CARGO_BIN_EXE_zclab"));
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    for (method, sink, lesson, sentence) in SENTENCES {
        let Some(seen) = run(dir.path(), |spec| spec.to = *sink, *method) else {
            return;
        };
        let wanted = filled(sentence, &figures(&seen));
        assert!(
            text_of(lesson).contains(&wanted),
            "{lesson} does not say what {method} to {sink} came to: {wanted}"
        );
    }
}

/// The first of the cards' counts is of copies, and holds of the usual transfer where all of it is warm; a cipher is no
/// copy, and what is reported COPIED comes on top.
#[test]
fn cards_count_the_copies_of_a_run() {
    endpoint::set_program(env!("CARGO_BIN_EXE_zclab"));
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let course = shipped();
    for method in Method::ALL {
        let card = course.card(method.name()).unwrap();
        let said = &card.counts[0];
        if let Some(refused) = experiment::refusal(method) {
            skip(&refused.instrument, refused.reason);
            continue;
        }
        let Some(seen) = run(dir.path(), |_| (), method) else {
            return;
        };
        let reported = match card.counts[0].contains("COPIED") {
            true => 1.0,
            false => 0.0,
        };
        // tcp-mmap-receive counts on the next line what it takes to bring the bytes into a file.
        let on_to_a_file = match method {
            Method::TcpMmapReceive => 1.0,
            _ => 0.0,
        };
        let first: String = said.chars().take_while(char::is_ascii_digit).collect();
        let counted = first.parse::<f64>().unwrap() + reported + on_to_a_file;
        let copies = seen.cpu_copies_per_byte.unwrap().round();
        assert_eq!(copies, counted, "{method}: its card says: {said}");
    }
}

/// The options that stand without a misconception are right: the kernel answers by the word of one of them.
#[test]
fn the_kernel_answers_as_the_right_options_of_predictions_say() {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let course = shipped();
    let pages = course.lessons().iter().flat_map(|lesson| &lesson.pages);
    let mut asked = 0;
    for page in pages {
        let Some(Target::Trial(trial)) = &page.target else {
            continue;
        };
        let Some(Ask::Choice(options)) = trial.predict.as_ref().map(|predict| &predict.ask) else {
            continue;
        };
        let right: Vec<&str> = options
            .iter()
            .filter(|option| option.reaction.feedback.is_empty())
            .map(|option| option.answer.as_str())
            .collect();
        // Where each answer may be right, the machine decides: what takes more time.
        if right.is_empty() {
            continue;
        }
        let Some(seen) = verdict(&trial.what, dir.path()) else {
            continue;
        };
        assert!(
            right.contains(&seen.as_str()),
            "{}: this kernel answers {seen}, right is {right:?}",
            trial.id
        );
        asked += 1;
    }
    assert!(asked >= 10, "{asked} predictions were compared");
}

/// What the first of an experiment's rows came to; none where this machine refuses it.
fn verdict(what: &ExperimentSpec, dir: &Path) -> Option<String> {
    let command = course::commands(what).into_iter().next().unwrap();
    let arguments = command.split_whitespace().skip(1);
    let out = Command::new(env!("CARGO_BIN_EXE_zclab"))
        .args(arguments)
        .arg("--json")
        .arg("--dir")
        .arg(dir)
        .output()
        .unwrap();
    assert!(out.status.success(), "{command}: {out:?}");
    let document: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let first = &document["results"][0];
    if let Some(reason) = first["reason"].as_str() {
        skip(&command, reason);
        return None;
    }
    let seen = first["verdict"].as_str().or(first["seen"].as_str());
    Some(
        seen.unwrap_or_else(|| panic!("{command}: {first}"))
            .to_owned(),
    )
}
