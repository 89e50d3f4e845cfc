//! The task that closes idle connections in time; it runs while there are any.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::Pool;

/// How often idle connections are looked over for old and closed ones.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// A running task; it ends with its guard.
pub(super) struct Sweeper(JoinHandle<()>);

impl Sweeper {
    /// Starts the task, unless there is no runtime: then checkouts alone find what is too old.
    pub(super) fn start(pool: &Arc<Pool>) -> Option<Self> {
        let pool = Arc::downgrade(pool);
        let task = Handle::try_current().ok()?.spawn(async move {
            loop {
                sleep(SWEEP_EVERY).await;
                let Some(pool) = pool.upgrade() else { return };
                if !pool.sweep(Instant::now()) {
                    return;
                }
            }
        });
        Some(Self(task))
    }

    /// True also when the runtime it ran on is gone.
    pub(super) fn finished(&self) -> bool {
        self.0.is_finished()
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        self.0.abort();
    }
}
