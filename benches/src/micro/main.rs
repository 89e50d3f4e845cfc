//! Measures one step of a page's way at a time: CPU time, allocations, peak memory.
//!
//! `cargo run --release -p dragline-benches --bin micro -- --list` names the benchmarks.

#![expect(clippy::unwrap_used, reason = "a benchmark that fails has nothing to tell")]

mod bencher;
mod fetching;
mod frontier;
mod pages;
mod scheduling;
mod source;
mod stores;

use anyhow::{Result, bail};
use clap::Parser;

use crate::bencher::{Bencher, Measured};

/// Measures single steps of a page's way.
#[derive(Parser)]
struct Arguments {
    /// Benchmarks to run: those with one of these texts in their name. Default all.
    names: Vec<String>,
    /// Operations in one sample. Default: some for each benchmark.
    #[arg(long)]
    iterations: Option<u64>,
    /// Samples of each benchmark; the median is told.
    #[arg(long, default_value_t = 5)]
    samples: usize,
    /// Print a line of JSON for each benchmark.
    #[arg(long)]
    json: bool,
    /// Name the benchmarks, with the operations that are enough to count instructions, and run none.
    #[arg(long)]
    list: bool,
    /// Run only the one with exactly this name.
    #[arg(long)]
    exact: Option<String>,
}

/// A benchmark.
struct Benchmark {
    name: &'static str,
    /// What one operation is.
    what: &'static str,
    /// Operations in one sample of its time.
    iterations: u64,
    /// Operations that are enough when instructions are counted.
    counted: u64,
    run: fn(&mut Bencher),
}

const BENCHMARKS: &[&[Benchmark]] = &[
    fetching::BENCHMARKS,
    pages::BENCHMARKS,
    frontier::BENCHMARKS,
    stores::BENCHMARKS,
    scheduling::BENCHMARKS,
];

fn main() -> Result<()> {
    if std::env::args().nth(1).as_deref() == Some("serve") {
        fetching::serve();
        return Ok(());
    }
    let arguments = Arguments::parse();
    let wanted = |benchmark: &&Benchmark| match &arguments.exact {
        Some(name) => name == benchmark.name,
        None => {
            arguments.names.is_empty()
                || arguments.names.iter().any(|name| benchmark.name.contains(name.as_str()))
        }
    };
    let chosen: Vec<&Benchmark> = BENCHMARKS.iter().copied().flatten().filter(wanted).collect();
    if chosen.is_empty() {
        bail!("no benchmark has such a name; --list tells them all");
    }
    if arguments.list {
        for benchmark in chosen {
            println!("{}\t{}\t{}", benchmark.name, benchmark.counted, benchmark.what);
        }
        return Ok(());
    }
    if !arguments.json {
        println!("{}", Measured::HEADER);
    }
    for benchmark in chosen {
        let iterations = arguments.iterations.unwrap_or(benchmark.iterations).max(1);
        let measured = bencher::run(benchmark, iterations, arguments.samples.max(1));
        if arguments.json {
            println!("{}", serde_json::to_string(&measured)?);
        } else {
            println!("{measured}");
        }
    }
    Ok(())
}
