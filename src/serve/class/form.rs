//! The page without JavaScript: the same question as a form, and refusals that a person can read.

use std::fmt::Write;

use super::{page, reply::Reply, routes::page_of};
use crate::class::{Answer, Phase, Poll, PollKind, Session};
use crate::serve::http::Status;

/// The present state as a page with a form.
pub(super) fn page(session: &Session, seat: Option<usize>, needs_code: bool, path: &str) -> Reply {
    let place = page_of(path);
    let base = place.trim_end_matches("?form");
    let mut body = String::new();
    match seat.and_then(|seat| session.seats.get(seat)) {
        None => join_form(&mut body, base, needs_code),
        Some(found) => {
            // Writing to a String does not fail.
            let _ = write!(body, "<p class=s>Your seat: <b>{}</b></p>", found.name);
            question(&mut body, session, seat, base);
        }
    }
    let _ = write!(
        body,
        "<p><a href=\"{}\">Look again</a></p>",
        escaped(&place)
    );
    document(Status::OK, "", &body)
}

fn join_form(body: &mut String, base: &str, needs_code: bool) {
    let field = match needs_code {
        true => "<label>Your personal code <input name=personal autocomplete=off required></label>",
        false => "",
    };
    let _ = write!(
        body,
        "<form method=post action=\"{}/join\">{field}<p><button>Join the class</button></p></form>",
        escaped(base)
    );
}

fn question(body: &mut String, session: &Session, seat: Option<usize>, base: &str) {
    let Some(asked) = session.present() else {
        body.push_str("<p>The first question has not been asked yet.</p>");
        return;
    };
    let _ = write!(body, "<h1>{}</h1>", inline(&asked.poll.text));
    let yours = seat.and_then(|seat| session.answer_of(seat));
    match session.phase {
        Phase::Voting => {
            let base = escaped(base);
            let round = session.round();
            let _ = write!(
                body,
                "<form method=post action=\"{base}/vote\"><input type=hidden name=round value={round}>"
            );
            fields(body, &asked.poll, yours);
            let said = match yours {
                Some(_) => {
                    "<p class=s>Your answer is saved. You can change it until the vote is closed.</p>"
                }
                None => "",
            };
            let _ = write!(body, "{said}<p><button>Send the answer</button></p></form>");
        }
        Phase::Revealed => {
            if let Some(right) = asked.right() {
                let _ = write!(
                    body,
                    "<p><b>The answer:</b> {}</p>",
                    in_words(&asked.poll, &right)
                );
            }
            if let Some(yours) = yours {
                let _ = write!(body, "<p>Yours: {}</p>", in_words(&asked.poll, yours));
            }
            let _ = write!(body, "<p>{}</p>", inline(&asked.poll.explain));
        }
        _ => body.push_str("<p>The vote is closed.</p>"),
    }
}

/// The fields of the form for a kind of question.
fn fields(body: &mut String, poll: &Poll, yours: Option<&Answer>) {
    let chosen: &[usize] = match yours {
        Some(Answer::List(list)) => list,
        _ => &[],
    };
    match poll.kind {
        PollKind::Number => {
            let value = match yours {
                Some(Answer::Number(number)) => number.to_string(),
                _ => String::new(),
            };
            let unit = inline(poll.unit.as_deref().unwrap_or_default());
            let _ = write!(
                body,
                "<label>Your answer <input name=answer inputmode=decimal value=\"{value}\" required> {unit}</label>"
            );
        }
        PollKind::Choice | PollKind::Multi | PollKind::Bug => {
            let kind = match poll.kind {
                PollKind::Multi => "checkbox",
                _ => "radio",
            };
            for (at, option) in poll.options.iter().enumerate() {
                let checked = if chosen.contains(&at) { " checked" } else { "" };
                let _ = write!(
                    body,
                    "<label class=o><input type={kind} name=answer value={at}{checked}> {}</label>",
                    inline(option)
                );
            }
        }
        PollKind::Order => {
            for place in 0..poll.options.len() {
                let label = format!("{}.", place + 1);
                select(body, &label, &poll.options, chosen.get(place), true);
            }
        }
        PollKind::Match => {
            for (place, left) in poll.options.iter().enumerate() {
                select(body, left, &poll.rights, chosen.get(place), false);
            }
        }
    }
}

fn select(body: &mut String, label: &str, texts: &[String], chosen: Option<&usize>, free: bool) {
    let required = if free { "" } else { " required" };
    let _ = write!(
        body,
        "<label class=o>{} <select name=answer{required}><option value=\"\">–</option>",
        inline(label)
    );
    for (at, text) in texts.iter().enumerate() {
        let selected = if chosen == Some(&at) { " selected" } else { "" };
        let _ = write!(
            body,
            "<option value={at}{selected}>{}</option>",
            escaped(text)
        );
    }
    body.push_str("</select></label>");
}

fn in_words(poll: &Poll, answer: &Answer) -> String {
    let list = match (poll.kind, answer) {
        (PollKind::Order | PollKind::Match, Answer::List(list)) => list,
        _ => return inline(&poll.in_words(answer)),
    };
    // Here nothing is numbered: the texts themselves.
    let text = |(place, index): (usize, &usize)| match poll.kind {
        PollKind::Match => {
            let left = poll.options.get(place)?;
            Some(format!("{left}: {}", poll.rights.get(*index)?))
        }
        _ => poll.options.get(*index).cloned(),
    };
    let texts: Vec<String> = list.iter().enumerate().filter_map(text).collect();
    inline(&texts.join("; "))
}

/// No room there.
pub(super) fn not_found() -> Reply {
    let body = "<h1>There is no room here</h1><p>Write the whole address that the projector shows, with the code at its end.</p>";
    document(Status::NOT_FOUND, "", body)
}

/// The refusal of a form.
pub(super) fn refusal(reply: &Reply, place: &str) -> Reply {
    let said: serde_json::Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let why = said["error"].as_str().unwrap_or("this could not be taken");
    let body = format!(
        "<h1>{}</h1><p><a href=\"{}\">Back</a></p>",
        escaped(why),
        escaped(place)
    );
    document(reply.status, "", &body)
}

fn document(status: Status, head: &str, body: &str) -> Reply {
    let style = page::style();
    let html = format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8><meta name=viewport content=\"width=device-width,initial-scale=1\"><title>zclab class</title><style>{style}</style>{head}</head><body><main>{body}</main></body></html>"
    );
    Reply::html(status, html.into_bytes(), page::style_policy())
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

/// The marks that questions use: code, strong.
fn inline(text: &str) -> String {
    let mut html = String::new();
    for (at, part) in text.split('`').enumerate() {
        match at % 2 {
            0 => {
                for (at, part) in part.split("**").enumerate() {
                    let tags = if at % 2 == 1 {
                        ["<b>", "</b>"]
                    } else {
                        ["", ""]
                    };
                    let _ = write!(html, "{}{}{}", tags[0], escaped(part), tags[1]);
                }
            }
            _ => {
                let _ = write!(html, "<code>{}</code>", escaped(part));
            }
        }
    }
    html
}
