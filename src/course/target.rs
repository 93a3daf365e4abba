//! The interactive blocks of a page: `figure`, `lab`, `predict`, `quiz`, read from their TOML.

use crate::course::{
    Ask, AskedNumber, Lab, Predict, PredictOption, Question, QuestionKind, QuestionOption,
    Reaction, Target, Trial, WrongNumber,
};
use crate::model::{Cache, Method, Query, Sink, TransferSpec};

use super::{
    block::{At, Block},
    fault::{Reporter, nearest},
    kinds,
    parse::ExperimentValue,
    room::Piece,
    trial,
};

/// The names of the blocks that are no prose.
pub(super) const BLOCKS: [&str; 4] = ["figure", "lab", "predict", "quiz"];

/// Reads a `figure` block: the figure's name.
pub(super) fn figure(
    mut block: Block,
    report: &mut Reporter,
    found: &mut ExperimentValue,
) -> Option<String> {
    let name = block.need_text(report, "name");
    block.finish(report);
    let name = name?;
    found.figure(report, &name);
    Some(name.value)
}

/// Reads a `lab` block: a transfer, or another experiment.
pub(super) fn lab(
    mut block: Block,
    report: &mut Reporter,
    found: &mut ExperimentValue,
) -> Option<Target> {
    let id = block.need_id(report, "id");
    let kind = block.text(report, "what");
    let other = kind.filter(|kind| kind.value != "transfer");
    let spec = match &other {
        None => spec(&mut block, report).map(Err),
        Some(kind) => trial::what(&mut block, report, kind).map(Ok),
    };
    // Where it is at fault, keys may be left that belong to what was meant.
    if spec.is_some() || other.is_none() {
        block.finish(report);
    }
    let id = id?;
    found.id(report, &id);
    let (id, predict) = (id.value, None);
    Some(match spec? {
        Err(spec) => Target::Lab(Lab { id, spec, predict }),
        Ok(what) => Target::Trial(Trial { id, what, predict }),
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

/// Reads a `predict` block, which stands after this experiment (none where that is at fault).
pub(super) fn predict(
    mut block: Block,
    report: &mut Reporter,
    found: &mut ExperimentValue,
    target: Option<&Target>,
) -> Option<Predict> {
    let id = block.need_id(report, "id");
    let objective = objective(&mut block, report, found);
    let text = block.need_text(report, "text");
    let query = query(&mut block, report, target);
    let ask = match block.has("options") {
        true => foretold(&mut block, report, found, target, query.as_ref()).map(Ask::Choice),
        false => asked_number(&mut block, report, found, target, query.as_ref()).map(Ask::Number),
    };
    let hints = hints(&mut block, report, found);
    let explain = explain(&mut block, report, found);
    block.finish(report);
    found.id(report, id.as_ref()?);
    found.piece(report, Piece::Text, text.as_ref()?);
    Some(Predict {
        id: id?.value,
        objective,
        text: text?.value,
        query: query?.value,
        ask: ask?,
        hints,
        explain: explain?,
    })
}

/// `query`: a figure of a transfer, or one of what the experiment above has.
fn query(block: &mut Block, report: &mut Reporter, target: Option<&Target>) -> Option<At<Query>> {
    let Some(Target::Trial(trial)) = target else {
        if target.is_none() {
            // Nobody knows what the experiment above was meant to be.
            let text = block.need_text(report, "query")?;
            let (value, offset) = (Query::Named(text.value), text.offset);
            return Some(At { value, offset });
        }
        return block.need_word(report, "query", "query = \"syscalls\"");
    };
    let names = trial.what.queries();
    let name = match block.has("query") {
        true => block.text(report, "query")?,
        false => {
            return block.missing(report, "query", &format!("query = \"{}\"", names[0]));
        }
    };
    if !names.contains(&name.value) {
        let advice = match nearest(&name.value, names.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean {meant}?"),
            None => format!("there are {}", names.join(", ")),
        };
        let what = format!("'{}' is not a figure of {}", name.value, trial.what.title());
        report.fault(name.offset, what, advice);
        return None;
    }
    Some(At {
        value: Query::Named(name.value),
        offset: name.offset,
    })
}

/// The words that can answer; none where a number does.
fn words(target: Option<&Target>, query: Option<&At<Query>>) -> Option<Vec<&'static str>> {
    match (target, &query?.value) {
        (Some(Target::Trial(trial)), Query::Named(name)) => trial.what.words(name),
        _ => None,
    }
}

/// The keys of a number that is asked for.
fn asked_number(
    block: &mut Block,
    report: &mut Reporter,
    found: &mut ExperimentValue,
    target: Option<&Target>,
    query: Option<&At<Query>>,
) -> Option<AskedNumber> {
    if words(target, query).is_some() {
        let example = "options = [ { text = \"...\", answer = \"...\" }, ... ]: a word answers it";
        block.missing::<()>(report, "options", example);
        return None;
    }
    let unit = block.need_text(report, "unit");
    let scale = scale(block, report);
    let tolerance = tolerance(block, report);
    let wrong = wrong_numbers(block, report, found);
    Some(AskedNumber {
        unit: unit?.value,
        scale: scale?,
        tolerance,
        wrong: wrong.into_iter().map(|wrong| wrong.value).collect(),
    })
}

/// `options = [ { text, answer, misconception, feedback } ]`: what may be foretold. One of them may go without a
/// reaction, the one that is expected.
fn foretold(
    block: &mut Block,
    report: &mut Reporter,
    found: &mut ExperimentValue,
    target: Option<&Target>,
    query: Option<&At<Query>>,
) -> Option<Vec<PredictOption>> {
    let mut options: Vec<At<PredictOption>> = Vec::new();
    for option in block.tables(report, "options", "option") {
        let offset = option.offset;
        let value = read_foretold(option, report, found)?;
        options.push(At { value, offset });
    }
    if !(2..=9).contains(&options.len()) {
        // One digit chooses.
        let what = "the prediction has not 2 to 9 options";
        report.fault(block.offset, what, "add options, or take some out");
        return None;
    }
    check_answers(block, report, target, query, &options);
    let silent = |option: &&At<PredictOption>| option.value.reaction.feedback.is_empty();
    if let Some(second) = options.iter().filter(silent).nth(1) {
        report.fault(
            second.offset,
            "a second option has no reaction",
            "add misconception and feedback: only the expected one goes without",
        );
    }
    Some(values(options))
}

fn read_foretold(
    mut block: Block,
    report: &mut Reporter,
    found: &mut ExperimentValue,
) -> Option<PredictOption> {
    let text = block.need_text(report, "text");
    let answer = block.need_text(report, "answer");
    let reaction = reaction(&mut block, report, found);
    block.finish(report);
    let (text, answer) = (text?, answer?);
    found.piece(report, Piece::Option, &text);
    Some(PredictOption {
        text: text.value,
        answer: answer.value,
        reaction: reaction?,
    })
}

/// Each answer is one that the experiment can give, and none stands twice. Of errors, one is what Linux answers.
fn check_answers(
    block: &Block,
    report: &mut Reporter,
    target: Option<&Target>,
    query: Option<&At<Query>>,
    options: &[At<PredictOption>],
) {
    let (Some(target), Some(_)) = (target, query) else {
        return;
    };
    let words = words(Some(target), query);
    let is_error = matches!(target, Target::Trial(trial) if trial.what.name() == "errors");
    for (index, At { value, offset }) in options.iter().enumerate() {
        let answer = &value.answer;
        if options[..index]
            .iter()
            .any(|other| other.value.answer == *answer)
        {
            let what = format!("the answer '{answer}' stands here twice");
            report.fault(*offset, what, "each option foretells something else");
        }
        match &words {
            Some(words) if !is_error && !words.contains(&answer.as_str()) => {
                let what = format!("the run never answers '{answer}'");
                let advice = match nearest(answer, words.iter().copied()) {
                    Some(meant) => format!("did you mean {meant}?"),
                    None => format!("write one of {}", words.join(", ")),
                };
                report.fault(*offset, what, advice);
            }
            None if answer.parse::<f64>().is_err() => {
                let what = format!("'{answer}' is no number, and the query is one");
                report.fault(*offset, what, "write answer = \"33\"");
            }
            _ => {}
        }
    }
    let expected = words.filter(|_| is_error).unwrap_or_default();
    if let [expected] = expected[..]
        && !options.iter().any(|option| option.value.answer == expected)
    {
        let advice = format!("give one of them answer = \"{expected}\"");
        report.fault(block.offset, "no option is what Linux answers", advice);
    }
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
fn hints(block: &mut Block, report: &mut Reporter, found: &mut ExperimentValue) -> Vec<String> {
    let hints = block.texts(report, "hints");
    for hint in &hints {
        found.piece(report, Piece::Hint, hint);
    }
    values(hints)
}

fn explain(
    block: &mut Block,
    report: &mut Reporter,
    found: &mut ExperimentValue,
) -> Option<String> {
    let explain = block.need_text(report, "explain")?;
    found.piece(report, Piece::Explain, &explain);
    Some(explain.value)
}

/// `tolerance`: 0 where it is not there.
pub(super) fn tolerance(block: &mut Block, report: &mut Reporter) -> f64 {
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
    found: &mut ExperimentValue,
    line: usize,
) -> Option<Question> {
    let texts = found.text_count();
    let id = block.need_id(report, "id");
    let word = block.need_text(report, "kind");
    let objective = objective(&mut block, report, found);
    let text = block.need_text(report, "text");
    let hints = hints(&mut block, report, found);
    let explain = explain(&mut block, report, found);
    if let Some(text) = &text {
        found.piece(report, Piece::Text, text);
    }
    let kind = kind(&mut block, report, found, word.as_ref(), texts);
    // Where the kind is unknown nobody knows which keys belong, so none is called unknown.
    if word.is_some_and(|word| KINDS.contains(&word.value.as_str())) {
        block.finish(report);
    }
    found.id(report, id.as_ref()?);
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

const KINDS: [&str; 6] = ["choice", "multi", "number", "order", "match", "bug"];

fn kind(
    block: &mut Block,
    report: &mut Reporter,
    found: &mut ExperimentValue,
    word: Option<&At<String>>,
    texts: usize,
) -> Option<QuestionKind> {
    let word = word?;
    match word.value.as_str() {
        "choice" => choice(block, report, found).map(QuestionKind::Choice),
        "multi" => multi(block, report, found).map(QuestionKind::Multi),
        "number" if block.has("vars") || block.has("answer_expr") => {
            kinds::drawn(block, report, found, texts)
        }
        "number" => number(block, report, found),
        "match" => kinds::pairs(block, report, found),
        "bug" => kinds::bug(block, report, found),
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

fn objective(
    block: &mut Block,
    report: &mut Reporter,
    found: &mut ExperimentValue,
) -> Option<String> {
    let objective = block.text(report, "objective")?;
    found.serve(&objective);
    Some(objective.value)
}

/// The options, each with its offset; none where there are fewer than two, which is reported.
fn options(
    block: &mut Block,
    report: &mut Reporter,
    found: &mut ExperimentValue,
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
    found: &mut ExperimentValue,
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
    found: &mut ExperimentValue,
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
    found: &mut ExperimentValue,
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
pub(super) fn reaction(
    block: &mut Block,
    report: &mut Reporter,
    found: &mut ExperimentValue,
) -> Option<Reaction> {
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
pub(super) fn need_reaction(report: &mut Reporter, offset: usize, reaction: &Reaction, name: &str) {
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
    found: &mut ExperimentValue,
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
pub(super) fn otherwise(
    block: &mut Block,
    report: &mut Reporter,
    found: &mut ExperimentValue,
) -> Reaction {
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

fn number(
    block: &mut Block,
    report: &mut Reporter,
    found: &mut ExperimentValue,
) -> Option<QuestionKind> {
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

fn order(
    block: &mut Block,
    report: &mut Reporter,
    found: &mut ExperimentValue,
) -> Option<QuestionKind> {
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
    found: &mut ExperimentValue,
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

pub(super) fn values<T>(items: Vec<At<T>>) -> Vec<T> {
    items.into_iter().map(|item| item.value).collect()
}
