//! `dragline explain`: what the state of a crawl holds of each URL, and the reason.

use std::fmt::{self, Write};

use anyhow::Error;
use dragline::{Counts, Explained, Explanation, Standing, State, Visit};
use url::Url;

use crate::args::Explain;
use crate::commands::usage;
use crate::{Exit, Outcome, stdout, urls};

/// Runs the command.
pub(crate) async fn run(arguments: Explain) -> Outcome {
    // Of any scheme: why one is not crawled is a thing to be explained.
    let urls: Result<Vec<Url>, _> = arguments.urls.iter().map(|url| urls::parse_any(url)).collect();
    let urls = urls.map_err(usage)?;
    let explanation = State::new(arguments.state)
        .explain(&urls)
        .await
        .map_err(|error| (Exit::Failure, error.into()))?;
    let text = text(&explanation, arguments.json).map_err(|error| (Exit::Failure, error))?;
    stdout::write(&text, Exit::Success)
}

/// Returns the explanations; the totals of the crawl end what is meant to be read.
fn text(explanation: &Explanation, json: bool) -> Result<String, Error> {
    let mut text = String::new();
    if json {
        for explained in &explanation.urls {
            writeln!(text, "{}", serde_json::to_string(explained)?)?;
        }
        return Ok(text);
    }
    for explained in &explanation.urls {
        tell(&mut text, explained)?;
    }
    let Counts { discovered, done, failed, skipped, waiting, .. } = explanation.counts;
    writeln!(
        text,
        "discovered {discovered} = done {done} + failed {failed} + skipped {skipped} + waiting {waiting}",
    )?;
    Ok(text)
}

/// Tells of one URL in a few lines, the first with the URL and what became of it.
fn tell(text: &mut String, explained: &Explained) -> fmt::Result {
    let Explained { url, canonical, standing, code, message, visit, .. } = explained;
    let standing = match standing {
        Standing::Done => "done",
        Standing::Failed => "failed",
        Standing::Skipped => "skipped",
        Standing::Waiting => "waiting",
        Standing::Unknown => "unknown",
    };
    let status = visit.as_ref().and_then(|visit| visit.status);
    let status = status.map_or(String::new(), |status| format!(", status {status}"));
    let code = code.as_ref().map_or(String::new(), |code| format!(", {code}"));
    writeln!(text, "{url}\n  {standing}{status}{code}: {message}")?;
    if let Some(canonical) = canonical {
        writeln!(text, "  known as {canonical}")?;
    }
    let Some(Visit { at, depth, referrer, band, etag, last_modified, .. }) = visit else {
        return Ok(());
    };
    let found = referrer.as_ref().map_or("a seed".to_owned(), |from| format!("found on {from}"));
    writeln!(text, "  {found}, depth {depth}, band {band}")?;
    let Some(at) = at else { return Ok(()) };
    writeln!(text, "  ended at {at}")?;
    let validators: Vec<String> = [("ETag", etag), ("Last-Modified", last_modified)]
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name} {}", value.as_ref()?)))
        .collect();
    if validators.is_empty() {
        writeln!(text, "  a refresh knows no ETag or Last-Modified")
    } else {
        writeln!(text, "  a refresh knows its {}", validators.join(" and "))
    }
}
