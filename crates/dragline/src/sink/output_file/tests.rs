//! Tests of output files: cut and continued at every commit, in every form.

use std::fs;
use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use proptest::prelude::*;

use super::{OutputFile, part};
use crate::sink::{Position, Rotation};

/// Reads a file by its ending, as other programs do: every member, every frame, and nothing behind them.
fn read(path: &Path) -> String {
    let bytes = fs::read(path).unwrap();
    let mut text = String::new();
    match path.extension().unwrap().to_str().unwrap() {
        "gz" => MultiGzDecoder::new(bytes.as_slice()).read_to_string(&mut text).map(drop),
        "zst" => zstd::Decoder::new(bytes.as_slice()).unwrap().read_to_string(&mut text).map(drop),
        _ => {
            text = String::from_utf8(bytes).unwrap();
            Ok(())
        }
    }
    .unwrap();
    text
}

/// Reads all parts, each of which is whole.
fn read_all(path: &Path, rotation: Rotation) -> Vec<String> {
    if rotation == Rotation::default() {
        return vec![read(path)];
    }
    let parts = (1..).map(|number| part(path, number)).take_while(|path| path.exists());
    parts.map(|path| read(&path)).collect()
}

fn put(file: &mut OutputFile, text: &str) {
    file.item(|buffer| {
        buffer.extend_from_slice(text.as_bytes());
        Ok::<(), std::io::Error>(())
    })
    .unwrap();
}

fn open(path: &Path, rotation: Rotation, position: Option<&Position>) -> OutputFile {
    let mut file = OutputFile::open(path, rotation).unwrap();
    file.head(b"head\n".to_vec());
    file.begin(position).unwrap();
    file
}

/// What a run does with the next items.
#[derive(Clone, Debug)]
enum Step {
    /// Takes items of this length.
    Items(u8, u16),
    Commit,
    /// Ends the crawl for now, and goes on.
    Finish,
    /// Dies, and goes on where the last commit was.
    Kill,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..4u8, 1..3000u16).prop_map(|(count, length)| Step::Items(count, length)),
        3 => Just(Step::Commit),
        1 => Just(Step::Finish),
        2 => Just(Step::Kill),
    ];
    prop::collection::vec(step, 1..24)
}

fn run(ending: &str, rotation: Rotation, steps: &[Step]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("out.{ending}"));
    fs::write(&path, "something from before").unwrap();
    let (mut position, mut file) = (None, open(&path, rotation, None));
    let (mut committed, mut pending, mut number) = (String::new(), String::new(), 0);
    for step in steps {
        match step {
            Step::Items(count, length) => {
                for _ in 0..*count {
                    number += 1;
                    let text = format!("{number:0length$}\n", length = usize::from(*length));
                    put(&mut file, &text);
                    pending.push_str(&text);
                }
            }
            Step::Commit => {
                position = Some(file.commit().unwrap());
                committed.push_str(&std::mem::take(&mut pending));
            }
            Step::Finish => {
                position = Some(file.finish().unwrap());
                committed.push_str(&std::mem::take(&mut pending));
                check(&path, rotation, &committed);
                file = open(&path, rotation, position.as_ref());
            }
            Step::Kill => {
                // What is buffered is gone with the process, what the file has beyond the commit is not.
                drop(file);
                pending.clear();
                file = open(&path, rotation, position.as_ref());
                let mut whole = open(&path, rotation, position.as_ref());
                whole.finish().unwrap();
                check(&path, rotation, &committed);
            }
        }
    }
    file = open(&path, rotation, position.as_ref());
    file.finish().unwrap();
    check(&path, rotation, &committed);
}

fn check(path: &Path, rotation: Rotation, committed: &str) {
    let parts = read_all(path, rotation);
    let bodies: Vec<&str> = parts.iter().map(|text| text.strip_prefix("head\n").unwrap()).collect();
    assert_eq!(bodies.concat(), committed);
    if let Some(most) = rotation.items {
        let (last, full) = bodies.split_last().unwrap();
        assert!(full.iter().all(|body| body.lines().count() as u64 == most), "{parts:?}");
        assert!(last.lines().count() as u64 <= most);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_file_can_be_cut_and_continued_at_every_commit(
        ending in prop::sample::select(vec!["txt", "txt.gz", "txt.zst"]),
        rotation in prop::sample::select(vec![
            Rotation::default(),
            Rotation { items: Some(3), bytes: None },
            Rotation { items: None, bytes: Some(4000) },
        ]),
        steps in steps(),
    ) {
        run(ending, rotation, &steps);
    }
}

#[test]
fn what_is_committed_can_be_read_before_the_file_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.gz");
    let mut file = open(&path, Rotation::default(), None);
    put(&mut file, "first\n");
    file.commit().unwrap();
    let mut text = Vec::new();
    let cut = MultiGzDecoder::new(fs::read(&path).unwrap().as_slice()).read_to_end(&mut text);
    assert!(cut.is_err(), "it is not whole");
    assert_eq!(text, b"head\nfirst\n");
}

#[test]
fn a_file_that_lost_what_counts_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.txt");
    let mut file = open(&path, Rotation::default(), None);
    put(&mut file, "first\n");
    let position = file.commit().unwrap();
    fs::write(&path, "head\n").unwrap();
    let mut file = OutputFile::open(&path, Rotation::default()).unwrap();
    let error = file.begin(Some(&position)).unwrap_err().to_string();
    assert!(error.contains("has 5 bytes, and the crawl wrote 11 of them that count"), "{error}");
}

#[test]
fn parts_of_a_longer_run_before_go() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.txt");
    let rotation = Rotation { items: Some(1), bytes: None };
    let mut file = open(&path, rotation, None);
    for text in ["1\n", "2\n", "3\n"] {
        put(&mut file, text);
    }
    file.finish().unwrap();
    assert_eq!(read_all(&path, rotation), ["head\n1\n", "head\n2\n", "head\n3\n"]);
    let mut file = open(&path, rotation, None);
    put(&mut file, "4\n");
    file.finish().unwrap();
    assert_eq!(read_all(&path, rotation), ["head\n4\n"]);
    assert!(!path.exists(), "the name without a number is not used");
}

#[test]
fn a_crawl_without_items_leaves_a_file_that_can_be_read_and_continued() {
    let folder = tempfile::tempdir().unwrap();
    for ending in ["jsonl", "jsonl.gz", "jsonl.zst"] {
        let path = folder.path().join(format!("out.{ending}"));
        let mut file = OutputFile::open(&path, Rotation::default()).unwrap();
        let position = file.finish().unwrap();
        drop(file);
        // For gzip and Zstandard an empty file is no whole one.
        assert_eq!(fs::metadata(&path).unwrap().len() == 0, ending == "jsonl");
        assert_eq!(read(&path), "");
        let mut file = OutputFile::open(&path, Rotation::default()).unwrap();
        file.begin(Some(&position)).unwrap();
        put(&mut file, "one\n");
        file.finish().unwrap();
        assert_eq!(read(&path), "one\n");
    }
}
