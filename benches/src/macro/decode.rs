//! Decoding the pages alone, in memory: what gzip and TLS cost at least, and what a tree does.

use std::hint::black_box;
use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr};

use dragline_benches::{Cost, Meter};
use flate2::read::GzDecoder;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, ServerConnection};
use scraper::Html;

use crate::outcome::Arguments;
use crate::pages::{Done, in_pieces};
use crate::server::gzip;
use crate::tls::{self, Certificate};

/// Decodes all pages of one host, each into a buffer of its own.
pub(crate) fn gunzip(arguments: &Arguments) -> Done {
    let (mut pages, mut cost) = (0, Cost::default());
    in_pieces(arguments, |piece| {
        let packed: Vec<_> = piece.iter().map(|page| gzip(page)).collect();
        pages += packed.len() as u64;
        let meter = Meter::start();
        for (packed, page) in packed.iter().zip(&piece) {
            let mut body = Vec::new();
            GzDecoder::new(&packed[..]).read_to_end(&mut body).unwrap();
            assert_eq!(black_box(body).len(), page.len());
        }
        cost = sum(cost, meter.stop());
    });
    Done { pages, cost: Some(cost) }
}

/// Makes a tree of each page of one host by html5ever, one after the other.
pub(crate) fn html5ever(arguments: &Arguments) -> Done {
    let (mut pages, mut cost) = (0, Cost::default());
    in_pieces(arguments, |piece| {
        pages += piece.len() as u64;
        let meter = Meter::start();
        for page in &piece {
            black_box(Html::parse_document(std::str::from_utf8(page).unwrap()));
        }
        cost = sum(cost, meter.stop());
    });
    Done { pages, cost: Some(cost) }
}

/// Decrypts all pages of one host, over one connection whose handshake is not counted.
pub(crate) fn decrypt(arguments: &Arguments) -> Done {
    let certificate = Certificate::new(vec!["127.0.0.1".to_owned()]);
    let name = ServerName::from(IpAddr::from(Ipv4Addr::LOCALHOST));
    let mut client = ClientConnection::new(tls::client(certificate.pem.as_bytes()), name).unwrap();
    let mut server = ServerConnection::new(certificate.server).unwrap();
    // A page must fit.
    server.set_buffer_limit(None);
    while client.is_handshaking() || server.is_handshaking() || client.wants_write() {
        let mut wire = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut wire).unwrap();
        }
        server.read_tls(&mut &wire[..]).unwrap();
        server.process_new_packets().unwrap();
        wire.clear();
        while server.wants_write() {
            server.write_tls(&mut wire).unwrap();
        }
        take(&mut client, &wire);
    }
    let (mut pages, mut cost) = (0, Cost::default());
    in_pieces(arguments, |piece| {
        let wires: Vec<Vec<u8>> = piece
            .iter()
            .map(|page| {
                let mut wire = Vec::new();
                server.writer().write_all(page).unwrap();
                while server.wants_write() {
                    server.write_tls(&mut wire).unwrap();
                }
                wire
            })
            .collect();
        pages += piece.len() as u64;
        let meter = Meter::start();
        for (wire, page) in wires.iter().zip(&piece) {
            assert_eq!(black_box(take(&mut client, wire)).len(), page.len());
        }
        cost = sum(cost, meter.stop());
    });
    Done { pages, cost: Some(cost) }
}

/// Reads what came over the wire.
fn take(client: &mut ClientConnection, mut wire: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while !wire.is_empty() {
        client.read_tls(&mut wire).unwrap();
        client.process_new_packets().unwrap();
        match client.reader().read_to_end(&mut body) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            end => panic!("the connection ended: {end:?}"),
        }
    }
    body
}

fn sum(one: Cost, other: Cost) -> Cost {
    Cost {
        cpu: one.cpu + other.cpu,
        system: one.system + other.system,
        allocations: one.allocations + other.allocations,
        bytes: one.bytes + other.bytes,
    }
}
