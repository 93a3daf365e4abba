//! `what` of a `lab` block: the experiments that are no single transfer, read from their TOML.

use crate::model::{
    CLAIMS, Cache, Contest, ERRORS, ExperimentSpec, Method, PAGE_CACHE_STEPS, ProofPlan, ServePlan,
    Sink, Size, Sweep, TransferSpec,
};

use super::{
    block::{At, Block, values},
    fault::instead,
    report::Report,
};

pub(super) const KINDS: [&str; 8] = [
    "transfer",
    "proof",
    "errors",
    "page-cache",
    "compare",
    "watching",
    "serve",
    "race",
];

/// The keys of an experiment of that kind, which is not `transfer`. None where one of them is at fault, or where
/// there is no such kind; both are reported.
pub(super) fn what(block: &mut Block, kind: &At<String>) -> Option<ExperimentSpec> {
    match kind.value.as_str() {
        "proof" => proof(block),
        "errors" => errors(block),
        "page-cache" => page_cache(block),
        "compare" => compare(block).map(ExperimentSpec::Compare),
        "watching" => Some(ExperimentSpec::Watching),
        "serve" => serve(block).map(ExperimentSpec::Serve),
        "race" => race(block),
        _ => {
            unknown(block.report, kind, "kind of experiment", &KINDS);
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
        ExperimentSpec::PageCache(_) => vec!["zclab page-cache".to_owned()],
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
        ExperimentSpec::Race(specs) => race_commands(specs),
    }
}

fn race_commands([first, second]: &[TransferSpec; 2]) -> Vec<String> {
    let one = |spec: &TransferSpec, file: &str| {
        let usual = TransferSpec::of(spec.method);
        let option = |name: &str, is: Size, usual: Size| match is == usual {
            true => String::new(),
            false => format!(" --{name} {}", is.typed()),
        };
        let size = option("size", spec.size, usual.size);
        let chunk = option("chunk", spec.chunk, usual.chunk);
        let TransferSpec { method, to, .. } = spec;
        format!("zclab run {method} --to {to}{size}{chunk} --save {file}")
    };
    vec![
        one(first, "a.jsonl"),
        one(second, "b.jsonl"),
        "zclab replay a.jsonl b.jsonl".to_owned(),
    ]
}

/// A word that is none of the known ones: what was meant, or what there is.
fn unknown(report: &Report, word: &At<String>, what: &str, known: &[&str]) {
    let advice = instead(&word.value, known.iter().copied(), || {
        format!("write one of {}", known.join(", "))
    });
    report.fault(
        word.offset,
        format!("'{}' is not a {what}", word.value),
        advice,
    );
}

fn proof(block: &mut Block) -> Option<ExperimentSpec> {
    let methods = methods(block)?;
    let to = block.optional("to", Block::word::<Sink>)?;
    let size = size(block, ProofPlan::SIZE, ProofPlan::MOST)?;
    if let Some(to) = &to {
        fits(block.report, &methods, to)?;
    }
    Some(ExperimentSpec::Proof(ProofPlan {
        methods: values(methods),
        to: to.map(|to| to.value).into_iter().collect(),
        size,
    }))
}

fn serve(block: &mut Block) -> Option<ServePlan> {
    let method = block.need_word::<Method>("method", "method = \"sendfile\"")?;
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

fn race(block: &mut Block) -> Option<ExperimentSpec> {
    block.need("methods", "methods = [\"read-write\", \"sendfile\"]");
    let methods = methods(block)?;
    let to = block.optional("to", Block::word::<Sink>)?;
    let usual = TransferSpec::of(Method::ReadWrite);
    let size = size(block, usual.size, ServePlan::MOST)?;
    let chunk = block.optional("chunk", Block::size)?;
    let chunk = chunk.map_or(usual.chunk, |chunk| chunk.value);
    let [first, second] = &methods[..] else {
        block.fault("not two methods", "name the two that race");
        return None;
    };
    let to = to.unwrap_or(At {
        value: first.value.sinks()[0],
        offset: first.offset,
    });
    fits(block.report, &methods, &to)?;
    let specs = [first, second].map(|method| TransferSpec {
        to: to.value,
        size,
        chunk,
        ..TransferSpec::of(method.value)
    });
    Some(ExperimentSpec::Race(Box::new(specs)))
}

fn errors(block: &mut Block) -> Option<ExperimentSpec> {
    block.need("names", "names = [\"sendfile-to-append\"]");
    let names = block.texts("names");
    let known = ERRORS.map(|(name, _)| name);
    let before = block.report.faults();
    let is_known = |name: &&At<String>| known.contains(&name.value.as_str());
    for name in names.iter().filter(|name| !is_known(name)) {
        let advice = instead(&name.value, known, || "zclab errors lists them".to_owned());
        let what = format!("'{}' is not an error experiment", name.value);
        block.report.fault(name.offset, what, advice);
    }
    let understood = !names.is_empty() && block.report.faults() == before;
    understood.then(|| ExperimentSpec::Errors(values(names)))
}

/// `steps` may be left out: then all are shown.
fn page_cache(block: &mut Block) -> Option<ExperimentSpec> {
    let steps = block.texts("steps");
    let before = block.report.faults();
    let is_known = |step: &&At<String>| PAGE_CACHE_STEPS.contains(&step.value.as_str());
    for step in steps.iter().filter(|step| !is_known(step)) {
        unknown(
            block.report,
            step,
            "step of the page cache",
            &PAGE_CACHE_STEPS,
        );
    }
    let understood = block.report.faults() == before;
    understood.then(|| ExperimentSpec::PageCache(values(steps)))
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
                unknown(block.report, &claim, "claim", &known);
            }
            return None;
        }
        return Some(Contest::Claim(claim.value));
    }
    if !block.has("methods") {
        let example = "claim = \"two-to-three-times\", or methods = [\"read-write\", \"sendfile\"]";
        return block.missing("claim and no methods", example);
    }
    let methods = methods(block)?;
    let to = block.optional("to", Block::word::<Sink>)?;
    let size = size(block, Size(64 * Size::MIB), Size(u64::MAX))?;
    let chunk = block.optional("chunk", Block::size)?;
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
    fits(block.report, &methods, &to)?;
    Some(Contest::Methods {
        methods: values(methods),
        to: to.value,
        size,
        chunk: chunk.map_or(TransferSpec::of(Method::ReadWrite).chunk, |chunk| {
            chunk.value
        }),
        sweep,
    })
}

