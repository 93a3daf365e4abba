//! What other flows say of a flow: whether its program looks at the bytes, whether it does nothing but copy a file.

use std::collections::HashMap;

use crate::model::{End, EndKind, Flow};

/// Programs that pass on what they read, as their manual pages say, unless they are told otherwise.
const COPIERS: [&str; 3] = ["cat", "dd", "pv"];

/// Bytes of flows, by the program and an end.
type Bytes<'a> = HashMap<(&'a str, &'a End), u64>;

#[derive(Default)]
pub(super) struct Context<'a> {
    /// What a program has of a source, and did not pass on as it was.
    kept: Bytes<'a>,
    /// What it brought to a sink, and had not read as it is.
    own: Bytes<'a>,
    /// What stands at the beginning of pipelines, by their first program.
    piped: HashMap<&'a str, Vec<&'a End>>,
}

impl<'a> Context<'a> {
    pub fn of(flows: &'a [Flow]) -> Context<'a> {
        let mut context = Context::default();
        for flow in flows {
            let program = flow.programs.last().map_or("", String::as_str);
            if flow.to.kind == EndKind::Memory || flow.transformed {
                *context.kept.entry((program, &flow.from)).or_default() += flow.bytes;
            }
            let is_own = matches!(flow.from.kind, EndKind::Memory | EndKind::Unknown);
            if is_own || flow.transformed {
                *context.own.entry((program, &flow.to)).or_default() += flow.bytes;
            }
            if flow.programs.len() > 1 || flow.to.kind == EndKind::Pipe {
                let ends = context.piped.entry(&flow.programs[0]).or_default();
                if !ends.contains(&&flow.from) {
                    ends.push(&flow.from);
                }
            }
        }
        context
    }

    /// Whether a program that passes a flow on has chosen among the bytes that it read, or put others between them. Of a
    /// connection it does both anyway, with the heads of its protocol.
    pub fn has_looked(&self, flow: &Flow) -> bool {
        let program = flow.programs.last().map_or("", String::as_str);
        let much =
            |bytes: &Bytes, end| bytes.get(&(program, end)).copied().unwrap_or(0) > flow.bytes / 10;
        let is_stored = |end: &End| matches!(end.kind, EndKind::File | EndKind::Pipe);
        (is_stored(&flow.from) && much(&self.kept, &flow.from))
            || (is_stored(&flow.to) && much(&self.own, &flow.to))
    }

    /// Whether a program puts nothing into its pipes but what this end holds.
    pub fn only_copies(&self, program: &str, end: &End) -> bool {
        COPIERS.contains(&program)
            && self
                .piped
                .get(program)
                .is_some_and(|ends| ends[..] == [end])
    }
}
