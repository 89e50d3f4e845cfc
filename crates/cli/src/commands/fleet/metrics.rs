//! `dragline fleet status --metrics`: what it shows, for Prometheus, until a signal comes.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Error;
use dragline_redis::{Address, Crew, Operator, Survey};
use metrics::{describe_gauge, gauge};
use tokio::time::{MissedTickBehavior, interval};

use super::open;
use crate::endpoint::Endpoint;
use crate::signals::Signals;
use crate::{Exit, Outcome};

/// How often the fleet is looked at.
const LOOKED: Duration = Duration::from_secs(15);

/// Serves until a signal comes.
pub(super) async fn serve(address: &Address, listen: SocketAddr) -> Outcome {
    let failed = |error: Error| (Exit::Failure, error);
    let mut operator = open(address).await?;
    let mut signals = Signals::listen().map_err(failed)?;
    let endpoint = Endpoint::open(listen).await.map_err(failed)?;
    describe();
    let mut ticks = interval(LOOKED);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_told = false;
    loop {
        tokio::select! {
            _ = ticks.tick() => look(&mut operator).await?,
            () = signals.next() => return Ok(Exit::Interrupted),
        }
        if !is_told {
            eprintln!("metrics at {}", endpoint.url());
            is_told = true;
        }
    }
}

async fn look(operator: &mut Operator) -> Result<(), (Exit, Error)> {
    let survey = operator.survey().await.map_err(|error| (Exit::Failure, error.into()))?;
    set(&survey);
    Ok(())
}

fn describe() {
    describe_gauge!("dragline_fleet_known", "URLs that entered the crawl");
    describe_gauge!("dragline_fleet_urls", "URLs by what became of them");
    describe_gauge!("dragline_fleet_hosts", "hosts that workers hold, and that wait");
    describe_gauge!("dragline_fleet_worker_hosts", "hosts that a worker holds");
    describe_gauge!("dragline_fleet_worker_pages_per_second", "URLs that a worker ends");
    describe_gauge!("dragline_fleet_worker_seen_seconds", "since a worker was last seen");
}

/// Sets all gauges. There are as many workers as the frontier keeps: a thousand, and those of the last day.
fn set(survey: &Survey) {
    let status = survey.status;
    let counts = status.counts;
    gauge!("dragline_fleet_known").set(counts.discovered as f64);
    for (state, urls) in [
        ("done", counts.done),
        ("failed", counts.failed),
        ("skipped", counts.skipped),
        ("waiting", counts.waiting),
    ] {
        gauge!("dragline_fleet_urls", "state" => state).set(urls as f64);
    }
    for (state, hosts) in [
        ("held", status.held),
        ("expired", status.expired),
        ("free", status.free),
        ("due", status.due),
    ] {
        gauge!("dragline_fleet_hosts", "state" => state).set(hosts as f64);
    }
    for Crew { name, hosts, rate, seen, .. } in &survey.workers {
        let worker = || name.clone();
        gauge!("dragline_fleet_worker_hosts", "worker" => worker()).set(*hosts as f64);
        gauge!("dragline_fleet_worker_pages_per_second", "worker" => worker()).set(*rate);
        gauge!("dragline_fleet_worker_seen_seconds", "worker" => worker()).set(seen.as_secs_f64());
    }
}
