//! Request targets of every URL in the public table.

use http::HeaderValue;
use serde_json::Value;
use url::{Position, Url};

use super::{absolute, checked};
use crate::error::ErrorKind;
use crate::target::Target;

#[test]
fn every_url_of_the_public_table_can_be_sent_or_is_refused_by_kind() {
    let table: Vec<Value> =
        serde_json::from_str(include_str!("../../tests/data/url/urltestdata.json")).unwrap();
    let (mut sendable, mut refused, mut invalid) = (0, 0, 0);
    for row in table.iter().filter(|row| row.is_object()) {
        let input = row["input"].as_str().unwrap();
        let parsed = match row["base"].as_str().map(Url::parse) {
            Some(Ok(base)) => base.join(input).ok(),
            Some(Err(_)) => None,
            None => match Target::from(input).into_url() {
                Ok(url) => Some(url),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::InvalidUrl, "{row}");
                    None
                }
            },
        };
        let Some(mut url) = parsed else { continue };
        match checked(&mut url) {
            Ok(uri) => {
                let text = uri.to_string();
                assert!(text.starts_with('/') && uri.authority().is_none(), "{row}: {text}");
                assert!(text.bytes().all(|byte| byte > b' ' && byte != b'#'), "{row}: {text}");
                assert_eq!(text, url[Position::BeforePath..Position::AfterQuery], "{row}");
                let host = &url[Position::BeforeHost..Position::AfterPort];
                HeaderValue::from_str(host).unwrap();
                assert!(url.username().is_empty() && url.password().is_none(), "{row}");
                if let Ok(absolute) = absolute(&url) {
                    assert_eq!(absolute.to_string(), url[..Position::AfterQuery], "{row}");
                }
                sendable += 1;
            }
            Err(error) if error.kind() == ErrorKind::BlockedScheme => refused += 1,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::InvalidUrl, "{row}");
                invalid += 1;
            }
        }
    }
    // So that the table cannot be skipped by mistake.
    assert!(sendable > 200 && refused > 150, "{sendable} {refused} {invalid}");
}
