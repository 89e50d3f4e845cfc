//! Tests of the watch: what it sums, and when it speaks.
