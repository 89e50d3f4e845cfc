//! Tests of TOML spiders: what is taken from single pages, and what is said of wrong files.

mod documented;
mod wrong;

use url::Url;

use super::{Check, Item, Sample, TomlSpider, Value};
use crate::columns::{Columns, Scalar};

fn checked(spider: &str, url: &str, kind: &str, body: &str, route: Option<&str>) -> Check {
    let spider: TomlSpider = spider.parse().unwrap_or_else(|error| panic!("{error}"));
    let sample = Sample {
        url: Url::parse(url).unwrap(),
        content_type: Some(kind.to_owned()),
        body: body.to_owned().into(),
        route: route.map(str::to_owned),
    };
    spider.check(sample).unwrap()
}

/// Takes the items of a page of HTML, by one item with these lines.
fn taken(item: &str, body: &str) -> Vec<String> {
    let spider = format!("start = 'http://h.test/'\n[[item]]\n{item}");
    json(&checked(&spider, "http://h.test/dir/", "text/html", body, None).items[0].items)
}

fn json(items: &[Item]) -> Vec<String> {
    items.iter().map(|item| serde_json::to_string(item).unwrap()).collect()
}

#[test]
fn columns_are_those_of_all_items() {
    let spider: TomlSpider = r#"
        start = ["https://a.example/"]
        [[item]]
        name = "shop"
        [item.fields]
        title = "h1"
        size = { css = "i", type = "integer" }
        tags = { css = "b", list = true }
        [[item]]
        each = "li"
        [item.fields]
        size = { css = "i", type = "number" }
        link = { css = "a", type = "url", optional = true }
        whole = { css = "p", fields = { x = "b" } }
        title = { css = "h1", list = true }
    "#
    .parse()
    .unwrap();
    let expected = Columns::new()
        .text("type")
        .json("title")
        .number("size")
        .list("tags", Scalar::Text)
        .text("link")
        .json("whole");
    assert_eq!(spider.columns(), expected);
}

