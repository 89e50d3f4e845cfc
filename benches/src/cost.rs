//! What a piece of work costs this process: CPU time of all its threads, allocations, peak memory.

use std::alloc::System;
use std::time::Duration;

use alloc_tracker::{Allocator, Operation, ProcessSpan, Session};
use nix::sys::resource::{UsageWho, getrusage};
use nix::time::{ClockId, clock_gettime};

#[global_allocator]
static ALLOCATOR: Allocator<System> = Allocator::system();

/// What a piece of work cost, all threads together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// CPU time, to the nanosecond.
    pub cpu: Duration,
    /// The part of it that the kernel worked for the process; how it is told from the rest is the kernel's
    /// estimate.
    pub system: Duration,
    /// Allocations, reallocations included.
    pub allocations: u64,
    /// Bytes that were allocated, whether they were given back or not.
    pub bytes: u64,
}

/// Measures from its start to its end.
#[derive(Debug)]
pub struct Meter {
    session: Session,
    operation: Operation,
    span: ProcessSpan,
    system: Duration,
    cpu: Duration,
}

impl Meter {
    /// Starts to measure.
    pub fn start() -> Self {
        let session = Session::new();
        let operation = session.operation("all");
        let span = operation.measure_process();
        Self { session, operation, span, system: system(), cpu: cpu() }
    }

    /// Returns what was spent since the start.
    pub fn stop(self) -> Cost {
        let cpu = cpu() - self.cpu;
        let system = system() - self.system;
        drop(self.span);
        drop(self.operation);
        let report = self.session.to_report();
        let (mut allocations, mut bytes) = (0, 0);
        for (_, operation) in report.operations() {
            allocations += operation.total_allocations_count();
            bytes += operation.total_bytes_allocated();
        }
        Cost { cpu, system, allocations, bytes }
    }
}

/// CPU time of the process so far.
fn cpu() -> Duration {
    clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).map_or(Duration::ZERO, Duration::from)
}

/// CPU time that the kernel spent for the process so far.
fn system() -> Duration {
    let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) else { return Duration::ZERO };
    let time = usage.system_time();
    let micros = time.tv_sec() * 1_000_000 + time.tv_usec();
    Duration::from_micros(micros.unsigned_abs())
}

/// Returns the most memory that the process held since its start, or since [`clear_peak`], in bytes; zero
/// where the system does not tell.
pub fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or_default() * 1024
}

/// Has [`peak`] begin anew, where the system can do that.
pub fn clear_peak() {
    // Not being able to only makes the peak that of all that ran before, too.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::*;

    #[test]
    fn work_and_allocations_of_other_threads_count() {
        let meter = Meter::start();
        let work = || (0..1000).map(|size| black_box(vec![0_u8; size + 1]).len()).sum::<usize>();
        let sum = std::thread::spawn(work).join().unwrap();
        let cost = meter.stop();
        assert!(cost.allocations >= 1000, "{cost:?}");
        assert!(cost.bytes >= sum as u64, "{cost:?}");
        assert!(cost.cpu > Duration::ZERO, "{cost:?}");
    }
}
