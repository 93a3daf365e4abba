//! What the teacher asks for: by a key, by a line on standard input, from the private view.

use std::str::FromStr;

use super::Recorded;

/// What the teacher asks for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Command {
    /// Asks the question of that id.
    Open(String),
    /// Opens a further vote on the same question.
    Again,
    Close,
    /// The clock of the discussion runs.
    Discuss,
    Reveal,
    /// Runs the experiment of the question.
    Run,
    /// What the run that was begun in this round answered.
    Recorded(u32, Result<Recorded, String>),
    /// Gives no further seats, or gives them again.
    Lock,
    Status,
    Quit,
}

impl Command {
    /// The commands as they are typed.
    pub(crate) const TYPED: &'static str =
        "open ID, again, close, discuss, reveal, run, lock, status, quit";
}

impl FromStr for Command {
    type Err = String;

    fn from_str(line: &str) -> Result<Command, String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        Ok(match words[..] {
            ["open", id] => Command::Open(id.to_owned()),
            ["open"] => return Err("open what? Write the id of a question".to_owned()),
            ["again"] => Command::Again,
            ["close"] => Command::Close,
            ["discuss"] => Command::Discuss,
            ["reveal"] => Command::Reveal,
            ["run"] => Command::Run,
            ["lock"] => Command::Lock,
            ["status"] => Command::Status,
            ["quit"] => Command::Quit,
            _ => {
                let typed = line.trim();
                return Err(format!(
                    "'{typed}' is no command: there are {}",
                    Command::TYPED
                ));
            }
        })
    }
}
