//! Tests of columns: what a type says of itself, and what becomes of values.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Cell, ColumnKind, Columns, Scalar, Table};
use crate::sink::{Entry, Wants};

#[derive(Debug, Serialize, Deserialize)]
enum Rating {
    Good,
    Bad { why: String },
}

#[derive(Debug, Serialize, Deserialize)]
struct Id(u64);

#[derive(Debug, Serialize, Deserialize)]
struct Whole {
    text: String,
    letter: char,
    id: Id,
    small: i8,
    price: f32,
    sold: bool,
    #[serde(rename = "seit")]
    since: Option<String>,
    link: Url,
    tags: Vec<String>,
    sizes: Option<Vec<u16>>,
    #[serde(skip)]
    _hidden: u8,
    rating: Rating,
    pair: (u8, u8),
    lists: Vec<Vec<u8>>,
    map: BTreeMap<String, u8>,
    any: serde_json::Value,
    huge: u128,
}

fn whole() -> Columns {
    Columns::new()
        .text("text")
        .text("letter")
        .integer("id")
        .integer("small")
        .number("price")
        .bool("sold")
        .text("seit")
        .text("link")
        .list("tags", Scalar::Text)
        .list("sizes", Scalar::Integer)
        .json("rating")
        .json("pair")
        .json("lists")
        .json("map")
        .json("any")
        .json("huge")
}

#[test]
fn a_type_says_its_columns() {
    assert_eq!(Columns::of::<Whole>().unwrap(), whole());
    #[derive(Deserialize)]
    struct Wrapped(#[expect(dead_code, reason = "only its type counts")] Whole);
    assert_eq!(Columns::of::<Wrapped>().unwrap(), whole());
}

#[test]
fn a_type_that_cannot_say_is_named_with_the_remedy() {
    #[derive(Deserialize)]
    struct Flat {
        #[expect(dead_code, reason = "only its type counts")]
        #[serde(flatten)]
        rest: BTreeMap<String, String>,
    }
    for error in [
        Columns::of::<Flat>().unwrap_err(),
        Columns::of::<String>().unwrap_err(),
        Columns::of::<Rating>().unwrap_err(),
        Columns::of::<BTreeMap<String, u8>>().unwrap_err(),
    ] {
        let message = error.to_string();
        assert!(message.contains("by hand, as in Columns::new().text("), "{message}");
    }
}

#[test]
fn values_go_into_their_columns() {
    let value = Whole {
        text: "a".to_owned(),
        letter: 'b',
        id: Id(u64::MAX),
        small: -1,
        price: 0.1,
        sold: true,
        since: None,
        link: "http://a.example/".parse().unwrap(),
        tags: vec!["x".to_owned()],
        sizes: Some(vec![1]),
        _hidden: 0,
        rating: Rating::Good,
        pair: (1, 2),
        lists: vec![vec![3]],
        map: BTreeMap::from([("k".to_owned(), 4)]),
        any: serde_json::json!("text"),
        huge: 5,
    };
    let json = |text: &str| Cell::Json(text.to_owned());
    let text = |text: &str| Cell::Text(text.to_owned());
    let mut table = Table::new(whole(), Wants::Values).unwrap();
    let expected = [
        text("a"),
        text("b"),
        Cell::Unsigned(u64::MAX),
        Cell::Integer(-1),
        Cell::Number(0.1),
        Cell::Bool(true),
        Cell::Null,
        text("http://a.example/"),
        json("[\"x\"]"),
        json("[1]"),
        json("\"Good\""),
        json("[1,2]"),
        json("[[3]]"),
        json("{\"k\":4}"),
        json("\"text\""),
        json("5"),
    ];
    assert_eq!(table.row(&Entry::sample(&value)).unwrap(), expected);
    let bad = Whole { rating: Rating::Bad { why: "w".to_owned() }, ..value };
    assert_eq!(table.row(&Entry::sample(&bad)).unwrap()[10], json("{\"Bad\":{\"why\":\"w\"}}"));
}

#[test]
fn a_field_that_is_no_column_is_an_error_that_names_it() {
    let mut table = Table::new(Columns::new().text("a"), Wants::Values).unwrap();
    let row = BTreeMap::from([("a", 1), ("other", 2)]);
    let error = table.row(&Entry::sample(&row)).unwrap_err().to_string();
    assert_eq!(error, "the item has a field `other` that is no column; add it to them");
    assert_eq!(table.row(&Entry::sample(&BTreeMap::<&str, u8>::new())).unwrap(), [Cell::Null]);
    assert!(table.row(&Entry::sample(&"text")).unwrap_err().to_string().contains("no struct"));
}

#[test]
fn provenance_adds_columns_and_takes_no_name_twice() {
    let mut table = Table::new(Columns::new().text("a"), Wants::Values).unwrap();
    table = table.with_provenance().unwrap();
    let names: Vec<_> = table.columns().iter().map(|column| column.name.as_str()).collect();
    let expected = ["a", "_key", "_url", "_fetched_at", "_status", "_sha256", "_preferences"];
    assert_eq!(names, expected);
    assert_eq!(table.row(&Entry::sample(&BTreeMap::from([("a", 1)]))).unwrap().len(), 7);
    let error = Table::new(Columns::new().text("_url"), Wants::Provenance).unwrap_err();
    assert!(error.to_string().contains("two columns `_url`"));
}

#[test]
fn kinds_join_to_what_takes_both() {
    let one = ColumnKind::One;
    assert_eq!(one(Scalar::Integer).or(one(Scalar::Number)), one(Scalar::Number));
    assert_eq!(one(Scalar::Text).or(one(Scalar::Text)), one(Scalar::Text));
    assert_eq!(one(Scalar::Text).or(ColumnKind::List(Scalar::Text)), ColumnKind::Json);
}

proptest! {
    #[test]
    fn a_row_holds_what_json_holds(text in ".*", number in any::<i64>(), flag in any::<bool>()) {
        let value = serde_json::json!({ "flag": flag, "text": text, "number": number });
        let columns = Columns::new().text("text").integer("number").bool("flag");
        let mut table = Table::new(columns, Wants::Values).unwrap();
        let expected = [Cell::Text(text), Cell::Integer(number), Cell::Bool(flag)];
        prop_assert_eq!(table.row(&Entry::sample(&value)).unwrap(), expected);
    }
}
