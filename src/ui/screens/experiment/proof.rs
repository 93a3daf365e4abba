//! The alias proof: the bytes that arrived, old and new told apart.

use super::parts::{self, cell, state};
use crate::app::{App, Click, ExperimentPage};
use crate::model::{
    ExperimentOutcome, How, Method, Overwritten, Proof, ProofPlan, ProofVerdict, Proved, Sink,
    Size, grouped,
};
use crate::ui::{Role, Rows, Span};

/// Letters of a row.
const LETTERS: usize = 32;
/// Columns of method, sink and letters, with the gaps.
const METHOD: usize = 16;
const SINK: usize = 6;
/// Narrower than this, a letter stands for two.
const WHOLE: u16 = 64;
/// Letters of a line of the three blocks.
const BLOCK: usize = 8;
/// Rows that the three blocks take, with their titles.
const BLOCKS_ROOM: u16 = 28;

pub fn view(
    app: &App,
    page: &ExperimentPage,
    plan: &ProofPlan,
    [main, side]: [u16; 2],
    height: u16,
) -> (Rows, Option<Rows>) {
    let none = Proved::default();
    let found = match &page.found {
        Some(ExperimentOutcome::Proof(found)) => found,
        _ => &none,
    };
    let pairs = plan.pairs();
    let play = step_of(page);
    let about = |chosen: &_| about((*chosen, play), plan.size, found, side, height);
    let side = pairs.get(page.selected).map(about);
    (table(app, page, &pairs, found, main), side)
}

const STEPS: [&str; 3] = [
    "send A, nobody reads",
    "overwrite the source with B",
    "only now receive",
];

/// The three steps, one a row.
pub fn steps(rows: &mut Rows) {
    for (number, step) in ["1", "2", "3"].into_iter().zip(STEPS) {
        rows.hanging((number, Role::Accent), 2, step, Role::Text);
    }
    let means = "B arrives: references were held.  A arrives: copied.";
    rows.hanging(("", Role::Dim), 2, means, Role::Dim);
}

fn proof_of(found: &Proved, pair: (Method, Sink)) -> Option<&Proof> {
    let mut proofs = found.proofs.iter();
    proofs.find(|proof| (proof.method, proof.to) == pair)
}

/// The step that is played, and how far it is.
fn step_of(page: &ExperimentPage) -> Play {
    let play = page.proof_play.filter(|play| !play.is_done());
    play.map(|play| play.step())
}

/// The three steps in a row; the one that is played stands out.
fn legend(rows: &mut Rows, width: u16, play: Play) {
    let steps = match width {
        72.. => STEPS,
        _ => ["send A", "overwrite it with B", "only now receive"],
    };
    let mut legend = Vec::new();
    for (number, step) in (0..).zip(steps) {
        let role = match play {
            Some((here, _)) if here == number => Role::Answer,
            Some((here, _)) if here < number => Role::Dim,
            _ => Role::Text,
        };
        legend.push((format!("{} ", number + 1), Role::Accent));
        legend.push((format!("{step}   "), role));
    }
    rows.line(legend);
}

fn table(
    app: &App,
    page: &ExperimentPage,
    pairs: &[(Method, Sink)],
    found: &Proved,
    width: u16,
) -> Rows {
    let mut rows = Rows::new(width);
    let letters = if width < WHOLE { LETTERS / 2 } else { LETTERS };
    let play = step_of(page);
    legend(&mut rows, width, play);
    state(&mut rows, app);
    if found.proofs.is_empty() && app.job_here().is_none() {
        parts::not_run(&mut rows, app);
    } else if app.job_here().is_none() {
        let means = "B arrives: references were held. A arrives: copied.";
        rows.text(means, Role::Dim);
    }
    rows.line(vec![
        cell("method", METHOD, Role::Dim),
        cell("to", SINK, Role::Dim),
        cell("what arrived", letters + 2, Role::Dim),
        Role::Dim.of("verdict"),
    ]);
    rows.rule();
    let mut before = None;
    for (index, (method, to)) in pairs.iter().enumerate() {
        let proof = proof_of(found, (*method, *to));
        let chosen = index == page.selected;
        let again = before == Some(method) && !chosen;
        let name = if again { "" } else { method.name() };
        before = Some(method);
        let role = Role::of_name(chosen);
        let mut left = vec![cell(name, METHOD, role), cell(to.name(), SINK, Role::Dim)];
        match (play.filter(|_| chosen), proof) {
            (Some(play), Some(proof)) if proof.verdict != ProofVerdict::Unavailable => {
                left.extend(played(&squeezed(proof, letters), play));
            }
            _ => {
                left.extend(arrived(proof, letters));
                left.push(Role::Text.of("  "));
                left.extend(verdict(proof));
            }
        }
        rows.choice(chosen, left, Vec::new(), Click::Row(index));
    }
    rows
}

