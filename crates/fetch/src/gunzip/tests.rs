//! gzip bodies as servers send them, whole and in pieces of every size.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::{ProptestConfig, any, prop, prop_assert_eq, proptest};

use super::{Ending, Gunzip};
use crate::error::{Error, ErrorKind};

const LIMIT: u64 = 1 << 20;

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn decode(wire: &[u8], piece: usize) -> Result<(Vec<u8>, Ending), Error> {
    let mut gunzip = Gunzip::new(LIMIT);
    let mut out = Vec::new();
    for piece in wire.chunks(piece) {
        gunzip.push(piece)?;
        out.extend_from_slice(&gunzip.take());
    }
    let ending = gunzip.end()?;
    out.extend_from_slice(&gunzip.take());
    Ok((out, ending))
}

#[test]
fn what_servers_send_is_decoded_in_pieces_of_any_size() {
    let text = b"abc ".repeat(1_000);
    let one = gzip(&text);
    let two = [gzip(b"first, "), gzip(b"second")].concat();
    let junk = [one.clone(), b"\r\n".to_vec()].concat();
    let long_junk =
        [one.clone(), b"<!-- added by a proxy, longer than a header -->".to_vec()].concat();
    let zeros = [one.clone(), vec![0; 600]].concat();
    let cases: [(&str, &[u8], &[u8], Ending); 9] = [
        ("one member", &one, &text, Ending::Whole),
        ("two members", &two, b"first, second", Ending::Whole),
        ("no bytes", b"", b"", Ending::Whole),
        ("an empty member", &gzip(b""), b"", Ending::Whole),
        ("short junk", &junk, &text, Ending::Whole),
        ("long junk", &long_junk, &text, Ending::Whole),
        ("zeros", &zeros, &text, Ending::Whole),
        ("no checksum", &one[..one.len() - 8], &text, Ending::Cut),
        ("half a header", &one[..5], b"", Ending::Cut),
    ];
    for (name, wire, expected, ending) in cases {
        for piece in [1, 7, 4_096] {
            let (out, found) =
                decode(wire, piece).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(out == expected, "{name}, {piece}: {} bytes", out.len());
            assert_eq!(found, ending, "{name}, {piece}");
        }
    }
}

#[test]
fn a_cut_body_keeps_what_came_before_the_cut() {
    let text: Vec<u8> = (0..60_000_u32).flat_map(|n| (n * 7_919).to_le_bytes()).collect();
    let wire = gzip(&text);
    let (out, ending) = decode(&wire[..wire.len() / 2], 1_000).unwrap();
    assert_eq!(ending, Ending::Cut);
    assert!(out.len() > text.len() / 4 && text.starts_with(&out), "{} bytes", out.len());
}

#[test]
fn a_body_that_is_no_gzip_is_a_decode_error() {
    let error = decode(b"<html>plain text behind a wrong header</html>", 4_096).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
}

#[test]
fn damage_inside_a_member_is_a_decode_error() {
    let text: Vec<u8> = (0..20_000_u32).flat_map(|n| (n * 7_919).to_le_bytes()).collect();
    let mut wire = gzip(&text);
    let middle = wire.len() / 2;
    wire[middle..middle + 64].fill(0xff);
    assert!(matches!(
        decode(&wire, 4_096).map_err(|error| error.kind()),
        Err(ErrorKind::Decode) | Ok((_, Ending::Cut))
    ));
}

#[test]
fn a_bomb_stops_at_the_limit() {
    let bomb = gzip(&vec![0; 64 << 20]);
    let mut gunzip = Gunzip::new(LIMIT);
    let error = gunzip.push(&bomb).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(gunzip.take().len() as u64 <= LIMIT);
}

#[test]
fn a_body_of_exactly_the_limit_is_decoded() {
    let wire = gzip(&vec![b'x'; LIMIT as usize]);
    let (out, ending) = decode(&wire, 4_096).unwrap();
    assert_eq!((out.len() as u64, ending), (LIMIT, Ending::Whole));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn members_cut_anywhere_give_a_prefix(
        data in prop::collection::vec(any::<u8>(), 1..3_000), cut in any::<prop::sample::Index>(), piece in 1_usize..500,
    ) {
        let wire = gzip(&data);
        let (out, _) = decode(&wire[..cut.index(wire.len())], piece).unwrap();
        prop_assert_eq!(&data[..out.len()], &out[..]);
    }

    #[test]
    fn any_bytes_behind_a_gzip_start_never_panic(
        mut data in prop::collection::vec(any::<u8>(), 0..300), piece in 1_usize..50,
    ) {
        data.splice(0..0, [0x1f, 0x8b, 8]);
        let _ = decode(&data, piece);
    }
}
