//! The address policy against a table of addresses, written independently of its ranges.

use std::net::SocketAddr;

use super::{AddressPolicy, BAD_PORTS, Refused};

fn verdict(policy: &AddressPolicy, address: &str) -> Result<(), Refused> {
    let ip = address.parse().unwrap_or_else(|_| panic!("{address} is an address"));
    policy.check(SocketAddr::new(ip, 80))
}

#[test]
fn special_addresses_are_refused() {
    let refused = [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.7",
        "192.88.99.1",
        "192.168.0.1",
        "192.168.255.255",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fc00::1",
        "fdff::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "3fff::1",
        "100::1",
        "5f00::1",
        "64:ff9b:1::1",
        "2001:2::1",
        "2001:10::1",
        "2001:20::1",
        // IPv4 inside: mapped, compatible, translated, NAT64, 6to4, Teredo.
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::10.0.0.1",
        "::ffff:0:192.168.1.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "2002:c0a8:101::1",
        // The last 32 bits are 10.0.0.1 inverted.
        "2001:0:4136:e378:8000:63bf:f5ff:fffe",
    ];
    let policy = AddressPolicy::default();
    for address in refused {
        assert!(
            matches!(verdict(&policy, address), Err(Refused::Network { .. })),
            "{address} was allowed"
        );
    }
}

#[test]
fn public_addresses_are_allowed() {
    let allowed = [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2606:4700:4700::1111",
        "2a00:1450:4001::1",
        "2001:4860:4860::8888",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::1",
        // The last 32 bits are 8.8.8.8 inverted.
        "2001:0:4136:e378:8000:63bf:f7f7:f7f7",
    ];
    let policy = AddressPolicy::default();
    for address in allowed {
        assert_eq!(verdict(&policy, address), Ok(()), "{address}");
    }
}

#[test]
fn an_allowed_network_opens_itself_and_nothing_else() {
    let policy = AddressPolicy::new(vec!["127.0.0.0/8".parse().unwrap()]);
    assert_eq!(verdict(&policy, "127.0.0.1"), Ok(()));
    assert_eq!(verdict(&policy, "::ffff:127.0.0.1"), Ok(()));
    assert!(verdict(&policy, "10.0.0.1").is_err());
    assert!(verdict(&policy, "::1").is_err());
}

#[test]
fn ports_of_other_protocols_are_refused_even_in_allowed_networks() {
    let policy = AddressPolicy::new(vec!["0.0.0.0/0".parse().unwrap()]);
    for port in BAD_PORTS {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        assert_eq!(policy.check(address), Err(Refused::Port { address }));
    }
    for port in [80, 443, 3000, 8000, 8080, 8443, 9200, 65535] {
        assert_eq!(policy.check(SocketAddr::from(([127, 0, 0, 1], port))), Ok(()));
    }
}

#[test]
fn a_refusal_names_the_address_the_range_and_the_remedy() {
    let refused = verdict(&AddressPolicy::default(), "::ffff:127.0.0.1").unwrap_err().to_string();
    for part in ["[::ffff:127.0.0.1]:80", "loopback", "\"127.0.0.1\"", "allow_net"] {
        assert!(refused.contains(part), "{part} is missing in: {refused}");
    }
}
