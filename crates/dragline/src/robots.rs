//! Fetching robots.txt, one hop at a time, each under the politeness of the host it goes to.

use std::sync::Arc;

use bytes::Bytes;
use dragline_fetch::{Error, Oversize, Request, Response};
use dragline_frontier::{Exchange, HostFault, Robots, RobotsAnswer, RobotsFetch, RobotsOutcome};
use http::Method;
use url::Url;

use crate::archive::{About, Recording};
use crate::judge::{self, Verdict};
use crate::spider::Spider;
use crate::times::PageTimes;
use crate::worker::{Shared, chain};

/// Most redirects of a robots.txt that are followed; one more and it counts as absent (RFC 9309 section
/// 2.3.1.2).
const MAX_REDIRECTS: u8 = 5;
/// What is read of a robots.txt in bytes (RFC 9309 section 2.5).
const READ: usize = 500 * 1024;
/// Where the body is cut: behind what is read, since a coded body may be cut a little early.
const MAX_BODY: u64 = 576 * 1024;

/// What came of one hop.
pub(crate) struct RobotsReport {
    pub(crate) fetch: RobotsFetch,
    /// What the host showed of itself.
    pub(crate) exchange: Exchange,
    pub(crate) recording: Option<Box<Recording>>,
    pub(crate) times: PageTimes,
    pub(crate) outcome: Hop,
}

pub(crate) enum Hop {
    Again,
    Redirect(Url),
    Read(RobotsOutcome),
}

/// Fetches a robots.txt.
pub(crate) async fn carry<S: Spider>(shared: Arc<Shared<S>>, fetch: RobotsFetch) -> RobotsReport {
    let Ok(url) = Url::parse(&fetch.url) else {
        // A host name that makes no URL never got here; still, no rule can be read from it.
        let outcome = Hop::Read(RobotsOutcome::Rules(Robots::allow_all()));
        let (exchange, times) = Default::default();
        return RobotsReport { fetch, exchange, recording: None, times, outcome };
    };
    let started = shared.clock.elapsed();
    let mut request = Request::new(Method::GET, url);
    request.max_body = Some(MAX_BODY);
    request.oversize = Oversize::Cut;
    request.room.clone_from(&shared.room);
    let wanted = shared.recorder.as_ref().map(|recorder| (recorder, recorder.want(&request)));
    let answer = shared.fetcher.fetch(request).await;
    let elapsed = shared.clock.elapsed() - started;
    let now = shared.clock.wall();
    let exchange = judge::exchange(&answer, elapsed, now);
    let recording = match (wanted, &answer) {
        (Some((recorder, wanted)), Ok(response)) => {
            let about = About { sent: now - elapsed, elapsed, depth: 0, via: None };
            recorder.record(wanted, response, about).await
        }
        _ => None,
    };
    let times = judge::times(&answer);
    let tries = shared.retries.saturating_sub(fetch.attempt);
    let outcome = match answer {
        Ok(response) if has_enough(&response) => read(&response, &shared.agent),
        answer => hop(answer, tries, &fetch, &shared.agent),
    };
    RobotsReport { fetch, exchange, recording, times, outcome }
}

/// Tells whether a body was cut at our own limit: as much as is ever read of it is there.
fn has_enough(response: &Response<Bytes>) -> bool {
    response.truncated() && response.status().is_success() && response.body().len() >= READ
}

fn read(response: &Response<Bytes>, agent: &str) -> Hop {
    Hop::Read(RobotsOutcome::Rules(Robots::parse(response.body(), agent)))
}

/// Judges the answer to one hop.
fn hop(answer: Result<Response<Bytes>, Error>, tries: u8, fetch: &RobotsFetch, agent: &str) -> Hop {
    match judge::judge(answer, tries, &Method::GET) {
        Verdict::Again => Hop::Again,
        Verdict::Redirect(_, target) if fetch.redirects < MAX_REDIRECTS => Hop::Redirect(target),
        Verdict::Redirect(..) => Hop::Read(RobotsOutcome::Rules(Robots::allow_all())),
        Verdict::Page(response) | Verdict::Answer(response) => {
            let status = response.status().as_u16();
            match RobotsAnswer::from_status(status) {
                // Half of the rules are no rules to go by.
                RobotsAnswer::Parse if response.truncated() => {
                    let message = "robots.txt could not be read: the body ended too early";
                    unreachable("truncated", message.to_owned())
                }
                RobotsAnswer::Parse => read(&response, agent),
                RobotsAnswer::AllowAll => Hop::Read(RobotsOutcome::Rules(Robots::allow_all())),
                RobotsAnswer::DisallowAll => {
                    let why = format!(
                        "{} answered {status}, which allows nothing (RFC 9309 section 2.3.1.4)",
                        fetch.url
                    );
                    Hop::Read(RobotsOutcome::Unavailable(Arc::from(why)))
                }
            }
        }
        Verdict::Failed(error) => {
            let message = format!("robots.txt could not be read: {}", chain(&error));
            unreachable(error.code(), message)
        }
    }
}

fn unreachable(code: &'static str, message: String) -> Hop {
    Hop::Read(RobotsOutcome::Unreachable(Arc::new(HostFault { code, message })))
}
