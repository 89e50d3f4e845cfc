//! A store that several workers share, as the engine sees it: hosts are leased for a time, and may be lost.

use std::time::Duration;

use dragline_frontier::{
    BoxFuture, Completion, Counts, Fingerprint, HostId, HostKey, HostLimit, Receipt, Store,
    StoreError,
};

/// Keeps a frontier that several workers share. A host is a worker's as long as its lease is renewed in time.
pub(crate) trait SharedStore: Store {
    /// Does what [`Store::complete`] does, and tells what was refused because its lease is lost.
    fn settle(&mut self, batch: Completion) -> BoxFuture<'_, Result<Settled, StoreError>>;

    /// Prolongs all leases, and tells which are not the worker's any more.
    fn renew(&mut self) -> BoxFuture<'_, Result<Renewal, StoreError>>;

    /// Gives hosts back, with what was claimed of them.
    fn release(&mut self, hosts: Vec<HostId>) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Tells others that the worker is there, and returns what was ordered since this was asked last.
    fn check_in(&mut self) -> BoxFuture<'_, Result<Orders, StoreError>>;

    /// Counts the URLs of all workers.
    fn counts(&mut self) -> BoxFuture<'_, Result<Counts, StoreError>>;

    /// Keeps the robots rules of a host for whoever leases it within this time.
    fn keep_rules(
        &mut self,
        host: HostId,
        rules: Vec<u8>,
        hold: Duration,
    ) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Takes the rules that were kept when the host was leased, and how long they held then.
    fn take_rules(&mut self, host: HostId) -> Option<(Box<[u8]>, Duration)>;

    /// Returns what was kept of a held host.
    fn note(&self, host: HostId) -> Option<&[u8]>;

    /// Says how long a held host is to be left alone when it is let go of.
    fn spare(&mut self, host: HostId, rest: Duration);

    /// Tells whether a host is held, as far as is known.
    fn holds(&self, host: HostId) -> bool;

    /// Returns the hosts that are held.
    fn held(&self) -> Vec<HostId>;

    /// Returns the hosts that are held though nothing is to be done there.
    fn idle(&self) -> Vec<HostId>;
}

/// What became of a batch.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    pub(crate) receipt: Receipt,
    /// URLs whose ends were not taken.
    pub(crate) refused: Vec<Fingerprint>,
    /// Hosts that turned out to be lost.
    pub(crate) lost: Vec<HostId>,
}

/// What became of leases.
#[derive(Debug, Default)]
pub(crate) struct Renewal {
    /// Hosts that are lost.
    pub(crate) lost: Vec<HostId>,
    /// Hosts that somebody wants to be left alone.
    pub(crate) blocked: Vec<HostId>,
}

/// What is ordered of all workers.
#[derive(Debug, Default)]
pub(crate) struct Orders {
    pub(crate) run: Run,
    /// Seeds that others added, whose scope is the crawl's from now on.
    pub(crate) seeds: Vec<Box<str>>,
    /// All limits of hosts, if one of them changed.
    pub(crate) limits: Option<Vec<(HostKey, HostLimit)>>,
}

/// What all workers are to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "fleet"),
    expect(dead_code, reason = "only that feature has a store that can be shared")
)]
pub(crate) enum Run {
    #[default]
    Go,
    Pause,
    Stop,
}
