//! The guide says what is true: its spiders are spiders, each error code has its entry and no other does, every page
//! is in the book, and the languages are in step.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use dragline::toml_spider::TomlSpider;

use crate::common::local;
use crate::toml::run_with;

/// Pages in English, and what they are in Spanish.
const TRANSLATED: [(&str, &str); 5] = [
    ("README.md", "README.es.md"),
    ("docs/first-crawl.md", "docs/es/primer-rastreo.md"),
    ("docs/toml-spiders.md", "docs/es/spiders-en-toml.md"),
    ("docs/politeness.md", "docs/es/cortesia.md"),
    ("docs/from-aiohttp.md", "docs/es/desde-aiohttp.md"),
];

/// Where codes come from, and the sections that have to list them: all of a file's functions `code`, or the
/// literals behind these words.
const CODES: [(&str, &[(&str, &str)]); 11] = [
    (
        "Not answered",
        &[
            ("fetch/src/error.rs", "fn code("),
            ("frontier/src/trouble.rs", "HostFault { code: "),
            ("dragline/src/packed.rs", "failed(\"invalid"),
            ("dragline/src/worker/failing.rs", "unwrap_or("),
        ],
    ),
    (
        "Not readable",
        &[
            ("dragline/src/worker.rs", "error = Some("),
            ("dragline/src/sitemap.rs", "error = Some("),
        ],
    ),
    ("Refused", &[("dragline/src/record.rs", "fn end(")]),
    (
        "Links not followed",
        &[
            ("frontier/src/admission/skip.rs", "NAMES: ["),
            ("dragline/src/explain.rs", "(\"not_found"),
        ],
    ),
    ("Fields of items", &[("parse/src/extract_error.rs", "fn code(")]),
    ("Extraction health", &[("dragline/src/health/fault.rs", "A stable code: ")]),
    (
        "Sitemaps and feeds",
        &[
            ("parse/src/sitemap_error.rs", "fn code("),
            ("parse/src/feed_error.rs", "fn code("),
            ("parse/src/xml_error.rs", "fn code("),
        ],
    ),
    (
        "Data in pages",
        &[("parse/src/content.rs", "fn code("), ("parse/src/json_ld.rs", "fn code(")],
    ),
    ("Pages whose links need the whole document", &[("parse/src/scan/bail.rs", "fn code(")]),
    ("The state", &[("frontier/src/disk/error.rs", "fn code(")]),
    ("Archives", &[("warc/src/damage.rs", "fn code(")]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All pages: those of the guide in both languages, and the READMEs.
fn pages() -> Vec<(String, String)> {
    let mut names = vec!["README.md".to_owned(), "README.es.md".to_owned()];
    for folder in ["docs", "docs/es"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".md") {
                names.push(format!("{folder}/{name}"));
            }
        }
    }
    names.sort();
    names.into_iter().map(|name| (name.clone(), read(&name))).collect()
}

/// The blocks of code of a page: the language, and the text.
fn blocks(page: &str) -> Vec<(&str, String)> {
    let mut found = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(kind) = line.strip_prefix("```") {
            let text = lines.by_ref().take_while(|line| *line != "```");
            found.push((kind, text.fold(String::new(), |text, line| text + line + "\n")));
        }
    }
    found
}

#[test]
fn every_spider_of_the_guide_is_one() {
    let mut count = 0;
    let of_pages = pages();
    let blocks = of_pages.iter().flat_map(|(name, page)| {
        blocks(page)
            .into_iter()
            .filter(|(kind, _)| *kind == "toml")
            .map(move |block| (name.clone(), block.1))
    });
    let examples =
        ["examples/quotes.toml", "examples/rustdoc.toml"].map(|name| (name.to_owned(), read(name)));
    for (name, text) in blocks.chain(examples) {
        let begins = ["start = ", "sitemaps = ", "feeds = "];
        let whole = if text.lines().any(|line| begins.iter().any(|begin| line.starts_with(begin))) {
            text.clone()
        } else if text.starts_with('[') {
            // Settings.
            format!(
                "start = 'https://a.example/'\n{text}\n[[item]]\nfields = {{ title = 'title' }}"
            )
        } else {
            format!("start = 'https://a.example/'\n[[item]]\n[item.fields]\n{text}")
        };
        let spider = whole.parse::<TomlSpider>();
        assert!(spider.is_ok(), "{name}: {}\n{text}", spider.unwrap_err());
        count += 1;
    }
    assert!(count >= 30, "{count} spiders");
}

