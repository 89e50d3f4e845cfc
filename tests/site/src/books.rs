//! The built-in book shop: list pages that lead to detail pages with nested reviews, numbers, dates
//! and fields that some books lack. The books themselves are made up by rule.

use crate::answer::Answer;
use crate::site::Site;

const BOOKS: usize = 35;
const BOOKS_PER_PAGE: usize = 10;
const SUBJECTS: [&str; 7] = ["Rivers", "Clocks", "Bread", "Maps", "Bees", "Bridges", "Tea"];
const KINDS: [&str; 5] =
    ["A History of", "The Craft of", "Notes on", "Letters about", "A Winter with"];
const READERS: [&str; 4] = ["Ada", "Bo", "Cleo", "Dov"];

/// Creates a small shop of 35 books.
///
/// * `/` and `/page/2/` to `/page/4/` list ten books each: `article.book` with `h2 a`. `li.next a`
///   leads on.
/// * `/book/NUMBER/` has `h1`, `p.price` such as `£1,012.50`, `time.published` with a `datetime`, and a
///   `dl.facts` of `dt.isbn`, `dt.pages` and others, each followed by its `dd`. Every third book
///   has no `p.blurb`, every fifth no pages. `li.review` has `.by`, `.score` with `data-score`, a
///   date written as in `3 March 2024` and, every second one, a text; some books have none.
pub fn books() -> Site {
    let mut site = Site::new();
    let pages = BOOKS.div_ceil(BOOKS_PER_PAGE);
    for page in 1..=pages {
        let path = if page == 1 { "/".to_owned() } else { format!("/page/{page}/") };
        site = site.page(path, list_page(page, pages));
    }
    for book in 0..BOOKS {
        site = site.answer(format!("/book/{book}/"), Answer::html(book_page(book)));
    }
    site
}

fn title(book: usize) -> String {
    format!("{} {}", KINDS[book % KINDS.len()], SUBJECTS[book % SUBJECTS.len()])
}

fn list_page(page: usize, pages: usize) -> String {
    let first = (page - 1) * BOOKS_PER_PAGE;
    let mut body = String::new();
    for book in first..BOOKS.min(first + BOOKS_PER_PAGE) {
        let title = title(book);
        body.push_str(&format!(
            "<article class=\"book\"><h2><a href=\"/book/{book}/\">{title}</a></h2></article>\n"
        ));
    }
    if page < pages {
        let next = page + 1;
        body.push_str(&format!("<ul><li class=\"next\"><a href=\"/page/{next}/\">Next</a></ul>\n"));
    }
    layout(&format!("Books, page {page}"), &body)
}

fn book_page(book: usize) -> String {
    let title = title(book);
    let (pounds, pence) = ((book * book + 8) % 1000, book * 25 % 100);
    let thousands = if book.is_multiple_of(8) { "1," } else { "" };
    let (year, month, day) = (1990 + book, book % 12 + 1, book % 28 + 1);
    let mut body = format!(
        "<h1>{title}</h1>\n<p class=\"price\">£{thousands}{pounds:03}.{pence:02}</p>\n\
         <p>Published <time class=\"published\" datetime=\"{year}-{month:02}-{day:02}\">{year}</time></p>\n\
         <dl class=\"facts\">\n<dt class=\"isbn\">ISBN<dd>978-0-00-{book:06}-0\n"
    );
    if !book.is_multiple_of(5) {
        body.push_str(&format!("<dt class=\"pages\">Length<dd>{} pages\n", 90 + book * 7));
    }
    body.push_str("<dt class=\"subject\">Subjects<dd>Everyday things");
    body.push_str(&format!("<dd>{}\n</dl>\n", SUBJECTS[book % SUBJECTS.len()]));
    if !book.is_multiple_of(3) {
        body.push_str(&format!("<p class=\"blurb\">Everything about <b>{title}</b>.</p>\n"));
    }
    let reviews: String = (0..book % 4).map(|number| review(book, number)).collect();
    body.push_str(&format!("<ul class=\"reviews\">\n{reviews}</ul>\n"));
    layout(&title, &body)
}

fn review(book: usize, number: usize) -> String {
    let by = READERS[(book + number) % READERS.len()];
    let score = (book + number) % 5 + 1;
    let (day, year) = (book % 28 + 1, 2020 + number);
    let text = if number.is_multiple_of(2) { "<p class=\"text\">Read it twice.</p>" } else { "" };
    format!(
        "<li class=\"review\"><span class=\"by\">{by}</span> \
         <span class=\"score\" data-score=\"{score}\">{score} of 5</span> \
         <span class=\"date\">{day} March {year}</span>{text}</li>\n"
    )
}

fn layout(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{title}</title></head>\n\
         <body>\n{body}</body>\n</html>\n"
    )
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::books;
    use crate::asked::Asked;

    #[tokio::test]
    async fn every_book_is_listed_and_every_link_leads_to_a_page() {
        let site = books();
        let mut waiting = vec!["/".to_owned()];
        let mut seen = HashSet::new();
        while let Some(path) = waiting.pop() {
            if !seen.insert(path.clone()) {
                continue;
            }
            let answer = site.respond(&Asked::get(&path)).await;
            assert_eq!(answer.status, 200, "{path}");
            let html = String::from_utf8(answer.body).unwrap();
            let links = html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
            waiting.extend(links.map(str::to_owned));
        }
        assert_eq!(seen.len(), 4 + 35);
    }
}
