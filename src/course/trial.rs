//! `what` of a `lab` block: the experiments that are no single transfer, read from their TOML.

use crate::model::{
    CLAIMS, Contest, ERRORS, ExperimentSpec, Method, ProofPlan, ServePlan, Sink, Size, Sweep,
    TransferSpec,
};

use super::{
    block::{At, Block},
    fault::{Reporter, nearest},
};

/// What a `lab` may be.
pub(super) const KINDS: [&str; 7] = [
    "transfer",
    "proof",
    "errors",
    "page-cache",
    "compare",
    "watching",
    "serve",
];

/// The keys of an experiment of that kind, which is not `transfer`. None where one of them is at fault, or where
/// there is no such kind; both are reported.
pub(super) fn what(
    block: &mut Block,
    report: &mut Reporter,
    kind: &At<String>,
) -> Option<ExperimentSpec> {
    match kind.value.as_str() {
        "proof" => proof(block, report),
        "errors" => errors(block, report),
        "page-cache" => Some(ExperimentSpec::PageCache),
        "compare" => compare(block, report).map(ExperimentSpec::Compare),
        "watching" => Some(ExperimentSpec::Watching),
        "serve" => serve(block, report).map(ExperimentSpec::Serve),
        other => {
            unknown(report, kind.offset, "kind of experiment", other, &KINDS);
            None
        }
    }
}

/// A word that is none of the known ones: what was meant, or what there is.
fn unknown(report: &mut Reporter, offset: usize, what: &str, word: &str, known: &[&str]) {
    let advice = match nearest(word, known.iter().copied()) {
        Some(meant) => format!("did you mean {meant}?"),
        None => format!("write one of {}", known.join(", ")),
    };
    let article = if what.starts_with('e') { "an" } else { "a" };
    report.fault(offset, format!("'{word}' is not {article} {what}"), advice);
}

fn proof(block: &mut Block, report: &mut Reporter) -> Option<ExperimentSpec> {
    let methods = methods(block, report)?;
    let to = sink(block, report)?;
    let size = size(block, report, ProofPlan::SIZE, ProofPlan::MOST)?;
    for method in &methods {
        if let Some(to) = &to {
            fits(report, method, to)?;
        }
    }
    Some(ExperimentSpec::Proof(ProofPlan {
        methods: methods.into_iter().map(|method| method.value).collect(),
        to: to.map(|to| to.value).into_iter().collect(),
        size,
    }))
}

fn serve(block: &mut Block, report: &mut Reporter) -> Option<ServePlan> {
    if !block.has("method") {
        block.missing::<()>(report, "method", "method = \"sendfile\"");
        return None;
    }
    let method = block.word::<Method>(report, "method")?;
    let size = size(block, report, ServePlan::SIZE, ServePlan::MOST)?;
    if !ServePlan::METHODS.contains(&method.value) {
        let known = ServePlan::METHODS.map(Method::name);
        report.fault(
            method.offset,
            format!("the server does not know {}", method.value),
            format!("write one of {}", known.join(", ")),
        );
        return None;
    }
    Some(ServePlan {
        method: method.value,
        size,
    })
}

fn errors(block: &mut Block, report: &mut Reporter) -> Option<ExperimentSpec> {
    if !block.has("names") {
        block.missing::<()>(report, "names", "names = [\"sendfile-to-append\"]");
    }
    let names = block.texts(report, "names");
    let known = ERRORS.map(|(name, _)| name);
    let mut all_known = !names.is_empty();
    for name in &names {
        if !known.contains(&name.value.as_str()) {
            let advice = match nearest(&name.value, known) {
                Some(meant) => format!("did you mean {meant}?"),
                None => "zclab errors lists them".to_owned(),
            };
            let what = format!("'{}' is not an error experiment", name.value);
            report.fault(name.offset, what, advice);
            all_known = false;
        }
    }
    let names = names.into_iter().map(|name| name.value).collect();
    all_known.then_some(ExperimentSpec::Errors(names))
}

