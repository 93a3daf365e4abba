//! Recordings as files: what is saved is loaded, and damage of every kind is one clear line.

use std::fs;

use proptest::{collection::vec, option, prelude::*};
use zclab::{
    model::{
        Cache, Call, CallState, Descriptor, DescriptorKind, KernelReports, Machine, Measured,
        Method, NO_DESCRIPTOR, Origin, Outcome, Recording, Request, Residency, Served, Sink, Size,
        Task, Text, Trace, TransferSpec, Unavailable, Unread,
    },
    store::recording::{load, parse, save},
};

const NAMES: [&str; 3] = ["read", "write", "openat"];

fn descriptors() -> Vec<Descriptor> {
    let descriptor = |fd, kind, name: &str, identity| Descriptor {
        fd,
        kind,
        name: name.to_owned(),
        identity,
        direct: false,
        traits: zclab::model::FileTraits::default(),
    };
    vec![
        descriptor(3, DescriptorKind::File, "/tmp/a \"quoted\" nämé", 77),
        descriptor(4, DescriptorKind::Tcp, "tcp 127.0.0.1:41234", u64::MAX),
    ]
}

fn recording(trace: Option<Trace>) -> Recording {
    Recording {
        origin: Origin::Loaded,
        counted: None,
        spec: TransferSpec {
            method: Method::ReadWrite,
            to: Sink::Tcp,
            size: Size(1 << 20),
            chunk: Size(1 << 16),
            cache: Cache::Cold,
            pipe_size: Some(Size(1 << 17)),
        },
        machine: Machine {
            kernel: "Linux 6.18.4".to_owned(),
            arch: "x86_64".to_owned(),
            cpus: 2,
            page_size: 4096,
        },
        outcome: Outcome {
            bytes_moved: 1 << 20,
            verified: Some(true),
            received: 1 << 20,
            residency_before: Some(Residency {
                resident: 0,
                pages: 256,
            }),
            residency_after: None,
            file_system: "ext4".to_owned(),
            read_ahead_kb: Some(128),
            also_received: Some(1 << 20),
            kernel_reports: Some(KernelReports {
                completions: 16,
                copied: 2,
                copied_sends: vec![[3, 4]],
            }),
            mapped_receives: Some(vec![65536, 0]),
            passed_memory: Some(1 << 20),
            pipe_size: Some(1 << 17),
            shared_blocks: Some(0),
            served: Some(Served {
                answers: 2,
                request_bytes: 128,
                head_bytes: 512,
            }),
        },
        measured: Some(Measured {
            wall_ns: 1,
            cpu_ns: 2,
            user_ns: None,
            system_ns: Some(3),
            ..Measured::default()
        }),
        trace,
        unavailable: vec![Unavailable {
            instrument: "cachestat".to_owned(),
            reason: "Linux 6.5".to_owned(),
        }],
    }
}

fn trace_of(calls: Vec<Call>, texts: Vec<Text>) -> Trace {
    Trace {
        wall_ns: 5,
        names: NAMES.map(str::to_owned).to_vec(),
        tasks: vec![
            Task {
                tid: 10,
                pid: 10,
                name: "zclab".to_owned(),
            },
            Task {
                tid: 11,
                pid: 10,
                name: "worker".to_owned(),
            },
        ],
        descriptors: descriptors(),
        calls,
        texts,
        ..Trace::default()
    }
}

/// Two requests for every third call, made of its numbers.
fn with_requests(mut trace: Trace) -> Trace {
    let calls = trace.calls.iter().enumerate().step_by(3);
    let made = calls.flat_map(|(number, call)| {
        let [a, b, c, d, e, f] = call.args;
        let first = Request {
            call: number as u32,
            op: a as u8,
            flags: b as u8,
            io_priority: c as u16,
            op_flags: d as u32,
            fd: e as i32,
            fd_in: f as i32,
            descriptors: call.descriptors,
            address: b,
            offset: c,
            length: a as u32,
            buffer: d as u16,
            user_data: e,
            result: (call.state == CallState::Returned).then_some(call.result),
            completions: f as u32,
            notification: (f % 2 == 0).then_some(e as u32),
            seen: number as u32,
        };
        let second = Request {
            result: None,
            completions: 1,
            ..first
        };
        [first, second]
    });
    trace.requests = made.collect();
    trace.unread = vec![Unread {
        fd: 5,
        pid: 10,
        reason: "SQPOLL".to_owned(),
    }];
    trace
}

