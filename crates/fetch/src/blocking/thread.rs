//! The thread on which a blocking client does its work.

use std::future::Future;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::mpsc as std_mpsc;
use std::thread::{self, JoinHandle};

use futures_util::FutureExt;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::config::ConfigError;
use crate::error::{Error, ErrorKind};
use crate::resolve::BoxFuture;

/// The most jobs that wait to be taken by the thread; who sends one more waits for a place.
const MAX_WAITING: usize = 64;

type Job = BoxFuture<'static, ()>;

/// A thread with a runtime of its own; it ends when this is dropped.
pub(super) struct Thread {
    // None only while it is dropped.
    jobs: Option<mpsc::Sender<Job>>,
    handle: Option<JoinHandle<()>>,
}

impl Thread {
    pub(super) fn start() -> Result<Self, ConfigError> {
        if inside_runtime() {
            return Err(ConfigError::InsideRuntime);
        }
        let failed = |cause: std::io::Error| ConfigError::Thread { reason: cause.to_string() };
        let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let (jobs, queue) = mpsc::channel(MAX_WAITING);
        let handle = thread::Builder::new()
            .name("dragline-fetch".into())
            .spawn(move || serve(runtime, queue))
            .map_err(failed)?;
        Ok(Self { jobs: Some(jobs), handle: Some(handle) })
    }

    /// Runs a future on the thread and waits for what it gives; a panic of it goes on here.
    pub(super) fn run<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Error> {
        let (result, answer) = std_mpsc::sync_channel(1);
        self.spawn(Box::pin(async move {
            let output = AssertUnwindSafe(future).catch_unwind().await;
            // The caller waits below; there is room for the one answer.
            let _ = result.try_send(output);
        }))?;
        match answer.recv() {
            Ok(Ok(output)) => Ok(output),
            Ok(Err(panic)) => resume_unwind(panic),
            Err(_) => Err(gone()),
        }
    }

    /// Starts a job on the thread; it is dropped when the thread ends.
    pub(super) fn spawn(&self, job: Job) -> Result<(), Error> {
        may_block()?;
        let jobs = self.jobs.as_ref().expect("the queue is there until the thread is dropped");
        jobs.blocking_send(job).map_err(|_| gone())
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.jobs = None;
        // Inside a runtime, which may be that of the thread itself, nothing may wait.
        if let Some(handle) = self.handle.take()
            && !inside_runtime()
        {
            // An error is a panic, which the thread has already reported.
            let _ = handle.join();
        }
    }
}

/// Returns an error inside a runtime, where a call that waits would stop it.
pub(super) fn may_block() -> Result<(), Error> {
    if !inside_runtime() {
        return Ok(());
    }
    let reason =
        "a blocking call inside a tokio runtime would stop it; use the asynchronous client";
    Err(Error::new(ErrorKind::Config, reason))
}

fn inside_runtime() -> bool {
    Handle::try_current().is_ok()
}

fn gone() -> Error {
    Error::new(ErrorKind::Config, "the thread of the client has ended; make a new client")
}

fn serve(runtime: Runtime, mut queue: mpsc::Receiver<Job>) {
    runtime.block_on(async move {
        let mut jobs = JoinSet::new();
        while let Some(job) = queue.recv().await {
            // Jobs catch what panics in them.
            while jobs.try_join_next().is_some() {}
            jobs.spawn(job);
        }
    });
    // A lookup of the system may hang in a thread of its own; it is not waited for.
    runtime.shutdown_background();
}
