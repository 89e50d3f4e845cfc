//! What a crawl tells on standard error while it runs and at its end: a live display, lines, or JSON.

mod bar;
mod closing;
mod frame;
mod pace;
#[cfg(test)]
mod tests;

use std::io::{IsTerminal, stderr, stdout};
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use dragline::{CrawlOver, Ended, Handle, HostTimes, Limits, Phase, Snapshot, Stats, Summary};
use serde_json::{Value, json};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, timeout};

use crate::args::{Crawl, Progress};
use crate::values::Output;

use self::bar::Bar;
use self::closing::Place;
use self::pace::Pace;

/// Time between two lines.
const EVERY: Duration = Duration::from_secs(10);
/// Time between two frames of the live display.
const FRAME: Duration = Duration::from_millis(200);
/// How long a crawl may take to say how far it is before somebody is told. Meanwhile signals wait.
const PATIENCE: Duration = Duration::from_secs(1);
/// Hosts that are shown, at most.
const HOSTS: usize = 5;

/// Tells how a crawl goes, in the way that was asked for.
pub(crate) struct Reporter {
    way: Way,
    ticks: Interval,
    pace: Pace,
    places: Vec<Place>,
    /// Faults of health that were told.
    faults: usize,
    /// What the crawl was asked and did not answer in time. It is asked once, so that no questions pile up in front of
    /// an order to stop.
    asked: Option<Answer>,
}

type Answer = Pin<Box<dyn Future<Output = Result<Snapshot, CrawlOver>> + Send>>;

#[derive(Debug)]
enum Way {
    Bar(Bar),
    Plain,
    Json,
    None,
}

impl Reporter {
    pub(crate) fn new(arguments: &Crawl) -> Self {
        let files = arguments.output.iter().chain(&arguments.pages);
        Self::of(arguments.progress, files, arguments.events.clone(), arguments.state.clone())
    }

    /// Tells of what writes these files, and is kept in this directory.
    pub(crate) fn of<'a>(
        progress: Progress,
        files: impl Iterator<Item = &'a Output> + Clone,
        events: Option<PathBuf>,
        state: Option<PathBuf>,
    ) -> Self {
        let on_stdout = files.clone().any(|file| *file == Output::Stdout);
        let records_on_screen = on_stdout && stdout().is_terminal();
        let way = match progress {
            // Records on the same terminal would tear the display apart.
            Progress::Auto if stderr().is_terminal() && !records_on_screen => Way::Bar(Bar::new()),
            Progress::Bar => Way::Bar(Bar::new()),
            Progress::Auto | Progress::Plain => Way::Plain,
            Progress::Json => Way::Json,
            Progress::None => Way::None,
        };
        let every = if matches!(way, Way::Bar(_)) { FRAME } else { EVERY };
        let mut ticks = interval_at(Instant::now() + every, every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut places: Vec<_> = files.filter_map(file).map(Place::Output).collect();
        places.extend(events.map(Place::Output));
        places.extend(state.map(Place::State));
        Self { way, ticks, pace: Pace::default(), places, faults: 0, asked: None }
    }

    /// Says when the crawl ends at the latest.
    pub(crate) fn limits(&mut self, limits: &Limits) {
        self.pace = Pace::new(limits);
    }

    /// Waits until it is time to tell something.
    pub(crate) async fn due(&mut self) {
        self.ticks.tick().await;
    }

    /// Tells how far the crawl is.
    pub(crate) async fn tell<R: Send + 'static>(&mut self, handle: &Handle<R>) {
        if matches!(self.way, Way::None) {
            return;
        }
        let waits = self.asked.is_some();
        let mut answer = self.asked.take().unwrap_or_else(|| {
            let handle = handle.clone();
            Box::pin(async move { handle.snapshot(HOSTS).await })
        });
        let Ok(answered) = timeout(PATIENCE, &mut answer).await else {
            if !waits {
                self.note("nothing goes on, since the frontier or an output does not answer");
            }
            self.asked = Some(answer);
            return;
        };
        // The crawl may have ended, which is told elsewhere.
        let Ok(snapshot) = answered else { return };
        for fault in snapshot.faults.iter().skip(self.faults) {
            self.note(&format!("fault: {fault}"));
        }
        self.faults = snapshot.faults.len();
        self.pace.note(&snapshot.stats);
        match &self.way {
            Way::Bar(bar) => bar.draw(&snapshot, &self.pace),
            Way::Plain => eprintln!("dragline: {}", line(&snapshot, &self.pace)),
            Way::Json => eprintln!("{}", running(&snapshot, &self.pace)),
            Way::None => {}
        }
    }

    /// Tells something once.
    pub(crate) fn note(&self, text: &str) {
        match &self.way {
            Way::Bar(bar) => bar.above(&format!("dragline: {text}")),
            Way::Plain => eprintln!("dragline: {text}"),
            Way::Json => eprintln!("{}", json!({ "note": text })),
            Way::None => {}
        }
    }

    /// Tells how the crawl went.
    pub(crate) fn end(&self, summary: &Summary) {
        match &self.way {
            Way::Bar(bar) => {
                bar.clear();
                eprintln!("{}", closing::report(summary, &self.places));
            }
            Way::Plain => eprintln!("{}", closing::report(summary, &self.places)),
            Way::Json => {
                let mut object = object(&summary.stats);
                object["ended"] = json!(summary.ended);
                object["health"] = json!(summary.health);
                object["hosts"] = summary.slowest.iter().map(host).collect();
                eprintln!("{object}");
            }
            Way::None => {}
        }
    }
}

