//! br, the Brotli format (RFC 7932), with windows of at most 16 MiB.

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};

use super::{Ending, Fault, Progress};

type State = BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>;

/// The decoder of one body.
pub(super) struct Brotli {
    // Empty once the stream has ended.
    state: Option<Box<State>>,
}

impl Brotli {
    pub(super) fn new() -> Self {
        let allocator = StandardAlloc::default;
        // The lenient constructor takes windows of up to 1 GiB, which RFC 7932 does not know.
        let state = BrotliState::new_strict(allocator(), allocator(), allocator());
        Self { state: Some(Box::new(state)) }
    }

    pub(super) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Progress, Fault> {
        let Some(state) = &mut self.state else {
            return Ok(Progress { read: input.len(), written: 0 });
        };
        let (mut unread, mut read) = (input.len(), 0);
        let (mut room, mut written, mut total) = (output.len(), 0, 0);
        let result = BrotliDecompressStream(
            &mut unread,
            &mut read,
            input,
            &mut room,
            &mut written,
            output,
            &mut total,
            state,
        );
        match result {
            BrotliResult::ResultSuccess => self.state = None,
            BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {}
            BrotliResult::ResultFailure => return Err("the stream is damaged".into()),
        }
        Ok(Progress { read, written })
    }

    pub(super) fn ending(&self) -> Ending {
        if self.state.is_none() { Ending::Whole } else { Ending::Cut }
    }
}
