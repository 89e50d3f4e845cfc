//! The hosts of a simulated web and what each URL is there: fixed when the web is built, shared by the web,
//! its log and the checker.

use std::collections::HashMap;

use bytes::Bytes;
use url::{Position, Url};

use crate::fault::{RedirectTo, Trouble};
use crate::place::Place;
use crate::plan::{Graph, HostPlan, Pages, Trap};
use crate::random::random;
use crate::reply::Reply;

/// Questions that are asked of the seed.
const LINKS: u64 = 1;
const REDIRECT: u64 = 2;
const SESSION: u64 = 3;
const WORDS: u64 = 4;

/// One page in so many links to another host.
const ACROSS: u64 = 97;
/// How far ahead the links of a page lead.
const AHEAD: u32 = 64;

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) hosts: Vec<SimulatedHost>,
    index: HashMap<String, u32>,
    /// Hosts with a graph, to which pages and redirects of others may lead.
    graphs: Vec<u32>,
}

#[derive(Debug)]
pub(crate) struct SimulatedHost {
    /// Such as `http://a.example`.
    pub(crate) origin: String,
    pub(crate) plan: HostPlan,
    /// URLs that replies were given for: path with query, and the replies in order.
    pub(crate) listed: Vec<(String, Vec<Reply>)>,
    listed_index: HashMap<String, u32>,
}

impl SimulatedHost {
    pub(crate) fn new(origin: String, plan: HostPlan, listed: Vec<(String, Vec<Reply>)>) -> Self {
        let paths = listed.iter().map(|(path, _)| path.clone());
        let listed_index = paths.zip(0..).collect();
        Self { origin, plan, listed, listed_index }
    }

    pub(crate) fn graph(&self) -> Option<Graph> {
        match self.plan.pages {
            Pages::Graph(graph) => Some(graph),
            _ => None,
        }
    }

    fn place(&self, path: &str) -> Place {
        // robots.txt stays what it is when replies are given for it.
        match self.listed_index.get(path) {
            Some(number) if path != "/robots.txt" => Place::Listed(*number),
            _ => Place::of(path),
        }
    }

    /// Returns the number under which replies were given for a place.
    pub(crate) fn listing(&self, place: Place) -> Option<u32> {
        match place {
            Place::Listed(number) => Some(number),
            Place::Robots => self.listed_index.get("/robots.txt").copied(),
            _ => None,
        }
    }
}

impl World {
    pub(crate) fn new(seed: u64, hosts: Vec<SimulatedHost>) -> Self {
        let index = hosts.iter().map(|host| host.origin.clone()).zip(0..).collect();
        let graphs = hosts.iter().zip(0..).filter(|(host, _)| host.graph().is_some());
        let graphs = graphs.map(|(_, number)| number).collect();
        Self { seed, hosts, index, graphs }
    }

    pub(crate) fn locate(&self, url: &Url) -> Option<(u32, Place)> {
        let host = *self.index.get(&url[..Position::BeforePath])?;
        Some((
            host,
            self.hosts[host as usize].place(&url[Position::BeforePath..Position::AfterQuery]),
        ))
    }

    pub(crate) fn find(&self, url: &str) -> Option<(u32, Place)> {
        self.locate(&Url::parse(url).ok()?)
    }

    pub(crate) fn url(&self, host: u32, place: Place) -> String {
        let host = &self.hosts[host as usize];
        match place {
            Place::Listed(number) => {
                format!("{}{}", host.origin, host.listed[number as usize].0)
            }
            place => format!("{}{}", host.origin, place.path()),
        }
    }

    /// Calls `take` with each page of a graph that a page of a graph links to, by host and number; repeats
    /// are possible.
    pub(crate) fn links(&self, host: u32, page: u32, mut take: impl FnMut(u32, u32)) {
        let Some(graph) = self.hosts[host as usize].graph() else { return };
        let next = page.saturating_add(1);
        if next >= graph.pages && page != 0 {
            take(host, 0);
        }
        if next < graph.pages {
            take(host, next);
        }
        let mut rng = random(self.seed, [LINKS, u64::from(host), u64::from(page)]);
        for link in 1..graph.links {
            let to = match link % 2 {
                0 => rng.u32(..=page),
                _ => next.saturating_add(rng.u32(..AHEAD)),
            };
            if to < graph.pages && to != page {
                take(host, to);
            }
        }
        if rng.u64(..ACROSS) == 0 {
            take(self.graphs[rng.usize(..self.graphs.len())], 0);
        }
    }

