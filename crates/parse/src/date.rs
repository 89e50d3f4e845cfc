//! A date as a site writes it, and the instant it means. Knows the forms of sitemaps, feeds and
//! robots signals; does not know what time it is.

use std::time::SystemTime;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::tz::TimeZone;

/// The longest text that is read as a date, in bytes; the rest of a longer one is dropped.
const MAX_LENGTH: usize = 128;

/// A date as it was written, and the instant it means where it is one of the known forms.
///
/// Read are W3C dates (the W3C note on date and time formats, RFC 3339) from a year alone to a
/// fraction of a second, and mail dates (RFC 2822 and the older RFC 822 and RFC 850) with or
/// without weekday. What is missing is the start of the year, month or day, and a missing time
/// zone is UTC.
///
/// # Examples
///
/// ```
/// use dragline_parse::Date;
///
/// let date = Date::read(" 2026-01-02 ");
/// assert_eq!(date.text(), "2026-01-02");
/// assert_eq!(date.time(), Date::read("Fri, 02 Jan 2026 00:00:00 GMT").time());
/// assert_eq!(Date::read("yesterday").time(), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Date {
    text: String,
    time: Option<SystemTime>,
}

impl Date {
    /// Reads a date. Never fails; of text longer than 128 bytes only the beginning is kept.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let text = text.trim();
        let end = (0..=MAX_LENGTH.min(text.len())).rev().find(|&end| text.is_char_boundary(end));
        let text = &text[..end.unwrap_or(0)];
        Self { text: text.to_owned(), time: time(text).map(SystemTime::from) }
    }

    /// Returns the text as it was written, trimmed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the instant, or nothing if the text is in no known form.
    #[must_use]
    pub fn time(&self) -> Option<SystemTime> {
        self.time
    }
}

fn time(text: &str) -> Option<Timestamp> {
    if text.bytes().take(5).filter(u8::is_ascii_digit).count() >= 4 {
        w3c(text)
    } else {
        mail(text)
    }
}

fn w3c(text: &str) -> Option<Timestamp> {
    if let Ok(timestamp) = text.parse() {
        return Some(timestamp);
    }
    let whole = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.to_owned(),
    };
    let local: DateTime = whole.parse().ok()?;
    Some(local.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

fn mail(text: &str) -> Option<Timestamp> {
    // The weekday says nothing the date does not, and is often misspelt.
    let text = match text.split_once(',') {
        Some((weekday, date)) if weekday.bytes().all(|byte| byte.is_ascii_alphabetic()) => date,
        _ => text,
    };
    let mut words: Vec<String> = text.split_ascii_whitespace().map(str::to_owned).collect();
    let first = words.first_mut()?;
    if first.matches('-').count() == 2 {
        // RFC 850 has dashes within its date.
        *first = first.replace('-', " ");
    }
    if words.last().is_some_and(|zone| zone == "UTC" || zone == "Z") {
        words.pop();
        words.push("GMT".to_owned());
    }
    if !words.iter().any(|word| word.contains(':')) {
        words.push("00:00".to_owned());
    }
    if words.last().is_some_and(|word| word.contains(':')) {
        words.push("GMT".to_owned());
    }
    DateTimeParser::new().relaxed_weekday(true).parse_timestamp(words.join(" ")).ok()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use proptest::prelude::*;

    use super::Date;

    fn seconds(text: &str) -> Option<u64> {
        let since = Date::read(text).time()?.duration_since(UNIX_EPOCH);
        Some(since.unwrap_or(Duration::MAX).as_secs())
    }

    #[test]
    fn w3c_dates_of_every_length_are_read() {
        assert_eq!(seconds("2026"), Some(1_767_225_600));
        assert_eq!(seconds("2026-02"), Some(1_769_904_000));
        assert_eq!(seconds("2026-02-03"), Some(1_770_076_800));
        assert_eq!(seconds("2026-02-03T04:05Z"), Some(1_770_091_500));
        assert_eq!(seconds("2026-02-03T04:05+01:00"), Some(1_770_087_900));
        assert_eq!(seconds("2026-02-03T04:05:06-01:00"), Some(1_770_095_106));
        assert_eq!(seconds("2026-02-03T04:05:06.789Z"), Some(1_770_091_506));
        assert_eq!(seconds("2026-02-03T04:05:06"), Some(1_770_091_506));
        assert_eq!(seconds("2026-02-03 04:05:06"), Some(1_770_091_506));
    }

    #[test]
    fn mail_dates_are_read() {
        for text in [
            "Tue, 03 Feb 2026 04:05:06 GMT",
            "Tue, 3 Feb 2026 04:05:06 +0000",
            "03 Feb 2026 04:05:06 UTC",
            "Mon, 03 Feb 2026 04:05:06",
            "Tuesday, 03-Feb-26 04:05:06 GMT",
            "2 Feb 2026 23:05:06 EST",
            "02-Feb-2026 20:05:06 PST",
        ] {
            assert_eq!(seconds(text), Some(1_770_091_506), "{text}");
        }
        assert_eq!(seconds("3 Feb 2026"), Some(1_770_076_800));
    }

    #[test]
    fn what_is_no_date_keeps_its_text() {
        for text in ["", "soon", "2026-13-01", "31 Feb 2026 00:00:00 GMT", "20260", ",", "é"] {
            assert_eq!(Date::read(text).time(), None, "{text}");
            assert_eq!(Date::read(text).text(), text);
        }
        assert_eq!(Date::read(&"é".repeat(1_000)).text().len(), 128);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "([0-9]{1,5}|[-:T,+Z. ]|Jan|GMT|\\PC){0,24}") {
            prop_assert!(Date::read(&text).text().len() <= 128);
        }
    }
}
