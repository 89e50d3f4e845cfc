//! `dragline new`: writes the file of a spider, commented and working as it is.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

use anyhow::anyhow;

use crate::args::New;
use crate::commands::usage;
use crate::{Exit, Outcome, stdout, urls};

/// What is written, with places for the name of the file and for the URL.
const TEMPLATE: &str = include_str!("new/spider.toml");

/// Runs the command.
pub(crate) fn run(arguments: &New) -> Outcome {
    let start = urls::parse(&arguments.start).map_err(usage)?;
    let name = arguments.name.strip_suffix(".toml").unwrap_or(&arguments.name);
    let path = PathBuf::from(format!("{name}.toml"));
    let shown = path.display();
    let opened = OpenOptions::new().write(true).create_new(true).open(&path);
    let mut file = opened.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => usage(anyhow!(
            "{shown} is there already, and nothing is overwritten; choose another name"
        )),
        _ => {
            (Exit::Failure, anyhow::Error::new(error).context(format!("failed to create {shown}")))
        }
    })?;
    let text = filled(&shown.to_string(), start.as_str());
    file.write_all(text.as_bytes()).map_err(|error| {
        (Exit::Failure, anyhow::Error::new(error).context(format!("failed to write {shown}")))
    })?;
    let next = format!(
        "{shown} is written. Next:\n  dragline check {shown} {start}\n  dragline crawl {shown} -o {name}.jsonl\n"
    );
    stdout::write(&next, Exit::Success)
}

/// Fills the template in.
fn filled(file: &str, start: &str) -> String {
    // A parsed URL has no quote, backslash or control character that is not percent-encoded.
    TEMPLATE.replace("SPIDER.toml", file).replace("https://example.org/", start)
}

#[cfg(test)]
mod tests {
    use dragline::toml_spider::{Sample, TomlSpider};
    use url::Url;

    use super::*;

    #[test]
    fn what_is_written_is_a_spider_that_takes_something_from_any_page() {
        for start in ["https://example.org/", "http://a.example/%22/?q=%5C'#x"] {
            let start = urls::parse(start).unwrap();
            let spider: TomlSpider = filled("quotes.toml", start.as_str()).parse().unwrap();
            assert_eq!(spider.starts().collect::<Vec<_>>(), [&start]);
            let url: Url = start.join("/page").unwrap();
            let body = "<title>A page</title><a href=/b>b</a>";
            let sample = Sample {
                url,
                content_type: Some("text/html".to_owned()),
                body: body.into(),
                route: None,
            };
            let check = spider.check(sample).unwrap();
            assert!(check.is_good(), "{check:#?}");
            assert_eq!(check.follow[0].links[0].skip, None);
        }
    }
}
