//! Whether pages with URLs of one form still say something new. Fed by workers after each page.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashbrown::HashMap;

use crate::admission::Content;
use crate::canonical::Fingerprint;
use crate::trap::census::Standing;
use crate::trap::pattern::Pattern;
use crate::trap::simhash::{FeatureSet, Features, NEAR, Words};

/// Bodies remembered by their hash: 1 MiB. A newer one takes the place of an older.
const BODIES: usize = 1 << 17;
const SHARDS: usize = 16;
/// Forms per shard: 16,384 in all, some 150 bytes each, and 1,536 more for those with many pages. The one
/// with fewest pages of some is given up for a new one.
const MOST: usize = 1024;
/// Pages of a form before any is judged.
const FREE: u32 = 50;
/// Pages that said something new, to which each further one is compared.
const COMPARED: usize = 64;
/// Pages whose common features are those of their frame.
const FRAME_PAGES: u8 = 8;
/// Features beside the frame from which they tell a page, whatever the size of the frame.
const TELLING: u32 = 16;
/// One page of this many is judged as long as the last 16 of those judged were all new.
const SPOT_CHECK: u32 = 16;
/// One URL of this many is fetched of a form that is paused.
const EXPLORED: u64 = 20;
/// Pages fetched of a form that is paused, at most.
const MAX_EXPLORED: u16 = 256;

/// Remembers what pages said, by the form of their URL.
#[derive(Debug)]
pub(super) struct Novelty {
    bodies: Box<[AtomicU64]>,
    shards: Box<[Mutex<HashMap<u64, Record>>]>,
    /// Forms that are not new any more.
    stale: AtomicUsize,
}

/// What is known of one form.
#[derive(Debug, Default)]
struct Record {
    pages: u32,
    judged: u32,
    /// The last 128 judged pages, the newest lowest: 1 for a new one.
    recent: u128,
    /// What was new of whole pages, and of pages without their frame.
    wholes: Recent,
    rests: Recent,
    /// What the first judged pages have in common: menus and the like.
    frame: Option<Box<FeatureSet>>,
    frame_pages: u8,
    state: State,
    explored: u16,
    name: Option<Arc<str>>,
}

/// Simhashes that were unlike those before, at most `COMPARED`, the oldest at `oldest`.
#[derive(Debug, Default)]
struct Recent {
    hashes: Vec<u64>,
    oldest: usize,
}

/// Whether a page is worth a look.
enum Look {
    None,
    /// It is, with the frame left out if that is known.
    Judge(Option<Box<FeatureSet>>),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    New,
    Demoted,
    Paused,
}

/// What becomes of a URL because of its form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Usual,
    Last,
    Skip(Arc<str>),
}

impl Novelty {
    pub(super) fn new() -> Self {
        Self {
            bodies: (0..BODIES).map(|_| AtomicU64::new(0)).collect(),
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            stale: AtomicUsize::new(0),
        }
    }

    /// Remembers a body, and tells whether it was there before.
    pub(super) fn body(&self, hash: u64) -> Content {
        let place = &self.bodies[(hash >> 40) as usize % BODIES];
        if place.swap(hash, Ordering::Relaxed) == hash { Content::Repeated } else { Content::New }
    }

    /// Takes note of a page. The text is asked for only when the page is judged by it.
    pub(super) fn page(
        &self,
        pattern: &Pattern,
        content: Content,
        words: Words,
        text: impl FnOnce() -> Option<String>,
    ) {
        let hash = pattern.hash();
        let Look::Judge(frame) = self.shard(hash).count(hash) else { return };
        // Outside the lock: it takes some microseconds.
        let features = match content {
            Content::New => text().map(|text| Features::of(&text, words)),
            Content::Repeated => None,
        };
        let whole = features.as_ref().map(|features| features.simhash(&[0; 64]).0);
        let rest = features.as_ref().zip(frame).map(|(all, frame)| all.simhash(&frame));
        let mut shard = self.shard(hash);
        let Some(record) = shard.get_mut(&hash) else { return };
        let before = record.state;
        let new_whole = whole.is_none_or(|whole| record.wholes.add(whole));
        // A large frame hides that what it holds differs; a few words that differ are a date or a counter.
        let telling = rest.filter(|(_, count)| *count >= TELLING);
        let new_rest = telling.is_some_and(|(rest, _)| record.rests.add(rest));
        let new = content == Content::New && (new_whole || new_rest);
        if let Some(features) = &features {
            record.add_to_frame(features.set());
        }
        record.judge(new);
        match (before, record.state) {
            (State::New, State::Demoted | State::Paused) => {
                self.stale.fetch_add(1, Ordering::Relaxed);
            }
            (State::Demoted | State::Paused, State::New) => {
                self.stale.fetch_sub(1, Ordering::Relaxed);
            }
            _ => {}
        }
        if record.state == State::Paused && record.name.is_none() {
            record.name = Some(pattern.text().into());
        }
    }

    /// Tells whether any form is not new any more; nothing else need be asked when none is.
    pub(super) fn any_stale(&self) -> bool {
        self.stale.load(Ordering::Relaxed) > 0
    }

    /// Decides about a URL of this form. `from` is the form of the page it was found on: a page that
    /// still says something new may link to whatever it likes, since only what leads to itself is endless.
    pub(super) fn decide(
        &self,
        pattern: u64,
        fingerprint: Fingerprint,
        from: impl FnOnce() -> Option<u64>,
    ) -> Verdict {
        let shard = self.shard(pattern);
        let Some(record) = shard.get(&pattern) else { return Verdict::Usual };
        let name = match (record.state, &record.name) {
            (State::New, _) => return Verdict::Usual,
            (State::Paused, Some(name)) => name.clone(),
            (State::Demoted | State::Paused, _) => return Verdict::Last,
        };
        // The same URLs each time, however often they are linked.
        if fingerprint.bits().is_multiple_of(EXPLORED) && record.explored < MAX_EXPLORED {
            return Verdict::Last;
        }
        drop(shard);
        let led_astray = from().is_some_and(|from| from == pattern || self.is_stale(from));
        if led_astray { Verdict::Skip(name) } else { Verdict::Last }
    }

