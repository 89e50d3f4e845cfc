//! A site of documentation, list pages and detail pages, by the same spider in Rust and in TOML: pages of rustdoc, a
//! few that are kept here, and those of a module of the standard library where they are installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use dragline::toml_spider::TomlSpider;
use dragline::{BoxError, Extract, Output, Page, Request, ScopeKind, Spider};
use dragline_site::{Server, Site};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::common::local;
use crate::toml::run_with;

const IN_TOML: &str = include_str!("../../examples/rustdoc.toml");
/// Where the spider in TOML begins, to be replaced.
const START: &str = "https://docs.example/std/collections/index.html";

#[derive(Extract, Serialize)]
struct Item {
    #[extract(css = ".main-heading h1 span")]
    name: String,
    #[extract(css = "body", attr = "class", regex = r"rustdoc (\w+)")]
    kind: String,
    #[extract(css = ".top-doc > .docblock > p")]
    summary: Option<String>,
    #[extract(css = ".main-heading .since")]
    since: Option<String>,
    #[extract(css = ".main-heading a.src", attr = "href")]
    source: Option<Url>,
    #[extract(css = "section.method:not(.trait-impl) > h4 > a.fn")]
    methods: Vec<String>,
}

#[derive(Serialize, Deserialize)]
enum Route {
    Module,
    Item,
}

struct Items(String);

impl Spider for Items {
    type Item = Item;
    type Route = Route;

    fn start(&self) -> Result<Vec<Request<Route>>, BoxError> {
        Ok(vec![Request::get(&self.0)?.route(Route::Module)])
    }

    fn parse(&self, page: &Page<Route>, out: &mut Output<Self>) -> Result<(), BoxError> {
        match page.route() {
            Route::Module => {
                for module in page.links(".item-table dt > a.mod")? {
                    out.request(Request::from(module).route(Route::Module));
                }
                for item in page.links(".item-table dt > a:not(.mod)")? {
                    out.request(Request::from(item).route(Route::Item));
                }
            }
            Route::Item => out.item(page.extract()?),
        }
        Ok(())
    }
}

/// Crawls a module by both spiders, which must agree, and returns the items as JSON lines, sorted.
async fn items(server: &Server, module: &str) -> Vec<String> {
    let start = server.url(module);
    let mut config = local();
    config.scope.kind = ScopeKind::Prefix;
    let (in_rust, rust) = run_with(Items(start.clone()), config).await;
    let spider: TomlSpider = IN_TOML.replace(START, &start).parse().unwrap();
    let config = spider.config_over(&local());
    let (in_toml, toml) = run_with(spider, config).await;
    assert_eq!(in_toml, in_rust);
    assert_eq!(toml.paths(), rust.paths());
    in_toml
}

/// Returns the pages below a folder that are not the list of a module.
fn pages_of_items(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let pages = entries.map(|path| match path.file_name().and_then(|name| name.to_str()) {
        _ if path.is_dir() => pages_of_items(&path),
        // A macro has a second page, which leads to the first.
        Some(name) => usize::from(
            name.ends_with(".html") && name != "index.html" && !name.ends_with("!.html"),
        ),
        None => 0,
    });
    pages.sum()
}

/// Returns where the documentation of the toolchain is, if it is installed.
fn installed() -> Option<PathBuf> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).args(["--print", "sysroot"]).output().ok()?;
    let sysroot = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    let html = sysroot.join("share/doc/rust/html");
    html.join("std/collections/index.html").is_file().then_some(html)
}

#[tokio::test]
async fn pages_of_documentation_give_the_same_items_in_rust_and_in_toml() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("suite/data/rustdoc");
    let server = Site::new().folder(&folder).start().await.unwrap();
    let items = items(&server, "/lantern/index.html").await;
    let expected = include_str!("data/rustdoc/items.jsonl");
    let expected = expected.replace("https://docs.example/", &server.url("/"));
    assert_eq!(items, expected.lines().collect::<Vec<_>>());
    assert_eq!(items.len(), 11);
    assert_eq!(items.len(), pages_of_items(&folder.join("lantern")));
}

#[tokio::test]
async fn a_module_of_the_standard_library_gives_the_same_items_in_rust_and_in_toml() {
    let Some(html) = installed() else {
        eprintln!("the documentation of Rust is not installed, so it is not crawled");
        return;
    };
    let server = Site::new().folder(&html).start().await.unwrap();
    let items = items(&server, "/std/collections/hash_map/index.html").await;
    assert_eq!(items.len(), pages_of_items(&html.join("std/collections/hash_map")));
    let map =
        items.iter().find(|item| item.starts_with(r#"{"name":"HashMap","kind":"struct""#)).unwrap();
    for told in
        [r#""since":"1.0.0""#, r#""contains_key""#, "/src/std/collections/hash/map.rs.html#"]
    {
        assert!(map.contains(told), "{told}: {map}");
    }
}
