//! Tests of chunks: none too large, nothing lost, nothing cut that fits.

use proptest::prelude::*;
use url::Url;

use super::Chunk;
use crate::content::Content;
use crate::document::Document;

const WORDS: &str = "Some words of an article, with commas, that go on for a while. ";

fn content(html: &str) -> Content {
    Document::parse(html, &Url::parse("http://h.test/d/p").unwrap()).content().unwrap()
}

fn of(markdown: &str) -> Content {
    let (title, text, markdown) = (String::new(), String::new(), markdown.to_owned());
    Content { title, author: None, published: None, text, markdown, headings: Vec::new() }
}

fn markdown(chunks: &[Chunk]) -> Vec<&str> {
    chunks.iter().map(|chunk| &*chunk.markdown).collect()
}

#[test]
fn a_chunk_names_its_headings_and_its_anchor() {
    let words = WORDS.repeat(8);
    let html = format!(
        "<main><h1>Guide</h1><p>{words}<section id=s1><h2>First  <em>steps</em></h2><p>{words}</section>\
         <h3><a name=deep></a>Deep</h3><p>{words}<h2>No anchor</h2><p>{words}<h2 id=again>Deep</h2><p>{words}</main>"
    );
    let chunks = content(&html).chunks(1_000);
    let places: Vec<_> = chunks
        .iter()
        .map(|chunk| {
            format!("{} #{}", chunk.headings.join(" > "), chunk.anchor.as_deref().unwrap_or("-"))
        })
        .collect();
    assert_eq!(
        places,
        [
            "Guide #-",
            "Guide > First steps #s1",
            "Guide > First steps > Deep #deep",
            "Guide > No anchor #-",
            "Guide > Deep #again",
        ]
    );
    assert!(chunks[1].markdown.starts_with("## First"), "{}", chunks[1].markdown);
}

#[test]
fn headings_without_text_go_with_what_follows() {
    let chunks = of("# A\n\n## B\n\ntext\n\n## C\n\n## D\n\nmore").chunks(100);
    assert_eq!(markdown(&chunks), ["# A\n\n## B\n\ntext", "## C\n\n## D\n\nmore"]);
    assert_eq!(chunks[1].headings, ["A", "D"]);
}

#[test]
fn a_code_block_is_cut_only_if_it_does_not_fit() {
    let code = "```rust\nlet a = 1;\n\n# no heading\nlet b = 2;\n```";
    let text = format!("{}\n\n{code}\n\nend", "word ".repeat(10).trim());
    let chunks = of(&text).chunks(60);
    assert_eq!(chunks[1].markdown, format!("{code}\n\nend"));
    let chunks = of(code).chunks(40);
    assert_eq!(
        markdown(&chunks),
        ["```rust\nlet a = 1;\n\n# no heading\n```", "```rust\nlet b = 2;\n```"]
    );
    assert!(chunks.iter().all(|chunk| chunk.headings.is_empty()));
}

#[test]
fn a_link_is_not_cut() {
    let link = "[a link of some words](http://h.test/a)";
    let text = format!("one two three four {link} five six {link}");
    for most in link.len()..80 {
        let chunks = of(&text).chunks(most);
        let whole: usize = chunks.iter().map(|chunk| chunk.markdown.matches(link).count()).sum();
        assert_eq!(whole, 2, "{most}: {chunks:?}");
    }
}

#[test]
fn a_chunk_as_text_has_no_marks() {
    let text = "## Head\n\nA [link](http://h.test/) and `code` &amp; *more*\n\n- one\n- two\n\n| a | b |\n| --- | --- \
                |\n| 1 | 2 |\n\n```rust\n    run();\n```";
    let chunks = of(text).chunks(1_000);
    let expected = "Head\nA link and code & more\none\ntwo\na\tb\n1\t2\n    run();";
    assert_eq!(chunks[0].text(), expected);
}

fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "#{1,4} [a-z]{1,12}",
        "([a-zé漢]{1,9}[ .]{1,2}){1,30}",
        "(- [a-z ]{1,20}\n){1,6}",
        "```[a-z]{0,4}\n([a-z #]{0,20}\n){0,8}```",
        "(\\[[a-z ]{1,9}\\]\\(http://h.test/[a-z]{1,9}\\) [a-z]{1,5} ){1,6}",
        "[ -~\n]{0,80}",
    ]
}

proptest! {
    #[test]
    fn no_chunk_is_too_large_and_no_word_is_lost(
        pieces in proptest::collection::vec(piece(), 0..12),
        most in 1..120_usize,
    ) {
        let content = of(pieces.join("\n\n").trim());
        let chunks = content.chunks(most);
        for chunk in &chunks {
            prop_assert!(chunk.markdown.chars().count() <= most, "{chunk:?}");
            prop_assert!(chunk.text().chars().count() <= most, "{chunk:?}");
            prop_assert!(!chunk.markdown.is_empty());
        }
        // Fences are written again where code is cut; all else is there as it was, in its order.
        let letters = |text: &str| -> String {
            text.chars().filter(|letter| letter.is_alphabetic() && !letter.is_ascii()).collect()
        };
        let all: String = chunks.iter().map(|chunk| &*chunk.markdown).collect();
        prop_assert_eq!(letters(&all), letters(&content.markdown));
        let whole: String = content.chunks(usize::MAX).into_iter().map(|chunk| chunk.markdown).collect();
        let marks = |text: &str| -> String { text.split_whitespace().collect() };
        prop_assert_eq!(marks(&whole), marks(&content.markdown));
    }
}
