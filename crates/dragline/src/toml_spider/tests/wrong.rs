//! Files that are no spiders, each with what is said of it and where.

use proptest::prelude::*;

use super::TomlSpider;

/// What makes a file whole, beside what is tested.
const START: &str = "start = 'http://h.test/'\n";
const ITEM: &str = "[[item]]\nfields = { a = 'b' }\n";

/// Asserts each message with its line and column.
#[track_caller]
fn wrong(text: &str, expected: &[(&str, (usize, usize))]) {
    let error = text.parse::<TomlSpider>().expect_err(text);
    let found: Vec<(&str, (usize, usize))> = error
        .problems()
        .iter()
        .map(|problem| (problem.message(), problem.place().unwrap()))
        .collect();
    assert_eq!(found.len(), expected.len(), "{error}");
    for ((found, place), (message, expected)) in found.iter().zip(expected) {
        assert!(found.contains(message), "{found:?} does not say {message:?}");
        assert_eq!(place, expected, "{found}");
    }
}

/// Asserts what is said of one field, in the third line.
#[track_caller]
fn field(line: &str, message: &str, column: usize) {
    wrong(&format!("{START}[[item]]\nfields.{line}"), &[(message, (3, column))]);
}

#[test]
fn what_is_no_toml_is_told_alone() {
    wrong("start = \n[[item", &[("string values must be quoted", (1, 9)), ("unclosed", (2, 7))]);
}

#[test]
fn a_file_says_where_to_start_and_what_to_take() {
    wrong(ITEM, &[("nothing says where to start", (1, 1))]);
    wrong(START, &[("there is no [[item]]", (1, 1))]);
    wrong("", &[("nothing says where to start", (1, 1)), ("there is no [[item]]", (1, 1))]);
    wrong(&format!("start = 'h.test'\n{ITEM}"), &[("not an absolute URL", (1, 9))]);
    wrong(
        &format!("start = ['ftp://h.test/', 3]\n{ITEM}"),
        &[
            ("`ftp` URLs cannot be crawled", (1, 10)),
            ("`start` lists URLs as texts, not a number", (1, 27)),
        ],
    );
    wrong(&format!("start = [{{ route = 'a' }}]\n{ITEM}"), &[("a start says its `url`", (1, 10))]);
}

#[test]
fn unknown_keys_are_told_with_the_nearest_that_is_known() {
    wrong(
        &format!("{START}strat = 1\n{ITEM}"),
        &[("no key `strat`; did you mean `start`?", (2, 1))],
    );
    wrong(
        &format!("{START}{ITEM}rout = 'x'"),
        &[("[[item]] has no key `rout`; did you mean `route`?", (4, 1))],
    );
    wrong(
        &format!("{START}{ITEM}[[follow]]\ncss = 'a'\ncary = {{}}"),
        &[("did you mean `carry`?", (6, 1))],
    );
    wrong(&format!("{START}{ITEM}[limit]"), &[("did you mean `limits`?", (4, 2))]);
    wrong(
        &format!("{START}{ITEM}[limits]\nmax_page = 1"),
        &[("[limits] has no key `max_page`; did you mean `max_pages`?", (5, 1))],
    );
    field("a = { css = 'b', atr = 'c' }", "a field has no key `atr`; did you mean `attr`?", 18);
    field("a = { selektor = 'b' }", "known are carried, pointer, css", 14);
}

#[test]
fn values_of_the_wrong_type_are_told() {
    field("a = 3", "a field is a selector, or a table", 12);
    field("a = { css = 3 }", "`css` is a text, not a number", 20);
    field("a = { css = 'b', optional = 'yes' }", "`optional` is true or false, not a text", 36);
    field("a = { css = 'b', fields = 'c' }", "`fields` is a table, not a text", 34);
    field(
        "a = { css = 'b', type = 'numbr' }",
        "there is no type `numbr`; did you mean `number`?",
        32,
    );
    field("a = { css = 'b', list = true, default = 1 }", "the default of a `list` is a list", 48);
    field("a = {}", "a field says where its value stands", 12);
    wrong(
        &format!("{START}item = {{ fields = {{ a = 'b' }} }}"),
        &[("write [[item]] above each", (2, 1))],
    );
    wrong(&format!("{START}{ITEM}[politeness]\ndelay = 'soon'"), &[("", (5, 9))]);
    wrong(
        &format!("{START}{ITEM}[limits]\nmax_pages = 'many'"),
        &[("invalid type: string \"many\"", (5, 13))],
    );
    wrong(&format!("{START}{ITEM}[scope]\nkind = 'hosts'"), &[("", (5, 8))]);
}

