//! A question without its answer, as a class is asked it: answered by the same keys and drawn as in the course. There is
//! no answer in it that could be shown.

use super::{
    options::{self, QuestionOption},
    order, pairs,
    predict::{Ask, AskedNumber},
    prelude::*,
};

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) enum Form {
    /// One of the options, or of lines of code.
    One {
        options: Options,
        is_code: bool,
    },
    Several(Options),
    Order(Vec<String>),
    Match {
        lefts: Vec<String>,
        rights: Vec<String>,
    },
    Number {
        unit: String,
    },
    /// A number on a scale.
    Guess(Ask),
}

/// Options of which nobody knows yet which ones are right.
#[derive(Clone, Debug)]
pub(crate) struct Options(Vec<QuestionOption>);

impl Options {
    pub(crate) fn new(texts: impl IntoIterator<Item = String>) -> Options {
        let option = |text| QuestionOption {
            text,
            right: false,
            reaction: Reaction::default(),
        };
        Options(texts.into_iter().map(option).collect())
    }
}

impl Form {
    /// A number, on a scale where there is one.
    pub(crate) fn number(unit: &str, scale: Option<(f64, f64)>) -> Form {
        let unit = unit.to_owned();
        match scale {
            None => Form::Number { unit },
            Some(scale) => Form::Guess(Ask::Number(AskedNumber {
                unit,
                scale,
                tolerance: 0.0,
                wrong: Vec::new(),
            })),
        }
    }

    /// An answer that nobody has begun.
    pub(crate) fn draft(&self) -> Draft {
        match self {
            Form::Match { lefts, .. } => pairs::draft(lefts.len()),
            _ => Draft::default(),
        }
    }

    /// An answer that was given.
    pub(crate) fn draft_of(&self, given: &Given) -> Draft {
        let mut draft = self.draft();
        match given {
            Given::Number(number) => draft.input = number.to_string(),
            Given::Options(picks) | Given::Lines(picks) => {
                draft.focus = picks.first().copied().unwrap_or(0);
                draft.picks.clone_from(picks);
            }
            Given::Pairs(pairs) => {
                for (left, right) in pairs {
                    if let Some(partner) = draft.partners.get_mut(*left) {
                        *partner = Some(*right);
                    }
                }
            }
            Given::Skipped | Given::Other(_) => {}
        }
        draft
    }

    pub(crate) fn press(&self, draft: &mut Draft, key: Key) -> Press {
        match self {
            Form::One { options, .. } => draft.press_one(key, options.0.len()),
            Form::Several(options) => draft.press_several(key, options.0.len()),
            Form::Order(lines) => order::press(draft, key, lines.len()),
            Form::Match { rights, .. } => pairs::press(draft, key, rights.len()),
            Form::Number { .. } => draft.press_number(key),
            Form::Guess(ask) => ask.press(draft, key),
        }
    }

    /// The answer, as far as there is a whole one.
    pub(crate) fn given(&self, draft: &Draft) -> Option<Given> {
        let picked = |picks: Vec<usize>| (!picks.is_empty()).then_some(picks);
        match self {
            Form::One { .. } => draft.one().map(|one| Given::Options(vec![one])),
            Form::Several(_) => {
                let mut picks = draft.picks.clone();
                picks.sort_unstable();
                picked(picks).map(Given::Options)
            }
            Form::Order(_) => picked(draft.picks.clone()).map(Given::Lines),
            Form::Match { .. } => pairs::given(draft),
            Form::Number { .. } => draft.number().map(Given::Number),
            Form::Guess(ask) => ask.given(draft),
        }
    }

    /// Whether digits are typed; else they choose.
    pub(crate) fn is_typed(&self) -> bool {
        matches!(self, Form::Number { .. } | Form::Guess(_))
    }

    /// Whether there is something to take back.
    pub(crate) fn can_erase(&self, draft: &Draft) -> bool {
        match self {
            Form::One { .. } | Form::Several(_) => false,
            Form::Order(_) => !draft.picks.is_empty(),
            Form::Match { .. } => draft.partners.iter().any(Option::is_some),
            Form::Number { .. } | Form::Guess(_) => !draft.input.is_empty(),
        }
    }

    /// What the screen shows below the question. `settled`: Enter gives no answer now.
    pub(crate) fn view(&self, draft: &Draft, settled: bool, roomy: bool) -> View {
        let shown = Shown {
            draft,
            verdict: None,
            explained: false,
            waiting: settled,
            roomy,
        };
        let mut view = View::default();
        match self {
            Form::One { options, is_code } => {
                let gaps = roomy && !is_code;
                options::view(&mut view, &options.0, &shown, false, gaps);
            }
            Form::Several(options) => {
                view.text(options::SEVERAL, Tone::Dim);
                view.blank(roomy);
                options::view(&mut view, &options.0, &shown, true, roomy);
            }
            Form::Order(lines) => return order::view(lines, &shown),
            Form::Match { lefts, rights } => {
                let lefts: Vec<&str> = lefts.iter().map(String::as_str).collect();
                return pairs::view(&lefts, rights, &[], &shown);
            }
            Form::Number { unit } => view.lines.push(Line::Field {
                name: "answer",
                input: draft.input.clone(),
                unit: unit.clone(),
            }),
            Form::Guess(ask) => return ask.view(draft, roomy),
        }
        view
    }

    /// What the screen shows beside the question while it is answered.
    pub(crate) fn beside(&self, draft: &Draft) -> Option<View> {
        match self {
            Form::Order(lines) => order::beside(lines, draft),
            _ => None,
        }
    }
}
