//! A few numbers as a JSON list, without those at its end that are nothing.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, SeqAccess, Visitor},
};

use crate::model::NO_DESCRIPTOR;

/// At most `N` numbers; the rest are nothing (0, none).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Numbers<T, const N: usize>(pub(crate) [T; N]);

impl<T: Copy + Default + PartialEq, const N: usize> Numbers<T, N> {
    pub(crate) fn is_empty(&self) -> bool {
        self.used().is_empty()
    }

    fn used(&self) -> &[T] {
        let last = self.0.iter().rposition(|number| *number != T::default());
        &self.0[..last.map_or(0, |last| last + 1)]
    }
}

impl<T: Copy + Default, const N: usize> Default for Numbers<T, N> {
    fn default() -> Self {
        Numbers([T::default(); N])
    }
}

impl<T: Copy + Default + PartialEq + Serialize, const N: usize> Serialize for Numbers<T, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.used())
    }
}

impl<'de, T: Copy + Default + Deserialize<'de>, const N: usize> Deserialize<'de> for Numbers<T, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(List(PhantomData))
    }
}

pub(super) type Descriptors = Numbers<Option<u32>, 2>;

impl Descriptors {
    pub(crate) fn of(indices: [u32; 2]) -> Descriptors {
        Numbers(indices.map(|index| (index != NO_DESCRIPTOR).then_some(index)))
    }

    /// The indices, in a trace of so many descriptors.
    pub(crate) fn known(self, descriptors: usize) -> Result<[u32; 2], String> {
        let mut named = self.0.iter().flatten();
        match named.find(|index| **index as usize >= descriptors) {
            Some(index) => Err(format!("the header has no descriptor {index}")),
            None => Ok(self.0.map(|index| index.unwrap_or(NO_DESCRIPTOR))),
        }
    }
}

struct List<T, const N: usize>(PhantomData<T>);

impl<'de, T: Copy + Default + Deserialize<'de>, const N: usize> Visitor<'de> for List<T, N> {
    type Value = Numbers<T, N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {N} numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut numbers = [T::default(); N];
        let mut length = 0;
        while let Some(number) = list.next_element()? {
            *numbers
                .get_mut(length)
                .ok_or_else(|| A::Error::invalid_length(length + 1, &self))? = number;
            length += 1;
        }
        Ok(Numbers(numbers))
    }
}
