//! The text of an element as a reader sees it in one line.

use ego_tree::NodeRef;
use ego_tree::iter::Edge;
use scraper::Node;

/// Reads the text below a node: one line, no scripts, styles or templates inside it.
pub(super) fn read(root: &NodeRef<'_, Node>) -> String {
    let mut text = String::new();
    let mut hidden = 0_usize;
    let mut gap = false;
    for edge in root.traverse() {
        let (Edge::Open(node) | Edge::Close(node)) = edge;
        match node.value() {
            Node::Text(piece) if hidden == 0 && matches!(edge, Edge::Open(_)) => {
                append(&mut text, piece, &mut gap);
            }
            Node::Element(element) if hidden == 0 && separates(element.name()) => gap = true,
            value if node != *root && hides(value) => match edge {
                Edge::Open(_) => hidden += 1,
                Edge::Close(_) => hidden -= 1,
            },
            _ => {}
        }
    }
    text
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
