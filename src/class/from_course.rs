//! A question of the course as a room is asked it.

use super::{Answer, Misconception, Poll, PollKind, experiment_of, kernels::causes_of};
use crate::course::{
    Ask, Catalogue, Lesson, Predict, Question, QuestionKind, QuestionOption, Reaction, kinds::Order,
};

impl Poll {
    /// The question or the prediction of that id. `turn` says which values it draws, where any are drawn.
    pub fn of(course: &Catalogue, id: &str, turn: u64) -> Option<Poll> {
        let poll = match course.question(id) {
            Some((lesson, question)) => of_question(lesson, question, turn),
            None => course.lessons().iter().find_map(|lesson| {
                let mut predictions = lesson.predictions();
                let predict = predictions.find(|predict| predict.id == id)?;
                Some(of_predict(lesson, predict))
            })?,
        };
        let experiment = experiment_of(course.lessons(), id);
        Some(Poll {
            causes: experiment.as_ref().map(causes_of).unwrap_or_default(),
            ..poll
        })
    }
}

fn empty(lesson: &Lesson, id: &str, text: &str, kind: PollKind) -> Poll {
    Poll {
        id: id.to_owned(),
        lesson: lesson.id.clone(),
        kind,
        text: text.to_owned(),
        options: Vec::new(),
        rights: Vec::new(),
        unit: None,
        scale: None,
        right: None,
        tolerance: 0.0,
        words: Vec::new(),
        query: None,
        causes: Vec::new(),
        reactions: Vec::new(),
        explain: String::new(),
        turn: 0,
        has_others: false,
    }
}

fn of_predict(lesson: &Lesson, predict: &Predict) -> Poll {
    let of = |kind| Poll {
        query: Some(predict.query.0.clone()),
        explain: predict.explain.clone(),
        ..empty(lesson, &predict.id, &predict.text, kind)
    };
    match &predict.ask {
        Ask::Number(asked) => Poll {
            unit: Some(asked.unit.clone()),
            scale: Some(asked.scale),
            tolerance: asked.tolerance,
            reactions: numbers(&asked.wrong),
            ..of(PollKind::Number)
        },
        Ask::Choice(options) => Poll {
            options: options.iter().map(|option| option.text.clone()).collect(),
            words: options.iter().map(|option| option.answer.clone()).collect(),
            reactions: by_index(options.iter().map(|option| &option.reaction)),
            ..of(PollKind::Choice)
        },
    }
}

fn of_question(lesson: &Lesson, question: &Question, turn: u64) -> Poll {
    let asked = question.asked(turn);
    let empty = |kind| Poll {
        explain: asked.explain.clone(),
        turn,
        has_others: question.is_drawn(),
        ..empty(lesson, &asked.id, &asked.text, kind)
    };
    match &asked.kind {
        QuestionKind::Choice(choice) => Poll {
            right: Some(Answer::List(right_of(&choice.0))),
            ..with_options(empty(PollKind::Choice), &choice.0)
        },
        QuestionKind::Multi(multi) => Poll {
            right: Some(Answer::List(right_of(&multi.0))),
            ..with_options(empty(PollKind::Multi), &multi.0)
        },
        QuestionKind::Number(number) => Poll {
            unit: Some(number.unit.clone()),
            right: number.answer.map(Answer::Number),
            tolerance: number.tolerance,
            query: number.run.as_ref().map(|(_, query)| query.0.clone()),
            reactions: with_any(numbers(&number.wrong), &number.otherwise),
            ..empty(PollKind::Number)
        },
        // `asked` has drawn its values: this is the question before that, which nobody can answer.
        QuestionKind::Drawn(_) => empty(PollKind::Number),
        QuestionKind::Order(order) => of_order(empty(PollKind::Order), order),
        QuestionKind::Match(pairs) => Poll {
            options: pairs.lefts().map(|pair| pair.left.clone()).collect(),
            rights: pairs.rights().to_vec(),
            right: Some(Answer::List(pairs.solved())),
            reactions: by_index(pairs.lefts().map(|pair| &pair.reaction)),
            ..empty(PollKind::Match)
        },
        QuestionKind::Bug(bug) => {
            let reactions = bug.wrong.iter().filter_map(|wrong| {
                misconception(Some(Answer::List(vec![wrong.answer])), &wrong.reaction)
            });
            Poll {
                options: bug.lines.clone(),
                right: Some(Answer::List(vec![bug.bug])),
                reactions: with_any(reactions.collect(), &bug.otherwise),
                ..empty(PollKind::Bug)
            }
        }
    }
}

fn of_order(poll: Poll, order: &Order) -> Poll {
    let intruder = |line: &String| {
        let mut others = order.distractors.iter();
        others.find(|other| other.text == *line)
    };
    let none = Reaction::default();
    let said = order.shown().iter();
    let said = said.map(|line| intruder(line).map_or(&none, |other| &other.reaction));
    Poll {
        options: order.shown().to_vec(),
        right: Some(Answer::List(order.right_order())),
        reactions: with_any(by_index(said), &order.otherwise),
        ..poll
    }
}

fn right_of(options: &[QuestionOption]) -> Vec<usize> {
    let all = 0..options.len();
    all.filter(|at| options[*at].right).collect()
}

fn with_options(poll: Poll, options: &[QuestionOption]) -> Poll {
    Poll {
        options: options.iter().map(|option| option.text.clone()).collect(),
        reactions: by_index(options.iter().map(|option| &option.reaction)),
        ..poll
    }
}

fn numbers(wrong: &[crate::course::Wrong<f64>]) -> Vec<Misconception> {
    let said = wrong
        .iter()
        .filter_map(|wrong| misconception(Some(Answer::Number(wrong.answer)), &wrong.reaction));
    said.collect()
}

/// The reactions of options, lines or left sides, each by its index.
fn by_index<'r>(reactions: impl Iterator<Item = &'r Reaction>) -> Vec<Misconception> {
    let said = reactions.enumerate();
    said.filter_map(|(at, said)| misconception(Some(Answer::List(vec![at])), said))
        .collect()
}

fn with_any(mut known: Vec<Misconception>, otherwise: &Reaction) -> Vec<Misconception> {
    known.extend(misconception(None, otherwise));
    known
}

fn misconception(answer: Option<Answer>, said: &Reaction) -> Option<Misconception> {
    let is_said = !said.feedback.is_empty() || !said.misconception.is_empty();
    is_said.then(|| Misconception {
        answer,
        misconception: said.misconception.clone(),
        feedback: said.feedback.clone(),
    })
}
