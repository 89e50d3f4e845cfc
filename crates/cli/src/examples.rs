//! The examples at the end of each command's long help.

/// Of the whole command.
pub(crate) const ALL: &str = "\
Examples:
  dragline crawl https://example.org/ -o pages.jsonl
  dragline plan https://example.org/
  dragline robots https://example.org/private/
  dragline fetch https://example.org/ > page.html

`dragline COMMAND --help` says more, and `dragline COMMAND -h` says it shortly.
`dragline completions SHELL` and `dragline man` write what a shell and man(1) need.
Colours are used on a terminal alone, and not when NO_COLOR is set.

Exit codes: 0 done, 1 nothing was fetched or something could not be written,
2 bad usage, 130 stopped by a signal.";

/// Of `crawl`.
pub(crate) const CRAWL: &str = "\
Examples:
  A hundred pages of a site, records to a file:
    dragline crawl https://example.org/ --max-pages 100 -o pages.jsonl
  The articles of a blog as Markdown, two links deep:
    dragline crawl https://example.org/blog/ --scope prefix --max-depth 2 --content markdown
  A crawl that goes on where it was stopped, and later looks for changes:
    dragline crawl https://example.org/ --state example.state -o pages.jsonl
    dragline crawl https://example.org/ --state example.state -o pages.jsonl --refresh
  Many sites, each politely:
    dragline crawl --seeds urls.txt --concurrency 200 -o pages.jsonl
  A spider, its items and the records beside them:
    dragline crawl quotes.toml -o quotes.jsonl --pages pages.jsonl
  The same into a table, and compressed in parts:
    dragline crawl quotes.toml -o quotes.sqlite -o quotes.csv.gz --rotate 100MB --provenance
  With a token, which goes to example.org alone:
    dragline crawl https://example.org/ --header 'Authorization: Bearer TOKEN'";

/// Of `fetch`.
pub(crate) const FETCH: &str = "\
Examples:
  dragline fetch https://example.org/ > page.html
  dragline fetch -i https://example.org/old
  dragline fetch --json --digest https://example.org/a https://example.org/b";

/// Of `links`.
pub(crate) const LINKS: &str = "\
Examples:
  dragline links https://example.org/
  dragline links page.html --base https://example.org/
  dragline links https://example.org/ --follow img,script";

/// Of `replay`.
pub(crate) const REPLAY: &str = "\
Examples:
  dragline crawl quotes.toml -o quotes.jsonl -o quotes.warc.gz
  dragline replay quotes.warc.gz quotes.toml -o again.jsonl";

/// Of `new`.
pub(crate) const NEW: &str = "\
Examples:
  dragline new quotes --start https://quotes.example/
  dragline check quotes.toml https://quotes.example/
  dragline crawl quotes.toml -o quotes.jsonl";

/// Of `check`.
pub(crate) const CHECK: &str = "\
Examples:
  dragline check quotes.toml https://quotes.example/
  dragline check quotes.toml author.html --base https://quotes.example/author/ --route author
  dragline check quotes.toml https://quotes.example/ --watch
  dragline check quotes.toml https://quotes.example/ --json";

/// Of `robots`.
pub(crate) const ROBOTS: &str = "\
Examples:
  dragline robots https://example.org/ https://example.org/private/
  dragline robots https://example.org/search?q=a --agent Googlebot
  dragline robots https://example.org/private/ --file robots.txt --json";

/// Of `plan`.
pub(crate) const PLAN: &str = "\
Examples:
  dragline plan https://example.org/
  dragline plan https://example.org/blog/ --scope prefix --delay 500ms --json";

/// Of `explain`.
pub(crate) const EXPLAIN: &str = "\
Examples:
  dragline explain --state example.state https://example.org/about
  dragline explain --state example.state --json https://example.org/a https://example.org/b";

/// Of `merge`.
pub(crate) const MERGE: &str = "\
Examples:
  dragline merge worker-1.jsonl worker-2.jsonl -o items.jsonl
  dragline merge worker-*.jsonl.zst -o items.jsonl.gz
  dragline merge items-*.csv > items.csv
  dragline merge worker-*.parquet -o items.parquet";

/// Of `fleet`.
pub(crate) const FLEET: &str = "\
Examples:
  How it is, once and every two seconds:
    dragline fleet status redis://10.0.0.5/news
    watch dragline fleet status redis://10.0.0.5/news
  Leave a host alone for a while, or be gentler with it:
    dragline fleet block redis://10.0.0.5/news example.org --for 2h
    dragline fleet limit redis://10.0.0.5/news example.org --delay 5s --parallel 1
  More to crawl:
    dragline fleet seeds redis://10.0.0.5/news - < more.txt
  Stop all workers, and later go on:
    dragline fleet stop redis://10.0.0.5/news
    dragline fleet resume redis://10.0.0.5/news";

/// Of `fleet status`.
pub(crate) const FLEET_STATUS: &str = "\
Examples:
  dragline fleet status redis://10.0.0.5/news
  dragline fleet status redis-cluster://10.0.0.5/news --json | jq .pages_per_second
  dragline fleet status redis://10.0.0.5/news --metrics 9090";

/// Of `fleet limit`.
pub(crate) const FLEET_LIMIT: &str = "\
Examples:
  dragline fleet limit redis://10.0.0.5/news example.org --delay 2s --parallel 1
  dragline fleet limit redis://10.0.0.5/news https://example.org:8443 --delay 500ms";

/// Of `fleet seeds`.
pub(crate) const FLEET_SEEDS: &str = "\
Examples:
  dragline fleet seeds redis://10.0.0.5/news https://example.org/new/
  dragline fleet seeds redis://10.0.0.5/news - < more.txt";

/// Of `fleet export`.
pub(crate) const FLEET_EXPORT: &str = "\
Examples:
  dragline fleet pause redis://10.0.0.5/news
  dragline fleet export redis://10.0.0.5/news --state news.state
  dragline crawl news.toml --state news.state -o rest.jsonl";

/// Of `fleet import`.
pub(crate) const FLEET_IMPORT: &str = "\
Examples:
  dragline fleet import redis://10.0.0.5/news --state news.state
  dragline fleet resume redis://10.0.0.5/news";

/// Of `completions`.
pub(crate) const COMPLETIONS: &str = "\
Examples:
  dragline completions bash > ~/.local/share/bash-completion/completions/dragline
  dragline completions zsh > ~/.zfunc/_dragline
  dragline completions fish > ~/.config/fish/completions/dragline.fish";

/// Of `man`.
pub(crate) const MAN: &str = "\
Examples:
  dragline man > dragline.1
  dragline man crawl > dragline-crawl.1";
