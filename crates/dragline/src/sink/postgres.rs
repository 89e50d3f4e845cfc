//! PostgreSQL: a table in a database, a row for each value.

mod copy;
mod session;

use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::time::Duration;

use dragline_fetch::BoxFuture;
use serde::Serialize;

use self::session::{Session, Target};
use crate::columns::{Columns, KEY, Table};
use crate::sink::{Entry, Position, Sink, SinkError, Wants};

/// How often a commit is tried before the crawl ends with the error.
const TRIES: u32 = 5;
/// The longest that one try may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Writes each value as a row of a table in a PostgreSQL database. Needs the feature `postgres`.
///
/// The table has the columns of the value and `_key`, which is its primary key: a value that comes again takes the
/// place of the one before, and rows of other crawls stay. Lists of texts, numbers or truth values are arrays, and
/// all else that has parts is `jsonb`. Characters that PostgreSQL cannot hold, which is U+0000 alone, become
/// U+FFFD.
///
/// Each commit is a transaction. One that fails because the connection is gone is tried again, five times in half
/// a minute, and each try may take a minute. In memory is what came since the last commit.
pub struct Postgres<T> {
    target: Target,
    name: String,
    table: Table,
    /// Those of the table, at hand while a row of it is filled.
    columns: Columns,
    session: Option<Session>,
    /// Rows since the last commit, as `COPY` reads them.
    rows: Vec<u8>,
    // `fn(&T)` so that the sink is `Send` whatever `T` is.
    values: PhantomData<fn(&T)>,
}

impl<T: Serialize> Postgres<T> {
    /// Connects to a database, such as `postgres://user@host/database`, to write to a table in it, which is made at
    /// the first commit if it is not there. The table's name may have that of its schema in front, with a dot
    /// between.
    ///
    /// With [`Wants::Provenance`] the table has further columns: `_url`, `_fetched_at`, `_status`, `_sha256` and
    /// `_preferences`. TLS is used when the server has it, and `sslmode=require` behind a `?` asks for it; its
    /// certificate must be of a public authority.
    ///
    /// # Errors
    /// When the URL cannot be read, two columns have one name, nobody answers within 10 seconds, the server wants
    /// another password, or a table is there with other columns. No error says the password.
    pub async fn connect(
        url: &str,
        table: &str,
        columns: Columns,
        wants: Wants,
    ) -> Result<Self, SinkError> {
        let target = Target::new(url, table)?;
        let table =
            Table::new(columns, wants).map_err(|error| SinkError::columns(&target, &error))?;
        let session = target.connect().await?;
        session.check(&target, &Self::wanted(&table)).await?;
        let (name, columns) = (target.to_string(), table.columns().clone());
        let (session, rows, values) = (Some(session), Vec::new(), PhantomData);
        Ok(Self { target, name, table, columns, session, rows, values })
    }

    /// Returns the columns that the table is to have, with their types.
    fn wanted(table: &Table) -> Vec<(String, &'static str)> {
        let columns = table.columns().iter();
        let columns = columns.map(|column| (column.name.clone(), copy::declared(column.kind)));
        // With provenance the key is one of them.
        let key = (table.wants() == Wants::Values).then(|| (KEY.to_owned(), "text"));
        columns.chain(key).collect()
    }

    async fn write_out(&mut self) -> Result<Position, SinkError> {
        let mut tries = 1;
        while !self.rows.is_empty() {
            let error = match tokio::time::timeout(PATIENCE, self.insert()).await {
                Ok(Ok(())) => {
                    self.rows.clear();
                    break;
                }
                Ok(Err(error)) => error,
                Err(_) => {
                    let message = format!("failed to write to {}", self.target);
                    SinkError::new(message, io::ErrorKind::TimedOut.into())
                }
            };
            let lost = [io::ErrorKind::ConnectionAborted, io::ErrorKind::TimedOut];
            if tries == TRIES || !lost.contains(&error.kind()) {
                return Err(error);
            }
            // 2, 4, 8 and 16 seconds.
            tokio::time::sleep(Duration::from_secs(1 << tries)).await;
            tries += 1;
        }
        Position::new(&())
    }

    /// Writes the rows as one transaction; the connection stays only if that goes well.
    async fn insert(&mut self) -> Result<(), SinkError> {
        let mut session = match self.session.take() {
            Some(session) => session,
            None => self.target.connect().await?,
        };
        session.insert(&self.target, &Self::wanted(&self.table), &self.rows).await?;
        self.session = Some(session);
        Ok(())
    }
}

impl<T: Serialize + 'static> Sink<T> for Postgres<T> {
    fn name(&self) -> Option<&str> {
        Some(&self.name)
    }

    fn wants(&self) -> Wants {
        self.table.wants()
    }

    fn write(&mut self, entry: &Entry<'_, T>) -> Result<(), SinkError> {
        let before = self.rows.len();
        let written = copy::row(&mut self.rows, &mut self.table, &self.columns, entry);
        written.map_err(|error| {
            self.rows.truncate(before);
            SinkError::columns(&self.target, &error)
        })
    }

    fn commit(&mut self) -> BoxFuture<'_, Result<Position, SinkError>> {
        Box::pin(self.write_out())
    }
}

impl<T> fmt::Debug for Postgres<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Postgres");
        out.field("name", &self.name).field("table", &self.table).finish_non_exhaustive()
    }
}
