//! The record of an event: what happened and when, as a line of output. Made by the teller, written by the engine.

use serde::{Serialize, Serializer};

use crate::event::Event;
use crate::health::HealthFault;
use crate::record::PageRecord;
use crate::stats::Ended;
use crate::times::PageTimes;

/// An event with its time, for a [`Sink`](crate::Sink).
///
/// Serialised, it is a line of the command's events file: `time`, `event` (the name of the kind) and what the
/// kind has.
///
/// | event | fields |
/// |---|---|
/// | `finished` `failed` | `page`: the page record; `times`: [where its time went](crate::PageTimes), in seconds |
/// | `skipped` | `page` |
/// | `host_paused` | `host`, `pause` in seconds |
/// | `health` | `code`, `route`, `field`, `message`, `urls`, as [`HealthFault`] has them |
/// | `paused` `resumed` | none |
/// | `added` | `seeds`: how many |
/// | `ending` `ended` | `reason`: `finished`, `max_pages`, `max_time`, `stopped` or `health` |
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct EventRecord {
    /// When it happened, for a URL when it ended: RFC 3339 in UTC, with milliseconds.
    pub time: String,
    /// What happened.
    pub event: Event,
}

impl Serialize for EventRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Line { time: &self.time, kind: Kind::of(&self.event) }.serialize(serializer)
    }
}

#[derive(Serialize)]
struct Line<'a> {
    time: &'a str,
    #[serde(flatten)]
    kind: Kind<'a>,
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Kind<'a> {
    Finished { page: &'a PageRecord, times: PageTimes },
    Failed { page: &'a PageRecord, times: PageTimes },
    Skipped { page: &'a PageRecord },
    HostPaused { host: &'a str, pause: f64 },
    Health(&'a HealthFault),
    Paused,
    Resumed,
    Added { seeds: usize },
    Ending { reason: Ended },
    Ended { reason: Ended },
    Missed { events: u64 },
}

impl<'a> Kind<'a> {
    fn of(event: &'a Event) -> Self {
        match event {
            Event::Finished(page) => Self::Finished { page, times: page.times },
            Event::Failed(page) => Self::Failed { page, times: page.times },
            Event::Skipped(page) => Self::Skipped { page },
            Event::HostPaused { host, pause } => {
                Self::HostPaused { host, pause: pause.as_secs_f64() }
            }
            Event::Health(fault) => Self::Health(fault),
            Event::Paused => Self::Paused,
            Event::Resumed => Self::Resumed,
            Event::Added { seeds } => Self::Added { seeds: *seeds },
            Event::Ending(reason) => Self::Ending { reason: *reason },
            Event::Ended(reason) => Self::Ended { reason: *reason },
            Event::Missed { events } => Self::Missed { events: *events },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_kind_has_its_name_and_its_fields() {
        let page = || Arc::new(PageRecord::default());
        let paused = Event::HostPaused {
            host: "http://a.example:80".to_owned(),
            pause: Duration::from_millis(1500),
        };
        let fields = |event: Event| {
            let line = EventRecord { time: "T".to_owned(), event };
            let line = serde_json::to_value(&line).unwrap();
            assert_eq!(line["time"], "T");
            let names = line.as_object().unwrap().keys().filter(|name| *name != "time");
            let values = names.map(|name| match line[name].is_object() {
                true => name.as_str().into(),
                false => line[name].clone(),
            });
            values.map(|value| value.to_string().replace('"', "")).collect::<Vec<_>>().join(" ")
        };
        let lines = [
            (Event::Finished(page()), "finished page times"),
            (Event::Failed(page()), "failed page times"),
            (Event::Skipped(page()), "skipped page"),
            (paused, "host_paused http://a.example:80 1.5"),
            (Event::Paused, "paused"),
            (Event::Resumed, "resumed"),
            (Event::Added { seeds: 3 }, "added 3"),
            (Event::Ending(Ended::MaxPages), "ending max_pages"),
            (Event::Ended(Ended::Stopped), "ended stopped"),
        ];
        for (event, expected) in lines {
            assert_eq!(fields(event), expected);
        }
    }
}
