//! Tests of the Parquet sink: rows once through ends and kills at every place, and columns that changed.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

use parquet::file::reader::{FileReader, SerializedFileReader};

use super::Parquet;
use super::row_group::ROWS;
use crate::columns::{Columns, Scalar};
use crate::sink::{Entry, ItemKey, Position, Provenance, Sink};

type Row = BTreeMap<&'static str, serde_json::Value>;

fn columns() -> Columns {
    Columns::new()
        .integer("n")
        .text("na\"me")
        .number("x")
        .bool("b")
        .json("j")
        .list("tags", Scalar::Text)
        .list("xs", Scalar::Number)
}

fn sink(path: &Path) -> Parquet<Row> {
    Parquet::create(path, columns()).unwrap()
}

fn put(sink: &mut Parquet<Row>, numbers: impl IntoIterator<Item = u64>) {
    for n in numbers {
        let value =
            Row::from([("n", n.into()), ("na\"me", "a\n".into()), ("tags", vec!["t"].into())]);
        let key = ItemKey { ordinal: n, ..ItemKey::default() };
        sink.write(&Entry::new(&value, key, Provenance::default())).unwrap();
    }
}

/// Returns the rows of a file as JSON.
fn read(path: &Path) -> Vec<serde_json::Value> {
    let file = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    file.get_row_iter(None).unwrap().map(|row| json(&row.unwrap())).collect()
}

fn json(row: &parquet::record::Row) -> serde_json::Value {
    use parquet::record::Field;
    fn field(value: &Field) -> serde_json::Value {
        match value {
            Field::Null => serde_json::Value::Null,
            Field::Bool(value) => (*value).into(),
            Field::Long(value) => (*value).into(),
            Field::Double(value) => (*value).into(),
            Field::Str(value) => value.as_str().into(),
            Field::ListInternal(list) => list.elements().iter().map(field).collect(),
            other => panic!("{other:?}"),
        }
    }
    row.get_column_iter().map(|(name, value)| (name.clone(), field(value))).collect()
}