#[test]
fn selectors_regexes_and_pointers_are_told_with_the_place_inside() {
    field("a = 'b, >'", "ends with a combinator", 16);
    field("a = 'p.price::text'", "text is taken by default, an attribute with the key `attr`", 20);
    field("a = { css = 'a:contains(x)' }", "pseudo-class that is not supported", 22);
    field("a = { css = 'b', regex = '(\\d+' }", "no regular expression: unclosed group", 34);
    field("a = { css = 'b', regex = \"\\\\d{2,1}\" }", "invalid repetition count range", 33);
    field("a = { pointer = 'data.id' }", "begins with `/`; write `/data/id`", 24);
    field("a = '/a~b'", "is written `~0`", 15);
    field("a = { css = 'b', next = '[' }", "selector \"[\"", 34);
    wrong(
        &format!("{START}[[item]]\neach = 'a,'\nfields = {{ a = 'b' }}"),
        &[("empty part", (3, 11))],
    );
    wrong(
        &format!("{START}[[item]]\npattern = '['\nfields = {{ a = 'b' }}"),
        &[("unclosed character class", (3, 12))],
    );
}

#[test]
fn keys_that_exclude_each_other_are_told() {
    field("a = { next = 'b', until = 'c' }", "`next` and `until` exclude each other", 26);
    field("a = { carried = 'b', css = 'c' }", "`carried` and `css` exclude each other", 29);
    field(
        "a = { css = 'b', optional = true, default = 1 }",
        "`default` and `optional` exclude",
        42,
    );
    field("a = { css = 'b', attr = 'c', type = 'html' }", "an attribute has no HTML", 25);
    field(
        "a = { css = 'b', type = 'text', fields = { c = 'd' } }",
        "`type` and `fields` exclude",
        25,
    );
    wrong(
        &format!("{START}[[item]]\nroute = 'a'\npattern = 'b'\nfields = {{ a = 'b' }}"),
        &[("`route` and `pattern` exclude", (4, 11))],
    );
    wrong(
        &format!("{START}{ITEM}[[follow]]\ncss = 'a'\npointer = '/a'"),
        &[("`css` and `pointer` exclude", (6, 11))],
    );
    wrong(&format!("{START}{ITEM}[[follow]]\n"), &[("a rule says which links", (4, 1))]);
    wrong(&format!("{START}[[item]]\n"), &[("an item has fields", (2, 1))]);
    wrong(
        &format!("{START}[[item]]\nfields = {{ a = 'b', c = '/d' }}"),
        &[("`c` reads JSON", (2, 1))],
    );
    wrong(
        &format!("{START}[[item]]\nname = 'x'\nfields = {{ type = 'b' }}"),
        &[("becomes its field `type`", (3, 8))],
    );
}

#[test]
fn routes_have_two_sides() {
    let follow = |route: &str| format!("{START}{ITEM}[[follow]]\ncss = 'a'\nroute = '{route}'\n");
    wrong(
        &format!("{}[[item]]\nroute = 'detial'\nfields = {{ a = 'b' }}", follow("detail")),
        &[
            ("nothing is for pages of the route `detail`", (6, 9)),
            (
                "no page has the route `detial`: no start and no [[follow]] leads to it; did you mean `detail`?",
                (8, 9),
            ),
        ],
    );
    wrong(&follow("list"), &[("nothing is for pages of the route `list`", (6, 9))]);
    wrong(
        &format!(
            "start = [{{ url = 'http://h.test/', route = 'list' }}]\n{ITEM}[[follow]]\non = 'list'\ncss = 'a'\nroute = 'list'"
        ),
        &[("this item is for pages without a route", (2, 1))],
    );
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
