//! What is asked before an experiment: a number, or one of several options; marked from what the run answers.

use super::{
    number::{judge, number_of, wrong_numbers},
    prelude::*,
    read::{reaction, tolerance},
    typed::{is_near, shown, with_unit},
};
use crate::course::fault::instead;
use crate::model::{ExperimentSpec, Query};

/// What a guess is.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// A number.
    Number(AskedNumber),
    /// One of these.
    Choice(Vec<PredictOption>),
}

/// A number that is asked for before a run.
#[derive(Clone, Debug, PartialEq)]
pub struct AskedNumber {
    /// `calls`, `copies a byte`.
    pub unit: String,
    /// The ends of the scale that the guess is shown on.
    pub scale: (f64, f64),
    /// How far off the figure is still right: more than 0 where it differs from machine to machine.
    pub tolerance: f64,
    pub wrong: Vec<Wrong<f64>>,
}

/// One thing that may be predicted of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PredictOption {
    pub text: String,
    /// What the run answers where it is right: a word (`shared`, `EINVAL`) or a number.
    pub answer: String,
    /// What is said where the run answers otherwise; empty where nothing is.
    pub reaction: Reaction,
}

impl PredictOption {
    fn is(&self, found: &ExperimentValue) -> bool {
        match found {
            ExperimentValue::Word(word) => self.answer == *word,
            ExperimentValue::Number(number) => {
                let answer: Result<f64, _> = self.answer.parse();
                answer.is_ok_and(|answer| is_near(answer, *number, 0.0))
            }
        }
    }
}

/// The experiment that a prediction stands after.
#[derive(Clone, Copy)]
pub(in crate::course) enum About<'a> {
    /// It is at fault: nobody knows what it was meant to be.
    Unknown,
    Transfer,
    Other(&'a ExperimentSpec),
}

impl About<'_> {
    /// The words that can answer; none where a number does.
    fn words(self, query: Option<&Query>) -> Option<Vec<&'static str>> {
        match (self, query?) {
            (About::Other(what), Query(name)) => what.words(name),
            _ => None,
        }
    }
}

impl Ask {
    pub(in crate::course) fn read(
        block: &mut Block,
        about: About,
        query: Option<&Query>,
    ) -> Option<Ask> {
        match block.has("options") {
            true => read_options(block, about, query).map(Ask::Choice),
            false => read_number(block, about, query).map(Ask::Number),
        }
    }

    /// What is said to guesses that show a misconception.
    pub(crate) fn reactions(&self) -> Vec<&Reaction> {
        match self {
            Ask::Number(asked) => asked.wrong.iter().map(|wrong| &wrong.reaction).collect(),
            Ask::Choice(options) => options.iter().map(|option| &option.reaction).collect(),
        }
    }

    /// Compares a guess with what was found.
    ///
    /// # Errors
    /// One line: the guess is of another kind, or there was nothing to compare it with.
    pub(crate) fn mark(
        &self,
        given: &Given,
        found: Result<ExperimentValue, String>,
    ) -> Result<Verdict, String> {
        match self {
            Ask::Number(asked) => {
                let guess = number_of(given)?;
                let ExperimentValue::Number(answer) = found? else {
                    return Err("the answer is a word, and the guess is a number".to_owned());
                };
                let scale = (answer, asked.tolerance, asked.unit.as_str());
                Ok(judge(guess, scale, &asked.wrong, None))
            }
            Ask::Choice(options) => {
                let chosen = self.option(given).ok_or_else(|| not_for_this(given))?;
                let found = found?;
                let right = chosen.is(&found);
                let said = !right && !chosen.reaction.feedback.is_empty();
                let answer = options.iter().find(|option| option.is(&found));
                Ok(Verdict {
                    right,
                    reaction: said.then(|| chosen.reaction.clone()),
                    answer: match (answer, found) {
                        (Some(option), _) => option.text.clone(),
                        (None, ExperimentValue::Word(word)) => word,
                        (None, ExperimentValue::Number(number)) => shown(number),
                    },
                    given: given.clone(),
                })
            }
        }
    }

