//! The ways an answer can go wrong on purpose. What each one does on the wire is in `delivery.rs`.

use std::time::Duration;

/// Names one way in which the server misbehaves.
///
/// A fault begins after the whole request has been read and the delay of the answer has passed. The
/// faults that concern the body do nothing where there is none, as in the answer to a `HEAD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Resets the connection (a TCP RST) without an answer.
    Reset,
    /// Closes the connection in order (a TCP FIN) without an answer.
    Close,
    /// Never answers, until the client hangs up or the server is dropped.
    Stall,
    /// Sends the head and half of the body, then nothing more until the client hangs up.
    StallBody,
    /// Sends the body over and over, chunked, until the client hangs up.
    Endless,
    /// Announces the whole body, sends half of it and closes the connection.
    Truncate,
    /// Sends bytes that are not HTTP and closes the connection.
    Garbage,
    /// Sends the body one byte at a time.
    Drip {
        /// How long the server waits before each byte.
        every: Duration,
    },
}
