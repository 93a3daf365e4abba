//! Questions in plain lines, for pipes, screen readers and terminals alike: a question is printed, a line is read.

use std::io::{self, BufRead, IsTerminal};

use anyhow::bail;

use super::{ink::INK, lessons::Text, print, warn};
use crate::{
    copypath::summarise,
    course::{Lesson, Question, Verdict, progress::Progress},
    experiment::{self, Source},
    host::clock::now,
    model::{
        AnswerRecord, Given, Record, Reset, Size, Summary, TransferSpec, limits::ANSWER_BYTES,
        visible,
    },
    store::{self, progress::Log, shipped},
    tracer::Cancel,
};

pub(crate) struct Item<'a> {
    /// The id under which the answer is kept.
    pub(crate) lesson: &'a str,
    /// Where the question is from, for people.
    pub(crate) from: &'a str,
    pub(crate) question: &'a Question,
}

impl<'a> Item<'a> {
    /// A question of a lesson.
    pub(crate) fn of(lesson: &'a Lesson, question: &'a Question) -> Item<'a> {
        Item {
            lesson: &lesson.id,
            from: &lesson.title,
            question,
        }
    }
}

/// What is said to an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Say {
    All,
    /// Nothing: it is a test.
    Nothing,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) answered: usize,
    pub(crate) right: usize,
    /// Places of those that were missed or skipped.
    pub(crate) missed: Vec<usize>,
    /// The input ended before the questions did.
    pub(crate) ended: bool,
}

/// Asks, marks and keeps.
pub(crate) struct Asker {
    log: Log,
    pub(crate) progress: Progress,
    input: Box<dyn BufRead>,
    echoes: bool,
    runs: Vec<(TransferSpec, Summary)>,
}

impl Asker {
    /// Answers come from standard input, and are kept in this log.
    pub(crate) fn new(mut log: Log) -> Asker {
        let mut progress = Progress::default();
        let loaded = log.load(&mut |record| progress.add(&record));
        if let Some(warning) = loaded.warning {
            warn(&warning);
        }
        Asker {
            log,
            progress,
            input: Box::new(io::stdin().lock()),
            echoes: io::stdin().is_terminal(),
            runs: Vec::new(),
        }
    }

    /// Asks one question after the other.
    ///
    /// # Errors
    /// Standard input or output cannot be used.
    pub(crate) fn ask_all(&mut self, items: &[Item], say: Say) -> anyhow::Result<Tally> {
        let mut tally = Tally::default();
        for (at, item) in items.iter().enumerate() {
            print(&format!(
                "Question {} of {}, from {}\n\n",
                at + 1,
                items.len(),
                item.from
            ))?;
            match self.ask(item, say)? {
                Outcome::Right => {
                    tally.answered += 1;
                    tally.right += 1;
                }
                Outcome::Wrong => {
                    tally.answered += 1;
                    tally.missed.push(at);
                }
                Outcome::Skipped => tally.missed.push(at),
                Outcome::End => {
                    tally.ended = true;
                    break;
                }
            }
            print("\n")?;
        }
        if let Err(error) = self.log.sync() {
            warn(&format!("{error:#}"));
        }
        Ok(tally)
    }

    fn ask(&mut self, item: &Item, say: Say) -> anyhow::Result<Outcome> {
        let times = self.progress.answered(item.lesson, &item.question.id);
        let turn = times.map_or(0, |last| u64::from(last.times));
        let question = item.question.asked(turn);
        let mut text = Text::default();
        text.asked(&question);
        print(&text.into_string())?;
        let mut hints = question.hints.iter();
        loop {
            print("Your answer (? for a hint, an empty line skips): ")?;
            let Some(line) = self.line()? else {
                print("\n")?;
                return Ok(Outcome::End);
            };
            if !self.echoes {
                print("\n")?;
            }
            match line.trim() {
                "" => return Ok(self.skip(item)),
                "?" if say == Say::Nothing => print("There are no hints in a test.\n")?,
                "?" => match hints.next() {
                    Some(hint) => say_markdown(&format!("Hint: {hint}"))?,
                    None => print("There is no further hint.\n")?,
                },
                given => match self.mark(&question, given) {
                    Ok(verdict) => return self.judged(item, &question, verdict, say),
                    Err(why) => print(&format!("{}\n", visible(&why)))?,
                },
            }
        }
    }

