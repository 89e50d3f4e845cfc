//! The name under which a crawler looks for its group in a robots.txt.

/// Returns the product token of a user agent: `dragline` of `dragline/0.1 (+https://example.org/bot)`.
///
/// That is its beginning, up to the first character that RFC 9110 section 5.6.2 does not allow in
/// a token. It is empty when the user agent begins with such a character.
pub fn product_token(user_agent: &str) -> &str {
    let text = user_agent.trim_start();
    let end = text.bytes().position(|byte| !is_token(byte)).unwrap_or(text.len());
    &text[..end]
}

/// Says whether a `User-agent` line names the crawler of this product token.
///
/// The line is cut like a user agent is, so that `FooBot/2.1` and `FooBot and friends` name FooBot.
pub(super) fn names(line: &[u8], token: &str) -> bool {
    let end = line.iter().position(|&byte| !is_token(byte)).unwrap_or(line.len());
    !token.is_empty() && line[..end].eq_ignore_ascii_case(token.as_bytes())
}

/// Says whether a `User-agent` line is for every crawler that no other group names.
pub(super) fn names_all(line: &[u8]) -> bool {
    matches!(line, [b'*'] | [b'*', b' ' | b'\t', ..])
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::{names, product_token};

    #[test]
    fn product_token_ends_before_version_and_comment() {
        assert_eq!(product_token("dragline/0.1 (+https://example.org/bot)"), "dragline");
        assert_eq!(product_token(" news_bot-2.x; beta"), "news_bot-2.x");
        assert_eq!(product_token("böt"), "b");
        assert_eq!(product_token("(none)"), "");
    }

    #[test]
    fn a_longer_name_is_another_crawler() {
        assert!(names(b"FooBot/2.1", "foobot"));
        assert!(!names(b"FooBot-News", "foobot"));
        assert!(!names(b"Foo", "foobot"));
        assert!(!names(b"", ""));
    }
}
