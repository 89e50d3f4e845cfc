//! Tests of TOML spiders.
