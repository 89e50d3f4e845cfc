//! Real pages, broken at random in the bytes that make tags: the scan agrees with the walk, or bails.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::{agrees, cases};
use crate::scan::scan;

static PAGES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pages");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "html"))
        .collect();
    files.sort();
    files.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
});

/// The most of a page that one case looks at, in bytes.
const WINDOW: usize = 12 * 1024;

#[derive(Clone, Debug)]
enum Edit {
    Delete(usize),
    Duplicate(usize),
    Insert(u8),
    Flip,
}

fn edit() -> impl Strategy<Value = Edit> {
    let byte = prop::sample::select(b"<>/='\"!-? \na\0&;[]".to_vec());
    prop_oneof![
        (1..40_usize).prop_map(Edit::Delete),
        (1..200_usize).prop_map(Edit::Duplicate),
        byte.prop_map(Edit::Insert),
        Just(Edit::Flip),
    ]
}

/// Makes an edit at the first byte behind `place` that means something in a tag.
fn apply(page: &mut Vec<u8>, place: usize, edit: &Edit) {
    let significant = |byte: &u8| b"<>/='\"!-&".contains(byte);
    let place = place % page.len().max(1);
    let Some(offset) = page[place..].iter().position(significant) else { return };
    let place = place + offset;
    match *edit {
        Edit::Delete(length) => {
            page.drain(place..(place + length).min(page.len()));
        }
        Edit::Duplicate(length) => {
            let copy = page[place..(place + length).min(page.len())].to_vec();
            page.splice(place..place, copy);
        }
        Edit::Insert(byte) => page.insert(place, byte),
        Edit::Flip => page[place] ^= 1,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases("DRAGLINE_SCAN_MUTATIONS", 2_000)))]

    #[test]
    fn broken_pages_agree(
        first in any::<prop::sample::Index>(),
        second in any::<prop::sample::Index>(),
        from in any::<prop::sample::Index>(),
        splice in prop::option::of(any::<prop::sample::Index>()),
        edits in prop::collection::vec((any::<prop::sample::Index>(), edit()), 0..8),
    ) {
        let page = PAGES[first.index(PAGES.len())].as_bytes();
        // Half of the cases begin with the page, the others anywhere.
        let from = from.index(2 * page.len()).saturating_sub(page.len());
        let mut text = page[from..].iter().copied().take(WINDOW).collect::<Vec<u8>>();
        if let Some(place) = splice {
            let other = PAGES[second.index(PAGES.len())].as_bytes();
            text.truncate(place.index(WINDOW));
            text.extend(other[place.index(other.len())..].iter().copied().take(WINDOW));
        }
        for (place, edit) in &edits {
            apply(&mut text, place.index(WINDOW), edit);
        }
        let agrees = agrees(&String::from_utf8_lossy(&text));
        prop_assert!(agrees.is_ok(), "{}", agrees.unwrap_err());
    }
}

#[test]
fn whole_pages_agree_without_a_bail() {
    assert!(PAGES.len() >= 20);
    for page in PAGES.iter() {
        assert!(scan(page).is_ok());
        agrees(page).unwrap();
    }
}
