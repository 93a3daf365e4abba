//! Flows as people see them: those that differ in the connection alone are one story, "8 connections".

use std::{cmp::Reverse, collections::HashMap};

use super::{
    advice::{Advice, advice},
    context::Context,
};
use crate::model::{End, EndKind, Flow, Hop, SharedCalls};

/// Flows that went the same way between the same ends, but for the other side of their connections.
#[derive(Clone, Debug)]
pub struct Group {
    /// All of them added up. A call that moved bytes of several is counted once.
    pub flow: Flow,
    /// Which they are, in the order of the flows.
    pub members: Vec<u32>,
    /// What would save what.
    pub advice: Advice,
}

/// What the flows of a group have in common.
#[derive(PartialEq, Eq, Hash)]
struct Story<'a> {
    from: Family<'a>,
    to: Family<'a>,
    transformed: bool,
    programs: &'a [String],
    /// Without their bytes.
    hops: Vec<Hop>,
}

/// An end without the address that is another one in each connection.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Family<'a> {
    One(&'a End),
    /// The bytes go from this address to many.
    To(EndKind, &'a str),
    /// The bytes come to this address from many.
    From(EndKind, &'a str),
}

/// The groups, the largest first; with the calls that moved bytes of several flows.
pub fn groups(flows: &[Flow], shared: &[SharedCalls]) -> Vec<Group> {
    let often = addresses(flows);
    let mut stories: HashMap<Story, Vec<u32>> = HashMap::new();
    for (flow, number) in flows.iter().zip(0..) {
        let members = stories.entry(story(flow, &often)).or_default();
        members.push(number);
    }
    let context = Context::of(flows);
    let stories: Vec<(Story, Vec<u32>)> = stories.into_iter().collect();
    let again = counted_again(&stories, shared);
    let groups = stories.into_iter().zip(again);
    let groups = groups.map(|((story, members), again)| {
        let flow = added_up(flows, &members, &story, &again);
        Group {
            advice: advice(&flow, members.len() as u64, &context),
            flow,
            members,
        }
    });
    let mut groups: Vec<Group> = groups.collect();
    groups.sort_by_key(|group| (Reverse(group.flow.bytes), group.members[0]));
    groups
}

/// The verdict on each flow.
pub fn verdicts(flows: &[Flow]) -> Vec<Advice> {
    let context = Context::of(flows);
    flows.iter().map(|flow| advice(flow, 1, &context)).collect()
}

/// How many ends of flows have an address: a server's has many.
fn addresses(flows: &[Flow]) -> HashMap<&str, u32> {
    let mut often = HashMap::new();
    let ends = flows.iter().flat_map(|flow| [&flow.from, &flow.to]);
    for address in ends.filter_map(sides).flat_map(<[&str; 2]>::from) {
        *often.entry(address).or_default() += 1;
    }
    often
}

/// The two addresses of a connection.
fn sides(end: &End) -> Option<(&str, &str)> {
    let is_connection = matches!(end.kind, EndKind::Tcp | EndKind::Udp);
    end.name.split_once(" > ").filter(|_| is_connection)
}

fn story<'a>(flow: &'a Flow, often: &HashMap<&str, u32>) -> Story<'a> {
    let family = |end: &'a End| {
        let Some((left, right)) = sides(end) else {
            return Family::One(end);
        };
        match often[left].cmp(&often[right]) {
            std::cmp::Ordering::Greater => Family::To(end.kind, left),
            std::cmp::Ordering::Less => Family::From(end.kind, right),
            std::cmp::Ordering::Equal => Family::One(end),
        }
    };
    let hops = flow.copy_path.iter().map(|hop| Hop {
        bytes: 0,
        ..hop.clone()
    });
    Story {
        from: family(&flow.from),
        to: family(&flow.to),
        transformed: flow.transformed,
        programs: &flow.programs,
        hops: hops.collect(),
    }
}

/// Of each story, the calls that more than one of its members has counted: how often too often, by name.
fn counted_again<'a>(
    stories: &[(Story, Vec<u32>)],
    shared: &'a [SharedCalls],
) -> Vec<HashMap<&'a str, u64>> {
    let members = stories.iter().zip(0..);
    let story_of: HashMap<u32, usize> = members
        .flat_map(|((_, members), story)| members.iter().map(move |member| (*member, story)))
        .collect();
    let mut again = vec![HashMap::new(); stories.len()];
    for shared in shared {
        let mut seen = Vec::new();
        for story in shared.flows.iter().filter_map(|flow| story_of.get(flow)) {
            match seen.contains(story) {
                true => *again[*story].entry(shared.call.as_str()).or_default() += shared.calls,
                false => seen.push(*story),
            }
        }
    }
    again
}

fn added_up(
    flows: &[Flow],
    members: &[u32],
    story: &Story,
    counted_again: &HashMap<&str, u64>,
) -> Flow {
    let mut all = members.iter().map(|member| &flows[*member as usize]);
    let mut flow = all.next().cloned().expect("a group has a flow");
    let ends = [&mut flow.from, &mut flow.to];
    let families = [(story.from, 0), (story.to, 1)];
    for (end, (family, which)) in ends.into_iter().zip(families) {
        let mut names: Vec<&str> = members
            .iter()
            .map(|member| &flows[*member as usize])
            .map(|flow| [&flow.from, &flow.to][which].name.as_str())
            .collect();
        names.sort_unstable();
        names.dedup();
        // `*` stands for those that are not told apart.
        let many = match names.iter().any(|name| name.contains('*')) {
            true => format!("{}+", names.len() - 1),
            false => names.len().to_string(),
        };
        end.name = match (names.len(), family) {
            (1, _) | (_, Family::One(_)) => continue,
            (_, Family::To(_, address)) => format!("{address} > {many} connections"),
            (_, Family::From(_, address)) => format!("{many} connections > {address}"),
        };
    }
    for more in all {
        for fallback in &more.fallbacks {
            if !flow.fallbacks.contains(fallback) {
                flow.fallbacks.push(fallback.clone());
            }
        }
        for (known, other) in flow.traits.iter_mut().zip(more.traits) {
            *known = known.and(other);
        }
        flow.bytes += more.bytes;
        flow.calls += more.calls;
        for (name, calls) in &more.calls_by_name {
            *flow.calls_by_name.entry(name.clone()).or_default() += calls;
        }
        for (hop, added) in flow.copy_path.iter_mut().zip(&more.copy_path) {
            hop.bytes += added.bytes;
        }
    }
    for (name, again) in counted_again {
        flow.calls = flow.calls.saturating_sub(*again);
        if let Some(calls) = flow.calls_by_name.get_mut(*name) {
            *calls = calls.saturating_sub(*again);
        }
    }
    flow
}
