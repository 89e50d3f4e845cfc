//! Writes a value into the cells of a row, by serde: each field into the column of its name.

use std::fmt;

use serde::ser::{Error, Impossible, SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};

use crate::columns::cell::Cell;
use crate::columns::{Column, ColumnKind, ColumnsError};

/// Fills the cells with a value; what it does not have is null.
pub(super) fn fill(
    columns: &[Column],
    value: &impl Serialize,
    cells: &mut [Cell],
) -> Result<(), ColumnsError> {
    cells.fill(Cell::Null);
    value.serialize(Row { columns, cells, next: 0, key: String::new() })
}

impl Error for ColumnsError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}

/// The row that is filled.
struct Row<'r> {
    columns: &'r [Column],
    cells: &'r mut [Cell],
    /// The column that is filled next, if fields come in the order of columns.
    next: usize,
    /// The key of a map whose value comes next.
    key: String,
}

impl Row<'_> {
    fn put<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), ColumnsError> {
        let is_it = |column: &Column| column.name == name;
        let index = match self.columns.get(self.next).is_some_and(is_it) {
            true => self.next,
            false => self.columns.iter().position(is_it).ok_or_else(|| {
                ColumnsError::new(format!(
                    "the item has a field `{name}` that is no column; add it to them"
                ))
            })?,
        };
        self.next = index + 1;
        let cell = Cell::of(value).map_err(|error| {
            ColumnsError::new(format!("the field `{name}` is no value: {error}"))
        })?;
        self.cells[index] = match self.columns[index].kind {
            ColumnKind::Json => cell.into_json(),
            _ => cell,
        };
        Ok(())
    }
}

fn shapeless<T>() -> Result<T, ColumnsError> {
    Err(ColumnsError::new("the item is no struct and no map, so it has no fields to be columns"))
}

type None = Impossible<(), ColumnsError>;

/// Methods for values that are no row.
macro_rules! shapeless {
    ($($method:ident($($type:ty),*) -> $result:ty;)*) => {
        $(fn $method(self, $(_: $type),*) -> Result<$result, ColumnsError> {
            shapeless()
        })*
    };
}

impl<'r> Serializer for Row<'r> {
    type Ok = ();
    type Error = ColumnsError;
    type SerializeSeq = None;
    type SerializeTuple = None;
    type SerializeTupleStruct = None;
    type SerializeTupleVariant = None;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = None;

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
        serialize_seq(Option<usize>) -> None;
        serialize_tuple(usize) -> None;
        serialize_tuple_struct(&'static str, usize) -> None;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> None;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> None;
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), ColumnsError> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), ColumnsError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), ColumnsError> {
        shapeless()
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, ColumnsError> {
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, ColumnsError> {
        Ok(self)
    }
}

impl SerializeStruct for Row<'_> {
    type Ok = ();
    type Error = ColumnsError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), ColumnsError> {
        self.put(name, value)
    }

    fn end(self) -> Result<(), ColumnsError> {
        Ok(())
    }
}

impl SerializeMap for Row<'_> {
    type Ok = ();
    type Error = ColumnsError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), ColumnsError> {
        match Cell::of(key) {
            Ok(Cell::Text(name)) => self.key = name,
            _ => return Err(ColumnsError::new("the item has a field whose name is no text")),
        }
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ColumnsError> {
        let name = std::mem::take(&mut self.key);
        self.put(&name, value)
    }

    fn end(self) -> Result<(), ColumnsError> {
        Ok(())
    }
}
