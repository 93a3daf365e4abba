//! Rules that hold whatever programs do: no byte comes from nowhere, none is lost.

use proptest::{collection::vec, prelude::*};

use super::*;

/// What a program does: to or from which of two files, in which part of its memory, how many bytes.
#[derive(Clone, Copy, Debug)]
enum Step {
    Read(usize, u64, usize),
    Write(usize, u64, u64),
    Change(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let place = (0u64..8).prop_map(|slot| BUFFER + slot * 3000);
    (0u8..5, 0usize..2, place, 1usize..9000).prop_map(|(kind, file, at, length)| match kind {
        0 | 1 => Step::Read(file, at, length),
        2 | 3 => Step::Write(file, at, length as u64),
        _ => Step::Change(at),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]
    #[test]
    fn what_is_written_is_in_a_flow_or_unexplained_and_so_is_what_is_read(steps in vec(step(), 1..60)) {
        let mut world = World::new();
        let sources = [world.file("/source-1"), world.file("/source-22")];
        let sinks = [world.file("/sink-333"), world.file("/sink-4444")];
        let (mut read, mut written) = (0, [0; 2]);
        for (seed, step) in (0..).zip(steps) {
            match step {
                Step::Read(file, at, length) => {
                    world.read(1, sources[file], at, &noise(length, seed));
                    read += length as u64;
                }
                Step::Write(file, at, length) => {
                    world.write(1, sinks[file], at, length);
                    written[file] += length;
                }
                Step::Change(at) => world.work(1, |memory| memory[at as usize] ^= 1),
            }
        }
        let (flows, (unread, unwritten)) = world.end();
        let bytes = |is: &dyn Fn(&Flow) -> bool| -> u64 {
            flows.iter().filter(|flow| is(flow)).map(|flow| flow.bytes).sum()
        };
        let to = |name: &'static str| bytes(&|flow: &Flow| flow.to.name == name);
        let came = to("/sink-333") + to("/sink-4444");
        prop_assert_eq!(came + unwritten, written[0] + written[1]);
        prop_assert!(to("/sink-333") <= written[0] && to("/sink-4444") <= written[1]);
        // A byte may be written twice: then it is in two flows.
        let went = bytes(&|flow: &Flow| flow.from.name.starts_with("/source"));
        prop_assert!(went + unread >= read, "{} of {}", went, read);
        for flow in &flows {
            let hops = flow.copy_path.iter().map(|hop| hop.bytes);
            prop_assert!(hops.max().is_none_or(|most| most <= flow.bytes));
        }
    }
}

/// Found by the rule above: the read would begin below address 0.
#[test]
fn bytes_near_the_beginning_of_memory_are_compared_with_a_longer_read() {
    let mut world = World::new();
    let (a, b) = (world.file("/a"), world.file("/b"));
    world.read(1, a, 10_096, &noise(6806, 0));
    world.write(1, b, 13_096, 3806);
    world.write(1, b, BUFFER, 32);
    let (flows, unexplained) = world.end();
    let written = flows.iter().filter(|flow| flow.to.name == "/b");
    assert_eq!(
        written.map(|flow| flow.bytes).sum::<u64>() + unexplained.1,
        3838
    );
}

/// What a program does with lines of text: reads the next so many bytes, copies a line of those that it has read, perhaps
/// changed, or writes what it has put together.
#[derive(Clone, Copy, Debug)]
enum Text {
    Read(usize),
    Copy {
        line: prop::sample::Index,
        is_changed: bool,
    },
    Write,
}

fn text() -> impl Strategy<Value = Text> {
    let copy = || {
        (any::<prop::sample::Index>(), prop::bool::weighted(0.2))
            .prop_map(|(line, is_changed)| Text::Copy { line, is_changed })
    };
    prop_oneof![1 => (1usize..200).prop_map(Text::Read), 1 => (1usize..9000).prop_map(Text::Read), 40 => copy(), 1 => Just(Text::Write)]
}

/// Text of a few lines that resemble each other, or are the same.
fn lines(order: &[u8]) -> Vec<u8> {
    let lines = order.iter().map(|kind| {
        format!("2026-11-30 INFO request from 10.0.0.{kind} took some ms path=/index.html\n")
    });
    lines.collect::<String>().into_bytes()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]
    #[test]
    fn of_lines_that_resemble_each_other_no_more_is_passed_on_than_was_read(
        order in vec(0u8..4, 100..600),
        steps in vec(text(), 100..1500),
    ) {
        let (own, out) = (BUFFER, BUFFER + (1 << 20));
        let mut world = World::new();
        let (source, sink) = (world.file("/text"), world.file("/sorted"));
        let text = lines(&order);
        let is_end = |(place, byte): (usize, &u8)| (*byte == b'\n').then_some(place + 1);
        let mut starts = vec![0];
        starts.extend(text.iter().enumerate().filter_map(is_end));
        let (mut read, mut put, mut written) = (0, 0, 0);
        for step in steps {
            match step {
                Text::Read(length) => {
                    let length = length.min(text.len() - read);
                    if length > 0 {
                        world.read(1, source, own + read as u64, &text[read..read + length]);
                        read += length;
                    }
                }
                Text::Copy { line, is_changed } => {
                    let known = starts.partition_point(|start| *start < read);
                    if known == 0 {
                        continue;
                    }
                    let line = line.index(known);
                    let end = starts.get(line + 1).map_or(read, |end| read.min(*end));
                    let mut line = text[starts[line]..end].to_vec();
                    if is_changed {
                        line[0] = b'x';
                    }
                    let at = out as usize + put;
                    put += line.len();
                    world.work(1, |memory| memory[at..at + line.len()].copy_from_slice(&line));
                }
                Text::Write => {
                    if put > 0 {
                        world.write(1, sink, out, put as u64);
                    }
                    written += std::mem::take(&mut put);
                }
            }
        }
        let (flows, (unread, unwritten)) = world.end();
        let bytes = |is: &dyn Fn(&Flow) -> bool| -> u64 {
            flows.iter().filter(|flow| is(flow)).map(|flow| flow.bytes).sum()
        };
        let went = bytes(&|flow: &Flow| flow.from.name == "/text");
        let came = bytes(&|flow: &Flow| flow.to.name == "/sorted");
        prop_assert_eq!((went, unread), (read as u64, 0));
        prop_assert_eq!((came, unwritten), (written as u64, 0));
    }
}