#[test]
fn fields_keep_the_order_of_the_file_whatever_form_they_have() {
    let item = "[item.fields]\nz = 'b'\na = { css = 'i', optional = true }\nm = { css = 'b', list = true }\n\
                [item.fields.c]\ncss = 'p'\nfields = { y = 'b', x = { css = 'b', attr = 'id' } }";
    assert_eq!(
        taken(item, "<p><b id=k>1</b> <b>2"),
        [r#"{"z":"1","a":null,"m":["1","2"],"c":{"y":"1","x":"k"}}"#]
    );
}

#[test]
fn a_check_names_each_link_once() {
    let spider = "start = 'http://h.test/'\n[[follow]]\ncss = 'a'\n[[item]]\nfields.a = 'a'";
    let body = "<a href=/x>1</a><a href=/x#y>2</a><a href=/z>3</a>";
    let check = checked(spider, "http://h.test/", "text/html", body, None);
    let links: Vec<_> = check.follow[0].links.iter().map(|link| &*link.url).collect();
    assert_eq!(links, ["http://h.test/x", "http://h.test/z"]);
}

#[test]
fn every_type_is_read() {
    let item = r#"
        [item.fields]
        number = { css = "b", regex = '[\d.,]+', type = "number" }
        integer = { css = "i", type = "integer" }
        bool = { css = "i", attr = "data-on", type = "bool" }
        url = { css = "a", attr = "href", type = "url" }
        html = { css = "p", type = "html" }
        json = { css = "script", type = "json" }
        inside = { css = "script", pointer = "/b/1" }
    "#;
    let body = "<b>£1,012.50</b><i data-on=true>12\u{a0}000</i><a href=../x?q>x</a><p><em>a  b</em></p>\
                <script>{\"z\": 1, \"b\": [\"\", \"x  y\"]}</script>";
    assert_eq!(
        taken(item, body),
        [
            r#"{"number":1012.5,"integer":12000,"bool":true,"url":"http://h.test/x?q","html":"<em>a  b</em>","json":{"z":1,"b":["","x  y"]},"inside":"x  y"}"#
        ]
    );
}

#[test]
fn numbers_that_are_none_are_errors() {
    for text in ["1,2", "12,50", "1,0000", "", "inf", "NaN", "1e999", "1.234,50", "5 m"] {
        let spider =
            "start = 'http://h.test/'\n[[item]]\nfields = { n = { css = 'b', type = 'number' } }";
        let check = checked(spider, "http://h.test/", "text/html", &format!("<b>{text}</b>"), None);
        assert!(check.items[0].items.is_empty(), "{text}");
        assert!(check.items[0].fields[0].fault.is_some(), "{text}");
    }
}

#[test]
fn what_stands_beside_an_element_is_found_by_next_and_until() {
    let item = r#"
        [item.fields]
        pages = { css = "dt.pages + dd" }
        [[item]]
        each = "dt"
        [item.fields]
        name = { css = "" }
        value = { next = "dd", default = "none" }
        all = { until = "dt", list = true }
    "#;
    let spider = format!("start = 'http://h.test/'\n[[item]]\n{item}");
    let body = "<dl><dt class=pages>Pages<dd>90<dt>By<dd>Ada<dd>Bo<dt>Last";
    let check = checked(&spider, "http://h.test/", "text/html", body, None);
    assert_eq!(json(&check.items[0].items), [r#"{"pages":"90"}"#]);
    assert_eq!(
        json(&check.items[1].items),
        [
            r#"{"name":"Pages","value":"90","all":["90"]}"#,
            r#"{"name":"By","value":"Ada","all":["Ada","Bo"]}"#,
            r#"{"name":"Last","value":"none","all":[]}"#,
        ]
    );
}

#[test]
fn a_value_that_cannot_be_read_is_an_error_unless_the_field_is_lenient() {
    let body = "<b>x</b><b>7</b>";
    let strict = "fields = { n = { css = 'b', type = 'integer', optional = true } }";
    assert!(taken(strict, body).is_empty());
    let lenient = "fields = { n = { css = 'b', type = 'integer', lenient = true } }";
    assert_eq!(taken(lenient, body), [r#"{"n":7}"#]);
    let all = "fields = { n = { css = 'b', type = 'integer', list = true, lenient = true } }";
    assert_eq!(taken(all, body), [r#"{"n":[7]}"#]);
}

#[test]
fn json_is_read_by_pointers_and_keeps_its_types_and_order() {
    let spider = r#"
        start = "http://h.test/api"
        [[item]]
        name = "user"
        each = "/data/users"
        [item.fields]
        id = "/id"
        name = { pointer = "/name", type = "text" }
        home = { pointer = "/home", type = "url", optional = true }
        tags = { pointer = "/tags", list = true }
        whole = { pointer = "/address", fields = { town = "/town" } }
        raw = "/address"
        [[follow]]
        pointer = "/next"
        [[follow]]
        each = "/data/users"
        pointer = "/home"
        route = "home"
        carry = { id = "/id" }
        [[item]]
        route = "home"
        fields = { id = { carried = "id" }, title = "h1" }
    "#;
    let body = r#"{"data":{"users":[
        {"id":18446744073709551615,"name":5,"home":"/u/1#top","tags":["b","a"],"address":{"town":"X","no":1.0}},
        {"id":"k","name":"B","home":null,"tags":null,"address":{"zip":1,"town":"Y"}},
        {"name":"no id"}]},"next":"?page=2"}"#;
    let check = checked(spider, "http://h.test/api", "application/vnd.api+json", body, None);
    assert_eq!(
        json(&check.items[0].items),
        [
            r#"{"type":"user","id":18446744073709551615,"name":"5","home":"http://h.test/u/1#top","tags":["b","a"],"whole":{"town":"X"},"raw":{"town":"X","no":1.0}}"#,
            r#"{"type":"user","id":"k","name":"B","home":null,"tags":[],"whole":{"town":"Y"},"raw":{"zip":1,"town":"Y"}}"#,
        ]
    );
    assert_eq!(check.items[0].fields[0].failed, 1, "the third has no id");
    assert_eq!(check.follow[0].links[0].url, "http://h.test/api?page=2");
    assert_eq!(check.follow[1].links.len(), 1);
    assert_eq!(check.follow[1].links[0].url, "http://h.test/u/1");
    let carried = check.follow[1].links[0].carried.get("id");
    assert_eq!(carried, Some(&Value::Integer(18_446_744_073_709_551_615)));
}

#[test]
fn rules_take_links_by_selector_by_pattern_and_near_what_they_carry() {
    let spider = r#"
        start = "http://h.test/"
        [[item]]
        fields = { title = "title" }
        [[follow]]
        pattern = '/p/\d+$'
        [[follow]]
        each = "article"
        css = "a"
        pattern = '/d/'
        route = "detail"
        carry = { price = { css = ".price", type = "number" } }
        [[item]]
        route = "detail"
        fields = { price = { carried = "price" } }
    "#;
    let body = "<title>t</title><a href=/p/1#x>1</a><a href=/p/x>x</a><a rel=nofollow href=/p/2>2</a>\
        <article><a href=/d/1>1</a><a href=mailto:a@b.test>m</a><b class=price>2.5</b></article>\
        <article><a href=/d/2>2</a></article><article>no link</article>";
    let check = checked(spider, "http://h.test/", "text/html", body, None);
    let urls =
        |rule: usize| check.follow[rule].links.iter().map(|link| &*link.url).collect::<Vec<_>>();
    assert_eq!(
        urls(0),
        ["http://h.test/p/1"],
        "nofollow is obeyed where no selector names the link"
    );
    assert_eq!(urls(1), ["http://h.test/d/1"]);
    assert_eq!(check.follow[1].links[0].carried.get("price"), Some(&Value::Number(2.5)));
    assert_eq!(check.follow[1].faults.len(), 1, "{:?}", check.follow[1].faults);
    let other = checked(spider, "http://h.test/d/1", "text/html", "", Some("detail"));
    assert!(other.items[0].passed_over.is_some() && other.items[1].passed_over.is_none());
}

#[test]
fn a_check_says_what_the_page_has_instead() {
    let spider =
        "start = 'http://h.test/'\n[[item]]\neach = 'div.item'\n[item.fields]\nprice = '.prise'";
    let check =
        checked(spider, "http://h.test/", "text/html", "<div class=item><p class=price>1", None);
    assert!(!check.is_good());
    let field = &check.items[0].fields[0];
    assert_eq!(field.near, ["the page has no `.prise`, but 1 `.price`"]);
    assert_eq!(
        field.fault.as_deref(),
        Some(
            "field `price` (`.prise`): nothing matches; write optional = true if it may be absent"
        )
    );
    let check = checked(spider, "http://h.test/", "text/html", "<div class=items>", None);
    assert_eq!(check.items[0].near, ["the page has no `.item`, but 1 `.items`"]);
}

#[test]
fn hostile_pages_end_in_bounded_items() {
    let fields = "fields = { a = { css = 'div', list = true, fields = { a = { css = 'div', list = true, \
                  fields = { a = { css = 'div', list = true } } } } } }";
    assert!(taken(fields, &"<div>".repeat(400)).is_empty(), "too many values");
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    let spider = "start = 'http://h.test/'\n[[item]]\nfields = { a = '/a' }";
    let check = checked(spider, "http://h.test/", "application/json", &deep, None);
    assert!(check.fault.is_some_and(|fault| fault.contains("JSON")));
}

#[test]
fn settings_go_over_others_key_by_key() {
    let spider: TomlSpider =
        "start = 'http://h.test/'\n[politeness]\ndelay = '3s'\n[limits]\nmax_pages = 7\n\
                              [scope]\nkind = 'domain'\n[[item]]\nfields = { a = 'b' }"
            .parse()
            .unwrap();
    let mut base = crate::Config::default();
    base.limits.retries = 9;
    base.limits.max_pages = Some(1);
    base.politeness.per_host = 4;
    let config = spider.config_over(&base);
    assert_eq!((config.limits.retries, config.limits.max_pages), (9, Some(7)));
    assert_eq!(config.politeness.per_host, 4);
    assert_eq!(config.politeness.delay, std::time::Duration::from_secs(3));
    assert_eq!(config.scope.kind, crate::ScopeKind::Domain);
}
