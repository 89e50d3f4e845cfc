//! The `dragline` command: reads its arguments, runs one command, and decides the exit code.

mod args;
mod chain;
mod commands;
#[cfg(test)]
mod docs;
mod endpoint;
mod examples;
mod hints;
mod progress;
mod robots_file;
mod seeds;
mod settings;
mod signals;
mod spider;
mod stdout;
mod urls;
mod values;

use std::hint::black_box;
use std::process::ExitCode;

use clap::Parser;
use tokio::runtime::Builder;

use crate::args::{Arguments, Command};
use crate::chain::chain;

/// What a command ended with. The exit codes are decided here and nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    /// It did what it was asked.
    Success,
    /// Nothing could be fetched, or the output could not be written.
    Failure,
    /// The arguments or settings make no sense.
    Usage,
    /// A signal stopped it.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Success => Self::SUCCESS,
            Exit::Failure => Self::from(1),
            Exit::Usage => Self::from(2),
            Exit::Interrupted => Self::from(130),
        }
    }
}

/// The block whose end has the allocator keep up to twice as much for the next bodies, in bytes.
const FIRST_BLOCK: usize = 8 << 20;

/// Has glibc keep what pages leave behind.
///
/// It returns memory to the kernel when 128 KiB are free at the end of a heap, which each page leaves, and fetches it
/// again page by page for the next one: a twentieth of what a crawl costs. A larger block that is freed raises that
/// limit to twice its size (mallopt(3), M_TRIM_THRESHOLD); the block itself is never touched.
fn keep_freed_memory() {
    drop(black_box(Vec::<u8>::with_capacity(FIRST_BLOCK)));
}

fn main() -> ExitCode {
    keep_freed_memory();
    // It ends the process itself on --help (0) and on arguments that cannot be read (2).
    let arguments = Arguments::try_parse().unwrap_or_else(|error| hints::add(error).exit());
    let runtime = match &arguments.command {
        // Its clock stands still but for what its waits need, and nothing of it is random.
        Command::Replay(_) => Builder::new_current_thread().enable_all().start_paused(true).build(),
        _ => Builder::new_multi_thread().enable_all().build(),
    };
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: failed to start the runtime: {error}");
            return Exit::Failure.into();
        }
    };
    let exit = runtime.block_on(async {
        match arguments.command {
            Command::Crawl(crawl) => commands::crawl::run(*crawl).await,
            Command::Fetch(fetch) => commands::fetch::run(*fetch).await,
            Command::Links(links) => commands::links::run(*links).await,
            Command::New(new) => commands::new::run(&new),
            Command::Check(check) => commands::check::run(*check).await,
            Command::Robots(robots) => commands::robots::run(*robots).await,
            Command::Replay(replay) => commands::replay::run(replay).await,
            Command::Plan(plan) => commands::plan::run(*plan).await,
            Command::Explain(explain) => commands::explain::run(explain).await,
            Command::Merge(merge) => commands::merge::run(&merge),
            Command::Fleet(fleet) => commands::fleet::run(fleet).await,
            Command::Completions { shell } => commands::completions::run(shell),
            Command::Man { command } => commands::man::run(command.as_deref()),
        }
    });
    // Whatever still blocks, such as a read of standard input, must not hold the exit.
    runtime.shutdown_background();
    exit.unwrap_or_else(|(exit, error)| {
        eprintln!("error: {}", chain(&error));
        exit
    })
    .into()
}

/// What a command returns: how it ended, or an error to be told and how it ends with that.
type Outcome = Result<Exit, (Exit, anyhow::Error)>;
