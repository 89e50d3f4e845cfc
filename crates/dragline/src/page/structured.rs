//! What a page says in formats of its own: structured data, its main content, feeds and sitemaps. Only passes
//! the page on to what reads them.

#[cfg(feature = "content")]
use dragline_parse::Content;
use dragline_parse::{Feed, JsonLd, OpenGraph, Sitemap, TwitterCard};

use crate::page::{DocumentError, Page};

impl<R> Page<R> {
    /// Returns the JSON-LD blocks of the page in document order, at most 1,000 of them.
    ///
    /// ```
    /// use dragline::{BoxError, Page};
    /// use serde::Deserialize;
    ///
    /// #[derive(Deserialize)]
    /// struct Product {
    ///     name: String,
    /// }
    ///
    /// fn names(page: &Page) -> Result<Vec<String>, BoxError> {
    ///     let blocks = page.json_ld()?;
    ///     // Blocks of another shape are left out.
    ///     let products = blocks.iter().filter_map(|block| block.read::<Product>().ok());
    ///     Ok(products.map(|product| product.name).collect())
    /// }
    /// ```
    ///
    /// # Errors
    /// When the text is longer than 32 MiB.
    pub fn json_ld(&self) -> Result<Vec<JsonLd>, DocumentError> {
        Ok(self.document()?.json_ld())
    }

    /// Returns the Open Graph properties of the page (ogp.me).
    ///
    /// ```
    /// # use dragline::{BoxError, Page};
    /// fn picture(page: &Page) -> Result<Option<String>, BoxError> {
    ///     Ok(page.open_graph()?.images.first().map(ToString::to_string))
    /// }
    /// ```
    ///
    /// # Errors
    /// When the text is longer than 32 MiB.
    pub fn open_graph(&self) -> Result<OpenGraph, DocumentError> {
        Ok(self.document()?.open_graph())
    }

    /// Returns the Twitter card of the page.
    ///
    /// # Errors
    /// When the text is longer than 32 MiB.
    pub fn twitter_card(&self) -> Result<TwitterCard, DocumentError> {
        Ok(self.document()?.twitter_card())
    }

    /// Finds the main content of the page, without what is around it, as text and as Markdown; needs the
    /// feature `content`.
    ///
    /// It takes about as long as parsing the page several times over, and nothing is kept.
    ///
    /// ```
    /// # use dragline::{BoxError, Page};
    /// fn article(page: &Page) -> Result<String, BoxError> {
    ///     let content = page.content()?;
    ///     Ok(format!("# {}\n\n{}", content.title, content.markdown))
    /// }
    /// ```
    ///
    /// # Errors
    /// When there is no main content, the page is nested too deeply for its size, or its text is longer than
    /// 32 MiB.
    #[cfg(feature = "content")]
    pub fn content(&self) -> Result<Content, DocumentError> {
        Ok(self.document()?.content()?)
    }

    /// Reads the body as a feed: RSS or Atom.
    ///
    /// It unpacks gzip, up to 50 MiB; what is wrong comes with the entries.
    ///
    /// ```
    /// # use dragline::{BoxError, Output, Page, Spider};
    /// fn parse<S: Spider<Route = ()>>(page: &Page, out: &mut Output<S>) -> Result<(), BoxError> {
    ///     for entry in page.feed().entries() {
    ///         out.follow_all(entry?.link().cloned());
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub fn feed(&self) -> Feed<'_> {
        Feed::read(self.body(), self.content_type().as_deref(), self.url())
    }

    /// Reads the body as a sitemap: its XML forms, one URL on each line, or a feed.
    ///
    /// It unpacks gzip, up to 50 MiB, and gives at most 50,000 entries; what is wrong comes with the entries.
    /// A crawl reads sitemaps by itself when [`Discovery::sitemaps`](crate::Discovery::sitemaps) is on; a spider
    /// that gives the pages routes of their own reads them itself.
    ///
    /// ```
    /// # use dragline::{BoxError, Output, Page, Spider};
    /// fn parse<S: Spider<Route = ()>>(page: &Page, out: &mut Output<S>) -> Result<(), BoxError> {
    ///     for entry in page.sitemap().entries().filter_map(Result::ok) {
    ///         out.follow_all(page.join(entry.location()));
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub fn sitemap(&self) -> Sitemap<'_> {
        Sitemap::read(self.body(), self.content_type().as_deref())
    }
}
