//! A directory to watch programs in, and what is said of them. (Each test binary uses a part of it.)
#![allow(dead_code)]

use std::{
    fs,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

use crate::require::skip;

pub const ZCLAB: &str = env!("CARGO_BIN_EXE_zclab");
pub const MIB: usize = 1 << 20;

/// A directory with a file `a` of bytes that do not repeat, and what a run said.
pub struct Desk(pub tempfile::TempDir);

pub struct Seen {
    pub output: Output,
    pub json: Value,
}

impl Desk {
    pub fn new(size: usize) -> Desk {
        Desk::within(tempfile::tempdir().unwrap(), size)
    }

    pub fn within(directory: tempfile::TempDir, size: usize) -> Desk {
        let desk = Desk(directory);
        let mut state = 1u64;
        let bytes = (0..size).map(|_| {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (state >> 33) as u8
        });
        fs::write(desk.path("a"), bytes.collect::<Vec<u8>>()).unwrap();
        desk
    }

    pub fn path(&self, name: &str) -> String {
        let directory = fs::canonicalize(self.0.path()).unwrap();
        directory.join(name).to_str().unwrap().to_owned()
    }

    pub fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    pub fn command(&self, options: &[&str], command: &[&str]) -> Command {
        let mut zclab = Command::new(ZCLAB);
        zclab.args(["trace", "--json", "-o", &self.path("report.json")]);
        zclab.args(options).arg("--").args(command);
        zclab.current_dir(self.0.path()).stdin(Stdio::null());
        zclab
    }

    pub fn trace(&self, options: &[&str], command: &[&str]) -> Seen {
        let output = self.command(options, command).output().unwrap();
        self.seen(output)
    }

    pub fn seen(&self, output: Output) -> Seen {
        let text = fs::read_to_string(self.path("report.json")).unwrap_or_default();
        let json = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{error}: {text}\n{}", said(&output)));
        Seen { output, json }
    }

    pub fn has(&self, programs: &[&str]) -> bool {
        programs.iter().all(|program| {
            let there = Command::new("sh")
                .args(["-c", &format!("command -v {program}")])
                .output();
            let there = there.is_ok_and(|output| output.status.success());
            if !there {
                skip(program, "not installed");
            }
            there
        })
    }
}

pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

impl Seen {
    /// The flow between two ends; `from` and `to` are a kind and the end of a name.
    pub fn flow(&self, from: (&str, &str), to: (&str, &str)) -> &Value {
        let is = |end: &Value, (kind, name): (&str, &str)| {
            end["kind"] == kind && end["name"].as_str().unwrap().ends_with(name)
        };
        let flows = self.json["flows"].as_array().unwrap();
        let found = flows
            .iter()
            .find(|flow| is(&flow["from"], from) && is(&flow["to"], to));
        found.unwrap_or_else(|| panic!("no flow {from:?} > {to:?} in {:#}", self.json["flows"]))
    }

    pub fn has_note(&self, start: &str) -> bool {
        let notes = self.json["notes"].as_array().unwrap();
        notes
            .iter()
            .any(|note| note.as_str().unwrap().starts_with(start))
    }

    pub fn explains_all(&self) {
        let none = serde_json::json!({ "read_bytes": 0, "written_bytes": 0 });
        assert_eq!(self.json["unexplained"], none);
    }
}

/// Bytes, copies a byte, transformed.
pub fn figures(flow: &Value) -> (u64, f64, bool) {
    (
        flow["bytes"].as_u64().unwrap(),
        flow["cpu_copies_per_byte"].as_f64().unwrap(),
        flow["transformed"].as_bool().unwrap(),
    )
}