/// What arrived, in so many columns: all letters, or one for two where both are the same.
fn arrived(proof: Option<&Proof>, columns: usize) -> Vec<Span> {
    let Some(proof) = proof else {
        return vec![cell(&"·".repeat(columns), columns, Role::Ghost)];
    };
    if proof.verdict == ProofVerdict::Unavailable {
        return vec![cell("not available here", columns, Role::Ghost)];
    }
    let letters = squeezed(proof, columns);
    let mut spans = runs(&letters);
    spans.push((
        " ".repeat(columns.saturating_sub(letters.len())),
        Role::Ghost,
    ));
    spans
}

/// What arrived in so many letters: one for two where both are the same.
fn squeezed(proof: &Proof, columns: usize) -> String {
    let all: Vec<char> = proof.arrived.chars().collect();
    let share = all.len().div_ceil(columns).max(1);
    let one = |share: &[char]| match share.iter().all(|letter| *letter == share[0]) {
        true => share[0],
        false => 'x',
    };
    all.chunks(share).map(one).collect()
}

/// The letters at a step of the play: A is sent, B is written over it in the source, what arrived is received.
fn played(letters: &str, (step, progress): (usize, f64)) -> Vec<Span> {
    let count = letters.chars().count();
    let done = (count as f64 * progress).round() as usize;
    let some = |letter: &str, count: usize, role| (letter.repeat(count), role);
    match step {
        0 => vec![
            some("A", done, Role::Text),
            some("·", count - done, Role::Ghost),
        ],
        1 => vec![
            some("B", done, Role::Text),
            some("A", count - done, Role::Dim),
        ],
        _ => {
            let here: String = letters.chars().take(done).collect();
            let mut spans = runs(&here);
            spans.push(some("·", count - done, Role::Ghost));
            spans
        }
    }
}

/// Letters in the colours of what they prove, neighbours of one kind together.
fn runs(letters: &str) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut last = None;
    for letter in letters.chars() {
        match spans.last_mut() {
            Some((text, _)) if last == Some(letter) => text.push(letter),
            _ => spans.push((letter.to_string(), role(letter))),
        }
        last = Some(letter);
    }
    spans
}

fn role(letter: char) -> Role {
    match letter {
        'A' => Role::Hot(How::CpuCopy),
        'B' => Role::Hot(How::Reference),
        _ => Role::Strong,
    }
}

fn verdict(proof: Option<&Proof>) -> Vec<Span> {
    let Some(proof) = proof else {
        return Vec::new();
    };
    let (reference, copy) = (How::Reference, How::CpuCopy);
    let (mark, role, strong) = match proof.verdict {
        ProofVerdict::Shared => ("┄┄ ", Role::Hot(reference), Role::Verdict(reference)),
        ProofVerdict::Copied => ("━━ ", Role::Hot(copy), Role::Verdict(copy)),
        ProofVerdict::Mixed => ("▪▪ ", Role::Strong, Role::Strong),
        ProofVerdict::Unavailable => ("╌╌ ", Role::Ghost, Role::GhostName),
    };
    let word = match proof.verdict {
        // The letters say that it is not available.
        ProofVerdict::Unavailable => "none",
        other => other.name(),
    };
    vec![(mark.to_owned(), role), (word.to_owned(), strong)]
}

/// A step of the play, and how far it is.
type Play = Option<(usize, f64)>;

