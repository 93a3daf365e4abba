//! The state machine of a class by properties (here, because `class` may not know the shipped lessons): whatever is asked of it, in whatever order, and wherever its file was cut.

use proptest::prelude::*;

use crate::{
    class::{Answer, Event, Figure, Phase, Poll, PollKind, Recorded, Refusal, Session, State},
    course::Catalogue,
    embedded,
};

#[derive(Clone, Debug)]
enum Step {
    Join,
    Open(usize),
    Again,
    Close,
    Discuss,
    Run,
    Recorded(f64),
    Reveal,
    Lock,
    Vote(usize, u32, Answer),
}

fn step() -> impl Strategy<Value = Step> {
    let answer = prop_oneof![
        (0..6_usize).prop_map(|at| Answer::List(vec![at])),
        proptest::collection::vec(0..6_usize, 0..5).prop_map(Answer::List),
        (-5..70_i32).prop_map(|number| Answer::Number(number.into())),
    ];
    prop_oneof![
        3 => Just(Step::Join),
        2 => (0..QUESTIONS.len()).prop_map(Step::Open),
        1 => Just(Step::Again),
        1 => Just(Step::Close),
        1 => Just(Step::Discuss),
        1 => Just(Step::Run),
        1 => (0..40_i32).prop_map(|value| Step::Recorded(value.into())),
        1 => Just(Step::Reveal),
        1 => Just(Step::Lock),
        12 => (0..6_usize, 0..4_u32, answer).prop_map(|(seat, back, answer)| Step::Vote(seat, back, answer)),
    ]
}

/// One of each kind, of the shipped course.
const QUESTIONS: [PollKind; 6] = [
    PollKind::Choice,
    PollKind::Multi,
    PollKind::Number,
    PollKind::Order,
    PollKind::Match,
    PollKind::Bug,
];

fn polls() -> &'static [Poll] {
    static POLLS: std::sync::OnceLock<Vec<Poll>> = std::sync::OnceLock::new();
    POLLS.get_or_init(|| {
        let course = course();
        let all: Vec<Poll> = course
            .questions()
            .filter_map(|(_, question)| Poll::of(&course, &question.id, 0))
            .collect();
        let of = |kind| all.iter().find(|poll: &&Poll| poll.kind == kind).cloned();
        let mut polls: Vec<Poll> = QUESTIONS.into_iter().filter_map(of).collect();
        // A guess, whose answer only a run knows.
        let guess = course
            .lessons()
            .iter()
            .flat_map(|lesson| lesson.predictions());
        let number = guess
            .filter_map(|predict| Poll::of(&course, &predict.id, 0))
            .find(|poll| poll.kind == PollKind::Number);
        polls[2] = number.expect("the course has guesses");
        polls
    })
}

fn course() -> Catalogue {
    Catalogue::parse(&embedded::lessons(), &embedded::figures()).0
}

struct Model {
    session: Session,
    lines: Vec<Event>,
    tokens: Vec<String>,
    random: u32,
}

impl Model {
    fn new() -> Model {
        let first = Event::Session {
            version: 1,
            code: "ABC234".to_owned(),
            zclab: "0".to_owned(),
            time: 1,
        };
        let mut model = Model {
            session: Session::default(),
            lines: Vec::new(),
            tokens: Vec::new(),
            random: 0,
        };
        model.write(vec![first]);
        model
    }

    fn write(&mut self, events: Vec<Event>) {
        for event in events {
            self.session.apply(&event);
            self.lines.push(event);
        }
    }

