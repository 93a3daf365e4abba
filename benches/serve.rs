//! `zclab serve --method sendfile` against nginx with sendfile on, one worker: 64 connections, files of 1 MiB,
//! requests a second. Loopback only; the two take turns, so that what else the machine does meets both.
//!
//! `cargo bench --bench serve`; fails below the floor. Skipped aloud where nginx is not installed.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::{SocketAddr, TcpListener, TcpStream},
    os::fd::AsRawFd,
    path::Path,
    process::{Child, Command, ExitCode, Stdio},
    thread,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    sys::{
        epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout},
        socket::{MsgFlags, recv, send},
    },
};

/// What zclab must reach of nginx's requests a second.
const FLOOR: f64 = 0.7;
const CONNECTIONS: usize = 64;
const SIZE: usize = 1 << 20;
const REQUESTS: usize = 2000;
const ROUNDS: usize = 7;

const REQUEST: &[u8] = b"GET /file HTTP/1.1\r\nHost: bench\r\n\r\n";

/// A server, killed when it is dropped.
struct Server {
    name: &'static str,
    child: Child,
    address: SocketAddr,
    rates: Vec<f64>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn main() -> ExitCode {
    let dir = tempfile::tempdir().expect("a directory");
    let site = dir.path().join("site");
    fs::create_dir(&site).expect("a directory");
    fs::write(site.join("file"), vec![b'x'; SIZE]).expect("a file");
    let Some(nginx) = nginx(dir.path(), &site) else {
        return ExitCode::SUCCESS;
    };
    let methods = ["sendfile", "splice", "read-write", "mmap-write"];
    let mut servers: Vec<_> = methods.iter().map(|method| zclab(&site, method)).collect();
    // Next to the one that it is compared with.
    servers.insert(1, nginx);

    for server in &servers {
        load(server.address, REQUESTS / 4);
    }
    for _ in 0..ROUNDS {
        for server in &mut servers {
            let rate = load(server.address, REQUESTS);
            server.rates.push(rate);
        }
    }
    report(&servers)
}

fn report(servers: &[Server]) -> ExitCode {
    println!(
        "{CONNECTIONS} connections, 1 MiB, {REQUESTS} requests, {ROUNDS} rounds: requests a second"
    );
    for server in servers {
        let mut sorted = server.rates.clone();
        sorted.sort_by(f64::total_cmp);
        let (least, most) = (sorted[0], sorted[ROUNDS - 1]);
        let median = sorted[ROUNDS / 2];
        println!(
            "{:<12}{median:>8.0}   ({least:.0} to {most:.0})",
            server.name
        );
    }
    // Round by round: the two halves of a pair met the same machine.
    let (ours, nginx) = (&servers[0], &servers[1]);
    let pairs = ours.rates.iter().zip(&nginx.rates);
    let mut ratios: Vec<f64> = pairs.map(|(ours, nginx)| ours / nginx).collect();
    ratios.sort_by(f64::total_cmp);
    let ratio = ratios[ROUNDS / 2];
    println!(
        "sendfile / nginx: {ratio:.2} (median of pairs, {:.2} to {:.2}); floor {FLOOR}",
        ratios[0],
        ratios[ROUNDS - 1]
    );
    match ratio >= FLOOR {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

fn zclab(site: &Path, method: &'static str) -> Server {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zclab"));
    command.arg("serve").arg(site).args(["--method", method]);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("zclab");
    let mut line = String::new();
    let stdout = child.stdout.take().expect("its output");
    BufReader::new(stdout)
        .read_line(&mut line)
        .expect("its first line");
    let address = line.trim_end().rsplit('/').next().expect("its address");
    Server {
        name: method,
        address: address.parse().expect("its address"),
        child,
        rates: Vec::new(),
    }
}

/// nginx with one worker, in a directory of its own; `None`, said aloud, where it cannot be had.
fn nginx(dir: &Path, site: &Path) -> Option<Server> {
    // It cannot be told to let the system choose: a port that was free a moment ago.
    let free = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = free.local_addr().expect("an address");
    drop(free);
    let conf = dir.join("nginx.conf");
    fs::write(&conf, configuration(dir, site, address)).expect("a file");
    let user = nix::unistd::User::from_uid(nix::unistd::getuid());
    let user = user.ok().flatten().map_or("root".into(), |user| user.name);
    let mut command = Command::new("nginx");
    command
        .arg("-p")
        .arg(dir)
        .arg("-e")
        .arg(dir.join("error.log"));
    command
        .arg("-g")
        .arg(format!("user {user};"))
        .arg("-c")
        .arg(conf);
    command.stderr(Stdio::null());
    let child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            println!("skipped: nginx cannot be run: {error}");
            return None;
        }
    };
    let server = Server {
        name: "nginx",
        child,
        address,
        rates: Vec::new(),
    };
    for _ in 0..100 {
        if TcpStream::connect(address).is_ok() {
            return Some(server);
        }
        thread::sleep(Duration::from_millis(50));
    }
    println!("skipped: nginx does not listen on {address}");
    None
}

fn configuration(dir: &Path, site: &Path, address: SocketAddr) -> String {
    let (dir, site) = (dir.display(), site.display());
    format!(
        "worker_processes 1;
         daemon off;
         master_process off;
         pid {dir}/pid;
         events {{ worker_connections 1024; }}
         http {{
             sendfile on;
             tcp_nopush on;
             access_log off;
             keepalive_requests 10000000;
             client_body_temp_path {dir}/body;
             proxy_temp_path {dir}/proxy;
             fastcgi_temp_path {dir}/fastcgi;
             uwsgi_temp_path {dir}/uwsgi;
             scgi_temp_path {dir}/scgi;
             server {{ listen {address} backlog=1024; root {site}; }}
         }}"
    )
}

/// One of the load's connections.
struct Client {
    socket: TcpStream,
    /// Bytes of the body still to come; `None` before the head has.
    left: Option<usize>,
}

/// Sends `requests` requests over all connections, and returns how many a second were answered.
fn load(address: SocketAddr, requests: usize) -> f64 {
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).expect("epoll");
    let mut clients: Vec<_> = (0..CONNECTIONS).map(|_| Client::new(address)).collect();
    for (index, client) in clients.iter().enumerate() {
        let event = EpollEvent::new(EpollFlags::EPOLLIN, index as u64);
        epoll.add(&client.socket, event).expect("epoll");
    }
    let started = Instant::now();
    let (mut asked, mut answered) = (0, 0);
    for client in &clients {
        client.ask();
        asked += 1;
    }
    let mut buffer = vec![0; SIZE];
    let mut events = [EpollEvent::empty(); CONNECTIONS];
    while answered < requests {
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "a server hangs"
        );
        let timeout = EpollTimeout::from(1000u16);
        let count = epoll.wait(&mut events, timeout).expect("epoll");
        for event in &events[..count] {
            let client = &mut clients[event.data() as usize];
            if client.read(&mut buffer) {
                answered += 1;
                if asked < requests {
                    client.ask();
                    asked += 1;
                }
            }
        }
    }
    requests as f64 / started.elapsed().as_secs_f64()
}

