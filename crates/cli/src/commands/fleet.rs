//! `dragline fleet`: sees how workers that share a frontier are, and says what they are to do.

mod hosts;
mod metrics;
mod seeds;
mod status;

use std::fmt::Display;
use std::time::Duration;

use anyhow::Error;
use dragline_frontier::{Counts, HostLimit, StoreError};
use dragline_redis::{Address, AddressError, Control, Host, Operator, Run};

use self::hosts::{hosts, shown};
use crate::args::{Fleet, FleetCommand};
use crate::commands::usage;
use crate::{Exit, Outcome, stdout};

/// Runs the command.
pub(crate) async fn run(arguments: Fleet) -> Outcome {
    let failed = |error: StoreError| (Exit::Failure, Error::new(error));
    match arguments.command {
        FleetCommand::Status { place, json, metrics } => {
            let address = address(&place.address)?;
            if let Some(listen) = metrics {
                return metrics::serve(&address, listen).await;
            }
            let survey = open(&address).await?.survey().await.map_err(failed)?;
            let text = match json {
                true => status::json(&address, &survey).map_err(|error| (Exit::Failure, error))?,
                false => status::text(&address, &survey),
            };
            stdout::write(&text, Exit::Success)
        }
        FleetCommand::Pause { place } => {
            let told = "is paused; workers give their hosts back when they renew their leases";
            order(&place.address, Run::Pause, told).await
        }
        FleetCommand::Resume { place } => {
            order(&place.address, Run::Go, "goes on; start workers again that have ended").await
        }
        FleetCommand::Stop { place } => {
            let told = "is stopped; workers end when they check in, and `resume` lets others go on";
            order(&place.address, Run::Stop, told).await
        }
        FleetCommand::Limit { place, host, delay, parallel } => {
            let hosts = hosts(&host.host).map_err(usage)?;
            let mut operator = open(&address(&place.address)?).await?;
            let parallel = parallel.map(|parallel| u32::try_from(parallel).unwrap_or(u32::MAX));
            let mut told = String::new();
            for host in &hosts {
                let limit = HostLimit { delay, parallel };
                operator.limit(host, Some(limit)).await.map_err(failed)?;
                told += &format!("{} is limited to {}\n", shown(host), limited(limit));
            }
            stdout::write(&told, Exit::Success)
        }
        FleetCommand::Block { place, host, time } => {
            let what = time.map_or(Control::Pause, Control::Block);
            let told = match time {
                Some(time) => format!("is blocked for {}", humantime::format_duration(time)),
                None => "is blocked until it is allowed".to_owned(),
            };
            control(&place.address, &host.host, what, &told).await
        }
        FleetCommand::Allow { place, host } => {
            control(&place.address, &host.host, Control::Allow, "is allowed").await
        }
        FleetCommand::Export { place, state } => {
            let mut operator = open(&address(&place.address)?).await?;
            let counts = operator.export(&state).await;
            let counts = counts.map_err(|error| (Exit::Failure, error.into()))?;
            let told = moved(&state.display(), counts);
            stdout::write(&told, Exit::Success)
        }
        FleetCommand::Import { place, state } => {
            let address = address(&place.address)?;
            let imported = Operator::import(&address, &state).await;
            let (_, counts) = imported.map_err(|error| (Exit::Failure, error.into()))?;
            let told = moved(&address, counts) + "it is paused; `resume` has workers begin\n";
            stdout::write(&told, Exit::Success)
        }
        FleetCommand::Seeds { place, urls } => seeds::run(&place.address, urls).await,
    }
}

/// Reads where a fleet is. What is wrong with it is told without it, since it may hold a password.
fn address(text: &str) -> Result<Address, (Exit, Error)> {
    text.parse().map_err(|error: AddressError| usage(error))
}

async fn open(address: &Address) -> Result<Operator, (Exit, Error)> {
    Operator::open(address).await.map_err(|error| (Exit::Failure, error.into()))
}

async fn order(place: &str, run: Run, told: &str) -> Outcome {
    let address = address(place)?;
    let mut operator = open(&address).await?;
    operator.order(run).await.map_err(|error| (Exit::Failure, error.into()))?;
    stdout::write(&format!("{} {told}\n", address.name()), Exit::Success)
}

async fn control(place: &str, host: &str, what: Control, told: &str) -> Outcome {
    let hosts = hosts(host).map_err(usage)?;
    let mut operator = open(&address(place)?).await?;
    let mut text = String::new();
    for host in &hosts {
        let failed = |error: StoreError| (Exit::Failure, Error::new(error));
        let now = operator.control(host, what).await.map_err(failed)?;
        if what == Control::Allow {
            operator.limit(host, None).await.map_err(failed)?;
        }
        let held = now == Host::Held && what != Control::Allow;
        let note = if held { "; its worker gives it back when it renews its leases" } else { "" };
        text += &format!("{} {told}{note}\n", shown(host));
    }
    stdout::write(&text, Exit::Success)
}

/// Says what is at a place now.
fn moved(place: &impl Display, counts: Counts) -> String {
    let Counts { discovered, done, failed, skipped, waiting } = counts;
    format!(
        "{place} has: discovered {discovered} = done {done} + failed {failed} + skipped {skipped} + \
         waiting {waiting}\n"
    )
}

/// Says what a host is limited to.
fn limited(limit: HostLimit) -> String {
    let delay: Option<Duration> = limit.delay;
    let delay = delay.map(|delay| format!("a request each {}", humantime::format_duration(delay)));
    let parallel = limit.parallel.map(|parallel| format!("{parallel} in flight"));
    delay.into_iter().chain(parallel).collect::<Vec<_>>().join(", ")
}
