//! The `content` of `<meta http-equiv=refresh>` (HTML Standard, "shared declarative refresh
//! steps"). Finds the target only; the delay is stepped over.

/// Returns the target of a refresh, nothing if there is none or it is the page itself.
pub(crate) fn target(content: &str) -> Option<&str> {
    let time = content.trim_ascii_start();
    if !time.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    let whole = time.trim_start_matches(|digit: char| digit.is_ascii_digit());
    let rest = whole.trim_start_matches(|digit: char| digit.is_ascii_digit() || digit == '.');
    let separator = |first: char| matches!(first, ';' | ',') || first.is_ascii_whitespace();
    if !rest.starts_with(separator) {
        return None;
    }
    let rest = rest.trim_ascii_start();
    let rest = rest.strip_prefix([';', ',']).unwrap_or(rest).trim_ascii_start();
    let url = unquote(without_name(rest)).trim_ascii();
    (!url.is_empty()).then_some(url)
}

/// Cuts off a leading `url =`. Text that only begins like it is the target itself.
fn without_name(text: &str) -> &str {
    let Some(name) = text.get(..3).filter(|name| name.eq_ignore_ascii_case("url")) else {
        return text;
    };
    let value = text[name.len()..].trim_ascii_start().strip_prefix('=');
    value.map_or(text, str::trim_ascii_start)
}

fn unquote(text: &str) -> &str {
    let Some(quote) = text.chars().next().filter(|first| matches!(first, '"' | '\'')) else {
        return text;
    };
    let value = &text[quote.len_utf8()..];
    value.split(quote).next().unwrap_or(value)
}
