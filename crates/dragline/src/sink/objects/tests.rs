//! Tests of objects: each value once, and no object that changes, killed anywhere.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path as Key;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use proptest::prelude::*;
use url::Url;

use super::bucket::Bucket;
use super::{Objects, PART};
use crate::sink::{
    Entry, ItemKey, JsonLines, Position, Provenance, Rotation, Sink, SinkError, Wants,
};

const CRAWL: u64 = 0xabc;

/// A store in memory that can be made to fail.
#[derive(Debug, Default)]
struct Shaky {
    store: InMemory,
    down: AtomicBool,
}

impl Shaky {
    fn up(&self) -> Result<()> {
        let source = "the store is down".into();
        match self.down.load(Ordering::Relaxed) {
            true => Err(object_store::Error::Generic { store: "test", source }),
            false => Ok(()),
        }
    }
}

impl Display for Shaky {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.store.fmt(f)
    }
}

#[async_trait]
impl ObjectStore for Shaky {
    async fn put_opts(&self, key: &Key, data: PutPayload, how: PutOptions) -> Result<PutResult> {
        self.up()?;
        self.store.put_opts(key, data, how).await
    }

    async fn put_multipart_opts(
        &self,
        key: &Key,
        how: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.up()?;
        self.store.put_multipart_opts(key, how).await
    }

    async fn get_opts(&self, key: &Key, how: GetOptions) -> Result<GetResult> {
        self.store.get_opts(key, how).await
    }

    fn delete_stream(
        &self,
        keys: BoxStream<'static, Result<Key>>,
    ) -> BoxStream<'static, Result<Key>> {
        self.store.delete_stream(keys)
    }

    fn list(&self, prefix: Option<&Key>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.store.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Key>) -> Result<ListResult> {
        self.store.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Key, to: &Key, how: CopyOptions) -> Result<()> {
        self.store.copy_opts(from, to, how).await
    }
}

fn url() -> Url {
    Url::parse("s3://bucket/data/items.jsonl").unwrap()
}

fn objects(store: &Arc<Shaky>, spool: &Path, rotation: Rotation) -> Objects<String> {
    let bucket = Bucket::new(store.clone(), &url(), &Key::from("data/items.jsonl")).unwrap();
    let open = |path: &Path| Ok(Box::new(JsonLines::create(path)?) as Box<dyn Sink<String>>);
    Objects::new(bucket, spool, rotation, Wants::Values, Box::new(open))
}

fn put(sink: &mut Objects<String>, value: &str) -> std::result::Result<(), SinkError> {
    let key = ItemKey { crawl: CRAWL, ..ItemKey::default() };
    sink.write(&Entry::new(&value.to_owned(), key, Provenance::default()))
}

/// Does as the engine does with a state on which it need not wait.
async fn settle(sink: &mut Objects<String>) {
    if sink.awaits_state() {
        sink.settled().await.unwrap();
    }
}

async fn finish(sink: &mut Objects<String>) -> Position {
    let position = sink.finish().await.unwrap();
    sink.settled().await.unwrap();
    position
}

/// Returns all objects, in order.
async fn there(store: &Shaky) -> BTreeMap<String, Bytes> {
    let found: Vec<ObjectMeta> = store.list(None).try_collect().await.unwrap();
    let mut all = BTreeMap::new();
    for object in found {
        let body = store.get(&object.location).await.unwrap().bytes().await.unwrap();
        all.insert(object.location.to_string(), body);
    }
    all
}

fn lines(objects: &BTreeMap<String, Bytes>) -> Vec<String> {
    let text = objects.values().map(|body| std::str::from_utf8(body).unwrap()).collect::<String>();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn every(items: u64) -> Rotation {
    Rotation { items: Some(items), bytes: None }
}

#[tokio::test]
async fn parts_have_keys_of_the_crawl_and_their_number() {
    let folder = tempfile::tempdir().unwrap();
    let (store, spool) = (Arc::default(), folder.path().join("spool"));
    let mut sink = objects(&store, &spool, every(2));
    sink.begin(None).unwrap();
    for value in ["a", "b", "c", "d", "e"] {
        put(&mut sink, value).unwrap();
        sink.commit().await.unwrap();
        settle(&mut sink).await;
    }
    finish(&mut sink).await;
    let there = there(&store).await;
    let keys: Vec<_> = there.keys().collect();
    let expected = [1, 2, 3].map(|part| format!("data/items/0000000000000abc/0000{part}.jsonl"));
    assert_eq!(keys, expected.iter().collect::<Vec<_>>());
    assert_eq!(lines(&there), ["a", "b", "c", "d", "e"]);
    assert!(!spool.exists(), "nothing is left on this machine");
}

#[tokio::test]
async fn nothing_is_put_before_the_state_relies_on_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::default();
    let mut sink = objects(&store, folder.path(), every(1));
    sink.begin(None).unwrap();
    put(&mut sink, "a").unwrap();
    sink.commit().await.unwrap();
    assert!(sink.awaits_state());
    assert_eq!(there(&store).await.len(), 0);
    finish(&mut sink).await;
    assert_eq!(there(&store).await.len(), 1);
}

#[tokio::test]
async fn a_large_part_goes_in_pieces() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::default();
    let mut sink = objects(&store, folder.path(), Rotation::default());
    sink.begin(None).unwrap();
    // Two pieces and a bit, one of exactly two, and an item alone.
    let value = "x".repeat(1 << 20);
    for _ in 0..17 {
        put(&mut sink, &value).unwrap();
        sink.commit().await.unwrap();
    }
    assert!(!sink.awaits_state(), "{PART} bytes are a part");
    finish(&mut sink).await;
    let there = there(&store).await;
    assert_eq!(lines(&there), vec![value; 17]);
    assert_eq!(there.len(), 1);
}

