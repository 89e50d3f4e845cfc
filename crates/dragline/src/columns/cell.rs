//! A cell of a table: one value of a field, made by serde.

use std::fmt;
use std::io::Write;

use serde::ser::{Error, Impossible};
use serde::{Serialize, Serializer};

/// A value in a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Cell {
    #[default]
    Null,
    Bool(bool),
    Integer(i64),
    /// A whole number that is too large for one with a sign.
    Unsigned(u64),
    /// Never infinite, and always a number.
    Number(f64),
    Text(String),
    /// A list, a map, or another value with parts, as JSON.
    Json(String),
}

impl Cell {
    /// Makes a cell of a value.
    pub(super) fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self, NoCell> {
        match value.serialize(CellSerializer) {
            Err(NoCell::Parts) => match serde_json::to_string(value) {
                Ok(json) => Ok(Self::Json(json)),
                Err(error) => Err(NoCell::Failed(error.to_string())),
            },
            made => made,
        }
    }

    /// Appends the value as plain text; nothing for null.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let written = match self {
            Self::Null => Ok(()),
            Self::Bool(value) => write!(out, "{value}"),
            Self::Integer(value) => write!(out, "{value}"),
            Self::Unsigned(value) => write!(out, "{value}"),
            // As in JSON, since plain digits would be hundreds for some.
            Self::Number(value) => serde_json::to_writer(&mut *out, value).map_err(Into::into),
            Self::Text(text) | Self::Json(text) => out.write_all(text.as_bytes()),
        };
        written.expect("a vector takes whatever is written");
    }

    /// Turns the value into JSON, for a column that holds JSON throughout.
    pub(super) fn into_json(self) -> Self {
        match self {
            Self::Text(text) => {
                Self::Json(serde_json::to_string(&text).expect("a text becomes JSON"))
            }
            Self::Null | Self::Json(_) => self,
            other => {
                let mut text = Vec::new();
                other.write(&mut text);
                Self::Json(String::from_utf8_lossy(&text).into_owned())
            }
        }
    }
}

/// Why a value is no cell.
#[derive(Debug)]
pub(super) enum NoCell {
    /// It has parts.
    Parts,
    Failed(String),
}

impl fmt::Display for NoCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parts => f.write_str("it has parts"),
            Self::Failed(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for NoCell {}

impl Error for NoCell {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Failed(message.to_string())
    }
}

struct CellSerializer;

type None = Impossible<Cell, NoCell>;

/// Methods that make a cell of a value as it is.
macro_rules! cells {
    ($($method:ident($value:ident: $type:ty) => $cell:expr;)*) => {
        $(fn $method(self, $value: $type) -> Result<Cell, NoCell> {
            Ok($cell)
        })*
    };
}

impl Serializer for CellSerializer {
    type Ok = Cell;
    type Error = NoCell;
    type SerializeSeq = None;
    type SerializeTuple = None;
    type SerializeTupleStruct = None;
    type SerializeTupleVariant = None;
    type SerializeMap = None;
    type SerializeStruct = None;
    type SerializeStructVariant = None;

    cells! {
        serialize_bool(value: bool) => Cell::Bool(value);
        serialize_i8(value: i8) => Cell::Integer(value.into());
        serialize_i16(value: i16) => Cell::Integer(value.into());
        serialize_i32(value: i32) => Cell::Integer(value.into());
        serialize_i64(value: i64) => Cell::Integer(value);
        serialize_u8(value: u8) => Cell::Integer(value.into());
        serialize_u16(value: u16) => Cell::Integer(value.into());
        serialize_u32(value: u32) => Cell::Integer(value.into());
        serialize_u64(value: u64) => i64::try_from(value).map_or(Cell::Unsigned(value), Cell::Integer);
        serialize_i128(value: i128) => Cell::Json(value.to_string());
        serialize_u128(value: u128) => Cell::Json(value.to_string());
        // The shortest digits, as JSON has them, and not those of the same number as a longer one.
        serialize_f32(value: f32) => number(value.to_string().parse().unwrap_or(value.into()));
        serialize_f64(value: f64) => number(value);
        serialize_char(value: char) => Cell::Text(value.to_string());
        serialize_str(value: &str) => Cell::Text(value.to_owned());
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<Cell, NoCell> {
        Err(NoCell::Parts)
    }

    fn serialize_none(self) -> Result<Cell, NoCell> {
        Ok(Cell::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Cell, NoCell> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Cell, NoCell> {
        Ok(Cell::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Cell, NoCell> {
        Ok(Cell::Null)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Cell, NoCell> {
        Ok(Cell::Text(variant.to_owned()))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Cell, NoCell> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Cell, NoCell> {
        Err(NoCell::Parts)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<None, NoCell> {
        Err(NoCell::Parts)
    }

    fn serialize_tuple(self, _: usize) -> Result<None, NoCell> {
        Err(NoCell::Parts)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<None, NoCell> {
        Err(NoCell::Parts)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<None, NoCell> {
        Err(NoCell::Parts)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<None, NoCell> {
        Err(NoCell::Parts)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<None, NoCell> {
        Err(NoCell::Parts)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<None, NoCell> {
        Err(NoCell::Parts)
    }
}

fn number(value: f64) -> Cell {
    // As JSON has it.
    if value.is_finite() { Cell::Number(value) } else { Cell::Null }
}
