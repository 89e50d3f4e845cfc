//! Seeds: read lazily, admitted, and offered to the store.

use dragline_frontier::{NotCrawlable, Pending, Skip};
use futures_util::{FutureExt, StreamExt};

use crate::engine::{Engine, SeedStream};
use crate::error::Error;
use crate::packed::{Packed, Unsendable};
use crate::record::PageRecord;
use crate::request::{InvalidUrl, Request};
use crate::spider::Spider;

/// Seeds are pulled while fewer URLs than this wait.
const SEEDS_BELOW: u64 = 4096;
/// Seeds offered to the store at a time, at most.
const SEEDS: usize = 256;

impl<S: Spider> Engine<S> {
    /// Admits a seed, and all others that are there already.
    pub(super) async fn seed(&mut self, first: Seed<S::Route>) -> Result<(), Error> {
        let mut admitted = Vec::new();
        let mut next = Some(first);
        while let Some(seed) = next {
            let Seed::Given(seed) = seed else {
                self.seeds = None;
                break;
            };
            self.seeds_read += 1;
            let origin = Origin::Read(self.seeds_read);
            match self.seeds_before {
                0 => {
                    self.stats.seeds.given += 1;
                    self.keep_read();
                    self.admit_seed(seed, origin, &mut admitted);
                }
                _ => {
                    self.seeds_before -= 1;
                    self.admit_seed_again(seed, origin, &mut admitted);
                }
            }
            if admitted.len() >= SEEDS {
                break;
            }
            next = next_seed(&mut self.seeds).now_or_never().flatten();
        }
        self.flush().await?;
        self.offer(admitted).await
    }

    pub(super) fn admit_seed(
        &mut self,
        seed: Result<Request<S::Route>, InvalidUrl>,
        origin: Origin,
        admitted: &mut Vec<Pending>,
    ) {
        let origin = origin.bytes();
        let request = match seed {
            Ok(request) => request,
            Err(error) => {
                let message = error.to_string();
                return self.end_unsent(
                    PageRecord::default(),
                    error.text(),
                    "invalid_url",
                    message,
                );
            }
        };
        let text = request.url.as_str().to_owned();
        let Packed { url, payload, placing } = match Packed::new(request, None) {
            Ok(packed) => packed,
            Err(Unsendable { url, code, message }) => {
                return self.end_unsent(PageRecord::default(), &url, code, message);
            }
        };
        match self.shared.admission.seed(url, payload) {
            Ok(pending) => {
                self.want_sitemaps(&pending);
                admitted.push(placing.place(pending, &origin).into_pending());
            }
            Err(skip) => {
                let code = match &skip {
                    Skip::NotCrawlable(NotCrawlable::Scheme(_)) => "blocked_scheme",
                    Skip::NotCrawlable(_) => "invalid_url",
                    _ => "excluded",
                };
                self.end_unsent(PageRecord::default(), &text, code, skip.to_string());
            }
        }
    }

    /// Admits a seed of an earlier run, for the scope that it brings; whatever is wrong with it was said then.
    fn admit_seed_again(
        &mut self,
        seed: Result<Request<S::Route>, InvalidUrl>,
        origin: Origin,
        admitted: &mut Vec<Pending>,
    ) {
        let Ok(request) = seed else { return };
        let Ok(Packed { url, payload, placing }) = Packed::new(request, None) else { return };
        if let Ok(pending) = self.shared.admission.seed(url, payload) {
            self.want_sitemaps(&pending);
            admitted.push(placing.place(pending, &origin.bytes()).into_pending());
        }
    }

    pub(super) async fn offer(&mut self, batch: Vec<Pending>) -> Result<(), Error> {
        let receipt = self.store.store().offer(batch).await?;
        self.count_offered(&receipt);
        self.scheduler.note(&receipt);
        self.hosts.found(&receipt);
        self.publish();
        Ok(())
    }

    pub(super) fn wants_seeds(&self) -> bool {
        self.seeds.is_some() && self.stopping.is_none() && self.stats.waiting < SEEDS_BELOW
    }
}

/// Where a seed comes from: the same after a restart.
#[derive(Clone, Copy)]
pub(super) enum Origin {
    /// Its place in the stream of seeds.
    Read(u64),
    /// How many seeds were given to the crawl before it was added.
    Added(u64),
}

impl Origin {
    fn bytes(self) -> [u8; 9] {
        let (kind, number) = match self {
            Self::Read(number) => (0, number),
            Self::Added(number) => (1, number),
        };
        let mut bytes = [kind; 9];
        bytes[1..].copy_from_slice(&number.to_be_bytes());
        bytes
    }
}

/// What a stream of seeds gives.
pub(super) enum Seed<R> {
    Given(Result<Request<R>, InvalidUrl>),
    NoMore,
}

/// Returns the next seed; `None` when there is no stream.
pub(super) async fn next_seed<R>(seeds: &mut Option<SeedStream<R>>) -> Option<Seed<R>> {
    let stream = seeds.as_mut()?;
    Some(stream.next().await.map_or(Seed::NoMore, Seed::Given))
}
