//! The worker: carries one URL through fetch, judgement and parse, and returns what came of it. The only
//! caller of the spider. It owns nothing but its job.

mod failing;

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use dragline_fetch::{Jar, Request, Response, Room};
use dragline_frontier::{Admission, Content, Exchange, Pending, Revisit, Step, Ticket};
use dragline_parse::Bail;
use http::{Method, StatusCode};
use url::Url;

use crate::archive::{About, Recorder, Recording};
use crate::budget::Documents;
use crate::clock::Clock;
use crate::cookies::{Given, Sent};
use crate::discovery::Nofollow;
use crate::fetcher::Fetcher;
use crate::health::{Observation, Observer, Reading};
use crate::judge::{self, Verdict};
use crate::message::{self, Message};
use crate::output::{Found, Output};
use crate::packed::Placed;
use crate::page::{Page, content_type};
use crate::record::PageRecord;
#[cfg(feature = "content")]
use crate::record::RecordChunk;
use crate::records::{Digest, RecordContent, Records};
use crate::request::decode_route;
use crate::revisit::{Answered, Memory, make_conditional};
use crate::sink::{Preferences, Wants};
use crate::sitemap::{self, Errand};
use crate::spans::Span;
use crate::spider::Spider;
use crate::times::PageTimes;

/// How much of a page's text is compared with that of pages like it, in bytes.
const SAMPLE: usize = 16 * 1024;

/// What all workers of a crawl share.
pub(crate) struct Shared<S: Spider> {
    pub(crate) spider: S,
    pub(crate) fetcher: Box<dyn Fetcher>,
    pub(crate) admission: Admission,
    pub(crate) clock: Clock,
    pub(crate) retries: u8,
    /// The product token by which robots.txt addresses us (RFC 9309 section 2.2.1).
    pub(crate) agent: Arc<str>,
    pub(crate) nofollow: Nofollow,
    /// What page records hold; `None` when none are written, so that title and links are not worth finding.
    pub(crate) records: Option<Records>,
    /// Which digest of bodies is noted.
    pub(crate) digest: Digest,
    /// What sinks read beside values.
    pub(crate) wants: Wants,
    /// What is done with what a later crawl could need.
    pub(crate) memory: Memory,
    /// Where bodies take a place, if memory is limited.
    pub(crate) room: Option<Room>,
    /// Where the documents of long pages do.
    pub(crate) documents: Option<Documents>,
    /// What makes the records of an archive, if one is written.
    pub(crate) recorder: Option<Recorder>,
    /// Looks at how well pages are read, if somebody wants to know.
    pub(crate) observer: Option<Observer<S::Item>>,
}

/// What came of one URL.
pub(crate) struct Report<I> {
    pub(crate) ticket: Ticket,
    /// What the host showed of itself.
    pub(crate) exchange: Exchange,
    pub(crate) recording: Option<Box<Recording>>,
    pub(crate) times: PageTimes,
    /// Lasts until the commit.
    pub(crate) span: Span,
    pub(crate) outcome: Outcome<I>,
}

pub(crate) enum Outcome<I> {
    Again,
    Finished(Box<Finished<I>>),
}

/// A URL that is finished.
pub(crate) struct Finished<I> {
    pub(crate) record: PageRecord,
    pub(crate) items: Vec<I>,
    pub(crate) found: Found,
    /// Why the page was left to the document, if it was.
    pub(crate) bail: Option<&'static str>,
    pub(crate) content: Content,
    /// A hash of the body of a page that was read.
    hash: Option<u64>,
    /// What a later crawl needs to ask whether the page changed.
    pub(crate) revisit: Option<Box<Revisit>>,
    /// What the page asks for, if that is wanted.
    pub(crate) preferences: Option<Box<Preferences>>,
    /// How well the page was read, if somebody wants to know.
    pub(crate) observation: Option<Box<Observation>>,
    /// Whether the spider could not take note of a failure.
    pub(crate) spider_fault: bool,
}

/// The longest body that is read on a thread of the runtime, in bytes: a document of it takes some
/// milliseconds, in which nothing else of the crawl moves there.
const READ_AT_ONCE: usize = 256 * 1024;

