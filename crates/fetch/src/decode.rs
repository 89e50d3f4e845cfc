//! The content codings of a body (RFC 9110, section 8.4), undone in small bounded steps.
//!
//! At most two codings lie over one another. A piece of the body is [put](Decoder::put) in and
//! what it decodes to is [taken](Decoder::take) out a step at a time, so that a bomb is noticed
//! after its limit and not after its end. Called by the body only.

use std::fmt;

use bytes::{Buf, Bytes};
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, StatusCode};

use crate::error::{Error, ErrorKind, Phase};

#[cfg(feature = "brotli")]
mod brotli;
mod deflate;
mod gzip;
#[cfg(feature = "zstd")]
mod zstd;

/// The most bytes decoded in one step.
pub(crate) const STEP: usize = 32 * 1024;
/// The most codings over one another.
const MAX_CODINGS: usize = 2;

/// What a request says that it can decode.
pub(crate) const ACCEPTED: &str = match (cfg!(feature = "brotli"), cfg!(feature = "zstd")) {
    (true, true) => "gzip, deflate, br, zstd",
    (true, false) => "gzip, deflate, br",
    (false, true) => "gzip, deflate, zstd",
    (false, false) => "gzip, deflate",
};

/// A content coding that can be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    /// RFC 1952.
    Gzip,
    /// RFC 1950, and RFC 1951 without it, which some servers send under the same name.
    Deflate,
    /// RFC 7932.
    #[cfg(feature = "brotli")]
    Brotli,
    /// RFC 8878.
    #[cfg(feature = "zstd")]
    Zstd,
}

impl Coding {
    pub(crate) fn named(name: &str) -> Option<Self> {
        let names: &[(&str, Self)] = &[
            ("gzip", Self::Gzip),
            ("x-gzip", Self::Gzip),
            ("deflate", Self::Deflate),
            #[cfg(feature = "brotli")]
            ("br", Self::Brotli),
            #[cfg(feature = "zstd")]
            ("zstd", Self::Zstd),
        ];
        let known = names.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        known.map(|(_, coding)| *coding)
    }

    /// Returns the codings of a body in the order in which they were applied.
    ///
    /// None at all if one of them is unknown, if there are too many, or if the body is only a
    /// part, which cannot be decoded: such a body is handed over as it is.
    pub(crate) fn of(status: StatusCode, headers: &HeaderMap) -> Vec<Self> {
        let mut codings = Vec::new();
        if status == StatusCode::PARTIAL_CONTENT {
            return codings;
        }
        for value in headers.get_all(CONTENT_ENCODING) {
            let Ok(names) = value.to_str() else { return Vec::new() };
            for name in names.split(',').map(str::trim) {
                if name.is_empty() || name.eq_ignore_ascii_case("identity") {
                    continue;
                }
                match Self::named(name) {
                    Some(coding) if codings.len() < MAX_CODINGS => codings.push(coding),
                    _ => return Vec::new(),
                }
            }
        }
        codings
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            #[cfg(feature = "brotli")]
            Self::Brotli => "br",
            #[cfg(feature = "zstd")]
            Self::Zstd => "zstd",
        }
    }

    fn stage(self) -> Stage {
        match self {
            Self::Gzip => Stage::Gzip(gzip::Gzip::new()),
            Self::Deflate => Stage::Deflate(deflate::Deflate::new()),
            #[cfg(feature = "brotli")]
            Self::Brotli => Stage::Brotli(brotli::Brotli::new()),
            #[cfg(feature = "zstd")]
            Self::Zstd => Stage::Zstd(zstd::Zstd::new()),
        }
    }
}

/// How a body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Whole,
    /// Bytes are missing, or the checksum at the end does not fit.
    Cut,
}

/// How far one step of a decoder came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Progress {
    read: usize,
    written: usize,
}

/// What a decoder says of bytes that are not in its coding.
type Fault = Box<dyn std::error::Error + Send + Sync>;

/// The decoder of one coding. Each reads what it can, writes what fits, and swallows whatever
/// follows its end.
enum Stage {
    Gzip(gzip::Gzip),
    Deflate(deflate::Deflate),
    #[cfg(feature = "brotli")]
    Brotli(brotli::Brotli),
    #[cfg(feature = "zstd")]
    Zstd(zstd::Zstd),
}

impl Stage {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Progress, Fault> {
        match self {
            Self::Gzip(stage) => stage.step(input, output),
            Self::Deflate(stage) => stage.step(input, output),
            #[cfg(feature = "brotli")]
            Self::Brotli(stage) => stage.step(input, output),
            #[cfg(feature = "zstd")]
            Self::Zstd(stage) => stage.step(input, output),
        }
    }

    fn ending(&self) -> Ending {
        match self {
            Self::Gzip(stage) => stage.ending(),
            Self::Deflate(stage) => stage.ending(),
            #[cfg(feature = "brotli")]
            Self::Brotli(stage) => stage.ending(),
            #[cfg(feature = "zstd")]
            Self::Zstd(stage) => stage.ending(),
        }
    }
}

