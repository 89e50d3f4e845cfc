//! What a page has instead of what a selector names: for a selector that matches nothing.

use std::collections::BTreeMap;

use dragline_parse::Document;

use super::item::Value;
use super::problem::nearest;

/// The most names of a page that are compared.
const MAX_NAMES: usize = 10_000;

/// The most suggestions for one selector.
const MAX_NEAR: usize = 3;

/// The names by which selectors find elements of a page, such as `.price`, `#top` and `table`, and how many
/// elements have each.
#[derive(Debug)]
pub(super) struct PageNames {
    names: BTreeMap<String, usize>,
}

impl PageNames {
    pub(super) fn of(document: &Document) -> Self {
        let mut names: BTreeMap<String, usize> = BTreeMap::new();
        for element in document.select("*").unwrap_or_default() {
            let classes = element.attr("class").unwrap_or_default().split_ascii_whitespace();
            let of_element = classes
                .map(|class| format!(".{class}"))
                .chain(element.attr("id").map(|id| format!("#{}", id.trim())))
                .chain([element.name().to_owned()]);
            for name in of_element {
                if names.len() < MAX_NAMES || names.contains_key(&name) {
                    *names.entry(name).or_default() += 1;
                }
            }
        }
        Self { names }
    }

    /// Says what the page has instead of the names in a selector that it does not have.
    pub(super) fn instead(&self, selector: &str) -> Vec<String> {
        let missing = named_in(selector).filter(|name| !self.names.contains_key(name));
        let mut told = Vec::new();
        for name in missing.take(MAX_NEAR) {
            let sign = name.chars().next().filter(|sign| matches!(sign, '.' | '#'));
            let same_kind = self.names.keys().filter(|known| match sign {
                Some(sign) => known.starts_with(sign),
                None => !known.starts_with(['.', '#']),
            });
            let near = nearest(&name, same_kind.map(String::as_str));
            told.push(match near {
                Some(near) => {
                    format!("the page has no `{name}`, but {} `{near}`", self.names[near])
                }
                None => format!("the page has no `{name}`"),
            });
        }
        told
    }
}

/// Returns the elements, classes and ids that a selector names; attribute tests and pseudo-classes aside.
fn named_in(selector: &str) -> impl Iterator<Item = String> {
    let mut plain = String::new();
    let mut depth = 0_usize;
    for character in selector.chars() {
        match character {
            '[' | '(' => depth += 1,
            ']' | ')' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            // What begins a name ends the one before.
            '.' | '#' | ':' => plain.extend([' ', character]),
            _ if character.is_alphanumeric() || matches!(character, '-' | '_') => {
                plain.push(character);
            }
            _ => plain.push(' '),
        }
    }
    let names: Vec<String> = plain.split(' ').map(str::to_owned).collect();
    names
        .into_iter()
        .filter(|name| !name.starts_with(':') && !name.trim_matches(['.', '#']).is_empty())
}

/// Says which keys are where a pointer leads nowhere.
pub(super) fn keys_near(value: &Value, tokens: &[String]) -> Vec<String> {
    let mut here = value;
    let mut path = String::new();
    for token in tokens {
        match here.at(std::slice::from_ref(token)) {
            Some(next) => {
                here = next;
                path.push('/');
                path.push_str(token);
            }
            None => break,
        }
    }
    let place = if path.is_empty() { "the body".to_owned() } else { format!("`{path}`") };
    match here {
        Value::Object(object) => {
            let names: Vec<&str> = object.iter().map(|(name, _)| name).take(12).collect();
            vec![format!("{place} has the keys {}", names.join(", "))]
        }
        Value::List(list) => vec![format!("{place} is a list of {}", list.len())],
        Value::Null => vec![format!("{place} is null")],
        _ => vec![format!("{place} is one value")],
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    #[test]
    fn names_of_a_selector_are_its_elements_classes_and_ids() {
        let names = |selector: &str| named_in(selector).collect::<Vec<_>>();
        assert_eq!(names("div.quote > span.text"), ["div", ".quote", "span", ".text"]);
        assert_eq!(names("#a-b, li[data-x=\"y\"] em"), ["#a-b", "li", "em"]);
        assert_eq!(names("a:not(.b):first-child .c"), ["a", ".c"]);
    }

    #[test]
    fn the_nearest_name_of_the_page_is_told() {
        let url = Url::parse("http://h.test/").unwrap();
        let document = Document::parse("<p class='price old'>1<p class=price>2", &url);
        let names = PageNames::of(&document);
        assert_eq!(names.instead("p.prise"), ["the page has no `.prise`, but 2 `.price`"]);
        assert_eq!(names.instead("p.blurb"), ["the page has no `.blurb`"]);
        assert!(names.instead("p + .price").is_empty());
    }
}
