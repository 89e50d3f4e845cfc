//! A table: the columns of items, and those that say where an item comes from.

use std::collections::HashSet;

use serde::Serialize;

use crate::columns::{Cell, Column, Columns, ColumnsError};
use crate::sink::{Entry, Wants};

/// The key of an item in a table.
pub(crate) const KEY: &str = "_key";

/// The columns of a sink, and the row that is being written.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Columns,
    /// How many of them are the item's own.
    own: usize,
    wants: Wants,
    cells: Vec<Cell>,
}

impl Table {
    /// Makes a table of an item's columns, and with provenance of those for that.
    pub(crate) fn new(columns: Columns, wants: Wants) -> Result<Self, ColumnsError> {
        let own = columns.iter().len();
        let columns = match wants {
            Wants::Values => columns,
            Wants::Provenance => columns
                .text(KEY)
                .text("_url")
                .text("_fetched_at")
                .integer("_status")
                .text("_sha256")
                .text("_preferences"),
        };
        let mut names = HashSet::new();
        for Column { name, .. } in &columns {
            if !names.insert(name.as_str()) {
                let message =
                    format!("there are two columns `{name}`; each needs a name of its own");
                return Err(ColumnsError::new(message));
            }
        }
        if own == 0 {
            return Err(ColumnsError::new("there are no columns; name at least one"));
        }
        let cells = vec![Cell::Null; columns.iter().len()];
        Ok(Self { columns, own, wants, cells })
    }

    /// Makes the same table with the columns for provenance.
    pub(crate) fn with_provenance(self) -> Result<Self, ColumnsError> {
        let own = self.columns.columns.into_iter().take(self.own).collect();
        Self::new(Columns { columns: own }, Wants::Provenance)
    }

    pub(crate) fn columns(&self) -> &Columns {
        &self.columns
    }

    pub(crate) fn wants(&self) -> Wants {
        self.wants
    }

    /// Makes the row of an entry, one cell for each column.
    pub(crate) fn row<T: Serialize>(
        &mut self,
        entry: &Entry<'_, T>,
    ) -> Result<&[Cell], ColumnsError> {
        let (own, rest) = self.cells.split_at_mut(self.own);
        let columns = &self.columns.columns[..self.own];
        super::row::fill(columns, entry.value, own)?;
        if self.wants == Wants::Provenance {
            let from = entry.provenance();
            let text = |text: &str| Cell::Text(text.to_owned());
            let cells = [
                Cell::Text(entry.key.to_string()),
                text(from.url),
                text(from.fetched_at),
                from.status.map_or(Cell::Null, |status| Cell::Integer(status.into())),
                from.sha256.map_or(Cell::Null, text),
                from.preferences.map_or(Cell::Null, |asked| Cell::Text(asked.to_string())),
            ];
            rest.clone_from_slice(&cells);
        }
        Ok(&self.cells)
    }
}
