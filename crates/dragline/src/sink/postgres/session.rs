//! A connection to PostgreSQL, and what is said over it.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::SinkExt;
use rustls::{ClientConfig, RootCertStore};
use tokio::task::JoinSet;
use tokio_postgres::config::{Config, Host};
use tokio_postgres::{Client, Error};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::sink::SinkError;

/// The longest wait for a connection, unless `connect_timeout` in the URL says another.
const CONNECT: Duration = Duration::from_secs(10);
/// What is handed to the connection at once, in bytes.
const CHUNK: usize = 64 * 1024;
/// Where rows of a transaction are before they are in their table.
const STAGE: &str = "pg_temp.dragline_rows";
/// What a key of an item has in front of its number: `crawl-url-item-`, in characters.
const PAGE: usize = 16 + 1 + 16 + 6;

/// A table in a database, and how to get there.
pub(super) struct Target {
    config: Config,
    /// Without user and password.
    shown: String,
    /// As SQL has it.
    table: String,
}

/// An open connection.
#[derive(Debug)]
pub(super) struct Session {
    client: Client,
    /// The task that moves its bytes, which ends with this.
    _task: JoinSet<Result<(), Error>>,
    /// Whether the table, and the one before it, are there.
    prepared: bool,
}

impl Target {
    pub(super) fn new(url: &str, table: &str) -> Result<Self, SinkError> {
        // What is wrong with it is not told: that may quote a part of the password.
        let mut config: Config = url.parse().map_err(|_| {
            let message = "the URL of the database cannot be read; write it like \
                           postgres://user@host/database, with %40 for an @ in a password";
            SinkError::new(message, io::ErrorKind::InvalidInput.into())
        })?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        if config.get_application_name().is_none() {
            config.application_name("dragline");
        }
        let host = match config.get_hosts().first() {
            Some(Host::Tcp(host)) => host.clone(),
            #[cfg(unix)]
            Some(Host::Unix(path)) => path.display().to_string(),
            None => String::new(),
        };
        let port = config.get_ports().first().copied().unwrap_or(5432);
        let database = config.get_dbname().or(config.get_user()).unwrap_or_default();
        let shown = format!("postgres://{host}:{port}/{database}#{table}");
        let table = table.split('.').map(quoted).collect::<Vec<_>>().join(".");
        Ok(Self { config, shown, table })
    }

    pub(super) async fn connect(&self) -> Result<Session, SinkError> {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider has the default versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connected = self.config.connect(MakeRustlsConnect::new(tls)).await;
        let (client, connection) =
            connected.map_err(|error| self.failed("failed to connect to", &error))?;
        let mut task = JoinSet::new();
        task.spawn(connection);
        Ok(Session { client, _task: task, prepared: false })
    }