/// One coding of a body: its decoder, what it is to read and how much it has given out.
struct Layer {
    coding: Coding,
    stage: Stage,
    /// At most one piece of the wire, or one step of the layer before.
    input: Bytes,
    // True while the decoder may hold back output although all its input is read.
    pending: bool,
    produced: u64,
    begun: bool,
}

impl Layer {
    fn new(coding: Coding) -> Self {
        let (stage, input) = (coding.stage(), Bytes::new());
        Self { coding, stage, input, pending: false, produced: 0, begun: false }
    }

    /// Decodes until the output is full or the input used up; returns how much was written.
    fn fill(&mut self, output: &mut [u8], limit: u64) -> Result<usize, Error> {
        let mut written = 0;
        while written < output.len() && !self.starved() {
            self.begun |= !self.input.is_empty();
            let room = &mut output[written..];
            let capacity = room.len();
            let progress = self.stage.step(&self.input, room).map_err(|cause| {
                let name = self.coding.name();
                let reason = format!("the body is not the {name} it claims to be: {cause}");
                Error::new(ErrorKind::Decode, reason).with_phase(Phase::Body).with_source(cause)
            })?;
            self.input.advance(progress.read);
            self.pending = progress.written == capacity;
            written += progress.written;
            if progress == Progress::default() && !self.input.is_empty() {
                let reason = format!("the {} decoder does not get on", self.coding.name());
                return Err(Error::new(ErrorKind::Decode, reason).with_phase(Phase::Body));
            }
        }
        self.produced += written as u64;
        if self.produced > limit {
            let reason = format!(
                "the decoded body is larger than {limit} bytes; raise max_body to allow it"
            );
            return Err(Error::new(ErrorKind::TooLarge, reason).with_phase(Phase::Body));
        }
        Ok(written)
    }

    /// Whether nothing can come out before something is put in.
    fn starved(&self) -> bool {
        !self.pending && self.input.is_empty()
    }

    fn ending(&self) -> Ending {
        if self.begun { self.stage.ending() } else { Ending::Whole }
    }
}

/// The decoder of one body, which gives up once the body is larger than its limit.
///
/// It holds one piece of the wire, at most one step between two codings, and the window of each
/// coding: 32 KiB, or up to 16 MiB for br and 8 MiB for zstd.
pub(crate) struct Decoder {
    // The outermost coding, the one that was applied last, comes first.
    layers: Vec<Layer>,
    limit: u64,
}

impl Decoder {
    /// Makes a decoder that gives out at most `limit` bytes, also between two codings;
    /// `codings` are in the order in which they were applied.
    pub(crate) fn new(codings: &[Coding], limit: u64) -> Self {
        Self { layers: codings.iter().rev().map(|coding| Layer::new(*coding)).collect(), limit }
    }

    /// Puts in the next piece, after all of the last one has been taken out.
    pub(crate) fn put(&mut self, data: Bytes) {
        if let Some(outermost) = self.layers.first_mut() {
            outermost.input = data;
        }
    }

    /// Tells whether another piece is needed.
    pub(crate) fn starved(&self) -> bool {
        self.layers.iter().all(Layer::starved)
    }

    /// Takes the next step: appends at most 32 KiB to `out` and returns how many bytes; none
    /// when another piece is needed.
    pub(crate) fn take(&mut self, out: &mut Vec<u8>) -> Result<usize, Error> {
        if self.starved() {
            return Ok(0);
        }
        let start = out.len();
        out.resize(start + STEP, 0);
        let written = fill(&mut self.layers, &mut out[start..], self.limit);
        out.truncate(start + *written.as_ref().unwrap_or(&0));
        written
    }

    /// Tells how the body ended, once it has and all has been taken out.
    pub(crate) fn ending(&self) -> Ending {
        let cut = self.layers.iter().any(|layer| layer.ending() == Ending::Cut);
        if cut { Ending::Cut } else { Ending::Whole }
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let codings: Vec<_> = self.layers.iter().map(|layer| layer.coding).collect();
        f.debug_struct("Decoder").field("codings", &codings).finish_non_exhaustive()
    }
}

/// Fills the output from the last layer, and each layer from the one before it.
fn fill(layers: &mut [Layer], output: &mut [u8], limit: u64) -> Result<usize, Error> {
    let Some((last, before)) = layers.split_last_mut() else { return Ok(0) };
    loop {
        let written = last.fill(output, limit)?;
        if written > 0 || before.is_empty() {
            return Ok(written);
        }
        let mut between = vec![0; STEP];
        let filled = fill(before, &mut between, limit)?;
        between.truncate(filled);
        if between.is_empty() {
            return Ok(0);
        }
        last.input = between.into();
    }
}

#[cfg(test)]
#[cfg(all(feature = "brotli", feature = "zstd"))]
mod tests;
