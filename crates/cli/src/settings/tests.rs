//! Tests of settings in layers: what is told as a default is one, and files and options win in their order.

use std::path::PathBuf;
use std::time::Duration;

use clap::{CommandFactory, Parser};
use dragline::{Config, ScopeKind};
use tempfile::TempDir;

use super::*;
use crate::args::{Arguments, Command};

const URL: &str = "https://a.example/";

fn crawl(options: &[&str]) -> Box<Crawl> {
    let arguments = [&["dragline", "crawl", URL], options].concat();
    match Arguments::try_parse_from(arguments).unwrap().command {
        Command::Crawl(crawl) => crawl,
        other => panic!("{other:?}"),
    }
}

fn settings(base: Config, options: &[&str]) -> Result<Config, Error> {
    let (mut config, seed) = (base, Url::parse(URL).unwrap());
    apply(&mut config, &crawl(options), &[seed])?;
    Ok(config)
}

fn file(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.toml");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

fn read(text: &str) -> Result<Config, Error> {
    let (_folder, path) = file(text);
    effective(Some(&path), None)
}

#[test]
fn no_option_changes_no_setting() {
    assert_eq!(settings(Config::default(), &[]).unwrap(), Config::default());
}

#[test]
fn every_default_that_the_help_names_is_the_one_of_the_library() {
    let mut whole = Arguments::command();
    whole.build();
    let mut seen = 0;
    for arg in whole.find_subcommand("crawl").unwrap().get_arguments() {
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let Some((_, rest)) = help.split_once("[default: ") else { continue };
        let value = rest.trim_end_matches(']').replace("VERSION", env!("CARGO_PKG_VERSION"));
        if value == "no limit" {
            continue;
        }
        let option = format!("--{}", arg.get_long().unwrap());
        let config = settings(Config::default(), &[&option, &value]).unwrap();
        assert_eq!(config, Config::default(), "{option} {value}");
        seen += 1;
    }
    assert!(seen >= 12, "{seen} defaults are told");
}

#[test]
fn options_win_over_the_file_of_a_spider_and_that_over_the_file_of_settings() {
    let (_one, below) = file(
        "[politeness]\ndelay = '9s'\nper_host = 3\n[politeness.adaptive]\nceiling = '7s'\n\
         [fetch]\nredirects = { follow = 3 }\nuser_agent = 'below'\n[limits]\nretries = 7\n\
         [fetch.credentials.'https://a.example']\nbearer = 'x'\n",
    );
    let (_two, above) = file(
        "start = ['https://a.example/']\n[politeness]\ndelay = '5s'\n[scope]\nkind = 'any'\n\
         [politeness.adaptive]\nlatency_factor = 4\n[fetch]\nredirects = 'stop'\n\
         [fetch.credentials.'https://a.example'.basic]\nuser = 'u'\npassword = 'p'\n",
    );
    let files = effective(Some(&below), Some(&above)).unwrap();
    let config = settings(files, &["--scope", "prefix", "--user-agent", "above/2"]).unwrap();
    assert_eq!(config.politeness.delay, Duration::from_secs(5));
    assert_eq!(config.politeness.per_host, 3);
    assert_eq!(config.politeness.adaptive.latency_factor, 4);
    assert_eq!(config.politeness.adaptive.ceiling, Duration::from_secs(7));
    assert_eq!(config.scope.kind, ScopeKind::Prefix);
    assert_eq!(config.limits.retries, 7);
    assert_eq!(config.fetch.user_agent, "above/2");
    assert_eq!(config.fetch.redirects, fetch::Redirects::Stop);
    let basic = fetch::Credential::Basic { user: "u".to_owned(), password: "p".to_owned() };
    assert_eq!(config.fetch.credentials["https://a.example"], basic);
}

#[test]
fn options_that_may_be_repeated_add_to_the_file() {
    let below = read("[scope]\nexclude = ['a']\n[fetch]\nallow_net = ['10.0.0.0/8']\n").unwrap();
    let config = settings(below, &["--exclude", "b", "--allow-net", "::1"]).unwrap();
    assert_eq!(config.scope.exclude, ["a", "b"]);
    assert_eq!(config.fetch.allow_net.len(), 2);
}

#[test]
fn more_time_for_a_request_is_time_for_a_server_that_thinks_long() {
    let waits = |base: Config, timeout: &str| {
        let fetch = settings(base, &["--timeout", timeout]).unwrap().fetch;
        (fetch.timeout.as_secs(), fetch.first_byte_timeout.as_secs())
    };
    assert_eq!(waits(Config::default(), "60s"), (60, 60));
    assert_eq!(waits(Config::default(), "20s"), (20, 15));
    let file = read("[fetch]\nfirst_byte_timeout = \"5s\"\n").unwrap();
    assert_eq!(waits(file, "60s"), (60, 5), "what a file sets holds");
}

#[test]
fn settings_that_are_shown_read_back_as_they_are() {
    let options = [
        "--delay",
        "1500ms",
        "--max-time",
        "2h",
        "--header",
        "Accept-Language: en",
        "--include",
        "a\\d",
        "--max-body",
        "1GiB",
        "--http2",
        "--sitemaps",
        "on",
        "--content",
        "markdown",
        "--digest",
        "--insecure",
        "--proxy",
        "socks5://127.0.0.1:9",
    ];
    let config = settings(Config::default(), &options).unwrap();
    assert_eq!(read(&show(&config).unwrap()).unwrap(), config);
    assert_eq!(read(&show(&Config::default()).unwrap()).unwrap(), Config::default());
}

#[test]
fn no_secret_is_shown_and_each_is_said_to_be_left_out() {
    let options = [
        "--header",
        "authorization: Bearer hidden1",
        "--header",
        "X-Api-Key: hidden2",
        "--proxy",
        "http://me:hidden3@127.0.0.1:9",
    ];
    let config = settings(Config::default(), &options).unwrap();
    let text = show(&config).unwrap();
    assert!(!text.contains("hidden") && !text.contains("me:"), "{text}");
    assert_eq!(text.lines().filter(|line| line.contains("left out")).count(), 3, "{text}");
    assert_eq!(
        read(&text).unwrap().fetch.proxy,
        "http://127.0.0.1:9".to_owned().try_into().unwrap()
    );
}

#[test]
fn authorization_is_bound_to_the_hosts_that_are_named() {
    for (header, credential) in [
        ("Authorization: Bearer abc", fetch::Credential::Bearer("abc".to_owned())),
        (
            "authorization: Basic dTpwOnc=",
            fetch::Credential::Basic { user: "u".to_owned(), password: "p:w".to_owned() },
        ),
    ] {
        let config = settings(Config::default(), &["--header", header]).unwrap();
        assert_eq!(config.fetch.credentials, [("https://a.example".to_owned(), credential)].into());
        assert!(config.fetch.headers.is_empty());
    }
}

#[test]
fn faults_of_a_file_have_a_place_and_the_nearest_key_and_no_secret() {
    for (text, place, told) in [
        ("[politness]\n", ":1:2: ", "did you mean `politeness`"),
        ("[politeness]\ndelai = '1s'\n", ":2:1: ", "did you mean `delay`"),
        ("[limits]\nzzz = 1\n", ":2:1: ", "known here are concurrency"),
        ("[limits]\nmax_pages = 'many'\n", ":2:13: ", "u64"),
        ("[scope]\nkind = 'world'\n", ":2:8: ", "world"),
        ("[politeness]\ndelay = 5\n", ":2:9: ", "duration"),
        ("[fetch]\nallow_net = ['10.0.0.0/99']\n", ":2:", "10.0.0.0/99"),
        ("[fetch\n", ":1:", "expected"),
        ("[fetch.credentials]\n'https://a.example' = 'hidden'\n", ":2:", "not shown"),
        ("[fetch.credentials.'https://a.example']\nbaerer = 'hidden'\n", ":", "not shown"),
        ("[fetch]\nproxy = 'ftp://me:hidden@a'\n", ":2:", "not shown"),
        ("[fetch.headers]\nx-key = [ 'hidden' ]\n", ":2:", "not shown"),
    ] {
        let error = format!("{:#}", read(text).unwrap_err());
        assert!(error.contains(&format!("settings.toml{place}")), "{text}: {error}");
        assert!(error.contains(told), "{text}: {error}");
        assert!(!error.contains("hidden"), "{text}: {error}");
    }
}

#[test]
fn faults_in_the_file_of_a_spider_name_the_key_and_no_secret() {
    for (text, told) in [
        ("[politeness]\ndelay = 5\n", "politeness.delay: "),
        ("[politeness]\ndelai = '5s'\n", "did you mean `delay`"),
        ("[fetch.credentials]\n'https://a.example' = 'hidden'\n", "not shown"),
        ("[fetch]\nproxy = 'ftp://me:hidden@a'\n", "not shown"),
    ] {
        let (_folder, path) = file(&format!("start = []\n{text}"));
        let error = format!("{:#}", effective(None, Some(&path)).unwrap_err());
        assert!(error.contains("settings.toml: ") && error.contains(told), "{text}: {error}");
        assert!(!error.contains("hidden"), "{text}: {error}");
    }
}