prop_compose! {
    fn any_call()(
        name in 0..3u16,
        task in 0..2u16,
        args in any::<[u64; 6]>(),
        used in 0..=6usize,
        result in option::of(any::<i64>()),
        start_ns in 0..1u64 << 50,
        duration_ns in 0..1u64 << 50,
        descriptors in [0..3u32, 0..3u32],
    ) -> Call {
        let some = |index| if index == 2 { NO_DESCRIPTOR } else { index };
        let mut shown = [0; 6];
        shown[..used].copy_from_slice(&args[..used]);
        Call {
            name, task, args: shown, start_ns, duration_ns,
            result: result.unwrap_or(0),
            state: result.map_or(CallState::Unfinished, |_| CallState::Returned),
            descriptors: descriptors.map(some),
        }
    }
}

prop_compose! {
    fn any_trace()(
        mut calls in vec(any_call(), 0..40),
        texts in vec((0..40u32, 0..6u8, ".*"), 0..10),
    ) -> Trace {
        calls.sort_by_key(|call| call.start_ns);
        let mut texts: Vec<_> = texts
            .into_iter()
            .filter(|(call, ..)| (*call as usize) < calls.len())
            .map(|(call, arg, text)| Text { call, arg, text })
            .collect();
        texts.sort_by_key(|text| (text.call, text.arg));
        texts.dedup_by_key(|text| (text.call, text.arg));
        trace_of(calls, texts)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_saved_is_loaded(trace in option::of(any_trace())) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("recording.jsonl");
        let recording = recording(trace.map(with_requests));
        save(&path, &recording).unwrap();
        prop_assert_eq!(&load(&path).unwrap(), &recording);
        prop_assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "a temporary file was left");
    }

    #[test]
    fn any_cut_and_any_changed_byte_is_noticed(at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let whole = text();
        let cut = &whole.as_bytes()[..at.index(whole.len())];
        one_line(parse("r.jsonl", std::str::from_utf8(cut).unwrap()));
        let mut changed = whole.clone().into_bytes();
        let place = at.index(whole.len());
        if changed[place] != to {
            changed[place] = to;
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("r.jsonl");
            fs::write(&path, changed).unwrap();
            one_line(load(&path));
        }
    }
}

fn call(start_ns: u64) -> Call {
    Call {
        name: 0,
        task: 0,
        state: CallState::Returned,
        args: [3, 140_737_488_355_328, 65_536, 0, 0, 0],
        result: 65_536,
        start_ns,
        duration_ns: 13_000,
        descriptors: [0, NO_DESCRIPTOR],
    }
}

/// A sound recording of three calls, as text without anything that is not ASCII.
fn text() -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("r.jsonl");
    let opened = Text {
        call: 2,
        arg: 1,
        text: "/etc/hosts".to_owned(),
    };
    let mut trace = trace_of([0, 10, 20].map(call).to_vec(), vec![opened]);
    trace.descriptors[0].name = "/tmp/source".to_owned();
    save(&path, &recording(Some(trace))).unwrap();
    fs::read_to_string(&path).unwrap()
}

fn one_line(result: anyhow::Result<Recording>) -> String {
    let said = format!("{:#}", result.expect_err("damage was not noticed"));
    assert!(!said.contains('\n') && said.contains("r.jsonl"), "{said:?}");
    said
}

#[test]
fn a_call_is_a_line_that_a_person_can_read() {
    let text = text();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 5);
    assert_eq!(
        lines[1],
        r#"{"call":"read","task":0,"args":[3,140737488355328,65536],"fds":[0],"result":65536,"start_ns":0,"ns":13000}"#
    );
    assert!(
        lines[3].ends_with(r#""text":[[1,"/etc/hosts"]]}"#),
        "{}",
        lines[3]
    );
}

