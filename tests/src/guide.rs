//! The pages that have programs in Rust. Each program is a test: what is not marked `no_run` runs.

macro_rules! pages {
    ($($name:ident = $path:literal;)*) => {
        $(#[doc = include_str!(concat!("../../", $path))] struct $name;)*
    };
}

pages! {
    Readme = "README.md";
    ReadmeOfDragline = "crates/dragline/README.md";
    ReadmeOfFetch = "crates/fetch/README.md";
    ReadmeInSpanish = "README.es.md";
    RustSpiders = "docs/rust-spiders.md";
    Items = "docs/items.md";
    Routes = "docs/routes.md";
    Resume = "docs/resume.md";
    Replay = "docs/replay.md";
    Health = "docs/health.md";
    Embedding = "docs/embedding.md";
    FetchOnly = "docs/fetch-only.md";
    FromScrapy = "docs/from-scrapy.md";
    FromColly = "docs/from-colly.md";
    FromCrawlee = "docs/from-crawlee.md";
    FromSpider = "docs/from-spider.md";
    FromAiohttp = "docs/from-aiohttp.md";
    FromAiohttpInSpanish = "docs/es/desde-aiohttp.md";
}
