//! The walk over the whole tree of a page that defines what its facts are. Any faster way to
//! read facts must agree with it.

use std::borrow::Cow;

use ego_tree::iter::Edge;
use html5ever::ns;
use scraper::node::Element;
use scraper::{Html, Node};

use crate::facts::{Collapsed, Facts, FactsBuilder};
use crate::tree::tree;
use crate::vocabulary::{Attribute, Tag};

/// Reads the facts of a page from its full HTML tree.
///
/// The tree is that of the HTML Standard with scripting disabled, so the contents of `noscript`
/// are elements. What counts are attached elements of the HTML namespace and the `a` of SVG;
/// the contents of `template` do not. Nesting beyond 512 levels is flattened as in browsers,
/// and past two million nodes (or more nodes than the text has bytes) the rest is not read.
/// Never fails, whatever the text.
#[must_use]
pub fn reference(text: &str) -> Facts {
    walk(&tree(text))
}

pub(crate) fn walk(html: &Html) -> Facts {
    let mut facts = FactsBuilder::default();
    let mut inert = 0_usize;
    for edge in html.tree.root().traverse() {
        match edge {
            // The contents of a template hang under a fragment node.
            Edge::Open(node) if node.value().is_fragment() => inert += 1,
            Edge::Close(node) if node.value().is_fragment() => inert -= 1,
            Edge::Open(node) if inert == 0 => {
                let Node::Element(element) = node.value() else { continue };
                if element.name.ns == ns!(html) {
                    if element.name() == "title" {
                        let mut title = Collapsed::default();
                        for piece in node.children().filter_map(|child| child.value().as_text()) {
                            title.push(piece);
                        }
                        facts.title(&title);
                    } else if let Some(tag) = Tag::of(element.name()) {
                        facts.element(tag, |attribute| value(element, attribute));
                    }
                } else if element.name.ns == ns!(svg) && element.name() == "a" {
                    facts.svg_anchor(|attribute| value(element, attribute));
                }
            }
            _ => {}
        }
    }
    facts.finish()
}

fn value(element: &Element, attribute: Attribute) -> Option<Cow<'_, str>> {
    let value = match attribute {
        Attribute::XlinkHref => {
            let mut attributes = element.attrs.iter();
            let xlink =
                attributes.find(|(name, _)| name.ns == ns!(xlink) && &*name.local == "href");
            xlink.map(|(_, value)| &**value)
        }
        _ => element.attr(attribute.name()),
    };
    value.map(Cow::Borrowed)
}

#[cfg(test)]
mod tests;
