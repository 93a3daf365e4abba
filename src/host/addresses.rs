//! The addresses by which others may reach this machine, the likeliest first.

use std::{
    fs,
    net::{IpAddr, SocketAddr},
    path::Path,
};

use nix::{ifaddrs::getifaddrs, net::if_::InterfaceFlags, sys::socket::SockaddrStorage};

/// An address of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// `wlan0`.
    pub(crate) interface: String,
    pub(crate) address: IpAddr,
    /// Bits of its network's prefix.
    pub(crate) bits: u8,
    /// What stands behind the interface.
    pub(crate) link: Link,
    /// The way to the rest of the world leads over it.
    pub(crate) has_default_route: bool,
}

/// What stands behind an interface, in the order in which others are likely to reach us by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Link {
    /// A card.
    Device,
    /// Something virtual that is no other one of these: a bridge, a container's own end.
    Virtual,
    /// Containers or virtual machines of this machine.
    Containers,
    /// A tunnel.
    Tunnel,
    Loopback,
}

impl Link {
    fn of(name: &str, flags: InterfaceFlags) -> Link {
        let begins = |names: &[&str]| names.iter().any(|known| name.starts_with(known));
        if flags.contains(InterfaceFlags::IFF_LOOPBACK) {
            Link::Loopback
        } else if begins(&[
            "docker", "br-", "veth", "virbr", "vmnet", "vboxnet", "lxc", "lxd", "podman", "cni",
        ]) {
            Link::Containers
        } else if flags.contains(InterfaceFlags::IFF_POINTOPOINT)
            || begins(&["tun", "tap", "wg", "tailscale", "zt", "ppp"])
        {
            Link::Tunnel
        } else if Path::new("/sys/class/net")
            .join(name)
            .join("device")
            .exists()
        {
            Link::Device
        } else {
            Link::Virtual
        }
    }
}

/// This machine's addresses, the likeliest first: by what stands behind it, by the default route, private before
/// public, IPv4 (which is shorter to type) before IPv6, link-local ones last. Loopback is the last of all.
pub(crate) fn addresses() -> Vec<Address> {
    let routes = default_routes();
    let found = getifaddrs().into_iter().flatten().filter_map(|found| {
        let address = ip_of(found.address.as_ref()?)?;
        let bits = found.netmask.as_ref().and_then(ip_of).map_or(0, bits_of);
        let is_up = found.flags.contains(InterfaceFlags::IFF_UP);
        is_up.then(|| Address {
            link: Link::of(&found.interface_name, found.flags),
            has_default_route: routes.contains(&found.interface_name),
            interface: found.interface_name,
            address,
            bits,
        })
    });
    let mut found: Vec<Address> = found.collect();
    found.sort_by_key(rank);
    found
}

fn rank(address: &Address) -> (bool, Link, bool, bool, bool) {
    let (is_link_local, is_private) = match address.address {
        IpAddr::V4(v4) => (v4.is_link_local(), v4.is_private()),
        IpAddr::V6(v6) => (v6.is_unicast_link_local(), v6.is_unique_local()),
    };
    let is_loopback = address.link == Link::Loopback;
    (
        is_link_local || is_loopback,
        address.link,
        !address.has_default_route,
        !is_private,
        address.address.is_ipv6(),
    )
}

fn ip_of(address: &SockaddrStorage) -> Option<IpAddr> {
    let v4 = address.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
    v4.or_else(|| address.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip())))
}

fn bits_of(mask: IpAddr) -> u8 {
    let ones = match mask {
        IpAddr::V4(mask) => u32::from(mask).leading_ones(),
        IpAddr::V6(mask) => u128::from(mask).leading_ones(),
    };
    ones as u8
}

/// The interfaces that a default route leads over.
fn default_routes() -> Vec<String> {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let mut found = Vec::new();
    for line in read("/proc/net/route").lines().skip(1) {
        let fields: Vec<&str> = line.split_whitespace().collect();
        if let [name, "00000000", ..] = fields[..] {
            found.push(name.to_owned());
        }
    }
    for line in read("/proc/net/ipv6_route").lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        if let [to, "00", .., name] = fields[..]
            && to.bytes().all(|digit| digit == b'0')
            && name != "lo"
        {
            found.push(name.to_owned());
        }
    }
    found
}

/// An address in a URL.
pub(crate) fn url_host(address: IpAddr, port: u16) -> String {
    match port {
        80 if address.is_ipv4() => address.to_string(),
        port => SocketAddr::new(address, port).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_address_is_the_first() {
        let address = |interface: &str, link, address: &str, has_default_route| Address {
            interface: interface.to_owned(),
            address: address.parse().unwrap(),
            bits: 24,
            link,
            has_default_route,
        };
        let expected = [
            address("wlan0", Link::Device, "192.168.1.5", true),
            address("wlan0", Link::Device, "fd00::5", true),
            address("eth0", Link::Device, "10.0.0.2", false),
            address("eth1", Link::Device, "130.60.1.2", false),
            address("eth0.7", Link::Virtual, "10.1.0.2", true),
            address("docker0", Link::Containers, "172.17.0.1", false),
            address("wg0", Link::Tunnel, "10.9.0.1", true),
            address("eth0", Link::Device, "169.254.3.4", false),
            address("eth0", Link::Device, "fe80::1", false),
            address("lo", Link::Loopback, "127.0.0.1", false),
        ];
        let mut found = expected.clone();
        found.reverse();
        found.sort_by_key(rank);
        assert_eq!(found, expected);
    }

    #[test]
    fn this_machine_has_its_loopback() {
        let found = addresses();
        let loopback = found.iter().find(|found| found.address.is_loopback());
        assert_eq!(loopback.unwrap().link, Link::Loopback);
    }
}
