//! Names that a person knows: who is at the other end of a socket that is not connected, what a socket is, what a
//! library says.

use std::{fs, process::Command};

use crate::{
    desk::{Desk, Seen},
    require::skip,
};

/// The bytes of flows to an end of this kind, by its name.
fn sent<'a>(seen: &'a Seen, kind: &str) -> Vec<(&'a str, u64)> {
    let flows = seen.json["flows"].as_array().unwrap().iter();
    let flows = flows.filter(|flow| flow["to"]["kind"] == kind);
    flows
        .map(|flow| {
            let name = flow["to"]["name"].as_str().unwrap();
            (name, flow["bytes"].as_u64().unwrap())
        })
        .collect()
}

const SERVER: &str = "
import os, socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('127.0.0.1', 0))
own = s.getsockname()
if os.fork() == 0:
    for i in (1, 2):
        c = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        c.sendto(bytes([i]) * 1000, own)
        assert len(c.recvfrom(4000)[0]) == 2000
    os._exit(0)
ports = []
for i in (1, 2):
    if sys.argv[1] == 'msg':
        data, _, _, peer = s.recvmsg(4000)
        s.sendmsg([os.urandom(2000)], [], 0, peer)
    else:
        data, peer = s.recvfrom(4000)
        s.sendto(os.urandom(2000), peer)
    ports.append(peer[1])
os.wait()
print(own[1], *ports)
";

#[test]
fn a_datagram_has_the_addresses_that_its_call_names() {
    let desk = Desk::new(10);
    if !desk.has(&["python3"]) {
        return;
    }
    for way in ["to", "msg"] {
        let seen = desk.trace(&[], &["python3", "-c", SERVER, way]);
        assert!(seen.output.status.success(), "{:?}", seen.output);
        let ports = String::from_utf8_lossy(&seen.output.stdout).into_owned();
        let ports: Vec<&str> = ports.split_whitespace().collect();
        let sent = sent(&seen, "udp");
        for client in &ports[1..] {
            let [to, back] = [(client, &ports[0]), (&ports[0], client)]
                .map(|(from, to)| format!("127.0.0.1:{from} > 127.0.0.1:{to}"));
            assert!(sent.contains(&(back.as_str(), 2000)), "{back}: {sent:?}");
            assert!(sent.contains(&(to.as_str(), 1000)), "{to}: {sent:?}");
        }
        assert!(sent.iter().all(|(name, _)| !name.contains('*')), "{sent:?}");
        seen.explains_all();
    }
}

#[test]
fn sockets_are_named_as_what_they_are() {
    let desk = Desk::new(10);
    if !desk.has(&["python3"]) {
        return;
    }
    let script = "
import socket, struct
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
s.send(struct.pack('=IHHIIBxHiII', 32, 18, 0x301, 1, 0, 0, 0, 0, 0, 0))
s.recv(65536)
a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
a.send(b'x' * 300)
";
    let seen = desk.trace(&[], &["python3", "-c", script]);
    assert!(seen.output.status.success(), "{:?}", seen.output);
    assert_eq!(sent(&seen, "socket"), [("netlink route", 32)]);
    seen.flow(("socket", "netlink route"), ("memory", ""));
}

/// cc, where it is there.
fn compiled(desk: &Desk, arguments: &[&str]) -> bool {
    let mut cc = Command::new("cc");
    let done = cc.args(arguments).current_dir(desk.0.path()).output();
    match done {
        Err(error) => {
            skip("cc", error);
            false
        }
        Ok(done) => {
            assert!(done.status.success(), "{done:?}");
            true
        }
    }
}

const LIBRARY: &str = "
#include <unistd.h>
#ifdef LIB
static const char message[65536] = {[0 ... 65535] = 'm'};
int say(void) { return write(1, message, 65536) != 65536; }
#else
int say(void);
int main(void) { return say(); }
#endif
";

#[test]
fn a_constant_of_a_library_is_not_the_library() {
    let desk = Desk::new(10);
    fs::write(desk.path("s.c"), LIBRARY).unwrap();
    let here = format!("-Wl,-rpath,{}", desk.path("."));
    if !compiled(
        &desk,
        &["-shared", "-fPIC", "-DLIB", "-o", "libmsg.so", "s.c"],
    ) || !compiled(&desk, &["-o", "say", "s.c", "-L.", "-lmsg", &here])
    {
        return;
    }
    let seen = desk.trace(&[], &["sh", "-c", &format!("{} > out", desk.path("say"))]);
    let flow = seen.flow(("memory", "say"), ("file", "/out"));
    assert_eq!(
        (&flow["bytes"], &flow["advice"]),
        (&65536.into(), &serde_json::Value::Null)
    );
    assert_eq!(flow["verdict"], "produced by the program");
}

#[test]
fn a_temporary_file_has_its_last_name() {
    let desk = Desk::new(5000);
    let script = "cat a > .a.tmp; mv .a.tmp b; cd /; exec cat < /dev/null";
    let seen = desk.trace(&[], &["sh", "-c", script]);
    assert!(seen.output.status.success(), "{:?}", seen.output);
    let flow = seen.flow(("file", "/a"), ("file", "/b"));
    assert_eq!(flow["bytes"], 5000);
    let names = sent(&seen, "file");
    assert!(
        names.iter().all(|(name, _)| !name.ends_with(".tmp")),
        "{names:?}"
    );
}
