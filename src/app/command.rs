//! What the learner can ask for: by a key, or by a click on a spot of the screen.

use super::Key;

/// What a key of the room asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomKey {
    /// Opens a vote, closes the one that is open.
    Vote,
    Again,
    Discuss,
    Reveal,
    Lock,
    /// Which kernels differ, and why.
    Kernels,
    /// The next address.
    Address,
}

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Up: the row above, or the text.
    Up,
    Down,
    PageUp,
    PageDown,
    /// The first row, or the first call.
    First,
    /// The last row, or the last call.
    Last,
    /// A call back, or the value before.
    Left,
    Right,
    /// Open, commit, confirm.
    Confirm,
    Back,
    Next,
    /// On in what is read: the rest of the text, then the next page.
    Onward,
    Previous,
    /// The other pane, the other side, or the next thread.
    Tab,
    Run,
    Cancel,
    Play,
    Slower,
    Faster,
    /// A tenth of the recording back.
    ScrubBack,
    ScrubOn,
    Guess,
    /// The playback over the whole screen, and back.
    Present,
    /// Two results side by side on one time scale.
    Race,
    Source,
    Calls,
    Save,
    Hint,
    Explain,
    /// A digit or a point: an answer, or part of a number.
    Digit(char),
    /// Take the last digit or line back.
    Erase,
    Open(&'static str),
    /// The questions of a lesson.
    Quiz,
    Review,
    Test,
    Method,
    Sink,
    Size,
    Chunk,
    Cache,
    /// What a comparison sweeps over.
    Sweep,
    All,
    Words,
    /// A key of the room of a class.
    Room(RoomKey),
    /// How the room is joined.
    JoinCode,
    Search,
    /// Only flows and calls with a text.
    Filter,
    Type(Key),
    Help,
    /// The screen as a picture, in a file.
    Picture,
    Theme,
    Mouse,
    /// Ctrl-C for the traced program.
    Interrupt,
    Suspend,
    Quit,
}

/// What a click on a spot of the screen means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Click {
    /// A row of the key bar.
    Do(Command),
    /// A row of the screen's list: a module, a card, an experiment, a flow.
    Row(usize),
    /// An option or line of a question, or one on the left of a match.
    Option(usize),
    /// One on the right of a match.
    Partner(usize),
    /// A call of the recording.
    Call(usize),
    /// A side of the lab.
    Side(usize),
    /// A row and a column of a card's table.
    Cell(usize, usize),
    /// A word of the glossary.
    Word(usize),
    /// Something that was found.
    Hit(usize),
    /// A page of the open lesson.
    Page(usize),
}

impl Command {
    /// The row that is chosen after it, in a list that is shown whole: `last` is its last row.
    pub(crate) fn moved(self, at: usize, last: usize) -> usize {
        match self {
            Command::Up => at.saturating_sub(1),
            Command::Down => (at + 1).min(last),
            Command::First | Command::PageUp => 0,
            Command::Last | Command::PageDown => last,
            _ => at,
        }
    }

    /// By how many rows it scrolls.
    pub(crate) fn rows(self) -> isize {
        const PAGE: isize = 10;
        match self {
            Command::Up => -1,
            Command::Down => 1,
            Command::PageUp => -PAGE,
            Command::PageDown => PAGE,
            Command::First => -(isize::MAX / 2),
            Command::Last => isize::MAX / 2,
            _ => 0,
        }
    }
}

/// The digit that chooses an option, from 0.
pub(crate) fn digit_of(option: usize) -> Option<Command> {
    let digit = char::from_digit(option as u32 + 1, 10);
    digit.map(Command::Digit)
}
