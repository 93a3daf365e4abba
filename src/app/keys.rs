//! The one key table: what a key does, when it can, what it is called. Dispatch, the key bar and the help
//! page all read it, so none of them can say something that the others do not do.

use std::{borrow::Cow, ops::Deref};

use super::{App, Guessing, Overlay, Pane, Screen, input::TextInput};
use crate::course::Predict;
use crate::model::ExperimentSpec;

/// A key, as the program understands it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A character, with Shift already in it.
    Char(char),
    /// Ctrl and a character.
    Ctrl(char),
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Return.
    Enter,
    /// Escape.
    Esc,
    /// Tabulator.
    Tab,
    /// Backspace or Delete.
    Backspace,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
}

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Up: the row above, or the text.
    Up,
    /// Down.
    Down,
    /// A screenful up.
    PageUp,
    /// A screenful down.
    PageDown,
    /// The first row, or the first call.
    First,
    /// The last row, or the last call.
    Last,
    /// A call back, or the value before.
    Left,
    /// A call on, or the value after.
    Right,
    /// Open, commit, confirm.
    Confirm,
    /// Close what is open, or go back.
    Back,
    /// The next page.
    Next,
    /// The page before.
    Previous,
    /// the other pane, or the other side.
    Tab,
    /// Run the experiment.
    Run,
    /// Stop the experiment.
    Cancel,
    /// Play or pause.
    Play,
    /// Half the speed.
    Slower,
    /// Twice the speed.
    Faster,
    /// Guess again.
    Guess,
    /// The whole source.
    Source,
    /// All calls.
    Calls,
    /// Save the recording to a file.
    Save,
    /// A hint.
    Hint,
    /// The explanation.
    Explain,
    /// A digit or a point: an answer, or part of a number.
    Digit(char),
    /// Take the last digit or line back.
    Erase,
    /// The free lab.
    Lab,
    /// The questions of a lesson.
    Quiz,
    /// The questions that are due.
    Review,
    /// The concept test.
    Test,
    /// The lab's method.
    Method,
    /// The lab's sink.
    Sink,
    /// The lab's size.
    Size,
    /// The lab's chunk.
    Chunk,
    /// The lab's cache.
    Cache,
    /// What a comparison sweeps over.
    Sweep,
    /// Run every one.
    All,
    /// The list of experiments.
    Experiments,
    /// The reference cards.
    Cards,
    /// What words mean.
    Words,
    /// Search over all text.
    Search,
    /// A key that writes what is searched for.
    Type(Key),
    /// The help page.
    Help,
    /// The next theme.
    Theme,
    /// Mouse reports on or off.
    Mouse,
    /// To the shell, until `fg`.
    Suspend,
    /// Quit.
    Quit,
}

/// Where a key stands on the help page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// The recording that is played.
    Recording,
    /// The page, list or form.
    Page,
    /// A question or prediction.
    Answer,
    /// On every screen.
    Everywhere,
}

impl Group {
    /// Every group, in the order of the help page.
    pub const ALL: [Group; 4] = [
        Group::Recording,
        Group::Page,
        Group::Answer,
        Group::Everywhere,
    ];

    /// Its title on the help page.
    pub fn title(self) -> &'static str {
        match self {
            Group::Recording => "the recording",
            Group::Page => "the page",
            Group::Answer => "the answer",
            Group::Everywhere => "everywhere",
        }
    }
}

/// Where a key is pressed: the state, and what lies over the page.
#[derive(Clone, Copy)]
pub struct At<'a> {
    app: &'a App,
    cover: Option<Overlay>,
}

impl At<'_> {
    fn now(app: &App) -> At<'_> {
        At {
            app,
            cover: app.overlay,
        }
    }
}

impl Deref for At<'_> {
    type Target = App;

    fn deref(&self) -> &App {
        self.app
    }
}

/// One row of the table.
pub struct Binding {
    /// The keys, each with what it does.
    pub keys: &'static [(Key, Command)],
    /// The keys as they are written: `Home End`.
    pub label: &'static str,
    /// What it does, in a word, for the key bar. Empty: not in the bar.
    pub short: &'static str,
    /// What it does, for the help page.
    pub long: &'static str,
    /// Where it stands on the help page.
    pub group: Group,
    /// Whether it can do anything now.
    pub possible: fn(At) -> bool,
}