#[test]
fn damage_is_named_with_its_line() {
    let sound = text();
    let faults = [
        (
            "\"call\":\"read\"",
            "\"call\":\"raed\"",
            "line 2: not a call: the header does not name 'raed'",
        ),
        (
            "\"task\":0,",
            "\"task\":9,",
            "line 2: not a call: the header has no task 9",
        ),
        ("\"task\":0,", "\"task\":-1,", "line 2: not a call: "),
        (
            "\"fds\":[0]",
            "\"fds\":[7]",
            "line 2: not a call: the header has no descriptor 7",
        ),
        (
            "\"fds\":[0]",
            "\"fds\":[0,0,0]",
            "line 2: not a call: invalid length 3",
        ),
        (
            "\"args\":[3,",
            "\"args\":[3,0,0,0,0,0,",
            "line 2: not a call: invalid length 7",
        ),
        (
            "\"start_ns\":0,",
            "\"start_ns\":18446744073709551615,",
            "line 2: not a call: its time is out of range",
        ),
        (
            "\"start_ns\":10,",
            "\"start_ns\":30,",
            "line 4: not a call: it begins before",
        ),
        ("[[1,", "[[6,", "line 4: not a call: a text for argument 6"),
        ("\"calls\":3", "\"calls\":9999999", "line 5: not a call: "),
        ("\"calls\":3", "\"calls\":2", "line 4: not the last line"),
        (
            "\"calls\":3",
            "\"calls\":99999999999",
            "line 1: more than 10000000 calls",
        ),
        (
            "recording\":1",
            "recording\":3",
            "line 1: a recording of format 3",
        ),
        (
            "\"method\":\"read-write\"",
            "\"method\":\"teleport\"",
            "line 1: not the header of a recording: unknown variant `teleport`",
        ),
        (
            "\"result\":65536",
            "\"result\":65537",
            "line 5: the checksum does not match",
        ),
        (
            "{\"end\"",
            "{\"call\"",
            "line 5: not the last line of a recording: missing field",
        ),
    ];
    for (from, to, said) in faults {
        assert!(sound.contains(from), "{from}");
        let error = one_line(parse("r.jsonl", &sound.replacen(from, to, 1)));
        assert!(error.starts_with(&format!("r.jsonl: {said}")), "{error}");
    }
    let error = one_line(parse("r.jsonl", &format!("{sound}more\n")));
    assert_eq!(
        error,
        "r.jsonl: line 6: the recording has ended, and the file goes on"
    );
}

#[test]
fn what_is_no_recording_is_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("r.jsonl");
    let missing = one_line(load(&path));
    assert!(missing.contains("No such file"), "{missing}");
    fs::create_dir(&path).unwrap();
    assert!(one_line(load(&path)).ends_with("it is a directory"));
    assert!(
        format!("{:#}", save(&path, &recording(None)).unwrap_err()).ends_with("it is a directory")
    );
    for (content, said) in [
        (&b""[..], "empty"),
        (&[0x7f, b'E', 0xff, 0][..], "line 1: not a recording"),
        (b"{}\n", "line 1: not a recording"),
    ] {
        let path = dir.path().join("other-r.jsonl");
        fs::write(&path, content).unwrap();
        let error = one_line(load(&path));
        assert!(error.contains(said), "{error}");
    }
    assert!(one_line(load("/dev/zero.r.jsonl".as_ref())).contains("No such file"));
    let endless = format!("{:#}", load("/dev/zero".as_ref()).unwrap_err());
    assert_eq!(endless, "/dev/zero: line 1: not a recording of zclab");
    let nowhere = dir.path().join("nowhere/r.jsonl");
    assert!(
        format!("{:#}", save(&nowhere, &recording(None)).unwrap_err())
            .contains("there is no directory")
    );
}

#[test]
fn a_million_calls_stay_small() {
    assert!(size_of::<Call>() <= 88);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("r.jsonl");
    let calls: Vec<_> = (0..1_000_000).map(|i| call(i * 20)).collect();
    save(&path, &recording(Some(trace_of(calls, Vec::new())))).unwrap();
    let start = std::time::Instant::now();
    let trace = load(&path).unwrap().trace.unwrap();
    eprintln!("1,000,000 calls loaded in {:?}", start.elapsed());
    assert_eq!(trace.calls.len(), 1_000_000);
    let bytes =
        trace.calls.capacity() * size_of::<Call>() + trace.texts.capacity() * size_of::<Text>();
    assert!(
        bytes / trace.calls.len() <= 100,
        "{} bytes a call",
        bytes / trace.calls.len()
    );
}
