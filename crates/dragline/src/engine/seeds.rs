//! Seeds: read lazily, admitted, and offered to the store.

use dragline_frontier::{NotCrawlable, Pending, Skip};
use futures_util::{FutureExt, StreamExt};

use crate::engine::{Engine, SeedStream};
use crate::error::Error;
use crate::record::PageRecord;
use crate::request::{InvalidUrl, Request, encode_route};
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
            match self.seeds_before {
                0 => {
                    self.stats.seeds.given += 1;
                    self.keep_read();
                    self.admit_seed(seed, &mut admitted);
                }
                _ => {
                    self.seeds_before -= 1;
                    self.admit_seed_again(seed, &mut admitted);
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
        admitted: &mut Vec<Pending>,
    ) {
        let request = match seed {
            Ok(request) => request,
            Err(error) => {
                let (text, message) = (error.text().to_owned(), error.to_string());
                return self.end_unsent(PageRecord::default(), text, "invalid_url", message);
            }
        };
        let text = request.url.as_str().to_owned();
        let payload = match encode_route(&request.route) {
            Ok(payload) => payload,
            Err(error) => {
                let message = format!("the route of the seed cannot be written: {error}");
                return self.end_unsent(PageRecord::default(), text, "spider", message);
            }
        };
        match self.shared.admission.seed(request.url, payload) {
            Ok(pending) => {
                self.want_sitemaps(&pending);
                admitted.push(request.priority.place(pending));
            }
            Err(skip) => {
                let code = match &skip {
                    Skip::NotCrawlable(NotCrawlable::Scheme(_)) => "blocked_scheme",
                    Skip::NotCrawlable(_) => "invalid_url",
                    _ => "excluded",
                };
                self.end_unsent(PageRecord::default(), text, code, skip.to_string());
            }
        }
    }

    /// Admits a seed of an earlier run, for the scope that it brings; whatever is wrong with it was said then.
    fn admit_seed_again(
        &mut self,
        seed: Result<Request<S::Route>, InvalidUrl>,
        admitted: &mut Vec<Pending>,
    ) {
        let Ok(request) = seed else { return };
        let Ok(payload) = encode_route(&request.route) else { return };
        if let Ok(pending) = self.shared.admission.seed(request.url, payload) {
            self.want_sitemaps(&pending);
            admitted.push(request.priority.place(pending));
        }
    }

    pub(super) async fn offer(&mut self, batch: Vec<Pending>) -> Result<(), Error> {
        let receipt = self.store.offer(batch).await?;
        self.stats.offered(&receipt);
        self.scheduler.note(&receipt);
        self.publish();
        Ok(())
    }

    pub(super) fn wants_seeds(&self) -> bool {
        self.seeds.is_some() && self.stopping.is_none() && self.stats.waiting < SEEDS_BELOW
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
