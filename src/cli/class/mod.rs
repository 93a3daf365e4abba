//! `zclab class`: the course with a room attached.

mod control;
mod control_socket;
mod join_url;
mod plain;
mod projector;
mod report;
mod roster;

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::{Arc, RwLock},
};

use anyhow::Context;

use self::{control_socket::ControlSocket, join_url::JoinUrl};
use super::{display_options, lesson_dir::LessonsOption};
use crate::{
    class::{Event, Session},
    host::{addresses, clock},
    model::{date, visible_name},
    serve::class::{Config, OpenRoom, Reach, first_events, guard::Prefix, new_code, time},
    store::session_log::{self, SessionLog},
};

/// The course with a room attached, which votes and runs experiments by phone or terminal.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  zclab class                             the course, with a room
  zclab class --plain                     without a screen: commands are lines
  zclab class --resume FILE               go on, same code and seats
  zclab class --roster students.csv       a personal code each
  zclab class --wifi 'ROOM 12:secret'     a second QR code, Wi-Fi
  zclab class report FILE --html > report.html

Lines of --plain: open ID, again, close, discuss, reveal, run, lock, status, quit.")]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Option<ClassCommand>,
    /// The lesson to open
    pub(crate) lesson: Option<String>,
    /// Without a screen: commands are lines on standard input
    #[arg(long)]
    pub(crate) plain: bool,
    /// The port; without it, the system chooses
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    pub(crate) port: u16,
    /// An address to listen on; may be given several times [default: private networks and loopback]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Vec<IpAddr>,
    /// Take connections from everywhere, not from local networks alone
    #[arg(long)]
    pub(crate) open: bool,
    /// Go on with the session of this file
    #[arg(long, value_name = "FILE", conflicts_with = "roster")]
    pub(crate) resume: Option<PathBuf>,
    /// Give seats to these people alone: NAME or NAME,CODE a line
    #[arg(long, value_name = "FILE")]
    pub(crate) roster: Option<PathBuf>,
    /// The address that students type, where a tunnel or a proxy leads here
    #[arg(long, value_name = "URL", value_parser = join_url::base)]
    pub(crate) url: Option<String>,
    /// The Wi-Fi's name and key, for a QR code that joins it
    #[arg(long, value_name = "SSID:KEY")]
    pub(crate) wifi: Option<String>,
    #[command(flatten)]
    lessons: LessonsOption,
    #[command(flatten)]
    display: display_options::Args,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum ClassCommand {
    Control(control::Args),
    /// What a session came to: both votes, gain, misconceptions, attendance
    Report(report::Args),
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    match &args.command {
        Some(ClassCommand::Control(args)) => return control::run(args),
        Some(ClassCommand::Report(args)) => return report::run(args),
        None => {}
    }
    if args.plain {
        return plain::run(&args);
    }
    projector::run(args)
}

/// A room that is open, and how it is reached.
pub(crate) struct Opened {
    pub(crate) room: OpenRoom,
    /// Where the private view asks.
    _control: Option<ControlSocket>,
    pub(crate) join: JoinUrl,
    /// The session's file.
    pub(crate) path: PathBuf,
    /// The file with the personal codes that were made, if any were.
    pub(crate) codes: Option<PathBuf>,
    /// What the teacher should know.
    pub(crate) warnings: Vec<String>,
}

/// Opens the room that is asked for.
pub(crate) fn open(args: &Args, course: Arc<crate::course::Catalogue>) -> anyhow::Result<Opened> {
    let mut warnings = Vec::new();
    let (mut log, mut session, codes) = match &args.resume {
        Some(path) => {
            let (log, session) = resume(path, &mut warnings)?;
            (log, session, None)
        }
        None => create(args)?,
    };
    let listeners = listen(args, session.port, &mut warnings)?;
    let port = listeners[0].local_addr()?.port();
    let listening = Event::Port { port, time: time() };
    log.append(std::slice::from_ref(&listening))
        .with_context(|| format!("cannot write {}", log.path().display()))?;
    session.apply(&listening);
    let reach = Reach {
        open: args.open,
        named: args.listen.clone(),
        local: Arc::new(RwLock::new(networks())),
    };
    let join = JoinUrl {
        code: session.code.clone(),
        port,
        url: args.url.clone(),
        named: args.listen.clone(),
        open: args.open,
    };
    warnings.extend(join.left_out());
    let path = log.path().to_owned();
    let config = Config::new(
        course,
        reach,
        args.url.as_deref().and_then(join_url::host_of),
    );
    let config = config.context("cannot keep the page in memory")?;
    let room = OpenRoom::start(listeners, session, log, config).context("cannot open the room")?;
    // Without it the class goes on; the teacher is told.
    let control = ControlSocket::listen(&join.code, room.handle.clone());
    let control = control
        .map_err(|error| warnings.push(format!("no private view: {error:#}")))
        .ok();
    Ok(Opened {
        room,
        _control: control,
        join,
        path,
        codes,
        warnings,
    })
}

