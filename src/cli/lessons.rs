//! `zclab lessons [NAME]`: the list, or one lesson as plain text.

use std::io::IsTerminal;

use serde::Serialize;

use super::{
    ink::INK,
    lesson_dir::{LessonsOption, chosen},
};
use crate::{
    course::{self, Lab, Lesson, Predict, Question, Target, Trial, kinds::Plain, prose},
    embedded, figure,
    model::Figure,
};

/// The lessons as a list, or one as plain text.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab lessons                           the list
  zclab lessons sendfile                  one lesson as plain text
  zclab lessons 2                         the same, by its number
  zclab lessons --short                   the short course of two hours
  zclab lessons --json")]
pub(crate) struct Args {
    /// The lesson: its name, its number, or the beginning of its title
    pub(crate) name: Option<String>,
    /// Only the short course: two hours, for a class that has one double lesson
    #[arg(long, conflicts_with = "name")]
    short: bool,
    #[command(flatten)]
    lessons: LessonsOption,
    /// One JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    let course = args.lessons.course()?;
    let listed = chosen(&course, args.name.as_deref())?;
    let short: Vec<Lesson>;
    let listed = match args.short {
        true => {
            let marked = listed.iter().filter(|lesson| lesson.short);
            short = marked.cloned().collect();
            &short[..]
        }
        false => listed,
    };
    let lessons = listed.iter().map(Listed::of).collect();
    super::print_either(args.json, &LessonList { lessons }, || match args.name {
        Some(_) => plain_text(&listed[0], &figures()),
        None => list(listed, args.short),
    })
}

#[derive(Serialize)]
struct LessonList<'a> {
    lessons: Vec<Listed<'a>>,
}

#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    title: &'a str,
    pages: usize,
    experiments: usize,
    questions: usize,
    objectives: Vec<&'a str>,
    minutes: u32,
    short: bool,
}

impl Listed<'_> {
    fn of(lesson: &Lesson) -> Listed<'_> {
        let objectives = lesson.objectives.iter();
        Listed {
            id: &lesson.id,
            title: &lesson.title,
            pages: lesson.pages.len(),
            experiments: lesson
                .pages
                .iter()
                .filter(|page| page.has_experiment())
                .count(),
            questions: lesson.questions().count(),
            objectives: objectives.map(|found| found.text.as_str()).collect(),
            minutes: lesson.minutes,
            short: lesson.short,
        }
    }
}

/// One line a lesson: number, a mark where it belongs to the short course, id, title, and how much there is of what.
fn list(lessons: &[Lesson], with_sum: bool) -> String {
    let widest = |text: fn(&Lesson) -> &str| {
        let widths = lessons.iter().map(|lesson| prose::width(text(lesson)));
        widths.max().unwrap_or(0)
    };
    let ids = widest(|lesson| &lesson.id).max("lesson".len());
    let titles = widest(|lesson| &lesson.title);
    let padded = |text: &str, width: usize| {
        let free = width.saturating_sub(prose::width(text));
        format!("{text}{}", " ".repeat(free))
    };
    let line = |lesson: &Lesson| {
        let Listed {
            pages,
            experiments,
            questions,
            minutes,
            ..
        } = Listed::of(lesson);
        let (id, title) = (padded(&lesson.id, ids), padded(&lesson.title, titles));
        let number = INK.dim(format!("{:>2}", lesson.number));
        let id = INK.strong(id);
        let mark = if lesson.short { '*' } else { ' ' };
        format!(
            "{number}{mark} {id}  {title}{minutes:>5}{pages:>6}{experiments:>5}{questions:>5}\n"
        )
    };
    let (id, title) = (padded("lesson", ids), padded("title", titles));
    let head = format!("    {id}  {title}  min pages runs quiz");
    let lines = lessons.iter().map(line);
    let total: u32 = lessons.iter().map(|lesson| lesson.minutes).sum();
    let sum = with_sum.then(|| format!("About {total} minutes in all.\n"));
    // A pipe gets a line a lesson, and nothing else.
    let head = std::io::stdout()
        .is_terminal()
        .then(|| INK.dim(head) + "\n");
    head.into_iter().chain(lines).chain(sum).collect()
}

fn figures() -> Vec<Figure> {
    let figures = embedded::figures().into_iter();
    figures
        .filter_map(|(name, text)| figure::figure(name, text).ok())
        .collect()
}

/// Cells across: fits a terminal of 80, and is what a mail or a text editor shows well.
const WIDTH: usize = 78;

