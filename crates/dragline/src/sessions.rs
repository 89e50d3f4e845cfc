//! Sessions of a crawl: which cookies go with which request. Owned by the engine, which hands a jar to each
//! worker.

use std::collections::HashMap;

use dragline_fetch::{Cookies, Jar};

/// The most sessions that are remembered at once.
const MAX_SESSIONS: usize = 1_000;

/// The jars of a crawl: one for requests without a session, if cookies are kept, and one for each session.
#[derive(Debug)]
pub(crate) struct Sessions {
    common: Option<Jar>,
    named: HashMap<Box<str>, Used>,
    /// Counts requests, so that the session unused for the longest is known.
    tick: u64,
}

#[derive(Debug)]
struct Used {
    jar: Jar,
    at: u64,
}

impl Sessions {
    pub(crate) fn new(cookies: Cookies) -> Self {
        let common = (cookies == Cookies::Keep).then(Jar::new);
        Self { common, named: HashMap::new(), tick: 0 }
    }

    /// Returns the jar of a session, of which the oldest unused one goes when there are too many.
    pub(crate) fn jar(&mut self, session: Option<&str>) -> Option<Jar> {
        let Some(session) = session else { return self.common.clone() };
        self.tick += 1;
        if let Some(used) = self.named.get_mut(session) {
            used.at = self.tick;
            return Some(used.jar.clone());
        }
        if self.named.len() >= MAX_SESSIONS {
            let oldest = self.named.iter().min_by_key(|(_, used)| used.at);
            if let Some(oldest) = oldest.map(|(name, _)| name.clone()) {
                self.named.remove(&oldest);
            }
        }
        let jar = Jar::new();
        self.named.insert(session.into(), Used { jar: jar.clone(), at: self.tick });
        Some(jar)
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use url::Url;

    use super::*;

    #[test]
    fn the_session_unused_for_the_longest_goes_first() {
        let url = Url::parse("http://a.example/").unwrap();
        let mut sessions = Sessions::new(Cookies::Ignore);
        for name in ["first", "second"] {
            let jar = sessions.jar(Some(name)).unwrap();
            jar.store(&url, "id=1", SystemTime::UNIX_EPOCH);
        }
        sessions.jar(Some("first"));
        for number in 2..=MAX_SESSIONS {
            sessions.jar(Some(&number.to_string()));
        }
        assert_eq!(sessions.named.len(), MAX_SESSIONS);
        assert_eq!(sessions.jar(Some("first")).unwrap().count(), 1);
        assert_eq!(sessions.jar(Some("second")).unwrap().count(), 0);
    }

    #[test]
    fn without_a_session_cookies_are_kept_only_if_they_are_wanted() {
        assert!(Sessions::new(Cookies::Ignore).jar(None).is_none());
        assert!(Sessions::new(Cookies::Keep).jar(None).is_some());
    }
}
