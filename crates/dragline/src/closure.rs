//! A spider made of a closure, for when a type of one's own says nothing more.

use std::fmt;

use crate::error::BoxError;
use crate::output::Output;
use crate::page::Page;
use crate::request::Request;
use crate::spider::Spider;

/// Makes a spider of the URLs where it starts and a closure that reads each page. What it produces is what
/// the closure pushes.
///
/// ```
/// use dragline::{Crawler, spider};
///
/// # async fn run() -> Result<(), dragline::BoxError> {
/// let titles = spider(["http://quotes.example/"], |page, out| {
///     out.items(page.title().map(str::to_owned));
///     out.follow_all(page.links("li.next a")?);
///     Ok(())
/// });
/// let summary = Crawler::new(titles).sink(|title: &String| println!("{title}")).run().await?;
/// # Ok(())
/// # }
/// ```
///
/// A text that is no URL is an error when the crawl starts. With several kinds of pages, write a type and its
/// [`Spider`].
pub fn spider<I, F>(start: impl IntoIterator<Item = impl Into<String>>, parse: F) -> SpiderFn<I>
where
    I: Send + 'static,
    F: Fn(&Page, &mut Output<'_, SpiderFn<I>>) -> Result<(), BoxError> + Send + Sync + 'static,
{
    SpiderFn { start: start.into_iter().map(Into::into).collect(), parse: Box::new(parse) }
}

/// A spider that [`spider`] made.
pub struct SpiderFn<I: Send + 'static> {
    start: Vec<String>,
    parse: Box<Parse<I>>,
}

type Parse<I> = dyn Fn(&Page, &mut Output<'_, SpiderFn<I>>) -> Result<(), BoxError> + Send + Sync;

impl<I: Send + 'static> Spider for SpiderFn<I> {
    type Item = I;
    type Route = ();

    fn start(&self) -> Result<Vec<Request>, BoxError> {
        Ok(self.start.iter().map(Request::get).collect::<Result<_, _>>()?)
    }

    fn parse(&self, page: &Page, out: &mut Output<'_, Self>) -> Result<(), BoxError> {
        (self.parse)(page, out)
    }
}

impl<I: Send + 'static> fmt::Debug for SpiderFn<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpiderFn").field("start", &self.start).finish_non_exhaustive()
    }
}
