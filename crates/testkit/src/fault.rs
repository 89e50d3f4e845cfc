//! Faults of a simulated host: what goes wrong, and when.

use std::time::Duration;

/// Something that goes wrong at a host from time to time. The first one that applies to a request counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which requests it strikes.
    pub when: When,
    /// What becomes of them.
    pub what: Trouble,
}

/// Which requests a [`Fault`] strikes. All but [`Pages`](Self::Pages) strike robots.txt too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Every request.
    Always,
    /// Each request of the host whose number, counted from 1, this divides; 0 is never.
    Every(u32),
    /// Requests sent in this span since the web was built, its end left out.
    During {
        /// The beginning.
        from: Duration,
        /// The end.
        until: Duration,
    },
    /// Requests sent while the host is down: it is up this long, then down, and so on.
    Flapping {
        /// How long it is up.
        up: Duration,
        /// How long it is down.
        down: Duration,
    },
    /// Pages chosen at random, one in so many, each for ever; 0 is none. The front page is not chosen.
    Pages {
        /// One in so many.
        one_in: u32,
    },
}

/// What becomes of a request that a [`Fault`] strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Status 429, with `Retry-After` in whole seconds if given.
    TooManyRequests {
        /// How long the host wants to be spared.
        retry_after: Option<Duration>,
    },
    /// Status 503, with `Retry-After` in whole seconds if given.
    Unavailable {
        /// How long the host wants to be spared.
        retry_after: Option<Duration>,
    },
    /// Another status, without a body.
    Status(u16),
    /// The connection is reset after the latency.
    Reset,
    /// Nothing comes, until the client's time limit, which is this.
    Timeout {
        /// After what time the client gives up.
        after: Duration,
    },
    /// The answer takes longer.
    Slow {
        /// By how much.
        by: Duration,
    },
    /// The body ends in its middle. robots.txt is spared.
    Truncated,
    /// A redirect, with status 302. robots.txt is spared.
    Redirect(RedirectTo),
}

/// Where a redirect leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectTo {
    /// To another page of the host's graph; to its front page when it has no graph.
    Within,
    /// To a page of another host with a graph; as [`Within`](Self::Within) when there is none.
    Across,
    /// Over two more URLs and back.
    Loop,
}