#[tokio::test]
async fn spiders_of_the_guide_take_all_that_the_practice_sites_have() {
    let quotes = dragline_site::quotes().start().await.unwrap();
    let books = dragline_site::books().start().await.unwrap();
    // By where a spider starts: the site, and how much it has of what a spider may take. Of the books, one of the
    // spiders goes to those of the first page alone. Those that show extraction health are of a shop with other pages.
    let starts = [
        ("https://quotes.example/", &quotes, [30, 8]),
        ("http://localhost:8000/", &quotes, [30, 8]),
        ("https://books.example/", &books, [35, 10]),
    ];
    let mut count = 0;
    for (name, page) in pages() {
        let spiders = blocks(&page).into_iter().filter(|(kind, _)| *kind == "toml");
        for (_, text) in spiders.filter(|(_, text)| !text.contains("[health]")) {
            for (start, site, totals) in &starts {
                if text.starts_with(&format!("start = [\"{start}\"]")) {
                    let spider: TomlSpider = text.replace(start, &site.url("/")).parse().unwrap();
                    let (items, crawled) = run_with(spider, local()).await;
                    let stats = &crawled.summary.stats;
                    assert_eq!((stats.failed, stats.skipped), (0, 0), "{name}\n{text}");
                    assert!(totals.contains(&items.len()), "{name}: {} items\n{text}", items.len());
                    count += 1;
                }
            }
        }
    }
    assert!(count >= 12, "{count} spiders");
}

/// The words in double or code quotes of a text that can be codes.
fn words(text: &str, quote: char) -> impl Iterator<Item = String> {
    let is_code = |word: &&str| {
        !word.is_empty() && word.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_')
    };
    text.split(quote).skip(1).step_by(2).filter(is_code).map(str::to_owned)
}

/// What a source has as codes: in what follows the words, up to where that ends.
fn codes_of(path: &str, words_before: &str) -> BTreeSet<String> {
    let text = read(&format!("crates/{path}"));
    let mut found = BTreeSet::new();
    let starts: Vec<_> = text.match_indices(words_before).map(|(at, _)| at).collect();
    assert!(
        !starts.is_empty(),
        "{path} has no {words_before:?} any more; say here where its codes are"
    );
    for at in starts {
        let rest = &text[at..];
        if words_before.starts_with("fn ") {
            found.extend(words(rest.split("\n    }\n").next().unwrap(), '"'));
        } else if words_before.ends_with('[') {
            found.extend(words(rest.split("];").next().unwrap(), '"'));
        } else if words_before.starts_with("A stable code") {
            found.extend(words(rest.split("pub code").next().unwrap(), '`'));
        } else {
            found.extend(words(rest.lines().next().unwrap(), '"').take(1));
        }
    }
    found
}

/// The codes in the first column of a section's tables.
fn documented(page: &str, section: &str) -> BTreeSet<String> {
    let heading = format!("\n## {section}\n");
    let (_, rest) =
        page.split_once(&heading).unwrap_or_else(|| panic!("there is no section {section}"));
    let rows =
        rest.split("\n## ").next().unwrap().lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| row.split('`').next().unwrap().to_owned()).collect()
}

