//! How pages are read: long ones aside, deep ones whole, those too long for a document with a word.

use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

use dragline::{
    BoxError, Crawler, Extract, ExtractError, FieldError, FieldErrorKind, LinkKinds, Output, Page,
    Request, Spider,
};
use dragline_testkit::{Reply, SimulatedWeb, WebBuilder};

use crate::common::{collect, local};

/// Reads its seeds with a function, whose text is the item.
struct Reads<F>(Vec<&'static str>, F);

impl<F> Spider for Reads<F>
where
    F: Fn(&Page) -> Result<String, BoxError> + Send + Sync + 'static,
{
    type Item = String;
    type Route = ();

    fn start(&self) -> Result<Vec<Request>, BoxError> {
        Ok(self.0.iter().map(Request::get).collect::<Result<_, _>>()?)
    }

    fn parse(&self, page: &Page, out: &mut Output<Self>) -> Result<(), BoxError> {
        out.item((self.1)(page)?);
        out.follow_all(page.found(LinkKinds::default()));
        Ok(())
    }
}

/// Makes a crawler for pages that are read with a function, and the list that its items come to.
fn reads(
    web: WebBuilder,
    urls: &[&'static str],
    read: impl Fn(&Page) -> Result<String, BoxError> + Send + Sync + 'static,
) -> (Crawler<impl Spider<Item = String>>, Arc<Mutex<Vec<String>>>) {
    let items = Arc::new(Mutex::new(Vec::new()));
    let sink = items.clone();
    let crawler = Crawler::new(Reads(urls.to_vec(), read))
        .config(local())
        .fetcher(web.build())
        .sink(move |item: &String| sink.lock().unwrap().push(item.clone()));
    (crawler, items)
}

#[tokio::test(start_paused = true)]
async fn a_long_page_is_read_aside_and_a_short_one_is_not() {
    let long = format!("{}<a href=/short>x</a>", "<p>text".repeat(60_000));
    let web = SimulatedWeb::builder().page("http://a.test/", &long).page("http://a.test/short", "");
    let threads: Arc<Mutex<Vec<(String, ThreadId)>>> = Arc::default();
    let noted = threads.clone();
    let (crawler, _) = reads(web, &["http://a.test/"], move |page| {
        noted.lock().unwrap().push((page.url().path().to_owned(), thread::current().id()));
        Ok(page.css("p")?.len().to_string())
    });
    let crawled = collect(crawler).await;
    assert_eq!(crawled.paths(), ["/", "/short"]);
    let here = thread::current().id();
    let aside: Vec<(String, bool)> =
        threads.lock().unwrap().iter().map(|(path, id)| (path.clone(), *id != here)).collect();
    assert_eq!(aside, [("/".to_owned(), true), ("/short".to_owned(), false)]);
}

#[tokio::test(start_paused = true)]
async fn a_panic_over_a_long_page_costs_that_page_alone() {
    let long = "<p>text".repeat(60_000);
    let web = SimulatedWeb::builder().page("http://a.test/", &long).page("http://a.test/b", "");
    let (crawler, items) = reads(web, &["http://a.test/", "http://a.test/b"], |page| {
        assert!(page.body().len() < 1_000, "a page this spider panics over");
        Ok("read".to_owned())
    });
    let crawled = collect(crawler).await;
    assert_eq!(crawled.record("http://a.test/").error, Some("spider"));
    assert_eq!(*items.lock().unwrap(), ["read"]);
}

#[tokio::test(start_paused = true)]
async fn a_page_of_100_000_nested_elements_is_read_and_dropped() {
    let deep = format!("{}<a href=/x>x</a>", "<div>".repeat(100_000));
    let web = SimulatedWeb::builder().page("http://a.test/", &deep);
    let (crawler, items) = reads(web, &["http://a.test/"], |page| {
        Ok(page.css("div").map(|found| found.len().to_string())?)
    });
    let crawled = collect(crawler).await;
    assert_eq!(crawled.paths(), ["/", "/x"]);
    assert_eq!(items.lock().unwrap()[0], "100000");
}

#[tokio::test(start_paused = true)]
async fn a_page_too_long_for_a_document_says_so_and_its_links_are_followed_all_the_same() {
    let long = format!("<a href=/x>{}", "x".repeat(33 * 1024 * 1024));
    let web = SimulatedWeb::builder().page("http://a.test/", &long);
    let (crawler, items) = reads(web, &["http://a.test/"], |page| {
        Ok(page.css("a").map_or_else(|error| error.to_string(), |found| found.len().to_string()))
    });
    let crawled = collect(crawler).await;
    assert_eq!(crawled.paths(), ["/", "/x"]);
    let told = &items.lock().unwrap()[0];
    assert!(told.contains("too long for a document"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn pages_that_only_a_document_can_tell_are_counted_by_reason() {
    let html = "<base href=/b/><a href=yes>x</a><plaintext><a href=no>";
    let web = SimulatedWeb::builder().page("http://a.test/", html);
    let (crawler, items) =
        reads(web, &["http://a.test/"], |page| Ok(page.base().as_str().to_owned()));
    let crawled = collect(crawler).await;
    assert_eq!(crawled.paths(), ["/", "/b/yes"]);
    assert_eq!(items.lock().unwrap()[0], "http://a.test/b/");
    let bails: Vec<_> = crawled.summary.stats.bails.iter().collect();
    assert_eq!(bails, [(&"plaintext".into(), &1)]);
    assert!(crawled.summary.to_string().contains("read by their document: plaintext: 1"));
}

#[tokio::test(start_paused = true)]
async fn links_are_in_the_charset_of_the_page_however_they_are_found() {
    let html = "<a href='/x?&eacute;'>x</a>";
    let reply = Reply::status(200).header("content-type", "text/html; charset=iso-8859-1");
    let web = SimulatedWeb::builder().on("http://a.test/", [reply.body(html)]);
    let (crawler, items) = reads(web, &["http://a.test/"], |page| {
        let found = page.found(LinkKinds::default());
        assert_eq!(page.links("a")?, found);
        assert_eq!(page.join("/x?é").as_ref(), found.first());
        Ok(found[0].as_str().to_owned())
    });
    let crawled = collect(crawler).await;
    assert_eq!(*items.lock().unwrap(), ["http://a.test/x?%E9"], "{:?}", crawled.records);
}

/// Five offers, of which the second and the fourth are faulty.
const OFFERS: &str = "<li><b>red</b><i>1</i><li><i>2</i><li><b>blue</b><i>3</i><li><b>x</b><i>soon\
    </i><u>4</u><u>y</u><li><b>green</b><i>5</i>";

#[derive(Extract)]
struct Offer {
    #[extract(css = "b")]
    name: String,
    #[extract(css = "i")]
    price: u32,
    #[extract(css = "u")]
    sizes: Vec<u8>,
}

/// Returns the faults as `path code`.
fn faults(error: &ExtractError) -> Vec<String> {
    let fault = |field: &FieldError| format!("{} {}", field.path(), field.kind().code());
    error.fields().iter().map(fault).collect()
}

fn told(offers: Vec<Offer>) -> String {
    let told = |offer: Offer| format!("{} {} {:?}", offer.name, offer.price, offer.sizes);
    offers.into_iter().map(told).collect::<Vec<_>>().join(", ")
}

#[tokio::test(start_paused = true)]
async fn faults_of_several_items_are_told_together_with_the_index_of_each() {
    let web = SimulatedWeb::builder().page("http://a.test/", OFFERS);
    let (crawler, items) = reads(web, &["http://a.test/"], |page| {
        let Err(error) = page.extract_all::<Offer>("li") else { return Ok("read".to_owned()) };
        assert!(error.to_string().contains("\n  field `[3].price` (`i`): cannot read \"soon\""));
        assert_eq!(error.url(), page.url());
        Ok(faults(&error).join(", "))
    });
    collect(crawler).await;
    let told = items.lock().unwrap();
    assert_eq!(*told, ["[1].name missing, [3].price parse, [3].sizes[1] parse"]);
}

#[tokio::test(start_paused = true)]
async fn good_items_of_a_page_with_faults_are_kept_one_by_one() {
    let web = SimulatedWeb::builder().page("http://a.test/", OFFERS);
    let (crawler, items) = reads(web, &["http://a.test/"], |page| {
        let (good, bad): (Vec<_>, Vec<_>) =
            page.extract_each::<Offer>("li")?.partition(Result::is_ok);
        let bad: Vec<_> = bad.iter().flat_map(|bad| bad.as_ref().err()).map(faults).collect();
        assert_eq!(bad, [vec!["name missing"], vec!["price parse", "sizes[1] parse"]]);
        Ok(told(good.into_iter().flatten().collect()))
    });
    collect(crawler).await;
    assert_eq!(*items.lock().unwrap(), ["red 1 [], blue 3 [], green 5 []"]);
}

#[tokio::test(start_paused = true)]
async fn items_without_a_fault_come_in_the_order_of_the_page_and_none_is_no_fault() {
    let web = SimulatedWeb::builder().page("http://a.test/", OFFERS);
    let (crawler, items) = reads(web, &["http://a.test/"], |page| {
        assert!(page.extract_all::<Offer>("ol > li").is_ok_and(|none| none.is_empty()));
        Ok(told(page.extract_all("li:nth-child(2n + 1)")?))
    });
    collect(crawler).await;
    assert_eq!(*items.lock().unwrap(), ["red 1 [], blue 3 [], green 5 []"]);
}

#[tokio::test(start_paused = true)]
async fn faults_of_many_items_are_counted_beyond_the_64th() {
    let web = SimulatedWeb::builder().page("http://a.test/", &"<li><b>x</b>".repeat(1_000));
    let (crawler, items) = reads(web, &["http://a.test/"], |page| {
        let Err(error) = page.extract_all::<Offer>("li") else { return Ok("read".to_owned()) };
        Ok(format!("{} and {}", error.fields().len(), error.omitted()))
    });
    collect(crawler).await;
    assert_eq!(*items.lock().unwrap(), ["64 and 936"]);
}

#[tokio::test(start_paused = true)]
async fn a_selector_that_is_wrong_is_a_fault_of_the_items_as_a_whole() {
    let web = SimulatedWeb::builder().page("http://a.test/", OFFERS);
    let (crawler, items) = reads(web, &["http://a.test/"], |page| {
        assert!(page.extract_each::<Offer>("li[").is_err());
        let Err(error) = page.extract_all::<Offer>("li[") else { return Ok("read".to_owned()) };
        let kind = error.fields()[0].kind();
        assert!(matches!(kind, FieldErrorKind::Selector(_)), "{error}");
        Ok(format!("{} {}", error.fields().len(), error.fields()[0].selector()))
    });
    collect(crawler).await;
    assert_eq!(*items.lock().unwrap(), ["1 li["]);
}
