//! `what` of a `lab` block: the experiments that are no single transfer, read from their TOML.

use crate::model::{
    CLAIMS, Cache, Contest, ERRORS, ExperimentSpec, Method, ProofPlan, ServePlan, Sink, Size,
    Sweep, TransferSpec,
};

use super::{
    block::{At, Block},
    fault::instead,
    report::Report,
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
pub(super) fn what(block: &mut Block, kind: &At<String>) -> Option<ExperimentSpec> {
    match kind.value.as_str() {
        "proof" => proof(block),
        "errors" => errors(block),
        "page-cache" => Some(ExperimentSpec::PageCache),
        "compare" => compare(block).map(ExperimentSpec::Compare),
        "watching" => Some(ExperimentSpec::Watching),
        "serve" => serve(block).map(ExperimentSpec::Serve),
        other => {
            unknown(
                block.report,
                kind.offset,
                "kind of experiment",
                other,
                &KINDS,
            );
            None
        }
    }
}

/// The commands that make an experiment without the screen.
pub fn commands(what: &ExperimentSpec) -> Vec<String> {
    match what {
        ExperimentSpec::Proof(plan) => {
            let methods = plan.methods.iter().map(|method| format!(" {method}"));
            let to = plan.to.iter().map(|to| format!(" --to {to}"));
            let size = match plan.size {
                ProofPlan::SIZE => String::new(),
                size => format!(" --size {}", size.typed()),
            };
            let options: String = methods.chain(to).chain([size]).collect();
            vec![format!("zclab prove{options}")]
        }
        ExperimentSpec::Errors(names) => names
            .iter()
            .map(|name| format!("zclab errors {name}"))
            .collect(),
        ExperimentSpec::PageCache => vec!["zclab page-cache".to_owned()],
        ExperimentSpec::Compare(Contest::Claim(name)) => {
            vec![format!("zclab compare --claim {name}")]
        }
        ExperimentSpec::Compare(Contest::Methods {
            methods,
            to,
            size,
            chunk,
            sweep,
        }) => {
            let methods: String = methods.iter().map(|method| format!(" {method}")).collect();
            let chunk = match sweep {
                Some(Sweep::Chunk) => String::new(),
                _ => format!(" --chunk {}", chunk.typed()),
            };
            let sweep = sweep.map_or(String::new(), |sweep| format!(" --sweep {}", sweep.name()));
            let size = size.typed();
            vec![format!(
                "zclab compare{methods} --to {to} --size {size}{chunk}{sweep}"
            )]
        }
        ExperimentSpec::Watching => vec!["zclab compare --claim cost-of-watching".to_owned()],
        ExperimentSpec::Serve(plan) => {
            vec![format!("zclab serve . --method {} --trace", plan.method)]
        }
    }
}

/// A word that is none of the known ones: what was meant, or what there is.
fn unknown(report: &Report, offset: usize, what: &str, word: &str, known: &[&str]) {
    let advice = instead(word, known.iter().copied(), || {
        format!("write one of {}", known.join(", "))
    });
    let article = if what.starts_with('e') { "an" } else { "a" };
    report.fault(offset, format!("'{word}' is not {article} {what}"), advice);
}

fn proof(block: &mut Block) -> Option<ExperimentSpec> {
    let methods = methods(block)?;
    let to = sink(block)?;
    let size = size(block, ProofPlan::SIZE, ProofPlan::MOST)?;
    for method in &methods {
        if let Some(to) = &to {
            fits(block.report, method, to)?;
        }
    }
    Some(ExperimentSpec::Proof(ProofPlan {
        methods: methods.into_iter().map(|method| method.value).collect(),
        to: to.map(|to| to.value).into_iter().collect(),
        size,
    }))
}

fn serve(block: &mut Block) -> Option<ServePlan> {
    if !block.need("method", "method = \"sendfile\"") {
        return None;
    }
    let method = block.word::<Method>("method")?;
    let size = size(block, ServePlan::SIZE, ServePlan::MOST)?;
    if !ServePlan::METHODS.contains(&method.value) {
        let known = ServePlan::METHODS.map(Method::name);
        block.report.fault(
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

fn errors(block: &mut Block) -> Option<ExperimentSpec> {
    block.need("names", "names = [\"sendfile-to-append\"]");
    let names = block.texts("names");
    let known = ERRORS.map(|(name, _)| name);
    let mut all_known = !names.is_empty();
    for name in &names {
        if !known.contains(&name.value.as_str()) {
            let advice = instead(&name.value, known, || "zclab errors lists them".to_owned());
            let what = format!("'{}' is not an error experiment", name.value);
            block.report.fault(name.offset, what, advice);
            all_known = false;
        }
    }
    let names = names.into_iter().map(|name| name.value).collect();
    all_known.then_some(ExperimentSpec::Errors(names))
}

fn compare(block: &mut Block) -> Option<Contest> {
    if block.has("claim") {
        let claim = block.text("claim")?;
        if !CLAIMS.iter().any(|(name, _)| *name == claim.value) {
            if claim.value == "cost-of-watching" {
                block.report.fault(
                    claim.offset,
                    "'cost-of-watching' compares no methods",
                    "write what = \"watching\" instead",
                );
            } else {
                let known = CLAIMS.map(|(name, _)| name);
                unknown(block.report, claim.offset, "claim", &claim.value, &known);
            }
            return None;
        }
        return Some(Contest::Claim(claim.value));
    }
    if !block.has("methods") {
        block.missing::<()>(
            "claim and no methods",
            "claim = \"two-to-three-times\", or methods = [\"read-write\", \"sendfile\"]",
        );
        return None;
    }
    let methods = methods(block)?;
    let to = sink(block)?;
    let size = size(block, Size(64 * Size::MIB), Size(u64::MAX))?;
    let chunk = match (block.has("chunk"), block.size("chunk")) {
        (true, chunk) => chunk?.value,
        (false, _) => TransferSpec::of(Method::ReadWrite).chunk,
    };
    let sweep = match block.text("sweep") {
        None => None,
        Some(word) => Some(sweep(block.report, &word)?),
    };
    if methods.len() < 2 {
        block.fault(
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
        fits(block.report, method, &to)?;
    }
    Some(Contest::Methods {
        methods: methods.into_iter().map(|method| method.value).collect(),
        to: to.value,
        size,
        chunk,
        sweep,
    })
}

fn sweep(report: &Report, word: &At<String>) -> Option<Sweep> {
    let found = Sweep::ALL
        .into_iter()
        .find(|sweep| sweep.name() == word.value);
    if found.is_none() {
        let known = Sweep::ALL.map(Sweep::name);
        unknown(report, word.offset, "sweep", &word.value, &known);
    }
    found
}

/// `methods`, each a known one, each once; empty where the key is missing.
fn methods(block: &mut Block) -> Option<Vec<At<Method>>> {
    let mut methods: Vec<At<Method>> = Vec::new();
    for name in block.texts("methods") {
        let known = Method::ALL.map(Method::name);
        let Ok(value) = name.value.parse::<Method>() else {
            unknown(block.report, name.offset, "method", &name.value, &known);
            return None;
        };
        if methods.iter().any(|other| other.value == value) {
            let what = format!("the method {value} stands here twice");
            block.report.fault(name.offset, what, "write it once");
            return None;
        }
        let offset = name.offset;
        methods.push(At { value, offset });
    }
    Some(methods)
}

/// `to`. The outer none: it is at fault; the inner one: it is not there.
fn sink(block: &mut Block) -> Option<Option<At<Sink>>> {
    match block.has("to") {
        true => block.word::<Sink>("to").map(Some),
        false => Some(None),
    }
}

fn size(block: &mut Block, usual: Size, most: Size) -> Option<Size> {
    if !block.has("size") {
        return Some(usual);
    }
    let size = block.size("size")?;
    if size.value.bytes() == 0 || size.value > most {
        let what = format!("{} cannot be tried", size.value.typed());
        let advice = match most {
            Size(u64::MAX) => "write 1 byte or more".to_owned(),
            most => format!("write a size from 1 byte to {}", most.typed()),
        };
        block.report.fault(size.offset, what, advice);
        return None;
    }
    Some(size.value)
}

/// The method writes to that sink.
fn fits(report: &Report, method: &At<Method>, to: &At<Sink>) -> Option<()> {
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

/// The keys of a transfer. The sink is the method's first where it is not named, the rest as `zclab run` has it.
pub(super) fn transfer(block: &mut Block) -> Option<TransferSpec> {
    let method = block.need_word::<Method>("method", "method = \"read-write\"");
    let had_sink = block.has("to");
    let sink = block.word::<Sink>("to");
    let sizes = ["size", "chunk"].map(|key| (block.has(key), block.size(key)));
    let cache = block.text("cache").map(|word| {
        let known = [Cache::Warm, Cache::Cold]
            .into_iter()
            .find(|cache| cache.name() == word.value);
        if known.is_none() {
            let what = format!("'{}' is not a state of the cache", word.value);
            block.report.fault(word.offset, what, "write warm or cold");
        }
        known
    });
    let mut spec = TransferSpec::of(method?.value);
    if had_sink {
        let sink = sink?;
        if !spec.method.sinks().contains(&sink.value) {
            let names: Vec<_> = spec.method.sinks().iter().map(|sink| sink.name()).collect();
            block.report.fault(
                sink.offset,
                format!("{} cannot write to {}", spec.method, sink.value),
                format!("write one of {}", names.join(", ")),
            );
        }
        spec.to = sink.value;
    }
    let [(had_size, size), (had_chunk, chunk)] = sizes;
    if had_size {
        spec.size = size?.value;
    }
    if had_chunk {
        let chunk = chunk?;
        if chunk.value.bytes() == 0 {
            block.report.fault(
                chunk.offset,
                "a chunk of 0 bytes moves nothing",
                "write 64KiB",
            );
        }
        spec.chunk = chunk.value;
    }
    match cache {
        Some(cache) => spec.cache = cache?,
        None => spec.cache = Cache::Warm,
    }
    Some(spec)
}
