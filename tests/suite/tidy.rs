//! Holds the invariants of ARCHITECTURE.md: who may depend on whom, and what each file looks like.

use std::fs;
use std::path::{Path, PathBuf};

/// Most lines of a file that are not tests.
const MAX_LINES: usize = 500;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// All Rust files of the project below a folder, with their text.
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("target") && !path.ends_with("data") {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path.strip_prefix(root()).unwrap().display().to_string();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "no sources in {folder}");
    found.sort();
    found
}

fn all_sources() -> Vec<(String, String)> {
    ["crates", "examples", "tests", "benches"].into_iter().flat_map(sources).collect()
}

/// The part of a file that is not its unit tests.
fn without_tests(text: &str) -> &str {
    text.find("#[cfg(test)]\nmod tests {").map_or(text, |tests| &text[..tests])
}

fn is_test(name: &str) -> bool {
    name.starts_with("tests/suite") || name.contains("/tests/") || name.ends_with("/tests.rs")
}

/// Asserts that no code of these files, comments aside, contains any of the words.
fn assert_absent(files: &[(String, String)], words: &[&str], why: &str) {
    for (name, text) in files.iter().filter(|(name, _)| !is_test(name)) {
        for (number, line) in without_tests(text).lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for word in words {
                assert!(!code.contains(word), "{name}:{}: {why}: {line}", number + 1);
            }
        }
    }
}

#[test]
fn the_first_program_of_the_readme_has_at_most_fifteen_lines() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let program = readme.split("```rust,no_run\n").nth(1).unwrap().split("```").next().unwrap();
    let beside = ["use ", "#[", "//"];
    let lines: Vec<&str> = program
        .lines()
        .map(str::trim_start)
        .filter(|line| !line.is_empty() && !beside.iter().any(|start| line.starts_with(start)))
        .collect();
    assert!(lines.len() <= 15, "{} lines: {lines:#?}", lines.len());
    assert!(program.contains("fn main()") && program.contains("#[derive(Extract"), "{program}");
}

#[test]
fn leaves_depend_on_no_sibling() {
    for leaf in ["fetch", "frontier", "parse", "derive", "warc"] {
        let manifest =
            fs::read_to_string(root().join(format!("crates/{leaf}/Cargo.toml"))).unwrap();
        let normal = manifest.split("[dev-dependencies]").next().unwrap();
        let dependencies = normal.split("[dependencies]").nth(1).unwrap();
        assert!(
            !dependencies.contains("dragline"),
            "crates/{leaf} depends on another crate of ours"
        );
    }
}

#[test]
fn what_tests_stand_on_depends_on_no_crate_of_ours() {
    for folder in ["tests/site", "tests/redis"] {
        let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
        assert!(!manifest.split("[dependencies]").nth(1).unwrap().contains("dragline"), "{folder}");
    }
}

#[test]
fn the_frontier_opens_no_socket_reads_no_clock_and_never_awaits() {
    // The store on disk has a thread that waits for the disk; the scheduler above it never sees it.
    let files: Vec<_> = sources("crates/frontier/src")
        .into_iter()
        .filter(|(name, _)| !name.contains("frontier/src/disk"))
        .collect();
    // An address is plain data; what opens a connection to one is not.
    let sockets = ["TcpStream", "TcpListener", "UdpSocket", "UnixStream", "ToSocketAddrs"];
    let words = [".await", "async ", "tokio::", "Instant::now", "SystemTime", "std::thread"];
    assert_absent(&files, &sockets, "the frontier opens no socket");
    assert_absent(&files, &words, "the frontier is pure");
}

#[test]
fn parse_and_derive_never_await() {
    for folder in ["crates/parse/src", "crates/derive/src"] {
        assert_absent(
            &sources(folder),
            &[".await", "async ", "tokio", "std::net"],
            "parsing is pure",
        );
    }
}

#[test]
fn only_the_engine_owns_the_scheduler() {
    let files: Vec<_> = sources("crates/dragline/src")
        .into_iter()
        .filter(|(name, _)| !name.ends_with("/engine.rs") && !name.ends_with("/crawler.rs"))
        .collect();
    assert_absent(&files, &["Scheduler"], "only the engine owns the scheduler");
}

