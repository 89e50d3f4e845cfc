//! deflate, of both kinds: with a zlib header (RFC 1950), and raw (RFC 1951) as some servers
//! send it.

use flate2::{Decompress, FlushDecompress, Status};

use super::{Ending, Fault, Progress};

/// The decoder of one body.
pub(super) struct Deflate {
    /// The first two bytes, which tell the kinds apart.
    first: [u8; 2],
    state: State,
}

enum State {
    /// This many of the first bytes are there, fewer than two.
    Deciding(usize),
    /// This many of the first bytes have been decoded.
    Decoding(Box<Decompress>, usize),
    Ended,
}

impl Deflate {
    pub(super) fn new() -> Self {
        Self { first: [0; 2], state: State::Deciding(0) }
    }

    pub(super) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Progress, Fault> {
        let mut progress = Progress::default();
        if let State::Deciding(mut known) = self.state {
            while known < 2 && progress.read < input.len() {
                self.first[known] = input[progress.read];
                known += 1;
                progress.read += 1;
            }
            if known < 2 {
                self.state = State::Deciding(known);
                return Ok(progress);
            }
            let inflater = Box::new(Decompress::new(zlib_header(self.first)));
            self.state = State::Decoding(inflater, 0);
        }
        if let State::Decoding(inflater, fed) = &mut self.state {
            if *fed < 2 {
                let (step, status) = inflate(inflater, &self.first[*fed..], output)?;
                *fed += step.read;
                progress.written += step.written;
                if status == Status::StreamEnd {
                    self.state = State::Ended;
                }
                return Ok(progress);
            }
            let (step, status) = inflate(inflater, &input[progress.read..], output)?;
            progress.read += step.read;
            progress.written += step.written;
            if status == Status::StreamEnd {
                self.state = State::Ended;
            }
        } else {
            progress.read = input.len();
        }
        Ok(progress)
    }

    pub(super) fn ending(&self) -> Ending {
        match self.state {
            State::Ended => Ending::Whole,
            _ => Ending::Cut,
        }
    }
}

/// Takes one step of inflating.
pub(super) fn inflate(
    inflater: &mut Decompress,
    input: &[u8],
    output: &mut [u8],
) -> Result<(Progress, Status), Fault> {
    let (read, written) = (inflater.total_in(), inflater.total_out());
    let status = inflater.decompress(input, output, FlushDecompress::None)?;
    let read = usize::try_from(inflater.total_in() - read).expect("no more than the input");
    let written = usize::try_from(inflater.total_out() - written).expect("no more than the output");
    Ok((Progress { read, written }, status))
}

/// Returns whether these are the two bytes of a zlib header without a preset dictionary.
fn zlib_header([method, flags]: [u8; 2]) -> bool {
    method & 0x0f == 8
        && method >> 4 <= 7
        && flags & 0x20 == 0
        && u16::from_be_bytes([method, flags]) % 31 == 0
}