/// The same when the main content of a page is looked for, which takes many times as long.
const MAIN_CONTENT_AT_ONCE: usize = 16 * 1024;

/// Fetches a URL and takes from it what the spider wants. What the crawl before has kept of it makes the
/// request conditional; the cookies of its jar go with it.
pub(crate) async fn carry<S: Spider>(
    shared: Arc<Shared<S>>,
    ticket: Ticket,
    before: Option<Arc<Revisit>>,
    jar: Option<Jar>,
    span: Span,
) -> Report<S::Item> {
    let started = shared.clock.elapsed();
    let mut request = request(&ticket.pending);
    let method = request.method.clone();
    if let Some(before) = before.as_ref().filter(|_| method == Method::GET) {
        make_conditional(&mut request.headers, before);
    }
    request.room.clone_from(&shared.room);
    let mut at_once = READ_AT_ONCE;
    if Errand::read(ticket.pending.payload()).is_some() {
        request.max_body = Some(sitemap::MAX_BODY);
        at_once = sitemap::READ_AT_ONCE;
    } else if request.max_body.is_some() {
        // A spider said that it is a sitemap.
        at_once = sitemap::READ_AT_ONCE;
    } else if shared.finds_main_content() {
        at_once = MAIN_CONTENT_AT_ONCE;
    }
    let sent = jar.map(|jar| Sent::with(&mut request, jar, shared.clock.wall()));
    let wanted = shared.recorder.as_ref().map(|recorder| (recorder, recorder.want(&request)));
    let answer = span.fetch().around(shared.fetcher.fetch(request)).await;
    let ended = shared.clock.elapsed();
    let (elapsed, now) = (ended - started, shared.clock.wall_at(ended));
    let given = match (sent, &answer) {
        (Some(sent), Ok(response)) => sent.keep(response, now),
        _ => Given::Nothing,
    };
    let exchange = judge::exchange(&answer, elapsed, now);
    let recording = match (wanted, &answer) {
        (Some((recorder, wanted)), Ok(response)) => {
            let (depth, via) = (ticket.pending.depth(), ticket.pending.referrer().cloned());
            let about = About { sent: now - elapsed, elapsed, depth, via };
            recorder.record(wanted, response, about).await
        }
        _ => None,
    };
    let times = judge::times(&answer);
    let tries = shared.retries.saturating_sub(ticket.attempt);
    let verdict = judge::judge(answer, tries, &method);
    if let Verdict::Again = verdict {
        return Report { ticket, exchange, recording, times, span, outcome: Outcome::Again };
    }
    let long = match &verdict {
        Verdict::Page(page) => Some(page.body().len()).filter(|bytes| *bytes > at_once),
        _ => None,
    };
    let place = match (&shared.documents, long) {
        (Some(documents), Some(bytes)) => Some(documents.take(bytes).await),
        _ => None,
    };
    let pending = &ticket.pending;
    let record = PageRecord {
        url: pending.url().to_owned(),
        method: (method != Method::GET).then(|| method.as_str().to_owned()),
        depth: pending.depth(),
        referrer: pending.referrer().cloned(),
        attempts: ticket.attempt + 1,
        // Microseconds are what a clock can tell here.
        elapsed_ms: elapsed.as_micros() as f64 / 1000.0,
        fetched_at: PageRecord::timestamp(now - elapsed),
        ..PageRecord::default()
    };
    let work = move || {
        let begun = shared.clock.elapsed();
        let keeps = shared.memory != Memory::Forget;
        let answered = keeps.then(|| Answered::of(&verdict));
        let parse = span.parse();
        let finish = || shared.finish(record, &ticket.pending, verdict, given);
        let mut finished = parse.within(finish);
        if let Some(answered) = answered {
            shared.remember(&mut finished, answered, before.as_deref());
        }
        let times = PageTimes { parse: shared.clock.elapsed() - begun, ..times };
        finished.record.times = times;
        let outcome = Outcome::Finished(Box::new(finished));
        Report { ticket, exchange, recording, times, span, outcome }
    };
    let report = if long.is_none() { work() } else { aside(work).await };
    drop(place);
    report
}

