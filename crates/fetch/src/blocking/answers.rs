//! The answers of a batch as an ordinary iterator.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{AbortHandle, abortable};
use tokio::sync::Semaphore;

use super::client::Shared;
use crate::batch::{Progress, ProgressHandle};
use crate::error::Error;
use crate::response::Response;
use crate::target::Target;

/// The answers that wait in the channel between two threads, beside those in the batch.
const MAX_WAITING: usize = 64;

/// The answers of a [`Batch`](super::Batch) as they arrive: each URL as it was given, and its
/// response.
///
/// At most `concurrency` and 64 more answers are under way or waiting to be taken. Dropping the
/// iterator cancels all that is under way.
pub struct Answers {
    answers: Receiver<Result<Answer, Box<dyn Any + Send>>>,
    // As many permits as there is room in the channel, which itself has no bound.
    room: Arc<Semaphore>,
    progress: ProgressHandle,
    job: AbortHandle,
    // Keeps the thread running.
    _shared: Arc<Shared>,
}

pub(super) type Answer = (String, Result<Response<Bytes>, Error>);

impl Answers {
    pub(super) fn start<I>(shared: Arc<Shared>, batch: crate::Batch<I>) -> Result<Self, Error>
    where
        I: Iterator + Send + 'static,
        I::Item: Into<Target>,
    {
        let (results, answers) = channel();
        let room = Arc::new(Semaphore::new(MAX_WAITING));
        let progress = batch.progress_handle();
        let (free, answered) = (Arc::clone(&room), results.clone());
        let work = async move {
            let mut stream = batch.stream();
            while let Some(answer) = stream.next().await {
                let Ok(permit) = free.acquire().await else { return };
                permit.forget();
                if answered.send(Ok(answer)).is_err() {
                    return;
                }
            }
        };
        let (work, job) = abortable(AssertUnwindSafe(work).catch_unwind());
        shared.thread.spawn(Box::pin(async move {
            if let Ok(Err(panic)) = work.await {
                // Without a receiver there is nobody to tell.
                let _ = results.send(Err(panic));
            }
        }))?;
        Ok(Self { answers, room, progress, job, _shared: shared })
    }

    /// Returns how far the batch is.
    pub fn progress(&self) -> Progress {
        self.progress.progress()
    }

    /// Returns a handle that tells the same from another thread.
    pub fn progress_handle(&self) -> ProgressHandle {
        self.progress.clone()
    }
}

impl Iterator for Answers {
    type Item = Answer;

    /// Waits for the next answer, which blocks the thread; `None` when every URL has one.
    fn next(&mut self) -> Option<Answer> {
        match self.answers.recv() {
            Ok(Ok(answer)) => {
                self.room.add_permits(1);
                Some(answer)
            }
            Ok(Err(panic)) => resume_unwind(panic),
            Err(_) => None,
        }
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        self.job.abort();
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answers").field("progress", &self.progress()).finish_non_exhaustive()
    }
}