/// The whole lesson in words, from top to bottom, for screen readers and pipes.
fn plain_text(lesson: &Lesson, figures: &[Figure]) -> String {
    let mut text = Text::default();
    text.strong(&format!("Lesson {}: {}", lesson.number, lesson.title));
    text.line(&format!(
        "About {} minutes, {} pages.",
        lesson.minutes,
        lesson.pages.len()
    ));
    text.gap();
    text.line("After this you can:");
    for objective in &lesson.objectives {
        text.markdown(&format!("- {}", objective.text), 0);
    }
    for (index, page) in lesson.pages.iter().enumerate() {
        text.gap();
        let heading = format!("Page {}: {}", index + 1, page.title);
        text.strong(&heading);
        text.line(&"-".repeat(prose::width(&heading).min(WIDTH)));
        text.markdown(&page.prose, 0);
        match &page.target {
            Some(Target::Figure(id)) => {
                if let Some(figure) = figures.iter().find(|figure| figure.id == *id) {
                    text.figure(figure);
                }
            }
            Some(Target::Lab(lab)) => text.lab(lab),
            Some(Target::Trial(trial)) => text.trial(trial),
            Some(Target::Question(question)) => text.question(question),
            None => {}
        }
    }
    text.0
}

/// Text that grows line by line.
#[derive(Default)]
pub(super) struct Text(String);

impl Text {
    pub(super) fn into_string(self) -> String {
        self.0
    }

    pub(super) fn line(&mut self, line: &str) {
        self.0 += line;
        self.0.push('\n');
    }

    pub(super) fn strong(&mut self, line: &str) {
        self.line(&INK.strong(line));
    }

    /// One empty line, whatever was before.
    pub(super) fn gap(&mut self) {
        if !self.0.is_empty() && !self.0.ends_with("\n\n") {
            self.0.push('\n');
        }
    }

    pub(super) fn markdown(&mut self, markdown: &str, indent: usize) {
        let margin = " ".repeat(indent);
        for row in prose::lay_out(markdown, WIDTH - indent) {
            self.line(format!("{margin}{}", row.text()).trim_end());
        }
    }

    fn figure(&mut self, figure: &Figure) {
        self.gap();
        self.line(&format!("Figure: {}", figure.title));
        self.markdown(&format!("Drawn from: {}", figure.source), 0);
        for (index, step) in figure.steps.iter().enumerate() {
            let call = step
                .call
                .as_ref()
                .map_or(String::new(), |call| format!("{call}: "));
            let hops: Vec<_> = step
                .hops
                .iter()
                .map(|hop| {
                    let (from, to) = (hop.from.title(), hop.to.title());
                    format!("{}, {from} to {to}", hop.how.title())
                })
                .collect();
            let hops = if hops.is_empty() {
                String::new()
            } else {
                format!(" ({})", hops.join("; "))
            };
            self.markdown(&format!("{}. {call}{}{hops}", index + 1, step.text), 2);
        }
    }

    /// An experiment: the command that makes it, and what is asked before.
    fn lab(&mut self, lab: &Lab) {
        let spec = &lab.spec;
        self.gap();
        self.line(&format!(
            "Experiment: {} to {}, {} in chunks of {}, {} cache",
            spec.method, spec.to, spec.size, spec.chunk, spec.cache
        ));
        let cold = match spec.cache {
            crate::model::Cache::Cold => " --cold",
            crate::model::Cache::Warm => "",
        };
        self.line(&format!(
            "  zclab run {} --to {} --size {} --chunk {}{cold}",
            spec.method,
            spec.to,
            spec.size.typed(),
            spec.chunk.typed()
        ));
        self.predict(lab.predict.as_ref());
    }

    /// An experiment that is no transfer: the commands that make it, and what is asked before.
    fn trial(&mut self, trial: &Trial) {
        self.gap();
        self.line(&format!("Experiment: {}", trial.what.title()));
        for command in course::commands(&trial.what) {
            self.line(&format!("  {command}"));
        }
        self.predict(trial.predict.as_ref());
    }

    fn predict(&mut self, predict: Option<&Predict>) {
        let Some(predict) = predict else {
            return;
        };
        self.line("Predict first:");
        self.markdown(&predict.text, 2);
        self.plain(&predict.ask.plain());
    }

    fn question(&mut self, question: &Question) {
        self.gap();
        self.line("Question:");
        self.asked(&question.asked(0));
    }

    /// A question whose values are drawn, and how to answer it.
    pub(super) fn asked(&mut self, question: &Question) {
        for row in prose::lay_out(&question.text, WIDTH - 2) {
            self.line(format!("  {}", INK.strong(row.text())).trim_end());
        }
        self.plain(&question.kind.plain());
    }

    /// What can be chosen, and how to answer.
    fn plain(&mut self, plain: &Plain) {
        for (mark, text) in &plain.items {
            match plain.is_code {
                true => self.line(&format!("  {mark}{text}")),
                false => self.option(mark, text),
            }
        }
        self.line(&format!("  Answer: {}", plain.answer));
    }

    /// An option behind its letter or number, its further rows under its first.
    fn option(&mut self, mark: &str, markdown: &str) {
        let indent = 2 + mark.len();
        for (index, row) in prose::lay_out(markdown, WIDTH - indent).iter().enumerate() {
            let before = match index {
                0 => format!("  {mark}"),
                _ => " ".repeat(indent),
            };
            self.line(format!("{before}{}", row.text()).trim_end());
        }
    }
}