    /// The option that is guessed.
    pub(crate) fn option(&self, given: &Given) -> Option<&PredictOption> {
        match (self, given) {
            (Ask::Choice(options), Given::Options(picked)) => options.get(*picked.first()?),
            _ => None,
        }
    }

    /// A figure in words, as far as an option has words for it.
    pub(crate) fn in_words(&self, found: &ExperimentValue) -> String {
        match (found, self) {
            (ExperimentValue::Number(value), Ask::Number(asked)) => with_unit(*value, &asked.unit),
            (ExperimentValue::Number(value), Ask::Choice(_)) => value.to_string(),
            (ExperimentValue::Word(word), Ask::Choice(options)) => options
                .iter()
                .find(|option| option.answer == *word)
                .map_or_else(|| word.clone(), |option| option.text.clone()),
            (ExperimentValue::Word(word), Ask::Number(_)) => word.clone(),
        }
    }

    pub(crate) fn plain(&self) -> Plain {
        match self {
            Ask::Number(asked) => Plain::number(&asked.unit),
            Ask::Choice(options) => {
                Plain::lettered(options.iter().map(|option| &option.text), "one letter.")
            }
        }
    }

    pub(crate) fn press(&self, draft: &mut Draft, key: Key) -> Press {
        match self {
            Ask::Number(_) => draft.press_number(key),
            Ask::Choice(options) => draft.press_one(key, options.len()),
        }
    }

    pub(crate) fn given(&self, draft: &Draft) -> Option<Given> {
        match self {
            Ask::Number(_) => draft.number().map(Given::Number),
            Ask::Choice(_) => draft.one().map(|chosen| Given::Options(vec![chosen])),
        }
    }

    pub(crate) fn is_typed(&self) -> bool {
        matches!(self, Ask::Number(_))
    }

    /// What the screen shows below the question: a field with a scale, or what may be predicted.
    pub(crate) fn view(&self, draft: &Draft, roomy: bool) -> View {
        let mut view = View::default();
        match self {
            Ask::Number(asked) => {
                view.lines.push(Line::Field {
                    name: "your guess",
                    input: draft.input.clone(),
                    unit: asked.unit.clone(),
                });
                view.blank(roomy);
                view.lines.push(Line::Scale {
                    ends: asked.scale,
                    input: draft.input.clone(),
                });
            }
            Ask::Choice(options) => {
                for (index, option) in options.iter().enumerate() {
                    let marked = draft.one() == Some(index);
                    let tone = if marked { Tone::Strong } else { Tone::Text };
                    view.lines.push(Line::Columns(Columns {
                        cells: vec![
                            (format!(" {}  ", index + 1), Tone::Strong),
                            (option.text.clone(), tone),
                        ],
                        right: if marked { COMMITS } else { "" },
                        marked,
                        click: Some(Click::Option(index)),
                        ..Columns::default()
                    }));
                }
            }
        }
        view
    }
}

fn read_number(block: &mut Block, about: About, query: Option<&Query>) -> Option<AskedNumber> {
    if about.words(query).is_some() {
        let example = "options = [ { text = \"...\", answer = \"...\" }, ... ]: a word answers it";
        return block.missing("options", example);
    }
    let unit = block.need_text("unit");
    let scale = scale(block);
    let tolerance = tolerance(block);
    let wrong = wrong_numbers(block);
    Some(AskedNumber {
        unit: unit?.value,
        scale: scale?,
        tolerance,
        wrong: wrong.into_iter().map(|(_, wrong)| wrong).collect(),
    })
}

/// `scale = [low, high]`.
fn scale(block: &mut Block) -> Option<(f64, f64)> {
    block.need("scale", "scale = [0, 64]");
    let scale = block.numbers("scale")?;
    match scale.value[..] {
        [low, high] if low < high => Some((low, high)),
        _ => {
            block.report.fault(
                scale.offset,
                "the scale has not two ends that rise",
                "write scale = [0, 64]",
            );
            None
        }
    }
}

