//! One field of an item: where its value stands and what it is, as read from the file.

use std::sync::Arc;

use dragline_parse::Rule;
use toml::de::{DeTable, DeValue};

use super::compiled::{Pointer, checked_regex, pointer, selector};
use super::item::Value;
use super::keys::{Entry, Keys, Text, in_order, named, text, value};
use super::problem::{Problems, instead};
use crate::columns::{ColumnKind, Scalar};

/// The deepest that fields may have fields.
const MAX_LEVELS: usize = 16;

/// The most fields of one item, those within fields counted.
const MAX_FIELDS: usize = 1_000;

const TYPES: [&str; 7] = ["text", "number", "integer", "bool", "url", "html", "json"];

/// A field that is compiled.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: Arc<str>,
    pub(super) source: Source,
    /// Where it looks, for messages.
    pub(super) shown: String,
    pub(super) kind: Kind,
    pub(super) count: Count,
    pub(super) lenient: bool,
}

/// Where the value comes from.
#[derive(Debug)]
pub(super) enum Source {
    /// Elements, and what is inside the JSON they hold.
    Element(Box<Rule>, Option<Pointer>),
    Pointer(Pointer),
    Carried(String),
}

/// What the value is.
#[derive(Debug)]
pub(super) enum Kind {
    Text,
    Number,
    Integer,
    Bool,
    Url,
    Json,
    Fields(Vec<Field>),
}

/// How many values there are.
#[derive(Debug)]
pub(super) enum Count {
    Required,
    Optional,
    Default(Value),
    List(Vec<Value>),
}

impl Count {
    pub(super) fn is_required(&self) -> bool {
        matches!(self, Self::Required)
    }
}

impl Field {
    /// Returns the kind of column that takes the values.
    pub(super) fn column(&self) -> ColumnKind {
        let scalar = match self.kind {
            Kind::Text | Kind::Url => Scalar::Text,
            Kind::Number => Scalar::Number,
            Kind::Integer => Scalar::Integer,
            Kind::Bool => Scalar::Bool,
            Kind::Json | Kind::Fields(_) => return ColumnKind::Json,
        };
        match self.count {
            Count::List(_) => ColumnKind::List(scalar),
            Count::Required | Count::Optional | Count::Default(_) => ColumnKind::One(scalar),
        }
    }
}

/// Reads the fields of a table, in the order of the file.
pub(super) fn fields(table: &DeTable<'_>, problems: &mut Problems<'_>) -> Vec<Field> {
    let mut count = 0;
    level(table, 1, &mut count, problems)
}

fn level(
    table: &DeTable<'_>,
    depth: usize,
    count: &mut usize,
    problems: &mut Problems<'_>,
) -> Vec<Field> {
    let mut fields = Vec::new();
    for (name, span, entry) in in_order(table) {
        *count += 1;
        if *count > MAX_FIELDS || depth > MAX_LEVELS {
            let message =
                format!("an item has at most {MAX_FIELDS} fields, {MAX_LEVELS} within one another");
            problems.add(span, message);
            return fields;
        }
        fields.extend(field(name, entry, depth, count, problems));
    }
    fields
}

fn field(
    name: &str,
    entry: &Entry<'_>,
    depth: usize,
    count: &mut usize,
    problems: &mut Problems<'_>,
) -> Option<Field> {
    let table = match entry.get_ref() {
        DeValue::Table(table) => table,
        DeValue::String(short) => {
            return short_form(name, &Text { value: short, span: entry.span() }, problems);
        }
        other => {
            let message = format!(
                "a field is a selector, or a table such as {{ css = \"h1\" }}, not {}",
                named(other)
            );
            problems.add(entry.span(), message);
            return None;
        }
    };
    let before = problems.len();
    let mut keys = Keys::new("a field", table);
    let (source, shown) = source(&mut keys, entry, problems);
    let inner = keys.table("fields", problems);
    let inner = inner.map(|inner| level(inner, depth + 1, count, problems));
    let kind = kind(&mut keys, inner, source.as_ref(), problems);
    let occurs = occurs(&mut keys, problems);
    let lenient = keys.flag("lenient", problems);
    conflicts(&keys, problems);
    keys.finish(problems);
    let (source, kind) = source.zip(kind).filter(|_| problems.len() == before)?;
    let source = match (source, &kind) {
        (Source::Element(rule, inside), Kind::Url) => {
            Source::Element(Box::new(rule.joined()), inside)
        }
        (source, _) => source,
    };
    Some(Field { name: name.into(), source, shown, kind, count: occurs, lenient })
}

/// Reads a field that is a selector or a pointer alone.
fn short_form(name: &str, short: &Text<'_>, problems: &mut Problems<'_>) -> Option<Field> {
    let shown = short.value.to_owned();
    let (source, kind) = if shown.starts_with('/') {
        (Source::Pointer(pointer(short, problems)?), Kind::Json)
    } else {
        let rule = Rule::default().css(selector(short, problems)?);
        (Source::Element(Box::new(rule), None), Kind::Text)
    };
    let count = Count::Required;
    Some(Field { name: name.into(), source, shown, kind, count, lenient: false })
}

