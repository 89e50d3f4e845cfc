//! Pages that look like real ones, made up from a seed: documentation, a listing, a text, and one that is
//! mostly script.

use std::fmt::Write;
use std::sync::LazyLock;

use fastrand::Rng;

const SYLLABLES: [&str; 32] = [
    "al", "be", "con", "da", "el", "fi", "gra", "hu", "in", "jo", "ker", "lo", "mi", "nor", "os",
    "pre", "qua", "re", "se", "tion", "un", "ver", "wi", "xe", "ya", "zo", "ing", "ed", "ar", "te",
    "ma", "sp",
];

/// Words that all pages have.
static COMMON: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut random = Rng::with_seed(0);
    (0..256).map(|_| word(&mut random)).collect()
});

/// Words, half of them such as no other page has, and the randomness that they are drawn with.
#[derive(Debug)]
pub struct Words {
    random: Rng,
    own: Vec<String>,
}

impl Words {
    /// Makes the words of one page.
    pub fn new(seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let own = (0..48).map(|_| word(&mut random)).collect();
        Self { random, own }
    }

    fn one(&mut self) -> &str {
        let stock = if self.random.bool() { &self.own } else { &*COMMON };
        &stock[self.random.usize(..stock.len())]
    }

    /// Adds so many words.
    fn add(&mut self, out: &mut String, count: usize) {
        for _ in 0..count {
            out.push_str(self.one());
            out.push(' ');
        }
        out.pop();
    }
}

fn word(random: &mut Rng) -> String {
    (0..random.usize(1..5)).map(|_| SYLLABLES[random.usize(..SYLLABLES.len())]).collect()
}

fn head(out: &mut String, title: &str) {
    let _ = write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"description\" content=\"{title} &amp; more\">\n<title>{title} - made up</title>\n"
    );
}

