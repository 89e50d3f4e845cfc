//! What a browser would send, and what a request makes of it.

use std::sync::Arc;

use dragline_fetch::Response;
use dragline_frontier::{Admission, Directory, FingerprintKey, Scope, ScopeConfig};
use http::{HeaderMap, StatusCode};
use url::Url;

use super::{Form, FormError};
use crate::discovery::Nofollow;
use crate::message::Message;
use crate::page::Page;
use crate::request::Request;

fn page(html: &str) -> Page {
    let url = Url::parse("http://h.test/a/b?c=d").unwrap();
    let scope = Scope::new(&ScopeConfig::default(), []).unwrap();
    let key = FingerprintKey::from_bits(7);
    let admission = Admission::new(scope, Arc::new(Directory::default()), key, None);
    let pending = admission.seed(url.clone(), None).unwrap();
    let headers = HeaderMap::from_iter([(
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static("text/html"),
    )]);
    let response = Response::new(url, StatusCode::OK, headers, html.to_owned());
    Page::new(response, pending, (), "dragline".into(), Nofollow::Obey)
}

fn form(html: &str) -> Form {
    page(html).form("form").unwrap()
}

fn fields(form: &Form) -> Vec<String> {
    form.fields().map(|(name, value)| format!("{name}={value}")).collect()
}

fn message(request: &Request) -> &Message {
    request.message.as_deref().unwrap().as_ref().unwrap()
}

#[test]
fn fields_are_those_that_a_browser_would_send() {
    let form = form(
        "<input name=before form=f value=1>
         <form id=f>
         <input name=user value=me><input value=nameless><input name=empty>
         <input type=hidden name=token value='a&amp;b'><input type=hidden name=_charset_>
         <input type=checkbox name=box checked><input type=checkbox name=unchecked value=1>
         <input type=radio name=size value=s><input type=radio name=size value=m checked>
         <input name=disabled disabled value=1>
         <fieldset disabled><legend><input name=legend value=1></legend><input name=inner></fieldset>
         <datalist><input name=listed></datalist>
         <select name=one><option>a<option value=b selected>B<option selected disabled>c</select>
         <select name=two><option disabled>a<option> b  c </select>
         <select name=many multiple><option selected>1<option>2<option selected>3</select>
         <select name=none multiple><option>1</select>
         <textarea name=text>\nTom &amp; <b>\n</textarea>
         <input type=reset name=reset value=1><button type=button name=js>x</button>
         <input form=other name=elsewhere>
         <button name=go value=1>Go</button><input type=submit name=more value=2>
         <input type=file name=file>
         </form><form id=other></form>",
    );
    let expected = [
        "before=1",
        "user=me",
        "empty=",
        "token=a&b",
        "_charset_=UTF-8",
        "box=on",
        "size=m",
        "legend=1",
        "two=b c",
        "many=1",
        "many=3",
        "text=Tom & <b>\n",
        "go=1",
        "file=",
    ];
    assert_eq!(fields(&form), expected);
}

#[test]
fn a_form_of_get_is_the_query_of_its_action() {
    let form =
        form("<form action='/find?old=1#top'><input name=q><input type=image name=i></form>");
    let request = form.set("q", "tea & 1\n").request();
    assert_eq!(request.url().as_str(), "http://h.test/find?q=tea+%26+1%0D%0A&i.x=0&i.y=0#top");
    assert!(request.message.is_none(), "it is a plain GET");
}

#[test]
fn a_form_without_an_action_goes_to_its_page() {
    let form = form("<form method=POST action=''><input name=a></form>");
    let request = form.request();
    assert_eq!((form.action().as_str(), request.url()), ("http://h.test/a/b?c=d", form.action()));
    assert_eq!(message(&request).body, "a=");
}

#[test]
fn a_form_of_post_is_a_body_of_its_kind() {
    let encoded = form("<form method=post><input name=a value='1 2'></form>").request();
    assert_eq!(message(&encoded).body, "a=1+2");
    assert_eq!(message(&encoded).headers["content-type"], "application/x-www-form-urlencoded");
    let parts = "<form method=post enctype=multipart/form-data><input name=a value=1>
        <input type=file name=f></form>";
    let (first, second) = (form(parts).request(), form(parts).request());
    assert_eq!(first, second, "the same form is the same request");
    let body = String::from_utf8(message(&first).body.to_vec()).unwrap();
    assert!(body.contains("name=\"f\"; filename=\"\"\r\ncontent-type: application/octet-stream"));
    let text = form("<form method=post enctype=text/plain><input name=a value=1></form>").request();
    assert_eq!(message(&text).body, "a=1\r\n");
}

#[test]
fn a_button_sends_its_value_and_may_send_the_form_elsewhere() {
    let html = "<form><input name=a value=1><button name=save value=s>S</button>
        <input type=submit name=drop value=d formaction=/drop formmethod=post></form>";
    assert_eq!(fields(&form(html)), ["a=1", "save=s"]);
    let drop = form(html).submit("drop").unwrap();
    assert_eq!(fields(&drop), ["a=1", "drop=d"]);
    assert_eq!((drop.action().path(), drop.method().as_str()), ("/drop", "POST"));
    let error = form(html).submit("none").unwrap_err();
    assert_eq!(error, FormError::NoButton { name: "none".to_owned() });
}

#[test]
fn fields_are_set_replaced_and_left_out() {
    let html = "<form><input name=a value=1><input type=radio name=r value=x checked><input name=z></form>";
    let form = form(html).set("r", "y").set("new", "2").unset("z");
    assert_eq!(fields(&form), ["a=1", "r=y", "new=2"]);
    assert_eq!((form.value("r"), form.value("z")), (Some("y"), None));
}

#[test]
fn a_form_is_found_by_what_is_in_it_and_missed_with_a_message() {
    let page = page("<p>x<form action=/in><input type=password></form>");
    assert_eq!(page.form("input[type=password]").unwrap().action().path(), "/in");
    let error = page.form("p").unwrap_err();
    assert_eq!(error.to_string(), "`p` matches no form of the page, and nothing in one");
}
