//! How the memory that `limits.memory` allows is divided among what a crawl holds at once. Worked out at set-up,
//! applied by the crawler; nothing of it moves while the crawl runs.

use std::sync::Arc;

use dragline_fetch::Room;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::Config;
use crate::sitemap;
use crate::warning::Warning;

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// What a crawl takes before it holds anything that grows with the settings: the program, its threads, the
/// certificates that are trusted, the tables that traps are told by.
const FIXED: u64 = 24 * MIB;
/// The least that must be left beside it.
const LEAST: u64 = 8 * MIB;
/// One open connection, with TLS and its read buffer.
const SOCKET: u64 = 144 * KIB;
/// One request in flight, beside its connection: the first piece of a body, its record and its links.
const IN_FLIGHT: u64 = 96 * KIB;
/// One host that is leased, with its URLs and rules.
const HOST: u64 = 8 * KIB;
/// A document, in times of its text.
const DOCUMENT: u64 = 18;

/// The shares of a budget of memory.
///
/// Of what is left beside the fixed part, three eighths are for bodies, and one each for what an allocator keeps of
/// bodies that are gone, for connections, for requests in flight without their bodies, for documents of long pages,
/// and for what waits: leased hosts or the tables of a state.
#[derive(Debug)]
pub(crate) struct Budget {
    share: u64,
    concurrency: usize,
    largest: u64,
}

impl Budget {
    /// The least that `limits.memory` may be, in bytes.
    pub(crate) const LEAST: u64 = FIXED + LEAST;

    /// Divides what the settings allow; `None` if they set no bound.
    pub(crate) fn of(config: &Config) -> Option<Self> {
        let share = config.limits.memory?.saturating_sub(FIXED).max(LEAST) / 8;
        let fitting =
            usize::try_from((share / SOCKET).min(share / IN_FLIGHT)).unwrap_or(usize::MAX);
        // One body of two thirds of all bodies' share can always be read; a sitemap may be the largest of them.
        let largest = (2 * share).min(config.fetch.max_body.max(sitemap::MAX_BODY));
        Some(Self { share, concurrency: config.limits.concurrency.clamp(1, fitting), largest })
    }

    /// Tells which settings cannot hold as they are.
    pub(crate) fn warnings(&self, config: &Config) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let max_body = config.fetch.max_body;
        if self.largest < max_body {
            warnings.push(Warning::LargestBody { largest: self.largest, max_body });
        }
        let wanted = config.limits.concurrency;
        if self.concurrency < wanted {
            warnings.push(Warning::Concurrency { fitting: self.concurrency, wanted });
        }
        warnings
    }

    /// Lowers the settings to what there is memory for.
    pub(crate) fn lower(&self, config: &mut Config) {
        config.limits.concurrency = self.concurrency;
        config.fetch.max_in_flight = self.concurrency;
        let sockets = usize::try_from(self.share / SOCKET).unwrap_or(usize::MAX);
        config.fetch.max_sockets = config.fetch.max_sockets.min(sockets).max(self.concurrency);
    }

    /// Makes the room for bodies.
    pub(crate) fn bodies(&self) -> Room {
        Room::new(3 * self.share, self.largest)
    }

    /// Makes the room for documents of long pages.
    pub(crate) fn documents(&self) -> Documents {
        let blocks = u32::try_from(self.share / KIB).unwrap_or(u32::MAX);
        Documents { blocks, free: Arc::new(Semaphore::new(blocks as usize)) }
    }

    /// Returns how many hosts may be leased at once.
    pub(crate) fn hosts(&self) -> usize {
        usize::try_from(self.share / HOST).unwrap_or(usize::MAX)
    }

    /// Returns what the tables of a state may keep in memory, in bytes.
    pub(crate) fn tables(&self) -> u64 {
        self.share
    }
}

/// Room for the documents of pages that are read aside, which are many times as large as their text.
#[derive(Debug)]
pub(crate) struct Documents {
    blocks: u32,
    free: Arc<Semaphore>,
}

impl Documents {
    /// Waits until a page of this many bytes may be read; one whose document would not fit is read alone.
    pub(crate) async fn take(&self, text: usize) -> OwnedSemaphorePermit {
        let blocks = (text as u64).saturating_mul(DOCUMENT) / KIB;
        let blocks = u32::try_from(blocks).unwrap_or(u32::MAX).clamp(1, self.blocks);
        let permit = Arc::clone(&self.free).acquire_many_owned(blocks).await;
        permit.expect("the semaphore of documents is never closed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(memory: u64) -> Config {
        let mut config = Config::default();
        config.limits.memory = Some(memory);
        config
    }

    #[test]
    fn all_shares_together_are_within_the_memory_allowed() {
        for memory in [Budget::LEAST, 100 * MIB, 10_000 * MIB] {
            let mut config = with(memory);
            config.limits.concurrency = usize::MAX;
            config.fetch.max_sockets = usize::MAX;
            let budget = Budget::of(&config).unwrap();
            budget.lower(&mut config);
            let in_flight = config.limits.concurrency as u64 * IN_FLIGHT;
            let sockets = config.fetch.max_sockets as u64 * SOCKET;
            let hosts = budget.hosts() as u64 * HOST;
            let documents = u64::from(budget.documents().blocks) * KIB;
            let all = FIXED + budget.bodies().bytes() + documents + in_flight + sockets + hosts;
            assert!(all <= memory && all > memory / 2, "{memory}: {all}");
            assert!(config.fetch.max_sockets >= config.fetch.max_in_flight);
        }
    }

    #[test]
    fn polite_defaults_fit_into_128_mib_and_what_does_not_is_told() {
        let config = with(128 * MIB);
        assert_eq!(Budget::of(&config).unwrap().warnings(&config), []);
        let mut config = with(40 * MIB);
        config.limits.concurrency = 500;
        let codes: Vec<_> =
            Budget::of(&config).unwrap().warnings(&config).iter().map(Warning::code).collect();
        assert_eq!(codes, ["largest_body", "concurrency"]);
    }

    #[tokio::test]
    async fn a_document_that_would_not_fit_is_read_alone() {
        let budget = Budget::of(&with(Budget::LEAST)).unwrap();
        let documents = budget.documents();
        let alone = documents.take(usize::MAX).await;
        let mut other = tokio_test::task::spawn(documents.take(1));
        tokio_test::assert_pending!(other.poll());
        drop(alone);
        assert!(other.is_woken());
    }
}
