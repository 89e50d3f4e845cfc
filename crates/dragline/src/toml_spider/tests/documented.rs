//! The examples of the documentation are spiders.

use super::TomlSpider;

const REFERENCE: &str = include_str!("../../../../../docs/toml-spiders.md");
const README: &str = include_str!("../../../../../README.md");
const EXAMPLES: [&str; 2] = [
    include_str!("../../../../../examples/quotes.toml"),
    include_str!("../../../../../examples/rustdoc.toml"),
];

/// Returns the blocks of TOML in a text of Markdown.
fn blocks(text: &str) -> impl Iterator<Item = &str> {
    text.split("```toml\n").skip(1).map(|block| block.split("```").next().unwrap_or_default())
}

#[test]
fn every_example_is_a_spider() {
    let mut count = 0;
    for block in blocks(REFERENCE).chain(blocks(README)).chain(EXAMPLES) {
        // What does not say where to start is a list of fields.
        let whole = match block.contains("\nstart =") || block.starts_with("start =") {
            true => block.to_owned(),
            false => format!("start = 'https://a.example/'\n[[item]]\n[item.fields]\n{block}"),
        };
        let spider = whole.parse::<TomlSpider>();
        assert!(spider.is_ok(), "{}\n{block}", spider.unwrap_err());
        count += 1;
    }
    assert!(count >= 9, "{count} examples");
}

#[test]
fn every_key_that_is_known_is_documented() {
    let wrong = [
        "start = 'https://a.example/'\n[[item]]\nnokey = 1",
        "start = 'https://a.example/'\n[[item]]\nfields.a = { nokey = 1 }",
        "start = 'https://a.example/'\n[[follow]]\nnokey = 1",
    ];
    for text in wrong {
        let error = text.parse::<TomlSpider>().unwrap_err();
        let known = error.problems().iter().find_map(|problem| {
            problem.message().split_once("known are ").map(|(_, known)| known.to_owned())
        });
        for key in known.unwrap().split(", ") {
            assert!(REFERENCE.contains(&format!("| `{key}` |")), "{key} is not documented");
        }
    }
}
