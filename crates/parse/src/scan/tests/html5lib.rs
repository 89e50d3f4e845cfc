//! The inputs of html5lib's tokenizer tests: as documents, and their attributes one by one.

use std::collections::BTreeMap;

use serde_json::Value;

use super::agrees;
use crate::scan::decode::{Quote, decode};
use crate::scan::index::Index;
use crate::scan::name::Name;
use crate::scan::tag::{AttributeName, TagEnd, walk};

const FILES: [&str; 7] = [
    include_str!("../../../tests/data/html5lib/contentModelFlags.test.json"),
    include_str!("../../../tests/data/html5lib/domjs.test.json"),
    include_str!("../../../tests/data/html5lib/entities.test.json"),
    include_str!("../../../tests/data/html5lib/escapeFlag.test.json"),
    include_str!("../../../tests/data/html5lib/test1.test.json"),
    include_str!("../../../tests/data/html5lib/test2.test.json"),
    include_str!("../../../tests/data/html5lib/test4.test.json"),
];

fn tests() -> Vec<Value> {
    let files = FILES.iter().map(|file| serde_json::from_str::<Value>(file).unwrap());
    files.flat_map(|file| file["tests"].as_array().unwrap().clone()).collect()
}

/// Undoes the second round of `\uXXXX` that some tests have; nothing for lone surrogates.
fn text(test: &Value, string: &str) -> Option<String> {
    if test["doubleEscaped"] != Value::Bool(true) {
        return Some(string.to_owned());
    }
    let mut parts = string.split("\\u");
    let mut decoded = parts.next()?.to_owned();
    for part in parts {
        let code = u32::from_str_radix(part.get(..4)?, 16).ok()?;
        decoded.push(char::from_u32(code)?);
        decoded.push_str(&part[4..]);
    }
    Some(decoded)
}

#[test]
fn every_input_agrees_in_every_place() {
    let mut inputs = 0;
    for test in tests() {
        let Some(input) = text(&test, test["input"].as_str().unwrap()) else { continue };
        inputs += 1;
        for text in [
            input.clone(),
            format!("<a href=1>{input}<a href=2>"),
            format!("<title>{input}</title><a href='{input}'>"),
            format!("<script>{input}</script><a href=\"{input}\"><a href={input}>"),
            format!("<svg><a href=1>{input}</a></svg><a href=2>"),
            format!("<template>{input}</template><a href=2>"),
        ] {
            agrees(&text).unwrap();
        }
    }
    assert!(inputs > 250, "{inputs}");
}

#[test]
fn attributes_are_those_that_the_tests_expect() {
    let mut checked = 0;
    for test in tests() {
        let Some(input) = text(&test, test["input"].as_str().unwrap()) else { continue };
        let data = test["initialStates"]
            .as_array()
            .is_none_or(|states| states.iter().any(|state| state == "Data state"));
        let first = &test["output"][0];
        let opens = input.as_bytes().get(1).is_some_and(u8::is_ascii_alphabetic);
        if !data || !opens || !input.starts_with('<') || first[0] != "StartTag" {
            continue;
        }
        let expected = first[2].as_object().unwrap().iter();
        let expected: BTreeMap<String, String> = expected
            .filter_map(|(name, value)| Some((text(&test, name)?, text(&test, value.as_str()?)?)))
            .collect();
        let (found, end) = attributes(&input);
        assert_eq!(found, expected, "{input:?}");
        let closes_itself = matches!(end, TagEnd::SelfClosing(_));
        assert_eq!(closes_itself, first[3] == Value::Bool(true), "{input:?}");
        checked += 1;
    }
    assert!(checked > 60, "{checked}");
}

fn attributes(input: &str) -> (BTreeMap<String, String>, TagEnd) {
    let bytes = input.as_bytes();
    let mut found = BTreeMap::new();
    let end = walk(
        &mut Index::new(bytes),
        1 + Name::read(bytes, 1).0.len(),
        |name, value, quote: Quote| {
            let value = value.map_or("".into(), |(start, end)| decode(input, start..end, quote));
            let name = match name {
                AttributeName::Letters(word) => {
                    String::from_utf8_lossy(&word.to_le_bytes()).trim_end_matches('\0').to_owned()
                }
                AttributeName::Any(start, end) => {
                    input[start..end].to_ascii_lowercase().replace('\0', "\u{fffd}")
                }
            };
            found.entry(name).or_insert(value.into_owned());
        },
    );
    (found, end)
}
