//! What stands for archives when the feature `warc` is off: there are none.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use dragline_fetch::{Request, Response};

use crate::batch::Committed;
use crate::sink::SinkError;

#[derive(Debug)]
pub(crate) struct ArchiveFile(Infallible);

#[derive(Debug)]
pub(crate) struct Recorder(Infallible);

#[derive(Debug)]
pub(crate) struct Recording(Infallible);

#[derive(Debug)]
pub(crate) struct Wanted(Infallible);

#[expect(dead_code, reason = "the parts of an exchange are for those who write them")]
pub(crate) struct About {
    pub(crate) sent: SystemTime,
    pub(crate) elapsed: Duration,
    pub(crate) depth: u16,
    pub(crate) via: Option<Arc<str>>,
}

impl Recorder {
    pub(crate) fn want(&self, _: &Request) -> Wanted {
        match self.0 {}
    }

    pub(crate) async fn record(
        &self,
        _: Wanted,
        _: &Response<Bytes>,
        _: About,
    ) -> Option<Box<Recording>> {
        match self.0 {}
    }
}

impl ArchiveFile {
    pub(crate) fn take(&mut self, _: Recording) {
        match self.0 {}
    }

    pub(crate) fn has_pending(&self) -> bool {
        match self.0 {}
    }

    pub(crate) fn commit(&mut self, _: &mut Committed) -> Result<(), SinkError> {
        match self.0 {}
    }

    pub(crate) async fn finish(self) -> Result<(), SinkError> {
        match self.0 {}
    }
}