fn compare(block: &mut Block, report: &mut Reporter) -> Option<Contest> {
    if block.has("claim") {
        let claim = block.text(report, "claim")?;
        if !CLAIMS.iter().any(|(name, _)| *name == claim.value) {
            if claim.value == "cost-of-watching" {
                report.fault(
                    claim.offset,
                    "'cost-of-watching' compares no methods",
                    "write what = \"watching\" instead",
                );
            } else {
                let known = CLAIMS.map(|(name, _)| name);
                unknown(report, claim.offset, "claim", &claim.value, &known);
            }
            return None;
        }
        return Some(Contest::Claim(claim.value));
    }
    if !block.has("methods") {
        block.missing::<()>(
            report,
            "claim and no methods",
            "claim = \"two-to-three-times\", or methods = [\"read-write\", \"sendfile\"]",
        );
        return None;
    }
    let methods = methods(block, report)?;
    let to = sink(block, report)?;
    let size = size(block, report, Size(64 * Size::MIB), Size(u64::MAX))?;
    let chunk = match (block.has("chunk"), block.size(report, "chunk")) {
        (true, chunk) => chunk?.value,
        (false, _) => TransferSpec::of(Method::ReadWrite).chunk,
    };
    let sweep = match block.text(report, "sweep") {
        None => None,
        Some(word) => Some(sweep(report, &word)?),
    };
    if methods.len() < 2 {
        report.fault(
            block.offset,
            "fewer than two methods",
            "name those that are to be compared",
        );
        return None;
    }
    let to = to.unwrap_or(At {
        value: methods[0].value.sinks()[0],
        offset: methods[0].offset,
    });
    for method in &methods {
        fits(report, method, &to)?;
    }
    Some(Contest::Methods {
        methods: methods.into_iter().map(|method| method.value).collect(),
        to: to.value,
        size,
        chunk,
        sweep,
    })
}

fn sweep(report: &mut Reporter, word: &At<String>) -> Option<Sweep> {
    let found = [Sweep::Chunk, Sweep::Size]
        .into_iter()
        .find(|sweep| sweep.name() == word.value);
    if found.is_none() {
        unknown(
            report,
            word.offset,
            "sweep",
            &word.value,
            &["chunk", "size"],
        );
    }
    found
}

/// `methods`, each a known one, each once; empty where the key is missing.
fn methods(block: &mut Block, report: &mut Reporter) -> Option<Vec<At<Method>>> {
    let mut methods: Vec<At<Method>> = Vec::new();
    for name in block.texts(report, "methods") {
        let known = Method::ALL.map(Method::name);
        let Ok(value) = name.value.parse::<Method>() else {
            unknown(report, name.offset, "method", &name.value, &known);
            return None;
        };
        if methods.iter().any(|other| other.value == value) {
            let what = format!("the method {value} stands here twice");
            report.fault(name.offset, what, "write it once");
            return None;
        }
        let offset = name.offset;
        methods.push(At { value, offset });
    }
    Some(methods)
}

/// `to`. The outer none: it is at fault; the inner one: it is not there.
fn sink(block: &mut Block, report: &mut Reporter) -> Option<Option<At<Sink>>> {
    match block.has("to") {
        true => block.word::<Sink>(report, "to").map(Some),
        false => Some(None),
    }
}

fn size(block: &mut Block, report: &mut Reporter, usual: Size, most: Size) -> Option<Size> {
    if !block.has("size") {
        return Some(usual);
    }
    let size = block.size(report, "size")?;
    if size.value.bytes() == 0 || size.value > most {
        let what = format!("{} cannot be tried", size.value.typed());
        let advice = match most {
            Size(u64::MAX) => "write 1 byte or more".to_owned(),
            most => format!("write a size from 1 byte to {}", most.typed()),
        };
        report.fault(size.offset, what, advice);
        return None;
    }
    Some(size.value)
}

/// The method writes to that sink.
fn fits(report: &mut Reporter, method: &At<Method>, to: &At<Sink>) -> Option<()> {
    let sinks = method.value.sinks();
    if sinks.contains(&to.value) {
        return Some(());
    }
    let names: Vec<_> = sinks.iter().map(|sink| sink.name()).collect();
    report.fault(
        to.offset,
        format!("{} cannot write to {}", method.value, to.value),
        format!("write one of {}", names.join(", ")),
    );
    None
}
