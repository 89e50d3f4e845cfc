//! Tests of the SQLite sink: rows once, whatever is repeated, and tables that are not ours.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::Connection;

use super::Sqlite;
use crate::columns::{Columns, Scalar};
use crate::sink::{Entry, ItemKey, Position, Provenance, Sink};

type Row = BTreeMap<&'static str, serde_json::Value>;

fn columns() -> Columns {
    Columns::new().text("na\"me").integer("n").list("tags", Scalar::Text)
}

fn sink(path: &Path) -> Sqlite<Row> {
    Sqlite::create(path, "items", columns()).unwrap()
}

fn put(sink: &mut Sqlite<Row>, ordinal: u64) {
    let value =
        Row::from([("na\"me", "x".into()), ("n", ordinal.into()), ("tags", vec!["a"].into())]);
    let key = ItemKey { ordinal, ..ItemKey::default() };
    sink.write(&Entry::new(&value, key, Provenance::default())).unwrap();
}

fn rows(path: &Path) -> Vec<i64> {
    let connection = Connection::open(path).unwrap();
    let mut query = connection.prepare("SELECT n FROM items ORDER BY rowid").unwrap();
    let rows = query.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

#[tokio::test]
async fn rows_behind_the_position_go_and_come_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.sqlite");
    let mut first = sink(&path);
    first.begin(None).unwrap();
    put(&mut first, 1);
    let position = first.commit().await.unwrap();
    put(&mut first, 2);
    first.commit().await.unwrap();
    put(&mut first, 3);
    assert_eq!(rows(&path), [1, 2], "what is not committed is not there");
    drop(first);
    let mut second = sink(&path);
    second.begin(Some(&position)).unwrap();
    assert_eq!(rows(&path), [1]);
    // The same item again takes the place of the one that is there.
    for ordinal in [1, 2, 3] {
        put(&mut second, ordinal);
    }
    second.finish().await.unwrap();
    assert_eq!(rows(&path), [1, 2, 3]);
    drop(second);
    assert!(!folder.path().join("out.sqlite-wal").exists(), "the database is one file");
    let mut anew = sink(&path);
    anew.begin(None).unwrap();
    assert_eq!(rows(&path), [0; 0]);
}

#[tokio::test]
async fn values_keep_their_kinds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.sqlite");
    let mut sink = sink(&path).with_provenance().unwrap();
    put(&mut sink, 7);
    assert!(sink.file().is_some(), "the journal can be synced");
    sink.finish().await.unwrap();
    let connection = Connection::open(&path).unwrap();
    let text: String = connection
        .query_row(
            "SELECT \"na\"\"me\" || typeof(n) || tags || _key || coalesce(_status, '-') FROM items",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(text, "xinteger[\"a\"]0000000000000000-0000000000000000-item-7-");
}

#[test]
fn a_table_with_other_columns_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.sqlite");
    sink(&path).begin(None).unwrap();
    let mut other: Sqlite<Row> =
        Sqlite::create(&path, "items", Columns::new().number("n")).unwrap();
    let error = other.begin(None).unwrap_err().to_string();
    assert!(
        error.contains("has the columns na\"me TEXT, n INTEGER, tags TEXT, _key TEXT"),
        "{error}"
    );
    assert!(error.contains("to be written: n REAL, _key TEXT; choose another file"), "{error}");
    let mut more = sink(&path).with_provenance().unwrap();
    assert!(more.begin(None).is_err());
}

#[test]
fn a_database_that_lost_rows_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.sqlite");
    let error = sink(&path).begin(Some(&Position::new(&4).unwrap())).unwrap_err().to_string();
    assert!(error.contains("ends with row 0, and the crawl wrote 4"), "{error}");
}
