//! One table of a spider's file while it is read: hands out its keys, and names those that nobody asked for.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::item::{Item, Value};
use super::problem::{Problems, instead};

/// A value and where it stands.
pub(super) type Entry<'t> = Spanned<DeValue<'t>>;

/// A table whose keys are taken one by one.
pub(super) struct Keys<'a, 't> {
    /// What the table is, as in "a field".
    what: &'static str,
    table: &'a DeTable<'t>,
    known: Vec<String>,
}

/// A text and where it stands.
#[derive(Clone)]
pub(super) struct Text<'a> {
    pub(super) value: &'a str,
    pub(super) span: Range<usize>,
}

impl<'a, 't> Keys<'a, 't> {
    pub(super) fn new(what: &'static str, table: &'a DeTable<'t>) -> Self {
        Self { what, table, known: Vec::new() }
    }

    /// Takes a key.
    pub(super) fn take(&mut self, key: &str) -> Option<&'a Entry<'t>> {
        self.known.push(key.to_owned());
        self.table.get(key)
    }

    /// Returns where a key stands that the table has.
    pub(super) fn span(&self, key: &str) -> Option<Range<usize>> {
        self.table.get_key_value(key).map(|(key, _)| key.span())
    }

    /// Tells whether a key is there with this text.
    pub(super) fn is_text(&self, key: &str, text: &str) -> bool {
        self.table.get(key).and_then(|entry| entry.get_ref().as_str()) == Some(text)
    }

    /// Takes a text.
    pub(super) fn text(
        &mut self,
        key: &'static str,
        problems: &mut Problems<'_>,
    ) -> Option<Text<'a>> {
        let entry = self.take(key)?;
        text(key, entry, problems)
    }

    /// Takes a truth value; false when it is not there.
    pub(super) fn flag(&mut self, key: &'static str, problems: &mut Problems<'_>) -> bool {
        let Some(entry) = self.take(key) else { return false };
        match entry.get_ref() {
            DeValue::Boolean(value) => *value,
            other => {
                let message = format!("`{key}` is true or false, not {}", named(other));
                problems.add(entry.span(), message);
                false
            }
        }
    }

    /// Takes a table.
    pub(super) fn table(
        &mut self,
        key: &str,
        problems: &mut Problems<'_>,
    ) -> Option<&'a DeTable<'t>> {
        let entry = self.take(key)?;
        match entry.get_ref() {
            DeValue::Table(table) => Some(table),
            other => {
                let message = format!("`{key}` is a table, not {}", named(other));
                problems.add(entry.span(), message);
                None
            }
        }
    }

    /// Takes the tables of `[[key]]`.
    pub(super) fn tables(
        &mut self,
        key: &'static str,
        problems: &mut Problems<'_>,
    ) -> Vec<(&'a DeTable<'t>, Range<usize>)> {
        let Some(entry) = self.take(key) else { return Vec::new() };
        let mut tables = Vec::new();
        let list: &[Entry<'t>] = match entry.get_ref() {
            DeValue::Array(list) => list,
            _ => std::slice::from_ref(entry),
        };
        for entry in list {
            match entry.get_ref() {
                DeValue::Table(table) if list.len() > 1 || is_array(self.table, key) => {
                    tables.push((table, entry.span()));
                }
                _ => problems.add(
                    self.span(key).unwrap_or(entry.span()),
                    format!("there may be several of `{key}`; write [[{key}]] above each"),
                ),
            }
        }
        tables
    }

    /// Names the keys that nobody took.
    pub(super) fn finish(self, problems: &mut Problems<'_>) {
        let known: Vec<&str> = self.known.iter().map(String::as_str).collect();
        for key in self.table.keys() {
            let name: &str = key.get_ref();
            if !known.contains(&name) {
                let instead = instead(name, &known);
                problems.add(key.span(), format!("{} has no key `{name}`; {instead}", self.what));
            }
        }
    }
}

impl Text<'_> {
    /// Returns where a part of the text stands in the file; where it all stands when it has escapes.
    pub(super) fn part(&self, offset: usize, length: usize, file: &str) -> Range<usize> {
        let written = file.get(self.span.clone()).unwrap_or_default();
        match written.find(self.value) {
            Some(start) if !self.value.is_empty() => {
                let start = self.span.start + start + offset.min(self.value.len());
                start..start + length
            }
            _ => self.span.clone(),
        }
    }
}

fn is_array(table: &DeTable<'_>, key: &str) -> bool {
    table.get(key).is_some_and(|entry| entry.get_ref().is_array())
}

/// Reads an entry that is a text.
pub(super) fn text<'a>(
    key: &str,
    entry: &'a Entry<'_>,
    problems: &mut Problems<'_>,
) -> Option<Text<'a>> {
    match entry.get_ref() {
        DeValue::String(value) => Some(Text { value, span: entry.span() }),
        other => {
            problems.add(entry.span(), format!("`{key}` is a text, not {}", named(other)));
            None
        }
    }
}

/// Returns the entries of a table in the order of the file.
pub(super) fn in_order<'a, 't>(
    table: &'a DeTable<'t>,
) -> Vec<(&'a str, Range<usize>, &'a Entry<'t>)> {
    let entries = table.iter().map(|(key, value)| (key.get_ref().as_ref(), key.span(), value));
    let mut entries: Vec<_> = entries.collect();
    entries.sort_by_key(|(_, span, _)| span.start);
    entries
}

/// Says what a value is.
pub(super) fn named(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "a truth value",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// Makes a value of an item of one in the file; dates become texts.
pub(super) fn value(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.as_ref().to_owned()),
        DeValue::Integer(number) => i128::from_str_radix(number.as_str(), number.radix())
            .map_or(Value::Null, Value::Integer),
        DeValue::Float(number) => {
            let number: Option<f64> = number.as_str().parse().ok();
            number.filter(|number| number.is_finite()).map_or(Value::Null, Value::Number)
        }
        DeValue::Boolean(truth) => Value::Bool(*truth),
        DeValue::Datetime(date) => Value::Text(date.to_string()),
        DeValue::Array(list) => {
            Value::List(list.iter().map(|entry| self::value(entry.get_ref())).collect())
        }
        DeValue::Table(table) => {
            let mut item = Item::default();
            for (name, _, entry) in in_order(table) {
                item.push(name.into(), self::value(entry.get_ref()));
            }
            Value::Object(item)
        }
    }
}
