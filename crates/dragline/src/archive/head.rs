//! HTTP heads as they stand in records: written for the body as it is there, and read back as they were.

use bytes::Bytes;
use dragline_fetch::{Request, Response};
use http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, COOKIE, PROXY_AUTHORIZATION, TRANSFER_ENCODING,
};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use url::Position;

// What the server said of the bytes on the wire, which are not those in the record.
const CODED: HeaderName = HeaderName::from_static("x-crawler-content-encoding");
const FRAMED: HeaderName = HeaderName::from_static("x-crawler-transfer-encoding");
const LENGTH: HeaderName = HeaderName::from_static("x-crawler-content-length");

/// Writes the head of an answer.
pub(super) fn of_answer(response: &Response<Bytes>) -> Vec<u8> {
    let status = response.status();
    let reason = status.canonical_reason().unwrap_or_default();
    let mut head = format!("HTTP/1.1 {} {reason}\r\n", status.as_str()).into_bytes();
    let length = HeaderValue::from(response.body().len());
    for (name, value) in response.headers() {
        match *name {
            TRANSFER_ENCODING => line(&mut head, &FRAMED, value),
            CONTENT_LENGTH if *value == length => {}
            CONTENT_LENGTH => line(&mut head, &LENGTH, value),
            _ => line(&mut head, name, value),
        }
    }
    if let Some(coding) = response.undone_coding() {
        line(&mut head, &CODED, coding);
    }
    line(&mut head, &CONTENT_LENGTH, &length);
    head.extend_from_slice(b"\r\n");
    head
}

/// Writes the head of a request, without credentials.
pub(super) fn of_request(request: &Request, usual: &HeaderMap) -> Vec<u8> {
    let target = &request.url[Position::BeforePath..Position::AfterQuery];
    let host = &request.url[Position::BeforeHost..Position::AfterPort];
    let mut head = format!("{} {target} HTTP/1.1\r\nhost: {host}\r\n", request.method).into_bytes();
    let usual = usual.iter().filter(|(name, _)| !request.headers.contains_key(*name));
    for (name, value) in request.headers.iter().chain(usual) {
        let secret = value.is_sensitive()
            || [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, header::HOST].contains(name);
        if !secret {
            line(&mut head, name, value);
        }
    }
    if !request.body.is_empty() {
        line(&mut head, &CONTENT_LENGTH, &HeaderValue::from(request.body.len()));
    }
    head.extend_from_slice(b"\r\n");
    head
}

fn line(head: &mut Vec<u8>, name: &HeaderName, value: &HeaderValue) {
    for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
        head.extend_from_slice(part);
    }
}

/// Makes the headers what they were when the answer came to the crawl.
pub(crate) fn original(headers: &mut HeaderMap) {
    if headers.remove(CODED).is_some() {
        headers.remove(CONTENT_LENGTH);
        headers.remove(CONTENT_ENCODING);
    }
    if let Some(framing) = headers.remove(FRAMED) {
        headers.remove(CONTENT_LENGTH);
        headers.insert(TRANSFER_ENCODING, framing);
    }
    if let Some(length) = headers.remove(LENGTH) {
        headers.insert(CONTENT_LENGTH, length);
    }
}

#[cfg(test)]
mod tests {
    use dragline_warc::Answer;
    use http::{Method, StatusCode};

    use super::*;

    fn url() -> url::Url {
        "http://a.example:81/p?q#f".parse().unwrap()
    }

    #[test]
    fn a_head_is_written_for_its_body_and_read_back_as_it_was() {
        for (name, value) in
            [(TRANSFER_ENCODING, "chunked"), (CONTENT_LENGTH, "9"), (CONTENT_LENGTH, "2")]
        {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_static(value));
            headers.append("set-cookie", HeaderValue::from_static("a=1"));
            headers.append("set-cookie", HeaderValue::from_static("b=2"));
            let response = Response::new(url(), StatusCode::OK, headers.clone(), "hi");
            let mut block = of_answer(&response);
            assert_eq!(String::from_utf8_lossy(&block).matches("\ncontent-length: 2\r").count(), 1);
            block.extend_from_slice(b"hi");
            let mut answer = Answer::read(&block.into()).unwrap();
            assert_eq!(answer.body, "hi");
            original(&mut answer.headers);
            assert_eq!(answer.headers, headers);
        }
    }

    #[test]
    fn credentials_stay_out_of_requests() {
        let mut request = Request::new(Method::POST, url());
        request.headers.insert(COOKIE, HeaderValue::from_static("secret=1"));
        let mut value = HeaderValue::from_static("secret");
        value.set_sensitive(true);
        request.headers.insert("x-key", value);
        request.body = "x=1".into();
        let usual = HeaderMap::from_iter([(header::USER_AGENT, HeaderValue::from_static("me"))]);
        assert_eq!(
            String::from_utf8(of_request(&request, &usual)).unwrap(),
            "POST /p?q HTTP/1.1\r\nhost: a.example:81\r\nuser-agent: me\r\ncontent-length: 3\r\n\r\n"
        );
    }
}
