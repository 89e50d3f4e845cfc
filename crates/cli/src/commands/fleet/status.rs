//! `dragline fleet status`: as tables for people, and as an object for scripts.

use std::fmt::Write;
use std::time::Duration;

use anyhow::Error;
use dragline_redis::{Address, Crew, HostRow, Run, Survey};
use serde::Serialize;

use super::hosts::shown;
use super::limited;
use crate::stdout::harmless;

/// Writes it for people.
pub(super) fn text(address: &Address, survey: &Survey) -> String {
    let mut text = String::new();
    let status = survey.status;
    let counts = status.counts;
    let _ = writeln!(text, "{} {}, {:.1} pages/s", address.name(), run(survey), rate(survey));
    let _ = writeln!(
        text,
        "discovered {} = done {} + failed {} + skipped {} + waiting {}",
        counts.discovered, counts.done, counts.failed, counts.skipped, counts.waiting
    );
    let part = match survey.looked_at < status.held + status.free {
        true => format!(", of {} hosts looked at", survey.looked_at),
        false => String::new(),
    };
    let _ = writeln!(
        text,
        "waiting: {} at hosts that are held, {} at others{part}",
        survey.waiting_held, survey.waiting_free
    );
    let _ = writeln!(
        text,
        "hosts: {} held ({} past their lease), {} free ({} due)",
        status.held, status.expired, status.free, status.due
    );
    let rows = survey.workers.iter().map(|crew| {
        let Crew { name, joined, seen, hosts, ended, rate, .. } = crew;
        let ago = format!("{} ago", time(*seen));
        [
            name.clone(),
            ago,
            time(*joined),
            hosts.to_string(),
            format!("{rate:.1}"),
            ended.to_string(),
        ]
    });
    table(&mut text, ["worker", "seen", "up", "hosts", "pages/s", "pages"], rows.collect());
    table(&mut text, ["longest queues", "waiting", "held by"], queues(&survey.longest));
    let stuck = survey.stuck.iter().map(|row| {
        [shown(&row.host).to_owned(), time(row.over), row.held_by.clone().unwrap_or_default()]
    });
    table(&mut text, ["stuck leases", "over for", "held by"], stuck.collect());
    let limits =
        survey.limits.iter().map(|(host, limit)| [shown(host).to_owned(), limited(*limit)]);
    table(&mut text, ["limited", "to"], limits.collect());
    text
}

/// Says whether it runs, and whether all workers have done what they were told: they keep a host while a page of it is in
/// flight. Whoever holds a lease that is over sends nothing more.
fn run(survey: &Survey) -> String {
    let told = match survey.run {
        Run::Go => return "runs".to_owned(),
        Run::Pause => "paused",
        Run::Stop => "stopped",
    };
    match survey.status.held.saturating_sub(survey.status.expired) {
        0 => format!("is {told}, no page is in flight"),
        1 => format!("is being {told}, 1 host is still held"),
        hosts => format!("is being {told}, {hosts} hosts are still held"),
    }
}

fn queues(rows: &[HostRow]) -> Vec<[String; 3]> {
    let row = |row: &HostRow| {
        let holder = match &row.held_by {
            Some(holder) => holder.clone(),
            None if row.left.is_zero() => "nobody, due".to_owned(),
            None => format!("nobody, due in {}", time(row.left)),
        };
        [shown(&row.host).to_owned(), row.waiting.to_string(), holder]
    };
    rows.iter().map(row).collect()
}

