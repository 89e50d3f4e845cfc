//! Queues all finished URLs again, in bounded steps that survive being interrupted.

use crate::canonical::Fingerprint;
use crate::completed::Completed;
use crate::disk::changes::Changes;
use crate::disk::open::Resume;
use crate::disk::queue::put_runs;
use crate::disk::record::{Ledger, read_finished, read_round};
use crate::disk::tables::{Note, Table, Tables};
use crate::disk::writer::{Failure, SeenTail};

/// Finished URLs that are queued again with one commit.
const STEP: usize = 4096;

/// Begins a refresh if that is wanted, and ends one that was begun.
pub(super) fn refresh(
    tables: &Tables,
    resume: Resume,
    ledger: &mut Ledger,
    commit: &mut u64,
    tail: &mut SeenTail,
) -> Result<(), Failure> {
    let key = Note::Refresh.key();
    let begun = tables.get(Table::Notes, &key)?.map(|row| row.to_vec());
    let mut changes = Changes::default();
    let mut last = match (begun, resume) {
        (Some(last), _) => last,
        (None, Resume::Refresh) => {
            ledger.round += 1;
            // The output begins anew.
            for row in tables.rows(Table::Notes, &Note::Sink("").key(), b"p") {
                changes.remove(Table::Notes, &row?.0);
            }
            Vec::new()
        }
        (None, Resume::Continue) => return Ok(()),
    };
    loop {
        let step = next_step(tables, &last, ledger.round)?;
        match step.last {
            Some(to) => {
                changes.note(key.clone(), to.clone());
                last = to;
            }
            None => changes.remove(Table::Notes, &key),
        }
        let mut urls = Vec::new();
        for Completed { pending, ending, .. } in step.again {
            ledger.reopened(ending.end);
            urls.push(pending);
        }
        put_runs(&mut changes, &mut urls, ledger);
        let row = postcard::to_stdvec(ledger)?;
        changes.note(Note::Ledger.key(), row);
        *commit += 1;
        tail.write(*commit, &mut changes);
        tables.apply(&changes)?;
        tables.sync()?;
        if step.is_last {
            return Ok(());
        }
        changes = Changes::default();
    }
}

/// A part of the finished URLs.
struct Step {
    again: Vec<Completed>,
    /// The last key that was looked at.
    last: Option<Vec<u8>>,
    is_last: bool,
}

/// Reads the finished URLs behind a key, leaving out those that ended in this round.
fn next_step(tables: &Tables, after: &[u8], round: u32) -> Result<Step, Failure> {
    let mut step = Step { again: Vec::new(), last: None, is_last: true };
    let from = if after.is_empty() { Vec::new() } else { [after, &[0]].concat() };
    for row in tables.rows(Table::Finished, &from, &[u8::MAX; 9]) {
        let (key, value) = row?;
        if step.again.len() == STEP {
            step.is_last = false;
            return Ok(step);
        }
        let bits = key.as_ref().try_into();
        let bits = bits.map_err(|_| Failure::Layout("a fingerprint is not 8 bytes long"))?;
        step.last = Some(key.to_vec());
        if read_round(&value)? < round {
            let url = read_finished(Fingerprint::from_bits(u64::from_be_bytes(bits)), &value)?;
            // Of what ended elsewhere nothing is known that could be asked for.
            if !url.pending.url.is_empty() {
                step.again.push(url);
            }
        }
    }
    step.last = None;
    Ok(step)
}
