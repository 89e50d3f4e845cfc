//! `dragline links` as a script sees it: the links of one page, from the web or a file, read two ways.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::process::{Command, Output, Stdio};

use dragline_site::{Answer, Site};

const PAGE: &str = "<base href=/b/><a href=x#1>1</a> <a href=./x>again</a> <a href='?é=&amp;a'>2</a>\
    <a href=mailto:x@h.example>no</a> <a href=#top>base</a> <a href=HTTP://O.Example:80>3</a>\
    <img src=i.png> <a rel=nofollow href=../y>4</a>";

fn links(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dragline"));
    command.arg("links").args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Runs the command while the test's own site goes on serving.
async fn links_beside(arguments: Vec<String>) -> Output {
    let run = move || links(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    tokio::task::spawn_blocking(run).await.unwrap()
}

/// Writes a page to a file; the folder must be held as long as it is read.
fn file(html: &[u8]) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    std::fs::write(&path, html).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

#[test]
fn links_of_a_file_are_absolute_in_source_order_and_each_once() {
    let (_folder, path) = file(PAGE.as_bytes());
    for options in [&[][..], &["--reference"]] {
        let output = links(&[&[path.as_str(), "--base", "http://h.example/d/p"], options].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert_eq!(
            text(&output.stdout).lines().collect::<Vec<_>>(),
            [
                "http://h.example/b/x",
                "http://h.example/b/?%C3%A9=&a",
                "http://h.example/b/",
                "http://o.example/",
                "http://h.example/y",
            ]
        );
    }
}

#[test]
fn a_file_is_its_own_base_and_kinds_are_chosen() {
    let (folder, path) = file(b"<a href=a.html>a</a> <img src=i.png> <img src=http://h.example/i>");
    let output = links(&[&path, "--follow", "img,script"]);
    let own = url::Url::from_file_path(folder.path().join("i.png")).unwrap();
    assert_eq!(text(&output.stdout), format!("{own}\nhttp://h.example/i\n"));
}

#[test]
fn a_page_that_only_the_document_can_tell_is_read_by_it() {
    let (_folder, path) = file(b"<template><a href=no></template><a href=yes>");
    let output = links(&[&path, "--base", "http://h.example/"]);
    assert_eq!(text(&output.stdout), "http://h.example/yes\n");
}

#[tokio::test]
async fn links_of_a_url_are_against_where_its_redirects_end_in_its_charset() {
    let page = Answer::new(200)
        .header("content-type", "text/html; charset=iso-8859-1")
        .body(b"<a href='x?\xe9'>x</a>".to_vec());
    let site = Site::new().redirect("/old", "/new/").answer("/new/", page).start().await.unwrap();
    for option in [None, Some("--reference")] {
        let arguments = [Some(site.url("/old")), option.map(str::to_owned)];
        let output = links_beside(arguments.into_iter().flatten().collect()).await;
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert_eq!(text(&output.stdout), format!("{}\n", site.url("/new/x?%E9")));
    }
}

#[tokio::test]
async fn a_page_that_is_not_there_is_exit_code_1() {
    let plain =
        Answer::new(200).header("content-type", "application/pdf").body(b"<a href=x>".to_vec());
    let site = Site::new().answer("/file", plain).start().await.unwrap();
    for (path, told) in [("/gone", "404"), ("/file", "application/pdf")] {
        let output = links_beside(vec![site.url(path)]).await;
        assert_eq!(output.status.code(), Some(1), "{path}");
        assert!(text(&output.stderr).contains(told), "{}", text(&output.stderr));
        assert_eq!(text(&output.stdout), "");
    }
}

#[test]
fn wrong_use_is_exit_code_2() {
    let cases: &[(&[&str], &str)] = &[
        (&[], "FILE"),
        (&["no/such/page.html"], "no/such/page.html"),
        (&["h.example"], "http"),
        (&["http://h.example/", "--base", "http://h.example/"], "--base"),
        (&["x.html", "--base", "nowhere"], "nowhere"),
        (&["http://h.example/", "--follow", "links"], "links"),
    ];
    for (arguments, told) in cases {
        let output = links(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(told), "{}", text(&output.stderr));
    }
}
