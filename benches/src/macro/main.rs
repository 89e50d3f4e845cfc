//! Crawls a made-up site, or a folder of pages, over sockets of loopback, and tells what a page costs the
//! crawling process, beside a bare hyper client that knows all URLs.
//!
//! `cargo run --release -p dragline-benches --bin macro -- --runs 5 bare crawl crawl-state`
//!
//! The server is a process of its own, and so is each crawl, both this program once more, so that only the
//! crawl is counted. Variants take turns in each run; medians are told, and ratios within one run. It ends
//! with exit code 1 when a page was not fetched exactly once.

#![expect(clippy::unwrap_used, reason = "a benchmark that fails has nothing to tell")]

mod backend;
mod bare;
mod crawl;
mod decode;
mod folder;
mod outcome;
mod pages;
mod plan;
mod server;
mod table;
mod tls;
mod variant;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::backend::Backend;
use crate::outcome::Outcome;
use crate::plan::Plan;
use crate::table::Table;
use crate::variant::{Kind, Variant};

/// What is run when nothing is named.
const DEFAULT: [&str; 14] = [
    "bare",
    "crawl",
    "crawl-records",
    "html5ever",
    "crawl-records-fields",
    "crawl-state",
    "bare-many",
    "crawl-many",
    "bare-gzip",
    "gunzip",
    "crawl-gzip",
    "bare-tls",
    "decrypt",
    "crawl-tls",
];

/// Measures whole crawls.
///
/// A variant is a kind and what it is run with, joined by dashes: `crawl`, or `bare` for a hyper client that
/// knows all URLs, with `many` hosts instead of one, `gzip` or `tls`; crawls also with `state` (kept on disk),
/// `records` (a line of JSON for each page) and `fields` (items of three derived fields). `gunzip` and `decrypt`
/// decode the same pages in memory alone, and `html5ever` makes trees of them there.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    role: Option<Role>,
    /// Variants to run. Default some of each kind.
    variants: Vec<Variant>,
    /// Runs of each variant.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Print a line of JSON for each run, and no table.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    plan: Plan,
}

#[derive(Subcommand)]
enum Role {
    /// Be the server; for the program itself.
    #[command(hide = true)]
    Serve(server::Arguments),
    /// Be one crawl; for the program itself.
    #[command(hide = true)]
    One(outcome::Arguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.role {
        Some(Role::Serve(serve)) => server::run(serve),
        Some(Role::One(one)) => println!("{}", serde_json::to_string(&one.run()).unwrap()),
        None => return drive(arguments),
    }
    ExitCode::SUCCESS
}

/// Runs all variants in turns.
fn drive(arguments: Arguments) -> ExitCode {
    let Arguments { mut variants, runs, json, plan, .. } = arguments;
    if variants.is_empty() {
        variants = DEFAULT.iter().map(|name| name.parse().unwrap()).collect();
    }
    let mut backends: Vec<Backend> = Vec::new();
    let mut table = Table::new(&variants);
    for run in 0..runs {
        for turn in 0..variants.len() {
            // Each run begins with another one, so that none always comes after the same.
            let place = (turn + run) % variants.len();
            let variant = &variants[place];
            let known = backends.iter().position(|backend| backend.serves(variant));
            let at = known.unwrap_or_else(|| {
                backends.push(Backend::start(variant, &plan));
                backends.len() - 1
            });
            let outcome = Outcome::of(variant, &plan, &mut backends[at]);
            if json {
                println!("{}", serde_json::to_string(&outcome).unwrap());
            }
            table.add(place, outcome);
        }
    }
    if !json {
        print!("{table}");
    }
    let faults = table.faults();
    for fault in &faults {
        eprintln!("error: {fault}");
    }
    if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What is done in the process of its own.
fn run(kind: Kind, arguments: &outcome::Arguments) -> pages::Done {
    match kind {
        Kind::Crawl => crawl::run(arguments),
        Kind::Bare => bare::run(arguments),
        Kind::Gunzip => decode::gunzip(arguments),
        Kind::Decrypt => decode::decrypt(arguments),
        Kind::Html5ever => decode::html5ever(arguments),
    }
}
