//! What reading the facts of a page costs: the scan beside the walk over a tree, lol_html with the same
//! kinds of handlers, and html5ever's tokenizer alone.
//!
//! `DRAGLINE_CORPORA` names folders of HTML, separated by `:`; without it the Rust documentation is read if it
//! is there. Rounds of all candidates are interleaved and the best of each is told, in CPU time of the
//! thread: on a shared machine the ratios count, not the absolute numbers. Then every page of every folder is
//! read by the scan and by the walk (`bails`, `differences`), unless `DRAGLINE_SAMPLE_ONLY` is set. Last come
//! hostile pages, each in a process of its own, which is this program once more.
//!
//! `cargo bench -p dragline-parse`

#![expect(clippy::unwrap_used, reason = "a benchmark that fails has nothing to tell")]

use std::cell::Cell;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use dragline_parse::{decode, reference, scan};
use html5ever::TokenizerResult;
use html5ever::tokenizer::{
    BufferQueue, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use lol_html::{HtmlRewriter, Settings, element, text};
use rustix::time::{ClockId, clock_gettime};

/// How much of a folder is measured, in bytes.
const SAMPLE: usize = 24 * 1024 * 1024;
const ROUNDS: usize = 5;

type Candidate = (&'static str, fn(&str) -> usize);
type Hostile = (&'static str, fn() -> String);

const CANDIDATES: [Candidate; 4] = [
    ("scan", |page| scan(page).map_or(0, |facts| facts.links_found())),
    ("tree walk", |page| reference(page).links_found()),
    ("lol_html", lol_html_links),
    ("html5ever tokens", tokens),
];

fn main() {
    let arguments: Vec<String> = env::args().collect();
    if let Some(place) = arguments.iter().position(|argument| argument == "--hostile") {
        return hostile_child(&arguments[place + 1]);
    }
    for folder in corpora() {
        let files = files(&folder);
        measure(&folder, &files);
        if env::var_os("DRAGLINE_SAMPLE_ONLY").is_none() {
            compare(&files);
        }
    }
    hostile();
}

fn corpora() -> Vec<PathBuf> {
    if let Some(list) = env::var_os("DRAGLINE_CORPORA") {
        return env::split_paths(&list).collect();
    }
    let rustc = Command::new("rustc").args(["--print", "sysroot"]).output().unwrap();
    let root = PathBuf::from(String::from_utf8(rustc.stdout).unwrap().trim());
    let documentation = root.join("share/doc/rust/html");
    documentation.is_dir().then_some(documentation).into_iter().collect()
}

/// Returns the pages of a folder, in the order of their names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else if entry.file_type().unwrap().is_file()
                && (name.ends_with(".htm") || name.contains(".html"))
                && !name.ends_with(".gz")
            {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn read(path: &Path) -> String {
    decode(&fs::read(path).unwrap(), Some("text/html")).text.into_owned()
}

/// Measures all candidates on pages from all over the folder.
fn measure(folder: &Path, files: &[PathBuf]) {
    let total: u64 = files.iter().map(|file| file.metadata().unwrap().len()).sum();
    let step = (total as usize).div_ceil(SAMPLE).max(1);
    let pages: Vec<String> = files.iter().step_by(step).map(|file| read(file)).collect();
    let bytes: usize = pages.iter().map(String::len).sum();
    let mut best = [f64::MAX; CANDIDATES.len()];
    for _ in 0..ROUNDS {
        for (best, (_, candidate)) in best.iter_mut().zip(CANDIDATES) {
            let begin = cpu();
            for page in &pages {
                black_box(candidate(page));
            }
            *best = best.min(cpu() - begin);
        }
    }
    println!(
        "\n{}: {} pages, {} KB each",
        folder.display(),
        pages.len(),
        bytes / 1000 / pages.len()
    );
    println!("{:18} {:>8} {:>10} {:>12}", "", "MB/s", "us/page", "x tree walk");
    for (seconds, (name, _)) in best.iter().zip(CANDIDATES) {
        let speed = bytes as f64 / seconds / 1e6;
        let page = seconds / pages.len() as f64 * 1e6;
        println!("{name:18} {speed:8.0} {page:10.1} {:12.1}", best[1] / seconds);
    }
}

/// Compares what the scan and the walk find on every page.
fn compare(files: &[PathBuf]) {
    let mut bails = BTreeMap::new();
    let mut differences = 0;
    for file in files {
        let page = read(file);
        match scan(&page) {
            Err(reason) => *bails.entry(reason.to_string()).or_insert(0) += 1,
            Ok(facts) if facts == reference(&page) => {}
            Ok(_) => {
                differences += 1;
                println!("differs: {}", file.display());
            }
        }
    }
    let count: usize = bails.values().sum();
    println!("all {} pages: bails {count} {bails:?}, differences {differences}", files.len());
}

fn lol_html_links(page: &str) -> usize {
    let found = Cell::new(0);
    let keep = |value: Option<String>| {
        if let Some(value) = value {
            black_box(value);
            found.set(found.get() + 1);
        }
        Ok(())
    };
    let source = "img, script, iframe, frame, audio, video, source, track, embed, input";
    let settings = Settings::new()
        .append_element_content_handler(element!("a, area, base, link", |element| {
            keep(element.get_attribute("href"))
        }))
        .append_element_content_handler(element!(source, |element| {
            keep(element.get_attribute("src"))
        }))
        .append_element_content_handler(element!("object", |element| {
            keep(element.get_attribute("data"))
        }))
        .append_element_content_handler(element!("meta", |element| {
            keep(element.get_attribute("content"))
        }))
        .append_element_content_handler(element!("html", |element| {
            keep(element.get_attribute("lang"))
        }))
        .append_element_content_handler(text!("title", |text| keep(Some(
            text.as_str().to_owned()
        ))));
    let mut rewriter = HtmlRewriter::new(settings, |_: &[u8]| {});
    if rewriter.write(page.as_bytes()).is_ok() {
        let _ = rewriter.end();
    }
    found.get()
}

struct Tokens(Cell<usize>);

impl TokenSink for Tokens {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        if let Token::TagToken(tag) = token {
            let links = tag.attrs.iter().filter(|item| matches!(&*item.name.local, "href" | "src"));
            self.0.set(self.0.get() + links.count());
        }
        TokenSinkResult::Continue
    }
}

fn tokens(page: &str) -> usize {
    let tokenizer = Tokenizer::new(Tokens(Cell::new(0)), TokenizerOpts::default());
    let queue = BufferQueue::default();
    queue.push_back(page.into());
    while !matches!(tokenizer.feed(&queue), TokenizerResult::Done) {}
    tokenizer.end();
    tokenizer.sink.0.get()
}

/// Pages that try to take too long or too much, by name.
const HOSTILE: [Hostile; 13] = [
    ("50 MB page", || {
        let words = "some words of text ".repeat(30);
        let item = |index| format!("<p class=\"x\">{words}<a href=\"/{index}\">y</a></p>\n");
        (0..83_000).map(item).collect()
    }),
    ("50 MB of tags", || {
        let item =
            |index| format!("<div class=\"x\"><p>some text <a href=\"/{index}\">y</a></p></div>\n");
        (0..900_000).map(item).collect()
    }),
    ("100,000 links", || (0..100_000).map(|index| format!("<a href=/{index}>x</a>")).collect()),
    ("100,000 nested", || "<div>".repeat(100_000) + "<svg></svg><a href=x>"),
    ("attribute of 10 MB", || format!("<a href=\"{}\">", "x".repeat(10_000_000))),
    ("100,000 attributes", || {
        let names: String = (0..100_000).map(|index| format!(" a{index}=1")).collect();
        format!("<a{names} href=x>")
    }),
    ("comments unclosed", || "<!--".repeat(2_500_000)),
    ("dashes in a comment", || format!("<!--{}", "-".repeat(10_000_000))),
    ("scripts unclosed", || "<script>".repeat(1_000_000)),
    ("scripts in comments", || format!("<script>{}", "<!--<script>".repeat(800_000))),
    ("titles", || "<title>a&amp;b</title>".repeat(400_000)),
    ("title of 10 MB", || format!("<title>{}", "a &amp; ".repeat(1_250_000))),
    ("formatting", || (0..500_000).map(|index| format!("<p><b id={index}></p>")).collect()),
];

fn hostile() {
    println!("\n{:22} {:>8} {:>8} {:>12}  result", "hostile", "MB", "ms CPU", "memory/size");
    for (name, _) in HOSTILE {
        let program = env::current_exe().unwrap();
        let output = Command::new(program).args(["--hostile", name]).output().unwrap();
        print!("{}", String::from_utf8_lossy(&output.stdout));
    }
}

fn hostile_child(name: &str) {
    let (_, page) = HOSTILE.iter().find(|(known, _)| *known == name).unwrap();
    let page = page();
    // Writing 5 makes the peak begin anew, so that what built the page does not count.
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let (before, begin) = (peak(), cpu());
    let facts = scan(&page);
    let (seconds, memory) = (cpu() - begin, peak() - before);
    let size = page.len() as f64;
    let result = match facts {
        Ok(facts) => format!("{} links", facts.links_found()),
        Err(reason) => format!("bail: {reason}"),
    };
    let (milliseconds, times) = (seconds * 1e3, (memory as f64) / size);
    println!("{name:22} {:8.1} {milliseconds:8.1} {times:12.2}  {result}", size / 1e6);
}

/// Returns the most memory that the process has held since its peak was last reset, in bytes.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// Returns the CPU time of this thread, in seconds.
fn cpu() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
