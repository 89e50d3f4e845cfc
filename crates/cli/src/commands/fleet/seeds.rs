//! `dragline fleet seeds`: brings further seeds to a crawl, from the command line or standard input.

use std::io::BufRead;

use anyhow::{Context, Error};
use dragline_redis::Operator;
use url::Url;

use super::{address, open};
use crate::commands::usage;
use crate::stdout::plural;
use crate::{Exit, Outcome, stdout, urls};

/// Seeds that are brought at once.
const BATCH: usize = 4096;
/// Seeds that were refused and are named, at most.
const NAMED: u64 = 20;

/// What became of all seeds.
#[derive(Debug, Default)]
struct Sum {
    new: u64,
    known: u64,
    refused: u64,
}

/// Runs the command.
pub(super) async fn run(place: &str, given: Vec<String>) -> Outcome {
    let address = address(place)?;
    let mut sum = Sum::default();
    if given != ["-"] {
        // All of them are read before one is brought.
        let urls = urls::parse_all(&given).map_err(usage)?;
        sum.bring(&mut open(&address).await?, urls).await?;
        return sum.told();
    }
    let mut operator = open(&address).await?;
    let mut lines = std::io::stdin().lock().lines();
    loop {
        let mut batch = Vec::new();
        for line in lines.by_ref().take(BATCH) {
            let line = line.context("failed to read standard input");
            let line = line.map_err(|error| (Exit::Failure, error))?;
            let text = line.trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            match urls::parse(text) {
                Ok(url) => batch.push(url),
                Err(error) => sum.refuse(&error.to_string()),
            }
        }
        if batch.is_empty() {
            return sum.told();
        }
        sum.bring(&mut operator, batch).await?;
    }
}

impl Sum {
    async fn bring(
        &mut self,
        operator: &mut Operator,
        urls: Vec<Url>,
    ) -> Result<(), (Exit, Error)> {
        let seeded = operator.seeds(urls).await.map_err(|error| (Exit::Failure, error.into()))?;
        self.new += seeded.new;
        self.known += seeded.known;
        for (url, skip) in &seeded.refused {
            self.refuse(&format!("{url}: {skip}"));
        }
        Ok(())
    }

    fn refuse(&mut self, why: &str) {
        self.refused += 1;
        if self.refused <= NAMED {
            eprintln!("refused: {}", stdout::harmless(why));
        }
    }

    fn told(self) -> Outcome {
        let Self { new, known, refused } = self;
        let text =
            format!("{} added, {known} known already, {refused} refused\n", plural(new, "seed"));
        stdout::write(&text, if refused > 0 { Exit::Failure } else { Exit::Success })
    }
}
