//! Waiting for what other processes bring about.

use std::time::{Duration, Instant};

/// How often is looked. Nothing tells of another process's state, so it has to be asked for; this leaves the processor to
/// that process.
const LOOKED: Duration = Duration::from_millis(10);
/// How long it may take, at most.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for something that is soon the case in another process, and asks for it each 10 ms.
///
/// # Panics
/// With these words, after a minute.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(LOOKED);
    }
}
