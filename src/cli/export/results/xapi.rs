//! Statements of the Experience API (xAPI 1.0.3), as a learning record store takes them: a list of JSON. A student is a
//! pseudonym, which only the one who has the key on this machine can compute from the name.

use std::{
    fs::OpenOptions,
    io::{ErrorKind, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use anyhow::Context;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::answers::{Answered, Collected, given};
use crate::{
    class::{Answer, Poll, PollKind},
    cli::print_json,
    model::{Given, rfc3339},
    store::progress,
};

/// Where the activities and the accounts belong.
const HOME: &str = env!("CARGO_PKG_REPOSITORY");
const KEY_BYTES: usize = 32;

/// Prints a statement for each answer.
pub(super) fn run(collected: &Collected) -> anyhow::Result<()> {
    let path = progress::path()?.with_file_name("pseudonyms.key");
    let key = key(&path).with_context(|| format!("cannot use the key {}", path.display()))?;
    let mut statements = Vec::new();
    for source in &collected.sources {
        let student = source.student.as_deref().unwrap_or(&source.seat);
        let actor = pseudonym(&key, student);
        statements.extend(
            source
                .answers
                .iter()
                .map(|answer| statement(&actor, answer)),
        );
    }
    print_json(&statements)
}

/// The key, which is made when it is first needed: the same student has the same pseudonym in every export of it.
fn key(path: &Path) -> std::io::Result<[u8; KEY_BYTES]> {
    let mut key = [0; KEY_BYTES];
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir)?;
    }
    let mut options = OpenOptions::new();
    match options.write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => {
            getrandom::fill(&mut key).map_err(std::io::Error::other)?;
            file.write_all(&key)?;
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            crate::store::open::read(path)?.read_exact(&mut key)?;
        }
        Err(error) => return Err(error),
    }
    Ok(key)
}

fn pseudonym(key: &[u8], student: &str) -> String {
    let hash = Sha256::new()
        .chain_update(key)
        .chain_update(student.as_bytes());
    hex(&hash.finalize()[..16])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn statement(actor: &str, answer: &Answered) -> Value {
    let activity = format!(
        "{HOME}/questions/{}/{}",
        encoded(&answer.lesson),
        encoded(&answer.question)
    );
    let response = response(&answer.given);
    let timestamp = rfc3339(answer.at);
    let mut result = json!({ "completion": true, "response": response });
    if let Some(right) = answer.right {
        result["success"] = right.into();
    }
    json!({
        "id": id(&[actor, &activity, &timestamp, &response]),
        "actor": { "objectType": "Agent", "account": { "homePage": HOME, "name": actor } },
        "verb": { "id": "http://adlnet.gov/expapi/verbs/answered", "display": { "en-US": "answered" } },
        "object": { "objectType": "Activity", "id": activity, "definition": definition(answer) },
        "result": result,
        "context": {
            "platform": concat!("zclab ", env!("CARGO_PKG_VERSION")),
            "contextActivities": { "parent": [ { "id": format!("{HOME}/lessons/{}", encoded(&answer.lesson)) } ] }
        },
        "timestamp": timestamp,
        "version": "1.0.3"
    })
}

/// A name for the statement, made from what it says: a store that has it already does not take it twice. Its form is that
/// of a UUID by name (version 5), with SHA-256 for SHA-1.
fn id(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let mut bytes: [u8; 16] = hash.finalize()[..16].try_into().unwrap_or_default();
    bytes[6] = bytes[6] & 0x0f | 0x50;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let text = hex(&bytes);
    let parts = [
        &text[..8],
        &text[8..12],
        &text[12..16],
        &text[16..20],
        &text[20..],
    ];
    parts.join("-")
}

/// Part of an IRI: what is not unreserved (RFC 3986) is written by its bytes.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte))
            }
            byte => out += &format!("%{byte:02X}"),
        }
    }
    out
}

/// An answer as section "Interaction activities" of the specification has it.
fn response(given: &Given) -> String {
    let words = |words: Vec<String>| words.join("[,]");
    match given {
        Given::Skipped => String::new(),
        Given::Options(options) => words(
            options
                .iter()
                .map(|at| Given::letter(*at).to_string())
                .collect(),
        ),
        Given::Number(number) => number.to_string(),
        Given::Lines(lines) => words(lines.iter().map(|at| (at + 1).to_string()).collect()),
        Given::Pairs(pairs) => {
            let pair = |(left, right): &(usize, usize)| {
                format!("{}[.]{}", left + 1, Given::letter(*right))
            };
            words(pairs.iter().map(pair).collect())
        }
        Given::Other(text) => text.clone(),
    }
}

/// What the question is, as far as it is known how it was asked.
fn definition(answer: &Answered) -> Value {
    let mut definition = json!({ "name": { "en-US": answer.question } });
    let Some(poll) = &answer.poll else {
        return definition;
    };
    definition["type"] = "http://adlnet.gov/expapi/activities/cmi.interaction".into();
    definition["description"] = json!({ "en-US": poll.text });
    definition["interactionType"] = match poll.kind {
        PollKind::Choice | PollKind::Multi | PollKind::Bug => "choice",
        PollKind::Number => "numeric",
        PollKind::Order => "sequencing",
        PollKind::Match => "matching",
    }
    .into();
    let component = |(at, text): (usize, &String), letters: bool| {
        let id = match letters {
            true => Given::letter(at).to_string(),
            false => (at + 1).to_string(),
        };
        json!({ "id": id, "description": { "en-US": text } })
    };
    let list = |texts: &[String], letters| -> Value {
        let texts = texts.iter().enumerate();
        texts.map(|text| component(text, letters)).collect()
    };
    match poll.kind {
        PollKind::Number => {}
        PollKind::Choice | PollKind::Multi => definition["choices"] = list(&poll.options, true),
        PollKind::Order | PollKind::Bug => definition["choices"] = list(&poll.options, false),
        PollKind::Match => {
            definition["source"] = list(&poll.options, false);
            definition["target"] = list(&poll.rights, true);
        }
    }
    if let Some(right) = &poll.right {
        definition["correctResponsesPattern"] = json!([pattern(poll, right)]);
    }
    definition
}

/// The right answer. A number is a range.
fn pattern(poll: &Poll, right: &Answer) -> String {
    match right {
        Answer::Number(number) => {
            let (low, high) = (number - poll.tolerance, number + poll.tolerance);
            format!("{low}[:]{high}")
        }
        list => response(&given(poll, list)),
    }
}