/// Makes the request that an admitted URL stands for.
fn request(pending: &Pending) -> Request {
    let url = match Url::parse(pending.url()) {
        Ok(url) => url,
        Err(error) => unreachable!("admission took {}: {error}", pending.url()),
    };
    match Message::read(pending.payload()) {
        None => Request::new(Method::GET, url),
        Some(message) => message.request(url),
    }
}

/// Does long work on a thread for such. There are never more than there are workers, and a crawl that
/// is dropped lets those end that have begun.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // Only a runtime that shuts down gives this, and it does not poll again.
        Err(_) => std::future::pending().await,
    }
}

impl<S: Spider> Shared<S> {
    fn finish(
        &self,
        record: PageRecord,
        pending: &Pending,
        verdict: Verdict,
        given: Given,
    ) -> Finished<S::Item> {
        let mut finished = Finished::new(record);
        let errand = Errand::read(pending.payload());
        let digest = self.digest;
        match verdict {
            Verdict::Page(response) => {
                let record = &mut finished.record;
                answered(record, &response, digest);
                if let Some(errand) = errand {
                    finished.found = errand.run(&self.admission, pending, &response, record);
                } else {
                    self.parse(&mut finished, pending, response);
                }
            }
            Verdict::Answer(response) => {
                answered(&mut finished.record, &response, digest);
                self.tell_failure(&mut finished, pending);
            }
            Verdict::Redirect(response, target) => {
                answered(&mut finished.record, &response, digest);
                finished.record.location = Some(target.as_str().to_owned());
                if errand.is_some() {
                    let referrer = Arc::from(pending.url());
                    let payload = pending.payload().map(Box::from);
                    let redirects = pending.redirects().saturating_add(1);
                    let answer = self.admission.sitemap(target, &referrer, redirects, payload);
                    finished.found.take_sitemap(answer);
                } else {
                    self.redirect(&mut finished.found, pending, (response.status(), target), given);
                }
            }
            Verdict::Failed(error) => {
                finished.record.status = error.status().map(|status| status.as_u16());
                finished.record.error = Some(error.code());
                finished.record.message = Some(chain(&error));
                self.tell_failure(&mut finished, pending);
            }
            Verdict::Again => unreachable!("a URL that is tried again is not finished"),
        }
        finished
    }

    fn finds_main_content(&self) -> bool {
        let usual = [RecordContent::None, RecordContent::Html];
        self.records.as_ref().is_some_and(|records| !usual.contains(&records.content))
    }

    /// Follows a redirect: a request of its own, with what is left of the one that led there.
    fn redirect(
        &self,
        found: &mut Found,
        from: &Pending,
        (status, target): (StatusCode, Url),
        given: Given,
    ) {
        let referrer = Arc::from(from.url());
        let before = Message::read(from.payload());
        let (message, payload) = match &before {
            None => (None, from.payload().map(Box::from)),
            Some(before) => {
                let mut request = request(from);
                request.redirect(status, target.clone());
                let message = before.redirected(request);
                let payload = message.write(message::route(from.payload()));
                (Some(message), payload)
            }
        };
        let link = self.admission.link(target, from, &referrer, Step::Redirect, payload);
        let pending = match link {
            Ok(pending) => pending,
            skipped => return found.take(skipped),
        };
        let origin = from.fingerprint().bits().to_be_bytes();
        // What a form leads to is worth seeing, known or not; and a page that only wanted to set a cookie
        // is the same URL with another answer.
        let of_a_form = before.is_some_and(|before| !before.method.is_safe());
        let came_back = given == Given::Cookies && pending.fingerprint() == from.fingerprint();
        found.place(match message {
            Some(message) if !message.is_known_by_url() => {
                Placed::Apart(message.tell_apart(pending, &origin))
            }
            _ if of_a_form || came_back => Placed::Apart(pending.apart(&origin)),
            _ => Placed::ByUrl(pending),
        });
    }

