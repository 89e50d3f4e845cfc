//! How a fleet is: its workers, hosts and URLs, as somebody who operates it wants to see them.

use std::collections::HashMap;
use std::time::Duration;

use dragline_frontier::{HostKey, HostLimit, StoreError};

use crate::fleet::Status;
use crate::operator::Operator;
use crate::orders::{Run, limits};
use crate::reply::Reply;
use crate::script::Script;

/// Hosts of a partition that are looked at, of those that are held, and as many of the others.
const LOOKED_AT: u32 = 1000;
/// Hosts that are named.
const NAMED: usize = 10;

/// How a fleet is. Each partition is asked, so the sums are of no single moment while workers work.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Survey {
    /// What all workers are to do.
    pub run: Run,
    /// URLs and hosts in all.
    pub status: Status,
    /// URLs that wait at hosts that workers hold, of those that were looked at.
    pub waiting_held: u64,
    /// URLs that wait at other hosts, of those that were looked at.
    pub waiting_free: u64,
    /// Hosts that were looked at: all, unless a partition has over 1,000 that are held, or that are not. If all were,
    /// and nobody works, both kinds of waiting URLs are what waits in all.
    pub looked_at: u64,
    /// Workers, by name.
    pub workers: Vec<Crew>,
    /// Those ten hosts of the ones looked at that have most URLs waiting, most first.
    pub longest: Vec<HostRow>,
    /// Hosts whose lease is over and that nobody took yet, for longest first; ten at most.
    pub stuck: Vec<HostRow>,
    /// Hosts that were limited.
    pub limits: Vec<(HostKey, HostLimit)>,
    /// Seeds whose scope is the crawl's.
    pub seeds: u64,
}

/// A worker of a fleet.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Crew {
    /// Its name.
    pub name: String,
    /// How long ago it joined; since its last start, that is.
    pub joined: Duration,
    /// How long ago it was last seen.
    pub seen: Duration,
    /// Hosts that it holds, those included that it held before it was started again.
    pub hosts: u64,
    /// URLs that it ended since it joined.
    pub ended: u64,
    /// URLs that it ended a second, over its last 20 to 45 seconds or so; 0 in its first second, and once it was not
    /// seen for a minute.
    pub rate: f64,
}

/// A host of a fleet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HostRow {
    /// The host.
    pub host: HostKey,
    /// URLs that wait there, those in flight included.
    pub waiting: u64,
    /// The worker that holds it, with the number of its session; `None` for none.
    pub held_by: Option<String>,
    /// How long until its lease ends or it may be asked; nothing once that is over.
    pub left: Duration,
    /// How long that is over.
    pub over: Duration,
}

/// A worker that was not seen for this long does nothing that counts.
const GONE: Duration = Duration::from_secs(60);

impl Operator {
    /// Looks at all partitions. Each is held up for some milliseconds, if it has thousands of hosts.
    ///
    /// # Errors
    /// When the server fails.
    pub async fn survey(&mut self) -> Result<Survey, StoreError> {
        let store = &mut self.store;
        let mut calls = Vec::new();
        for partition in 0..store.partitions {
            let mut call = store.call_to(Script::Survey, partition);
            call.number(LOOKED_AT);
            call.number(NAMED);
            calls.push(call);
        }
        let mut survey = Survey::default();
        let mut sessions = HashMap::new();
        for reply in store.call_all(&calls).await? {
            if survey.add(reply, &mut sessions).is_none() {
                return Err(store.damaged(Script::Survey));
            }
        }
        let counts = &mut survey.status.counts;
        let ended = counts.done + counts.failed + counts.skipped;
        counts.waiting = counts.discovered.saturating_sub(ended);
        survey.longest.sort_by(|one, other| {
            (other.waiting, one.host.as_str()).cmp(&(one.waiting, other.host.as_str()))
        });
        survey.longest.truncate(NAMED);
        survey.stuck.sort_by_key(|row| std::cmp::Reverse(row.over));
        survey.stuck.truncate(NAMED);

        let reply = store.call(store.call_of_fleet(Script::Crew)).await?;
        match survey.crew(reply, &sessions) {
            Some(()) => Ok(survey),
            None => Err(store.damaged(Script::Crew)),
        }
    }
}

impl Survey {
    /// Adds what a partition answered.
    fn add(&mut self, reply: Reply, sessions: &mut HashMap<String, u64>) -> Option<()> {
        let [numbers, holders, longest, stuck] = reply.list()?.try_into().ok()?;
        let numbers: Option<Vec<u64>> = numbers.list()?.into_iter().map(Reply::number).collect();
        let numbers: [u64; 11] = numbers?.try_into().ok()?;
        let Status { counts, free, due, held, expired } = &mut self.status;
        let sums = [
            &mut counts.discovered,
            &mut counts.done,
            &mut counts.failed,
            &mut counts.skipped,
            free,
            due,
            held,
            expired,
            &mut self.waiting_held,
            &mut self.waiting_free,
            &mut self.looked_at,
        ];
        for (sum, number) in sums.into_iter().zip(numbers) {
            *sum += number;
        }
        let mut holders = holders.list()?.into_iter();
        while let Some(session) = holders.next() {
            *sessions.entry(session.text()?).or_default() += holders.next()?.number()?;
        }
        for (rows, own) in [(longest, &mut self.longest), (stuck, &mut self.stuck)] {
            for row in rows.list()? {
                own.push(HostRow::read(row)?);
            }
        }
        Some(())
    }

    /// Adds what is kept of the crawl as a whole.
    fn crew(&mut self, reply: Reply, sessions: &HashMap<String, u64>) -> Option<()> {
        let [run, now, workers, rows, seeds] = reply.list()?.try_into().ok()?;
        self.run = Run::of(&run.text()?);
        let now = now.number()?;
        let mut workers = workers.list()?.into_iter();
        while let Some(name) = workers.next() {
            let name = name.text()?;
            let row = workers.next()?.text()?;
            let mut fields = row.split(' ').skip(1).map(|field| field.parse::<u64>().ok());
            let mut field = || fields.next().flatten();
            let [since, seen, ended, then_seen, then_ended] =
                [field()?, field()?, field()?, field()?, field()?];
            let ago = |at: u64| Duration::from_millis(now.saturating_sub(at));
            let passed = seen.saturating_sub(then_seen) as f64 / 1e3;
            let rate = ended.saturating_sub(then_ended) as f64 / passed;
            let rate = if passed >= 1.0 && ago(seen) < GONE { rate } else { 0.0 };
            // A session is the worker's name and a number.
            let own = |session: &&String| {
                session.rsplit_once('-').is_some_and(|(worker, _)| worker == name)
            };
            let hosts = sessions.keys().filter(own).map(|session| sessions[session]).sum();
            let (joined, seen) = (ago(since), ago(seen));
            self.workers.push(Crew { name, joined, seen, hosts, ended, rate });
        }
        self.workers.sort_by(|one, other| one.name.cmp(&other.name));
        self.limits = limits(rows)?;
        self.seeds = seeds.number()?;
        Some(())
    }
}

impl HostRow {
    fn read(row: Reply) -> Option<Self> {
        let [host, waiting, session, left] = row.list()?.try_into().ok()?;
        let left: i64 = left.text()?.parse().ok()?;
        let session = session.text()?;
        Some(Self {
            host: HostKey::from_text(&host.text()?),
            waiting: waiting.number()?,
            held_by: (!session.is_empty()).then_some(session),
            left: Duration::from_millis(left.max(0).unsigned_abs()),
            over: Duration::from_millis(left.min(0).unsigned_abs()),
        })
    }
}
