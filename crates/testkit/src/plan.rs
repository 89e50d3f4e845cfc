//! The plan of one simulated host: how fast it is, what it has, and what goes wrong.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::fault::Fault;
use crate::reply::Reply;

/// How one host behaves. Plain data, the same for each run.
#[derive(Clone, Debug)]
pub struct HostPlan {
    /// Time to the first byte. Default 50 ms.
    pub latency: Duration,
    /// More time to the first byte, drawn for each request between nothing and this. Default zero.
    pub jitter: Duration,
    /// Bytes of a body sent in a second; 0 counts as 1. Default: a body takes no time.
    pub bandwidth: Option<u64>,
    /// What `/robots.txt` answers. Default: 404.
    pub robots: RobotsPlan,
    /// The pages that no URL was given for. Default: none.
    pub pages: Pages,
    /// Traps that the front page of a graph links to. Default: none.
    pub traps: Vec<Trap>,
    /// What goes wrong, of pages given by URL too; the first that applies counts. Default: nothing.
    pub faults: Vec<Fault>,
}

impl Default for HostPlan {
    fn default() -> Self {
        Self {
            latency: Duration::from_millis(50),
            jitter: Duration::ZERO,
            bandwidth: None,
            robots: RobotsPlan::Missing,
            pages: Pages::None,
            traps: Vec::new(),
            faults: Vec::new(),
        }
    }
}

/// What `/robots.txt` of a host answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RobotsPlan {
    /// 404.
    Missing,
    /// These rules.
    Text(String),
    /// This status, without a body.
    Status(u16),
    /// A redirect to this URL.
    Redirect(String),
    /// First one, then another.
    Changes {
        /// What is answered at first.
        before: Box<Self>,
        /// When that changes, since the web was built.
        at: Duration,
        /// What is answered to requests sent from then on.
        after: Box<Self>,
    },
}

impl RobotsPlan {
    /// Returns what is answered to a request sent at a time.
    pub(crate) fn at(&self, time: Duration) -> &Self {
        match self {
            Self::Changes { before, at, .. } if time < *at => before.at(time),
            Self::Changes { after, .. } => after.at(time),
            plan => plan,
        }
    }

    /// Returns all that it ever answers, without those that only change to others.
    pub(crate) fn all(&self) -> Vec<&Self> {
        match self {
            Self::Changes { before, after, .. } => [before.all(), after.all()].concat(),
            plan => vec![plan],
        }
    }
}

type Generate = dyn Fn(&str, u64) -> Option<Reply> + Send + Sync;

/// The pages of a host that no URL was given for.
#[derive(Clone, Default)]
pub enum Pages {
    /// None: 404.
    #[default]
    None,
    /// A graph of pages, worked out from the seed.
    Graph(Graph),
    /// Whatever this makes of a path (with its query) and the web's seed; `None` is 404.
    Generated(Arc<Generate>),
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Graph(graph) => graph.fmt(f),
            Self::Generated(_) => f.write_str("Generated"),
        }
    }
}

/// A site of pages that link to one another: `/` and `/p/1`, `/p/2` and so on.
///
/// Each page links to the next one, so that all can be reached, and to others at random: half of them
/// among the 64 that follow, half among those before. One in 97 pages links to the front page of another
/// host with a graph. Each has 24 words of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Graph {
    /// How many pages there are, the front page included.
    pub pages: u32,
    /// How many pages of its host each one links to.
    pub links: u16,
}

/// Pages without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trap {
    /// `/calendar/2026/1`, each month with a link to the next.
    Calendar,
    /// `/session/5f3a…`, each page with links that carry a new session id.
    Session,
    /// `/deeper/a/a/a…`, each page with a relative link that makes the path longer.
    GrowingPath,
}