use Command as C;
use Group as G;
use Key as K;

const fn row(
    keys: &'static [(Key, Command)],
    label: &'static str,
    short: &'static str,
    long: &'static str,
    group: Group,
    possible: fn(At) -> bool,
) -> Binding {
    Binding {
        keys,
        label,
        short,
        long,
        group,
        possible,
    }
}

const UP_DOWN: &[(Key, Command)] = &[
    (K::Up, C::Up),
    (K::Down, C::Down),
    (K::Char('k'), C::Up),
    (K::Char('j'), C::Down),
    (K::PageUp, C::PageUp),
    (K::PageDown, C::PageDown),
];
const PAGES: &[(Key, Command)] = &[(K::PageUp, C::PageUp), (K::PageDown, C::PageDown)];
const LEFT_RIGHT: &[(Key, Command)] = &[
    (K::Left, C::Left),
    (K::Right, C::Right),
    (K::Char('h'), C::Left),
    (K::Char('l'), C::Right),
];
const DIGITS: &[(Key, Command)] = &[
    (K::Char('0'), C::Digit('0')),
    (K::Char('1'), C::Digit('1')),
    (K::Char('2'), C::Digit('2')),
    (K::Char('3'), C::Digit('3')),
    (K::Char('4'), C::Digit('4')),
    (K::Char('5'), C::Digit('5')),
    (K::Char('6'), C::Digit('6')),
    (K::Char('7'), C::Digit('7')),
    (K::Char('8'), C::Digit('8')),
    (K::Char('9'), C::Digit('9')),
    (K::Char('.'), C::Digit('.')),
];
const ERASE: &[(Key, Command)] = &[(K::Backspace, C::Erase)];
const CONFIRM: &[(Key, Command)] = &[(K::Enter, C::Confirm)];
const ENDS: &[(Key, Command)] = &[(K::Home, C::First), (K::End, C::Last)];