fn sweep(report: &Report, word: &At<String>) -> Option<Sweep> {
    let mut all = Sweep::ALL.into_iter();
    let found = all.find(|sweep| sweep.name() == word.value);
    if found.is_none() {
        unknown(report, word, "sweep", &Sweep::ALL.map(Sweep::name));
    }
    found
}

/// `methods`, each a known one, each once; empty where the key is missing.
fn methods(block: &mut Block) -> Option<Vec<At<Method>>> {
    let mut methods: Vec<At<Method>> = Vec::new();
    for name in block.texts("methods") {
        let known = Method::ALL.map(Method::name);
        let Ok(value) = name.value.parse::<Method>() else {
            unknown(block.report, &name, "method", &known);
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

fn size(block: &mut Block, usual: Size, most: Size) -> Option<Size> {
    let Some(size) = block.optional("size", Block::size)? else {
        return Some(usual);
    };
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

/// The methods write to that sink; the first that does not is reported.
fn fits(report: &Report, methods: &[At<Method>], to: &At<Sink>) -> Option<()> {
    let mut methods = methods.iter().map(|method| method.value);
    let Some(method) = methods.find(|method| !method.sinks().contains(&to.value)) else {
        return Some(());
    };
    let names: Vec<_> = method.sinks().iter().map(|sink| sink.name()).collect();
    report.fault(
        to.offset,
        format!("{method} cannot write to {}", to.value),
        format!("write one of {}", names.join(", ")),
    );
    None
}

/// The keys of a transfer. The sink is the method's first where it is not named, the rest as `zclab run` has it.
pub(super) fn transfer(block: &mut Block) -> Option<TransferSpec> {
    let method = block.need_word::<Method>("method", "method = \"read-write\"");
    let sink = block.optional("to", Block::word::<Sink>);
    let [size, chunk] = ["size", "chunk"].map(|key| block.optional(key, Block::size));
    let cache = block.text("cache").map(|word| {
        let mut known = [Cache::Warm, Cache::Cold].into_iter();
        let known = known.find(|cache| cache.name() == word.value);
        if known.is_none() {
            let what = format!("'{}' is not a state of the cache", word.value);
            block.report.fault(word.offset, what, "write warm or cold");
        }
        known
    });
    let method = method?;
    let mut spec = TransferSpec::of(method.value);
    if let Some(sink) = sink? {
        fits(block.report, &[method], &sink);
        spec.to = sink.value;
    }
    if let Some(size) = size? {
        spec.size = size.value;
    }
    if let Some(chunk) = chunk? {
        if chunk.value.bytes() == 0 {
            block.report.fault(
                chunk.offset,
                "a chunk of 0 bytes moves nothing",
                "write 64KiB",
            );
        }
        spec.chunk = chunk.value;
    }
    spec.cache = cache.unwrap_or(Some(Cache::Warm))?;
    Some(spec)
}
