//! Reading what scripts answer.

use redis::Value;

/// A part of an answer; whatever is not as it should be reads as `None`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reply(pub(crate) Value);

impl Reply {
    pub(crate) fn list(self) -> Option<Vec<Self>> {
        match self.0 {
            Value::Array(values) => Some(values.into_iter().map(Self).collect()),
            _ => None,
        }
    }

    pub(crate) fn bytes(self) -> Option<Vec<u8>> {
        match self.0 {
            Value::BulkString(bytes) => Some(bytes),
            _ => None,
        }
    }

    pub(crate) fn text(self) -> Option<String> {
        String::from_utf8(self.bytes()?).ok()
    }

    pub(crate) fn number(self) -> Option<u64> {
        match self.0 {
            Value::Int(number) => u64::try_from(number).ok(),
            _ => self.text()?.parse().ok(),
        }
    }
}
