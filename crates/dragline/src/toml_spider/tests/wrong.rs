//! Files that are no spiders, each with what is said of it and where.

use proptest::prelude::*;

use super::TomlSpider;

/// What makes a file whole, beside what is tested.
const START: &str = "start = 'http://h.test/'\n";
const ITEM: &str = "[[item]]\nfields = { a = 'b' }\n";

/// Asserts what is said of a text, at the places that are marked with `§` in it.
#[track_caller]
fn wrong(marked: &str, expected: &[&str]) {
    let parts: Vec<&str> = marked.split('§').collect();
    let text = parts.concat();
    let error = text.parse::<TomlSpider>().expect_err(&text);
    let mut before = String::new();
    let places: Vec<(usize, usize)> = parts[..parts.len() - 1]
        .iter()
        .map(|part| {
            before.push_str(part);
            let line = before.rsplit('\n').next().unwrap();
            (before.matches('\n').count() + 1, line.chars().count() + 1)
        })
        .collect();
    assert_eq!(error.problems().len(), expected.len(), "{error}");
    for ((problem, message), place) in error.problems().iter().zip(expected).zip(places) {
        assert!(problem.message().contains(message), "{problem}\ndoes not say {message:?}");
        assert_eq!(problem.place(), Some(place), "{problem}");
    }
}

/// Asserts what is said of one field.
#[track_caller]
fn field(marked: &str, message: &str) {
    wrong(&format!("{START}[[item]]\nfields.{marked}"), &[message]);
}

/// Asserts what is said of lines behind a whole spider.
#[track_caller]
fn behind(marked: &str, message: &str) {
    wrong(&format!("{START}{ITEM}{marked}"), &[message]);
}

#[test]
fn what_is_no_toml_is_told_alone() {
    wrong("a = 1\n§a = 2", &["duplicate key"]);
}

#[test]
fn a_file_says_where_to_start_and_what_to_take() {
    wrong("§", &["nothing says where to start"]);
    wrong(&format!("§{ITEM}"), &["nothing says where to start"]);
    wrong(&format!("§{START}"), &["there is no [[item]]"]);
    wrong(&format!("start = §'h.test'\n{ITEM}"), &["not an absolute URL"]);
    let two = ["`ftp` URLs cannot be crawled", "`start` lists URLs as texts, not a number"];
    wrong(&format!("start = [§'ftp://h.test/', §3]\n{ITEM}"), &two);
    wrong(&format!("start = [§{{ route = 'a' }}]\n{ITEM}"), &["a start says its `url`"]);
}

#[test]
fn unknown_keys_are_told_with_the_nearest_that_is_known() {
    wrong(&format!("{START}§strat = 1\n{ITEM}"), &["no key `strat`; did you mean `start`?"]);
    behind("§rout = 'x'", "[[item]] has no key `rout`; did you mean `route`?");
    behind("[[follow]]\ncss = 'a'\n§cary = {}", "did you mean `carry`?");
    behind("[§limit]", "did you mean `limits`?");
    behind("[limits]\n§max_page = 1", "[limits] has no key `max_page`; did you mean `max_pages`?");
    behind("[politeness.adaptive]\n§ceilng = '1s'", "did you mean `ceiling`?");
    field("a = { css = 'b', §atr = 'c' }", "a field has no key `atr`; did you mean `attr`?");
    field("a = { css = 'x', §wrong = 'b' }", "known are carried, pointer, css");
}

#[test]
fn values_of_the_wrong_type_are_told() {
    field("a = §3", "a field is a selector, or a table");
    field("a = { css = §3 }", "`css` is a text, not a number");
    field("a = { css = 'b', optional = §'yes' }", "`optional` is true or false, not a text");
    field("a = { css = 'b', fields = §'c' }", "`fields` is a table, not a text");
    field("a = { css = 'b', type = §'numbr' }", "there is no type `numbr`; did you mean `number`?");
    field("a = { css = 'b', list = true, default = §1 }", "the default of a `list` is a list");
    field("a = §{}", "a field says where its value stands");
    wrong(&format!("{START}§item = {{ fields = {{ a = 'b' }} }}"), &["write [[item]] above each"]);
    behind("[politeness]\ndelay = §'soon'", "soon");
    behind("[limits]\nmax_pages = §'many'", "invalid type: string \"many\"");
    behind("[scope]\nkind = §'hosts'", "host");
}

