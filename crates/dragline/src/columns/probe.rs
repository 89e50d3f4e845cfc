//! Asks a type for its fields, and each field for what it reads, without making a value: a deserializer that
//! notes what is asked of it and then ends with an error.

use std::cell::Cell;
use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess,
    Visitor,
};
use serde::forward_to_deserialize_any;

use crate::columns::{Column, ColumnKind, ColumnsError, Scalar};

/// Returns the columns of a type.
pub(super) fn columns<T: DeserializeOwned>() -> Result<Vec<Column>, ColumnsError> {
    let name = std::any::type_name::<T>();
    let hint = "name its columns by hand, as in Columns::new().text(\"title\")";
    let found = Cell::new(None);
    // It ends with an error, since there are no values.
    let _ = T::deserialize(TypeProbe { found: &found, offered: None });
    let Some(fields) = found.get() else {
        let message = format!(
            "{name} is no struct with named fields that are all its own, so it says nothing of its \
             columns; {hint}"
        );
        return Err(ColumnsError::new(message));
    };
    let mut columns = Vec::new();
    for field in fields {
        let kind = Cell::new(None);
        let _ = T::deserialize(TypeProbe { found: &found, offered: Some((field, &kind)) });
        let Some(kind) = kind.get() else {
            let message = format!("{name} does not read its field `{field}` itself; {hint}");
            return Err(ColumnsError::new(message));
        };
        columns.push(Column { name: (*field).to_owned(), kind });
    }
    Ok(columns)
}

/// What ends each probe.
#[derive(Debug)]
struct Noted;

impl fmt::Display for Noted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("noted")
    }
}

impl std::error::Error for Noted {}

impl Error for Noted {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

type Offered<'p> = (&'static str, &'p Cell<Option<ColumnKind>>);

/// Reads the names of the fields, and offers one of them.
struct TypeProbe<'p> {
    found: &'p Cell<Option<&'static [&'static str]>>,
    offered: Option<Offered<'p>>,
}

impl<'de> Deserializer<'de> for TypeProbe<'_> {
    type Error = Noted;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Noted> {
        Err(Noted)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Noted> {
        self.found.set(Some(fields));
        match self.offered {
            Some(offered) => visitor.visit_map(OneField(offered)),
            None => Err(Noted),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Noted> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// A map of one field.
struct OneField<'p>(Offered<'p>);

impl<'de> MapAccess<'de> for OneField<'_> {
    type Error = Noted;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Noted> {
        let name: StrDeserializer<'_, Noted> = self.0.0.into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Noted> {
        seed.deserialize(FieldProbe(self.0.1))
    }
}

/// Notes what a field reads.
struct FieldProbe<'p>(&'p Cell<Option<ColumnKind>>);

impl FieldProbe<'_> {
    fn note<V>(self, kind: ColumnKind) -> Result<V, Noted> {
        self.0.set(Some(kind));
        Err(Noted)
    }
}

/// Methods that note one kind of value.
macro_rules! notes {
    ($($method:ident)* => $kind:expr) => {
        $(fn $method<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Noted> {
            self.note($kind)
        })*
    };
}

impl<'de> Deserializer<'de> for FieldProbe<'_> {
    type Error = Noted;

    notes!(deserialize_bool => ColumnKind::One(Scalar::Bool));
    notes!(deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16
        deserialize_u32 deserialize_u64 => ColumnKind::One(Scalar::Integer));
    notes!(deserialize_f32 deserialize_f64 => ColumnKind::One(Scalar::Number));
    notes!(deserialize_char deserialize_str deserialize_string => ColumnKind::One(Scalar::Text));
    // 128 bits fit no column of numbers.
    notes!(deserialize_i128 deserialize_u128 deserialize_bytes deserialize_byte_buf deserialize_unit
        deserialize_map deserialize_identifier deserialize_any => ColumnKind::Json);

    // A key that the type does not know, so it is no field of it.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Noted> {
        Err(Noted)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Noted> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Noted> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Noted> {
        let element = Cell::new(None);
        let _ = visitor.visit_seq(OneElement(&element));
        match element.get() {
            Some(ColumnKind::One(scalar)) => self.note(ColumnKind::List(scalar)),
            _ => self.note(ColumnKind::Json),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: V,
    ) -> Result<V::Value, Noted> {
        self.note(ColumnKind::Json)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Noted> {
        self.note(ColumnKind::Json)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        _: V,
    ) -> Result<V::Value, Noted> {
        self.note(ColumnKind::Json)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Noted> {
        self.note(ColumnKind::Json)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Noted> {
        self.note(ColumnKind::Json)
    }
}

/// A list of one element.
struct OneElement<'p>(&'p Cell<Option<ColumnKind>>);

impl<'de> SeqAccess<'de> for OneElement<'_> {
    type Error = Noted;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Noted> {
        seed.deserialize(FieldProbe(self.0)).map(Some)
    }
}
