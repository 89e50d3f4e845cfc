//! The options that say what page records hold beside the usual.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use dragline::RecordContent;

/// What page records hold beside the usual.
#[derive(Debug, Args)]
#[command(next_help_heading = "Records")]
pub(crate) struct Records {
    /// Add the content of HTML pages to their records [default: none]
    ///
    /// html: the page, as text; text and markdown: the main content of the page, if it has any.
    #[arg(long, value_name = "FORM", value_parser = content())]
    pub(crate) content: Option<RecordContent>,

    /// Give main content in chunks of at most this many characters, cut by headings
    ///
    /// Records then have `chunks` in place of `content`: a list with the headings that each stands under, the anchor of
    /// the last of them where the page has one, and its text. A code block or a link is cut only if it does not fit.
    #[arg(long, value_name = "CHARACTERS", requires = "content")]
    pub(crate) content_chunks: Option<usize>,

    /// Add the SHA-256 of each decoded body to its record
    #[arg(long)]
    pub(crate) digest: bool,
}

fn content() -> impl TypedValueParser<Value = RecordContent> {
    PossibleValuesParser::new(["html", "text", "markdown", "none"]).map(|text| {
        match text.as_str() {
            "html" => RecordContent::Html,
            "text" => RecordContent::Text,
            "markdown" => RecordContent::Markdown,
            _ => RecordContent::None,
        }
    })
}