/// The table. Where two rows share a key, the first that is possible has it: `h` is a hint where there is a
/// question, and left elsewhere.
pub const TABLE: &[Binding] = &[
    // An overlay covers the page: its keys come first.
    row(
        UP_DOWN,
        "↑↓",
        "choose",
        "choose what was found",
        G::Page,
        has_found,
    ),
    row(
        CONFIRM,
        "Enter",
        "go there",
        "go to what was found",
        G::Page,
        has_found,
    ),
    row(UP_DOWN, "↑↓", "choose", "choose a word", G::Page, in_words),
    row(
        &[(K::Tab, C::Tab)],
        "Tab",
        "all words",
        "turn to the whole glossary",
        G::Page,
        in_page_words,
    ),
    row(
        &[(K::Tab, C::Tab)],
        "Tab",
        "this page",
        "turn to the words of this page",
        G::Page,
        in_glossary,
    ),
    row(
        &[(K::Char('W'), C::Back)],
        "W",
        "",
        "close the words",
        G::Page,
        in_words,
    ),
    row(UP_DOWN, "↑↓", "scroll", "scroll", G::Page, scrolls_overlay),
    row(
        ENDS,
        "Home End",
        "ends",
        "first row, last row",
        G::Page,
        scrolls_overlay,
    ),
    row(
        CONFIRM,
        "Enter",
        "go there",
        "play from this call",
        G::Page,
        in_calls,
    ),
    row(
        &[(K::Char('s'), C::Back)],
        "s",
        "",
        "close the source",
        G::Page,
        in_source,
    ),
    row(
        &[(K::Char('c'), C::Back)],
        "c",
        "",
        "close the calls",
        G::Page,
        in_calls,
    ),
    row(
        &[(K::Char('?'), C::Back)],
        "?",
        "",
        "close this help",
        G::Everywhere,
        in_help,
    ),
    // A question or prediction. Nobody chooses among options that are not on the screen.
    row(
        &[(K::Tab, C::Tab), (K::Enter, C::Tab)],
        "Tab",
        "question",
        "turn to the question before the run",
        G::Answer,
        hidden_guess,
    ),
    row(
        &[(K::Enter, C::Next)],
        "Enter",
        "next",
        "next page",
        G::Answer,
        answered,
    ),
    row(
        &[(K::Char('g'), C::Guess)],
        "g",
        "other values",
        "the same question with other values",
        G::Answer,
        has_others,
    ),
    row(
        DIGITS,
        "1-9",
        "choose",
        "choose an answer",
        G::Answer,
        choosing,
    ),
    row(
        DIGITS,
        "0-9",
        "your number",
        "type a number",
        G::Answer,
        typing,
    ),
    row(
        CONFIRM,
        "Enter",
        "commit and run",
        "commit your guess and run",
        G::Answer,
        guessed,
    ),
    row(
        CONFIRM,
        "Enter",
        "answer",
        "give the answer",
        G::Answer,
        answering,
    ),
    // Enter does nothing while there is nothing to commit.
    row(
        CONFIRM,
        "Enter",
        "",
        "commit what you have typed or chosen",
        G::Answer,
        waits_for_answer,
    ),
    row(
        ERASE,
        "⌫",
        "",
        "take the last one back",
        G::Answer,
        erasable,
    ),
    row(
        &[(K::Char('h'), C::Hint)],
        "h",
        "hint",
        "a hint",
        G::Answer,
        has_hint,
    ),
    // Two panes: what Tab turns to comes first in the bar.
    row(
        &[(K::Tab, C::Tab)],
        "Tab",
        "your run",
        "turn to the figures of your run",
        G::Page,
        question_pane,
    ),
    row(
        &[(K::Tab, C::Tab)],
        "Tab",
        "table",
        "turn to the table",
        G::Page,
        card_text_pane,
    ),
    row(
        &[(K::Tab, C::Tab)],
        "Tab",
        "figure",
        "turn to the figure",
        G::Page,
        text_pane,
    ),
    row(
        &[(K::Tab, C::Tab)],
        "Tab",
        "text",
        "turn to the text",
        G::Page,
        target_pane,
    ),
    row(
        &[(K::Tab, C::Tab)],
        "Tab",
        "side",
        "the side that the next run fills",
        G::Page,
        two_sides,
    ),
    // A list or form keeps the arrows; what does not fit beside it scrolls by pages.
    row(
        PAGES,
        "PgUp PgDn",
        "scroll",
        "scroll what does not fit",
        G::Page,
        scrolls_beside,
    ),
    // The course.
    row(
        CONFIRM,
        "Enter",
        "open",
        "open: continue at the next page",
        G::Page,
        in_course,
    ),
    row(
        UP_DOWN,
        "↑↓",
        "choose",
        "choose a module",
        G::Page,
        in_course,
    ),
    row(
        &[(K::Tab, C::Tab)],
        "Tab",
        "module",
        "turn to the chosen module",
        G::Page,
        module_list,
    ),
    row(
        &[(K::Tab, C::Tab)],
        "Tab",
        "list",
        "turn to the list of modules",
        G::Page,
        module_details,
    ),
    row(
        ENDS,
        "Home End",
        "",
        "first, last module",
        G::Page,
        in_course,
    ),
    row(
        &[(K::Char('t'), C::Quiz)],
        "t",
        "questions",
        "the questions of this module",
        G::Page,
        has_questions,
    ),
    row(
        &[(K::Char('v'), C::Review)],
        "v",
        "review",
        "the questions that are due for review",
        G::Page,
        can_review,
    ),
    row(
        &[(K::Char('C'), C::Test)],
        "C",
        "concept test",
        "the concept test, before and after the course",
        G::Page,
        has_test,
    ),
    row(
        &[
            (K::Enter, C::Back),
            (K::Char('n'), C::Back),
            (K::Char('b'), C::Previous),
        ],
        "Enter",
        "to the course",
        "to the course",
        G::Page,
        round_is_over,
    ),
    // The reference cards.
    row(
        CONFIRM,
        "Enter",
        "open",
        "open the card",
        G::Page,
        in_card_list,
    ),
    row(
        UP_DOWN,
        "↑↓",
        "choose",
        "choose a card",
        G::Page,
        in_card_list,
    ),
    row(
        ENDS,
        "Home End",
        "",
        "first, last card",
        G::Page,
        in_card_list,
    ),
    row(
        UP_DOWN,
        "↑↓",
        "row",
        "the row above, the row below",
        G::Page,
        on_card_table,
    ),
    row(
        LEFT_RIGHT,
        "←→",
        "compare with",
        "the system that the others are compared with",
        G::Page,
        on_card_table,
    ),
    row(
        ENDS,
        "Home End",
        "",
        "first, last row",
        G::Page,
        on_card_table,
    ),
    row(
        &[(K::Char('n'), C::Next), (K::Char('b'), C::Previous)],
        "n b",
        "next, back",
        "next card, card before",
        G::Page,
        on_card,
    ),
    // The recording.
    row(
        &[(K::Char('r'), C::Run)],
        "r",
        "run",
        "run it on this kernel",
        G::Recording,
        can_run_first,
    ),
    row(
        CONFIRM,
        "Enter",
        "",
        "run it on this kernel",
        G::Recording,
        can_run_first,
    ),
    row(
        &[(K::Char(' '), C::Play)],
        "␣",
        "pause",
        "pause",
        G::Recording,
        playing,
    ),
    row(
        &[(K::Char(' '), C::Play)],
        "␣",
        "play again",
        "play again from the start",
        G::Recording,
        over,
    ),
    row(
        &[(K::Char(' '), C::Play)],
        "␣",
        "play",
        "play",
        G::Recording,
        paused,
    ),
    row(
        &[(K::Char(' '), C::Play)],
        "␣",
        "",
        "the next step",
        G::Recording,
        drawn,
    ),
    row(
        &[(K::Char(' '), C::Play)],
        "␣",
        "play",
        "play a result",
        G::Page,
        lab_result,
    ),
    row(
        LEFT_RIGHT,
        "←→",
        "step",
        "a step back, a step on",
        G::Recording,
        has_player,
    ),
    // Pages.
    row(
        &[(K::Char('n'), C::Next), (K::Char('b'), C::Previous)],
        "n b",
        "next, back",
        "next page, page before",
        G::Page,
        turns,
    ),
    row(CONFIRM, "Enter", "", "next page", G::Page, reading),
    // Experiments that are no transfer.
    row(
        CONFIRM,
        "Enter",
        "open",
        "open the experiment",
        G::Page,
        in_experiments,
    ),
    row(
        UP_DOWN,
        "↑↓",
        "choose",
        "choose an experiment",
        G::Page,
        in_experiments,
    ),
    row(
        ENDS,
        "Home End",
        "",
        "first, last experiment",
        G::Page,
        in_experiments,
    ),
    row(
        UP_DOWN,
        "↑↓",
        "look at",
        "look at another row",
        G::Page,
        has_rows,
    ),
    row(ENDS, "Home End", "", "first, last row", G::Page, has_rows),
    row(
        &[(K::Char('a'), C::All)],
        "a",
        "run all",
        "run all of them",
        G::Recording,
        has_all,
    ),
    row(
        &[(K::Char('m'), C::Method)],
        "m",
        "method",
        "the next method beside the first",
        G::Page,
        changes_contest,
    ),
    row(
        &[(K::Char('m'), C::Method)],
        "m",
        "method",
        "the next method of the server",
        G::Page,
        changes_server,
    ),
    row(
        &[(K::Char('t'), C::Sink)],
        "t",
        "to",
        "the next sink",
        G::Page,
        changes_sink,
    ),
    row(
        &[(K::Char('z'), C::Size)],
        "z",
        "size",
        "the next size",
        G::Page,
        changes_plan,
    ),
    row(
        &[(K::Char('S'), C::Sweep)],
        "S",
        "sweep",
        "sweep over chunk, over size, or over neither",
        G::Page,
        changes_contest,
    ),
    row(
        &[(K::Char('x'), C::Explain)],
        "x",
        "explain",
        "explain the answer",
        G::Answer,
        explains,
    ),
    row(
        &[(K::Char('['), C::Slower), (K::Char(']'), C::Faster)],
        "[ ]",
        "speed",
        "slower, faster",
        G::Recording,
        has_recording,
    ),
    row(
        ENDS,
        "Home End",
        "",
        "to the start, to the end",
        G::Recording,
        has_player,
    ),
    row(
        &[(K::Char('r'), C::Run)],
        "r",
        "run again",
        "run it again",
        G::Recording,
        can_run_again,
    ),
    row(
        &[(K::Char('g'), C::Guess)],
        "g",
        "guess again",
        "guess again",
        G::Recording,
        can_guess_again,
    ),
    row(
        &[(K::Char('s'), C::Source)],
        "s",
        "source",
        "the whole source",
        G::Recording,
        has_source,
    ),
    row(
        &[(K::Char('c'), C::Calls)],
        "c",
        "calls",
        "all calls",
        G::Recording,
        has_calls,
    ),
    row(
        &[(K::Char('w'), C::Save)],
        "w",
        "",
        "save the recording to a file",
        G::Recording,
        can_save,
    ),
    row(
        &[(K::Esc, C::Cancel)],
        "Esc",
        "stop it",
        "stop the experiment",
        G::Recording,
        running,
    ),
    // The free lab's form.
    row(UP_DOWN, "↑↓", "", "choose a setting", G::Page, in_form),
    row(
        LEFT_RIGHT,
        "←→",
        "change",
        "change the setting",
        G::Page,
        in_form,
    ),
    row(
        &[(K::Char('m'), C::Method)],
        "m",
        "method",
        "next method",
        G::Page,
        in_form,
    ),
    row(
        &[(K::Char('t'), C::Sink)],
        "t",
        "to",
        "next sink",
        G::Page,
        in_form,
    ),
    row(
        &[(K::Char('z'), C::Size)],
        "z",
        "size",
        "next size",
        G::Page,
        in_form,
    ),
    row(
        &[(K::Char('c'), C::Chunk)],
        "c",
        "chunk",
        "next chunk",
        G::Page,
        in_form,
    ),
    row(
        &[(K::Char('w'), C::Cache)],
        "w",
        "warm/cold",
        "warm or cold cache",
        G::Page,
        in_form,
    ),
    // Text that is longer than its room.
    row(UP_DOWN, "↑↓", "", "choose an answer", G::Answer, choosing),
    row(
        UP_DOWN,
        "↑↓",
        "scroll",
        "scroll the text",
        G::Page,
        scrolls_text,
    ),
    // Everywhere.
    row(
        &[(K::Char('m'), C::Lab)],
        "m",
        "lab",
        "the free lab",
        G::Everywhere,
        can_open_lab,
    ),
    row(
        &[(K::Char('e'), C::Experiments)],
        "e",
        "experiments",
        "proofs, errors on purpose, comparisons",
        G::Everywhere,
        can_open_experiments,
    ),
    row(
        &[(K::Char('R'), C::Cards)],
        "R",
        "cards",
        "the reference cards",
        G::Everywhere,
        can_open_cards,
    ),
    row(
        &[(K::Char('W'), C::Words)],
        "W",
        "words",
        "what words mean",
        G::Everywhere,
        can_open_words,
    ),
    row(
        &[(K::Char('/'), C::Search)],
        "/",
        "search",
        "search lessons, cards and words",
        G::Everywhere,
        can_search,
    ),
    row(
        &[(K::Char('?'), C::Help)],
        "?",
        "help",
        "this help",
        G::Everywhere,
        no_overlay,
    ),
    row(
        &[(K::Esc, C::Back)],
        "Esc",
        "back",
        "back",
        G::Everywhere,
        has_back,
    ),
    row(
        &[(K::Char('q'), C::Quit), (K::Ctrl('c'), C::Quit)],
        "q",
        "quit",
        "quit; your place is kept",
        G::Everywhere,
        always,
    ),
    row(
        &[(K::Char('T'), C::Theme)],
        "T",
        "",
        "next theme",
        G::Everywhere,
        always,
    ),
    row(
        &[(K::Char('M'), C::Mouse)],
        "M",
        "",
        "mouse off and on, to select text",
        G::Everywhere,
        always,
    ),
    row(
        &[(K::Ctrl('z'), C::Suspend)],
        "Ctrl-Z",
        "",
        "to the shell; fg comes back",
        G::Everywhere,
        always,
    ),
];

