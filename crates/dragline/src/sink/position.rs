//! A position: where the output of a sink ends, as the state of a crawl keeps it.

use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::sink::SinkError;

/// The longest position, in bytes: 4 KiB. It is written with every commit.
const LONGEST: usize = 4096;

/// Where the output of a sink ends, in the sink's own words. At most 4 KiB.
///
/// ```
/// # use dragline::{Position, SinkError};
/// let position = Position::new(&(3, 70_000))?;
/// assert_eq!(position.read::<(u32, u64)>()?, (3, 70_000));
/// # Ok::<(), SinkError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position(Box<[u8]>);

impl Position {
    /// Makes a position of what the sink needs to know to go on.
    ///
    /// # Errors
    /// When it cannot be written as JSON, or is too long.
    pub fn new(place: &impl Serialize) -> Result<Self, SinkError> {
        let bytes = serde_json::to_vec(place).map_err(|error| {
            SinkError::new("a position cannot be written as JSON", error.into())
        })?;
        if bytes.len() > LONGEST {
            let message =
                format!("a position has {} bytes, and {LONGEST} are the most", bytes.len());
            return Err(SinkError::new(message, io::ErrorKind::InvalidInput.into()));
        }
        Ok(Self(bytes.into()))
    }

    /// Returns what the sink needs to know to go on.
    ///
    /// # Errors
    /// When it is not what was written, as when another kind of sink had the name before.
    pub fn read<P: DeserializeOwned>(&self) -> Result<P, SinkError> {
        serde_json::from_slice(&self.0).map_err(|error| {
            let message = "where the output ended is kept in another form than this; write it as \
                           before, or restart the crawl";
            SinkError::new(message, error.into())
        })
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    pub(crate) fn into_bytes(self) -> Box<[u8]> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_that_is_too_long_is_refused() {
        assert!(Position::new(&"x".repeat(LONGEST - 2)).is_ok());
        let error = Position::new(&"x".repeat(LONGEST)).unwrap_err();
        assert_eq!(error.to_string(), "a position has 4098 bytes, and 4096 are the most");
    }

    #[test]
    fn a_position_of_another_sink_is_refused() {
        let error = Position::new(&"text").unwrap().read::<u64>().unwrap_err();
        assert!(error.to_string().contains("restart the crawl"), "{error}");
        assert!(Position::default().read::<u64>().is_err());
    }
}