    /// Does it, or is refused; gives the events that were written.
    fn step(&mut self, step: &Step) -> Result<Vec<Event>, Refusal> {
        let session = &self.session;
        let time = self.lines.len() as u64 + 1;
        let events = match step {
            Step::Join => {
                let token = format!("token {}", self.tokens.len());
                let mut random = self.random;
                // The high bits: the low ones come back after a few steps, and with them the same seats.
                let mut next = || {
                    random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (random >> 24) as u8
                };
                let joined = session.join(None, &token, time, &mut next)?;
                self.random = random;
                self.tokens.push(token);
                vec![joined]
            }
            Step::Open(at) => session.open(polls()[*at].clone(), time),
            Step::Again => session.again(time)?,
            Step::Close => session.close(time)?,
            Step::Discuss => session.discuss(time)?,
            Step::Run => session.run(time)?,
            Step::Recorded(value) => {
                let found = Recorded {
                    value: Figure::Number(*value),
                    kernel: "6.18".to_owned(),
                    arch: "x86_64".to_owned(),
                };
                vec![session.recorded(session.round(), found, time)?]
            }
            Step::Reveal => session.reveal(time)?,
            Step::Lock => vec![session.lock(time)],
            Step::Vote(seat, back, answer) => {
                let token = self.tokens.get(*seat).ok_or(Refusal::NoSeat)?;
                let seat = session.seat_of(token).ok_or(Refusal::NoSeat)?;
                let round = session.round().wrapping_sub(*back);
                vec![session.vote(seat, round, answer.clone(), time)?]
            }
        };
        self.write(events.clone());
        Ok(events)
    }
}

/// What a session shows of itself to everybody and to each seat.
fn shown(session: &Session) -> Vec<String> {
    let state = State::of(session);
    let seats = (0..session.seats.len()).map(Some);
    [None]
        .into_iter()
        .chain(seats)
        .map(|seat| state.for_seat(session, seat))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn one_seat_one_vote_nothing_after_closing_one_reveal(steps in proptest::collection::vec(step(), 1..50)) {
        let mut model = Model::new();
        for step in &steps {
            let before = model.session.clone();
            let done = model.step(step);
            let now = &model.session;
            prop_assert!(now.answered() <= now.seats.len());
            prop_assert!(now.round() >= before.round());
            let frozen = before.rounds.iter().zip(&now.rounds);
            for (was, is) in frozen {
                let is_open = before.phase == Phase::Voting && was.number == before.round();
                prop_assert!(is_open || was.answers == is.answers, "a closed round has changed");
                prop_assert_eq!(was.number, is.number);
            }
            match (step, &done) {
                (Step::Vote(..), Ok(_)) => prop_assert_eq!(before.phase, Phase::Voting),
                (Step::Reveal, Ok(_)) => {
                    prop_assert!(!before.present().unwrap().revealed, "revealed twice");
                    prop_assert_eq!(now.phase, Phase::Revealed);
                }
                _ => {}
            }
            if now.phase != Phase::Revealed {
                for text in shown(now) {
                    for secret in ["\"right\":", "\"votes\":", "\"feedback\":", "\"recorded\":"] {
                        prop_assert!(!text.contains(secret), "{}", text);
                    }
                }
            }
        }
        let numbers: Vec<u32> = model.session.rounds.iter().map(|round| round.number).collect();
        prop_assert!(numbers.is_sorted_by(|a, b| a < b), "a round was used twice: {:?}", numbers);
    }

    /// The file is cut at any byte: what stands in whole lines before it is there, and nothing else.
    #[test]
    fn a_session_resumes_at_any_byte(steps in proptest::collection::vec(step(), 1..40), cut in any::<proptest::sample::Index>()) {
        let mut model = Model::new();
        for step in &steps {
            let _ = model.step(step);
        }
        let mut text = Vec::new();
        let mut ends = vec![];
        for line in &model.lines {
            text.extend(serde_json::to_vec(line).unwrap());
            text.push(b'\n');
            ends.push(text.len());
        }
        let cut = cut.index(text.len() + 1);
        let read: Vec<Event> = text[..cut]
            .split(|byte| *byte == b'\n')
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect();
        // A line that lacks no more than its end counts: it was not acknowledged, and does no harm.
        let whole = ends.iter().filter(|end| **end <= cut + 1).count();
        prop_assert_eq!(&read[..], &model.lines[..whole]);
        let resumed = Session::of(&read);
        let expected = Session::of(&model.lines[..whole]);
        prop_assert_eq!(shown(&resumed), shown(&expected));
        if whole == model.lines.len() {
            prop_assert_eq!(shown(&resumed), shown(&model.session));
            for token in &model.tokens {
                prop_assert_eq!(resumed.seat_of(token), model.session.seat_of(token));
            }
        }
    }
}

