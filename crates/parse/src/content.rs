//! The main content of a page, without what is around it, as text and as Markdown. The choice of
//! what is main is that of browsers' reader views.

mod chunks;

use std::fmt;

use dom_smoothie::{Config, Readability, TextMode};
use ego_tree::iter::Edge;
use scraper::Node;
use thiserror::Error;

use crate::date::Date;
use crate::document::Document;

use self::chunks::Heading;

pub use self::chunks::Chunk;

/// The most work one page may be, in nodes times their depth; far above what pages need.
///
/// A node costs its ancestors, and a line of Markdown costs a mark for each list and quote it is
/// in.
const MAX_WORK: usize = 16 * 1024 * 1024;

/// The main content of a page.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Content {
    /// The title of the article, else of the page; without the name of the site.
    pub title: String,
    /// Who wrote it, as the page says.
    pub author: Option<String>,
    /// When it was published, as the page says.
    pub published: Option<Date>,
    /// The content as text, with line breaks where blocks end.
    pub text: String,
    /// The content as Markdown: headings, lists, tables, code blocks and absolute links. Links
    /// within the page stay fragments.
    pub markdown: String,
    /// The headings of the page, in order.
    headings: Vec<Heading>,
}

impl fmt::Debug for Content {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (text, markdown) = (self.text.len(), self.markdown.len());
        let mut debug = formatter.debug_struct("Content");
        debug.field("title", &self.title).field("text", &text).field("markdown", &markdown).finish()
    }
}

/// Why a page gives no main content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ContentError {
    /// Nothing on the page looks like content.
    #[error("page has no main content")]
    None,
    /// The page is nested so deep for its size that reading it would take too long.
    #[error("page is nested too deeply for its size")]
    TooNested,
}

impl ContentError {
    /// Returns the stable code of the error: `no_content` or `too_nested`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::None => "no_content",
            Self::TooNested => "too_nested",
        }
    }
}

impl Document {
    /// Finds the main content of the page; needs the feature `content`.
    ///
    /// Takes about as long as parsing the page several times over, and some of its memory again;
    /// nothing is kept.
    ///
    /// # Errors
    ///
    /// Fails if there is none, or if the page is nested too deeply for its size.
    ///
    /// # Examples
    ///
    /// ```
    /// use dragline_parse::Document;
    /// use url::Url;
    ///
    /// let words = "Many words, as an article has them, and then some more. ".repeat(20);
    /// let html = format!("<nav>menu</nav><article><p>{words}<a href=next>on</a></article>");
    /// let document = Document::parse(&html, &Url::parse("http://h.example/d/")?);
    /// let content = document.content()?;
    /// assert!(content.markdown.starts_with("Many words"));
    /// assert!(content.markdown.ends_with("[on](http://h.example/d/next)"));
    /// assert!(!content.text.contains("menu"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn content(&self) -> Result<Content, ContentError> {
        if self.work() > MAX_WORK {
            return Err(ContentError::TooNested);
        }
        // The library's own parser has no limit of depth, and it recurses: it gets our tree.
        let html = format!("<!doctype html><html>{}</html>", self.root().html());
        let config = Config {
            disable_json_ld: true,
            // The language of a code block is in its class.
            keep_classes: true,
            text_mode: TextMode::Markdown,
            ..Config::default()
        };
        let url =
            Some(self.url().as_str()).filter(|_| matches!(self.url().scheme(), "http" | "https"));
        let mut readability =
            Readability::new(html, url, Some(config)).map_err(|_| ContentError::None)?;
        let article = readability.parse().map_err(|_| ContentError::None)?;
        Ok(Content {
            title: article.title,
            author: article.byline,
            published: article.published_time.map(|date| Date::read(&date)),
            text: dom_query::Document::from(article.content).formatted_text().trim().to_owned(),
            markdown: article.text_content.trim().to_owned(),
            headings: self.headings(),
        })
    }

    /// Returns the number of nodes, and of lines of text, each times its depth.
    fn work(&self) -> usize {
        let mut depth = 0_usize;
        let mut work = 0_usize;
        for edge in self.tree().tree.root().traverse() {
            match edge {
                Edge::Open(node) => {
                    depth += 1;
                    let lines = match node.value() {
                        Node::Text(text) => memchr::memchr_iter(b'\n', text.as_bytes()).count(),
                        _ => 0,
                    };
                    work = work.saturating_add(depth.saturating_mul(1 + lines));
                }
                Edge::Close(_) => depth -= 1,
            }
        }
        work
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use url::Url;

    use super::{Content, ContentError};
    use crate::document::Document;

    const WORDS: &str = "Some words of an article, with commas, that go on for a while. ";

    fn content(html: &str) -> Result<Content, ContentError> {
        Document::parse(html, &Url::parse("http://h.test/d/p").unwrap()).content()
    }

    #[test]
    fn markdown_keeps_tables_code_and_absolute_links() {
        let html = format!(
            "<title>How it works | Site</title><nav><a href=/>home</a> menu</nav><main><h2>Head</h2>\
             <p>{words} <a href=../other>other</a></p><pre><code class=language-rust>fn main() {{\n\
             \x20   run();\n}}</code></pre><table><thead><tr><th>Key<th>Value<tbody><tr><td>a<td>1\
             </table><ul><li>one<li>two</ul></main><footer>imprint</footer>",
            words = WORDS.repeat(20)
        );
        let content = content(&html).unwrap();
        assert_eq!(content.title, "How it works | Site");
        for piece in [
            "## Head",
            "[other](http://h.test/other)",
            "```rust\nfn main() {\n    run();\n}\n```",
            "| Key | Value |",
            "| a | 1 |",
            "- one\n- two",
        ] {
            assert!(content.markdown.contains(piece), "{piece}\n{}", content.markdown);
        }
        assert!(content.text.contains("    run();\n"), "{}", content.text);
        for piece in ["menu", "imprint"] {
            assert!(!content.markdown.contains(piece) && !content.text.contains(piece), "{piece}");
        }
    }

    #[test]
    fn pages_without_content_say_so() {
        assert_eq!(content(""), Err(ContentError::None));
        assert_eq!(content("<frameset><frame src=a>"), Err(ContentError::None));
    }

    // Regression: the library's own parser overflowed the stack here.
    #[test]
    fn deep_pages_are_refused_or_read_without_overflow() {
        let deep = |piece: &str, count: usize| content(&piece.repeat(count));
        assert_eq!(deep("<div>x", 20_000), Err(ContentError::TooNested));
        assert_eq!(deep("<blockquote>a", 20_000), Err(ContentError::TooNested));
        let lines = format!("{}<pre>{}", "<blockquote>".repeat(400), "a\n".repeat(100_000));
        assert_eq!(content(&lines), Err(ContentError::TooNested));
        assert!(deep("<div>x", 600).is_ok_and(|content| content.text.contains('x')));
    }

    #[test]
    fn wide_pages_are_read() {
        let mut html = String::new();
        for row in 0..2_000 {
            write!(html, "<p>{row} {WORDS}").unwrap();
        }
        let content = content(&html).unwrap();
        assert!(content.markdown.contains("1999 Some"));
    }
}
