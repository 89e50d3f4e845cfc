//! The files of a folder, by the path under which a host has them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use url::Url;

/// A folder, listed once.
pub(crate) struct Folder {
    files: BTreeMap<String, PathBuf>,
}

impl Folder {
    pub(crate) fn list(root: &Path) -> Self {
        let root = fs::canonicalize(root).unwrap();
        let mut files = BTreeMap::new();
        let mut open = vec![root.clone()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                    continue;
                }
                // Percent-encoded as the URL parser does it, which is how crawlers ask.
                let base = Url::parse("http://folder.example/").unwrap();
                let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('%', "%25");
                let url = base.join(&format!("/{name}")).unwrap();
                files.insert(url.path().to_owned(), path);
            }
        }
        Self { files }
    }

    /// Returns the file of a path, which may have a query.
    pub(crate) fn file(&self, target: &str) -> Option<&Path> {
        let path = target.split('?').next().unwrap_or_default();
        let index = || self.files.get(&format!("{path}index.html"));
        self.files.get(path).or_else(index).map(PathBuf::as_path)
    }

    /// Returns the paths of all pages.
    pub(crate) fn pages(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str).filter(|path| path.ends_with(".html"))
    }
}
