//! Tests of the whole live in `suite/`; this library is empty.
