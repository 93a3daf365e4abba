//! `zclab review`: the questions that are due.

use super::{
    lesson_dir::LessonsOption,
    print,
    questions::{Asker, Item, Say},
};
use crate::{course::review::until, host::clock::now, store::progress::Log};

/// The questions that are due, mixed over the modules: missed ones at once, others after 1, 3, 7 and 21 days.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab review                            what is due, one after the other")]
pub(crate) struct Args {
    #[command(flatten)]
    lessons: LessonsOption,
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    let course = args.lessons.course()?;
    let mut asker = Asker::new(Log::of_user());
    let all: Vec<_> = course.questions().collect();
    let ids = || {
        all.iter()
            .map(|(lesson, question)| (lesson.id.as_str(), question.id.as_str()))
    };
    let mut due = asker.progress.review.due(ids(), now());
    if due.is_empty() {
        return nothing_due(asker.progress.review.next(ids(), now()));
    }
    let mut right = 0;
    // What is missed comes back once; what is missed then is due at once, the next time.
    for round in ["", "Once more, what was missed.\n\n"] {
        let items = due.iter().map(|at| Item::of(all[*at].0, all[*at].1));
        let items: Vec<Item> = items.collect();
        print(round)?;
        let tally = asker.ask_all(&items, Say::All)?;
        right += tally.right;
        due = tally.missed.iter().map(|at| due[*at]).collect();
        if due.is_empty() || tally.ended {
            break;
        }
    }
    let left = asker.progress.review.due(ids(), now()).len();
    print(&format!("Remembered: {right}. Still due: {left}.\n"))
}

fn nothing_due(next: Option<u64>) -> anyhow::Result<()> {
    match next {
        Some(due) => print(&format!(
            "Nothing is due. The next question comes back {}.\n",
            until(due, now())
        )),
        None => print(
            "Nothing is due: questions come back here once they were asked in the course or by zclab quiz.\n",
        ),
    }
}
