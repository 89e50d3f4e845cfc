//! Dates in URLs, as calendars and archives write them. Pure.

use std::time::Duration;

use crate::canonical::Parts;

/// Years that are taken for a date's.
const YEARS: std::ops::RangeInclusive<u32> = 1900..=2199;
/// Pages from before the web are archives at best.
const EARLIEST: Date = Date { year: 1990, month: 1, day: 1 };

/// A day, or a month when `day` is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Date {
    pub(super) year: u32,
    pub(super) month: u32,
    pub(super) day: u32,
}

/// What the numbers of a URL are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dating {
    /// There is nothing like a date.
    Absent,
    /// They stand like those of a date, but are none.
    Numbers,
    Date(Date),
}

impl Date {
    /// Returns the date a year after an instant, given as time since 1970.
    pub(super) fn year_after(since_epoch: Duration) -> Self {
        // The days of 400 years repeat, so that counting in such cycles is exact (proleptic Gregorian).
        let days = since_epoch.as_secs() / 86_400 + 719_468;
        let (cycle, day) = (days / 146_097, days % 146_097);
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day_of_year = day - (365 * year + year / 4 - year / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = cycle * 400 + year + u64::from(month <= 2) + 1;
        let narrow = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        Self { year: narrow(year), month: narrow(month), day: narrow(day) }
    }

    /// Tells whether a site of today would hardly have pages of this date.
    pub(super) fn is_remote(self, latest: Self) -> bool {
        self < EARLIEST || self > latest
    }

    pub(super) fn bits(self) -> u64 {
        u64::from(self.year) << 16 | u64::from(self.month) << 8 | u64::from(self.day)
    }

    fn new(year: u32, month: u32, day: u32) -> Option<Self> {
        let valid = YEARS.contains(&year) && (1..=12).contains(&month) && day <= 31;
        valid.then_some(Self { year, month, day })
    }
}

/// Finds the date in a URL.
pub(super) fn find(url: &Parts<'_>) -> Dating {
    if let Some(date) = named(url) {
        return Dating::Date(date);
    }
    let in_path = scan(url.path);
    match url.query {
        Some(query) if !matches!(in_path, Dating::Date(_)) => match scan(query) {
            Dating::Absent => in_path,
            found => found,
        },
        _ => in_path,
    }
}

/// Reads `year=2026&month=11&day=22`, in any order.
fn named(url: &Parts<'_>) -> Option<Date> {
    url.query?;
    let value = |names: &[&str]| {
        url.parameters().find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            names.contains(&name).then(|| value.parse().ok())?
        })
    };
    let year = value(&["year", "yr", "y"])?;
    Date::new(year, value(&["month", "mon", "mo", "m"])?, value(&["day", "d"]).unwrap_or(0))
}

/// Reads `2026/11/22`, `2026-11` or `20261122`.
fn scan(text: &str) -> Dating {
    let bytes = text.as_bytes();
    let mut found = Dating::Absent;
    let mut start = 0;
    while let Some(offset) = bytes[start..].iter().position(u8::is_ascii_digit) {
        start += offset;
        let end = digits_end(bytes, start);
        match end - start {
            8 => {
                let number = |from: usize, to: usize| number(&bytes[start + from..start + to]);
                match Date::new(number(0, 4), number(4, 6), number(6, 8)) {
                    Some(date) if date.day > 0 => return Dating::Date(date),
                    _ => found = Dating::Numbers,
                }
            }
            length => {
                let Some((month, next)) = following(bytes, end) else {
                    start = end;
                    continue;
                };
                let day = following(bytes, next).filter(|(_, after)| after - next <= 3);
                let day = day.map_or(0, |(day, _)| day);
                let short = next - end <= 3;
                match Date::new(number(&bytes[start..end]), month, day) {
                    Some(date) if length == 4 && short => return Dating::Date(date),
                    _ => found = Dating::Numbers,
                }
            }
        }
        start = end;
    }
    found
}

/// The number behind a separator at `at`, and where it ends.
fn following(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    if !matches!(bytes.get(at)?, b'-' | b'/' | b'_' | b'.') {
        return None;
    }
    let end = digits_end(bytes, at + 1);
    (end > at + 1).then(|| (number(&bytes[at + 1..end]), end))
}

fn digits_end(bytes: &[u8], start: usize) -> usize {
    let length = bytes[start..].iter().position(|byte| !byte.is_ascii_digit());
    length.map_or(bytes.len(), |length| start + length)
}

/// Reads digits; more than fit are no date whatever they are.
fn number(digits: &[u8]) -> u32 {
    digits
        .iter()
        .fold(0, |sum: u32, digit| sum.saturating_mul(10).saturating_add(u32::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dated(url: &str) -> Dating {
        find(&Parts::plain(url).unwrap())
    }

    #[test]
    fn dates_are_read_as_sites_write_them() {
        for (url, year, month, day) in [
            ("http://a.example/2026/11/22/", 2026, 11, 22),
            ("http://a.example/cal/2026-11", 2026, 11, 0),
            ("http://a.example/day-20310105.html", 2031, 1, 5),
            ("http://a.example/cal?date=1987-06-05", 1987, 6, 5),
            ("http://a.example/cal?month=2&year=2031", 2031, 2, 0),
        ] {
            assert_eq!(dated(url), Dating::Date(Date { year, month, day }), "{url}");
        }
    }

    #[test]
    fn other_numbers_are_told_from_dates() {
        for url in ["http://a.example/4821/37", "http://a.example/7/99", "http://a.example/1.84.0/"]
        {
            assert_eq!(dated(url), Dating::Numbers, "{url}");
        }
        for url in ["http://a.example/item/2026", "http://a.example/a?page=7&size=9"] {
            assert_eq!(dated(url), Dating::Absent, "{url}");
        }
    }

    #[test]
    fn a_year_ahead_is_counted_from_the_instant_given() {
        let days = |count: u64| Date::year_after(Duration::from_secs(count * 86_400));
        assert_eq!(days(0), Date { year: 1971, month: 1, day: 1 });
        assert_eq!(days(20_779), Date { year: 2027, month: 11, day: 22 });
        assert_eq!(days(11_016), Date { year: 2001, month: 2, day: 29 });
    }
}
