//! How many queries and dates each form of path has had: facets and calendars. Called by workers, for
//! links that have a query or a date.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use twox_hash::XxHash3_64;

use crate::admission::Skip;
use crate::canonical::Parts;
use crate::trap::TrapConfig;
use crate::trap::bitmap::Bitmap;
use crate::trap::date::{Date, Dating};

const SHARDS: usize = 16;
/// Forms of path per shard: 4,096 in all, 700 bytes each. The one with fewest queries of some is given up
/// for a new one.
const MOST: usize = 256;
/// Queries per value from which they are combinations.
const COMBINED: u32 = 8;
/// Dates from which a form of path is a calendar or an archive.
const MANY_DATES: u32 = 50;

/// Counts queries and dates by form of path.
#[derive(Debug)]
pub(super) struct Census {
    shards: Box<[Mutex<Templates>]>,
}

type Templates = HashMap<u64, Box<Template>>;

/// What URLs of one form had.
#[derive(Debug, Default)]
struct Template {
    queries: Bitmap<32>,
    values: Bitmap<32>,
    dates: Bitmap<16>,
    /// Whether numbers stood where dates would.
    numbers: bool,
}

/// What is known of the pages that a URL's pattern gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Too few to tell.
    Unknown,
    /// Most of them said something new.
    New,
    /// Most of them repeated others.
    Repeating,
}

impl Census {
    pub(super) fn new() -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }

    /// Counts a URL, and says whether it is one too many. `latest` is the last date not too far ahead.
    pub(super) fn check(
        &self,
        config: &TrapConfig,
        url: &Parts<'_>,
        template: u64,
        dating: Dating,
        latest: Option<Date>,
        standing: impl FnOnce() -> Standing,
    ) -> Result<(), Skip> {
        let shard = &self.shards[(template >> 60) as usize % SHARDS];
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if shard.len() >= MOST && !shard.contains_key(&template) {
            let least = shard.iter().take(8).min_by_key(|(_, known)| known.queries.count());
            let least = least.map(|(key, _)| *key);
            least.map(|key| shard.remove(&key));
        }
        let template = shard.entry(template).or_default();
        if url.query.is_some() && template.combines_too_few(config, url) {
            return Err(Skip::ManyQueries);
        }
        let date = match dating {
            Dating::Absent => return Ok(()),
            Dating::Numbers => {
                template.numbers = true;
                return Ok(());
            }
            Dating::Date(date) => date,
        };
        template.dates.insert(XxHash3_64::oneshot(&date.bits().to_le_bytes()));
        let count = template.dates.count();
        if template.numbers || count < MANY_DATES.min(config.max_dates) {
            return Ok(());
        }
        drop(shard);
        let many = count > config.max_dates;
        let ahead = latest.is_some_and(|latest| date > latest);
        let remote = latest.is_some_and(|latest| date.is_remote(latest));
        // What lies ahead need not be fetched to be known for a calendar; what is past may be an archive.
        if ahead || ((many || remote) && standing() == Standing::Repeating) {
            return Err(Skip::ManyDates);
        }
        Ok(())
    }
}

impl Template {
    /// Counts a query, and tells whether there are too many that combine the same values.
    fn combines_too_few(&mut self, config: &TrapConfig, url: &Parts<'_>) -> bool {
        let mut all: u64 = 0;
        for parameter in url.parameters() {
            let hash = XxHash3_64::oneshot(parameter.as_bytes());
            self.values.insert(hash);
            // A sum, so that the order does not count.
            all = all.wrapping_add(hash.rotate_left(23).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        }
        self.queries.insert(all);
        let queries = self.queries.count();
        queries > config.max_queries && queries >= self.values.count() * COMBINED
    }
}
