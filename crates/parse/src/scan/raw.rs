//! Elements whose content is text: where their end tag is (HTML Standard, section 13.2.5.2 and on).

use memchr::{memchr, memchr2};

use super::index::Index;
use super::tag::{is_space, skip};

/// Returns where the content that begins at `at` ends, and the place behind the end tag of `name`. Without
/// an end tag everything is content.
pub(super) fn after_end_tag(index: &mut Index<'_>, at: usize, name: &[u8]) -> (usize, usize) {
    let bytes = index.bytes;
    let mut from = at;
    while let Some(offset) = memchr(b'<', &bytes[from..]) {
        let open = from + offset;
        if is_end_tag(bytes, open, name) {
            let end = skip(index, open + 2 + name.len()).place();
            return (open, end.unwrap_or(bytes.len()));
        }
        from = open + 1;
    }
    (bytes.len(), bytes.len())
}

/// Returns the place behind the end tag of the script whose content begins at `at`.
///
/// Within `<!-- ..` a `<script` hides the next `</script>`, as pages for very old browsers need it.
pub(super) fn after_script(index: &mut Index<'_>, at: usize) -> usize {
    let bytes = index.bytes;
    let mut state = Script::Plain;
    let mut from = at;
    while let Some(offset) = next_of_interest(bytes, from, state) {
        let place = from + offset;
        let rest = &bytes[place..];
        from = place + 1;
        if rest[0] == b'-' {
            if rest.starts_with(b"-->") {
                state = Script::Plain;
                from = place + 3;
            }
        } else if is_end_tag(bytes, place, b"script") {
            if state == Script::Hidden {
                state = Script::Comment;
                continue;
            }
            let end = skip(index, place + 2 + "script".len()).place();
            return end.unwrap_or(bytes.len());
        } else if state == Script::Plain && rest.starts_with(b"<!--") {
            state = Script::Comment;
            // The dashes may already be those of `-->`.
            from = place + 2;
        } else if state == Script::Comment && is_tag(bytes, place + 1, b"script") {
            state = Script::Hidden;
        }
    }
    bytes.len()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Plain,
    /// Behind `<!--`.
    Comment,
    /// Behind `<!-- .. <script`.
    Hidden,
}

fn next_of_interest(bytes: &[u8], from: usize, state: Script) -> Option<usize> {
    match state {
        Script::Plain => memchr(b'<', &bytes[from..]),
        Script::Comment | Script::Hidden => memchr2(b'<', b'-', &bytes[from..]),
    }
}

/// Tells whether `</name` and an end of the name stand at `open`.
fn is_end_tag(bytes: &[u8], open: usize, name: &[u8]) -> bool {
    bytes.get(open + 1) == Some(&b'/') && is_tag(bytes, open + 2, name)
}

fn is_tag(bytes: &[u8], at: usize, name: &[u8]) -> bool {
    let end = at + name.len();
    bytes.get(at..end).is_some_and(|found| found.eq_ignore_ascii_case(name))
        && bytes.get(end).is_some_and(|byte| is_space(*byte) || matches!(byte, b'/' | b'>'))
}
