//! The log of a running site: hits, connections, and how much happens at once. `Server` reads it,
//! the connections write it; what is going on now is counted by guards, so an aborted task leaves
//! no count behind.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::hit::Hit;

/// How many hits are kept in full; later ones are only counted.
const MAX_HITS: usize = 200_000;

/// Everything that is remembered of a running site.
#[derive(Debug, Default)]
pub(crate) struct Log {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    hits: Vec<Hit>,
    hits_by_path: HashMap<String, usize>,
    accepted: usize,
    open: usize,
    in_flight: Level,
    in_flight_by_host: HashMap<String, Level>,
}

/// A number that goes up and down, with the highest it has been.
#[derive(Debug, Default)]
struct Level {
    now: usize,
    most: usize,
}

impl Log {
    /// Counts a connection as open until the guard is dropped.
    pub(crate) fn open(self: &Arc<Self>) -> Open {
        let mut state = self.state();
        state.accepted += 1;
        state.open += 1;
        Open { log: Arc::clone(self), number: state.accepted }
    }

    /// Records a hit, and counts it as being answered until the guard is dropped.
    pub(crate) fn begin(self: &Arc<Self>, hit: Hit) -> Turn {
        let mut state = self.state();
        let count = state.hits_by_path.entry(hit.path.clone()).or_default();
        *count += 1;
        let count = *count;
        state.in_flight.rise();
        state.in_flight_by_host.entry(hit.host.clone()).or_default().rise();
        let turn = Turn { log: Arc::clone(self), host: hit.host.clone(), count };
        if state.hits.len() < MAX_HITS {
            state.hits.push(hit);
        }
        turn
    }

    /// Returns a copy of the hits that were kept.
    pub(crate) fn hits(&self) -> Vec<Hit> {
        self.state().hits.clone()
    }

    /// Returns how often a path was asked for.
    pub(crate) fn hits_of(&self, path: &str) -> usize {
        self.state().hits_by_path.get(path).copied().unwrap_or(0)
    }

    /// Returns how many connections were accepted.
    pub(crate) fn accepted(&self) -> usize {
        self.state().accepted
    }

    /// Returns how many connections are open now.
    pub(crate) fn open_now(&self) -> usize {
        self.state().open
    }

    /// Returns the highest number of requests that were answered at once.
    pub(crate) fn most_in_flight(&self) -> usize {
        self.state().in_flight.most
    }

    /// Returns the same for one `Host`.
    pub(crate) fn most_in_flight_of(&self, host: &str) -> usize {
        self.state().in_flight_by_host.get(host).map_or(0, |level| level.most)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while the log is locked")
    }
}

impl Level {
    fn rise(&mut self) {
        self.now += 1;
        self.most = self.most.max(self.now);
    }
}

/// Says that a connection is open.
#[derive(Debug)]
pub(crate) struct Open {
    log: Arc<Log>,
    number: usize,
}

impl Open {
    /// Returns the number of the connection, from 1.
    pub(crate) fn number(&self) -> usize {
        self.number
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.log.state().open -= 1;
    }
}

/// Says that a request is being answered.
#[derive(Debug)]
pub(crate) struct Turn {
    log: Arc<Log>,
    host: String,
    count: usize,
}

impl Turn {
    /// Returns how often the path had been asked for, this request included.
    pub(crate) fn count(&self) -> usize {
        self.count
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = self.log.state();
        state.in_flight.now -= 1;
        if let Some(level) = state.in_flight_by_host.get_mut(&self.host) {
            level.now -= 1;
        }
    }
}
