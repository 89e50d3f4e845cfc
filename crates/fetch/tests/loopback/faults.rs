//! How a server ends a connection that is not over.

use std::sync::Arc;

use crate::server::{Peer, Server};

impl Server {
    /// Answers the first request on every connection with these bytes and closes.
    pub(crate) async fn closing(response: impl Into<Vec<u8>>) -> Self {
        let response: Arc<[u8]> = response.into().into();
        Self::start(move |mut peer, _| {
            let response = Arc::clone(&response);
            async move {
                peer.request().await?;
                peer.send(&response).await
            }
        })
        .await
    }
}

impl Peer {
    /// Closes with a reset instead of a regular end.
    pub(crate) fn reset(self) {
        self.stream.set_zero_linger().unwrap();
    }

    /// Waits for the client to close.
    pub(crate) async fn closed(&mut self) {
        while self.request().await.is_some() {}
    }
}
