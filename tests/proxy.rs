//! The proxy: the real program, real sockets, loopback only.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use nix::{sys::signal::Signal, unistd::Pid};

const METHODS: [&str; 2] = ["splice", "read-write"];

/// A proxy, killed when the test is done with it.
struct Proxy {
    child: Child,
    address: SocketAddr,
}

impl Proxy {
    fn start(to: SocketAddr, method: &str) -> Proxy {
        Proxy::with(to, method, &[])
    }

    fn with(to: SocketAddr, method: &str, options: &[&str]) -> Proxy {
        let mut command = Command::new(env!("CARGO_BIN_EXE_zclab"));
        command.args(["proxy", "--from", "127.0.0.1:0", "--method", method, "--to"]);
        let mut child = command
            .arg(to.to_string())
            .args(options)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let address = line
            .strip_prefix("listening on ")
            .and_then(|rest| rest.split(',').next());
        let address = address.unwrap_or_else(|| panic!("the first line is {line:?}"));
        Proxy {
            address: address.parse().unwrap(),
            child,
        }
    }

    fn client(&self) -> TcpStream {
        with_timeouts(TcpStream::connect(self.address).unwrap())
    }

    fn open_files(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.child.id()))
            .unwrap()
            .count()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A proxy that hangs is a failure, not a hanging test.
fn with_timeouts(socket: TcpStream) -> TcpStream {
    socket
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    socket
        .set_write_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    socket
}

/// A server that treats each connection in a thread of its own.
fn server(treat: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let treat = Arc::new(treat);
    thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let treat = Arc::clone(&treat);
            thread::spawn(move || treat(with_timeouts(socket)));
        }
    });
    address
}

fn echo(mut socket: TcpStream) {
    let mut buffer = [0; 10_000];
    while let Ok(count @ 1..) = socket.read(&mut buffer) {
        if socket.write_all(&buffer[..count]).is_err() {
            return;
        }
    }
}

fn pattern(size: usize) -> Vec<u8> {
    let word = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
    (0..size as u64 / 8 + 1).flat_map(word).take(size).collect()
}

/// Sends all and reads all at the same time.
fn exchange(socket: &TcpStream, bytes: &[u8]) -> Vec<u8> {
    thread::scope(|scope| {
        scope.spawn(|| {
            (&mut &*socket).write_all(bytes).unwrap();
            socket.shutdown(Shutdown::Write).unwrap();
        });
        let mut back = Vec::new();
        (&mut &*socket).read_to_end(&mut back).unwrap();
        back
    })
}

#[test]
fn both_directions_at_once() {
    let bytes = pattern(5_000_003);
    for method in METHODS {
        let proxy = Proxy::start(server(echo), method);
        assert!(exchange(&proxy.client(), &bytes) == bytes, "{method}");
        // Nothing at all, and both ends pass.
        assert_eq!(exchange(&proxy.client(), b""), b"");
        // To and fro, a byte at a time.
        let mut client = proxy.client();
        for byte in 0..=255 {
            client.write_all(&[byte]).unwrap();
            let mut back = [0];
            client.read_exact(&mut back).unwrap();
            assert_eq!(back, [byte]);
        }
    }
}

#[test]
fn one_direction_ends_and_the_other_goes_on() {
    // Answers only when the end of the question has come.
    let address = server(|mut socket| {
        let mut question = Vec::new();
        socket.read_to_end(&mut question).unwrap();
        question.reverse();
        socket.write_all(&question).unwrap();
    });
    // Says its part and its end, then counts what still comes.
    let (tell, told) = std::sync::mpsc::channel();
    let talker = server(move |mut socket| {
        socket.write_all(b"hello").unwrap();
        socket.shutdown(Shutdown::Write).unwrap();
        let mut rest = Vec::new();
        socket.read_to_end(&mut rest).unwrap();
        tell.send(rest).unwrap();
    });
    for method in METHODS {
        let question = pattern(3_000_001);
        let proxy = Proxy::start(address, method);
        let mut answer = exchange(&proxy.client(), &question);
        answer.reverse();
        assert!(answer == question, "{method}");

        let proxy = Proxy::start(talker, method);
        let mut client = proxy.client();
        let mut greeting = Vec::new();
        client.read_to_end(&mut greeting).unwrap();
        assert_eq!(greeting, b"hello");
        client.write_all(&question).unwrap();
        drop(client);
        let rest = told.recv_timeout(Duration::from_secs(20)).unwrap();
        assert!(rest == question, "{method}");
    }
}

