//! Columns: what a table of items has, taken from their type or named by hand. Used by sinks that write tables.

mod cell;
mod probe;
mod row;
mod table;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "parquet", feature = "postgres"))]
mod value;

use std::fmt;

use serde::de::DeserializeOwned;

pub(crate) use self::cell::Cell;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) use self::table::KEY;
pub(crate) use self::table::Table;
#[cfg(feature = "parquet")]
pub(crate) use self::value::ReadValue;
#[cfg(any(feature = "parquet", feature = "postgres"))]
pub(crate) use self::value::Value;

/// The columns of a table, in their order.
///
/// ```
/// use dragline::{ColumnKind, Columns, Scalar};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Quote {
///     text: String,
///     year: Option<u16>,
///     tags: Vec<String>,
/// }
///
/// let columns = Columns::of::<Quote>()?;
/// assert_eq!(columns, Columns::new().text("text").integer("year").list("tags", Scalar::Text));
/// assert_eq!(columns.iter().last().unwrap().kind, ColumnKind::List(Scalar::Text));
/// # Ok::<(), dragline::ColumnsError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    columns: Vec<Column>,
}

/// One column. Each may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name, which is that of the field.
    pub name: String,
    /// What its values are.
    pub kind: ColumnKind,
}

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ColumnKind {
    /// One value.
    One(Scalar),
    /// A list of values.
    List(Scalar),
    /// Anything else, as JSON.
    Json,
}

/// A kind of value that is no list and has no parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scalar {
    /// A text.
    Text,
    /// A whole number of 64 bits.
    Integer,
    /// A number of double precision.
    Number,
    /// True or false.
    Bool,
}

impl Columns {
    /// Creates a table without columns, to add them by hand.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the columns from a type: one for each field of a struct, named as serde names it.
    ///
    /// No value of it is made: the type is asked for what it would read. Texts, numbers, truth values and
    /// lists of them are told apart, an `Option` counts as what is in it, and all else is JSON: maps, structs,
    /// enums, tuples, and what reads itself from anything.
    ///
    /// # Errors
    /// When the type is no struct with named fields, or has a `#[serde(flatten)]` field, whose fields nobody can
    /// know; name the columns by hand then.
    pub fn of<T: DeserializeOwned>() -> Result<Self, ColumnsError> {
        probe::columns::<T>().map(|columns| Self { columns })
    }

    /// Adds a column of texts.
    #[must_use]
    pub fn text(self, name: impl Into<String>) -> Self {
        self.column(name, ColumnKind::One(Scalar::Text))
    }

    /// Adds a column of whole numbers.
    #[must_use]
    pub fn integer(self, name: impl Into<String>) -> Self {
        self.column(name, ColumnKind::One(Scalar::Integer))
    }

    /// Adds a column of numbers.
    #[must_use]
    pub fn number(self, name: impl Into<String>) -> Self {
        self.column(name, ColumnKind::One(Scalar::Number))
    }

    /// Adds a column of truth values.
    #[must_use]
    pub fn bool(self, name: impl Into<String>) -> Self {
        self.column(name, ColumnKind::One(Scalar::Bool))
    }

    /// Adds a column of lists.
    #[must_use]
    pub fn list(self, name: impl Into<String>, of: Scalar) -> Self {
        self.column(name, ColumnKind::List(of))
    }

    /// Adds a column of anything, as JSON.
    #[must_use]
    pub fn json(self, name: impl Into<String>) -> Self {
        self.column(name, ColumnKind::Json)
    }

    /// Adds a column.
    #[must_use]
    pub fn column(mut self, name: impl Into<String>, kind: ColumnKind) -> Self {
        self.columns.push(Column { name: name.into(), kind });
        self
    }

    /// Returns the columns in their order.
    pub fn iter(&self) -> std::slice::Iter<'_, Column> {
        self.columns.iter()
    }
}

impl<'a> IntoIterator for &'a Columns {
    type Item = &'a Column;
    type IntoIter = std::slice::Iter<'a, Column>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

// Only spiders in TOML have several kinds of items in one table.
#[cfg(any(test, feature = "toml"))]
impl ColumnKind {
    /// Returns a kind that takes the values of both.
    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (same, other) if same == other => same,
            (Self::One(one), Self::One(other)) if one.is_number() && other.is_number() => {
                Self::One(Scalar::Number)
            }
            (Self::List(one), Self::List(other)) if one.is_number() && other.is_number() => {
                Self::List(Scalar::Number)
            }
            _ => Self::Json,
        }
    }
}

#[cfg(any(test, feature = "toml"))]
impl Scalar {
    fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Number)
    }
}

/// Why a type gives no columns, or a value does not fit them, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnsError {
    message: String,
}

impl ColumnsError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

impl fmt::Display for ColumnsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ColumnsError {}
