//! Tests of the whole live in `suite/`; here the guide's programs are compiled as tests of documentation.

#[cfg(doctest)]
mod guide;
