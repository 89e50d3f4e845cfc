//! Records that are written read back, and whatever happens to a file, what stands in front of it is read.

use std::io::{Cursor, Write};
use std::time::{Duration, SystemTime};

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, prop_oneof};
use proptest::strategy::Just;
use proptest::{prop_compose, proptest};

use crate::{CdxLine, DamageKind, Digest, Draft, Id, Kind, Packing, Place, Reader, Record};

const MAX: u64 = 1 << 20;

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn page(number: u128, body: &[u8]) -> Draft {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    Draft::new(Kind::Response, Id::from_bits(number), at(number as u64))
        .field("WARC-Target-URI", format!("http://a.example/{number}"))
        .block("application/http; msgtype=response", head, body.to_vec().into())
        .digest_payload()
}

fn read(file: &[u8]) -> (Vec<Record>, Option<DamageKind>) {
    let (mut records, mut damage) = (Vec::new(), None);
    for record in Reader::new(Cursor::new(file), MAX) {
        match record {
            Ok(record) => records.push(record),
            Err(error) => damage = Some(error.kind()),
        }
    }
    (records, damage)
}

prop_compose! {
    fn bodies()(bodies in vec(vec(any::<u8>(), 0..600), 1..6)) -> Vec<Vec<u8>> { bodies }
}

fn packing() -> impl Strategy<Value = Packing> {
    prop_oneof![Just(Packing::Gzip), Just(Packing::Plain)]
}

fn file_of(bodies: &[Vec<u8>], packing: Packing) -> Vec<u8> {
    let mut file = Vec::new();
    for (number, body) in bodies.iter().enumerate() {
        page(number as u128, body).write(packing, &mut file);
    }
    file
}

proptest! {
    #[test]
    fn what_is_written_reads_back_in_order_and_each_record_alone(bodies in bodies(), packing in packing()) {
        let file = file_of(&bodies, packing);
        let (records, damage) = read(&file);
        prop_assert_eq!(damage, None);
        prop_assert_eq!(records.len(), bodies.len());
        let mut end = 0;
        for (record, body) in records.iter().zip(&bodies) {
            prop_assert_eq!(&record.answer().unwrap().body, body);
            let digest = Digest::of([&**body]).to_string();
            prop_assert_eq!(record.field("warc-payload-digest"), Some(&*digest));
            let Place::Alone { offset, length } = record.place else { panic!("it stands alone") };
            prop_assert_eq!(offset, end);
            end = offset + length;
            let alone = Reader::read_at(Cursor::new(&file), record.place, MAX).unwrap();
            prop_assert_eq!(alone.id(), record.id());
            prop_assert_eq!(alone.place, record.place);
            prop_assert_eq!(&alone.block, &record.block);
        }
        prop_assert_eq!(end, file.len() as u64);
    }

    #[test]
    fn a_file_that_is_cut_anywhere_gives_what_is_in_front(bodies in bodies(), packing in packing(), cut in any::<proptest::sample::Index>()) {
        let file = file_of(&bodies, packing);
        let whole = read(&file).0;
        let cut = cut.index(file.len());
        let (records, damage) = read(&file[..cut]);
        let before = whole.iter().filter(|record| match record.place {
            // What ends a plain record may be missing.
            Place::Alone { offset, length } => offset + length <= cut as u64 + if packing == Packing::Plain { 4 } else { 0 },
            Place::Shared => false,
        }).count();
        prop_assert_eq!(records.len(), before);
        for (record, whole) in records.iter().zip(&whole) {
            prop_assert_eq!(&record.block, &whole.block);
        }
        if let Some(damage) = damage {
            prop_assert!(matches!(damage, DamageKind::Cut | DamageKind::Damaged));
        }
    }

    #[test]
    fn bytes_that_changed_never_end_in_a_panic(bodies in bodies(), packing in packing(), place in any::<proptest::sample::Index>(), byte in any::<u8>()) {
        let mut file = file_of(&bodies, packing);
        let place = place.index(file.len());
        file[place] = byte;
        let _ = read(&file);
    }

    #[test]
    fn any_bytes_at_all_are_read_to_an_end(file in vec(any::<u8>(), 0..400)) {
        let _ = read(&file);
    }
}

#[test]
fn one_gzip_stream_is_read_and_says_that_its_records_do_not_stand_alone() {
    let plain = file_of(&[b"one".to_vec(), b"two".to_vec()], Packing::Plain);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&plain).unwrap();
    let (records, damage) = read(&encoder.finish().unwrap());
    assert_eq!((records.len(), damage), (2, None));
    assert!(records.iter().all(|record| record.place == Place::Shared));
    let error = Reader::read_at(Cursor::new(plain), Place::Shared, MAX).unwrap_err();
    assert!(error.to_string().contains("unpack"), "{error}");
}

#[test]
fn records_of_other_tools_are_read() {
    let file = b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: <http://a.example/>\r\nWARC-Date: 2020-01-02T03:04:05Z\r\nwarc-record-id: <urn:uuid:1>\r\nContent-Length: 49\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/html; x\r\n\r\nhi\r\n\r\n";
    let (records, damage) = read(file);
    assert_eq!((records.len(), damage), (1, None));
    let record = &records[0];
    assert_eq!(record.target(), Some("http://a.example/"));
    assert_eq!(record.id(), Some("urn:uuid:1"));
    assert_eq!(record.date(), Some(at(1_577_934_245)));
    assert_eq!(record.answer().unwrap().body, "hi");
    let line = CdxLine::of(record, "a.warc").unwrap().to_string();
    assert!(
        line.starts_with("example,a)/ 20200102030405 {\"url\": \"http://a.example/\""),
        "{line}"
    );
    assert!(line.contains("\"mime\": \"text/html\", \"status\": \"200\""), "{line}");
}

#[test]
fn a_long_block_is_left_out_behind_the_limit_and_the_next_record_read() {
    let file = file_of(&[vec![b'x'; 5000], b"next".to_vec()], Packing::Gzip);
    let records: Vec<Record> =
        Reader::new(Cursor::new(file), 100).collect::<Result<_, _>>().unwrap();
    assert_eq!((records[0].block.len(), records[0].is_whole()), (100, false));
    assert!(records[0].length > 5000);
    assert_eq!(records[1].answer().unwrap().body, "next");
}

#[test]
fn a_head_without_end_and_a_lie_about_the_length_cost_little() {
    let endless = [&b"WARC/1.1\r\n"[..], &vec![b'a'; 1 << 20]].concat();
    assert_eq!(read(&endless).1, Some(DamageKind::Damaged));
    let liar = b"WARC/1.1\r\nContent-Length: 18446744073709551615\r\n\r\nabc";
    assert_eq!(read(liar).1, Some(DamageKind::Cut));
    assert_eq!(read(b"WARC/1.1\r\nWARC-Type: x\r\n\r\n").1, Some(DamageKind::Damaged));
}

#[test]
fn a_field_cannot_smuggle_in_another_one() {
    let mut file = Vec::new();
    Draft::new(Kind::Metadata, Id::from_bits(1), at(0))
        .field("WARC-Target-URI", "http://a.example/\r\nContent-Length: 9")
        .write(Packing::Plain, &mut file);
    let (records, damage) = read(&file);
    assert_eq!((records.len(), damage), (1, None));
    assert_eq!(records[0].length, 0);
}
