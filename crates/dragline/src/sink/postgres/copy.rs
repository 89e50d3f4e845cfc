//! Rows as `COPY` reads them in its text format: fields between tabs, `\N` for null.

use std::fmt::Display;
use std::io::Write;

use serde::Serialize;

use crate::columns::{ColumnKind, Columns, ColumnsError, Scalar, Table, Value};
use crate::sink::{Entry, Wants};

/// Returns the type that a column is declared with, as PostgreSQL itself calls it.
pub(super) fn declared(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::One(Scalar::Text) => "text",
        ColumnKind::One(Scalar::Integer) => "bigint",
        ColumnKind::One(Scalar::Number) => "double precision",
        ColumnKind::One(Scalar::Bool) => "boolean",
        ColumnKind::List(Scalar::Text) => "text[]",
        ColumnKind::List(Scalar::Integer) => "bigint[]",
        ColumnKind::List(Scalar::Number) => "double precision[]",
        ColumnKind::List(Scalar::Bool) => "boolean[]",
        ColumnKind::Json => "jsonb",
    }
}

/// Appends the row of an entry; `columns` are those of the table.
pub(super) fn row<T: Serialize>(
    out: &mut Vec<u8>,
    table: &mut Table,
    columns: &Columns,
    entry: &Entry<'_, T>,
) -> Result<(), ColumnsError> {
    let wants = table.wants();
    let cells = table.row(entry)?;
    for (index, (column, cell)) in columns.iter().zip(cells).enumerate() {
        if index > 0 {
            out.push(b'\t');
        }
        field(out, &cell.fit(column)?);
    }
    // With provenance the key is one of the cells.
    if wants == Wants::Values {
        out.push(b'\t');
        append(out, entry.key);
    }
    out.push(b'\n');
    Ok(())
}

fn field(out: &mut Vec<u8>, value: &Value<'_>) {
    match value {
        Value::Null => out.extend_from_slice(b"\\N"),
        Value::Bool(value) => append(out, value),
        Value::Integer(value) => append(out, value),
        Value::Number(value) => append(out, value),
        Value::Text(text) => escape(out, text),
        Value::Json(text) => escape(out, &without_null(text)),
        Value::Bools(list) => {
            array(out, list, |element, value| element.push_str(&value.to_string()))
        }
        Value::Integers(list) => {
            array(out, list, |element, value| element.push_str(&value.to_string()));
        }
        Value::Numbers(list) => {
            array(out, list, |element, value| element.push_str(&value.to_string()));
        }
        Value::Texts(list) => array(out, list, |element, text| {
            element.push('"');
            for character in text.chars() {
                if matches!(character, '"' | '\\') {
                    element.push('\\');
                }
                element.push(character);
            }
            element.push('"');
        }),
    }
}

/// Appends an array as its text, such as `{1,NULL}`.
fn array<V>(out: &mut Vec<u8>, list: &[Option<V>], write: impl Fn(&mut String, &V)) {
    let mut text = "{".to_owned();
    for (index, value) in list.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        match value {
            Some(value) => write(&mut text, value),
            None => text.push_str("NULL"),
        }
    }
    text.push('}');
    escape(out, &text);
}

fn append(out: &mut Vec<u8>, value: impl Display) {
    write!(out, "{value}").expect("a vector takes whatever is written");
}

/// Appends a text so that nothing in it ends the field.
fn escape(out: &mut Vec<u8>, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            // No text of PostgreSQL can hold it.
            0 => out.extend_from_slice("\u{fffd}".as_bytes()),
            byte => out.push(byte),
        }
    }
}

/// Replaces `\u0000` in JSON, which `jsonb` refuses.
fn without_null(json: &str) -> String {
    let mut rest = json;
    let mut made = String::with_capacity(json.len());
    while let Some(at) = rest.find('\\') {
        let (before, escaped) = rest.split_at(at);
        made.push_str(before);
        if let Some(behind) = escaped.strip_prefix("\\u0000") {
            made.push('\u{fffd}');
            rest = behind;
        } else {
            // The character behind is not the begin of an escape, whatever it is.
            let end = escaped.char_indices().nth(2).map_or(escaped.len(), |(end, _)| end);
            made.push_str(&escaped[..end]);
            rest = &escaped[end..];
        }
    }
    made.push_str(rest);
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: &Value<'_>) -> String {
        let mut out = Vec::new();
        field(&mut out, value);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn nothing_in_a_value_ends_its_field() {
        for (value, text) in [
            (Value::Null, "\\N"),
            (Value::Text("\\N".into()), "\\\\N"),
            (Value::Text("a\tb\r\n\0".into()), "a\\tb\\r\\n\u{fffd}"),
            (Value::Bools(vec![Some(true), None]), "{true,NULL}"),
            (Value::Integers(Vec::new()), "{}"),
            (Value::Numbers(vec![Some(0.5)]), "{0.5}"),
            (
                Value::Texts(vec![Some("a\"\\,{}\n".into()), Some("NULL".into()), None]),
                r#"{"a\\"\\\\,{}\n","NULL",NULL}"#,
            ),
        ] {
            assert_eq!(written(&value), text);
        }
    }

    #[test]
    fn json_keeps_all_but_what_jsonb_refuses() {
        for (json, text) in [
            (r#""a\u0000b""#, "\"a\u{fffd}b\""),
            (r#""\\u0000""#, r#""\\u0000""#),
            (r#""\\\u0000\n""#, "\"\\\\\u{fffd}\\n\""),
            (r#"{"a":1}"#, r#"{"a":1}"#),
        ] {
            assert_eq!(without_null(json), text);
        }
    }

    #[test]
    fn a_row_has_the_key_at_its_end() {
        let columns = Columns::new().integer("n").text("t");
        let mut table = Table::new(columns.clone(), Wants::Values).unwrap();
        let value = std::collections::BTreeMap::from([("n", 7)]);
        let mut out = Vec::new();
        row(&mut out, &mut table, &columns, &Entry::sample(&value)).unwrap();
        let text = "7\t\\N\t0000000000000000-0000000000000000-item-0\n";
        assert_eq!(String::from_utf8(out).unwrap(), text);
    }
}