fn numbers(path: &Path) -> Vec<u64> {
    read(path).iter().map(|row| row["n"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn values_of_all_kinds_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.parquet");
    let mut sink = sink(&path);
    sink.begin(None).unwrap();
    let whole = serde_json::json!({
        "n": i64::MIN, "na\"me": "two\nlines, \"x\" and 漢字 \u{0}", "x": 0.1 + 0.2, "b": false,
        "j": {"a": [1, "\n"]}, "tags": ["", null, "b"], "xs": [1e300, null, -0.5]
    });
    let empty = serde_json::json!({"tags": [], "xs": null, "x": 7, "j": "text"});
    for row in [&whole, &empty, &serde_json::json!({})] {
        let row: BTreeMap<String, serde_json::Value> = serde_json::from_value(row.clone()).unwrap();
        let row: Row = row.into_iter().map(|(name, value)| (&*name.leak(), value)).collect();
        sink.write(&Entry::sample(&row)).unwrap();
    }
    sink.finish().await.unwrap();
    let rows = read(&path);
    let mut expected = whole;
    expected["j"] = r#"{"a":[1,"\n"]}"#.into();
    assert_eq!(rows[0], expected);
    let null = serde_json::Value::Null;
    assert_eq!(
        rows[1],
        serde_json::json!({
            "n": null, "na\"me": null, "x": 7.0, "b": null, "j": "\"text\"", "tags": [], "xs": null
        })
    );
    assert!(rows[2].as_object().unwrap().values().all(|value| *value == null));
    assert_eq!(rows.len(), 3);
}

#[tokio::test]
async fn rows_are_there_once_wherever_the_crawl_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.parquet");
    let journal = folder.path().join("out.parquet.journal");
    let mut first = sink(&path);
    first.begin(None).unwrap();
    put(&mut first, 0..3);
    let committed = first.commit().await.unwrap();
    put(&mut first, 3..5);
    first.commit().await.unwrap();
    drop(first);
    assert_eq!(fs::read_to_string(&journal).unwrap().lines().count(), 5, "the journal can be read");

    // Killed before the state relied on the file.
    let mut second = sink(&path);
    second.begin(Some(&committed)).unwrap();
    put(&mut second, 3..6);
    second.finish().await.unwrap();
    drop(second);
    assert_eq!(numbers(&path), [0, 1, 2, 3, 4, 5]);

    let mut third = sink(&path);
    third.begin(Some(&committed)).unwrap();
    put(&mut third, 3..7);
    let ended = third.finish().await.unwrap();
    assert!(third.file().is_none(), "the journal need not be synced any more");
    assert_eq!(numbers(&path), [0, 1, 2, 3, 4, 5, 6]);
    drop(third);

    // Killed before the journal was removed; then the crawl goes on behind its end, twice from the same place.
    for more in [8, 9] {
        let mut next = sink(&path);
        next.begin(Some(&ended)).unwrap();
        put(&mut next, 7..more);
        next.finish().await.unwrap();
        next.settled().await.unwrap();
        assert_eq!(numbers(&path), (0..more).collect::<Vec<_>>());
        assert!(!journal.exists());
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing is left beside the file");
}

#[tokio::test]
async fn a_crawl_that_begins_anew_replaces_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.parquet");
    fs::write(&path, "old").unwrap();
    let mut sink = sink(&path).with_provenance().unwrap();
    assert!(path.exists(), "nothing changes before the crawl starts");
    sink.begin(None).unwrap();
    assert!(!path.exists());
    sink.finish().await.unwrap();
    sink.settled().await.unwrap();
    assert_eq!(read(&path).len(), 0);
}

#[tokio::test]
async fn row_groups_are_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.parquet");
    let mut sink: Parquet<Row> = Parquet::create(&path, Columns::new().integer("n")).unwrap();
    sink.begin(None).unwrap();
    for n in 0..ROWS as u64 + 1 {
        sink.write(&Entry::sample(&Row::from([("n", n.into())]))).unwrap();
    }
    sink.finish().await.unwrap();
    let file = SerializedFileReader::new(File::open(&path).unwrap()).unwrap();
    let rows: Vec<i64> =
        file.metadata().row_groups().iter().map(|group| group.num_rows()).collect();
    assert_eq!(rows, [65_536, 1]);
    assert_eq!(numbers(&path), (0..=65_536).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_does_not_fit_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut sink = sink(&folder.path().join("out.parquet"));
    for (name, value) in
        [("n", u64::MAX.into()), ("n", "x".into()), ("xs", 1.into()), ("y", 1.into())]
    {
        let row: Row = Row::from([(name, value)]);
        let error = sink.write(&Entry::sample(&row)).unwrap_err();
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains(&format!("`{name}`")), "{cause}");
    }
    sink.finish().await.unwrap();
}

#[tokio::test]
async fn other_columns_or_a_lost_file_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.parquet");
    let begin = |columns: Columns, position: &Position| {
        Parquet::<Row>::create(&path, columns).unwrap().begin(Some(position))
    };
    let mut first = sink(&path);
    put(&mut first, 0..1);
    let committed = first.commit().await.unwrap();
    let ended = first.finish().await.unwrap();
    first.settled().await.unwrap();
    let error = begin(columns().text("more"), &committed).unwrap_err().to_string();
    assert!(error.contains("was begun with other columns; go on with those"), "{error}");
    assert!(
        begin(columns(), &committed).unwrap_err().to_string().contains("out.parquet.journal has 0")
    );
    assert!(begin(columns(), &ended).is_ok());
    fs::remove_file(&path).unwrap();
    let error = begin(columns(), &ended).unwrap_err().to_string();
    assert!(error.contains("is not the file that the crawl wrote; bring it back"), "{error}");
}
