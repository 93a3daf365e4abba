//! The rung that counts: how often the CPU copied each of the file's own bytes, client by client, as a trace of the
//! server saw it. Bytes that did not come from the file do not count, however few the CPU copied of them.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use super::{
    client::Client,
    rungs::Bench,
    server::{LARGE, Server},
};

/// What a head may take: more than that besides the file is payload from somewhere else.
const MOST_HEAD: u64 = 2048;

/// What is read of a trace: its flows (docs/json.md, `zclab trace --json`).
#[derive(Deserialize)]
struct Trace {
    flows: Vec<Flow>,
    notes: Vec<String>,
}

#[derive(Deserialize)]
struct Flow {
    from: End,
    to: End,
    bytes: u64,
    cpu_copies_per_byte: Option<f64>,
}

#[derive(Deserialize)]
struct End {
    kind: String,
    name: String,
}

/// One answer of the traced server.
struct Answer {
    /// The client's port.
    port: u16,
    bytes: u64,
}

impl Bench<'_> {
    /// Clients fast, slow and at once, each of which gets every byte, with at most so many CPU copies per byte.
    pub(super) fn copies(&self, most: f64) -> Result<()> {
        let dir = tempfile::tempdir()?;
        let report = dir.path().join("trace.json");
        let trace = |why: anyhow::Error| {
            why.context("the server cannot be checked under zclab trace (zclab doctor says what this machine allows)")
        };
        // The slow one and the two at once: as many requests as clients, and the server ends by itself.
        let mut server = Server::traced(self.program, self.site, 4, &report).map_err(trace)?;
        let mut answers = vec![
            self.answered(&server, false)?,
            self.answered(&server, true)?,
        ];
        let both = std::thread::scope(|scope| {
            let one = || self.answered(&server, false);
            let running = [scope.spawn(one), scope.spawn(one)];
            running.map(|client| client.join())
        });
        for answer in both {
            answers.push(answer.unwrap_or_else(|_| bail!("a client of the checker panicked"))?);
        }
        ensure!(
            server.ends() || server.stop(),
            "after as many requests as it was told to answer, the server does not end"
        );
        let trace = fs::read(&report).context("the trace left no report")?;
        let trace: Trace =
            serde_json::from_slice(&trace).context("the trace's report cannot be read")?;
        let file = fs::canonicalize(self.site.path(LARGE))?;
        answers
            .iter()
            .try_for_each(|answer| trace.judge(answer, &file, most))
    }

    fn answered(&self, server: &Server, small: bool) -> Result<Answer> {
        let mut client = Client::ask(server.address, LARGE, None, small)?;
        client.head()?;
        let port = client.port()?;
        let (got, _) = client.rest()?;
        self.is_whole(LARGE, &got)?;
        Ok(Answer {
            port,
            bytes: got.len() as u64,
        })
    }
}

impl Trace {
    /// Of one answer all bytes but the head came from the file itself, and with so few copies.
    fn judge(&self, answer: &Answer, file: &Path, most: f64) -> Result<()> {
        let to_it = format!("> 127.0.0.1:{}", answer.port);
        let to_client = |flow: &&Flow| flow.to.kind == "tcp" && flow.to.name.ends_with(&to_it);
        let is_file = |flow: &Flow| flow.from.kind == "file" && Path::new(&flow.from.name) == file;
        let flows = self.flows.iter().filter(to_client);
        let (own, other): (Vec<&Flow>, Vec<&Flow>) = flows.partition(|flow| is_file(flow));
        let sum = |flows: &[&Flow]| flows.iter().map(|flow| flow.bytes).sum::<u64>();
        let (bytes, besides) = (sum(&own), sum(&other));
        if bytes < answer.bytes || besides > MOST_HEAD {
            bail!("{}", self.whence(answer, bytes, &other));
        }
        let mut copied = 0.0;
        for flow in own {
            let copies = flow.cpu_copies_per_byte;
            let copies =
                copies.context("it is not known how often the CPU copied the file's bytes")?;
            copied += copies * flow.bytes as f64;
        }
        let copies = copied / bytes as f64;
        ensure!(
            copies <= most,
            "cpu_copies_per_byte is {copies:.2} from the file to a client, and at most {most} are asked for"
        );
        Ok(())
    }

    /// Where else bytes came from.
    fn whence(&self, answer: &Answer, bytes: u64, other: &[&Flow]) -> String {
        let largest = other.iter().max_by_key(|flow| flow.bytes);
        let largest = largest.filter(|flow| flow.bytes > MOST_HEAD);
        let from = match largest {
            Some(flow) if flow.from.kind == "memory" => {
                format!("{} came from the server's memory", flow.bytes)
            }
            Some(flow) => format!(
                "{} came from {} '{}'",
                flow.bytes, flow.from.kind, flow.from.name
            ),
            None => match self.notes.iter().any(|note| note.starts_with("SQPOLL")) {
                true => "a ring with SQPOLL sends without a call, and cannot be checked".to_owned(),
                false => "how the others went cannot be seen".to_owned(),
            },
        };
        format!(
            "of {} bytes that a client got, {bytes} came from the file itself (cpu_copies_per_byte counts no others): {from}",
            answer.bytes
        )
    }
}
