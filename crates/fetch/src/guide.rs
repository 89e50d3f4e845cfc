//! The guides' blocks of code, compiled as tests of the documentation.

#[doc = include_str!("../../../docs/from-aiohttp.md")]
struct English;

#[doc = include_str!("../../../docs/es/desde-aiohttp.md")]
struct Spanish;
