//! Writes a value into the cells of a row, by serde: each field into the column of its name.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use serde::ser::Error;

use crate::columns::cell::Cell;
use crate::columns::{Column, ColumnKind, ColumnsError};
use crate::named::{Named, visit};

/// Fills the cells with a value; what it does not have is null.
pub(super) fn fill(
    columns: &[Column],
    value: &impl Serialize,
    cells: &mut [Cell],
) -> Result<(), ColumnsError> {
    cells.fill(Cell::Null);
    visit(value, Row { columns, cells, next: 0 })
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
}

impl Named for Row<'_> {
    type Error = ColumnsError;

    fn field<T: Serialize + ?Sized>(
        &mut self,
        name: Cow<'static, str>,
        value: &T,
    ) -> Result<(), ColumnsError> {
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

    fn left_out(&mut self, _: &'static str) -> Result<(), ColumnsError> {
        Ok(())
    }

    /// The name of the variant would be lost.
    fn variants(&self) -> bool {
        false
    }

    fn shapeless() -> ColumnsError {
        ColumnsError::new("the item is no struct and no map, so it has no fields to be columns")
    }
}
