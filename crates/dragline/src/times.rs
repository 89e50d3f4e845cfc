//! Where the time of a page went. Noted by the worker, from what the client says and from its own clock.

use std::time::Duration;

use dragline_fetch::Timings;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

/// Where the time of one URL went in its last try; what there was not is zero, such as a lookup on a connection that
/// was there already, and everything but `parse` for a [`Fetcher`](crate::Fetcher) that says nothing of it.
///
/// Serialised, it has each phase in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageTimes {
    /// Looking up the addresses of the host.
    pub resolve: Duration,
    /// Opening a connection: TCP and TLS.
    pub connect: Duration,
    /// From the request to the head of the answer.
    pub first_byte: Duration,
    /// From the head to the last byte of the body.
    pub body: Duration,
    /// Reading the page: its links and the spider.
    pub parse: Duration,
}

impl PageTimes {
    pub(crate) fn of(timings: Timings) -> Self {
        let Timings { resolve, connect, first_byte, body } = timings;
        Self { resolve, connect, first_byte, body, parse: Duration::ZERO }
    }

    /// Returns the phases in their order, each with the name that it has everywhere.
    pub(crate) fn phases(&self) -> [(&'static str, Duration); 5] {
        [
            ("resolve", self.resolve),
            ("connect", self.connect),
            ("first_byte", self.first_byte),
            ("body", self.body),
            ("parse", self.parse),
        ]
    }
}

impl Serialize for PageTimes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let phases = self.phases();
        let mut fields = serializer.serialize_struct("PageTimes", phases.len())?;
        for (name, time) in phases {
            fields.serialize_field(name, &time.as_secs_f64())?;
        }
        fields.end()
    }
}
