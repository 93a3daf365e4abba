//! `zclab card [NAME]`: reference cards.

use serde::Serialize;

use super::{lesson_dir::LessonsOption, lessons::Text, print, print_json};
use crate::{
    course::{glossary, prose},
    model::{Card, CardRow, CardTable},
};

/// Reference cards: a call's signature, path, counts, conditions, pitfalls, and since when it is there.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  zclab card                              the list
  zclab card sendfile                     one card
  zclab card 'page cache'                 a word of the glossary
  zclab card --json")]
pub(crate) struct Args {
    /// The card, or a word of the glossary
    pub(crate) name: Option<String>,
    /// One JSON document
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    lessons: LessonsOption,
}

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    let course = args.lessons.course()?;
    let word = args
        .name
        .as_deref()
        .and_then(|name| glossary::find(course.words(), name));
    let chosen = match (&args.name, word) {
        (Some(name), None) => Some(course.card(name).map_err(anyhow::Error::msg)?),
        (Some(name), Some(_)) => course.card(name).ok(),
        (None, _) => None,
    };
    if args.json {
        let cards = chosen.map_or(course.cards(), std::slice::from_ref);
        return print_json(&CardDocument { cards });
    }
    if let (Some(word), None) = (word, chosen) {
        let mut text = Text::default();
        text.strong(&word.forms.join(", "));
        text.markdown(&word.text, 2);
        return print(&text.into_string());
    }
    match chosen {
        Some(card) => print(&plain(card)),
        None => print(&list(course.cards())),
    }
}

fn list(cards: &[Card]) -> String {
    let widest = cards
        .iter()
        .map(|card| prose::width(&card.name))
        .max()
        .unwrap_or(0);
    cards
        .iter()
        .map(|card| {
            let name = format!("{:widest$}", card.name);
            let indent = " ".repeat(widest + 2);
            let options = textwrap::Options::new(80).subsequent_indent(&indent);
            let row = super::wrapped(&format!("{name}  {}", card.title), options);
            row.replacen(&name, &super::ink::INK.strong(&name), 1)
        })
        .collect()
}

fn plain(card: &Card) -> String {
    let mut text = Text::default();
    text.strong(&card.title);
    text.gap();
    for line in &card.signature {
        text.line(&format!("  {line}"));
    }
    let hops: Vec<String> = card
        .path
        .iter()
        .map(|hop| {
            format!(
                "{}: {} to {}",
                hop.how.title(),
                hop.from.title(),
                hop.to.title()
            )
        })
        .collect();
    for (title, lines) in [
        ("Path", &hops),
        ("Counts", &card.counts),
        ("Conditions", &card.conditions),
        ("Pitfalls", &card.pitfalls),
        ("Since", &card.since),
    ] {
        if !lines.is_empty() {
            text.gap();
            text.strong(title);
            for line in lines {
                text.markdown(&format!("- {line}"), 2);
            }
        }
    }
    if let Some(table) = &card.table {
        text.gap();
        side_by_side(&mut text, table);
    }
    if !card.body.is_empty() {
        text.gap();
        text.markdown(&card.body, 0);
    }
    text.gap();
    text.markdown(&format!("Sources: {}", card.sources.join("; ")), 0);
    text.into_string()
}

/// A table in words: each row with what every system has.
fn side_by_side(text: &mut Text, table: &CardTable) {
    for CardRow { what, cells } in &table.rows {
        text.strong(what);
        for (column, cell) in table.columns.iter().zip(cells) {
            text.markdown(&format!("- {column}: {cell}"), 2);
        }
    }
}

#[derive(Serialize)]
struct CardDocument<'a> {
    cards: &'a [Card],
}
