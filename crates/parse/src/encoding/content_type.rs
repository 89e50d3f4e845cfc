//! The charset parameter of a Content-Type value (MIME Sniffing Standard, section 4.4). Not a
//! general MIME type parser: everything but the charset is only stepped over.

/// Returns the value of the first valid charset parameter, or nothing if `value` is not a MIME
/// type or has none.
pub(super) fn charset(value: &str) -> Option<String> {
    let (essence, mut rest) = split(value);
    let (kind, subtype) = essence.split_once('/')?;
    if !token(kind.trim_start_matches(whitespace)) || !token(subtype.trim_end_matches(whitespace)) {
        return None;
    }
    while let Some(parameters) = rest {
        let parameters = parameters.trim_start_matches(whitespace);
        let end = parameters.find([';', '=']).unwrap_or(parameters.len());
        let (name, after) = parameters.split_at(end);
        let Some(after) = after.strip_prefix('=') else {
            rest = split(parameters).1;
            continue;
        };
        let value = match after.strip_prefix('"') {
            Some(quoted) => {
                let (value, after) = unquote(quoted);
                rest = split(after).1;
                value
            }
            None => {
                let (value, after) = split(after);
                rest = after;
                value.trim_end_matches(whitespace).to_owned()
            }
        };
        if name.eq_ignore_ascii_case("charset") && !value.is_empty() && value.chars().all(quotable)
        {
            return Some(value);
        }
    }
    None
}

/// Splits at the first semicolon, which is left out.
fn split(text: &str) -> (&str, Option<&str>) {
    match text.split_once(';') {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

/// Reads a quoted string whose opening quote is already behind, and what follows its end.
fn unquote(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => value.push(characters.next().unwrap_or('\\')),
            _ => value.push(character),
        }
    }
    (value, characters.as_str())
}

fn whitespace(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

fn token(text: &str) -> bool {
    let mark = |byte| b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || mark(byte))
}

fn quotable(character: char) -> bool {
    matches!(character, '\t' | ' '..='~' | '\u{80}'..)
}
