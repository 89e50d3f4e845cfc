//! Where the bytes of a body come from: a connection, or a script.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, Incoming, SizeHint};

use crate::pool::Turn;

/// What a response's body is read from.
pub(crate) enum Source {
    Wire(Incoming),
    Scripted(Box<Scripted>),
}

/// A body that is all there, and the turn that ends when it has been read.
pub(crate) struct Scripted {
    body: Full<Bytes>,
    turn: Option<Turn>,
}

impl Source {
    pub(crate) fn scripted(body: Bytes, turn: Turn) -> Self {
        let turn = (!body.is_empty()).then_some(turn);
        Self::Scripted(Box::new(Scripted { body: Full::new(body), turn }))
    }
}

impl Body for Source {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match &mut *self {
            Self::Wire(incoming) => Pin::new(incoming).poll_frame(cx),
            Self::Scripted(scripted) => {
                scripted.turn = None;
                let frame = Pin::new(&mut scripted.body).poll_frame(cx);
                frame.map(|frame| {
                    frame.map(|frame| frame.map_err(|never: Infallible| match never {}))
                })
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Wire(incoming) => incoming.is_end_stream(),
            Self::Scripted(scripted) => scripted.body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Wire(incoming) => incoming.size_hint(),
            Self::Scripted(scripted) => scripted.body.size_hint(),
        }
    }
}
