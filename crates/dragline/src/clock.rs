//! The crawl's clock: tokio's time, and the wall-clock time it stands for. Passed in, so that a crawl in
//! virtual time writes virtual dates.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// Counts from one instant whose wall-clock time is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
    wall: SystemTime,
}

impl Clock {
    /// Starts now.
    pub(crate) fn start() -> Self {
        Self { start: Instant::now(), wall: SystemTime::now() }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// Returns the wall-clock time of now.
    pub(crate) fn wall(&self) -> SystemTime {
        self.wall_at(self.elapsed())
    }

    /// Returns the wall-clock time that is so long after the start.
    pub(crate) fn wall_at(&self, elapsed: Duration) -> SystemTime {
        self.wall + elapsed
    }

    /// Returns the wall-clock time of now as time since 1970.
    pub(crate) fn since_epoch(&self) -> Duration {
        self.wall().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
    }

    /// Returns when it was started, in milliseconds since 1970.
    pub(crate) fn run(&self) -> u64 {
        let start = self.wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        u64::try_from(start.as_millis()).unwrap_or(u64::MAX)
    }

    pub(crate) fn started(&self) -> Instant {
        self.start
    }
}
