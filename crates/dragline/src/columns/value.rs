//! A value that fits its column, for tables whose columns are strict; made of a cell, or read from JSON.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error};
use serde_json::value::RawValue;

use crate::columns::{Cell, Column, ColumnKind, ColumnsError, Scalar};

/// A value of a column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    Integer(i64),
    Number(f64),
    Text(Cow<'a, str>),
    Bools(Vec<Option<bool>>),
    Integers(Vec<Option<i64>>),
    Numbers(Vec<Option<f64>>),
    Texts(Vec<Option<Cow<'a, str>>>),
    Json(Cow<'a, str>),
}

impl Cell {
    /// Makes the value of a column, or says why the cell is none: every cell fits a column of texts, a whole number
    /// one of numbers, and else only what the column is for.
    pub(crate) fn fit(&self, column: &Column) -> Result<Value<'_>, ColumnsError> {
        #[expect(clippy::cast_precision_loss, reason = "a number of double precision is asked for")]
        let value = match (column.kind, self) {
            (_, Self::Null) => Some(Value::Null),
            (ColumnKind::One(Scalar::Text), Self::Text(text)) => Some(Value::Text(text.into())),
            (ColumnKind::One(Scalar::Text), other) => {
                let mut text = Vec::new();
                other.write(&mut text);
                Some(Value::Text(String::from_utf8_lossy(&text).into_owned().into()))
            }
            (ColumnKind::One(Scalar::Integer), Self::Integer(value)) => {
                Some(Value::Integer(*value))
            }
            (ColumnKind::One(Scalar::Number), Self::Number(value)) => Some(Value::Number(*value)),
            (ColumnKind::One(Scalar::Number), Self::Integer(value)) => {
                Some(Value::Number(*value as f64))
            }
            (ColumnKind::One(Scalar::Number), Self::Unsigned(value)) => {
                Some(Value::Number(*value as f64))
            }
            (ColumnKind::One(Scalar::Bool), Self::Bool(value)) => Some(Value::Bool(*value)),
            (ColumnKind::Json, Self::Json(text)) => Some(Value::Json(text.into())),
            (kind @ ColumnKind::List(_), Self::Json(text)) => {
                ReadValue(kind).deserialize(&mut serde_json::Deserializer::from_str(text)).ok()
            }
            _ => None,
        };
        value.ok_or_else(|| {
            let mut found = Vec::new();
            self.write(&mut found);
            let found: String = String::from_utf8_lossy(&found).chars().take(60).collect();
            ColumnsError::new(format!(
                "the field `{}` is {found:?}, and its column takes only {}; give it another column",
                column.name,
                column.kind.in_words()
            ))
        })
    }
}

impl ColumnKind {
    fn in_words(self) -> &'static str {
        match self {
            Self::One(Scalar::Text) => "texts",
            Self::One(Scalar::Integer) => "whole numbers of 64 bits",
            Self::One(Scalar::Number) => "numbers",
            Self::One(Scalar::Bool) => "truth values",
            Self::List(Scalar::Text) => "lists of texts",
            Self::List(Scalar::Integer) => "lists of whole numbers of 64 bits",
            Self::List(Scalar::Number) => "lists of numbers",
            Self::List(Scalar::Bool) => "lists of truth values",
            Self::Json => "JSON",
        }
    }
}

/// Reads a value of a column of this kind.
pub(crate) struct ReadValue(pub(crate) ColumnKind);

impl<'de> DeserializeSeed<'de> for ReadValue {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value<'de>, D::Error> {
        Ok(match self.0 {
            ColumnKind::One(Scalar::Text) => {
                Option::<Text<'_>>::deserialize(from)?.map(|text| Value::Text(text.0))
            }
            ColumnKind::One(Scalar::Integer) => Option::deserialize(from)?.map(Value::Integer),
            ColumnKind::One(Scalar::Number) => match Option::deserialize(from)? {
                Some(raw) => Some(Value::Number(number(raw).map_err(Error::custom)?)),
                None => None,
            },
            ColumnKind::One(Scalar::Bool) => Option::deserialize(from)?.map(Value::Bool),
            ColumnKind::List(Scalar::Text) => {
                let texts = Option::<Vec<Option<Text<'_>>>>::deserialize(from)?;
                texts.map(|texts| {
                    Value::Texts(texts.into_iter().map(|text| text.map(|text| text.0)).collect())
                })
            }
            ColumnKind::List(Scalar::Integer) => Option::deserialize(from)?.map(Value::Integers),
            ColumnKind::List(Scalar::Number) => {
                match Option::<Vec<Option<&RawValue>>>::deserialize(from)? {
                    Some(list) => {
                        let list = list.into_iter().map(|raw| raw.map(number).transpose());
                        Some(Value::Numbers(list.collect::<Result<_, _>>().map_err(Error::custom)?))
                    }
                    None => None,
                }
            }
            ColumnKind::List(Scalar::Bool) => Option::deserialize(from)?.map(Value::Bools),
            ColumnKind::Json => {
                Option::<&RawValue>::deserialize(from)?.map(|raw| Value::Json(raw.get().into()))
            }
        }
        .unwrap_or(Value::Null))
    }
}

/// A text that is borrowed when it stands there as it is.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Reads a number to its last bit, which `serde_json` does only when the whole program asks for it.
fn number(raw: &RawValue) -> Result<f64, std::num::ParseFloatError> {
    raw.get().parse()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(kind: ColumnKind) -> Column {
        Column { name: "a".to_owned(), kind }
    }

    #[test]
    fn cells_fit_columns_of_their_kind() {
        let json = |text: &str| Cell::Json(text.to_owned());
        for (kind, cell, value) in [
            (ColumnKind::One(Scalar::Text), Cell::Text("x".into()), Value::Text("x".into())),
            (ColumnKind::One(Scalar::Text), Cell::Integer(7), Value::Text("7".into())),
            (ColumnKind::One(Scalar::Number), Cell::Integer(7), Value::Number(7.0)),
            (
                ColumnKind::List(Scalar::Number),
                json("[0.1,null,1]"),
                Value::Numbers(vec![Some(0.1), None, Some(1.0)]),
            ),
            (
                ColumnKind::List(Scalar::Text),
                json(r#"["a\n",null]"#),
                Value::Texts(vec![Some("a\n".into()), None]),
            ),
            (ColumnKind::List(Scalar::Bool), Cell::Null, Value::Null),
            (ColumnKind::Json, json("[1]"), Value::Json("[1]".into())),
        ] {
            assert_eq!(cell.fit(&column(kind)).unwrap(), value);
        }
    }

    #[test]
    fn what_does_not_fit_names_the_field() {
        for (kind, cell) in [
            (ColumnKind::One(Scalar::Integer), Cell::Text("x".into())),
            (ColumnKind::One(Scalar::Integer), Cell::Unsigned(u64::MAX)),
            (ColumnKind::One(Scalar::Integer), Cell::Number(1.5)),
            (ColumnKind::One(Scalar::Bool), Cell::Integer(1)),
            (ColumnKind::List(Scalar::Integer), Cell::Json("[\"x\"]".into())),
            (ColumnKind::List(Scalar::Integer), Cell::Json("{}".into())),
            (ColumnKind::List(Scalar::Text), Cell::Text("x".into())),
        ] {
            let error = cell.fit(&column(kind)).unwrap_err().to_string();
            assert!(error.starts_with("the field `a` is"), "{error}");
            assert!(error.ends_with("give it another column"), "{error}");
        }
    }
}
