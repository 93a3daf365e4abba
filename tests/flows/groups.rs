//! Flows that differ in their connection alone are one story.

use std::collections::BTreeMap;

use zclab::copypath::flows::groups;
use zclab::model::{Basis, End, EndKind, Flow, Hop, How, Place, SharedCalls, Side};

fn flow(from: (EndKind, &str), to: (EndKind, &str), bytes: u64, how: How) -> Flow {
    let end = |(kind, name): (EndKind, &str)| End {
        kind,
        name: name.to_owned(),
    };
    let hop = Hop {
        from: Place::PageCache,
        to: Place::SocketQueue,
        how,
        bytes,
        basis: Basis::Documented,
        source: None,
        side: Side::Sender,
        ghost: false,
    };
    Flow {
        from: end(from),
        to: end(to),
        bytes,
        calls: 2,
        calls_by_name: BTreeMap::from([("sendfile".to_owned(), 2)]),
        transformed: false,
        basis: Basis::Observed,
        copy_path: vec![hop],
        programs: vec!["server".to_owned()],
        fallbacks: Vec::new(),
        traits: Default::default(),
    }
}

#[test]
fn connections_of_a_server_are_one_story_and_no_byte_is_lost() {
    use EndKind::{File, Tcp};
    let flows = [
        flow((File, "/b"), (Tcp, "s:80 > c:1"), 1, How::Reference),
        flow((File, "/c"), (Tcp, "s:80 > c:7"), 500, How::Reference),
        flow((File, "/c"), (Tcp, "s:80 > c:8"), 500, How::Reference),
        flow((File, "/c"), (Tcp, "s:80 > *"), 500, How::Reference),
        flow((File, "/a"), (Tcp, "s:80 > c:2"), 10, How::Reference),
        flow((File, "/a"), (Tcp, "s:80 > c:3"), 20, How::Reference),
        flow((File, "/a"), (Tcp, "s:80 > c:4"), 7, How::CpuCopy),
        flow((Tcp, "c:5 > s:80"), (File, "/log"), 3, How::CpuCopy),
        flow((Tcp, "c:6 > s:80"), (File, "/log"), 3, How::CpuCopy),
    ];
    let groups = groups(&flows, &[]);
    let said = groups.iter().map(|group| {
        let Flow { from, to, .. } = &group.flow;
        (
            from.name.as_str(),
            to.name.as_str(),
            group.flow.bytes,
            group.flow.calls,
        )
    });
    let said: Vec<_> = said.collect();
    let wanted = [
        ("/c", "s:80 > 2+ connections", 1500, 6),
        ("/a", "s:80 > 2 connections", 30, 4),
        ("/a", "s:80 > c:4", 7, 2),
        ("2 connections > s:80", "/log", 6, 4),
        ("/b", "s:80 > c:1", 1, 2),
    ];
    assert_eq!(said, wanted);
    assert_eq!(groups[1].members, [4, 5]);
    assert_eq!(groups[1].flow.copy_path[0].bytes, 30);
}

#[test]
fn two_ends_that_nobody_shares_keep_their_names() {
    use EndKind::Tcp;
    let relayed = flow((Tcp, "a:1 > p:2"), (Tcp, "p:3 > b:4"), 5, How::Reference);
    let groups = groups(std::slice::from_ref(&relayed), &[]);
    assert_eq!(groups[0].flow, relayed);
}

#[test]
fn a_call_of_several_connections_of_a_story_is_counted_once() {
    use EndKind::{File, Tcp};
    let flows = [
        flow((File, "/a"), (Tcp, "s:80 > c:2"), 10, How::Reference),
        flow((File, "/a"), (Tcp, "s:80 > c:3"), 20, How::Reference),
        flow((File, "/b"), (Tcp, "s:80 > c:3"), 20, How::Reference),
    ];
    let shared = |flows: &[u32]| SharedCalls {
        flows: flows.to_vec(),
        call: "sendfile".to_owned(),
        calls: 1,
    };
    let calls = |shared: &[SharedCalls]| {
        let groups = groups(&flows, shared);
        let calls = groups.iter().map(|group| {
            assert_eq!(group.flow.calls, group.flow.calls_by_name["sendfile"]);
            group.flow.calls
        });
        calls.collect::<Vec<_>>()
    };
    assert_eq!(calls(&[]), [4, 2]);
    assert_eq!(calls(&[shared(&[0, 1])]), [3, 2]);
    // One flow of each story: each has counted it once.
    assert_eq!(calls(&[shared(&[1, 2])]), [4, 2]);
    assert_eq!(calls(&[shared(&[0, 1, 2])]), [3, 2]);
}