/// A poll marks as the course does, and finds the same misconception: every question, each answer of one option, line or
/// known number, the right one, and each right one with one part changed.
#[test]
fn polls_mark_as_the_course_does() {
    use crate::model::Given;
    let course = course();
    let mut marked = 0;
    for (_, question) in course.questions() {
        let poll = Poll::of(&course, &question.id, 0).unwrap();
        let asked = question.asked(0);
        let Some(right) = poll.right.clone() else {
            assert!(poll.query.is_some(), "{} has no answer", poll.id);
            continue;
        };
        for answer in answers(&poll, &right) {
            let given = match (&answer, poll.kind) {
                (Answer::Number(number), _) => Given::Number(*number),
                (Answer::List(list), PollKind::Choice | PollKind::Multi) => {
                    Given::Options(list.clone())
                }
                (Answer::List(list), PollKind::Match) => {
                    Given::Pairs(list.iter().copied().enumerate().collect())
                }
                (Answer::List(list), _) => Given::Lines(list.clone()),
            };
            assert_eq!(poll.check(&answer), Ok(()), "{} {answer:?}", poll.id);
            let verdict = asked.mark(&given, None).unwrap();
            assert_eq!(
                poll.is_right(&answer, &right),
                verdict.right,
                "{} {answer:?}",
                poll.id
            );
            let named = verdict
                .reaction
                .filter(|said| !said.misconception.is_empty());
            if let Some(said) = named {
                let shown = poll.shows(&answer, &right).map(|at| &poll.reactions[at]);
                let shown = shown.map(|shown| shown.misconception.as_str());
                assert_eq!(
                    shown,
                    Some(said.misconception.as_str()),
                    "{} {answer:?}",
                    poll.id
                );
            }
            marked += 1;
        }
    }
    assert!(marked > 300, "{marked}");
}

fn answers(poll: &Poll, right: &Answer) -> Vec<Answer> {
    let mut answers = vec![right.clone()];
    match right {
        Answer::Number(number) => {
            answers.push(Answer::Number(number + 1e6));
            let known = poll.reactions.iter();
            answers.extend(known.filter_map(|said| said.answer.clone()));
        }
        Answer::List(list) => {
            let sides = poll.options.len().max(poll.rights.len());
            answers.extend((0..sides).map(|at| Answer::List(vec![at])));
            for at in 0..list.len() {
                for other in 0..sides {
                    let mut changed = list.clone();
                    changed[at] = other;
                    answers.push(Answer::List(changed.clone()));
                    changed.sort_unstable();
                    answers.push(Answer::List(changed));
                }
            }
            answers.retain(|answer| poll.check(answer).is_ok());
        }
    }
    answers
}

#[test]
fn numbers_are_written_as_they_were_typed() {
    for (text, answer) in [
        ("33", Answer::Number(33.0)),
        ("0.5", Answer::Number(0.5)),
        ("[1,0]", Answer::List(vec![1, 0])),
        ("[]", Answer::List(vec![])),
    ] {
        assert_eq!(serde_json::from_str::<Answer>(text).unwrap(), answer);
        assert_eq!(serde_json::to_string(&answer).unwrap(), text);
    }
    for text in [
        "[1.5]", "[-1]", "\"1\"", "null", "true", "{}", "[[1]]", "1e999",
    ] {
        assert!(serde_json::from_str::<Answer>(text).is_err(), "{text}");
    }
}
