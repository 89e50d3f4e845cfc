//! Coded bodies as servers send them, whole and in pieces of every size.

use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, StatusCode};
use proptest::prelude::{ProptestConfig, any, prop, prop_assert, prop_assert_eq, proptest};

use super::{Coding, Decoder, Ending, STEP};
use crate::error::{Error, ErrorKind};

const LIMIT: u64 = 1 << 20;
const CODINGS: [Coding; 4] = [Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd];

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn zlib(data: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn raw_deflate(data: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn zstd(data: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(zstd_safe::compress_bound(data.len()));
    let mut context = zstd_safe::CCtx::create();
    context.set_parameter(zstd_safe::CParameter::ChecksumFlag(true)).unwrap();
    context.compress2(&mut frame, data).unwrap();
    frame
}

/// Packs data into uncompressed blocks, since there is no encoder here (RFC 7932, section 9.2).
fn stored_brotli(data: &[u8]) -> Vec<u8> {
    // A window of 16 bits is the bit 0. Each block adds: not the last, four digits of length,
    // the length less one, uncompressed, and fills its byte up.
    let mut stream = Vec::new();
    for (index, block) in data.chunks(1 << 16).enumerate() {
        let header = (block.len() as u32 - 1) << 3 | 1 << 19;
        let header = if index == 0 { header << 1 } else { header };
        stream.extend_from_slice(&header.to_le_bytes()[..3]);
        stream.extend_from_slice(block);
    }
    // The last block is empty, behind the window if there was no block.
    stream.push(if data.is_empty() { 0b110 } else { 0b11 });
    stream
}

fn coded(coding: Coding, data: &[u8]) -> Vec<u8> {
    match coding {
        Coding::Gzip => gzip(data),
        Coding::Deflate => zlib(data),
        Coding::Brotli => stored_brotli(data),
        Coding::Zstd => zstd(data),
    }
}

fn numbers() -> String {
    (0..5_000).map(|n| format!("{n} ")).collect()
}

fn decode(codings: &[Coding], wire: &[u8], piece: usize) -> Result<(Vec<u8>, Ending), Error> {
    let mut decoder = Decoder::new(codings, LIMIT);
    let mut out = Vec::new();
    for piece in wire.chunks(piece) {
        decoder.put(Bytes::copy_from_slice(piece));
        loop {
            let written = decoder.take(&mut out)?;
            assert!(written <= STEP);
            if written == 0 {
                break;
            }
        }
    }
    Ok((out, decoder.ending()))
}

#[test]
fn gzip_as_servers_send_it_is_decoded_in_pieces_of_any_size() {
    let text = b"abc ".repeat(1_000);
    let one = gzip(&text);
    let two = [gzip(b"first, "), gzip(b"second")].concat();
    let junk = [one.clone(), b"\r\n".to_vec()].concat();
    let long_junk =
        [one.clone(), b"<!-- added by a proxy, longer than a header -->".to_vec()].concat();
    let zeros = [one.clone(), vec![0; 600]].concat();
    let half_member = [one.clone(), gzip(b"lost")[..6].to_vec()].concat();
    let mut wrong_sum = one.clone();
    let last = wrong_sum.len() - 8;
    wrong_sum[last] ^= 1;
    // With every optional part: an extra field, a name, a comment and a header checksum.
    let header = b"\x1f\x8b\x08\x1e\0\0\0\0\0\xff\x03\0abcname\0comment\0\x12\x34";
    let full_header = [header, &one[10..]].concat();
    let cases: [(&str, &[u8], &[u8], Ending); 12] = [
        ("one member", &one, &text, Ending::Whole),
        ("two members", &two, b"first, second", Ending::Whole),
        ("no bytes", b"", b"", Ending::Whole),
        ("an empty member", &gzip(b""), b"", Ending::Whole),
        ("a full header", &full_header, &text, Ending::Whole),
        ("short junk", &junk, &text, Ending::Whole),
        ("long junk", &long_junk, &text, Ending::Whole),
        ("zeros", &zeros, &text, Ending::Whole),
        ("a wrong checksum", &wrong_sum, &text, Ending::Cut),
        ("no checksum", &one[..one.len() - 8], &text, Ending::Cut),
        ("half a header", &one[..5], b"", Ending::Cut),
        ("half a second header", &half_member, &text, Ending::Cut),
    ];
    for (name, wire, expected, ending) in cases {
        for piece in [1, 7, 4_096] {
            let (out, found) = decode(&[Coding::Gzip], wire, piece)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(out == expected, "{name}, {piece}: {} bytes", out.len());
            assert_eq!(found, ending, "{name}, {piece}");
        }
    }
}

#[test]
fn the_other_codings_are_decoded_in_pieces_of_any_size() {
    let text = numbers();
    let text = text.as_bytes();
    let brotli = include_bytes!("../../tests/data/numbers.br");
    let with = |wire: &[u8], more: &[u8]| [wire, more].concat();
    let cases: [(Coding, &str, Vec<u8>, &[u8]); 14] = [
        (Coding::Deflate, "zlib", zlib(text), text),
        (Coding::Deflate, "raw", raw_deflate(text), text),
        (Coding::Deflate, "an empty one", zlib(b""), b""),
        (Coding::Deflate, "an empty raw one", raw_deflate(b""), b""),
        (Coding::Deflate, "a raw byte", raw_deflate(b"x"), b"x"),
        (Coding::Deflate, "junk", with(&zlib(text), b"\r\n"), text),
        (Coding::Brotli, "one stream", brotli.to_vec(), text),
        (Coding::Brotli, "stored blocks", stored_brotli(text), text),
        (Coding::Brotli, "an empty stream", stored_brotli(b""), b""),
        (Coding::Brotli, "junk", with(brotli, b"<!-- -->"), text),
        (Coding::Zstd, "one frame", zstd(text), text),
        (Coding::Zstd, "two frames", with(&zstd(text), &zstd(b"")), text),
        (Coding::Zstd, "an empty frame", zstd(b""), b""),
        (Coding::Zstd, "junk", with(&zstd(text), b"<!-- added -->"), text),
    ];
    for (coding, name, wire, expected) in cases {
        for piece in [1, 7, 1 << 20] {
            let (out, ending) =
                decode(&[coding], &wire, piece).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(out == expected, "{coding:?}, {name}, {piece}: {} bytes", out.len());
            assert_eq!(ending, Ending::Whole, "{coding:?}, {name}, {piece}");
        }
    }
}

#[test]
fn two_codings_over_one_another_are_undone_in_every_combination() {
    let text = numbers().repeat(5);
    for first in CODINGS {
        for second in CODINGS {
            let wire = coded(second, &coded(first, text.as_bytes()));
            for piece in [3, 1 << 20] {
                let (out, ending) = decode(&[first, second], &wire, piece).unwrap();
                assert!(out == text.as_bytes(), "{first:?}, {second:?}: {} bytes", out.len());
                assert_eq!(ending, Ending::Whole);
            }
            let (out, ending) = decode(&[first, second], &wire[..wire.len() / 2], 64).unwrap();
            assert!(text.as_bytes().starts_with(&out));
            assert_eq!(ending, Ending::Cut);
        }
    }
}

#[test]
fn a_cut_body_keeps_what_came_before_the_cut() {
    let text: Vec<u8> = (0..250_000_u32).flat_map(|n| (n * 7_919).to_le_bytes()).collect();
    for coding in CODINGS {
        let wire = coded(coding, &text);
        let (out, ending) = decode(&[coding], &wire[..wire.len() / 2], 1_000).unwrap();
        assert_eq!(ending, Ending::Cut, "{coding:?}");
        assert!(out.len() > text.len() / 5 && text.starts_with(&out), "{coding:?}: {}", out.len());
    }
}

#[test]
fn a_body_in_no_coding_is_a_decode_error_that_names_the_claim() {
    for coding in CODINGS {
        let wire = b"<html>plain text behind a wrong header</html>";
        let error = decode(&[coding], wire, 4_096).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.to_string().contains(coding.name()), "{error}");
    }
}

#[test]
fn damage_is_a_decode_error_or_a_cut() {
    let text: Vec<u8> = (0..20_000_u32).flat_map(|n| (n * 7_919).to_le_bytes()).collect();
    for coding in [Coding::Gzip, Coding::Deflate, Coding::Zstd] {
        let mut wire = coded(coding, &text);
        let middle = wire.len() / 2;
        wire[middle..middle + 64].fill(0xff);
        assert!(matches!(
            decode(&[coding], &wire, 4_096).map_err(|error| error.kind()),
            Err(ErrorKind::Decode) | Ok((_, Ending::Cut))
        ));
    }
}

#[test]
fn a_bomb_stops_at_the_limit_in_every_coding() {
    let zeros = vec![0; 64 << 20];
    let brotli = include_bytes!("../../tests/data/zeros_64_mib.br").to_vec();
    let doubled = gzip(&brotli);
    let bombs = [
        (vec![Coding::Gzip], gzip(&zeros)),
        (vec![Coding::Deflate], zlib(&zeros)),
        (vec![Coding::Deflate], raw_deflate(&zeros)),
        (vec![Coding::Brotli], brotli),
        (vec![Coding::Zstd], zstd(&zeros)),
        (vec![Coding::Brotli, Coding::Gzip], doubled),
        // What comes out between two codings is bounded as well.
        (vec![Coding::Gzip, Coding::Zstd], zstd(&gzip(b"").repeat(1 << 18))),
    ];
    for (codings, bomb) in bombs {
        let mut decoder = Decoder::new(&codings, LIMIT);
        decoder.put(bomb.into());
        let mut out = Vec::new();
        let error = loop {
            match decoder.take(&mut out) {
                Ok(written) => assert!(written > 0, "{codings:?} ended with {}", out.len()),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::TooLarge, "{codings:?}");
        assert!(out.len() as u64 <= LIMIT, "{codings:?}: {} bytes", out.len());
    }
}

#[test]
fn a_body_of_exactly_the_limit_is_decoded() {
    for coding in CODINGS {
        let wire = coded(coding, &vec![b'x'; LIMIT as usize]);
        let (out, ending) = decode(&[coding], &wire, 4_096).unwrap();
        assert_eq!((out.len() as u64, ending), (LIMIT, Ending::Whole));
    }
}

#[test]
fn windows_that_no_page_needs_are_refused() {
    // A frame of unknown size with a window of 2^24 bytes, twice what is allowed.
    let frame = [0x28, 0xb5, 0x2f, 0xfd, 0, 14 << 3, 1, 0, 0];
    assert_eq!(decode(&[Coding::Zstd], &frame, 64).unwrap_err().kind(), ErrorKind::Decode);
    let frame = [0x28, 0xb5, 0x2f, 0xfd, 0, 13 << 3, 1, 0, 0];
    assert_eq!(decode(&[Coding::Zstd], &frame, 64).unwrap(), (Vec::new(), Ending::Whole));
    // The large windows that are no part of RFC 7932: 30 bits.
    let stream = [0b0001_0001, 30, 0b11];
    assert_eq!(decode(&[Coding::Brotli], &stream, 64).unwrap_err().kind(), ErrorKind::Decode);
}

#[test]
fn codings_are_read_from_all_headers_and_all_must_be_known() {
    use Coding::{Brotli, Deflate, Gzip, Zstd};
    let cases: [(&[&str], &[Coding]); 12] = [
        (&["gzip"], &[Gzip]),
        (&[" X-GZip "], &[Gzip]),
        (&["deflate"], &[Deflate]),
        (&["gzip, br"], &[Gzip, Brotli]),
        (&["gzip,gzip"], &[Gzip, Gzip]),
        (&["zstd", "deflate"], &[Zstd, Deflate]),
        (&["identity, br,"], &[Brotli]),
        (&["identity"], &[]),
        (&["gzip, unheard-of"], &[]),
        (&["compress"], &[]),
        (&["gzip, gzip, gzip"], &[]),
        (&[""], &[]),
    ];
    for (values, expected) in cases {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CONTENT_ENCODING, value.parse().unwrap());
        }
        assert_eq!(Coding::of(StatusCode::OK, &headers), expected, "{values:?}");
        assert_eq!(Coding::of(StatusCode::PARTIAL_CONTENT, &headers), []);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn bodies_cut_anywhere_give_a_prefix(
        data in prop::collection::vec(any::<u8>(), 1..3_000), coding in 0_usize..4,
        cut in any::<prop::sample::Index>(), piece in 1_usize..500,
    ) {
        let wire = coded(CODINGS[coding], &data);
        let (out, _) = decode(&[CODINGS[coding]], &wire[..cut.index(wire.len())], piece).unwrap();
        prop_assert_eq!(&data[..out.len()], &out[..]);
    }

    #[test]
    fn what_is_decoded_does_not_depend_on_the_pieces(
        mut data in prop::collection::vec(any::<u8>(), 0..300), start in 0_usize..5,
        coding in 0_usize..4, piece in 1_usize..50,
    ) {
        let starts: [&[u8]; 5] =
            [b"", &[0x1f, 0x8b, 8], &[0x78, 0x9c], &[0x1b], &[0x28, 0xb5, 0x2f, 0xfd]];
        data.splice(0..0, starts[start].iter().copied());
        let codings = [CODINGS[coding]];
        let whole = decode(&codings, &data, data.len().max(1));
        let pieces = decode(&codings, &data, piece);
        prop_assert!(match (&whole, &pieces) {
            (Ok(whole), Ok(pieces)) => whole == pieces,
            (Err(whole), Err(pieces)) => whole.kind() == pieces.kind(),
            _ => false,
        }, "{whole:?} and {pieces:?}");
    }
}