fn file(output: &Output) -> Option<PathBuf> {
    match output {
        Output::File(path, _) | Output::Archive(path) => Some(path.clone()),
        Output::Stdout | Output::Postgres(_) | Output::Objects(..) => None,
    }
}

/// Writes the facts of the live display in one line.
fn line(snapshot: &Snapshot, pace: &Pace) -> String {
    let stats = &snapshot.stats;
    let mut line = format!(
        "{:.0} s: {} done, {} failed, {} skipped, {} waiting, {} in flight; {:.1} pages/s, {}",
        stats.elapsed.as_secs_f64(),
        stats.done,
        stats.failed,
        stats.skipped,
        stats.waiting,
        snapshot.in_flight,
        pace.rate(),
        frame::bytes(stats.bytes),
    );
    match snapshot.phase {
        Phase::Running => {}
        Phase::Paused => line.push_str("; paused"),
        Phase::Ending(_) => line.push_str("; stopping"),
    }
    if let Some(left) = pace.left(snapshot) {
        line.push_str(&format!("; some {} left", frame::time(left)));
    }
    if let Some(first) = snapshot.hosts.first().filter(|first| first.waiting > 0) {
        let name = frame::host(&first.host);
        let waits = frame::waits(first);
        line.push_str(&format!("; most at {name}: {} waiting {waits}", first.waiting));
    }
    line.trim_end().to_owned()
}

/// Returns counters as an object, their time in seconds.
fn object(stats: &Stats) -> Value {
    let mut object = serde_json::to_value(stats).unwrap_or_default();
    object["elapsed"] = json!(stats.elapsed.as_secs_f64());
    object
}

/// Returns how a crawl stands, as an object.
fn running(snapshot: &Snapshot, pace: &Pace) -> Value {
    let mut object = object(&snapshot.stats);
    object["in_flight"] = json!(snapshot.in_flight);
    object["rate"] = json!(pace.rate());
    object["left"] = json!(pace.left(snapshot).map(|left| left.as_secs_f64()));
    object["phase"] = json!(match snapshot.phase {
        Phase::Running => "running",
        Phase::Paused => "paused",
        Phase::Ending(Ended::MaxPages | Ended::MaxTime) => "ending",
        Phase::Ending(_) => "stopping",
    });
    object["hosts"] = snapshot.hosts.iter().map(host).collect();
    object
}

/// Returns a host as an object, its times in seconds.
fn host(times: &HostTimes) -> Value {
    let mut object = serde_json::to_value(times).unwrap_or_default();
    for (name, time) in [
        ("pace", Some(times.pace)),
        ("left", times.left),
        ("server", Some(times.server)),
        ("robots", Some(times.robots)),
        ("paused", Some(times.paused)),
        ("resolve", Some(times.resolve)),
        ("connect", Some(times.connect)),
        ("first_byte", Some(times.first_byte)),
        ("body", Some(times.body)),
        ("parse", Some(times.parse)),
        ("sink", Some(times.sink)),
    ] {
        object[name] = json!(time.map(|time| time.as_secs_f64()));
    }
    object
}
