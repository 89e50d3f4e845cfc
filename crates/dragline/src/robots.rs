//! Fetching robots.txt, one hop at a time, each under the politeness of the host it goes to.

use std::sync::Arc;

use dragline_fetch::Request;
use dragline_frontier::{HostFault, Robots, RobotsAnswer, RobotsFetch, RobotsOutcome};
use http::Method;
use url::Url;

use crate::judge::{self, Verdict, Wait};
use crate::spider::Spider;
use crate::worker::{Shared, chain};

/// Most redirects of a robots.txt that are followed; one more and it counts as absent (RFC 9309 section
/// 2.3.1.2).
const MAX_REDIRECTS: u8 = 5;

/// What came of one hop.
pub(crate) struct RobotsReport {
    pub(crate) fetch: RobotsFetch,
    pub(crate) wait: Wait,
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
        return RobotsReport { fetch, wait: Wait::default(), outcome };
    };
    let answer = shared.fetcher.fetch(Request::new(Method::GET, url)).await;
    let now = shared.clock.wall();
    let wait = answer.as_ref().map(|response| judge::wait(response, now)).unwrap_or_default();
    let tries = shared.retries.saturating_sub(fetch.attempt);
    let outcome = match judge::judge(answer, tries) {
        Verdict::Again => Hop::Again,
        Verdict::Redirect(_, target) if fetch.redirects < MAX_REDIRECTS => Hop::Redirect(target),
        Verdict::Redirect(..) => Hop::Read(RobotsOutcome::Rules(Robots::allow_all())),
        Verdict::Page(response) | Verdict::Answer(response) => {
            let status = response.status().as_u16();
            Hop::Read(match RobotsAnswer::from_status(status) {
                RobotsAnswer::Parse => {
                    RobotsOutcome::Rules(Robots::parse(response.body(), &shared.agent))
                }
                RobotsAnswer::AllowAll => RobotsOutcome::Rules(Robots::allow_all()),
                RobotsAnswer::DisallowAll => RobotsOutcome::Unavailable(Arc::from(format!(
                    "{} answered {status}, which allows nothing (RFC 9309 section 2.3.1.4)",
                    fetch.url
                ))),
            })
        }
        Verdict::Failed(error) => {
            let message = format!("robots.txt could not be read: {}", chain(&error));
            Hop::Read(RobotsOutcome::Unreachable(Arc::new(HostFault {
                code: error.code(),
                message,
            })))
        }
    };
    RobotsReport { fetch, wait, outcome }
}
