//! What every command does for a shell: help, completions, manual pages, colours, readers that stop reading.

use dragline_site::Site;

use crate::{dragline, run};

const COMMANDS: [&str; 6] = ["crawl", "fetch", "links", "robots", "plan", "explain"];

#[tokio::test]
async fn help_is_short_or_long_and_ends_with_examples() {
    for name in COMMANDS {
        let (short, long) = (run(&[name, "-h"]).await, run(&[name, "--help"]).await);
        assert_eq!((short.code, long.code), (Some(0), Some(0)));
        assert!(short.stdout.len() < long.stdout.len(), "{name}");
        let (_, examples) = long.stdout.split_once("Examples:").unwrap();
        assert!(examples.contains(&format!("dragline {name} ")), "{examples}");
        assert!(!short.stdout.contains("Examples:"), "{name}");
    }
    let help = run(&["crawl", "-h"]).await.stdout;
    for heading in ["Scope", "State", "Records", "Limits", "Politeness", "Requests", "Settings"] {
        assert!(help.contains(&format!("\n{heading}:\n")), "{heading}: {help}");
    }
}

#[tokio::test]
async fn completions_and_manual_pages_know_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = run(&["completions", shell]).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert!(COMMANDS.iter().all(|name| run.stdout.contains(name)), "{shell}");
        assert!(run.stdout.contains("max-depth"), "{shell}");
    }
    let page = run(&["man"]).await.stdout;
    assert!(page.contains(".TH dragline") && COMMANDS.iter().all(|name| page.contains(name)));
    let page = run(&["man", "crawl"]).await.stdout;
    assert!(page.contains("max\\-depth") && page.contains("dragline\\-crawl"), "{page}");
}

#[tokio::test]
async fn colours_are_for_terminals_and_for_whoever_asks() {
    for (variable, coloured) in [(None, false), (Some("CLICOLOR_FORCE"), true)] {
        let mut command = dragline(&["crawl", "--resume"]);
        command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        command.envs(variable.map(|name| (name, "1")));
        let output = command.output().unwrap();
        assert_eq!(output.stderr.contains(&0x1b), coloured, "{variable:?}");
    }
    let output = dragline(&["crawl", "--resume"]).env("NO_COLOR", "1").output().unwrap();
    assert!(!output.stderr.contains(&0x1b));
}

#[tokio::test]
async fn a_reader_that_stops_reading_is_success_in_every_command() {
    let site = Site::new().robots("").page("/", "<a href=/a>a</a>").start().await.unwrap();
    let (url, folder) = (site.url("/"), tempfile::tempdir().unwrap());
    let state = folder.path().join("state");
    let state = state.to_str().unwrap();
    let crawl = run(&["crawl", &url, "--delay", "0", "--state", state]).await;
    assert_eq!(crawl.code, Some(0), "{}", crawl.stderr);
    for arguments in [
        &["crawl", &url, "--delay", "0"][..],
        &["crawl", &url, "--print-config"],
        &["fetch", &url],
        &["fetch", &url, "--json"],
        &["links", &url],
        &["robots", &url],
        &["plan", &url, "--delay", "0"],
        &["explain", "--state", state, &url],
        &["explain", "--state", state, &url, "--json"],
        &["completions", "bash"],
        &["man"],
        &["--help"],
    ] {
        let mut child = dragline(arguments).spawn().unwrap();
        drop(child.stdout.take());
        let ended = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap());
        let output = ended.await.unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {stderr}");
        assert!(!stderr.contains("panicked") && !stderr.contains("error:"), "{stderr}");
    }
}
