//! The store on Redis as the engine sees it.

use std::time::Duration;

use dragline_frontier::{BoxFuture, Completion, Counts, HostId, StoreError};
use dragline_redis::RedisStore;

use crate::shared_store::{Orders, Renewal, Run, Settled, SharedStore};

impl SharedStore for RedisStore {
    fn settle(&mut self, batch: Completion) -> BoxFuture<'_, Result<Settled, StoreError>> {
        Box::pin(async {
            let settled = self.settle(batch).await?;
            let dragline_redis::Settled { receipt, refused, lost } = settled;
            Ok(Settled { receipt, refused, lost })
        })
    }

    fn renew(&mut self) -> BoxFuture<'_, Result<Renewal, StoreError>> {
        Box::pin(async {
            let dragline_redis::Renewal { lost, blocked } = self.renew().await?;
            Ok(Renewal { lost, blocked })
        })
    }

    fn release(&mut self, hosts: Vec<HostId>) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move { self.release(&hosts, Duration::ZERO).await })
    }

    fn check_in(&mut self) -> BoxFuture<'_, Result<Orders, StoreError>> {
        Box::pin(async {
            let dragline_redis::Orders { run, seeds, limits } = self.check_in().await?;
            let run = match run {
                dragline_redis::Run::Go => Run::Go,
                dragline_redis::Run::Pause => Run::Pause,
                dragline_redis::Run::Stop => Run::Stop,
            };
            Ok(Orders { run, seeds, limits })
        })
    }

    fn counts(&mut self) -> BoxFuture<'_, Result<Counts, StoreError>> {
        Box::pin(async { Ok(self.status().await?.counts) })
    }

    fn keep_rules(
        &mut self,
        host: HostId,
        rules: Vec<u8>,
        hold: Duration,
    ) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move { self.keep_rules(host, &rules, hold).await })
    }

    fn take_rules(&mut self, host: HostId) -> Option<(Box<[u8]>, Duration)> {
        self.take_rules(host)
    }

    fn note(&self, host: HostId) -> Option<&[u8]> {
        self.note(host)
    }

    fn spare(&mut self, host: HostId, rest: Duration) {
        self.spare(host, rest);
    }

    fn holds(&self, host: HostId) -> bool {
        self.holds(host)
    }

    fn held(&self) -> Vec<HostId> {
        self.held()
    }

    fn idle(&self) -> Vec<HostId> {
        self.idle()
    }
}
