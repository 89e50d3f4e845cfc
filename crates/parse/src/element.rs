//! One element of a document, and what can be read from it.

mod text;

use std::fmt;

use scraper::ElementRef;
use url::Url;

use crate::document::Document;
use crate::selector::{Selector, SelectorError};

/// An element of a [`Document`]; a reference that is free to copy.
///
/// # Examples
///
/// Values that stand beside what names them:
///
/// ```
/// use dragline_parse::Document;
/// use url::Url;
///
/// let html = "<dl><dt>Price<dd>12 \u{20ac}<dt>Colours<dd>red<dd>blue</dl>";
/// let document = Document::parse(html, &Url::parse("http://h.example/")?);
/// for name in document.select("dt")? {
///     let values = name.following_until("dt")?;
///     let values: Vec<String> = values.iter().map(|value| value.text()).collect();
///     println!("{}: {}", name.text(), values.join(", "));
///     # assert_eq!(values.len(), if name.text() == "Price" { 1 } else { 2 });
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct Element<'a> {
    node: ElementRef<'a>,
    document: &'a Document,
}

impl<'a> Element<'a> {
    pub(crate) fn new(node: ElementRef<'a>, document: &'a Document) -> Self {
        Self { node, document }
    }

    /// Returns the text as a reader sees it in one line.
    ///
    /// Runs of whitespace (no-break spaces too) become one space, none stays at either end, and
    /// line breaks and block elements separate words. Scripts, styles and the contents of
    /// templates inside the element are left out; a `script` itself gives its source.
    ///
    /// # Examples
    ///
    /// ```
    /// # let page = url::Url::parse("http://h.example/")?;
    /// let document = dragline_parse::Document::parse("<p>Red\n <b>shoe</b><br>new", &page);
    /// assert_eq!(document.select("p")?[0].text(), "Red shoe new");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn text(&self) -> String {
        text::read(&self.node)
    }

    /// Returns the value of an attribute as written, character references decoded.
    ///
    /// Attribute names of HTML elements are in lower case.
    ///
    /// # Examples
    ///
    /// ```
    /// # let page = url::Url::parse("http://h.example/")?;
    /// let document = dragline_parse::Document::parse("<a id=x href='?a&amp;b'>more</a>", &page);
    /// let link = document.select("a")?[0];
    /// assert_eq!((link.attr("href"), link.attr("title")), (Some("?a&b"), None));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn attr(&self, name: &str) -> Option<&'a str> {
        self.node.attr(name)
    }

    /// Returns an attribute as a URL, resolved against the document's base.
    ///
    /// Nothing if there is no such attribute or it is not a URL; any scheme is returned.
    ///
    /// # Examples
    ///
    /// ```
    /// # let page = url::Url::parse("http://h.example/")?;
    /// let document = dragline_parse::Document::parse("<base href=/shop/><a href=item>more</a>", &page);
    /// let link = document.select("a")?[0].url("href");
    /// assert_eq!(link.map(String::from).as_deref(), Some("http://h.example/shop/item"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn url(&self, name: &str) -> Option<Url> {
        self.document.joiner().url(self.attr(name)?).ok()
    }

    /// Returns the HTML inside the element, as the parser understood it.
    ///
    /// # Examples
    ///
    /// ```
    /// # let page = url::Url::parse("http://h.example/")?;
    /// let document = dragline_parse::Document::parse("<p>Red <B>shoe</B>", &page);
    /// assert_eq!(document.select("p")?[0].html(), "Red <b>shoe</b>");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn html(&self) -> String {
        self.node.inner_html()
    }

    /// Returns the text below the element as it is in the source, with all its whitespace; what
    /// [`text`](Self::text) leaves out, such as scripts, too.
    #[must_use]
    pub fn raw_text(&self) -> String {
        self.node.text().collect()
    }

    /// Returns the HTML of the element with its own tags, as the parser understood it.
    ///
    /// # Examples
    ///
    /// ```
    /// # let page = url::Url::parse("http://h.example/")?;
    /// let document = dragline_parse::Document::parse("<p class=a>x", &page);
    /// assert_eq!(document.select("p")?[0].outer_html(), "<p class=\"a\">x</p>");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn outer_html(&self) -> String {
        self.node.html()
    }

    /// Returns the name of the element, such as `a`.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.node.value().name()
    }

    /// Returns the element around this one; nothing for `html`.
    ///
    /// # Examples
    ///
    /// ```
    /// # let page = url::Url::parse("http://h.example/")?;
    /// let document = dragline_parse::Document::parse("<ul><li>x", &page);
    /// let item = document.select("li")?[0];
    /// assert_eq!(item.parent().map(|list| list.name()), Some("ul"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let parent = self.node.parent().and_then(ElementRef::wrap)?;
        Some(Self::new(parent, self.document))
    }

    /// Returns the elements around this one, from its parent to `html`.
    ///
    /// # Examples
    ///
    /// ```
    /// # let page = url::Url::parse("http://h.example/")?;
    /// let document = dragline_parse::Document::parse("<ul><li><b>x", &page);
    /// let names: Vec<&str> = document.select("b")?[0].parents().map(|around| around.name()).collect();
    /// assert_eq!(names, ["li", "ul", "body", "html"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn parents(&self) -> impl Iterator<Item = Self> + use<'a> {
        let document = self.document;
        let around = self.node.ancestors().filter_map(ElementRef::wrap);
        around.map(move |node| Self::new(node, document))
    }

    /// Returns the nearest element around this one that matches a CSS selector.
    ///
    /// # Errors
    ///
    /// Fails if `css` is not a selector.
    ///
    /// # Examples
    ///
    /// ```
    /// # let page = url::Url::parse("http://h.example/")?;
    /// let document = dragline_parse::Document::parse("<div class=item><p><a>more", &page);
    /// let link = document.select("a")?[0];
    /// let item = link.ancestor(".item")?;
    /// assert_eq!(item.map(|item| item.name()), Some("div"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn ancestor(&self, css: &str) -> Result<Option<Self>, SelectorError> {
        let selector = Selector::parse(css)?;
        Ok(self.parents().find(|around| around.matches(&selector)))
    }

    /// Returns the elements directly inside this one.
    ///
    /// # Examples
    ///
    /// ```
    /// # let page = url::Url::parse("http://h.example/")?;
    /// let document = dragline_parse::Document::parse("<tr><td>x", &page);
    /// assert_eq!(document.root().children().map(|child| child.name()).collect::<Vec<_>>(), ["head", "body"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn children(&self) -> impl Iterator<Item = Self> + use<'a> {
        let document = self.document;
        self.node.child_elements().map(move |node| Self::new(node, document))
    }

    /// Returns the siblings after this element, the nearest first.
    ///
    /// # Examples
    ///
    /// ```
    /// # let page = url::Url::parse("http://h.example/")?;
    /// let document = dragline_parse::Document::parse("<h2>a</h2><p>b<p>c", &page);
    /// let heading = document.select("h2")?[0];
    /// assert_eq!(heading.following().count(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn following(&self) -> impl Iterator<Item = Self> + use<'a> {
        let document = self.document;
        let after = self.node.next_siblings().filter_map(ElementRef::wrap);
        after.map(move |node| Self::new(node, document))
    }

    /// Returns the siblings before this element, the nearest first.
    ///
    /// # Examples
    ///
    /// ```
    /// # let page = url::Url::parse("http://h.example/")?;
    /// let document = dragline_parse::Document::parse("<h2>a</h2><p>b<p>c", &page);
    /// let last = document.select("p")?[1];
    /// let texts: Vec<String> = last.preceding().map(|before| before.text()).collect();
    /// assert_eq!(texts, ["b", "a"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn preceding(&self) -> impl Iterator<Item = Self> + use<'a> {
        let document = self.document;
        let before = self.node.prev_siblings().filter_map(ElementRef::wrap);
        before.map(move |node| Self::new(node, document))
    }

    /// Returns the first sibling after this element that matches a CSS selector.
    ///
    /// # Errors
    ///
    /// Fails if `css` is not a selector.
    ///
    /// # Examples
    ///
    /// ```
    /// # let page = url::Url::parse("http://h.example/")?;
    /// let document = dragline_parse::Document::parse("<dl><dt>Price<dd>12</dl>", &page);
    /// let name = document.select("dt")?[0];
    /// assert_eq!(name.next("dd")?.map(|value| value.text()).as_deref(), Some("12"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn next(&self, css: &str) -> Result<Option<Self>, SelectorError> {
        Ok(self.next_matching(&Selector::parse(css)?))
    }

    /// Returns the siblings after this element, up to the first that matches a CSS selector;
    /// all of them if none does.
    ///
    /// # Errors
    ///
    /// Fails if `css` is not a selector.
    ///
    /// # Examples
    ///
    /// ```
    /// # let page = url::Url::parse("http://h.example/")?;
    /// let document = dragline_parse::Document::parse("<h2>a</h2><p>b<p>c<h2>d</h2><p>e", &page);
    /// let heading = document.select("h2")?[0];
    /// assert_eq!(heading.following_until("h2")?.len(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn following_until(&self, css: &str) -> Result<Vec<Self>, SelectorError> {
        let end = Selector::parse(css)?;
        Ok(self.group(&end).collect())
    }

    /// Returns the elements inside this one that match a CSS selector, in document order.
    ///
    /// `:scope` is this element; the contents of `template` are never found.
    ///
    /// # Errors
    ///
    /// Fails if `css` is not a selector.
    ///
    /// # Examples
    ///
    /// ```
    /// # let page = url::Url::parse("http://h.example/")?;
    /// let document = dragline_parse::Document::parse("<ul><li>a<ul><li>b</ul></ul>", &page);
    /// let list = document.select("ul")?[0];
    /// assert_eq!(list.select("li")?.len(), 2);
    /// assert_eq!(list.select(":scope > li")?.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn select(&self, css: &str) -> Result<Vec<Self>, SelectorError> {
        Ok(self.find(&Selector::parse(css)?))
    }

    /// Returns the first element inside this one that matches a CSS selector.
    ///
    /// # Errors
    ///
    /// Fails if `css` is not a selector.
    ///
    /// # Examples
    ///
    /// ```
    /// # let page = url::Url::parse("http://h.example/")?;
    /// let document = dragline_parse::Document::parse("<p>a <b>b</b> <b>c</b>", &page);
    /// let paragraph = document.select("p")?[0];
    /// assert_eq!(paragraph.first("b")?.map(|bold| bold.text()).as_deref(), Some("b"));
    /// assert!(paragraph.first("i")?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn first(&self, css: &str) -> Result<Option<Self>, SelectorError> {
        Ok(self.matching(&Selector::parse(css)?).next())
    }

    /// Returns the elements inside this one that match a selector that is already parsed.
    #[must_use]
    pub fn find(&self, selector: &Selector) -> Vec<Self> {
        self.matching(selector).collect()
    }

    /// Returns the document the element is of.
    #[must_use]
    pub fn document(&self) -> &'a Document {
        self.document
    }

    pub(crate) fn matches(&self, selector: &Selector) -> bool {
        selector.inner().matches(&self.node)
    }

    pub(crate) fn next_matching(&self, selector: &Selector) -> Option<Self> {
        self.following().find(|sibling| sibling.matches(selector))
    }

    pub(crate) fn group<'s>(&self, end: &'s Selector) -> impl Iterator<Item = Self> + use<'a, 's> {
        self.following().take_while(|sibling| !sibling.matches(end))
    }

    pub(crate) fn matching<'s>(
        &self,
        selector: &'s Selector,
    ) -> impl Iterator<Item = Self> + use<'a, 's> {
        let document = self.document;
        let found = self.node.select(selector.inner());
        found.filter(|node| !inert(node)).map(move |node| Self::new(node, document))
    }
}

/// Equal are references to one element, not elements that look the same.
impl PartialEq for Element<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.node == other.node
    }
}

impl Eq for Element<'_> {}

impl fmt::Debug for Element<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.node, formatter)
    }
}

/// Says whether an element is in the contents of a template, which hang under a fragment node.
fn inert(node: &ElementRef<'_>) -> bool {
    node.ancestors().any(|ancestor| ancestor.value().is_fragment())
}

#[cfg(test)]
mod tests;
