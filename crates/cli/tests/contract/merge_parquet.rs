//! `merge` of Parquet files: each row once, whatever its row group has beside it.

use std::collections::HashSet;
use std::fs::File;
use std::path::Path;

use dragline::{Columns, Entry, Parquet, Scalar, Sink};
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde::Serialize;

use crate::run;

#[derive(Clone, Serialize)]
struct Row {
    _key: Option<String>,
    text: Option<String>,
    tags: Option<Vec<Option<String>>>,
    n: Option<i64>,
    x: f64,
    even: bool,
}

/// A row with a key, of which much else is null.
fn row(key: u32) -> Row {
    let tag = |n: u32| (n % 4 != 1).then(|| format!("tag {n}"));
    Row {
        _key: Some(format!("c-{key}-item-0")),
        text: (!key.is_multiple_of(3)).then(|| format!("text {}", key % 100)),
        tags: (!key.is_multiple_of(5)).then(|| (0..key % 7).map(tag).collect()),
        n: (!key.is_multiple_of(7)).then_some(key.into()),
        x: f64::from(key) / 8.0,
        even: key.is_multiple_of(2),
    }
}

fn columns() -> Columns {
    let columns = Columns::new().text("_key").text("text").list("tags", Scalar::Text);
    columns.integer("n").number("x").bool("even")
}

/// Writes a file with these row groups.
async fn write(folder: &Path, name: &str, groups: &[Vec<Row>]) -> String {
    let path = folder.join(name);
    let mut position = None;
    for group in groups {
        let mut sink = Parquet::create(&path, columns()).unwrap();
        sink.begin(position.as_ref()).unwrap();
        group.iter().for_each(|row| sink.write(&Entry::sample(row)).unwrap());
        position = Some(sink.finish().await.unwrap());
        Sink::<Row>::settled(&mut sink).await.unwrap();
    }
    path.to_str().unwrap().to_owned()
}

/// Returns the rows of a file as text, and how many each row group has.
fn read(path: &str) -> (Vec<String>, Vec<i64>) {
    let file = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    let rows = file.get_row_iter(None).unwrap().map(|row| row.unwrap().to_string()).collect();
    (rows, file.metadata().row_groups().iter().map(|group| group.num_rows()).collect())
}

fn rows(keys: impl IntoIterator<Item = u32>) -> Vec<Row> {
    keys.into_iter().map(row).collect()
}

#[tokio::test]
async fn rows_stand_once_in_the_order_of_the_parts() {
    let folder = tempfile::tempdir().unwrap();
    let one = write(folder.path(), "one.parquet", &[rows([1, 2, 3]), rows([4, 5])]).await;
    let two = write(folder.path(), "two.parquet", &[rows([6, 2, 7]), rows([5, 1]), vec![]]).await;
    let three = write(folder.path(), "three.parquet", &[rows([7, 8])]).await;
    let all = folder.path().join("all.parquet");
    let all = all.to_str().unwrap();
    // Twice: what is there is replaced.
    for _ in 0..2 {
        let merged = run(&["merge", &one, &two, &three, "-o", all]).await;
        assert_eq!(merged.code, Some(0), "{}", merged.stderr);
        assert_eq!(merged.stderr, "3 parts: 8 items written, 4 doubles left out\n");
        let expected = write(folder.path(), "expected.parquet", &[rows(1..=8)]).await;
        let (found, groups) = read(all);
        assert_eq!(found, read(&expected).0);
        assert_eq!(groups, [3, 2, 2, 1]);
    }
    let names = std::fs::read_dir(folder.path()).unwrap();
    assert_eq!(names.count(), 5, "no draft is left");
}

#[tokio::test]
async fn a_row_keeps_what_is_in_it_when_others_of_many_pages_go() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = fastrand::Rng::with_seed(1);
    // More rows than are read at once, and than a page has.
    let keys: Vec<u32> = (0..30_000).map(|_| random.u32(..25_000)).collect();
    let part = write(folder.path(), "part.parquet", &[rows(keys.iter().copied())]).await;
    let mut known = HashSet::new();
    let once: Vec<u32> = keys.into_iter().filter(|key| known.insert(*key)).collect();
    let expected = write(folder.path(), "expected.parquet", &[rows(once)]).await;
    let all = folder.path().join("all.parquet");
    let all = all.to_str().unwrap();
    let merged = run(&["merge", &part, "-o", all]).await;
    assert_eq!(merged.code, Some(0), "{}", merged.stderr);
    assert!(read(all) == read(&expected));
}

#[tokio::test]
async fn files_that_cannot_be_joined_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let one = write(folder.path(), "one.parquet", &[rows([1])]).await;
    let null = Row { _key: None, ..row(2) };
    let null = write(folder.path(), "null.parquet", &[vec![row(1), null]]).await;
    let keyless = folder.path().join("keyless.parquet");
    let mut sink = Parquet::create(&keyless, Columns::new().text("a")).unwrap();
    Sink::<Row>::finish(&mut sink).await.unwrap();
    let other = folder.path().join("other.parquet");
    let mut sink = Parquet::create(&other, Columns::new().text("_key")).unwrap();
    Sink::<Row>::finish(&mut sink).await.unwrap();
    let lines = folder.path().join("lines.parquet");
    std::fs::write(&lines, "{\"_key\":\"c-1-item-0\"}\n").unwrap();
    let name = |path: &'_ Path| path.to_str().unwrap().to_owned();
    for (parts, told) in [
        ([&*one, &null], "null.parquet: a row has no _key, by which doubles are told"),
        ([&one, &name(&keyless)], "keyless.parquet: the table has no _key, by which doubles"),
        ([&one, &name(&other)], "other.parquet has other columns than"),
        ([&one, &name(&lines)], "failed to open"),
        ([&one, "items.jsonl"], "items.jsonl is JSON lines and"),
    ] {
        let merged = run(&["merge", parts[0], parts[1]]).await;
        assert_eq!(merged.code, Some(2), "{parts:?}: {}", merged.stderr);
        assert!(merged.stderr.contains(told), "{parts:?}: {}", merged.stderr);
        assert_eq!(merged.stdout, "");
    }
}
