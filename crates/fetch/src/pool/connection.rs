//! What a request is sent on: a connection of its own, or a stream of one that is shared.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Context;

use bytes::Bytes;
use http::HeaderValue;
use http_body_util::Full;
use hyper::body::Incoming;
use tokio::task::{JoinHandle, JoinSet};

use super::http2::Stream;
use super::{Http1, SendFailure};
use crate::alarm::Alarm;

/// A connection as one request sees it.
pub(crate) enum Connection {
    // Boxed, since it is handed on from place to place for each request.
    Http1(Box<Http1>),
    Http2(Stream),
}

impl Connection {
    /// Sends a request and waits for the head of the response.
    pub(crate) async fn send(
        &mut self,
        request: http::Request<Full<Bytes>>,
    ) -> Result<http::Response<Incoming>, SendFailure> {
        match self {
            Self::Http1(connection) => connection.send(request).await,
            Self::Http2(stream) => stream.send(request).await,
        }
    }

    /// Moves what there is to move, for somebody who waits for a part of the response; a shared one moves by itself.
    pub(crate) fn run(&mut self, cx: &mut Context<'_>) {
        if let Self::Http1(connection) = self {
            connection.run(cx);
        }
    }

    /// Takes the timer out for a wait, which needs the rest of the connection as well.
    pub(crate) fn take_alarm(&mut self) -> Alarm {
        match self {
            Self::Http1(connection) => std::mem::take(&mut connection.alarm),
            // A stream lives for one request, so there is nothing to keep.
            Self::Http2(_) => Alarm::default(),
        }
    }

    /// Keeps the timer for the next wait.
    pub(crate) fn keep_alarm(&mut self, alarm: Alarm) {
        if let Self::Http1(connection) = self {
            connection.alarm = alarm;
        }
    }

    /// Returns the value of the `host` header.
    pub(crate) fn host(&self) -> &HeaderValue {
        match self {
            Self::Http1(connection) => connection.host(),
            Self::Http2(stream) => stream.host(),
        }
    }

    pub(crate) fn remote(&self) -> SocketAddr {
        match self {
            Self::Http1(connection) => connection.remote(),
            Self::Http2(stream) => stream.remote(),
        }
    }
}

/// The tasks that move the bytes of a shared connection; they end with their guard.
pub(crate) struct Driver {
    task: JoinHandle<()>,
    beside: Tasks,
}

impl Driver {
    /// A driver with the tasks that the main one starts.
    pub(super) fn new(task: JoinHandle<()>, beside: Tasks) -> Self {
        Self { task, beside }
    }

    /// Waits until the socket is closed.
    pub(crate) async fn close(mut self) {
        self.task.abort();
        // An error only says that the task was aborted.
        drop((&mut self.task).await);
        let mut tasks = std::mem::take(&mut *self.beside.lock());
        tasks.shutdown().await;
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.task.abort();
        self.beside.lock().abort_all();
    }
}

/// Where hyper starts the tasks of a shared connection: one for its socket, one a stream.
#[derive(Clone, Default)]
pub(super) struct Tasks(Arc<Mutex<JoinSet<()>>>);

impl Tasks {
    fn lock(&self) -> std::sync::MutexGuard<'_, JoinSet<()>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F> hyper::rt::Executor<F> for Tasks
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, future: F) {
        let mut tasks = self.lock();
        // What has ended is let go here, so the set is as large as what runs and one more.
        while tasks.try_join_next().is_some() {}
        tasks.spawn(future);
    }
}