    fn line(&mut self) -> anyhow::Result<Option<String>> {
        let mut bytes = Vec::new();
        if store::open::line(&mut self.input, &mut bytes, ANSWER_BYTES)? {
            bail!("an answer is longer than {}", Size(ANSWER_BYTES as u64));
        }
        Ok((!bytes.is_empty()).then(|| String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// Marks an answer; what a run answers is run first, once.
    fn mark(&mut self, question: &Question, typed: &str) -> Result<Verdict, String> {
        // What cannot be understood needs no run to be told so.
        let given = question.kind.read_answer(typed)?;
        let summary = match question.kind.run() {
            Some((spec, _)) => Some(self.summary(spec)?),
            None => None,
        };
        question.mark(&given, summary)
    }

    /// What a run comes to: of each transfer one is made, at most.
    fn summary(&mut self, spec: &TransferSpec) -> Result<&Summary, String> {
        if !self.runs.iter().any(|(known, _)| known == spec) {
            let _ = print("It runs now, on this kernel: the recording marks it.\n");
            let recording = experiment::run(spec, &Source::default(), &Cancel::new(), &mut |_| {})
                .map_err(|error| format!("cannot run {} to {}: {error:#}", spec.method, spec.to))?;
            let mut summary = summarise(&recording);
            if recording.trace.is_none()
                && let Some(recorded) = shipped::exact(spec)
            {
                let said = format!(
                    "ptrace is refused here: the calls are those of a recording of {}.\n",
                    recorded.machine.kernel
                );
                let _ = print(&said);
                summary = summarise(&recorded).with_counters_of(&recording);
            }
            self.runs.push((spec.clone(), summary));
        }
        let known = self.runs.iter().find(|(known, _)| known == spec);
        Ok(known.map(|(_, summary)| summary).expect("just put there"))
    }

    fn judged(
        &mut self,
        item: &Item,
        question: &Question,
        verdict: Verdict,
        say: Say,
    ) -> anyhow::Result<Outcome> {
        self.answered(item, verdict.given.clone(), verdict.right);
        let given = if verdict.right {
            Outcome::Right
        } else {
            Outcome::Wrong
        };
        if say == Say::Nothing {
            print("Noted.\n")?;
            return Ok(given);
        }
        if verdict.right {
            print(&(INK.strong("Right.") + "\n"))?;
        } else {
            print(&(INK.strong("Not yet.") + "\n"))?;
            if let Some(reaction) = &verdict.reaction {
                say_markdown(&reaction.markdown())?;
            }
            say_markdown(&format!("The answer: {}", verdict.answer))?;
        }
        say_markdown(&question.explain)?;
        Ok(given)
    }

    /// A question that was passed is remembered as such, unless it was answered before.
    fn skip(&mut self, item: &Item) -> Outcome {
        if self
            .progress
            .answered(item.lesson, &item.question.id)
            .is_none()
        {
            self.answered(item, Given::Skipped, false);
        }
        Outcome::Skipped
    }

    fn answered(&mut self, item: &Item, given: Given, right: bool) {
        self.keep(&Record::Answer(AnswerRecord {
            lesson: item.lesson.to_owned(),
            question: item.question.id.clone(),
            given,
            right,
            at: now(),
        }));
    }

    /// Forgets a lesson's answers, as `learn --reset` does.
    pub(crate) fn forget(&mut self, lesson: &str) {
        self.keep(&Record::Reset(Reset {
            lesson: lesson.to_owned(),
            at: now(),
        }));
    }

    fn keep(&mut self, record: &Record) {
        self.progress.add(record);
        if let Some(warning) = self.log.keep(record) {
            warn(&warning);
        }
    }
}

enum Outcome {
    Right,
    Wrong,
    Skipped,
    End,
}

fn say_markdown(markdown: &str) -> anyhow::Result<()> {
    let mut text = Text::default();
    text.markdown(markdown, 0);
    print(&text.into_string())
}
