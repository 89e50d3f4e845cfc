//! What a TOML spider makes: items whose fields keep the order of the file, and the values in them.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One item: named values, in the order in which the spider's file has them. It is written as a JSON object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Item {
    fields: Vec<(Arc<str>, Value)>,
}

/// A value of an item, or of a JSON body.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Nothing.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Integer(i128),
    /// Another number, never infinite.
    Number(f64),
    /// A text.
    Text(String),
    /// Several values.
    List(Vec<Self>),
    /// An item within the item, or a JSON object.
    Object(Item),
}

impl Item {
    /// Returns the value of a field.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|(known, _)| **known == *name).map(|(_, value)| value)
    }

    /// Returns names and values in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.fields.iter().map(|(name, value)| (&**name, value))
    }

    pub(super) fn push(&mut self, name: Arc<str>, value: Value) {
        self.fields.push((name, value));
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.fields.extend(other.fields);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Keeps the last of several fields of one name, as readers of JSON do.
    fn distinct(mut self) -> Self {
        let mut seen = HashSet::new();
        let repeats = self.fields.iter().any(|(name, _)| !seen.insert(name.clone()));
        if repeats {
            seen.clear();
            self.fields.reverse();
            self.fields.retain(|(name, _)| seen.insert(name.clone()));
            self.fields.reverse();
        }
        self
    }
}

impl Value {
    /// Returns what a JSON pointer (RFC 6901) points at, by its unescaped tokens.
    pub(super) fn at(&self, tokens: &[String]) -> Option<&Self> {
        tokens.iter().try_fold(self, |value, token| match value {
            Self::Object(object) => object.get(token),
            // An index has no sign and no leading zero (RFC 6901 section 4).
            Self::List(list) if token == "0" || !token.starts_with(['0', '+']) => {
                list.get(token.parse::<usize>().ok()?)
            }
            _ => None,
        })
    }

    /// Returns the value as text, if it is one value: numbers and truth values as JSON writes them.
    pub(super) fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Bool(value) => Some(Cow::Owned(value.to_string())),
            Self::Integer(value) => Some(Cow::Owned(value.to_string())),
            Self::Number(value) => Some(Cow::Owned(value.to_string())),
            Self::Null | Self::List(_) | Self::Object(_) => None,
        }
    }
}

impl Serialize for Item {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Object(item) => Ok(item),
            _ => Err(de::Error::custom("an item is an object")),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            // Not all formats know the widest numbers.
            Self::Integer(value) => match (i64::try_from(*value), u64::try_from(*value)) {
                (Ok(value), _) => serializer.serialize_i64(value),
                (_, Ok(value)) => serializer.serialize_u64(value),
                _ => serializer.serialize_i128(*value),
            },
            Self::Number(value) => serializer.serialize_f64(*value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::List(values) => serializer.collect_seq(values),
            Self::Object(item) => item.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Values)
    }
}

/// Makes a value of whatever comes.
struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Integer(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Integer(value.into()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Value, E> {
        Ok(Value::Integer(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = values.next_element()? {
            list.push(value);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut item = Item::default();
        while let Some((name, value)) = entries.next_entry::<String, Value>()? {
            item.push(name.into(), value);
        }
        Ok(Value::Object(item.distinct()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Value {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn json_comes_out_as_it_went_in() {
        let json = r#"{"z":[1,-2.5,18446744073709551615,null],"a":{"b":true,"a":"x"}}"#;
        assert_eq!(serde_json::to_string(&read(json)).unwrap(), json);
        assert_eq!(
            serde_json::to_string(&read(r#"{"b":1,"a":2,"b":3}"#)).unwrap(),
            r#"{"a":2,"b":3}"#
        );
    }

    #[test]
    fn pointers_find_what_the_standard_says() {
        let value = read(r#"{"data":[{"id":7},[1]],"":{"a/b":1},"0":"zero"}"#);
        let at = |tokens: &[&str]| {
            let tokens: Vec<String> = tokens.iter().map(ToString::to_string).collect();
            value.at(&tokens).cloned()
        };
        assert_eq!(at(&["data", "0", "id"]), Some(Value::Integer(7)));
        assert_eq!(at(&["", "a/b"]), Some(Value::Integer(1)));
        assert_eq!(at(&["0"]), Some(Value::Text("zero".to_owned())));
        assert_eq!(at(&[]), Some(value.clone()));
        for none in [&["data", "00"][..], &["data", "+0"], &["data", "2"], &["data", "-"], &["x"]] {
            assert_eq!(at(none), None, "{none:?}");
        }
    }
}
