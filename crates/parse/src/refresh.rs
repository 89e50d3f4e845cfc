//! The `content` of `<meta http-equiv=refresh>` (HTML Standard, "shared declarative refresh
//! steps").

/// Returns the delay in whole seconds and the target of a refresh, which is empty where it is the page
/// itself; nothing if it is no refresh.
pub(crate) fn parse(content: &str) -> Option<(u64, &str)> {
    let time = content.trim_ascii_start();
    if !time.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    let whole = time.trim_start_matches(|digit: char| digit.is_ascii_digit());
    let delay = time[..time.len() - whole.len()].bytes().fold(0_u64, |delay, digit| {
        delay.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
    });
    let rest = whole.trim_start_matches(|digit: char| digit.is_ascii_digit() || digit == '.');
    if rest.is_empty() {
        return Some((delay, ""));
    }
    let separator = |first: char| matches!(first, ';' | ',') || first.is_ascii_whitespace();
    if !rest.starts_with(separator) {
        return None;
    }
    let rest = rest.trim_ascii_start();
    let rest = rest.strip_prefix([';', ',']).unwrap_or(rest).trim_ascii_start();
    Some((delay, unquote(without_name(rest)).trim_ascii()))
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