/// Makes a page of documentation with so many links to `hrefs`, most of them to another place on the same
/// page, and then text until it has so many bytes.
pub fn documentation(words: &mut Words, hrefs: &[String], links: usize, bytes: usize) -> String {
    let mut page = String::with_capacity(bytes + 2048);
    let title = words.one().to_owned();
    head(&mut page, &title);
    page.push_str(
        "</head>\n<body class=\"doc\">\n<!-- navigation -->\n<nav class=\"sidebar\"><ul>\n",
    );
    let mut written = 0;
    // Each target stands once where no mark follows it, before any is repeated.
    for href in hrefs.iter().take(links) {
        let _ = write!(page, "<li><a href=\"{href}\">");
        words.add(&mut page, 1);
        page.push_str("</a></li>\n");
        written += 1;
    }
    let _ = write!(
        page,
        "</ul></nav>\n<main><h1>Module <code>{title}</code></h1>\n<p class=\"intro\">"
    );
    words.add(&mut page, 30);
    page.push_str("</p>\n");
    let per_section =
        bytes.saturating_sub(page.len() + 64) / (links.saturating_sub(written) / 4 + 1);
    while page.len() + 64 < bytes || written < links {
        let start = page.len();
        let name = words.one().to_owned();
        let _ = write!(
            page,
            "<section id=\"method.{name}\" class=\"method\"><h4 class=\"code-header\">pub fn \
             <span class=\"fn\">{name}</span>(&amp;self, x: &lt;T&gt;)"
        );
        for _ in 0..4.min(links - written) {
            let href = hrefs.get(written % hrefs.len().max(1)).map_or("", String::as_str);
            let _ = write!(
                page,
                " -&gt; <a class=\"type\" href=\"{href}#method.{}\" title=\"type\">",
                words.one()
            );
            words.add(&mut page, 1);
            page.push_str("</a>");
            written += 1;
        }
        page.push_str("</h4></section>\n<div class=\"docblock\"><p>");
        words.add(&mut page, 12);
        while page.len() < start + per_section && page.len() + 64 < bytes {
            page.push_str(" <code>");
            words.add(&mut page, 1);
            page.push_str("</code> ");
            words.add(&mut page, 6);
        }
        page.push_str("</p></div>\n");
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

/// Makes a listing: cards with an image, a price and links, all in deep markup of many attributes.
pub fn listing(words: &mut Words, cards: usize) -> String {
    let mut page = String::new();
    head(&mut page, "Offers");
    page.push_str("</head>\n<body><div id=\"root\"><div class=\"grid\"><ul class=\"cards\">\n");
    for card in 0..cards {
        let price = words.random.u32(100..99_999);
        let _ = write!(
            page,
            "<li class=\"card card--small js-card\" data-id=\"{card}\" data-price=\"{price}\" \
             style=\"order:{card}\"><div class=\"card__inner\"><a class=\"card__link\" \
             href=\"/offers/{card}?from=list&amp;page=1\"><img class=\"card__image\" loading=\"lazy\" \
             src=\"/images/{card}.jpg\" alt=\"{}\" width=\"320\" height=\"240\"></a><h3 class=\"card__title\">",
            words.one()
        );
        words.add(&mut page, 5);
        let _ = write!(
            page,
            "</h3><p class=\"card__price\">{}.{:02} &euro;</p><div class=\"card__tags\">",
            price / 100,
            price % 100
        );
        for _ in 0..3 {
            let tag = words.one();
            let _ = write!(
                page,
                "<a class=\"tag\" rel=\"tag nofollow\" href=\"/tags/{tag}\">{tag}</a> "
            );
        }
        page.push_str("</div></div></li>\n");
    }
    page.push_str("</ul><a rel=\"next\" href=\"?page=2\">next</a></div></div></body></html>\n");
    page
}

/// Makes a text of so many paragraphs, with a link in each fifth.
pub fn text(words: &mut Words, paragraphs: usize) -> String {
    let mut page = String::new();
    head(&mut page, "A long text");
    page.push_str("</head>\n<body><article><h1>A long text</h1>\n");
    for paragraph in 0..paragraphs {
        page.push_str("<p>");
        words.add(&mut page, 80);
        if paragraph % 5 == 0 {
            let _ = write!(
                page,
                " <a href=\"chapter-{paragraph}.html\">\u{201c}{}\u{201d}</a>",
                words.one()
            );
        }
        page.push_str(".</p>\n");
    }
    page.push_str("</article></body></html>\n");
    page
}

/// Makes a page that is mostly script: code, and data that looks like markup.
pub fn script(words: &mut Words, statements: usize) -> String {
    let mut page = String::new();
    head(&mut page, "An application");
    page.push_str("<script type=\"application/json\" id=\"state\">{\"entries\":[");
    for entry in 0..statements {
        let _ = write!(page, "{{\"id\":{entry},\"html\":\"<a href=\\\"/no/{entry}\\\">");
        words.add(&mut page, 3);
        page.push_str("<\\/a>\"},");
    }
    page.push_str("{}]}</script>\n<script>\n");
    for statement in 0..statements {
        let _ = write!(
            page,
            "function f{statement}(a,b){{if(a<b&&b>{statement}){{return \"<b>\"+a}}/* "
        );
        words.add(&mut page, 4);
        page.push_str(" */return b}\n");
    }
    page.push_str("</script>\n</head>\n<body><div id=\"app\"></div><noscript>");
    for link in 0..20 {
        let _ = write!(page, "<a href=\"/view/{link}\">{}</a> ", words.one());
    }
    page.push_str("</noscript><a href=\"/about\">about</a></body></html>\n");
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documentation_has_the_links_and_the_size_asked_for() {
        let hrefs: Vec<String> = (0..27).map(|id| format!("../x/{id}.html")).collect();
        let page = documentation(&mut Words::new(1), &hrefs, 260, 50_000);
        assert_eq!(page.matches("<a ").count(), 260);
        assert!((49_000..52_000).contains(&page.len()), "{}", page.len());
        for href in &hrefs {
            assert!(page.contains(&format!("\"{href}\"")), "{href}");
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_page_and_another_seed_another() {
        let page = |seed| text(&mut Words::new(seed), 10);
        assert_eq!(page(1), page(1));
        assert_ne!(page(1), page(2));
    }
}
