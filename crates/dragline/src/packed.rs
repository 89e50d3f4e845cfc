//! A request on its way through admission: what of it waits in the frontier, and by what it is known there.

use dragline_frontier::Pending;
use serde::Serialize;
use url::Url;

use crate::message::Message;
use crate::request::{Priority, Request, encode_route};

/// A request on its way through admission.
pub(crate) struct Packed {
    pub(crate) url: Url,
    pub(crate) payload: Option<Box<[u8]>>,
    pub(crate) placing: Placing,
}

/// What is left to do with a request once it is admitted.
pub(crate) struct Placing {
    priority: Priority,
    message: Option<Message>,
}

/// By what an admitted request is known.
#[derive(Debug)]
pub(crate) enum Placed {
    /// Its URL alone.
    ByUrl(Pending),
    /// More than that.
    Apart(Pending),
}

/// A request that cannot be sent: its URL, and why, as a code and in words.
#[derive(Debug)]
pub(crate) struct Unsendable {
    pub(crate) url: String,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Packed {
    /// Packs a request, which is sent in this session unless it names one.
    pub(crate) fn new<R: Serialize>(
        request: Request<R>,
        session: Option<&str>,
    ) -> Result<Self, Unsendable> {
        let Request { url, route, priority, message } = request;
        let failed = |code, message| Unsendable { url: url.to_string(), code, message };
        // A route is a value of the spider's own type, so only a broken Serialize can fail here.
        let route = encode_route(&route).map_err(|error| {
            failed("spider", format!("the route of the request cannot be written: {error}"))
        })?;
        let message = match message {
            None => Message::of_session(session),
            Some(message) => {
                let message = message.and_then(|mut message| {
                    message.session = message.session.or_else(|| session.map(Box::from));
                    message.check().map(|()| message)
                });
                Some(message.map_err(|problem| failed("invalid_request", problem))?)
            }
        };
        let payload = match &message {
            None => route,
            Some(message) => message.write(route.as_deref()),
        };
        Ok(Self { url, payload, placing: Placing { priority, message } })
    }
}

impl Placing {
    /// Gives an admitted request its turn and what it is known by. `origin` tells one that is never the same
    /// from all others.
    pub(crate) fn place(&self, pending: Pending, origin: &[u8]) -> Placed {
        let pending = self.priority.place(pending);
        match &self.message {
            Some(message) if !message.is_known_by_url() => {
                Placed::Apart(message.tell_apart(pending, origin))
            }
            _ => Placed::ByUrl(pending),
        }
    }
}

impl Placed {
    /// Returns the request, whatever it is known by.
    pub(crate) fn into_pending(self) -> Pending {
        match self {
            Self::ByUrl(pending) | Self::Apart(pending) => pending,
        }
    }
}
