//! The walk over the whole tree of a page that defines what its facts are. Any faster way to
//! read facts must agree with it.

use ego_tree::iter::Edge;
use html5ever::ns;
use scraper::node::Element;
use scraper::{Html, Node};

use crate::facts::{Facts, FactsBuilder};
use crate::tree::tree;

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
                    facts.element(element.name(), |name| element.attr(name));
                    if element.name() == "title" {
                        let pieces = node.children().filter_map(|child| child.value().as_text());
                        facts.title(&pieces.map(|piece| &**piece).collect::<String>());
                    }
                } else if element.name.ns == ns!(svg) && element.name() == "a" {
                    let href = element.attr("href").or_else(|| xlink_href(element));
                    facts.svg_anchor(href, element.attr("rel"));
                }
            }
            _ => {}
        }
    }
    facts.finish()
}

fn xlink_href(element: &Element) -> Option<&str> {
    let href =
        element.attrs.iter().find(|(name, _)| name.ns == ns!(xlink) && &*name.local == "href");
    href.map(|(_, value)| &**value)
}

#[cfg(test)]
mod tests;