fn create(args: &Args) -> anyhow::Result<(SessionLog, Session, Option<PathBuf>)> {
    let code = new_code();
    let dir = session_log::directory()?;
    let name = format!("{}-{code}", today());
    let people = match &args.roster {
        Some(path) => roster::read(path)?,
        None => roster::People::default(),
    };
    let mut log = SessionLog::create(&dir.join(format!("{name}.jsonl")))?;
    let events = first_events(&code, &people.codes);
    log.append(&events)
        .with_context(|| format!("cannot write {}", log.path().display()))?;
    let codes = match people.were_made {
        true => {
            let path = dir.join(format!("{name}-codes.csv"));
            roster::write(&path, &people)?;
            Some(path)
        }
        false => None,
    };
    Ok((log, Session::of(&events), codes))
}

fn resume(path: &Path, warnings: &mut Vec<String>) -> anyhow::Result<(SessionLog, Session)> {
    let (log, read) = SessionLog::resume(path)?;
    if read.damaged > 0 {
        warnings.push(passed_over(path, read.damaged));
    }
    Ok((log, Session::of(&read.events)))
}

/// What is said of lines of a session's file that are no events.
pub(crate) fn passed_over(path: &Path, lines: u64) -> String {
    let name = visible_name(path);
    match lines {
        1 => format!("1 line of {name} is no whole event, and is passed over"),
        more => format!("{more} lines of {name} are no whole events, and are passed over"),
    }
}

/// The date on the wall: `2026-11-30`.
fn today() -> String {
    let now = clock::now();
    let local = now.saturating_add_signed(clock::ahead_of_utc(now));
    let (year, month, day) = date(local / 86_400);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The listeners: on the addresses that are named, else on all, of which only private ones are answered.
fn listen(
    args: &Args,
    before: Option<u16>,
    warnings: &mut Vec<String>,
) -> anyhow::Result<Vec<TcpListener>> {
    let wanted = match (args.port, before) {
        (0, Some(before)) => match bind(args, before) {
            Ok(listeners) => return Ok(listeners),
            Err(error) => {
                warnings.push(format!("the port is another one than before: {error:#}"));
                0
            }
        },
        (port, _) => port,
    };
    bind(args, wanted)
}

fn bind(args: &Args, port: u16) -> anyhow::Result<Vec<TcpListener>> {
    let bind_one = |address: IpAddr, port: u16| {
        let address = SocketAddr::from((address, port));
        TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))
    };
    let [first, others @ ..] = &args.listen[..] else {
        // IPv6's takes IPv4, too, where there is IPv6.
        let both = bind_one(Ipv6Addr::UNSPECIFIED.into(), port);
        return both
            .or_else(|_| bind_one(Ipv4Addr::UNSPECIFIED.into(), port))
            .map(|listener| vec![listener]);
    };
    let mut listeners = vec![bind_one(*first, port)?];
    let port = listeners[0].local_addr()?.port();
    for address in others {
        listeners.push(bind_one(*address, port)?);
    }
    Ok(listeners)
}

/// The networks that this machine is in.
pub(crate) fn networks() -> Vec<Prefix> {
    let found = addresses::addresses().into_iter();
    found
        .map(|found| Prefix {
            address: found.address,
            bits: found.bits,
        })
        .filter(|prefix| prefix.bits > 0)
        .collect()
}
