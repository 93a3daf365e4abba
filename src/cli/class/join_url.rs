//! The address that students type.

use std::net::IpAddr;

use crate::host::addresses::{Link, addresses, url_host};
use crate::serve::class::guard::is_private;

/// How the room is reached. Addresses are looked up each time: they change while a class goes on.
#[derive(Clone, Debug)]
pub(crate) struct JoinUrl {
    pub(crate) code: String,
    pub(crate) port: u16,
    /// Of `--url`.
    pub(crate) url: Option<String>,
    /// Of `--listen`.
    pub(crate) named: Vec<IpAddr>,
    /// Of `--open`.
    pub(crate) open: bool,
}

impl JoinUrl {
    /// Every URL by which the room may be reached, the likeliest first; at least one.
    pub(crate) fn all(&self) -> Vec<String> {
        if let Some(url) = &self.url {
            return vec![format!("{url}/{}", self.code)];
        }
        let named: Vec<IpAddr> = self
            .named
            .iter()
            .copied()
            .filter(|address| !address.is_unspecified())
            .collect();
        let found = match named.is_empty() {
            false => named,
            true => self.reachable(),
        };
        let urls = found.into_iter();
        urls.map(|address| format!("http://{}/{}", url_host(address, self.port), self.code))
            .collect()
    }

    /// Addresses at which the room answers; loopback where there is no other.
    fn reachable(&self) -> Vec<IpAddr> {
        let mut found = typed();
        found.retain(|address| self.open || is_private(*address));
        if found.is_empty() {
            found.push(IpAddr::from([127, 0, 0, 1]));
        }
        found
    }

    /// What to do where an address of this machine is public: the room does not answer there by itself.
    pub(crate) fn left_out(&self) -> Option<String> {
        if self.open || self.url.is_some() || !self.named.is_empty() {
            return None;
        }
        // Beside private addresses one of IPv6 is missed by nobody: every home has some.
        let mut typed = typed();
        let has_private = typed.iter().any(|address| is_private(*address));
        typed.retain(|address| !is_private(*address) && (address.is_ipv4() || !has_private));
        let public = typed.first()?;
        Some(format!(
            "{public} is a public address, so the room does not answer there: \
             --listen {public} lets its own network in, --open everybody"
        ))
    }
}

/// Addresses of this machine as others may type them.
fn typed() -> Vec<IpAddr> {
    let is_typed = |address: &IpAddr| match address {
        IpAddr::V4(_) => true,
        // It would need the name of the other machine's interface.
        IpAddr::V6(v6) => !v6.is_unicast_link_local(),
    };
    let all = addresses().into_iter();
    let others = all.filter(|found| found.link != Link::Loopback);
    others.map(|found| found.address).filter(is_typed).collect()
}

/// The base of `--url`, without a slash at its end.
pub(super) fn base(text: &str) -> Result<String, String> {
    let base = text.trim_end_matches('/');
    let host = base
        .strip_prefix("http://")
        .or_else(|| base.strip_prefix("https://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains(['/', '?', '#', ' ', '@']) => {
            Ok(base.to_owned())
        }
        _ => Err("write http://HOST or https://HOST, with the port where there is one".to_owned()),
    }
}

/// The host of a URL, with its port.
pub(super) fn host_of(url: &str) -> Option<String> {
    url.split_once("://").map(|(_, host)| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_of_a_url_is_a_scheme_and_a_host() {
        assert_eq!(
            base("https://class.example.org/").unwrap(),
            "https://class.example.org"
        );
        for bad in [
            "class.example.org",
            "https://",
            "http://a/b",
            "ftp://a",
            "http://a b",
        ] {
            assert!(base(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn urls_name_the_address_the_port_and_the_code() {
        let join = JoinUrl {
            code: "ABC234".to_owned(),
            port: 8080,
            url: None,
            named: vec!["127.0.0.1".parse().unwrap(), "::1".parse().unwrap()],
            open: false,
        };
        assert_eq!(
            join.all(),
            ["http://127.0.0.1:8080/ABC234", "http://[::1]:8080/ABC234"]
        );
        let url = Some("https://t.example.org".to_owned());
        assert_eq!(
            JoinUrl { url, ..join }.all(),
            ["https://t.example.org/ABC234"]
        );
    }
}
