//! `zclab trace` and bytes that are changed while the kernel still refers to them: each program reuses what it lent, once
//! too early and once in time.

use std::{fs, process::Command};

use serde_json::Value;

mod require;

#[path = "trace/desk.rs"]
mod desk;

use desk::{Desk, MIB, Seen, said};
use require::skip;

/// Compiles a program of `tests/hazards`; none where there is no compiler.
fn compiled(desk: &Desk, name: &str) -> Option<String> {
    if !desk.has(&["cc"]) {
        return None;
    }
    let source = format!("{}/tests/hazards/{name}.c", env!("CARGO_MANIFEST_DIR"));
    let program = desk.path(name);
    let output = Command::new("cc")
        .args(["-O1", "-w", "-o", &program, &source])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    Some(program)
}

fn hazards(seen: &Seen) -> &Vec<Value> {
    seen.json["hazards"].as_array().unwrap()
}

/// The calls of a hazard come one after the other.
fn assert_in_order(hazard: &Value) {
    let at = |which: &str| hazard[which]["at_ns"].as_u64();
    let lent = at("lent_by").unwrap();
    let seen = at("seen_by").unwrap();
    assert!(lent < seen, "{hazard}");
    if let Some(changed) = at("changed_by") {
        assert!(lent < changed, "{hazard}");
    }
}

#[test]
fn memory_that_a_pipe_refers_to_is_not_to_be_changed_before_it_is_read() {
    let desk = Desk::new(MIB);
    let Some(program) = compiled(&desk, "vmsplice") else {
        return;
    };
    for (how, changed_by) in [("early", Some("read")), ("store", None)] {
        let seen = desk.trace(&["--fail-on", "hazard"], &[&program, how, "a"]);
        assert_eq!(
            seen.output.status.code(),
            Some(3),
            "{how}: {}",
            said(&seen.output)
        );
        // That it is one: the child got other bytes than were lent.
        assert_ne!(seen.output.stdout, desk.bytes("a")[..16384], "{how}");
        let [hazard] = &hazards(&seen)[..] else {
            panic!("{how}: {:#}", seen.json["hazards"]);
        };
        assert_eq!(
            (&hazard["kind"], &hazard["name"]),
            (&"memory".into(), &"vmsplice".into())
        );
        assert_eq!(hazard["bytes"], 16384);
        assert_eq!(hazard["lent_by"]["call"], "vmsplice");
        assert_eq!(hazard["changed_by"]["call"].as_str(), changed_by, "{how}");
        assert_eq!(hazard["seen_by"]["call"], "read");
        assert_ne!(hazard["seen_by"]["pid"], hazard["lent_by"]["pid"]);
        assert_in_order(hazard);
    }
    for how in ["late", "kept"] {
        let seen = desk.trace(&["--fail-on", "hazard"], &[&program, how, "a"]);
        assert_eq!(
            seen.output.status.code(),
            Some(0),
            "{how}: {}",
            said(&seen.output)
        );
        assert_eq!(seen.output.stdout, desk.bytes("a")[..16384], "{how}");
        assert!(
            hazards(&seen).is_empty(),
            "{how}: {:#}",
            seen.json["hazards"]
        );
    }
}

#[test]
fn a_file_whose_pages_stand_in_a_pipe_is_not_to_be_written_to_where_they_are() {
    let desk = Desk::new(MIB);
    let Some(program) = compiled(&desk, "file") else {
        return;
    };
    let original = desk.bytes("a");
    for (how, is_one) in [
        ("early", true),
        ("late", false),
        ("elsewhere", false),
        ("same", false),
    ] {
        fs::write(desk.path("a"), &original).unwrap();
        let seen = desk.trace(&[], &[&program, how, "a"]);
        assert!(
            seen.output.status.success(),
            "{how}: {}",
            said(&seen.output)
        );
        assert_eq!(
            hazards(&seen).len(),
            usize::from(is_one),
            "{how}: {:#}",
            seen.json["hazards"]
        );
        if let Some(hazard) = hazards(&seen).first() {
            assert_eq!(
                (&hazard["kind"], &hazard["name"]),
                (&"file".into(), &desk.path("a").into())
            );
            assert_eq!(hazard["lent_by"]["call"], "splice");
            assert_eq!(hazard["changed_by"]["call"], "pwrite64");
            assert_in_order(hazard);
        }
    }
}

#[test]
fn the_memory_of_a_zero_copy_send_is_not_to_be_changed_before_its_notification() {
    let desk = Desk::new(MIB);
    let Some(program) = compiled(&desk, "zerocopy") else {
        return;
    };
    for (how, is_one) in [("early", true), ("patient", false)] {
        let seen = desk.trace(&[], &[&program, how, "a"]);
        if seen.output.status.code() == Some(77) {
            return skip("SO_ZEROCOPY", "refused");
        }
        assert!(
            seen.output.status.success(),
            "{how}: {}",
            said(&seen.output)
        );
        let found = hazards(&seen);
        assert_eq!(
            !found.is_empty(),
            is_one,
            "{how}: {:#}",
            seen.json["hazards"]
        );
        for hazard in found {
            assert_eq!(hazard["lent_by"]["call"], "sendto");
            assert_eq!(hazard["changed_by"]["call"], "read");
            assert_eq!(hazard["seen_by"]["call"], "recvmsg");
            assert_in_order(hazard);
        }
    }
}

#[test]
fn programs_that_wait_are_no_alarm() {
    let desk = Desk::new(3 * MIB);
    let shell = "cat a | cat > b; dd if=a bs=64k status=none | gzip | gzip -d > c; cp a d";
    let seen = desk.trace(&["--fail-on", "hazard"], &["sh", "-c", shell]);
    assert_eq!(seen.output.status.code(), Some(0), "{}", said(&seen.output));
    assert!(hazards(&seen).is_empty());
}