/// `options = [ { text, answer, misconception, feedback } ]`. One of them may go without a reaction, the one that is
/// expected.
fn read_options(
    block: &mut Block,
    about: About,
    query: Option<&Query>,
) -> Option<Vec<PredictOption>> {
    let mut options: Vec<At<PredictOption>> = Vec::new();
    for option in block.tables("options", "option") {
        let offset = option.offset;
        let value = read_option(option)?;
        options.push(At { value, offset });
    }
    if !(2..=9).contains(&options.len()) {
        // One digit chooses.
        let what = "the prediction has not 2 to 9 options";
        block.fault(what, "add options, or take some out");
        return None;
    }
    check_answers(block, about, query, &options);
    let silent = |option: &&At<PredictOption>| option.value.reaction.feedback.is_empty();
    if let Some(second) = options.iter().filter(silent).nth(1) {
        block.report.fault(
            second.offset,
            "a second option has no reaction",
            "add misconception and feedback: only the expected one goes without",
        );
    }
    Some(values(options))
}

fn read_option(mut block: Block) -> Option<PredictOption> {
    let text = block.need_text("text");
    let answer = block.need_text("answer");
    let reaction = reaction(&mut block);
    let report = block.report;
    block.finish();
    let (text, answer) = (text?, answer?.value);
    report.text(TextKind::Option, &text);
    Some(PredictOption {
        text: text.value,
        answer,
        reaction,
    })
}

/// Each answer is one that the experiment can give, and none stands twice. Of errors, one is what Linux answers.
fn check_answers(
    block: &Block,
    about: About,
    query: Option<&Query>,
    options: &[At<PredictOption>],
) {
    if matches!(about, About::Unknown) || query.is_none() {
        return;
    }
    let words = about.words(query);
    let is_error = matches!(about, About::Other(ExperimentSpec::Errors(_)));
    for (index, At { value, offset }) in options.iter().enumerate() {
        let answer = &value.answer;
        let fault = |what: String, advice: String| block.report.fault(*offset, what, advice);
        if options[..index].iter().any(|o| o.value.answer == *answer) {
            let what = format!("the answer '{answer}' stands here twice");
            fault(what, "each option foretells something else".to_owned());
        }
        match &words {
            Some(words) if !is_error && !words.contains(&answer.as_str()) => {
                let advice = instead(answer, words.iter().copied(), || {
                    format!("write one of {}", words.join(", "))
                });
                fault(format!("the run never answers '{answer}'"), advice);
            }
            None if answer.parse::<f64>().is_err() => fault(
                format!("'{answer}' is no number, and the query is one"),
                "write answer = \"33\"".to_owned(),
            ),
            _ => {}
        }
    }
    let expected = words.filter(|_| is_error).unwrap_or_default();
    if let [expected] = expected[..]
        && !options.iter().any(|option| option.value.answer == expected)
    {
        let advice = format!("give one of them answer = \"{expected}\"");
        block.fault("no option is what Linux answers", advice);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_predicted_option_is_compared_with_what_came() {
        let said = Reaction::incomplete("A send is no snapshot.".to_owned());
        let option = |text: &str, answer: &str, reaction: &Reaction| PredictOption {
            text: text.to_owned(),
            answer: answer.to_owned(),
            reaction: reaction.clone(),
        };
        let ask = Ask::Choice(vec![
            option("the new ones", "shared", &Reaction::default()),
            option("the old ones", "copied", &said),
        ]);
        let mark = |option: usize, came: &str| {
            let came = Ok(ExperimentValue::Word(came.to_owned()));
            ask.mark(&Given::Options(vec![option]), came)
        };
        let right = mark(0, "shared").unwrap();
        assert!(right.right && right.reaction.is_none());
        let wrong = mark(1, "shared").unwrap();
        assert_eq!(
            (wrong.right, wrong.answer.as_str()),
            (false, "the new ones")
        );
        assert_eq!(wrong.reaction, Some(said));
        // What nobody predicted is said as it came.
        let mixed = mark(0, "mixed").unwrap();
        assert_eq!((mixed.right, mixed.answer.as_str()), (false, "mixed"));
        assert!(mark(2, "shared").is_err());
        let refused = Err("refused".to_owned());
        assert!(ask.mark(&Given::Options(vec![0]), refused).is_err());
    }
}
