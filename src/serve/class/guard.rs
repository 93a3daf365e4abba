//! Who may come in: addresses, names of the host, other pages, wrong codes, haste.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    time::Instant,
};

use crate::class::limits;

/// A network of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Prefix {
    pub(crate) address: IpAddr,
    pub(crate) bits: u8,
}

impl Prefix {
    pub(crate) fn contains(&self, other: IpAddr) -> bool {
        let (own, other, width) = match (self.address, plain(other)) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (u32::from(own).into(), u32::from(other).into(), 32)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => (u128::from(own), u128::from(other), 128),
            _ => return false,
        };
        let shift = width - u32::from(self.bits).min(width);
        let part = |address: u128| address.checked_shr(shift).unwrap_or(0);
        part(own) == part(other)
    }
}

/// An IPv4 address that came over an IPv6 socket as what it is.
pub(crate) fn plain(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(mapped) => mapped.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

/// An address that no network outside an organisation has: loopback, RFC 1918, link-local, unique local.
pub(crate) fn is_private(address: IpAddr) -> bool {
    match plain(address) {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || is_link_local(v6),
    }
}

fn is_link_local(address: Ipv6Addr) -> bool {
    address.is_unicast_link_local()
}

/// Whether a request names this machine by its address, as `localhost`, or as the teacher said (`--url`). A page of
/// another name, which a foreign name server has led here (DNS rebinding), does not.
pub(super) fn is_own_host(host: &str, own: Option<&str>) -> bool {
    let name = without_port(host);
    let name = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'))
        .unwrap_or(name);
    name.parse::<IpAddr>().is_ok()
        || name.eq_ignore_ascii_case("localhost")
        || own.is_some_and(|own| without_port(own).eq_ignore_ascii_case(name))
}

fn without_port(host: &str) -> &str {
    let end = host.rfind(']').unwrap_or(0);
    match host[end..].find(':') {
        Some(colon) => &host[..end + colon],
        None => host,
    }
}

/// Whether a request that changes something comes from a page of this server, or from no page at all.
pub(super) fn is_own_origin(origin: Option<&str>, host: &str, own: Option<&str>) -> bool {
    let Some(origin) = origin else {
        return true;
    };
    let Some((_, from)) = origin.split_once("://") else {
        return false;
    };
    from.eq_ignore_ascii_case(host) || own.is_some_and(|own| from.eq_ignore_ascii_case(own))
}

/// A bucket: so many at once, and as many again each second.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    left: f64,
    at: Instant,
}

impl Bucket {
    pub(super) fn full(room: u32, now: Instant) -> Bucket {
        Bucket {
            left: room.into(),
            at: now,
        }
    }

    fn refill(&mut self, room: u32, now: Instant) {
        let room = f64::from(room);
        let since = now.saturating_duration_since(self.at).as_secs_f64();
        self.left = (self.left + since * room).min(room);
        self.at = now;
    }

    /// Takes one, if there is one.
    pub(super) fn take(&mut self, room: u32, now: Instant) -> bool {
        self.refill(room, now);
        let has_one = self.left >= 1.0;
        if has_one {
            self.left -= 1.0;
        }
        has_one
    }
}

/// Wrong codes. The limit is over all addresses; while it is passed, an address that has brought many of them is not even
/// told whether its next one is right, and the others are.
#[derive(Debug)]
pub(super) struct WrongCodes {
    all: Bucket,
    passed_until: Option<Instant>,
    by_address: HashMap<IpAddr, u32>,
}

impl WrongCodes {
    pub(super) fn new(now: Instant) -> WrongCodes {
        WrongCodes {
            all: Bucket::full(limits::WRONG_CODES_PER_SECOND, now),
            passed_until: None,
            by_address: HashMap::new(),
        }
    }

    /// Notes one. False: there are too many.
    pub(super) fn note(&mut self, from: IpAddr, now: Instant) -> bool {
        if self.by_address.len() >= limits::ADDRESSES && !self.by_address.contains_key(&from) {
            self.by_address.clear();
        }
        *self.by_address.entry(from).or_default() += 1;
        let within = self.all.take(limits::WRONG_CODES_PER_SECOND, now);
        if !within {
            // As long as it takes the bucket to hold one again.
            let pause = std::time::Duration::from_secs(1) / limits::WRONG_CODES_PER_SECOND;
            self.passed_until = Some(now + pause);
        }
        within
    }

    /// Whether an address is not listened to now.
    pub(super) fn is_refused(&mut self, from: IpAddr, now: Instant) -> bool {
        let is_passed = self.passed_until.is_some_and(|until| now < until);
        let by_it = self.by_address.get(&from).copied().unwrap_or(0);
        is_passed && by_it >= limits::WRONG_CODES_OF_AN_ADDRESS
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn hosts_and_origins() {
        for (host, own) in [
            ("192.168.1.7:8080", true),
            ("[fe80::1]:80", true),
            ("[::1]", true),
            ("localhost:1", true),
            ("Class.example.org", true),
            ("class.example.org.evil.com", false),
            ("evil.com:80", false),
            ("192.168.1.7.evil.com", false),
            ("", false),
        ] {
            assert_eq!(
                is_own_host(host, Some("class.example.org:443")),
                own,
                "{host}"
            );
        }
        for (origin, own) in [
            (None, true),
            (Some("http://10.0.0.1:80"), true),
            (Some("http://10.0.0.1:81"), false),
            (Some("null"), false),
            (Some("http://evil.com"), false),
        ] {
            assert_eq!(
                is_own_origin(origin, "10.0.0.1:80", None),
                own,
                "{origin:?}"
            );
        }
    }

    #[test]
    fn prefixes() {
        let net = |address: &str, bits| Prefix {
            address: address.parse().unwrap(),
            bits,
        };
        for (prefix, other, inside) in [
            (net("130.60.1.2", 16), "130.60.9.9", true),
            (net("130.60.1.2", 16), "130.61.1.2", false),
            (net("130.60.1.2", 32), "130.60.1.2", true),
            (net("130.60.1.2", 0), "1.1.1.1", true),
            (net("130.60.1.2", 16), "::ffff:130.60.9.9", true),
            (net("2001:db8::1", 64), "2001:db8::ffff", true),
            (net("2001:db8::1", 64), "2001:db8:0:1::1", false),
        ] {
            assert_eq!(
                prefix.contains(other.parse().unwrap()),
                inside,
                "{prefix:?} {other}"
            );
        }
    }

    #[test]
    fn wrong_codes_are_limited_and_the_innocent_are_not() {
        let now = Instant::now();
        let [guilty, innocent] = ["10.0.0.1", "10.0.0.2"].map(|ip| ip.parse().unwrap());
        let mut codes = WrongCodes::new(now);
        let passed = (0..300).filter(|_| codes.note(guilty, now)).count();
        assert_eq!(passed, 200);
        assert!(codes.is_refused(guilty, now) && !codes.is_refused(innocent, now));
        assert!(!codes.is_refused(guilty, now + Duration::from_secs(1)));
    }
}
