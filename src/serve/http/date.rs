//! Dates of HTTP (RFC 9110, section 5.6.7), which name the years 1970 to 9999 only.

use std::time::{Duration, SystemTime};

use httpdate::HttpDate;

/// 9999-12-31T23:59:59Z, in seconds since 1970.
const LAST: Duration = Duration::from_secs(253_402_300_799);

/// The date of a time, to the second. A time that no date can name is the first or the last one that can.
pub(crate) fn http_date(time: SystemTime) -> HttpDate {
    let first = SystemTime::UNIX_EPOCH;
    HttpDate::from(time.clamp(first, first + LAST))
}

/// The time of a date, if the text is one.
pub(crate) fn parse_date(text: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(text.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_has_a_date() {
        let day = Duration::from_secs(86_400);
        for (time, date) in [
            (
                SystemTime::UNIX_EPOCH - day,
                "Thu, 01 Jan 1970 00:00:00 GMT",
            ),
            (SystemTime::UNIX_EPOCH, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (
                SystemTime::UNIX_EPOCH + LAST,
                "Fri, 31 Dec 9999 23:59:59 GMT",
            ),
            (
                SystemTime::UNIX_EPOCH + LAST + day,
                "Fri, 31 Dec 9999 23:59:59 GMT",
            ),
        ] {
            assert_eq!(http_date(time).to_string(), date);
        }
        assert_eq!(parse_date("Sat, 01 Jan 10000 00:00:00 GMT"), None);
    }
}