#[test]
fn only_the_worker_calls_the_spider() {
    let files: Vec<_> = sources("crates/dragline/src")
        .into_iter()
        .filter(|(name, _)| !name.contains("dragline/src/worker"))
        .collect();
    assert_absent(&files, &["spider.parse(", "spider.failed("], "only the worker calls the spider");
}

#[test]
fn only_the_pool_and_the_connector_name_hypers_connections() {
    let files: Vec<_> = all_sources()
        .into_iter()
        .filter(|(name, _)| {
            !["fetch/src/pool", "fetch/src/connect", "fetch/benches", "benches/src"]
                .iter()
                .any(|allowed| name.contains(allowed))
        })
        .collect();
    assert_absent(&files, &["hyper::client::conn", "SendRequest"], "connections stay in the pool");
}

#[test]
fn no_state_is_shared_behind_a_lock_between_modules() {
    let files: Vec<_> =
        all_sources().into_iter().filter(|(name, _)| name.starts_with("crates/dragline")).collect();
    assert_absent(&files, &["Mutex<", "RwLock<"], "tasks own what they change");
}

#[test]
fn the_library_has_no_globals_and_leaves_the_process_alone() {
    let files: Vec<_> = ["fetch", "frontier", "parse", "dragline"]
        .into_iter()
        .flat_map(|name| sources(&format!("crates/{name}/src")))
        .collect();
    // Tables may be static. So may the number that keeps the names of two half-written files apart.
    let changes = ["Atomic", "Mutex", "RwLock", "OnceLock", "LazyLock", "Cell"];
    for (name, text) in files.iter().filter(|(name, _)| !is_test(name)) {
        let global = without_tests(text).lines().map(str::trim_start).find(|line| {
            let of_all = line.starts_with("static ") || line.starts_with("pub static ");
            of_all && changes.iter().any(|kind| line.contains(kind))
        });
        let spared = name.ends_with("fetch/src/download.rs");
        assert!(spared || global.is_none(), "{name}: a global that changes: {global:?}");
    }
    assert_absent(&files, &["thread_local!", "static mut"], "no global changes");
    let process = ["tokio::signal", "ctrlc", "set_hook", "set_var", "process::exit"];
    assert_absent(&files, &process, "the process belongs to the program");
    let logging = ["set_logger", "env_logger", "println!", "tracing_subscriber", "set_global_"];
    assert_absent(&files, &logging, "what is printed is the program's to say");
}

#[test]
fn select_is_used_only_by_the_engine_and_the_command() {
    let files: Vec<_> = sources("crates/dragline/src")
        .into_iter()
        .filter(|(name, _)| !name.ends_with("/engine.rs"))
        .collect();
    assert_absent(&files, &["select!"], "only the engine waits for several things");
}

#[test]
fn every_file_says_what_it_is() {
    for (name, text) in all_sources() {
        assert!(text.starts_with("//! "), "{name} does not open with a `//!` line");
    }
}

#[test]
fn no_file_is_too_long_and_most_are_short() {
    let mut lengths: Vec<(usize, String)> = all_sources()
        .into_iter()
        .filter(|(name, _)| name.starts_with("crates/") && !is_test(name))
        .map(|(name, text)| (without_tests(&text).lines().count(), name))
        .collect();
    lengths.sort();
    let (longest, name) = lengths.last().unwrap();
    assert!(*longest <= MAX_LINES, "{name} has {longest} lines; split it by idea");
    let (median, _) = lengths[lengths.len() / 2];
    assert!(median < 200, "the median file has {median} lines");
}

#[test]
fn nothing_is_left_open() {
    let words = ["todo!(", "unimplemented!(", "dbg!(", "#[ignore"];
    let files: Vec<_> =
        all_sources().into_iter().filter(|(name, _)| !name.ends_with("/tidy.rs")).collect();
    for (name, text) in &files {
        for word in words {
            assert!(!text.contains(word), "{name} contains {word}");
        }
    }
}