impl Client {
    fn new(address: SocketAddr) -> Client {
        let socket = TcpStream::connect(address).expect("a connection");
        socket.set_nonblocking(true).expect("nonblocking");
        Client { socket, left: None }
    }

    fn ask(&self) {
        let sent = send(self.socket.as_raw_fd(), REQUEST, MsgFlags::empty());
        assert_eq!(sent, Ok(REQUEST.len()));
    }

    /// Takes what has come, and says whether the response is complete. The body is dropped in the kernel (MSG_TRUNC):
    /// copying it would be the load's cost, not the server's.
    fn read(&mut self, buffer: &mut [u8]) -> bool {
        let (part, flags) = match self.left {
            None => (4096, MsgFlags::empty()),
            Some(left) => (left, MsgFlags::MSG_TRUNC),
        };
        let count = match recv(self.socket.as_raw_fd(), &mut buffer[..part], flags) {
            Err(Errno::EAGAIN | Errno::EINTR) => return false,
            done => done.expect("a response"),
        };
        assert_ne!(count, 0, "the server closed the connection");
        let left = match self.left {
            None => SIZE - body_bytes(&buffer[..count]),
            Some(left) => left - count,
        };
        self.left = (left > 0).then_some(left);
        left == 0
    }
}

/// Of the first bytes of a response, those behind its head.
fn body_bytes(bytes: &[u8]) -> usize {
    let mut fields = [httparse::EMPTY_HEADER; 32];
    let mut head = httparse::Response::new(&mut fields);
    let length = head.parse(bytes).expect("a head").unwrap();
    assert_eq!(head.code, Some(200));
    bytes.len() - length
}