#[test]
fn selectors_regexes_and_pointers_are_told_with_the_place_inside() {
    field("a = 'b >§'", "ends with a combinator");
    field("a = 'b, §>'", "has an empty part");
    field("a = 'p.price§::text'", "text is taken by default, an attribute with the key `attr`");
    field("a = { css = 'a§:contains(x)' }", "pseudo-class that is not supported");
    field("a = { css = 'b', regex = '§(\\d+' }", "no regular expression: unclosed group");
    field("a = { css = 'b', regex = 'a§{2,1}' }", "invalid repetition count range");
    // Where there are escapes, the whole text is marked.
    field("a = { css = 'b', regex = §\"\\u0028\" }", "unclosed group");
    field("a = { pointer = §'data.id' }", "begins with `/`; write `/data/id`");
    field("a = '/a§~b'", "is written `~0`");
    field("a = { css = 'b', next = '[§' }", "selector \"[\"");
    wrong(&format!("{START}[[item]]\neach = 'a§,'\nfields = {{ a = 'b' }}"), &["empty part"]);
    let class = format!("{START}[[item]]\npattern = '§['\nfields = {{ a = 'b' }}");
    wrong(&class, &["unclosed character class"]);
}

#[test]
fn keys_that_exclude_each_other_are_told() {
    field("a = { next = 'b', §until = 'c' }", "`next` and `until` exclude each other");
    field("a = { carried = 'b', §css = 'c' }", "`carried` and `css` exclude each other");
    field("a = { css = 'b', optional = true, §default = 1 }", "`default` and `optional` exclude");
    field("a = { css = 'b', list = true, §optional = true }", "a `list` needs no `optional`");
    field("a = { css = 'b', §attr = 'c', type = 'html' }", "an attribute has no HTML");
    field("a = { css = 'b', §type = 'text', fields = { c = 'd' } }", "`type` and `fields` exclude");
    let both = "[[item]]\nroute = 'a'\npattern = §'b'\nfields = { a = 'b' }";
    wrong(&format!("{START}{both}"), &["`route` and `pattern` exclude"]);
    behind("[[follow]]\ncss = 'a'\npointer = §'/a'", "`css` and `pointer` exclude");
    behind("§[[follow]]\n", "a rule says which links");
    wrong(&format!("{START}§[[item]]\n"), &["an item has fields"]);
    let mixed = format!("{START}§[[item]]\nfields = {{ a = 'b', c = '/d' }}");
    wrong(&mixed, &["`c` reads JSON"]);
    let named = format!("{START}[[item]]\nname = §'x'\nfields = {{ type = 'b' }}");
    wrong(&named, &["becomes its field `type`"]);
}

#[test]
fn routes_have_two_sides() {
    let follow = format!("{START}{ITEM}[[follow]]\ncss = 'a'\nroute = §'detail'\n");
    let unused = "nothing is for pages of the route `detail`";
    wrong(&follow, &[unused]);
    let misspelt = "no page has the route `detial`: no start and no [[follow]] leads to it; did you \
                    mean `detail`?";
    let both = format!("{follow}[[item]]\nroute = §'detial'\nfields = {{ a = 'b' }}");
    wrong(&both, &[unused, misspelt]);
    let start = "start = [{ url = 'http://h.test/', route = 'list' }]\n";
    let rule = "[[follow]]\non = 'list'\ncss = 'a'\nroute = 'list'";
    wrong(&format!("{start}§{ITEM}{rule}"), &["this item is for pages without a route"]);
}

#[test]
fn many_mistakes_are_told_at_once_and_the_rest_counted() {
    let fields: String = (0..50).map(|index| format!("f{index} = 3\n")).collect();
    let error =
        format!("{START}[[item]]\n[item.fields]\n{fields}").parse::<TomlSpider>().unwrap_err();
    assert_eq!(error.problems().len(), 20);
    assert!(error.to_string().ends_with("and 30 more"), "{error}");
}

#[test]
fn a_mistake_is_shown_with_its_line() {
    let error =
        format!("{START}[[item]]\nfields.a = {{ css = 'b', atr = 'c' }}").parse::<TomlSpider>();
    assert_eq!(
        error.unwrap_err().to_string(),
        "a field has no key `atr`; did you mean `attr`?\n \
         --> the spider:3:25\n  \
         |\n\
         3 | fields.a = { css = 'b', atr = 'c' }\n  \
           |                         ^^^"
    );
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = TomlSpider::read("no/such/spider.toml").unwrap_err().to_string();
    assert!(error.starts_with("failed to read no/such/spider.toml: "), "{error}");
}

proptest! {
    #[test]
    fn any_text_is_a_spider_or_an_error(
        text in "(start|item|follow|fields|css|regex|[\\[\\]{}='\"./a>(:,0-9 \n]|é){0,60}",
    ) {
        if let Err(error) = text.parse::<TomlSpider>() {
            prop_assert!(!error.to_string().is_empty());
        }
    }

    #[test]
    fn any_selector_and_regex_is_taken_or_told(css in "\\PC{0,20}", regex in "\\PC{0,20}") {
        let text = format!("{START}[[item]]\nfields.a = {{ css = {css:?}, regex = '''{regex}''' }}");
        if let Err(error) = text.parse::<TomlSpider>() {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
