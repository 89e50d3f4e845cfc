//! From a shared frontier to one on a disk and back: what is known, what waits, what is kept of hosts, and seeds.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use dragline_frontier::{
    Claim, Completion, Counts, Directory, DiskOptions, DiskStore, Durability, End, Fingerprint,
    Found, HostId, HostKey, HostNote, More, Pending, Progress, Store, StoreError,
};
use twox_hash::XxHash3_64;

use crate::address::Address;
use crate::error::OpenError;
use crate::link::Call;
use crate::operator::Operator;
use crate::options::RedisOptions;
use crate::orders::Run;
use crate::reply::Reply;
use crate::script::Script;
use crate::store::RedisStore;

/// Hosts whose URLs are read at once, and URLs of each of their bands.
const HOSTS: usize = 64;
const URLS: usize = 128;
/// URLs that are written at once.
const BATCH: usize = 4096;
/// What a partition's stand-in is called, for URLs of which only the fingerprint is known.
const STAND_IN: &str = "http://elsewhere-";

/// Why a frontier could not be taken from one place to the other.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferError {
    /// The shared frontier cannot be opened or begun.
    #[error(transparent)]
    Shared(#[from] OpenError),
    /// The state directory cannot be opened or begun.
    #[error(transparent)]
    State(#[from] dragline_frontier::OpenError),
    /// One of both failed on the way.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is to be filled holds something.
    #[error("{place} holds a crawl already; choose another name")]
    Taken {
        /// Which of both.
        place: String,
    },
    /// There is nothing to be taken.
    #[error("{place} holds no crawl; see that its name is right")]
    Nothing {
        /// The directory.
        place: String,
    },
    /// Workers are at it.
    #[error(
        "workers hold {hosts} hosts of {name}; pause it, and wait until they have given them back"
    )]
    Busy {
        /// The crawl.
        name: String,
        /// How many.
        hosts: u64,
    },
    /// The state came from a frontier with other partitions.
    #[error("the state was exported with {partitions} partitions, and this has {wanted}")]
    Partitions {
        /// How many it had.
        partitions: u16,
        /// How many there are here.
        wanted: u16,
    },
    /// What was found is not what was counted.
    #[error(
        "{known} URLs are known and {counted} were counted; something changed meanwhile, so do it again"
    )]
    Sums {
        /// Found.
        known: u64,
        /// Counted.
        counted: u64,
    },
}

impl Operator {
    /// Writes the frontier into a state directory that is new or empty, and returns what is there. Nobody may work on
    /// it meanwhile. What it holds of finished URLs is their number and that they are known, so that is what the state
    /// knows, too. Limits and blocks of hosts, and positions of outputs, stay behind.
    ///
    /// Costs what a state costs in memory: 12 to 15 bytes for each URL.
    ///
    /// # Errors
    /// When workers hold hosts, the directory holds something, or either side fails; the directory is of no use then.
    pub async fn export(&mut self, path: &Path) -> Result<Counts, TransferError> {
        let status = self.store.status().await?;
        if status.held > status.expired {
            let hosts = status.held - status.expired;
            return Err(TransferError::Busy { name: self.name.clone(), hosts });
        }
        let joined = &self.joined;
        let options = DiskOptions {
            // One that is broken off is done again.
            durability: Durability::Relaxed,
            crawl: joined.crawl,
            key: joined.key,
            settings: joined.settings.clone(),
            digest: joined.digest,
            ..DiskOptions::default()
        };
        let place = path.display().to_string();
        if DiskStore::exists(path)? {
            return Err(TransferError::Taken { place });
        }
        let directory = self.store.directory.clone();
        let (mut disk, _) = DiskStore::open(path, &options, directory)?;
        for partition in 0..self.store.partitions {
            for set in ["free", "held"] {
                self.export_waiting(partition, set, &mut disk).await?;
            }
        }
        let mut left = status.counts;
        for partition in 0..self.store.partitions {
            self.export_ended(partition, &mut left, &mut disk).await?;
        }
        let seeds = self.joined.seeds.clone();
        disk.complete(Completion { seeds, ..Completion::default() }).await?;
        disk.flush().await?;
        let counts = disk.counts();
        if counts != status.counts {
            let (known, counted) = (counts.discovered, status.counts.discovered);
            return Err(TransferError::Sums { known, counted });
        }
        Ok(counts)
    }

