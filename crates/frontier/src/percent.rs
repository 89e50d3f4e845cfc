//! Percent-encoding in one normal form (RFC 3986 section 6.2.2), for canonical URLs and for robots.txt paths.

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// A set of bytes that stand for themselves; every other byte is written as `%XX`.
///
/// No set holds a byte outside ASCII, so that what is normalised is always ASCII.
pub(crate) struct Plain([bool; 128]);

impl Plain {
    /// Every ASCII byte: for a URL that a parser has encoded already.
    pub(crate) const ASCII: Self = Self([true; 128]);

    /// What RFC 3986 allows in a path or query: unreserved and reserved characters.
    pub(crate) const URI: Self = {
        let mut set = [false; 128];
        let mut byte = 0;
        while byte < 128 {
            // The escape sign itself is judged where it stands, with the two bytes after it.
            set[byte] = unreserved(byte as u8)
                || matches!(
                    byte as u8,
                    b':' | b'/'
                        | b'?'
                        | b'#'
                        | b'['
                        | b']'
                        | b'@'
                        | b'!'
                        | b'$'
                        | b'&'
                        | b'\''
                        | b'('
                        | b')'
                        | b'*'
                        | b'+'
                        | b','
                        | b';'
                        | b'='
                        | b'%'
                );
            byte += 1;
        }
        Self(set)
    };

    /// This set without one byte.
    pub(crate) const fn without(mut self, byte: u8) -> Self {
        self.0[byte as usize] = false;
        self
    }

    fn contains(&self, byte: u8) -> bool {
        self.0.get(usize::from(byte)).copied().unwrap_or(false)
    }
}

/// Rewrites `text` to its normal form, or answers `None` when it has that form already.
///
/// Hexadecimal digits become upper case, escaped unreserved characters become plain, and bytes
/// outside `plain` are escaped. Doing it twice gives the same as doing it once. A `%` that starts
/// no escape stays as it is.
pub(crate) fn normalize(text: &[u8], plain: &Plain) -> Option<String> {
    if text.iter().all(|&byte| byte != b'%' && plain.contains(byte)) {
        return None;
    }
    let mut output = String::with_capacity(text.len() + 16);
    // Where a new escape could begin by accident: just behind the last `%` that starts none.
    let mut stray = None;
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'%' {
            push(&mut output, byte, plain);
            continue;
        }
        let Some(value) = escaped(tail) else {
            stray = Some(output.len());
            output.push('%');
            continue;
        };
        rest = &tail[2..];
        // `%4%31` must not turn into `%41`, which would mean something else.
        let completes_stray = stray.is_some_and(|start| output.len() - start <= 2);
        if unreserved(value) && !completes_stray {
            output.push(char::from(value));
        } else {
            push_escaped(&mut output, value);
        }
    }
    (output.as_bytes() != text).then_some(output)
}

fn push(output: &mut String, byte: u8, plain: &Plain) {
    if plain.contains(byte) {
        output.push(char::from(byte));
    } else {
        push_escaped(output, byte);
    }
}

fn push_escaped(output: &mut String, byte: u8) {
    output.push('%');
    output.push(char::from(HEX[usize::from(byte >> 4)]));
    output.push(char::from(HEX[usize::from(byte & 15)]));
}

/// The byte that two hexadecimal digits at the start of `tail` stand for.
fn escaped(tail: &[u8]) -> Option<u8> {
    let digit = |index: usize| tail.get(index).and_then(|&byte| char::from(byte).to_digit(16));
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

/// RFC 3986 section 2.3.
pub(crate) const fn unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop, prop_assert_eq, proptest};

    use super::{Plain, normalize};

    fn uri(text: &str) -> String {
        normalize(text.as_bytes(), &Plain::URI).unwrap_or_else(|| text.to_owned())
    }

    #[test]
    fn unreserved_is_plain_and_the_rest_is_upper_case() {
        assert_eq!(uri("/%7euser/%61%2fb%e3?x=%5F"), "/~user/a%2Fb%E3?x=_");
        assert_eq!(uri("/a b|c<ä"), "/a%20b%7Cc%3C%C3%A4");
    }

    #[test]
    fn normal_text_is_not_copied() {
        assert_eq!(normalize(b"/a/b?c=d&e=%2F", &Plain::URI), None);
        assert_eq!(normalize(b"/a|b", &Plain::ASCII), None);
    }

    #[test]
    fn decoding_never_completes_a_broken_escape() {
        assert_eq!(uri("%4%31"), "%4%31");
        assert_eq!(uri("%%34%31"), "%%341");
        assert_eq!(uri("100%"), "100%");
        assert_eq!(uri("%zz%61"), "%zza");
    }

    proptest! {
        #[test]
        fn normalising_twice_is_normalising_once(text in "[%0-9a-f/*$|é]{0,24}") {
            for plain in [Plain::ASCII, Plain::URI, Plain::URI.without(b'*').without(b'$')] {
                let once = normalize(text.as_bytes(), &plain).unwrap_or_else(|| text.clone());
                prop_assert_eq!(normalize(once.as_bytes(), &plain), None, "{}", once);
            }
        }

        #[test]
        fn any_bytes_become_ascii(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Some(text) = normalize(&bytes, &Plain::URI) {
                prop_assert_eq!(text.is_ascii(), true);
            }
        }
    }
}