    /// Notes what changed since the crawl before, and what the next one needs to ask that.
    fn remember(
        &self,
        finished: &mut Finished<S::Item>,
        answered: Answered,
        before: Option<&Revisit>,
    ) {
        let (change, mut revisit) = answered.since(before, finished.hash);
        // A page that the spider could not read is worth a whole answer the next time.
        if finished.record.error == Some("spider")
            && let Some(revisit) = &mut revisit
        {
            (revisit.etag, revisit.last_modified) = (None, None);
        }
        finished.revisit = revisit;
        if self.memory == Memory::Compare {
            finished.record.change = change;
        }
    }

    /// Lets the spider read a page. What it pushed counts only when it gets to the end.
    fn parse(
        &self,
        finished: &mut Finished<S::Item>,
        pending: &Pending,
        response: Response<Bytes>,
    ) {
        let fault = match decode_route(message::route(pending.payload())) {
            Err(error) => format!("the route of the request cannot be read: {error}"),
            Ok(route) => {
                let (pending, agent) = (pending.clone(), self.agent.clone());
                let mut page = Page::new(response, pending, route, agent, self.nofollow);
                if self.observer.is_some() {
                    page.note_faults();
                }
                let mut out = Output::new(&self.admission, &page);
                // A panic is a bug in the spider, and one page of it is no reason to lose the others.
                let parsed = catch_unwind(AssertUnwindSafe(|| {
                    self.spider.parse(&page, &mut out).map_err(|error| chain(error.as_ref()))
                }));
                if let Some(records) = &self.records {
                    describe(&mut finished.record, &page, records);
                }
                if self.wants == Wants::Provenance {
                    finished.preferences = Some(Box::new(Preferences::of(&page)));
                }
                finished.bail = page.bail().map(Bail::code);
                let sample =
                    || page.is_html().then(|| dragline_parse::text_sample(page.text(), SAMPLE));
                let visited = self.admission.visited(page.pending(), page.body(), sample);
                (finished.content, finished.hash) = (visited.content, Some(visited.hash));
                if let Some(observer) = &self.observer {
                    let reading = match &parsed {
                        Ok(Ok(())) => Reading::Items(&out.items),
                        _ => Reading::Failed,
                    };
                    let (route, faults) = (self.spider.route_name(page.route()), page.faults());
                    let seen = observer.observe(route, faults, &reading, page.body());
                    finished.observation = Some(seen);
                }
                match parsed {
                    Ok(Ok(())) => {
                        finished.items = out.items;
                        finished.found = out.found;
                        finished.found.links.nofollow += page.left_out();
                        return;
                    }
                    Ok(Err(message)) => message,
                    Err(_) => "the spider panicked".to_owned(),
                }
            }
        };
        finished.record.error = Some("spider");
        finished.record.message = Some(fault);
    }
}

/// Notes an answer in a record.
fn answered(record: &mut PageRecord, response: &Response<Bytes>, digest: Digest) {
    record.status = Some(response.status().as_u16());
    record.bytes = response.body().len() as u64;
    record.truncated = response.truncated();
    if response.status() != StatusCode::NOT_MODIFIED {
        record.sha256 = digest.of(response.body());
    }
    record.content_type = content_type(response.headers()).map(Cow::into_owned);
}

/// Notes what a page says of itself in a record.
fn describe<R>(record: &mut PageRecord, page: &Page<R>, records: &Records) {
    let Some(facts) = page.facts() else { return };
    record.encoding = Some(page.encoding());
    record.title = facts.title().map(str::to_owned);
    record.links = facts.links_found() as u64;
    match records.content {
        RecordContent::None => {}
        RecordContent::Html => record.content = Some(page.text().to_owned()),
        #[cfg(feature = "content")]
        RecordContent::Text | RecordContent::Markdown => {
            let Ok(content) = page.content() else { return };
            let is_text = records.content == RecordContent::Text;
            match records.chunk {
                Some(most) => {
                    let chunks = content.chunks(most).into_iter();
                    let chunks = chunks.map(|chunk| RecordChunk {
                        text: if is_text { chunk.text() } else { chunk.markdown },
                        headings: chunk.headings,
                        anchor: chunk.anchor,
                    });
                    record.chunks = Some(chunks.collect());
                }
                None => {
                    let text = if is_text { content.text } else { content.markdown };
                    record.content = Some(text);
                }
            }
        }
    }
}

/// Writes an error and its causes in one line, leaving out a cause that the text before it repeats.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}
