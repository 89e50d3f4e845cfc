//! One element of a document, and what can be read from it.

use std::fmt;

use ego_tree::iter::Edge;
use scraper::{ElementRef, Node};
use url::Url;

use crate::document::Document;
use crate::selector::{Selector, SelectorError};

/// An element of a [`Document`]; a reference that is free to copy.
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
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut hidden = 0_usize;
        let mut gap = false;
        for edge in self.node.traverse() {
            let (Edge::Open(node) | Edge::Close(node)) = edge;
            match node.value() {
                Node::Text(piece) if hidden == 0 && matches!(edge, Edge::Open(_)) => {
                    append(&mut text, piece, &mut gap);
                }
                Node::Element(element) if hidden == 0 && separates(element.name()) => gap = true,
                value if node != *self.node && hides(value) => match edge {
                    Edge::Open(_) => hidden += 1,
                    Edge::Close(_) => hidden -= 1,
                },
                _ => {}
            }
        }
        text
    }

    /// Returns the value of an attribute as written, character references decoded.
    ///
    /// Attribute names of HTML elements are in lower case.
    #[must_use]
    pub fn attr(&self, name: &str) -> Option<&'a str> {
        self.node.attr(name)
    }

    /// Returns an attribute as a URL, resolved against the document's base.
    ///
    /// Nothing if there is no such attribute or it is not a URL; any scheme is returned.
    #[must_use]
    pub fn url(&self, name: &str) -> Option<Url> {
        self.document.joiner().url(self.attr(name)?).ok()
    }

    /// Returns the HTML inside the element, as the parser understood it.
    #[must_use]
    pub fn html(&self) -> String {
        self.node.inner_html()
    }

    /// Returns the text as it is in the source, with all its whitespace.
    pub(crate) fn source(&self) -> String {
        self.node.text().collect()
    }

    /// Returns the name of the element, such as `a`.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.node.value().name()
    }

    /// Returns the element around this one; nothing for `html`.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let parent = self.node.parent().and_then(ElementRef::wrap)?;
        Some(Self::new(parent, self.document))
    }

    /// Returns the elements inside this one that match a CSS selector, in document order.
    ///
    /// `:scope` is this element; the contents of `template` are never found.
    ///
    /// # Errors
    ///
    /// Fails if `css` is not a selector.
    pub fn select(&self, css: &str) -> Result<Vec<Self>, SelectorError> {
        Ok(self.find(&Selector::parse(css)?))
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

    pub(crate) fn matching<'s>(
        &self,
        selector: &'s Selector,
    ) -> impl Iterator<Item = Self> + use<'a, 's> {
        let document = self.document;
        let found = self.node.select(selector.inner());
        found.filter(|node| !inert(node)).map(move |node| Self::new(node, document))
    }
}

impl fmt::Debug for Element<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.node, formatter)
    }
}

/// Says whether an element is in the contents of a template, which hang under a fragment node.
fn inert(node: &ElementRef<'_>) -> bool {
    node.ancestors().any(|ancestor| ancestor.value().is_fragment())
}

fn append(text: &mut String, piece: &str, gap: &mut bool) {
    for character in piece.chars() {
        if character.is_whitespace() {
            *gap = true;
            continue;
        }
        if *gap && !text.is_empty() {
            text.push(' ');
        }
        *gap = false;
        text.push(character);
    }
}

fn hides(value: &Node) -> bool {
    match value {
        Node::Fragment => true,
        Node::Element(element) => matches!(element.name(), "script" | "style"),
        _ => false,
    }
}

/// Says whether an element stands apart from the text around it on a rendered page.
fn separates(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "br"
            | "caption"
            | "dd"
            | "details"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "head"
            | "header"
            | "hr"
            | "legend"
            | "li"
            | "main"
            | "menu"
            | "nav"
            | "ol"
            | "optgroup"
            | "option"
            | "p"
            | "pre"
            | "section"
            | "summary"
            | "table"
            | "td"
            | "th"
            | "title"
            | "tr"
            | "ul"
    )
}
