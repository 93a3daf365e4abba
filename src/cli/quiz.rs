//! `zclab quiz [MODULE]`: the questions in plain lines.

use anyhow::bail;

use super::{
    lesson_dir::{LessonsOption, chosen},
    options::one_of,
    print,
    questions::{Asker, Item, Say, Tally},
};
use crate::{
    course::{
        Lesson,
        concept::{self, Sitting},
    },
    store::progress::Log,
};

/// Questions in plain lines: for pipes, for screen readers, for a quarter of an hour without pictures.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab quiz                              every question of the course
  zclab quiz sendfile                     those of one module
  zclab quiz --concept before             the concept test, before the course
  printf 'b\\na c\\n66\\n' | zclab quiz 2   answers from a pipe

An answer is letters (b, a c), a number (66, 1MiB), lines in their order
(3 1 2), pairs (1c 2a), or a line's number; ? gives a hint, an empty line
skips. Answers are kept as the course keeps them.")]
pub(crate) struct Args {
    /// The module: its name, its number, or the beginning of its title
    #[arg(conflicts_with = "concept")]
    pub(crate) name: Option<String>,
    /// The concept test: the same twelve questions before and after the course
    #[arg(long, value_name = "WHEN", value_parser = one_of(Sitting::ALL.map(|when| (when.name(), "", when))))]
    pub(crate) concept: Option<Sitting>,
    #[command(flatten)]
    lessons: LessonsOption,
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    let catalogue = args.lessons.course()?;
    if let Some(when) = args.concept {
        let Some(test) = catalogue.concept_test() else {
            bail!("there is no concept test here: it is a file concept-test.md among the lessons");
        };
        return concept_test(test, when);
    }
    let lessons = chosen(&catalogue, args.name.as_deref())?;
    let items: Vec<Item> = lessons.iter().flat_map(items_of).collect();
    if items.is_empty() {
        return print("There are no questions here.\n");
    }
    let tally = Asker::new(Log::of_user()).ask_all(&items, Say::All)?;
    print(&summary(&tally, items.len()))
}

fn items_of(lesson: &Lesson) -> impl Iterator<Item = Item<'_>> {
    lesson
        .questions()
        .map(|question| Item::of(lesson, question))
}

/// `3 of 8 right. 2 were skipped.`
fn summary(tally: &Tally, count: usize) -> String {
    let Tally {
        answered,
        right,
        missed,
        ended,
    } = tally;
    let wrong = answered - right;
    let skipped = missed.len() - wrong;
    let mut text = format!("{right} of {answered} right.");
    if skipped > 0 {
        text += &format!(" Skipped: {skipped}.");
    }
    if *ended {
        text += &format!(
            " The input ended after {} of {count} questions.",
            answered + skipped
        );
    }
    if !missed.is_empty() {
        text += " What was missed comes back in zclab review.";
    }
    text + "\n"
}

/// The test: nothing is said to an answer, so that the second time measures the course and not the first time.
fn concept_test(test: &Lesson, sitting: Sitting) -> anyhow::Result<()> {
    let from = format!("{}, {} the course", test.title, sitting.name());
    let items: Vec<Item> = test
        .questions()
        .map(|question| Item {
            lesson: sitting.id(),
            from: &from,
            question,
        })
        .collect();
    let mut asker = Asker::new(Log::of_user());
    if asker.progress.score(test, sitting).is_some() {
        print("The answers given now take the place of those given before.\n\n")?;
        asker.forget(sitting.id());
    }
    asker.ask_all(&items, Say::Nothing)?;
    let report = concept::report(asker.progress.scores(test));
    print(&(report.join("\n") + "\n"))
}
