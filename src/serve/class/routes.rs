//! What each path takes, and what a body says.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    reply::Reply,
    request::{Method, Request, form_fields},
};
use crate::class::{Answer, Event, Figure, Figures, PollKind, Refusal, Session, limits};
use crate::serve::http::Status;

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Page,
    Events,
    State,
    Join,
    Vote,
    Run,
}

/// The route of a path.
///
/// # Errors
/// There is none. True: a code was guessed, and it was wrong.
pub(super) fn of(path: &str, code: &str) -> Result<Route, bool> {
    let mut parts = path.strip_prefix('/').unwrap_or(path).splitn(2, '/');
    let guess = parts.next().unwrap_or_default();
    if !guess.eq_ignore_ascii_case(code) {
        // What browsers ask for by themselves is no guess.
        return Err(!["", "favicon.ico", "robots.txt"].contains(&guess));
    }
    Ok(match parts.next() {
        None | Some("") => Route::Page,
        Some("events") => Route::Events,
        Some("state") => Route::State,
        Some("join") => Route::Join,
        Some("vote") => Route::Vote,
        Some("run") => Route::Run,
        Some(_) => return Err(false),
    })
}

impl Route {
    pub(super) fn allows(self, method: Method) -> bool {
        match self {
            Route::Page | Route::State => matches!(method, Method::Get | Method::Head),
            Route::Events => method == Method::Get,
            Route::Join => method == Method::Post,
            Route::Vote => matches!(method, Method::Put | Method::Post),
            Route::Run => method == Method::Put,
        }
    }

    pub(super) fn allowed(self) -> &'static str {
        match self {
            Route::Page | Route::State => "GET, HEAD",
            Route::Events => "GET",
            Route::Join => "POST",
            Route::Vote => "PUT, POST",
            Route::Run => "PUT",
        }
    }
}

/// Whether the page for browsers without JavaScript is asked for.
pub(super) fn is_form_page(query: &str) -> bool {
    form_fields(query).iter().any(|(name, _)| name == "form")
}

/// The page without JavaScript, of any path of the room: `/CODE?form`.
pub(super) fn page_of(path: &str) -> String {
    let code = path.split('/').nth(1).unwrap_or_default();
    format!("/{code}?form")
}

/// A body that was not read: it is too long, or its length is not known.
pub(super) fn unreadable(request: &Request) -> Reply {
    let (status, why) = match request.length {
        None => (Status::LENGTH_REQUIRED, "send a Content-Length".to_owned()),
        Some(_) => {
            let most = limits::BODY_BYTES;
            (
                Status::CONTENT_TOO_LARGE,
                format!("at most {most} bytes are taken"),
            )
        }
    };
    Reply::refusal(status, &why).closing()
}

/// The personal code of a request for a seat, if it brings one.
///
/// # Errors
/// The body is not understood.
pub(super) fn personal(request: &Request, body: &[u8]) -> Result<Option<String>, &'static str> {
    #[derive(Deserialize)]
    struct Join {
        personal: Option<String>,
    }
    let text = std::str::from_utf8(body).map_err(|_| "the body is no text")?;
    if request.is_form {
        let mut fields = form_fields(text).into_iter();
        return Ok(fields
            .find(|(name, _)| name == "personal")
            .map(|(_, code)| code));
    }
    if text.trim().is_empty() {
        return Ok(None);
    }
    let join: Join =
        serde_json::from_str(text).map_err(|_| "the body is {} or { \"personal\": \"...\" }")?;
    Ok(join.personal)
}

/// Reads a body as what a seat sends: the event, and what is said when it is written.
pub(super) type Reader =
    fn(&Request, &[u8], &Session, usize, u64) -> Result<(Event, String), Refusal>;

#[derive(Deserialize)]
struct Vote {
    round: u32,
    answer: Answer,
}

/// An answer to the question.
pub(super) fn vote(
    request: &Request,
    body: &[u8],
    session: &Session,
    seat: usize,
    time: u64,
) -> Result<(Event, String), Refusal> {
    let vote = match request.is_form {
        true => vote_of_form(body, session)?,
        false => serde_json::from_slice(body).map_err(|_| {
            Refusal::Shape(
                "the body is { \"round\": 3, \"answer\": [1] } or { \"round\": 3, \"answer\": 33 }",
            )
        })?,
    };
    let said = serde_json::json!({ "round": vote.round, "answer": vote.answer });
    let event = session.vote(seat, vote.round, vote.answer, time)?;
    Ok((event, said.to_string()))
}

/// `round=3&answer=1`: fields of the name `answer` in their order; empty ones are places left free.
fn vote_of_form(body: &[u8], session: &Session) -> Result<Vote, Refusal> {
    const SHAPE: Refusal = Refusal::Shape("the form has a round and an answer");
    let text = std::str::from_utf8(body).map_err(|_| SHAPE)?;
    let fields = form_fields(text);
    let all = |wanted: &'static str| {
        let named = fields.iter().filter(move |(name, _)| name == wanted);
        named
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    };
    let round = all("round")
        .next()
        .and_then(|round| round.parse().ok())
        .ok_or(SHAPE)?;
    let kind = session.present().map(|asked| asked.poll.kind);
    let answer = match kind {
        Some(PollKind::Number) => {
            let typed = all("answer")
                .next()
                .ok_or(Refusal::Shape("write a number"))?;
            let typed = typed.replace(',', ".");
            Answer::Number(
                typed
                    .parse()
                    .map_err(|_| Refusal::Shape("write a number"))?,
            )
        }
        _ => {
            let indices: Result<Vec<usize>, _> = all("answer").map(str::parse).collect();
            Answer::List(indices.map_err(|_| SHAPE)?)
        }
    };
    Ok(Vote { round, answer })
}

/// A terminal's own figures of the present experiment.
pub(super) fn figures(
    _: &Request,
    body: &[u8],
    session: &Session,
    seat: usize,
    time: u64,
) -> Result<(Event, String), Refusal> {
    #[derive(Deserialize)]
    struct Run {
        round: u32,
        kernel: String,
        arch: String,
        values: BTreeMap<String, Figure>,
    }
    let run: Run = serde_json::from_slice(body).map_err(|_| {
        Refusal::Shape(
            "the body is { \"round\": 3, \"kernel\": \"\", \"arch\": \"\", \"values\": { \"syscalls\": 33 } }",
        )
    })?;
    let figures = Figures {
        kernel: run.kernel,
        arch: run.arch,
        values: run.values,
    };
    let event = session.figures(seat, run.round, figures, time)?;
    let said = serde_json::json!({ "round": run.round });
    Ok((event, said.to_string()))
}
