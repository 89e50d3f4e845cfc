//! Seeded randomness: a generator for each question, so that no answer depends on the order of questions.

/// Returns a generator for one question, told apart by numbers.
pub(crate) fn random(seed: u64, question: [u64; 3]) -> fastrand::Rng {
    let mut bits = seed;
    for number in question {
        bits = fastrand::Rng::with_seed(bits).u64(..) ^ number;
    }
    fastrand::Rng::with_seed(bits)
}
