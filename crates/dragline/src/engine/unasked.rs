//! What sinks took and were not asked to commit yet, in a crawl of which no state relies on its output.

use std::time::Duration;

use tokio::time::Instant;

/// The longest that it waits.
const WAIT: Duration = Duration::from_millis(20);
/// The most URLs of which something waits, but for those of the last batch.
const URLS: usize = 1024;

/// A bound on how much waits for the next commit of the sinks, and for how long: one write for the pages of
/// some milliseconds costs less than one for each.
#[derive(Debug, Default)]
pub(crate) struct Unasked {
    urls: usize,
    due: Option<Instant>,
}

impl Unasked {
    /// Returns when the sinks are to be asked at the latest; `None` when nothing waits.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Takes note of what sinks took of some more URLs, and tells whether they are to be asked now.
    pub(super) fn add(&mut self, urls: usize, now: Instant) -> bool {
        self.urls += urls;
        if self.urls == 0 {
            return false;
        }
        let due = *self.due.get_or_insert(now + WAIT);
        if now < due && self.urls < URLS {
            return false;
        }
        *self = Self::default();
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sinks_are_asked_when_the_first_url_has_waited_or_many_do() {
        let start = Instant::now();
        let mut unasked = Unasked::default();
        assert!(!unasked.add(0, start) && unasked.due().is_none());
        assert!(!unasked.add(1, start));
        assert!(!unasked.add(1, start + WAIT / 2), "the first is not old enough");
        assert_eq!(unasked.due(), Some(start + WAIT));
        assert!(unasked.add(1, start + WAIT));
        assert!(!unasked.add(URLS - 1, start));
        assert!(unasked.add(1, start));
        assert!(unasked.due().is_none());
    }
}
