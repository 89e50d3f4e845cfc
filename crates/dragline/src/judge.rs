//! Judges an answer: a page, a redirect, something to try again, or a failure. Pure; called by the worker.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use dragline_fetch::{Error, ErrorKind, Phase, Response};
use dragline_frontier::{Exchange, Health, HostFault};
use http::{Method, StatusCode, header};
use url::Url;

use crate::times::PageTimes;
use crate::worker::chain;

/// What an answer means for the crawl.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// The spider may read it.
    Page(Response<Bytes>),
    /// An answer that is no page: an error status that stays, or a redirect that leads nowhere.
    Answer(Response<Bytes>),
    /// It leads elsewhere.
    Redirect(Response<Bytes>, Url),
    /// It may pass: try again.
    Again,
    /// It was not answered.
    Failed(Error),
}

/// Judges the answer to a request of this method, with `tries` left after it.
pub(crate) fn judge(answer: Result<Response<Bytes>, Error>, tries: u8, method: &Method) -> Verdict {
    // What must not be repeated is sent again only when it certainly had no effect (RFC 9110 section 9.2.2).
    let repeatable = method.is_idempotent();
    let response = match answer {
        Ok(response) => response,
        Err(error) if tries > 0 && error.is_transient() && (repeatable || unsent(&error)) => {
            return Verdict::Again;
        }
        Err(error) => return Verdict::Failed(error),
    };
    let status = response.status();
    let again = match repeatable {
        true => may_pass(status) || response.truncated(),
        false => is_busy(status),
    };
    if tries > 0 && again {
        return Verdict::Again;
    }
    if status.is_redirection() {
        return match location(&response) {
            Some(target) => Verdict::Redirect(response, target),
            None => Verdict::Answer(response),
        };
    }
    if status.is_success() { Verdict::Page(response) } else { Verdict::Answer(response) }
}

/// Returns what an answer shows of its host, whether or not there is a further try.
pub(crate) fn exchange(
    answer: &Result<Response<Bytes>, Error>,
    elapsed: Duration,
    now: SystemTime,
) -> Exchange {
    let response = match answer {
        Ok(response) => response,
        Err(error) => {
            let health = match error.kind() {
                ErrorKind::NotArchived => Health::Unsent,
                // The host is there; what it sent is another matter.
                ErrorKind::TooLarge | ErrorKind::Decode | ErrorKind::Status => Health::Answered,
                _ if error.is_host_fault() => {
                    Health::Fault(HostFault { code: error.code(), message: chain(error) })
                }
                _ => Health::Unknown,
            };
            return Exchange { elapsed, health, ..Exchange::default() };
        }
    };
    if response.stored() {
        return Exchange { elapsed, health: Health::Unsent, ..Exchange::default() };
    }
    let health = match response.status() {
        status if is_busy(status) => Health::Busy,
        _ => Health::Answered,
    };
    let retry_after = response
        .headers()
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| retry_after(value, now));
    let remote = Some(response.remote().ip()).filter(|address| !address.is_unspecified());
    Exchange { elapsed, bytes: response.wire_bytes(), remote, retry_after, health }
}

/// Returns where the time of an answer went; nothing was sent for one that was stored.
pub(crate) fn times(answer: &Result<Response<Bytes>, Error>) -> PageTimes {
    PageTimes::of(match answer {
        Ok(response) => response.timings(),
        Err(error) => error.timings(),
    })
}

/// Statuses that another try may change (RFC 9110 sections 15.5.9 and 15.6, RFC 6585 section 4).
fn may_pass(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 425 | 429 | 500 | 502 | 503 | 504)
}

/// Statuses by which a host says that it is busy, and did nothing.
fn is_busy(status: StatusCode) -> bool {
    matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
}

/// Tells whether a request failed before anything of it was sent.
fn unsent(error: &Error) -> bool {
    error.phase().is_some_and(|phase| phase < Phase::Head)
}

/// Reads `Retry-After`: seconds or a date (RFC 9110 section 10.2.3).
fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit ask for an age; the scheduler's own limit decides how long that is.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::from(u32::MAX))));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

/// Returns where a redirect leads, without fragment.
pub(crate) fn location(response: &Response<Bytes>) -> Option<Url> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let value = response.headers().get(header::LOCATION)?;
    // Servers send raw UTF-8 here; other bytes are read as browsers do, with a replacement character.
    let value = String::from_utf8_lossy(value.as_bytes());
    response.url().join(value.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let cases = [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", Some(60)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(0)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("-5", None),
            ("soon", None),
            ("", None),
        ];
        for (value, expected) in cases {
            assert_eq!(retry_after(value, now), expected.map(Duration::from_secs), "{value:?}");
        }
    }

    #[test]
    fn what_must_not_be_repeated_is_sent_again_only_when_it_had_no_effect() {
        let url = Url::parse("http://a.example/").unwrap();
        let answer = |status| {
            let status = StatusCode::from_u16(status).unwrap();
            Ok(Response::new(url.clone(), status, http::HeaderMap::new(), Bytes::new()))
        };
        let error = |phase| Err(Error::new(ErrorKind::Timeout, "late").with_phase(phase));
        type Answer<'a> = &'a dyn Fn() -> Result<Response<Bytes>, Error>;
        let cases: [(&str, Answer<'_>, bool); 7] = [
            ("429", &|| answer(429), true),
            ("503", &|| answer(503), true),
            ("500", &|| answer(500), false),
            ("cut", &|| answer(200).map(Response::cut_short), false),
            ("not connected", &|| error(Phase::Connect), true),
            ("no head", &|| error(Phase::Head), false),
            ("closed", &|| Err(Error::new(ErrorKind::Closed, "closed")), false),
        ];
        for (name, answer, of_a_post) in cases {
            assert!(matches!(judge(answer(), 1, &Method::GET), Verdict::Again), "{name}");
            let again = matches!(judge(answer(), 1, &Method::POST), Verdict::Again);
            assert_eq!(again, of_a_post, "{name}");
        }
    }

    #[test]
    fn absurd_seconds_are_still_a_wait() {
        assert!(retry_after("99999999999999999999999", SystemTime::UNIX_EPOCH).is_some());
    }
}
