//! A sample of what a page says, without building a tree: for comparing pages, not for reading them.

use memchr::{memchr, memmem};

/// Returns words of an HTML page, a space between those that markup parts, at most `most` bytes of them.
///
/// It begins at the body, leaves out tags, comments, scripts and styles, and decodes no character
/// references. It looks at eight times `most` bytes at most.
pub fn text_sample(html: &str, most: usize) -> String {
    let start = memmem::find(html.as_bytes(), b"<body").unwrap_or(0);
    let bytes = html.as_bytes();
    let end = bytes.len().min(start.saturating_add(most.saturating_mul(8)));
    let mut bytes = &bytes[start..end];
    let mut output: Vec<u8> = Vec::with_capacity(most.min(bytes.len()));
    while output.len() < most {
        let tag = memchr(b'<', bytes).unwrap_or(bytes.len());
        let text = &bytes[..tag];
        if !text.trim_ascii().is_empty() {
            output.extend_from_slice(&text[..text.len().min(most - output.len())]);
            output.push(b' ');
        }
        bytes = after_tag(&bytes[tag..]);
        if bytes.is_empty() {
            break;
        }
    }
    // A character may have been cut at the end.
    String::from_utf8_lossy(&output).into_owned()
}

/// Returns what follows a tag, or the whole element where its content is no text.
fn after_tag(bytes: &[u8]) -> &[u8] {
    let starts = |name: &[u8]| {
        bytes.get(1..=name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
    };
    // Where the tag begins that ends it: this one, or one much later.
    let last = if bytes.starts_with(b"<!--") {
        memmem::find(bytes, b"-->")
    } else if starts(b"script") {
        memmem::find(bytes, b"</script")
    } else if starts(b"style") {
        memmem::find(bytes, b"</style")
    } else {
        Some(0)
    };
    let last = last.map_or(&[][..], |at| &bytes[at..]);
    memchr(b'>', last).map_or(&[], |bracket| &last[bracket + 1..])
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_words_are_taken() {
        let html = "<head><title>no</title></head><body class=a><script>var a = 1 < 2;</script>\
                    <!-- no > --><p>one<b>two</b>\n<style>p{}</style>three</p>";
        let text = super::text_sample(html, 100);
        assert_eq!(text.split_whitespace().collect::<Vec<_>>(), ["one", "two", "three"]);
    }

    #[test]
    fn it_ends_in_time_and_breaks_no_character() {
        assert_eq!(
            super::text_sample(&"é".repeat(1000), 11).chars().filter(|c| *c == 'é').count(),
            5
        );
        assert_eq!(super::text_sample(&"<p>".repeat(1_000_000), 8), "");
        for broken in ["<", "<script", "<!--", "", "<body"] {
            assert_eq!(super::text_sample(broken, 8).trim(), "");
        }
    }
}
