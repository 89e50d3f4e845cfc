//! Looks up how single URLs ended. Runs on the thread that owns the tables.

use crate::canonical::Fingerprint;
use crate::disk::UrlState;
use crate::disk::record::{read_finished, read_round};
use crate::disk::tables::{Table, Tables};
use crate::disk::writer::Failure;
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
    Ok(if read_round(&row)? < round {
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
