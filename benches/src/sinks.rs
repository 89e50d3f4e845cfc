//! Writes a million items through each file sink, and tells what that takes: CPU time, bytes, peak memory.
//!
//! `cargo run --release -p dragline-benches --bin sinks -- [--items N] [--commit N]`

#![expect(clippy::unwrap_used, reason = "a benchmark that fails has nothing to tell")]

use std::path::Path;
use std::time::Instant;

use clap::Parser;
use dragline::{Columns, Csv, Entry, JsonLines, Parquet, Sink, Sqlite};
use dragline_benches::{Meter, clear_peak, peak};
use serde::{Deserialize, Serialize};

/// Measures the sinks that write files.
#[derive(Parser)]
struct Arguments {
    /// Items that each sink takes.
    #[arg(long, default_value_t = 1_000_000)]
    items: u64,
    /// Items between two commits.
    #[arg(long, default_value_t = 64)]
    commit: u64,
}

/// An item such as a shop gives.
#[derive(Serialize, Deserialize)]
struct Product {
    name: String,
    price: f64,
    stock: Option<u32>,
    url: String,
    tags: Vec<String>,
    description: String,
}

impl Product {
    fn new(number: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(number);
        let words =
            ["wool", "linen", "red", "large", "the \"old\" one", "a, b", "für Ärzte", "new"];
        let mut text = |count: usize| {
            let words: Vec<&str> = (0..count).map(|_| words[random.usize(..words.len())]).collect();
            words.join(" ")
        };
        Self {
            name: text(3),
            description: text(20),
            tags: vec![text(1), text(1)],
            price: number as f64 / 100.0,
            stock: (!number.is_multiple_of(3)).then_some((number % 50) as u32),
            url: format!("https://shop.example/products/{number}"),
        }
    }
}

fn main() {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    println!("{:12} {:>9} {:>10} {:>12} {:>9}", "sink", "CPU µs", "items/s", "bytes", "peak KiB");
    let names = ["jsonl", "jsonl.gz", "jsonl.zst", "csv", "csv.gz", "csv.zst", "parquet", "sqlite"];
    for name in names {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(format!("items.{name}"));
        let mut sink = open(name, &path);
        // Items are made once, so that what they cost is no part of it.
        let items: Vec<Product> = (0..10_000).map(Product::new).collect();
        clear_peak();
        let (before, meter, begun) = (peak(), Meter::start(), Instant::now());
        sink.begin(None).unwrap();
        for number in 0..arguments.items {
            let mut entry = Entry::sample(&items[number as usize % items.len()]);
            (entry.key.url, entry.key.ordinal) = (number, 0);
            sink.write(&entry).unwrap();
            if number % arguments.commit == arguments.commit - 1 {
                runtime.block_on(sink.commit()).unwrap();
            }
        }
        runtime.block_on(sink.finish()).unwrap();
        let (cost, elapsed) = (meter.stop(), begun.elapsed());
        drop(sink);
        println!(
            "{name:12} {:>9.2} {:>10.0} {:>12} {:>9}",
            cost.cpu.as_secs_f64() * 1e6 / arguments.items as f64,
            arguments.items as f64 / elapsed.as_secs_f64(),
            std::fs::metadata(&path).unwrap().len(),
            peak().saturating_sub(before) / 1024
        );
    }
}

fn open(name: &str, path: &Path) -> Box<dyn Sink<Product>> {
    let columns = Columns::of::<Product>().unwrap();
    match name.split('.').next() {
        Some("csv") => Box::new(Csv::create(path, columns).unwrap()),
        Some("parquet") => Box::new(Parquet::create(path, columns).unwrap()),
        Some("sqlite") => Box::new(Sqlite::create(path, "items", columns).unwrap()),
        _ => Box::new(JsonLines::create(path).unwrap()),
    }
}