/// What a row is called in the key bar now: of what is counted, with the count.
pub fn short(app: &App, binding: &Binding) -> Cow<'static, str> {
    match binding.keys {
        [(_, C::Review)] => match app.due().len() {
            0 => Cow::Borrowed(binding.short),
            due => Cow::Owned(format!("{} {due}", binding.short)),
        },
        _ => Cow::Borrowed(binding.short),
    }
}

/// What a key does now.
pub fn command(app: &App, key: Key) -> Option<Command> {
    let at = At::now(app);
    if in_search(at) && TextInput::takes(key) {
        return Some(Command::Type(key));
    }
    TABLE
        .iter()
        .filter(|binding| (binding.possible)(at))
        .flat_map(|binding| binding.keys)
        .find(|(bound, _)| *bound == key)
        .map(|(_, command)| *command)
}

/// The rows that are possible now and that no row before them shadows wholly.
pub fn possible(app: &App) -> Vec<&'static Binding> {
    rows(At::now(app))
}

/// The rows that are possible on the page, whatever lies over it: what the help page shows.
pub fn possible_on_page(app: &App) -> Vec<&'static Binding> {
    rows(At { app, cover: None })
}

fn rows(at: At) -> Vec<&'static Binding> {
    let mut taken: Vec<Key> = Vec::new();
    let mut rows = Vec::new();
    for binding in TABLE.iter().filter(|binding| (binding.possible)(at)) {
        // What is typed means nothing else.
        let is_typed = in_search(at) && TextInput::takes(binding.keys[0].0);
        if !is_typed && binding.keys.iter().any(|(key, _)| !taken.contains(key)) {
            rows.push(binding);
        }
        taken.extend(binding.keys.iter().map(|(key, _)| *key));
    }
    rows
}

