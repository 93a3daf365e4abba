//! The kernel's description of its own types (BTF, `Documentation/bpf/btf.rst`), as far as it is needed: a function by its
//! name, and where a member stands in a structure. Pure.

const MAGIC: u16 = 0xeb9f;
const HEADER: usize = 24;
const TYPE: usize = 12;

const STRUCT: u32 = 4;
const FUNC: u32 = 12;

/// What `/sys/kernel/btf/vmlinux` says.
pub(super) struct Btf<'a> {
    types: &'a [u8],
    strings: &'a [u8],
}

/// One type's head, and what follows it.
struct Type<'a> {
    id: u32,
    kind: u32,
    name: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Btf<'a> {
    /// None where it is no BTF of this machine's byte order.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Btf<'a>> {
        if bytes.get(..2)? != MAGIC.to_ne_bytes() {
            return None;
        }
        let header_length = word(bytes, 4)? as usize;
        let section = |at: usize| -> Option<&'a [u8]> {
            let start = header_length.checked_add(word(bytes, at)? as usize)?;
            let end = start.checked_add(word(bytes, at + 4)? as usize)?;
            bytes.get(start..end)
        };
        (header_length >= HEADER).then_some(())?;
        Some(Btf {
            types: section(8)?,
            strings: section(16)?,
        })
    }

    /// The ids of the functions with these names, in the same order; none where the kernel has no such function.
    pub(super) fn functions(&self, names: &[&str]) -> Vec<Option<u32>> {
        let mut ids = vec![None; names.len()];
        for found in self.types().filter(|it| it.kind == FUNC) {
            let wanted = names.iter().position(|name| name.as_bytes() == found.name);
            if let Some(at) = wanted {
                ids[at] = Some(found.id);
            }
        }
        ids
    }

    /// Where a member begins, in bytes.
    pub(super) fn offset(&self, structure: &str, member: &str) -> Option<u32> {
        let found = self
            .types()
            .find(|it| it.kind == STRUCT && it.name == structure.as_bytes())?;
        let members = found.rest.chunks_exact(TYPE);
        let bits = members.into_iter().find_map(|it| {
            let named = self.string(word(it, 0)?)? == member.as_bytes();
            // The low 24 bits, where the structure has bit fields: the others are a field's width.
            named.then(|| word(it, 8).map(|bits| bits & 0x00ff_ffff))?
        })?;
        Some(bits / 8)
    }

    fn types(&self) -> impl Iterator<Item = Type<'a>> {
        let (mut at, mut id) = (0, 0);
        let (types, strings) = (self.types, self.strings);
        std::iter::from_fn(move || {
            let (name, info) = (word(types, at)?, word(types, at + 4)?);
            let (kind, count) = (info >> 24 & 0x1f, (info & 0xffff) as usize);
            let start = at + TYPE;
            at = start.checked_add(length_after(kind, count)?)?;
            id += 1;
            Some(Type {
                id,
                kind,
                name: string(strings, name)?,
                rest: types.get(start..at)?,
            })
        })
    }

    fn string(&self, offset: u32) -> Option<&'a [u8]> {
        string(self.strings, offset)
    }
}

/// How many bytes follow the head of a type; none for a kind that is not known.
fn length_after(kind: u32, count: usize) -> Option<usize> {
    Some(match kind {
        1 | 14 | 17 => 4,              // an integer, a variable, a declaration's tag
        3 => 12,                       // an array
        4 | 5 | 15 | 19 => 12 * count, // a structure, a union, a data section, an enum of 64 bits
        6 | 13 => 8 * count,           // an enum, the parameters of a function
        2 | 7..=12 | 16 | 18 => 0,
        _ => return None,
    })
}

fn string(strings: &[u8], offset: u32) -> Option<&[u8]> {
    let from = strings.get(offset as usize..)?;
    let end = from.iter().position(|byte| *byte == 0)?;
    Some(&from[..end])
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_ne_bytes(four.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_kernel_describes_its_functions_and_structures() {
        let Ok(bytes) = std::fs::read("/sys/kernel/btf/vmlinux") else {
            return; // not every kernel does; tests/counted.rs says so
        };
        let btf = Btf::parse(&bytes).unwrap();
        let found = btf.functions(&["no_such_function", "skb_copy_ubufs"]);
        assert_eq!(found[0], None);
        assert!(found[1].is_some());
        let [len, data_len] = ["len", "data_len"].map(|member| btf.offset("sk_buff", member));
        // include/linux/skbuff.h: unsigned int len, data_len;
        assert_eq!(len.unwrap() + 4, data_len.unwrap());
        assert_eq!(btf.offset("sk_buff", "no_such_member"), None);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            tail in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
            cut in 0u32..200,
        ) {
            let mut bytes = MAGIC.to_ne_bytes().to_vec();
            bytes.extend([1, 0]);
            for word in [24, 0, cut, cut / 2, cut] {
                bytes.extend(u32::to_ne_bytes(word));
            }
            bytes.extend(tail);
            if let Some(btf) = Btf::parse(&bytes) {
                btf.functions(&["a"]);
                btf.offset("a", "b");
            }
        }
    }
}