    /// Returns the page of a graph that a redirect leads to.
    pub(crate) fn redirect(&self, host: u32, place: Place, to: RedirectTo) -> (u32, Place) {
        let bits = place.bits();
        let mut rng = random(self.seed, [REDIRECT, u64::from(host), bits]);
        let others = self.graphs.iter().filter(|other| **other != host).count();
        let target = match to {
            RedirectTo::Loop => {
                let next = match place {
                    Place::Page(page) => Place::Loop(page, 1),
                    Place::Loop(page, 1) => Place::Loop(page, 2),
                    Place::Loop(page, _) => Place::Page(page),
                    _ => Place::Page(0),
                };
                return (host, next);
            }
            RedirectTo::Across if others > 0 => {
                let nth = rng.usize(..others);
                *self.graphs.iter().filter(|other| **other != host).nth(nth).unwrap_or(&host)
            }
            RedirectTo::Across | RedirectTo::Within => host,
        };
        let pages = self.hosts[target as usize].graph().map_or(1, |graph| graph.pages.max(1));
        (target, Place::Page(rng.u32(..pages)))
    }

    /// Returns where an answer with a redirect led to, if a fault made it one.
    pub(crate) fn redirected(&self, host: u32, place: Place, fault: u8) -> Option<(u32, Place)> {
        if let Place::Loop(..) = place {
            return Some(self.redirect(host, place, RedirectTo::Loop));
        }
        let fault =
            self.hosts[host as usize].plan.faults.get(usize::from(fault).checked_sub(1)?)?;
        match fault.what {
            Trouble::Redirect(to) => Some(self.redirect(host, place, to)),
            _ => None,
        }
    }

    /// Returns the body of a page of a graph, or of a trap; `None` when there is no such page.
    pub(crate) fn body(&self, host: u32, place: Place) -> Option<Bytes> {
        let record = &self.hosts[host as usize];
        let mut body = String::with_capacity(256);
        body.push_str("<!doctype html><title>page</title>\n");
        match place {
            Place::Page(page) if record.graph().is_some_and(|graph| page < graph.pages) => {
                self.links(host, page, |to_host, to| {
                    let path = Place::Page(to).path();
                    let origin = &self.hosts[to_host as usize].origin;
                    link(&mut body, if to_host == host { "" } else { origin }, &path);
                });
                words(&mut body, random(self.seed, [WORDS, u64::from(host), u64::from(page)]));
                let traps = if page == 0 { record.plan.traps.as_slice() } else { &[] };
                traps.iter().for_each(|trap| link(&mut body, "", &Place::Trap(*trap, 0).path()));
            }
            Place::Trap(trap, step) if record.plan.traps.contains(&trap) => match trap {
                Trap::Calendar => link(&mut body, "", &Place::Trap(trap, step + 1).path()),
                Trap::GrowingPath => link(&mut body, "", "a/"),
                Trap::Session => {
                    let mut rng = random(self.seed, [SESSION, u64::from(host), step]);
                    for _ in 0..3 {
                        let id = rng.u64(..) >> 4;
                        link(&mut body, "", &Place::Trap(trap, id).path());
                    }
                }
            },
            _ => return None,
        }
        Some(Bytes::from(body))
    }
}

/// Writes words that no other page has, so that none seems to repeat another one.
fn words(body: &mut String, mut rng: fastrand::Rng) {
    body.push_str("<p>");
    for _ in 0..24 {
        let bits = rng.u32(..);
        body.extend((0..6).map(|letter| char::from(b'a' + (bits >> (letter * 5) & 15) as u8)));
        body.push(' ');
    }
}

fn link(body: &mut String, origin: &str, path: &str) {
    for part in ["<a href=\"", origin, path, "\">x</a>\n"] {
        body.push_str(part);
    }
}
