//! `dragline replay`: runs a spider over archives. Its runtime has one thread and paused time, so that nothing waits
//! and the items come in the order of the recording.

use std::path::Path;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use dragline::toml_spider::{Item, TomlSpider};
use dragline::{Crawler, ErrorKind, PageRecord, Replay, Rotation, Wants};

use crate::args;
use crate::commands::crawl::outputs::{Content, check, sink};
use crate::commands::crawl::watch;
use crate::commands::usage;
use crate::progress::Reporter;
use crate::{Exit, Outcome, settings};

/// Missing pages that are named, at most; all of them are in the records of `--pages`.
const NAMED: usize = 20;

/// Runs the command.
pub(crate) async fn run(arguments: args::Replay) -> Outcome {
    let failed = |error: anyhow::Error| (Exit::Failure, error);
    let spider = TomlSpider::read(&arguments.spider).map_err(usage)?;
    let path = Some(Path::new(&arguments.spider));
    let config = settings::effective(arguments.config.as_deref(), path).map_err(usage)?;
    let replay = Replay::open(&arguments.archives).map_err(|error| failed(error.into()))?;
    let config = replay.config(&config);
    let files = arguments.output.iter().chain(&arguments.pages);
    check(files.clone(), None, None)?;
    let reporter = Reporter::of(arguments.progress, files, None, None);
    for (path, damage) in replay.damages() {
        reporter.note(&format!(
            "warning: {}: {damage}; what is in front of that is used",
            path.display()
        ));
    }
    let tally = spider.tally();
    let (wants, rotation) = (Wants::Values, Rotation::default());
    let (columns, state) = (spider.columns(), None);
    let items = Content { table: "items", columns, wants, rotation, state };
    let pages = Content { table: "pages", columns: PageRecord::columns(), ..items.clone() };
    let missing = Arc::new(Mutex::new(Missing::default()));
    let noted = missing.clone();
    let mut crawler = Crawler::new(spider)
        .config(config)
        // What is random must not make two replays of one archive differ.
        .random(0)
        .fetcher(replay.in_recorded_order())
        .pages(move |record: &PageRecord| lock(&noted).note(record));
    for output in &arguments.output {
        crawler = crawler.sink(sink::<Item>(output, &items).await?);
    }
    for output in &arguments.pages {
        crawler = crawler.pages(sink::<PageRecord>(output, &pages).await?);
    }
    let crawl = crawler.start().map_err(|error| match error.kind() {
        ErrorKind::Config | ErrorKind::Start => usage(error),
        _ => failed(error.into()),
    })?;
    let handle = crawl.handle();
    let notes = move || format!("{tally}\n{}", lock(&missing));
    watch(reporter, handle, pin!(crawl.finish()), notes).await
}

/// The pages that were not in the archive.
#[derive(Debug, Default)]
struct Missing {
    named: Vec<String>,
    count: usize,
}

impl Missing {
    fn note(&mut self, record: &PageRecord) {
        if record.error == Some("not_archived") {
            self.count += 1;
            if self.named.len() < NAMED {
                self.named.push(record.url.clone());
            }
        }
    }
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for url in &self.named {
            writeln!(f, "not in the archive: {url}")?;
        }
        match self.count - self.named.len() {
            0 => Ok(()),
            more => f.write_fmt(format_args!("not in the archive: {more} more")),
        }
    }
}

fn lock(missing: &Mutex<Missing>) -> std::sync::MutexGuard<'_, Missing> {
    missing.lock().unwrap_or_else(PoisonError::into_inner)
}
