//! Tests of the documentation.
