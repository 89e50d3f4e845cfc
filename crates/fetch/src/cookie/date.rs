//! The dates of cookies, read as leniently as RFC 6265, section 5.1.1, asks for.

use std::time::{Duration, SystemTime};

const MONTHS: [&[u8]; 12] = [
    b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec",
];

/// Reads a date; one before 1970 is 1970. `None` when it is no date.
pub(super) fn parse(text: &[u8]) -> Option<SystemTime> {
    let (mut clock, mut day, mut month, mut year) = (None, None, None, None);
    for token in text.split(|byte| delimiter(*byte)).filter(|token| !token.is_empty()) {
        if clock.is_none()
            && let Some(found) = clock_of(token)
        {
            clock = Some(found);
        } else if day.is_none()
            && let Some(found) = number(token, 1..=2)
        {
            day = Some(found);
        } else if month.is_none()
            && let Some(found) = month_of(token)
        {
            month = Some(found);
        } else if year.is_none()
            && let Some(found) = number(token, 2..=4)
        {
            year = Some(found);
        }
    }
    let ((hour, minute, second), day, month, year) = (clock?, day?, month?, year?);
    let year = match year {
        70..=99 => year + 1900,
        0..=69 => year + 2000,
        _ => year,
    };
    let valid = (1..=days_in(month, year)).contains(&day)
        && year >= 1601
        && hour <= 23
        && minute <= 59
        && second <= 59;
    if !valid {
        return None;
    }
    let seconds =
        days_since_1970(year, month, day) * 86_400 + i64::from(hour * 3_600 + minute * 60 + second);
    Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.max(0).unsigned_abs()))
}

fn delimiter(byte: u8) -> bool {
    matches!(byte, 0x09 | 0x20..=0x2f | 0x3b..=0x40 | 0x5b..=0x60 | 0x7b..=0x7e)
}

/// Reads the digits at the start, if there are as many as allowed.
fn number(token: &[u8], digits: std::ops::RangeInclusive<usize>) -> Option<u32> {
    let length = token.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !digits.contains(&length) {
        return None;
    }
    std::str::from_utf8(&token[..length]).ok()?.parse().ok()
}

fn clock_of(token: &[u8]) -> Option<(u32, u32, u32)> {
    let mut fields = token.splitn(3, |byte| *byte == b':');
    // Only the last may be followed by something else.
    let mut whole = || fields.next().filter(|field| field.len() <= 2 && !field.is_empty());
    let (hour, minute) = (whole()?, whole()?);
    if !hour.iter().chain(minute).all(u8::is_ascii_digit) {
        return None;
    }
    Some((number(hour, 1..=2)?, number(minute, 1..=2)?, number(fields.next()?, 1..=2)?))
}

fn month_of(token: &[u8]) -> Option<u32> {
    let start = token.get(..3)?;
    let index = MONTHS.iter().position(|month| start.eq_ignore_ascii_case(month))?;
    u32::try_from(index + 1).ok()
}

fn days_in(month: u32, year: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

fn leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

/// Counts days in years that begin in March, so that a leap day is the last of its year.
fn days_since_1970(year: u32, month: u32, day: u32) -> i64 {
    let year = i64::from(year) - i64::from(month <= 2);
    let month = i64::from((month + 9) % 12);
    let before = year * 365 + year / 4 - year / 100 + year / 400;
    before + (month * 153 + 2) / 5 + i64::from(day) - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_dates_of_the_public_table_are_read_as_it_says() {
        let table: Vec<Value> =
            serde_json::from_str(include_str!("../../tests/data/cookies/cookie_dates.json"))
                .unwrap();
        for row in &table {
            let expected =
                row["expected"].as_str().map(|date| httpdate::parse_http_date(date).unwrap());
            assert_eq!(parse(row["test"].as_str().unwrap().as_bytes()), expected, "{row}");
        }
        assert_eq!(table.len(), 15);
    }

    #[test]
    fn days_that_do_not_exist_are_no_dates() {
        for text in ["Mon, 30 Feb 2012 00:00:00", "31 Apr 2012 00:00:00", "1 Jan 2012 24:00:00"] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
        assert!(parse(b"29 Feb 2012 00:00:00").is_some());
        for text in ["1 Jan 1601 00:00:00", "1 Jan 70 00:00:00"] {
            assert_eq!(parse(text.as_bytes()), Some(SystemTime::UNIX_EPOCH), "{text}");
        }
    }
}
