//! A real file server and a real proxy: the same few calls as the experiments, under real conditions. Sockets are
//! nonblocking, peers are slow or hostile, transfers are interrupted in the middle and taken up again.
//!
//! | part | what is in it |
//! |---|---|
//! | `event_loop` | one thread, one epoll: many connections, in turns, with deadlines |
//! | `send` | the sending step, one short file a method |
//! | [`http`] | requests to answers: plain data, no sockets |
//! | `confine` | opens files in one directory, and nothing outside it |
//! | `server` | an HTTP connection, from request to sent answer |
//! | `class` | a room with a class in it: its page, its votes, its event streams |
//! | `proxy` | two sockets and what is on its way between them |

pub(crate) mod class;
pub(crate) mod confine;
pub(crate) mod event_loop;
pub mod http;
pub(crate) mod proxy;
pub(crate) mod send;
pub(crate) mod server;

fn errno(error: std::io::Error) -> nix::errno::Errno {
    let number = error.raw_os_error();
    number.map_or(nix::errno::Errno::EIO, nix::errno::Errno::from_raw)
}
