//! Runs one benchmark: once to warm up, then samples of which the median is told.

use std::fmt;
use std::hint::black_box;

use dragline_benches::{Cost, Meter, clear_peak, peak};
use serde::Serialize;

use crate::Benchmark;

/// What a benchmark measures itself with: it prepares, and calls [`measure`](Self::measure) once.
pub(crate) struct Bencher {
    iterations: u64,
    warming: bool,
    cost: Option<Cost>,
}

impl Bencher {
    /// Returns how many operations are to be measured.
    pub(crate) fn iterations(&self) -> u64 {
        self.iterations
    }

    /// Tells whether this is not measured, so that little has to be prepared.
    pub(crate) fn is_warming(&self) -> bool {
        self.warming
    }

    /// Measures work that makes all operations.
    pub(crate) fn measure<R>(&mut self, work: impl FnOnce() -> R) -> R {
        if self.warming {
            return work();
        }
        let meter = Meter::start();
        let result = measured(work);
        self.cost = Some(meter.stop());
        result
    }
}

/// What is measured, under a name by which valgrind can tell it from what prepares it.
#[inline(never)]
fn measured<R>(work: impl FnOnce() -> R) -> R {
    // The result keeps the call from being the last thing, which would be a jump and never be left.
    black_box(work())
}

/// What one operation of a benchmark costs.
#[derive(Debug, Serialize)]
pub(crate) struct Measured {
    name: &'static str,
    what: &'static str,
    /// Nanoseconds of CPU time: the median of all samples, the least and the most.
    nanoseconds: [f64; 3],
    allocations: f64,
    /// Bytes allocated.
    bytes: f64,
    /// The most memory of the process meanwhile, what prepares the benchmark included, in bytes.
    peak: u64,
}

impl Measured {
    pub(crate) const HEADER: &str = "benchmark                     ns CPU      (least .. most)  allocations      bytes  peak MiB  an operation is";
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [median, least, most] = self.nanoseconds;
        let (name, allocations, bytes) = (self.name, self.allocations, self.bytes);
        let peak = self.peak as f64 / (1 << 20) as f64;
        let range = format!("({least:.0} .. {most:.0})");
        write!(
            f,
            "{name:<24}{median:>12.0} {range:>20} {allocations:>12.1} {bytes:>10.0} {peak:>9.1}  {}",
            self.what
        )
    }
}

/// Measures a benchmark.
pub(crate) fn run(benchmark: &Benchmark, iterations: u64, samples: usize) -> Measured {
    clear_peak();
    let sample = |iterations, warming| {
        let mut bencher = Bencher { iterations, warming, cost: None };
        (benchmark.run)(&mut bencher);
        bencher.cost.unwrap_or_default()
    };
    sample((iterations / 10).clamp(1, 1000), true);
    let costs: Vec<Cost> = (0..samples).map(|_| sample(iterations, false)).collect();
    let mut nanoseconds: Vec<f64> =
        costs.iter().map(|cost| cost.cpu.as_nanos() as f64 / iterations as f64).collect();
    nanoseconds.sort_by(f64::total_cmp);
    let mean = |part: fn(&Cost) -> u64| {
        costs.iter().map(part).sum::<u64>() as f64 / samples as f64 / iterations as f64
    };
    Measured {
        name: benchmark.name,
        what: benchmark.what,
        nanoseconds: [nanoseconds[samples / 2], nanoseconds[0], nanoseconds[samples - 1]],
        allocations: mean(|cost| cost.allocations),
        bytes: mean(|cost| cost.bytes),
        peak: peak(),
    }
}
