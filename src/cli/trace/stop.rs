//! When `zclab trace` lets the program go.

use std::time::Duration;

use crate::model::Size;
use crate::tracer::{Ending, Leave};

/// When the program is let go, and which of its processes are followed.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Stop conditions (the program goes on, untraced and unharmed)")]
#[group(skip)]
pub(super) struct Args {
    /// Let it go after this time: 5s, 500ms, 2m
    #[arg(long = "for", value_name = "TIME", conflicts_with = "live", value_parser = duration)]
    pub(super) time: Option<Duration>,
    /// Let it go when its calls have read so many bytes, or written so many: 64KiB, 1GiB
    #[arg(long, value_name = "SIZE", conflicts_with = "live", value_parser = size)]
    until_bytes: Option<u64>,
    /// Let it go when so many of the calls that are seen have returned
    #[arg(long, value_name = "N", conflicts_with = "live", value_parser = clap::value_parser!(u64).range(1..))]
    until_calls: Option<u64>,
    /// Let what it left behind go when the command itself has ended
    #[arg(long, conflicts_with_all = ["live", "pid"])]
    leader: bool,
    /// Follow children to this depth: 0 is the program alone, 1 its children as well. Deeper ones are left alone, and
    /// counted
    #[arg(long, value_name = "DEPTH", conflicts_with_all = ["live", "children"])]
    follow: Option<u32>,
    /// With -p: attach to the process's children as well, and to theirs
    #[arg(long, requires = "pid")]
    pub(super) children: bool,
}

impl Args {
    /// When the tracing ends. A program that is to go on untraced is given no filter, for it could not be taken off.
    pub(super) fn ending(&self) -> Ending {
        let limits = [self.until_bytes, self.until_calls];
        let ends_early = self.time.is_some() || limits.iter().any(Option::is_some) || self.leader;
        Ending {
            bytes: self.until_bytes,
            calls: self.until_calls,
            with_leader: self.leader,
            depth: self.follow,
            leave: match ends_early || self.follow.is_some() {
                true => Leave::Free,
                false => Leave::Guarded,
            },
        }
    }
}

fn size(text: &str) -> Result<u64, String> {
    match text.parse::<Size>() {
        Ok(Size(0)) => Err("it is let go after 1 byte at the soonest".to_owned()),
        Ok(size) => Ok(size.bytes()),
        Err(error) => Err(error.to_string()),
    }
}

/// `5s`, `500ms`, `2m`.
fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.len()
        - text
            .trim_start_matches(|c: char| c.is_ascii_digit() || c == '.')
            .len();
    let (number, unit) = text.split_at(digits);
    let advice = || format!("'{text}' is not a time: write 5s, 500ms or 2m");
    let number: f64 = number.parse().map_err(|_| advice())?;
    let seconds = match unit {
        "ms" => number / 1000.0,
        "s" | "" => number,
        "m" => number * 60.0,
        "h" => number * 3600.0,
        _ => return Err(advice()),
    };
    Duration::try_from_secs_f64(seconds).map_err(|_| advice())
}
