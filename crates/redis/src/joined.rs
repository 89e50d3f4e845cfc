//! What a worker finds when it joins a crawl.

use dragline_frontier::{FingerprintKey, SinkPosition, StoreError};

use crate::error::OpenError;
use crate::link::{Call, Link};
use crate::options::RedisOptions;
use crate::reply::Reply;
use crate::script::Script;

/// The layout of keys and values that this version writes and reads.
const FORMAT: u64 = 1;

/// What a worker finds when it joins a crawl; the same for all its workers, but for outputs and counters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// The key of its fingerprints, made by the first worker.
    pub key: FingerprintKey,
    /// The number of the crawl.
    pub crawl: u64,
    /// The settings that the first worker gave.
    pub settings: String,
    /// The number that the first worker gave.
    pub digest: u64,
    /// Seeds whose scope is kept, in the order in which they came.
    pub seeds: Vec<Box<str>>,
    /// How far the outputs of the worker of this name are.
    pub sinks: Vec<SinkPosition>,
    /// What the worker of this name kept of its counters.
    pub stats: Option<Box<[u8]>>,
}

impl Joined {
    /// Labels a new crawl, or reads the label of one that is there. Beside what is found comes a number that
    /// nobody who joined the crawl before was given.
    pub(crate) async fn open(
        link: &Link,
        options: &RedisOptions,
    ) -> Result<(Self, u64), OpenError> {
        let (name, place) = (options.name.clone(), link.place().to_owned());
        let failed = |error: StoreError| OpenError::Server {
            name: name.clone(),
            place: place.clone(),
            message: error.to_string(),
        };
        let foreign = || OpenError::Foreign { name: name.clone(), place: place.clone() };
        let mut call = Call::new(Script::Open, format!("{{{name}}}"));
        let label = [
            ("format", FORMAT.to_string()),
            ("partitions", options.partitions.to_string()),
            ("key", options.key.bits().to_string()),
            ("crawl", options.crawl.to_string()),
            ("digest", options.digest.to_string()),
            ("settings", options.settings.clone()),
        ];
        for (field, value) in label {
            call.push(field);
            call.push(value);
        }
        let mut rows = pairs(link.call(&call).await.map_err(failed)?).ok_or_else(foreign)?;
        let mut take = |field: &str| {
            let at = rows.iter().position(|(name, _)| name == field)?;
            String::from_utf8(rows.swap_remove(at).1).ok()
        };
        let number = |text: Option<String>| text?.parse::<u64>().ok();
        let format = number(take("format")).ok_or_else(foreign)?;
        if format != FORMAT {
            return Err(OpenError::Format { name, place, format, known: FORMAT });
        }
        let partitions = number(take("partitions")).ok_or_else(foreign)?;
        if partitions != u64::from(options.partitions) {
            let wanted = options.partitions;
            return Err(OpenError::Partitions { name, place, partitions, wanted });
        }
        let mut joined = Self {
            key: FingerprintKey::from_bits(number(take("key")).ok_or_else(foreign)?),
            crawl: number(take("crawl")).ok_or_else(foreign)?,
            digest: number(take("digest")).ok_or_else(foreign)?,
            settings: take("settings").ok_or_else(foreign)?,
            seeds: Vec::new(),
            sinks: Vec::new(),
            stats: None,
        };
        let mut call = Call::new(Script::Kept, format!("{{{name}}}"));
        call.push(options.worker.as_str());
        let session = joined.read(link.call(&call).await.map_err(failed)?).ok_or_else(foreign)?;
        Ok((joined, session))
    }

    /// Reads how many partitions a crawl has that must be there.
    pub(crate) async fn partitions(
        address: &str,
        options: &RedisOptions,
    ) -> Result<u16, OpenError> {
        let link = Link::open(address, options).await?;
        let (name, place) = (options.name.clone(), link.place().to_owned());
        let call = Call::new(Script::Label, format!("{{{name}}}"));
        let rows = match link.call(&call).await {
            Ok(reply) => pairs(reply),
            Err(error) => {
                return Err(OpenError::Server { name, place, message: error.to_string() });
            }
        };
        let Some(rows) = rows else { return Err(OpenError::Foreign { name, place }) };
        if rows.is_empty() {
            return Err(OpenError::Absent { name, place });
        }
        let partitions = rows.iter().find(|(field, _)| field == "partitions");
        let number = partitions.and_then(|(_, text)| str::from_utf8(text).ok()?.parse().ok());
        number.ok_or(OpenError::Foreign { name, place })
    }

    /// Reads what the crawl and the worker kept, and the number that is new.
    fn read(&mut self, reply: Reply) -> Option<u64> {
        let [stats, seeds, sinks, session] = reply.list()?.try_into().ok()?;
        let stats = stats.bytes()?;
        self.stats = (!stats.is_empty()).then(|| stats.into());
        for seed in seeds.list()? {
            self.seeds.push(seed.text()?.into());
        }
        for (sink, position) in pairs(sinks)? {
            let name = sink.into();
            self.sinks.push(SinkPosition { name, position: position.into() });
        }
        self.sinks.sort_by(|one, other| one.name.cmp(&other.name));
        session.number()
    }
}

/// Reads the fields of a hash.
fn pairs(reply: Reply) -> Option<Vec<(String, Vec<u8>)>> {
    let mut rows = Vec::new();
    let mut values = reply.list()?.into_iter();
    while let Some(field) = values.next() {
        rows.push((field.text()?, values.next()?.bytes()?));
    }
    Some(rows)
}
