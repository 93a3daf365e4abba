//! Recordings that come with the program, for machines that refuse to make their own.

use super::recording;
use crate::embedded;
use crate::model::{Method, Origin, Recording, Sink, TransferSpec};

/// The recording of this very transfer: method, sink, size, chunk, cache and pipe are all the same.
pub fn exact(spec: &TransferSpec) -> Option<Recording> {
    all(spec.method, spec.to).find(|recording| recording.spec == *spec)
}

/// The recording of the same method and sink that comes nearest to this transfer in its cache, then its size, then its
/// chunk. Whoever shows it says what it is: compare its spec with the one that was asked for.
pub(crate) fn nearest(spec: &TransferSpec) -> Option<Recording> {
    all(spec.method, spec.to).min_by_key(|recording| {
        let found = &recording.spec;
        (
            found.cache != spec.cache,
            found.size.0.abs_diff(spec.size.0),
            found.chunk.0.abs_diff(spec.chunk.0),
            found.pipe_size != spec.pipe_size,
        )
    })
}

/// The recording of a server that sends a file by this very transfer.
pub(crate) fn served(spec: &TransferSpec) -> Option<Recording> {
    let text = embedded::served_recording(spec.method.name())?;
    read(spec.method.name(), text).filter(|recording| recording.spec == *spec)
}

fn all(method: Method, to: Sink) -> impl Iterator<Item = Recording> {
    let prefix = format!("{method}-to-{to}-");
    let files = embedded::recordings().into_iter();
    files
        .filter(move |(name, _)| name.starts_with(&prefix))
        .filter_map(|(name, text)| read(name, text))
}

fn read(name: &str, text: &str) -> Option<Recording> {
    let mut recording = recording::parse(name, text).ok()?;
    recording.origin = Origin::Shipped;
    Some(recording)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Cache, Size};

    #[test]
    fn every_shipped_recording_can_be_read_and_was_verified() {
        for (name, text) in embedded::recordings() {
            let recording = read(name, text).unwrap();
            let spec = &recording.spec;
            let usual = TransferSpec {
                to: spec.to,
                cache: spec.cache,
                ..TransferSpec::of(spec.method)
            };
            let cut = match *spec == usual {
                true => String::new(),
                false => format!("-{}-{}", spec.size.typed(), spec.chunk.typed()),
            };
            let expected = format!("{}-to-{}-{}{cut}.jsonl", spec.method, spec.to, spec.cache);
            assert_eq!(name, expected);
            assert_eq!(recording.outcome.verified, Some(true), "{name}");
            assert!(!recording.trace.unwrap().calls.is_empty(), "{name}");
        }
    }

    #[test]
    fn the_usual_transfer_of_each_method_is_shipped() {
        for method in Method::ALL {
            let spec = TransferSpec::of(method);
            let found = exact(&spec).expect("one a method");
            assert_eq!((&found.spec, found.origin), (&spec, Origin::Shipped));
            assert_eq!(nearest(&spec).unwrap().spec, spec);
        }
    }

    #[test]
    fn the_nearest_recording_never_passes_as_the_exact_one() {
        let asked = TransferSpec {
            size: Size(16 * Size::MIB),
            cache: Cache::Cold,
            ..TransferSpec::of(Method::MmapWrite)
        };
        assert_eq!(exact(&asked), None);
        let near = nearest(&asked).unwrap().spec;
        assert_eq!((near.cache, near.size), (Cache::Cold, Size(Size::MIB)));
    }
}