fn always(_: At) -> bool {
    true
}
fn no_overlay(app: At) -> bool {
    app.cover.is_none()
}
fn in_calls(app: At) -> bool {
    matches!(app.cover, Some(Overlay::Calls { .. }))
}
fn in_source(app: At) -> bool {
    matches!(app.cover, Some(Overlay::Source { .. }))
}
fn in_search(app: At) -> bool {
    matches!(app.cover, Some(Overlay::Search { .. }))
}
fn in_words(app: At) -> bool {
    matches!(app.cover, Some(Overlay::Words { .. }))
}
fn in_page_words(app: At) -> bool {
    matches!(app.cover, Some(Overlay::Words { all: false, .. }))
}
fn in_glossary(app: At) -> bool {
    in_words(app) && !in_page_words(app) && !app.page_words().is_empty()
}
fn in_help(app: At) -> bool {
    matches!(app.cover, Some(Overlay::Help { .. }))
}
fn has_found(app: At) -> bool {
    in_search(app) && !app.search.hits.is_empty()
}
fn scrolls_overlay(app: At) -> bool {
    app.cover.is_some() && (!in_search(app) || has_found(app))
}
fn in_course(app: At) -> bool {
    no_overlay(app) && app.screen == Screen::Course && !app.lessons.is_empty()
}
fn has_questions(app: At) -> bool {
    in_course(app) && !app.questions_of(app.course.selected).is_empty()
}
fn can_review(app: At) -> bool {
    in_course(app) || round_is_over(app) && !app.in_test() && !app.due().is_empty()
}
fn has_test(app: At) -> bool {
    no_overlay(app) && app.screen == Screen::Course && app.concept_test.is_some()
}
fn in_round(app: At) -> bool {
    no_overlay(app) && app.screen == Screen::Round
}
fn round_is_over(app: At) -> bool {
    in_round(app) && app.round.as_ref().is_some_and(|round| round.is_over())
}
fn turns(app: At) -> bool {
    in_round(app) && !round_is_over(app)
        || no_overlay(app) && matches!(app.screen, Screen::Lesson | Screen::Quiz)
}
fn reading(app: At) -> bool {
    turns(app) && !has_question(app) && !guessing(app) && !can_run_first(app)
}
fn has_question(app: At) -> bool {
    no_overlay(app) && app.question().is_some()
}
fn choosing(app: At) -> bool {
    predicts(app) || no_overlay(app) && app.question().is_some_and(|(_, state)| state.chooses())
}
fn typing(app: At) -> bool {
    types_guess(app) || no_overlay(app) && app.question().is_some_and(|(_, state)| state.types())
}
fn answering(app: At) -> bool {
    no_overlay(app) && app.question().is_some_and(|(_, state)| state.is_ready())
}
fn answered(app: At) -> bool {
    no_overlay(app) && app.question().is_some_and(|(_, state)| state.is_right())
}
fn guessed(app: At) -> bool {
    let ready = |(predict, state): (&Predict, &Guessing)| state.is_ready(&predict.ask);
    guessing(app) && !app.guess_is_hidden() && app.guessing().is_some_and(ready)
}
fn hidden_guess(app: At) -> bool {
    no_overlay(app) && app.guess_is_hidden()
}
fn asks_option(app: At) -> bool {
    let chooses = |(predict, _): (&Predict, &Guessing)| !predict.ask.is_typed();
    guessing(app) && app.guessing().is_some_and(chooses)
}
fn predicts(app: At) -> bool {
    asks_option(app) && !app.guess_is_hidden() || no_overlay(app) && app.asks_errno().is_some()
}
fn types_guess(app: At) -> bool {
    guessing(app) && !asks_option(app)
}
fn has_experiment(app: At) -> bool {
    no_overlay(app) && app.experiment().is_some()
}
fn in_experiments(app: At) -> bool {
    no_overlay(app) && app.screen == Screen::Experiments
}
fn has_rows(app: At) -> bool {
    has_experiment(app) && !guessing(app) && app.experiment().is_some_and(|page| page.rows() > 1)
}
fn has_all(app: At) -> bool {
    has_experiment(app)
        && app.screen == Screen::Experiment
        && app.job.is_none()
        && app.experiment().is_some_and(|page| page.error().is_some())
}
fn changes_plan(app: At) -> bool {
    no_overlay(app) && app.experiment_settings().is_some()
}
fn changes_contest(app: At) -> bool {
    changes_plan(app) && matches!(app.experiment_settings(), Some(ExperimentSpec::Compare(_)))
}
fn changes_server(app: At) -> bool {
    changes_plan(app) && matches!(app.experiment_settings(), Some(ExperimentSpec::Serve(_)))
}
fn changes_sink(app: At) -> bool {
    changes_plan(app) && !changes_server(app)
}
fn experiment_done(app: At) -> bool {
    app.experiment().is_some_and(|page| match page.error() {
        Some(name) if app.screen == Screen::Experiment => page.finding(name).is_some(),
        _ => page.done,
    })
}
fn can_open_experiments(app: At) -> bool {
    no_overlay(app)
        && (app.screen == Screen::Course || app.screen == Screen::Lab && app.lab.playing.is_none())
}
fn in_card_list(app: At) -> bool {
    no_overlay(app) && app.screen == Screen::Cards && !app.on_cards.open
}
fn on_card(app: At) -> bool {
    no_overlay(app) && app.screen == Screen::Cards && app.on_cards.open
}
fn on_card_table(app: At) -> bool {
    on_card(app) && app.moves_on_table()
}
fn card_text_pane(app: At) -> bool {
    text_pane(app) && on_card(app)
}
fn can_open_cards(app: At) -> bool {
    looks_up(app) && !app.cards.is_empty() && app.screen != Screen::Cards
}
fn can_search(app: At) -> bool {
    looks_up(app) && !app.lessons.is_empty()
}
fn can_open_words(app: At) -> bool {
    looks_up(app) && !app.words.is_empty()
}
/// Whether one may look things up: not in the middle of the concept test.
fn looks_up(app: At) -> bool {
    no_overlay(app) && app.screen != Screen::Replay && !app.in_test()
}
fn waits_for_answer(app: At) -> bool {
    guessing(app) && !guessed(app) && !app.guess_is_hidden() || has_question(app) && !answering(app)
}
fn guessing(app: At) -> bool {
    no_overlay(app) && app.asks_guess()
}
fn erasable(app: At) -> bool {
    types_guess(app) || no_overlay(app) && app.question().is_some_and(|(_, state)| state.erasable())
}
fn has_hint(app: At) -> bool {
    no_overlay(app) && app.hint_left()
}
fn explains(app: At) -> bool {
    no_overlay(app) && !app.in_test() && app.question().is_some_and(|(_, state)| !state.explained)
}
fn panes(app: At) -> bool {
    no_overlay(app) && app.folded && app.has_two_panes()
}
fn module_list(app: At) -> bool {
    in_course(app) && panes(app) && app.pane == Pane::Text
}
fn module_details(app: At) -> bool {
    in_course(app) && panes(app) && app.pane == Pane::Target
}
fn question_pane(app: At) -> bool {
    text_pane(app) && has_question(app)
}
fn text_pane(app: At) -> bool {
    panes(app) && app.pane == Pane::Text && !in_course(app) && !app.guess_is_hidden()
}
fn target_pane(app: At) -> bool {
    panes(app) && app.pane == Pane::Target && !in_course(app)
}
fn in_form(app: At) -> bool {
    no_overlay(app) && app.screen == Screen::Lab && app.lab.playing.is_none()
}
fn two_sides(app: At) -> bool {
    in_form(app)
}
fn lab_result(app: At) -> bool {
    in_form(app) && app.lab.playable().is_some()
}
fn has_player(app: At) -> bool {
    no_overlay(app) && app.player().is_some()
}
fn playing(app: At) -> bool {
    no_overlay(app) && app.player().is_some_and(|player| player.is_playing())
}
fn has_recording(app: At) -> bool {
    has_player(app) && app.shown_run().is_some()
}
fn drawn(app: At) -> bool {
    has_player(app) && app.shown_run().is_none()
}
fn paused(app: At) -> bool {
    has_recording(app) && !playing(app)
}
fn over(app: At) -> bool {
    paused(app) && app.player().is_some_and(|player| player.is_at_end())
}
fn can_run_first(app: At) -> bool {
    let not_run = |app: At| {
        app.lab_page()
            .is_some_and(|(_, page)| page.player.is_none())
    };
    let not_tried = has_experiment(app) && !experiment_done(app) && !guessing(app);
    no_overlay(app) && app.job.is_none() && (in_form(app) || not_run(app) || not_tried)
}
fn can_run_again(app: At) -> bool {
    let is_there = app.lab_page().is_some() || has_experiment(app) && experiment_done(app);
    no_overlay(app) && app.job.is_none() && is_there && !can_run_first(app)
}
fn can_guess_again(app: At) -> bool {
    let played = app
        .lab_page()
        .is_some_and(|(_, page)| page.player.is_some());
    let tried = app.experiment().is_some_and(|page| page.done);
    no_overlay(app) && app.job.is_none() && app.guessing().is_some() && (played || tried)
}
fn has_others(app: At) -> bool {
    no_overlay(app)
        && app
            .question()
            .is_some_and(|(_, state)| state.has_others && (state.is_right() || state.explained))
}
fn has_source(app: At) -> bool {
    no_overlay(app) && app.source().is_some()
}
fn has_calls(app: At) -> bool {
    no_overlay(app)
        && app
            .shown_run()
            .is_some_and(|run| run.recording.trace.is_some())
}
fn can_save(app: At) -> bool {
    has_player(app) && app.shown_run().is_some() && app.screen != Screen::Replay
}
fn running(app: At) -> bool {
    no_overlay(app) && app.job.is_some()
}
fn scrolls_text(app: At) -> bool {
    no_overlay(app) && app.scroll_room > 0
}
fn scrolls_beside(app: At) -> bool {
    app.scroll_room > 0
        && (in_course(app) || in_form(app) || in_card_list(app) || on_card_table(app))
}
fn can_open_lab(app: At) -> bool {
    no_overlay(app) && !matches!(app.screen, Screen::Lab | Screen::Replay)
}
fn has_back(app: At) -> bool {
    app.cover.is_some()
        || app.job.is_none() && !matches!(app.screen, Screen::Course | Screen::Replay)
}
