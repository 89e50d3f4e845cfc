//! The store: parts go into it under keys that are made of the crawl and their number.

use std::error::Error;
use std::fs::File;
use std::future::ready;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt};
use url::Url;

use super::http::Connector;
use crate::sink::SinkError;

/// What is sent at once, in bytes: a part that is larger goes in pieces of this size, each in memory. Stores take no
/// piece below 5 MiB, and 10,000 of them.
const PIECE: u64 = 8 * 1024 * 1024;

/// Where parts go.
#[derive(Debug)]
pub(super) struct Bucket {
    store: Arc<dyn ObjectStore>,
    url: String,
    /// What all keys begin with.
    folder: Key,
    ending: String,
}

impl Bucket {
    /// Opens the store that a URL names.
    pub(super) fn open(url: &Url) -> Result<Self, SinkError> {
        let failed = |error: object_store::Error| failed(&format!("open {url}"), error);
        let wrong = |reason: &str| {
            let kind = io::ErrorKind::InvalidInput;
            SinkError::new(format!("failed to open {url}"), io::Error::new(kind, reason))
        };
        match (url.scheme(), url.host_str()) {
            ("s3", Some(bucket)) => {
                let store = AmazonS3Builder::from_env()
                    .with_bucket_name(bucket)
                    .with_http_connector(Connector)
                    .build()
                    .map_err(failed)?;
                let key = Key::from_url_path(url.path()).map_err(|error| failed(error.into()))?;
                Self::new(Arc::new(store), url, &key).ok_or_else(|| wrong("it names no object"))
            }
            ("file", None | Some("")) => {
                let path =
                    url.to_file_path().map_err(|()| wrong("it is no path of this machine"))?;
                let key = Key::from_absolute_path(path).map_err(|error| failed(error.into()))?;
                let store = LocalFileSystem::new();
                Self::new(Arc::new(store), url, &key).ok_or_else(|| wrong("it names no object"))
            }
            _ => Err(wrong(
                "write it like s3://bucket/folder/items.jsonl or file:///folder/items.jsonl",
            )),
        }
    }

    /// Puts into a store, under keys that begin with this one but for its ending.
    pub(super) fn new(store: Arc<dyn ObjectStore>, url: &Url, key: &Key) -> Option<Self> {
        let parts: Vec<_> = key.parts().collect();
        let (name, folders) = parts.split_last()?;
        let name = name.as_ref();
        let whole = name.strip_suffix(".gz").or(name.strip_suffix(".zst")).unwrap_or(name);
        let stem = whole.rfind('.').filter(|dot| *dot > 0).unwrap_or(whole.len());
        let folder = folders.iter().cloned().collect::<Key>().join(&name[..stem]);
        Some(Self { store, url: url.to_string(), folder, ending: name[stem..].to_owned() })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Returns what the names of parts end with.
    pub(super) fn ending(&self) -> &str {
        &self.ending
    }

    /// Asks the store for anything, to see that it answers.
    pub(super) async fn check(&self) -> Result<(), SinkError> {
        let first = self.store.list(Some(&self.folder)).next().await.transpose();
        first.map(drop).map_err(|error| failed(&format!("list {}", self.url), error))
    }

    /// Removes all parts of a crawl.
    pub(super) async fn clear(&self, crawl: u64) -> Result<(), SinkError> {
        let ending = self.ending.clone();
        // Another output may differ in its ending alone.
        let is_part = move |key: &Key| {
            let number = key.filename().and_then(|name| name.strip_suffix(&*ending));
            number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let there = self.store.list(Some(&self.crawl(crawl))).map_ok(|object| object.location);
        let parts = there.try_filter(move |key| ready(is_part(key)));
        let gone = self.store.delete_stream(parts.boxed()).try_for_each(|_| ready(Ok(()))).await;
        gone.map_err(|error| failed(&format!("replace {}", self.url), error))
    }

    /// Puts the file of a part; when it is not there any more, it must be in the store already.
    pub(super) async fn put(&self, crawl: u64, number: u32, file: &Path) -> Result<(), SinkError> {
        let key = self.crawl(crawl).join(format!("{number:05}{}", self.ending));
        let file = match File::open(file) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return self.store.head(&key).await.map(drop).map_err(|error| {
                    let file = file.display();
                    failed(
                        &format!("find {file}, and it was not put into {} before", self.url),
                        error,
                    )
                });
            }
            Err(error) => {
                return Err(SinkError::new(format!("failed to open {}", file.display()), error));
            }
        };
        self.send(&key, file)
            .await
            .map_err(|error| failed(&format!("put {key} into {}", self.url), error))
    }

    async fn send(&self, key: &Key, file: File) -> object_store::Result<()> {
        let file = Arc::new(file);
        let mut piece = read(&file).await?;
        if (piece.len() as u64) < PIECE {
            return self.store.put(key, piece.into()).await.map(drop);
        }
        let mut upload = self.store.put_multipart(key).await?;
        let sent = async {
            while !piece.is_empty() {
                upload.put_part(piece.into()).await?;
                piece = read(&file).await?;
            }
            upload.complete().await
        };
        let sent = sent.await.map(drop);
        if sent.is_err() {
            // What went wrong is known; a store forgets pieces on its own, if it is told to.
            let _ = upload.abort().await;
        }
        sent
    }

    fn crawl(&self, crawl: u64) -> Key {
        self.folder.clone().join(format!("{crawl:016x}"))
    }
}

/// Reads the next piece of a file; an empty one at its end.
async fn read(file: &Arc<File>) -> object_store::Result<Bytes> {
    let file = file.clone();
    let read = tokio::task::spawn_blocking(move || {
        let mut piece = Vec::new();
        (&*file).take(PIECE).read_to_end(&mut piece)?;
        Ok::<_, io::Error>(piece)
    });
    let generic = |source| object_store::Error::Generic { store: "spool", source };
    let piece = read.await.map_err(|error| generic(Box::new(error)))?;
    piece.map(Bytes::from).map_err(|error| generic(Box::new(error)))
}

fn failed(what: &str, error: object_store::Error) -> SinkError {
    // The store's own words hold its causes.
    let kind = match &error {
        object_store::Error::NotFound { .. } => io::ErrorKind::NotFound,
        object_store::Error::PermissionDenied { .. } => io::ErrorKind::PermissionDenied,
        _ => io::ErrorKind::Other,
    };
    SinkError::new(
        format!("failed to {what}"),
        io::Error::new(kind, Box::<dyn Error + Send + Sync>::from(error)),
    )
}
