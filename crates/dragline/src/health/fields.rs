//! Which fields of an item are filled, told by how it serializes. Nothing is copied but the keys of maps.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::seen::PageSeen;
use crate::named::{Named, visit};

type Answer<T> = Result<T, fmt::Error>;

/// Notes which fields an item has and which of them are filled.
///
/// A field is not filled when it is null, a text of white space, a list or a map of nothing, or skipped by the
/// `Serialize` of its struct. An item that has no fields, such as a text, is noted without any.
pub(crate) fn note<T: Serialize>(item: &T, seen: &mut PageSeen) {
    seen.items += 1;
    // An item that cannot be serialized is for its sink to tell.
    let _ = visit(item, Top(seen));
}

macro_rules! scalars {
    ($ok:ty, $answer:expr; $($name:ident: $type:ty),* $(,)?) => {
        $(fn $name(self, _: $type) -> Answer<$ok> {
            Ok($answer)
        })*
    };
}

/// The item itself.
struct Top<'s>(&'s mut PageSeen);

impl Named for Top<'_> {
    type Error = fmt::Error;

    fn field<T: Serialize + ?Sized>(&mut self, name: Cow<'static, str>, value: &T) -> Answer<()> {
        self.0.field(name, value.serialize(Filled)?);
        Ok(())
    }

    fn left_out(&mut self, name: &'static str) -> Answer<()> {
        self.0.field(Cow::Borrowed(name), false);
        Ok(())
    }

    fn variants(&self) -> bool {
        true
    }

    fn shapeless() -> fmt::Error {
        fmt::Error
    }
}

/// The value of a field: answers whether it is filled.
struct Filled;

/// Answers whether anything is in it.
struct Any(bool);

impl Serializer for Filled {
    type Ok = bool;
    type Error = fmt::Error;
    type SerializeSeq = Any;
    type SerializeTuple = Any;
    type SerializeTupleStruct = Any;
    type SerializeTupleVariant = Any;
    type SerializeMap = Any;
    type SerializeStruct = Any;
    type SerializeStructVariant = Any;

    scalars! { bool, true;
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_i128: i128, serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
        serialize_u128: u128, serialize_f32: f32, serialize_f64: f64, serialize_char: char,
    }

    fn serialize_str(self, value: &str) -> Answer<bool> {
        Ok(!value.trim().is_empty())
    }

    fn serialize_bytes(self, value: &[u8]) -> Answer<bool> {
        Ok(!value.is_empty())
    }

    fn serialize_none(self) -> Answer<bool> {
        Ok(false)
    }

    fn serialize_unit(self) -> Answer<bool> {
        Ok(false)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Answer<bool> {
        Ok(false)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Answer<bool> {
        value.serialize(self)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Answer<bool> {
        Ok(true)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Answer<bool> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Answer<bool> {
        Ok(true)
    }

    fn serialize_seq(self, _: Option<usize>) -> Answer<Any> {
        Ok(Any(false))
    }

    fn serialize_tuple(self, _: usize) -> Answer<Any> {
        Ok(Any(false))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Answer<Any> {
        Ok(Any(false))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Answer<Any> {
        Ok(Any(true))
    }

    fn serialize_map(self, _: Option<usize>) -> Answer<Any> {
        Ok(Any(false))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Answer<Any> {
        Ok(Any(false))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Answer<Any> {
        Ok(Any(true))
    }
}

macro_rules! any {
    ($($kind:ident $($method:ident($($name:ty)?))+;)*) => {
        $(impl $kind for Any {
            type Ok = bool;
            type Error = fmt::Error;

            $(fn $method<T: Serialize + ?Sized>(&mut self, $(_: $name,)? _: &T) -> Answer<()> {
                self.0 = true;
                Ok(())
            })+

            fn end(self) -> Answer<bool> {
                Ok(self.0)
            }
        })*
    };
}

any! {
    SerializeSeq serialize_element();
    SerializeTuple serialize_element();
    SerializeTupleStruct serialize_field();
    SerializeTupleVariant serialize_field();
    SerializeMap serialize_key() serialize_value();
    SerializeStruct serialize_field(&'static str);
    SerializeStructVariant serialize_field(&'static str);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Serialize)]
    struct Book {
        title: &'static str,
        price: Option<f64>,
        tags: Vec<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        isbn: Option<&'static str>,
        maker: BTreeMap<&'static str, u8>,
        in_stock: bool,
    }

    #[derive(Serialize)]
    enum Found {
        Book(Book),
        Author { name: &'static str },
        Nothing,
    }

    fn filled<T: Serialize>(item: &T) -> Vec<(String, bool)> {
        let mut seen = PageSeen::default();
        note(item, &mut seen);
        assert_eq!(seen.items, 1);
        let fields = seen.fields.iter();
        fields.map(|field| (field.name.to_string(), field.filled == 1)).collect()
    }

    fn book() -> Book {
        Book {
            title: " \n",
            price: None,
            tags: Vec::new(),
            isbn: None,
            maker: BTreeMap::new(),
            in_stock: false,
        }
    }

    #[test]
    fn null_white_space_and_empty_lists_are_not_filled_and_false_is() {
        let names = ["title", "price", "tags", "isbn", "maker", "in_stock"];
        let expected = names.map(|name| (name.to_owned(), name == "in_stock"));
        assert_eq!(filled(&book()), expected);
        let full = Book {
            title: "Tea",
            price: Some(0.0),
            tags: vec!["x"],
            isbn: Some("1"),
            maker: [("a", 1)].into(),
            in_stock: true,
        };
        assert_eq!(filled(&full), names.map(|name| (name.to_owned(), true)));
    }

    #[test]
    fn the_fields_of_an_enum_are_those_of_its_variant() {
        assert_eq!(filled(&Found::Author { name: "" }), [("name".to_owned(), false)]);
        assert_eq!(filled(&Found::Book(book())).len(), 6);
        assert_eq!(filled(&Found::Nothing), []);
    }

    #[test]
    fn keys_of_a_map_are_fields_and_a_text_or_a_list_has_none() {
        let map = BTreeMap::from([("a", Some("x")), ("b", None)]);
        assert_eq!(filled(&map), [("a".to_owned(), true), ("b".to_owned(), false)]);
        let json = serde_json::json!({ "z": [], "y": { "x": null }, "w": 0 });
        let mut fields = filled(&json);
        fields.sort();
        let expected = [("w", true), ("y", true), ("z", false)];
        assert_eq!(fields, expected.map(|(name, filled)| (name.to_owned(), filled)));
        assert_eq!(filled(&"text"), []);
        assert_eq!(filled(&[1, 2]), []);
    }
}
