//! Rules that hold whatever comes from outside: heads of HTTP requests, memory of a program's rings.

use proptest::{collection::vec, option, prelude::*};
use zclab::{
    fuzzing,
    serve::http::{Method, Parsed, parse},
};

/// A request as a client may write it: its text, and whether the connection stays.
fn request() -> impl Strategy<Value = (String, String, Option<String>, bool)> {
    let target =
        vec("[a-zA-Z0-9._%-]{1,8}", 0..4).prop_map(|names| format!("/{}", names.join("/")));
    let range = option::of((0u32..10_000, 0u32..10_000));
    (target, range, any::<bool>(), any::<bool>(), "[a-z]{0,30}").prop_map(
        |(target, range, close, bare, other)| {
            let range = range.map(|(first, last)| format!("bytes={first}-{last}"));
            let line = if bare { "\n" } else { "\r\n" };
            let mut fields = vec![
                format!("Host: {other}.example"),
                format!("X-{other}: {other}"),
            ];
            fields.extend(range.as_ref().map(|range| format!("rAnGe: {range}")));
            fields.extend(close.then(|| "Connection: close".to_owned()));
            let head = format!(
                "GET {target} HTTP/1.1{line}{}{line}{line}",
                fields.join(line)
            );
            (head, target, range, !close)
        },
    )
}

proptest! {
    #[test]
    fn a_head_is_understood_whole_and_waited_for_until_it_is((head, target, range, stays) in request(), more in vec(any::<u8>(), 0..20)) {
        let sent = [head.as_bytes(), &more].concat();
        let Parsed::Complete(request, length) = parse(&sent) else {
            panic!("{head:?}: {:?}", parse(&sent));
        };
        prop_assert_eq!(length, head.len());
        prop_assert_eq!(request.method, Method::Get);
        prop_assert_eq!((request.target, request.range, request.keep_alive), (target, range, stays));
        for end in 0..head.len() {
            prop_assert!(matches!(parse(&sent[..end]), Parsed::Partial), "cut at {}", end);
        }
    }

    #[test]
    fn no_bytes_of_a_client_stop_the_server(bytes in vec(any::<u8>(), 0..600), (head, ..) in request(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        fuzzing::http_head(&bytes);
        let mut changed = head.into_bytes();
        let at = at.index(changed.len());
        changed[at] = byte;
        fuzzing::http_head(&changed);
    }

    #[test]
    fn no_memory_of_a_ring_stops_the_tracer(
        words in vec(prop_oneof![4 => 0u32..200, 1 => any::<u32>()], 30),
        entries_of_each in (0u32..8, 0u32..18),
        flags in prop_oneof![Just(0u32), 0u32..1 << 21, any::<u32>()],
        queues in vec(any::<u8>(), 1..2000),
        entries in vec(any::<u8>(), 1..2000),
    ) {
        let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        bytes[..4].copy_from_slice(&(1u32 << entries_of_each.0).to_le_bytes());
        bytes[4..8].copy_from_slice(&(1u32 << entries_of_each.1).to_le_bytes());
        bytes[8..12].copy_from_slice(&flags.to_le_bytes());
        bytes.extend((queues.len() as u16).to_le_bytes());
        bytes.extend(queues);
        bytes.extend(entries);
        fuzzing::ring_memory(&bytes);
    }
}
