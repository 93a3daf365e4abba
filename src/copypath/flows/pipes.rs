//! What stands in pipes and socket pairs between watched processes: who reads it carries the flow on.

use std::{collections::VecDeque, rc::Rc};

use rustc_hash::{FxHashMap, FxHashSet};

use super::{ends::OpenFile, path::PathId, queues::QueueId, tally::Provenance};
use crate::model::DescriptorKind;

/// No queue holds more (pipe(7): F_SETPIPE_SZ takes up to 2 GiB): what is beyond was read by somebody who is not watched.
const MOST_BYTES: u64 = 1 << 31;
const MOST_CHUNKS: usize = 1 << 18;
/// Of bytes that stand in a queue for certain: the call that put them there has returned.
const SETTLED: u64 = u64::MAX;

/// Bytes of one way.
#[derive(Clone)]
pub(super) struct Chunk {
    pub length: u64,
    pub path: PathId,
    /// The calls that moved them.
    pub provenance: Option<Rc<Provenance>>,
    /// Number of the call that put them here, while it lasts: what it did not write is taken out again.
    pub by: u64,
    /// The message that they are of: one read takes bytes of one message, and what it leaves is gone. None in a stream.
    pub message: Option<Message>,
}

/// A message, a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Message {
    number: u64,
    /// Its priority or type, by which it may be received out of turn.
    chosen_by: i64,
}

#[derive(Default)]
pub(super) struct Queue {
    chunks: VecDeque<Chunk>,
    /// How many of them stand there for certain.
    bytes: u64,
    /// How many bytes each call that still lasts has put here, and others have taken since.
    asked: FxHashMap<u64, u64>,
}

#[derive(Default)]
pub(super) struct Pipes {
    queues: FxHashMap<QueueId, Queue>,
    /// A socket's number and that of its pair.
    pairs: FxHashMap<u64, u64>,
    /// Pipes that are known to be read, or not to be, by somebody who is watched.
    pub carries: FxHashMap<u64, bool>,
    /// What is written to one of these is read from the same.
    pub message_queues: FxHashSet<u64>,
    messages: u64,
}

impl Pipes {
    /// A pipe or pair of sockets that a watched program has made.
    pub fn made(&mut self, first: u64, second: u64) {
        if first == second {
            self.carries.insert(first, true);
        } else {
            self.pairs.insert(first, second);
            self.pairs.insert(second, first);
        }
    }

    /// Whether it is known which socket is at the other end of one.
    pub fn is_paired(&self, socket: u64) -> bool {
        self.pairs.contains_key(&socket)
    }

    /// A queue is found by another number now.
    pub fn rename(&mut self, before: QueueId, now: QueueId) {
        if let Some(queue) = self.queues.remove(&before) {
            self.queues.insert(now, queue);
        }
    }

    /// The queue that a read of this pipe or socket takes from.
    pub fn read_from(&self, open: &OpenFile) -> Option<QueueId> {
        let is_queue = match open.kind {
            DescriptorKind::Pipe => self.carries.get(&open.identity) == Some(&true),
            DescriptorKind::Unix => self.pairs.contains_key(&open.identity),
            _ => self.message_queues.contains(&open.identity),
        };
        is_queue.then_some(open.identity)
    }

    /// The queue that a write to this pipe or socket adds to.
    pub fn written_to(&self, open: &OpenFile) -> Option<QueueId> {
        match open.kind {
            DescriptorKind::Unix => self.pairs.get(&open.identity).copied(),
            _ => self.read_from(open),
        }
    }

    /// A new message.
    pub fn message(&mut self, chosen_by: Option<i64>) -> Message {
        self.messages += 1;
        Message {
            number: self.messages,
            chosen_by: chosen_by.unwrap_or(0),
        }
    }

    /// Puts bytes in. What is too much is given back: the oldest.
    pub fn push(&mut self, queue: QueueId, chunk: Chunk) -> Vec<Chunk> {
        let queue = self.queues.entry(queue).or_default();
        *queue.asked.entry(chunk.by).or_default() += chunk.length;
        queue.chunks.push_back(chunk);
        let mut over = Vec::new();
        while let Some(oldest) = queue.chunks.front()
            && oldest.by == SETTLED
            && (queue.chunks.len() > MOST_CHUNKS || queue.bytes > MOST_BYTES)
        {
            over.extend(queue.take(oldest.length));
        }
        over
    }

    /// The call has returned: so much of what it put in was really written.
    pub fn settle(&mut self, queue: QueueId, by: u64, written: u64) {
        let Some(queue) = self.queues.get_mut(&queue) else {
            return;
        };
        let asked = queue.asked.remove(&by).unwrap_or(0);
        let own = queue.chunks.iter().filter(|chunk| chunk.by == by);
        let there: u64 = own.map(|chunk| chunk.length).sum();
        let taken = asked.saturating_sub(there);
        let mut surplus = there.saturating_sub(written.saturating_sub(taken));
        for chunk in queue.chunks.iter_mut().rev().filter(|chunk| chunk.by == by) {
            let less = surplus.min(chunk.length);
            chunk.length -= less;
            surplus -= less;
            chunk.by = SETTLED;
            queue.bytes += chunk.length;
        }
        queue.chunks.retain(|chunk| chunk.length > 0);
        // What was taken beyond what it wrote was written by the others.
        queue.take(taken.saturating_sub(written));
    }

    pub fn take(&mut self, queue: QueueId, bytes: u64) -> Vec<Chunk> {
        self.queues
            .get_mut(&queue)
            .map_or(Vec::new(), |queue| queue.take(bytes))
    }

