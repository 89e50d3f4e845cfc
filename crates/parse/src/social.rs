//! What a page says of itself to those who link to it: Open Graph and Twitter cards. Reads only
//! `meta` elements.

use url::Url;

use crate::document::Document;

/// The most properties of one kind that are kept; the rest is not read.
const MAX_PROPERTIES: usize = 1_000;

/// The longest content of a property, in bytes; a longer one is passed over.
const MAX_CONTENT: usize = 64 * 1024;

/// The prefixes of Open Graph: its own, and those of its kinds of object.
const OPEN_GRAPH: [&str; 8] =
    ["og:", "article:", "book:", "profile:", "product:", "music:", "video:", "fb:"];

/// The Open Graph properties of a page (ogp.me). The first of several counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OpenGraph {
    /// The title (`og:title`).
    pub title: Option<String>,
    /// The kind of object, such as `article` (`og:type`).
    pub kind: Option<String>,
    /// The canonical URL (`og:url`), absolute.
    pub url: Option<Url>,
    /// The images (`og:image`), absolute.
    pub images: Vec<Url>,
    /// The description (`og:description`).
    pub description: Option<String>,
    /// The name of the site (`og:site_name`).
    pub site_name: Option<String>,
    /// All properties in document order, at most 1,000.
    pub properties: Vec<Property>,
}

/// The Twitter card of a page. The first of several properties counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TwitterCard {
    /// The kind of card, such as `summary` (`twitter:card`).
    pub kind: Option<String>,
    /// The title (`twitter:title`).
    pub title: Option<String>,
    /// The description (`twitter:description`).
    pub description: Option<String>,
    /// The image (`twitter:image`), absolute.
    pub image: Option<Url>,
    /// The account of the site (`twitter:site`).
    pub site: Option<String>,
    /// The account of the author (`twitter:creator`).
    pub creator: Option<String>,
    /// All properties in document order, at most 1,000.
    pub properties: Vec<Property>,
}

/// One property of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Property {
    /// The name in lower case, such as `og:title`.
    pub name: String,
    /// The content, trimmed; at most 64 KiB.
    pub content: String,
}

impl Document {
    /// Returns the Open Graph properties of the page.
    ///
    /// # Examples
    ///
    /// ```
    /// use dragline_parse::Document;
    /// use url::Url;
    ///
    /// let html = "<meta property=og:title content=Soup><meta property=og:image content=/a.png>";
    /// let document = Document::parse(html, &Url::parse("http://h.example/")?);
    /// let graph = document.open_graph();
    /// assert_eq!(graph.title.as_deref(), Some("Soup"));
    /// assert_eq!(graph.images[0].as_str(), "http://h.example/a.png");
    /// # Ok::<(), url::ParseError>(())
    /// ```
    #[must_use]
    pub fn open_graph(&self) -> OpenGraph {
        let properties = properties(self, &OPEN_GRAPH);
        let images = all(&properties, &["og:image", "og:image:url"]);
        OpenGraph {
            title: first(&properties, "og:title"),
            kind: first(&properties, "og:type"),
            url: first(&properties, "og:url").and_then(|url| self.base().join(&url).ok()),
            images: images.filter_map(|image| self.base().join(image).ok()).collect(),
            description: first(&properties, "og:description"),
            site_name: first(&properties, "og:site_name"),
            properties,
        }
    }

    /// Returns the Twitter card of the page.
    #[must_use]
    pub fn twitter_card(&self) -> TwitterCard {
        let properties = properties(self, &["twitter:"]);
        let image = all(&properties, &["twitter:image", "twitter:image:src"]).next();
        TwitterCard {
            kind: first(&properties, "twitter:card"),
            title: first(&properties, "twitter:title"),
            description: first(&properties, "twitter:description"),
            image: image.and_then(|image| self.base().join(image).ok()),
            site: first(&properties, "twitter:site"),
            creator: first(&properties, "twitter:creator"),
            properties,
        }
    }
}

/// Reads the properties with these prefixes; sites put the name in either attribute.
fn properties(document: &Document, prefixes: &[&str]) -> Vec<Property> {
    let metas = document.select("meta[content]").expect("the selector is valid").into_iter();
    let properties = metas.filter_map(|meta| {
        let name = meta.attr("property").or_else(|| meta.attr("name"))?.trim();
        let content = meta.attr("content")?.trim();
        if name.len() > MAX_CONTENT || content.len() > MAX_CONTENT || content.is_empty() {
            return None;
        }
        let name = name.to_ascii_lowercase();
        let wanted = prefixes.iter().any(|prefix| name.starts_with(prefix));
        wanted.then(|| Property { name, content: content.to_owned() })
    });
    properties.take(MAX_PROPERTIES).collect()
}

fn all<'a>(properties: &'a [Property], names: &'a [&str]) -> impl Iterator<Item = &'a str> {
    let named = properties.iter().filter(|property| names.contains(&property.name.as_str()));
    named.map(|property| property.content.as_str())
}

fn first(properties: &[Property], name: &str) -> Option<String> {
    all(properties, &[name]).next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use url::Url;

    use crate::document::Document;

    fn document(html: &str) -> Document {
        Document::parse(html, &Url::parse("http://h.test/d/p").unwrap())
    }

    #[test]
    fn open_graph_is_read_from_either_attribute() {
        let html = "<base href=/b/><meta property=OG:Title content=' One '>\
            <meta name=og:title content=Two><meta property=og:type content=article>\
            <meta property=og:image content=1.png><meta property=og:image content=http://i.test/2>\
            <meta property=og:image:width content=10><meta property=og:url content=''>\
            <meta property=article:tag content=x><meta name=description content=no>\
            <template><meta property=og:title content=no></template>";
        let graph = document(html).open_graph();
        assert_eq!(graph.title.as_deref(), Some("One"));
        assert_eq!(graph.kind.as_deref(), Some("article"));
        assert_eq!(graph.url, None);
        let images: Vec<&str> = graph.images.iter().map(Url::as_str).collect();
        assert_eq!(images, ["http://h.test/b/1.png", "http://i.test/2"]);
        let names: Vec<&str> = graph.properties.iter().map(|property| &*property.name).collect();
        let expected = [
            "og:title",
            "og:title",
            "og:type",
            "og:image",
            "og:image",
            "og:image:width",
            "article:tag",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn twitter_cards_are_read() {
        let html = "<meta name=twitter:card content=summary><meta name=twitter:site content=@h>\
            <meta property=twitter:image:src content=../i.png>";
        let card = document(html).twitter_card();
        assert_eq!((card.kind.as_deref(), card.site.as_deref()), (Some("summary"), Some("@h")));
        assert_eq!(card.image.unwrap().as_str(), "http://h.test/i.png");
        assert_eq!((card.title, card.properties.len()), (None, 3));
        assert_eq!(document(html).open_graph().properties, []);
    }

    #[test]
    fn properties_are_bounded() {
        let html = "<meta property=og:x content=y>".repeat(5_000);
        assert_eq!(document(&html).open_graph().properties.len(), 1_000);
        let long = format!("<meta property=og:title content={}>", "y".repeat(100_000));
        assert_eq!(document(&long).open_graph().title, None);
    }
}