/// Writes a table, unless it is empty: the first column and texts to the left, numbers to the right.
fn table<const N: usize>(text: &mut String, head: [&str; N], rows: Vec<[String; N]>) {
    if rows.is_empty() {
        return;
    }
    let rows: Vec<[String; N]> =
        rows.into_iter().map(|row| row.map(|cell| harmless(&cell))).collect();
    let is_number = |at: usize| rows.iter().all(|row| row[at].parse::<f64>().is_ok());
    let width = |at: usize| {
        let cells = rows.iter().map(|row| row[at].chars().count());
        cells.chain([head[at].chars().count()]).max().unwrap_or_default()
    };
    let heads = head.map(str::to_owned);
    text.push('\n');
    for row in std::iter::once(&heads).chain(&rows) {
        let mut line = String::new();
        for (at, cell) in row.iter().enumerate() {
            let width = width(at);
            let _ = match is_number(at) {
                true => write!(line, "{cell:>width$}  "),
                false => write!(line, "{cell:width$}  "),
            };
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

/// Writes a time to the second, in its two largest units.
fn time(time: Duration) -> String {
    let text = humantime::format_duration(Duration::from_secs(time.as_secs())).to_string();
    text.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

fn rate(survey: &Survey) -> f64 {
    survey.workers.iter().map(|crew| crew.rate).sum()
}

#[derive(Serialize)]
struct Object<'a> {
    name: &'a str,
    run: &'static str,
    discovered: u64,
    done: u64,
    failed: u64,
    skipped: u64,
    waiting: u64,
    waiting_held: u64,
    waiting_free: u64,
    hosts_held: u64,
    hosts_expired: u64,
    hosts_free: u64,
    hosts_due: u64,
    hosts_looked_at: u64,
    seeds: u64,
    pages_per_second: f64,
    workers: Vec<Worker<'a>>,
    longest: Vec<Row<'a>>,
    stuck: Vec<Row<'a>>,
    limits: Vec<Limited<'a>>,
}

#[derive(Serialize)]
struct Worker<'a> {
    name: &'a str,
    seen_seconds_ago: f64,
    up_seconds: f64,
    hosts: u64,
    pages: u64,
    pages_per_second: f64,
}

#[derive(Serialize)]
struct Row<'a> {
    host: &'a str,
    waiting: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    held_by: Option<&'a str>,
    left_seconds: f64,
    over_seconds: f64,
}

#[derive(Serialize)]
struct Limited<'a> {
    host: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    delay_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parallel: Option<u32>,
}

/// Writes it for scripts.
pub(super) fn json(address: &Address, survey: &Survey) -> Result<String, Error> {
    let status = survey.status;
    let counts = status.counts;
    let object = Object {
        name: address.name(),
        run: match survey.run {
            Run::Go => "go",
            Run::Pause => "pause",
            Run::Stop => "stop",
        },
        discovered: counts.discovered,
        done: counts.done,
        failed: counts.failed,
        skipped: counts.skipped,
        waiting: counts.waiting,
        waiting_held: survey.waiting_held,
        waiting_free: survey.waiting_free,
        hosts_held: status.held,
        hosts_expired: status.expired,
        hosts_free: status.free,
        hosts_due: status.due,
        hosts_looked_at: survey.looked_at,
        seeds: survey.seeds,
        pages_per_second: rate(survey),
        workers: survey.workers.iter().map(Worker::of).collect(),
        longest: survey.longest.iter().map(Row::of).collect(),
        stuck: survey.stuck.iter().map(Row::of).collect(),
        limits: survey
            .limits
            .iter()
            .map(|(host, limit)| Limited {
                host: shown(host),
                delay_seconds: limit.delay.map(|delay| delay.as_secs_f64()),
                parallel: limit.parallel,
            })
            .collect(),
    };
    Ok(serde_json::to_string(&object)? + "\n")
}

impl<'a> Worker<'a> {
    fn of(crew: &'a Crew) -> Self {
        Self {
            name: &crew.name,
            seen_seconds_ago: crew.seen.as_secs_f64(),
            up_seconds: crew.joined.as_secs_f64(),
            hosts: crew.hosts,
            pages: crew.ended,
            pages_per_second: crew.rate,
        }
    }
}

impl<'a> Row<'a> {
    fn of(row: &'a HostRow) -> Self {
        Self {
            host: shown(&row.host),
            waiting: row.waiting,
            held_by: row.held_by.as_deref(),
            left_seconds: row.left.as_secs_f64(),
            over_seconds: row.over.as_secs_f64(),
        }
    }
}