#[test]
fn every_error_code_has_its_entry_and_no_other_has_one() {
    let page = read("docs/troubleshooting.md");
    let mut known = BTreeSet::new();
    for (section, sources) in CODES {
        let mut codes = BTreeSet::new();
        for (path, before) in sources {
            known.insert(format!("crates/{path}"));
            codes.extend(codes_of(path, before));
        }
        if section == "Links not followed" {
            // What is told of seeds and of URLs in the queue has a record, and so its entry above.
            codes = &codes - &documented(&page, "Refused");
        }
        assert_eq!(documented(&page, section), codes, "docs/troubleshooting.md, {section}");
    }
    for (section, path) in
        [("A crawl on Redis", "redis/src/error.rs"), ("Warnings", "dragline/src/warning.rs")]
    {
        known.insert(format!("crates/{path}"));
        assert_eq!(
            documented(&page, section),
            codes_of(path, "fn code("),
            "docs/troubleshooting.md, {section}"
        );
    }
    // A new kind of error has to say where its codes are written down.
    for (name, text) in sources() {
        let says = text.contains("fn code(&self) -> &'static str")
            || text.contains("fn code(self) -> &'static str");
        let hands_on = name == "crates/dragline/src/failure.rs";
        assert!(
            !says || hands_on || known.contains(&name),
            "{name} has codes that no section lists"
        );
    }
}

/// The sources of all crates.
fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("crates")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path.strip_prefix(root()).unwrap().display().to_string();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

#[test]
fn every_page_is_in_the_book() {
    for folder in ["docs", "docs/es"] {
        let summary = read(&format!("{folder}/SUMMARY.md"));
        for (name, _) in pages() {
            let Some((of, page)) = name.rsplit_once('/') else { continue };
            let listed = summary.contains(&format!("]({page})"));
            assert!(
                of != folder || page == "SUMMARY.md" || listed,
                "{folder}/SUMMARY.md does not list {page}"
            );
        }
    }
}

#[test]
fn pages_link_to_pages_alone() {
    // What lies outside of `docs` is not in the book.
    for (name, text) in pages().into_iter().filter(|(name, _)| name.starts_with("docs/")) {
        let up = if name.starts_with("docs/es/") { "](../../" } else { "](../" };
        assert!(
            !text.contains(up),
            "{name} links to what is outside of the book; name the file instead"
        );
    }
}

#[test]
fn what_the_first_pages_link_to_is_there() {
    for name in ["README.md", "README.es.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "SECURITY.md"] {
        for link in read(name).split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap();
            if !file.is_empty() && !file.contains("://") {
                assert!(root().join(file).is_file(), "{name} links to {file}, which is not there");
            }
        }
    }
}

/// What has to be the same in all languages: headings by level, rows of tables, items of lists, and blocks of code without
/// what is said in them.
fn shape(page: &str) -> Vec<String> {
    let mut shape = Vec::new();
    let mut outside = true;
    for line in page.lines() {
        if line.starts_with("```") {
            outside = !outside;
            continue;
        }
        let mark = line.split(' ').next().unwrap_or_default();
        match mark {
            "#" | "##" | "###" if outside => shape.push(mark.to_owned()),
            "|" if outside => shape.push(format!("row of {}", line.matches(" |").count())),
            "*" | "-" if outside => shape.push("item".to_owned()),
            _ => {}
        }
    }
    for (kind, text) in blocks(page) {
        let comment = match kind.split(',').next().unwrap_or_default() {
            "rust" => "//",
            "toml" | "sh" | "python" => "#",
            _ => "\n",
        };
        let code = text.lines().map(|line| match line.find(comment) {
            // A colour or an anchor is no comment; what is one stands alone or behind a space.
            Some(at) if at == 0 || line[..at].ends_with(' ') => line[..at].trim_end(),
            _ => line,
        });
        shape.push(format!("{kind}\n{}", code.collect::<Vec<_>>().join("\n")));
    }
    shape
}

#[test]
fn the_languages_are_in_step() {
    for (english, spanish) in TRANSLATED {
        let (ours, theirs) = (shape(&read(english)), shape(&read(spanish)));
        for (at, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
            assert_eq!(ours, theirs, "{spanish} is not {english}, in part {at}");
        }
        assert_eq!(ours.len(), theirs.len(), "{spanish} has more or fewer parts than {english}");
    }
}
