//! One frame of the live display: lines for a snapshot and a width. Pure.

use std::time::Duration;

use dragline::{Ended, HostTimes, Phase, Snapshot, Waits};

use crate::progress::pace::Pace;
use crate::stdout::harmless;

/// Columns of the bar.
const BAR: usize = 20;
/// The most columns for the name of a host.
const NAME: usize = 44;
/// Columns that the numbers of a host take.
const NUMBERS: usize = 46;
/// Codes of errors that are shown, at most.
const CODES: usize = 6;

/// Writes the bar and what stands below it, each line no wider than `width` columns.
pub(super) fn lines(snapshot: &Snapshot, pace: &Pace, width: usize) -> Vec<String> {
    let stats = &snapshot.stats;
    let mut lines = vec![
        head(snapshot, pace),
        format!(
            "{} done, {} waiting, {} in flight, {} skipped{}",
            count(stats.done),
            count(stats.waiting),
            snapshot.in_flight,
            count(stats.skipped),
            if stats.cached > 0 {
                format!(", {} from cache", count(stats.cached))
            } else {
                String::new()
            },
        ),
    ];
    lines.push(match (snapshot.phase, pace.left(snapshot)) {
        (Phase::Paused, _) => "paused".to_owned(),
        (Phase::Ending(ended), _) => ending(ended).to_owned(),
        (Phase::Running, Some(left)) => {
            format!("running for {}, some {} left", time(stats.elapsed), time(left))
        }
        (Phase::Running, None) => format!("running for {}", time(stats.elapsed)),
    });
    if !stats.errors.is_empty() {
        let mut errors: Vec<_> = stats.errors.iter().collect();
        errors.sort_by_key(|(code, many)| (std::cmp::Reverse(**many), (*code).clone()));
        let shown =
            errors.iter().take(CODES).map(|(code, many)| format!("{code} {}", count(**many)));
        let shown: Vec<_> = shown.collect();
        let rest = if errors.len() > CODES { ", .." } else { "" };
        lines.push(format!("errors: {}{rest}", shown.join(", ")));
    }
    let names = snapshot.hosts.iter().map(|times| host(&times.host).chars().count()).max();
    let column = names.unwrap_or_default().min(NAME).min(width.saturating_sub(NUMBERS).max(14));
    for times in &snapshot.hosts {
        let name = short(&host(&times.host), column);
        lines.push(format!(
            "{name:column$} {:>7} done {:>7} left  {}",
            count(times.ended),
            count(times.waiting),
            waits(times)
        ));
    }
    lines.into_iter().map(|line| cut(line.trim_end(), width)).collect()
}

/// Writes the bar, over what is known or the limit of pages, and the speed.
fn head(snapshot: &Snapshot, pace: &Pace) -> String {
    let (done, all) = pace.pages(&snapshot.stats);
    let filled = (done * BAR as u64).checked_div(all).unwrap_or_default().min(BAR as u64) as usize;
    let percent = (done * 100).checked_div(all).unwrap_or_default().min(100);
    let rate = pace.rate();
    let digits = usize::from(rate < 100.0);
    let (full, rest) = ("#".repeat(filled), "-".repeat(BAR - filled));
    let size = bytes(snapshot.stats.bytes);
    format!("[{full}{rest}] {percent:>3}%  {rate:.digits$} pages/s, {size}")
}

fn ending(ended: Ended) -> &'static str {
    match ended {
        Ended::MaxPages => "page limit reached, finishing what is in flight",
        Ended::Health => "stopping for extraction health, finishing what is in flight",
        Ended::MaxTime => "time limit reached, finishing what is in flight",
        _ => "stopping, finishing what is in flight; once more cuts it off",
    }
}

/// Writes what a host waits for, and how long still.
pub(super) fn waits(times: &HostTimes) -> String {
    let what = match times.waits {
        Waits::Nothing => return String::new(),
        Waits::Place => "free place",
        waits => waits.name(),
    };
    match times.left {
        Some(left) => format!("{what} {}", briefly(left)),
        None => what.to_owned(),
    }
}

/// Writes the name of a host without the port that its scheme has anyway, and without http.
pub(super) fn host(key: &str) -> String {
    let name = match key.split_once("://") {
        Some(("https", rest)) => rest.strip_suffix(":443").unwrap_or(rest),
        Some(("http", rest)) => rest.strip_suffix(":80").map_or(rest, |name| name),
        _ => key,
    };
    harmless(name)
}

/// Writes a time as people read it, in its two largest units at most.
pub(super) fn time(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        10..120 => format!("{seconds} s"),
        120..7200 => format!("{} min {} s", seconds / 60, seconds % 60),
        7200..172_800 => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// Writes a time in its largest unit, rounded up.
fn briefly(left: Duration) -> String {
    let seconds = left.as_secs();
    match seconds {
        0..120 => time(left),
        120..7200 => format!("{} min", seconds.div_ceil(60)),
        7200..172_800 => format!("{} h", seconds.div_ceil(3600)),
        _ => format!("{} days", seconds.div_ceil(86_400)),
    }
}

/// Writes a number with its thousands apart.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Writes bytes with the unit people read.
pub(super) fn bytes(bytes: u64) -> String {
    bytesize::ByteSize(bytes).display().iec().to_string()
}

/// Shortens a name from its front, since the end says more of a host.
fn short(name: &str, width: usize) -> String {
    let long = name.chars().count();
    if long <= width {
        return name.to_owned();
    }
    let end: String = name.chars().skip(long + 2 - width.max(2)).collect();
    format!("..{end}")
}

/// Cuts a line to a width. All that is shown is a column wide, names of hosts included, which are ASCII.
fn cut(line: &str, width: usize) -> String {
    line.chars().take(width).collect()
}
