//! The chunked transfer coding (RFC 9112 section 7.1), which many archives keep in their answers.

/// Undoes the coding; of a body that is cut, what is there. `None` for one that is not coded at all, since some tools
/// undo the coding and keep the header.
pub(crate) fn undo(mut coded: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    let mut first = true;
    loop {
        let end = coded.iter().position(|byte| *byte == b'\n');
        let Some(size) = end.and_then(|end| size(&coded[..end])) else {
            return (!first).then_some(body);
        };
        let Some(end) = end else { return Some(body) };
        first = false;
        if size == 0 {
            return Some(body);
        }
        coded = &coded[end + 1..];
        let there = size.min(coded.len());
        body.extend_from_slice(&coded[..there]);
        coded = &coded[there..];
        coded = coded.strip_prefix(b"\r\n").or(coded.strip_prefix(b"\n")).unwrap_or(coded);
    }
}

/// Reads the size in front of a chunk.
fn size(line: &[u8]) -> Option<usize> {
    let digits = line.split(|byte| *byte == b';').next()?.trim_ascii();
    usize::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined_as_far_as_they_go() {
        let cases: [(&[u8], Option<&[u8]>); 7] = [
            (b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n", Some(b"abcde")),
            (b"0\r\n\r\n", Some(b"")),
            (b"3\r\nabc\r\n9\r\nde", Some(b"abcde")),
            (b"3\r\nabc\r\n", Some(b"abc")),
            (b"<html>\n", None),
            (b"", None),
            (b"ffffffffffffffff\r\nab", Some(b"ab")),
        ];
        for (coded, body) in cases {
            assert_eq!(undo(coded).as_deref(), body, "{}", coded.escape_ascii());
        }
    }
}
