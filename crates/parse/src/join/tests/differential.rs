//! Holds the joiner to `Url::join`, on references that nobody would write.

use fastrand::Rng;
use url::{Position, Url};

use crate::join::plain::{self, Plain};
use crate::join::{Joiner, ends_in_a_drive};

/// How many references a test run joins. `DRAGLINE_JOIN_CASES` asks for more.
const CASES: usize = 200_000;

/// What a page may link with, by the plain way: resolve, cut the fragment, keep the web.
pub(super) fn expected(base: &Url, reference: &str) -> Option<String> {
    let itself = reference.is_empty() || reference.starts_with('#');
    let url = base.join(reference).ok()?;
    let web = matches!(url.scheme(), "http" | "https");
    let file = base.scheme() == "file" && url.scheme() == "file";
    ((web || file) && !itself).then(|| url[..Position::AfterQuery].to_owned())
}

const BASES: &[&str] = &[
    "http://h.example/",
    "http://h.example",
    "https://h.example/a/b/c.html?x=/y/../z#f",
    "http://h.example/a/b/c/d/",
    "http://h.example/a//b/../c//d",
    "http://h.example//",
    "http://h.example/..//../a",
    "http://h.example/a;p=1/b;q=2/c;r?s",
    "http://user:secret@h.example:8080/a/b",
    "http://h.example:8080/a/b?q",
    "https://[::1]:8443/a/b",
    "http://127.0.0.1/a/b",
    "http://xn--bcher-kva.example/ä/ö?ü",
    "http://h.example/%2e%2e/%41/a%20b/%2Fc/d",
    "http://h.example/C:/x/C|/y",
    "file:///C:/a/b",
    "file:///a/b/c",
    "ftp://h.example/a/b",
    "mailto:x@h.example",
    "foo://h.example/a/b",
    "foo:/a/b",
];

/// What references are put together from: every turn of the parser has a piece here.
const PIECES: &[&str] = &[
    "/",
    "/",
    "/",
    "a",
    "b.html",
    "x",
    ".",
    "..",
    "../",
    "./",
    "/..",
    "/.",
    "...",
    ".x",
    "..x",
    "%2e",
    "%2E",
    "%2e%2e",
    ".%2e",
    "%2",
    "%",
    "%41",
    "%zz",
    "?",
    "?q=1",
    "&",
    "=",
    "#",
    "#f",
    ":",
    ":80",
    ":443",
    ":8080",
    "@",
    "u:p@",
    "\\",
    "\t",
    "\n",
    "\r",
    " ",
    "\u{0}",
    "\u{1f}",
    "\u{7f}",
    "é",
    "ß",
    "日本",
    "\u{fffd}",
    "|",
    "\"",
    "'",
    "^",
    "`",
    "{",
    "}",
    "[",
    "]",
    "<",
    ">",
    "~",
    "!",
    "$",
    "(",
    ")",
    "*",
    "+",
    ",",
    ";",
    "-",
    "_",
    "0",
    "1",
    "0x7f",
    "127.1",
    "//",
    "///",
    "http:",
    "https:",
    "HTTP:",
    "hTtPs:",
    "http://",
    "https://",
    "HTTP://",
    "http:/",
    "h.example",
    "H.Example",
    "o.example",
    "www.o-o.example",
    "[::1]",
    "[::1",
    "xn--bcher-kva.de",
    "xn--a",
    "bücher.example",
    "a..b",
    "a--b",
    "-a",
    "a-",
    "1.2.3.4",
    "0xf",
    "example.",
    "localhost",
    "a_b",
    "C:",
    "C|",
    "/C:",
    "javascript:",
    "mailto:",
    "data:",
    "tel:+1",
    "file:",
    "file:///",
    "ftp://",
    "foo:",
    "ws:",
    "a:b",
    "http://h.example",
    "https://h.example",
    "http://h.example:8080",
    "http://user:secret@h.example:8080",
    "x/...",
    "x/.../y",
    "index.php?a[]=1|2",
    "Talk:",
    "/wiki/A:b_(c)",
    "&amp;",
    "%c3%a9",
    "a+b",
    "*",
    "\u{ad}",
];

fn reference(random: &mut Rng) -> String {
    const PLAIN: &[u8] = b"abcx/./..%2eE?=&:-_~0";
    let mut reference = String::new();
    // Half of them are such as pages have, a few bytes changed at most.
    let wild = random.bool();
    for _ in 0..=random.usize(..8) {
        if wild || random.usize(..12) == 0 {
            reference.push_str(PIECES[random.usize(..PIECES.len())]);
        } else {
            reference.push(char::from(PLAIN[random.usize(..PLAIN.len())]));
        }
    }
    reference
}

fn base(random: &mut Rng) -> Url {
    loop {
        let mut base = BASES[random.usize(..BASES.len())].to_owned();
        if random.usize(..3) == 0 {
            base.push_str(&reference(random));
        }
        if let Ok(base) = Url::parse(&base)
            && !ends_in_a_drive(&base)
        {
            return base;
        }
    }
}

fn is_copied(joiner: &Joiner, reference: &str) -> bool {
    match plain::read(reference, &joiner.base.as_str()[..joiner.path]) {
        Plain::Odd => false,
        Plain::Whole | Plain::Foreign => true,
        Plain::Climbing { up, .. } => joiner.copies && (up == 0 || joiner.climbs),
        _ => joiner.copies,
    }
}

#[test]
fn joined_references_equal_those_of_the_url_crate() {
    let cases = std::env::var("DRAGLINE_JOIN_CASES").map_or(CASES, |cases| cases.parse().unwrap());
    let mut random = Rng::with_seed(1);
    let (mut copied, mut joined, mut differ) = (0, 0, 0);
    let mut joiner = Joiner::new(&base(&mut random), None, "UTF-8");
    for case in 0..cases {
        if case % 4 == 0 {
            joiner = Joiner::new(&base(&mut random), None, "UTF-8");
        }
        let reference = reference(&mut random);
        let expected = expected(&joiner.base.clone(), &reference);
        copied += usize::from(is_copied(&joiner, &reference));
        joined += usize::from(expected.is_some());
        let base = joiner.base.clone();
        let found = joiner.join(&reference);
        if found != expected.as_deref() {
            differ += 1;
            eprintln!("{reference:?} on {base}: {found:?}, expected {expected:?}");
        }
    }
    println!("{cases} references: {joined} to the web, {copied} copied, {differ} differ");
    assert_eq!(differ, 0);
    assert!(copied * 5 > cases, "only {copied} of {cases} took the fast way");
}
