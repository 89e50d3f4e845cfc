//! `dragline links`: the links of one page, by the scan or by the whole document.

use std::collections::HashSet;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;

use anyhow::{Context, Error, anyhow};
use dragline::fetch::{Client, Redirects};
use dragline_parse::{Facts, Joiner, LinkKinds, MAX_DOCUMENT, decode, reference, scan};
use url::Url;

use crate::args::Links;
use crate::commands::fetch::retried;
use crate::commands::usage;
use crate::{Exit, Outcome, settings, urls};

/// Redirects that are followed to the page, at most.
const REDIRECTS: u8 = 10;

/// A page to be read: where it is, and what is there.
struct Source {
    url: Url,
    content_type: Option<String>,
    body: Vec<u8>,
}

/// Runs the command.
pub(crate) async fn run(arguments: Links) -> Outcome {
    let source = match urls::parse(&arguments.page) {
        Ok(url) => {
            if arguments.base.is_some() {
                return Err(usage(anyhow!("--base is for a file; a URL is its own base")));
            }
            fetch(&arguments, url).await?
        }
        _ => read(&arguments)?,
    };
    let decoded = decode(&source.body, source.content_type.as_deref());
    let facts = facts(&decoded.text, arguments.reference)?;
    let mut joiner = Joiner::new(&source.url, facts.base(), decoded.encoding);
    match write(&mut joiner, &facts, arguments.follow) {
        // Whoever read the output has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Exit::Success),
        Err(error) => {
            let error = Error::new(error).context("failed to write to standard output");
            Err((Exit::Failure, error))
        }
        Ok(()) => Ok(Exit::Success),
    }
}

async fn fetch(arguments: &Links, url: Url) -> Result<Source, (Exit, Error)> {
    let mut config = settings::effective(arguments.http.config.as_deref(), None).map_err(usage)?;
    let named = std::slice::from_ref(&url);
    settings::http(&mut config.fetch, &arguments.http, named).map_err(usage)?;
    let client = Client::new(retried(config.fetch, arguments.retries)).map_err(usage)?;
    let failure = |error: Error| (Exit::Failure, error);
    let request = client.get(url).redirects(Redirects::Follow(REDIRECTS));
    let response = request.send().await.map_err(|error| failure(error.into()))?;
    let (url, status) = (response.url().clone(), response.status());
    if !status.is_success() {
        return Err(failure(anyhow!("{url} was answered with {status}, so it has no page")));
    }
    let content_type = response.headers().get("content-type");
    let content_type =
        content_type.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    if let Some(other) = content_type.as_deref().filter(|value| !is_html(value)) {
        return Err(failure(anyhow!("{url} is {other}; only HTML has links that are listed")));
    }
    let body = response.bytes().await.map_err(|error| failure(error.into()))?;
    Ok(Source { url, content_type, body: body.into() })
}

fn read(arguments: &Links) -> Result<Source, (Exit, Error)> {
    let path = Path::new(&arguments.page);
    let body = std::fs::read(path).with_context(|| match urls::parse(&arguments.page) {
        Err(error) if !path.exists() => format!("{error:#}; or name a file"),
        _ => format!("failed to read the file {}", path.display()),
    });
    let body = body.map_err(usage)?;
    let url = match &arguments.base {
        Some(base) => base.clone(),
        None => file_url(path).map_err(usage)?,
    };
    Ok(Source { url, content_type: None, body })
}

fn file_url(path: &Path) -> Result<Url, Error> {
    let whole = std::path::absolute(path)?;
    Url::from_file_path(&whole)
        .map_err(|()| anyhow!("{} has no URL; name one with --base", whole.display()))
}

fn facts(text: &str, by_document: bool) -> Result<Facts, (Exit, Error)> {
    let scanned = if by_document { None } else { scan(text).ok() };
    match scanned {
        Some(facts) => Ok(facts),
        None if text.len() > MAX_DOCUMENT => {
            let long = text.len();
            let error = anyhow!(
                "a page of {long} bytes of text is too long for a document, which is made of at \
                 most {MAX_DOCUMENT}"
            );
            Err((Exit::Failure, error))
        }
        None => Ok(reference(text)),
    }
}

fn write(joiner: &mut Joiner, facts: &Facts, kinds: LinkKinds) -> io::Result<()> {
    let mut stdout = BufWriter::new(io::stdout().lock());
    let mut seen = HashSet::new();
    let mut result = Ok(());
    joiner.visit(facts, kinds, |url, _| {
        if result.is_ok() && seen.insert(url.to_owned()) {
            result = writeln!(stdout, "{url}");
        }
    });
    result.and_then(|()| stdout.flush())
}

fn is_html(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("text/html")
        || essence.eq_ignore_ascii_case("application/xhtml+xml")
}
