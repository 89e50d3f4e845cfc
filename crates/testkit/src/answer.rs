//! Decides how a simulated host answers one request. Pure: time and counts come in as arguments.

use std::time::Duration;

use dragline::fetch::ErrorKind;
use url::{Position, Url};

use crate::fault::{Fault, RedirectTo, Trouble, When};
use crate::log::Outcome;
use crate::place::Place;
use crate::plan::{Pages, RobotsPlan};
use crate::random::random;
use crate::reply::Reply;
use crate::web::transfer;
use crate::world::World;

/// Questions that are asked of the seed.
const JITTER: u64 = 11;
const STRUCK: u64 = 12;

/// An answer, and how long it takes.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) reply: Reply,
    pub(crate) takes: Duration,
    /// How it ends, unless the reply is an error.
    pub(crate) ending: Outcome,
    /// The number of the fault that struck, counted from 1; 0 for none.
    pub(crate) fault: u8,
}

/// Answers the request with this `number` at its host, `replied` times after its URL was first asked for.
pub(crate) fn answer(
    world: &World,
    (host, place): (u32, Place),
    url: &Url,
    number: u32,
    now: Duration,
    replied: Option<usize>,
) -> Answer {
    let plan = &world.hosts[host as usize].plan;
    let striking = (1..)
        .zip(&plan.faults)
        .find(|(_, fault)| strikes(world, fault, (host, place), number, now));
    let (number_of_fault, trouble) = match striking {
        Some((number, fault)) => (number, Some(fault.what)),
        None => (0, None),
    };
    let mut takes = plan.latency;
    if !plan.jitter.is_zero() {
        let mut rng = random(world.seed, [JITTER, u64::from(host), u64::from(number)]);
        takes += plan.jitter.mul_f64(rng.f64());
    }
    let mut ending = Outcome::Answered;
    let reply = match trouble {
        Some(Trouble::TooManyRequests { retry_after }) => busy(429, retry_after),
        Some(Trouble::Unavailable { retry_after }) => busy(503, retry_after),
        Some(Trouble::Status(status)) => Reply::status(status),
        Some(Trouble::Reset) => Reply::error(ErrorKind::Reset),
        Some(Trouble::Timeout { after }) => {
            takes = after;
            Reply::error(ErrorKind::Timeout)
        }
        Some(Trouble::Redirect(to)) => redirect(world, host, place, to),
        Some(Trouble::Slow { by }) => {
            takes += by;
            whole(world, (host, place), url, now, replied)
        }
        Some(Trouble::Truncated) => {
            ending = Outcome::Truncated;
            let mut reply = whole(world, (host, place), url, now, replied);
            reply.body.truncate(reply.body.len() / 2);
            reply
        }
        None => whole(world, (host, place), url, now, replied),
    };
    takes += transfer(reply.body.len(), plan.bandwidth);
    Answer { reply, takes, ending, fault: number_of_fault }
}

fn strikes(
    world: &World,
    fault: &Fault,
    (host, place): (u32, Place),
    number: u32,
    now: Duration,
) -> bool {
    let spares_robots = matches!(fault.what, Trouble::Truncated | Trouble::Redirect(_));
    if place == Place::Robots && spares_robots {
        return false;
    }
    match fault.when {
        When::Always => true,
        When::Every(nth) => nth > 0 && number.is_multiple_of(nth),
        When::During { from, until } => (from..until).contains(&now),
        When::Flapping { up, down } => {
            let period = (up + down).as_nanos().max(1);
            now.as_nanos() % period >= up.as_nanos()
        }
        When::Pages { one_in } => {
            let chosen = !matches!(place, Place::Robots | Place::Page(0) | Place::Loop(..));
            let question = [STRUCK, u64::from(host), place.bits()];
            chosen && one_in > 0 && random(world.seed, question).u32(..one_in) == 0
        }
    }
}

/// Answers as the host does when nothing goes wrong.
fn whole(
    world: &World,
    (host, place): (u32, Place),
    url: &Url,
    now: Duration,
    replied: Option<usize>,
) -> Reply {
    let record = &world.hosts[host as usize];
    if let (Some(listing), Some(replied)) = (record.listing(place), replied) {
        let replies = &record.listed[listing as usize].1;
        let reply = replies.get(replied).or(replies.last());
        return reply.cloned().unwrap_or_else(|| Reply::status(404));
    }
    match (place, &record.plan.pages) {
        (Place::Robots, _) => robots(record.plan.robots.at(now)),
        (Place::Loop(..), _) => redirect(world, host, place, RedirectTo::Loop),
        (_, Pages::Generated(page)) => {
            let path = &url[Position::BeforePath..Position::AfterQuery];
            page(path, world.seed).unwrap_or_else(|| Reply::status(404))
        }
        _ => world.body(host, place).map_or_else(|| Reply::status(404), Reply::html),
    }
}

fn robots(plan: &RobotsPlan) -> Reply {
    match plan {
        RobotsPlan::Text(text) => Reply::text(text.clone()),
        RobotsPlan::Status(status) => Reply::status(*status),
        RobotsPlan::Redirect(url) => Reply::redirect(url),
        RobotsPlan::Missing | RobotsPlan::Changes { .. } => Reply::status(404),
    }
}

fn redirect(world: &World, host: u32, place: Place, to: RedirectTo) -> Reply {
    let (to_host, to) = world.redirect(host, place, to);
    Reply::redirect(&world.url(to_host, to))
}

fn busy(status: u16, retry_after: Option<Duration>) -> Reply {
    let reply = Reply::status(status);
    match retry_after {
        Some(wait) => reply.header("retry-after", &wait.as_secs().to_string()),
        None => reply,
    }
}
