//! Looks up how single URLs ended. Runs on the thread that owns the tables.

use crate::canonical::Fingerprint;
use crate::directory::HostId;
use crate::disk::UrlState;
use crate::disk::record::{read_finished, read_round, read_run};
use crate::disk::tables::{RunKey, Table, Tables};
use crate::disk::writer::Failure;
use crate::pending::{BANDS, Pending};
use crate::store::Revisits;

/// Tells what became of a URL that is known.
pub(super) fn state(
    tables: &Tables,
    fingerprint: Fingerprint,
    round: u32,
) -> Result<UrlState, Failure> {
    let row = tables.get(Table::Finished, &fingerprint.bits().to_be_bytes())?;
    let Some(row) = row else { return Ok(UrlState::Waiting { before: None }) };
    let completed = Box::new(read_finished(fingerprint, &row)?);
    Ok(if read_round(&row)? < round && !completed.pending.url.is_empty() {
        UrlState::Waiting { before: Some(completed) }
    } else {
        UrlState::Finished(completed)
    })
}

/// Reads what was kept of URLs that ended before this round.
pub(super) fn revisits(
    tables: &Tables,
    urls: &[Fingerprint],
    round: u32,
) -> Result<Revisits, Failure> {
    let mut revisits = Revisits::new();
    for url in urls {
        let Some(row) = tables.get(Table::Finished, &url.bits().to_be_bytes())? else { continue };
        if read_round(&row)? < round
            && let Some(revisit) = read_finished(*url, &row)?.revisit
        {
            revisits.push((*url, revisit));
        }
    }
    Ok(revisits)
}

/// Finds a URL in the queue of its host, which is read up to there.
pub(super) fn queued(
    tables: &Tables,
    host: HostId,
    url: Fingerprint,
) -> Result<Option<Box<Pending>>, Failure> {
    let (from, to) = (RunKey::new(host.0, 0, 0), RunKey::new(host.0, BANDS, 0));
    for row in tables.rows(Table::Queue, &from.bytes(), &to.bytes()) {
        let (key, value) = row?;
        let key =
            RunKey::read(&key).ok_or(Failure::Layout("a key of the queue is not 13 bytes long"))?;
        let (_, urls) = read_run(host, key.band, &value)?;
        if let Some(found) = urls.into_iter().find(|pending| pending.fingerprint == url) {
            return Ok(Some(Box::new(found)));
        }
    }
    Ok(None)
}
