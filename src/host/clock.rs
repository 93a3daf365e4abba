//! What the learner's clock says.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970 (UTC).
pub(crate) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// How many seconds the clock on the wall is ahead of UTC at a time, by `TZ` or `/etc/localtime`. Behind: less than 0.
pub(crate) fn ahead_of_utc(at: u64) -> i64 {
    // The type is libc's time_t, whose name is deprecated on musl.
    let at = at as _;
    // SAFETY: all bytes zero are a `tm`; localtime_r reads one time and writes one `tm`, both ours. The zone's name in it
    // is not looked at.
    unsafe {
        let mut local: libc::tm = std::mem::zeroed();
        libc::localtime_r(&at, &mut local);
        local.tm_gmtoff
    }
}
