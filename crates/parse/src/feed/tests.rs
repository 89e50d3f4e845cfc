//! Tests of feeds: the parts of an entry by kind of feed, links, and what is not read.

use proptest::prelude::*;
use url::Url;

use super::{Feed, FeedEntry};
use crate::date::Date;

fn entries(body: &str) -> Vec<FeedEntry> {
    let url = Url::parse("http://h.test/feeds/all").unwrap();
    Feed::read(body.as_bytes(), None, &url).entries().map(Result::unwrap).collect()
}

fn codes(body: &str) -> (usize, Vec<&'static str>) {
    let url = Url::parse("http://h.test/feeds/all").unwrap();
    let feed = Feed::read(body.as_bytes(), None, &url);
    let (found, errors): (Vec<_>, Vec<_>) = feed.entries().partition(Result::is_ok);
    (found.len(), errors.iter().map(|error| error.as_ref().unwrap_err().code()).collect())
}

fn links(entry: &FeedEntry) -> Vec<(&str, &str)> {
    entry.links.iter().map(|link| (link.relation.as_str(), link.url.as_str())).collect()
}

#[test]
fn rss_2_is_read() {
    let body = "<rss version='2.0'><channel><title>no</title><link>http://c.test/blog/</link>\
        <atom:link href='self' rel='self'/><image><link>no</link></image><item><title>A &amp; B</title>\
        <link>post?a=1&amp;b=2</link><guid isPermaLink='false'>urn:1</guid>\
        <pubDate>Fri, 02 Jan 2026 03:04:05 GMT</pubDate><description><![CDATA[<p>text</p>]]></description>\
        <content:encoded>&lt;b&gt;all&lt;/b&gt;</content:encoded><media:title>no</media:title>\
        <media:content url='no'/><itunes:summary>no</itunes:summary><dc:creator>Ada</dc:creator>\
        <author>a@h.test (A)</author><enclosure url='/a.mp3' type='audio/mpeg' length='1'/></item>\
        <item><guid>http://h.test/permanent</guid></item></channel></rss>";
    let found = entries(body);
    let entry = &found[0];
    assert_eq!(entry.title.as_deref(), Some("A & B"));
    assert_eq!(entry.id.as_deref(), Some("urn:1"));
    assert_eq!(entry.published, Some(Date::read("Fri, 02 Jan 2026 03:04:05 GMT")));
    assert_eq!(entry.summary.as_deref(), Some("<p>text</p>"));
    assert_eq!(entry.content.as_deref(), Some("<b>all</b>"));
    assert_eq!(entry.author.as_deref(), Some("Ada"));
    let expected =
        [("alternate", "http://c.test/blog/post?a=1&b=2"), ("enclosure", "http://c.test/a.mp3")];
    assert_eq!(links(entry), expected);
    assert_eq!(entry.links[1].media_type.as_deref(), Some("audio/mpeg"));
    assert_eq!(links(&found[1]), [("alternate", "http://h.test/permanent")]);
}

#[test]
fn rss_1_is_read() {
    let body = "<rdf:RDF xmlns='r'><channel rdf:about='c'><link>http://c.test/</link><items><rdf:Seq>\
        <rdf:li rdf:resource='a'/></rdf:Seq></items></channel><item rdf:about='http://c.test/a'>\
        <title>T</title><link>/a</link><dc:date>2026-01-02</dc:date></item></rdf:RDF>";
    let found = entries(body);
    assert_eq!(found[0].id.as_deref(), Some("http://c.test/a"));
    assert_eq!(links(&found[0]), [("alternate", "http://c.test/a")]);
    assert_eq!(found[0].published, Some(Date::read("2026-01-02")));
}

#[test]
fn atom_is_read() {
    let body = "<feed xmlns='a' xml:base='http://b.test/x/'><link href='no'/><author><name>no</name>\
        </author><entry xml:base='y/'><id> urn:1 </id><title type='html'>T &amp;lt; &nbsp;</title>\
        <link href='self' rel='SELF'/><link href='page' type='text/html'/><link href='/z' rel=''/>\
        <published>2026-01-02T03:04:05Z</published><updated>2026-01-03</updated>\
        <author><email>a@h.test</email><name> Ada </name><uri>u</uri></author><author><name>Bo</name>\
        </author><summary>s</summary><content type='xhtml'><div>a <b>b</b> &amp;</div></content>\
        <source><title>no</title></source></entry></feed>";
    let entry = &entries(body)[0];
    assert_eq!(entry.id.as_deref(), Some("urn:1"));
    assert_eq!(entry.title.as_deref(), Some("T &lt; &nbsp;"));
    assert_eq!(entry.link().unwrap().as_str(), "http://b.test/x/y/page");
    assert_eq!(links(entry)[0], ("self", "http://b.test/x/y/self"));
    assert_eq!(links(entry)[2], ("alternate", "http://b.test/z"));
    assert_eq!(entry.updated, Some(Date::read("2026-01-03")));
    assert_eq!(entry.author.as_deref(), Some("Ada"));
    assert_eq!(entry.summary.as_deref(), Some("s"));
    assert_eq!(entry.content.as_deref(), Some("<div>a <b>b</b> &amp;</div>"));
}

#[test]
fn relative_links_are_against_the_feed_if_it_names_nothing() {
    let body = "<rss><channel><item><link>p</link></item></channel></rss>";
    assert_eq!(links(&entries(body)[0]), [("alternate", "http://h.test/feeds/p")]);
}

#[test]
fn entries_before_a_fault_are_kept() {
    let item = "<rss><channel><item><title>1</title></item>";
    assert_eq!(codes(&format!("{item}<item><title>2")), (1, vec!["truncated"]));
    assert_eq!(codes(&format!("{item}<item></title>")), (1, vec!["malformed"]));
    assert_eq!(codes("<html><item/></html>"), (0, vec!["not_feed"]));
    assert_eq!(codes("not a feed"), (0, vec!["not_feed"]));
}

#[test]
fn fields_and_links_are_bounded() {
    let body = format!(
        "<feed><entry><title>{0}</title><content>{0}</content>{1}</entry></feed>",
        "x".repeat(3 * 1024 * 1024),
        "<link href='a'/>".repeat(10_000)
    );
    let entry = &entries(&body)[0];
    assert_eq!(entry.title.as_ref().unwrap().len(), 16 * 1024);
    assert_eq!(entry.content.as_ref().unwrap().len(), 1024 * 1024);
    assert_eq!(entry.links.len(), 256);
}

proptest! {
    #[test]
    fn any_tags_give_entries_and_an_end(pieces in prop::collection::vec(
        prop::sample::select(vec![
            "<item>", "</item>", "<entry xml:base='b'>", "</entry>", "<link>", "</link>", "<link href='a'/>",
            "<title>", "</title>", "<author>", "<name>", "</name>", "</author>", "<content type='xhtml'>",
            "</content>", "<guid>", "</guid>", "text", "&amp;", "&x;", "<channel>", "</channel>", "<", ">",
        ]),
        0..30,
    )) {
        codes(&format!("<rss>{}", pieces.concat()));
        codes(&pieces.concat());
    }
}
