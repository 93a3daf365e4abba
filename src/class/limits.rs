//! Every limit of a room, in one place. docs/class.md lists them.

use std::time::Duration;

/// Seats of a room.
pub const SEATS: usize = 1000;
/// Bytes of a request's body.
pub const BODY_BYTES: usize = 1 << 10;
/// Bytes of a request's head.
pub const HEAD_BYTES: usize = 8 << 10;
/// How long a request may take to arrive, from its first byte.
pub const HEAD_TIME: Duration = Duration::from_secs(30);
/// How long a connection is kept between requests.
pub const IDLE_TIME: Duration = Duration::from_secs(75);
/// How long a client may take no byte of what is sent to it.
pub const SEND_TIME: Duration = Duration::from_secs(30);
/// Connections at once, as far as the limit of open files allows: a stream and two requests for each seat, and more.
pub const CONNECTIONS: usize = 4096;
/// Event streams that one seat may hold; a further one ends the oldest.
pub const STREAMS_OF_A_SEAT: usize = 4;
/// Event streams of clients without a seat.
pub const STREAMS_WITHOUT_SEAT: usize = 256;
/// Changes that come within this time of the last event are told in one.
pub const COALESCE: Duration = Duration::from_millis(100);
/// A comment goes to each stream so often: it keeps the way open, and finds out who has gone.
pub const COMMENT: Duration = Duration::from_secs(15);
/// Votes a second of one seat. Above it: 429 until the second is over.
pub const VOTES_PER_SECOND: u32 = 10;
/// Wrong codes a second, over all addresses.
pub const WRONG_CODES_PER_SECOND: u32 = 200;
/// Wrong codes after which an address is refused while the room has too many of them.
pub const WRONG_CODES_OF_AN_ADDRESS: u32 = 20;
/// Addresses with wrong codes that are remembered.
pub const ADDRESSES: usize = 1024;
/// Tokens of one seat: a personal code may be used on another device. A further one ends the oldest.
pub const TOKENS_OF_A_SEAT: usize = 4;
/// Bytes of the name of a kernel or an architecture, and of a figure that is a word.
pub const NAME_BYTES: usize = 64;
/// Figures that a terminal may report of a run.
pub const FIGURES: usize = 16;
/// Bytes of a session file that is read, and of a line of it.
pub const FILE_BYTES: u64 = 256 << 20;
pub const LINE_BYTES: usize = 1 << 20;
/// People of a roster, and bytes of its file.
pub const ROSTER_BYTES: u64 = 1 << 20;
