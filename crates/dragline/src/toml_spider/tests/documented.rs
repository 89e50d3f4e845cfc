//! The keys of a spider are in the documentation.

use super::TomlSpider;

const REFERENCE: &str = include_str!("../../../../../docs/toml-spiders.md");

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
