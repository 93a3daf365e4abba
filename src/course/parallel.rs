//! Files of a course are read side by side: the first frame waits for all of them.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

/// Threads that are worth their start: a course is read in tens of milliseconds.
const MOST: usize = 4;

/// What `each` makes of the items, in their order. Where there can be no further thread, this one does it all.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], each: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cpus = thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            match items.get(at) {
                Some(item) => done.push((at, each(item))),
                None => return done,
            }
        }
    };
    let mut done = thread::scope(|scope| {
        let helpers = 1..cpus.min(MOST).min(items.len());
        let helpers: Vec<_> = helpers
            .filter_map(|_| thread::Builder::new().spawn_scoped(scope, work).ok())
            .collect();
        let mut done = work();
        for helper in helpers {
            match helper.join() {
                Ok(more) => done.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, made)| made).collect()
}

#[cfg(test)]
mod tests {
    use super::map;

    #[test]
    fn everything_is_done_once_and_stands_in_its_order() {
        for count in [0, 1, 2, 1000] {
            let items: Vec<usize> = (0..count).collect();
            let doubled: Vec<usize> = items.iter().map(|item| item * 2).collect();
            assert_eq!(map(&items, |item| item * 2), doubled);
        }
    }

    #[test]
    #[should_panic(expected = "the third")]
    fn a_panic_is_passed_on() {
        map(&[1, 2, 3], |item| assert_ne!(*item, 3, "the third"));
    }
}
