//! Recordings that come with the program, for machines that refuse to make their own.

use crate::model::{Origin, Recording, TransferSpec};
use crate::{embedded, store};

/// The shipped recording that is nearest to what was asked for: the same method and sink, then the same cache, size
/// and chunk as far as there are any. Its origin says that it was not made here. None where no recording of that
/// method and sink is shipped.
pub fn shipped(spec: &TransferSpec) -> Option<Recording> {
    let wanted = format!("{}-to-{}-", spec.method, spec.to);
    let candidates = embedded::recordings()
        .into_iter()
        .filter(|(name, _)| name.starts_with(&wanted))
        .filter_map(|(name, text)| store::recording::parse(name, text).ok());
    let mut nearest = candidates.min_by_key(|recording| {
        let found = &recording.spec;
        (
            found.cache != spec.cache,
            found.size.0.abs_diff(spec.size.0),
            found.chunk.0.abs_diff(spec.chunk.0),
        )
    })?;
    nearest.origin = Origin::Shipped;
    Some(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::copypath::summarise;
    use crate::model::{Cache, Method, Sink};

    #[test]
    fn every_shipped_recording_can_be_read_and_was_verified() {
        for (name, text) in embedded::recordings() {
            let recording = store::recording::parse(name, text).unwrap();
            let spec = &recording.spec;
            let expected = format!("{}-to-{}-{}.jsonl", spec.method, spec.to, spec.cache);
            assert_eq!(name, expected);
            assert_eq!(recording.outcome.verified, Some(true), "{name}");
            assert!(summarise(&recording).syscalls > Some(0), "{name}");
        }
    }

    #[test]
    fn each_method_has_one_and_a_cold_wish_gets_a_cold_one() {
        for method in Method::ALL {
            let found = shipped(&TransferSpec::of(method)).expect("one a method");
            assert_eq!((found.spec.method, found.origin), (method, Origin::Shipped));
        }
        let mut spec = TransferSpec::of(Method::MmapWrite);
        spec.cache = Cache::Cold;
        assert_eq!(shipped(&spec).unwrap().spec.cache, Cache::Cold);
        spec.method = Method::Sendfile;
        spec.to = Sink::File;
        assert_eq!(
            summarise(&shipped(&spec).unwrap()).cpu_copies_per_byte,
            Some(1.0)
        );
    }
}
