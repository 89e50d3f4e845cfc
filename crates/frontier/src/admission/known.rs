//! URLs that the store has, as far as is remembered: most links lead to one of them, and end here. Written
//! by the engine, read by workers.

use std::sync::atomic::{AtomicU64, Ordering};

use twox_hash::XxHash3_64;

use crate::canonical::FingerprintKey;

/// URLs remembered: 512 KiB. A newer one takes the place of an older.
const PLACES: usize = 1 << 16;

/// Remembers the texts of URLs by their hash, which is as good as a fingerprint.
#[derive(Debug)]
pub(super) struct Known {
    places: Box<[AtomicU64]>,
    key: FingerprintKey,
}

impl Known {
    pub(super) fn new(key: FingerprintKey) -> Self {
        Self { places: (0..PLACES).map(|_| AtomicU64::new(0)).collect(), key }
    }

    pub(super) fn add(&self, url: &str) {
        let hash = self.hash(url);
        self.place(hash).store(hash, Ordering::Relaxed);
    }

    pub(super) fn has(&self, url: &str) -> bool {
        let hash = self.hash(url);
        self.place(hash).load(Ordering::Relaxed) == hash
    }

    fn hash(&self, url: &str) -> u64 {
        XxHash3_64::oneshot_with_seed(self.key.bits(), url.as_bytes())
    }

    fn place(&self, hash: u64) -> &AtomicU64 {
        &self.places[(hash >> 40) as usize % PLACES]
    }
}
