//! A trace to look at elsewhere: the picture of `--svg` and the timeline of `--chrome`, from `trace` and from `replay`.

use std::{collections::HashMap, fs, path::Path, process::Command};

use serde_json::Value;

mod require;

#[path = "trace/desk.rs"]
mod desk;

use desk::{Desk, MIB, ZCLAB, said};

/// The words of a picture, as a search in it would find them.
fn words(svg: &str) -> String {
    let texts = svg
        .split("</text>")
        .filter_map(|before| before.rsplit_once('>'));
    let words: Vec<&str> = texts.map(|(_, text)| text).collect();
    words.join("\n")
}

/// That a document is XML as far as a picture goes: no control characters, and each tag closed in its turn.
fn assert_well_formed(svg: &str) {
    assert!(
        !svg.chars().any(|c| c.is_control() && c != '\n'),
        "a control character"
    );
    let mut open = Vec::new();
    for tag in svg.split('<').skip(1) {
        let (tag, text) = tag.split_once('>').expect("a tag that ends");
        let name = tag.trim_start_matches('/').split(' ').next().unwrap();
        match (tag.starts_with('/'), tag.ends_with('/')) {
            (true, _) => assert_eq!(open.pop(), Some(name), "{tag}"),
            (_, false) => open.push(name),
            _ => {}
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        for entity in text.split('&').skip(1) {
            let name = entity.split(';').next();
            assert!(matches!(name, Some("lt" | "gt" | "amp")), "{text}");
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

fn zclab(desk: &Desk, arguments: &[&str]) -> String {
    let mut command = Command::new(ZCLAB);
    let output = command
        .args(arguments)
        .current_dir(desk.0.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_picture_of_the_flows_has_their_names_bytes_and_copies_as_text() {
    let desk = Desk::new(3 * MIB);
    let options = ["--svg", "flows.svg", "--save", "run.jsonl"];
    desk.trace(
        &options,
        &["dd", "if=a", "of=b & <c>", "bs=64k", "status=none"],
    );
    let svg = fs::read_to_string(desk.path("flows.svg")).unwrap();
    assert_well_formed(&svg);
    let words = words(&svg);
    for expected in [
        "dd if=a",
        "2.0 copies",
        "b &amp; &lt;c&gt;",
        "USER",
        "KERNEL",
    ] {
        assert!(words.contains(expected), "no {expected} in\n{words}");
    }
    assert!(!words.contains("quit"), "the keys are no part of a picture");

    zclab(&desk, &["replay", "run.jsonl", "--svg", "again.svg"]);
    assert_eq!(fs::read_to_string(desk.path("again.svg")).unwrap(), svg);
    zclab(
        &desk,
        &[
            "replay",
            "run.jsonl",
            "--svg",
            "light.svg",
            "--theme",
            "light",
        ],
    );
    let light = fs::read_to_string(desk.path("light.svg")).unwrap();
    assert_well_formed(&light);
    assert!(svg.contains("fill=\"#191919\"/>") && light.contains("fill=\"#ffffff\"/>"));
}

#[test]
fn a_picture_of_a_transfer_shows_its_end() {
    let desk = Desk::new(0);
    zclab(&desk, &["run", "read-write", "--save", "run.jsonl"]);
    zclab(&desk, &["replay", "run.jsonl", "--svg", "run.svg"]);
    let svg = fs::read_to_string(desk.path("run.svg")).unwrap();
    assert_well_formed(&svg);
    let words = words(&svg);
    for expected in ["read-write", "page cache", "socket queue", "call 33 of 33"] {
        assert!(words.contains(expected), "no {expected} in\n{words}");
    }
}

#[test]
fn the_pictures_of_the_readme_are_made_by_the_command_that_stands_beside_them() {
    let pictures = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/pictures");
    let desk = Desk::new(0);
    let made = Command::new(pictures.join("make"))
        .arg(desk.0.path())
        .env("ZCLAB", ZCLAB)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", said(&made));
    let readme = fs::read_to_string(pictures.join("../../README.md")).unwrap();
    for (name, expected) in [
        ("lesson.svg", ["read-write", "page cache", "call 14 of 33"]),
        ("trace.svg", ["nginx", "video.bin", "KERNEL"]),
    ] {
        assert!(
            readme.contains(&format!("(assets/pictures/{name})")),
            "{name}"
        );
        let now = fs::read_to_string(desk.path(name)).unwrap();
        let kept = fs::read_to_string(pictures.join(name)).unwrap();
        for picture in [&now, &kept] {
            assert_well_formed(picture);
            let words = words(picture);
            for word in expected {
                assert!(words.contains(word), "{name}: no {word} in\n{words}");
            }
        }
    }
}

/// The events of a timeline by their phase.
fn timeline(path: &str) -> HashMap<String, Vec<Value>> {
    let document: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let mut by_phase: HashMap<String, Vec<Value>> = HashMap::new();
    for event in document["traceEvents"].as_array().unwrap() {
        let phase = event["ph"].as_str().unwrap().to_owned();
        by_phase.entry(phase).or_default().push(event.clone());
    }
    by_phase
}

/// The slice that an end of an arrow lies in.
fn slice_at<'a>(slices: &'a [Value], end: &Value) -> &'a Value {
    let at = end["ts"].as_f64().unwrap();
    let holds = |slice: &&Value| {
        let start = slice["ts"].as_f64().unwrap();
        slice["tid"] == end["tid"] && start <= at && at <= start + slice["dur"].as_f64().unwrap()
    };
    slices
        .iter()
        .find(holds)
        .unwrap_or_else(|| panic!("no slice at {end}"))
}

#[test]
fn a_timeline_has_a_slice_a_call_a_track_a_thread_and_arrows_where_bytes_are_handed_on() {
    let desk = Desk::new(MIB);
    let shell = [
        "sh",
        "-c",
        "dd if=a bs=64k status=none | dd of=b bs=64k status=none",
    ];
    let seen = desk.trace(&["--chrome", "run.json", "--save", "run.jsonl"], &shell);
    let events = timeline(&desk.path("run.json"));
    let slices = &events["X"];
    // exit_group and what a signal ended never returned: slices, too.
    assert!(slices.len() as u64 >= seen.json["syscalls"].as_u64().unwrap());
    let threads = events["M"]
        .iter()
        .filter(|event| event["name"] == "thread_name");
    assert_eq!(
        threads.count() as u64,
        seen.json["threads"].as_u64().unwrap()
    );
    let bytes = |name: &str| -> u64 {
        let named = slices.iter().filter(|slice| slice["name"] == name);
        let moved = named.filter(|slice| slice["args"]["flow"] == "a > b");
        moved
            .filter_map(|slice| slice["args"]["bytes"].as_u64())
            .sum()
    };
    // By the first program and by the second.
    assert_eq!(
        (bytes("read"), bytes("write")),
        (2 * MIB as u64, 2 * MIB as u64)
    );

    let (starts, ends) = (&events["s"], &events["f"]);
    assert_eq!(starts.len(), ends.len());
    let mut between = 0;
    for (start, end) in starts.iter().zip(ends) {
        assert_eq!(start["id"], end["id"]);
        let (from, to) = (slice_at(slices, start), slice_at(slices, end));
        assert!(from["ts"].as_f64() <= to["ts"].as_f64());
        let names = (from["name"].as_str().unwrap(), to["name"].as_str().unwrap());
        match from["pid"] == to["pid"] {
            true => assert_eq!(names, ("read", "write")),
            false => {
                assert_eq!(names, ("write", "read"));
                between += 1;
            }
        }
    }
    assert!(between > 0, "no arrow from the one program to the other");

    zclab(&desk, &["replay", "run.jsonl", "--chrome", "again.json"]);
    let again = fs::read(desk.path("again.json")).unwrap();
    assert_eq!(again, fs::read(desk.path("run.json")).unwrap());
}

#[test]
fn a_file_that_cannot_be_written_is_said_before_the_program_runs() {
    let desk = Desk::new(0);
    for option in ["--svg", "--chrome"] {
        let mut command = desk.command(&[option, "nowhere/x"], &["touch", "ran"]);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(125), "{}", said(&output));
        let expected = "zclab: cannot save nowhere/x: there is no directory nowhere\n";
        assert_eq!(said(&output), expected);
        assert!(!Path::new(&desk.path("ran")).exists());
    }
}
