//! Files of a folder as answers. `Site` asks here when nothing else knows the path.

use std::fs;
use std::path::{Path, PathBuf};

use tokio::task::spawn_blocking;

use crate::answer::Answer;

/// The largest file that is served, in bytes.
const MAX_FILE: u64 = 64 * 1024 * 1024;

/// Reads the file that a path, without query, stands for below the root; `None` when there is none.
pub(crate) async fn read(root: &Path, path: &str) -> Option<Answer> {
    let relative = relative(path)?;
    let root = root.to_owned();
    let path = path.to_owned();
    spawn_blocking(move || load(&root, &relative, &path)).await.ok()?
}

fn load(root: &Path, relative: &Path, path: &str) -> Option<Answer> {
    // A symbolic link can lead out of the folder too, so it is the real path that has to be inside.
    let root = root.canonicalize().ok()?;
    let inside = |file: PathBuf| {
        let file = file.canonicalize().ok()?;
        file.starts_with(&root).then_some(file)
    };
    let mut file = inside(root.join(relative))?;
    if file.is_dir() {
        if !path.ends_with('/') {
            // Without the slash, the relative links of the index would be resolved one level too
            // high.
            return Some(Answer::new(301).header("location", format!("{path}/")));
        }
        file = inside(file.join("index.html"))?;
    } else if path.ends_with('/') {
        return None;
    }
    let size = fs::metadata(&file).ok()?.len();
    if size > MAX_FILE {
        return Some(Answer::text("this file has more than 64 MiB").status(500));
    }
    let body = fs::read(&file).ok()?;
    Some(Answer::new(200).header("content-type", content_type(&file)).body(body))
}

/// Turns a URL path into a relative file path; `None` when it tries to be anything else.
fn relative(path: &str) -> Option<PathBuf> {
    let path = path.strip_prefix('/')?;
    let mut file = PathBuf::new();
    if path.is_empty() {
        return Some(file);
    }
    for segment in path.strip_suffix('/').unwrap_or(path).split('/') {
        let segment = decode(segment)?;
        if matches!(segment.as_str(), "" | "." | "..") || segment.contains(['/', '\\']) {
            return None;
        }
        file.push(segment);
    }
    Some(file)
}

/// Decodes the percent signs of one segment (RFC 3986, section 2.1); `None` when it is not UTF-8 or
/// cut short.
fn decode(segment: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(segment.len());
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let high = char::from(bytes.next()?).to_digit(16)?;
        let low = char::from(bytes.next()?).to_digit(16)?;
        decoded.push((high * 16 + low) as u8);
    }
    String::from_utf8(decoded).ok()
}

fn content_type(file: &Path) -> &'static str {
    let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    match ending.to_ascii_lowercase().as_str() {
        "html" | "htm" => "text/html; charset=utf-8",
        "xhtml" => "application/xhtml+xml",
        "txt" => "text/plain; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "xml" => "application/xml",
        "rss" => "application/rss+xml",
        "atom" => "application/atom+xml",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "pdf" => "application/pdf",
        "gz" => "application/gzip",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::relative;

    #[test]
    fn ordinary_paths_become_files() {
        assert_eq!(relative("/"), Some(PathBuf::new()));
        assert_eq!(relative("/a/b.html"), Some(PathBuf::from("a/b.html")));
        assert_eq!(relative("/a/"), Some(PathBuf::from("a")));
        assert_eq!(relative("/caf%C3%A9%20x"), Some(PathBuf::from("café x")));
    }

    #[test]
    fn paths_that_lead_elsewhere_are_refused() {
        let paths = [
            "",
            "a",
            "//",
            "//a",
            "/a//b",
            "/..",
            "/../a",
            "/a/..",
            "/a/../../b",
            "/%2e%2E/a",
            "/a%2fb",
            "/..%5cb",
            "/%",
            "/%4",
            "/%zz",
            "/%ff",
            "/./a",
            "http://host/a",
        ];
        for path in paths {
            assert_eq!(relative(path), None, "{path:?}");
        }
    }
}
