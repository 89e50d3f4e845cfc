//! The connection to the server: runs scripts, and tries again when it is lost.

use std::fmt;
use std::time::Duration;

use dragline_frontier::StoreError;
use redis::aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Cmd, ErrorKind, RedisError, RetryMethod, ServerErrorKind, Value};
use tokio::time::sleep;

use crate::cluster::Cluster;
use crate::error::OpenError;
use crate::options::{RedisOptions, Server};
use crate::reply::Reply;
use crate::script::Script;

/// The first wait between two tries; each is twice the one before.
const FIRST_WAIT: Duration = Duration::from_millis(50);
/// The longest wait between two tries.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// A connection to the server or cluster. Calls that are made at once go out together.
pub(crate) struct Link {
    connection: Connection,
    /// Host and port, for errors.
    place: String,
    password: Option<String>,
    hashes: Vec<(Script, String)>,
    pub(crate) tries: u32,
    /// What tells its waits from those of other workers.
    pub(crate) session: u64,
    /// Whether each call is sent again after it was answered, as if the answer had been lost.
    #[cfg(test)]
    pub(crate) loses_answers: bool,
}

enum Connection {
    Single(ConnectionManager),
    Cluster(Box<Cluster>),
}

/// A script's call: its first key and its arguments.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) script: Script,
    pub(crate) key: String,
    pub(crate) arguments: Vec<Vec<u8>>,
}

impl Call {
    pub(crate) fn new(script: Script, key: String) -> Self {
        Self { script, key, arguments: Vec::new() }
    }

    /// Appends an argument.
    pub(crate) fn push(&mut self, argument: impl Into<Vec<u8>>) {
        self.arguments.push(argument.into());
    }

    /// Appends a number.
    pub(crate) fn number(&mut self, number: impl fmt::Display) {
        self.arguments.push(number.to_string().into_bytes());
    }
}

impl Link {
    /// Connects, trying as often as the options allow.
    pub(crate) async fn open(address: &str, options: &RedisOptions) -> Result<Self, OpenError> {
        let client = Client::open(address).map_err(|_| OpenError::Address)?;
        let information = client.get_connection_info();
        let place = information.addr().to_string();
        let password = information.redis_settings().password().map(str::to_owned);
        let failed = |error: RedisError| OpenError::Server {
            name: options.name.clone(),
            place: place.clone(),
            message: told(&error, password.as_deref()),
        };
        let connection = match options.server {
            Server::Single => {
                let config = ConnectionManagerConfig::new()
                    .set_number_of_retries(1)
                    .set_connection_timeout(Some(options.timeout))
                    .set_response_timeout(Some(options.timeout));
                // It connects with the first call, which is tried again as any other.
                let manager = ConnectionManager::new_lazy_with_config(client, config);
                Connection::Single(manager.map_err(failed)?)
            }
            Server::Cluster => {
                let cluster = Cluster::open(address, options.timeout).await;
                Connection::Cluster(Box::new(cluster.map_err(failed)?))
            }
        };
        let hash =
            |script: Script| (script, redis::Script::new(script.source()).get_hash().to_owned());
        Ok(Self {
            connection,
            place,
            password,
            hashes: Script::ALL.into_iter().map(hash).collect(),
            tries: options.tries.max(1),
            session: 0,
            #[cfg(test)]
            loses_answers: false,
        })
    }

    /// Returns host and port of the server.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// Returns by which policy a server drops keys when its memory is full, if it says that it does.
    pub(crate) async fn eviction(&self) -> Option<String> {
        let mut command = redis::cmd("INFO");
        command.arg("memory");
        let mut texts = Vec::new();
        gather(self.send(&command).await.ok()?, &mut texts);
        let lines = texts.iter().flat_map(|text| text.lines());
        let mut policies = lines.filter_map(|line| line.strip_prefix("maxmemory_policy:"));
        policies.find(|policy| *policy != "noeviction").map(str::to_owned)
    }

    /// Runs a script.
    ///
    /// # Errors
    /// When the server refuses it, or does not answer as often as it is tried.
    pub(crate) async fn call(&self, call: &Call) -> Result<Reply, StoreError> {
        #[cfg(test)]
        if self.loses_answers {
            self.call_until_answered(call).await?;
        }
        self.call_until_answered(call).await
    }

    async fn call_until_answered(&self, call: &Call) -> Result<Reply, StoreError> {
        let mut wait = FIRST_WAIT;
        for attempt in 1.. {
            let error = match self.call_once(call).await {
                Ok(value) => return Ok(Reply(value)),
                Err(error) => error,
            };
            if attempt >= self.tries || !may_pass(&error) {
                return Err(self.error(call, attempt, &error));
            }
            // Workers that lost the same server do not come back in step.
            let mut random = fastrand::Rng::with_seed(self.session.wrapping_add(attempt.into()));
            sleep(wait.mul_f64(0.5 + random.f64() / 2.0)).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
        unreachable!("the last attempt returns")
    }

    /// Runs a script by its hash, and by its text where the server does not know it.
    async fn call_once(&self, call: &Call) -> Result<Value, RedisError> {
        let known = self.hashes.iter().find(|(script, _)| *script == call.script);
        let (_, hash) = known.expect("all scripts are hashed");
        match self.send(&command("EVALSHA", hash, call)).await {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                self.send(&command("EVAL", call.script.source(), call)).await
            }
            answer => answer,
        }
    }

    async fn send(&self, command: &Cmd) -> Result<Value, RedisError> {
        let value = match &self.connection {
            Connection::Single(connection) => connection.clone().req_packed_command(command).await,
            Connection::Cluster(cluster) => {
                let mut current = cluster.current().await;
                let value = current.connection.req_packed_command(command).await;
                if value.as_ref().is_err_and(RedisError::is_timeout) {
                    cluster.renew(&current).await;
                }
                value
            }
        };
        value.and_then(Value::extract_error)
    }

    fn error(&self, call: &Call, tries: u32, error: &RedisError) -> StoreError {
        let message = told(error, self.password.as_deref());
        let (script, place) = (call.script, &self.place);
        let text = format!(
            "failed to {script:?} {} at {place} after {tries} tries: {message}; \
             see that the server runs and resume the worker",
            call.key
        );
        StoreError::new(text, None)
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("place", &self.place).finish_non_exhaustive()
    }
}

/// Gathers the texts of an answer: a cluster answers for each server.
fn gather(value: Value, texts: &mut Vec<String>) {
    match value {
        Value::BulkString(bytes) => texts.extend(String::from_utf8(bytes)),
        Value::VerbatimString { text, .. } => texts.push(text),
        Value::Map(rows) => rows.into_iter().for_each(|(_, value)| gather(value, texts)),
        _ => {}
    }
}

fn command(name: &str, script: &str, call: &Call) -> Cmd {
    let mut command = redis::cmd(name);
    command.arg(script).arg(1).arg(&call.key);
    for argument in &call.arguments {
        command.arg(argument);
    }
    command
}

/// Tells whether the same call may be answered later: the server is restarting, or cannot be reached.
fn may_pass(error: &RedisError) -> bool {
    // A refused connection says at once that nobody is there, but who is restarting is not there for a while.
    error.is_io_error() || !matches!(error.retry_method(), RetryMethod::NoRetry)
}

/// Returns what a failure says, without the password.
fn told(error: &RedisError, password: Option<&str>) -> String {
    let text = error.to_string();
    match password.filter(|password| !password.is_empty()) {
        Some(password) => text.replace(password, "***"),
        None => text,
    }
}
