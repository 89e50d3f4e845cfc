//! Which addresses may be connected to; asked for every address right before each connect.
//!
//! Not a filter of names or URLs: only the address that is connected to is judged, so a name
//! whose answer changes after a check gains nothing. The tables follow the IANA special-purpose
//! registries (RFC 6890 and its updates).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::network::Network;

/// Ports that browsers refuse because they belong to other protocols (WHATWG Fetch, "bad port").
const BAD_PORTS: [u16; 83] = [
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101,
    102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427,
    465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990,
    993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667,
    6668, 6669, 6679, 6697, 10080,
];

/// Ranges of IPv4 that are not public: first address, prefix length, what they are.
const SPECIAL_V4: [(Ipv4Addr, u32, &str); 17] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8, "this-network"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "private"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "carrier-grade NAT"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "loopback"),
    (Ipv4Addr::new(168, 63, 129, 16), 32, "cloud metadata"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "link-local"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "private"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "protocol assignment"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "documentation"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "6to4 relay"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "private"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "benchmarking"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, "documentation"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "documentation"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "multicast"),
    (Ipv4Addr::new(255, 255, 255, 255), 32, "broadcast"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "reserved"),
];

/// Ranges of IPv6 that are not public and hold no IPv4 address.
const SPECIAL_V6: [(Ipv6Addr, u32, &str); 14] = [
    (Ipv6Addr::UNSPECIFIED, 128, "unspecified"),
    (Ipv6Addr::LOCALHOST, 128, "loopback"),
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48, "local translation"),
    (Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0), 64, "discard-only"),
    (Ipv6Addr::new(0x2001, 2, 0, 0, 0, 0, 0, 0), 48, "benchmarking"),
    (Ipv6Addr::new(0x2001, 0x10, 0, 0, 0, 0, 0, 0), 28, "ORCHID"),
    (Ipv6Addr::new(0x2001, 0x20, 0, 0, 0, 0, 0, 0), 28, "ORCHID"),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, "documentation"),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, "documentation"),
    (Ipv6Addr::new(0x5f00, 0, 0, 0, 0, 0, 0, 0), 16, "segment routing"),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, "private"),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, "link-local"),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10, "site-local"),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, "multicast"),
];

/// The rule which addresses a client may connect to: public ones, and the networks allowed.
#[derive(Clone, Debug, Default)]
pub struct AddressPolicy {
    allowed: Vec<Network>,
}

impl AddressPolicy {
    /// Makes a policy that allows public addresses and the given networks.
    pub fn new(allowed: Vec<Network>) -> Self {
        Self { allowed }
    }

    /// Judges one address and port.
    ///
    /// An IPv4 address inside an IPv6 one (mapped, compatible, translated, NAT64, 6to4, Teredo)
    /// is judged as the IPv4 address. Ports of other protocols are refused in every network.
    ///
    /// # Errors
    ///
    /// [`Refused`] says which range or port it was.
    pub fn check(&self, address: SocketAddr) -> Result<(), Refused> {
        if BAD_PORTS.contains(&address.port()) {
            return Err(Refused::Port { address });
        }
        let given = address.ip();
        let judged = match given {
            IpAddr::V6(outer) => embedded(outer).map_or(given, IpAddr::V4),
            IpAddr::V4(_) => given,
        };
        let Some(range) = special_range(judged) else { return Ok(()) };
        if self.allowed.iter().any(|net| net.contains(given) || net.contains(judged)) {
            return Ok(());
        }
        Err(Refused::Network { address, judged, range })
    }
}

/// Why an address may not be connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// The address is not public and in no allowed network.
    #[error(
        "{address} is not a public address ({range}); to allow it add \"{judged}\" or its network to allow_net"
    )]
    Network {
        /// The address that was to be connected to.
        address: SocketAddr,
        /// The address that was judged: the IPv4 address inside, if there is one.
        judged: IpAddr,
        /// What the range is for.
        range: &'static str,
    },
    /// The port belongs to another protocol.
    #[error("port {} of {} belongs to another protocol and is never connected to; serve HTTP on another port", address.port(), address.ip())]
    Port {
        /// The address that was to be connected to.
        address: SocketAddr,
    },
}

/// Returns the IPv4 address that a translator or tunnel would take out of an IPv6 address.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let bits = address.to_bits();
    let low = Ipv4Addr::from_bits(bits as u32);
    match address.segments() {
        // Unspecified and loopback would look like compatible addresses.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        // Compatible (RFC 4291), mapped, translated (RFC 2765) and NAT64 (RFC 6052).
        [0, 0, 0, 0, 0, 0 | 0xffff, _, _]
        | [0, 0, 0, 0, 0xffff, 0, _, _]
        | [0x64, 0xff9b, 0, 0, 0, 0, _, _] => Some(low),
        // 6to4 (RFC 3056) keeps the address behind its prefix of 16 bits.
        [0x2002, ..] => Some(Ipv4Addr::from_bits((bits >> 80) as u32)),
        // Teredo (RFC 4380) keeps the client's address inverted.
        [0x2001, 0, ..] => Some(Ipv4Addr::from_bits(!(bits as u32))),
        _ => None,
    }
}

/// Returns what the range of an address is for, if it is not public.
fn special_range(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => SPECIAL_V4
            .iter()
            .find(|(first, prefix, _)| (address.to_bits() ^ first.to_bits()) >> (32 - prefix) == 0)
            .map(|(_, _, range)| *range),
        IpAddr::V6(address) => SPECIAL_V6
            .iter()
            .find(|(first, prefix, _)| (address.to_bits() ^ first.to_bits()) >> (128 - prefix) == 0)
            .map(|(_, _, range)| *range),
    }
}

#[cfg(test)]
mod tests;