/// Reads where a value comes from, and how to tell that.
fn source(
    keys: &mut Keys<'_, '_>,
    entry: &Entry<'_>,
    problems: &mut Problems<'_>,
) -> (Option<Source>, String) {
    let carried = keys.text("carried", problems);
    let at = keys.text("pointer", problems);
    let css = keys.text("css", problems).filter(|css| !css.value.trim().is_empty());
    let next = keys.text("next", problems);
    let until = keys.text("until", problems);
    let attr = keys.text("attr", problems);
    let regex = keys.text("regex", problems);
    let html = keys.is_text("type", "html");

    let inside = at.as_ref().and_then(|at| pointer(at, problems));
    if let Some(carried) = carried {
        let shown = format!("carried {}", carried.value);
        return (Some(Source::Carried(carried.value.to_owned())), shown);
    }
    let of_element = [&css, &next, &until, &attr, &regex].into_iter().any(Option::is_some);
    if at.is_some() && !of_element {
        let shown = inside.as_ref().map_or_else(String::new, |pointer| pointer.text.clone());
        return (inside.map(Source::Pointer), shown);
    }
    let mut shown: Vec<String> = Vec::new();
    let mut rule = Rule::default();
    if let Some(text) = &next {
        shown.push(format!("next({})", text.value));
        rule = selector(text, problems).map_or(rule.clone(), |next| rule.next(next));
    }
    if let Some(text) = &until {
        shown.push(format!("until({})", text.value));
        rule = selector(text, problems).map_or(rule.clone(), |end| rule.until(end));
    }
    if let Some(text) = &css {
        shown.push(text.value.to_owned());
        rule = selector(text, problems).map_or(rule.clone(), |css| rule.css(css));
    }
    let mut shown = shown.join(" ");
    let attr_less = attr.is_none();
    if let Some(text) = attr {
        if text.value.is_empty() {
            problems.add(text.span, "`attr` is empty; name the attribute to read");
        } else {
            shown.push_str(&format!("[{}]", text.value));
            rule = rule.attr(text.value.to_owned());
        }
    } else if html {
        rule = rule.html();
    }
    if let Some(regex) = regex.and_then(|text| checked_regex(&text, problems))
        && let Ok(cut) = rule.clone().regex(&regex)
    {
        rule = cut;
    }
    if entry.get_ref().as_table().is_some_and(DeTable::is_empty) {
        let message = "a field says where its value stands; write css, pointer or carried";
        problems.add(entry.span(), message);
    }
    if attr_less && (inside.is_some() || keys.is_text("type", "json")) {
        rule = rule.source();
    }
    (Some(Source::Element(Box::new(rule), inside)), shown)
}

fn kind(
    keys: &mut Keys<'_, '_>,
    inner: Option<Vec<Field>>,
    source: Option<&Source>,
    problems: &mut Problems<'_>,
) -> Option<Kind> {
    let entry = keys.take("type");
    if let Some(inner) = inner {
        if let Some(span) = keys.span("type") {
            problems.add(span, "`type` and `fields` exclude each other; the fields have types");
        }
        return Some(Kind::Fields(inner));
    }
    let Some(entry) = entry else {
        // JSON has types of its own.
        let json = match source {
            Some(Source::Element(_, inside)) => inside.is_some(),
            Some(Source::Pointer(_) | Source::Carried(_)) => true,
            None => false,
        };
        return Some(if json { Kind::Json } else { Kind::Text });
    };
    let name = text("type", entry, problems)?;
    Some(match name.value {
        "text" | "html" => Kind::Text,
        "number" => Kind::Number,
        "integer" => Kind::Integer,
        "bool" => Kind::Bool,
        "url" => Kind::Url,
        "json" => Kind::Json,
        other => {
            let instead = instead(other, &TYPES);
            problems.add(name.span, format!("there is no type `{other}`; {instead}"));
            return None;
        }
    })
}

fn occurs(keys: &mut Keys<'_, '_>, problems: &mut Problems<'_>) -> Count {
    let list = keys.flag("list", problems);
    let optional = keys.flag("optional", problems);
    let default = keys.take("default");
    if let (true, Some(span)) = (optional, keys.span("default")) {
        problems.add(span, "`default` and `optional` exclude each other; leave one");
    }
    match (list, default) {
        (true, None) => {
            if let (true, Some(span)) = (optional, keys.span("optional")) {
                problems
                    .add(span, "a `list` needs no `optional`: it is empty when nothing matches");
            }
            Count::List(Vec::new())
        }
        (true, Some(entry)) => match value(entry.get_ref()) {
            Value::List(values) => Count::List(values),
            _ => {
                let message = format!(
                    "the default of a `list` is a list, not {}; write []",
                    named(entry.get_ref())
                );
                problems.add(entry.span(), message);
                Count::List(Vec::new())
            }
        },
        (false, Some(entry)) => Count::Default(value(entry.get_ref())),
        (false, None) if optional => Count::Optional,
        (false, None) => Count::Required,
    }
}

/// Names keys that cannot stand together, at the one that should go.
fn conflicts(keys: &Keys<'_, '_>, problems: &mut Problems<'_>) {
    let pairs: [(&str, &[&str]); 3] = [
        ("next", &["until"]),
        ("carried", &["css", "next", "until", "attr", "regex", "pointer", "fields"]),
        ("fields", &["attr", "regex"]),
    ];
    for (key, others) in pairs {
        if keys.span(key).is_none() {
            continue;
        }
        for other in others {
            if let Some(span) = keys.span(other) {
                problems.add(span, format!("`{key}` and `{other}` exclude each other; leave one"));
            }
        }
    }
    if let (Some(span), true) = (keys.span("attr"), keys.is_text("type", "html")) {
        problems.add(span, "an attribute has no HTML; leave `attr` or the type `html`");
    }
}