    async fn export_waiting(
        &mut self,
        partition: u16,
        set: &str,
        disk: &mut DiskStore,
    ) -> Result<(), TransferError> {
        let mut passed = 0;
        loop {
            let mut call = self.store.call_to(Script::Hosts, partition);
            call.push(set);
            call.number(passed);
            call.number(HOSTS);
            let names = self.store.call(call).await?.list().and_then(|names| {
                names.into_iter().map(Reply::text).collect::<Option<VecDeque<String>>>()
            });
            let names = names.ok_or_else(|| self.store.damaged(Script::Hosts))?;
            if names.is_empty() {
                return Ok(());
            }
            passed += names.len();
            let mut hosts: VecDeque<(HostKey, [u64; 4])> =
                names.iter().map(|name| (HostKey::from_text(name), [0; 4])).collect();
            while !hosts.is_empty() {
                let mut call = self.store.call_to(Script::Waiting, partition);
                call.number(URLS);
                for (name, read) in &hosts {
                    call.push(name.as_str());
                    read.iter().for_each(|position| call.number(position));
                }
                let reply = self.store.call(call).await?;
                let read = read_waiting(reply, &mut hosts, &self.store.directory);
                let Some((found, notes)) = read else {
                    return Err(self.store.damaged(Script::Waiting).into());
                };
                disk.complete(Completion { found, hosts: notes, ..Completion::default() }).await?;
            }
        }
    }

    async fn export_ended(
        &mut self,
        partition: u16,
        left: &mut Counts,
        disk: &mut DiskStore,
    ) -> Result<(), TransferError> {
        let stand_in = stand_in(partition, self.store.partitions);
        let host = self.store.directory.id(&stand_in);
        let (mut bucket, mut buckets) = (0, 1);
        while bucket < buckets {
            let mut call = self.store.call_to(Script::Known, partition);
            call.number(bucket);
            let reply = self.store.call(call).await?;
            let Some((number, prints)) = read_known(reply) else {
                return Err(self.store.damaged(Script::Known).into());
            };
            (bucket, buckets) = (bucket + 1, number);
            let mut batch = Vec::new();
            for url in prints.into_iter().filter(|url| !disk.knows(*url)) {
                // Which ones ended how is not known, only how many did.
                let (count, end) = match *left {
                    Counts { done: 1.., .. } => (&mut left.done, End::Done),
                    Counts { failed: 1.., .. } => (&mut left.failed, End::Failed),
                    _ => (&mut left.skipped, End::Skipped),
                };
                *count = count.saturating_sub(1);
                batch.push((host, url, end));
            }
            disk.add_ended(batch).await?;
        }
        Ok(())
    }

    /// Begins a crawl with what is in a state directory, which is not changed. It is paused: once workers may begin, it
    /// is to be [ordered](Self::order) to go. Positions of outputs and counters of runs stay behind, since its
    /// workers have outputs of their own.
    ///
    /// Costs what a state costs in memory, and some 100 bytes for each URL that waits.
    ///
    /// # Errors
    /// When there is a crawl of this name, the directory holds none, or either side fails. Then the name holds a part
    /// that is stopped and of no use.
    pub async fn import(address: &Address, path: &Path) -> Result<(Self, Counts), TransferError> {
        match Self::open(address).await {
            Err(OpenError::Absent { .. }) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => return Err(TransferError::Taken { place: address.to_string() }),
        }
        if !DiskStore::exists(path)? {
            return Err(TransferError::Nothing { place: path.display().to_string() });
        }
        let directory = Arc::new(Directory::default());
        let (mut disk, found) = DiskStore::open(path, &DiskOptions::default(), directory.clone())?;
        if found.progress == Progress::Fresh {
            return Err(TransferError::Nothing { place: path.display().to_string() });
        }
        let Found { crawl, key, settings, digest, seeds, hosts, counts, .. } = found;
        let options = RedisOptions { crawl, key, settings, digest, ..Self::options(address) };
        RedisStore::open(address.url(), &options, Arc::new(Directory::default())).await?;
        let mut operator = Self::with(address, &options, directory).await?;
        operator.order(Run::Stop).await?;
        operator.import_ended(&mut disk).await?;
        let store = &mut operator.store;
        for notes in hosts.chunks(BATCH) {
            let hosts = notes.to_vec();
            store.complete(Completion { hosts, ..Completion::default() }).await?;
        }
        let mut refill = Vec::new();
        loop {
            let claim = Claim { hosts: HOSTS - refill.len(), refill, chunk: URLS };
            let leases = disk.claim(claim).await?;
            if leases.is_empty() {
                break;
            }
            let more = leases.iter().filter(|lease| lease.more == More::Queued);
            refill = more.map(|lease| lease.host).collect();
            store.offer(leases.into_iter().flat_map(|lease| lease.urls).collect()).await?;
        }
        store.complete(Completion { seeds, ..Completion::default() }).await?;
        let there = store.status().await?.counts;
        if there != counts {
            let (known, counted) = (there.discovered, counts.discovered);
            return Err(TransferError::Sums { known, counted });
        }
        operator.order(Run::Pause).await?;
        Ok((operator, counts))
    }

