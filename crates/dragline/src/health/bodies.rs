//! The bodies of pages in doubt: held in memory for a while, and written to a directory once their route is at fault.

use std::collections::{BTreeSet, VecDeque};
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

use bytes::Bytes;
use serde::Serialize;

use crate::error::{Error, ErrorKind};

/// The longest body that is kept, in bytes: 1 MiB.
pub(crate) const MAX_BODY: usize = 1024 * 1024;
/// Bodies that wait in memory, at most; the oldest go.
const MAX_WAITING: usize = 100;
/// The bytes of those, at most.
const MAX_BYTES: usize = 32 * 1024 * 1024;
/// Bodies that are written after those, at most.
const MAX_LATER: usize = 100;
/// The list of what is kept, a line of JSON each.
const LIST: &str = "suspects.jsonl";

/// Keeps bodies in a directory.
#[derive(Debug)]
pub(crate) struct Bodies {
    directory: PathBuf,
    waiting: VecDeque<Suspect>,
    bytes: usize,
    /// Routes that are at fault.
    faulty: BTreeSet<String>,
    later: usize,
    list: Option<File>,
}

/// A page in doubt.
#[derive(Debug)]
pub(crate) struct Suspect {
    pub(crate) url: String,
    /// What tells its URL from all others.
    pub(crate) fingerprint: u64,
    pub(crate) route: String,
    pub(crate) reason: String,
    pub(crate) body: Bytes,
}

#[derive(Serialize)]
struct Line<'a> {
    url: &'a str,
    route: &'a str,
    reason: &'a str,
    file: &'a str,
}

impl Bodies {
    /// Makes the directory.
    pub(crate) fn new(directory: PathBuf) -> Result<Self, Error> {
        std::fs::create_dir_all(&directory).map_err(|error| {
            let message = format!("health.keep {} cannot be made", directory.display());
            Error::because(ErrorKind::Config, message, error)
        })?;
        Ok(Self {
            directory,
            waiting: VecDeque::new(),
            bytes: 0,
            faulty: BTreeSet::new(),
            later: 0,
            list: None,
        })
    }

    /// Takes a page in doubt: writes it if its route is known to be at fault.
    pub(crate) fn take(&mut self, suspect: Suspect) -> Result<(), Error> {
        if self.faulty.contains(&suspect.route) {
            if self.later < MAX_LATER {
                self.later += 1;
                self.keep(&suspect)?;
            }
            return Ok(());
        }
        self.bytes += suspect.body.len();
        self.waiting.push_back(suspect);
        while self.waiting.len() > MAX_WAITING || self.bytes > MAX_BYTES {
            let Some(oldest) = self.waiting.pop_front() else { break };
            self.bytes -= oldest.body.len();
        }
        Ok(())
    }

    /// Writes what waits of a route that is at fault.
    pub(crate) fn fault(&mut self, route: &str) -> Result<(), Error> {
        self.faulty.insert(route.to_owned());
        let (faulty, waiting): (VecDeque<_>, VecDeque<_>) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|suspect| suspect.route == route);
        self.waiting = waiting;
        for suspect in faulty {
            self.bytes -= suspect.body.len();
            self.keep(&suspect)?;
        }
        Ok(())
    }

    fn keep(&mut self, suspect: &Suspect) -> Result<(), Error> {
        self.write(suspect).map_err(|error| {
            let message =
                format!("a page cannot be kept in health.keep {}", self.directory.display());
            Error::because(ErrorKind::Sink(error.kind()), message, error)
        })
    }

    fn write(&mut self, suspect: &Suspect) -> io::Result<()> {
        let Suspect { url, fingerprint, route, reason, body } = suspect;
        let file = format!("{fingerprint:016x}.body");
        std::fs::write(self.directory.join(&file), body)?;
        let list = match &mut self.list {
            Some(list) => list,
            None => self.list.insert(File::create(self.directory.join(LIST))?),
        };
        let mut line = serde_json::to_vec(&Line { url, route, reason, file: &file })?;
        line.push(b'\n');
        list.write_all(&line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suspect(number: u64, route: &str, long: usize) -> Suspect {
        Suspect {
            url: format!("http://a.example/{number}"),
            fingerprint: number,
            route: route.to_owned(),
            reason: "no price".to_owned(),
            body: vec![b'x'; long].into(),
        }
    }

    #[test]
    fn bodies_are_written_only_of_a_route_at_fault_and_within_bounds() {
        let folder = tempfile::tempdir().unwrap();
        let mut bodies = Bodies::new(folder.path().join("kept")).unwrap();
        let files = || std::fs::read_dir(folder.path().join("kept")).unwrap().count();
        for number in 0..150 {
            bodies.take(suspect(number, if number < 140 { "book" } else { "list" }, 1)).unwrap();
        }
        assert_eq!(files(), 0, "nothing is wrong yet");
        bodies.fault("book").unwrap();
        assert_eq!(files(), 90 + 1, "the last hundred but ten, and the list");
        for number in 200..400 {
            bodies.take(suspect(number, "book", 1)).unwrap();
        }
        assert_eq!(files(), 90 + 1 + MAX_LATER);
        let list = std::fs::read_to_string(folder.path().join("kept").join(LIST)).unwrap();
        assert_eq!(
            list.lines().next().unwrap(),
            r#"{"url":"http://a.example/50","route":"book","reason":"no price","file":"0000000000000032.body"}"#
        );
    }

    #[test]
    fn waiting_bodies_take_bounded_memory() {
        let folder = tempfile::tempdir().unwrap();
        let mut bodies = Bodies::new(folder.path().to_owned()).unwrap();
        for number in 0..50 {
            bodies.take(suspect(number, "book", MAX_BODY)).unwrap();
            assert!(bodies.bytes <= MAX_BYTES);
        }
        assert_eq!(bodies.waiting.len(), MAX_BYTES / MAX_BODY);
    }
}
