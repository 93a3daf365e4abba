//! The rungs of the ladder: what is asked of a server, and in one sentence what is still wrong.

use std::{path::Path, thread, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::Signal;

use super::{
    client::{Client, IMPATIENCE, soon},
    server::{CUT, LARGE, SMALL_FILES, Server, Site},
};

/// What is checked: a server over a site.
pub(super) struct Bench<'a> {
    pub program: &'a Path,
    pub site: &'a Site,
}

/// Clients that leave in the middle.
const VANISHING: usize = 8;
/// Clients at once.
const PARALLEL: usize = 6;
/// Signals that fall into one answer.
const SIGNALS: usize = 24;
/// What a slow client takes at once.
const SIP: usize = 64 * 1024;
/// Where the file is cut, and what the client has read by then.
const CUT_TO: u64 = 65_536;

/// A pause of a slow client. It makes a full queue likely; nothing is concluded from its length.
fn pause() {
    thread::sleep(Duration::from_millis(4));
}

impl Bench<'_> {
    fn start(&self) -> Result<Server> {
        Server::start(self.program, self.site, 0)
    }

    /// Files of awkward sizes arrive as they are, and what is not there is 404.
    pub(super) fn every_byte(&self) -> Result<()> {
        let mut server = self.start()?;
        let names = SMALL_FILES.map(|(name, _)| name);
        for name in names.into_iter().chain([LARGE]) {
            let fetched = fetch(&server, name, false).and_then(|got| self.is_whole(name, &got));
            fetched.or_else(|why| server.still_runs().and(Err(why)))?;
        }
        for name in ["none", ".hidden", "..%2fserver.c"] {
            let status = Client::ask(server.address, name, None, false)?
                .head()?
                .status;
            ensure!(
                status == 404,
                "'{name}' is not there, and the answer is {status}, not 404"
            );
        }
        Ok(())
    }

    /// An answer to a client that reads slowly, while the server is stopped and continued: its calls come back with
    /// short counts.
    pub(super) fn slow_client(&self) -> Result<()> {
        self.disturbed(|server| server.interrupt())
    }

    /// Whether the server handles the signal of server.c. Without a handler it would end the server, and EINTR cannot be
    /// tried.
    pub(super) fn handles_signals(&self) -> bool {
        self.start()
            .is_ok_and(|server| server.catches(Signal::SIGUSR1))
    }

    /// An answer into which signals fall that the server handles: calls come back with EINTR.
    pub(super) fn signals(&self) -> Result<()> {
        ensure!(
            self.handles_signals(),
            "the server has no handler for SIGUSR1, so EINTR cannot be tried: keep the one of server.c"
        );
        self.disturbed(|server| server.signal_threads(Signal::SIGUSR1))
    }

    fn disturbed(&self, disturb: impl Fn(&Server)) -> Result<()> {
        let mut server = self.start()?;
        let mut client = Client::ask(server.address, LARGE, None, true)?;
        client.head()?;
        let mut got = Vec::new();
        for _ in 0..SIGNALS {
            pause();
            disturb(&server);
            got.extend(client.some(SIP)?);
            server.still_runs()?;
        }
        got.extend(client.rest()?.0);
        server.still_runs()?;
        self.is_whole(LARGE, &got)
    }

    /// Clients that go away in the middle of an answer leave nothing behind, and harm no later one.
    pub(super) fn vanishing(&self) -> Result<()> {
        let mut server = self.start()?;
        fetch(&server, "one", false)?;
        let before = server.descriptors()?;
        for _ in 0..VANISHING {
            let mut client = Client::ask(server.address, LARGE, None, true)?;
            client.head()?;
            client.some(SIP)?;
            client.vanish()?;
        }
        let after = fetch(&server, "odd", false);
        server.still_runs()?;
        self.is_whole(
            "odd",
            &after.context("after clients that left, the next one is not answered")?,
        )?;
        // The last answer may still be on its way to being closed.
        ensure!(
            soon(|| server.descriptors().is_ok_and(|now| now <= before)),
            "{VANISHING} clients left, and the server holds {} descriptors, not {before} as before: close them after an error, too",
            server.descriptors()?
        );
        Ok(())
    }

    /// A file that is cut while it is sent: the connection ends, the server does not, and does not spin.
    pub(super) fn cut(&self) -> Result<()> {
        self.site.put(CUT, &self.site.large)?;
        let mut server = self.start()?;
        let mut client = Client::ask(server.address, CUT, None, true)?;
        client.head()?;
        let mut got = client.some(SIP)?;
        self.site.cut(CUT, CUT_TO)?;
        let rest = client.rest();
        server
            .still_runs()
            .context("a file became shorter while it was sent")?;
        let (rest, _) =
            rest.context("a file became shorter while it was sent, and the answer does not end")?;
        got.extend(rest);
        ensure!(
            got.len() < self.site.large.len(),
            "a file became shorter while it was sent, and the client got as many bytes as before: it must see that some are missing"
        );
        let next = fetch(&server, "odd", false);
        server.still_runs()?;
        self.is_whole(
            "odd",
            &next.context("after a file that became shorter, the next client is not answered")?,
        )
    }

    /// Several clients at once, one of them slow: each gets its bytes.
    pub(super) fn parallel(&self) -> Result<()> {
        let mut server = self.start()?;
        let address = server.address;
        let answers: Vec<Result<Vec<u8>>> = thread::scope(|scope| {
            let one = |at: usize| {
                scope.spawn(move || {
                    let mut client = Client::ask(address, LARGE, None, at == 0)?;
                    client.head()?;
                    if at == 0 {
                        pause();
                    }
                    client.rest().map(|(body, _)| body)
                })
            };
            let running: Vec<_> = (0..PARALLEL).map(one).collect();
            let ended = running.into_iter().map(|client| client.join());
            ended
                .map(|answer| answer.unwrap_or_else(|_| bail!("a client of the checker panicked")))
                .collect()
        });
        server.still_runs()?;
        for answer in answers {
            self.is_whole(
                LARGE,
                &answer.context("of several clients at once, one is not answered")?,
            )?;
        }
        Ok(())
    }

    /// A client that reads nothing keeps no other one waiting.
    pub(super) fn nobody_waits(&self) -> Result<()> {
        let mut server = self.start()?;
        let mut stalled = Client::ask(server.address, LARGE, None, true)?;
        stalled.head()?;
        let other = Client::ask(server.address, "odd", None, false)?.waits(IMPATIENCE);
        let other = other.and_then(body_of);
        server.still_runs()?;
        let other = other.context("while one client does not read, another is not answered")?;
        self.is_whole("odd", &other)?;
        let late = stalled.rest()?.0;
        self.is_whole(LARGE, &late)
    }

    /// Byte ranges (RFC 9110, section 14).
    pub(super) fn ranges(&self) -> Result<()> {
        let whole = self.site.read("odd")?;
        let size = whole.len();
        let server = self.start()?;
        let asked = [
            ("bytes=1000-1999".to_owned(), 1000..2000),
            ("bytes=0-0".to_owned(), 0..1),
            (format!("bytes={}-", size - 70_000), size - 70_000..size),
            ("bytes=-500".to_owned(), size - 500..size),
        ];
        for (range, wanted) in asked {
            let mut client = Client::ask(server.address, "odd", Some(&range), false)?;
            let head = client.head()?;
            ensure!(
                head.status == 206,
                "to 'Range: {range}' the answer is {}, not 206",
                head.status
            );
            let says = format!("bytes {}-{}/{size}", wanted.start, wanted.end - 1);
            ensure!(
                head.field("Content-Range") == Some(&says),
                "to 'Range: {range}' Content-Range is '{}', not '{says}'",
                head.field("Content-Range").unwrap_or("missing")
            );
            let (got, _) = client.rest()?;
            ensure!(
                got == whole[wanted],
                "to 'Range: {range}' other bytes arrive than were asked for"
            );
        }
        let beyond = format!("bytes={size}-");
        let status = Client::ask(server.address, "odd", Some(&beyond), false)?
            .head()?
            .status;
        ensure!(
            status == 416,
            "'Range: {beyond}' begins at the end of the file, and the answer is {status}, not 416"
        );
        Ok(())
    }

    /// What arrived is what the file holds.
    pub(super) fn is_whole(&self, name: &str, got: &[u8]) -> Result<()> {
        let file = self.site.read(name)?;
        let at = file.iter().zip(got).position(|(sent, came)| sent != came);
        match at {
            Some(at) => bail!("'{name}' did not arrive as it is: byte {at} is another one"),
            None if got.len() != file.len() => bail!(
                "'{name}' did not arrive as it is: {} bytes of {} came",
                got.len(),
                file.len()
            ),
            None => Ok(()),
        }
    }
}

/// The body of a file, whole.
fn fetch(server: &Server, name: &str, small: bool) -> Result<Vec<u8>> {
    let body = Client::ask(server.address, name, None, small).and_then(body_of);
    body.with_context(|| format!("'{name}' is not answered"))
}

fn body_of(mut client: Client) -> Result<Vec<u8>> {
    let status = client.head()?.status;
    ensure!(status == 200, "the answer is {status}, not 200");
    Ok(client.rest()?.0)
}
