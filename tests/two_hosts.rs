//! Two hosts in network namespaces: the laptop's address changes in the middle of a vote.

use std::process::{Command, Output};

mod require;

use require::skip;

#[test]
fn a_room_goes_on_when_the_laptops_address_changes() {
    let can =
        "ip link add name near type veth peer name far && command -v nsenter && command -v curl";
    let tried = Command::new("unshare")
        .args(["-rn", "sh", "-c", can])
        .output();
    match tried {
        Ok(tried) if tried.status.success() => {}
        Ok(tried) => return skip("network-namespaces", errors(&tried)),
        Err(error) => return skip("network-namespaces", error),
    }
    let home = tempfile::tempdir().unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/two_hosts/two_hosts.sh");
    let done = Command::new("unshare")
        .args(["-rn", "sh", script])
        .env("ZCLAB", env!("CARGO_BIN_EXE_zclab"))
        .env("HOME", home.path())
        .env("XDG_STATE_HOME", home.path().join("state"))
        .env("QUESTION", "short-count")
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{out}{}", errors(&done));
    let held = out.lines().filter(|line| line.starts_with("holds: "));
    assert_eq!(held.count(), 4, "{out}");
}

fn errors(done: &Output) -> String {
    String::from_utf8_lossy(&done.stderr).trim().to_owned()
}