#[tokio::test]
async fn a_store_that_fails_ends_the_crawl_and_gets_the_parts_later() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<Shaky> = Arc::default();
    let mut sink = objects(&store, folder.path(), every(1));
    sink.begin(None).unwrap();
    put(&mut sink, "a").unwrap();
    let committed = sink.commit().await.unwrap();
    store.down.store(true, Ordering::Relaxed);
    let error = match sink.settled().await {
        Err(error) => error,
        Ok(()) => {
            sink.finish().await.unwrap();
            sink.settled().await.unwrap_err()
        }
    };
    let expected =
        "failed to put data/items/0000000000000abc/00001.jsonl into s3://bucket/data/items.jsonl";
    assert_eq!(error.to_string(), expected);
    drop(sink);

    store.down.store(false, Ordering::Relaxed);
    let mut sink = objects(&store, folder.path(), every(1));
    sink.begin(Some(&committed)).unwrap();
    put(&mut sink, "b").unwrap();
    finish(&mut sink).await;
    assert_eq!(lines(&there(&store).await), ["a", "b"]);
}

#[tokio::test]
async fn a_part_that_is_neither_here_nor_there_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (store, spool) = (Arc::default(), folder.path().join("spool"));
    let mut sink = objects(&store, &spool, every(1));
    sink.begin(None).unwrap();
    put(&mut sink, "a").unwrap();
    let committed = sink.commit().await.unwrap();
    drop(sink);
    std::fs::remove_dir_all(&spool).unwrap();
    let mut sink = objects(&store, &spool, every(1));
    sink.begin(Some(&committed)).unwrap();
    sink.finish().await.unwrap();
    let error = sink.settled().await.unwrap_err();
    assert!(error.to_string().contains("was not put into s3://bucket/"), "{error}");
}

#[tokio::test]
async fn an_output_that_begins_anew_replaces_that_of_its_crawl_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<Shaky> = Arc::default();
    for other in ["0000000000000abd/00001.jsonl", "0000000000000abc/00001.jsonl.gz"] {
        store.put(&Key::from(format!("data/items/{other}")), "\"other\"\n".into()).await.unwrap();
    }
    for values in [&["a", "b", "c"][..], &["d"]] {
        let mut sink = objects(&store, folder.path(), every(1));
        sink.begin(None).unwrap();
        for value in values {
            put(&mut sink, value).unwrap();
            sink.commit().await.unwrap();
            settle(&mut sink).await;
        }
        finish(&mut sink).await;
    }
    assert_eq!(lines(&there(&store).await), ["d", "other", "other"]);
}

#[tokio::test]
async fn an_empty_output_puts_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::default();
    let mut sink = objects(&store, folder.path(), every(1));
    finish(&mut sink).await;
    assert_eq!(there(&store).await.len(), 0);
}

#[test]
fn what_cannot_be_a_store_is_refused() {
    for url in ["http://host/items.jsonl", "s3:///items.jsonl", "s3://bucket", "s3://bucket/"] {
        let error = Bucket::open(&Url::parse(url).unwrap()).unwrap_err();
        assert_eq!(error.to_string(), format!("failed to open {url}"));
    }
}

/// What a crawl does next.
#[derive(Clone, Debug)]
enum Step {
    /// Commits so many items.
    Commit(u8),
    /// Is killed, and goes on from the state's last commit, or so many before it that the state did not get to.
    Kill(u8),
    /// Ends, and goes on.
    Finish,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..4_u8).prop_map(Step::Commit),
        2 => (0..4_u8).prop_map(Step::Kill),
        1 => Just(Step::Finish),
    ]
}

proptest! {
    #[test]
    fn each_value_is_there_once_and_no_object_changes(
        steps in proptest::collection::vec(step(), 0..40),
        items in 1..6_u64,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let store = Arc::default();
            let mut sink = objects(&store, folder.path(), every(items));
            sink.begin(None).unwrap();
            // Positions that the state may have, the first for sure: with how many values are committed by them.
            let mut states: Vec<(Option<Position>, usize)> = vec![(None, 0)];
            let mut seen: BTreeMap<String, Bytes> = BTreeMap::new();
            let mut written = 0;
            for step in steps {
                match step {
                    Step::Commit(values) => {
                        for _ in 0..values {
                            put(&mut sink, &written.to_string()).unwrap();
                            written += 1;
                        }
                        states.push((Some(sink.commit().await.unwrap()), written));
                        if sink.awaits_state() {
                            states.drain(..states.len() - 1);
                            sink.settled().await.unwrap();
                            tokio::task::yield_now().await;
                        }
                    }
                    Step::Kill(lost) => {
                        states.truncate(states.len().saturating_sub(usize::from(lost)).max(1));
                        let last = states.last().unwrap();
                        written = last.1;
                        sink = objects(&store, folder.path(), every(items));
                        sink.begin(last.0.as_ref()).unwrap();
                    }
                    Step::Finish => {
                        states = vec![(Some(finish(&mut sink).await), written)];
                        sink = objects(&store, folder.path(), every(items));
                        sink.begin(states[0].0.as_ref()).unwrap();
                    }
                }
                let now = there(&store).await;
                for (key, body) in &seen {
                    assert_eq!(now.get(key), Some(body), "{key} changed");
                }
                seen = now;
            }
            finish(&mut sink).await;
            let expected: Vec<_> = (0..written).map(|value| value.to_string()).collect();
            assert_eq!(lines(&there(&store).await), expected);
        });
    }
}
