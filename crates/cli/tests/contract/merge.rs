//! `merge`: parts of one crawl in one file, each item once.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::run;

/// Writes a file of lines, compressed by the ending of its name.
fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, packed(name, text)).unwrap();
    path.to_str().unwrap().to_owned()
}

fn packed(name: &str, text: &str) -> Vec<u8> {
    match Path::new(name).extension().unwrap().to_str().unwrap() {
        "gz" => {
            let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            out.write_all(text.as_bytes()).unwrap();
            out.finish().unwrap()
        }
        "zst" => zstd::encode_all(text.as_bytes(), 1).unwrap(),
        _ => text.as_bytes().to_vec(),
    }
}

fn read(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap();
    let mut text = String::new();
    match path.extension().unwrap().to_str().unwrap() {
        "gz" => flate2::read::MultiGzDecoder::new(&*bytes).read_to_string(&mut text).unwrap(),
        "zst" => zstd::Decoder::new(&*bytes).unwrap().read_to_string(&mut text).unwrap(),
        _ => (&*bytes).read_to_string(&mut text).unwrap(),
    };
    text
}

fn line(key: u32, text: &str) -> String {
    format!("{}\n", json!({ "text": text, "_key": format!("c-{key}-item-0") }))
}

#[tokio::test]
async fn each_item_stands_once_in_the_order_of_the_parts_whatever_their_compression() {
    let folder = tempfile::tempdir().unwrap();
    let one = write(folder.path(), "one.jsonl", &[line(1, "a"), line(2, "b")].concat());
    let two = write(folder.path(), "two.jsonl.gz", &[line(3, "c"), line(1, "again")].concat());
    let three = write(folder.path(), "three.jsonl.zst", &[line(3, "c"), line(4, "d")].concat());
    let expected = [line(1, "a"), line(2, "b"), line(3, "c"), line(4, "d")].concat();
    for name in ["all.jsonl", "all.jsonl.gz", "all.jsonl.zst"] {
        let all = folder.path().join(name);
        let output = all.to_str().unwrap();
        // Twice: what is there is replaced.
        for _ in 0..2 {
            let merged = run(&["merge", &one, &two, &three, "-o", output]).await;
            assert_eq!(merged.code, Some(0), "{}", merged.stderr);
            assert_eq!(merged.stderr, "3 parts: 4 items written, 2 doubles left out\n");
            assert_eq!(read(&all), expected);
        }
    }
    let merged = run(&["merge", &three, &one]).await;
    assert_eq!(merged.stdout, [line(3, "c"), line(4, "d"), line(1, "a"), line(2, "b")].concat());
    let mut names: Vec<PathBuf> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    assert_eq!(names.len(), 6, "no draft is left: {names:?}");
}

#[tokio::test]
async fn tables_are_joined_under_one_header() {
    let folder = tempfile::tempdir().unwrap();
    let head = "text,_key\r\n";
    let one = write(folder.path(), "one.csv", &format!("{head}\"a\n\"\"1\"\",\",k1\r\nb,k2\r\n"));
    let two = write(folder.path(), "two.csv.gz", &format!("{head}c,k3\r\na,k1\r\n"));
    let empty = write(folder.path(), "three.csv", "");
    let merged = run(&["merge", &empty, &one, &two]).await;
    assert_eq!(merged.code, Some(0), "{}", merged.stderr);
    assert_eq!(merged.stdout, format!("{head}\"a\n\"\"1\"\",\",k1\r\nb,k2\r\nc,k3\r\n"));
    let other = write(folder.path(), "other.csv", "words,_key\r\na,k9\r\n");
    let merged = run(&["merge", &one, &other]).await;
    assert_eq!(merged.code, Some(2));
    assert!(merged.stderr.contains("other.csv has other columns than"), "{}", merged.stderr);
}

#[tokio::test]
async fn what_a_killed_worker_left_half_written_is_left_out_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let whole = write(folder.path(), "whole.jsonl", &line(1, "a"));
    let half = write(folder.path(), "half.jsonl", &[line(2, "b"), "{\"text\":\"c".into()].concat());
    // Random, so that the compression has come far when it is cut.
    let mut random = fastrand::Rng::with_seed(1);
    let long: Vec<String> = (10..400)
        .map(|key| {
            line(
                key,
                &std::iter::repeat_with(|| random.alphanumeric()).take(300).collect::<String>(),
            )
        })
        .collect();
    let bytes = packed("cut.jsonl.gz", &long.concat());
    let cut = folder.path().join("cut.jsonl.gz");
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    let merged = run(&["merge", &half, cut.to_str().unwrap(), &whole]).await;
    assert_eq!(merged.code, Some(0), "{}", merged.stderr);
    let lines = merged.lines();
    let keys: Vec<&str> = lines.iter().map(|line| line["_key"].as_str().unwrap()).collect();
    assert!(keys.len() > 100 && keys.len() < 300, "{}", keys.len());
    assert_eq!(
        (keys[0], keys[1], keys[keys.len() - 1]),
        ("c-2-item-0", "c-10-item-0", "c-1-item-0")
    );
    assert!(
        merged.stderr.contains("half.jsonl ends in the middle of an item"),
        "{}",
        merged.stderr
    );
    assert!(merged.stderr.contains("cut.jsonl.gz ends in the middle"), "{}", merged.stderr);
}

#[tokio::test]
async fn a_part_is_never_written_to_and_wrong_parts_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let one = write(folder.path(), "one.jsonl", &line(1, "a"));
    let keyless =
        write(folder.path(), "keyless.jsonl", &[line(1, "a"), "{\"a\":1}\n".into()].concat());
    let broken = write(folder.path(), "broken.jsonl", "nonsense\n");
    let table = write(folder.path(), "table.csv", "a,b\r\n1,2\r\n");
    let link = folder.path().join("link.jsonl");
    std::os::unix::fs::symlink(&one, &link).unwrap();
    let link = link.to_str().unwrap();
    for (arguments, told) in [
        (&["merge", &one, "-o", &one][..], "is one of the parts"),
        (&["merge", &one, "-o", link], "is one of the parts"),
        (&["merge", &one, link], "is named twice"),
        (&["merge", &one, "-o", "all.csv"], "all.csv is CSV and the parts are JSON lines"),
        (&["merge", &one, &table], "table.csv is CSV and"),
        (
            &["merge", &table],
            "table.csv:1: the record has no _key, by which doubles are told; crawl with --provenance",
        ),
        (&["merge", &keyless], "keyless.jsonl:2: the record has no _key"),
        (&["merge", &broken], "broken.jsonl:1: the record is no JSON object"),
        (&["merge", "no-such.jsonl"], "failed to open no-such.jsonl"),
        (
            &["merge", "items.sqlite"],
            "items.sqlite cannot be joined; name files that end in .jsonl",
        ),
        (&["merge", "items.parquet.gz"], "items.parquet.gz cannot be joined"),
        (&["merge"], "<PART>"),
    ] {
        let merged = run(arguments).await;
        assert_eq!(merged.code, Some(2), "{arguments:?}: {}", merged.stderr);
        assert!(merged.stderr.contains(told), "{arguments:?}: {}", merged.stderr);
        assert_eq!(merged.stdout, "");
    }
    let kept: Value = serde_json::from_str(&read(Path::new(&one))).unwrap();
    assert_eq!(kept["text"], "a");
    let nowhere = run(&["merge", &one, "-o", "no/such/folder/all.jsonl"]).await;
    assert_eq!(nowhere.code, Some(1));
    assert!(nowhere.stderr.contains("failed to create no/such/folder/"), "{}", nowhere.stderr);
}
