//! What the course claims beside its questions, against this kernel: figures in the text, right answers of
//! experiments, counts of the reference cards.

use std::{collections::BTreeMap, path::Path, process::Command};

use zclab::{
    copypath,
    course::{self, Ask, Catalogue, QuestionKind, Target},
    embedded, endpoint,
    experiment::{self, Source},
    figure, host,
    model::{ExperimentSpec, How, Method, Sink, Summary, TransferSpec},
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
    (Method::SendZerocopy, Sink::Tcp, "msg-zerocopy", "| the same to a receiver on this machine, or with tcpdump | {copies} |"),
    (Method::Sendfile, Sink::Tcp, "msg-zerocopy", "| file by sendfile | {copies} |"),
    (Method::RecvWrite, Sink::File, "receiving", "| `recv()`, `write()` | 1 | {copies} | nothing |"),
    (Method::SpliceReceive, Sink::File, "receiving", "| `splice()`, twice | (unseen) | {copies} | nothing |"),
];

#[test]
fn figures_in_the_text_are_those_of_a_run() {
    endpoint::set_program(env!("CARGO_BIN_EXE_zclab"));
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut wrong = Vec::new();
    for (method, sink, lesson, sentence) in SENTENCES {
        let Some(seen) = run(dir.path(), |spec| spec.to = *sink, *method) else {
            return;
        };
        let wanted = filled(sentence, &figures(&seen));
        if !text_of(lesson).contains(&wanted) {
            wrong.push(format!(
                "{lesson} does not say what {method} to {sink} came to: {wanted}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the course says of calls that fail on purpose; `{}` is what this kernel answers.
#[rustfmt::skip]
const ANSWERS: &[(&str, &str, &str)] = &[
    ("sendfile-to-append", "sendfile", "A file opened with `O_APPEND` gives `{}`."),
    ("sendfile-from-socket", "sendfile", "| a socket, a pipe | `{}` |"),
    ("sendfile-from-directory", "sendfile", "| `/proc/self/maps`, a directory | `{}` |"),
    ("sendfile-3gib", "sendfile", "`0x7ffff000` bytes (sendfile(2)), which is {}"),
    ("splice-pipe-at-offset", "pipes", "{ left = \"a pipe with an offset\", right = \"{}\""),
    ("vmsplice-to-socket", "pipes", "{ left = \"vmsplice() to a socket\", right = \"{}\""),
    ("splice-empty-pipe-nonblock", "pipes", "{ left = \"an empty pipe, NONBLOCK\", right = \"{}\""),
    ("copy-file-range-across-file-systems", "file-to-file", "- {} between file systems,"),
    ("copy-file-range-to-append", "file-to-file", "{} for O_APPEND"),
    ("so-zerocopy-unix", "msg-zerocopy", "{ left = \"SO_ZEROCOPY: {}\", right = \"this kind of socket cannot\""),
    ("write-truncated-mapping", "mmap", "file, 4096) fails with {}\", right = true"),
    ("touch-truncated-mapping", "mmap", "file[0] in your code gives {}\", right = true"),
];

#[test]
fn what_the_text_says_of_refused_calls_is_what_they_answer() {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut wrong = Vec::new();
    for (name, lesson, sentence) in ANSWERS {
        let Some(seen) = verdict(&ExperimentSpec::Errors(vec![name.to_string()]), dir.path())
        else {
            continue;
        };
        let seen = match seen.parse::<u64>() {
            Ok(number) => zclab::model::grouped(number).replace('\u{a0}', " "),
            Err(_) => seen,
        };
        let wanted = sentence.replacen("{}", &seen, 1);
        if !text_of(lesson).contains(&wanted) {
            wrong.push(format!(
                "{lesson} does not say what {name} answers: {wanted}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Figures, each with the transfer that it draws, and how often this machine copies a byte more than a network card
/// that gathers would have it: over loopback zero-copy sends are copied after all.
#[rustfmt::skip]
const DRAWN: &[(&str, Method, Sink, f64)] = &[
    ("classic-path", Method::ReadWrite, Sink::Tcp, 0.0),
    ("mmap-path", Method::MmapWrite, Sink::Tcp, 0.0),
    ("sendfile-gather", Method::Sendfile, Sink::Tcp, 0.0),
    ("splice-path", Method::Splice, Sink::Tcp, 0.0),
    ("file-to-file", Method::CopyFileRange, Sink::File, 0.0),
    ("zerocopy-send", Method::SendZerocopy, Sink::Tcp, 1.0),
    ("uring-fixed", Method::UringFixed, Sink::Tcp, 0.0),
    ("uring-send-zc", Method::UringSendZc, Sink::Tcp, 1.0),
    ("direct-send", Method::DirectSend, Sink::Tcp, 1.0),
    ("mapped-receive", Method::TcpMmapReceive, Sink::File, 0.0),
];

#[test]
fn figures_draw_as_many_copies_as_a_run_makes() {
    endpoint::set_program(env!("CARGO_BIN_EXE_zclab"));
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    for (name, method, sink, more) in DRAWN {
        if let Some(refused) = experiment::refusal(*method) {
            skip(&refused.instrument, refused.reason);
            continue;
        }
        let Some(seen) = run(dir.path(), |spec| spec.to = *sink, *method) else {
            return;
        };
        let file = format!("{name}.toml");
        let files = embedded::figures();
        let (_, text) = files
            .iter()
            .find(|(found, _)| found.ends_with(&file))
            .unwrap();
        let drawn = figure::figure(&file, text).unwrap();
        let hops = drawn.steps.iter().flat_map(|step| &step.hops);
        let copies = hops.filter(|hop| hop.how == How::CpuCopy).count();
        assert_eq!(
            seen.cpu_copies_per_byte.unwrap().round() - more,
            copies as f64,
            "{name} draws another number of CPU copies than {method} makes"
        );
    }
}

/// The question about a splice that begins within a page: as much as this kernel takes.
#[test]
fn a_pipe_takes_as_much_from_within_a_page_as_the_answer_says() {
    let course = shipped();
    let (_, question) = course.question("splice-unaligned").unwrap();
    if host::machine().page_size != 4096 {
        return skip("pages of 4 KiB", "the question says so");
    }
    let file = tempfile::tempfile_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    file.set_len(1 << 20).unwrap();
    for turn in 0..6 {
        let asked = question.asked(turn);
        let QuestionKind::Number(number) = &asked.kind else {
            panic!("{} is no number", question.id);
        };
        let words = asked.text.split("offset ").nth(1).unwrap();
        let offset: String = words
            .chars()
            .filter(|c| *c != '\u{a0}')
            .take_while(char::is_ascii_digit)
            .collect();
        let mut offset = offset.parse().unwrap();
        let (_reader, writer) = nix::unistd::pipe().unwrap();
        let flags = nix::fcntl::SpliceFFlags::SPLICE_F_NONBLOCK;
        let mut taken = 0;
        while let Ok(more) =
            nix::fcntl::splice(&file, Some(&mut offset), &writer, None, 1 << 20, flags)
        {
            taken += more;
        }
        assert_eq!(number.answer, Some(taken as f64), "{}", asked.text);
    }
}

#[test]
fn a_pipe_is_full_of_as_many_single_bytes_as_the_text_says() {
    let file = tempfile::tempfile_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    file.set_len(4096).unwrap();
    let (_reader, writer) = nix::unistd::pipe().unwrap();
    let flags = nix::fcntl::SpliceFFlags::SPLICE_F_NONBLOCK;
    let one_byte = || nix::fcntl::splice(&file, Some(&mut 0), &writer, None, 1, flags);
    let taken = (0..65536).take_while(|_| one_byte() == Ok(1)).count();
    let wanted = format!("| `splice()` from a file | **{taken} bytes** |");
    assert!(text_of("pipes").contains(&wanted), "{wanted}");
}

/// The first of the cards' counts is of copies, and holds of the usual transfer where all of it is warm; a cipher is no
/// copy, and what is reported COPIED comes on top.
#[test]
fn cards_count_the_copies_of_a_run() {
    endpoint::set_program(env!("CARGO_BIN_EXE_zclab"));
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let course = shipped();
    let mut wrong = Vec::new();
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
        if copies != counted {
            wrong.push(format!(
                "{method} makes {copies} copies per byte, its card says: {said}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The options that stand without a misconception are right: the kernel answers by the word of one of them.
#[test]
fn the_kernel_answers_as_the_right_options_of_predictions_say() {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let course = shipped();
    let pages = course.lessons().iter().flat_map(|lesson| &lesson.pages);
    let mut asked = 0;
    let mut wrong = Vec::new();
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
        if !right.contains(&seen.as_str()) {
            let id = &trial.id;
            wrong.push(format!(
                "{id}: this kernel answers {seen}, right is {right:?}"
            ));
        }
        asked += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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