    pub(super) fn standing(&self, pattern: u64) -> Standing {
        match self.shard(pattern).get(&pattern) {
            Some(record) if record.judged >= 64 => {
                let new = (record.recent as u64).count_ones();
                if new >= 32 { Standing::New } else { Standing::Repeating }
            }
            _ => Standing::Unknown,
        }
    }

    /// Returns the forms that are paused, sorted.
    pub(super) fn paused(&self) -> Vec<Arc<str>> {
        let mut names = Vec::new();
        for shard in &self.shards {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            let paused = shard.values().filter(|record| record.state == State::Paused);
            names.extend(paused.filter_map(|record| record.name.clone()));
        }
        names.sort_unstable();
        names
    }

    fn is_stale(&self, pattern: u64) -> bool {
        self.shard(pattern).get(&pattern).is_some_and(|record| record.state != State::New)
    }

    fn shard(&self, hash: u64) -> Shard<'_> {
        let shard = &self.shards[(hash >> 60) as usize % SHARDS];
        Shard(shard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Shard<'a>(MutexGuard<'a, HashMap<u64, Record>>);

impl std::ops::Deref for Shard<'_> {
    type Target = HashMap<u64, Record>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl std::ops::DerefMut for Shard<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl Shard<'_> {
    /// Counts a page, and tells whether it is to be judged.
    fn count(&mut self, hash: u64) -> Look {
        if self.len() >= MOST && !self.contains_key(&hash) {
            let new = self.iter().filter(|(_, record)| record.state == State::New).take(8);
            let Some(least) = new.min_by_key(|(_, record)| record.pages).map(|(key, _)| *key)
            else {
                return Look::None;
            };
            self.remove(&least);
        }
        let record = self.entry(hash).or_default();
        record.pages = record.pages.saturating_add(1);
        // Sixteen are enough: one that repeats another has all judged again, and only 64 of them tell a trap.
        let trusted = record.recent as u16 == u16::MAX;
        if record.pages <= FREE || (trusted && !record.pages.is_multiple_of(SPOT_CHECK)) {
            return Look::None;
        }
        let known = record.frame_pages >= FRAME_PAGES;
        Look::Judge(record.frame.clone().filter(|_| known))
    }
}

impl Recent {
    /// Remembers a text, and tells whether it is unlike those remembered.
    fn add(&mut self, text: u64) -> bool {
        if self.hashes.iter().any(|known| (known ^ text).count_ones() <= NEAR) {
            return false;
        }
        if self.hashes.len() < COMPARED {
            self.hashes.push(text);
        } else {
            self.hashes[self.oldest] = text;
            self.oldest = (self.oldest + 1) % COMPARED;
        }
        true
    }
}

impl Record {
    fn add_to_frame(&mut self, features: &FeatureSet) {
        if self.frame_pages >= FRAME_PAGES {
            return;
        }
        self.frame_pages += 1;
        match &mut self.frame {
            Some(frame) => frame.iter_mut().zip(features).for_each(|(word, other)| *word &= other),
            None => self.frame = Some(Box::new(*features)),
        }
    }

    fn judge(&mut self, new: bool) {
        self.judged = self.judged.saturating_add(1);
        self.recent = self.recent << 1 | u128::from(new);
        let among_last = |count: u32| (self.recent << (128 - count)).count_ones();
        self.state = match self.state {
            State::New if self.judged >= 64 && among_last(64) <= 6 => State::Demoted,
            State::Demoted if self.judged >= 128 && among_last(128) <= 12 => State::Paused,
            State::Demoted if among_last(32) >= 16 => State::New,
            State::Paused if among_last(16) >= 8 => {
                self.explored = 0;
                State::New
            }
            State::Paused => {
                self.explored = self.explored.saturating_add(1);
                State::Paused
            }
            unchanged => unchanged,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::Parts;

    /// Has pages of one form noted, and returns how many of them were looked at.
    fn looks(
        novelty: &Novelty,
        pages: std::ops::Range<u64>,
        text: impl Fn(u64) -> String,
    ) -> usize {
        let mut looked = 0;
        for page in pages {
            let url = format!("http://a.example/article/{page}");
            let pattern = Pattern::of(&Parts::plain(&url).unwrap());
            novelty.page(&pattern, Content::New, Words::All, || {
                looked += 1;
                Some(text(page))
            });
        }
        looked
    }

    fn prose(page: u64) -> String {
        (0..80).map(|word| format!("w{} ", (word * 7 + 1) * (page + 3) % 9973)).collect()
    }

    #[test]
    fn a_site_of_a_hundred_pages_is_hardly_looked_at() {
        assert!(looks(&Novelty::new(), 0..100, prose) <= 20);
    }

    #[test]
    fn all_is_looked_at_again_once_a_page_repeats_another() {
        let novelty = Novelty::new();
        looks(&novelty, 0..1000, prose);
        assert!(looks(&novelty, 1000..1100, |_| prose(7)) >= 100 - 2 * SPOT_CHECK as usize);
        looks(&novelty, 1100..1200, |_| prose(7));
        assert_eq!(novelty.paused(), [Arc::from("http://a.example/article/{n}")]);
    }
}