    /// The same by one read: of one message alone, where there are messages: the first, or the first of those that are
    /// chosen by this. What it leaves of that is gone, and comes second.
    pub fn take_message(
        &mut self,
        queue: QueueId,
        bytes: u64,
        chosen_by: Option<i64>,
    ) -> (Vec<Chunk>, Vec<Chunk>) {
        let Some(queue) = self.queues.get_mut(&queue) else {
            return Default::default();
        };
        if let Some(chosen_by) = chosen_by {
            queue.choose(chosen_by);
        }
        let first = queue.chunks.front().and_then(|chunk| chunk.message);
        if first.is_none() {
            return (queue.take(bytes), Vec::new());
        }
        let of_message = queue
            .chunks
            .iter()
            .take_while(|chunk| chunk.message == first);
        let whole: u64 = of_message.map(|chunk| chunk.length).sum();
        let taken = queue.take(bytes.min(whole));
        (taken, queue.take(whole.saturating_sub(bytes)))
    }

    /// The same, and they stay there (tee).
    pub fn look(&self, queue: QueueId, mut bytes: u64) -> Vec<Chunk> {
        let chunks = self
            .queues
            .get(&queue)
            .into_iter()
            .flat_map(|it| &it.chunks);
        let seen = chunks.map_while(|chunk| {
            let length = chunk.length.min(bytes);
            bytes -= length;
            let chunk = chunk.clone();
            (length > 0).then_some(Chunk { length, ..chunk })
        });
        seen.collect()
    }

    /// What nobody has taken.
    pub fn take_all(&mut self) -> Vec<(QueueId, Chunk)> {
        let queues = std::mem::take(&mut self.queues).into_iter();
        let chunks =
            queues.flat_map(|(id, queue)| queue.chunks.into_iter().map(move |it| (id, it)));
        chunks.collect()
    }
}

impl Queue {
    /// Brings a message to the front: the first that is chosen by this, or of the highest there is.
    fn choose(&mut self, chosen_by: i64) {
        let messages = || self.chunks.iter().filter_map(|chunk| chunk.message);
        let highest = || messages().map(|message| message.chosen_by).max();
        let is_there = messages().any(|message| message.chosen_by == chosen_by);
        let wanted = if is_there { Some(chosen_by) } else { highest() };
        let Some(chosen) = messages().find(|message| Some(message.chosen_by) == wanted) else {
            return;
        };
        let is_chosen = |chunk: &&Chunk| chunk.message == Some(chosen);
        let front: Vec<Chunk> = self.chunks.iter().filter(is_chosen).cloned().collect();
        self.chunks.retain(|chunk| chunk.message != Some(chosen));
        front
            .into_iter()
            .rev()
            .for_each(|chunk| self.chunks.push_front(chunk));
    }

    fn take(&mut self, mut bytes: u64) -> Vec<Chunk> {
        let mut out = Vec::new();
        while bytes > 0
            && let Some(first) = self.chunks.front_mut()
        {
            let length = first.length.min(bytes);
            bytes -= length;
            if first.by == SETTLED {
                self.bytes -= length;
            }
            out.push(Chunk {
                length,
                ..first.clone()
            });
            first.length -= length;
            if first.length == 0 {
                self.chunks.pop_front();
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(length: u64, path: PathId, by: u64) -> Chunk {
        Chunk {
            length,
            path,
            provenance: None,
            by,
            message: None,
        }
    }

    fn taken(pipes: &mut Pipes, bytes: u64) -> Vec<(u64, PathId)> {
        let chunks = pipes.take(7, bytes);
        chunks
            .iter()
            .map(|chunk| (chunk.length, chunk.path))
            .collect()
    }

    #[test]
    fn what_a_call_did_not_write_is_taken_out_again_and_what_was_read_meanwhile_is_not() {
        let mut pipes = Pipes::default();
        pipes.push(7, chunk(100, 1, 11));
        assert_eq!(taken(&mut pipes, 30), [(30, 1)], "the reader may be faster");
        pipes.push(7, chunk(50, 2, 12));
        pipes.settle(7, 11, 40);
        pipes.settle(7, 12, 50);
        assert_eq!(taken(&mut pipes, 1000), [(10, 1), (50, 2)]);
        assert_eq!(taken(&mut pipes, 1), []);
    }

    #[test]
    fn a_read_takes_bytes_of_one_message_and_the_rest_of_it_is_gone() {
        let mut pipes = Pipes::default();
        for (length, path) in [(100, 1), (50, 2)] {
            let message = Some(pipes.message(None));
            pipes.push(
                7,
                Chunk {
                    message,
                    ..chunk(length, path, 11)
                },
            );
        }
        let lengths = |(taken, gone): (Vec<Chunk>, Vec<Chunk>)| {
            let sum = |chunks: Vec<Chunk>| chunks.iter().map(|chunk| chunk.length).sum::<u64>();
            (sum(taken), sum(gone))
        };
        assert_eq!(lengths(pipes.take_message(7, 30, None)), (30, 70));
        assert_eq!(lengths(pipes.take_message(7, 1000, None)), (50, 0));
    }

    #[test]
    fn a_call_that_asks_for_more_than_there_is_displaces_nothing() {
        let mut pipes = Pipes::default();
        pipes.push(7, chunk(100, 1, 11));
        pipes.settle(7, 11, 100);
        for by in [12, 13] {
            let over = pipes.push(7, chunk(u64::MAX, 2, by));
            assert!(over.is_empty());
            pipes.settle(7, by, 0);
        }
        assert_eq!(taken(&mut pipes, 1000), [(100, 1)]);
    }
}
