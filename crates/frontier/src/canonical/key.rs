//! The text a URL is known by: what spellings of one page have in common. Never fetched, only hashed.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use crate::canonical::parts::Parts;
use crate::percent::{Plain, normalize};

/// The version of the rules by which two URLs count as one page.
///
/// A store that outlives the process keeps it beside its fingerprints: those made under other rules do
/// not compare.
pub const KEY_RULES: u32 = 1;

/// Shortest value of an ambiguous session parameter that is taken for a session, in hexadecimal digits.
const SESSION_DIGITS: usize = 32;

/// Returns the text whose hash is the URL's fingerprint; borrowed when nothing has to change.
pub(super) fn key<'a>(parts: &Parts<'a>) -> Cow<'a, str> {
    let target = &parts.text[parts.origin.len()..];
    if !parts.escaped
        && let Some(target) = normalize(target.as_bytes(), &Plain::URI)
    {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target.as_str(), None),
        };
        let path = strip_path(path).unwrap_or(Cow::Borrowed(path));
        let query = query.map_or(Cow::Borrowed(""), sort_query);
        return Cow::Owned(join(parts.origin, &path, &query));
    }
    let path = strip_path(parts.path);
    let Some(query) = parts.query else {
        return path
            .map_or(Cow::Borrowed(parts.text), |path| Cow::Owned(join(parts.origin, &path, "")));
    };
    match (path, sort_query(query)) {
        (None, Cow::Borrowed("")) => {
            Cow::Borrowed(&parts.text[..parts.origin.len() + parts.path.len()])
        }
        (None, Cow::Borrowed(_)) => Cow::Borrowed(parts.text),
        (path, query) => {
            let path = path.unwrap_or(Cow::Borrowed(parts.path));
            Cow::Owned(join(parts.origin, &path, &query))
        }
    }
}

fn join(origin: &str, path: &str, query: &str) -> String {
    let mark = if query.is_empty() { "" } else { "?" };
    [origin, path, mark, query].concat()
}

/// Takes session ids out of a path: `;jsessionid=..` behind a segment, and ASP.NET's segment `(S(..))`.
/// `None` means that there is none.
fn strip_path(path: &str) -> Option<Cow<'_, str>> {
    memchr::memchr2(b';', b'(', path.as_bytes())?;
    let mut output = String::with_capacity(path.len());
    for segment in path.split('/').skip(1).filter(|segment| !is_session_segment(segment)) {
        output.push('/');
        let mut parameters = segment.split(';');
        output.push_str(parameters.next().unwrap_or_default());
        for parameter in parameters {
            let name = parameter.split('=').next().unwrap_or_default();
            if !["jsessionid", "phpsessid"].iter().any(|known| name.eq_ignore_ascii_case(known)) {
                output.push(';');
                output.push_str(parameter);
            }
        }
    }
    if output.is_empty() {
        output.push('/');
    }
    (output != path).then_some(Cow::Owned(output))
}

fn is_session_segment(segment: &str) -> bool {
    let id = segment.strip_prefix("(S(").and_then(|rest| rest.strip_suffix("))"));
    id.is_some_and(|id| id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Leaves out what does not choose the page, and orders the rest by name; values of one name stay in
/// their order. Borrowed when the query is so already, or when nothing is left.
fn sort_query(query: &str) -> Cow<'_, str> {
    let mut last = "";
    let mut sorted = true;
    for parameter in query.split('&') {
        let name = name(parameter);
        sorted &= !parameter.is_empty() && name >= last && !is_noise(parameter, name);
        last = name;
    }
    if sorted {
        return Cow::Borrowed(query);
    }
    let mut kept: Vec<_> = query
        .split('&')
        .filter(|parameter| !parameter.is_empty() && !is_noise(parameter, name(parameter)))
        .collect();
    kept.sort_by_key(|parameter| name(parameter));
    if kept.is_empty() { Cow::Borrowed("") } else { Cow::Owned(kept.join("&")) }
}

fn name(parameter: &str) -> &str {
    parameter.split('=').next().unwrap_or_default()
}

/// Tells whether a parameter only says who follows the link, or from where.
fn is_noise(parameter: &str, name: &str) -> bool {
    let Some(first) = name.bytes().next() else { return false };
    let is = |known: &&str| name.eq_ignore_ascii_case(known);
    let starts = |prefix: &str| {
        name.len() > prefix.len()
            && name.as_bytes()[..prefix.len()].eq_ignore_ascii_case(prefix.as_bytes())
    };
    match first.to_ascii_lowercase() {
        b'_' => ["_ga", "_gl", "_hsenc", "_hsmi", "_openstat"].iter().any(is),
        b'a' => starts("aspsessionid"),
        b'c' => ["cftoken", "cfid"].iter().any(is),
        b'd' => is(&"dclid"),
        b'f' => is(&"fbclid"),
        b'g' => ["gclid", "gclsrc", "gbraid"].iter().any(is),
        b'i' => ["igshid", "igsh"].iter().any(is),
        b'j' => is(&"jsessionid"),
        b'l' => is(&"li_fat_id"),
        b'm' => {
            ["msclkid", "mc_cid", "mc_eid", "mkt_tok"].iter().any(is)
                || (starts("mtm_") && MATOMO.iter().any(|known| is(&&known[..])))
        }
        b'o' => ["oly_anon_id", "oly_enc_id", "oscsid"].iter().any(is),
        b'p' => is(&"phpsessid") || (starts("pk_") && PIWIK.iter().any(is)),
        b's' => {
            is(&"srsltid")
                || (["sid", "sessionid", "session_id"].iter().any(is) && is_session(parameter))
        }
        b't' => ["ttclid", "twclid"].iter().any(is),
        b'u' => starts("utm_"),
        b'v' => is(&"vero_id"),
        b'w' => is(&"wbraid"),
        b'y' => is(&"yclid"),
        b'z' => is(&"zenid"),
        _ => false,
    }
}

/// Campaign parameters of Matomo, under its new name and its old one.
const MATOMO: [&str; 7] = [
    "mtm_campaign",
    "mtm_keyword",
    "mtm_source",
    "mtm_medium",
    "mtm_content",
    "mtm_cid",
    "mtm_group",
];
const PIWIK: [&str; 6] =
    ["pk_campaign", "pk_keyword", "pk_kwd", "pk_source", "pk_medium", "pk_content"];

/// A name that may mean something else counts only with a value that can be nothing but a session.
fn is_session(parameter: &str) -> bool {
    let value = parameter.split_once('=').map_or("", |(_, value)| value);
    value.len() >= SESSION_DIGITS && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}
