//! The built-in site of quotes, which the examples crawl. The words themselves are in
//! `quotes/data.rs`.

mod data;

use crate::answer::Answer;
use crate::site::Site;

use self::data::{AUTHORS, Author, QUOTES, Quote};

const QUOTES_PER_PAGE: usize = 6;

/// Creates a small site of thirty quotes by eight authors.
///
/// * `/` and `/page/2/` to `/page/5/` have six quotes each: `div.quote` with `span.text`,
///   `small.author`, the link `a.more` to the author, and `a.tag` (without a target) inside
///   `div.tags`. `li.next a` leads on, `li.previous a` leads back.
/// * `/author/NAME/` has `h3.author-title`, `span.author-born-date`, `span.author-born-location`
///   and `div.author-description`.
/// * The footer of the first page links to `/private/`, which `/robots.txt` disallows and which
///   does exist, and to `/about/`, which is a 404.
pub fn quotes() -> Site {
    let mut site = Site::new()
        .robots("User-agent: *\nDisallow: /private/\n")
        .page("/private/", layout("Private", "<p>Polite crawlers do not read this.</p>"));
    for (index, quotes) in QUOTES.chunks(QUOTES_PER_PAGE).enumerate() {
        let number = index + 1;
        site = site.page(list_path(number), list_page(number, quotes));
    }
    for author in AUTHORS {
        site = site.answer(author_path(author), Answer::html(author_page(author)));
    }
    site
}

fn list_path(number: usize) -> String {
    if number == 1 { "/".to_owned() } else { format!("/page/{number}/") }
}

fn author_path(author: &Author) -> String {
    format!("/author/{}/", author.slug)
}

fn list_page(number: usize, quotes: &[Quote]) -> String {
    let mut body: String = quotes.iter().map(quote_block).collect();
    body.push_str("<nav><ul class=\"pager\">\n");
    if number > 1 {
        let path = list_path(number - 1);
        body.push_str(&format!("<li class=\"previous\"><a href=\"{path}\">Previous</a></li>\n"));
    }
    if number < QUOTES.len().div_ceil(QUOTES_PER_PAGE) {
        let path = list_path(number + 1);
        body.push_str(&format!("<li class=\"next\"><a href=\"{path}\">Next</a></li>\n"));
    }
    body.push_str("</ul></nav>\n");
    if number == 1 {
        body.push_str(
            "<footer><a href=\"/private/\">Private</a> <a href=\"/about/\">About</a></footer>\n",
        );
    }
    layout(&format!("Quotes, page {number}"), &body)
}

fn quote_block(quote: &Quote) -> String {
    let text = escape(quote.text);
    let author = escape(quote.author.name);
    let path = author_path(quote.author);
    let tags: String =
        quote.tags.iter().map(|tag| format!(" <a class=\"tag\">{}</a>", escape(tag))).collect();
    format!(
        "<div class=\"quote\">\n\
         <span class=\"text\">{text}</span>\n\
         <span>by <small class=\"author\">{author}</small> <a class=\"more\" href=\"{path}\">(about)</a></span>\n\
         <div class=\"tags\">Tags:{tags}</div>\n\
         </div>\n"
    )
}

fn author_page(author: &Author) -> String {
    let name = escape(author.name);
    let born = escape(author.born);
    let place = escape(author.place);
    let description = escape(author.description);
    let body = format!(
        "<div class=\"author-details\">\n\
         <h3 class=\"author-title\">{name}</h3>\n\
         <p>Born: <span class=\"author-born-date\">{born}</span> \
         in <span class=\"author-born-location\">{place}</span></p>\n\
         <div class=\"author-description\">{description}</div>\n\
         </div>\n\
         <p><a href=\"/\">All quotes</a></p>\n"
    );
    layout(author.name, &body)
}

fn layout(title: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><title>{title}</title></head>\n\
         <body>\n<h1>{title}</h1>\n{body}</body>\n</html>\n"
    )
}

/// Makes a text safe between tags and in quoted attributes.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::data::{AUTHORS, QUOTES};
    use super::{author_path, escape, list_page, quotes};
    use crate::asked::Asked;

    #[tokio::test]
    async fn every_link_but_one_leads_to_a_page() {
        let site = quotes();
        let mut waiting = vec!["/".to_owned()];
        let mut seen = HashSet::new();
        let mut missing = Vec::new();
        let mut blocks = 0;
        while let Some(path) = waiting.pop() {
            if !seen.insert(path.clone()) {
                continue;
            }
            let answer = site.respond(&Asked::get(&path)).await;
            if answer.status != 200 {
                missing.push(path);
                continue;
            }
            let html = String::from_utf8(answer.body).unwrap();
            blocks += html.matches("<div class=\"quote\">").count();
            let links = html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
            waiting.extend(links.map(str::to_owned));
        }
        assert_eq!(missing, ["/about/"]);
        assert_eq!(blocks, 30);
        assert_eq!(seen.len(), 5 + AUTHORS.len() + 2);
        assert!(seen.contains("/page/5/") && seen.contains("/private/"));
    }

    #[test]
    fn every_author_has_quotes_and_a_path_without_escapes() {
        assert_eq!(AUTHORS.len(), 8);
        for author in AUTHORS {
            assert!(QUOTES.iter().any(|quote| quote.author.slug == author.slug), "{}", author.name);
            let plain =
                |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '/';
            assert!(author_path(author).chars().all(plain), "{}", author.slug);
        }
    }

    #[test]
    fn text_is_escaped() {
        assert_eq!(
            escape("<a href=\"x\">'&'</a>"),
            "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;"
        );
        let pages: String = QUOTES.chunks(6).map(|quotes| list_page(2, quotes)).collect();
        assert!(pages.contains("Fish &amp; visitors"));
    }
}