#[test]
fn a_slow_reader_holds_the_sender_back_and_nobody_else() {
    for method in METHODS {
        let sent = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&sent);
        let address = server(move |mut socket| {
            let mut first = [0];
            socket.read_exact(&mut first).unwrap();
            if first == *b"e" {
                return echo(socket);
            }
            let bytes = pattern(1 << 20);
            while socket.write_all(&bytes).is_ok() {
                counter.fetch_add(bytes.len(), Ordering::Relaxed);
            }
        });
        let proxy = Proxy::start(address, method);
        let mut slow = proxy.client();
        slow.write_all(b"s").unwrap();
        let mut one = [0];
        slow.read_exact(&mut one).unwrap();
        let mut other = proxy.client();
        other.write_all(b"e").unwrap();
        for _ in 0..100 {
            other.write_all(b"x").unwrap();
            other.read_exact(&mut one).unwrap();
        }
        // The queues fill, and then nothing moves any more.
        let started = Instant::now();
        loop {
            let before = sent.load(Ordering::Relaxed);
            thread::sleep(Duration::from_millis(300));
            if sent.load(Ordering::Relaxed) == before && before > 0 {
                break;
            }
            assert!(
                started.elapsed() < Duration::from_secs(15),
                "{method}: no end of it"
            );
        }
        // Two sockets' queues at each side: tens of MiB at most, whatever the reader does.
        assert!(sent.load(Ordering::Relaxed) < 100 << 20, "{method}");
        // And it goes on where it stopped.
        let mut taken = pattern(1 << 20);
        slow.read_exact(&mut taken[1..]).unwrap();
        taken[0] = one[0];
        other.write_all(b"x").unwrap();
        other.read_exact(&mut one).unwrap();
        taken[0] = pattern(1)[0];
        assert!(taken == pattern(1 << 20), "{method}");
    }
}

#[test]
fn a_refused_connection_is_closed_and_the_proxy_goes_on() {
    // A port that was free a moment ago.
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    for method in METHODS {
        let proxy = Proxy::start(nobody, method);
        for _ in 0..3 {
            let mut back = Vec::new();
            // Closed, by an end or by a reset.
            let ended = proxy.client().read_to_end(&mut back);
            let reset = std::io::ErrorKind::ConnectionReset;
            assert!(ended.is_ok() || ended.is_err_and(|error| error.kind() == reset));
            assert_eq!(back, b"");
        }
    }
}

#[test]
fn a_reset_is_passed_on_as_a_reset() {
    let address = server(|socket| {
        // Closed with a byte unread: the kernel resets the connection.
        let mut first = [0];
        socket.peek(&mut first).unwrap();
    });
    for method in METHODS {
        let proxy = Proxy::start(address, method);
        let mut client = proxy.client();
        client.write_all(b"unread").unwrap();
        let ended = client.read(&mut [0]).map_err(|error| error.kind());
        assert_eq!(ended, Err(std::io::ErrorKind::ConnectionReset), "{method}");
    }
}

#[test]
fn many_connections_at_once_leave_nothing_behind() {
    let bytes = pattern(100_000);
    for method in METHODS {
        let proxy = Proxy::start(server(echo), method);
        assert!(exchange(&proxy.client(), &bytes) == bytes);
        let before = proxy.open_files();
        let clients: Vec<_> = (0..100).map(|_| proxy.client()).collect();
        for client in &clients {
            assert!(exchange(client, &bytes) == bytes, "{method}");
        }
        drop(clients);
        let started = Instant::now();
        while proxy.open_files() > before && started.elapsed() < Duration::from_secs(10) {
            thread::sleep(Duration::from_millis(10));
        }
        assert!(proxy.open_files() <= before, "{method}");
    }
}

#[test]
fn signals_end_it_cleanly() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let mut proxy = Proxy::start(server(echo), "splice");
        let mut client = proxy.client();
        client.write_all(b"x").unwrap();
        client.read_exact(&mut [0]).unwrap();
        nix::sys::signal::kill(Pid::from_raw(proxy.child.id() as i32), signal).unwrap();
        assert_eq!(proxy.child.wait().unwrap().code(), Some(0));
    }
}

#[test]
fn a_connection_on_which_nothing_moves_is_dropped_and_one_that_is_used_stays() {
    let silent = server(|mut socket| drop(socket.read(&mut [0])));
    for method in METHODS {
        let idle = ["--idle-timeout", "1"];
        let proxy = Proxy::with(silent, method, &idle);
        let mut client = proxy.client();
        let ended = client.read(&mut [0]).map_err(|error| error.kind());
        assert_eq!(ended, Err(std::io::ErrorKind::ConnectionReset), "{method}");
        // Three times the limit, with a byte now and then.
        let proxy = Proxy::with(server(echo), method, &idle);
        let mut client = proxy.client();
        for _ in 0..12 {
            client.write_all(b"x").unwrap();
            client.read_exact(&mut [0]).unwrap();
            thread::sleep(Duration::from_millis(250));
        }
    }
}

#[test]
fn a_proxy_does_not_connect_to_itself() {
    let free = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    for (from, to) in [
        ("127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.2"),
        ("127.0.0.1", "0.0.0.0"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_zclab"))
            .args(["proxy", "--method", "splice"])
            .args([
                "--from",
                &format!("{from}:{port}"),
                "--to",
                &format!("{to}:{port}"),
            ])
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{from} {to}: {errors}");
        assert!(
            errors.contains("the proxy itself listens there"),
            "{errors}"
        );
    }
}
