//! zstd (RFC 8878) as RFC 9659 bounds it: frames with windows of at most 8 MiB.

use zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer, get_error_name};

use super::{Ending, Fault, Progress};

/// The largest window, as a power of two (RFC 9659, section 3).
const WINDOW_LOG: u32 = 23;
/// What the library says when something else than a frame begins.
const NO_FRAME: &str = "Unknown frame descriptor";

/// The decoder of one body.
pub(super) struct Zstd {
    context: DCtx<'static>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    FirstFrame,
    LaterFrame,
    /// A whole frame has ended, and nothing follows so far.
    BetweenFrames,
    /// A whole frame has ended and what follows is no other frame.
    Junk,
}

impl Zstd {
    pub(super) fn new() -> Self {
        let mut context = DCtx::create();
        context
            .set_parameter(DParameter::WindowLogMax(WINDOW_LOG))
            .expect("a window of 8 MiB is within the bounds of the format");
        Self { context, state: State::FirstFrame }
    }

    pub(super) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Progress, Fault> {
        if self.state == State::Junk {
            return Ok(Progress { read: input.len(), written: 0 });
        }
        if self.state == State::BetweenFrames {
            // Without input there is no other frame, nor output left of the last.
            if input.is_empty() {
                return Ok(Progress::default());
            }
            self.state = State::LaterFrame;
        }
        let mut source = InBuffer::around(input);
        let mut target = OutBuffer::around(output);
        match self.context.decompress_stream(&mut target, &mut source) {
            Ok(0) => self.state = State::BetweenFrames,
            Ok(_) => {}
            Err(code) if self.state == State::LaterFrame && get_error_name(code) == NO_FRAME => {
                self.state = State::Junk;
                return Ok(Progress { read: input.len(), written: 0 });
            }
            Err(code) => return Err(get_error_name(code).into()),
        }
        Ok(Progress { read: source.pos(), written: target.pos() })
    }

    pub(super) fn ending(&self) -> Ending {
        match self.state {
            State::BetweenFrames | State::Junk => Ending::Whole,
            State::FirstFrame | State::LaterFrame => Ending::Cut,
        }
    }
}