fn about(
    (pair, play): ((Method, Sink), Play),
    size: Size,
    found: &Proved,
    width: u16,
    height: u16,
) -> Rows {
    let mut rows = Rows::new(width);
    let proof = proof_of(found, pair);
    let (method, to) = pair;
    rows.text(&format!("{method} to {to}, {size}"), Role::Strong);
    let beside = width == parts::SIDE;
    rows.blank(usize::from(beside));
    let Some(proof) = proof else {
        rows.text("Nothing is known of it yet.", Role::Dim);
        return rows;
    };
    if let Some(reason) = &proof.reason {
        rows.text(reason, Role::Text);
        rows.blank(usize::from(beside));
    }
    if proof.verdict != ProofVerdict::Unavailable {
        if beside && height >= BLOCKS_ROOM {
            blocks(&mut rows, proof, play);
        }
        if play.is_some() {
            return rows;
        }
        counts(&mut rows, proof, beside);
    }
    if proof.overwritten != Overwritten::File && proof.verdict != ProofVerdict::Unavailable {
        let said = format!("overwritten: {}", proof.overwritten.words());
        rows.text(&said, Role::Dim);
    }
    if let Some(copied) = proof.kernel_reports_copied {
        let said = if copied { "COPIED" } else { "not copied" };
        rows.pair("the kernel reports", said, Role::Accent);
    }
    rows.blank(usize::from(beside));
    let mut head = verdict(Some(proof));
    let known = Some(&*found.machine.kernel).filter(|kernel| !kernel.is_empty());
    let kernel = known.unwrap_or("your kernel");
    head.push((format!(" on {kernel}"), Role::Text));
    if !found.filesystem.is_empty() {
        head.push((format!(", {}", found.filesystem), Role::Dim));
    }
    rows.line(head);
    rows.blank(usize::from(beside));
    rows.text(means(proof), Role::Text);
    rows.blank(usize::from(beside));
    rows.text(LIMITS, Role::Dim);
    rows
}

fn counts(rows: &mut Rows, proof: &Proof, beside: bool) {
    let [new, old] = [proof.new_bytes, proof.old_bytes].map(grouped);
    let rounds = proof.rounds.to_string();
    if beside {
        rows.pair("new bytes", &new, Role::Strong);
        rows.pair("old bytes", &old, Role::Strong);
        rows.pair("rounds that agree", &rounds, Role::Strong);
    } else {
        let counts = format!("{new} bytes new, {old} old; {rounds} rounds");
        rows.text(&counts, Role::Dim);
    }
}

/// Sent, source, arrived: the bytes themselves, in three blocks.
fn blocks(rows: &mut Rows, proof: &Proof, play: Play) {
    let gap = "     ";
    let titles = [("1 ", "sent"), ("2 ", "source"), ("3 ", "arrived")];
    let titles =
        titles.map(|(number, text)| [Role::Accent.of(number), (format!("{text:<11}"), Role::Dim)]);
    rows.line(titles.concat());
    rows.blank(1);
    let letters: Vec<char> = proof.arrived.chars().collect();
    let lines = letters.len().div_ceil(BLOCK);
    // How many lines of each block are there, at this step of the play.
    let there = [0, 1, 2].map(|block| match play {
        Some((step, _)) if block > step => 0,
        Some((step, progress)) if block == step => (lines as f64 * progress).round() as usize,
        _ => lines,
    });
    for (number, line) in letters.chunks(BLOCK).enumerate() {
        let arrived: String = line.iter().collect();
        let [sent, source, received] = there.map(|lines| number < lines);
        let block = |letter: &str, role| cell(&letter.repeat(line.len()), BLOCK, role);
        let mut left = vec![
            if sent {
                block("A", Role::Dim)
            } else {
                block("·", Role::Ghost)
            },
            Role::Dim.of(gap),
            if source {
                block("B", Role::Text)
            } else {
                block("A", Role::Dim)
            },
            Role::Dim.of(gap),
        ];
        match received {
            true => left.extend(runs(&arrived)),
            false => left.push(block("·", Role::Ghost)),
        }
        rows.line(left);
    }
    rows.blank(1);
    let share = proof.size.bytes().div_ceil(LETTERS as u64);
    let mixed = match letters.contains(&'x') {
        true => "; x: some of both",
        false => "",
    };
    rows.text(&format!("each letter {}{mixed}", Size(share)), Role::Dim);
    rows.blank(1);
}

fn means(proof: &Proof) -> &'static str {
    match (proof.verdict, proof.to) {
        (ProofVerdict::Shared, _) => {
            "What was overwritten after the send is what the receiver got: the kernel held references to the source's pages. Such a send is no snapshot."
        }
        (ProofVerdict::Copied, Sink::File) => {
            "The old bytes came although the source had changed: the copy lies in the pages of the other file."
        }
        (ProofVerdict::Copied, _) => {
            "The old bytes came although the source had changed: the kernel had taken a copy before the call returned."
        }
        (ProofVerdict::Mixed, _) => {
            "Some bytes were copied before the call returned; the rest were still references when the source was overwritten."
        }
        (ProofVerdict::Unavailable, _) => "It could not be tried here.",
    }
}

const LIMITS: &str = "It shows who held the bytes at that moment. It counts no copies: the receiver's own recv or read still makes one.";
