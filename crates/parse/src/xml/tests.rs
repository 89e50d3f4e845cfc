//! Tests of the reader of XML: what is tolerated, and that nothing costs more than its length.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::{Node, Source, Xml};
use crate::xml_error::XmlError;

/// Reads a document to its end: its texts, and the error if there is one.
fn read(body: &[u8]) -> (String, Option<XmlError>) {
    let source = Source::read(body, None);
    let mut xml = Xml::new(&source);
    let mut texts = String::new();
    loop {
        match xml.next() {
            Ok(Some(Node::Text(text))) => texts.push_str(&text),
            Ok(Some(Node::Unknown(name))) => texts.push_str(&format!("[{name}]")),
            Ok(Some(_)) => {}
            Ok(None) => return (texts, None),
            Err(error) => {
                assert!(matches!(xml.next(), Ok(None)), "nothing follows an error");
                return (texts, Some(error));
            }
        }
    }
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn references_are_resolved_and_unknown_ones_are_not() {
    let text = "<a>&lt;&amp;&#65;&#x42; &nbsp; x & y &copy <![CDATA[&amp;]]></a> <b>after</b>";
    assert_eq!(read(text.as_bytes()), ("<&AB [nbsp] x & y &copy &amp;".to_owned(), None));
    let source = Source::read(b"<a href='?a=1&amp;b=2&c=3;&#100;&x;' href='no'/>", None);
    let tag = Xml::new(&source).open().unwrap().unwrap();
    assert_eq!(tag.attr("href").as_deref(), Some("?a=1&b=2&c=3;d&x;"));
}

#[test]
fn entities_of_a_document_are_not_defined() {
    let bomb = "<!DOCTYPE l [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">\
        <!ENTITY x SYSTEM \"file:///dev/null\">]><r>&b;&x;</r>";
    assert_eq!(read(bomb.as_bytes()), ("[b][x]".to_owned(), None));
}

#[test]
fn bodies_are_unpacked_and_decoded() {
    let text = "<a>žluť</a>";
    let utf16: Vec<u8> =
        [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    let two = [gzip(b"<a>\xc5\xbelu"), gzip(b"\xc5\xa5</a>")].concat();
    for body in [text.as_bytes(), &utf16, &marked, &gzip(&marked), &gzip(&utf16), &two] {
        assert_eq!(read(body), ("žluť".to_owned(), None));
    }
    let declared = b"<?xml version='1.0' encoding='iso-8859-2'?><a>\xbe</a>";
    assert_eq!(read(declared).0, "ž");
}

#[test]
fn what_ends_a_document_early_is_told_after_what_came_before() {
    assert_eq!(read(b"<a>x<b>y"), ("xy".to_owned(), Some(XmlError::Truncated)));
    let (text, error) = read(b"<a>x</b>");
    assert_eq!((text.as_str(), error.unwrap().code()), ("x", "malformed"));
    let (text, error) = read(b"<a>x<b href='y");
    assert_eq!((text.as_str(), error.unwrap().code()), ("x", "malformed"));
    let packed = gzip(b"<a>x</a>");
    assert_eq!(read(&packed[..packed.len() - 2]), ("x".to_owned(), Some(XmlError::Gzip)));
    assert_eq!(read(b"\x1f\x8bnot gzip"), (String::new(), Some(XmlError::Gzip)));
}

#[test]
fn nesting_is_bounded() {
    let (_, error) = read("<a>".repeat(1_000_000).as_bytes());
    assert_eq!(error.unwrap(), XmlError::TooDeep { offset: 3 * 256 });
    let fits = format!("{}x{}", "<a>".repeat(256), "</a>".repeat(256));
    assert_eq!(read(fits.as_bytes()), ("x".to_owned(), None));
}

#[test]
fn bodies_are_bounded_packed_or_not() {
    let mut long = b"<a>".to_vec();
    long.resize(51 * 1024 * 1024, b'x');
    for body in [gzip(&long), long] {
        let source = Source::read(&body, None);
        assert_eq!(source.text().len(), 50 * 1024 * 1024);
        let mut xml = Xml::new(&source);
        let tag = xml.open().unwrap().unwrap();
        assert_eq!(tag.local(), "a");
        assert_eq!(xml.text(10).err(), Some(XmlError::TooLong));
    }
}

#[test]
fn hostile_text_costs_no_more_than_its_length() {
    for piece in [
        "&",
        "&a",
        "&a;",
        "<!",
        "<!--",
        "<!DOCTYPE [",
        "<a b",
        "<a b='",
        " b=''",
        "]]>",
        "<?",
        "<![CDATA[",
    ] {
        let text = format!("<a>{}", piece.repeat(2 * 1024 * 1024 / piece.len()));
        let (_, error) = read(text.as_bytes());
        assert!(error.is_some_and(|error| error.to_string().len() < 400), "{piece}");
        let text = format!("<a {}", piece.repeat(2 * 1024 * 1024 / piece.len()));
        let (_, error) = read(text.as_bytes());
        assert!(error.is_some_and(|error| error.to_string().len() < 400), "{piece}");
    }
    let many = format!("<a {} href='x'/>", "b='' ".repeat(400_000));
    let source = Source::read(many.as_bytes(), None);
    let tag = Xml::new(&source).open().unwrap().unwrap();
    assert_eq!(tag.attr("href").as_deref(), Some("x"));
}

proptest! {
    #[test]
    fn any_bytes_are_read_to_an_end(
        body in "(<|</|/>|>|a|b:c|[ =;\"'&#x]|&amp;|&#0;|&#xd800;|<!\\[CDATA\\[|\\]\\]>|<!--|-->|<\\?|\\?>|\\PC){0,40}",
    ) {
        let whole = format!("<r>{body}</r>");
        read(body.as_bytes());
        let (texts, _) = read(whole.as_bytes());
        prop_assert!(texts.len() <= 2 * whole.len());
    }

    #[test]
    fn text_and_markup_are_cut_at_their_limit(text in "[a-zé ]{0,40}", limit in 0_usize..50) {
        let body = format!("<r>{text}</r>");
        let source = Source::read(body.as_bytes(), None);
        let open = || {
            let mut xml = Xml::new(&source);
            xml.open().unwrap().unwrap();
            xml
        };
        let field = open().text(limit).unwrap();
        prop_assert!(field.text.len() <= limit && text.trim().starts_with(&field.text));
        prop_assert!(field.cut || field.text == text.trim());
        let markup = open().markup(limit).unwrap();
        prop_assert!(markup.len() <= limit && text.trim().starts_with(&markup));
    }
}
