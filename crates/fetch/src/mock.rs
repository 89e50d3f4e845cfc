//! Scripted answers in place of the network, for testing code that uses a client.
//!
//! The script stands where connections are made: everything above it, limits, timeouts, body
//! limits and decoding, is that of the real client.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use url::{Position, Url};

mod call;
mod exchange;
mod reply;

pub use self::call::Call;
pub use self::reply::{Replies, Reply};

/// The most calls that are remembered.
const MAX_CALLS: usize = 100_000;

/// A script of answers, for a client made by [`Client::with_mock`](crate::Client::with_mock).
///
/// A clone is a handle on the same script and the same calls. A URL is looked for among the
/// exact ones, then among the prefixes, the longest first. A URL that is not in the script is an
/// error of kind [`Config`](crate::ErrorKind::Config) that names it.
///
/// ```
/// use dragline_fetch::{Client, Config, ErrorKind, Mock, Reply};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mock = Mock::new()
///     .on("https://api.test/items/1", Reply::ok("one"))
///     .on("https://api.test/items/2", [Reply::status(503), Reply::ok("two")])
///     .on("https://down.test/", Reply::error(ErrorKind::Reset))
///     .on_prefix_with("https://api.test/echo/", |call| Reply::ok(call.body.clone()));
/// let client = Client::with_mock(Config::default(), mock.clone())?;
///
/// assert_eq!(client.get("https://api.test/items/1").send().await?.text().await?, "one");
/// assert_eq!(client.get("https://api.test/items/2").send().await?.status(), 503);
/// assert_eq!(client.get("https://down.test/").send().await.unwrap_err().code(), "reset");
/// assert_eq!(mock.calls().len(), 3);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Mock {
    script: Arc<Mutex<Script>>,
}

#[derive(Default)]
struct Script {
    exact: HashMap<String, Rule>,
    prefixes: Vec<(String, Rule)>,
    calls: VecDeque<Call>,
}

enum Rule {
    Replies(Replies),
    Closure(Arc<dyn Fn(&Call) -> Reply + Send + Sync>),
}

impl Mock {
    /// Makes an empty script.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the answers to one URL, whatever the method; one given before is replaced.
    ///
    /// Several answers are given one after the other, and the last one ever after. A fragment
    /// of the URL is not compared.
    #[must_use = "the script is also the value that is returned"]
    pub fn on(self, url: impl AsRef<str>, replies: impl Into<Replies>) -> Self {
        let url = url.as_ref();
        // As the client writes it: `http://a.test` is asked for as `http://a.test/`.
        let url = Url::parse(url).map_or_else(|_| url.to_owned(), |url| without_fragment(&url));
        self.lock().exact.insert(url, Rule::Replies(replies.into()));
        self
    }

    /// Adds the answers to all URLs that begin with a text; they are given in one sequence.
    #[must_use = "the script is also the value that is returned"]
    pub fn on_prefix(self, prefix: impl Into<String>, replies: impl Into<Replies>) -> Self {
        self.lock().prefixes.push((prefix.into(), Rule::Replies(replies.into())));
        self
    }

    /// Adds a closure that answers all URLs that begin with a text.
    #[must_use = "the script is also the value that is returned"]
    pub fn on_prefix_with(
        self,
        prefix: impl Into<String>,
        answer: impl Fn(&Call) -> Reply + Send + Sync + 'static,
    ) -> Self {
        self.lock().prefixes.push((prefix.into(), Rule::Closure(Arc::new(answer))));
        self
    }

    /// Returns the requests that were sent so far, in order: the latest 100,000.
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.iter().cloned().collect()
    }

    /// Records a call and returns its answer; `None` if the script has none.
    fn answer(&self, call: &Call) -> Option<Reply> {
        let url = without_fragment(&call.url);
        let mut script = self.lock();
        let Script { exact, prefixes, calls } = &mut *script;
        if calls.len() == MAX_CALLS {
            calls.pop_front();
        }
        calls.push_back(call.clone());
        let rule = exact.get_mut(&url).or_else(|| {
            let fitting = prefixes.iter_mut().filter(|(prefix, _)| url.starts_with(&**prefix));
            fitting.max_by_key(|(prefix, _)| prefix.len()).map(|(_, rule)| rule)
        });
        let closure = match rule? {
            Rule::Replies(replies) => return replies.next(),
            Rule::Closure(closure) => Arc::clone(closure),
        };
        // The closure may look at the mock itself.
        drop(script);
        Some(closure(call))
    }

    fn lock(&self) -> MutexGuard<'_, Script> {
        // A closure never runs under the lock, so nothing is half done when it panics.
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Mock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let script = self.lock();
        f.debug_struct("Mock")
            .field("exact", &script.exact.keys())
            .field(
                "prefixes",
                &script.prefixes.iter().map(|(prefix, _)| prefix).collect::<Vec<_>>(),
            )
            .field("calls", &script.calls.len())
            .finish()
    }
}

fn without_fragment(url: &Url) -> String {
    url[..Position::AfterQuery].to_owned()
}

#[cfg(test)]
mod tests;