    fn failed(&self, what: &str, error: &Error) -> SinkError {
        // The server's own words are in the source, and name neither password nor statement.
        let cause = match error.as_db_error() {
            Some(told) => told.to_string(),
            None => match std::error::Error::source(error) {
                Some(source) => format!("{error}: {source}"),
                None => error.to_string(),
            },
        };
        // Shut down, out of connections or memory, or in the way of another: all of that passes.
        let passes = error.code().is_none_or(|code| {
            ["57P", "53", "40", "08"].iter().any(|class| code.code().starts_with(class))
        });
        let kind =
            if passes { io::ErrorKind::ConnectionAborted } else { io::ErrorKind::InvalidData };
        SinkError::new(format!("{what} {self}"), io::Error::new(kind, cause))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl Session {
    /// Looks that the table, if it is there, has these columns and no others.
    pub(super) async fn check(
        &self,
        target: &Target,
        wanted: &[(String, &str)],
    ) -> Result<(), SinkError> {
        let query = "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute \
                     WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped \
                     ORDER BY attnum";
        let rows = self.client.query(query, &[&target.table]).await;
        let rows = rows.map_err(|error| target.failed("failed to read", &error))?;
        let there: Vec<(String, String)> =
            rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let is_there = |name: &str, kind: &str| there.iter().any(|(n, k)| n == name && k == kind);
        let same =
            there.len() == wanted.len() && wanted.iter().all(|(name, kind)| is_there(name, kind));
        if there.is_empty() || same {
            return Ok(());
        }
        let there: Vec<_> = there.iter().map(|(name, kind)| format!("{name} {kind}")).collect();
        let wanted: Vec<_> = wanted.iter().map(|(name, kind)| format!("{name} {kind}")).collect();
        let message = format!(
            "the table of {target} has the columns {}, and these are to be written: {}; choose another \
             table, or remove this one",
            there.join(", "),
            wanted.join(", ")
        );
        Err(SinkError::new(message, io::ErrorKind::AlreadyExists.into()))
    }

    /// Writes rows, one transaction.
    pub(super) async fn insert(
        &mut self,
        target: &Target,
        columns: &[(String, &str)],
        rows: &[u8],
    ) -> Result<(), SinkError> {
        let written = self.write(target, columns, rows).await;
        written.map_err(|error| target.failed("failed to write to", &error))
    }

    async fn write(
        &mut self,
        target: &Target,
        columns: &[(String, &str)],
        rows: &[u8],
    ) -> Result<(), Error> {
        let table = &target.table;
        let names: Vec<String> = columns.iter().map(|(name, _)| quoted(name)).collect();
        let names = names.join(", ");
        let transaction = self.client.transaction().await?;
        if !self.prepared {
            let declared = |key: &str| {
                let columns = columns.iter().map(|(name, kind)| {
                    let key = if name == crate::columns::KEY { key } else { "" };
                    format!("{} {kind}{key}", quoted(name))
                });
                columns.collect::<Vec<_>>().join(", ")
            };
            let statements = format!(
                "CREATE TABLE IF NOT EXISTS {table} ({}); CREATE TEMPORARY TABLE dragline_rows ({}) \
                 ON COMMIT DELETE ROWS",
                declared(" PRIMARY KEY"),
                declared("")
            );
            transaction.batch_execute(&statements).await?;
        }
        let copy = format!("COPY {STAGE} ({names}) FROM STDIN");
        {
            let mut into = Box::pin(transaction.copy_in::<_, Bytes>(&copy).await?);
            for chunk in rows.chunks(CHUNK) {
                into.send(Bytes::copy_from_slice(chunk)).await?;
            }
            into.close().await?;
        }
        let set: Vec<String> =
            columns.iter().map(|(name, _)| format!("{0} = excluded.{0}", quoted(name))).collect();
        // Of two rows with one key the last counts.
        let insert = format!(
            "INSERT INTO {table} ({names}) SELECT DISTINCT ON (_key) {names} FROM {STAGE} \
             ORDER BY _key, ctid DESC ON CONFLICT (_key) DO UPDATE SET {}",
            set.join(", ")
        );
        transaction.batch_execute(&format!("{insert}; {}", forget(table))).await?;
        transaction.commit().await?;
        self.prepared = true;
        Ok(())
    }
}

/// Removes what pages gave when they were fetched before and give no more: items of a page are numbered without a gap,
/// so those behind the last are looked for one by one, by their keys.
fn forget(table: &str) -> String {
    // What is named here hides a table of that name.
    let (last, gone) = ("dragline_last", "dragline_gone");
    format!(
        "WITH RECURSIVE {last} AS (\
         SELECT left(_key, {PAGE}) AS page, max(substr(_key, {PAGE} + 1)::numeric) AS place \
         FROM {STAGE} WHERE left(_key, {PAGE}) LIKE '%-item-' GROUP BY 1\
         ), {gone} AS (\
         SELECT here.page, here.place + 1 AS place FROM {last} AS here \
         JOIN {table} AS old ON old._key = here.page || (here.place + 1) \
         UNION ALL \
         SELECT here.page, here.place + 1 FROM {gone} AS here \
         JOIN {table} AS old ON old._key = here.page || (here.place + 1)\
         ) DELETE FROM {table} AS old USING {gone} AS here WHERE old._key = here.page || here.place"
    )
}

/// Writes a name as SQL has it, whatever is in it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_shown_without_user_and_password() {
        let target = Target::new("postgres://me:s3cret@db.example/shop", "public.it\"ems").unwrap();
        assert_eq!(target.to_string(), "postgres://db.example:5432/shop#public.it\"ems");
        assert_eq!(target.table, "\"public\".\"it\"\"ems\"");
        for wrong in ["postgres://me:s3cret@db.example:port/x", "s3cret", "postgres://h/d?s3cret=1"]
        {
            let error = Target::new(wrong, "items").err().unwrap();
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
        }
    }
}
