//! The interactive blocks of a page: `figure`, `lab`, `predict`, `quiz`, read from their TOML.

use crate::model::{
    Cache, Lab, Method, Predict, Question, QuestionKind, QuestionOption, Reaction, Sink,
    TransferSpec, WrongNumber,
};

use super::{
    block::{At, Block},
    fault::Reporter,
    parse::Found,
    room::Piece,
};

/// The names of the blocks that are no prose.
pub(super) const BLOCKS: [&str; 4] = ["figure", "lab", "predict", "quiz"];

/// Reads a `figure` block: the figure's name.
pub(super) fn figure(mut block: Block, report: &mut Reporter, found: &mut Found) -> Option<String> {
    let name = block.need_text(report, "name");
    block.finish(report);
    let name = name?;
    found.figure(report, &name);
    Some(name.value)
}

/// Reads a `lab` block.
pub(super) fn lab(mut block: Block, report: &mut Reporter, found: &mut Found) -> Option<Lab> {
    let id = block.need_id(report, "id");
    let spec = spec(&mut block, report);
    block.finish(report);
    let id = id?;
    found.id(report, &id);
    Some(Lab {
        id: id.value,
        spec: spec?,
        predict: None,
    })
}

/// The keys of a transfer. The sink is the method's first where it is not named, the rest as `zclab run` has it.
fn spec(block: &mut Block, report: &mut Reporter) -> Option<TransferSpec> {
    let method = block.need_word::<Method>(report, "method", "method = \"read-write\"");
    let had_sink = block.has("to");
    let sink = block.word::<Sink>(report, "to");
    let sizes = ["size", "chunk"].map(|key| (block.has(key), block.size(report, key)));
    let cache = block.text(report, "cache").map(|word| {
        let known = [Cache::Warm, Cache::Cold]
            .into_iter()
            .find(|cache| cache.name() == word.value);
        if known.is_none() {
            let what = format!("'{}' is not a state of the cache", word.value);
            report.fault(word.offset, what, "write warm or cold");
        }
        known
    });
    let mut spec = TransferSpec::of(method?.value);
    if had_sink {
        let sink = sink?;
        if !spec.method.sinks().contains(&sink.value) {
            let names: Vec<_> = spec.method.sinks().iter().map(|sink| sink.name()).collect();
            report.fault(
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
            report.fault(
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

/// Reads a `predict` block.
pub(super) fn predict(
    mut block: Block,
    report: &mut Reporter,
    found: &mut Found,
) -> Option<Predict> {
    let id = block.need_id(report, "id");
    let objective = objective(&mut block, report, found);
    let text = block.need_text(report, "text");
    let query = block.need_word(report, "query", "query = \"syscalls\"");
    let unit = block.need_text(report, "unit");
    let scale = scale(&mut block, report);
    let tolerance = tolerance(&mut block, report);
    let hints = hints(&mut block, report, found);
    let explain = explain(&mut block, report, found);
    let wrong = wrong_numbers(&mut block, report, found);
    block.finish(report);
    found.id(report, id.as_ref()?);
    found.piece(report, Piece::Text, text.as_ref()?);
    Some(Predict {
        id: id?.value,
        objective,
        text: text?.value,
        query: query?.value,
        unit: unit?.value,
        scale: scale?,
        tolerance,
        hints,
        explain: explain?,
        wrong: wrong
            .into_iter()
            .map(|wrong| wrong.value)
            .collect::<Vec<_>>(),
    })
}

/// `scale = [low, high]`.
fn scale(block: &mut Block, report: &mut Reporter) -> Option<(f64, f64)> {
    if !block.has("scale") {
        block.missing::<()>(report, "scale", "scale = [0, 64]");
    }
    let scale = block.numbers(report, "scale")?;
    match scale.value[..] {
        [low, high] if low < high => Some((low, high)),
        _ => {
            report.fault(
                scale.offset,
                "the scale has not two ends that rise",
                "write scale = [0, 64]",
            );
            None
        }
    }
}

/// `hints`, in steps.
fn hints(block: &mut Block, report: &mut Reporter, found: &mut Found) -> Vec<String> {
    let hints = block.texts(report, "hints");
    for hint in &hints {
        found.piece(report, Piece::Hint, hint);
    }
    values(hints)
}

fn explain(block: &mut Block, report: &mut Reporter, found: &mut Found) -> Option<String> {
    let explain = block.need_text(report, "explain")?;
    found.piece(report, Piece::Explain, &explain);
    Some(explain.value)
}

/// `tolerance`: 0 where it is not there.
fn tolerance(block: &mut Block, report: &mut Reporter) -> f64 {
    let Some(tolerance) = block.number(report, "tolerance") else {
        return 0.0;
    };
    if tolerance.value < 0.0 {
        report.fault(
            tolerance.offset,
            "the tolerance is negative",
            "write 0 or more: how far off is still right",
        );
    }
    tolerance.value.max(0.0)
}

/// Reads a `quiz` block, which stands on `line` of the file.
pub(super) fn question(
    mut block: Block,
    report: &mut Reporter,
    found: &mut Found,
    line: usize,
) -> Option<Question> {
    let id = block.need_id(report, "id");
    let word = block.need_text(report, "kind");
    let objective = objective(&mut block, report, found);
    let text = block.need_text(report, "text");
    let hints = hints(&mut block, report, found);
    let explain = explain(&mut block, report, found);
    let kind = kind(&mut block, report, found, word.as_ref());
    // Where the kind is unknown nobody knows which keys belong, so none is called unknown.
    if word.is_some_and(|word| KINDS.contains(&word.value.as_str())) {
        block.finish(report);
    }
    found.id(report, id.as_ref()?);
    found.piece(report, Piece::Text, text.as_ref()?);
    Some(Question {
        id: id?.value,
        objective,
        text: text?.value,
        kind: kind?,
        hints,
        explain: explain?,
        line,
    })
}

const KINDS: [&str; 4] = ["choice", "multi", "number", "order"];

fn kind(
    block: &mut Block,
    report: &mut Reporter,
    found: &mut Found,
    word: Option<&At<String>>,
) -> Option<QuestionKind> {
    let word = word?;
    match word.value.as_str() {
        "choice" => choice(block, report, found).map(QuestionKind::Choice),
        "multi" => multi(block, report, found).map(QuestionKind::Multi),
        "number" => number(block, report, found),
        "order" => order(block, report, found),
        other => {
            report.fault(
                word.offset,
                format!("'{other}' is not a kind of question"),
                format!("write one of {}", KINDS.join(", ")),
            );
            None
        }
    }
}

fn objective(block: &mut Block, report: &mut Reporter, found: &mut Found) -> Option<String> {
    let objective = block.text(report, "objective")?;
    found.serve(&objective);
    Some(objective.value)
}

/// The options, each with its offset; none where there are fewer than two, which is reported.
fn options(
    block: &mut Block,
    report: &mut Reporter,
    found: &mut Found,
) -> Option<Vec<At<QuestionOption>>> {
    let had = block.has("options");
    let options: Vec<_> = block
        .tables(report, "options", "option")
        .into_iter()
        .filter_map(|option| {
            let offset = option.offset;
            let value = read_option(option, report, found)?;
            Some(At { value, offset })
        })
        .collect();
    if !had {
        block.missing::<()>(
            report,
            "options",
            "options = [ { text = \"...\", right = true }, ... ]",
        );
        return None;
    }
    if options.len() < 2 {
        report.fault(
            block.offset,
            "the question has fewer than two options",
            "add options",
        );
        return None;
    }
    // Letters name them: a to z.
    if options.len() > 26 {
        report.fault(
            block.offset,
            "the question has more than 26 options",
            "take some out",
        );
        return None;
    }
    Some(options)
}

fn read_option(
    mut block: Block,
    report: &mut Reporter,
    found: &mut Found,
) -> Option<QuestionOption> {
    let text = block.need_text(report, "text");
    let right = block.switch(report, "right");
    let reaction = reaction(&mut block, report, found);
    block.finish(report);
    let text = text?;
    found.piece(report, Piece::Option, &text);
    Some(QuestionOption {
        text: text.value,
        right,
        reaction: reaction?,
    })
}

fn choice(
    block: &mut Block,
    report: &mut Reporter,
    found: &mut Found,
) -> Option<Vec<QuestionOption>> {
    let options = options(block, report, found)?;
    let right: Vec<_> = options.iter().filter(|option| option.value.right).collect();
    match right[..] {
        [] => report.fault(
            block.offset,
            "the question has no right option",
            "mark one with right = true",
        ),
        [_] => {}
        [_, second, ..] => report.fault(
            second.offset,
            "a second option is right",
            "leave one right, or write kind = \"multi\"",
        ),
    }
    for option in options.iter().filter(|option| !option.value.right) {
        need_reaction(report, option.offset, &option.value.reaction, "the option");
    }
    Some(values(options))
}

fn multi(
    block: &mut Block,
    report: &mut Reporter,
    found: &mut Found,
) -> Option<Vec<QuestionOption>> {
    let options = options(block, report, found)?;
    if !options.iter().any(|option| option.value.right) {
        report.fault(
            block.offset,
            "the question has no right option",
            "mark each right one with right = true",
        );
    }
    for option in options.iter().filter(|option| !option.value.right) {
        need_reaction(report, option.offset, &option.value.reaction, "the option");
    }
    Some(values(options))
}

/// `misconception` and `feedback`, both empty where neither is there; one without the other is a fault.
fn reaction(block: &mut Block, report: &mut Reporter, found: &mut Found) -> Option<Reaction> {
    let misconception = block.text(report, "misconception");
    let feedback = block.text(report, "feedback");
    let offset = feedback.as_ref().map(|feedback| feedback.offset);
    let reaction = Reaction {
        misconception: misconception.map(|text| text.value).unwrap_or_default(),
        feedback: feedback.map(|text| text.value).unwrap_or_default(),
    };
    if let Some(offset) = offset.filter(|_| !reaction.misconception.is_empty()) {
        let value = reaction.markdown();
        found.piece(report, Piece::Reaction, &At { value, offset });
    }
    Some(reaction)
}

/// A wrong answer must name its misconception and answer it.
fn need_reaction(report: &mut Reporter, offset: usize, reaction: &Reaction, name: &str) {
    for (key, text) in [
        ("misconception", &reaction.misconception),
        ("feedback", &reaction.feedback),
    ] {
        if text.is_empty() {
            report.fault(
                offset,
                format!("{name} is wrong and has no {key}"),
                format!("add {key} = \"...\""),
            );
        }
    }
}

/// `wrong = [ { answer, misconception, feedback } ]`.
fn wrong_numbers(
    block: &mut Block,
    report: &mut Reporter,
    found: &mut Found,
) -> Vec<At<WrongNumber>> {
    let mut numbers = Vec::new();
    for mut wrong in block.tables(report, "wrong", "wrong number") {
        let offset = wrong.offset;
        if !wrong.has("answer") {
            wrong.missing::<()>(report, "answer", "answer = 33");
        }
        let answer = wrong.number(report, "answer");
        let reaction = reaction(&mut wrong, report, found);
        wrong.finish(report);
        if let (Some(answer), Some(reaction)) = (answer, reaction) {
            need_reaction(report, offset, &reaction, "the number");
            let value = WrongNumber {
                answer: answer.value,
                reaction,
            };
            numbers.push(At { value, offset });
        }
    }
    numbers
}

/// `otherwise = { misconception, feedback }`, which every question needs that can be answered wrongly in
/// more ways than it lists.
fn otherwise(block: &mut Block, report: &mut Reporter, found: &mut Found) -> Reaction {
    if !block.has("otherwise") {
        block.missing::<()>(
            report,
            "otherwise",
            "otherwise = { misconception = \"...\", feedback = \"...\" }",
        );
    }
    let Some(mut table) = block.table(report, "otherwise", "otherwise") else {
        return Reaction::default();
    };
    let offset = table.offset;
    let reaction = reaction(&mut table, report, found).unwrap_or_default();
    table.finish(report);
    need_reaction(report, offset, &reaction, "any other answer");
    reaction
}

fn number(block: &mut Block, report: &mut Reporter, found: &mut Found) -> Option<QuestionKind> {
    let (had_answer, had_run) = (block.has("answer"), block.has("run"));
    let answer = block.number(report, "answer");
    let run = block.table(report, "run", "run").map(|mut run| {
        let spec = spec(&mut run, report);
        run.finish(report);
        spec
    });
    let query = if had_run {
        block.need_word(report, "query", "query = \"syscalls\"")
    } else {
        None
    };
    if had_answer == had_run {
        let what = if had_answer {
            "the question has both an answer and a run"
        } else {
            "the question has neither an answer nor a run"
        };
        report.fault(
            block.offset,
            what,
            "write answer = 66, or run = { method = \"sendfile\", ... } with query = \"syscalls\"",
        );
    }
    let tolerance = tolerance(block, report);
    let unit = block.need_text(report, "unit");
    let wrong = wrong_numbers(block, report, found);
    let otherwise = otherwise(block, report, found);
    for number in &wrong {
        if answer
            .as_ref()
            .is_some_and(|answer| (answer.value - number.value.answer).abs() <= tolerance)
        {
            report.fault(
                number.offset,
                "the number stands under wrong and is right",
                "take it out, or correct the answer or the tolerance",
            );
        }
    }
    let run = match run {
        Some(spec) => Some((spec?, query?.value)),
        None => None,
    };
    if answer.is_none() && run.is_none() {
        return None;
    }
    Some(QuestionKind::Number {
        answer: answer.map(|answer| answer.value),
        run,
        tolerance,
        unit: unit?.value,
        wrong: values(wrong),
        otherwise,
    })
}

fn order(block: &mut Block, report: &mut Reporter, found: &mut Found) -> Option<QuestionKind> {
    if !block.has("lines") {
        block.missing::<()>(report, "lines", "lines = [\"first\", \"second\"]");
    }
    let lines = block.texts(report, "lines");
    for line in &lines {
        found.piece(report, Piece::Option, line);
    }
    let distractors: Vec<_> = block
        .tables(report, "distractors", "distractor")
        .into_iter()
        .filter_map(|distractor| read_distractor(distractor, report, found, &lines))
        .collect();
    let otherwise = otherwise(block, report, found);
    let lines = values(lines);
    if lines.iter().all(|line| *line == lines[0]) {
        if !lines.is_empty() {
            report.fault(
                block.offset,
                "the question has nothing to bring in order",
                "write at least two different lines",
            );
        }
        return None;
    }
    Some(QuestionKind::Order {
        lines,
        distractors,
        otherwise,
    })
}

fn read_distractor(
    mut block: Block,
    report: &mut Reporter,
    found: &mut Found,
    lines: &[At<String>],
) -> Option<QuestionOption> {
    let offset = block.offset;
    let text = block.need_text(report, "text");
    let reaction = reaction(&mut block, report, found);
    block.finish(report);
    let (text, reaction) = (text?, reaction?);
    need_reaction(report, offset, &reaction, "the distractor");
    if lines.iter().any(|line| line.value == text.value) {
        report.fault(
            text.offset,
            "the distractor is also one of the lines",
            "write a line that does not belong",
        );
    }
    found.piece(report, Piece::Option, &text);
    Some(QuestionOption {
        text: text.value,
        right: false,
        reaction,
    })
}

fn values<T>(items: Vec<At<T>>) -> Vec<T> {
    items.into_iter().map(|item| item.value).collect()
}
