//! `dragline explain`: what the state of a crawl holds of each URL, and the reason.

use std::fmt::{self, Write};

use anyhow::Context;
use dragline::{Explained, Explanation, JsonLines, Request, Sink, Standing, State, Visit};
use tokio::io::AsyncWriteExt;
use url::Url;

use crate::args::Explain;
use crate::commands::usage;
use crate::{Exit, Outcome};

/// Runs the command.
pub(crate) async fn run(arguments: Explain) -> Outcome {
    let requests: Vec<Request> =
        arguments.urls.iter().map(Request::get).collect::<Result<_, _>>().map_err(usage)?;
    let urls: Vec<Url> = requests.iter().map(|request| request.url().clone()).collect();
    let explanation = State::new(arguments.state)
        .explain(&urls)
        .await
        .map_err(|error| (Exit::Failure, error.into()))?;
    write(&explanation, arguments.json).await.map_err(|error| (Exit::Failure, error))?;
    Ok(Exit::Success)
}

/// Writes the explanations; the totals of the crawl end what is meant to be read.
async fn write(explanation: &Explanation, json: bool) -> Result<(), anyhow::Error> {
    if json {
        let mut lines = JsonLines::stdout();
        for explained in &explanation.urls {
            lines.write(explained)?;
        }
        lines.commit().await?;
        return Ok(());
    }
    let mut text = String::new();
    for explained in &explanation.urls {
        tell(&mut text, explained).expect("a text takes whatever is written to it");
    }
    let counts = explanation.counts;
    writeln!(
        text,
        "discovered {} = done {} + failed {} + skipped {} + waiting {}",
        counts.discovered, counts.done, counts.failed, counts.skipped, counts.waiting
    )
    .expect("a text takes whatever is written to it");
    let mut stdout = tokio::io::stdout();
    stdout.write_all(text.as_bytes()).await.context("failed to write to standard output")?;
    stdout.flush().await.context("failed to write to standard output")
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
