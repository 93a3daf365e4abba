//! A room with a class in it: seats, votes, what they come to; pure. The session's file is written in `store`, its web
//! side is in `serve`.
//!
//! | part | what is in it |
//! |---|---|
//! | `session` | the state machine: what is asked of it gives events or a refusal; events make the state |
//! | `event` | a line of the session file |
//! | `poll`, `answer` | a question as it is put to a room, and what answers it |
//! | `from_course` | a question of the course as a poll |
//! | `form` | a poll as it is answered on a terminal |
//! | `experiment` | what is run to answer a question |
//! | `command` | what the teacher asks for |
//! | `kernels` | why machines found different values |
//! | `snapshot` | what the teacher's side sees |
//! | `state` | what phones and terminals see: nothing that must stay here before the reveal |
//! | `seen` | the same, as a terminal reads it, and what else it hears |
//! | `words` | answers as they are typed and read |
//! | `tally` | what votes come to, and what that advises |
//! | `report` | what a whole session came to |
//! | `names` | codes, seats, tokens |
//! | `limits` | every limit of a room |

mod answer;
mod command;
mod event;
mod experiment;
mod form;
mod from_course;
mod kernels;
pub mod limits;
pub mod names;
mod poll;
mod report;
mod seen;
mod session;
mod snapshot;
mod state;
mod tally;
mod words;

pub use answer::{Answer, Figure};
pub(crate) use command::Command;
pub use event::Event;
pub(crate) use experiment::{ClassExperiment, ClassRun, experiment_of};
pub(crate) use kernels::differences;
pub use poll::{Cause, Misconception, Poll, PollKind};
pub(crate) use report::{QuestionReport, Report, RoundReport};
pub(crate) use seen::{SeatNews, SeenState};
pub use session::{Asked, Figures, Phase, Recorded, Refusal, Round, Session};
pub(crate) use snapshot::{AskedSnapshot, Eyes, RoundSnapshot, Snapshot};
pub use state::State;
pub use tally::Advice;
pub(crate) use tally::normalized_gain;