    async fn import_ended(&mut self, disk: &mut DiskStore) -> Result<(), TransferError> {
        let mut after = None;
        loop {
            let ended = disk.ended(after, BATCH).await?;
            let Some(last) = ended.last() else { return Ok(()) };
            after = Some(last.pending.fingerprint());
            let mut parts: Vec<Vec<(Fingerprint, End)>> = Vec::new();
            parts.resize_with(self.store.partitions.into(), Vec::new);
            for url in ended {
                let name = self.store.host_name(url.pending.host())?;
                let wanted = self.store.partitions;
                if let Some(partitions) = stood_in(&name)
                    && partitions != wanted
                {
                    return Err(TransferError::Partitions { partitions, wanted });
                }
                let partition = self.store.partition(&name);
                parts[usize::from(partition)].push((url.pending.fingerprint(), url.ending.end));
            }
            let mut calls: Vec<Call> = Vec::new();
            for (partition, urls) in (0..).zip(&parts) {
                if urls.is_empty() {
                    continue;
                }
                let mut call = self.store.call_to(Script::Ended, partition);
                for end in [End::Done, End::Failed, End::Skipped] {
                    call.number(urls.iter().filter(|(_, how)| *how == end).count());
                }
                urls.iter().for_each(|(url, _)| call.number(url.bits().cast_signed()));
                calls.push(call);
            }
            self.store.call_all(&calls).await?;
        }
    }
}

/// Reads URLs that wait, and what is kept of their hosts; hosts that are read to their end are dropped.
fn read_waiting(
    reply: Reply,
    hosts: &mut VecDeque<(HostKey, [u64; 4])>,
    directory: &Directory,
) -> Option<(Vec<Pending>, Vec<HostNote>)> {
    let (mut found, mut notes) = (Vec::new(), Vec::new());
    for row in reply.list()? {
        let (name, before) = hosts.pop_front()?;
        let host: HostId = directory.id(&name);
        let mut row = row.list()?.into_iter();
        let note = row.next()?.bytes()?;
        if !note.is_empty() && before == [0; 4] {
            notes.push(HostNote { host, note: note.into() });
        }
        let more = row.next()?.text()?;
        let mut read = [0; 4];
        for position in &mut read {
            *position = row.next()?.number()?;
        }
        let mut urls = row.next()?.list()?.into_iter();
        while let Some(band) = urls.next() {
            let band = u8::try_from(band.number()?).ok()?;
            found.push(Pending::from_parcel(host, &name, band, &urls.next()?.bytes()?)?);
        }
        if more == "1" {
            hosts.push_back((name, read));
        }
    }
    Some((found, notes))
}

/// Reads how many buckets there are, and what is in one.
fn read_known(reply: Reply) -> Option<(u64, Vec<Fingerprint>)> {
    let [buckets, prints] = reply.list()?.try_into().ok()?;
    let print = |print: Reply| {
        let bits: i64 = print.text()?.parse().ok()?;
        Some(Fingerprint::from_bits(bits.cast_unsigned()))
    };
    let prints: Option<Vec<_>> = prints.list()?.into_iter().map(print).collect();
    Some((buckets.number()?, prints?))
}

/// Returns a host of a partition that is none of the web.
fn stand_in(partition: u16, partitions: u16) -> HostKey {
    let name = |number: u32| format!("{STAND_IN}{partitions}-{number}.invalid:80");
    let is_its = |name: &String| {
        XxHash3_64::oneshot(name.as_bytes()) % u64::from(partitions) == u64::from(partition)
    };
    let name = (0..).map(name).find(is_its).expect("each partition has some of all names");
    HostKey::from_text(&name)
}

/// Tells of how many partitions a host stands for one.
fn stood_in(host: &HostKey) -> Option<u16> {
    host.as_str().strip_prefix(STAND_IN)?.split('-').next()?.parse().ok()
}
