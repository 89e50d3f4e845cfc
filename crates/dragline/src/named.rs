//! The fields of an item, each with its name, told by how it serializes. Used for the rows of tables and for health.

use std::borrow::Cow;
use std::fmt;

use serde::ser::{Error, Impossible, SerializeMap, SerializeStruct, SerializeStructVariant};
use serde::{Serialize, Serializer};

/// Takes the fields of an item, in their order.
pub(crate) trait Named {
    type Error: Error;

    /// Takes a field.
    fn field<T: Serialize + ?Sized>(
        &mut self,
        name: Cow<'static, str>,
        value: &T,
    ) -> Result<(), Self::Error>;

    /// Takes a field that the item leaves out.
    fn left_out(&mut self, name: &'static str) -> Result<(), Self::Error>;

    /// Tells whether the fields of an enum are those of its variant, whose name is told nowhere then.
    fn variants(&self) -> bool;

    /// Says that an item has no fields.
    fn shapeless() -> Self::Error;
}

/// Hands the fields of an item to what takes them.
///
/// # Errors
/// When the item is no struct and no map, cannot be serialized, or a field was not taken.
pub(crate) fn visit<N: Named>(item: &(impl Serialize + ?Sized), named: N) -> Result<(), N::Error> {
    item.serialize(Visit { named, key: None })
}

struct Visit<N> {
    named: N,
    /// The key of a map whose value comes next.
    key: Option<String>,
}

/// Methods for values without fields.
macro_rules! shapeless {
    ($($method:ident($($type:ty),*) -> $result:ty;)*) => {
        $(fn $method(self, $(_: $type),*) -> Result<$result, N::Error> {
            Err(N::shapeless())
        })*
    };
}

impl<N: Named> Serializer for Visit<N> {
    type Ok = ();
    type Error = N::Error;
    type SerializeSeq = Impossible<(), N::Error>;
    type SerializeTuple = Impossible<(), N::Error>;
    type SerializeTupleStruct = Impossible<(), N::Error>;
    type SerializeTupleVariant = Impossible<(), N::Error>;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    shapeless! {
        serialize_bool(bool) -> ();
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_u64(u64) -> ();
        serialize_f32(f32) -> ();
        serialize_f64(f64) -> ();
        serialize_char(char) -> ();
        serialize_str(&str) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_unit_variant(&'static str, u32, &'static str) -> ();
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), N::Error> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), N::Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), N::Error> {
        if self.named.variants() { value.serialize(self) } else { Err(N::shapeless()) }
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, N::Error> {
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, N::Error> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, N::Error> {
        if self.named.variants() { Ok(self) } else { Err(N::shapeless()) }
    }
}

/// A struct, and a variant that is like one.
macro_rules! structs {
    ($($kind:ident)*) => {
        $(impl<N: Named> $kind for Visit<N> {
            type Ok = ();
            type Error = N::Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), N::Error> {
                self.named.field(Cow::Borrowed(name), value)
            }

            fn skip_field(&mut self, name: &'static str) -> Result<(), N::Error> {
                self.named.left_out(name)
            }

            fn end(self) -> Result<(), N::Error> {
                Ok(())
            }
        })*
    };
}

structs! { SerializeStruct SerializeStructVariant }

impl<N: Named> SerializeMap for Visit<N> {
    type Ok = ();
    type Error = N::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), N::Error> {
        self.key = Some(Key(key).to_string());
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), N::Error> {
        let name = self.key.take().unwrap_or_default();
        self.named.field(Cow::Owned(name), value)
    }

    fn end(self) -> Result<(), N::Error> {
        Ok(())
    }
}

/// A key of a map as text; nothing for one that is none.
struct Key<'k, T: ?Sized>(&'k T);

impl<T: Serialize + ?Sized> fmt::Display for Key<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.serialize(f).or(Ok(()))
    }
}
